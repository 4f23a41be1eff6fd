/* SPDX-License-Identifier: Apache-2.0 */
/* Values of any size: read in pieces or whole, and copied. */
#include "host/mo/large/large.h"
#include "host/mo/secret.h"
#include "host/store/large.h"
#include <dmsc/mo_ops.h>

enum dmsc_err dmsci_large_allowed(struct dmsc_tree *tree, const char *uri, const char *what)
{
    struct dmsci_row row = { .format = DMSC_FORMAT_BIN };
    bool there = false;
    enum dmsc_err err = dmsci_row_get(tree->store, uri, &row, &there);

    if (err == DMSC_OK && row.format == DMSC_FORMAT_NODE)
        return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:interior",
                                 "an interior node has no value");
    if (err == DMSC_OK && ((row.flags & DMSC_NODE_SECRET) != 0 || dmsci_secret_named(uri)))
        return dmsci_tree_refuse(tree, DMSC_E_UNSUPPORTED, what, uri, "large:secret",
                                 "a secret cannot come in pieces");
    if (err == DMSC_OK && dmsc_tree_bound(tree, uri))
        return dmsci_tree_refuse(tree, DMSC_E_UNSUPPORTED, what, uri, "large:bound",
                                 "operations stand behind it, which take whole values");
    return err;
}

enum dmsc_err dmsci_large_room(struct dmsc_tree *tree, size_t n, const char *uri)
{
    uint64_t most = dmsc_ctx_limits(tree->ctx)->large_total;
    int64_t octets = 0;
    enum dmsc_err err = dmsci_large_sum(tree->store, &octets);

    if (err == DMSC_OK && ((uint64_t)octets > most || n > most - (uint64_t)octets))
        err = dmsci_tree_refuse(tree, DMSC_E_LIMIT, "keep a large object", uri, "large:total",
                                "all large objects together take too much room");
    return err;
}

/* A leaf. */
static enum dmsc_err leaf(struct dmsc_tree *tree, const char *uri, const char *what,
                          struct dmsci_row *ret_row)
{
    enum dmsc_err err = dmsci_tree_row(tree, uri, what, ret_row);

    if (err == DMSC_OK && ret_row->format == DMSC_FORMAT_NODE)
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:interior",
                                "an interior node has none");
    return err;
}

/* A value that lies in its row is at most limits.node_value: it is read whole. */
static enum dmsc_err part_of_row(struct dmsc_tree *tree, const char *uri, uint64_t at, size_t n,
                                 struct dmsc_buf *ret_octets)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, tree->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(tree, uri, &value);
    if (err == DMSC_OK && at < value.n)
        err = dmsc_buf_append(ret_octets,
                              dmsc_bytes(value.p + at, value.n - at < n ? value.n - at : n));
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err part(struct dmsc_tree *tree, const char *uri, uint64_t at, size_t n,
                          struct dmsc_buf *ret_octets)
{
    struct dmsci_row row;
    enum dmsc_err err = leaf(tree, uri, "read a part of a value", &row);

    if (err != DMSC_OK)
        return err;
    if (row.large == 0)
        return part_of_row(tree, uri, at, n, ret_octets);
    return at > INT64_MAX ? DMSC_OK
                          : dmsci_large_read(tree->store, row.large, (int64_t)at, n, ret_octets);
}

enum dmsc_err dmsc_tree_value_part(struct dmsc_tree *tree, const char *uri, uint64_t at, size_t n,
                                   struct dmsc_buf *ret_octets)
{
    enum dmsc_err err = dmsci_store_read_begin(tree->store);

    if (err != DMSC_OK)
        return err;
    err = part(tree, uri, at, n, ret_octets);
    dmsci_store_read_end(tree->store);
    return err;
}

static enum dmsc_err whole(struct dmsc_tree *tree, const char *uri, size_t most,
                           struct dmsc_buf *ret_value)
{
    struct dmsci_row row;
    enum dmsc_err err = leaf(tree, uri, "read a value", &row);

    if (err == DMSC_OK && row.large == 0)
        return dmsc_tree_value(tree, uri, ret_value);
    if (err == DMSC_OK && row.size > most)
        err = dmsci_tree_refuse(tree, DMSC_E_LIMIT, "read a value", uri, "value:large",
                                "it is a large object, to be read in pieces");
    if (err != DMSC_OK)
        return err;
    return dmsci_tree_large(tree, &row, ret_value);
}

enum dmsc_err dmsci_value_whole(struct dmsc_tree *tree, const char *uri, size_t most,
                                struct dmsc_buf *ret_value)
{
    enum dmsc_err err = dmsci_store_read_begin(tree->store);

    if (err != DMSC_OK)
        return err;
    err = whole(tree, uri, most, ret_value);
    dmsci_store_read_end(tree->store);
    return err;
}

static enum dmsc_err copy_row(struct dmsc_tree *tree, const char *from, const char *to)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;
    enum dmsc_err err = dmsc_tree_get(tree, from, &node);

    dmsc_buf_init(&value, tree->ctx, SIZE_MAX / 2);
    if (err == DMSC_OK)
        err = dmsc_tree_value(tree, from, &value);
    if (err == DMSC_OK)
        err = dmsc_tree_replace(tree, to, &node.format, node.type, dmsc_buf_bytes(&value));
    dmsc_buf_clear(&value);
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err copy_large(struct dmsc_tree *tree, const char *from, int64_t id,
                                const char *to)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    int64_t copy = 0;
    enum dmsc_err err = dmsci_large_allowed(tree, to, "copy a value");

    if (err == DMSC_OK)
        err = dmsc_tree_get(tree, from, &node);
    if (err == DMSC_OK)
        err = dmsci_large_room(tree, node.size_bytes, to);
    /* First: a copy over itself drops what was there. */
    if (err == DMSC_OK)
        err = dmsci_large_copy(tree->store, id, &copy);
    if (err == DMSC_OK)
        err = dmsc_tree_replace(tree, to, &node.format, node.type, dmsc_bytes(NULL, 0));
    if (err == DMSC_OK)
        err = dmsci_row_set_large(tree->store, to, copy);
    dmsc_node_clear(&node);
    return err;
}

enum dmsc_err dmsc_tree_copy_value(struct dmsc_tree *tree, const char *from, const char *to)
{
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_changing(tree, "copy a value");

    if (err == DMSC_OK)
        err = leaf(tree, from, "copy a value", &row);
    if (err != DMSC_OK)
        return err;
    if (row.large == 0)
        return copy_row(tree, from, to);
    err = dmsc_tree_begin(tree, "", dmsci_tree_now(tree));
    if (err != DMSC_OK)
        return err;
    err = copy_large(tree, from, row.large, to);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}
