/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, and answers as commands. */
#include "apdu/base/ctx.h"
#include "host/dm1/pack.h"
#include <stdio.h>
#include <string.h>

struct dmsci_syncml_header dmsci_dm1_header(const struct dmsc_dm1 *dm1, struct dmsci_dm1_numbers *n)
{
    (void)snprintf(n->msg_id, sizeof(n->msg_id), "%u", dm1->msg_id + 1);
    return (struct dmsci_syncml_header){ .ver_dtd = DMSCI_SYNCML_VERDTD,
                                         .ver_proto = "DM/1.2",
                                         .session_id = dm1->session_id,
                                         .msg_id = n->msg_id,
                                         .target = dm1->server_uri,
                                         .source = dm1->device_id };
}

enum dmsc_err dmsci_dm1_pack_put(struct dmsci_dm1_packing *p, struct dmsci_syncml_command *c)
{
    char cmd_id[12];
    enum dmsc_err err;

    (void)snprintf(cmd_id, sizeof(cmd_id), "%u", p->cmd_id + 1);
    c->cmd_id = cmd_id;
    err = dmsci_syncml_put(&p->w, c);
    c->cmd_id = NULL;
    if (err == DMSC_OK)
        p->cmd_id++;
    return err;
}

size_t dmsci_dm1_ceiling(const struct dmsc_dm1 *dm1)
{
    return dm1->peer_max_msg > 0 ? dm1->peer_max_msg : DMSCI_DM1_PEER_MSG_SIZE;
}

/* REP 6.5.1: the Status for the SyncHdr comes first. */
enum dmsc_err dmsci_dm1_pack_begin(struct dmsci_dm1_packing *p, struct dmsc_dm1 *dm1,
                                   const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_header *theirs = &turn->msg.header;
    struct dmsci_syncml_command status = { .kind = DMSCI_N_Status,
                                           .msg_ref = theirs->msg_id,
                                           .cmd_ref = "0",
                                           .cmd = "SyncHdr",
                                           .target_refs = &theirs->target,
                                           .target_ref_count = 1,
                                           .source_refs = &theirs->source,
                                           .source_ref_count = 1 };
    struct dmsci_dm1_numbers n;
    struct dmsci_syncml_header ours = dmsci_dm1_header(dm1, &n);
    char code[12];
    enum dmsc_err err;

    *p = (struct dmsci_dm1_packing){ .dm1 = dm1, .fresh = true };
    (void)snprintf(code, sizeof(code), "%u", turn->header_status);
    status.data = code;
    err = dmsci_syncml_begin(&p->w, dm1->ctx, &dmsci_syncml_xml, &ours, dmsci_dm1_ceiling(dm1));
    if (err == DMSC_OK)
        err = dmsci_dm1_pack_put(p, &status);
    return err;
}

struct dmsci_syncml_command dmsci_dm1_command_of(const struct dmsci_answer *a, char code[12])
{
    struct dmsci_syncml_command c = { .kind = a->kind,
                                      .msg_ref = a->msg_ref,
                                      .cmd_ref = a->cmd_ref,
                                      .cmd = a->cmd,
                                      .items = a->items,
                                      .item_count = a->item_count };

    (void)snprintf(code, 12, "%u", a->status);
    if (a->kind != DMSCI_N_Results)
        c.data = code;
    if (a->target_ref != NULL) {
        c.target_refs = &a->target_ref;
        c.target_ref_count = 1;
    }
    if (a->source_ref != NULL) {
        c.source_refs = &a->source_ref;
        c.source_ref_count = 1;
    }
    return c;
}
