/* SPDX-License-Identifier: Apache-2.0 */
/* Local write-back: a set of changes becomes one new generation. */
#include "host/card/store.h"

static enum dmsc_err refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(ctx, err, "write to the card");
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

static enum dmsc_err check(struct dmsci_store *store, void *user)
{
    const struct dmsc_card_commit *commit = user;
    const struct dmsc_card_header *expected = commit->expected;
    struct dmsc_ctx *ctx = store->card->ctx;
    enum dmsc_err err;

    if (expected != NULL &&
        (expected->generation != store->header.generation || expected->crc != store->header.crc)) {
        err = refuse(ctx, DMSC_E_AGAIN, "card:changed",
                     "the card is not of the generation any more that the change was made for");
        dmsci_hint(ctx, "read the card again");
        return err;
    }
    if ((store->header.flags & DMSC_CARD_LOCKED) != 0) {
        err = refuse(ctx, DMSC_E_REFUSED, "card:locked",
                     "its issuer allows no local writer: updates come over the air");
        return err;
    }
    return DMSC_OK;
}

static size_t find(const struct dmsc_mo_index *index, uint8_t id)
{
    const struct dmsc_mo_entry *entry = dmsc_mo_index_by_id(index, id);

    return entry == NULL ? index->count : (size_t)(entry - index->entries);
}

static void remove_entry(struct dmsci_store *store, size_t i)
{
    dmsci_mo_entry_clear(store->card->ctx, &store->next.entries[i]);
    for (; i + 1 < store->next.count; i++) {
        store->next.entries[i] = store->next.entries[i + 1];
        store->bodies[i] = store->bodies[i + 1];
    }
    store->next.count--;
    store->next.entries[store->next.count] = (struct dmsc_mo_entry){ 0 };
    store->bodies[store->next.count] = dmsc_bytes(NULL, 0);
}

static enum dmsc_err put_entry(struct dmsci_store *store, size_t i,
                               const struct dmsc_card_change *change)
{
    struct dmsc_mo_entry entry;
    enum dmsc_err err;

    if (change->entry->fid != DMSC_CARD_FID_POOL0 && change->entry->fid != DMSC_CARD_FID_POOL1)
        return refuse(store->card->ctx, DMSC_E_ARG, "card:pool", "a body goes to POOL0 or POOL1");
    err = dmsci_mo_entry_copy(store->card->ctx, change->entry, &entry);
    if (err != DMSC_OK)
        return err;
    entry.id = change->id;
    entry.blob_tag = 0;
    if (i == store->next.count)
        store->next.count++;
    else
        dmsci_mo_entry_clear(store->card->ctx, &store->next.entries[i]);
    store->next.entries[i] = entry;
    return DMSC_OK;
}

static enum dmsc_err apply(struct dmsci_store *store, const struct dmsc_card_change *change)
{
    size_t i = find(&store->next, change->id);
    enum dmsc_err err = DMSC_OK;

    if (i == store->next.count && (change->remove || change->entry == NULL))
        return refuse(store->card->ctx, DMSC_E_NOTFOUND, "card:no-instance",
                      "the card has no MO with this instance id");
    if (change->remove) {
        remove_entry(store, i);
        return DMSC_OK;
    }
    if (change->body.n == 0)
        return refuse(store->card->ctx, DMSC_E_ARG, "card:empty-body", "a body has no bytes");
    if (change->entry != NULL)
        err = put_entry(store, i, change);
    else if (store->next.entries[i].fid == DMSC_CARD_FID_BLOB)
        err = refuse(store->card->ctx, DMSC_E_UNSUPPORTED, "mox:blob",
                     "the body is in the BER-TLV store EF.DMBLOB");
    if (err == DMSC_OK)
        store->bodies[i] = change->body;
    return err;
}

static enum dmsc_err plan(struct dmsci_store *store, void *user)
{
    const struct dmsc_card_commit *commit = user;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < commit->change_count; i++)
        err = apply(store, &commit->changes[i]);
    store->index_changes = commit->change_count > 0;
    if (err == DMSC_OK)
        err = dmsci_store_place(store);
    if (err == DMSC_OK && commit->list != NULL)
        err = dmsci_store_list(store, commit->list, store->header.card_tag, commit->signing_key);
    return err;
}

enum dmsc_err dmsc_card_commit(struct dmsc_card *card, const struct dmsc_card_commit *commit,
                               struct dmsc_card_header *ret_header)
{
    struct dmsc_card_commit own = *commit;
    struct dmsci_store_work work = {
        .adm = commit->adm, .more = commit->change_count, .check = check, .plan = plan, .user = &own
    };
    struct dmsci_store store;
    enum dmsc_err err = dmsc_link_lock(dmsc_uicc_link(card->uicc));

    if (err != DMSC_OK)
        return err;
    dmsci_store_init(&store, card);
    store.pin = commit->pin;
    store.writer = commit->writer;
    store.commit_time = commit->commit_time;
    err = dmsci_store_run(&store, &work, ret_header);
    dmsci_store_clear(&store);
    dmsc_link_unlock(dmsc_uicc_link(card->uicc));
    return err;
}
