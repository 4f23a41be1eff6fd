/* SPDX-License-Identifier: Apache-2.0 */
/* The tree holds to the descriptions it was given. */
#include "host/mo/ddf.h"
#include "host/mo/uri.h"
#include <string.h>

struct dmsci_described {
    char *base;
    const struct dmsc_ddf *ddf;
};

static enum dmsc_err refuse(struct dmsc_tree *tree, enum dmsc_err err, const char *uri,
                            const char *reason, const char *why)
{
    return dmsci_tree_refuse(tree, err, "change a described object", uri, reason, why);
}

uint32_t dmsci_ddf_child(const struct dmsc_ddf *ddf, uint32_t parent, const char *name, size_t n)
{
    uint32_t unnamed = DMSCI_DDF_NONE;

    for (uint32_t i = 0; i < ddf->count; i++) {
        const char *own = dmsci_ddf_text(ddf, ddf->nodes[i].name);

        if (ddf->nodes[i].parent != parent)
            continue;
        if (own[0] == '\0')
            unnamed = i;
        else if (strlen(own) == n && strncmp(own, name, n) == 0)
            return i;
    }
    return unnamed;
}

/* STD 5: Ext is the one place below which a vendor puts what he wants; a description that says
 * nothing of what is below it leaves that free. */
static bool is_open(const struct dmsc_ddf *ddf, uint32_t at)
{
    const struct dmsci_ddf_node *n = &ddf->nodes[at];

    return n->format == DMSC_FORMAT_NODE && strcmp(dmsci_ddf_text(ddf, n->name), "Ext") == 0 &&
           (at + 1 == ddf->count || ddf->nodes[at + 1].parent != at);
}

/* What describes the node; DMSCI_DDF_NONE when nothing does. */
static uint32_t find(const struct dmsci_described *d, const char *uri, bool *ret_open)
{
    const char *p = uri + strlen(d->base);
    uint32_t at = 0;

    *ret_open = false;
    while (*p == '/' && at != DMSCI_DDF_NONE && !*ret_open) {
        size_t n = strcspn(p + 1, "/");

        *ret_open = is_open(d->ddf, at);
        at = dmsci_ddf_child(d->ddf, at, p + 1, n);
        p += n + 1;
    }
    return at;
}

/* The description that has a say in the node, NULL without; @p ret_at: what it says of it. */
static const struct dmsci_described *description_of(const struct dmsc_tree *tree, const char *uri,
                                                    uint32_t *ret_at)
{
    for (size_t i = 0; i < tree->described_count; i++) {
        bool open = false;

        if (!dmsc_uri_below(uri, tree->described[i].base))
            continue;
        *ret_at = find(&tree->described[i], uri, &open);
        return open ? NULL : &tree->described[i];
    }
    return NULL;
}

enum dmsc_err dmsc_tree_describe(struct dmsc_tree *tree, const struct dmsc_ddf *ddf,
                                 const char *base)
{
    char *copy;

    base = base != NULL ? base : dmsc_ddf_place(ddf);
    for (size_t i = 0; i < tree->described_count; i++) {
        if (dmsc_uri_below(base, tree->described[i].base) ||
            dmsc_uri_below(tree->described[i].base, base))
            return refuse(tree, DMSC_E_EXISTS, base, "ddf:taken", "it is described already");
    }
    if (tree->described_count == dmsc_ctx_limits(tree->ctx)->attachments)
        return refuse(tree, DMSC_E_LIMIT, base, "ddf:many", "there are 64 descriptions");
    if (tree->described == NULL)
        tree->described = dmsci_calloc(tree->ctx, dmsc_ctx_limits(tree->ctx)->attachments,
                                       sizeof(*tree->described));
    copy = dmsci_strdup(tree->ctx, base);
    if (tree->described == NULL || copy == NULL) {
        dmsci_free(tree->ctx, copy);
        return DMSC_E_NOMEM;
    }
    tree->described[tree->described_count++] = (struct dmsci_described){ copy, ddf };
    return DMSC_OK;
}

void dmsc_tree_undescribe(struct dmsc_tree *tree, const char *base)
{
    for (size_t i = 0; i < tree->described_count; i++) {
        if (strcmp(tree->described[i].base, base) != 0)
            continue;
        dmsci_free(tree->ctx, tree->described[i].base);
        tree->described[i] = tree->described[--tree->described_count];
        return;
    }
}

void dmsc_tree_descriptions(const struct dmsc_tree *tree,
                            bool (*description)(void *user, const char *base,
                                                const struct dmsc_ddf *ddf),
                            void *user)
{
    for (size_t i = 0; i < tree->described_count; i++) {
        if (!description(user, tree->described[i].base, tree->described[i].ddf))
            return;
    }
}

void dmsci_ddf_release(struct dmsc_tree *tree)
{
    for (size_t i = 0; i < tree->described_count; i++)
        dmsci_free(tree->ctx, tree->described[i].base);
    dmsci_free(tree->ctx, tree->described);
    tree->described = NULL;
    tree->described_count = 0;
}

/* Parameters of a MIME type do not make it another. */
static bool type_listed(const char *types, const char *type)
{
    size_t n = strcspn(type, "; ");

    if (*types == '\0')
        return true;
    for (; *types != '\0'; types += strlen(types) + 1) {
        if (strlen(types) == n && strncmp(types, type, n) == 0)
            return true;
    }
    return false;
}

static enum dmsc_err check_kind(struct dmsc_tree *tree, const struct dmsci_described *d,
                                uint32_t at, const char *uri, const struct dmsci_row *row)
{
    const struct dmsci_ddf_node *n = &d->ddf->nodes[at];

    if (row->format != n->format)
        return refuse(tree, DMSC_E_MALFORMED, uri, "ddf:format",
                      "its description has another format");
    if (row->format != DMSC_FORMAT_NODE && row->type[0] != '\0' &&
        !type_listed(dmsci_ddf_text(d->ddf, n->types), row->type))
        return refuse(tree, DMSC_E_MALFORMED, uri, "ddf:type", "its description has other types");
    return DMSC_OK;
}

struct counting {
    const struct dmsci_described *d;
    uint32_t parent, wanted;
    uint32_t count;
};

static bool count_same(void *user, const char *name)
{
    struct counting *c = user;

    c->count += dmsci_ddf_child(c->d->ddf, c->parent, name, strlen(name)) == c->wanted;
    return true;
}

/* Siblings of the same description that are there already. */
static enum dmsc_err check_occurrence(struct dmsc_tree *tree, const struct dmsci_described *d,
                                      uint32_t at, const char *uri)
{
    const struct dmsci_ddf_node *n = &d->ddf->nodes[at];
    struct counting c = { d, n->parent, at, 0 };
    char *parent;
    enum dmsc_err err;

    if (n->most == UINT32_MAX || n->parent == DMSCI_DDF_NONE)
        return DMSC_OK;
    parent = dmsci_strndup(tree->ctx, uri, dmsci_uri_parent_length(uri));
    if (parent == NULL)
        return DMSC_E_NOMEM;
    err = dmsc_tree_children(tree, parent, count_same, &c);
    dmsci_free(tree->ctx, parent);
    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    if (err == DMSC_OK && c.count >= n->most)
        err = refuse(tree, DMSC_E_STATE, uri, "ddf:occurrence", "there may be no more of its kind");
    return err;
}

enum dmsc_err dmsci_ddf_check_add(struct dmsc_tree *tree, const char *uri, struct dmsci_row *row)
{
    uint32_t at = DMSCI_DDF_NONE;
    const struct dmsci_described *d = description_of(tree, uri, &at);
    enum dmsc_err err;

    if (d == NULL)
        return DMSC_OK;
    if (at == DMSCI_DDF_NONE)
        return refuse(tree, DMSC_E_STATE, uri, "ddf:unknown", "no such node is described");
    err = check_kind(tree, d, at, uri, row);
    if (err == DMSC_OK)
        err = check_occurrence(tree, d, at, uri);
    if (err != DMSC_OK)
        return err;
    row->access = d->ddf->nodes[at].access;
    if (d->ddf->nodes[at].permanent)
        row->flags |= DMSC_NODE_PERMANENT;
    if (row->format == DMSC_FORMAT_NODE && row->type[0] == '\0')
        row->type = dmsci_ddf_text(d->ddf, d->ddf->nodes[at].types);
    return DMSC_OK;
}

enum dmsc_err dmsci_ddf_check_replace(struct dmsc_tree *tree, const char *uri,
                                      const struct dmsci_row *row)
{
    uint32_t at = DMSCI_DDF_NONE;
    const struct dmsci_described *d = description_of(tree, uri, &at);

    return d == NULL || at == DMSCI_DDF_NONE ? DMSC_OK : check_kind(tree, d, at, uri, row);
}

enum dmsc_err dmsci_ddf_check_delete(struct dmsc_tree *tree, const char *uri)
{
    uint32_t at = DMSCI_DDF_NONE;
    const struct dmsci_described *d = description_of(tree, uri, &at);

    /* The whole object may go; a part that must be there may not. */
    if (d == NULL || at == DMSCI_DDF_NONE || at == 0 || d->ddf->nodes[at].least == 0 ||
        dmsci_ddf_text(d->ddf, d->ddf->nodes[at].name)[0] == '\0')
        return DMSC_OK;
    return refuse(tree, DMSC_E_STATE, uri, "ddf:occurrence", "the object must have it");
}

/* The URI of a described node: its names from the top down. false: one is given at creation. */
static enum dmsc_err uri_of(const struct dmsci_described *d, uint32_t at, struct dmsc_buf *ret_uri,
                            bool *ret_named)
{
    uint32_t chain[64];
    size_t n = 0;
    enum dmsc_err err = dmsc_buf_set(ret_uri, dmsc_bytes_str(d->base));

    *ret_named = true;
    for (; at != 0 && n < 64; at = d->ddf->nodes[at].parent) {
        if (at == DMSCI_DDF_NONE || d->ddf->nodes[at].name == 0 || d->ddf->nodes[at].least == 0) {
            *ret_named = false;
            return DMSC_OK;
        }
        chain[n++] = at;
    }
    while (n > 0 && err == DMSC_OK)
        err = dmsci_buf_printf(ret_uri, "/%s",
                               dmsci_ddf_text(d->ddf, d->ddf->nodes[chain[--n]].name));
    return err;
}

enum dmsc_err dmsc_tree_make_described(struct dmsc_tree *tree, const char *base)
{
    uint32_t at = DMSCI_DDF_NONE;
    const struct dmsci_described *d = description_of(tree, base, &at);
    struct dmsc_buf uri;
    enum dmsc_err err = DMSC_OK;

    if (d == NULL)
        return refuse(tree, DMSC_E_NOTFOUND, base, "ddf:none", "nothing describes it");
    dmsc_buf_init(&uri, tree->ctx, SIZE_MAX / 2);
    for (uint32_t i = 0; i < d->ddf->count && err == DMSC_OK; i++) {
        const struct dmsci_ddf_node *n = &d->ddf->nodes[i];
        struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
        bool named = false, there = false;

        err = uri_of(d, i, &uri, &named);
        if (err == DMSC_OK && named)
            err = dmsc_tree_has(tree, dmsc_buf_str(&uri), &there);
        if (err != DMSC_OK || !named || there)
            continue;
        spec.format = (enum dmsc_format)n->format;
        spec.type = dmsci_ddf_text(d->ddf, n->types);
        if (spec.format != DMSC_FORMAT_NODE)
            spec.value = dmsc_bytes_str(dmsci_ddf_text(d->ddf, n->value));
        err = dmsc_tree_add(tree, dmsc_buf_str(&uri), &spec);
    }
    dmsc_buf_clear(&uri);
    return err;
}
