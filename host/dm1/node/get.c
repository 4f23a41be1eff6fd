/* SPDX-License-Identifier: Apache-2.0 */
/* Get of a value, of child names and of a property (REP 6.6.7, TND 6 and 7). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include <stdio.h>
#include <string.h>

/* What waits to be sent may not grow without end when a server asks for everything at once. */
static bool room_to_wait(const struct dmsc_dm1 *dm1)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(dm1->ctx);

    return dm1->answers.bytes <= limits->object_size + limits->message_size * 2;
}

enum dmsc_err dmsci_dm1_results(struct dmsci_dm1_op *op, struct dmsci_syncml_item *items,
                                size_t count)
{
    struct dmsc_dm1 *dm1 = op->dm1;
    const struct dmsci_answer answer = { .kind = DMSCI_N_Results,
                                         .msg_ref = op->turn->msg.header.msg_id,
                                         .cmd_ref = op->command->cmd_id,
                                         .items = items,
                                         .stream = op->stream,
                                         .item_count = count };
    enum dmsc_err err;

    for (size_t i = 0; i < count; i++) {
        if (dm1->peer_max_obj > 0 && op->stream == NULL && items[i].data.n > dm1->peer_max_obj)
            return dmsci_dm1_settle(op, 413);
        if (!dmsci_dm1_room_for_item(dm1, op->turn, answer.cmd_ref, &items[i], &err))
            return err == DMSC_E_LIMIT ? dmsci_dm1_settle(op, 413) : err;
    }
    if (!room_to_wait(dm1))
        return dmsci_dm1_settle(op, 413);
    err = dmsci_answers_add(&dm1->answers, &answer);
    return err == DMSC_OK ? dmsci_dm1_settle(op, 200) : err;
}

struct names {
    struct dmsci_dm1_op *op;
    struct dmsc_buf all; /* NUL behind each */
    enum dmsc_err err;
};

static bool collect(void *user, const char *name)
{
    struct names *names = user;

    names->err = dmsc_buf_append(&names->all, dmsc_bytes(name, strlen(name) + 1));
    return names->err == DMSC_OK;
}

/* One child, if the server may know of it: names are not told to those who may not Get the node. */
static enum dmsc_err add_name(struct dmsci_dm1_op *op, const char *name, struct dmsc_buf *list)
{
    struct dmsc_buf uri;
    enum dmsc_err err;

    dmsc_buf_init(&uri, op->dm1->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", dmsc_buf_str(&op->uri), name);
    if (err == DMSC_OK && dmsci_dm1_visible(op, dmsc_buf_str(&uri))) {
        if (list->n > 0)
            err = dmsc_buf_append_u8(list, '/');
        if (err == DMSC_OK)
            err = dmsci_uri_encode(name, list);
    }
    dmsc_buf_clear(&uri);
    return err;
}

/* TND 6.2.2: the names of the children with "/" between them. */
static enum dmsc_err child_list(struct dmsci_dm1_op *op, struct dmsc_buf *list)
{
    struct names names = { .op = op };
    enum dmsc_err err;

    dmsc_buf_init(&names.all, op->dm1->ctx, SIZE_MAX / 4);
    err = dmsc_tree_children(op->dm1->tree, dmsc_buf_str(&op->uri), collect, &names);
    if (err == DMSC_OK)
        err = names.err;
    for (size_t at = 0; at < names.all.n && err == DMSC_OK;) {
        const char *name = dmsc_buf_str(&names.all) + at;

        err = add_name(op, name, list);
        at += strlen(name) + 1;
    }
    dmsc_buf_clear(&names.all);
    return err;
}

static enum dmsc_err children(struct dmsci_dm1_op *op, struct dmsci_syncml_item *item)
{
    struct dmsc_buf list;
    enum dmsc_err err;

    dmsc_buf_init(&list, op->dm1->ctx, SIZE_MAX / 2);
    err = child_list(op, &list);
    if (err == DMSC_OK)
        err = dmsci_answers_value(&op->dm1->answers, dmsc_buf_bytes(&list), &item->data);
    dmsc_buf_clear(&list);
    item->meta.present = true;
    item->meta.format = dmsc_format_name(DMSC_FORMAT_NODE);
    return err;
}

/* Each property as text. @return false when this node has it not */
static bool property_text(struct dmsci_dm1_op *op, const char *name, char number[24],
                          const char **ret_text)
{
    const struct dmsc_node *node = &op->node;

    *ret_text = number;
    number[0] = '\0';
    if (strcmp(name, "ACL") == 0)
        *ret_text = node->acl;
    else if (strcmp(name, "Format") == 0)
        *ret_text = dmsc_format_name(node->format);
    else if (strcmp(name, "Name") == 0)
        *ret_text = dmsci_uri_name(dmsc_buf_str(&op->uri));
    else if (strcmp(name, "Title") == 0)
        *ret_text = node->title;
    else if (strcmp(name, "Type") == 0)
        *ret_text = node->type;
    else if (strcmp(name, "TStamp") == 0)
        dmsci_time_basic(node->tstamp, number);
    else if (strcmp(name, "VerNo") == 0)
        (void)snprintf(number, 24, "%u", (unsigned)node->verno);
    else if (strcmp(name, "Size") == 0 && node->format != DMSC_FORMAT_NODE)
        (void)snprintf(number, 24, "%zu", node->size_bytes);
    else
        return false;
    return true;
}

static enum dmsc_err get_property(struct dmsci_dm1_op *op, const char *name,
                                  struct dmsci_syncml_item *item)
{
    char number[24];
    const char *text;

    if (!property_text(op, name, number, &text))
        return dmsci_dm1_settle(op, 406);
    return dmsci_answers_value(&op->dm1->answers, dmsc_bytes_str(text != NULL ? text : ""),
                               &item->data);
}

static enum dmsc_err fill(struct dmsci_dm1_op *op, struct dmsci_syncml_item *item)
{
    const char *property = dmsci_dm1_query(op, "prop");

    item->source = dmsci_answers_text(&op->dm1->answers, op->item->target);
    if (item->source == NULL)
        return DMSC_E_NOMEM;
    if (property != NULL)
        return get_property(op, property, item);
    if (op->node.format == DMSC_FORMAT_NODE)
        return children(op, item);
    if (op->node.size_bytes > dmsc_ctx_limits(op->dm1->ctx)->node_value)
        return dmsci_dm1_large_get(op, item);
    return dmsci_dm1_show(op->dm1, dmsc_buf_str(&op->uri), &op->node, true, item);
}

enum dmsc_err dmsci_dm1_get(struct dmsci_dm1_op *op)
{
    const char *uri = dmsc_buf_str(&op->uri), *how = dmsci_dm1_query(op, "list");
    struct dmsci_syncml_item *item;
    enum dmsc_err err;

    /* The authority is asked first: who may not Get a node does not learn whether it is there. */
    if (!dmsci_dm1_may(op, DMSC_RIGHT_GET, uri, op->exists))
        return DMSC_OK;
    if (!op->exists)
        return dmsci_dm1_settle(op, 404);
    if (how != NULL)
        return dmsci_dm1_list(op, how);
    item = dmsci_answers_items(&op->dm1->answers, 1);
    if (item == NULL)
        return DMSC_E_NOMEM;
    err = fill(op, item);
    if (err == DMSC_E_UNSUPPORTED) {
        op->reason = "xml:character";
        return dmsci_dm1_settle(op, 415);
    }
    if (err != DMSC_OK || op->status != 0)
        return err;
    return dmsci_dm1_results(op, item, 1);
}
