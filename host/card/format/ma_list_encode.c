/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMMALx: encode, sign and verify the Management Authority list. */
#include "host/card/format/format.h"
#include "host/credential/cert.h"

#define MAGIC         0x4D414C10u
#define WHAT          "write the MA list"
#define TAG_SIGNATURE 0x9Eu
#define ECDSA_P256    0x01u
#define R_AND_S       64u

static void put_type(struct dmsc_wr *w, enum dmsc_mo_type type, const char *urn)
{
    if (type == DMSC_MO_URN)
        dmsci_ber_put(w, 0x80, dmsc_bytes_str(urn));
    else
        dmsci_ber_put_u8(w, 0x80, (uint8_t)type);
}

static void put_scope(struct dmsc_wr *w, const struct dmsc_ma_scope *scope)
{
    put_type(w, scope->type, scope->urn);
    dmsci_ber_put(w, 0x81, dmsc_bytes_str(scope->path));
    dmsci_ber_put_u16(w, 0x82, scope->rights);
}

static void put_pin(struct dmsc_wr *w, const struct dmsc_ma_pin *pin)
{
    bool psk = pin->kind == DMSC_PIN_PSK;

    dmsci_ber_put_header(w, 0x84, psk ? 2 : 1 + sizeof(pin->sha256));
    dmsc_wr_u8(w, (uint8_t)pin->kind);
    if (psk)
        dmsc_wr_u8(w, pin->psk_record);
    else
        dmsc_wr_bytes(w, dmsc_bytes(pin->sha256, sizeof(pin->sha256)));
}

static void put_entry(struct dmsc_wr *w, const struct dmsc_ma *ma)
{
    dmsci_ber_put_u8(w, 0x80, ma->id);
    dmsci_ber_put(w, 0x81, dmsc_bytes_str(ma->name));
    dmsci_ber_put(w, 0x82, dmsc_bytes_str(ma->authority));
    for (size_t i = 0; i < ma->server_id_count; i++)
        dmsci_ber_put(w, 0x83, dmsc_bytes_str(ma->server_ids[i]));
    for (size_t i = 0; i < ma->pin_count; i++)
        put_pin(w, &ma->pins[i]);
    for (size_t i = 0; i < ma->scope_count; i++) {
        struct dmsc_wr size = dmsc_wr(NULL, 0);

        put_scope(&size, &ma->scopes[i]);
        dmsci_ber_put_header(w, 0xA5, size.n);
        put_scope(w, &ma->scopes[i]);
    }
    dmsci_ber_put_u8(w, 0x86, ma->priority);
    dmsci_ber_put_header(w, 0x87, 8);
    dmsc_wr_u32(w, ma->not_before);
    dmsc_wr_u32(w, ma->not_after);
    if (ma->delegated) {
        dmsci_ber_put_header(w, 0x88, 2);
        dmsc_wr_u8(w, ma->delegated_by);
        dmsc_wr_u8(w, ma->delegation_depth);
    }
    dmsci_ber_put_u8(w, 0x89, ma->flags);
}

static void put_list(struct dmsc_wr *w, const struct dmsc_ma_list *list)
{
    dmsc_wr_u32(w, MAGIC);
    dmsc_wr_u32(w, list->version);
    dmsc_wr_bytes(w, dmsc_bytes(list->card_tag, sizeof(list->card_tag)));
    for (size_t i = 0; i < list->count; i++) {
        struct dmsc_wr size = dmsc_wr(NULL, 0);

        put_entry(&size, &list->entries[i]);
        dmsci_ber_put_header(w, 0xA0, size.n);
        put_entry(w, &list->entries[i]);
    }
}

static enum dmsc_err sign(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                          struct dmsc_buf *file)
{
    uint8_t signature[R_AND_S];
    uint8_t digest[32];
    uint8_t object[2 + 1 + 4 + R_AND_S];
    struct dmsc_wr w = dmsc_wr(object, sizeof(object));
    struct dmsc_buf spki;
    enum dmsc_err err;

    dmsc_buf_init(&spki, ctx, dmsc_ctx_limits(ctx)->certificate_size);
    err = dmsci_ecdsa_sign(ctx, key, dmsc_buf_bytes(file), signature, &spki);
    if (err == DMSC_OK)
        err = dmsci_sha256(ctx, dmsc_buf_bytes(&spki), digest);
    if (err == DMSC_OK) {
        dmsci_ber_put_header(&w, TAG_SIGNATURE, 1 + 4 + R_AND_S);
        dmsc_wr_u8(&w, ECDSA_P256);
        dmsc_wr_bytes(&w, dmsc_bytes(digest, 4));
        dmsc_wr_bytes(&w, dmsc_bytes(signature, sizeof(signature)));
        err = dmsc_buf_append(file, dmsc_bytes(object, w.n));
    }
    dmsc_buf_clear(&spki);
    return err;
}

enum dmsc_err dmsc_card_list_encode(struct dmsc_ctx *ctx, const struct dmsc_ma_list *list,
                                    const struct dmsc_secret *signing_key,
                                    struct dmsc_buf *ret_file)
{
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    struct dmsc_ma_list check;
    struct dmsc_buf file;
    uint8_t *p;
    enum dmsc_err err;

    dmsc_buf_init(&file, ctx, dmsc_ctx_limits(ctx)->ef_size);
    put_list(&w, list);
    err = dmsc_buf_reserve(&file, w.n, &p);
    if (err == DMSC_OK) {
        w = dmsc_wr(p, w.n);
        put_list(&w, list);
        dmsc_buf_commit(&file, w.n);
        if (signing_key != NULL)
            err = sign(ctx, signing_key, &file);
    }
    /* What we write we must be able to read: our own decoder is the rule book. */
    if (err == DMSC_OK)
        err = dmsc_card_list_decode(ctx, dmsc_buf_bytes(&file), &check);
    if (err == DMSC_OK) {
        dmsc_ma_list_clear(&check);
        err = dmsc_buf_set(ret_file, dmsc_buf_bytes(&file));
    }
    dmsc_buf_clear(&file);
    return err;
}

static enum dmsc_err find_key(struct dmsc_ctx *ctx, const struct dmsc_card_trust *trust,
                              const uint8_t key_id[4], struct dmsc_bytes *ret_spki)
{
    uint8_t digest[32];
    char hex[9];
    enum dmsc_err err;

    for (size_t i = 0; i < trust->count; i++) {
        err = dmsci_sha256(ctx, trust->issuer_spkis[i], digest);
        if (err != DMSC_OK)
            return err;
        if (dmsc_bytes_equal(dmsc_bytes(digest, 4), dmsc_bytes(key_id, 4))) {
            *ret_spki = trust->issuer_spkis[i];
            return DMSC_OK;
        }
    }
    dmsc_hex_encode(dmsc_bytes(key_id, 4), hex);
    return dmsci_format_refuse(ctx, DMSC_E_UNTRUSTED, "verify the MA list", "mal:unknown-signer",
                               "signed with key %s, which is no issuer key of this device", hex);
}

enum dmsc_err dmsci_mal_verify(struct dmsc_ctx *ctx, const struct dmsci_mal_signature *signature,
                               const struct dmsc_card_trust *trust)
{
    static const char what[] = "verify the MA list";
    struct dmsc_bytes spki;
    enum dmsc_err err;

    if (trust == NULL || trust->count == 0) {
        err = dmsci_format_refuse(ctx, DMSC_E_UNTRUSTED, what, "mal:no-issuer-key",
                                  "the list must be signed and this device has no issuer key");
        dmsci_hint(ctx, "configure the public key of the card's issuer");
        return err;
    }
    if (!signature->present)
        return dmsci_format_refuse(ctx, DMSC_E_UNTRUSTED, what, "mal:unsigned",
                                   "the list carries no signature");
    err = find_key(ctx, trust, signature->key_id, &spki);
    if (err != DMSC_OK)
        return err;
    err = dmsci_ecdsa_verify(ctx, spki, signature->message, signature->value);
    if (err == DMSC_E_UNTRUSTED)
        return dmsci_format_refuse(ctx, err, what, "mal:signature",
                                   "the signature does not fit the list");
    return err;
}

enum dmsc_err dmsc_card_list_verify(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                    const struct dmsc_card_trust *trust)
{
    struct dmsci_mal_signature signature = { 0 };
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    enum dmsc_err err = dmsci_mal_decode(ctx, file, &list, &signature);

    if (err != DMSC_OK)
        return err;
    dmsc_ma_list_clear(&list);
    return dmsci_mal_verify(ctx, &signature, trust);
}
