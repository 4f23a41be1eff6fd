/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on purpose: faults, wear and time. Nothing of it costs a card that asks for none.
 */
#ifndef DMSCI_SIM_FAULT_H
#define DMSCI_SIM_FAULT_H

#include <dmsc/sim.h>

#define DMSCI_SIM_FAULTS_MAX 16u

struct dmsci_sim_fault_rule {
    struct dmsc_sim_fault fault;
    unsigned seen;  /* commands that it fits, so far */
    unsigned fired; /* how often it struck */
};

struct dmsci_sim_faults {
    struct dmsci_sim_fault_rule rules[DMSCI_SIM_FAULTS_MAX];
    unsigned n;
    struct dmsc_sim_timing timing;
    uint32_t *wear; /* writes a page; NULL: not counted */
    size_t pages;
    unsigned long written; /* pages written by the command that runs */
};

/** As dmsc_sim_transmit() of a card with power, with what has been asked to go wrong. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_transmit_faulty(struct dmsc_sim *sim,
                                                       struct dmsc_bytes capdu,
                                                       uint8_t ret_rapdu[DMSC_RAPDU_MAX],
                                                       size_t *ret_n);
/** The command itself (card.c). DMSC_E_REMOVED when it was torn. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_run(struct dmsc_sim *sim, struct dmsc_bytes capdu,
                                           uint8_t ret_rapdu[DMSC_RAPDU_MAX], size_t *ret_n);
/** @p n bytes of content from @p offset on were written. */
void dmsci_sim_wear(struct dmsc_sim *sim, size_t offset, size_t n);
/** Is @p word one that says when, and so belongs to the fault before it? (fault_text.c) */
bool dmsci_sim_fault_goes_on(const char *word);
void dmsci_sim_faults_free(struct dmsc_sim *sim);

#endif
