/* SPDX-License-Identifier: Apache-2.0 */
/* The front of the program dmsc-uicc: a card in the virtual reader of a PC/SC daemon. */
#ifndef DMSCI_SIM_FRONT_H
#define DMSCI_SIM_FRONT_H

#include <dmsc/sim.h>
#include <stdbool.h>

struct dmsci_sim_vpcd {
    const char *host, *port;
    int wait_ms; /* how long to try to reach the reader */
    int stop_fd; /* readable: end */
    /** The reader took the card: called once. */
    void (*ready)(void *user);
    /** Each exchange, and with @p rapdu empty each power event: @p power is its name. */
    void (*trace)(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu);
    void *user;
};

/**
 * Serve @p sim until stop_fd is readable or the reader goes away (DMSC_OK for both).
 * @return DMSC_E_NOREADER when nobody listens; DMSC_E_LINK
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_vpcd_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                                const struct dmsci_sim_vpcd *front);

#endif
