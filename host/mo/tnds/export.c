/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as a TNDS object, elements in the order of the document type. */
#include "host/mo/large/large.h"
#include "host/mo/uri.h"
#include "host/mo/xml.h"
#include <string.h>

struct export
{
    struct dmsc_tree *tree;
    dmsc_tnds_filter *filter;
    void *user;
    struct dmsc_buf *to;
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

static enum dmsc_err element(struct export *e, const char *name, struct dmsc_bytes text)
{
    enum dmsc_err err = dmsci_buf_printf(e->to, "<%s>", name);

    if (err == DMSC_OK)
        err = dmsci_xml_put_text(e->to, text);
    return err != DMSC_OK ? err : dmsci_buf_printf(e->to, "</%s>", name);
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
        err = element(e, "Path", dmsc_buf_bytes(&encoded));
    dmsc_buf_clear(&parent);
    dmsc_buf_clear(&encoded);
    return err;
}

static enum dmsc_err properties(struct export *e, const struct dmsc_node *node)
{
    bool interior = node->format == DMSC_FORMAT_NODE;
    enum dmsc_err err = dmsc_buf_append_str(e->to, "<RTProperties>");

    if (err == DMSC_OK && node->acl[0] != '\0')
        err = element(e, "ACL", dmsc_bytes_str(node->acl));
    if (err == DMSC_OK)
        err = dmsci_buf_printf(e->to, "<Format><%s/></Format>", dmsc_format_name(node->format));
    if (err == DMSC_OK && node->title[0] != '\0')
        err = element(e, "Title", dmsc_bytes_str(node->title));
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(e->to, "<Type>");
    if (err == DMSC_OK)
        err = element(e, interior ? "DDFName" : "MIME", dmsc_bytes_str(node->type));
    return err != DMSC_OK ? err : dmsc_buf_append_str(e->to, "</Type></RTProperties>");
}

static enum dmsc_err value(struct export *e, const char *uri, const struct dmsc_node *node)
{
    enum dmsc_err err;

    if (node->format == DMSC_FORMAT_NODE || node->format == DMSC_FORMAT_NULL)
        return DMSC_OK;
    err = dmsci_value_whole(e->tree, uri, e->to->ceiling - e->to->n, &e->value);
    if (err == DMSC_OK && node->format != DMSC_FORMAT_BIN)
        return element(e, "Value", dmsc_buf_bytes(&e->value));
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(e->to, "<Value>");
    if (err == DMSC_OK)
        err = dmsci_base64_encode(dmsc_buf_bytes(&e->value), e->to);
    return err != DMSC_OK ? err : dmsc_buf_append_str(e->to, "</Value>");
}

static enum dmsc_err close_to(struct export *e, unsigned depth)
{
    enum dmsc_err err = DMSC_OK;

    for (; e->open > depth && err == DMSC_OK; e->open--)
        err = dmsc_buf_append_str(e->to, "</Node>");
    return err;
}

static enum dmsc_err write_node(struct export *e, const char *uri, const struct dmsc_node *node)
{
    unsigned depth = segments(uri) - e->top;
    enum dmsc_err err = close_to(e, depth);

    if (err == DMSC_OK)
        err = dmsc_buf_append_str(e->to, "<Node>");
    e->open++;
    e->any = true;
    if (err == DMSC_OK)
        err = element(e, "NodeName", dmsc_bytes_str(dmsci_uri_name(uri)));
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

enum dmsc_err dmsc_tnds_export(struct dmsc_tree *tree, const char *uri, dmsc_tnds_filter *filter,
                               void *user, struct dmsc_buf *ret_xml)
{
    struct export e = {
        .tree = tree, .filter = filter, .user = user, .to = ret_xml, .top = segments(uri)
    };
    size_t before = ret_xml->n;
    enum dmsc_err err;

    dmsc_buf_init(&e.hidden, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&e.value, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(ret_xml, "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>");
    if (err == DMSC_OK)
        err = dmsc_tree_walk(tree, uri, visit, &e);
    if (err == DMSC_OK && !e.any) {
        err = dmsci_fail(tree->ctx, DMSC_E_NOTFOUND, "write a TNDS object");
        dmsci_where(tree->ctx, "%.180s", uri);
        dmsci_why(tree->ctx, "tnds:empty", "the node may not be in it");
    }
    if (err == DMSC_OK)
        err = close_to(&e, 0);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_xml, "</MgmtTree>");
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_xml, before);
    dmsc_buf_clear(&e.hidden);
    dmsc_buf_clear(&e.value);
    return err;
}
