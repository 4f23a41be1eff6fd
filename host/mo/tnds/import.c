/* SPDX-License-Identifier: Apache-2.0 */
/* A TNDS object into the tree: added, merged, or put in place of what is there. */
#include "host/mo/tnds/tnds.h"
#include "host/mo/uri.h"
#include <string.h>

struct import {
    struct dmsc_tree *tree;
    const struct dmsc_tnds_import *how;
    const char *base;
    const struct dmsci_tnds *tnds;
    const struct dmsci_tnds_top *tops; /* that of the top node at hand, and those behind it */
    struct dmsc_buf uri;               /* of the node at hand, in the tree */
    const char *top;                   /* the top node at hand, as the object has it */
    enum dmsc_format format;
};

static const struct dmsci_tnds_item *ranked(const struct import *im, uint32_t rank)
{
    return &im->tnds->items[im->tnds->order[rank]];
}

/* Where a node of the object goes. @param to replaced */
static enum dmsc_err place(const struct import *im, const char *relative, struct dmsc_buf *to)
{
    const char *first = dmsci_tnds_text(im->tnds, ranked(im, 0)->uri);
    enum dmsc_err err;

    dmsc_buf_reset(to);
    if (im->tops != NULL)
        return dmsci_buf_printf(to, "%s%s", im->tops->to, relative + strlen(im->top));
    if (im->how->root_name == NULL)
        return dmsci_uri_join(im->base, relative, to);
    /* The first is the top node, all others lie below it: checked by check_root_name(). What the
     * object says of its own place, the export of a subtree for one, does not count. */
    err = dmsc_buf_append_str(to, im->base);
    if (err == DMSC_OK)
        err = dmsci_buf_printf(to, "/%s%s", im->how->root_name, relative + strlen(first));
    return err;
}

static enum dmsc_err check_root_name(const struct import *im)
{
    struct dmsc_ctx *ctx = im->tree->ctx;
    const char *first = dmsci_tnds_text(im->tnds, ranked(im, 0)->uri);

    if (im->how->root_name == NULL)
        return DMSC_OK;
    if (strcmp(first, ".") == 0)
        return dmsci_tnds_refuse(ctx, DMSC_E_MALFORMED, NULL, "tnds:root-name",
                                 "the root of a tree takes no other name");
    for (uint32_t i = 1; i < im->tnds->count; i++) {
        const char *uri = dmsci_tnds_text(im->tnds, ranked(im, i)->uri);

        if (!dmsc_uri_below(uri, first))
            return dmsci_tnds_refuse(ctx, DMSC_E_MALFORMED, uri, "tnds:several-roots",
                                     "it has more than one top node");
    }
    return dmsci_uri_check_name(ctx, im->how->root_name);
}

static const char *type_of(const struct import *im, const struct dmsci_tnds_item *item)
{
    bool interior = item->format == DMSC_FORMAT_NODE;

    if ((item->said & (interior ? DMSCI_TNDS_DDFNAME : DMSCI_TNDS_MIME)) != 0)
        return dmsci_tnds_text(im->tnds, item->type);
    /* REP 5.3.3: a leaf that does not say is text; octets are not. */
    return interior                          ? ""
           : item->format == DMSC_FORMAT_BIN ? "application/octet-stream"
                                             : "text/plain";
}

/* TND 7.7.2: octets travel as base64 where there is text alone. @param to what is decoded lives
 * here */
static enum dmsc_err value_of(const struct import *im, const struct dmsci_tnds_item *item,
                              struct dmsc_buf *to, struct dmsc_bytes *ret_value)
{
    struct dmsc_bytes text = dmsci_tnds_value(im->tnds, item);
    enum dmsc_err err;

    *ret_value = text;
    if (item->format != DMSC_FORMAT_BIN || text.n == 0 || (item->said & DMSCI_TNDS_OCTETS) != 0)
        return DMSC_OK;
    err = dmsci_base64_decode(text, to);
    if (err != DMSC_OK) {
        dmsci_where(im->tree->ctx, "%.180s", dmsc_buf_str(&im->uri));
        dmsci_why(im->tree->ctx, "format:bin", "the value is no base64");
    }
    *ret_value = dmsc_buf_bytes(to);
    return err;
}

static const char *own_acl(const struct import *im, const struct dmsci_tnds_item *item, bool top)
{
    if ((item->said & DMSCI_TNDS_ACL) != 0)
        return dmsci_tnds_text(im->tnds, item->acl);
    return top && im->how->acl != NULL ? im->how->acl : "";
}

static enum dmsc_err add(struct import *im, const struct dmsci_tnds_item *item, bool top,
                         struct dmsc_bytes value)
{
    const struct dmsc_node_spec spec = {
        .format = (enum dmsc_format)item->format,
        .type = type_of(im, item),
        .title = dmsci_tnds_text(im->tnds, item->title),
        .acl = own_acl(im, item, top),
        .value = value,
    };

    return dmsc_tree_add(im->tree, dmsc_buf_str(&im->uri), &spec);
}

static enum dmsc_err change_type(struct import *im, const char *type)
{
    const char *uri = dmsc_buf_str(&im->uri);
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_row(im->tree, uri, "import a node", &row);

    if (err != DMSC_OK || type == NULL || strcmp(row.type, type) == 0)
        return err;
    if ((row.flags & DMSC_NODE_PERMANENT) != 0)
        return dmsci_tnds_refuse(im->tree->ctx, DMSC_E_STATE, uri, "node:permanent",
                                 "the type of a permanent node is fixed");
    row.type = type;
    err = dmsci_row_update(im->tree->store, uri, &row, NULL);
    if (err == DMSC_OK)
        dmsci_tree_note(im->tree, "type", uri);
    return err;
}

/* What becomes of a node that is there; NULL: as it is. */
struct wanted {
    const char *acl;
    const char *title;
    const char *type;
    const enum dmsc_format *format;
};

/* REP 6.6.11: as if the children were deleted and added anew, and the first node replaced. So what
 * is not stated is forgotten below a top node, and stays at the top node itself. */
static struct wanted wanted(struct import *im, const struct dmsci_tnds_item *item, bool top,
                            const struct dmsci_row *row)
{
    bool replace = im->how->mode == DMSC_TNDS_REPLACE;
    bool anew = replace && !top;
    bool acl = (item->said & DMSCI_TNDS_ACL) != 0 || anew || (replace && im->how->acl != NULL);
    bool title = (item->said & DMSCI_TNDS_TITLE) != 0 || anew;
    /* What a permanent node is cannot change, so what is not stated is what it is. */
    bool guess = anew && (row->flags & DMSC_NODE_PERMANENT) == 0;
    bool typed = guess || (item->said & (DMSCI_TNDS_MIME | DMSCI_TNDS_DDFNAME)) != 0;
    struct wanted w = { own_acl(im, item, top), dmsci_tnds_text(im->tnds, item->title),
                        typed ? type_of(im, item) : NULL, NULL };

    if (!acl || strcmp(w.acl, row->acl) == 0)
        w.acl = NULL;
    if (!title || strcmp(w.title, row->title) == 0)
        w.title = NULL;
    im->format = (enum dmsc_format)item->format;
    if (guess || (item->said & DMSCI_TNDS_FORMAT) != 0)
        w.format = &im->format;
    return w;
}

static enum dmsc_err change(struct import *im, const struct dmsci_tnds_item *item,
                            const struct wanted *w, struct dmsc_bytes value)
{
    const char *uri = dmsc_buf_str(&im->uri);
    bool replace = im->how->mode == DMSC_TNDS_REPLACE;
    enum dmsc_err err = DMSC_OK;

    if (item->format == DMSC_FORMAT_NODE)
        err = change_type(im, w->type);
    else if (replace || (item->said & DMSCI_TNDS_VALUE) != 0)
        err = dmsc_tree_replace(im->tree, uri, w->format, w->type, value);
    if (err == DMSC_OK && w->acl != NULL)
        err = dmsc_tree_set_acl(im->tree, uri, w->acl);
    if (err == DMSC_OK && w->title != NULL)
        err = dmsc_tree_set_title(im->tree, uri, w->title);
    return err;
}

static enum dmsc_err put(struct import *im, const struct dmsci_tnds_item *item, bool top,
                         struct dmsc_bytes value)
{
    const char *uri = dmsc_buf_str(&im->uri);
    bool there = false;
    struct dmsci_row row;
    enum dmsc_err err = DMSC_OK;

    if (im->how->mode != DMSC_TNDS_ADD)
        err = dmsci_row_get(im->tree->store, uri, &row, &there);
    if (err == DMSC_OK && im->how->wanted != NULL &&
        !im->how->wanted(im->how->wanted_user, uri, there))
        return DMSC_OK;
    /* Whoever was asked may have read the store. */
    if (err == DMSC_OK && there)
        err = dmsci_row_get(im->tree->store, uri, &row, &there);
    if (err != DMSC_OK || !there)
        return err != DMSC_OK ? err : add(im, item, top, value);
    if ((row.format == DMSC_FORMAT_NODE) == (item->format == DMSC_FORMAT_NODE)) {
        struct wanted w = wanted(im, item, top, &row);

        return change(im, item, &w, value);
    }
    if (im->how->mode == DMSC_TNDS_MERGE)
        return dmsci_tnds_refuse(im->tree->ctx, DMSC_E_STATE, uri, "tnds:kind",
                                 "a leaf meets an interior node");
    err = dmsc_tree_delete(im->tree, uri, false);
    return err != DMSC_OK ? err : add(im, item, top, value);
}

/* Whether the object has the node. The order of the items is that of a walk, so a binary search. */
static bool listed(const struct import *im, const char *relative)
{
    uint32_t low = 0;
    uint32_t high = im->tnds->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = dmsci_uri_compare(dmsci_tnds_text(im->tnds, ranked(im, mid)->uri), relative);

        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* REP 6.6.11: what the object does not list goes. @p im->uri is the top node in the tree. */
static enum dmsc_err delete_unlisted(struct import *im)
{
    struct dmsc_buf at;
    struct dmsc_buf relative;
    size_t top_n = im->uri.n;
    bool more = true;
    enum dmsc_err err;

    dmsc_buf_init(&at, im->tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&relative, im->tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&at, dmsc_buf_bytes(&im->uri));
    while (err == DMSC_OK) {
        err = dmsci_row_next(im->tree->store, dmsc_buf_str(&im->uri), dmsc_buf_str(&at), &at, NULL,
                             &more);
        if (err != DMSC_OK || !more)
            break;
        dmsc_buf_reset(&relative);
        err = dmsci_buf_printf(&relative, "%s%s", im->top, dmsc_buf_str(&at) + top_n);
        /* Behind a subtree that is gone the walk goes on from its place. */
        if (err == DMSC_OK && !listed(im, dmsc_buf_str(&relative)))
            err = dmsc_tree_delete(im->tree, dmsc_buf_str(&at), false);
    }
    dmsc_buf_clear(&at);
    dmsc_buf_clear(&relative);
    return err;
}

static enum dmsc_err import_item(struct import *im, const struct dmsci_tnds_item *item)
{
    const char *relative = dmsci_tnds_text(im->tnds, item->uri);
    bool top = im->top == NULL || !dmsc_uri_below(relative, im->top);
    struct dmsc_bytes value;
    struct dmsc_buf decoded;
    enum dmsc_err err;

    if (top && im->top != NULL && im->tops != NULL)
        im->tops++;
    if (top)
        im->top = relative;
    if (im->tops != NULL && im->tops->to == NULL)
        return DMSC_OK;
    dmsc_buf_init(&decoded, im->tree->ctx, dmsc_ctx_limits(im->tree->ctx)->object_size);
    err = place(im, relative, &im->uri);
    if (err == DMSC_OK)
        err = value_of(im, item, &decoded, &value);
    if (err == DMSC_OK)
        err = put(im, item, top, value);
    if (err == DMSC_OK && top && im->how->mode == DMSC_TNDS_REPLACE)
        err = delete_unlisted(im);
    dmsc_buf_clear(&decoded);
    return err;
}

static enum dmsc_err import_all(struct import *im, struct dmsc_buf *ret_uri)
{
    enum dmsc_err err = DMSC_OK;

    for (uint32_t i = 0; i < im->tnds->count && err == DMSC_OK; i++)
        err = import_item(im, ranked(im, i));
    if (err == DMSC_OK && ret_uri != NULL) {
        err = place(im, dmsci_tnds_text(im->tnds, im->tnds->items[0].uri), &im->uri);
        if (err == DMSC_OK)
            err = dmsc_buf_append(ret_uri, dmsc_buf_bytes(&im->uri));
    }
    return err;
}

/* The change inside the caller's, so that half an object never stays. */
static enum dmsc_err import_as_a_whole(struct import *im, struct dmsc_buf *ret_uri)
{
    size_t before = ret_uri == NULL ? 0 : ret_uri->n;
    enum dmsc_err err = dmsc_tree_begin(im->tree, "", dmsci_tree_now(im->tree));

    if (err != DMSC_OK)
        return err;
    err = import_all(im, ret_uri);
    if (err != DMSC_OK)
        dmsc_tree_rollback(im->tree);
    else
        err = dmsc_tree_commit(im->tree);
    if (err != DMSC_OK && ret_uri != NULL)
        dmsc_buf_truncate(ret_uri, before);
    return err;
}

enum dmsc_err dmsci_tnds_put(struct dmsc_tree *tree, const struct dmsc_tnds_import *how,
                             const struct dmsci_tnds *tnds, const struct dmsci_tnds_top *tops,
                             struct dmsc_buf *ret_uri)
{
    struct import im = {
        .tree = tree,
        .how = how,
        .base = how->base == NULL ? "." : how->base,
        .tnds = tnds,
        .tops = tops,
    };
    enum dmsc_err err;

    dmsc_buf_init(&im.uri, tree->ctx, SIZE_MAX / 2);
    err = check_root_name(&im);
    if (err == DMSC_OK)
        err = import_as_a_whole(&im, ret_uri);
    dmsc_buf_clear(&im.uri);
    return err;
}

/* For made-up names: only what is added must not meet what is there. */
struct below {
    struct dmsc_tree *tree;
    const char *base;
};

static enum dmsc_err taken(void *user, const char *uri, bool *ret_taken)
{
    const struct below *b = user;
    struct dmsc_buf whole;
    enum dmsc_err err;

    dmsc_buf_init(&whole, b->tree->ctx, SIZE_MAX / 2);
    err = dmsci_uri_join(b->base, uri, &whole);
    if (err == DMSC_OK)
        err = dmsc_tree_has(b->tree, dmsc_buf_str(&whole), ret_taken);
    dmsc_buf_clear(&whole);
    return err;
}

enum dmsc_err dmsc_tnds_import(struct dmsc_tree *tree, const struct dmsc_tnds_import *how,
                               struct dmsc_bytes document, struct dmsc_buf *ret_uri)
{
    struct below below = { tree, how->base == NULL ? "." : how->base };
    struct dmsci_tnds tnds;
    enum dmsc_err err = dmsci_tree_changing(tree, "import a TNDS object");

    if (err != DMSC_OK)
        return err;
    dmsci_tnds_init(&tnds, tree->ctx);
    err = dmsci_uri_check(tree->ctx, below.base);
    if (err == DMSC_OK)
        err = dmsci_tnds_parse(&tnds, document);
    if (err == DMSC_OK)
        err = dmsci_tnds_resolve(&tnds, how->mode == DMSC_TNDS_ADD ? taken : NULL, &below);
    if (err == DMSC_OK)
        err = dmsci_tnds_put(tree, how, &tnds, NULL, ret_uri);
    dmsci_tnds_clear(&tnds);
    return err;
}
