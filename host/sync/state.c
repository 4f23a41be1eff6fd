/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sync/sync.h"
#include <stdio.h>

#define CURRENT        "card/current"
#define OWES_SECRETS   "owes-secrets"
#define SIGNER         "signer"
#define FILE_MAX_BYTES 32768u /* a MA list or an MO index: what 15 bits of offset reach */

void dmsci_card_state_clear(struct dmsci_card_state *state)
{
    dmsci_places_clear(state);
    dmsc_ma_list_clear(&state->list);
    dmsc_mo_index_clear(&state->index);
    *state = (struct dmsci_card_state)DMSCI_CARD_STATE_INIT;
}

void dmsci_state_key(const uint8_t tag[DMSC_CARD_TAG_SIZE], const char *name, int n,
                     char ret_key[64])
{
    char hex[2 * DMSC_CARD_TAG_SIZE + 1];

    dmsc_hex_encode(dmsc_bytes(tag, DMSC_CARD_TAG_SIZE), hex);
    if (n < 0)
        (void)snprintf(ret_key, 64, "card/%s/%s", hex, name);
    else
        (void)snprintf(ret_key, 64, "card/%s/%s/%03d", hex, name, n);
}

enum dmsc_err dmsci_state_current(struct dmsc_store *store, struct dmsc_ctx *ctx,
                                  uint8_t ret_tag[DMSC_CARD_TAG_SIZE])
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, ctx, DMSC_CARD_TAG_SIZE);
    err = dmsc_store_get(store, CURRENT, &value);
    if (err == DMSC_OK && value.n != DMSC_CARD_TAG_SIZE)
        err = dmsci_fail(ctx, DMSC_E_CORRUPT, "read which card is in force");
    if (err == DMSC_OK)
        dmsci_copy(ret_tag, value.p, DMSC_CARD_TAG_SIZE);
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err get(struct dmsc_store *store, const uint8_t *tag, const char *name,
                         struct dmsc_buf *ret_value)
{
    char key[64];

    dmsci_state_key(tag, name, -1, key);
    return dmsc_store_get(store, key, ret_value);
}

static enum dmsc_err put(struct dmsc_store *store, const uint8_t *tag, const char *name,
                         struct dmsc_bytes value)
{
    char key[64];

    dmsci_state_key(tag, name, -1, key);
    return dmsc_store_put(store, key, value);
}

static enum dmsc_err load_signer(struct dmsc_store *store, const uint8_t *tag,
                                 struct dmsc_buf *value, struct dmsci_card_state *state)
{
    enum dmsc_err err = get(store, tag, SIGNER, value);

    state->vouched_for = err == DMSC_OK && value->n == sizeof(state->signer);
    if (state->vouched_for)
        dmsci_copy(state->signer, value->p, sizeof(state->signer));
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsci_state_load(struct dmsc_store *store, struct dmsc_ctx *ctx,
                               const uint8_t tag[DMSC_CARD_TAG_SIZE],
                               struct dmsci_card_state *ret_state)
{
    struct dmsci_card_state state = DMSCI_CARD_STATE_INIT;
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, ctx, FILE_MAX_BYTES);
    err = get(store, tag, "header", &value);
    if (err == DMSC_E_NOTFOUND) {
        err = DMSC_OK; /* a card never seen: an empty state */
        goto out;
    }
    if (err == DMSC_OK)
        err = dmsc_card_header_decode(ctx, dmsc_buf_bytes(&value), &state.header);
    if (err == DMSC_OK)
        err = get(store, tag, "list", &value);
    if (err == DMSC_OK)
        err = dmsc_card_list_decode(ctx, dmsc_buf_bytes(&value), &state.list);
    if (err == DMSC_OK)
        err = get(store, tag, "index", &value);
    if (err == DMSC_OK)
        err = dmsc_mo_index_decode(ctx, dmsc_buf_bytes(&value), &state.index);
    if (err == DMSC_OK)
        err = dmsci_places_make(ctx, &state);
    if (err == DMSC_OK)
        err = load_signer(store, tag, &value, &state);
    if (err == DMSC_OK) {
        err = get(store, tag, OWES_SECRETS, &value);
        state.owes_secrets = err == DMSC_OK;
        if (err == DMSC_E_NOTFOUND)
            err = DMSC_OK;
    }
    state.known = err == DMSC_OK;
out:
    if (err == DMSC_OK)
        *ret_state = state;
    else
        dmsci_card_state_clear(&state);
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_state_save(struct dmsc_store *store, struct dmsc_ctx *ctx,
                               const struct dmsci_card_state *state)
{
    struct dmsc_card_header header = state->header;
    const uint8_t *tag = state->header.card_tag;
    uint8_t record[DMSC_CARD_HEADER_SIZE];
    struct dmsc_buf file;
    enum dmsc_err err;

    dmsc_buf_init(&file, ctx, FILE_MAX_BYTES);
    dmsc_card_header_encode(&header, record);
    err = put(store, tag, "header", dmsc_bytes(record, sizeof(record)));
    if (err == DMSC_OK)
        err = dmsc_card_list_encode(ctx, &state->list, NULL, &file);
    if (err == DMSC_OK)
        err = put(store, tag, "list", dmsc_buf_bytes(&file));
    if (err == DMSC_OK)
        err = dmsc_mo_index_encode(&state->index, &file);
    if (err == DMSC_OK)
        err = put(store, tag, "index", dmsc_buf_bytes(&file));
    if (err == DMSC_OK)
        err = put(store, tag, SIGNER,
                  dmsc_bytes(state->signer, state->vouched_for ? sizeof(state->signer) : 0));
    if (err == DMSC_OK)
        err = dmsc_store_put(store, CURRENT, dmsc_bytes(tag, DMSC_CARD_TAG_SIZE));
    dmsc_buf_clear(&file);
    return err;
}

enum dmsc_err dmsci_state_owe(struct dmsc_store *store, const uint8_t tag[DMSC_CARD_TAG_SIZE],
                              bool owes)
{
    char key[64];

    if (owes)
        return put(store, tag, OWES_SECRETS, dmsc_bytes(NULL, 0));
    dmsci_state_key(tag, OWES_SECRETS, -1, key);
    return dmsc_store_delete(store, key);
}

struct secret_search {
    bool found;
};

static enum dmsc_err look_for_secret(void *user, const char *uri, const struct dmsc_node *node)
{
    struct secret_search *search = user;

    (void)uri;
    search->found = search->found || (node->flags & DMSC_NODE_SECRET) != 0;
    return DMSC_OK;
}

/* In the encoding that the card has it in. */
static enum dmsc_err export(const struct dmsci_sync *sync, const struct dmsc_mo_entry *entry,
                            struct dmsc_buf *ret_body, bool *ret_whole) {
    struct secret_search search = { false }; struct dmsc_buf uri; enum dmsc_err err;

    dmsc_buf_init(&uri, sync->ctx, dmsc_ctx_limits(sync->ctx)->uri_length);
    dmsc_buf_reset(ret_body);
    err = dmsc_uri_normalise(sync->ctx, entry->path, &uri, NULL);
    if (err == DMSC_OK)
        err = dmsc_tree_walk(sync->tree, dmsc_buf_str(&uri), look_for_secret, &search);
    if (err == DMSC_OK && entry->encoding == DMSC_MO_TNDS_WBXML)
        err = dmsc_tnds_export_wbxml(sync->tree, dmsc_buf_str(&uri), NULL, NULL, ret_body);
    else if (err == DMSC_OK)
        err = dmsc_tnds_export(sync->tree, dmsc_buf_str(&uri), NULL, NULL, ret_body);
    dmsc_buf_clear(&uri);
    *ret_whole = !search.found;
    return err;
}

static void crc_bytes(struct dmsc_bytes body, uint8_t ret_crc[4])
{
    struct dmsc_wr w = dmsc_wr(ret_crc, 4);

    dmsc_wr_u32(&w, dmsci_crc32(body));
}

enum dmsc_err dmsci_state_mark(const struct dmsci_sync *sync, const uint8_t tag[DMSC_CARD_TAG_SIZE],
                               const struct dmsc_mo_entry *entry)
{
    uint8_t crc[4];
    char key[64];
    struct dmsc_buf body;
    bool whole;
    enum dmsc_err err;

    dmsc_buf_init(&body, sync->ctx, dmsc_ctx_limits(sync->ctx)->object_size);
    err = export(sync, entry, &body, &whole);
    if (err == DMSC_OK) {
        crc_bytes(dmsc_buf_bytes(&body), crc);
        dmsci_state_key(tag, "export", entry->id, key);
        err = dmsc_store_put(sync->store, key, dmsc_bytes(crc, sizeof(crc)));
    }
    dmsc_buf_clear(&body);
    return err;
}

enum dmsc_err dmsci_state_differs(const struct dmsci_sync *sync,
                                  const uint8_t tag[DMSC_CARD_TAG_SIZE],
                                  const struct dmsc_mo_entry *entry, struct dmsc_buf *ret_body,
                                  bool *ret_differs)
{
    uint8_t crc[4];
    char key[64];
    struct dmsc_buf known;
    bool whole = false;
    enum dmsc_err err;

    dmsc_buf_init(&known, sync->ctx, 16);
    err = export(sync, entry, ret_body, &whole);
    if (err == DMSC_OK) {
        crc_bytes(dmsc_buf_bytes(ret_body), crc);
        dmsci_state_key(tag, "export", entry->id, key);
        err = dmsc_store_get(sync->store, key, &known);
    }
    if (err == DMSC_OK)
        *ret_differs =
            whole && !dmsc_bytes_equal(dmsc_buf_bytes(&known), dmsc_bytes(crc, sizeof(crc)));
    dmsc_buf_clear(&known);
    return err;
}
