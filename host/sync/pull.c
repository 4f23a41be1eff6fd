/* SPDX-License-Identifier: Apache-2.0 */
/* Card to tree. */
#include "host/sync/sync.h"
#include <dmsc/grant.h>
#include <string.h>

/* One pull: what was known, what was read. */
struct pull {
    const struct dmsci_sync *sync;
    struct dmsc_sync_report *report;
    struct dmsc_card *card;
    bool any_card; /* is in force */
    uint8_t current[DMSC_CARD_TAG_SIZE];
    bool same_card;                 /* as the one in force */
    bool owes_secrets;              /* an object was left out for want of a key */
    bool list_counts;               /* the known one, with the issuer keys of now */
    struct dmsci_card_state old;    /* of this card */
    struct dmsci_card_state before; /* of the card that was in force, when it was another one */
    struct dmsci_card_state fresh;
    struct dmsc_card_image image;
    struct dmsc_card_objects objects;
    struct dmsc_card_known_body *bodies;
    size_t body_count;
};

static enum dmsc_err load_states(struct pull *p, const struct dmsc_card_header *header)
{
    const struct dmsci_sync *s = p->sync;
    enum dmsc_err err = dmsci_state_current(s->store, s->ctx, p->current);

    if (err == DMSC_OK) {
        p->any_card = true;
        p->same_card = memcmp(p->current, header->card_tag, sizeof(p->current)) == 0;
        if (!p->same_card)
            err = dmsci_state_load(s->store, s->ctx, p->current, &p->before);
    } else if (err == DMSC_E_NOTFOUND) {
        err = DMSC_OK;
    }
    if (err == DMSC_OK)
        err = dmsci_state_load(s->store, s->ctx, header->card_tag, &p->old);
    return err;
}

/* An older generation than the one known is a restored copy or an attack (docs/card-application.md,
 * rule R4), also for a card that was away in between. */
static enum dmsc_err check_rollback(const struct pull *p, const struct dmsc_card_header *header)
{
    enum dmsc_err err;

    if (!p->old.known || header->generation >= p->old.header.generation)
        return DMSC_OK;
    err = dmsci_fail(p->sync->ctx, DMSC_E_REPLAY, "read the DM application of the card");
    dmsci_why(p->sync->ctx, "card:rollback", "it shows generation %lu, but %lu was seen before",
              (unsigned long)header->generation, (unsigned long)p->old.header.generation);
    dmsci_hint(p->sync->ctx, "what is known stays in force; ask the issuer of the card");
    return err;
}

/* A proactive session is begun only when there is work to do anyway, so that a look at an unchanged
 * card costs what the change check costs. */
static enum dmsc_err begin_toolkit(struct pull *p)
{
    struct dmsc_uicc *uicc = p->sync->uicc;
    enum dmsc_err err = dmsc_uicc_terminal_profile(uicc);

    if (err == DMSC_E_SW) {
        dmsci_log(p->sync->ctx, DMSC_LOG_WARN, "sync", "the card has no toolkit (SW %04X)",
                  dmsc_link_last_sw(dmsc_uicc_link(uicc)));
        return DMSC_OK;
    }
    if (err == DMSC_OK)
        err = dmsc_uicc_serve(uicc, NULL, NULL);
    if (err == DMSC_OK && dmsc_uicc_channel(uicc) == 0) {
        /* REFRESH with reset took the channel away */
        dmsc_card_free(p->card);
        p->card = NULL;
        err = dmsc_card_open(uicc, &p->card);
    }
    return err;
}

/* Bodies that need not be read again: taken before, and still in the tree. */
static enum dmsc_err list_bodies(struct pull *p)
{
    const struct dmsc_mo_index *index = &p->old.index;
    enum dmsc_err err = DMSC_OK;

    p->bodies = dmsci_calloc(p->sync->ctx, index->count, sizeof(*p->bodies));
    if (p->bodies == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; err == DMSC_OK && i < index->count; i++) {
        const struct dmsci_place *place = &p->old.places[i];
        bool there = false;

        if (place->left_out != NULL)
            continue;
        err = dmsc_tree_has(p->sync->tree, place->uri, &there);
        if (err == DMSC_OK && there)
            p->bodies[p->body_count++] =
                (struct dmsc_card_known_body){ index->entries[i].id, index->entries[i].version };
    }
    return err;
}

static bool at_hand(const struct pull *p, uint8_t id)
{
    for (size_t i = 0; i < p->body_count; i++) {
        if (p->bodies[i].id == id)
            return true;
    }
    return false;
}

/* Whether what the tree has of an MO can stay: it is at the same place and in the same hands. */
static bool stays(const struct pull *p, const struct dmsc_mo_entry *then)
{
    const struct dmsc_mo_entry *now = dmsc_mo_index_by_id(&p->fresh.index, then->id);
    const struct dmsci_place *place;

    if (now == NULL)
        return false;
    place = dmsci_place_of(&p->fresh, now);
    return place->left_out == NULL && strcmp(place->uri, dmsci_place_of(&p->old, then)->uri) == 0 &&
           dmsci_place_same_hands(&p->old, then, &p->fresh, now);
}

/* The same body may get another place, owner or flags, or be wanted for the first time: then it is
 * taken, whatever its version says. */
static bool lacks_a_body(const struct pull *p)
{
    for (size_t i = 0; i < p->fresh.index.count; i++) {
        const struct dmsc_mo_entry *now = &p->fresh.index.entries[i];
        const struct dmsc_mo_entry *then = dmsc_mo_index_by_id(&p->old.index, now->id);

        if (p->fresh.places[i].left_out != NULL || dmsc_card_image_body(&p->image, now->id) != NULL)
            continue;
        if (then == NULL || !at_hand(p, now->id) || !stays(p, then) || now->flags != then->flags ||
            now->encoding != then->encoding)
            return true;
    }
    return false;
}

/* What the card says now: the parts just read, and those that still hold. */
static enum dmsc_err make_fresh(struct pull *p)
{
    struct dmsc_buf file;
    enum dmsc_err err = DMSC_OK;

    dmsci_card_state_clear(&p->fresh);
    p->fresh.known = true;
    p->fresh.header = p->image.header;
    err = dmsc_ma_list_copy(p->image.list_read ? &p->image.list : &p->old.list, p->sync->ctx,
                            &p->fresh.list);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&file, p->sync->ctx, 32768);
    err = dmsc_mo_index_encode(p->image.index_read ? &p->image.index : &p->old.index, &file);
    if (err == DMSC_OK)
        err = dmsc_mo_index_decode(p->sync->ctx, dmsc_buf_bytes(&file), &p->fresh.index);
    if (err == DMSC_OK)
        err = dmsci_places_make(p->sync->ctx, &p->fresh);
    p->fresh.vouched_for = p->old.vouched_for;
    dmsci_copy(p->fresh.signer, p->old.signer, sizeof(p->fresh.signer));
    if (p->image.list_read)
        dmsci_state_vouch(&p->fresh, &p->image);
    dmsc_buf_clear(&file);
    return err;
}

static enum dmsc_err read_once(struct pull *p, const struct dmsc_card_read_options *options)
{
    enum dmsc_err err;

    dmsc_card_image_clear(&p->image);
    err = dmsc_card_read(p->card, options, &p->image);
    /* The newest header may have turned out bad: what counts is the one that was read by. */
    if (err == DMSC_OK)
        err = check_rollback(p, &p->image.header);
    return err == DMSC_OK ? make_fresh(p) : err;
}

static bool unchanged(const struct pull *p)
{
    const struct dmsc_card_header *then = &p->old.header, *now = &p->report->header;

    return p->same_card && p->old.known && then->crc == now->crc &&
           then->generation == now->generation;
}

static enum dmsc_err read_parts(struct pull *p, const struct dmsc_secret *pin)
{
    struct dmsc_card_known known = { .bodies = p->bodies, .body_count = p->body_count };
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;
    const struct dmsc_card_header *h = &p->old.header;
    bool comparable = p->same_card && p->old.known;
    /* Nothing is new, but the index is wanted, and of the bodies those that could not be taken. */
    bool owed = unchanged(p) && p->old.owes_secrets;
    enum dmsc_err err;

    options.trust = p->sync->trust;
    options.pin = pin;
    options.check_iccid = !p->old.known;
    if (comparable) {
        dmsci_copy(known.card_tag, h->card_tag, sizeof(known.card_tag));
        known.generation = h->generation;
        known.header_crc = h->crc;
        known.mal_version = h->mal_version;
        known.mox_version = h->mox_version;
        options.known = &known;
    }
    if (owed)
        known.generation = known.mox_version = 0;
    if (!p->list_counts)
        known.generation = known.mal_version = 0;
    err = read_once(p, &options);
    if (err == DMSC_OK && comparable && lacks_a_body(p)) {
        known.mal_version = known.mox_version = 0;
        known.body_count = 0;
        err = read_once(p, &options);
    }
    return err;
}

static enum dmsc_err read_card(struct pull *p)
{
    const struct dmsci_sync *s = p->sync;
    const uint8_t *tag = p->report->header.card_tag;
    bool refused = false;
    enum dmsc_err err = DMSC_OK;

    if (s->pin != NULL)
        err = dmsci_key_refused(s, tag, DMSCI_KEY_OF_OWNER, &refused);
    if (err == DMSC_OK)
        err = read_parts(p, refused ? NULL : s->pin);
    if (err == DMSC_E_PIN && refused)
        return dmsci_key_tell(s);
    return dmsci_key_remember(s, tag, err);
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

static enum dmsc_err import_body(struct pull *p, const struct dmsc_mo_entry *entry,
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
static enum dmsc_err keep(struct pull *p, const struct dmsc_mo_entry *entry,
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

static enum dmsc_err take(struct pull *p, const struct dmsc_mo_entry *entry)
{
    const struct dmsci_sync *s = p->sync;
    const struct dmsc_card_body *body = dmsc_card_image_body(&p->image, entry->id);
    const struct dmsci_place *place = dmsci_place_of(&p->fresh, entry);
    enum dmsc_err err;

    if (place->left_out != NULL)
        return dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, place->left_out);
    if (body == NULL)
        return keep(p, entry, place);
    err = import_body(p, entry, body, place->uri);
    if (is_bad_body(err)) {
        p->owes_secrets = p->owes_secrets || lacks_key(s);
        return dmsci_report_failure(p->report, entry);
    }
    if (err == DMSC_OK && (entry->flags & DMSC_MO_FLAG_WRITE_BACK) != 0)
        err = dmsci_state_mark(s, p->fresh.header.card_tag, entry);
    return err == DMSC_OK ? dmsci_report_item(p->report, DMSC_SYNC_TAKEN, entry, "") : err;
}

static enum dmsc_err drop(struct pull *p, const struct dmsc_mo_entry *entry, const char *uri)
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
static enum dmsc_err drop_gone(struct pull *p)
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

        if (p->old.places[i].left_out == NULL && !stays(p, entry))
            err = drop(p, entry, p->old.places[i].uri);
    }
    return err;
}

/* Who was listed and is no more: its grants go, and its identifier in every ACL (TND 7.7.1). */
static enum dmsc_err forget_delisted(struct pull *p)
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

static enum dmsc_err apply_changes(struct pull *p)
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

static enum dmsc_err seal_for(const struct pull *p, const uint8_t *card_tag)
{
    const struct dmsci_sync *s = p->sync;

    return s->rekey == NULL ? DMSC_OK : s->rekey(s->rekey_user, card_tag);
}

/* The transaction is undone: secrets are again those of the card that was in force. */
static enum dmsc_err undone(const struct pull *p, enum dmsc_err err)
{
    enum dmsc_err back = seal_for(p, p->any_card ? p->current : NULL);

    return err != DMSC_OK ? err : back;
}

/* All of it in one transaction. The list comes into force with it, or, without memory for that,
 * none does: deny is the safe side. */
static enum dmsc_err apply(struct pull *p, bool dry_run)
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

static enum dmsc_err report_kept(struct pull *p)
{
    struct dmsc_authority *authority = p->sync->authority;
    enum dmsc_err err = DMSC_OK;

    p->report->unchanged = true;
    p->report->authorities = (unsigned)p->old.list.count;
    /* A pull that had no memory left for the list has left none in force. */
    if (dmsc_authority_list(authority)->version != p->old.list.version)
        err = dmsc_authority_set_list(authority, &p->old.list);
    for (size_t i = 0; err == DMSC_OK && i < p->old.index.count; i++) {
        const struct dmsc_mo_entry *entry = &p->old.index.entries[i];
        const char *left_out = p->old.places[i].left_out;

        err = left_out == NULL ? keep(p, entry, &p->old.places[i])
                               : dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, left_out);
    }
    return err;
}

static enum dmsc_err pull(struct pull *p, bool dry_run)
{
    enum dmsc_err err = dmsc_card_open(p->sync->uicc, &p->card);

    if (err == DMSC_OK)
        err = dmsc_card_header(p->card, &p->report->header);
    if (err == DMSC_OK)
        err = load_states(p, &p->report->header);
    if (err == DMSC_OK)
        err = check_rollback(p, &p->report->header);
    if (err != DMSC_OK)
        return err;
    err = dmsci_state_counts(p->sync->ctx, p->sync->trust, &p->old, &p->list_counts);
    if (err != DMSC_OK)
        return err;
    if (unchanged(p) && !p->old.owes_secrets && p->list_counts)
        return report_kept(p);
    p->report->first = !p->old.known;
    err = begin_toolkit(p);
    if (err == DMSC_OK)
        err = list_bodies(p);
    if (err == DMSC_OK)
        err = read_card(p);
    if (err == DMSC_OK)
        err = dmsci_certs_read(p->sync, &p->objects);
    if (err == DMSC_OK)
        err = apply(p, dry_run);
    if (err != DMSC_OK)
        return err;
    p->report->header = p->fresh.header;
    p->report->list_changed = p->image.list_read;
    p->report->authorities = (unsigned)p->fresh.list.count;
    p->report->certificates = (unsigned)p->objects.cert_count;
    return DMSC_OK;
}

enum dmsc_err dmsci_sync_pull(const struct dmsci_sync *sync, bool dry_run,
                              struct dmsc_sync_report *report)
{
    struct pull p = { .sync = sync, .report = report };
    enum dmsc_err err = pull(&p, dry_run);

    dmsc_card_free(p.card);
    dmsci_card_state_clear(&p.old);
    dmsci_card_state_clear(&p.before);
    dmsci_card_state_clear(&p.fresh);
    dmsc_card_image_clear(&p.image);
    dmsc_card_objects_clear(&p.objects);
    dmsci_free(sync->ctx, p.bodies);
    return err;
}
