/* SPDX-License-Identifier: Apache-2.0 */
/* A DM card profile: JSON with all the files it names. */
#include "host/card/format/format.h"
#include "host/card/provision/profile.h"
#include "host/credential/cert.h"
#include <string.h>

#define PROFILE_MAX (1u << 20)
#define KEY_MAX     8192u
#define PSK_RECORDS 254u

static enum dmsc_err room(const struct dmsci_json *at, size_t max, size_t size, size_t *ret_count,
                          void **ret_room)
{
    enum dmsc_err err = dmsci_json_array(at, max, ret_count);

    if (err != DMSC_OK || *ret_count == 0)
        return err;
    *ret_room = dmsci_calloc(at->file->ctx, *ret_count, size);
    return *ret_room == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err get_flags(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    static const char *const members[] = { "signature_mandatory", "also_pkcs15", "purge", "locked",
                                           NULL };
    static const uint8_t bits[] = { DMSC_CARD_SIGNED, DMSC_CARD_ALSO_PKCS15, DMSC_CARD_PURGE,
                                    DMSC_CARD_LOCKED };
    struct dmsci_json flags = dmsci_json_member(top, "flags");
    struct dmsci_json bind = dmsci_json_member(top, "bind_card");
    enum dmsc_err err = DMSC_OK;

    profile->bind_card = true;
    /* A list that is signed is meant to be checked. */
    profile->flags = profile->signing_key.n > 0 ? DMSC_CARD_SIGNED : 0;
    if (flags.value != NULL)
        err = dmsci_json_object(&flags, members);
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(bits); i++) {
        struct dmsci_json flag = dmsci_json_member(&flags, members[i]);
        bool on = (profile->flags & bits[i]) != 0;

        err = dmsci_json_flag(&flag, &on);
        profile->flags = (uint8_t)(on ? profile->flags | bits[i] : profile->flags & ~bits[i]);
    }
    if (err == DMSC_OK)
        err = dmsci_json_flag(&bind, &profile->bind_card);
    if (err == DMSC_OK && (profile->flags & DMSC_CARD_SIGNED) != 0 && profile->signing_key.n == 0)
        err = dmsci_json_wrong(&flags, "signing-key",
                               "a mandatory signature needs a \"signing_key\"");
    return err;
}

static enum dmsc_err get_generation(const struct dmsci_json *top, uint32_t *ret_generation)
{
    struct dmsci_json at = dmsci_json_member(top, "generation");
    const char *text = json_string_value(at.value);

    if (at.value == NULL || (text != NULL && strcmp(text, "auto") == 0))
        return DMSC_OK;
    return dmsci_json_number(&at, 1, UINT32_MAX, ret_generation);
}

static enum dmsc_err get_secret_file(const struct dmsci_json *at, struct dmsc_secret *ret_secret)
{
    struct dmsc_buf content;
    enum dmsc_err err;

    dmsc_buf_init(&content, at->file->ctx, KEY_MAX);
    err = dmsci_json_file(at, KEY_MAX, &content);
    if (err == DMSC_OK && content.n == 0)
        err = dmsci_json_wrong(at, "length", "the file is empty");
    if (err == DMSC_OK)
        err = dmsc_secret_set(ret_secret, at->file->ctx, dmsc_buf_bytes(&content));
    dmsc_buf_clear(&content);
    return err;
}

static enum dmsc_err get_signing_key(const struct dmsci_json *top,
                                     struct dmsc_card_profile *profile)
{
    struct dmsci_json at = dmsci_json_member(top, "signing_key");
    struct dmsc_buf spki;
    enum dmsc_err err;

    if (at.value == NULL)
        return DMSC_OK;
    err = get_secret_file(&at, &profile->signing_key);
    if (err != DMSC_OK)
        return err;
    /* Better here than half way through a card. */
    dmsc_buf_init(&spki, profile->ctx, dmsc_ctx_limits(profile->ctx)->certificate_size);
    err = dmsci_spki_of_key(profile->ctx, &profile->signing_key, &spki);
    dmsc_buf_clear(&spki);
    return err == DMSC_OK ? DMSC_OK : dmsci_json_located(&at, err);
}

static enum dmsc_err get_token(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    static const char *const members[] = { "label", "manufacturer", NULL };
    struct dmsci_json at = dmsci_json_member(top, "token");
    struct dmsci_json label = dmsci_json_member(&at, "label");
    struct dmsci_json maker = dmsci_json_member(&at, "manufacturer");
    enum dmsc_err err = DMSC_OK;

    if (at.value != NULL)
        err = dmsci_json_object(&at, members);
    if (err == DMSC_OK && label.value != NULL)
        err = dmsci_json_copy(&label, 16, &profile->token_label);
    if (err == DMSC_OK && maker.value != NULL)
        err = dmsci_json_copy(&maker, 16, &profile->manufacturer);
    return err;
}

static enum dmsc_err get_object_entry(const struct dmsci_json *at, struct dmsc_mo_entry *entry)
{
    static const char *const encodings[] = { "tnds-xml",  "tnds-wbxml",     "json",
                                             "lwm2m-tlv", "provcont-wbxml", "syncml-wbxml" };
    static const char *const flags[] = { "purge", "write-back", "replace", "read-only" };
    static const uint16_t bits[] = { DMSC_MO_FLAG_PURGE, DMSC_MO_FLAG_WRITE_BACK,
                                     DMSC_MO_FLAG_REPLACE, DMSC_MO_FLAG_READ_ONLY };
    struct dmsci_json id = dmsci_json_member(at, "id"), type = dmsci_json_member(at, "type");
    struct dmsci_json path = dmsci_json_member(at, "path"), pool = dmsci_json_member(at, "pool");
    struct dmsci_json encoding = dmsci_json_member(at, "encoding");
    struct dmsci_json owner = dmsci_json_member(at, "owner");
    struct dmsci_json flag = dmsci_json_member(at, "flags");
    uint32_t number = 0, by = 0, which = 0;
    size_t index = 0;
    uint16_t sum = 0;
    enum dmsc_err err = dmsci_json_number(&id, 0, 255, &number);

    if (err == DMSC_OK)
        err = dmsci_profile_type(&type, &entry->type, &entry->urn);
    if (err == DMSC_OK && entry->type == DMSC_MO_ANY)
        err = dmsci_json_wrong(&type, "mo-type", "an object has one type");
    if (err == DMSC_OK)
        err = dmsci_json_copy(&path, 255, &entry->path);
    if (err == DMSC_OK && !dmsci_format_path_ok(dmsc_bytes_str(entry->path)))
        err = dmsci_json_wrong(&path, "path", "./A/B is wanted");
    if (err == DMSC_OK)
        err = dmsci_json_name(&encoding, encodings, DMSCI_ARRAY_LEN(encodings), &index);
    if (err == DMSC_OK && owner.value != NULL)
        err = dmsci_json_number(&owner, 0, 254, &by);
    if (err == DMSC_OK && pool.value != NULL)
        err = dmsci_json_number(&pool, 0, 1, &which);
    if (err == DMSC_OK)
        err = dmsci_profile_bits(&flag, flags, bits, DMSCI_ARRAY_LEN(bits), &sum);
    entry->id = (uint8_t)number;
    entry->encoding = (enum dmsc_mo_encoding)(index + 1);
    entry->owner = (uint8_t)by;
    entry->fid = which == 1 ? DMSC_CARD_FID_POOL1 : DMSC_CARD_FID_POOL0;
    entry->flags = (uint8_t)sum;
    return err;
}

static enum dmsc_err get_object(const struct dmsci_json *at, struct dmsc_card_profile *profile,
                                struct dmsci_profile_object *object)
{
    static const char *const members[] = { "id",    "type", "path",  "encoding", "file",
                                           "owner", "pool", "flags", NULL };
    struct dmsci_json file = dmsci_json_member(at, "file");
    size_t max = dmsc_ctx_limits(profile->ctx)->mo_body_size;
    enum dmsc_err err = dmsci_json_object(at, members);

    dmsc_buf_init(&object->body, profile->ctx, max);
    if (err == DMSC_OK)
        err = get_object_entry(at, &object->entry);
    if (err == DMSC_OK)
        err = dmsci_json_file(&file, max, &object->body);
    if (err == DMSC_OK && object->body.n == 0)
        err = dmsci_json_wrong(&file, "length", "the file is empty");
    for (size_t i = 0; err == DMSC_OK && i + 1 < profile->object_count; i++) {
        if (profile->objects[i].entry.id == object->entry.id)
            err = dmsci_json_wrong(at, "duplicate-id", "object %u twice", object->entry.id);
    }
    return err;
}

static enum dmsc_err get_objects(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    struct dmsci_json at = dmsci_json_member(top, "objects");
    size_t count = 0;
    void *p = NULL;
    enum dmsc_err err =
        room(&at, dmsc_ctx_limits(profile->ctx)->mo_entries, sizeof(*profile->objects), &count, &p);

    profile->objects = p;
    while (err == DMSC_OK && profile->object_count < count) {
        struct dmsci_json e = dmsci_json_element(&at, profile->object_count++);

        err = get_object(&e, profile, &profile->objects[e.index]);
    }
    return err;
}

static enum dmsc_err get_cert(const struct dmsci_json *at, struct dmsci_profile_cert *cert)
{
    static const char *const members[] = { "file", "usage", "label", NULL };
    static const char *const usages[] = { "trusted", "device" };
    struct dmsci_json file = dmsci_json_member(at, "file");
    struct dmsci_json usage = dmsci_json_member(at, "usage");
    struct dmsci_json label = dmsci_json_member(at, "label");
    struct dmsc_ctx *ctx = at->file->ctx;
    struct dmsci_cert parsed;
    size_t which = 0;
    enum dmsc_err err = dmsci_json_object(at, members);

    dmsc_buf_init(&cert->der, ctx, dmsc_ctx_limits(ctx)->certificate_size);
    if (err == DMSC_OK)
        err = dmsci_json_name(&usage, usages, DMSCI_ARRAY_LEN(usages), &which);
    if (err == DMSC_OK)
        err = dmsci_json_copy(&label, 32, &cert->label);
    if (err == DMSC_OK)
        err = dmsci_profile_cert(&file, &cert->der);
    if (err != DMSC_OK)
        return err;
    err = dmsci_cert_parse(ctx, dmsc_buf_bytes(&cert->der), &parsed);
    if (err != DMSC_OK)
        return dmsci_json_located(&file, err);
    dmsci_copy(cert->id, parsed.spki_sha256, sizeof(cert->id));
    cert->trusted = which == 0;
    return DMSC_OK;
}

static enum dmsc_err get_certs(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    struct dmsci_json at = dmsci_json_member(top, "certificates");
    size_t count = 0;
    void *p = NULL;
    enum dmsc_err err = room(&at, DMSCI_PROFILE_CERTS, sizeof(*profile->certs), &count, &p);

    profile->certs = p;
    while (err == DMSC_OK && profile->cert_count < count) {
        struct dmsci_json e = dmsci_json_element(&at, profile->cert_count++);

        err = get_cert(&e, &profile->certs[e.index]);
    }
    return err;
}

/* "key" in hex or "key_file" with the raw bytes. */
static enum dmsc_err get_key(const struct dmsci_json *at, struct dmsc_psk_record *psk)
{
    struct dmsci_json hex = dmsci_json_member(at, "key");
    struct dmsci_json file = dmsci_json_member(at, "key_file");
    struct dmsc_buf bytes;
    enum dmsc_err err;

    if (psk->type == DMSC_PSK_GBA && hex.value == NULL && file.value == NULL)
        return DMSC_OK;
    if (file.value != NULL)
        return hex.value == NULL ? get_secret_file(&file, &psk->key)
                                 : dmsci_json_wrong(at, "key", "\"key\" or \"key_file\", not both");
    dmsc_buf_init(&bytes, at->file->ctx, 32);
    err = dmsci_json_hex(&hex, &bytes);
    if (err == DMSC_OK)
        err = dmsc_secret_set(&psk->key, at->file->ctx, dmsc_buf_bytes(&bytes));
    dmsc_buf_clear(&bytes);
    return err;
}

static enum dmsc_err get_psk_values(const struct dmsci_json *at, struct dmsc_psk_record *psk)
{
    struct dmsci_json ma = dmsci_json_member(at, "ma"), id = dmsci_json_member(at, "identity");
    struct dmsci_json version = dmsci_json_member(at, "version");
    uint8_t record[DMSC_CARD_PSK_SIZE];
    uint32_t owner = 0, number = 1;
    const char *identity = NULL;
    enum dmsc_err err = dmsci_json_number(&ma, 1, 254, &owner);

    if (err == DMSC_OK)
        err = dmsci_json_text(&id, sizeof(psk->identity), &identity);
    if (err == DMSC_OK && version.value != NULL)
        err = dmsci_json_number(&version, 0, 65535, &number);
    if (err == DMSC_OK)
        err = get_key(at, psk);
    if (err != DMSC_OK)
        return err;
    psk->valid = true;
    psk->ma_id = (uint8_t)owner;
    psk->key_version = (uint16_t)number;
    psk->identity_length = strlen(identity);
    dmsci_copy(psk->identity, identity, psk->identity_length);
    /* The record's own rules: a key that is too long, a GBA record with a key. */
    err = dmsc_psk_record_encode(at->file->ctx, psk, record);
    dmsc_wipe(record, sizeof(record));
    return err == DMSC_OK ? DMSC_OK : dmsci_json_located(at, err);
}

static enum dmsc_err get_psk(const struct dmsci_json *at, struct dmsci_profile_psk *item)
{
    static const char *const members[] = { "record",   "type",     "ma",      "key",
                                           "key_file", "identity", "version", NULL };
    static const char *const types[] = { "free", "tls", "dm", "gba" };
    struct dmsci_json record = dmsci_json_member(at, "record");
    struct dmsci_json type = dmsci_json_member(at, "type");
    uint32_t number = 0;
    size_t which = 0;
    enum dmsc_err err = dmsci_json_object(at, members);

    if (err == DMSC_OK)
        err = dmsci_json_number(&record, 1, PSK_RECORDS, &number);
    if (err == DMSC_OK)
        err = dmsci_json_name(&type, types, DMSCI_ARRAY_LEN(types), &which);
    item->record = (uint8_t)number;
    if (err != DMSC_OK || which == 0)
        return err;
    item->psk.type = (enum dmsc_psk_type)which;
    return get_psk_values(at, &item->psk);
}

static enum dmsc_err get_psks(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    struct dmsci_json at = dmsci_json_member(top, "psk");
    size_t count = 0;
    void *p = NULL;
    enum dmsc_err err = room(&at, PSK_RECORDS, sizeof(*profile->psks), &count, &p);

    profile->psks = p;
    while (err == DMSC_OK && profile->psk_count < count) {
        struct dmsci_json e = dmsci_json_element(&at, profile->psk_count++);

        err = get_psk(&e, &profile->psks[e.index]);
    }
    return err;
}

static enum dmsc_err get_bootstrap(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    static const char *const members[] = { "file", "label", "private", NULL };
    struct dmsci_json at = dmsci_json_member(top, "bootstrap");
    struct dmsci_json file = dmsci_json_member(&at, "file");
    struct dmsci_json label = dmsci_json_member(&at, "label");
    struct dmsci_json hidden = dmsci_json_member(&at, "private");
    enum dmsc_err err;

    if (at.value == NULL)
        return DMSC_OK;
    err = dmsci_json_object(&at, members);
    if (err == DMSC_OK)
        err = dmsci_json_file(&file, dmsc_ctx_limits(profile->ctx)->mo_body_size,
                              &profile->bootstrap);
    if (err == DMSC_OK)
        err = dmsci_json_flag(&hidden, &profile->bootstrap_private);
    if (err != DMSC_OK)
        return err;
    if (label.value != NULL)
        return dmsci_json_copy(&label, 32, &profile->bootstrap_label);
    profile->bootstrap_label = dmsci_strdup(profile->ctx, "DM Bootstrap");
    return profile->bootstrap_label == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

/* Encode the list once, unsigned: the decoder's rules hold for profiles too. */
static enum dmsc_err check_list(const struct dmsci_json *at, struct dmsc_card_profile *profile)
{
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, profile->ctx, dmsc_ctx_limits(profile->ctx)->ef_size);
    err = dmsc_card_list_encode(profile->ctx, &profile->list, NULL, &file);
    dmsc_buf_clear(&file);
    return err == DMSC_OK ? DMSC_OK : dmsci_json_located(at, err);
}

static enum dmsc_err get_all(const struct dmsci_json *top, struct dmsc_card_profile *profile)
{
    static const char *const members[] = { "$schema",   "comment", "generation",   "flags",
                                           "bind_card", "token",   "signing_key",  "authorities",
                                           "objects",   "psk",     "certificates", "bootstrap",
                                           NULL };
    struct dmsci_json authorities = dmsci_json_member(top, "authorities");
    enum dmsc_err err = dmsci_json_object(top, members);

    if (err == DMSC_OK)
        err = get_generation(top, &profile->generation);
    if (err == DMSC_OK)
        err = get_signing_key(top, profile);
    if (err == DMSC_OK)
        err = get_flags(top, profile);
    if (err == DMSC_OK)
        err = get_token(top, profile);
    if (err == DMSC_OK)
        err = dmsci_profile_authorities(&authorities, &profile->list);
    if (err == DMSC_OK)
        err = check_list(&authorities, profile);
    if (err == DMSC_OK)
        err = get_objects(top, profile);
    if (err == DMSC_OK)
        err = get_certs(top, profile);
    if (err == DMSC_OK)
        err = get_psks(top, profile);
    if (err == DMSC_OK)
        err = get_bootstrap(top, profile);
    return err;
}

static enum dmsc_err parse(struct dmsci_json_file *file, json_t **ret_root)
{
    struct dmsci_json top = { file, NULL, NULL, 0, NULL };
    struct dmsc_buf text;
    json_error_t error;
    json_t *root = NULL;
    enum dmsc_err err;

    dmsc_buf_init(&text, file->ctx, PROFILE_MAX);
    err = dmsci_json_slurp(file->ctx, file->path, PROFILE_MAX, &text);
    if (err == DMSC_OK) {
        root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);
        if (root == NULL)
            err = dmsci_json_wrong(&top, "json", "line %d, column %d: %.100s", error.line,
                                   error.column, error.text);
    }
    dmsc_buf_clear(&text);
    if (err == DMSC_OK)
        *ret_root = root;
    return err;
}

enum dmsc_err dmsc_card_profile_load(struct dmsc_ctx *ctx, const char *path,
                                     struct dmsc_card_profile **ret_profile)
{
    struct dmsci_json_file file = { ctx, path };
    struct dmsci_json top = { &file, NULL, NULL, 0, NULL };
    struct dmsc_card_profile *profile;
    json_t *root = NULL;
    enum dmsc_err err = parse(&file, &root);

    if (err != DMSC_OK)
        return err;
    profile = dmsci_alloc(ctx, sizeof(*profile));
    if (profile == NULL) {
        json_decref(root);
        return DMSC_E_NOMEM;
    }
    profile->ctx = ctx;
    profile->list.ctx = ctx;
    dmsc_buf_init(&profile->bootstrap, ctx, dmsc_ctx_limits(ctx)->mo_body_size);
    top.value = root;
    err = get_all(&top, profile);
    json_decref(root);
    if (err != DMSC_OK) {
        dmsc_card_profile_free(profile);
        return err;
    }
    *ret_profile = profile;
    return DMSC_OK;
}

void dmsc_card_profile_free(struct dmsc_card_profile *profile)
{
    struct dmsc_ctx *ctx;

    if (profile == NULL)
        return;
    ctx = profile->ctx;
    dmsc_secret_clear(&profile->signing_key);
    dmsc_ma_list_clear(&profile->list);
    for (size_t i = 0; i < profile->object_count; i++) {
        dmsci_mo_entry_clear(ctx, &profile->objects[i].entry);
        dmsc_buf_clear(&profile->objects[i].body);
    }
    for (size_t i = 0; i < profile->cert_count; i++) {
        dmsc_buf_clear(&profile->certs[i].der);
        dmsci_free(ctx, profile->certs[i].label);
    }
    for (size_t i = 0; i < profile->psk_count; i++)
        dmsc_psk_record_clear(&profile->psks[i].psk);
    dmsci_free(ctx, profile->objects);
    dmsci_free(ctx, profile->certs);
    dmsci_free(ctx, profile->psks);
    dmsci_free(ctx, profile->token_label);
    dmsci_free(ctx, profile->manufacturer);
    dmsci_free(ctx, profile->bootstrap_label);
    dmsc_buf_clear(&profile->bootstrap);
    dmsci_free(ctx, profile);
}
