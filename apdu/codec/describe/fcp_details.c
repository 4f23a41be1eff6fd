/* SPDX-License-Identifier: Apache-2.0 */
/* The templates inside an FCP: A5, C6, 8B (TS 102 221 clauses 11.1.1.4.6, 9.5.2, 11.1.1.4.7). */
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"
#include "apdu/codec/fcp.h"

enum dmsc_err dmsc_fcp_encode_create(const struct dmsc_fcp *fcp, struct dmsc_wr *w)
{
    return dmsci_fcp_encode(fcp, true, w);
}

static uint32_t number(struct dmsc_bytes value)
{
    struct dmsc_rd r = dmsc_rd(value);
    uint32_t n = 0;

    while (r.n > 0)
        n = n << 8 | dmsc_rd_u8(&r);
    return n;
}

static void get_characteristics(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_characteristics = true;
    p->characteristics = value.p[0];
}

static void get_power(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_power = true;
    p->voltage_class = value.p[0];
    p->power_ma = value.p[1];
    p->frequency_100khz = value.p[2];
}

static void get_clock(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_clock = true;
    p->clock_100khz = value.p[0];
}

static void get_memory(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_memory = true;
    p->memory_bytes = number(value);
}

static void get_file_details(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_file_details = true;
    p->file_details = value.p[0];
}

static void get_reserved(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_reserved = true;
    p->reserved_bytes = number(value);
}

static void get_maximum(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_maximum = true;
    p->maximum_bytes = number(value);
}

static void get_commands(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_commands = true;
    p->commands = value.p[0];
}

static void get_environment(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->environment = value;
}

static void get_special(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->has_special = true;
    p->special = value.p[0];
}

static void get_filling(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->filling = value;
}

static void get_repeat(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value)
{
    p->repeat = value;
}

static const struct {
    uint8_t tag, shortest, longest;
    void (*get)(struct dmsc_fcp_proprietary *p, struct dmsc_bytes value);
} fields[] = {
    { 0x80, 1, 1, get_characteristics }, { 0x81, 3, 3, get_power },
    { 0x82, 1, 1, get_clock },           { 0x83, 1, 4, get_memory },
    { 0x84, 1, 1, get_file_details },    { 0x85, 1, 4, get_reserved },
    { 0x86, 1, 4, get_maximum },         { 0x87, 1, 1, get_commands },
    { 0x88, 1, 127, get_environment },   { 0xC0, 1, 1, get_special },
    { 0xC1, 1, 127, get_filling },       { 0xC2, 1, 127, get_repeat },
};

static enum dmsc_err get_field(struct dmsc_fcp_proprietary *p, const struct dmsci_tlv *tlv,
                               unsigned *seen)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(fields); i++) {
        if (fields[i].tag != tlv->tag)
            continue;
        if ((*seen >> i & 1) != 0 || tlv->value.n < fields[i].shortest ||
            tlv->value.n > fields[i].longest)
            return DMSC_E_MALFORMED;
        *seen |= 1u << i;
        fields[i].get(p, tlv->value);
        return DMSC_OK;
    }
    return DMSC_OK; /* D0 and above are the card maker's own */
}

enum dmsc_err dmsc_fcp_proprietary_decode(struct dmsc_bytes value,
                                          struct dmsc_fcp_proprietary *ret_proprietary)
{
    struct dmsc_fcp_proprietary p = DMSC_FCP_PROPRIETARY_INIT;
    struct dmsc_rd r = dmsc_rd(value);
    struct dmsci_tlv tlv;
    unsigned seen = 0;

    while (dmsci_ber_next(&r, &tlv)) {
        enum dmsc_err err = get_field(&p, &tlv, &seen);

        if (err != DMSC_OK)
            return err;
    }
    if (r.bad)
        return DMSC_E_TRUNCATED;
    p.rest = value;
    *ret_proprietary = p;
    return DMSC_OK;
}

/* 90 PS_DO: a bit for each key that follows, from b8 of the first byte on. 95 stands before its
 * key (table 9.4); one behind the last key belongs to that. */
enum dmsc_err dmsc_pin_status_decode(struct dmsc_bytes value, struct dmsc_pin_status *ret_keys,
                                     size_t *ret_n)
{
    struct dmsc_pin_status keys[DMSC_PIN_STATUS_MAX], next = { 0 };
    struct dmsc_bytes bits = { NULL, 0 };
    struct dmsc_rd r = dmsc_rd(value);
    struct dmsci_tlv tlv;
    size_t n = 0;

    while (dmsci_ber_next(&r, &tlv)) {
        if (tlv.tag == 0x90 && bits.n == 0) {
            bits = tlv.value;
            continue;
        }
        if ((tlv.tag != 0x83 && tlv.tag != 0x95) || tlv.value.n != 1)
            return DMSC_E_MALFORMED;
        if (tlv.tag == 0x95) {
            next.has_usage = true;
            next.usage = tlv.value.p[0];
            continue;
        }
        if (n == DMSC_PIN_STATUS_MAX || n >= bits.n * 8)
            return DMSC_E_MALFORMED;
        next.key_ref = tlv.value.p[0];
        next.enabled = (bits.p[n / 8] >> (7 - n % 8) & 1) != 0;
        keys[n++] = next;
        next = (struct dmsc_pin_status){ 0 };
    }
    if (r.bad)
        return DMSC_E_TRUNCATED;
    if (next.has_usage && n > 0 && !keys[n - 1].has_usage) {
        keys[n - 1].has_usage = true;
        keys[n - 1].usage = next.usage;
    }
    for (size_t i = 0; i < n; i++)
        ret_keys[i] = keys[i];
    *ret_n = n;
    return DMSC_OK;
}

/* Three bytes: file and record. More: file, then pairs of environment and record. */
enum dmsc_err dmsc_fcp_rule(const struct dmsc_fcp *fcp, uint8_t environment, uint16_t *ret_arr_fid,
                            uint8_t *ret_record)
{
    struct dmsc_rd r = dmsc_rd(fcp->security_referenced);
    uint16_t fid = dmsc_rd_u16(&r);
    uint8_t record = 0;
    bool found = false;

    if (fcp->security_referenced.n == 0)
        return DMSC_E_NOTFOUND;
    if (r.n == 1) {
        record = dmsc_rd_u8(&r);
        found = environment == 0;
    }
    while (r.n > 0 && !r.bad && !found) {
        uint8_t seid = dmsc_rd_u8(&r);

        record = dmsc_rd_u8(&r);
        found = environment == 0 || seid == environment;
    }
    if (r.bad)
        return DMSC_E_MALFORMED;
    if (!found)
        return DMSC_E_NOTFOUND;
    *ret_arr_fid = fid;
    *ret_record = record;
    return DMSC_OK;
}
