/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/secret.h"
#include "host/mo/uri.h"
#include <string.h>

bool dmsci_secret_named(const char *uri)
{
    const char *name = dmsci_uri_name(uri);

    return strcmp(name, "AAuthSecret") == 0 || strcmp(name, "AAuthData") == 0;
}

enum dmsc_err dmsci_secret_seal(struct dmsc_tree *tree, const char *uri, uint8_t flags,
                                struct dmsc_bytes value, struct dmsc_buf *room,
                                struct dmsc_bytes *ret_stored)
{
    enum dmsc_err err;

    if ((flags & DMSC_NODE_SECRET) == 0 || value.n == 0) {
        *ret_stored = value;
        return DMSC_OK;
    }
    err = dmsci_store_seal(tree->store, uri, value, room);
    if (err == DMSC_OK)
        *ret_stored = dmsc_buf_bytes(room);
    return err;
}

enum dmsc_err dmsci_secret_value(struct dmsc_tree *tree, const char *uri, uint8_t flags,
                                 struct dmsc_buf *ret_value)
{
    struct dmsc_buf sealed;
    bool there = false;
    enum dmsc_err err;

    if ((flags & DMSC_NODE_SECRET) == 0)
        return dmsci_row_value(tree->store, uri, ret_value, &there);
    dmsc_buf_init(&sealed, tree->ctx, SIZE_MAX / 2);
    err = dmsci_row_value(tree->store, uri, &sealed, &there);
    if (err == DMSC_OK && sealed.n > 0)
        err = dmsci_store_unseal(tree->store, uri, dmsc_buf_bytes(&sealed), ret_value);
    else if (err == DMSC_OK)
        dmsc_buf_reset(ret_value);
    dmsc_buf_clear(&sealed);
    return err;
}

size_t dmsci_secret_size(const struct dmsci_row *row)
{
    return (row->flags & DMSC_NODE_SECRET) != 0 ? dmsci_store_unsealed_size(row->size) : row->size;
}

/* Store a value, and with it what makes its leaf a secret. */
static enum dmsc_err put(struct dmsc_tree *tree, const char *uri, struct dmsc_bytes value)
{
    struct dmsci_row row;
    struct dmsc_buf room;
    struct dmsc_bytes stored;
    enum dmsc_err err = dmsci_tree_row(tree, uri, "store a secret", &row);

    if (err != DMSC_OK)
        return err;
    row.flags |= DMSC_NODE_SECRET;
    row.access = (uint8_t)(row.access & ~DMSC_ACCESS_GET);
    dmsc_buf_init(&room, tree->ctx, SIZE_MAX / 2);
    err = dmsci_secret_seal(tree, uri, row.flags, value, &room, &stored);
    if (err == DMSC_OK)
        err = dmsci_row_update(tree->store, uri, &row, &stored);
    dmsc_buf_clear(&room);
    return err;
}

enum dmsc_err dmsci_secret_hide(struct dmsc_tree *tree, const char *uri)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, tree->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(tree, uri, &value);
    if (err == DMSC_OK)
        err = put(tree, uri, dmsc_buf_bytes(&value));
    dmsc_buf_clear(&value);
    return err;
}

/* @p uri is where a secret is now, at or below @p to; its seal is that of where it was. */
static enum dmsc_err seal_again(struct dmsc_tree *tree, const char *from, const char *to,
                                const char *uri)
{
    struct dmsc_buf was, sealed, value;
    bool there = false;
    enum dmsc_err err;

    dmsc_buf_init(&was, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&sealed, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, tree->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&was, "%s%s", from, uri + strlen(to));
    if (err == DMSC_OK)
        err = dmsci_row_value(tree->store, uri, &sealed, &there);
    if (err == DMSC_OK)
        err = dmsci_store_unseal(tree->store, dmsc_buf_str(&was), dmsc_buf_bytes(&sealed), &value);
    if (err == DMSC_OK)
        err = put(tree, uri, dmsc_buf_bytes(&value));
    dmsc_buf_clear(&value);
    dmsc_buf_clear(&sealed);
    dmsc_buf_clear(&was);
    return err;
}

enum dmsc_err dmsci_secret_moved(struct dmsc_tree *tree, const char *from, const char *to)
{
    struct dmsci_row row;
    struct dmsc_buf at;
    bool more = false;
    enum dmsc_err err = dmsci_rows_flagged(tree->store, to, DMSC_NODE_SECRET, &more);

    if (err != DMSC_OK || !more)
        return err;
    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, to);
    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, to, "rename a node", &row);
    while (err == DMSC_OK && more) {
        if ((row.flags & DMSC_NODE_SECRET) != 0 && row.size > 0)
            err = seal_again(tree, from, to, dmsc_buf_str(&at));
        if (err == DMSC_OK)
            err = dmsci_row_next(tree->store, to, dmsc_buf_str(&at), &at, &row, &more);
    }
    dmsc_buf_clear(&at);
    return err;
}
