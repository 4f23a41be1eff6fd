/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that never are in memory as a whole. A server's come in chunks and go to the store as they
 * come (PRO 7); the device's are read a message's worth at a time.
 */
#include "host/mo/large/large.h"
#include "apdu/base/ctx.h"
#include "host/dm1/pack.h"
#include "host/dm1/private.h"
#include <dmsc/inbox.h>
#include <dmsc/large.h>
#include <string.h>

/* A chunk of less than this counts as a message of the session like others. */
#define CHUNK_WORTH 1024u

/* Which of the formats it will be stored in, and whether what is carried is base64 of it. */
static bool takes_format(struct dmsci_dm1_op *op, struct dmsci_dm1_object *o)
{
    if (!dmsci_dm1_wanted_format(op, op->exists ? op->node.format : DMSC_FORMAT_CHR, &o->to))
        return false;
    o->to = dmsci_dm1_stored_format(op, o->to);
    o->base64 = o->to == DMSC_FORMAT_BIN;
    if (o->base64 || o->to == DMSC_FORMAT_CHR || o->to == DMSC_FORMAT_XML ||
        o->to == DMSC_FORMAT_B64)
        return true;
    (void)dmsci_dm1_settle(op, 413);
    return false;
}

/* Before anything is kept: may the server do this, and could it succeed? What the last chunk finds
 * is asked again then. */
static enum dmsc_err may_begin(struct dmsci_dm1_op *op, bool add)
{
    enum dmsc_err err = dmsci_dm1_find(op);

    if (err != DMSC_OK || op->status != 0)
        return err;
    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (dmsc_uri_below(dmsc_buf_str(&op->uri), DMSC_INBOX)) /* STD 5.3.4: it takes objects alone */
        return dmsci_dm1_settle(op, add ? 415 : 405);
    if (!dmsci_dm1_may(op, add ? DMSC_RIGHT_ADD : DMSC_RIGHT_REPLACE, dmsc_buf_str(&op->uri),
                       op->exists))
        return DMSC_OK;
    if (add == op->exists)
        return dmsci_dm1_settle(op, add ? 418 : 404);
    if (op->exists && op->node.format == DMSC_FORMAT_NODE)
        return dmsci_dm1_settle(op, 405);
    return DMSC_OK;
}

/* Success is settled later. */
static enum dmsc_err settle_large(struct dmsci_dm1_op *op, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return DMSC_OK;
    return err == DMSC_E_LIMIT ? dmsci_dm1_settle(op, 413) : dmsci_dm1_settle_tree(op, err);
}

enum dmsc_err dmsci_dm1_large_begin(struct dmsci_dm1_op *op, struct dmsci_dm1_object *o)
{
    struct dmsc_dm1 *dm1 = op->dm1;
    struct dmsc_buf tag;
    struct dmsc_large_spec spec = { .uri = NULL, .actor = dm1->actor };
    enum dmsc_err err;

    if (dmsci_dm1_is_tnds(op->type)) /* an object is parsed whole */
        return dmsci_dm1_settle(op, 416);
    err = may_begin(op, o->kind == DMSCI_N_Add);
    if (err != DMSC_OK || op->status != 0 || !takes_format(op, o))
        return err;
    /* DM 1.x does not go on with an object in another session: the tag is that of this message. */
    dmsc_buf_init(&tag, dm1->ctx, 256);
    dmsc_buf_init(&o->waiting, dm1->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&tag, "dm1 %s %lld %zu", dm1->session_id,
                           (long long)op->turn->now.seconds, dm1->heard_msg_id);
    spec.uri = dmsc_buf_str(&op->uri);
    spec.tag = dmsc_buf_bytes(&tag);
    spec.size = o->base64 ? DMSC_LARGE_UNKNOWN : o->size;
    if (err == DMSC_OK)
        err = dmsc_large_open(dm1->tree, &spec, op->turn->now.seconds, &o->large);
    dmsc_buf_clear(&tag);
    return settle_large(op, err);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Base64 may be cut anywhere: what makes no group of four waits for the next chunk. */
static enum dmsc_err gather(struct dmsci_dm1_object *o, struct dmsc_bytes text)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < text.n && err == DMSC_OK; i++) {
        if (!is_space(text.p[i]))
            err = dmsc_buf_append_u8(&o->waiting, text.p[i]);
    }
    return err;
}

/* The octets of the groups that are whole. Behind "=" nothing may come. */
static enum dmsc_err decode(struct dmsci_dm1_object *o, struct dmsc_bytes text,
                            struct dmsc_buf *octets)
{
    bool ended = o->padded && text.n > 0;
    size_t whole;
    enum dmsc_err err = gather(o, text);

    whole = o->waiting.n - o->waiting.n % 4;
    if (err == DMSC_OK && ended && o->waiting.n > 0)
        err = DMSC_E_MALFORMED;
    if (err == DMSC_OK)
        err = dmsci_base64_decode(dmsc_bytes(o->waiting.p, whole), octets);
    if (err == DMSC_OK && whole > 0) {
        o->padded = o->waiting.p[whole - 1] == '=';
        dmsc_buf_consume(&o->waiting, whole);
    }
    return err;
}

enum dmsc_err dmsci_dm1_large_chunk(struct dmsci_dm1_op *op, bool last)
{
    struct dmsc_dm1 *dm1 = op->dm1;
    struct dmsci_dm1_object *o = &dm1->object;
    struct dmsc_buf octets;
    struct dmsc_bytes piece = op->data;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&octets, dm1->ctx, SIZE_MAX / 2);
    if (o->base64) {
        err = decode(o, op->data, &octets);
        if (err == DMSC_OK && last && o->waiting.n > 0)
            err = DMSC_E_MALFORMED;
        if (err == DMSC_E_MALFORMED)
            op->reason = "format:bin";
        piece = dmsc_buf_bytes(&octets);
    }
    if (err == DMSC_OK)
        err = dmsc_large_append(o->large, piece, op->turn->now.seconds);
    if (err == DMSC_OK && op->data.n >= CHUNK_WORTH && o->counted != dm1->heard_msg_id) {
        o->counted = dm1->heard_msg_id;
        o->chunks++;
        dm1->chunks++;
    }
    dmsc_buf_clear(&octets);
    return settle_large(op, err);
}

enum dmsc_err dmsci_dm1_large_put(struct dmsci_dm1_op *op, const char *type)
{
    struct dmsci_dm1_object *o = &op->dm1->object;
    enum dmsc_err err = dmsc_large_put(o->large, &o->to, type);

    o->put = err == DMSC_OK;
    return err;
}

void dmsci_dm1_large_end(struct dmsc_dm1 *dm1)
{
    struct dmsci_dm1_object *o = &dm1->object;

    if (o->large == NULL)
        return;
    /* What became a value is gone from the transfers; else it is forgotten, and what it took counts
     * as messages like others. */
    if (dmsc_large_drop(o->large) != DMSC_OK)
        dmsci_log(dm1->ctx, DMSC_LOG_INFO, "dm1", "%.128s: what came of it stays for a while",
                  o->target);
    if (!o->put)
        dm1->chunks -= o->chunks;
    dmsc_large_close(o->large);
    dmsc_buf_clear(&o->waiting);
    o->large = NULL;
}

/* --- to the server --------------------------------------------------------------------------- */

static size_t carried_size(const struct dmsc_node *node)
{
    return node->format == DMSC_FORMAT_BIN ? (node->size_bytes + 2) / 3 * 4 : node->size_bytes;
}

/* Octets of the value from @p at on, as many as there are up to @p n. */
static enum dmsc_err read_value(struct dmsc_dm1 *dm1, const char *uri, uint64_t at, size_t n,
                                struct dmsc_buf *to)
{
    size_t before, first = to->n;
    enum dmsc_err err = DMSC_OK;

    do {
        before = to->n;
        err = dmsc_tree_value_part(dm1->tree, uri, at + (before - first), n - (before - first), to);
    } while (err == DMSC_OK && to->n > before && to->n - first < n);
    return err;
}

static enum dmsc_err same_value(struct dmsc_dm1 *dm1, const struct dmsci_dm1_stream *s)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(dm1->tree, s->uri, &node);

    if (err == DMSC_OK && (node.verno != s->verno || carried_size(&node) != s->size)) {
        err = dmsci_fail(dm1->ctx, DMSC_E_AGAIN, "send a large object");
        dmsci_where(dm1->ctx, "%.180s", s->uri);
        dmsci_why(dm1->ctx, "dm1:changed", "it changed while it was sent");
    }
    dmsc_node_clear(&node);
    return err;
}

enum dmsc_err dmsci_dm1_stream_fill(struct dmsc_dm1 *dm1, const struct dmsci_dm1_stream *s,
                                    struct dmsci_syncml_item *item)
{
    /* More than one message holds, so that what fits whole is the end of it. */
    size_t want = (dmsci_dm1_ceiling(dm1) / 4 + 2) * 4;
    struct dmsc_buf octets;
    enum dmsc_err err = same_value(dm1, s);

    if (dm1->window.ctx == NULL)
        dmsc_buf_init(&dm1->window, dm1->ctx, SIZE_MAX / 2);
    dmsc_buf_reset(&dm1->window);
    dmsc_buf_init(&octets, dm1->ctx, SIZE_MAX / 2);
    if (err == DMSC_OK && s->base64)
        err = read_value(dm1, s->uri, s->at / 4 * 3, want / 4 * 3, &octets);
    else if (err == DMSC_OK)
        err = read_value(dm1, s->uri, s->at, want, &dm1->window);
    if (err == DMSC_OK && s->base64)
        err = dmsci_base64_encode(dmsc_buf_bytes(&octets), &dm1->window);
    dmsc_buf_clear(&octets);
    /* More follows: a character that is cut here begins the next window. */
    if (err == DMSC_OK && !s->base64 && s->at + dm1->window.n < s->size)
        dmsc_buf_truncate(&dm1->window, dmsci_whole_characters(dmsc_buf_bytes(&dm1->window)));
    if (err == DMSC_OK && dm1->window.n == 0)
        err = dmsci_fail(dm1->ctx, DMSC_E_CORRUPT, "send a large object");
    item->data = dmsc_buf_bytes(&dm1->window);
    return err;
}

enum dmsc_err dmsci_dm1_large_get(struct dmsci_dm1_op *op, struct dmsci_syncml_item *item)
{
    struct dmsc_dm1 *dm1 = op->dm1;
    struct dmsci_dm1_stream *s = dmsci_answers_memory(&dm1->answers, sizeof(*s));
    size_t size = carried_size(&op->node);
    enum dmsc_err err;

    if (s == NULL)
        return DMSC_E_NOMEM;
    if (dm1->peer_max_obj > 0 && size > dm1->peer_max_obj)
        return dmsci_dm1_settle(op, 413);
    *s =
        (struct dmsci_dm1_stream){ .uri = dmsci_answers_text(&dm1->answers, dmsc_buf_str(&op->uri)),
                                   .size = size,
                                   .verno = op->node.verno,
                                   .base64 = op->node.format == DMSC_FORMAT_BIN };
    if (s->uri == NULL)
        return DMSC_E_NOMEM;
    err = dmsci_dm1_show(dm1, s->uri, &op->node, false, item);
    if (err == DMSC_OK)
        err = dmsci_dm1_stream_fill(dm1, s, item);
    op->stream = s;
    return err;
}
