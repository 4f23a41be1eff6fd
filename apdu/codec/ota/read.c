/* SPDX-License-Identifier: Apache-2.0 */
/* What came: the packet in it, and what can be told of that. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ota/facade.h"
#include "apdu/codec/ota/join.h"
#include <dmsc/ctx.h>

#define COMMAND_CLEAR  10u
#define COMMAND_LEAST  13u /* CHL without RC/CC/DS */
#define RESPONSE_LEAST 10u /* RHL */
#define RESPONSE_CLEAR 6u
#define INS_ENVELOPE   0xC2u

struct dmsc_ota_receiver {
    struct dmsc_ctx *ctx;
    struct dmsci_sms_join join;
    struct dmsc_buf packet;
};

enum dmsc_err dmsc_ota_receiver_new(struct dmsc_ctx *ctx, struct dmsc_ota_receiver **ret_receiver)
{
    struct dmsc_ota_receiver *r = dmsci_alloc(ctx, sizeof(*r));

    if (r == NULL)
        return DMSC_E_NOMEM;
    r->ctx = ctx;
    dmsci_sms_join_init(&r->join, ctx);
    dmsc_buf_init(&r->packet, ctx, dmsc_ctx_limits(ctx)->ota_packet_size);
    *ret_receiver = r;
    return DMSC_OK;
}

void dmsc_ota_receiver_free(struct dmsc_ota_receiver *r)
{
    if (r == NULL)
        return;
    dmsci_sms_join_clear(&r->join);
    dmsc_buf_clear(&r->packet);
    dmsci_free(r->ctx, r);
}

/* The lengths in front fit, and the second one is one that commands, or responses, have. */
static enum dmsc_ota_kind kind_of(struct dmsc_bytes packet)
{
    struct dmsc_rd r = dmsc_rd(packet);
    size_t length = dmsc_rd_u16(&r), header = dmsc_rd_u8(&r);
    static const uint8_t checks[] = { 0, 2, 4, 8 };

    if (r.bad || length != packet.n - 2)
        return DMSC_OTA_NO_PACKET;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(checks); i++) {
        if (header == COMMAND_LEAST + checks[i])
            return DMSC_OTA_COMMAND;
        if (header == RESPONSE_LEAST + checks[i])
            return DMSC_OTA_RESPONSE;
    }
    return DMSC_OTA_NO_PACKET;
}

static enum dmsc_err take_packet(struct dmsc_ota_receiver *r, struct dmsc_bytes packet,
                                 enum dmsc_ota_kind kind, struct dmsc_ota_received *received)
{
    enum dmsc_err err = dmsc_buf_set(&r->packet, packet);

    if (err != DMSC_OK)
        return err;
    received->whole = true;
    received->kind = kind;
    received->packet = dmsc_buf_bytes(&r->packet);
    return DMSC_OK;
}

static bool take_udh(struct dmsc_bytes bytes, struct dmsc_bytes *ret_packet,
                     enum dmsc_ota_kind *ret_kind)
{
    if (bytes.n < 3 || bytes.p[0] != 2 || bytes.p[2] != 0 ||
        (bytes.p[1] != DMSCI_SMS_IE_COMMAND && bytes.p[1] != DMSCI_SMS_IE_RESPONSE))
        return false;
    *ret_kind = bytes.p[1] == DMSCI_SMS_IE_COMMAND ? DMSC_OTA_COMMAND : DMSC_OTA_RESPONSE;
    *ret_packet = dmsc_bytes(bytes.p + 3, bytes.n - 3);
    return true;
}

static enum dmsc_err not_read(struct dmsc_ctx *ctx)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "find a secured packet");
    dmsci_why(ctx, "ota:form",
              "neither ENVELOPE, SEND SHORT MESSAGE, SMS-DELIVER, SMS-SUBMIT nor packet");
    dmsci_hint(ctx, "give one of them in hex, from its first byte on");
    return DMSC_E_MALFORMED;
}

static enum dmsc_err take_tpdu(struct dmsc_ota_receiver *r, struct dmsc_bytes tpdu,
                               struct dmsc_ota_received *received)
{
    struct dmsci_sms_header h = { .packet = 0 };
    struct dmsci_sms sms;
    uint8_t kind = 0;
    enum dmsc_err err;

    if (dmsci_sms_decode(tpdu, &sms) != DMSC_OK)
        return not_read(r->ctx);
    if (sms.has_header && dmsci_sms_header_decode(sms.header, &h) != DMSC_OK)
        return not_read(r->ctx);
    if (received->form == NULL)
        received->form = sms.type == DMSCI_SMS_DELIVER ? "SMS-DELIVER" : "SMS-SUBMIT";
    dmsci_sms_address_text(&sms.address, received->address);
    if (h.concatenated) {
        received->part = h.number;
        received->parts = h.total;
    }
    err = dmsci_sms_join_add(&r->join, &sms, &received->whole, &kind, &r->packet);
    if (err != DMSC_OK || !received->whole)
        return err;
    received->kind = kind == DMSCI_SMS_IE_COMMAND    ? DMSC_OTA_COMMAND
                     : kind == DMSCI_SMS_IE_RESPONSE ? DMSC_OTA_RESPONSE
                                                     : DMSC_OTA_NO_PACKET;
    received->packet = dmsc_buf_bytes(&r->packet);
    return DMSC_OK;
}

/* CLA C2 00 00 Lc data [Le] (TS 102 221 11.2.2) */
static struct dmsc_bytes without_command_header(struct dmsc_bytes b)
{
    size_t lc = b.n > 5 ? b.p[4] : 0;

    if (b.n > 5 && (b.p[0] & 0x80) != 0 && b.p[1] == INS_ENVELOPE && b.p[2] == 0 && b.p[3] == 0 &&
        (b.n == 5 + lc || b.n == 6 + lc))
        return dmsc_bytes(b.p + 5, lc);
    return b;
}

enum dmsc_err dmsc_ota_receive(struct dmsc_ota_receiver *r, struct dmsc_bytes bytes,
                               struct dmsc_ota_received *ret_received)
{
    struct dmsc_ota_received received = { .form = NULL, .part = 1, .parts = 1 };
    struct dmsc_bytes b = without_command_header(bytes), inner = b;
    enum dmsc_ota_kind kind = kind_of(b);
    enum dmsc_err err;

    if (kind != DMSC_OTA_NO_PACKET || take_udh(b, &inner, &kind)) {
        received.form = inner.n == b.n ? "packet" : "user data";
        err = take_packet(r, inner, kind, &received);
    } else {
        if (dmsci_sms_envelope_decode(b, &inner) == DMSC_OK)
            received.form = "ENVELOPE";
        else if (dmsci_sms_send_decode(b, &inner) == DMSC_OK)
            received.form = "SEND SHORT MESSAGE";
        err = take_tpdu(r, inner, &received);
    }
    if (err == DMSC_OK)
        *ret_received = received;
    return err;
}

/* Without keys: the fields of a command that is not ciphered, none of them proved. */
static enum dmsc_err read_clear(struct dmsc_bytes packet, struct dmsc_ota_packet *p,
                                struct dmsc_buf *ret_data)
{
    struct dmsc_rd r = dmsc_rd(packet);
    bool response = p->kind == DMSC_OTA_RESPONSE;
    uint64_t high;

    dmsc_rd_skip(&r, response ? RESPONSE_CLEAR : COMMAND_CLEAR);
    high = dmsc_rd_u8(&r);
    p->counter = high << 32 | dmsc_rd_u32(&r);
    p->padding = dmsc_rd_u8(&r);
    if (response)
        p->sts = dmsc_rd_u8(&r);
    dmsc_rd_skip(&r, p->check_size);
    if (r.bad || p->padding > r.n)
        return DMSC_OK; /* not opened */
    p->opened = true;
    return dmsc_buf_set(ret_data, dmsc_bytes(r.p, r.n - p->padding));
}

static enum dmsc_err read_command(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                  const struct dmsc_ota_keys *keys, struct dmsc_ota_packet *p,
                                  struct dmsc_buf *ret_data)
{
    struct dmsci_ota_command command;
    struct dmsci_ota_header h;
    struct dmsci_ota_keys inner;
    enum dmsc_err err = dmsci_ota_command_peek(ctx, packet, &h);

    if (err != DMSC_OK)
        return err;
    dmsci_copy(p->spi, h.spi, sizeof(p->spi));
    dmsci_copy(p->tar, h.tar, sizeof(p->tar));
    p->kic = h.kic;
    p->kid = h.kid;
    p->check_size = (size_t)packet.p[2] - COMMAND_LEAST;
    p->ciphered = (h.spi[0] & DMSCI_OTA_CIPHERED) != 0;
    if (keys == NULL)
        return p->ciphered ? DMSC_OK : read_clear(packet, p, ret_data);
    inner = dmsci_ota_keys_of(keys);
    err = dmsci_ota_command_open(ctx, packet, &inner, &command, ret_data);
    if (err != DMSC_OK)
        return err;
    p->opened = true;
    p->authenticated = DMSCI_OTA_INTEGRITY(h.spi[0]) != DMSCI_OTA_NONE;
    p->counter = command.counter;
    p->padding = command.padding;
    return DMSC_OK;
}

static enum dmsc_err read_response(struct dmsc_ctx *ctx, struct dmsc_bytes packet,
                                   const struct dmsc_ota_keys *keys, struct dmsc_ota_packet *p,
                                   struct dmsc_buf *ret_data)
{
    struct dmsci_ota_response response;
    struct dmsci_ota_header h;
    struct dmsci_ota_keys inner;
    enum dmsc_err err = dmsci_ota_response_peek(ctx, packet, p->tar, &p->check_size);

    if (err != DMSC_OK)
        return err;
    if (keys == NULL) /* a bare status in clear: ciphered it would have whole blocks */
        return packet.n == RESPONSE_LEAST + 3 ? read_clear(packet, p, ret_data) : DMSC_OK;
    inner = dmsci_ota_keys_of(keys);
    h = dmsci_ota_header_of(keys);
    dmsci_copy(p->spi, h.spi, sizeof(p->spi));
    p->kic = h.kic;
    p->kid = h.kid;
    err = dmsci_ota_response_unwrap(ctx, packet, &h, &inner, &response, ret_data);
    if (err != DMSC_OK)
        return err;
    p->opened = true;
    p->authenticated = response.authenticated;
    p->ciphered = response.ciphered;
    p->counter = response.counter;
    p->padding = response.padding;
    p->sts = response.sts;
    return DMSC_OK;
}

enum dmsc_err dmsc_ota_read(struct dmsc_ctx *ctx, enum dmsc_ota_kind kind, struct dmsc_bytes packet,
                            const struct dmsc_ota_keys *keys, struct dmsc_ota_packet *ret_packet,
                            struct dmsc_buf *ret_data)
{
    struct dmsc_ota_packet p = { .kind = kind };
    enum dmsc_err err = kind == DMSC_OTA_COMMAND    ? read_command(ctx, packet, keys, &p, ret_data)
                        : kind == DMSC_OTA_RESPONSE ? read_response(ctx, packet, keys, &p, ret_data)
                                                    : not_read(ctx);

    if (err == DMSC_OK)
        *ret_packet = p;
    return err;
}
