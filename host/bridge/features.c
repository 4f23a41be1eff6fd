/* SPDX-License-Identifier: Apache-2.0 */
/* What the device can do, said so that it is true: each line asks what does the work. */
#include "host/bridge/private.h"
#include "host/net/tls.h"
#include <dmsc/mo_ops.h>
#include <string.h>

/* --- features ------------------------------------------------------------------------------ */

static bool always(const struct dmsc_bridge *bridge)
{
    (void)bridge;
    return true;
}

/* A card to read: without a link, or a way to one, nothing comes from it. */
static bool card(const struct dmsc_bridge *bridge)
{
    return bridge->link != NULL || bridge->config->link != NULL;
}

static bool tls13(const struct dmsc_bridge *bridge)
{
    (void)bridge;
    return dmsci_tls_has_13();
}

static const struct {
    const char *token;
    bool (*has)(const struct dmsc_bridge *bridge);
} features[] = {
    { "prio", always },   /* the better rank wins at one instance */
    { "tmpdel", always }, /* rights bounded in time and in sessions */
    { "uicc", card },     /* objects and authorities from a card */
    { "cert", card },     /* certificates from a card */
    { "tls13", tls13 },   { "tls12", always },
};

void dmsc_bridge_features(const struct dmsc_bridge *bridge,
                          bool (*token)(void *user, const char *token), void *user)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(features); i++) {
        if (features[i].has(bridge) && !token(user, features[i].token))
            return;
    }
}

/* --- kinds of objects ---------------------------------------------------------------------- */

struct kinds {
    struct dmsc_bridge *bridge;
    struct dmsc_buf all; /* NUL behind each */
    enum dmsc_err err;
};

static bool add_kind(struct kinds *k, const char *moid)
{
    for (size_t at = 0; at < k->all.n; at += strlen((const char *)k->all.p + at) + 1) {
        if (strcmp((const char *)k->all.p + at, moid) == 0)
            return true;
    }
    if (moid[0] != '\0')
        k->err = dmsc_buf_append(&k->all, dmsc_bytes(moid, strlen(moid) + 1));
    return k->err == DMSC_OK;
}

static bool first_node(void *user, const struct dmsc_ddf_node *node)
{
    (void)add_kind(user, node->types);
    return false;
}

static bool described(void *user, const char *base, const struct dmsc_ddf *ddf)
{
    struct kinds *k = user;

    (void)base;
    dmsc_ddf_walk(ddf, first_node, k);
    return k->err == DMSC_OK;
}

static bool bound(void *user, const char *uri)
{
    struct kinds *k = user;
    struct dmsc_node node = DMSC_NODE_INIT;

    k->err = dmsc_tree_get(k->bridge->tree, uri, &node);
    if (k->err == DMSC_OK)
        (void)add_kind(k, node.type);
    else if (k->err == DMSC_E_NOTFOUND)
        k->err = DMSC_OK; /* deleted since */
    dmsc_node_clear(&node);
    return k->err == DMSC_OK;
}

enum dmsc_err dmsc_bridge_objects(struct dmsc_bridge *bridge,
                                  bool (*kind)(void *user, const char *moid), void *user)
{
    struct kinds k = { bridge, { 0 }, DMSC_OK };

    dmsc_buf_init(&k.all, bridge->ctx, SIZE_MAX / 2);
    (void)add_kind(&k, "urn:oma:mo:oma-dm-dmacc:1.0");
    if (k.err == DMSC_OK)
        dmsc_tree_descriptions(bridge->tree, described, &k);
    if (k.err == DMSC_OK)
        dmsc_tree_bindings(bridge->tree, bound, &k);
    for (size_t at = 0; k.err == DMSC_OK && at < k.all.n;
         at += strlen((const char *)k.all.p + at) + 1) {
        if (!kind(user, (const char *)k.all.p + at))
            break;
    }
    dmsc_buf_clear(&k.all);
    return k.err;
}
