/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/fcp.h"
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"
#include <dmsc/fcp.h>

#define SFI_MAX 30

/* TS 102 221 11.1.1.4.1 and .2: two bytes or more, most significant first; we stop at four. */
static enum dmsc_err get_number(struct dmsc_bytes value, uint32_t *ret_number)
{
    struct dmsc_rd r = dmsc_rd(value);
    uint32_t number = 0;

    while (r.n > 0)
        number = number << 8 | dmsc_rd_u8(&r);
    *ret_number = number;
    return DMSC_OK;
}

static enum dmsc_err get_size(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->has_size = true;
    return get_number(value, &fcp->size_bytes);
}

static enum dmsc_err get_total_size(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->has_total_size = true;
    return get_number(value, &fcp->total_size_bytes);
}

/* 11.1.1.4.3, table 11.5: b8 0, b7 shareable, b6..b4 kind, b3..b1 structure; 39 (of 6 bits)
 * BER-TLV. */
static enum dmsc_err get_descriptor(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    uint8_t fdb = value.p[0];
    unsigned kind = (fdb >> 3) & 7;
    unsigned structure = fdb & 7;

    if ((fdb & 0x80) != 0)
        return DMSC_E_MALFORMED;
    fcp->descriptor = fdb;
    fcp->shareable = (fdb & 0x40) != 0;
    if ((fdb & 0x3F) == 0x39) {
        fcp->kind = DMSC_FILE_WORKING_EF;
        fcp->structure = DMSC_FILE_BER_TLV;
        return DMSC_OK;
    }
    if (kind == 7 && structure != 0)
        return DMSC_E_MALFORMED; /* 3A..3F: no kind of file that the table knows */
    fcp->kind = kind == 7 ? DMSC_FILE_DF : kind == 0 ? DMSC_FILE_WORKING_EF : DMSC_FILE_INTERNAL_EF;
    fcp->structure = structure == 1   ? DMSC_FILE_TRANSPARENT
                     : structure == 2 ? DMSC_FILE_LINEAR_FIXED
                     : structure == 6 ? DMSC_FILE_CYCLIC
                                      : DMSC_FILE_NO_STRUCTURE;
    if (fcp->structure != DMSC_FILE_LINEAR_FIXED && fcp->structure != DMSC_FILE_CYCLIC)
        return DMSC_OK;
    if (value.n != 5)
        return DMSC_E_MALFORMED;
    fcp->record_length = (uint16_t)(value.p[2] << 8 | value.p[3]);
    fcp->records = value.p[4];
    return fcp->record_length == 0 ? DMSC_E_MALFORMED : DMSC_OK;
}

static enum dmsc_err get_file_id(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->has_file_id = true;
    fcp->file_id = (uint16_t)(value.p[0] << 8 | value.p[1]);
    return DMSC_OK;
}

static enum dmsc_err get_df_name(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->df_name = value;
    return DMSC_OK;
}

/* 11.1.1.4.8: b8 to b4, 1 to 30; no value means that there is no SFI. */
static enum dmsc_err get_sfi(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->has_sfi = true;
    fcp->sfi = value.n == 0 ? 0 : (uint8_t)(value.p[0] >> 3);
    return fcp->sfi > SFI_MAX ? DMSC_E_MALFORMED : DMSC_OK;
}

static enum dmsc_err get_life_cycle(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->life_cycle = value.p[0];
    return DMSC_OK;
}

static enum dmsc_err get_security(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->security_referenced = value;
    return DMSC_OK;
}

static enum dmsc_err get_compact(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->security_compact = value;
    return DMSC_OK;
}

static enum dmsc_err get_expanded(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->security_expanded = value;
    return DMSC_OK;
}

static enum dmsc_err get_proprietary(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->proprietary = value;
    return DMSC_OK;
}

static enum dmsc_err get_pin_status(struct dmsc_fcp *fcp, struct dmsc_bytes value)
{
    fcp->pin_status = value;
    return DMSC_OK;
}

/* TS 102 221 11.1.1.3. Unknown tags are passed over, repeated known ones refused. */
static const struct {
    uint8_t tag;
    uint16_t shortest, longest;
    enum dmsc_err (*get)(struct dmsc_fcp *fcp, struct dmsc_bytes value);
} fields[] = {
    { 0x80, 2, 4, get_size },       { 0x81, 2, 4, get_total_size },
    { 0x82, 1, 6, get_descriptor }, { 0x83, 2, 2, get_file_id },
    { 0x84, 1, 16, get_df_name },   { 0x88, 0, 1, get_sfi },
    { 0x8A, 1, 1, get_life_cycle }, { 0x8B, 3, 255, get_security },
    { 0x8C, 1, 255, get_compact },  { 0xA5, 0, 255, get_proprietary },
    { 0xAB, 0, 255, get_expanded }, { 0xC6, 0, 255, get_pin_status },
};

static enum dmsc_err get_field(struct dmsc_fcp *fcp, const struct dmsci_tlv *tlv, unsigned *seen)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(fields); i++) {
        if (fields[i].tag != tlv->tag)
            continue;
        if ((*seen >> i & 1) != 0 || tlv->value.n < fields[i].shortest ||
            tlv->value.n > fields[i].longest)
            return DMSC_E_MALFORMED;
        *seen |= 1u << i;
        return fields[i].get(fcp, tlv->value);
    }
    return DMSC_OK;
}

enum dmsc_err dmsc_fcp_decode(struct dmsc_bytes bytes, struct dmsc_fcp *ret_fcp)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;
    struct dmsc_rd outer = dmsc_rd(bytes);
    struct dmsci_tlv tlv;
    struct dmsc_rd inner;
    unsigned seen = 0;
    enum dmsc_err err;

    if (!dmsci_ber_next(&outer, &tlv))
        return DMSC_E_TRUNCATED;
    if ((tlv.tag != 0x62 && tlv.tag != 0x6F) || dmsc_rd_end(&outer) != DMSC_OK)
        return DMSC_E_MALFORMED;
    inner = dmsc_rd(tlv.value);
    while (dmsci_ber_next(&inner, &tlv)) {
        err = get_field(&fcp, &tlv, &seen);
        if (err != DMSC_OK)
            return err;
    }
    if (inner.bad)
        return DMSC_E_TRUNCATED;
    /* 82 is mandatory for every file (tables 11.3 to 11.6): without it nothing can be read. */
    if ((seen >> 2 & 1) == 0)
        return DMSC_E_MALFORMED;
    *ret_fcp = fcp;
    return DMSC_OK;
}

static void put_number(struct dmsc_wr *w, uint8_t tag, uint32_t v)
{
    if (v > 0xFFFF)
        dmsci_ber_put_u32(w, tag, v);
    else
        dmsci_ber_put_u16(w, tag, (uint16_t)v);
}

static void put_descriptor(struct dmsc_wr *w, const struct dmsc_fcp *fcp, bool create)
{
    bool records = fcp->structure == DMSC_FILE_LINEAR_FIXED || fcp->structure == DMSC_FILE_CYCLIC;

    dmsci_ber_put_header(w, 0x82, !records ? 2 : create ? 4 : 5);
    dmsc_wr_u8(w, fcp->descriptor);
    dmsc_wr_u8(w, 0x21); /* data coding byte: the value the standard demands be ignored */
    if (records) {
        dmsc_wr_u16(w, fcp->record_length);
        if (!create)
            dmsc_wr_u8(w, fcp->records);
    }
}

static void put_optional(struct dmsc_wr *w, uint8_t tag, struct dmsc_bytes value)
{
    if (value.n > 0)
        dmsci_ber_put(w, tag, value);
}

static void put_fields(struct dmsc_wr *w, const struct dmsc_fcp *fcp, bool create)
{
    put_descriptor(w, fcp, create);
    if (fcp->has_file_id)
        dmsci_ber_put_u16(w, 0x83, fcp->file_id);
    put_optional(w, 0x84, fcp->df_name);
    put_optional(w, 0xA5, fcp->proprietary);
    dmsci_ber_put_u8(w, 0x8A, fcp->life_cycle);
    put_optional(w, 0x8B, fcp->security_referenced);
    put_optional(w, 0x8C, fcp->security_compact);
    put_optional(w, 0xAB, fcp->security_expanded);
    put_optional(w, 0xC6, fcp->pin_status);
    if (fcp->has_size)
        put_number(w, 0x80, fcp->size_bytes);
    if (fcp->has_total_size)
        put_number(w, 0x81, fcp->total_size_bytes);
    if (fcp->has_sfi && fcp->sfi == 0)
        dmsci_ber_put(w, 0x88, dmsc_bytes(NULL, 0));
    else if (fcp->has_sfi)
        dmsci_ber_put_u8(w, 0x88, (uint8_t)(fcp->sfi << 3));
}

enum dmsc_err dmsci_fcp_encode(const struct dmsc_fcp *fcp, bool create, struct dmsc_wr *w)
{
    struct dmsc_wr count = dmsc_wr(NULL, 0);
    struct dmsc_wr out = *w;

    if (fcp->sfi > SFI_MAX)
        return DMSC_E_ARG;
    put_fields(&count, fcp, create);
    dmsci_ber_put_header(&out, 0x62, count.n);
    put_fields(&out, fcp, create);
    if (count.bad || out.bad)
        return DMSC_E_LIMIT;
    *w = out;
    return DMSC_OK;
}

enum dmsc_err dmsc_fcp_encode(const struct dmsc_fcp *fcp, struct dmsc_wr *w)
{
    return dmsci_fcp_encode(fcp, false, w);
}
