/* SPDX-License-Identifier: Apache-2.0 */
/* The session as a state machine: docs/dm1.md shows the same table. PRO 6 and 8. */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
#define X(name) #name,
    DMSCI_DM1_STATES(X)
#undef X
};
static const char *const event_names[] = {
#define X(name) #name,
    DMSCI_DM1_EVENTS(X)
#undef X
};

/* What a row does: it may fail, say what is wanted, and raise one more event. */
struct outcome {
    struct dmsc_dm1_want want;
    bool raised;
    enum dmsci_dm1_event event;
};
typedef enum dmsc_err action(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                             struct outcome *out);

static action send_package1, again, execute, answer, refuse_version, finish, leave;

struct row {
    enum dmsci_dm1_state from;
    enum dmsci_dm1_event event;
    enum dmsci_dm1_state to;
    action *act;
    const char *end; /* what the report says when the session ends here and nobody knows better */
};

/* clang-format off */
static const struct row rows[] = {
    { DMSCI_DM1_IDLE,    DMSCI_DM1_ON_START,     DMSCI_DM1_WAIT2,   send_package1,  NULL },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_EMPTY,     DMSCI_DM1_END,     leave, "the server sent no message" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_BROKEN,    DMSCI_DM1_END,     leave, "the server sent a broken message" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_FOREIGN,   DMSCI_DM1_END,     leave, "a message that is none of this session" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_VERSION,   DMSCI_DM1_LEAVING, refuse_version, NULL },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_CHALLENGE, DMSCI_DM1_END,     leave, "the server demands credentials we do not use" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_DENIED,    DMSCI_DM1_END,     leave, "the server refused our message" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_ABORT,     DMSCI_DM1_END,     leave, "the server aborted the session" },
    { DMSCI_DM1_WAIT2,   DMSCI_DM1_ON_MESSAGE,   DMSCI_DM1_RUN,     execute,        NULL },
    { DMSCI_DM1_RUN,     DMSCI_DM1_ON_SPEAK,     DMSCI_DM1_WAIT4,   answer,         NULL },
    { DMSCI_DM1_RUN,     DMSCI_DM1_ON_SILENT,    DMSCI_DM1_END,     finish, "the server had nothing more to do" },
    { DMSCI_DM1_RUN,     DMSCI_DM1_ON_CRAMPED,   DMSCI_DM1_END,     leave, "the server's MaxMsgSize has no room for an answer" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_EMPTY,     DMSCI_DM1_END,     finish, "the server ended without a message" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_BROKEN,    DMSCI_DM1_END,     leave, "the server sent a broken message" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_FOREIGN,   DMSCI_DM1_END,     leave, "a message that is none of this session" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_DUPLICATE, DMSCI_DM1_WAIT4,   again,          NULL },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_VERSION,   DMSCI_DM1_LEAVING, refuse_version, NULL },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_CHALLENGE, DMSCI_DM1_END,     leave, "the server demands credentials we do not use" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_DENIED,    DMSCI_DM1_END,     leave, "the server refused our message" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_ABORT,     DMSCI_DM1_END,     leave, "the server aborted the session" },
    { DMSCI_DM1_WAIT4,   DMSCI_DM1_ON_MESSAGE,   DMSCI_DM1_RUN,     execute,        NULL },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_EMPTY,        DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_BROKEN,       DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_FOREIGN,      DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_DUPLICATE,    DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_VERSION,      DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_CHALLENGE,    DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_DENIED,       DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_ABORT,        DMSCI_DM1_END,     leave, "the server speaks another version" },
    { DMSCI_DM1_LEAVING, DMSCI_DM1_ON_MESSAGE,      DMSCI_DM1_END,     leave, "the server speaks another version" },
};
/* clang-format on */

static const struct row *row_of(enum dmsci_dm1_state from, enum dmsci_dm1_event event)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        if (rows[i].from == from && rows[i].event == event)
            return &rows[i];
    }
    return NULL;
}

static enum dmsc_err hand_out(struct dmsc_dm1 *dm1, struct outcome *out)
{
    dm1->report.messages_sent++;
    out->want =
        (struct dmsc_dm1_want){ .kind = DMSC_DM1_SEND,
                                .body = dmsc_buf_bytes(&dm1->sent),
                                .uri = dm1->resp_uri != NULL ? dm1->resp_uri : dm1->server_uri,
                                .content_type = DMSCI_MIME_SYNCML };
    return DMSC_OK;
}

static enum dmsc_err send_package1(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                   struct outcome *out)
{
    enum dmsc_err err = dmsci_dm1_write_package1(dm1);

    (void)turn;
    return err == DMSC_OK ? hand_out(dm1, out) : err;
}

static enum dmsc_err again(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn, struct outcome *out)
{
    (void)turn;
    dmsci_log(dm1->ctx, DMSC_LOG_INFO, "dm1", "the last message came again: same answer");
    return hand_out(dm1, out);
}

static enum dmsc_err answer(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn, struct outcome *out)
{
    enum dmsc_err err = dmsci_dm1_write_answers(dm1, turn);

    return err == DMSC_OK ? hand_out(dm1, out) : err;
}

/* SREP 10: 505 and 513 are said in a version we speak; none of the commands is looked at. */
static enum dmsc_err refuse_version(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                    struct outcome *out)
{
    dmsci_answers_clear(&dm1->answers);
    dm1->package_whole = true;
    return answer(dm1, turn, out);
}

static void ended(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, struct outcome *out,
                  enum dmsc_dm1_want_kind kind)
{
    if (turn->end != NULL)
        (void)snprintf(dm1->report.end, sizeof(dm1->report.end), "%s", turn->end);
    dmsci_dm1_object_drop(dm1);
    dmsci_answers_clear(&dm1->answers);
    out->want = (struct dmsc_dm1_want){ .kind = kind };
}

static enum dmsc_err finish(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn, struct outcome *out)
{
    /* An empty answer while ours were not complete is no proper end. */
    bool owed = dm1->answers.next < dm1->answers.count || dm1->object.active;

    ended(dm1, turn, out, owed ? DMSC_DM1_ABORTED : DMSC_DM1_DONE);
    return DMSC_OK;
}

static enum dmsc_err leave(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn, struct outcome *out)
{
    ended(dm1, turn, out, DMSC_DM1_ABORTED);
    return DMSC_OK;
}

static void tell(struct dmsc_dm1 *dm1, const struct dmsci_answer *a)
{
    struct dmsc_dm1_event event = { a->cmd, a->target_ref != NULL ? a->target_ref : "", a->status,
                                    a->reason };

    if (a->kind != DMSCI_N_Status || a->control)
        return;
    dm1->report.commands++;
    if (dmsci_status_good(a->status))
        dm1->report.succeeded++;
    else if (a->status == 425 || a->status == 405 || a->status == 403)
        dm1->report.refused++;
    else
        dm1->report.failed++;
    dmsci_log(dm1->ctx, DMSC_LOG_INFO, "dm1", "%s %.200s: %u %s", event.command, event.uri,
              event.status, event.reason);
    if (dm1->watch != NULL)
        dm1->watch(dm1->watch_user, &event);
}

/* All commands of the message in one transaction, committed before anybody hears of it. */
static enum dmsc_err transact(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn)
{
    unsigned changes = dm1->report.changes;
    size_t first = dm1->answers.count;
    enum dmsc_err err = dmsc_tree_begin(dm1->tree, dm1->actor, turn->now.seconds);

    if (err != DMSC_OK)
        return err;
    err = dmsci_dm1_alerts_answered(dm1, &turn->msg);
    if (err == DMSC_OK)
        err = dmsci_dm1_run(dm1, turn);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(dm1->tree);
    else
        dmsc_tree_rollback(dm1->tree);
    if (err != DMSC_OK) {
        dm1->report.changes = changes;
        dmsci_answers_truncate(&dm1->answers, first);
        return err;
    }
    for (size_t i = first; i < dm1->answers.count; i++)
        tell(dm1, &dm1->answers.list[i]);
    return DMSC_OK;
}

/* PRO 6: whether this is a "next message" for the rest of our answers, which then waits in front.
 */
static enum dmsc_err next_message(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < msg->command_count && err == DMSC_OK; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];
        struct dmsci_answer status = { .kind = DMSCI_N_Status,
                                       .msg_ref = msg->header.msg_id,
                                       .cmd_ref = c->cmd_id,
                                       .cmd = c->name,
                                       .status = 200,
                                       .control = true };

        if (dmsci_dm1_is_alert(c, DMSCI_ALERT_NEXT_MESSAGE))
            err = dmsci_answers_add_first(&dm1->answers, &status);
    }
    return err;
}

static enum dmsc_err execute(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn, struct outcome *out)
{
    bool silent;
    enum dmsc_err err = dmsci_dm1_room_for_answers(dm1, turn);

    out->raised = true;
    out->event = DMSCI_DM1_ON_CRAMPED;
    if (err == DMSC_E_LIMIT)
        return DMSC_OK;
    dmsci_dm1_chunk_answered(dm1, &turn->msg);
    if (err == DMSC_OK)
        err = next_message(dm1, turn);
    if (err == DMSC_OK)
        err = transact(dm1, turn);
    if (err != DMSC_OK)
        return err;
    dm1->package_whole = dm1->package_whole || turn->msg.final;
    silent = dm1->answers.next == dm1->answers.count && dm1->package_whole;
    out->event = silent ? DMSCI_DM1_ON_SILENT : DMSCI_DM1_ON_SPEAK;
    return DMSC_OK;
}

static enum dmsc_err take(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                          enum dmsci_dm1_event event, struct outcome *out)
{
    /* MESSAGE raises one more event, and that one none. */
    for (unsigned n = 0; n < 2; n++) {
        const struct row *row = row_of(dm1->state, event);
        enum dmsc_err err;

        if (row == NULL) {
            (void)dmsci_fail(dm1->ctx, DMSC_E_STATE, "continue the DM session");
            dmsci_why(dm1->ctx, "dm1:state", "%s in state %s", event_names[event],
                      state_names[dm1->state]);
            return DMSC_E_STATE;
        }
        dmsci_log(dm1->ctx, DMSC_LOG_DEBUG, "dm1", "%s: %s -> %s", event_names[event],
                  state_names[row->from], state_names[row->to]);
        if (turn->end == NULL)
            turn->end = row->end;
        out->raised = false;
        err = row->act(dm1, turn, out);
        if (err != DMSC_OK)
            return err;
        dm1->state = row->to;
        if (!out->raised)
            return DMSC_OK;
        event = out->event;
    }
    return dmsci_fail(dm1->ctx, DMSC_E_STATE, "continue the DM session");
}

static enum dmsci_dm1_event arrived(struct dmsc_dm1 *dm1, struct dmsci_dm1_turn *turn,
                                    enum dmsc_err *ret_err)
{
    enum dmsci_dm1_event event = DMSCI_DM1_ON_START;

    *ret_err = DMSC_OK;
    if (dm1->state == DMSCI_DM1_IDLE)
        return event;
    if (turn->received.n == 0)
        return DMSCI_DM1_ON_EMPTY;
    dm1->report.messages_received++;
    *ret_err = dmsci_dm1_classify(dm1, turn, &event);
    return event;
}

enum dmsc_err dmsc_dm1_step(struct dmsc_dm1 *dm1, struct dmsc_bytes received, struct dmsc_now now,
                            struct dmsc_dm1_want *ret_want)
{
    struct dmsci_dm1_turn turn = { .received = received, .now = now, .header_status = 200 };
    struct outcome out = { .raised = false };
    enum dmsci_dm1_event event;
    enum dmsc_err err;

    if (dm1->state == DMSCI_DM1_END)
        return dmsci_fail(dm1->ctx, DMSC_E_STATE, "continue a DM session that has ended");
    event = arrived(dm1, &turn, &err);
    if (err == DMSC_OK)
        err = take(dm1, &turn, event, &out);
    if (err != DMSC_OK) {
        /* What failed on our side is not tried again: the server repeats in a new session. */
        dm1->state = DMSCI_DM1_END;
        (void)snprintf(dm1->report.end, sizeof(dm1->report.end), "%s", dmsc_err_text(err));
        goto out;
    }
    *ret_want = out.want;
out:
    dmsci_syncml_clear(&turn.msg);
    return err;
}
