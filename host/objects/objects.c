/* SPDX-License-Identifier: Apache-2.0 */
/* Standard objects, by name. */
#include "host/objects/objects.h"
#include <string.h>

void dmsc_object_walk(bool (*object)(void *user, const struct dmsc_object *object), void *user)
{
    for (size_t i = 0; i < dmsci_object_count; i++) {
        if (!object(user, &dmsci_objects[i].info))
            return;
    }
}

enum dmsc_err dmsc_object_ddf(struct dmsc_ctx *ctx, const char *name, struct dmsc_ddf **ret_ddf)
{
    for (size_t i = 0; i < dmsci_object_count; i++) {
        const struct dmsci_object *o = &dmsci_objects[i];

        if (strcmp(o->info.name, name) == 0 || strcmp(o->info.moid, name) == 0)
            return dmsci_ddf_make(ctx, o->nodes, o->count, dmsci_object_text, o->path, o->info.moid,
                                  ret_ddf);
    }
    (void)dmsci_fail(ctx, DMSC_E_NOTFOUND, "describe an object");
    dmsci_where(ctx, "%.100s", name);
    dmsci_why(ctx, "object:unknown", "the library has no description of it");
    return DMSC_E_NOTFOUND;
}

struct dmsc_object_binding {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_ddf *ddf;
    char *uri;
    bool described, bound;
};

static enum dmsc_err make(struct dmsc_object_binding *b, int64_t now)
{
    enum dmsc_err err = dmsc_tree_begin(b->tree, "device", now);

    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_make_described(b->tree, b->uri);
    if (err == DMSC_OK)
        return dmsc_tree_commit(b->tree);
    dmsc_tree_rollback(b->tree);
    return err;
}

void dmsc_object_unbind(struct dmsc_object_binding *binding)
{
    if (binding == NULL)
        return;
    if (binding->bound)
        dmsc_tree_unbind(binding->tree, binding->uri);
    if (binding->described)
        dmsc_tree_undescribe(binding->tree, binding->uri);
    dmsc_ddf_free(binding->ddf);
    dmsci_free(binding->ctx, binding->uri);
    dmsci_free(binding->ctx, binding);
}

enum dmsc_err dmsc_object_bind(struct dmsc_tree *tree, const char *name, const char *uri,
                               int64_t now, const struct dmsc_mo_ops *ops, void *user,
                               struct dmsc_object_binding **ret_binding)
{
    struct dmsc_ctx *ctx = dmsc_tree_ctx(tree);
    struct dmsc_object_binding *b = dmsci_calloc(ctx, 1, sizeof(*b));
    enum dmsc_err err;

    if (b == NULL)
        return DMSC_E_NOMEM;
    b->ctx = ctx;
    b->tree = tree;
    b->uri = dmsci_strdup(ctx, uri);
    err = b->uri == NULL ? DMSC_E_NOMEM : dmsc_object_ddf(ctx, name, &b->ddf);
    if (err == DMSC_OK)
        err = dmsc_tree_describe(tree, b->ddf, uri);
    b->described = err == DMSC_OK;
    if (err == DMSC_OK)
        err = make(b, now);
    if (err == DMSC_OK)
        err = dmsc_tree_bind(tree, uri, ops, user);
    b->bound = err == DMSC_OK;
    if (err == DMSC_OK)
        *ret_binding = b;
    else
        dmsc_object_unbind(b);
    return err;
}
