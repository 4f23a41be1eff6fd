/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/script.h"
#include "apdu/base/compiler.h"
#include "apdu/codec/ber.h"

#define APDU_HEADER 5u /* CLA INS P1 P2 P3 */

#define IN_COMMAND  0x1u
#define IN_RESPONSE 0x2u

/* TS 102 226 5.2.1 and 5.2.2: what may stand where, and how long it is. */
static const struct {
    uint8_t tag, where;
    size_t least, most; /* most 0: no bound */
} objects[] = {
    { DMSCI_SCRIPT_C_APDU, IN_COMMAND, 4, 0 },
    { DMSCI_SCRIPT_IMMEDIATE, IN_COMMAND | IN_RESPONSE, 1, 0 },
    { DMSCI_SCRIPT_ERROR, IN_COMMAND, 0, 0 },
    { DMSCI_SCRIPT_CHAINING, IN_COMMAND | IN_RESPONSE, 1, 1 },
    { DMSCI_SCRIPT_EXECUTED, IN_RESPONSE, 1, 4 },
    { DMSCI_SCRIPT_R_APDU, IN_RESPONSE, 2, 0 },
    { DMSCI_SCRIPT_BAD_FORMAT, IN_RESPONSE, 1, 1 },
};

/* Commands whose P3 is Le in the compact format: READ BINARY, READ RECORD, GET RESPONSE, GET
 * CHALLENGE, GET DATA. STATUS is one too, but GET STATUS of GlobalPlatform has the same number; its
 * P1 has a bit of the upper half set. */
static const uint8_t no_data[] = { 0xB0, 0xB2, 0xC0, 0x84, 0xCA };
#define INS_STATUS 0xF2u

bool dmsci_script_has_data(struct dmsc_bytes header)
{
    if (header.n < APDU_HEADER)
        return false;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(no_data); i++) {
        if (header.p[1] == no_data[i])
            return false;
    }
    return header.p[1] != INS_STATUS || (header.p[2] & 0xF0) != 0;
}

static bool next_compact(struct dmsc_rd *r, struct dmsci_script_item *ret_item)
{
    struct dmsc_bytes header = { r->p, r->n };
    size_t n = APDU_HEADER;

    if (r->bad || r->n == 0)
        return false;
    if (dmsci_script_has_data(header))
        n += header.p[4];
    ret_item->tag = DMSCI_SCRIPT_C_APDU;
    ret_item->value = dmsc_rd_bytes(r, n);
    return !r->bad;
}

static bool next_object(struct dmsc_rd *r, struct dmsci_script_item *ret_item)
{
    struct dmsci_tlv tlv;

    if (!dmsci_ber_next_lenient(r, &tlv))
        return false;
    ret_item->tag = tlv.tag <= 0xFF ? (uint8_t)tlv.tag : 0;
    ret_item->value = tlv.value;
    return true;
}

bool dmsci_script_next(const struct dmsci_script *script, struct dmsc_rd *r,
                       struct dmsci_script_item *ret_item)
{
    return script->format == DMSCI_SCRIPT_COMPACT ? next_compact(r, ret_item)
                                                  : next_object(r, ret_item);
}

static bool is_indefinite(enum dmsci_script_format format)
{
    return format == DMSCI_SCRIPT_COMMAND_INDEFINITE || format == DMSCI_SCRIPT_RESPONSE_INDEFINITE;
}

static enum dmsci_script_fault judge(enum dmsci_script_format format,
                                     const struct dmsci_script_item *item)
{
    unsigned where = format == DMSCI_SCRIPT_COMMAND || format == DMSCI_SCRIPT_COMMAND_INDEFINITE
                         ? IN_COMMAND
                         : IN_RESPONSE;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(objects); i++) {
        if (objects[i].tag != item->tag || (objects[i].where & where) == 0)
            continue;
        return item->value.n < objects[i].least ||
                       (objects[i].most != 0 && item->value.n > objects[i].most)
                   ? DMSCI_SCRIPT_WRONG_LENGTH
                   : DMSCI_SCRIPT_FINE;
    }
    return DMSCI_SCRIPT_UNKNOWN_TAG;
}

static enum dmsc_err check_items(const struct dmsci_script *script, enum dmsci_script_fault *fault)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    struct dmsci_script_item item;

    while (dmsci_script_next(script, &r, &item)) {
        if (script->format == DMSCI_SCRIPT_COMPACT)
            continue;
        *fault = judge(script->format, &item);
        if (*fault != DMSCI_SCRIPT_FINE)
            return DMSC_E_MALFORMED;
    }
    if (!r.bad)
        return DMSC_OK;
    *fault = script->body.n < 2 ? DMSCI_SCRIPT_NO_LENGTH : DMSCI_SCRIPT_WRONG_LENGTH;
    return DMSC_E_TRUNCATED;
}

/* AE 80 objects 00 00: the objects have definite lengths, so their end is where a tag is 00. */
static enum dmsc_err open_indefinite(struct dmsc_bytes bytes, struct dmsc_bytes *ret_body,
                                     enum dmsci_script_fault *fault)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsci_tlv tlv;

    dmsc_rd_skip(&r, 1);
    if (r.n == 0 || dmsc_rd_u8(&r) != 0x80) {
        *fault = DMSCI_SCRIPT_NO_LENGTH;
        return bytes.n < 2 ? DMSC_E_TRUNCATED : DMSC_E_MALFORMED;
    }
    ret_body->p = r.p;
    while (r.n > 0 && *r.p != 0x00) {
        if (!dmsci_ber_next_lenient(&r, &tlv))
            break;
    }
    *fault = DMSCI_SCRIPT_WRONG_LENGTH;
    if (r.bad || r.n < 2)
        return DMSC_E_TRUNCATED;
    ret_body->n = (size_t)(r.p - ret_body->p);
    return r.n == 2 && r.p[1] == 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

static enum dmsc_err open_definite(struct dmsc_bytes bytes, struct dmsc_bytes *ret_body,
                                   enum dmsci_script_fault *fault)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsci_tlv tlv;

    *fault = bytes.n < 2 ? DMSCI_SCRIPT_NO_LENGTH : DMSCI_SCRIPT_WRONG_LENGTH;
    if (!dmsci_ber_next_lenient(&r, &tlv))
        return DMSC_E_TRUNCATED;
    *ret_body = tlv.value;
    return dmsc_rd_end(&r);
}

enum dmsc_err dmsci_script_decode(struct dmsc_bytes bytes, struct dmsci_script *ret_script,
                                  enum dmsci_script_fault *ret_fault)
{
    enum dmsci_script_fault fault = DMSCI_SCRIPT_FINE;
    struct dmsci_script script = { DMSCI_SCRIPT_COMPACT, bytes };
    enum dmsc_err err = DMSC_OK;

    if (bytes.n > 0 && (bytes.p[0] & 0xFA) == 0xAA) {
        script.format = (enum dmsci_script_format)bytes.p[0];
        err = is_indefinite(script.format) ? open_indefinite(bytes, &script.body, &fault)
                                           : open_definite(bytes, &script.body, &fault);
    }
    if (err == DMSC_OK) {
        fault = DMSCI_SCRIPT_FINE;
        err = check_items(&script, &fault);
    }
    if (ret_fault != NULL)
        *ret_fault = fault;
    if (err == DMSC_OK)
        *ret_script = script;
    return err;
}

void dmsci_script_encode(enum dmsci_script_format format, struct dmsc_bytes body, struct dmsc_wr *w)
{
    if (is_indefinite(format)) {
        dmsc_wr_u8(w, (uint8_t)format);
        dmsc_wr_u8(w, 0x80);
        dmsc_wr_bytes(w, body);
        dmsc_wr_u16(w, 0);
    } else if (format == DMSCI_SCRIPT_COMPACT) {
        dmsc_wr_bytes(w, body);
    } else {
        dmsci_ber_put(w, format, body);
    }
}

void dmsci_script_put(struct dmsc_wr *w, uint8_t tag, struct dmsc_bytes value)
{
    dmsci_ber_put(w, tag, value);
}

void dmsci_script_put_executed(struct dmsc_wr *w, unsigned executed)
{
    if (executed <= 0xFF)
        dmsci_ber_put_u8(w, DMSCI_SCRIPT_EXECUTED, (uint8_t)executed);
    else
        dmsci_ber_put_u16(w, DMSCI_SCRIPT_EXECUTED, (uint16_t)executed);
}

enum dmsc_err dmsci_compact_response_decode(struct dmsc_bytes bytes,
                                            struct dmsci_compact_response *ret_response)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    struct dmsci_compact_response response;

    response.executed = dmsc_rd_u8(&r);
    response.sw = dmsc_rd_u16(&r);
    if (r.bad)
        return DMSC_E_TRUNCATED;
    response.data = dmsc_rd_bytes(&r, r.n);
    *ret_response = response;
    return DMSC_OK;
}

void dmsci_compact_response_encode(const struct dmsci_compact_response *response, struct dmsc_wr *w)
{
    dmsc_wr_u8(w, response->executed);
    dmsc_wr_u16(w, response->sw);
    dmsc_wr_bytes(w, response->data);
}
