/* SPDX-License-Identifier: Apache-2.0 */
/* A description in memory: built, looked at, freed. */
#include "host/mo/ddf.h"
#include "host/mo/uri.h"
#include <string.h>

enum dmsc_err dmsci_ddf_new(struct dmsc_ctx *ctx, struct dmsc_ddf **ret_ddf)
{
    struct dmsc_ddf *ddf = dmsci_calloc(ctx, 1, sizeof(*ddf));
    enum dmsc_err err;

    if (ddf == NULL)
        return DMSC_E_NOMEM;
    ddf->ctx = ctx;
    dmsc_buf_init(&ddf->text, ctx, SIZE_MAX / 2);
    dmsc_buf_init(&ddf->place, ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&ddf->text, dmsc_bytes("\0", 2));
    if (err == DMSC_OK)
        *ret_ddf = ddf;
    else
        dmsc_ddf_free(ddf);
    return err;
}

enum dmsc_err dmsci_ddf_keep(struct dmsc_ddf *ddf, struct dmsc_bytes text, uint32_t *ret_at)
{
    size_t at = ddf->text.n;
    enum dmsc_err err = dmsc_buf_append(&ddf->text, text);

    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(&ddf->text, 0);
    if (err == DMSC_OK)
        *ret_at = (uint32_t)at;
    return err;
}

enum dmsc_err dmsci_ddf_add(struct dmsc_ddf *ddf, uint32_t parent)
{
    struct dmsci_ddf_node *nodes =
        dmsci_more(ddf->ctx, ddf->nodes, ddf->count, &ddf->capacity, sizeof(*ddf->nodes));

    if (nodes == NULL)
        return DMSC_E_NOMEM;
    ddf->nodes = nodes;
    ddf->nodes[ddf->count++] = (struct dmsci_ddf_node){
        .parent = parent, .least = 1, .most = 1, .format = DMSC_FORMAT_CHR
    };
    return DMSC_OK;
}

/* Path, "/" and NodeName of the first node; without a Path it stands below the root. A Path is a
 * URI, a NodeName is a name. */
enum dmsc_err dmsci_ddf_set_place(struct dmsc_ddf *d)
{
    const char *name = dmsci_ddf_text(d, d->nodes[0].name);
    struct dmsc_buf whole;
    enum dmsc_err err;

    dmsc_buf_init(&whole, d->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&whole, dmsc_buf_bytes(&d->place));
    if (err == DMSC_OK && whole.n == 0)
        err = dmsc_buf_append_str(&whole, ".");
    if (err == DMSC_OK && name[0] != '\0' && strcmp(name, ".") != 0) {
        if (whole.p[whole.n - 1] != '/')
            err = dmsc_buf_append_u8(&whole, '/');
        if (err == DMSC_OK)
            err = dmsci_uri_encode(name, &whole);
    }
    dmsc_buf_reset(&d->place);
    if (err == DMSC_OK)
        err = dmsc_uri_normalise(d->ctx, dmsc_buf_str(&whole), &d->place, NULL);
    dmsc_buf_clear(&whole);
    return err;
}

/* The octets of a list of strings, without the empty one that ends it. */
static size_t list_length(const char *types)
{
    const char *p = types;

    while (*p != '\0')
        p += strlen(p) + 1;
    return (size_t)(p - types);
}

static enum dmsc_err add_row(struct dmsc_ddf *ddf, uint32_t parent, const struct dmsci_ddf_row *row,
                             const char *text, struct dmsc_bytes types)
{
    struct dmsci_ddf_node *n;
    enum dmsc_err err = dmsci_ddf_add(ddf, parent);

    if (err != DMSC_OK)
        return err;
    n = &ddf->nodes[ddf->count - 1];
    n->format = row->format;
    n->access = row->access;
    n->permanent = row->permanent;
    n->least = row->least;
    n->most = row->many ? UINT32_MAX : 1;
    if (text[row->name] != '\0')
        err = dmsci_ddf_keep(ddf, dmsc_bytes_str(text + row->name), &n->name);
    if (err == DMSC_OK && text[row->value] != '\0')
        err = dmsci_ddf_keep(ddf, dmsc_bytes_str(text + row->value), &n->value);
    return err == DMSC_OK && types.n > 0 ? dmsci_ddf_keep(ddf, types, &n->types) : err;
}

static enum dmsc_err add_rows(struct dmsc_ddf *ddf, const struct dmsci_ddf_row *nodes, size_t n,
                              const char *text, const char *moid)
{
    enum dmsc_err err = DMSC_OK;
    uint32_t parent = DMSCI_DDF_NONE;

    for (size_t i = 0, depth = 0; i < n && err == DMSC_OK; i++) {
        const char *types = text + nodes[i].types;

        /* One level down, or any number of them up. */
        for (; depth > nodes[i].depth; depth--)
            parent = ddf->nodes[parent].parent;
        err = add_row(ddf, parent, &nodes[i], text,
                      i == 0 ? dmsc_bytes(moid, strlen(moid) + 1)
                             : dmsc_bytes(types, list_length(types)));
        parent = (uint32_t)i;
        depth = (size_t)nodes[i].depth + 1;
    }
    return err;
}

enum dmsc_err dmsci_ddf_make(struct dmsc_ctx *ctx, const struct dmsci_ddf_row *nodes, size_t n,
                             const char *text, const char *path, const char *moid,
                             struct dmsc_ddf **ret_ddf)
{
    struct dmsc_ddf *ddf = NULL;
    enum dmsc_err err = dmsci_ddf_new(ctx, &ddf);

    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&ddf->place, path);
    if (err == DMSC_OK)
        err = add_rows(ddf, nodes, n, text, moid);
    if (err == DMSC_OK)
        err = dmsci_ddf_set_place(ddf);
    if (err == DMSC_OK)
        *ret_ddf = ddf;
    else
        dmsc_ddf_free(ddf);
    return err;
}

void dmsc_ddf_free(struct dmsc_ddf *ddf)
{
    if (ddf == NULL)
        return;
    dmsc_buf_clear(&ddf->text);
    dmsc_buf_clear(&ddf->place);
    dmsci_free(ddf->ctx, ddf->nodes);
    dmsci_free(ddf->ctx, ddf);
}

const char *dmsci_ddf_text(const struct dmsc_ddf *ddf, uint32_t at)
{
    return (const char *)ddf->text.p + at;
}

const char *dmsc_ddf_place(const struct dmsc_ddf *ddf)
{
    return dmsc_buf_str(&ddf->place);
}

void dmsc_ddf_walk(const struct dmsc_ddf *ddf,
                   bool (*visit)(void *user, const struct dmsc_ddf_node *node), void *user)
{
    for (uint32_t i = 0; i < ddf->count; i++) {
        const struct dmsci_ddf_node *n = &ddf->nodes[i];
        struct dmsc_ddf_node shown = { dmsci_ddf_text(ddf, n->name),
                                       (enum dmsc_format)n->format,
                                       n->access,
                                       n->permanent,
                                       n->least,
                                       n->most,
                                       dmsci_ddf_text(ddf, n->types),
                                       dmsci_ddf_text(ddf, n->value),
                                       0 };

        for (uint32_t at = n->parent; at != DMSCI_DDF_NONE; at = ddf->nodes[at].parent)
            shown.depth++;
        if (!visit(user, &shown))
            return;
    }
}
