/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that were left in the Inbox (StdObj 5.3.4, BOOT 5.4.5): apart, named, put in place. */
#include "host/mo/place.h"
#include "host/mo/tnds/tnds.h"
#include "host/mo/uri.h"
#include <string.h>

struct inbox {
    struct dmsc_tree *tree;
    const struct dmsc_inbox *how;
    struct dmsci_tnds tnds;
    struct dmsci_tnds_top *tops;
    uint32_t count;
    struct dmsc_buf parent; /* of the place at hand */
    struct dmsc_buf uri;
};

static enum dmsc_err refuse(struct inbox *in, enum dmsc_err err, const char *where,
                            const char *reason, const char *why)
{
    return dmsci_tnds_refuse(in->tree->ctx, err, where, reason, why);
}

static const char *uri_of(const struct inbox *in, uint32_t top)
{
    return dmsci_tnds_text(&in->tnds, in->tnds.items[in->tops[top].item].uri);
}

/* Empty for a node that says no MO identifier. */
static const char *moid_of(const struct inbox *in, uint32_t top)
{
    const struct dmsci_tnds_item *item = &in->tnds.items[in->tops[top].item];

    return (item->said & DMSCI_TNDS_DDFNAME) != 0 ? dmsci_tnds_text(&in->tnds, item->type) : "";
}

/* The top nodes: in the order of a walk what lies below one comes right behind it. */
static enum dmsc_err split(struct inbox *in)
{
    unsigned most = dmsc_ctx_limits(in->tree->ctx)->inbox_objects;
    const char *top = NULL;

    in->tops = dmsci_calloc(in->tree->ctx, most, sizeof(*in->tops));
    if (in->tops == NULL)
        return DMSC_E_NOMEM;
    for (uint32_t i = 0; i < in->tnds.count; i++) {
        uint32_t item = in->tnds.order[i];
        const char *uri = dmsci_tnds_text(&in->tnds, in->tnds.items[item].uri);

        if (top != NULL && dmsc_uri_below(uri, top))
            continue;
        if (strcmp(uri, ".") == 0)
            return refuse(in, DMSC_E_MALFORMED, NULL, "tnds:root-name",
                          "the root of a tree is no object");
        if (in->count == most)
            return refuse(in, DMSC_E_LIMIT, NULL, "inbox:objects", "there are too many objects");
        in->tops[in->count++] = (struct dmsci_tnds_top){ item, NULL };
        top = uri;
    }
    return DMSC_OK;
}

/* BOOT 5.4.5: whether another version of the same object is to be taken in its place. */
static enum dmsc_err outdated(struct inbox *in, uint32_t top, bool *ret_outdated)
{
    const char *moid = moid_of(in, top);
    enum dmsc_err err = DMSC_OK;

    *ret_outdated = false;
    for (uint32_t i = 0; i < in->count && err == DMSC_OK && !*ret_outdated; i++) {
        if (!dmsci_moid_same(moid_of(in, i), moid) || dmsci_moid_compare(moid_of(in, i), moid) <= 0)
            continue;
        err = dmsci_inbox_parent(in->tree, moid_of(in, i), in->how, &in->parent);
        *ret_outdated = in->parent.n > 0;
    }
    return err;
}

/* Whether another version of the same object has a place. */
static enum dmsc_err supported(struct inbox *in, uint32_t top, bool *ret_supported)
{
    enum dmsc_err err = DMSC_OK;

    *ret_supported = false;
    for (uint32_t i = 0; i < in->count && err == DMSC_OK && !*ret_supported; i++) {
        if (moid_of(in, i)[0] == '\0' || !dmsci_moid_same(moid_of(in, i), moid_of(in, top)))
            continue;
        err = dmsci_inbox_parent(in->tree, moid_of(in, i), in->how, &in->parent);
        *ret_supported = in->parent.n > 0;
    }
    return err;
}

/* The name with a number behind it, or as it is. @p ret_taken: in the tree, or by this object */
static enum dmsc_err try_name(struct inbox *in, uint32_t top, uint32_t number, bool *ret_taken)
{
    const char *name = dmsci_uri_name(uri_of(in, top));
    enum dmsc_err err;

    dmsc_buf_reset(&in->uri);
    err = dmsci_buf_printf(&in->uri, "%s/%s", dmsc_buf_str(&in->parent), name);
    if (err == DMSC_OK && number > 1)
        err = dmsci_buf_printf(&in->uri, "-%lu", (unsigned long)number);
    if (err == DMSC_OK)
        err = dmsci_uri_check(in->tree->ctx, dmsc_buf_str(&in->uri));
    if (err == DMSC_OK)
        err = dmsc_tree_has(in->tree, dmsc_buf_str(&in->uri), ret_taken);
    for (uint32_t i = 0; err == DMSC_OK && !*ret_taken && i < top; i++)
        *ret_taken = in->tops[i].to != NULL && strcmp(in->tops[i].to, dmsc_buf_str(&in->uri)) == 0;
    return err;
}

/* A free name in a number of looks that is the logarithm of how many are taken. */
static enum dmsc_err free_name(struct inbox *in, uint32_t top)
{
    uint32_t low = 0, high = 1; /* what is known to be taken, and to be free */
    bool taken = true;
    enum dmsc_err err = try_name(in, top, high, &taken);

    while (err == DMSC_OK && taken && high < UINT32_MAX / 2) {
        low = high;
        high *= 2;
        err = try_name(in, top, high, &taken);
    }
    while (err == DMSC_OK && high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        err = try_name(in, top, middle, &taken);
        low = taken ? middle : low;
        high = taken ? high : middle;
    }
    return err == DMSC_OK ? try_name(in, top, high, &taken) : err;
}

static enum dmsc_err choose(struct inbox *in, uint32_t top)
{
    const char *moid = moid_of(in, top);
    bool other = false;
    enum dmsc_err err = outdated(in, top, &other);

    if (err != DMSC_OK || other)
        return err;
    dmsc_buf_reset(&in->parent);
    if (moid[0] != '\0')
        err = dmsci_inbox_parent(in->tree, moid, in->how, &in->parent);
    if (err == DMSC_OK && in->parent.n == 0) {
        err = supported(in, top, &other);
        if (err != DMSC_OK || other || in->how->skip_unknown)
            return err;
        return refuse(in, DMSC_E_UNSUPPORTED, moid[0] != '\0' ? moid : uri_of(in, top),
                      "inbox:unknown", "no object of this kind is known here");
    }
    if (err == DMSC_OK)
        err = free_name(in, top);
    if (err != DMSC_OK)
        return err;
    in->tops[top].to = dmsci_strdup(in->tree->ctx, dmsc_buf_str(&in->uri));
    if (in->tops[top].to == NULL)
        return DMSC_E_NOMEM;
    return in->how->place == NULL ? DMSC_OK : in->how->place(in->how->user, in->tops[top].to, moid);
}

static enum dmsc_err choose_all(struct inbox *in)
{
    bool any = false;
    enum dmsc_err err = DMSC_OK;

    for (uint32_t i = 0; i < in->count && err == DMSC_OK; i++) {
        err = choose(in, i);
        any = any || in->tops[i].to != NULL;
    }
    if (err == DMSC_OK && !any)
        err = refuse(in, DMSC_E_UNSUPPORTED, NULL, "inbox:unknown",
                     "no object of these kinds is known here");
    return err;
}

/* The top node whose object a URI is in, as it stands in the message. */
static const struct dmsci_tnds_top *referred(const struct inbox *in, const char *uri,
                                             const char **ret_rest)
{
    size_t n = strlen(in->how->target);

    if (!dmsc_uri_below(uri, in->how->target))
        return NULL;
    for (uint32_t i = 0; i < in->count; i++) {
        /* Relative URIs begin with the dot that stands for the target. */
        const char *top = uri_of(in, i) + 1;
        size_t top_n = strlen(top);

        if (in->tops[i].to == NULL || strncmp(uri + n, top, top_n) != 0 ||
            (uri[n + top_n] != '\0' && uri[n + top_n] != '/'))
            continue;
        *ret_rest = uri + n + top_n;
        return &in->tops[i];
    }
    return NULL;
}

static enum dmsc_err set_value(struct inbox *in, struct dmsci_tnds_item *item,
                               struct dmsc_bytes value)
{
    struct dmsc_buf *text = &in->tnds.text;
    uint32_t at = (uint32_t)text->n;
    enum dmsc_err err = dmsc_buf_append(text, value);

    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(text, 0);
    if (err != DMSC_OK)
        return err;
    item->value = at;
    item->value_n = (uint32_t)value.n;
    return DMSC_OK;
}

/* StdObj 5.3.4: what names a node of the object in the Inbox names it where it will be. */
static enum dmsc_err rewrite(struct inbox *in, struct dmsci_tnds_item *item)
{
    const char *value = dmsci_tnds_text(&in->tnds, item->value), *rest = "";
    const struct dmsci_tnds_top *top = NULL;
    struct dmsc_buf encoded;
    enum dmsc_err err;

    if (item->format != DMSC_FORMAT_CHR || strlen(value) != item->value_n ||
        strstr(value, "Inbox") == NULL)
        return DMSC_OK;
    dmsc_buf_reset(&in->uri);
    err = dmsc_uri_normalise(in->tree->ctx, value, &in->uri, NULL);
    if (err == DMSC_OK)
        top = referred(in, dmsc_buf_str(&in->uri), &rest);
    else if (err != DMSC_E_NOMEM)
        err = DMSC_OK; /* it is no reference */
    if (err != DMSC_OK || top == NULL)
        return err;
    dmsc_buf_init(&encoded, in->tree->ctx, SIZE_MAX / 2);
    err = dmsci_uri_encode(top->to, &encoded);
    if (err == DMSC_OK)
        err = dmsci_uri_encode(rest, &encoded);
    if (err == DMSC_OK)
        err = set_value(in, item, dmsc_buf_bytes(&encoded));
    dmsc_buf_clear(&encoded);
    return err;
}

static enum dmsc_err take(struct inbox *in, struct dmsc_bytes object)
{
    const struct dmsc_tnds_import how = { .mode = DMSC_TNDS_ADD, .acl = in->how->acl };
    enum dmsc_err err = dmsci_tnds_parse(&in->tnds, object);

    if (err == DMSC_OK)
        err = dmsci_tnds_resolve(&in->tnds, NULL, NULL);
    if (err == DMSC_OK)
        err = split(in);
    if (err == DMSC_OK)
        err = choose_all(in);
    for (uint32_t i = 0; i < in->tnds.count && err == DMSC_OK; i++)
        err = rewrite(in, &in->tnds.items[i]);
    return err != DMSC_OK ? err : dmsci_tnds_put(in->tree, &how, &in->tnds, in->tops, NULL);
}

enum dmsc_err dmsc_inbox_add(struct dmsc_tree *tree, const struct dmsc_inbox *how,
                             struct dmsc_bytes object)
{
    struct inbox in = { .tree = tree, .how = how };
    enum dmsc_err err = dmsci_tree_changing(tree, "take an object from the Inbox");

    if (err == DMSC_OK && !dmsc_uri_below(how->target, DMSC_INBOX))
        err = refuse(&in, DMSC_E_ARG, how->target, "inbox:target", "it is not in the Inbox");
    if (err != DMSC_OK)
        return err;
    dmsci_tnds_init(&in.tnds, tree->ctx);
    dmsc_buf_init(&in.parent, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&in.uri, tree->ctx, SIZE_MAX / 2);
    err = take(&in, object);
    for (uint32_t i = 0; i < in.count; i++)
        dmsci_free(tree->ctx, in.tops[i].to);
    dmsci_free(tree->ctx, in.tops);
    dmsc_buf_clear(&in.uri);
    dmsc_buf_clear(&in.parent);
    dmsci_tnds_clear(&in.tnds);
    return err;
}
