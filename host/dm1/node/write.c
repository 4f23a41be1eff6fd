/* SPDX-License-Identifier: Apache-2.0 */
/* Add, Replace, Delete, Copy and Exec of one node (REP 6.6; statuses: SREP 10). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include <dmsc/inbox.h>
#include <dmsc/large.h>
#include <dmsc/mo_ops.h>
#include <string.h>
#include <strings.h>

#define TITLE_MAX 255u /* TND 7.7.8 */

/* The nearest ancestor that exists, and the first node below it that does not, of op->uri. */
static enum dmsc_err first_missing(struct dmsci_dm1_op *op, struct dmsc_buf *parent,
                                   struct dmsc_buf *first)
{
    bool there = false;
    enum dmsc_err err = dmsc_buf_set(parent, dmsc_buf_bytes(&op->uri));

    while (err == DMSC_OK && !there) {
        size_t n = dmsci_uri_parent_length(dmsc_buf_str(parent));

        err = dmsc_buf_set(first, dmsc_buf_bytes(parent));
        dmsc_buf_truncate(parent, n);
        if (err == DMSC_OK && n == 0)
            return DMSC_OK; /* the root is always there */
        if (err == DMSC_OK)
            err = dmsc_tree_has(op->dm1->tree, dmsc_buf_str(parent), &there);
    }
    return err;
}

enum dmsc_err dmsci_dm1_creator_acl(struct dmsci_dm1_op *op, const char *parent,
                                    struct dmsc_buf *ret_acl)
{
    const char *id = op->dm1->server_id;
    struct dmsc_buf acl;
    enum dmsc_err err;

    dmsc_buf_init(&acl, op->dm1->ctx, SIZE_MAX / 4);
    dmsc_buf_reset(ret_acl);
    err = dmsc_tree_effective_acl(op->dm1->tree, parent, &acl);
    if (err == DMSC_OK && !dmsc_acl_allows(dmsc_buf_str(&acl), DMSC_ACL_REPLACE, id))
        err = dmsci_buf_printf(ret_acl, "Add=%s&Delete=%s&Replace=%s", id, id, id);
    dmsc_buf_clear(&acl);
    return err;
}

/* TND 7.7.1.3: who makes an interior node where it has no Replace gets rights on the new one. */
static enum dmsc_err give_creator(struct dmsci_dm1_op *op, const char *parent, const char *first,
                                  bool interior)
{
    struct dmsc_buf acl;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&acl, op->dm1->ctx, SIZE_MAX / 4);
    if (interior || strcmp(first, dmsc_buf_str(&op->uri)) != 0)
        err = dmsci_dm1_creator_acl(op, parent, &acl);
    if (err == DMSC_OK && acl.n > 0)
        err = dmsc_tree_set_acl(op->dm1->tree, first, dmsc_buf_str(&acl));
    dmsc_buf_clear(&acl);
    return err;
}

/* @p spec of a large value tells its type alone. */
static enum dmsc_err make_node(struct dmsci_dm1_op *op, const struct dmsc_node_spec *spec)
{
    bool large = op->dm1->object.large != NULL;
    struct dmsc_buf parent, first;
    enum dmsc_err err;

    dmsc_buf_init(&parent, op->dm1->ctx, SIZE_MAX / 4);
    dmsc_buf_init(&first, op->dm1->ctx, SIZE_MAX / 4);
    err = first_missing(op, &parent, &first);
    if (err == DMSC_OK)
        err = large ? dmsci_dm1_large_put(op, spec->type)
                    : dmsc_tree_add(op->dm1->tree, dmsc_buf_str(&op->uri), spec);
    if (err == DMSC_OK)
        err = give_creator(op, parent.n > 0 ? dmsc_buf_str(&parent) : ".", dmsc_buf_str(&first),
                           !large && spec->format == DMSC_FORMAT_NODE);
    dmsc_buf_clear(&parent);
    dmsc_buf_clear(&first);
    op->changes++;
    return dmsci_dm1_settle_tree(op, err);
}

/* Format of Meta. false with the outcome settled: there is no such format */
bool dmsci_dm1_wanted_format(struct dmsci_dm1_op *op, enum dmsc_format otherwise,
                             enum dmsc_format *ret_format)
{
    char lower[8] = { 0 };

    *ret_format = otherwise;
    if (op->format == NULL || op->format[0] == '\0')
        return true;
    /* Written "Chr" by some. */
    for (size_t i = 0; i + 1 < sizeof(lower) && op->format[i] != '\0'; i++)
        lower[i] = (char)(op->format[i] >= 'A' && op->format[i] <= 'Z' ? op->format[i] + 32
                                                                       : op->format[i]);
    if (strlen(op->format) < sizeof(lower) && dmsc_format_by_name(lower, ret_format))
        return true;
    op->reason = "format";
    (void)dmsci_dm1_settle(op, 415);
    return false;
}

static bool blank(struct dmsc_bytes data)
{
    for (size_t i = 0; i < data.n; i++) {
        if (strchr(" \t\r\n", data.p[i]) == NULL)
            return false;
    }
    return true;
}

static enum dmsc_err add_leaf(struct dmsci_dm1_op *op, enum dmsc_format format)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf value;
    bool good = false;
    enum dmsc_err err;

    spec.type = op->type != NULL ? op->type : "text/plain";
    if (op->dm1->object.large != NULL)
        return make_node(op, &spec);
    dmsc_buf_init(&value, op->dm1->ctx, SIZE_MAX / 4);
    err = dmsci_dm1_take(op, &format, &value, &good);
    if (err == DMSC_OK && good) {
        spec.format = format;
        spec.value = dmsc_buf_bytes(&value);
        err = make_node(op, &spec);
    }
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err add_interior(struct dmsci_dm1_op *op)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    if (!blank(op->data))
        return dmsci_dm1_settle(op, 400);
    spec.format = DMSC_FORMAT_NODE;
    spec.type = op->type != NULL ? op->type : "";
    return make_node(op, &spec);
}

enum dmsc_err dmsci_dm1_add(struct dmsci_dm1_op *op)
{
    const char *uri = dmsc_buf_str(&op->uri);
    enum dmsc_format format;

    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (dmsci_dm1_is_tnds(op->type))
        return dmsci_dm1_tnds(op, DMSC_TNDS_ADD);
    if (dmsc_uri_below(uri, DMSC_INBOX)) { /* STD 5.3.4: it takes objects alone */
        op->reason = "inbox:object";
        return dmsci_dm1_settle(op, 415);
    }
    if (op->format != NULL && strcasecmp(op->format, "node") == 0)
        op->new_mo = op->type;
    if (!dmsci_dm1_may(op, DMSC_RIGHT_ADD, uri, op->exists))
        return DMSC_OK;
    if (op->exists)
        return dmsci_dm1_settle(op, 418);
    if (!dmsci_dm1_wanted_format(op, DMSC_FORMAT_CHR, &format))
        return DMSC_OK;
    return format == DMSC_FORMAT_NODE ? add_interior(op) : add_leaf(op, format);
}

/* TND 7: which properties there are, and which a server may write. */
static const struct {
    const char *name;
    bool writable;
} properties[] = {
    { "ACL", true },   { "Format", false }, { "Name", true },  { "Size", false },
    { "Title", true }, { "TStamp", false }, { "Type", false }, { "VerNo", false },
};

static enum dmsc_err set_acl(struct dmsci_dm1_op *op, const char *text)
{
    if (!dmsc_acl_valid(text)) {
        op->reason = "acl:syntax";
        return dmsci_dm1_settle(op, 400);
    }
    op->changes++;
    return dmsci_dm1_settle_tree(op,
                                 dmsc_tree_set_acl(op->dm1->tree, dmsc_buf_str(&op->uri), text));
}

static enum dmsc_err set_name(struct dmsci_dm1_op *op, const char *text)
{
    enum dmsc_err err = dmsci_uri_check_name(op->dm1->ctx, text);

    if (err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT)
        return dmsci_dm1_settle(op, err == DMSC_E_LIMIT ? 414 : 400);
    if (err != DMSC_OK)
        return err;
    op->changes++;
    /* Grants and priority are those of an instance by its name: under another they are gone. */
    err = dmsc_authority_deleting(op->dm1->authority, dmsc_buf_str(&op->uri));
    if (err != DMSC_OK)
        return err;
    return dmsci_dm1_settle_tree(op, dmsc_tree_rename(op->dm1->tree, dmsc_buf_str(&op->uri), text));
}

static enum dmsc_err set_title(struct dmsci_dm1_op *op, const char *text)
{
    if (strlen(text) > TITLE_MAX)
        return dmsci_dm1_settle(op, 413);
    op->changes++;
    return dmsci_dm1_settle_tree(op,
                                 dmsc_tree_set_title(op->dm1->tree, dmsc_buf_str(&op->uri), text));
}

static enum dmsc_err replace_property(struct dmsci_dm1_op *op, const char *name)
{
    bool acl = strcmp(name, "ACL") == 0, known = false, writable = false;
    const char *uri = dmsc_buf_str(&op->uri), *text = (const char *)op->data.p;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(properties); i++) {
        if (strcmp(name, properties[i].name) == 0) {
            known = true;
            writable = properties[i].writable;
        }
    }
    if (!writable)
        return dmsci_dm1_settle(op, known ? 405 : 406);
    if (!dmsci_dm1_may(op, acl ? DMSC_RIGHT_ACL : DMSC_RIGHT_REPLACE, uri, op->exists))
        return DMSC_OK;
    if (!op->exists)
        return dmsci_dm1_settle(op, 404);
    text = text != NULL ? text : "";
    if (acl)
        return set_acl(op, text);
    return strcmp(name, "Name") == 0 ? set_name(op, text) : set_title(op, text);
}

static enum dmsc_err replace_leaf(struct dmsci_dm1_op *op)
{
    enum dmsc_format format;
    struct dmsc_buf value;
    bool good = false;
    enum dmsc_err err;

    if (!dmsci_dm1_wanted_format(op, op->node.format, &format))
        return DMSC_OK;
    if (format == DMSC_FORMAT_NODE)
        return dmsci_dm1_settle(op, 405);
    if (op->dm1->object.large != NULL) {
        op->changes++;
        return dmsci_dm1_settle_tree(op, dmsci_dm1_large_put(op, op->type));
    }
    dmsc_buf_init(&value, op->dm1->ctx, SIZE_MAX / 4);
    err = dmsci_dm1_take(op, &format, &value, &good);
    /* TND 7: Format and Type of a permanent node are fixed. */
    if (err == DMSC_OK && good && (op->node.flags & DMSC_NODE_PERMANENT) != 0 &&
        (format != op->node.format || (op->type != NULL && strcmp(op->type, op->node.type) != 0))) {
        good = false;
        (void)dmsci_dm1_settle(op, 405);
    }
    if (err == DMSC_OK && good) {
        op->changes++;
        err =
            dmsci_dm1_settle_tree(op, dmsc_tree_replace(op->dm1->tree, dmsc_buf_str(&op->uri),
                                                        &format, op->type, dmsc_buf_bytes(&value)));
    }
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_dm1_replace(struct dmsci_dm1_op *op)
{
    const char *uri = dmsc_buf_str(&op->uri), *property = dmsci_dm1_query(op, "prop");

    if (property != NULL)
        return replace_property(op, property);
    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (!dmsci_dm1_may(op, DMSC_RIGHT_REPLACE, uri, op->exists))
        return DMSC_OK;
    if (!op->exists)
        return dmsci_dm1_settle(op, 404);
    if (op->node.format != DMSC_FORMAT_NODE)
        return replace_leaf(op);
    if (!dmsci_dm1_is_tnds(op->type))
        return dmsci_dm1_settle(op, 405);
    return dmsci_dm1_tnds(op, DMSC_TNDS_REPLACE);
}

enum dmsc_err dmsci_dm1_delete(struct dmsci_dm1_op *op)
{
    const char *uri = dmsc_buf_str(&op->uri);
    enum dmsc_err err;

    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (!dmsci_dm1_may(op, DMSC_RIGHT_DELETE, uri, op->exists))
        return DMSC_OK;
    if (!op->exists)
        return dmsci_dm1_settle(op, 404);
    op->changes++;
    err = dmsc_authority_deleting(op->dm1->authority, uri);
    if (err != DMSC_OK)
        return err;
    return dmsci_dm1_settle_tree(op, dmsc_tree_delete(op->dm1->tree, uri, false));
}

static enum dmsc_err copy_from(struct dmsci_dm1_op *op, const char *from)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(op->dm1->tree, from, &node);
    bool there = err == DMSC_OK;

    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return err;
    err = DMSC_OK;
    if (dmsc_uri_below(from, DMSC_INBOX)) {
        (void)dmsci_dm1_settle(op, 405);
        goto out;
    }
    /* REP 6.6.4, TND 7.7.1.5: Get on the source, Replace on the target. */
    if (!dmsci_dm1_may(op, DMSC_RIGHT_GET, from, there) ||
        !dmsci_dm1_may(op, DMSC_RIGHT_COPY, from, there) ||
        !dmsci_dm1_may(op, DMSC_RIGHT_REPLACE, dmsc_buf_str(&op->uri), op->exists))
        goto out;
    if (!there || !op->exists)
        (void)dmsci_dm1_settle(op, 404);
    else if (node.format == DMSC_FORMAT_NODE || op->node.format == DMSC_FORMAT_NODE ||
             (node.access & DMSC_ACCESS_COPY) == 0)
        (void)dmsci_dm1_settle(op, 405);
    else if ((op->node.flags & DMSC_NODE_PERMANENT) != 0 && node.format != op->node.format)
        (void)dmsci_dm1_settle(op, 403); /* the target cannot take the value */
    else {
        op->changes++;
        err = dmsci_dm1_settle_tree(
            op, dmsc_tree_copy_value(op->dm1->tree, from, dmsc_buf_str(&op->uri)));
    }
out:
    dmsc_node_clear(&node);
    return err;
}

enum dmsc_err dmsci_dm1_copy(struct dmsci_dm1_op *op)
{
    struct dmsc_buf from;
    enum dmsc_err err;

    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (op->item->source == NULL)
        return dmsci_dm1_settle(op, 400);
    dmsc_buf_init(&from, op->dm1->ctx, SIZE_MAX / 4);
    err = dmsc_uri_normalise(op->dm1->ctx, op->item->source, &from, NULL);
    if (err == DMSC_E_MALFORMED || err == DMSC_E_LIMIT)
        err = dmsci_dm1_settle(op, err == DMSC_E_LIMIT ? 414 : 400);
    else if (err == DMSC_OK)
        err = copy_from(op, dmsc_buf_str(&from));
    dmsc_buf_clear(&from);
    return err;
}

enum dmsc_err dmsci_dm1_exec(struct dmsci_dm1_op *op)
{
    struct dmsc_exec exec = { dmsc_buf_str(&op->uri), op->data, op->command->correlator, false };
    enum dmsc_err err;

    if (op->query.n > 0)
        return dmsci_dm1_settle(op, 405);
    if (!dmsci_dm1_may(op, DMSC_RIGHT_EXEC, dmsc_buf_str(&op->uri), op->exists))
        return DMSC_OK;
    err = dmsc_tree_exec_as(op->dm1->tree, &exec);
    if (err == DMSC_E_NOMEM)
        return err;
    /* REP 6.6.6: nothing stands behind the node, or what stands there could not do it; 202 when it
     * is taken on and its outcome follows. */
    op->changes += err == DMSC_OK;
    return dmsci_dm1_settle(op, err == DMSC_OK              ? (exec.later ? 202 : 200)
                                : err == DMSC_E_REFUSED     ? 403
                                : err == DMSC_E_NOTFOUND    ? 404
                                : err == DMSC_E_UNSUPPORTED ? 406
                                                            : 500);
}
