/* SPDX-License-Identifier: Apache-2.0 */
/* Card to tree: what was read goes into the tree, all or nothing. */
#include "host/sync/pull.h"
#include <dmsc/grant.h>
#include <string.h>

bool dmsci_pull_stays(const struct dmsci_pull *p, const struct dmsc_mo_entry *then)
{
    const struct dmsc_mo_entry *now = dmsc_mo_index_by_id(&p->fresh.index, then->id);
    const struct dmsci_place *place;

    if (now == NULL)
        return false;
    place = dmsci_place_of(&p->fresh, now);
    return place->left_out == NULL && strcmp(place->uri, dmsci_place_of(&p->old, then)->uri) == 0 &&
           dmsci_place_same_hands(&p->old, then, &p->fresh, now);
}

/* "Add=x&Delete=x&Get=x&Replace=x" for the owner's ServerIDs; empty for the issuer: inherit. */
static enum dmsc_err owner_acl(const struct dmsc_ma *owner, struct dmsc_buf *acl)
{
    static const char *const commands[] = { "Add=", "&Delete=", "&Get=", "&Replace=" };
    enum dmsc_err err = DMSC_OK;

    for (size_t c = 0; owner != NULL && c < DMSCI_ARRAY_LEN(commands); c++) {
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(acl, commands[c]);
        for (size_t i = 0; err == DMSC_OK && i < owner->server_id_count; i++)
            err = dmsci_buf_printf(acl, "%s%s", i > 0 ? "+" : "", owner->server_ids[i]);
    }
    return err;
}

static enum dmsc_err import_body(struct dmsci_pull *p, const struct dmsc_mo_entry *entry,
                                 const struct dmsc_card_body *body, const char *where)
{
    struct dmsc_tnds_import how = { .mode = (entry->flags & DMSC_MO_FLAG_REPLACE) != 0
                                                ? DMSC_TNDS_REPLACE
                                                : DMSC_TNDS_MERGE };
    char *uri = dmsci_strdup(p->sync->ctx, where);
    char *name = uri == NULL ? NULL : strrchr(uri, '/');
    struct dmsc_buf acl;
    enum dmsc_err err;

    if (uri == NULL)
        return DMSC_E_NOMEM;
    dmsc_buf_init(&acl, p->sync->ctx, dmsc_ctx_limits(p->sync->ctx)->node_value);
    err = owner_acl(dmsc_ma_list_by_id(&p->fresh.list, entry->owner), &acl);
    *name = '\0';
    how.base = uri;
    how.root_name = name + 1;
    how.acl = acl.n > 0 ? dmsc_buf_str(&acl) : NULL;
    if (err == DMSC_OK)
        err = dmsc_tnds_import(p->sync->tree, &how, dmsc_buf_bytes(&body->content), NULL);
    if (err != DMSC_OK)
        dmsci_where(p->sync->ctx, "MO %u of the card, %s", entry->id, entry->path);
    dmsc_buf_clear(&acl);
    dmsci_free(p->sync->ctx, uri);
    return err;
}

/* A body that is no good spoils its own MO, not the rest of the card: what the tree has of it
 * stays. */
static bool is_bad_body(enum dmsc_err err)
{
    return err == DMSC_E_MALFORMED || err == DMSC_E_TRUNCATED || err == DMSC_E_UNSUPPORTED ||
           err == DMSC_E_LIMIT || err == DMSC_E_STATE || err == DMSC_E_EXISTS;
}

/* The same version as known: in the tree, unless it was left out when it was read. */
enum dmsc_err dmsci_pull_keep(struct dmsci_pull *p, const struct dmsc_mo_entry *entry,
                              const struct dmsci_place *place)
{
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(p->sync->tree, place->uri, &there);

    if (err != DMSC_OK)
        return err;
    if (there)
        return dmsci_report_item(p->report, DMSC_SYNC_KEPT, entry, "");
    return dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, "since it was read first");
}

/* A card whose secrets wait for a key of this device is read again until there is one. */
static bool lacks_key(const struct dmsci_sync *s)
{
    return strcmp(dmsc_diag_get(s->ctx)->reason, "secret:no-key") == 0;
}

static enum dmsc_err take(struct dmsci_pull *p, const struct dmsc_mo_entry *entry)
{
    const struct dmsci_sync *s = p->sync;
    const struct dmsc_card_body *body = dmsc_card_image_body(&p->image, entry->id);
    const struct dmsci_place *place = dmsci_place_of(&p->fresh, entry);
    enum dmsc_err err;

    if (place->left_out != NULL)
        return dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, place->left_out);
    if (body == NULL)
        return dmsci_pull_keep(p, entry, place);
    err = import_body(p, entry, body, place->uri);
    if (is_bad_body(err)) {
        p->owes_secrets = p->owes_secrets || lacks_key(s);
        return dmsci_report_failure(p->report, entry);
    }
    if (err == DMSC_OK && (entry->flags & DMSC_MO_FLAG_WRITE_BACK) != 0)
        err = dmsci_state_mark(s, p->fresh.header.card_tag, entry);
    return err == DMSC_OK ? dmsci_report_item(p->report, DMSC_SYNC_TAKEN, entry, "") : err;
}

static enum dmsc_err drop(struct dmsci_pull *p, const struct dmsc_mo_entry *entry, const char *uri)
{
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(p->sync->tree, uri, &there);

    if (err == DMSC_OK && there)
        err = dmsc_tree_delete(p->sync->tree, uri, true);
    if (err == DMSC_OK && there)
        err = dmsci_report_item(p->report, DMSC_SYNC_REMOVED, entry, "");
    return err;
}

static bool purged(const struct dmsci_card_state *state, const struct dmsc_mo_entry *entry)
{
    return (state->header.flags & DMSC_CARD_PURGE) != 0 || (entry->flags & DMSC_MO_FLAG_PURGE) != 0;
}

/* What was never taken is none of the card's: it does not go with it. */
static enum dmsc_err drop_gone(struct dmsci_pull *p)
{
    enum dmsc_err err = DMSC_OK;

    /* MOs of the card before that go with it. */
    for (size_t i = 0; err == DMSC_OK && i < p->before.index.count; i++) {
        const struct dmsc_mo_entry *entry = &p->before.index.entries[i];

        if (p->before.places[i].left_out == NULL && purged(&p->before, entry))
            err = drop(p, entry, p->before.places[i].uri);
    }
    /* MOs that this card had and has no more, or elsewhere, or in other hands. */
    for (size_t i = 0; err == DMSC_OK && i < p->old.index.count; i++) {
        const struct dmsc_mo_entry *entry = &p->old.index.entries[i];

        if (p->old.places[i].left_out == NULL && !dmsci_pull_stays(p, entry))
            err = drop(p, entry, p->old.places[i].uri);
    }
    return err;
}

/* Who was listed and is no more: its grants go, and its identifier in every ACL (TND 7.7.1). */
static enum dmsc_err forget_delisted(struct dmsci_pull *p)
{
    const struct dmsc_ma_list *old = &p->old.list;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < old->count; i++) {
        const struct dmsc_ma *ma = &old->entries[i];

        for (size_t k = 0; k < ma->server_id_count && err == DMSC_OK; k++) {
            if (dmsc_ma_list_by_server_id(&p->fresh.list, ma->server_ids[k]) == NULL)
                err = dmsc_grant_forget(p->sync->authority, ma->server_ids[k]);
        }
    }
    return err;
}

static enum dmsc_err apply_changes(struct dmsci_pull *p)
{
    const struct dmsci_sync *s = p->sync;
    enum dmsc_err err = drop_gone(p);

    if (err == DMSC_OK)
        err = forget_delisted(p);

    for (size_t i = 0; err == DMSC_OK && i < p->fresh.index.count; i++)
        err = take(p, &p->fresh.index.entries[i]);
    if (err == DMSC_OK)
        err = dmsci_certs_save(s->store, s->ctx, p->fresh.header.card_tag, &p->objects);
    if (err == DMSC_OK)
        err = dmsci_state_save(s->store, s->ctx, &p->fresh);
    if (err == DMSC_OK)
        err = dmsci_state_owe(s->store, p->fresh.header.card_tag, p->owes_secrets);
    return err;
}

static enum dmsc_err seal_for(const struct dmsci_pull *p, const uint8_t *card_tag)
{
    const struct dmsci_sync *s = p->sync;

    return s->rekey == NULL ? DMSC_OK : s->rekey(s->rekey_user, card_tag);
}

/* The transaction is undone: secrets are again those of the card that was in force. */
static enum dmsc_err undone(const struct dmsci_pull *p, enum dmsc_err err)
{
    enum dmsc_err back = seal_for(p, p->any_card ? p->current : NULL);

    return err != DMSC_OK ? err : back;
}

/* All of it in one transaction. The list comes into force with it, or, without memory for that,
 * none does: deny is the safe side. */
enum dmsc_err dmsci_pull_apply(struct dmsci_pull *p, bool dry_run)
{
    const struct dmsci_sync *s = p->sync;
    enum dmsc_err err = dmsc_tree_begin(s->tree, "card", s->now.seconds);

    if (err != DMSC_OK)
        return err;
    err = seal_for(p, p->fresh.header.card_tag);
    if (err == DMSC_OK)
        err = apply_changes(p);
    if (err != DMSC_OK || dry_run) {
        dmsc_tree_rollback(s->tree);
        return undone(p, err);
    }
    err = dmsc_tree_commit(s->tree);
    if (err != DMSC_OK)
        return undone(p, err);
    err = dmsc_authority_set_list(s->authority, &p->fresh.list);
    if (err != DMSC_OK && dmsc_authority_set_list(s->authority, NULL) != DMSC_OK)
        err = DMSC_E_STATE;
    return err;
}
