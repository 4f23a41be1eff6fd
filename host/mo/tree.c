/* SPDX-License-Identifier: Apache-2.0 */
/* The tree: opening, changes as a whole, and reading. Writing is in edit.c. */
#include "host/mo/tree.h"
#include "host/mo/acl.h"
#include "host/mo/bind.h"
#include "host/mo/ddf.h"
#include "host/mo/place.h"
#include "host/mo/secret.h"
#include "host/mo/uri.h"
#include "host/store/large.h"
#include <string.h>

/* Room for the record of one change. What does not fit is counted and no more. */
#define RECORD_SIZE 16384

static enum dmsc_err make_root(struct dmsc_tree *tree, const char *acl)
{
    /* TND 6: the root is permanent, and so are its name and format. */
    const struct dmsci_row root = {
        .type = "",
        .title = "",
        .acl = acl == NULL ? DMSCI_ACL_ROOT : acl,
        .format = DMSC_FORMAT_NODE,
        .access = DMSC_ACCESS_ADD | DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE,
        .flags = DMSC_NODE_PERMANENT,
    };
    enum dmsc_err err;
    bool there = false;

    if (root.acl[0] == '\0' || !dmsc_acl_valid(root.acl)) {
        (void)dmsci_fail(tree->ctx, DMSC_E_ARG, "make the root of the tree");
        dmsci_why(tree->ctx, "acl:root", "\"%s\" is no ACL for it", root.acl);
        return DMSC_E_ARG;
    }
    err = dmsc_store_begin(tree->store);
    if (err != DMSC_OK)
        return err;
    /* Another process may have made it meanwhile. */
    err = dmsci_row_get(tree->store, ".", NULL, &there);
    if (err == DMSC_OK && !there)
        err = dmsci_row_insert(tree->store, ".", &root, dmsc_bytes(NULL, 0));
    if (err == DMSC_OK)
        return dmsc_store_commit(tree->store);
    dmsc_store_rollback(tree->store);
    return err;
}

enum dmsc_err dmsc_tree_open(struct dmsc_ctx *ctx, struct dmsc_store *store, const char *root_acl,
                             struct dmsc_tree **ret_tree)
{
    struct dmsc_tree *tree = dmsci_alloc(ctx, sizeof(*tree));
    bool there = false;
    enum dmsc_err err;

    if (tree == NULL)
        return DMSC_E_NOMEM;
    tree->ctx = ctx;
    tree->store = store;
    dmsc_buf_init(&tree->what, ctx, RECORD_SIZE);
    err = dmsci_row_get(store, ".", NULL, &there);
    if (err == DMSC_OK && !there)
        err = make_root(tree, root_acl);
    if (err != DMSC_OK) {
        dmsc_tree_close(tree);
        return err;
    }
    *ret_tree = tree;
    return DMSC_OK;
}

void dmsc_tree_close(struct dmsc_tree *tree)
{
    if (tree == NULL)
        return;
    while (tree->depth > 0)
        dmsc_tree_rollback(tree);
    dmsci_bind_free(tree);
    dmsci_ddf_release(tree);
    dmsci_inbox_places_free(tree);
    dmsc_buf_clear(&tree->what);
    dmsci_free(tree->ctx, tree->actor);
    dmsci_free(tree->ctx, tree);
}

struct dmsc_ctx *dmsc_tree_ctx(const struct dmsc_tree *tree)
{
    return tree->ctx;
}

enum dmsc_err dmsc_tree_begin(struct dmsc_tree *tree, const char *actor, int64_t now)
{
    char *copy = NULL;
    enum dmsc_err err;

    if (tree->depth >= DMSCI_TREE_DEPTH)
        return dmsci_fail(tree->ctx, DMSC_E_LIMIT, "begin a change in %u others", tree->depth);
    if (tree->depth == 0) {
        copy = dmsci_strdup(tree->ctx, actor);
        if (copy == NULL)
            return DMSC_E_NOMEM;
    }
    err = dmsc_store_begin(tree->store);
    if (err != DMSC_OK) {
        dmsci_free(tree->ctx, copy);
        return err;
    }
    if (tree->depth == 0) {
        dmsci_free(tree->ctx, tree->actor);
        tree->actor = copy;
        dmsc_buf_reset(&tree->what);
        tree->count = 0;
    }
    tree->marks[tree->depth++] = (struct dmsci_tree_mark){ now, tree->what.n, tree->count };
    return DMSC_OK;
}

enum dmsc_err dmsc_tree_commit(struct dmsc_tree *tree)
{
    enum dmsc_err err = dmsci_tree_changing(tree, "commit a change");

    if (err != DMSC_OK)
        return err;
    if (tree->depth == 1 && tree->count > 0) {
        const struct dmsci_change change = {
            .at = tree->marks[0].now,
            .actor = tree->actor,
            .count = tree->count,
            .what = dmsc_buf_str(&tree->what),
        };

        err = dmsci_change_add(tree->store, &change);
    }
    if (err != DMSC_OK) {
        dmsc_tree_rollback(tree);
        return err;
    }
    tree->depth--;
    err = dmsc_store_commit(tree->store);
    if (tree->depth == 0)
        dmsci_bind_settle(tree, err == DMSC_OK);
    return err;
}

void dmsc_tree_rollback(struct dmsc_tree *tree)
{
    if (tree == NULL || tree->depth == 0)
        return;
    tree->depth--;
    dmsc_buf_truncate(&tree->what, tree->marks[tree->depth].what_n);
    tree->count = tree->marks[tree->depth].count;
    dmsc_store_rollback(tree->store);
    dmsci_bind_undone(tree);
}

enum dmsc_err dmsci_tree_changing(struct dmsc_tree *tree, const char *what)
{
    if (tree->depth > 0)
        return DMSC_OK;
    (void)dmsci_fail(tree->ctx, DMSC_E_STATE, "%s", what);
    dmsci_why(tree->ctx, "tree:no-change", "no change was begun");
    return DMSC_E_STATE;
}

int64_t dmsci_tree_now(const struct dmsc_tree *tree)
{
    return tree->marks[tree->depth - 1].now;
}

enum dmsc_err dmsci_tree_refuse(struct dmsc_tree *tree, enum dmsc_err err, const char *what,
                                const char *uri, const char *reason, const char *why)
{
    (void)dmsci_fail(tree->ctx, err, "%s", what);
    dmsci_where(tree->ctx, "%.180s", uri);
    dmsci_why(tree->ctx, reason, "%s", why);
    return err;
}

void dmsci_tree_note(struct dmsc_tree *tree, const char *verb, const char *uri)
{
    size_t wanted = strlen(verb) + strlen(uri) + 2;

    tree->count++;
    if (tree->what.n + wanted <= tree->what.ceiling &&
        dmsci_buf_printf(&tree->what, "%s %s\n", verb, uri) != DMSC_OK)
        dmsci_log(tree->ctx, DMSC_LOG_WARN, "tree", "a change is recorded in part");
}

enum dmsc_err dmsci_tree_row(struct dmsc_tree *tree, const char *uri, const char *what,
                             struct dmsci_row *ret_row)
{
    bool there = false;
    enum dmsc_err err = dmsci_row_get(tree->store, uri, ret_row, &there);

    if (err != DMSC_OK || there)
        return err;
    return dmsci_tree_refuse(tree, DMSC_E_NOTFOUND, what, uri, "node:missing",
                             "there is no such node");
}

void dmsc_node_clear(struct dmsc_node *node)
{
    if (node->ctx != NULL) {
        dmsci_free(node->ctx, node->type);
        dmsci_free(node->ctx, node->title);
        dmsci_free(node->ctx, node->acl);
    }
    *node = (struct dmsc_node)DMSC_NODE_INIT;
}

/* Borrows the strings of the row. */
static struct dmsc_node node_of(const struct dmsci_row *row)
{
    return (struct dmsc_node){
        .format = (enum dmsc_format)row->format,
        .tstamp = row->tstamp,
        .verno = row->verno,
        .access = row->access,
        .flags = row->flags,
        .size_bytes = row->format == DMSC_FORMAT_NODE ? 0 : dmsci_secret_size(row),
    };
}

static enum dmsc_err copy_node(struct dmsc_ctx *ctx, const struct dmsci_row *row,
                               struct dmsc_node *ret_node)
{
    struct dmsc_node node = node_of(row);

    node.ctx = ctx;
    node.type = dmsci_strdup(ctx, row->type);
    node.title = dmsci_strdup(ctx, row->title);
    node.acl = dmsci_strdup(ctx, row->acl);
    if (node.type == NULL || node.title == NULL || node.acl == NULL) {
        dmsc_node_clear(&node);
        return DMSC_E_NOMEM;
    }
    *ret_node = node;
    return DMSC_OK;
}

enum dmsc_err dmsc_tree_get(struct dmsc_tree *tree, const char *uri, struct dmsc_node *ret_node)
{
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_row(tree, uri, "read a node", &row);

    return err != DMSC_OK ? err : copy_node(tree->ctx, &row, ret_node);
}

enum dmsc_err dmsc_tree_has(struct dmsc_tree *tree, const char *uri, bool *ret_there)
{
    bool there = false;
    enum dmsc_err err = dmsci_row_get(tree->store, uri, NULL, &there);

    if (err == DMSC_OK)
        *ret_there = there;
    return err;
}

enum dmsc_err dmsci_tree_large(struct dmsc_tree *tree, const struct dmsci_row *row,
                               struct dmsc_buf *ret_value)
{
    const int64_t id = row->large;
    const size_t size = row->size;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_reset(ret_value);
    while (err == DMSC_OK && ret_value->n < size) {
        size_t before = ret_value->n;

        err = dmsci_large_read(tree->store, id, (int64_t)before, size, ret_value);
        if (err == DMSC_OK && ret_value->n == before)
            err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read a large object");
    }
    return err;
}

enum dmsc_err dmsc_tree_value(struct dmsc_tree *tree, const char *uri, struct dmsc_buf *ret_value)
{
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_row(tree, uri, "read a value", &row);

    if (err == DMSC_OK && row.format == DMSC_FORMAT_NODE)
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, "read a value", uri, "node:interior",
                                "an interior node has none");
    /* One that was large by another limit. */
    if (err == DMSC_OK && row.large != 0 && row.size <= dmsc_ctx_limits(tree->ctx)->node_value)
        return dmsci_tree_large(tree, &row, ret_value);
    if (err == DMSC_OK)
        err = dmsci_secret_value(tree, uri, row.flags, ret_value);
    return err;
}

enum dmsc_err dmsc_tree_children(struct dmsc_tree *tree, const char *uri,
                                 bool (*child)(void *user, const char *name), void *user)
{
    struct dmsc_buf name;
    bool more = true;
    enum dmsc_err err = dmsc_tree_has(tree, uri, &more);

    if (err == DMSC_OK && !more) {
        struct dmsci_row row;

        return dmsci_tree_row(tree, uri, "list the children of a node", &row);
    }
    dmsc_buf_init(&name, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && more) {
        err = dmsci_row_child(tree->store, uri, dmsc_buf_str(&name), &name, &more);
        more = err == DMSC_OK && more && child(user, dmsc_buf_str(&name));
    }
    dmsc_buf_clear(&name);
    return err;
}

static enum dmsc_err show(const char *uri, const struct dmsci_row *row,
                          enum dmsc_err (*visit)(void *user, const char *uri,
                                                 const struct dmsc_node *node),
                          void *user, struct dmsc_ctx *ctx)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = copy_node(ctx, row, &node);

    if (err == DMSC_OK)
        err = visit(user, uri, &node);
    dmsc_node_clear(&node);
    return err;
}

enum dmsc_err dmsc_tree_walk(struct dmsc_tree *tree, const char *uri,
                             enum dmsc_err (*visit)(void *user, const char *uri,
                                                    const struct dmsc_node *node),
                             void *user)
{
    struct dmsci_row row;
    struct dmsc_buf at;
    bool more = true;
    enum dmsc_err err = dmsci_store_read_begin(tree->store);

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, uri);
    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, "walk the tree", &row);
    while (err == DMSC_OK && more) {
        err = show(dmsc_buf_str(&at), &row, visit, user, tree->ctx);
        if (err == DMSC_OK)
            err = dmsci_row_next(tree->store, uri, dmsc_buf_str(&at), &at, &row, &more);
    }
    dmsc_buf_clear(&at);
    dmsci_store_read_end(tree->store);
    return err;
}

enum dmsc_err dmsci_tree_nearest(struct dmsc_tree *tree, const char *uri,
                                 bool (*has)(const struct dmsci_row *row),
                                 struct dmsci_row *ret_row, size_t *ret_n)
{
    char *at = dmsci_strdup(tree->ctx, uri);
    size_t n = strlen(uri);
    bool found = false;
    enum dmsc_err err = at == NULL ? DMSC_E_NOMEM : DMSC_OK;

    while (err == DMSC_OK && !found && n > 0) {
        bool there = false;

        at[n] = '\0';
        err = dmsci_row_get(tree->store, at, ret_row, &there);
        found = err == DMSC_OK && there && has(ret_row);
        if (!found)
            n = dmsci_uri_parent_length(at);
    }
    dmsci_free(tree->ctx, at);
    *ret_n = found ? n : 0;
    return err;
}

static bool has_acl(const struct dmsci_row *row)
{
    return row->acl[0] != '\0';
}

enum dmsc_err dmsc_tree_effective_acl(struct dmsc_tree *tree, const char *uri,
                                      struct dmsc_buf *ret_acl)
{
    struct dmsci_row row;
    size_t n = 0;
    enum dmsc_err err = dmsci_tree_nearest(tree, uri, has_acl, &row, &n);

    return err != DMSC_OK ? err : dmsc_buf_set(ret_acl, dmsc_bytes_str(n > 0 ? row.acl : ""));
}

const char *dmsc_tree_actor(const struct dmsc_tree *tree)
{
    return tree->depth > 0 && tree->actor != NULL ? tree->actor : "";
}
