/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as a TNDS object, elements in the order of the document type. */
#include "host/mo/large/large.h"
#include "host/mo/tnds/write.h"
#include "host/mo/uri.h"
#include <string.h>

struct export
{
    struct dmsc_tree *tree;
    dmsc_tnds_filter *filter;
    void *user;
    struct dmsci_tnds_writer to;
    struct dmsc_buf hidden; /* the node whose subtree is left out; empty: none */
    struct dmsc_buf value;
    unsigned top; /* segments of the top node */
    unsigned open;
    bool any; /* the top node is in */
};

static unsigned segments(const char *uri)
{
    unsigned n = 0;

    for (; *uri != '\0'; uri++)
        n += *uri == '/';
    return n;
}

static enum dmsc_err text(struct export *e, const char *name, const char *value)
{
    return e->to.form->text(&e->to, name, dmsc_bytes_str(value));
}

static enum dmsc_err path(struct export *e, const char *uri)
{
    struct dmsc_buf parent;
    struct dmsc_buf encoded;
    enum dmsc_err err;

    dmsc_buf_init(&parent, e->tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&encoded, e->tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&parent, dmsc_bytes(uri, dmsci_uri_parent_length(uri)));
    if (err == DMSC_OK)
        err = dmsci_uri_encode(dmsc_buf_str(&parent), &encoded);
    if (err == DMSC_OK)
        err = text(e, "Path", dmsc_buf_str(&encoded));
    dmsc_buf_clear(&parent);
    dmsc_buf_clear(&encoded);
    return err;
}

static enum dmsc_err properties(struct export *e, const struct dmsc_node *node)
{
    const struct dmsci_tnds_form *form = e->to.form;
    bool interior = node->format == DMSC_FORMAT_NODE;
    enum dmsc_err err = form->start(&e->to, "RTProperties");

    if (err == DMSC_OK && node->acl[0] != '\0')
        err = text(e, "ACL", node->acl);
    if (err == DMSC_OK)
        err = form->start(&e->to, "Format");
    if (err == DMSC_OK)
        err = form->empty(&e->to, dmsc_format_name(node->format));
    if (err == DMSC_OK)
        err = form->end(&e->to, "Format");
    if (err == DMSC_OK && node->title[0] != '\0')
        err = text(e, "Title", node->title);
    if (err == DMSC_OK)
        err = form->start(&e->to, "Type");
    if (err == DMSC_OK)
        err = text(e, interior ? "DDFName" : "MIME", node->type);
    if (err == DMSC_OK)
        err = form->end(&e->to, "Type");
    return err == DMSC_OK ? form->end(&e->to, "RTProperties") : err;
}

static enum dmsc_err value(struct export *e, const char *uri, const struct dmsc_node *node)
{
    enum dmsc_err err;

    if (node->format == DMSC_FORMAT_NODE || node->format == DMSC_FORMAT_NULL)
        return DMSC_OK;
    err = dmsci_value_whole(e->tree, uri, e->to.to->ceiling - e->to.to->n, &e->value);
    if (err != DMSC_OK)
        return err;
    if (node->format == DMSC_FORMAT_BIN)
        return e->to.form->octets(&e->to, "Value", dmsc_buf_bytes(&e->value));
    return e->to.form->text(&e->to, "Value", dmsc_buf_bytes(&e->value));
}

static enum dmsc_err close_to(struct export *e, unsigned depth)
{
    enum dmsc_err err = DMSC_OK;

    for (; e->open > depth && err == DMSC_OK; e->open--)
        err = e->to.form->end(&e->to, "Node");
    return err;
}

static enum dmsc_err write_node(struct export *e, const char *uri, const struct dmsc_node *node)
{
    unsigned depth = segments(uri) - e->top;
    enum dmsc_err err = close_to(e, depth);

    if (err == DMSC_OK)
        err = e->to.form->start(&e->to, "Node");
    e->open++;
    e->any = true;
    if (err == DMSC_OK)
        err = text(e, "NodeName", dmsci_uri_name(uri));
    if (err == DMSC_OK && depth == 0 && dmsci_uri_parent_length(uri) > 0)
        err = path(e, uri);
    if (err == DMSC_OK)
        err = properties(e, node);
    return err != DMSC_OK ? err : value(e, uri, node);
}

static enum dmsc_err visit(void *user, const char *uri, const struct dmsc_node *node)
{
    struct export *e = user;
    enum dmsc_err err = DMSC_OK;

    if (e->hidden.n > 0 && dmsc_uri_below(uri, dmsc_buf_str(&e->hidden)))
        return DMSC_OK;
    /* STD 5.3.1: a secret is in no object, whatever the filter says. */
    if ((node->flags & DMSC_NODE_SECRET) == 0 &&
        (e->filter == NULL || e->filter(e->user, uri, node)))
        return write_node(e, uri, node);
    dmsc_buf_reset(&e->hidden);
    if (node->format == DMSC_FORMAT_NODE)
        err = dmsc_buf_append_str(&e->hidden, uri);
    return err;
}

static enum dmsc_err write_all(struct export *e, const char *uri)
{
    enum dmsc_err err = e->to.form->begin(&e->to, "MgmtTree");

    if (err == DMSC_OK)
        err = text(e, "VerDTD", "1.2");
    if (err == DMSC_OK)
        err = dmsc_tree_walk(e->tree, uri, visit, e);
    if (err == DMSC_OK && !e->any) {
        err = dmsci_fail(e->tree->ctx, DMSC_E_NOTFOUND, "write a TNDS object");
        dmsci_where(e->tree->ctx, "%.180s", uri);
        dmsci_why(e->tree->ctx, "tnds:empty", "the node may not be in it");
    }
    if (err == DMSC_OK)
        err = close_to(e, 0);
    return err == DMSC_OK ? e->to.form->end(&e->to, "MgmtTree") : err;
}

static enum dmsc_err export_as(struct export *e, const char *uri, struct dmsc_buf *to,
                               const struct dmsci_tnds_form *form)
{
    size_t before = to->n;
    enum dmsc_err err;

    e->to = (struct dmsci_tnds_writer){ .form = form, .to = to };
    e->top = segments(uri);
    dmsc_buf_init(&e->hidden, e->tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&e->value, e->tree->ctx, SIZE_MAX / 2);
    err = write_all(e, uri);
    if (err != DMSC_OK)
        dmsc_buf_truncate(to, before);
    dmsc_buf_clear(&e->hidden);
    dmsc_buf_clear(&e->value);
    return err;
}

enum dmsc_err dmsc_tnds_export(struct dmsc_tree *tree, const char *uri, dmsc_tnds_filter *filter,
                               void *user, struct dmsc_buf *ret_xml)
{
    struct export e = { .tree = tree, .filter = filter, .user = user };

    return export_as(&e, uri, ret_xml, &dmsci_tnds_xml);
}

enum dmsc_err dmsc_tnds_export_wbxml(struct dmsc_tree *tree, const char *uri,
                                     dmsc_tnds_filter *filter, void *user,
                                     struct dmsc_buf *ret_wbxml)
{
    struct export e = { .tree = tree, .filter = filter, .user = user };

    return export_as(&e, uri, ret_wbxml, &dmsci_tnds_wbxml);
}
