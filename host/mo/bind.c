/* SPDX-License-Identifier: Apache-2.0 */
/* Operations behind nodes: bound, asked, told. */
#include "host/mo/bind.h"
#include "host/mo/uri.h"
#include <dmsc/mo_ops.h>
#include <string.h>

struct dmsci_binding {
    char *uri;
    const struct dmsc_mo_ops *ops;
    void *user;
    bool heard;  /* set or remove was called in this change */
    bool undone; /* and some of it was rolled back */
};

/* The binding that covers a node: there is one at most. */
static struct dmsci_binding *binding_of(const struct dmsc_tree *tree, const char *uri)
{
    for (size_t i = 0; i < tree->binding_count; i++) {
        if (dmsc_uri_below(uri, tree->bindings[i].uri))
            return &tree->bindings[i];
    }
    return NULL;
}

static const char *path_in(const struct dmsci_binding *b, const char *uri)
{
    const char *path = uri + strlen(b->uri);

    return *path == '/' ? path + 1 : path;
}

enum dmsc_err dmsc_tree_bind(struct dmsc_tree *tree, const char *uri, const struct dmsc_mo_ops *ops,
                             void *user)
{
    struct dmsci_row row;
    char *copy;
    enum dmsc_err err = dmsci_tree_row(tree, uri, "bind an object", &row);

    if (err != DMSC_OK)
        return err;
    if (row.format != DMSC_FORMAT_NODE)
        return dmsci_tree_refuse(tree, DMSC_E_STATE, "bind an object", uri, "bind:leaf",
                                 "it is a leaf");
    for (size_t i = 0; i < tree->binding_count; i++) {
        if (dmsc_uri_below(uri, tree->bindings[i].uri) ||
            dmsc_uri_below(tree->bindings[i].uri, uri))
            return dmsci_tree_refuse(tree, DMSC_E_EXISTS, "bind an object", uri, "bind:taken",
                                     "something stands behind it already");
    }
    if (tree->binding_count == dmsc_ctx_limits(tree->ctx)->attachments)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "bind an object", uri, "bind:many",
                                 "there are as many as may be");
    if (tree->bindings == NULL)
        tree->bindings = dmsci_calloc(tree->ctx, dmsc_ctx_limits(tree->ctx)->attachments,
                                      sizeof(*tree->bindings));
    copy = dmsci_strdup(tree->ctx, uri);
    if (tree->bindings == NULL || copy == NULL) {
        dmsci_free(tree->ctx, copy);
        return DMSC_E_NOMEM;
    }
    tree->bindings[tree->binding_count++] = (struct dmsci_binding){ copy, ops, user, false, false };
    return DMSC_OK;
}

void dmsc_tree_unbind(struct dmsc_tree *tree, const char *uri)
{
    for (size_t i = 0; i < tree->binding_count; i++) {
        if (strcmp(tree->bindings[i].uri, uri) != 0)
            continue;
        dmsci_free(tree->ctx, tree->bindings[i].uri);
        tree->bindings[i] = tree->bindings[--tree->binding_count];
        return;
    }
}

void dmsc_tree_bindings(const struct dmsc_tree *tree, bool (*binding)(void *user, const char *uri),
                        void *user)
{
    for (size_t i = 0; i < tree->binding_count; i++) {
        if (!binding(user, tree->bindings[i].uri))
            return;
    }
}

void dmsci_bind_free(struct dmsc_tree *tree)
{
    while (tree->binding_count > 0)
        dmsc_tree_unbind(tree, tree->bindings[0].uri);
    dmsci_free(tree->ctx, tree->bindings);
    tree->bindings = NULL;
}

enum dmsc_err dmsci_bind_set(struct dmsc_tree *tree, const char *uri, struct dmsc_bytes value)
{
    struct dmsci_binding *b = tree->refreshing ? NULL : binding_of(tree, uri);

    if (b == NULL || b->ops->set == NULL)
        return DMSC_OK;
    b->heard = true;
    return b->ops->set(b->user, path_in(b, uri), value);
}

bool dmsc_tree_bound(const struct dmsc_tree *tree, const char *uri)
{
    for (size_t i = 0; i < tree->binding_count; i++) {
        if (dmsc_uri_below(tree->bindings[i].uri, uri))
            return true;
    }
    return binding_of(tree, uri) != NULL;
}

enum dmsc_err dmsci_bind_remove(struct dmsc_tree *tree, const char *uri)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; !tree->refreshing && i < tree->binding_count && err == DMSC_OK; i++) {
        struct dmsci_binding *b = &tree->bindings[i];
        bool within = dmsc_uri_below(uri, b->uri);

        if (b->ops->remove == NULL || (!within && !dmsc_uri_below(b->uri, uri)))
            continue;
        b->heard = true;
        err = b->ops->remove(b->user, within ? path_in(b, uri) : "");
    }
    return err;
}

void dmsci_bind_undone(struct dmsc_tree *tree)
{
    for (size_t i = 0; i < tree->binding_count; i++)
        tree->bindings[i].undone = tree->bindings[i].heard;
    if (tree->depth == 0)
        dmsci_bind_settle(tree, false);
}

void dmsci_bind_settle(struct dmsc_tree *tree, bool kept)
{
    /* Why the change came to nothing is still to be told. */
    const struct dmsc_diag story = *dmsc_diag_get(tree->ctx);

    if (tree->binding_count == 0)
        return;
    for (size_t i = 0; i < tree->binding_count; i++) {
        struct dmsci_binding *b = &tree->bindings[i];
        bool heard = b->heard, undone = b->undone;

        /* Before, since settled may make a change of its own. */
        b->heard = b->undone = false;
        if (heard && b->ops->settled != NULL)
            b->ops->settled(b->user, kept && !undone);
    }
    dmsci_diag_restore(tree->ctx, &story);
}

static enum dmsc_err run_exec(struct dmsc_tree *tree, struct dmsci_binding *b,
                              struct dmsc_exec *exec)
{
    struct dmsc_exec *outer = tree->executing;
    enum dmsc_err err;

    b->heard = true;
    tree->executing = exec;
    err = b->ops->exec(b->user, path_in(b, exec->uri), exec->argument);
    tree->executing = outer;
    return err;
}

enum dmsc_err dmsc_tree_exec_as(struct dmsc_tree *tree, struct dmsc_exec *exec)
{
    struct dmsci_binding *b = binding_of(tree, exec->uri);
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_changing(tree, "execute a node");

    exec->later = false;
    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, exec->uri, "execute a node", &row);
    if (err != DMSC_OK)
        return err;
    err = b == NULL || b->ops->exec == NULL ? DMSC_E_NOTFOUND : run_exec(tree, b, exec);
    if (err == DMSC_E_NOTFOUND)
        return dmsci_tree_refuse(tree, DMSC_E_UNSUPPORTED, "execute a node", exec->uri,
                                 "exec:nothing", "nothing stands behind it");
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "exec", exec->uri);
    return err;
}

enum dmsc_err dmsc_tree_exec(struct dmsc_tree *tree, const char *uri, struct dmsc_bytes argument)
{
    struct dmsc_exec exec = { uri, argument, NULL, false };

    return dmsc_tree_exec_as(tree, &exec);
}

struct dmsc_exec *dmsc_tree_executing(const struct dmsc_tree *tree)
{
    return tree->executing;
}

/* One node at a time: its value, or the names of its children. */
struct listing {
    struct dmsc_tree *tree;
    const char *uri;
    struct dmsc_buf *names; /* NUL behind each */
    enum dmsc_err err;
};

static bool keep_child(void *to, const char *name, const struct dmsc_node_spec *node)
{
    struct listing *l = to;
    struct dmsc_buf uri;
    bool there = false;

    dmsc_buf_init(&uri, l->tree->ctx, SIZE_MAX / 2);
    l->err = dmsci_buf_printf(&uri, "%s/%s", l->uri, name);
    if (l->err == DMSC_OK)
        l->err = dmsc_tree_has(l->tree, dmsc_buf_str(&uri), &there);
    if (l->err == DMSC_OK && !there)
        l->err = dmsc_tree_add(l->tree, dmsc_buf_str(&uri), node);
    if (l->err == DMSC_OK)
        l->err = dmsc_buf_append(l->names, dmsc_bytes(name, strlen(name) + 1));
    dmsc_buf_clear(&uri);
    return l->err == DMSC_OK;
}

static bool named(const struct dmsc_buf *names, const char *name)
{
    for (size_t at = 0; at < names->n; at += strlen((const char *)names->p + at) + 1) {
        if (strcmp((const char *)names->p + at, name) == 0)
            return true;
    }
    return false;
}

struct gone {
    const struct dmsc_buf *names;
    struct dmsc_buf *name;
    bool there;
    enum dmsc_err err;
};

static bool first_gone(void *user, const char *name)
{
    struct gone *gone = user;

    if (named(gone->names, name))
        return true;
    gone->there = true;
    gone->err = dmsc_buf_set(gone->name, dmsc_bytes_str(name));
    return false;
}

static enum dmsc_err drop_others(struct dmsc_tree *tree, const char *uri,
                                 const struct dmsc_buf *names)
{
    struct dmsc_buf name, at;
    struct gone gone = { names, &name, true, DMSC_OK };
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&name, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && gone.there) {
        gone.there = false;
        err = dmsc_tree_children(tree, uri, first_gone, &gone);
        if (err == DMSC_OK)
            err = gone.err;
        if (err != DMSC_OK || !gone.there)
            continue;
        dmsc_buf_reset(&at);
        err = dmsci_buf_printf(&at, "%s/%s", uri, dmsc_buf_str(&name));
        if (err == DMSC_OK)
            err = dmsc_tree_delete(tree, dmsc_buf_str(&at), true);
    }
    dmsc_buf_clear(&name);
    dmsc_buf_clear(&at);
    return err;
}

static enum dmsc_err refresh_children(struct dmsc_tree *tree, const struct dmsci_binding *b,
                                      const char *uri)
{
    struct dmsc_buf names;
    struct listing l = { tree, uri, &names, DMSC_OK };
    enum dmsc_err err;

    dmsc_buf_init(&names, tree->ctx,
                  (size_t)dmsc_ctx_limits(tree->ctx)->tnds_nodes *
                      dmsc_ctx_limits(tree->ctx)->uri_segment);
    err = b->ops->list(b->user, path_in(b, uri), keep_child, &l);
    if (err == DMSC_OK)
        err = l.err;
    if (err == DMSC_OK)
        err = drop_others(tree, uri, &names);
    dmsc_buf_clear(&names);
    return err;
}

static enum dmsc_err refresh_value(struct dmsc_tree *tree, const struct dmsci_binding *b,
                                   const char *uri)
{
    struct dmsc_buf now, was;
    enum dmsc_err err;

    dmsc_buf_init(&now, tree->ctx, dmsc_ctx_limits(tree->ctx)->node_value);
    dmsc_buf_init(&was, tree->ctx, SIZE_MAX / 2);
    err = b->ops->get(b->user, path_in(b, uri), &now);
    if (err == DMSC_OK)
        err = dmsc_tree_value(tree, uri, &was);
    if (err == DMSC_OK && !dmsc_bytes_equal(dmsc_buf_bytes(&now), dmsc_buf_bytes(&was)))
        err = dmsc_tree_replace(tree, uri, NULL, NULL, dmsc_buf_bytes(&now));
    dmsc_buf_clear(&now);
    dmsc_buf_clear(&was);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

/* The walk reads row by row, so nodes may come and go behind the one in hand. */
static enum dmsc_err refresh_from(struct dmsc_tree *tree, const struct dmsci_binding *b,
                                  const char *top)
{
    struct dmsci_row row;
    struct dmsc_buf at;
    bool more = true;
    enum dmsc_err err;

    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, top);
    if (err == DMSC_OK)
        err = dmsci_row_get(tree->store, top, &row, &more);
    while (err == DMSC_OK && more) {
        if (row.format == DMSC_FORMAT_NODE && b->ops->list != NULL)
            err = refresh_children(tree, b, dmsc_buf_str(&at));
        else if (row.format != DMSC_FORMAT_NODE && b->ops->get != NULL)
            err = refresh_value(tree, b, dmsc_buf_str(&at));
        if (err == DMSC_OK)
            err = dmsci_row_next(tree->store, top, dmsc_buf_str(&at), &at, &row, &more);
    }
    dmsc_buf_clear(&at);
    return err;
}

/* A node that is not there may be one that the operations know of by now: its parents tell. */
static enum dmsc_err refresh_at(struct dmsc_tree *tree, const struct dmsci_binding *b,
                                const char *uri)
{
    char *at = dmsci_strdup(tree->ctx, uri);
    bool there = at == NULL;
    enum dmsc_err err = at == NULL ? DMSC_E_NOMEM : DMSC_OK;

    while (err == DMSC_OK && !there) {
        err = dmsc_tree_has(tree, at, &there);
        if (!there && strlen(at) > strlen(b->uri))
            at[dmsci_uri_parent_length(at)] = '\0';
        else
            there = true;
    }
    if (err == DMSC_OK)
        err = refresh_from(tree, b, at);
    dmsci_free(tree->ctx, at);
    return err;
}

enum dmsc_err dmsc_tree_refresh(struct dmsc_tree *tree, const char *uri)
{
    enum dmsc_err err = DMSC_OK;

    if (tree->binding_count == 0)
        return DMSC_OK;
    err = dmsci_tree_changing(tree, "bring an object up to date");
    tree->refreshing = true;
    for (size_t i = 0; i < tree->binding_count && err == DMSC_OK; i++) {
        const struct dmsci_binding *b = &tree->bindings[i];

        if (dmsc_uri_below(uri, b->uri))
            err = refresh_at(tree, b, uri);
        else if (dmsc_uri_below(b->uri, uri))
            err = refresh_from(tree, b, b->uri);
    }
    tree->refreshing = false;
    return err;
}
