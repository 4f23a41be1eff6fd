/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to card: the write-back of changed card-resident MOs. */
#include "host/sync/sync.h"
#include <string.h>

struct push {
    const struct dmsci_sync *sync;
    const char *server_id;
    struct dmsc_sync_report *report;
    struct dmsci_card_state state;
    struct dmsc_card_change *changes; /* one for each entry at most */
    struct dmsc_buf *bodies;          /* beside them */
    size_t room, count;
    const struct dmsc_secret *pin; /* NULL: none, or the card has refused it */
    bool adm1_refused;
};

/* Whether this entry goes back, and if not, why; the reason NULL means: nothing to do. */
static enum dmsc_err judge(struct push *p, const struct dmsc_mo_entry *entry, struct dmsc_buf *body,
                           bool *ret_write, const char **ret_reason)
{
    const struct dmsci_sync *s = p->sync;
    const struct dmsci_place *place = dmsci_place_of(&p->state, entry);
    struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA,
                                    .server_id = p->server_id,
                                    .ma_id = s->ma_id };
    struct dmsc_verdict verdict;
    bool there = false, differs = false;
    enum dmsc_err err;

    *ret_write = false;
    *ret_reason = NULL;
    if ((entry->flags & DMSC_MO_FLAG_WRITE_BACK) == 0 || place->left_out != NULL)
        return DMSC_OK;
    err = dmsc_tree_has(s->tree, place->uri, &there);
    if (err == DMSC_OK && !there)
        *ret_reason = "the whole MO was deleted; the card keeps it";
    if (err == DMSC_OK && there)
        err = dmsci_state_differs(s, p->state.header.card_tag, entry, body, &differs);
    if (err != DMSC_OK || !differs) /* one that was left out when it was read has no mark */
        return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
    verdict =
        dmsc_authority_decide(s->authority, &subject, DMSC_RIGHT_WRITE_BACK, place->uri, s->now);
    if (verdict.reason == DMSC_REFUSED_ERROR)
        return dmsc_diag_get(s->ctx)->err;
    if (verdict.reason != DMSC_ALLOWED)
        *ret_reason = dmsc_reason_name(verdict.reason);
    else if (p->adm1_refused)
        *ret_reason = "pin:refused-before: the card has refused this ADM1 key; write the right one "
                      "into its file";
    else if (s->adm1 == NULL)
        *ret_reason = "card:adm-needed: no ADM1 key is configured ([card] adm1_file)";
    else
        *ret_write = true;
    return DMSC_OK;
}

static enum dmsc_err collect(struct push *p)
{
    const struct dmsc_mo_index *index = &p->state.index;
    struct dmsc_ctx *ctx = p->sync->ctx;
    enum dmsc_err err = DMSC_OK;

    p->changes = dmsci_calloc(ctx, index->count, sizeof(*p->changes));
    p->bodies = dmsci_calloc(ctx, index->count, sizeof(*p->bodies));
    if (p->changes == NULL || p->bodies == NULL)
        return DMSC_E_NOMEM;
    p->room = index->count;
    for (size_t i = 0; err == DMSC_OK && i < index->count; i++) {
        const struct dmsc_mo_entry *entry = &index->entries[i];
        struct dmsc_buf *body = &p->bodies[p->count];
        const char *reason;
        bool write;

        dmsc_buf_clear(body);
        dmsc_buf_init(body, ctx, dmsc_ctx_limits(ctx)->object_size);
        err = judge(p, entry, body, &write, &reason);
        if (err == DMSC_OK && reason != NULL)
            err = dmsci_report_item(p->report, DMSC_SYNC_LEFT_OUT, entry, reason);
        if (err == DMSC_OK && write)
            p->changes[p->count++] =
                (struct dmsc_card_change){ .id = entry->id, .body = dmsc_buf_bytes(body) };
    }
    return err;
}

/* Some of the collected changes. */
struct batch {
    struct push *push;
    size_t first, count;
    struct dmsc_card_header header; /* as committed */
    struct dmsc_card_image image;   /* as read back */
};

static enum dmsc_err commit_card(struct batch *b, struct dmsc_card *card)
{
    struct push *p = b->push;
    const struct dmsci_sync *s = p->sync;
    const struct dmsc_ma *ma = dmsc_ma_list_by_server_id(&p->state.list, p->server_id);
    struct dmsc_card_commit commit = DMSC_CARD_COMMIT_INIT;

    commit.changes = p->changes + b->first;
    commit.change_count = b->count;
    commit.expected = &p->state.header;
    commit.writer = ma == NULL ? 0 : ma->id;
    commit.commit_time = s->now.trusted ? (uint32_t)s->now.seconds : 0;
    commit.adm = s->adm1;
    commit.pin = p->pin;
    return dmsc_card_commit(card, &commit, &b->header);
}

/* Between the commit and the reading somebody else may have written, a new list among it. */
static enum dmsc_err check_unmoved(const struct batch *b)
{
    struct dmsc_ctx *ctx = b->push->sync->ctx;

    if (b->image.header.generation == b->header.generation &&
        b->image.header.crc == b->header.crc && b->image.index_read && !b->image.list_read)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_AGAIN, "read back what was written to the card");
    dmsci_why(ctx, "card:changed", "somebody else has written to it since");
    dmsci_hint(ctx, "dmsc sync reads the card again");
    return DMSC_E_AGAIN;
}

/* What the card says now is read back, so that what is remembered is what it holds. */
static enum dmsc_err read_back(struct batch *b, struct dmsc_card *card)
{
    struct push *p = b->push;
    const struct dmsc_card_header *h = &p->state.header;
    struct dmsc_card_known known = { .generation = h->generation,
                                     .header_crc = h->crc,
                                     .mal_version = h->mal_version,
                                     .mox_version = h->mox_version };
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;
    struct dmsc_card_known_body *bodies;
    size_t count = p->state.index.count;
    enum dmsc_err err;

    bodies = dmsci_calloc(p->sync->ctx, count, sizeof(*bodies));
    if (bodies == NULL)
        return DMSC_E_NOMEM;
    for (size_t i = 0; i < count; i++)
        bodies[i] = (struct dmsc_card_known_body){ p->state.index.entries[i].id,
                                                   p->state.index.entries[i].version };
    dmsci_copy(known.card_tag, h->card_tag, sizeof(known.card_tag));
    known.bodies = bodies;
    known.body_count = count;
    options.known = &known;
    options.trust = p->sync->trust;
    options.pin = p->pin;
    err = dmsc_card_read(card, &options, &b->image);
    dmsci_free(p->sync->ctx, bodies);
    return err == DMSC_OK ? check_unmoved(b) : err;
}

static enum dmsc_err remember(struct batch *b)
{
    struct push *p = b->push;
    const struct dmsci_sync *s = p->sync;
    struct dmsci_card_state fresh = { .known = true,
                                      .header = b->image.header,
                                      .list = p->state.list,
                                      .vouched_for = p->state.vouched_for,
                                      .index = b->image.index };
    enum dmsc_err err = dmsc_tree_begin(s->tree, "card", s->now.seconds);

    if (err != DMSC_OK)
        return err;
    dmsci_copy(fresh.signer, p->state.signer, sizeof(fresh.signer));
    err = dmsci_state_save(s->store, s->ctx, &fresh);
    for (size_t i = b->first; err == DMSC_OK && i < b->first + b->count; i++) {
        const struct dmsc_mo_entry *entry = dmsc_mo_index_by_id(&fresh.index, p->changes[i].id);

        if (entry == NULL)
            err = dmsci_fail(s->ctx, DMSC_E_CORRUPT, "read back MO %u", p->changes[i].id);
        if (err == DMSC_OK)
            err = dmsci_state_mark(s, fresh.header.card_tag, entry);
        if (err == DMSC_OK)
            err = dmsci_report_item(p->report, DMSC_SYNC_WRITTEN, entry, "");
    }
    if (err != DMSC_OK) {
        dmsc_tree_rollback(s->tree);
        return err;
    }
    return dmsc_tree_commit(s->tree);
}

static enum dmsc_err write_batch(struct push *p, size_t first, size_t count)
{
    struct batch b = { .push = p, .first = first, .count = count };
    struct dmsci_card_state fresh = DMSCI_CARD_STATE_INIT;
    struct dmsc_card *card = NULL;
    enum dmsc_err err = dmsc_card_open(p->sync->uicc, &card);

    if (err == DMSC_OK)
        err = commit_card(&b, card);
    if (err == DMSC_OK)
        err = read_back(&b, card);
    if (err == DMSC_OK)
        err = remember(&b);
    if (err == DMSC_OK)
        err = dmsci_state_load(p->sync->store, p->sync->ctx, b.header.card_tag, &fresh);
    if (err == DMSC_OK) {
        dmsci_card_state_clear(&p->state);
        p->state = fresh;
        p->report->header = b.header;
    }
    dmsc_card_image_clear(&b.image);
    dmsc_card_free(card);
    return dmsci_key_remember(p->sync, p->state.header.card_tag, err);
}

/* What no later try would mend, unless a person does something first. */
static bool is_final(enum dmsc_err err)
{
    return err == DMSC_E_PIN || err == DMSC_E_DENIED || err == DMSC_E_REFUSED ||
           err == DMSC_E_LIMIT || err == DMSC_E_UNSUPPORTED || err == DMSC_E_ARG;
}

static enum dmsc_err leave_out(struct push *p, size_t first, size_t count)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = first; err == DMSC_OK && i < first + count; i++)
        err =
            dmsci_report_failure(p->report, dmsc_mo_index_by_id(&p->state.index, p->changes[i].id));
    return err;
}

static enum dmsc_err write_card(struct push *p)
{
    enum dmsc_err err = write_batch(p, 0, p->count);

    if (err == DMSC_E_LIMIT && p->count > 1) {
        /* One object that has no room must not keep the others from the card. */
        err = DMSC_OK;
        for (size_t i = 0; err == DMSC_OK && i < p->count; i++) {
            err = write_batch(p, i, 1);
            if (is_final(err))
                err = leave_out(p, i, 1);
        }
        return err;
    }
    return is_final(err) ? leave_out(p, 0, p->count) : err;
}

static enum dmsc_err check_keys(struct push *p)
{
    const struct dmsci_sync *s = p->sync;
    const uint8_t *tag = p->state.header.card_tag;
    bool pin_refused = false;
    enum dmsc_err err = dmsci_key_refused(s, tag, DMSCI_KEY_OF_OWNER, &pin_refused);

    if (err == DMSC_OK)
        err = dmsci_key_refused(s, tag, DMSCI_KEY_OF_ISSUER, &p->adm1_refused);
    p->pin = pin_refused ? NULL : s->pin;
    return err;
}

enum dmsc_err dmsci_sync_push(const struct dmsci_sync *sync, const char *server_id,
                              struct dmsc_sync_report *report)
{
    struct push p = { .sync = sync, .server_id = server_id, .report = report };
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    enum dmsc_err err = dmsci_state_current(sync->store, sync->ctx, tag);

    if (err == DMSC_OK)
        err = dmsci_state_load(sync->store, sync->ctx, tag, &p.state);
    if (err == DMSC_OK)
        err = check_keys(&p);
    if (err == DMSC_OK)
        err = collect(&p);
    if (err == DMSC_OK && p.count > 0)
        err = write_card(&p);
    for (size_t i = 0; p.bodies != NULL && i < p.room; i++)
        dmsc_buf_clear(&p.bodies[i]);
    dmsci_free(sync->ctx, p.bodies);
    dmsci_free(sync->ctx, p.changes);
    dmsci_card_state_clear(&p.state);
    return err;
}
