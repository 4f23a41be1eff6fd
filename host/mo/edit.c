/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to the tree. Everything is checked before the first row is touched. */
#include "host/mo/bind.h"
#include "host/mo/constructed.h"
#include "host/mo/ddf.h"
#include "host/mo/format.h"
#include "host/mo/secret.h"
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <dmsc/inbox.h>
#include <dmsc/mo_ops.h>
#include <string.h>

#define TITLE_OCTETS 255 /* TND 7.7.5 */

static enum dmsc_err check_acl(struct dmsc_tree *tree, const char *uri, const char *acl)
{
    if (strlen(acl) > dmsc_ctx_limits(tree->ctx)->acl_length)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "set an ACL", uri, "acl:length",
                                 "it is too long");
    if (!dmsc_acl_valid(acl))
        return dmsci_tree_refuse(tree, DMSC_E_MALFORMED, "set an ACL", uri, "acl:malformed",
                                 "it is no ACL");
    return DMSC_OK;
}

static enum dmsc_err check_title(struct dmsc_tree *tree, const char *uri, const char *title)
{
    if (strlen(title) > TITLE_OCTETS)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "set a title", uri, "title:length",
                                 "it is longer than 255 octets");
    if (!dmsci_text_valid(dmsc_bytes_str(title), true))
        return dmsci_tree_refuse(tree, DMSC_E_MALFORMED, "set a title", uri, "title:malformed",
                                 "it is no text");
    return DMSC_OK;
}

static enum dmsc_err check_type(struct dmsc_tree *tree, const char *uri, const char *type)
{
    if (strlen(type) > dmsc_ctx_limits(tree->ctx)->uri_length)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "set a type", uri, "type:length",
                                 "it is too long");
    if (!dmsci_text_valid(dmsc_bytes_str(type), false))
        return dmsci_tree_refuse(tree, DMSC_E_MALFORMED, "set a type", uri, "type:malformed",
                                 "it is no text");
    return DMSC_OK;
}

static enum dmsc_err check_value(struct dmsc_tree *tree, const char *uri, enum dmsc_format format,
                                 const char *type, struct dmsc_bytes value)
{
    enum dmsc_err err;

    if (value.n > dmsc_ctx_limits(tree->ctx)->node_value)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "take a value", uri, "value:length",
                                 "it is too long");
    err = dmsci_format_check(tree->ctx, format, value);
    if (err == DMSC_OK)
        err = dmsci_constructed_check(tree->ctx, format, type, value);
    if (err != DMSC_OK)
        dmsci_where(tree->ctx, "%.180s", uri);
    return err;
}

/* StdObj 5.3.4: objects are taken from the Inbox (dmsc_inbox_add()), and none stays there. */
static enum dmsc_err check_inbox(struct dmsc_tree *tree, const char *what, const char *uri)
{
    if (!dmsc_uri_below(uri, DMSC_INBOX) || strcmp(uri, DMSC_INBOX) == 0)
        return DMSC_OK;
    return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "inbox:node",
                             "the Inbox takes objects, and holds none");
}

static const char *text(const char *s)
{
    return s == NULL ? "" : s;
}

static enum dmsc_err check_spec(struct dmsc_tree *tree, const char *uri,
                                const struct dmsc_node_spec *spec)
{
    enum dmsc_err err = dmsci_uri_check(tree->ctx, uri);

    if (err == DMSC_OK)
        err = check_inbox(tree, "add a node", uri);
    if (err == DMSC_OK)
        err = check_acl(tree, uri, text(spec->acl));
    if (err == DMSC_OK)
        err = check_title(tree, uri, text(spec->title));
    if (err == DMSC_OK)
        err = check_type(tree, uri, text(spec->type));
    if (err == DMSC_OK)
        err = check_value(tree, uri, spec->format, spec->type, spec->value);
    return err;
}

/* Find the nearest ancestor that is there. @param ret_n octets of its URI in @p uri
 * @param ret_missing interior nodes to be made between the two */
static enum dmsc_err find_parent(struct dmsc_tree *tree, const char *uri, size_t *ret_n,
                                 uint32_t *ret_missing)
{
    char *at = dmsci_strdup(tree->ctx, uri);
    size_t n = dmsci_uri_parent_length(uri);
    enum dmsc_err err = at == NULL ? DMSC_E_NOMEM : DMSC_OK;
    bool there = false;
    uint32_t missing = 0;

    while (err == DMSC_OK && !there && n > 0) {
        struct dmsci_row row;

        at[n] = '\0';
        err = dmsci_row_get(tree->store, at, &row, &there);
        if (err == DMSC_OK && there && row.format != DMSC_FORMAT_NODE)
            err = dmsci_tree_refuse(tree, DMSC_E_STATE, "add a node", at, "node:leaf",
                                    "its parent is a leaf");
        if (!there) {
            missing++;
            n = dmsci_uri_parent_length(at);
        }
    }
    if (err == DMSC_OK && !there)
        err = dmsci_tree_refuse(tree, DMSC_E_CORRUPT, "add a node", uri, "node:missing",
                                "there is no root");
    dmsci_free(tree->ctx, at);
    *ret_n = n;
    *ret_missing = missing;
    return err;
}

static enum dmsc_err insert(struct dmsc_tree *tree, const char *uri, const struct dmsci_row *row,
                            struct dmsc_bytes value)
{
    struct dmsc_bytes stored;
    struct dmsc_buf room;
    enum dmsc_err err;

    dmsc_buf_init(&room, tree->ctx, SIZE_MAX / 2);
    err = dmsci_secret_seal(tree, uri, row->flags, value, &room, &stored);
    if (err == DMSC_OK)
        err = dmsci_row_insert(tree->store, uri, row, stored);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "add", uri);
    dmsc_buf_clear(&room);
    return err;
}

/* REP 6.6.1: parents that are not there are made, with an empty ACL. */
static enum dmsc_err insert_parents(struct dmsc_tree *tree, const char *uri, size_t from)
{
    const struct dmsci_row plain = {
        .type = "",
        .title = "",
        .acl = "",
        .tstamp = dmsci_tree_now(tree),
        .format = DMSC_FORMAT_NODE,
        .access = DMSC_ACCESS_DYNAMIC,
    };
    size_t end = dmsci_uri_parent_length(uri);
    char *at = dmsci_strdup(tree->ctx, uri);
    enum dmsc_err err = at == NULL ? DMSC_E_NOMEM : DMSC_OK;

    while (err == DMSC_OK && from < end) {
        struct dmsci_row row = plain;

        from += 1 + strcspn(uri + from + 1, "/");
        at[from] = '\0';
        err = dmsci_ddf_check_add(tree, at, &row);
        if (err == DMSC_OK)
            err = insert(tree, at, &row, dmsc_bytes(NULL, 0));
        at[from] = '/';
    }
    dmsci_free(tree->ctx, at);
    return err;
}

static enum dmsc_err add_rows(struct dmsc_tree *tree, const char *uri,
                              const struct dmsc_node_spec *spec, size_t parent, bool secret)
{
    struct dmsci_row row = {
        .type = text(spec->type),
        .title = text(spec->title),
        .acl = text(spec->acl),
        .tstamp = dmsci_tree_now(tree),
        .format = (uint8_t)spec->format,
        .access = spec->access == 0 ? DMSC_ACCESS_DYNAMIC : spec->access,
        .flags = spec->flags,
    };
    enum dmsc_err err = insert_parents(tree, uri, parent);

    if (err == DMSC_OK)
        err = dmsci_ddf_check_add(tree, uri, &row);
    if (secret)
        row.flags |= DMSC_NODE_SECRET;
    if ((row.flags & DMSC_NODE_SECRET) != 0)
        row.access = (uint8_t)(row.access & ~DMSC_ACCESS_GET);
    if (err == DMSC_OK && spec->format != DMSC_FORMAT_NODE)
        err = dmsci_bind_set(tree, uri, dmsci_format_canonical(spec->format, spec->value));
    if (err == DMSC_OK)
        err = insert(tree, uri, &row, dmsci_format_canonical(spec->format, spec->value));
    return err;
}

enum dmsc_err dmsc_tree_add(struct dmsc_tree *tree, const char *uri,
                            const struct dmsc_node_spec *spec)
{
    size_t parent = 0;
    uint32_t missing = 0;
    bool there = false;
    bool secret = spec->format != DMSC_FORMAT_NODE && dmsci_secret_named(uri);
    enum dmsc_err err = dmsci_tree_changing(tree, "add a node");

    if (err == DMSC_OK)
        err = check_spec(tree, uri, spec);
    if (err == DMSC_OK)
        err = dmsci_row_get(tree->store, uri, NULL, &there);
    if (err == DMSC_OK && there)
        err = dmsci_tree_refuse(tree, DMSC_E_EXISTS, "add a node", uri, "node:exists",
                                "it is there already");
    if (err == DMSC_OK)
        err = find_parent(tree, uri, &parent, &missing);
    if (err == DMSC_OK &&
        dmsci_rows_count(tree->store) + missing >= dmsc_ctx_limits(tree->ctx)->tree_nodes)
        err = dmsci_tree_refuse(tree, DMSC_E_LIMIT, "add a node", uri, "tree:full",
                                "the tree is full");
    if (err == DMSC_OK && missing > 0)
        err = dmsc_tree_begin(tree, "", dmsci_tree_now(tree));
    if (err != DMSC_OK)
        return err;
    err = add_rows(tree, uri, spec, parent, secret);
    if (missing > 0 && err == DMSC_OK)
        err = dmsc_tree_commit(tree);
    else if (missing > 0)
        dmsc_tree_rollback(tree);
    return err;
}

/* TND 7.7.2, 7.7.7: what a permanent node is cannot change. */
static bool changes_kind(const struct dmsci_row *row, const enum dmsc_format *format,
                         const char *type)
{
    return (format != NULL && *format != (enum dmsc_format)row->format) ||
           (type != NULL && strcmp(type, row->type) != 0);
}

/* The row as it is to be written, but for its value. */
static void change_row(const struct dmsc_tree *tree, const enum dmsc_format *format,
                       const char *type, struct dmsci_row *row)
{
    if (format != NULL)
        row->format = (uint8_t)*format;
    if (type != NULL)
        row->type = type;
    row->tstamp = dmsci_tree_now(tree);
    row->verno++; /* TND 7.7.8: FFFF is followed by 0 */
}

/* Let what stands behind the node hear of the value. It may read other nodes, and a row lasts until
 * the next is read. */
static enum dmsc_err let_hear(struct dmsc_tree *tree, const char *uri,
                              const enum dmsc_format *format, const char *type,
                              struct dmsc_bytes value, struct dmsci_row *row)
{
    enum dmsc_err err;

    if (tree->binding_count == 0)
        return DMSC_OK;
    err = dmsci_bind_set(tree, uri, dmsci_format_canonical((enum dmsc_format)row->format, value));
    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, "replace a value", row);
    if (err == DMSC_OK)
        change_row(tree, format, type, row);
    return err;
}

enum dmsc_err dmsc_tree_replace(struct dmsc_tree *tree, const char *uri,
                                const enum dmsc_format *format, const char *type,
                                struct dmsc_bytes value)
{
    static const char what[] = "replace a value";
    struct dmsci_row row;
    struct dmsc_bytes stored;
    struct dmsc_buf room;
    enum dmsc_err err = dmsci_tree_changing(tree, what);

    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, what, &row);
    if (err != DMSC_OK)
        return err;
    if (row.format == DMSC_FORMAT_NODE)
        return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:interior",
                                 "an interior node has none");
    if ((row.flags & DMSC_NODE_PERMANENT) != 0 && changes_kind(&row, format, type))
        return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:permanent",
                                 "format and type of a permanent node are fixed");
    if (format != NULL && *format == DMSC_FORMAT_NODE)
        return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:leaf",
                                 "a leaf does not become a node");
    if (type != NULL)
        err = check_type(tree, uri, type);
    change_row(tree, format, type, &row);
    if (err == DMSC_OK)
        err = check_value(tree, uri, (enum dmsc_format)row.format, type != NULL ? type : row.type,
                          value);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&room, tree->ctx, SIZE_MAX / 2);
    err = dmsci_secret_seal(tree, uri, row.flags,
                            dmsci_format_canonical((enum dmsc_format)row.format, value), &room,
                            &stored);
    if (err == DMSC_OK)
        err = dmsci_ddf_check_replace(tree, uri, &row);
    if (err == DMSC_OK)
        err = let_hear(tree, uri, format, type, value, &row);
    if (err == DMSC_OK)
        err = dmsci_row_update(tree->store, uri, &row, &stored);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "replace", uri);
    dmsc_buf_clear(&room);
    return err;
}

enum dmsc_err dmsc_tree_delete(struct dmsc_tree *tree, const char *uri, bool even_permanent)
{
    static const char what[] = "delete a node";
    struct dmsci_row row;
    bool permanent = false;
    enum dmsc_err err = dmsci_tree_changing(tree, what);

    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, what, &row);
    if (err != DMSC_OK)
        return err;
    if (strcmp(uri, ".") == 0)
        return dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:root", "it is the root");
    if (!even_permanent) {
        err = dmsci_rows_flagged(tree->store, uri, DMSC_NODE_PERMANENT, &permanent);
        if (err == DMSC_OK && permanent)
            err = dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:permanent",
                                    "it, or a node below it, is permanent");
        if (err == DMSC_OK)
            err = dmsci_ddf_check_delete(tree, uri);
    }
    if (err == DMSC_OK)
        err = dmsci_bind_remove(tree, uri);
    if (err == DMSC_OK)
        err = dmsci_rows_delete(tree->store, uri);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "delete", uri);
    return err;
}

/* The longest URI below must stay within the limit, too. */
static enum dmsc_err check_longest(struct dmsc_tree *tree, const char *uri, const char *to)
{
    size_t now = 0;
    size_t from_n = 0;
    size_t to_n = 0;
    enum dmsc_err err = dmsci_rows_longest(tree->store, uri, &now);

    for (const char *p = uri; *p != '\0'; p++)
        from_n += ((unsigned char)*p & 0xC0) != 0x80;
    for (const char *p = to; *p != '\0'; p++)
        to_n += ((unsigned char)*p & 0xC0) != 0x80;
    if (err == DMSC_OK && now - from_n + to_n > dmsc_ctx_limits(tree->ctx)->uri_length + 2)
        err = dmsci_tree_refuse(tree, DMSC_E_LIMIT, "rename a node", uri, "uri:length",
                                "a node below would have too long a URI");
    return err;
}

static enum dmsc_err move(struct dmsc_tree *tree, const char *uri, const char *to)
{
    struct dmsci_row row;
    bool secret = dmsci_secret_named(to);
    enum dmsc_err err = dmsci_rows_move(tree->store, uri, to);

    if (err == DMSC_OK)
        err = dmsci_secret_moved(tree, uri, to);
    if (err == DMSC_OK && secret)
        err = dmsci_tree_row(tree, to, "rename a node", &row);
    if (err == DMSC_OK && secret && row.format != DMSC_FORMAT_NODE)
        err = dmsci_secret_hide(tree, to);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "rename", uri);
    return err;
}

static enum dmsc_err rename_to(struct dmsc_tree *tree, const char *uri, const char *to)
{
    bool there = false;
    enum dmsc_err err = dmsci_row_get(tree->store, to, NULL, &there);

    if (err == DMSC_OK && there)
        err = dmsci_tree_refuse(tree, DMSC_E_EXISTS, "rename a node", to, "node:exists",
                                "a sibling has the name");
    if (err == DMSC_OK && dmsc_uri_below(to, DMSC_INBOX))
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, "rename a node", to, "inbox:node",
                                "nothing becomes the Inbox");
    if (err == DMSC_OK)
        err = check_longest(tree, uri, to);
    /* What stands behind a node knows it by its name. */
    if (err == DMSC_OK && dmsc_tree_bound(tree, uri))
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, "rename a node", uri, "bind:name",
                                "an object is bound to it");
    if (err == DMSC_OK)
        err = dmsc_tree_begin(tree, "", dmsci_tree_now(tree));
    if (err != DMSC_OK)
        return err;
    err = move(tree, uri, to);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

enum dmsc_err dmsc_tree_rename(struct dmsc_tree *tree, const char *uri, const char *name)
{
    static const char what[] = "rename a node";
    struct dmsci_row row;
    struct dmsc_buf to;
    enum dmsc_err err = dmsci_tree_changing(tree, what);

    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, what, &row);
    if (err == DMSC_OK && (row.flags & DMSC_NODE_PERMANENT) != 0)
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, what, uri, "node:permanent",
                                "the name of a permanent node is fixed");
    if (err == DMSC_OK)
        err = dmsci_uri_check_name(tree->ctx, name);
    if (err != DMSC_OK || strcmp(dmsci_uri_name(uri), name) == 0)
        return err;
    dmsc_buf_init(&to, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&to, dmsc_bytes(uri, dmsci_uri_parent_length(uri)));
    if (err == DMSC_OK)
        err = dmsci_buf_printf(&to, "/%s", name);
    if (err == DMSC_OK)
        err = rename_to(tree, uri, dmsc_buf_str(&to));
    dmsc_buf_clear(&to);
    return err;
}

enum dmsc_err dmsc_tree_set_title(struct dmsc_tree *tree, const char *uri, const char *title)
{
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_changing(tree, "set a title");

    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, "set a title", &row);
    if (err == DMSC_OK)
        err = check_title(tree, uri, title);
    if (err != DMSC_OK)
        return err;
    row.title = title;
    err = dmsci_row_update(tree->store, uri, &row, NULL);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "title", uri);
    return err;
}

enum dmsc_err dmsc_tree_set_acl(struct dmsc_tree *tree, const char *uri, const char *acl)
{
    struct dmsci_row row;
    enum dmsc_err err = dmsci_tree_changing(tree, "set an ACL");

    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, uri, "set an ACL", &row);
    if (err == DMSC_OK)
        err = check_acl(tree, uri, acl);
    if (err == DMSC_OK && acl[0] == '\0' && strcmp(uri, ".") == 0)
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, "set an ACL", uri, "acl:root",
                                "the root has nobody to inherit from");
    if (err != DMSC_OK)
        return err;
    row.acl = acl;
    err = dmsci_row_update(tree->store, uri, &row, NULL);
    if (err == DMSC_OK)
        dmsci_tree_note(tree, "acl", uri);
    return err;
}
