/* SPDX-License-Identifier: Apache-2.0 */
/* Package 1: who we are and why we call (PRO 8.3). */
#include "apdu/base/ctx.h"
#include "host/dm1/pack.h"
#include <stdio.h>
#include <string.h>

/* STD 5.3.2: what package 1 tells of the device, in the order of the standard. */
static const char *const devinfo[] = { "DevId", "Man", "Mod", "DmV", "Lang" };
#define DEVINFO_COUNT DMSCI_ARRAY_LEN(devinfo)

/* @p uri has room for any of the table */
static enum dmsc_err devinfo_item(struct dmsc_dm1 *dm1, const char *uri,
                                  struct dmsci_syncml_item *item, size_t *count)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(dm1->tree, uri, &node);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    if (err == DMSC_OK && node.format != DMSC_FORMAT_NODE && (node.flags & DMSC_NODE_SECRET) == 0) {
        item->source = dmsci_answers_text(&dm1->answers, uri);
        err = item->source == NULL ? DMSC_E_NOMEM : dmsci_dm1_show(dm1, uri, &node, true, item);
        (*count)++;
    }
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err put_devinfo(struct dmsc_dm1 *dm1, struct dmsci_syncml_writer *w)
{
    struct dmsci_syncml_item items[DEVINFO_COUNT] = { { 0 } };
    struct dmsci_syncml_command replace = { .kind = DMSCI_N_Replace,
                                            .cmd_id = "2",
                                            .items = items };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < DEVINFO_COUNT && err == DMSC_OK; i++) {
        char uri[32];

        (void)snprintf(uri, sizeof(uri), "./DevInfo/%s", devinfo[i]);
        err = devinfo_item(dm1, uri, &items[replace.item_count], &replace.item_count);
    }
    if (err == DMSC_OK && replace.item_count > 0)
        err = dmsci_syncml_put(w, &replace);
    return err;
}

enum dmsc_err dmsci_dm1_write_package1(struct dmsc_dm1 *dm1)
{
    struct dmsci_syncml_command alert = { .kind = DMSCI_N_Alert,
                                          .cmd_id = "1",
                                          .data = dm1->server_initiated ? "1200" : "1201" };
    struct dmsci_dm1_numbers n;
    struct dmsci_syncml_header h = dmsci_dm1_header(dm1, &n);
    struct dmsci_syncml_writer w;
    enum dmsc_err err;

    (void)snprintf(n.max_msg, sizeof(n.max_msg), "%zu", dm1->max_msg_size);
    (void)snprintf(n.max_obj, sizeof(n.max_obj), "%zu", dm1->max_obj_size);
    h.meta = (struct dmsci_syncml_meta){ .present = true,
                                         .max_msg_size = n.max_msg,
                                         .max_obj_size = n.max_obj };
    err = dmsci_syncml_begin(&w, dm1->ctx, &dmsci_syncml_xml, &h, DMSCI_DM1_PEER_MSG_SIZE);
    if (err != DMSC_OK)
        return err;
    err = dmsci_syncml_put(&w, &alert);
    if (err == DMSC_OK)
        err = put_devinfo(dm1, &w);
    if (err == DMSC_OK)
        err = dmsci_dm1_put_alerts(dm1, &w, 3);
    if (err == DMSC_OK)
        err = dmsci_syncml_end(&w, true, &dm1->sent);
    if (err == DMSC_OK)
        dm1->msg_id++;
    dmsci_syncml_writer_clear(&w);
    dmsci_answers_clear(&dm1->answers);
    return err;
}
