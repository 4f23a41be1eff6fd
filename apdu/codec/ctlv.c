/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ctlv.h"

/* TS 101 220 7.1.1.1: 7F (b8 aside) opens a three-byte tag whose comprehension bit is b8 of byte 2.
 */
static void read_tag(struct dmsc_rd *r, struct dmsci_ctlv *tlv)
{
    uint8_t first = dmsc_rd_u8(r);

    tlv->long_tag = first == 0x7F;
    if (first == 0x00 || first == 0x80 || first == 0xFF)
        r->bad = true;
    if (tlv->long_tag) {
        uint16_t tag = dmsc_rd_u16(r);

        tlv->comprehension_required = (tag & 0x8000) != 0;
        tlv->tag = tag & 0x7FFF;
        if (tlv->tag == 0)
            r->bad = true;
    } else {
        tlv->comprehension_required = (first & 0x80) != 0;
        tlv->tag = first & 0x7F;
    }
}

static size_t read_length(struct dmsc_rd *r)
{
    uint8_t first = dmsc_rd_u8(r);

    switch (first) {
    case 0x81:
        return dmsc_rd_u8(r);
    case 0x82:
        return dmsc_rd_u16(r);
    case 0x83:
        return dmsc_rd_u24(r);
    default:
        if (first >= 0x80)
            r->bad = true;
        return first;
    }
}

bool dmsci_ctlv_next(struct dmsc_rd *r, struct dmsci_ctlv *ret_ctlv)
{
    struct dmsci_ctlv tlv = { 0 };

    if (r->bad || r->n == 0)
        return false;
    read_tag(r, &tlv);
    tlv.value = dmsc_rd_bytes(r, read_length(r));
    if (r->bad)
        return false;
    *ret_ctlv = tlv;
    return true;
}

bool dmsci_ctlv_find(struct dmsc_bytes in, uint16_t tag, struct dmsc_bytes *ret_value)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_ctlv tlv;

    while (dmsci_ctlv_next(&r, &tlv)) {
        if (tlv.tag == tag) {
            *ret_value = tlv.value;
            return true;
        }
    }
    *ret_value = dmsc_bytes(NULL, 0);
    return false;
}

void dmsci_ctlv_put(struct dmsc_wr *w, uint16_t tag, bool comprehension_required,
                    struct dmsc_bytes value)
{
    if (tag < 0x7F) {
        dmsc_wr_u8(w, (uint8_t)(tag | (comprehension_required ? 0x80 : 0)));
    } else {
        dmsc_wr_u8(w, 0x7F);
        dmsc_wr_u16(w, (uint16_t)(tag | (comprehension_required ? 0x8000 : 0)));
    }
    if (value.n > 0xFFFF)
        w->bad = true;
    if (value.n > 0xFF) {
        dmsc_wr_u8(w, 0x82);
        dmsc_wr_u8(w, (uint8_t)(value.n >> 8));
    } else if (value.n > 0x7F) {
        dmsc_wr_u8(w, 0x81);
    }
    dmsc_wr_u8(w, (uint8_t)value.n);
    dmsc_wr_bytes(w, value);
}
