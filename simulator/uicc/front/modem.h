/* SPDX-License-Identifier: Apache-2.0 */
/* A modem around the card: one AT command in, its answer out (TS 27.007, ITU-T V.250). No I/O. */
#ifndef DMSCI_SIM_MODEM_H
#define DMSCI_SIM_MODEM_H

#include <dmsc/sim.h>

struct dmsci_modem;

/** @p trace as in struct dmsci_sim_front. @p sim must outlive the modem, which powers it. */
DMSC_NODISCARD enum dmsc_err dmsci_modem_new(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                             void (*trace)(void *user, const char *power,
                                                           struct dmsc_bytes capdu,
                                                           struct dmsc_bytes rapdu),
                                             void *user, struct dmsci_modem **ret_modem);
void dmsci_modem_free(struct dmsci_modem *modem);

/** Does it echo what it gets (ATE1, as after power-on)? */
bool dmsci_modem_echoes(const struct dmsci_modem *modem);
/**
 * One command line without its end. Lines that do not begin with AT get no answer.
 * @param ret_text appended: what the modem says, line ends included
 */
DMSC_NODISCARD enum dmsc_err dmsci_modem_command(struct dmsci_modem *modem, const char *line,
                                                 struct dmsc_buf *ret_text);

#endif
