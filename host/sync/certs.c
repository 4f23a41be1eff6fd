/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of the card, as the store remembers them: usage, id, label, DER. */
#include "host/sync/sync.h"
#include <stdio.h>
#include <string.h>

/* usage (1: trusted), length and id, length and label, DER */
#define HEAD_MAX_BYTES (1 + 1 + 32 + 1 + 64)

enum dmsc_err dmsci_certs_read(const struct dmsci_sync *sync, struct dmsc_card_objects *ret_objects)
{
    enum dmsc_err err = dmsc_card_objects_read(sync->uicc, dmsc_bytes(NULL, 0), false, ret_objects);

    /* A card without a PKCS#15 view has no certificates; whatever else fails does. */
    if (err == DMSC_E_NOTFOUND) {
        dmsci_log(sync->ctx, DMSC_LOG_INFO, "sync", "the card has no PKCS#15 view");
        *ret_objects = (struct dmsc_card_objects)DMSC_CARD_OBJECTS_INIT;
        return DMSC_OK;
    }
    return err;
}

struct key_list {
    struct dmsc_ctx *ctx;
    char keys[64][64];
    size_t count;
};

static bool collect(void *user, const char *key)
{
    struct key_list *list = user;

    if (list->count == DMSCI_ARRAY_LEN(list->keys) || strlen(key) >= sizeof(list->keys[0]))
        return false;
    (void)snprintf(list->keys[list->count++], sizeof(list->keys[0]), "%s", key);
    return true;
}

/* A list of keys is too large for the stack of a small device. */
static enum dmsc_err keys_of(struct dmsc_store *store, struct dmsc_ctx *ctx, const uint8_t *tag,
                             struct key_list **ret_list)
{
    struct key_list *list = dmsci_alloc(ctx, sizeof(*list));
    char prefix[64];
    enum dmsc_err err;

    if (list == NULL)
        return DMSC_E_NOMEM;
    dmsci_state_key(tag, "cert/", -1, prefix);
    err = dmsc_store_keys(store, prefix, collect, list);
    if (err != DMSC_OK) {
        dmsci_free(ctx, list);
        return err;
    }
    *ret_list = list;
    return DMSC_OK;
}

static enum dmsc_err forget(struct dmsc_store *store, struct dmsc_ctx *ctx, const uint8_t *tag)
{
    struct key_list *list = NULL;
    enum dmsc_err err = keys_of(store, ctx, tag, &list);

    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; err == DMSC_OK && i < list->count; i++)
        err = dmsc_store_delete(store, list->keys[i]);
    dmsci_free(ctx, list);
    return err;
}

static enum dmsc_err save_one(struct dmsc_store *store, struct dmsc_ctx *ctx, const uint8_t *tag,
                              int n, const struct dmsc_card_cert *cert)
{
    uint8_t head[HEAD_MAX_BYTES];
    struct dmsc_wr w = dmsc_wr(head, sizeof(head));
    struct dmsc_buf value;
    char key[64];
    enum dmsc_err err;

    dmsc_wr_u8(&w, cert->trusted ? 1 : 0);
    dmsc_wr_u8(&w, (uint8_t)cert->id_length);
    dmsc_wr_bytes(&w, dmsc_bytes(cert->id, cert->id_length));
    dmsc_wr_u8(&w, (uint8_t)strlen(cert->label));
    dmsc_wr_bytes(&w, dmsc_bytes_str(cert->label));
    dmsc_buf_init(&value, ctx, HEAD_MAX_BYTES + dmsc_ctx_limits(ctx)->certificate_size);
    err = dmsc_buf_append(&value, dmsc_bytes(head, w.n));
    if (err == DMSC_OK)
        err = dmsc_buf_append(&value, dmsc_buf_bytes(&cert->der));
    dmsci_state_key(tag, "cert", n, key);
    if (err == DMSC_OK)
        err = dmsc_store_put(store, key, dmsc_buf_bytes(&value));
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_certs_save(struct dmsc_store *store, struct dmsc_ctx *ctx,
                               const uint8_t tag[DMSC_CARD_TAG_SIZE],
                               const struct dmsc_card_objects *objects)
{
    enum dmsc_err err = forget(store, ctx, tag);

    for (size_t i = 0; err == DMSC_OK && i < objects->cert_count; i++)
        err = save_one(store, ctx, tag, (int)i, &objects->certs[i]);
    return err;
}

static enum dmsc_err parse(struct dmsc_ctx *ctx, struct dmsc_bytes value,
                           struct dmsci_known_cert *ret_cert)
{
    struct dmsc_rd r = dmsc_rd(value);
    struct dmsci_known_cert cert = { .trusted = dmsc_rd_u8(&r) == 1 };
    struct dmsc_bytes id = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));
    struct dmsc_bytes label = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));

    if (r.bad || id.n > sizeof(cert.id) || label.n >= sizeof(cert.label))
        return dmsci_fail(ctx, DMSC_E_CORRUPT, "read a certificate from the store");
    dmsci_copy(cert.id, id.p, id.n);
    cert.id_length = id.n;
    dmsci_copy(cert.label, label.p, label.n);
    cert.der = dmsc_bytes(r.p, r.n);
    *ret_cert = cert;
    return DMSC_OK;
}

enum dmsc_err dmsci_certs_each(struct dmsc_store *store, struct dmsc_ctx *ctx,
                               bool (*cert)(void *user, const struct dmsci_known_cert *cert),
                               void *user)
{
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    struct key_list *list = NULL;
    struct dmsc_buf value;
    enum dmsc_err err = dmsci_state_current(store, ctx, tag);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK; /* no card yet: no certificates */
    dmsc_buf_init(&value, ctx, HEAD_MAX_BYTES + dmsc_ctx_limits(ctx)->certificate_size);
    if (err == DMSC_OK)
        err = keys_of(store, ctx, tag, &list);
    for (size_t i = 0; err == DMSC_OK && i < list->count; i++) {
        struct dmsci_known_cert known = { .trusted = false };

        err = dmsc_store_get(store, list->keys[i], &value);
        if (err == DMSC_OK)
            err = parse(ctx, dmsc_buf_bytes(&value), &known);
        if (err == DMSC_OK && !cert(user, &known))
            break;
    }
    dmsc_buf_clear(&value);
    dmsci_free(ctx, list);
    return err;
}
