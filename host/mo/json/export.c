/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/json/value.h"
#include "host/mo/large/large.h"
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <dmsc/mo_json.h>
#include <string.h>

/* The walk goes parents first: the objects from the top to the node in hand stand in a stack. */
struct writer {
    struct dmsc_tree *tree;
    dmsc_tnds_filter *filter;
    void *user;
    json_t *top;
    json_t **open; /* borrowed; by depth below the top, limits.xml_depth of them */
    size_t top_depth;
    size_t room;  /* octets of values that still fit what is written */
    char *hidden; /* an interior node left out: all below it is too */
};

static size_t depth_of(const char *uri)
{
    size_t n = 0;

    for (; *uri != '\0'; uri++)
        n += *uri == '/';
    return n;
}

static enum dmsc_err value_json(struct writer *w, const char *uri, const struct dmsc_node *node,
                                json_t **ret_value)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    if (node->format == DMSC_FORMAT_NODE) {
        *ret_value = json_object();
        return *ret_value == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    dmsc_buf_init(&value, w->tree->ctx, SIZE_MAX / 2);
    err = dmsci_value_whole(w->tree, uri, w->room, &value);
    w->room -= value.n < w->room ? value.n : w->room;
    if (err == DMSC_OK)
        err = dmsci_json_of_value(w->tree->ctx, node->format, node->type, dmsc_buf_bytes(&value),
                                  ret_value);
    dmsc_buf_clear(&value);
    return err;
}

static bool left_out(struct writer *w, const char *uri, const struct dmsc_node *node,
                     enum dmsc_err *err)
{
    bool out = (node->flags & DMSC_NODE_SECRET) != 0;

    if (w->hidden != NULL && dmsc_uri_below(uri, w->hidden))
        return true;
    if (!out && w->filter != NULL)
        out = !w->filter(w->user, uri, node);
    if (out && node->format == DMSC_FORMAT_NODE) {
        dmsci_free(w->tree->ctx, w->hidden);
        w->hidden = dmsci_strdup(w->tree->ctx, uri);
        *err = w->hidden == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    return out;
}

static enum dmsc_err visit(void *user, const char *uri, const struct dmsc_node *node)
{
    struct writer *w = user;
    size_t depth = depth_of(uri) - w->top_depth;
    json_t *value = NULL;
    enum dmsc_err err = DMSC_OK;

    if (left_out(w, uri, node, &err))
        return err;
    if (depth + 1 >= dmsc_ctx_limits(w->tree->ctx)->xml_depth)
        return dmsci_fail(w->tree->ctx, DMSC_E_LIMIT, "write JSON of %zu levels", depth + 1);
    err = value_json(w, uri, node, &value);
    if (err != DMSC_OK)
        return err;
    w->open[depth + 1] = value;
    return json_object_set_new(w->open[depth], dmsci_uri_name(uri), value) == 0 ? DMSC_OK
                                                                                : DMSC_E_NOMEM;
}

enum dmsc_err dmsc_mo_json_export(struct dmsc_tree *tree, const char *uri, dmsc_tnds_filter *filter,
                                  void *user, struct dmsc_buf *ret_json)
{
    struct writer w = {
        .tree = tree, .filter = filter, .user = user, .room = ret_json->ceiling - ret_json->n
    };
    enum dmsc_err err = DMSC_E_NOMEM;

    w.top = json_object();
    w.open = dmsci_calloc(tree->ctx, dmsc_ctx_limits(tree->ctx)->xml_depth, sizeof(json_t *));
    w.top_depth = depth_of(uri);
    if (w.open != NULL)
        w.open[0] = w.top;
    if (w.top != NULL && w.open != NULL)
        err = dmsc_tree_walk(tree, uri, visit, &w);
    if (err == DMSC_OK)
        err = dmsci_json_put(w.top, JSON_COMPACT, ret_json);
    json_decref(w.top);
    dmsci_free(tree->ctx, w.open);
    dmsci_free(tree->ctx, w.hidden);
    return err;
}
