/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Add and Replace of a whole object (TNDS; REP 6.6.1, 6.6.11). One command stands for many, and
 * each of these needs its right: the object is put into the tree on trial, what it made, replaced
 * and deleted is noted, the trial is undone, and the authority is asked node by node about the tree
 * as it was. Only then the object is put in for good.
 */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include "host/wbxml/read.h"
#include <dmsc/inbox.h>
#include <string.h>
#include <strings.h>

bool dmsci_dm1_is_tnds(const char *type)
{
    return type != NULL &&
           (strcasecmp(type, DMSCI_MIME_TNDS) == 0 || strcasecmp(type, DMSCI_MIME_TNDS_WBXML) == 0);
}

/* What the command carries, and where it goes. */
struct object {
    struct dmsci_dm1_op *op;
    enum dmsc_tnds_mode mode;
    bool inbox;   /* the device chooses the place (STD 5.3.4) */
    bool doubted; /* the list may cover the objects by their kind; the target it does not */
    struct dmsc_buf object;
    struct dmsc_buf places; /* of what was left in the Inbox: URIs, a NUL behind each */
};

/* The next of the places; NULL @p place: the first. NULL behind the last. */
static const char *next_place(const struct object *o, const char *place)
{
    const char *next = place == NULL ? (const char *)o->places.p : place + strlen(place) + 1;

    return o->places.n > 0 && next < (const char *)o->places.p + o->places.n ? next : NULL;
}

/* A node as far as a difference matters. */
struct entry {
    char *uri;
    uint32_t acl, kind; /* check sums: of the ACL; of format, type and title */
    char *mo;           /* identifier of an object whose root it is; NULL: none */
    size_t around;      /* of a new one: place in the list, + 1, of the new object around it */
    uint16_t verno;
    bool leaf, has_acl;
    bool fresh; /* made by the object */
};

struct entries {
    struct dmsc_ctx *ctx;
    struct entry *list;
    size_t count, cap, most;
};

static void entries_clear(struct entries *e)
{
    for (size_t i = 0; i < e->count; i++) {
        dmsci_free(e->ctx, e->list[i].uri);
        dmsci_free(e->ctx, e->list[i].mo);
    }
    dmsci_free(e->ctx, e->list);
}

static uint32_t sum(const char *text)
{
    return text != NULL ? dmsci_crc32(dmsc_bytes_str(text)) : 0;
}

static enum dmsc_err note(void *user, const char *uri, const struct dmsc_node *node)
{
    struct entries *e = user;
    struct entry entry = { .acl = sum(node->acl),
                           .kind = sum(node->type) ^ sum(node->title) << 1 ^ node->format,
                           .verno = node->verno,
                           .leaf = node->format != DMSC_FORMAT_NODE,
                           .has_acl = node->acl != NULL && node->acl[0] != '\0' };
    struct entry *list;

    if (e->count == e->most)
        return dmsci_fail(e->ctx, DMSC_E_LIMIT, "note the nodes of %.100s", uri);
    list = dmsci_more(e->ctx, e->list, e->count, &e->cap, sizeof(*list));
    if (list == NULL)
        return DMSC_E_NOMEM;
    e->list = list;
    entry.uri = dmsci_strdup(e->ctx, uri);
    if (entry.uri == NULL)
        return DMSC_E_NOMEM;
    e->list[e->count++] = entry;
    if (entry.leaf || node->type == NULL || node->type[0] == '\0')
        return DMSC_OK;
    e->list[e->count - 1].mo = dmsci_strdup(e->ctx, node->type);
    return e->list[e->count - 1].mo != NULL ? DMSC_OK : DMSC_E_NOMEM;
}

/* The target, or the places, and all below; nothing when it is not there. */
static enum dmsc_err note_all(const struct object *o, struct entries *e)
{
    struct dmsc_tree *tree = o->op->dm1->tree;
    enum dmsc_err err = DMSC_OK;

    if (!o->inbox)
        err = dmsc_tree_walk(tree, dmsc_buf_str(&o->op->uri), note, e);
    for (const char *at = next_place(o, NULL); at != NULL && err == DMSC_OK; at = next_place(o, at))
        err = dmsc_tree_walk(tree, at, note, e);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

/* The object as it is carried (REP 6.6.7). Its encoding is told by itself: transcoders change the
 * Type without the object, and the object without its Type. */
static enum dmsc_err document(struct dmsci_dm1_op *op, struct dmsc_buf *object)
{
    struct dmsc_bytes data = op->data;
    const char *format = op->format != NULL ? op->format : "";

    /* Octets, of format bin too, have no other form in XML than base64. What begins as WBXML is
     * octets already: base64 has no such character. */
    if (!dmsci_wbxml_is(data) && (strcasecmp(format, "b64") == 0 || strcasecmp(format, "bin") == 0))
        return dmsci_base64_decode(data, object);
    /* White space in front of an XML declaration would be an error of ours, not of the server. */
    while (data.n > 0 && strchr(" \t\r\n", data.p[0]) != NULL) {
        data.p++;
        data.n--;
    }
    return dmsc_buf_append(object, data);
}

/* Add is asked for below the target, before anything can be learnt from its failure. What kinds of
 * object it is about is not known yet: a list that is limited to kinds is asked node by node, and
 * the failure of an object that it does not cover is a refusal like any other. */
static enum dmsc_err may_add_below(struct object *o, bool last, bool *ret_may)
{
    struct dmsci_dm1_op *op = o->op;
    struct dmsc_buf child;
    enum dmsc_err err;

    dmsc_buf_init(&child, op->dm1->ctx, SIZE_MAX / 4);
    err = dmsci_buf_printf(&child, "%s/-", dmsc_buf_str(&op->uri));
    if (err == DMSC_OK)
        o->doubted =
            !last && dmsci_dm1_look(op, DMSC_RIGHT_ADD, dmsc_buf_str(&child)) == DMSC_REFUSED_SCOPE;
    if (err == DMSC_OK)
        *ret_may = o->doubted || dmsci_dm1_may(op, DMSC_RIGHT_ADD, dmsc_buf_str(&child), false);
    dmsc_buf_clear(&child);
    return err;
}

static bool sees(void *user, const char *uri)
{
    const struct object *o = user;

    return dmsci_dm1_visible(o->op, uri);
}

/* Add is asked for where the object will be, before anything can be learnt from its failure. */
static enum dmsc_err may_place(void *user, const char *uri, const char *moid)
{
    struct object *o = user;
    bool may;

    o->op->new_mo = moid;
    may = dmsci_dm1_may(o->op, DMSC_RIGHT_ADD, uri, false);
    o->op->new_mo = NULL;
    return may ? dmsc_buf_append(&o->places, dmsc_bytes(uri, strlen(uri) + 1)) : DMSC_E_DENIED;
}

static enum dmsc_err import(struct object *o)
{
    const char *target = dmsc_buf_str(&o->op->uri);
    const struct dmsc_tnds_import how = { .base = target, .mode = o->mode };
    struct dmsc_inbox inbox = DMSC_INBOX_INIT;

    if (!o->inbox)
        return dmsc_tnds_import(o->op->dm1->tree, &how, dmsc_buf_bytes(&o->object), NULL);
    inbox.target = target;
    inbox.visible = sees;
    inbox.place = may_place;
    inbox.user = o;
    dmsc_buf_reset(&o->places);
    return dmsc_inbox_add(o->op->dm1->tree, &inbox, dmsc_buf_bytes(&o->object));
}

/* Not fixed by TNDS 5: no XML, no WBXML and no TNDS 400, a value that is none of its format 415. */
static enum dmsc_err settle_reason(struct dmsci_dm1_op *op, enum dmsc_err err)
{
    const char *reason = dmsc_diag_get(op->dm1->ctx)->reason;

    if (err == DMSC_E_MALFORMED && strncmp(reason, "format:", 7) != 0) {
        op->reason = "tnds";
        return dmsci_dm1_settle(op, 400);
    }
    if (err == DMSC_E_UNSUPPORTED && strcmp(reason, "inbox:unknown") == 0)
        op->reason = "inbox:unknown";
    return dmsci_dm1_settle_tree(op, err);
}

static enum dmsc_err settle_import(struct object *o, enum dmsc_err err)
{
    bool may = false;

    if (o->op->status != 0) /* the place was refused */
        return DMSC_OK;
    err = settle_reason(o->op, err);
    return err == DMSC_OK && o->doubted ? may_add_below(o, true, &may) : err;
}

/* Put it in, look, take it out again. */
static enum dmsc_err try_out(struct object *o, struct entries *after)
{
    struct dmsc_dm1 *dm1 = o->op->dm1;
    enum dmsc_err err = dmsc_tree_begin(dm1->tree, dm1->actor, o->op->turn->now.seconds), walked;

    if (err != DMSC_OK)
        return err;
    err = import(o);
    walked = err == DMSC_OK ? note_all(o, after) : DMSC_OK;
    dmsc_tree_rollback(dm1->tree);
    if (walked == DMSC_E_LIMIT)
        return dmsci_dm1_settle(o->op, 420);
    if (walked != DMSC_OK)
        return walked;
    return err == DMSC_OK ? DMSC_OK : settle_import(o, err);
}

static char *parent_of(struct dmsc_ctx *ctx, const char *uri)
{
    return dmsci_strndup(ctx, uri, dmsci_uri_parent_length(uri));
}

/* A leaf that brings its own ACL needs what setting it would need: Replace on the parent. */
static enum dmsc_err may_make(struct dmsci_dm1_op *op, const struct entry *e, bool below_fresh,
                              bool *ret_may)
{
    char *parent;

    *ret_may = dmsci_dm1_may(op, DMSC_RIGHT_ADD, e->uri, false);
    if (!*ret_may || !e->leaf || !e->has_acl || below_fresh)
        return DMSC_OK;
    parent = parent_of(op->dm1->ctx, e->uri);
    if (parent == NULL)
        return DMSC_E_NOMEM;
    *ret_may = dmsci_dm1_may(op, DMSC_RIGHT_REPLACE, parent, true);
    dmsci_free(op->dm1->ctx, parent);
    return DMSC_OK;
}

static bool may_change(struct dmsci_dm1_op *op, const struct entry *was, const struct entry *is)
{
    if ((was->verno != is->verno || was->kind != is->kind) &&
        !dmsci_dm1_may(op, DMSC_RIGHT_REPLACE, was->uri, true))
        return false;
    return was->acl == is->acl || dmsci_dm1_may(op, DMSC_RIGHT_ACL, was->uri, true);
}

/* The identifier of the object that a new node belongs to: its own, or that of the nearest new
 * node above it. NULL: of what is there. @p at rises from call to call; @p around is that of the
 * call before, and what the walk has left stays behind, so all calls together cost one pass. */
static const char *new_mo(struct entries *after, size_t at, size_t *around)
{
    struct entry *e = &after->list[at];

    while (*around > 0 && !dmsc_uri_below(e->uri, after->list[*around - 1].uri))
        *around = after->list[*around - 1].around;
    e->around = *around;
    if (e->mo != NULL)
        *around = at + 1;
    return *around > 0 ? after->list[*around - 1].mo : NULL;
}

/* Both lists in the order of a walk: what is in one alone was made or deleted. */
static enum dmsc_err judge(struct dmsci_dm1_op *op, const struct entries *before,
                           struct entries *after)
{
    size_t b = 0, a = 0, around = 0;
    const char *fresh = NULL;
    bool may = true;
    enum dmsc_err err = DMSC_OK;

    while (may && err == DMSC_OK && (b < before->count || a < after->count)) {
        const struct entry *was = b < before->count ? &before->list[b] : NULL;
        struct entry *is = a < after->count ? &after->list[a] : NULL;
        int order = was == NULL ? 1 : is == NULL ? -1 : dmsci_uri_compare(was->uri, is->uri);

        if (order < 0) {
            may = dmsci_dm1_may(op, DMSC_RIGHT_DELETE, was->uri, true);
            if (may && was->mo != NULL)
                err = dmsc_authority_deleting(op->dm1->authority, was->uri);
        } else if (order == 0)
            may = may_change(op, was, is);
        else {
            bool below = fresh != NULL && dmsc_uri_below(is->uri, fresh);

            fresh = below ? fresh : is->uri;
            op->new_mo = new_mo(after, a, &around);
            err = may_make(op, is, below, &may);
            op->new_mo = NULL;
            is->fresh = !below;
        }
        op->changes += order != 0 || was->verno != is->verno;
        b += order <= 0;
        a += order >= 0;
    }
    return err;
}

/* TND 7.7.1.3 for each interior node at the top of what was made. */
static enum dmsc_err give_creator(struct dmsci_dm1_op *op, const struct entries *after)
{
    struct dmsc_buf acl;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&acl, op->dm1->ctx, SIZE_MAX / 4);
    for (size_t i = 0; i < after->count && err == DMSC_OK; i++) {
        const struct entry *e = &after->list[i];
        char *parent;

        if (!e->fresh || e->leaf || e->has_acl)
            continue;
        parent = parent_of(op->dm1->ctx, e->uri);
        err = parent == NULL ? DMSC_E_NOMEM : dmsci_dm1_creator_acl(op, parent, &acl);
        if (err == DMSC_OK && acl.n > 0)
            err = dmsc_tree_set_acl(op->dm1->tree, e->uri, dmsc_buf_str(&acl));
        dmsci_free(op->dm1->ctx, parent);
    }
    dmsc_buf_clear(&acl);
    return err;
}

/* Whose priority the objects were written with goes with them. */
static enum dmsc_err remember_places(const struct object *o)
{
    enum dmsc_err err = DMSC_OK;

    for (const char *at = next_place(o, NULL); at != NULL && err == DMSC_OK; at = next_place(o, at))
        err = dmsci_dm1_wrote(o->op, at);
    return err;
}

static enum dmsc_err apply(struct object *o)
{
    struct dmsci_dm1_op *op = o->op;
    size_t most = (size_t)dmsc_ctx_limits(op->dm1->ctx)->tnds_nodes * 2;
    struct entries before = { .ctx = op->dm1->ctx, .most = most }, after = before;
    enum dmsc_err err = note_all(o, &before);

    if (err == DMSC_E_LIMIT)
        err = dmsci_dm1_settle(op, 420);
    else if (err == DMSC_OK)
        err = try_out(o, &after);
    if (err == DMSC_OK && op->status == 0)
        err = judge(op, &before, &after);
    if (err == DMSC_OK && op->status == 0) {
        err = import(o);
        if (err == DMSC_OK)
            err = give_creator(op, &after);
        if (err == DMSC_OK)
            err = remember_places(o);
        err = dmsci_dm1_settle_tree(op, err);
    }
    entries_clear(&before);
    entries_clear(&after);
    return err;
}

enum dmsc_err dmsci_dm1_tnds(struct dmsci_dm1_op *op, enum dmsc_tnds_mode mode)
{
    struct object o = { .op = op, .mode = mode };
    bool may = true;
    enum dmsc_err err = DMSC_OK;

    o.inbox = dmsc_uri_below(dmsc_buf_str(&op->uri), DMSC_INBOX);
    if (mode == DMSC_TNDS_ADD && !o.inbox)
        err = may_add_below(&o, false, &may);
    if (err != DMSC_OK || !may)
        return err;
    dmsc_buf_init(&o.object, op->dm1->ctx, SIZE_MAX / 4);
    dmsc_buf_init(&o.places, op->dm1->ctx, SIZE_MAX / 4);
    err = document(op, &o.object);
    if (err == DMSC_E_MALFORMED)
        err = dmsci_dm1_settle(op, 400);
    else if (err == DMSC_OK)
        err = apply(&o);
    dmsc_buf_clear(&o.object);
    dmsc_buf_clear(&o.places);
    return err;
}
