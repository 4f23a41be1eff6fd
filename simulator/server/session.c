/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/session.h"
#include "apdu/base/ctx.h"
#include "simulator/server/package.h"
#include <stdio.h>
#include <string.h>

#define RESULT_SIZE (1u << 20)
#define FAULT_MAX   100u

void server_session_fault(struct server_session *session, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (json_array_size(session->faults) < FAULT_MAX)
        (void)json_array_append_new(session->faults, json_string(text));
    dmsci_log(session->ctx, DMSC_LOG_WARN, "session", "%s: %s", session->device, text);
}

enum dmsc_err server_session_new(struct dmsc_ctx *ctx, const struct server_scenario *scenario,
                                 const struct dmsci_syncml_message *first,
                                 struct server_session **ret_session)
{
    struct server_session *s = dmsci_alloc(ctx, sizeof(*s));

    if (s == NULL)
        return DMSC_E_NOMEM;
    s->ctx = ctx;
    s->scenario = scenario;
    s->device = dmsci_strdup(ctx, first->header.source);
    s->session_id = dmsci_strdup(ctx, first->header.session_id);
    s->server_uri = dmsci_strdup(ctx, first->header.target);
    s->answers = dmsci_calloc(ctx, scenario->command_count + 1, sizeof(*s->answers));
    s->devinfo = json_object();
    s->alerts = json_array();
    s->faults = json_array();
    dmsc_buf_init(&s->last_request, ctx, 1u << 20);
    dmsc_buf_init(&s->last_response, ctx, 1u << 20);
    if (s->device == NULL || s->session_id == NULL || s->server_uri == NULL || s->answers == NULL ||
        s->devinfo == NULL || s->alerts == NULL || s->faults == NULL) {
        server_session_free(s);
        return DMSC_E_NOMEM;
    }
    for (size_t i = 0; i < scenario->command_count; i++)
        dmsc_buf_init(&s->answers[i].result, ctx, RESULT_SIZE);
    *ret_session = s;
    return DMSC_OK;
}

void server_session_free(struct server_session *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; s->answers != NULL && i < s->scenario->command_count; i++)
        dmsc_buf_clear(&s->answers[i].result);
    dmsci_free(s->ctx, s->answers);
    dmsci_free(s->ctx, s->device);
    dmsci_free(s->ctx, s->session_id);
    dmsci_free(s->ctx, s->server_uri);
    dmsc_buf_clear(&s->last_request);
    dmsc_buf_clear(&s->last_response);
    json_decref(s->devinfo);
    json_decref(s->alerts);
    json_decref(s->faults);
    json_decref(s->certificate);
    dmsci_free(s->ctx, s);
}

/* The command of ours that @p status or @p results is about. NULL: none. */
static struct server_answer *find_answer(struct server_session *s,
                                         const struct dmsci_syncml_command *about)
{
    size_t msg_ref = 0;

    if (about->cmd_ref == NULL || !dmsci_syncml_number(about->msg_ref, &msg_ref))
        return NULL;
    for (size_t i = 0; i < s->scenario->command_count; i++) {
        struct server_answer *answer = &s->answers[i];

        if (answer->sent_in != 0 && answer->sent_in == msg_ref &&
            strcmp(answer->cmd_id, about->cmd_ref) == 0)
            return answer;
    }
    return NULL;
}

/* Statuses about what is no command of the scenario: the header, and our Alert 1222. */
static void take_other_status(struct server_session *s, const struct dmsci_syncml_command *status,
                              size_t code)
{
    bool header = status->cmd != NULL && strcmp(status->cmd, "SyncHdr") == 0;
    bool alert = status->cmd != NULL && strcmp(status->cmd, "Alert") == 0;

    if (!header && !alert)
        server_session_fault(s, "Status for a command that was not sent: MsgRef %s, CmdRef %s",
                             status->msg_ref != NULL ? status->msg_ref : "none",
                             status->cmd_ref != NULL ? status->cmd_ref : "none");
    else if (code < 200 || code > 299)
        server_session_fault(s, "Status %zu for our %s", code, status->cmd);
}

static void take_status(struct server_session *s, const struct dmsci_syncml_command *status)
{
    struct server_answer *answer = find_answer(s, status);
    size_t code = 0;

    if (!dmsci_syncml_number(status->data, &code) || code < 101 || code > 599) {
        server_session_fault(s, "Status without a usable code");
        return;
    }
    if (answer == NULL) {
        take_other_status(s, status, code);
        return;
    }
    if (code == 213 && s->chunk_at > 0 && answer == &s->answers[s->next]) {
        s->chunk_taken = true;
        return;
    }
    if (answer->status != 0)
        server_session_fault(s, "two Statuses for CmdRef %s", status->cmd_ref);
    answer->status = (unsigned)code;
}

static enum dmsc_err take_results(struct server_session *s,
                                  const struct dmsci_syncml_command *results)
{
    struct server_answer *answer = find_answer(s, results);
    enum dmsc_err err = DMSC_OK;

    if (answer == NULL) {
        server_session_fault(s, "Results for a command that was not sent");
        return DMSC_OK;
    }
    if (answer->has_result && !answer->result_goes_on)
        server_session_fault(s, "two Results for CmdRef %s", results->cmd_ref);
    answer->has_result = true;
    for (size_t i = 0; err == DMSC_OK && i < results->item_count; i++) {
        answer->result_goes_on = results->items[i].more_data;
        err = dmsc_buf_append(&answer->result, results->items[i].data);
    }
    return err;
}

static void take_devinfo(struct server_session *s, const struct dmsci_syncml_command *replace)
{
    for (size_t i = 0; i < replace->item_count; i++) {
        const struct dmsci_syncml_item *item = &replace->items[i];
        const char *uri = item->source != NULL ? item->source : item->target;

        if (item->source == NULL || strncmp(item->source, "./DevInfo/", 10) != 0)
            server_session_fault(s, "Replace of the client for %s", uri != NULL ? uri : "nothing");
        if (uri != NULL)
            (void)json_object_set_new(
                s->devinfo, uri,
                json_stringn(item->data.p != NULL ? (const char *)item->data.p : "", item->data.n));
    }
}

/* What the client tells beside opening the session: code, and the items of alerts that have some.
 */
static void note_alert(struct server_session *s, const struct dmsci_syncml_command *alert,
                       size_t code)
{
    json_t *note = json_pack("{s:i, s:[]}", "code", (int)code, "items");

    for (size_t i = 0; note != NULL && i < alert->item_count; i++) {
        const struct dmsci_syncml_item *item = &alert->items[i];
        const char *data = item->data.p != NULL ? (const char *)item->data.p : "";

        (void)json_array_append_new(json_object_get(note, "items"),
                                    json_pack("{s:s*, s:s*, s:s*, s:s%}", "source", item->source,
                                              "type", item->meta.type, "mark", item->meta.mark,
                                              "data", data, item->data.n));
    }
    if (note != NULL)
        (void)json_array_append_new(s->alerts, note);
}

static void take_alert(struct server_session *s, const struct dmsci_syncml_command *alert)
{
    size_t code = 0;

    if (!dmsci_syncml_number(alert->data, &code)) {
        server_session_fault(s, "Alert without a code");
        return;
    }
    switch (code) {
    case DMSCI_ALERT_SERVER_INITIATED:
    case DMSCI_ALERT_CLIENT_INITIATED:
        if (s->opened)
            server_session_fault(s, "Alert %zu in the middle of the session", code);
        s->opening_alert = (unsigned)code;
        break;
    case DMSCI_ALERT_NEXT_MESSAGE:
        break;
    case DMSCI_ALERT_SESSION_ABORT:
        s->end = SERVER_ABORTED;
        break;
    default:
        note_alert(s, alert, code);
    }
}

static enum dmsc_err take_command(struct server_session *s, const struct dmsci_syncml_command *c)
{
    if (c->bad != NULL)
        server_session_fault(s, "%s: %s", c->name, c->bad);
    switch (c->kind) {
    case DMSCI_N_Status:
        take_status(s, c);
        break;
    case DMSCI_N_Results:
        return take_results(s, c);
    case DMSCI_N_Alert:
        take_alert(s, c);
        break;
    case DMSCI_N_Replace:
        take_devinfo(s, c);
        break;
    default:
        server_session_fault(s, "a client must not send %s", c->name);
    }
    return DMSC_OK;
}

/* PRO 8: the first Status of every message but the first is about our SyncHdr. */
static void check_header_status(struct server_session *s, const struct dmsci_syncml_message *msg)
{
    const struct dmsci_syncml_command *status = NULL;
    size_t msg_ref = 0;

    for (size_t i = 0; status == NULL && i < msg->command_count; i++) {
        if (msg->commands[i].kind == DMSCI_N_Status)
            status = &msg->commands[i];
    }
    if (status == NULL || status->cmd_ref == NULL || strcmp(status->cmd_ref, "0") != 0)
        server_session_fault(s, "message %s: no Status for our SyncHdr in front",
                             msg->header.msg_id);
    else if (!dmsci_syncml_number(status->msg_ref, &msg_ref) || msg_ref != s->our_msg_id)
        server_session_fault(s, "message %s: the Status of the SyncHdr is for another message",
                             msg->header.msg_id);
}

static enum dmsc_err take_commands(struct server_session *s, const struct dmsci_syncml_message *msg)
{
    enum dmsc_err err = DMSC_OK;

    if (s->our_msg_id > 0)
        check_header_status(s, msg);
    for (size_t i = 0; err == DMSC_OK && i < msg->command_count; i++)
        err = take_command(s, &msg->commands[i]);
    return err;
}

/* Headers that are possible, but not right. */
static void check_header(struct server_session *s, const struct dmsci_syncml_message *msg,
                         size_t msg_id)
{
    const char *proto = msg->header.ver_proto;

    if (proto == NULL || strcmp(proto, "DM/1.2") != 0)
        server_session_fault(s, "VerProto is %s", proto != NULL ? proto : "missing");
    if (msg->header.ver_dtd == NULL || strcmp(msg->header.ver_dtd, "1.2") != 0)
        server_session_fault(s, "VerDTD is not 1.2");
    if (msg_id != s->client_msg_id + 1)
        server_session_fault(s, "MsgID %zu behind %u", msg_id, s->client_msg_id);
    if (strcmp(msg->header.target, s->server_uri) != 0)
        server_session_fault(s, "the Target changed to %s", msg->header.target);
}

static void check_opening(struct server_session *s)
{
    static const char *const leaves[] = { "./DevInfo/DevId", "./DevInfo/Man", "./DevInfo/Mod",
                                          "./DevInfo/DmV", "./DevInfo/Lang" };
    const json_t *device = json_object_get(s->devinfo, leaves[0]);

    if (s->opening_alert == 0)
        server_session_fault(s, "package 1 has neither Alert 1200 nor 1201");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(leaves); i++) {
        if (json_object_get(s->devinfo, leaves[i]) == NULL)
            server_session_fault(s, "package 1 does not tell %s", leaves[i]);
    }
    if (device != NULL && strcmp(json_string_value(device), s->device) != 0)
        server_session_fault(s, "the header's Source is not ./DevInfo/DevId");
    s->opened = true;
}

/* All that was asked must be answered when the client says Final. */
static void check_answers(struct server_session *s)
{
    for (size_t i = 0; i < s->scenario->command_count; i++) {
        const struct server_answer *answer = &s->answers[i];

        if (answer->sent_in != 0 && answer->status == 0 &&
            s->scenario->commands[i].expect_count > 0)
            server_session_fault(s, "no Status for command %zu (%s)", i,
                                 dmsci_syncml_name(s->scenario->commands[i].kind));
        if (answer->result_goes_on)
            server_session_fault(s, "the Results of command %zu do not end", i);
    }
}

bool server_session_repeats(const struct server_session *session, struct dmsc_bytes raw)
{
    return session->messages > 0 && dmsc_bytes_equal(dmsc_buf_bytes(&session->last_request), raw);
}

enum dmsc_err server_session_step(struct server_session *s, const struct dmsci_syncml_message *msg,
                                  struct dmsc_bytes raw, struct dmsc_buf *ret_response)
{
    size_t msg_id = 0;
    enum dmsc_err err;

    if (server_session_repeats(s, raw))
        return dmsc_buf_set(ret_response, dmsc_buf_bytes(&s->last_response));
    if (!dmsci_syncml_number(msg->header.msg_id, &msg_id) || msg_id == 0 ||
        msg_id == s->client_msg_id) {
        server_session_fault(s, "MsgID %s cannot be", msg->header.msg_id);
        return dmsci_fail(s->ctx, DMSC_E_PEER, "take a message with MsgID %s", msg->header.msg_id);
    }
    check_header(s, msg, msg_id);
    s->client_msg_id = (unsigned)msg_id;
    s->messages++;
    if (msg->header.meta.max_msg_size != NULL &&
        !dmsci_syncml_number(msg->header.meta.max_msg_size, &s->client_max_msg_size))
        server_session_fault(s, "MaxMsgSize is not a number");
    err = take_commands(s, msg);
    if (err != DMSC_OK)
        return err;
    if (msg->final && !s->opened)
        check_opening(s);
    if (msg->final && s->our_msg_id > 0 && s->package_open)
        server_session_fault(s, "Final before ours");
    if (msg->final && s->end == SERVER_GOES_ON)
        check_answers(s);
    err = server_package_write(s, msg, ret_response);
    if (err == DMSC_OK)
        err = dmsc_buf_set(&s->last_request, raw);
    if (err == DMSC_OK)
        err = dmsc_buf_set(&s->last_response, dmsc_buf_bytes(ret_response));
    return err;
}

bool server_answer_ok(const struct server_command *command, const struct server_answer *answer)
{
    bool ok = command->expect_count == 0 && answer->sent_in != 0;

    for (size_t i = 0; i < command->expect_count; i++)
        ok = ok || command->expect[i] == answer->status;
    if (command->expect_data != NULL)
        ok = ok && answer->has_result &&
             dmsc_bytes_equal(dmsc_buf_bytes(&answer->result),
                              dmsc_bytes(command->expect_data, command->expect_data_n));
    return ok;
}

bool server_session_ok(const struct server_session *s)
{
    bool ok = s->end == SERVER_FINISHED && json_array_size(s->faults) == 0;

    for (size_t i = 0; i < s->scenario->command_count; i++)
        ok = ok && server_answer_ok(&s->scenario->commands[i], &s->answers[i]);
    return ok;
}
