/* SPDX-License-Identifier: Apache-2.0 */
#include <dmsc/atr.h>

#define GLOBAL_T 15u

/* ISO/IEC 7816-3 tables 7 and 8: by the high and the low nibble of TA1; 0 is RFU. */
static const uint16_t fi_of[16] = { 372, 372, 558, 744,  1116, 1488, 1860, 0,
                                    0,   512, 768, 1024, 1536, 2048, 0,    0 };
static const uint8_t f_of[16] = {
    40, 50, 60, 80, 120, 160, 200, 0, 0, 50, 75, 100, 150, 200, 0, 0
};
static const uint8_t di_of[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0 };

/* What the byte says beyond its value. Global bytes: the first group's, TA2, and those of T=15. */
static void note(struct dmsc_atr *atr, const struct dmsc_atr_byte *b)
{
    if (b->letter == 'A' && b->index == 1) {
        atr->fi = fi_of[b->value >> 4];
        atr->f_mhz_x10 = f_of[b->value >> 4];
        atr->di = di_of[b->value & 0x0F];
    } else if (b->letter == 'A' && b->index == 2) {
        atr->specific = true;
    } else if (b->letter == 'A' && b->protocol == GLOBAL_T && !atr->has_global) {
        atr->has_global = true;
        atr->clock_stop = b->value >> 6;
        atr->classes = b->value & 0x3F;
    } else if (b->letter == 'B' && b->protocol == GLOBAL_T && b->index > 2 && !atr->has_uicc) {
        atr->has_uicc = true;
        atr->uicc = b->value;
    }
}

/* T0 and each TD announce in their high nibble which of TA, TB, TC, TD follow. */
static enum dmsc_err interface_bytes(struct dmsc_rd *r, uint8_t t0, struct dmsc_atr *atr)
{
    uint8_t follow = t0 >> 4, protocol = 0, index = 1;

    while (follow != 0) {
        uint8_t here = follow;

        follow = 0;
        for (unsigned i = 0; i < 4; i++) {
            struct dmsc_atr_byte b = { (char)('A' + i), index, protocol, 0 };

            if ((here >> i & 1) == 0)
                continue;
            b.value = dmsc_rd_u8(r);
            if (r->bad)
                return DMSC_E_TRUNCATED;
            if (atr->bytes == DMSC_ATR_BYTES_MAX)
                return DMSC_E_MALFORMED;
            atr->byte[atr->bytes++] = b;
            note(atr, &b);
            if (i < 3)
                continue;
            follow = b.value >> 4;
            protocol = b.value & 0x0F;
            atr->protocols |= (uint16_t)(1u << protocol);
        }
        index++;
    }
    if (index == 1 || atr->protocols == 0)
        atr->protocols = 1; /* no TD1: T=0 */
    return DMSC_OK;
}

/* Category 80 and 00: compact objects; '7x' says in its third byte what TS 102 221 6.3.1 needs. */
static void capabilities(struct dmsc_atr *atr)
{
    struct dmsc_rd r = dmsc_rd(atr->historical);
    uint8_t category = dmsc_rd_u8(&r);

    if (r.bad || (category != 0x80 && category != 0x00))
        return;
    while (r.n > 0) {
        uint8_t head = dmsc_rd_u8(&r);
        struct dmsc_bytes value = dmsc_rd_bytes(&r, head & 0x0F);

        if (r.bad)
            return;
        if (head >> 4 != 7 || value.n < 3)
            continue;
        atr->has_capabilities = true;
        atr->channels = (uint8_t)((value.p[2] & 0x07) + 1);
        atr->extended_length = (value.p[2] & 0x40) != 0;
        atr->chaining = (value.p[2] & 0x80) != 0;
        return;
    }
}

/* TCK is there unless T=0 alone is offered; all from T0 on, TCK included, add up to zero (8.2.5).
 */
static enum dmsc_err check_byte(struct dmsc_bytes bytes, struct dmsc_rd *r, struct dmsc_atr *atr)
{
    uint8_t sum = 0;

    if (atr->protocols == 1)
        return r->n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
    atr->has_tck = true;
    if (r->n == 0)
        return DMSC_E_TRUNCATED;
    for (size_t i = 1; i < bytes.n - r->n + 1; i++)
        sum ^= bytes.p[i];
    if (r->n > 1)
        return DMSC_E_MALFORMED;
    return sum == 0 ? DMSC_OK : DMSC_E_CORRUPT;
}

enum dmsc_err dmsc_atr_decode(struct dmsc_bytes bytes, struct dmsc_atr *ret_atr)
{
    struct dmsc_atr atr = { .fi = 372, .di = 1, .f_mhz_x10 = 50 };
    struct dmsc_rd r = dmsc_rd(bytes);
    uint8_t ts = dmsc_rd_u8(&r);
    uint8_t t0 = dmsc_rd_u8(&r);
    enum dmsc_err err;

    if (r.bad)
        return DMSC_E_TRUNCATED;
    if (ts != 0x3B && ts != 0x3F)
        return DMSC_E_MALFORMED;
    atr.inverse = ts == 0x3F;
    err = interface_bytes(&r, t0, &atr);
    if (err != DMSC_OK)
        return err;
    atr.historical = dmsc_rd_bytes(&r, t0 & 0x0F);
    if (r.bad)
        return DMSC_E_TRUNCATED;
    err = check_byte(bytes, &r, &atr);
    if (err != DMSC_OK)
        return err;
    capabilities(&atr);
    *ret_atr = atr;
    return DMSC_OK;
}
