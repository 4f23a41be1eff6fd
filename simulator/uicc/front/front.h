/* SPDX-License-Identifier: Apache-2.0 */
/* The fronts of the program dmsc-uicc: how others reach the card. Each serves until it is told. */
#ifndef DMSCI_SIM_FRONT_H
#define DMSCI_SIM_FRONT_H

#include <dmsc/sim.h>
#include <stdbool.h>

struct dmsci_sim_front {
    const char *host, *port; /* vpcd: where the reader listens. tcp: where we do */
    int wait_ms;             /* vpcd: how long to try to reach the reader */
    int order_fd;            /* readable: obey() is to be called */
    /** Between two commands. @return end? */
    bool (*obey)(void *user);
    /** Others can reach the card now, @p where says how: called once. */
    void (*ready)(void *user, const char *where);
    /** Each exchange, and with @p rapdu empty each power event: @p power is its name. */
    void (*trace)(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu);
    void *user;
};

/**
 * A card in the virtual reader of a PC/SC daemon. Ends also when the reader goes away.
 * @return DMSC_E_NOREADER when nobody listens; DMSC_E_LINK
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_vpcd_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                                const struct dmsci_sim_front *front);
/** A modem on a pseudo-terminal (TS 27.007). DMSC_E_IO where there is none to be had. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_pty_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                               const struct dmsci_sim_front *front);
/** The line protocol of docs/links.md on a TCP port, one client at a time. DMSC_E_IO. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_tcp_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                               const struct dmsci_sim_front *front);

#endif
