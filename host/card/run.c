/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around a commit, and the moves that make room for it. */
#include "host/card/space.h"
#include "host/card/store.h"

static size_t entry_at(const struct dmsci_store *store, uint16_t fid, uint32_t offset)
{
    size_t i = 0;

    while (i < store->next.count &&
           (store->next.entries[i].fid != fid || store->next.entries[i].offset != offset))
        i++;
    return i;
}

/* Make room in a pool: move one body, as a generation of its own. DMSC_E_LIMIT when no move helps.
 */
static enum dmsc_err compact(struct dmsci_store *store, uint16_t fid)
{
    struct dmsc_ctx *ctx = store->card->ctx;
    struct dmsci_pool_reader reader = { .card = store->card, .pin = store->pin };
    struct dmsc_card_body *body = NULL;
    const struct dmsc_mo_entry *wanted;
    struct dmsci_space space = { 0 };
    struct dmsci_move move;
    size_t i;
    enum dmsc_err err = dmsci_store_load(store, false, 0);

    if (err == DMSC_OK)
        err = dmsci_store_space(store, fid, &space);
    if (err == DMSC_OK && !dmsci_space_best_move(&space, &move))
        err = dmsci_fail(ctx, DMSC_E_LIMIT, "make room on the card");
    if (err != DMSC_OK)
        goto out;
    i = entry_at(store, fid, move.from);
    if (i == store->next.count) {
        err = dmsci_fail(ctx, DMSC_E_STATE, "make room on the card");
        goto out;
    }
    wanted = &store->now.entries[i];
    err = dmsci_pool_read(&reader, &wanted, 1, &body);
    if (err == DMSC_OK) {
        /* The body is the same: its version stays, so no reader fetches it again. */
        store->bodies[i] = dmsc_buf_bytes(&body->content);
        store->next.entries[i].offset = (uint16_t)move.to;
        store->index_changes = true;
        dmsci_log(ctx, DMSC_LOG_INFO, "card", "instance %u moves to make room", wanted->id);
        err = dmsci_store_write(store, NULL);
        store->index_changes = false;
    }
    dmsci_bodies_free(ctx, body, body == NULL ? 0 : 1);
out:
    dmsci_space_clear(&space);
    return err;
}

/* Each move makes the largest gap larger, so this ends; the bound is for a card that lies. */
static enum dmsc_err plan_with_room(struct dmsci_store *store, const struct dmsci_store_work *work)
{
    unsigned moves = 4 * dmsc_ctx_limits(store->card->ctx)->mo_entries;
    struct dmsci_story story;
    enum dmsc_err err;

    for (;; moves--) {
        store->full = 0;
        err = work->plan(store, work->user);
        if (err != DMSC_E_LIMIT || store->full == 0 || store->blank || moves == 0)
            return err;
        dmsci_story_keep(store->card->ctx, &story);
        err = compact(store, store->full);
        if (err == DMSC_E_LIMIT)
            return dmsci_story_retell(store->card->ctx, &story);
        if (err == DMSC_OK)
            err = dmsci_store_load(store, work->may_be_blank, work->more);
        if (err != DMSC_OK)
            return err;
    }
}

enum dmsc_err dmsci_store_run(struct dmsci_store *store, const struct dmsci_store_work *work,
                              struct dmsc_card_header *ret_header)
{
    enum dmsc_err err = dmsci_store_load(store, work->may_be_blank, work->more);

    if (err == DMSC_OK)
        err = work->check(store, work->user);
    if (err == DMSC_OK)
        err = dmsci_card_need_adm(store->card, work->adm);
    if (err == DMSC_OK)
        err = plan_with_room(store, work);
    if (err == DMSC_OK && work->before_header != NULL)
        err = work->before_header(store, work->user);
    return err == DMSC_OK ? dmsci_store_write(store, ret_header) : err;
}
