/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/json/value.h"
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <dmsc/mo_json.h>
#include <string.h>

/* One object on the way down: its members, and which comes next. */
struct level {
    const json_t *object; /* borrowed from the document */
    void *next;
    size_t uri_n; /* octets of its URI in reader.at */
};

struct reader {
    struct dmsc_tree *tree;
    enum dmsc_tnds_mode mode;
    struct dmsc_buf at;
    struct level *level; /* limits.xml_depth of them */
    size_t depth;
    unsigned nodes;
};

static enum dmsc_err bad(struct reader *r, enum dmsc_err err, const char *reason, const char *why)
{
    (void)dmsci_fail(r->tree->ctx, err, "put a JSON object into the tree");
    if (r->at.n > 0)
        dmsci_where(r->tree->ctx, "%.180s", dmsc_buf_str(&r->at));
    dmsci_why(r->tree->ctx, reason, "%s", why);
    return err;
}

static enum dmsc_err put_leaf(struct reader *r, const json_t *json, const struct dmsc_node *was)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_ctx *ctx = r->tree->ctx;
    const char *uri = dmsc_buf_str(&r->at);
    bool constructed = dmsci_json_constructed(json);
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, ctx, dmsc_ctx_limits(ctx)->node_value);
    if (was != NULL) {
        err = dmsci_json_to_value(ctx, was->format,
                                  was->format == DMSC_FORMAT_CHR && dmsci_type_is_json(was->type),
                                  json, &value);
        if (err == DMSC_OK)
            err = dmsc_tree_replace(r->tree, uri, NULL, NULL, dmsc_buf_bytes(&value));
    } else {
        spec.format = dmsci_json_format(json);
        spec.type = constructed ? DMSCI_JSON_MIME : "text/plain";
        err = dmsci_json_to_value(ctx, spec.format, true, json, &value);
        spec.value = dmsc_buf_bytes(&value);
        if (err == DMSC_OK)
            err = dmsc_tree_add(r->tree, uri, &spec);
    }
    if (err == DMSC_E_MALFORMED)
        dmsci_where(ctx, "%.180s", uri);
    dmsc_buf_clear(&value);
    return err;
}

struct gone {
    const json_t *object;
    struct dmsc_buf *name;
    bool there;
    enum dmsc_err err;
};

static bool not_listed(void *user, const char *name)
{
    struct gone *gone = user;

    if (json_object_get(gone->object, name) != NULL)
        return true;
    gone->there = true;
    gone->err = dmsc_buf_set(gone->name, dmsc_bytes_str(name));
    return false;
}

/* Replacing: what the object does not list goes (REP 6.6.11). */
static enum dmsc_err drop_others(struct reader *r, const json_t *object)
{
    size_t n = r->at.n;
    struct dmsc_buf name;
    struct gone gone = { object, &name, true, DMSC_OK };
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&name, r->tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && gone.there) {
        gone.there = false;
        err = dmsc_tree_children(r->tree, dmsc_buf_str(&r->at), not_listed, &gone);
        if (err == DMSC_OK)
            err = gone.err;
        if (err != DMSC_OK || !gone.there)
            continue;
        err = dmsci_buf_printf(&r->at, "/%s", dmsc_buf_str(&name));
        if (err == DMSC_OK)
            err = dmsc_tree_delete(r->tree, dmsc_buf_str(&r->at), false);
        dmsc_buf_truncate(&r->at, n);
    }
    dmsc_buf_clear(&name);
    return err;
}

static enum dmsc_err enter(struct reader *r, const json_t *object, bool there)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    enum dmsc_err err = DMSC_OK;

    if (r->depth == dmsc_ctx_limits(r->tree->ctx)->xml_depth)
        return bad(r, DMSC_E_LIMIT, "json:depth", "it is nested too deep");
    if (!there)
        err = dmsc_tree_add(r->tree, dmsc_buf_str(&r->at), &spec);
    else if (r->mode == DMSC_TNDS_REPLACE)
        err = drop_others(r, object);
    r->level[r->depth++] =
        (struct level){ object, json_object_iter((json_t *)(uintptr_t)object), r->at.n };
    return err;
}

/* The node that r->at names. */
static enum dmsc_err put_node(struct reader *r, const json_t *json)
{
    bool interior = json_is_object(json) && !dmsci_json_constructed(json);
    struct dmsc_node was = DMSC_NODE_INIT;
    enum dmsc_err err;
    bool there;

    if (json_is_array(json))
        return bad(r, DMSC_E_MALFORMED, "json:array", "an array is no node");
    if (++r->nodes > dmsc_ctx_limits(r->tree->ctx)->tnds_nodes)
        return bad(r, DMSC_E_LIMIT, "json:nodes", "it has too many nodes");
    err = dmsc_tree_get(r->tree, dmsc_buf_str(&r->at), &was);
    there = err == DMSC_OK;
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return err;
    err = DMSC_OK;
    if (there && r->mode == DMSC_TNDS_ADD)
        err = bad(r, DMSC_E_EXISTS, "node:exists", "it is there already");
    else if (there && interior != (was.format == DMSC_FORMAT_NODE))
        err = bad(r, DMSC_E_STATE, "json:kind", "a leaf and a node are not the same");
    else if (interior)
        err = enter(r, json, there);
    else
        err = put_leaf(r, json, there ? &was : NULL);
    dmsc_node_clear(&was);
    return err;
}

static enum dmsc_err put_member(struct reader *r, const char *name, const json_t *json)
{
    enum dmsc_err err = dmsci_uri_check_name(r->tree->ctx, name);

    if (err == DMSC_OK)
        err = dmsci_buf_printf(&r->at, "/%s", name);
    return err == DMSC_OK ? put_node(r, json) : err;
}

static enum dmsc_err put_all(struct reader *r, const json_t *document)
{
    void *first = json_object_iter((json_t *)(uintptr_t)document);
    enum dmsc_err err = put_member(r, json_object_iter_key(first), json_object_iter_value(first));

    while (err == DMSC_OK && r->depth > 0) {
        struct level *l = &r->level[r->depth - 1];
        void *member = l->next;

        dmsc_buf_truncate(&r->at, l->uri_n);
        if (member == NULL) {
            r->depth--;
            continue;
        }
        l->next = json_object_iter_next((json_t *)(uintptr_t)l->object, member);
        err = put_member(r, json_object_iter_key(member), json_object_iter_value(member));
    }
    return err;
}

static enum dmsc_err read_document(struct dmsc_ctx *ctx, struct dmsc_bytes json,
                                   json_t **ret_document)
{
    json_error_t error;
    json_t *document;
    const char *why = "it is no object with one member";

    if (json.n > dmsc_ctx_limits(ctx)->object_size) {
        (void)dmsci_fail(ctx, DMSC_E_LIMIT, "read JSON of %zu bytes", json.n);
        dmsci_why(ctx, "json:size", "it is too long");
        return DMSC_E_LIMIT;
    }
    document = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    if (document != NULL && json_is_object(document) && json_object_size(document) == 1) {
        *ret_document = document;
        return DMSC_OK;
    }
    if (document == NULL)
        why = error.text;
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a JSON object");
    if (document == NULL)
        dmsci_where(ctx, "line %d, column %d", error.line, error.column);
    dmsci_why(ctx, document == NULL ? "json:syntax" : "json:members", "%s", why);
    json_decref(document);
    return DMSC_E_MALFORMED;
}

enum dmsc_err dmsc_mo_json_import(struct dmsc_tree *tree, const char *parent,
                                  enum dmsc_tnds_mode mode, struct dmsc_bytes json,
                                  struct dmsc_buf *ret_uri)
{
    struct reader r = { .tree = tree, .mode = mode };
    json_t *document = NULL;
    enum dmsc_err err = dmsci_tree_changing(tree, "put a JSON object into the tree");

    if (err == DMSC_OK)
        err = read_document(tree->ctx, json, &document);
    if (err != DMSC_OK)
        return err;
    r.level = dmsci_calloc(tree->ctx, dmsc_ctx_limits(tree->ctx)->xml_depth, sizeof(*r.level));
    err = r.level == NULL ? DMSC_E_NOMEM : dmsc_tree_begin(tree, "", dmsci_tree_now(tree));
    if (err != DMSC_OK) {
        dmsci_free(tree->ctx, r.level);
        json_decref(document);
        return err;
    }
    dmsc_buf_init(&r.at, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&r.at, parent);
    if (err == DMSC_OK)
        err = put_all(&r, document);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(tree);
    else
        dmsc_tree_rollback(tree);
    if (err == DMSC_OK && ret_uri != NULL)
        err = dmsci_buf_printf(ret_uri, "%s/%s", parent,
                               json_object_iter_key(json_object_iter(document)));
    dmsc_buf_clear(&r.at);
    dmsci_free(tree->ctx, r.level);
    json_decref(document);
    return err;
}
