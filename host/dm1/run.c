/* SPDX-License-Identifier: Apache-2.0 */
/* Executing a message: document order, Sequence (REP 6.6.14), Atomic (REP 6.6.3), Alerts (REP 7).
 */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <string.h>

enum dmsc_err dmsci_dm1_status(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                               const struct dmsci_syncml_command *command,
                               const struct dmsci_syncml_item *item, unsigned status,
                               const char *reason)
{
    /* A command without CmdID is answered with an empty CmdRef; 0 would be taken
     * for the SyncHdr. */
    bool bad_id = command->cmd_id == NULL || strcmp(command->cmd_id, "0") == 0;
    const struct dmsci_answer answer = { .kind = DMSCI_N_Status,
                                         .msg_ref = turn->msg.header.msg_id,
                                         .cmd_ref = bad_id ? "" : command->cmd_id,
                                         .cmd = command->name,
                                         .target_ref = item != NULL ? item->target : NULL,
                                         .source_ref = item != NULL ? item->source : NULL,
                                         .status = status,
                                         .reason = reason };

    return dmsci_answers_add(&dm1->answers, &answer);
}

/* A command of one Status: the whole of it is answered. */
static enum dmsc_err say(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t index,
                         unsigned status)
{
    return dmsci_dm1_status(dm1, turn, &turn->msg.commands[index], NULL, status, "");
}

/* A command that is not executed: each of its Items says so. */
static enum dmsc_err skip(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t index)
{
    const struct dmsci_syncml_command *c = &turn->msg.commands[index];
    enum dmsc_err err = DMSC_OK;

    if (c->kind == DMSCI_N_Alert || c->item_count == 0)
        return say(dm1, turn, index, 215);
    for (size_t i = 0; i < c->item_count && err == DMSC_OK; i++)
        err = dmsci_dm1_status(dm1, turn, c, &c->items[i], 215, "");
    return err;
}

/* The first command behind this one and all that is in it. */
static size_t behind(const struct dmsci_syncml_message *msg, size_t index)
{
    size_t next = index + 1;

    while (next < msg->command_count && msg->commands[next].parent != DMSCI_SYNCML_TOP &&
           msg->commands[next].parent >= index)
        next++;
    return next;
}

/* Does the server expect a Status for it? */
static bool answered(const struct dmsci_syncml_command *c)
{
    if (c->kind == DMSCI_N_Status || c->kind == DMSCI_N_Results)
        return false;
    /* What we do not know and what has no CmdID is ignored. */
    return c->kind != DMSCI_N_UNKNOWN || (c->cmd_id != NULL && c->cmd_id[0] != '\0');
}

/* What is in a group that is not executed. */
static enum dmsc_err skip_inside(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                 size_t index)
{
    size_t end = behind(&turn->msg, index);
    enum dmsc_err err = DMSC_OK;

    for (size_t i = index + 1; i < end && err == DMSC_OK; i++) {
        if (answered(&turn->msg.commands[i]))
            err = skip(dm1, turn, i);
    }
    return err;
}

static enum dmsc_err refuse(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t index,
                            unsigned status)
{
    enum dmsc_err err = DMSC_OK;

    if (answered(&turn->msg.commands[index]))
        err = status == 215 ? skip(dm1, turn, index) : say(dm1, turn, index, status);
    return err == DMSC_OK ? skip_inside(dm1, turn, index) : err;
}

/* The DTD knows some commands that DM does not use. */
static unsigned unknown_status(const struct dmsci_syncml_command *c)
{
    return dmsci_syncml_name_find(c->name) != DMSCI_N_UNKNOWN ? 406 : 400;
}

static unsigned alert_status(const struct dmsci_syncml_command *c)
{
    size_t code = 0;

    if (c->data == NULL || c->data[0] == '\0')
        return 412;
    if (!dmsci_syncml_number(c->data, &code))
        return 406;
    switch (code) {
    case DMSCI_ALERT_DISPLAY:
    case DMSCI_ALERT_CONFIRM:
    case DMSCI_ALERT_TEXT_INPUT:
    case DMSCI_ALERT_SINGLE_CHOICE:
    case DMSCI_ALERT_MULTIPLE_CHOICE:
        /* PRO 10: options and text at least; we have no user to ask. */
        return c->item_count < 2 ? 412 : 406;
    case DMSCI_ALERT_NO_END_OF_DATA:
        return 200;
    default:
        return 406;
    }
}

/* @return whether the Status of this Alert is among the answers already */
static bool next_message(const struct dmsci_syncml_command *c)
{
    return dmsci_dm1_is_alert(c, DMSCI_ALERT_NEXT_MESSAGE);
}

static enum dmsc_err each_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                               const struct dmsci_syncml_command *c, bool atomic, bool *ret_good)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < c->item_count && err == DMSC_OK; i++) {
        unsigned status = 215;

        /* In an Atomic the first failure ends it. */
        if (atomic && !*ret_good)
            err = dmsci_dm1_status(dm1, turn, c, &c->items[i], status, "");
        else
            err = dmsci_dm1_item(dm1, turn, c, &c->items[i], atomic, &status);
        *ret_good = *ret_good && dmsci_status_good(status);
    }
    return err;
}

/* Whether the command goes on with the object that came in part. */
static bool continues(const struct dmsc_dm1 *dm1, const struct dmsci_syncml_command *c)
{
    return c->kind == dm1->object.kind && c->bad == NULL && c->item_count == 1 &&
           c->items[0].target != NULL && strcmp(c->items[0].target, dm1->object.target) == 0;
}

/* Any command but a group. @p ret_good: it succeeded */
static enum dmsc_err run_plain(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                               size_t index, bool atomic, bool *ret_good)
{
    const struct dmsci_syncml_command *c = &turn->msg.commands[index];
    enum dmsc_err err = DMSC_OK;
    unsigned status;

    *ret_good = true;
    if (!answered(c) || next_message(c))
        return DMSC_OK;
    if (dm1->object.active && !continues(dm1, c))
        err = dmsci_dm1_object_broken(dm1, turn);
    if (err != DMSC_OK)
        return err;
    if (c->bad != NULL)
        status = 400;
    else if (c->kind == DMSCI_N_UNKNOWN)
        status = unknown_status(c);
    else if (c->kind == DMSCI_N_Alert)
        status = alert_status(c);
    else if (atomic && (c->kind == DMSCI_N_Get || c->kind == DMSCI_N_Exec))
        status = 500; /* REP 6.6.3 */
    else
        return each_item(dm1, turn, c, atomic, ret_good);
    *ret_good = dmsci_status_good(status);
    return dmsci_dm1_status(dm1, turn, c, NULL, status, c->bad != NULL ? "syncml:command" : "");
}

/* One after the other until one fails; the rest is not executed. Groups inside fail. */
static enum dmsc_err run_children(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                  size_t index, bool *ret_good)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    size_t end = behind(msg, index);
    enum dmsc_err err = DMSC_OK;

    *ret_good = true;
    for (size_t i = index + 1; i < end && err == DMSC_OK; i = behind(msg, i)) {
        enum dmsci_syncml_name kind = msg->commands[i].kind;
        bool good = true;

        if (!*ret_good)
            err = refuse(dm1, turn, i, 215);
        else if (kind == DMSCI_N_Atomic || kind == DMSCI_N_Sequence) {
            err = refuse(dm1, turn, i, 500);
            good = false;
        } else
            err = run_plain(dm1, turn, i, true, &good);
        *ret_good = *ret_good && good;
    }
    return err;
}

/* REP 6.6.3: what was done is undone and says so. */
static void undone(struct dmsci_answers *answers, size_t first)
{
    for (size_t i = first; i < answers->count; i++) {
        struct dmsci_answer *a = &answers->list[i];

        if (a->kind == DMSCI_N_Status && dmsci_status_good(a->status))
            a->status = 216;
    }
}

static enum dmsc_err run_atomic(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                size_t index)
{
    unsigned changes = dm1->report.changes;
    size_t mine = dm1->answers.count;
    bool good = false;
    enum dmsc_err err;

    if (turn->msg.commands[index].bad != NULL)
        return refuse(dm1, turn, index, 400);
    if (dm1->object.active) {
        err = dmsci_dm1_object_broken(dm1, turn);
        mine = dm1->answers.count;
        if (err != DMSC_OK)
            return err;
    }
    err = say(dm1, turn, index, 200);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(dm1->tree, dm1->actor, turn->now.seconds);
    if (err != DMSC_OK)
        return err;
    err = run_children(dm1, turn, index, &good);
    if (err == DMSC_OK && good)
        return dmsc_tree_commit(dm1->tree);
    dmsc_tree_rollback(dm1->tree);
    dm1->report.changes = changes;
    if (err == DMSC_OK) {
        undone(&dm1->answers, mine + 1);
        dm1->answers.list[mine].status = 507;
    }
    return err;
}

static enum dmsc_err run_one(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t index)
{
    bool good;

    if (turn->msg.commands[index].kind == DMSCI_N_Atomic)
        return run_atomic(dm1, turn, index);
    return run_plain(dm1, turn, index, false, &good);
}

/* REP 6.6.14: in order; a command that fails does not stop the others. */
static enum dmsc_err run_sequence(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                  size_t index)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    size_t end = behind(msg, index);
    enum dmsc_err err;

    if (msg->commands[index].bad != NULL)
        return refuse(dm1, turn, index, 400);
    err = say(dm1, turn, index, 200);
    for (size_t i = index + 1; i < end && err == DMSC_OK; i = behind(msg, i)) {
        /* The DTD has no Sequence in a Sequence. */
        err = msg->commands[i].kind == DMSCI_N_Sequence ? refuse(dm1, turn, i, 500)
                                                        : run_one(dm1, turn, i);
    }
    return err;
}

enum dmsc_err dmsci_dm1_run(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < msg->command_count && err == DMSC_OK; i = behind(msg, i))
        err = msg->commands[i].kind == DMSCI_N_Sequence ? run_sequence(dm1, turn, i)
                                                        : run_one(dm1, turn, i);
    /* PRO 7: no Final before the last chunk. */
    if (err == DMSC_OK && dm1->object.active && msg->final)
        err = dmsci_dm1_object_broken(dm1, turn);
    return err;
}
