/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_SIM_ATR_H
#define DMSCI_SIM_ATR_H

#include <dmsc/bytes.h>

#define DMSCI_SIM_ATR_MAX 33u /* ISO 7816-3 clause 8.2.1: TS and 32 characters */

/** What an answer to reset says of itself (ISO 7816-3 clause 8.2). */
struct dmsci_sim_atr {
    size_t td1; /* where TD1 stands; where it would stand when there is none */
    bool has_td1;
    bool offers_t0, offers_t1;
    bool has_tck;
};

/** @return NULL, or what is wrong in a few words */
const char *dmsci_sim_atr_parse(struct dmsc_bytes bytes, struct dmsci_sim_atr *ret_atr);
/**
 * The same answer of a card that speaks T=1 instead of T=0: a reader believes the ATR.
 * @return false when it would be too long
 */
bool dmsci_sim_atr_to_t1(struct dmsc_bytes bytes, const struct dmsci_sim_atr *atr,
                         struct dmsc_wr *w);

#endif
