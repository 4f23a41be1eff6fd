/* SPDX-License-Identifier: Apache-2.0 */
/* DevInfo and DevDetail (OMA-TS-DM_StdObj 1.2 clauses 5.3.2 and 5.3.3). */
#include "host/bridge/private.h"
#include "host/credential/cert.h"
#include <dmsc/inbox.h>
#include <stdio.h>
#include <string.h>

#define DEVICE_ID_KEY "device/id"

static const char *or_else(const char *text, const char *otherwise)
{
    return text == NULL ? otherwise : text;
}

/* RFC 9562 5.4: a random UUID. Made once, since an identity that changes is none. */
static enum dmsc_err random_id(struct dmsc_bridge *bridge, struct dmsc_buf *ret_id)
{
    uint8_t u[16];
    enum dmsc_err err = dmsc_store_get(bridge->store, DEVICE_ID_KEY, ret_id);

    if (err != DMSC_E_NOTFOUND)
        return err;
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

/* Make or update one permanent node that servers may only read. */
static enum dmsc_err keep(struct dmsc_bridge *bridge, const char *uri, enum dmsc_format format,
                          const char *type, const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char now[512];
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(bridge->tree, uri, &there);

    if (err != DMSC_OK)
        return err;
    if (!there) {
        spec.format = format;
        spec.type = type;
        spec.value = dmsc_bytes_str(value);
        spec.access = DMSC_ACCESS_GET;
        spec.flags = DMSC_NODE_PERMANENT;
        return dmsc_tree_add(bridge->tree, uri, &spec);
    }
    if (format == DMSC_FORMAT_NODE)
        return DMSC_OK;
    err = dmsci_leaf_text(bridge, uri, now, sizeof(now), &there);
    if (err != DMSC_OK || (there && strcmp(now, value) == 0))
        return err;
    return dmsc_tree_replace(bridge->tree, uri, NULL, NULL, dmsc_bytes_str(value));
}

/* STD 5.3.4: nobody sees it; objects are left in it, and go where they belong. */
static enum dmsc_err keep_inbox(struct dmsc_bridge *bridge)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(bridge->tree, DMSC_INBOX, &there);

    spec.type = DMSC_INBOX_MOID;
    spec.access = DMSC_ACCESS_ADD;
    spec.flags = DMSC_NODE_PERMANENT;
    return err != DMSC_OK || there ? err : dmsc_tree_add(bridge->tree, DMSC_INBOX, &spec);
}

static enum dmsc_err keep_all(struct dmsc_bridge *bridge, const char *device_id)
{
    const struct dmsc_config *c = bridge->config;
    const struct dmsc_limits *limits = dmsc_ctx_limits(bridge->ctx);
    char depth[16], total[16], segment[16];
    const struct {
        const char *uri;
        enum dmsc_format format;
        const char *type, *value;
    } nodes[] = {
        { "./DevInfo", DMSC_FORMAT_NODE, "urn:oma:mo:oma-dm-devinfo:1.0", NULL },
        { "./DevInfo/DevId", DMSC_FORMAT_CHR, "text/plain", device_id },
        { "./DevInfo/Man", DMSC_FORMAT_CHR, "text/plain", or_else(c->manufacturer, "unknown") },
        { "./DevInfo/Mod", DMSC_FORMAT_CHR, "text/plain", or_else(c->model, "unknown") },
        { "./DevInfo/DmV", DMSC_FORMAT_CHR, "text/plain", "dmsc " DMSC_VERSION },
        { "./DevInfo/Lang", DMSC_FORMAT_CHR, "text/plain", or_else(c->language, "en") },
        { "./DevDetail", DMSC_FORMAT_NODE, "urn:oma:mo:oma-dm-devdetail:1.0", NULL },
        { "./DevDetail/URI", DMSC_FORMAT_NODE, "", NULL },
        { "./DevDetail/URI/MaxDepth", DMSC_FORMAT_CHR, "text/plain", depth },
        { "./DevDetail/URI/MaxTotLen", DMSC_FORMAT_CHR, "text/plain", total },
        { "./DevDetail/URI/MaxSegLen", DMSC_FORMAT_CHR, "text/plain", segment },
        { "./DevDetail/DevTyp", DMSC_FORMAT_CHR, "text/plain", "device" },
        { "./DevDetail/OEM", DMSC_FORMAT_CHR, "text/plain", or_else(c->manufacturer, "unknown") },
        { "./DevDetail/FwV", DMSC_FORMAT_CHR, "text/plain", "" },
        { "./DevDetail/SwV", DMSC_FORMAT_CHR, "text/plain", "dmsc " DMSC_VERSION },
        { "./DevDetail/HwV", DMSC_FORMAT_CHR, "text/plain", "" },
        { "./DMAcc", DMSC_FORMAT_NODE, "", NULL },
    };
    enum dmsc_err err = DMSC_OK;

    (void)snprintf(depth, sizeof(depth), "%u", limits->uri_depth);
    (void)snprintf(total, sizeof(total), "%zu", limits->uri_length);
    (void)snprintf(segment, sizeof(segment), "%zu", limits->uri_segment);
    for (size_t i = 0; err == DMSC_OK && i < DMSCI_ARRAY_LEN(nodes); i++)
        err = keep(bridge, nodes[i].uri, nodes[i].format, nodes[i].type, nodes[i].value);
    return err == DMSC_OK ? keep_inbox(bridge) : err;
}

enum dmsc_err dmsci_device_nodes(struct dmsc_bridge *bridge)
{
    struct dmsc_buf id;
    enum dmsc_err err;

    dmsc_buf_init(&id, bridge->ctx, 256);
    err = dmsc_tree_begin(bridge->tree, "device", dmsc_bridge_now(bridge).seconds);
    if (err != DMSC_OK)
        goto out;
    if (bridge->config->device_id != NULL)
        err = dmsc_buf_append_str(&id, bridge->config->device_id);
    else
        err = random_id(bridge, &id);
    if (err == DMSC_OK)
        err = keep_all(bridge, dmsc_buf_str(&id));
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bridge->tree);
    else
        dmsc_tree_rollback(bridge->tree);
out:
    dmsc_buf_clear(&id);
    return err;
}

enum dmsc_err dmsci_device_id(struct dmsc_bridge *bridge, struct dmsc_buf *ret_id)
{
    return dmsc_tree_value(bridge->tree, "./DevInfo/DevId", ret_id);
}
