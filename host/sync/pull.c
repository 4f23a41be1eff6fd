/* SPDX-License-Identifier: Apache-2.0 */
/* Card to tree: what has to be read is read. */
#include "host/sync/pull.h"
#include <string.h>

static enum dmsc_err load_states(struct dmsci_pull *p, const struct dmsc_card_header *header)
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
static enum dmsc_err check_rollback(const struct dmsci_pull *p,
                                    const struct dmsc_card_header *header)
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
static enum dmsc_err begin_toolkit(struct dmsci_pull *p)
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
static enum dmsc_err list_bodies(struct dmsci_pull *p)
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

static bool at_hand(const struct dmsci_pull *p, uint8_t id)
{
    for (size_t i = 0; i < p->body_count; i++) {
        if (p->bodies[i].id == id)
            return true;
    }
    return false;
}

/* The same body may get another place, owner or flags, or be wanted for the first time: then it is
 * taken, whatever its version says. */
static bool lacks_a_body(const struct dmsci_pull *p)
{
    for (size_t i = 0; i < p->fresh.index.count; i++) {
        const struct dmsc_mo_entry *now = &p->fresh.index.entries[i];
        const struct dmsc_mo_entry *then = dmsc_mo_index_by_id(&p->old.index, now->id);

        if (p->fresh.places[i].left_out != NULL || dmsc_card_image_body(&p->image, now->id) != NULL)
            continue;
        if (then == NULL || !at_hand(p, now->id) || !dmsci_pull_stays(p, then) ||
            now->flags != then->flags || now->encoding != then->encoding)
            return true;
    }
    return false;
}

/* What the card says now: the parts just read, and those that still hold. */
static enum dmsc_err make_fresh(struct dmsci_pull *p)
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

static enum dmsc_err read_once(struct dmsci_pull *p, const struct dmsc_card_read_options *options)
{
    enum dmsc_err err;

    dmsc_card_image_clear(&p->image);
    err = dmsc_card_read(p->card, options, &p->image);
    /* The newest header may have turned out bad: what counts is the one that was read by. */
    if (err == DMSC_OK)
        err = check_rollback(p, &p->image.header);
    return err == DMSC_OK ? make_fresh(p) : err;
}

static bool unchanged(const struct dmsci_pull *p)
{
    const struct dmsc_card_header *then = &p->old.header, *now = &p->report->header;

    return p->same_card && p->old.known && then->crc == now->crc &&
           then->generation == now->generation;
}

static enum dmsc_err read_parts(struct dmsci_pull *p, const struct dmsc_secret *pin)
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

static enum dmsc_err read_card(struct dmsci_pull *p)
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

static enum dmsc_err report_kept(struct dmsci_pull *p)
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

        err = left_out == NULL ? dmsci_pull_keep(p, entry, &p->old.places[i])
                               : dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, left_out);
    }
    return err;
}

static enum dmsc_err pull(struct dmsci_pull *p, bool dry_run)
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
        err = dmsci_pull_apply(p, dry_run);
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
    struct dmsci_pull p = { .sync = sync, .report = report };
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
