/* SPDX-License-Identifier: Apache-2.0 */
#include "host/certs/object.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dmsci_cert_object_init(struct dmsci_cert_object *object, struct dmsc_ctx *ctx)
{
    *object = (struct dmsci_cert_object){ .ctx = ctx };
    dmsc_buf_init(&object->der, ctx, dmsc_ctx_limits(ctx)->node_value);
}

void dmsci_cert_object_clear(struct dmsci_cert_object *object)
{
    if (object->ctx == NULL)
        return;
    for (size_t i = 0; i < object->scope_count; i++)
        dmsci_free(object->ctx, object->scope[i]);
    dmsc_buf_clear(&object->der);
    object->scope_count = 0;
}

enum dmsc_err dmsci_cert_object_scope(struct dmsci_cert_object *object, const char *who)
{
    if (object->scope_count == DMSCI_CERT_SCOPE)
        return DMSC_E_LIMIT;
    object->scope[object->scope_count] = dmsci_strdup(object->ctx, who);
    if (object->scope[object->scope_count] == NULL)
        return DMSC_E_NOMEM;
    object->scope_count++;
    return DMSC_OK;
}

/* An object of the tree while it is read. */
struct reading {
    struct dmsc_tree *tree;
    const char *uri;
    struct dmsci_cert_object *object;
    enum dmsc_err err;
};

/* The value of a leaf; none where there is no leaf. */
static enum dmsc_err value_of(struct reading *r, const char *leaf, struct dmsc_buf *ret_value)
{
    struct dmsc_buf uri;
    enum dmsc_err err;

    dmsc_buf_init(&uri, r->object->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", r->uri, leaf);
    if (err == DMSC_OK)
        err = dmsc_tree_value(r->tree, dmsc_buf_str(&uri), ret_value);
    dmsc_buf_clear(&uri);
    if (err != DMSC_E_NOTFOUND && err != DMSC_E_STATE)
        return err;
    dmsc_buf_reset(ret_value);
    return DMSC_OK;
}

static void text_of(struct reading *r, const char *leaf, char *ret_text, size_t size)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, r->object->ctx, SIZE_MAX / 2);
    if (r->err == DMSC_OK)
        r->err = value_of(r, leaf, &value);
    ret_text[0] = '\0';
    if (r->err == DMSC_OK && value.n < size)
        (void)snprintf(ret_text, size, "%s", dmsc_buf_str(&value));
    dmsc_buf_clear(&value);
}

static bool read_scope(void *user, const char *name)
{
    struct reading *r = user;
    struct dmsc_buf leaf, value;

    dmsc_buf_init(&leaf, r->object->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, r->object->ctx, SIZE_MAX / 2);
    r->err = dmsci_buf_printf(&leaf, "Scope/%s", name);
    if (r->err == DMSC_OK)
        r->err = value_of(r, dmsc_buf_str(&leaf), &value);
    if (r->err == DMSC_OK && value.n > 0)
        r->err = dmsci_cert_object_scope(r->object, dmsc_buf_str(&value));
    dmsc_buf_clear(&leaf);
    dmsc_buf_clear(&value);
    if (r->err == DMSC_E_LIMIT) { /* who comes behind is not named */
        r->err = DMSC_OK;
        return false;
    }
    return r->err == DMSC_OK;
}

enum dmsc_err dmsci_cert_object_read(struct dmsc_tree *tree, const char *uri,
                                     struct dmsci_cert_object *object)
{
    struct reading r = { tree, uri, object, DMSC_OK };
    char number[24], hex[72];
    struct dmsc_buf scope, digest;
    unsigned long state;

    text_of(&r, "Usage", object->usage, sizeof(object->usage));
    text_of(&r, "MA", object->ma, sizeof(object->ma));
    text_of(&r, "Origin", object->origin, sizeof(object->origin));
    text_of(&r, "Ext/dmsc/Reason", object->reason, sizeof(object->reason));
    text_of(&r, "State", number, sizeof(number));
    text_of(&r, "Sha256", hex, sizeof(hex));
    state = strtoul(number, NULL, 10);
    object->state =
        state <= DMSC_CERT_CARD_REMOVED ? (enum dmsc_cert_state)state : DMSC_CERT_STAGED;
    if (r.err == DMSC_OK)
        r.err = value_of(&r, "Cert", &object->der);
    dmsc_buf_init(&digest, object->ctx, 32);
    if (r.err == DMSC_OK && dmsc_hex_decode(hex, &digest) == DMSC_OK && digest.n == 32)
        dmsci_copy(object->sha256, digest.p, 32);
    dmsc_buf_clear(&digest);
    dmsc_buf_init(&scope, object->ctx, SIZE_MAX / 2);
    if (r.err == DMSC_OK)
        r.err = dmsci_buf_printf(&scope, "%s/Scope", uri);
    if (r.err == DMSC_OK) {
        enum dmsc_err err = dmsc_tree_children(tree, dmsc_buf_str(&scope), read_scope, &r);

        if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
            r.err = err;
    }
    dmsc_buf_clear(&scope);
    return r.err;
}

/* What a card or anybody else brings can be changed by somebody; what is written here by nobody. */
enum dmsc_err dmsci_cert_object_kept(struct dmsc_tree *tree, const char *uri, bool *ret_kept)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(tree, uri, &node);

    *ret_kept = err == DMSC_OK && node.access == DMSC_ACCESS_GET;
    dmsc_node_clear(&node);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsci_certs_kept(struct dmsc_tree *tree, bool *ret_kept)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(tree, DMSCI_CERTS, &node);

    *ret_kept = err == DMSC_OK && (node.flags & DMSC_NODE_PERMANENT) != 0;
    dmsc_node_clear(&node);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}
