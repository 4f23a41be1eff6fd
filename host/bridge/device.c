/* SPDX-License-Identifier: Apache-2.0 */
/* DevInfo and DevDetail (OMA-TS-DM_StdObj 1.2 clauses 5.3.2 and 5.3.3). */
#include "host/bridge/private.h"
#include "host/credential/cert.h"
#include <dmsc/inbox.h>
#include <dmsc/objects.h>
#include <stdio.h>
#include <string.h>

#define DEVICE_ID_KEY "device/id"

static const char *or_else(const char *text, const char *otherwise)
{
    return text == NULL ? otherwise : text;
}

/* What the device says of itself is looked at first: only where something differs there is a
 * change, so that who reads does not wait for one who writes. */
struct keeper {
    struct dmsc_bridge *bridge;
    bool looking;
    bool differs;
};

/* RFC 9562 5.4: a random UUID. Made once, since an identity that changes is none. */
static enum dmsc_err random_id(struct keeper *k, struct dmsc_buf *ret_id)
{
    struct dmsc_bridge *bridge = k->bridge;
    uint8_t u[16];
    enum dmsc_err err = dmsc_store_get(bridge->store, DEVICE_ID_KEY, ret_id);

    if (err != DMSC_E_NOTFOUND)
        return err;
    k->differs = true;
    if (k->looking)
        return DMSC_OK;
    err = dmsci_random(bridge->ctx, u, sizeof(u));
    if (err != DMSC_OK)
        return err;
    u[6] = (uint8_t)((u[6] & 0x0F) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3F) | 0x80);
    dmsc_buf_reset(ret_id);
    err = dmsci_buf_printf(ret_id,
                           "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                           "%02x%02x%02x%02x%02x%02x",
                           u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
                           u[12], u[13], u[14], u[15]);
    if (err == DMSC_OK)
        err = dmsc_store_put(bridge->store, DEVICE_ID_KEY, dmsc_buf_bytes(ret_id));
    return err;
}

static enum dmsc_err make(struct keeper *k, const char *uri, const struct dmsc_node_spec *spec)
{
    k->differs = true;
    return k->looking ? DMSC_OK : dmsc_tree_add(k->bridge->tree, uri, spec);
}

/* Make or update one node. Described ones are as their description says; of others, below Ext, this
 * is all that servers may do. */
static enum dmsc_err keep(struct keeper *k, const char *uri, enum dmsc_format format,
                          const char *value)
{
    struct dmsc_tree *tree = k->bridge->tree;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf now;
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(tree, uri, &there);

    if (err != DMSC_OK)
        return err;
    if (!there) {
        spec.format = format;
        spec.type = format == DMSC_FORMAT_NODE ? "" : "text/plain";
        spec.value = dmsc_bytes_str(value);
        spec.access = DMSC_ACCESS_GET;
        spec.flags = DMSC_NODE_PERMANENT;
        return make(k, uri, &spec);
    }
    if (format == DMSC_FORMAT_NODE)
        return DMSC_OK;
    dmsc_buf_init(&now, k->bridge->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(tree, uri, &now);
    if (err == DMSC_OK && !dmsc_bytes_equal(dmsc_buf_bytes(&now), dmsc_bytes_str(value))) {
        k->differs = true;
        err =
            k->looking ? DMSC_OK : dmsc_tree_replace(tree, uri, NULL, NULL, dmsc_bytes_str(value));
    }
    dmsc_buf_clear(&now);
    return err;
}

/* STD 5.3.4: nobody sees it; objects are left in it, and go where they belong. */
static enum dmsc_err keep_inbox(struct keeper *k)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(k->bridge->tree, DMSC_INBOX, &there);

    spec.type = DMSC_INBOX_MOID;
    spec.access = DMSC_ACCESS_ADD;
    spec.flags = DMSC_NODE_PERMANENT;
    return err != DMSC_OK || there ? err : make(k, DMSC_INBOX, &spec);
}

static enum dmsc_err keep_all(struct keeper *k, const char *device_id, const char *feat,
                              const char *moids)
{
    const struct dmsc_config *c = k->bridge->config;
    const struct dmsc_limits *limits = dmsc_ctx_limits(k->bridge->ctx);
    char depth[16], total[16], segment[16];
    const struct {
        const char *uri;
        enum dmsc_format format;
        const char *value;
    } nodes[] = {
        { "./DevInfo", DMSC_FORMAT_NODE, NULL },
        { "./DevInfo/DevId", DMSC_FORMAT_CHR, device_id },
        { "./DevInfo/Man", DMSC_FORMAT_CHR, or_else(c->manufacturer, "unknown") },
        { "./DevInfo/Mod", DMSC_FORMAT_CHR, or_else(c->model, "unknown") },
        { "./DevInfo/DmV", DMSC_FORMAT_CHR, "dmsc " DMSC_VERSION },
        { "./DevInfo/Lang", DMSC_FORMAT_CHR, or_else(c->language, "en") },
        { "./DevInfo/Ext", DMSC_FORMAT_NODE, NULL },
        { "./DevInfo/Ext/dmsc", DMSC_FORMAT_NODE, NULL },
        { "./DevInfo/Ext/dmsc/Feat", DMSC_FORMAT_CHR, feat },
        { "./DevDetail", DMSC_FORMAT_NODE, NULL },
        { "./DevDetail/URI", DMSC_FORMAT_NODE, NULL },
        { "./DevDetail/URI/MaxDepth", DMSC_FORMAT_CHR, depth },
        { "./DevDetail/URI/MaxTotLen", DMSC_FORMAT_CHR, total },
        { "./DevDetail/URI/MaxSegLen", DMSC_FORMAT_CHR, segment },
        { "./DevDetail/DevTyp", DMSC_FORMAT_CHR, "device" },
        { "./DevDetail/OEM", DMSC_FORMAT_CHR, or_else(c->manufacturer, "unknown") },
        { "./DevDetail/FwV", DMSC_FORMAT_CHR, "" },
        { "./DevDetail/SwV", DMSC_FORMAT_CHR, "dmsc " DMSC_VERSION },
        { "./DevDetail/HwV", DMSC_FORMAT_CHR, "" },
        /* PRO 7: in chunks, in both directions. */
        { "./DevDetail/LrgObj", DMSC_FORMAT_BOOL, "true" },
        { "./DevDetail/Ext", DMSC_FORMAT_NODE, NULL },
        { "./DevDetail/Ext/dmsc", DMSC_FORMAT_NODE, NULL },
        { "./DevDetail/Ext/dmsc/MOs", DMSC_FORMAT_CHR, moids },
        { "./DMAcc", DMSC_FORMAT_NODE, NULL },
    };
    enum dmsc_err err = DMSC_OK;

    (void)snprintf(depth, sizeof(depth), "%u", limits->uri_depth);
    (void)snprintf(total, sizeof(total), "%zu", limits->uri_length);
    (void)snprintf(segment, sizeof(segment), "%zu", limits->uri_segment);
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(nodes); i++)
        err = keep(k, nodes[i].uri, nodes[i].format, nodes[i].value);
    return err == DMSC_OK ? keep_inbox(k) : err;
}

enum dmsc_err dmsci_device_describe(struct dmsc_bridge *bridge)
{
    enum dmsc_err err = dmsc_object_ddf(bridge->ctx, "devinfo-1.0", &bridge->devinfo);

    if (err == DMSC_OK)
        err = dmsc_object_ddf(bridge->ctx, "devdetail-1.0", &bridge->devdetail);
    if (err == DMSC_OK)
        err = dmsc_tree_describe(bridge->tree, bridge->devinfo, NULL);
    return err != DMSC_OK ? err : dmsc_tree_describe(bridge->tree, bridge->devdetail, NULL);
}

/* Words with a space between. */
struct words {
    struct dmsc_buf *to;
    enum dmsc_err err;
};

static bool add_word(void *user, const char *word)
{
    struct words *w = user;

    w->err = dmsci_buf_printf(w->to, "%s%s", w->to->n > 0 ? " " : "", word);
    return w->err == DMSC_OK;
}

static enum dmsc_err tell(struct keeper *k)
{
    struct dmsc_bridge *bridge = k->bridge;
    struct dmsc_buf id, feat, moids;
    struct words features = { &feat, DMSC_OK }, kinds = { &moids, DMSC_OK };
    enum dmsc_err err;

    dmsc_buf_init(&id, bridge->ctx, 256);
    dmsc_buf_init(&feat, bridge->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&moids, bridge->ctx, SIZE_MAX / 2);
    if (bridge->config->device_id != NULL)
        err = dmsc_buf_append_str(&id, bridge->config->device_id);
    else
        err = random_id(k, &id);
    dmsc_bridge_features(bridge, add_word, &features);
    if (err == DMSC_OK)
        err = features.err;
    if (err == DMSC_OK)
        err = dmsc_bridge_objects(bridge, add_word, &kinds);
    if (err == DMSC_OK)
        err = kinds.err;
    if (err == DMSC_OK)
        err = keep_all(k, dmsc_buf_str(&id), dmsc_buf_str(&feat), dmsc_buf_str(&moids));
    dmsc_buf_clear(&id);
    dmsc_buf_clear(&feat);
    dmsc_buf_clear(&moids);
    return err;
}

enum dmsc_err dmsc_bridge_tell(struct dmsc_bridge *bridge)
{
    struct keeper k = { bridge, true, false };
    enum dmsc_err err = tell(&k);

    if (err != DMSC_OK || !k.differs)
        return err;
    k.looking = false;
    err = dmsc_tree_begin(bridge->tree, "device", dmsc_bridge_now(bridge).seconds);
    if (err != DMSC_OK)
        return err;
    err = tell(&k);
    if (err == DMSC_OK)
        return dmsc_tree_commit(bridge->tree);
    dmsc_tree_rollback(bridge->tree);
    return err;
}

enum dmsc_err dmsci_device_id(struct dmsc_bridge *bridge, struct dmsc_buf *ret_id)
{
    return dmsc_tree_value(bridge->tree, "./DevInfo/DevId", ret_id);
}
