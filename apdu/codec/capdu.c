/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/capdu.h"
#include <dmsc/secret.h>

enum dmsc_err dmsc_capdu_encode(const struct dmsc_capdu *capdu, enum dmsc_protocol protocol,
                                struct dmsc_wr *w)
{
    uint8_t block[DMSC_CAPDU_MAX];
    size_t n = dmsci_capdu_block(capdu, protocol, block);
    struct dmsc_wr out = *w;

    if (n == 0)
        return DMSC_E_ARG;
    dmsc_wr_bytes(&out, dmsc_bytes(block, n));
    dmsc_wipe(block, n); /* may hold a PIN */
    if (out.bad)
        return DMSC_E_LIMIT;
    *w = out;
    return DMSC_OK;
}

enum dmsc_err dmsc_capdu_decode(struct dmsc_bytes bytes, struct dmsc_capdu *ret_capdu)
{
    struct dmsc_capdu capdu = DMSC_CAPDU_INIT;
    struct dmsc_rd r = dmsc_rd(bytes);
    size_t lc;

    capdu.cla = dmsc_rd_u8(&r);
    capdu.ins = dmsc_rd_u8(&r);
    capdu.p1 = dmsc_rd_u8(&r);
    capdu.p2 = dmsc_rd_u8(&r);
    if (r.bad)
        return DMSC_E_TRUNCATED;
    if (r.n == 1) {
        lc = dmsc_rd_u8(&r);
        capdu.le = (uint16_t)(lc == 0 ? 256 : lc);
    } else if (r.n > 1) {
        lc = dmsc_rd_u8(&r);
        if (lc == 0)
            return DMSC_E_MALFORMED; /* the extended form, which TS 102 221 does not use */
        capdu.data = dmsc_rd_bytes(&r, lc);
        if (r.n == 1) {
            lc = dmsc_rd_u8(&r);
            capdu.le = (uint16_t)(lc == 0 ? 256 : lc);
        }
    }
    if (dmsc_rd_end(&r) != DMSC_OK)
        return dmsc_rd_end(&r);
    *ret_capdu = capdu;
    return DMSC_OK;
}
