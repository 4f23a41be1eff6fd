/* SPDX-License-Identifier: Apache-2.0 */
#include <dmsc/apdu.h>

enum dmsc_err dmsc_capdu_encode(const struct dmsc_capdu *capdu, enum dmsc_protocol protocol,
                                struct dmsc_wr *w)
{
    struct dmsc_wr out = *w;

    if (capdu->data.n > 255 || capdu->le > 256)
        return DMSC_E_ARG;
    dmsc_wr_u8(&out, capdu->cla);
    dmsc_wr_u8(&out, capdu->ins);
    dmsc_wr_u8(&out, capdu->p1);
    dmsc_wr_u8(&out, capdu->p2);
    if (capdu->data.n > 0) {
        dmsc_wr_u8(&out, (uint8_t)capdu->data.n);
        dmsc_wr_bytes(&out, capdu->data);
    }
    /* Le 256 is written 00. T=0: case 4 goes without Le, case 1 with P3 = 00 (7.3.1.1.1, .4). */
    if (capdu->le > 0 && (capdu->data.n == 0 || protocol == DMSC_T1))
        dmsc_wr_u8(&out, (uint8_t)capdu->le);
    if (capdu->le == 0 && capdu->data.n == 0 && protocol == DMSC_T0)
        dmsc_wr_u8(&out, 0);
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
