/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ber.h"

/* Tag of one to three bytes (ISO 7816-4 5.2.2.1): low five bits of the first all set mean more. */
static uint32_t read_tag(struct dmsc_rd *r)
{
    uint32_t tag = dmsc_rd_u8(r);
    uint8_t more;

    if ((tag & 0x1F) != 0x1F)
        return tag;
    do {
        more = dmsc_rd_u8(r);
        if (tag > 0xFFFF)
            r->bad = true;
        tag = tag << 8 | more;
    } while ((more & 0x80) != 0 && !r->bad);
    return tag;
}

/* TS 102 221 11.3.0: 00..7F, 81 80..FF, 82 0100..FFFF, 83 010000..FFFFFF. */
static size_t read_length(struct dmsc_rd *r, bool lenient)
{
    uint8_t first = dmsc_rd_u8(r);
    unsigned count = first & 0x7F;
    size_t n = 0;

    if (first < 0x80)
        return first;
    if (count == 0 || count > 3) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        n = n << 8 | dmsc_rd_u8(r);
    if (!lenient && (n < 0x80 || n >> (8 * (count - 1)) == 0))
        r->bad = true;
    return n;
}

static bool next(struct dmsc_rd *r, bool lenient, struct dmsci_tlv *ret_tlv)
{
    struct dmsci_tlv tlv;

    if (r->bad || r->n == 0)
        return false;
    tlv.tag = read_tag(r);
    tlv.value = dmsc_rd_bytes(r, read_length(r, lenient));
    if (r->bad)
        return false;
    *ret_tlv = tlv;
    return true;
}

bool dmsci_ber_next(struct dmsc_rd *r, struct dmsci_tlv *ret_tlv)
{
    return next(r, false, ret_tlv);
}

bool dmsci_ber_next_lenient(struct dmsc_rd *r, struct dmsci_tlv *ret_tlv)
{
    return next(r, true, ret_tlv);
}

bool dmsci_ber_find(struct dmsc_bytes in, uint32_t tag, struct dmsc_bytes *ret_value)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;

    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == tag) {
            *ret_value = tlv.value;
            return true;
        }
    }
    *ret_value = dmsc_bytes(NULL, 0);
    return false;
}

void dmsci_ber_put_header(struct dmsc_wr *w, uint32_t tag, size_t n)
{
    if (tag > 0xFFFF)
        dmsc_wr_u8(w, (uint8_t)(tag >> 16));
    if (tag > 0xFF)
        dmsc_wr_u8(w, (uint8_t)(tag >> 8));
    dmsc_wr_u8(w, (uint8_t)tag);
    if (n > 0xFFFFFF)
        w->bad = true;
    if (n >= 0x80)
        dmsc_wr_u8(w, n > 0xFFFF ? 0x83 : n > 0xFF ? 0x82 : 0x81);
    if (n > 0xFFFF)
        dmsc_wr_u8(w, (uint8_t)(n >> 16));
    if (n > 0xFF)
        dmsc_wr_u8(w, (uint8_t)(n >> 8));
    dmsc_wr_u8(w, (uint8_t)n);
}

void dmsci_ber_put(struct dmsc_wr *w, uint32_t tag, struct dmsc_bytes value)
{
    dmsci_ber_put_header(w, tag, value.n);
    dmsc_wr_bytes(w, value);
}

void dmsci_ber_put_u8(struct dmsc_wr *w, uint32_t tag, uint8_t v)
{
    dmsci_ber_put_header(w, tag, 1);
    dmsc_wr_u8(w, v);
}

void dmsci_ber_put_u16(struct dmsc_wr *w, uint32_t tag, uint16_t v)
{
    dmsci_ber_put_header(w, tag, 2);
    dmsc_wr_u16(w, v);
}

void dmsci_ber_put_u32(struct dmsc_wr *w, uint32_t tag, uint32_t v)
{
    dmsci_ber_put_header(w, tag, 4);
    dmsc_wr_u32(w, v);
}
