/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/atr.h"

static uint8_t sum(struct dmsc_bytes bytes)
{
    uint8_t x = 0;

    for (size_t i = 0; i < bytes.n; i++)
        x = (uint8_t)(x ^ bytes.p[i]);
    return x;
}

/* 8.2.3: the protocol TDi names; 15 is "for all of them". */
static void offer(struct dmsci_sim_atr *atr, uint8_t td)
{
    unsigned protocol = td & 0x0F;

    atr->offers_t0 = atr->offers_t0 || protocol == 0;
    atr->offers_t1 = atr->offers_t1 || protocol == 1;
    atr->has_tck = atr->has_tck || protocol != 0;
}

const char *dmsci_sim_atr_parse(struct dmsc_bytes bytes, struct dmsci_sim_atr *ret_atr)
{
    struct dmsci_sim_atr atr = { 0 };
    struct dmsc_rd r = dmsc_rd(bytes);
    uint8_t ts = dmsc_rd_u8(&r);
    uint8_t t0 = dmsc_rd_u8(&r);
    uint8_t present = t0;

    if (ts != 0x3B && ts != 0x3F)
        return "it begins with 3B or 3F";
    /* T0 and each TD say by b5 to b8 which of TA, TB, TC, TD follow. */
    for (unsigned i = 1; !r.bad; i++) {
        dmsc_rd_skip(&r, (present >> 4 & 1u) + (present >> 5 & 1u) + (present >> 6 & 1u));
        if (i == 1) {
            atr.td1 = bytes.n - r.n;
            atr.has_td1 = (present & 0x80) != 0;
        }
        if ((present & 0x80) == 0)
            break;
        present = dmsc_rd_u8(&r);
        offer(&atr, present);
    }
    atr.offers_t0 = atr.offers_t0 || !atr.has_td1;
    dmsc_rd_skip(&r, (t0 & 0x0Fu) + atr.has_tck);
    if (dmsc_rd_end(&r) != DMSC_OK)
        return "its length does not fit what T0 and the TD bytes announce";
    if (atr.has_tck && sum(dmsc_bytes(bytes.p + 1, bytes.n - 1)) != 0)
        return "the check byte TCK does not fit";
    *ret_atr = atr;
    return NULL;
}

bool dmsci_sim_atr_to_t1(struct dmsc_bytes bytes, const struct dmsci_sim_atr *atr,
                         struct dmsc_wr *w)
{
    size_t behind = atr->td1 + atr->has_td1;
    size_t end = bytes.n - atr->has_tck;
    uint8_t td1 = 0x01;

    if (atr->has_td1)
        td1 = (uint8_t)((bytes.p[atr->td1] & 0xF0) | 0x01);
    dmsc_wr_u8(w, bytes.p[0]);
    dmsc_wr_u8(w, bytes.p[1] | 0x80);
    dmsc_wr_bytes(w, dmsc_bytes(bytes.p + 2, atr->td1 - 2));
    dmsc_wr_u8(w, td1);
    dmsc_wr_bytes(w, dmsc_bytes(bytes.p + behind, end - behind));
    if (w->bad)
        return false;
    dmsc_wr_u8(w, sum(dmsc_bytes(w->p + 1, w->n - 1)));
    return !w->bad;
}
