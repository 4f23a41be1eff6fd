/* SPDX-License-Identifier: Apache-2.0 */
/* Get with ?list=: a sub-tree in one answer (TND 8). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include <string.h>

struct found {
    struct dmsc_buf uris; /* NUL behind each */
    size_t count, most;
};

static enum dmsc_err remember(void *user, const char *uri, const struct dmsc_node *node)
{
    struct found *found = user;

    (void)node;
    if (found->count++ >= found->most)
        return DMSC_E_LIMIT;
    return dmsc_buf_append(&found->uris, dmsc_bytes(uri, strlen(uri) + 1));
}

static enum dmsc_err fill(struct dmsci_dm1_op *op, const char *uri, bool with_data,
                          struct dmsci_syncml_item *item)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf written;
    enum dmsc_err err;

    dmsc_buf_init(&written, op->dm1->ctx, SIZE_MAX / 2);
    err = dmsci_uri_encode(uri, &written);
    if (err == DMSC_OK) {
        item->source = dmsci_answers_text(&op->dm1->answers, dmsc_buf_str(&written));
        err = item->source == NULL ? DMSC_E_NOMEM : dmsc_tree_get(op->dm1->tree, uri, &node);
    }
    if (err == DMSC_OK)
        err = dmsci_dm1_show(op->dm1, uri, &node, with_data, item);
    dmsc_node_clear(&node);
    dmsc_buf_clear(&written);
    return err;
}

/* Nodes the server may not Get are left out, each for itself (TND 8). */
static enum dmsc_err fill_all(struct dmsci_dm1_op *op, const struct found *found, bool with_data)
{
    struct dmsci_syncml_item *items = dmsci_answers_items(&op->dm1->answers, found->count);
    size_t count = 0;
    enum dmsc_err err = items == NULL ? DMSC_E_NOMEM : DMSC_OK;

    for (size_t at = 0; at < found->uris.n && err == DMSC_OK;) {
        const char *uri = dmsc_buf_str(&found->uris) + at;

        if (dmsci_dm1_visible(op, uri))
            err = fill(op, uri, with_data, &items[count++]);
        at += strlen(uri) + 1;
    }
    return err == DMSC_OK ? dmsci_dm1_results(op, items, count) : err;
}

static enum dmsc_err structure(struct dmsci_dm1_op *op, bool with_data)
{
    struct found found = { .most = dmsc_ctx_limits(op->dm1->ctx)->tnds_nodes };
    enum dmsc_err err;

    dmsc_buf_init(&found.uris, op->dm1->ctx, SIZE_MAX / 2);
    err = dmsc_tree_walk(op->dm1->tree, dmsc_buf_str(&op->uri), remember, &found);
    if (err == DMSC_OK)
        err = fill_all(op, &found, with_data);
    dmsc_buf_clear(&found.uris);
    return err;
}

static bool shown(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)node;
    return dmsci_dm1_visible(user, uri);
}

static enum dmsc_err tnds(struct dmsci_dm1_op *op)
{
    struct dmsci_syncml_item *item = dmsci_answers_items(&op->dm1->answers, 1);
    struct dmsc_buf xml;
    enum dmsc_err err;

    if (item == NULL)
        return DMSC_E_NOMEM;
    dmsc_buf_init(&xml, op->dm1->ctx, dmsc_ctx_limits(op->dm1->ctx)->object_size);
    item->source = dmsci_answers_text(&op->dm1->answers, op->item->target);
    item->meta = (struct dmsci_syncml_meta){ .present = true,
                                             .format = dmsc_format_name(DMSC_FORMAT_XML),
                                             .type = DMSCI_MIME_TNDS };
    err = item->source == NULL
              ? DMSC_E_NOMEM
              : dmsc_tnds_export(op->dm1->tree, dmsc_buf_str(&op->uri), shown, op, &xml);
    if (err == DMSC_OK)
        err = dmsci_answers_value(&op->dm1->answers, dmsc_buf_bytes(&xml), &item->data);
    dmsc_buf_clear(&xml);
    return err == DMSC_OK ? dmsci_dm1_results(op, item, 1) : err;
}

enum dmsc_err dmsci_dm1_list(struct dmsci_dm1_op *op, const char *how)
{
    enum dmsc_err err;

    if (strcmp(how, "Struct") == 0)
        err = structure(op, false);
    else if (strcmp(how, "StructData") == 0)
        err = structure(op, true);
    else if (strcmp(how, "TNDS") == 0)
        err = tnds(op);
    else /* also TNDS with a filter of properties: an optional feature we do not have */
        return dmsci_dm1_settle(op, 406);
    if (err == DMSC_E_LIMIT)
        return dmsci_dm1_settle(op, 413);
    if (err == DMSC_E_UNSUPPORTED) {
        op->reason = "xml:character";
        return dmsci_dm1_settle(op, 415);
    }
    return err;
}
