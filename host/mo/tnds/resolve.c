/* SPDX-License-Identifier: Apache-2.0 */
/* From what each Node said to what it is: its URI, its format, its place in the order. */
#include "host/mo/tnds/tnds.h"
#include "host/mo/uri.h"
#include <stdlib.h>
#include <string.h>

/* Nested nodes share the front of their URIs, so these can take more room than the document. */
#define TEXT_FACTOR 32

void dmsci_tnds_init(struct dmsci_tnds *tnds, struct dmsc_ctx *ctx)
{
    size_t size = dmsc_ctx_limits(ctx)->object_size;

    *tnds = (struct dmsci_tnds){ .ctx = ctx };
    dmsc_buf_init(&tnds->text, ctx,
                  size > UINT32_MAX / 2 / TEXT_FACTOR ? UINT32_MAX / 2 : size * TEXT_FACTOR);
}

void dmsci_tnds_clear(struct dmsci_tnds *tnds)
{
    dmsc_buf_clear(&tnds->text);
    dmsci_free(tnds->ctx, tnds->items);
    dmsci_free(tnds->ctx, tnds->order);
    tnds->items = NULL;
    tnds->order = NULL;
}

const char *dmsci_tnds_text(const struct dmsci_tnds *tnds, uint32_t at)
{
    return dmsc_buf_str(&tnds->text) + at;
}

struct dmsc_bytes dmsci_tnds_value(const struct dmsci_tnds *tnds,
                                   const struct dmsci_tnds_item *item)
{
    return dmsc_bytes(dmsci_tnds_text(tnds, item->value), item->value_n);
}

enum dmsc_err dmsci_tnds_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *where,
                                const char *reason, const char *why)
{
    (void)dmsci_fail(ctx, err, "read a TNDS object");
    if (where != NULL)
        dmsci_where(ctx, "%.180s", where);
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

/* The URI of what the item lies in. @param to replaced */
static enum dmsc_err parent_uri(struct dmsci_tnds *t, const struct dmsci_tnds_item *item,
                                struct dmsc_buf *to)
{
    const char *path = dmsci_tnds_text(t, item->path);

    dmsc_buf_reset(to);
    if (item->parent != DMSCI_TNDS_NONE && (item->said & DMSCI_TNDS_PATH) != 0)
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, path, "tnds:path",
                                 "a Path stands in a Node below another");
    if (item->parent != DMSCI_TNDS_NONE)
        return dmsc_buf_append_str(to, dmsci_tnds_text(t, t->items[item->parent].uri));
    if (path[0] == '\0')
        return dmsc_buf_append_str(to, ".");
    return dmsc_uri_normalise(t->ctx, path, to, NULL);
}

/* TNDS 5: the device names what has no name. The same object gives the same names, so that it can
 * be put over itself; @p taken moves on where it must not. */
static enum dmsc_err make_up_name(struct dmsci_tnds *t, uint32_t number, struct dmsc_buf *uri,
                                  enum dmsc_err (*taken)(void *user, const char *uri,
                                                         bool *ret_taken),
                                  void *user)
{
    size_t parent_n = uri->n;
    bool in_use = true;
    enum dmsc_err err = DMSC_OK;

    for (uint32_t n = number; err == DMSC_OK && in_use; n += t->count) {
        dmsc_buf_truncate(uri, parent_n);
        err = dmsci_buf_printf(uri, "/x%08lX-%lu", (unsigned long)t->crc, (unsigned long)n);
        in_use = false;
        if (err == DMSC_OK && taken != NULL)
            err = taken(user, dmsc_buf_str(uri), &in_use);
    }
    return err;
}

static enum dmsc_err append_name(struct dmsci_tnds *t, uint32_t index, struct dmsc_buf *uri,
                                 enum dmsc_err (*taken)(void *user, const char *uri,
                                                        bool *ret_taken),
                                 void *user)
{
    const struct dmsci_tnds_item *item = &t->items[index];
    const char *name = dmsci_tnds_text(t, item->name);
    enum dmsc_err err;

    /* The place of the import itself: an export of the root says so. */
    if (item->parent == DMSCI_TNDS_NONE && strcmp(name, ".") == 0 && uri->n == 1)
        return DMSC_OK;
    if (name[0] == '\0')
        return make_up_name(t, index + 1, uri, taken, user);
    err = dmsci_uri_check_name(t->ctx, name);
    if (err == DMSC_OK)
        err = dmsci_buf_printf(uri, "/%s", name);
    if (err == DMSC_OK)
        err = dmsci_uri_check(t->ctx, dmsc_buf_str(uri));
    return err;
}

static enum dmsc_err give_uris(struct dmsci_tnds *t,
                               enum dmsc_err (*taken)(void *user, const char *uri, bool *ret_taken),
                               void *user)
{
    struct dmsc_buf uri;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&uri, t->ctx, SIZE_MAX / 2);
    for (uint32_t i = 0; i < t->count && err == DMSC_OK; i++) {
        err = parent_uri(t, &t->items[i], &uri);
        if (err == DMSC_OK)
            err = append_name(t, i, &uri, taken, user);
        t->items[i].uri = (uint32_t)t->text.n;
        if (err == DMSC_OK)
            err = dmsc_buf_append(&t->text, dmsc_buf_bytes(&uri));
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(&t->text, 0);
    }
    dmsc_buf_clear(&uri);
    return err;
}

struct ranked {
    const char *uri;
    uint32_t item;
};

static int compare(const void *a, const void *b)
{
    return dmsci_uri_compare(((const struct ranked *)a)->uri, ((const struct ranked *)b)->uri);
}

static enum dmsc_err give_order(struct dmsci_tnds *t)
{
    struct ranked *ranked = dmsci_calloc(t->ctx, t->count, sizeof(*ranked));
    enum dmsc_err err = DMSC_OK;

    t->order = dmsci_calloc(t->ctx, t->count, sizeof(*t->order));
    if (ranked == NULL || t->order == NULL) {
        dmsci_free(t->ctx, ranked);
        return DMSC_E_NOMEM;
    }
    for (uint32_t i = 0; i < t->count; i++)
        ranked[i] = (struct ranked){ dmsci_tnds_text(t, t->items[i].uri), i };
    qsort(ranked, t->count, sizeof(*ranked), compare);
    for (uint32_t i = 0; i < t->count && err == DMSC_OK; i++) {
        t->order[i] = ranked[i].item;
        if (i > 0 && strcmp(ranked[i].uri, ranked[i - 1].uri) == 0)
            err = dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, ranked[i].uri, "tnds:duplicate",
                                    "the object has this node twice");
    }
    dmsci_free(t->ctx, ranked);
    return err;
}

/* REP 6.6.1 and the advice of TNDS 5 for what is left out. */
static enum dmsc_err guess_format(struct dmsci_tnds *t, struct dmsci_tnds_item *item, bool interior)
{
    uint16_t said = item->said;

    if ((said & DMSCI_TNDS_FORMAT) != 0)
        return DMSC_OK;
    if (interior || (said & DMSCI_TNDS_DDFNAME) != 0)
        item->format = DMSC_FORMAT_NODE;
    else if ((said & (DMSCI_TNDS_VALUE | DMSCI_TNDS_MIME)) != 0)
        item->format = DMSC_FORMAT_CHR;
    else
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, dmsci_tnds_text(t, item->uri),
                                 "tnds:missing-value",
                                 "it has no format, no type, no value and no nodes");
    return DMSC_OK;
}

static enum dmsc_err check_kind(struct dmsci_tnds *t, const struct dmsci_tnds_item *item,
                                bool interior)
{
    const char *uri = dmsci_tnds_text(t, item->uri);

    if (item->format != DMSC_FORMAT_NODE && interior)
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, uri, "tnds:leaf-with-nodes",
                                 "a leaf has nodes below it");
    if (item->format == DMSC_FORMAT_NODE && (item->said & DMSCI_TNDS_VALUE) != 0)
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, uri, "tnds:value-on-node",
                                 "an interior node has a value");
    if (item->format != DMSC_FORMAT_NODE && (item->said & DMSCI_TNDS_DDFNAME) != 0)
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, uri, "tnds:type",
                                 "a leaf has the type of an object");
    return DMSC_OK;
}

/* White space around these is layout (the advice of REP for Data). */
static void trim_value(struct dmsci_tnds *t, struct dmsci_tnds_item *item)
{
    const char *p = dmsci_tnds_text(t, item->value);
    uint32_t n = item->value_n;

    if (item->format == DMSC_FORMAT_BIN && (item->said & DMSCI_TNDS_OCTETS) != 0)
        return;
    if (item->format == DMSC_FORMAT_CHR || item->format == DMSC_FORMAT_XML ||
        item->format == DMSC_FORMAT_B64)
        return;
    while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
        n--;
    for (; n > 0 && strchr(" \t\r\n", *p) != NULL; p++, n--)
        item->value++;
    item->value_n = n;
}

static enum dmsc_err resolve_item(struct dmsci_tnds *t, uint32_t rank)
{
    struct dmsci_tnds_item *item = &t->items[t->order[rank]];
    const char *uri = dmsci_tnds_text(t, item->uri);
    /* Whatever lies below a node comes right behind it, nested or by Path. */
    bool interior = rank + 1 < t->count &&
                    dmsc_uri_below(dmsci_tnds_text(t, t->items[t->order[rank + 1]].uri), uri);
    enum dmsc_err err;

    if (interior && (item->said & DMSCI_TNDS_VALUE) != 0)
        return dmsci_tnds_refuse(t->ctx, DMSC_E_MALFORMED, uri, "tnds:value-and-nodes",
                                 "it has a value and nodes below it");
    err = guess_format(t, item, interior);
    if (err == DMSC_OK)
        err = check_kind(t, item, interior);
    if (err == DMSC_OK)
        trim_value(t, item);
    return err;
}

enum dmsc_err dmsci_tnds_resolve(struct dmsci_tnds *tnds,
                                 enum dmsc_err (*taken)(void *user, const char *uri,
                                                        bool *ret_taken),
                                 void *user)
{
    enum dmsc_err err = give_uris(tnds, taken, user);

    if (err == DMSC_OK)
        err = give_order(tnds);
    for (uint32_t i = 0; i < tnds->count && err == DMSC_OK; i++)
        err = resolve_item(tnds, i);
    return err;
}
