/* SPDX-License-Identifier: Apache-2.0 */
/* What fits the server's messages, before anything is executed that could not be answered. */
#include "apdu/base/ctx.h"
#include "host/dm1/pack.h"
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsci_dm1_fits_alone(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                   const struct dmsci_syncml_command *c)
{
    /* As it will be in the worst case: behind the Status of a "next message". */
    const struct dmsci_answer next = { .kind = DMSCI_N_Status,
                                       .msg_ref = "9999999999",
                                       .cmd_ref = "9999999999",
                                       .cmd = "Alert",
                                       .status = 200 };
    char code[12];
    struct dmsci_syncml_command first = dmsci_dm1_command_of(&next, code), second = *c;
    struct dmsci_dm1_packing p;
    enum dmsc_err err = dmsci_dm1_pack_begin(&p, dm1, turn);

    if (err == DMSC_OK)
        err = dmsci_dm1_pack_put(&p, &first);
    p.cmd_id = 99998;
    if (err == DMSC_OK)
        err = dmsci_dm1_pack_put(&p, &second);
    dmsci_syncml_writer_clear(&p.w);
    return err;
}

/* Most octets a text can take: "\"" and the like are written as references. */
static size_t widest(const char *text)
{
    return text == NULL ? 0 : 6 * strlen(text);
}

static enum dmsc_err room_for(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t base,
                              const struct dmsci_syncml_command *c,
                              const struct dmsci_syncml_item *item)
{
    const struct dmsci_answer a = { .kind = DMSCI_N_Status,
                                    .msg_ref = turn->msg.header.msg_id,
                                    .cmd_ref = c->cmd_id != NULL ? c->cmd_id : "",
                                    .cmd = c->name,
                                    .target_ref = item != NULL ? item->target : NULL,
                                    .source_ref = item != NULL ? item->source : NULL,
                                    .status = 200 };
    char code[12];
    struct dmsci_syncml_command status = dmsci_dm1_command_of(&a, code);
    size_t most =
        300 + widest(a.cmd_ref) + widest(a.cmd) + widest(a.target_ref) + widest(a.source_ref);

    if (base <= dmsci_dm1_ceiling(dm1) && most <= dmsci_dm1_ceiling(dm1) - base)
        return DMSC_OK;
    return dmsci_dm1_fits_alone(dm1, turn, &status);
}

enum dmsc_err dmsci_dm1_room_for_answers(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    struct dmsci_dm1_packing p;
    size_t base;
    enum dmsc_err err = dmsci_dm1_pack_begin(&p, dm1, turn);

    if (err != DMSC_OK) {
        dmsci_syncml_writer_clear(&p.w);
        return err;
    }
    base = dmsci_syncml_size(&p.w) + 200; /* and the Status of a "next message" */
    dmsci_syncml_writer_clear(&p.w);
    for (size_t i = 0; i < msg->command_count && err == DMSC_OK; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];

        if (c->kind == DMSCI_N_Status || c->kind == DMSCI_N_Results)
            continue;
        err = room_for(dm1, turn, base, c, NULL);
        for (size_t k = 0; k < c->item_count && err == DMSC_OK; k++)
            err = room_for(dm1, turn, base, c, &c->items[k]);
    }
    return err;
}

bool dmsci_dm1_room_for_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                             const char *cmd_ref, const struct dmsci_syncml_item *item,
                             enum dmsc_err *ret_err)
{
    struct dmsci_syncml_item smallest = *item;
    struct dmsci_syncml_command c = { .kind = DMSCI_N_Results,
                                      .msg_ref = turn->msg.header.msg_id,
                                      .cmd_ref = cmd_ref,
                                      .items = &smallest,
                                      .item_count = 1 };
    size_t most =
        600 + widest(cmd_ref) + widest(item->source) + widest(item->meta.type) + 6 * item->data.n;

    *ret_err = DMSC_OK;
    /* Far from the ceiling: no need to try. */
    if (most + 4096 + widest(turn->msg.header.target) + widest(turn->msg.header.source) +
            widest(dm1->server_uri) + widest(dm1->device_id) <=
        dmsci_dm1_ceiling(dm1))
        return true;
    *ret_err = dmsci_dm1_fits_alone(dm1, turn, &c);
    if (*ret_err != DMSC_E_LIMIT || item->data.n < 2)
        return *ret_err == DMSC_OK;
    /* In chunks then: with its Size, and one character of six octets in it. */
    smallest.data = dmsc_bytes("\"\"\"\"", 4);
    smallest.meta.present = true;
    smallest.meta.size = "9999999999";
    smallest.more_data = true;
    *ret_err = dmsci_dm1_fits_alone(dm1, turn, &c);
    return *ret_err == DMSC_OK;
}
