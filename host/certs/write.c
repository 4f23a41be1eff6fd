/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate objects into the tree. */
#include "host/certs/object.h"
#include <dmsc/grant.h>
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

static enum dmsc_err add(struct dmsc_tree *tree, const char *uri, enum dmsc_format format,
                         const char *type, const char *acl, struct dmsc_bytes value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = format;
    spec.type = type;
    spec.acl = acl;
    spec.value = value;
    spec.access = DMSC_ACCESS_GET;
    return dmsc_tree_add(tree, uri, &spec);
}

enum dmsc_err dmsci_certs_make(struct dmsc_tree *tree)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    bool kept = false;
    enum dmsc_err err = dmsci_certs_kept(tree, &kept);

    if (err != DMSC_OK || kept)
        return err;
    /* What somebody else put there is none of ours. */
    err = dmsc_tree_delete(tree, DMSCI_CERTS, true);
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return err;
    spec.acl = "Get=dmsc"; /* nobody: each object says for itself */
    spec.access = DMSC_ACCESS_GET;
    spec.flags = DMSC_NODE_PERMANENT;
    return dmsc_tree_add(tree, DMSCI_CERTS, &spec);
}

static bool same(const struct dmsci_cert_object *a, const struct dmsci_cert_object *b)
{
    if (strcmp(a->usage, b->usage) != 0 || strcmp(a->ma, b->ma) != 0 ||
        strcmp(a->origin, b->origin) != 0 || strcmp(a->reason, b->reason) != 0 ||
        a->state != b->state || a->scope_count != b->scope_count ||
        !dmsc_bytes_equal(dmsc_bytes(a->sha256, 32), dmsc_bytes(b->sha256, 32)) ||
        !dmsc_bytes_equal(dmsc_buf_bytes(&a->der), dmsc_buf_bytes(&b->der)))
        return false;
    for (size_t i = 0; i < a->scope_count; i++) {
        if (strcmp(a->scope[i], b->scope[i]) != 0)
            return false;
    }
    return true;
}

static enum dmsc_err stands(struct dmsc_tree *tree, const char *uri,
                            const struct dmsci_cert_object *object, bool *ret_stands)
{
    struct dmsci_cert_object there;
    bool kept = false;
    enum dmsc_err err = dmsci_cert_object_kept(tree, uri, &kept);

    *ret_stands = false;
    dmsci_cert_object_init(&there, object->ctx);
    if (err == DMSC_OK && kept) {
        err = dmsci_cert_object_read(tree, uri, &there);
        *ret_stands = err == DMSC_OK && same(&there, object);
    }
    dmsci_cert_object_clear(&there);
    return err;
}

struct writing {
    struct dmsc_tree *tree;
    const char *uri;
    enum dmsc_err err;
};

static void leaf(struct writing *w, struct dmsc_ctx *ctx, const char *name, enum dmsc_format format,
                 const char *type, struct dmsc_bytes value)
{
    struct dmsc_buf uri;

    dmsc_buf_init(&uri, ctx, SIZE_MAX / 2);
    if (w->err == DMSC_OK)
        w->err = dmsci_buf_printf(&uri, "%s/%s", w->uri, name);
    if (w->err == DMSC_OK)
        w->err = add(w->tree, dmsc_buf_str(&uri), format, type, NULL, value);
    dmsc_buf_clear(&uri);
}

static void text(struct writing *w, struct dmsc_ctx *ctx, const char *name, const char *value)
{
    leaf(w, ctx, name, DMSC_FORMAT_CHR, "text/plain", dmsc_bytes_str(value));
}

static enum dmsc_err write_nodes(struct dmsc_tree *tree, const char *uri, const char *acl,
                                 const struct dmsci_cert_object *object)
{
    struct writing w = { tree, uri, DMSC_OK };
    struct dmsc_ctx *ctx = object->ctx;
    char number[24], hex[65];

    w.err = add(tree, uri, DMSC_FORMAT_NODE, DMSC_CERT_MOID, acl, dmsc_bytes(NULL, 0));
    dmsc_hex_encode(dmsc_bytes(object->sha256, 32), hex);
    (void)snprintf(number, sizeof(number), "%d", (int)object->state);
    text(&w, ctx, "Usage", object->usage);
    leaf(&w, ctx, "Cert", DMSC_FORMAT_BIN, "application/pkix-cert", dmsc_buf_bytes(&object->der));
    text(&w, ctx, "MA", object->ma);
    text(&w, ctx, "Sha256", hex);
    leaf(&w, ctx, "State", DMSC_FORMAT_INT, "text/plain", dmsc_bytes_str(number));
    text(&w, ctx, "Origin", object->origin);
    leaf(&w, ctx, "Scope", DMSC_FORMAT_NODE, NULL, dmsc_bytes(NULL, 0));
    for (size_t i = 0; i < object->scope_count; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "Scope/%02zu", i + 1); /* their order is theirs */
        text(&w, ctx, name, object->scope[i]);
    }
    leaf(&w, ctx, "Ext", DMSC_FORMAT_NODE, NULL, dmsc_bytes(NULL, 0));
    leaf(&w, ctx, "Ext/dmsc", DMSC_FORMAT_NODE, NULL, dmsc_bytes(NULL, 0));
    text(&w, ctx, "Ext/dmsc/Reason", object->reason);
    return w.err;
}

static bool is_app(const char *who)
{
    return strncmp(who, "local:", 6) == 0;
}

/* "Get=a+b" for the servers of the scope, by the rules of DM 1.x; "Get=dmsc": nobody. */
static enum dmsc_err acl_of(const struct dmsci_cert_object *object, struct dmsc_buf *ret_acl)
{
    enum dmsc_err err = dmsc_buf_append_str(ret_acl, "Get=");
    bool any = false;

    for (size_t i = 0; i < object->scope_count && err == DMSC_OK; i++) {
        if (is_app(object->scope[i]))
            continue;
        err = dmsci_buf_printf(ret_acl, "%s%s", any ? "+" : "", object->scope[i]);
        any = true;
    }
    if (err == DMSC_OK && !any)
        err = dmsc_buf_append_str(ret_acl, "dmsc");
    /* A scope that makes no ACL names no server. */
    if (err == DMSC_OK && !dmsc_acl_valid(dmsc_buf_str(ret_acl)))
        err = dmsc_buf_set(ret_acl, dmsc_bytes_str("Get=dmsc"));
    return err;
}

/* The same by the rules of DM 2.0, and for applications. Who is not listed gets nothing. */
static enum dmsc_err grant_all(struct dmsc_authority *authority, const char *uri,
                               const struct dmsci_cert_object *object)
{
    static const struct dmsc_subject device = { .kind = DMSC_SUBJECT_LOCAL };
    enum dmsc_err err = dmsc_grant_created(authority, &device, uri);

    for (size_t i = 0; i < object->scope_count && err == DMSC_OK; i++) {
        struct dmsc_grant grant = DMSC_GRANT_INIT;

        grant.server_id = object->scope[i];
        grant.rights = DMSC_GRANT_READ;
        err = dmsc_grant_give(authority, &device, uri, &grant, (struct dmsc_now){ 0, false });
        if (err == DMSC_E_NOT_LISTED_MA || err == DMSC_E_ARG)
            err = DMSC_OK;
    }
    return err;
}

enum dmsc_err dmsci_cert_object_write(struct dmsc_authority *authority, struct dmsc_tree *tree,
                                      const char *uri, const struct dmsci_cert_object *object,
                                      bool *ret_changed)
{
    struct dmsc_buf acl;
    bool there = false;
    enum dmsc_err err = stands(tree, uri, object, &there);

    *ret_changed = err == DMSC_OK && !there;
    if (err != DMSC_OK || there)
        return err;
    dmsc_buf_init(&acl, object->ctx, dmsc_ctx_limits(object->ctx)->acl_length);
    err = dmsc_tree_delete(tree, uri, true);
    if (err == DMSC_OK || err == DMSC_E_NOTFOUND)
        err = acl_of(object, &acl);
    if (err == DMSC_OK)
        err = write_nodes(tree, uri, dmsc_buf_str(&acl), object);
    if (err == DMSC_OK)
        err = grant_all(authority, uri, object);
    dmsc_buf_clear(&acl);
    return err;
}
