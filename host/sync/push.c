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
    size_t count;
};

/* Whether this entry goes back, and if not, why; the reason NULL means: nothing to do. */
static enum dmsc_err judge(struct push *p, const struct dmsc_mo_entry *entry, struct dmsc_buf *body,
                           bool *ret_write, const char **ret_reason)
{
    const struct dmsci_sync *s = p->sync;
    struct dmsc_subject subject = { DMSC_SUBJECT_MA, p->server_id };
    struct dmsc_verdict verdict;
    bool there = false, differs = false;
    struct dmsc_buf uri;
    enum dmsc_err err;

    *ret_write = false;
    *ret_reason = NULL;
    dmsc_buf_init(&uri, s->ctx, dmsc_ctx_limits(s->ctx)->uri_length);
    err = dmsc_uri_normalise(s->ctx, entry->path, &uri, NULL);
    if (err == DMSC_OK)
        err = dmsc_tree_has(s->tree, dmsc_buf_str(&uri), &there);
    if (err == DMSC_OK && !there)
        *ret_reason = "the whole MO was deleted; the card keeps it";
    if (err == DMSC_OK && there)
        err = dmsci_state_differs(s, p->state.header.card_tag, entry, body, &differs);
    if (err != DMSC_OK || !differs)
        goto out;
    verdict = dmsc_authority_decide(s->authority, &subject, DMSC_RIGHT_WRITE_BACK,
                                    dmsc_buf_str(&uri), s->now);
    if (verdict.reason != DMSC_ALLOWED)
        *ret_reason = dmsc_reason_name(verdict.reason);
    else if (s->adm1 == NULL)
        *ret_reason = "card:adm-needed: no ADM1 key is configured ([card] adm1_file)";
    else
        *ret_write = true;
out:
    dmsc_buf_clear(&uri);
    /* An MO that was left out when it was read has never been marked. */
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
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
    for (size_t i = 0; err == DMSC_OK && i < index->count; i++) {
        const struct dmsc_mo_entry *entry = &index->entries[i];
        struct dmsc_buf *body = &p->bodies[p->count];
        const char *reason;
        bool write;

        if ((entry->flags & DMSC_MO_FLAG_WRITE_BACK) == 0)
            continue;
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

static enum dmsc_err commit_card(struct push *p, struct dmsc_card *card)
{
    const struct dmsci_sync *s = p->sync;
    const struct dmsc_ma *ma = dmsc_ma_list_by_server_id(&p->state.list, p->server_id);
    struct dmsc_card_commit commit = DMSC_CARD_COMMIT_INIT;

    commit.changes = p->changes;
    commit.change_count = p->count;
    commit.expected = &p->state.header;
    commit.writer = ma == NULL ? 0 : ma->id;
    commit.commit_time = s->now.trusted ? (uint32_t)s->now.seconds : 0;
    commit.adm = s->adm1;
    commit.pin = s->pin;
    return dmsc_card_commit(card, &commit, &p->report->header);
}

/* What the card says now is read back, so that what is remembered is what it holds. */
static enum dmsc_err read_back(struct push *p, struct dmsc_card *card,
                               struct dmsc_card_image *image)
{
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
    options.pin = p->sync->pin;
    err = dmsc_card_read(card, &options, image);
    dmsci_free(p->sync->ctx, bodies);
    return err;
}

static enum dmsc_err remember(struct push *p, struct dmsc_card_image *image)
{
    const struct dmsci_sync *s = p->sync;
    struct dmsci_card_state fresh = {
        .known = true, .header = image->header, .list = p->state.list, .index = image->index
    };
    enum dmsc_err err = dmsc_tree_begin(s->tree, "card", s->now.seconds);

    if (err != DMSC_OK)
        return err;
    err = dmsci_state_save(s->store, s->ctx, &fresh);
    for (size_t i = 0; err == DMSC_OK && i < p->count; i++) {
        const struct dmsc_mo_entry *entry = dmsc_mo_index_by_id(&image->index, p->changes[i].id);

        if (entry == NULL)
            err = dmsci_fail(s->ctx, DMSC_E_CORRUPT, "read back MO %u", p->changes[i].id);
        if (err == DMSC_OK)
            err = dmsci_state_mark(s, image->header.card_tag, entry);
        if (err == DMSC_OK)
            err = dmsci_report_item(p->report, DMSC_SYNC_WRITTEN, entry, "");
    }
    if (err != DMSC_OK) {
        dmsc_tree_rollback(s->tree);
        return err;
    }
    return dmsc_tree_commit(s->tree);
}

static enum dmsc_err write_card(struct push *p)
{
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    struct dmsc_card *card = NULL;
    enum dmsc_err err = dmsc_card_open(p->sync->uicc, &card);

    if (err == DMSC_OK)
        err = commit_card(p, card);
    if (err == DMSC_OK)
        err = read_back(p, card, &image);
    if (err == DMSC_OK)
        err = remember(p, &image);
    dmsc_card_image_clear(&image);
    dmsc_card_free(card);
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
        err = collect(&p);
    if (err == DMSC_OK && p.count > 0)
        err = write_card(&p);
    for (size_t i = 0; p.bodies != NULL && i < p.state.index.count; i++)
        dmsc_buf_clear(&p.bodies[i]);
    dmsci_free(sync->ctx, p.bodies);
    dmsci_free(sync->ctx, p.changes);
    dmsci_card_state_clear(&p.state);
    return err;
}
