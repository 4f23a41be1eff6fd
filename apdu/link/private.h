/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_LINK_PRIVATE_H
#define DMSCI_LINK_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/link.h>

extern const struct dmsc_link_driver dmsci_pcsc_driver;
extern const struct dmsc_link_driver dmsci_at_driver;
extern const struct dmsc_link_driver dmsci_exec_driver;
extern const struct dmsc_link_driver dmsci_replay_driver;

/** How "--link NAME:OPTIONS:LINK" finds a wrapper. */
struct dmsci_link_wrapper {
    const char *name;
    const char *argument; /* for help: "KIND@N:LINK" */
    bool options;         /* always there; else only where the next part has a '=' */
    /** Takes @p inner on success. @p options is "" where there are none. */
    enum dmsc_err (*wrap)(struct dmsc_ctx *ctx, const char *options, struct dmsc_link *inner,
                          struct dmsc_link **ret_link);
};
extern const struct dmsci_link_wrapper dmsci_fault_wrapper;
extern const struct dmsci_link_wrapper dmsci_timed_wrapper;

/* What a library has: drivers.c for a device, drivers_workbench.c for a workbench. NULL-terminated.
 */
extern const struct dmsc_link_driver *const dmsci_link_drivers[];
extern const struct dmsci_link_wrapper *const dmsci_link_wrappers[];

/* channels.c: a card whose logical channels somebody else hands out. Modems have one for us, or a
 * few; commands with other channels are refused as a card would. */
#define DMSCI_LINK_CHANNELS 3

struct dmsci_link_channels {
    struct {
        bool given; /* by our answer to MANAGE CHANNEL */
        bool open;  /* handle is one */
        uint32_t handle;
    } at[DMSCI_LINK_CHANNELS]; /* channel 1 first */
};

struct dmsci_link_below {
    struct dmsc_ctx *ctx;
    const struct dmsc_link_ops *ops;
    void *impl;
    enum dmsc_protocol protocol;
    int timeout_ms;
};

/** As ops->transmit, for ops with channel_open. */
DMSC_NODISCARD enum dmsc_err dmsci_link_channels_transmit(struct dmsci_link_channels *channels,
                                                          const struct dmsci_link_below *below,
                                                          struct dmsc_bytes capdu,
                                                          struct dmsc_buf *ret_rapdu);
/** Give back all handles. */
void dmsci_link_channels_close(struct dmsci_link_channels *channels,
                               const struct dmsci_link_below *below);

/** What belongs to @p link; NULL when other operations made it. */
void *dmsci_link_impl(const struct dmsc_link *link, const struct dmsc_link_ops *ops);

/** Milliseconds of a clock that only goes forward. */
int64_t dmsci_link_now_ms(void);

#endif
