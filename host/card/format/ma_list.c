/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMMALx: decode the Management Authority list (docs/card-application.md). */
#include "host/card/format/format.h"

#define MAGIC         0x4D414Cu
#define VERSION       0x10u
#define WHAT          "read the MA list"
#define TAG_ENTRY     0xA0u
#define TAG_SIGNATURE 0x9Eu
#define SIGNATURE     69u /* algorithm, key id, r, s */
#define ECDSA_P256    0x01u

static enum dmsc_err get_id(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;

    ma->id = value.p[0];
    if (ma->id == 0x00 || ma->id == 0xFF)
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "id", "MA id %02X", ma->id);
    return DMSC_OK;
}

static enum dmsc_err get_name(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    return dmsci_fields_text(job, value, &((struct dmsc_ma *)job->into)->name);
}

static enum dmsc_err get_authority(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    return dmsci_fields_text(job, value, &((struct dmsc_ma *)job->into)->authority);
}

static enum dmsc_err get_server_id(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;
    enum dmsc_err err = dmsci_fields_text(job, value, &ma->server_ids[ma->server_id_count]);

    if (err == DMSC_OK)
        ma->server_id_count++;
    return err;
}

static enum dmsc_err get_pin(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;
    struct dmsc_ma_pin *pin = &ma->pins[ma->pin_count];
    bool psk = value.p[0] == DMSC_PIN_PSK;

    if (value.p[0] < DMSC_PIN_CERT || value.p[0] > DMSC_PIN_PSK ||
        value.n != (psk ? 2 : 1 + sizeof(pin->sha256)))
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "pin", "a pin of kind %02X, %zu bytes",
                                   value.p[0], value.n);
    pin->kind = (enum dmsc_pin_kind)value.p[0];
    if (psk)
        pin->psk_record = value.p[1];
    else
        dmsci_copy(pin->sha256, value.p + 1, sizeof(pin->sha256));
    ma->pin_count++;
    return DMSC_OK;
}

static enum dmsc_err get_scope_type(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma_scope *scope = job->into;

    return dmsci_fields_type(job, value, &scope->type, &scope->urn);
}

static enum dmsc_err get_scope_path(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    /* A path that never matches would quietly switch a deny entry off. */
    if (!dmsci_format_path_ok(value))
        return dmsci_fields_refuse(job, DMSC_E_MALFORMED, "path", "a scope path that is none");
    return dmsci_fields_text(job, value, &((struct dmsc_ma_scope *)job->into)->path);
}

static enum dmsc_err get_scope_rights(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    ((struct dmsc_ma_scope *)job->into)->rights = (uint16_t)(value.p[0] << 8 | value.p[1]);
    return DMSC_OK;
}

static const struct dmsci_field scope_fields[] = {
    { 0x80, DMSCI_FIELD_ONE, 1, 255, get_scope_type },
    { 0x81, DMSCI_FIELD_ONE, 1, 255, get_scope_path },
    { 0x82, DMSCI_FIELD_ONE, 2, 2, get_scope_rights },
};

static enum dmsc_err get_scope(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;
    struct dmsci_fields inner = *job;

    /* Counted first: a scope that fails half way is released with its entry. */
    inner.table = scope_fields;
    inner.count = DMSCI_ARRAY_LEN(scope_fields);
    inner.into = &ma->scopes[ma->scope_count++];
    return dmsci_fields_decode(&inner, value);
}

static enum dmsc_err get_priority(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    ((struct dmsc_ma *)job->into)->priority = value.p[0];
    return DMSC_OK;
}

static enum dmsc_err get_validity(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;
    struct dmsc_rd r = dmsc_rd(value);

    ma->not_before = dmsc_rd_u32(&r);
    ma->not_after = dmsc_rd_u32(&r);
    return DMSC_OK;
}

static enum dmsc_err get_delegation(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;

    ma->delegated = true;
    ma->delegated_by = value.p[0];
    ma->delegation_depth = value.p[1];
    return DMSC_OK;
}

static enum dmsc_err get_flags(const struct dmsci_fields *job, struct dmsc_bytes value)
{
    struct dmsc_ma *ma = job->into;

    ma->flags = value.p[0];
    if ((ma->flags & ~(DMSC_MA_ENABLED | DMSC_MA_BOOTSTRAP | DMSC_MA_DENY)) != 0)
        return dmsci_fields_refuse(job, DMSC_E_UNSUPPORTED, "flags", "flags %02X", ma->flags);
    return DMSC_OK;
}

static const struct dmsci_field entry_fields[] = {
    { 0x80, DMSCI_FIELD_ONE, 1, 1, get_id },
    { 0x81, DMSCI_FIELD_ONE, 1, 32, get_name },
    { 0x82, DMSCI_FIELD_ONE, 1, 64, get_authority },
    { 0x83, DMSCI_FIELD_MANY, 1, 64, get_server_id },
    { 0x84, DMSCI_FIELD_MANY, 2, 33, get_pin },
    { 0xA5, DMSCI_FIELD_MANY, 0, 65535, get_scope },
    { 0x86, DMSCI_FIELD_ONE, 1, 1, get_priority },
    { 0x87, DMSCI_FIELD_ONE, 8, 8, get_validity },
    { 0x88, DMSCI_FIELD_MAYBE, 2, 2, get_delegation },
    { 0x89, DMSCI_FIELD_ONE, 1, 1, get_flags },
};

static enum dmsc_err room_for(const struct dmsci_fields *job, struct dmsc_bytes in, uint32_t tag,
                              size_t size, void **ret_room)
{
    size_t count = dmsci_format_count(in, tag);

    if (count == 0)
        return DMSC_OK;
    if (count > dmsc_ctx_limits(job->ctx)->ma_scopes)
        return dmsci_fields_refuse(job, DMSC_E_LIMIT, "limit", "%zu objects %02X in one entry",
                                   count, (unsigned)tag);
    *ret_room = dmsci_calloc(job->ctx, count, size);
    return *ret_room == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err decode_entry(struct dmsc_ctx *ctx, struct dmsc_bytes in,
                                  struct dmsc_ma_list *list)
{
    struct dmsc_ma *ma = &list->entries[list->count++];
    struct dmsci_fields job = { .ctx = ctx,
                                .what = WHAT,
                                .prefix = "mal",
                                .entry = (unsigned)list->count,
                                .table = entry_fields,
                                .count = DMSCI_ARRAY_LEN(entry_fields),
                                .into = ma };
    void *room[3] = { NULL, NULL, NULL };
    enum dmsc_err err = room_for(&job, in, 0x83, sizeof(*ma->server_ids), &room[0]);

    ma->server_ids = room[0];
    if (err == DMSC_OK)
        err = room_for(&job, in, 0x84, sizeof(*ma->pins), &room[1]);
    ma->pins = room[1];
    if (err == DMSC_OK)
        err = room_for(&job, in, 0xA5, sizeof(*ma->scopes), &room[2]);
    ma->scopes = room[2];
    if (err == DMSC_OK)
        err = dmsci_fields_decode(&job, in);
    for (size_t i = 0; err == DMSC_OK && i + 1 < list->count; i++) {
        if (list->entries[i].id == ma->id)
            err = dmsci_fields_refuse(&job, DMSC_E_MALFORMED, "duplicate-id", "MA id %u twice",
                                      ma->id);
    }
    return err;
}

static enum dmsc_err decode_signature(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                      size_t signed_length, struct dmsc_bytes value,
                                      struct dmsci_mal_signature *signature)
{
    if (value.n == 0 || value.p[0] != ECDSA_P256)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "mal:signature-algorithm",
                                   "signature algorithm %02X", value.n == 0 ? 0 : value.p[0]);
    if (value.n != SIGNATURE)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mal:signature-length",
                                   "a signature of %zu bytes", value.n);
    signature->present = true;
    signature->message = dmsc_bytes(file.p, signed_length);
    dmsci_copy(signature->key_id, value.p + 1, sizeof(signature->key_id));
    signature->value = dmsc_bytes(value.p + 5, SIGNATURE - 5);
    return DMSC_OK;
}

/* Entries, then perhaps a signature, then nothing but fill: what stands behind the signature would
 * not be covered by it. */
static enum dmsc_err decode_body(struct dmsc_ctx *ctx, struct dmsc_bytes file, struct dmsc_rd *r,
                                 struct dmsc_ma_list *list, struct dmsci_mal_signature *signature)
{
    struct dmsci_tlv tlv;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && !signature->present && !dmsci_format_only_fill(r)) {
        size_t begin = file.n - r->n;

        if (!dmsci_ber_next(r, &tlv))
            return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mal:syntax",
                                       "not BER-TLV in shortest form at offset %zu", begin);
        if (tlv.tag == TAG_ENTRY)
            err = decode_entry(ctx, tlv.value, list);
        else if (tlv.tag == TAG_SIGNATURE)
            err = decode_signature(ctx, file, begin, tlv.value, signature);
        else
            err =
                dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "mal:unknown-template",
                                    "unknown object %02X at offset %zu", (unsigned)tlv.tag, begin);
    }
    if (err == DMSC_OK && !dmsci_format_only_fill(r))
        err = dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mal:trailing",
                                  "bytes behind the end of the list");
    return err;
}

static enum dmsc_err decode_fixed(struct dmsc_ctx *ctx, struct dmsc_bytes file, struct dmsc_rd *r,
                                  struct dmsc_ma_list *list)
{
    uint8_t version;

    if (file.n < DMSCI_MAL_FIXED)
        return dmsci_format_refuse(ctx, DMSC_E_TRUNCATED, WHAT, "mal:length", "%zu bytes", file.n);
    if (dmsc_rd_u24(r) != MAGIC)
        return dmsci_format_refuse(ctx, DMSC_E_MALFORMED, WHAT, "mal:magic",
                                   "it begins %02X%02X%02X instead of 4D414C", file.p[0], file.p[1],
                                   file.p[2]);
    version = dmsc_rd_u8(r);
    if (version != VERSION)
        return dmsci_format_refuse(ctx, DMSC_E_UNSUPPORTED, WHAT, "mal:version",
                                   "version %02X, known is 10", version);
    list->version = dmsc_rd_u32(r);
    dmsci_copy(list->card_tag, dmsc_rd_bytes(r, sizeof(list->card_tag)).p, sizeof(list->card_tag));
    return DMSC_OK;
}

enum dmsc_err dmsci_mal_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                               struct dmsc_ma_list *ret_list,
                               struct dmsci_mal_signature *ret_signature)
{
    struct dmsc_ma_list list = { .ctx = ctx };
    struct dmsci_mal_signature signature = { 0 };
    struct dmsc_rd r = dmsc_rd(file);
    size_t count;
    enum dmsc_err err = decode_fixed(ctx, file, &r, &list);

    if (err != DMSC_OK)
        return err;
    count = dmsci_format_count(dmsc_bytes(r.p, r.n), TAG_ENTRY);
    if (count > dmsc_ctx_limits(ctx)->ma_entries)
        return dmsci_format_refuse(ctx, DMSC_E_LIMIT, WHAT, "mal:limit", "%zu entries", count);
    if (count > 0) {
        list.entries = dmsci_calloc(ctx, count, sizeof(*list.entries));
        if (list.entries == NULL)
            return DMSC_E_NOMEM;
    }
    err = decode_body(ctx, file, &r, &list, &signature);
    if (err != DMSC_OK) {
        dmsc_ma_list_clear(&list);
        return err;
    }
    list.signature_present = signature.present;
    dmsci_copy(list.signer_key_id, signature.key_id, sizeof(list.signer_key_id));
    *ret_list = list;
    *ret_signature = signature;
    return DMSC_OK;
}

enum dmsc_err dmsc_card_list_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                    struct dmsc_ma_list *ret_list)
{
    struct dmsci_mal_signature signature;

    return dmsci_mal_decode(ctx, file, ret_list, &signature);
}
