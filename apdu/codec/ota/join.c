/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/join.h"
#include "apdu/base/ctx.h"
#include <dmsc/ctx.h>

#define PART_HEAD 2u /* number, length */

void dmsci_sms_join_init(struct dmsci_sms_join *join, struct dmsc_ctx *ctx)
{
    *join = (struct dmsci_sms_join){ .ctx = ctx };
}

static void slot_clear(struct dmsci_sms_join_slot *slot)
{
    dmsc_buf_clear(&slot->parts);
    *slot = (struct dmsci_sms_join_slot){ .used = false };
}

void dmsci_sms_join_clear(struct dmsci_sms_join *join)
{
    for (unsigned i = 0; i < DMSCI_SMS_JOIN_SLOTS; i++)
        slot_clear(&join->slot[i]);
}

/* TS 23.040 9.2.3.24.1: the same address, reference and number of parts. */
static bool same_message(const struct dmsci_sms_join_slot *slot,
                         const struct dmsci_sms_address *address, const struct dmsci_sms_header *h)
{
    return slot->used && slot->header.wide == h->wide && slot->header.reference == h->reference &&
           slot->header.total == h->total && slot->address.type == address->type &&
           slot->address.digits == address->digits &&
           dmsc_bytes_equal(dmsc_bytes(slot->address.bcd, sizeof(slot->address.bcd)),
                            dmsc_bytes(address->bcd, sizeof(address->bcd)));
}

static struct dmsci_sms_join_slot *find_slot(struct dmsci_sms_join *join,
                                             const struct dmsci_sms *sms,
                                             const struct dmsci_sms_header *h)
{
    struct dmsci_sms_join_slot *oldest = &join->slot[0];

    for (unsigned i = 0; i < DMSCI_SMS_JOIN_SLOTS; i++) {
        struct dmsci_sms_join_slot *slot = &join->slot[i];

        if (same_message(slot, &sms->address, h))
            return slot;
        if (!slot->used || (oldest->used && slot->age < oldest->age))
            oldest = oldest->used ? slot : oldest;
    }
    slot_clear(oldest);
    oldest->used = true;
    oldest->address = sms->address;
    dmsc_buf_init(&oldest->parts, join->ctx,
                  dmsc_ctx_limits(join->ctx)->ota_packet_size + PART_HEAD * DMSCI_SMS_PARTS_MAX);
    return oldest;
}

static bool find_part(const struct dmsci_sms_join_slot *slot, unsigned number,
                      struct dmsc_bytes *ret_part)
{
    struct dmsc_rd r = dmsc_rd(dmsc_buf_bytes(&slot->parts));

    while (r.n > 0) {
        uint8_t at = dmsc_rd_u8(&r);
        struct dmsc_bytes part = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));

        if (at == number) {
            *ret_part = part;
            return true;
        }
    }
    return false;
}

static enum dmsc_err differs(struct dmsci_sms_join *join, unsigned number)
{
    (void)dmsci_fail(join->ctx, DMSC_E_MALFORMED, "join short messages");
    dmsci_why(join->ctx, "sms:part", "part %u came twice and differs", number);
    return DMSC_E_MALFORMED;
}

static enum dmsc_err keep_part(struct dmsci_sms_join *join, struct dmsci_sms_join_slot *slot,
                               const struct dmsci_sms_header *h, struct dmsc_bytes data)
{
    uint8_t head[PART_HEAD] = { h->number, (uint8_t)data.n };
    size_t before = slot->parts.n;
    struct dmsc_bytes known;
    enum dmsc_err err;

    if (find_part(slot, h->number, &known))
        return dmsc_bytes_equal(known, data) ? DMSC_OK : differs(join, h->number);
    err = dmsc_buf_append(&slot->parts, dmsc_bytes(head, sizeof(head)));
    if (err == DMSC_OK)
        err = dmsc_buf_append(&slot->parts, data);
    if (err != DMSC_OK) {
        dmsc_buf_truncate(&slot->parts, before);
        return err;
    }
    slot->header = *h;
    slot->seen++;
    slot->age = ++join->clock;
    if (h->number == 1)
        slot->packet = h->packet;
    return DMSC_OK;
}

static enum dmsc_err put_together(struct dmsci_sms_join *join,
                                  const struct dmsci_sms_join_slot *slot,
                                  struct dmsc_buf *ret_packet)
{
    enum dmsc_err err = DMSC_OK;
    struct dmsc_bytes part;
    struct dmsc_buf whole;

    dmsc_buf_init(&whole, join->ctx, dmsc_ctx_limits(join->ctx)->ota_packet_size);
    for (unsigned number = 1; err == DMSC_OK && number <= slot->header.total; number++) {
        if (find_part(slot, number, &part))
            err = dmsc_buf_append(&whole, part);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_packet, dmsc_buf_bytes(&whole));
    dmsc_buf_clear(&whole);
    return err;
}

enum dmsc_err dmsci_sms_join_add(struct dmsci_sms_join *join, const struct dmsci_sms *sms,
                                 bool *ret_whole, uint8_t *ret_kind, struct dmsc_buf *ret_packet)
{
    struct dmsci_sms_header h = { .packet = 0 };
    struct dmsci_sms_join_slot *slot;
    enum dmsc_err err;

    if (sms->has_header && dmsci_sms_header_decode(sms->header, &h) != DMSC_OK)
        return dmsci_fail(join->ctx, DMSC_E_MALFORMED, "join short messages");
    if (!h.concatenated) {
        err = dmsc_buf_set(ret_packet, sms->data);
        if (err == DMSC_OK) {
            *ret_whole = true;
            *ret_kind = h.packet;
        }
        return err;
    }
    slot = find_slot(join, sms, &h);
    slot->header.wide = h.wide;
    slot->header.reference = h.reference;
    slot->header.total = h.total;
    err = keep_part(join, slot, &h, sms->data);
    if (err != DMSC_OK)
        return err;
    if (slot->seen < slot->header.total) {
        *ret_whole = false;
        return DMSC_OK;
    }
    err = put_together(join, slot, ret_packet);
    if (err != DMSC_OK)
        return err;
    *ret_whole = true;
    *ret_kind = slot->packet;
    slot_clear(slot);
    return DMSC_OK;
}
