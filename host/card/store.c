/* SPDX-License-Identifier: Apache-2.0 */
/* What is in force, what is wanted, and where the new bodies go. */
#include "host/card/store.h"
#include "host/card/space.h"

void dmsci_store_init(struct dmsci_store *store, struct dmsc_card *card)
{
    *store = (struct dmsci_store){ .card = card };
    dmsc_buf_init(&store->list_file, card->ctx, dmsc_ctx_limits(card->ctx)->ef_size);
}

static void forget(struct dmsci_store *store)
{
    dmsc_mo_index_clear(&store->now);
    dmsc_mo_index_clear(&store->next);
    if (store->bodies != NULL)
        dmsci_free(store->card->ctx, store->bodies);
    store->bodies = NULL;
}

void dmsci_store_clear(struct dmsci_store *store)
{
    forget(store);
    dmsc_buf_clear(&store->list_file);
}

void dmsci_store_step(struct dmsci_store *store, const char *name)
{
    if (store->progress != NULL && store->progress->step != NULL)
        store->progress->step(store->progress->user, name, store->steps_done, store->steps_total);
    store->steps_done++;
}

enum dmsc_err dmsci_card_need_adm(struct dmsc_card *card, const struct dmsc_secret *adm)
{
    if (adm != NULL && adm->n > 0)
        return dmsc_uicc_verify_pin(card->uicc, DMSCI_KEY_ADM1, adm);
    (void)dmsci_fail(card->ctx, DMSC_E_PIN, "write to the card");
    dmsci_why(card->ctx, "card:adm-needed", "ADM1 of the card is needed and was not given");
    dmsci_hint(card->ctx,
               "name a file with its 16 hex digits: --adm-file FILE or [card] adm1_file");
    return DMSC_E_PIN;
}

/* The newest generation whose index is sound (R1). */
static enum dmsc_err find_generation(struct dmsci_store *store)
{
    enum dmsc_err err;

    dmsci_generations_begin(&store->walk, store->card);
    for (;;) {
        err = dmsci_generations_next(&store->walk, &store->header);
        if (err != DMSC_OK)
            return err;
        err = dmsci_card_fetch_index(store->card, &store->header, &store->now);
        if (err != DMSC_E_CORRUPT)
            return err;
        dmsci_generations_reject(&store->walk);
    }
}

static enum dmsc_err copy_index(struct dmsci_store *store, size_t more)
{
    struct dmsc_ctx *ctx = store->card->ctx;
    size_t room = store->now.count + more;
    enum dmsc_err err = DMSC_OK;

    store->next = store->now;
    store->next.ctx = ctx;
    store->next.entries = NULL;
    store->next.count = 0;
    if (room == 0)
        return DMSC_OK;
    store->next.entries = dmsci_calloc(ctx, room, sizeof(*store->next.entries));
    store->bodies = dmsci_calloc(ctx, room, sizeof(*store->bodies));
    if (store->next.entries == NULL || store->bodies == NULL)
        return DMSC_E_NOMEM;
    for (; err == DMSC_OK && store->next.count < store->now.count; store->next.count++)
        err = dmsci_mo_entry_copy(ctx, &store->now.entries[store->next.count],
                                  &store->next.entries[store->next.count]);
    return err;
}

enum dmsc_err dmsci_store_load(struct dmsci_store *store, bool may_be_blank, size_t more)
{
    enum dmsc_err err;

    forget(store);
    store->blank = false;
    store->header = (struct dmsc_card_header){ 0 };
    err = find_generation(store);
    if (err == DMSC_E_NOTFOUND && may_be_blank && store->walk.blank) {
        store->blank = true;
        store->now = (struct dmsc_mo_index){ .ctx = store->card->ctx };
        err = DMSC_OK;
    }
    if (err == DMSC_OK && store->walk.highest == UINT32_MAX) {
        err = dmsci_fail(store->card->ctx, DMSC_E_LIMIT, "write to the card");
        dmsci_why(store->card->ctx, "card:generations", "its last generation is used up");
    }
    if (err == DMSC_OK)
        err = copy_index(store, more);
    store->generation = store->walk.highest + 1;
    store->flags = store->header.flags;
    return err;
}

static bool in_pool(const struct dmsc_mo_entry *entry, uint16_t fid)
{
    return entry->fid == fid;
}

enum dmsc_err dmsci_store_space(const struct dmsci_store *store, uint16_t fid,
                                struct dmsci_space *ret_space)
{
    uint32_t size = 256u * store->next.pool_units[fid == DMSC_CARD_FID_POOL1];
    enum dmsc_err err =
        dmsci_space_init(ret_space, store->card->ctx, store->now.count + store->next.count, size);

    for (size_t i = 0; err == DMSC_OK && i < store->now.count; i++) {
        const struct dmsc_mo_entry *e = &store->now.entries[i];

        if (in_pool(e, fid))
            dmsci_space_add(ret_space, e->offset, e->length);
    }
    return err;
}

static enum dmsc_err pool_full(struct dmsci_store *store, uint16_t fid, size_t length,
                               uint32_t largest)
{
    struct dmsc_ctx *ctx = store->card->ctx;

    (void)dmsci_fail(ctx, DMSC_E_LIMIT, "write to the card");
    dmsci_where(ctx, "ADF.DMSC/%04X", fid);
    dmsci_why(ctx, "card:pool-full", "a body of %zu bytes, the largest free gap has %u", length,
              (unsigned)largest);
    dmsci_hint(ctx, "remove MOs from the card, or make the body smaller");
    return DMSC_E_LIMIT;
}

static enum dmsc_err place_pool(struct dmsci_store *store, uint16_t fid)
{
    struct dmsci_space space = { 0 };
    enum dmsc_err err = dmsci_store_space(store, fid, &space);

    for (size_t i = 0; err == DMSC_OK && i < store->next.count; i++) {
        struct dmsc_mo_entry *e = &store->next.entries[i];
        uint32_t offset = 0;

        if (!in_pool(e, fid) || store->bodies[i].p == NULL)
            continue;
        if (store->bodies[i].n > dmsc_ctx_limits(store->card->ctx)->mo_body_size ||
            !dmsci_space_highest(&space, (uint32_t)store->bodies[i].n, &offset)) {
            err = pool_full(store, fid, store->bodies[i].n, dmsci_space_largest(&space));
            break;
        }
        e->offset = (uint16_t)offset;
        e->length = (uint16_t)store->bodies[i].n;
        e->crc = dmsci_crc32(store->bodies[i]);
        e->version = store->generation;
        dmsci_space_add(&space, e->offset, e->length);
    }
    dmsci_space_clear(&space);
    return err;
}

enum dmsc_err dmsci_store_place(struct dmsci_store *store)
{
    static const uint16_t pools[2] = { DMSC_CARD_FID_POOL0, DMSC_CARD_FID_POOL1 };
    enum dmsc_err err = DMSC_OK;

    store->full = 0;
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(pools); i++) {
        err = place_pool(store, pools[i]);
        if (err == DMSC_E_LIMIT)
            store->full = pools[i];
    }
    return err;
}

enum dmsc_err dmsci_store_list(struct dmsci_store *store, const struct dmsc_ma_list *list,
                               const uint8_t *tag, const struct dmsc_secret *signing_key)
{
    struct dmsc_ma_list next = *list; /* entries stay borrowed */

    next.version = store->generation;
    dmsci_copy(next.card_tag, (const uint8_t[DMSC_CARD_TAG_SIZE]){ 0 }, sizeof(next.card_tag));
    if (tag != NULL)
        dmsci_copy(next.card_tag, tag, sizeof(next.card_tag));
    store->list_changes = true;
    return dmsc_card_list_encode(store->card->ctx, &next, signing_key, &store->list_file);
}
