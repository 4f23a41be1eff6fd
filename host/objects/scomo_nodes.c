/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of software components: the device's inventory, and what servers add. */
#include "host/objects/scomo.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_err node_uri(struct dmsc_scomo *scomo, const char *path, struct dmsc_buf *ret_uri)
{
    dmsc_buf_init(ret_uri, scomo->ctx, SIZE_MAX / 2);
    return dmsci_buf_printf(ret_uri, "%s/%s", scomo->uri, path);
}

static enum dmsc_err keep_at(struct dmsc_scomo *scomo, const char *uri, enum dmsc_format format,
                             const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf now;
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(scomo->tree, uri, &there);

    if (err != DMSC_OK || (there && (format == DMSC_FORMAT_NODE || value == NULL)))
        return err;
    if (!there) {
        spec.format = format;
        spec.type = format == DMSC_FORMAT_NODE  ? ""
                    : format == DMSC_FORMAT_BIN ? "application/octet-stream"
                                                : "text/plain";
        spec.value = dmsc_bytes_str(value != NULL ? value : "");
        return dmsc_tree_add(scomo->tree, uri, &spec);
    }
    dmsc_buf_init(&now, scomo->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(scomo->tree, uri, &now);
    if (err == DMSC_OK && !dmsc_bytes_equal(dmsc_buf_bytes(&now), dmsc_bytes_str(value)))
        err = dmsc_tree_replace(scomo->tree, uri, NULL, NULL, dmsc_bytes_str(value));
    dmsc_buf_clear(&now);
    return err;
}

enum dmsc_err dmsci_scomo_keep(struct dmsc_scomo *scomo, const char *path, enum dmsc_format format,
                               const char *value)
{
    bool outer = scomo->writing;
    struct dmsc_buf uri;
    enum dmsc_err err = node_uri(scomo, path, &uri);

    scomo->writing = true;
    if (err == DMSC_OK)
        err = keep_at(scomo, dmsc_buf_str(&uri), format, value);
    scomo->writing = outer;
    dmsc_buf_clear(&uri);
    return err;
}

enum dmsc_err dmsci_scomo_value(struct dmsc_scomo *scomo, const char *path,
                                struct dmsc_buf *ret_value)
{
    struct dmsc_buf uri;
    enum dmsc_err err = node_uri(scomo, path, &uri);

    if (err == DMSC_OK)
        err = dmsc_tree_value(scomo->tree, dmsc_buf_str(&uri), ret_value);
    dmsc_buf_clear(&uri);
    if (err != DMSC_E_NOTFOUND)
        return err;
    dmsc_buf_reset(ret_value);
    return DMSC_OK;
}

/* --- the inventory ------------------------------------------------------------------------- */

struct inventory {
    struct dmsc_scomo *scomo;
    const char *parent;
    struct dmsc_buf items; /* names of what is there, NUL behind each */
    enum dmsc_err err;
};

struct leaf {
    const char *name;
    enum dmsc_format format;
    const char *value; /* NULL: it is left out */
};

/* One item: its leaves, and its operations. */
static bool keep_item(struct inventory *inv, const char *item, const struct leaf *leaves, size_t n)
{
    struct dmsc_buf path;

    dmsc_buf_init(&path, inv->scomo->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < n && inv->err == DMSC_OK; i++) {
        if (leaves[i].format != DMSC_FORMAT_NULL && leaves[i].value == NULL)
            continue;
        dmsc_buf_reset(&path);
        inv->err = dmsci_buf_printf(&path, "%s/%s/%s", inv->parent, item, leaves[i].name);
        if (inv->err == DMSC_OK)
            inv->err = dmsci_scomo_keep(inv->scomo, dmsc_buf_str(&path), leaves[i].format,
                                        leaves[i].value);
    }
    dmsc_buf_clear(&path);
    if (inv->err == DMSC_OK)
        inv->err = dmsc_buf_append(&inv->items, dmsc_bytes(item, strlen(item) + 1));
    return inv->err == DMSC_OK;
}

static bool keep_package(void *to, const struct dmsc_scomo_package *one)
{
    const struct leaf leaves[] = {
        { "PkgID", DMSC_FORMAT_CHR, one->id },
        { "Name", DMSC_FORMAT_CHR, one->name },
        { "EnvType", DMSC_FORMAT_CHR, one->environment },
        { "State", DMSC_FORMAT_INT, one->installed ? "20" : "10" },
        { "Operations/Install", DMSC_FORMAT_NULL, NULL },
        { "Operations/InstallInactive", DMSC_FORMAT_NULL, NULL },
        { "Operations/Remove", DMSC_FORMAT_NULL, NULL },
    };

    return keep_item(to, one->item, leaves, DMSCI_ARRAY_LEN(leaves));
}

static bool keep_component(void *to, const struct dmsc_scomo_component *one)
{
    const struct leaf leaves[] = {
        { "ID", DMSC_FORMAT_CHR, one->id },
        { "PkgIDRef", DMSC_FORMAT_CHR, one->package_id },
        { "Name", DMSC_FORMAT_CHR, one->name },
        { "Version", DMSC_FORMAT_CHR, one->version },
        { "EnvType", DMSC_FORMAT_CHR, one->environment },
        { "State", DMSC_FORMAT_INT, one->active ? "20" : "10" },
        { "Operations/Activate", DMSC_FORMAT_NULL, NULL },
        { "Operations/Deactivate", DMSC_FORMAT_NULL, NULL },
        { "Operations/Remove", DMSC_FORMAT_NULL, NULL },
    };

    return keep_item(to, one->item, leaves, DMSCI_ARRAY_LEN(leaves));
}

static bool is_listed(const struct dmsc_buf *items, const char *name)
{
    for (size_t at = 0; at < items->n; at += strlen((const char *)items->p + at) + 1) {
        if (strcmp((const char *)items->p + at, name) == 0)
            return true;
    }
    return false;
}

struct children {
    const struct dmsc_buf *items; /* NULL: all are meant */
    struct dmsc_buf *names;       /* NUL behind each */
    enum dmsc_err err;
};

static bool collect(void *user, const char *name)
{
    struct children *c = user;

    if (c->items == NULL || !is_listed(c->items, name))
        c->err = dmsc_buf_append(c->names, dmsc_bytes(name, strlen(name) + 1));
    return c->err == DMSC_OK;
}

static enum dmsc_err children_of(struct dmsc_scomo *scomo, const char *path,
                                 const struct dmsc_buf *but, struct dmsc_buf *ret_names)
{
    struct children c = { but, ret_names, DMSC_OK };
    struct dmsc_buf uri;
    enum dmsc_err err = node_uri(scomo, path, &uri);

    if (err == DMSC_OK)
        err = dmsc_tree_children(scomo->tree, dmsc_buf_str(&uri), collect, &c);
    dmsc_buf_clear(&uri);
    return err != DMSC_OK ? err : c.err;
}

static enum dmsc_err drop_others(struct inventory *inv)
{
    struct dmsc_scomo *scomo = inv->scomo;
    struct dmsc_buf names, uri;
    enum dmsc_err err;

    dmsc_buf_init(&names, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&uri, scomo->ctx, SIZE_MAX / 2);
    err = children_of(scomo, inv->parent, &inv->items, &names);
    scomo->writing = true;
    for (size_t at = 0; err == DMSC_OK && at < names.n;
         at += strlen((const char *)names.p + at) + 1) {
        dmsc_buf_reset(&uri);
        err =
            dmsci_buf_printf(&uri, "%s/%s/%s", scomo->uri, inv->parent, (const char *)names.p + at);
        if (err == DMSC_OK)
            err = dmsc_tree_delete(scomo->tree, dmsc_buf_str(&uri), true);
    }
    scomo->writing = false;
    dmsc_buf_clear(&names);
    dmsc_buf_clear(&uri);
    return err;
}

enum dmsc_err dmsci_scomo_inventory(struct dmsc_scomo *scomo)
{
    struct inventory delivered = { scomo, "Inventory/Delivered", { 0 }, DMSC_OK };
    struct inventory deployed = { scomo, "Inventory/Deployed", { 0 }, DMSC_OK };
    enum dmsc_err err;

    dmsc_buf_init(&delivered.items, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&deployed.items, scomo->ctx, SIZE_MAX / 2);
    err = scomo->ops->packages(scomo->user, keep_package, &delivered);
    if (err == DMSC_OK)
        err = delivered.err;
    if (err == DMSC_OK)
        err = drop_others(&delivered);
    if (err == DMSC_OK)
        err = scomo->ops->components(scomo->user, keep_component, &deployed);
    if (err == DMSC_OK)
        err = deployed.err;
    if (err == DMSC_OK)
        err = drop_others(&deployed);
    dmsc_buf_clear(&delivered.items);
    dmsc_buf_clear(&deployed.items);
    return err;
}

/* --- what servers add ---------------------------------------------------------------------- */

static enum dmsc_err prepare_one(struct dmsc_scomo *scomo, const char *item)
{
    static const struct leaf nodes[] = {
        { "Status", DMSC_FORMAT_INT, NULL },
        { "Operations/Download", DMSC_FORMAT_NULL, NULL },
        { "Operations/DownloadInstall", DMSC_FORMAT_NULL, NULL },
        { "Operations/DownloadInstallInactive", DMSC_FORMAT_NULL, NULL },
        { "Ext/dmsc/Signature", DMSC_FORMAT_BIN, NULL },
    };
    struct dmsc_buf path, status;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&path, scomo->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&status, scomo->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(nodes) && err == DMSC_OK; i++) {
        dmsc_buf_reset(&path);
        err = dmsci_buf_printf(&path, "Download/%s/%s", item, nodes[i].name);
        if (err == DMSC_OK)
            err = dmsci_scomo_keep(scomo, dmsc_buf_str(&path), nodes[i].format, NULL);
        if (err == DMSC_OK && i == 0)
            err = dmsci_scomo_value(scomo, dmsc_buf_str(&path), &status);
        if (err == DMSC_OK && i == 0 && status.n == 0)
            err = dmsci_scomo_keep(scomo, dmsc_buf_str(&path), DMSC_FORMAT_INT, "10");
    }
    dmsc_buf_clear(&path);
    dmsc_buf_clear(&status);
    return err;
}

enum dmsc_err dmsci_scomo_prepare(struct dmsc_scomo *scomo)
{
    struct dmsc_buf names;
    enum dmsc_err err;

    dmsc_buf_init(&names, scomo->ctx, SIZE_MAX / 2);
    err = children_of(scomo, "Download", NULL, &names);
    for (size_t at = 0; err == DMSC_OK && at < names.n;
         at += strlen((const char *)names.p + at) + 1)
        err = prepare_one(scomo, (const char *)names.p + at);
    dmsc_buf_clear(&names);
    return err;
}
