/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/package.h"
#include "apdu/base/ctx.h"
#include <stdio.h>

#define MESSAGE_SIZE (1u << 20)
#define GROUPS_MAX   4u
/* What MaxMsgSize must leave room for, whatever the client says (DM protocol clause 7). */
#define LEAST_MSG_SIZE 512u

struct package {
    struct server_session *session;
    struct dmsci_syncml_writer writer;
    unsigned cmd_id;
};

/* The caller's text lives until the command was put. */
static const char *next_id(struct package *p, char text[12])
{
    (void)snprintf(text, 12, "%u", ++p->cmd_id);
    return text;
}

static enum dmsc_err put_status(struct package *p, const struct dmsci_syncml_header *header,
                                const char *cmd_ref, const char *cmd, unsigned code)
{
    bool about_header = cmd_ref[0] == '0';
    char id[12], data[12];
    struct dmsci_syncml_command status = {
        .kind = DMSCI_N_Status,
        .name = "Status",
        .parent = DMSCI_SYNCML_TOP,
        .cmd_id = next_id(p, id),
        .msg_ref = header->msg_id,
        .cmd_ref = cmd_ref,
        .cmd = cmd,
        .data = data,
        .target_refs = &header->target,
        .target_ref_count = about_header ? 1 : 0,
        .source_refs = &header->source,
        .source_ref_count = about_header ? 1 : 0,
    };

    (void)snprintf(data, sizeof(data), "%u", code);
    return dmsci_syncml_put(&p->writer, &status);
}

/* What a client may send: PRO 8. Statuses are not answered, and of Results only chunks: 0. */
static unsigned code_for(const struct dmsci_syncml_command *command)
{
    bool goes_on = command->item_count > 0 && command->items[command->item_count - 1].more_data;

    if (command->kind == DMSCI_N_Status || command->cmd_id == NULL)
        return 0;
    if (command->kind == DMSCI_N_Results)
        return goes_on ? 213 : 0;
    if (command->bad != NULL)
        return 400;
    return command->kind == DMSCI_N_Alert || command->kind == DMSCI_N_Replace ? 200 : 405;
}

static enum dmsc_err put_statuses(struct package *p, const struct dmsci_syncml_message *msg)
{
    enum dmsc_err err = put_status(p, &msg->header, "0", "SyncHdr", 200);

    for (size_t i = 0; err == DMSC_OK && i < msg->command_count; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];

        if (code_for(c) != 0)
            err = put_status(p, &msg->header, c->cmd_id, c->name, code_for(c));
    }
    return err;
}

static enum dmsc_err put_next_message(struct package *p)
{
    char id[12];
    struct dmsci_syncml_command alert = { .kind = DMSCI_N_Alert,
                                          .name = "Alert",
                                          .parent = DMSCI_SYNCML_TOP,
                                          .cmd_id = next_id(p, id),
                                          .data = "1222" };

    return dmsci_syncml_put(&p->writer, &alert);
}

static enum dmsc_err put_alert(struct package *p, struct dmsci_syncml_command *alert,
                               const struct server_command *command)
{
    struct dmsci_syncml_item items[SERVER_EXPECT_MAX] = { 0 };
    char code[12];

    (void)snprintf(code, sizeof(code), "%u", command->alert);
    alert->data = code;
    alert->item_count = json_array_size(command->items);
    alert->items = items;
    for (size_t i = 0; i < alert->item_count; i++) {
        const json_t *text = json_array_get(command->items, i);

        items[i].data = dmsc_bytes(json_string_value(text), json_string_length(text));
    }
    return dmsci_syncml_put(&p->writer, alert);
}

/* The part of a value that goes into one message: PRO 7. */
struct slice {
    size_t at, n;
    bool more;
};

static enum dmsc_err put_slice(struct package *p, size_t index, struct slice slice)
{
    const struct server_command *command = &p->session->scenario->commands[index];
    struct server_answer *answer = &p->session->answers[index];
    const uint8_t *value = command->data.p != NULL ? command->data.p : (const uint8_t *)"";
    char size[24];
    struct dmsci_syncml_item item = { .target = command->uri,
                                      .source = command->source,
                                      .more_data = slice.more };
    struct dmsci_syncml_command c = { .kind = command->kind,
                                      .name = dmsci_syncml_name(command->kind),
                                      .parent = DMSCI_SYNCML_TOP,
                                      .cmd_id = next_id(p, answer->cmd_id),
                                      .items = &item,
                                      .item_count = 1 };

    answer->sent_in = p->session->our_msg_id;
    (void)snprintf(size, sizeof(size), "%zu", command->data.n);
    item.meta.format = command->format;
    item.meta.type = command->type;
    /* Size stands in the first of several chunks, and nowhere else. */
    item.meta.size = slice.at == 0 && slice.more ? size : NULL;
    item.meta.present = command->format != NULL || command->type != NULL || item.meta.size != NULL;
    if (command->has_data)
        item.data = dmsc_bytes(value + slice.at, slice.n);
    return dmsci_syncml_put(&p->writer, &c);
}

/* One command; a group is only opened. */
static enum dmsc_err put_command(struct package *p, size_t index)
{
    const struct server_command *command = &p->session->scenario->commands[index];
    struct server_answer *answer = &p->session->answers[index];
    struct dmsci_syncml_command c = { .kind = command->kind,
                                      .name = dmsci_syncml_name(command->kind),
                                      .parent = DMSCI_SYNCML_TOP };
    struct slice whole = { 0, command->data.n, false };

    switch (command->kind) {
    case DMSCI_N_Atomic:
    case DMSCI_N_Sequence:
        c.cmd_id = next_id(p, answer->cmd_id);
        answer->sent_in = p->session->our_msg_id;
        return dmsci_syncml_group(&p->writer, &c);
    case DMSCI_N_Alert:
        c.cmd_id = next_id(p, answer->cmd_id);
        answer->sent_in = p->session->our_msg_id;
        return put_alert(p, &c, command);
    default:
        return put_slice(p, index, whole);
    }
}

/* The command at @p first and all that is in it. @p ret_next the one behind. */
static enum dmsc_err put_whole(struct package *p, size_t first, size_t end, size_t *ret_next)
{
    const struct server_command *commands = p->session->scenario->commands;
    size_t open[GROUPS_MAX];
    size_t depth = 0;
    size_t i = first;
    enum dmsc_err err = DMSC_OK;

    do {
        while (err == DMSC_OK && depth > 0 && commands[i].parent != open[depth - 1])
            err = dmsci_syncml_group_end(&p->writer, commands[open[--depth]].kind);
        if (err == DMSC_OK)
            err = put_command(p, i);
        if (commands[i].kind == DMSCI_N_Atomic || commands[i].kind == DMSCI_N_Sequence)
            open[depth++] = i;
        i++;
    } while (err == DMSC_OK && i < end && commands[i].parent != SERVER_TOP);
    while (err == DMSC_OK && depth > 0)
        err = dmsci_syncml_group_end(&p->writer, commands[open[--depth]].kind);
    *ret_next = i;
    return err;
}

static void unsend(struct server_session *s, size_t first, size_t next)
{
    for (size_t i = first; i < next; i++)
        s->answers[i].sent_in = 0;
}

/* Not inside of a character, so that each chunk is text of its own. */
static size_t cut(struct dmsc_bytes value, size_t at, size_t n)
{
    while (at + n < value.n && n > 0 && (value.p[at + n] & 0xC0) == 0x80)
        n--;
    return n;
}

/*
 * As much of the value of the next command as fits. @p ret_n DMSC_E_LIMIT: not one character does.
 * What must be escaped grows, so the largest slice is found by trying.
 */
static enum dmsc_err put_largest(struct package *p, struct dmsci_syncml_mark mark, size_t *ret_n)
{
    struct server_session *s = p->session;
    struct dmsc_bytes value = s->scenario->commands[s->next].data;
    unsigned cmd_id = p->cmd_id;
    size_t n = value.n - s->chunk_at;
    enum dmsc_err err = DMSC_E_LIMIT;

    while (err == DMSC_E_LIMIT && n > 0) {
        struct slice slice = { s->chunk_at, cut(value, s->chunk_at, n), false };

        slice.more = slice.at + slice.n < value.n;
        if (slice.n == 0)
            break;
        dmsci_syncml_undo(&p->writer, mark);
        p->cmd_id = cmd_id;
        err = put_slice(p, s->next, slice);
        *ret_n = slice.n;
        n = n - n / 16 - 1;
    }
    return err;
}

/* The next chunk of a value, alone in its message. The last one ends the command. */
static enum dmsc_err put_chunk(struct package *p)
{
    struct server_session *s = p->session;
    const struct server_command *command = &s->scenario->commands[s->next];
    size_t n = 0;
    enum dmsc_err err = put_largest(p, dmsci_syncml_mark(&p->writer), &n);

    if (err != DMSC_OK)
        return err;
    s->chunk_at += n;
    s->chunk_taken = false;
    if (s->chunk_at == command->data.n) {
        s->chunk_at = 0;
        s->next++;
    }
    return DMSC_OK;
}

static bool can_be_divided(const struct server_command *command)
{
    return command->parent == SERVER_TOP && command->data.n > 0;
}

/* As many commands of the step as fit. */
static enum dmsc_err put_commands(struct package *p, size_t end)
{
    struct server_session *s = p->session;
    bool any = false;

    while (s->next < end) {
        struct dmsci_syncml_mark mark = dmsci_syncml_mark(&p->writer);
        unsigned cmd_id = p->cmd_id;
        size_t next = s->next;
        enum dmsc_err err = put_whole(p, s->next, end, &next);

        if (err == DMSC_OK) {
            s->next = next;
            any = true;
            continue;
        }
        dmsci_syncml_undo(&p->writer, mark);
        p->cmd_id = cmd_id;
        unsend(s, s->next, next);
        if (err == DMSC_E_LIMIT && any)
            return DMSC_OK;
        if (err == DMSC_E_LIMIT && can_be_divided(&s->scenario->commands[s->next]))
            return put_chunk(p);
        return err;
    }
    return DMSC_OK;
}

/* @p ret_done: the step is complete with this message. */
static enum dmsc_err put_step(struct package *p, bool *ret_done)
{
    struct server_session *s = p->session;
    const struct server_step *step = &s->scenario->steps[s->step];
    size_t end = step->first + step->count;
    enum dmsc_err err = DMSC_OK;

    if (s->chunk_at > 0 && !s->chunk_taken) {
        /* The client has judged the whole value by its first part: its Status stands. */
        if (s->answers[s->next].status == 0)
            server_session_fault(s, "no Status 213 for a chunk of command %zu", s->next);
        s->chunk_at = 0;
        s->next++;
    }
    if (s->chunk_at > 0)
        err = put_chunk(p);
    if (err == DMSC_OK && s->chunk_at == 0)
        err = put_commands(p, end);
    *ret_done = s->next == end && s->chunk_at == 0;
    return err;
}

/* Our own Alert 1223 gets no answer: the session ends with it. */
static bool aborts(const struct server_session *s, const struct server_step *step)
{
    for (size_t i = step->first; i < step->first + step->count; i++) {
        if (s->scenario->commands[i].kind == DMSCI_N_Alert &&
            s->scenario->commands[i].alert == DMSCI_ALERT_SESSION_ABORT)
            return true;
    }
    return false;
}

/* The commands that belong into this message. @p ret_final: ours ends the package. */
static enum dmsc_err put_package(struct package *p, const struct dmsci_syncml_message *msg,
                                 bool *ret_final)
{
    struct server_session *s = p->session;
    enum dmsc_err err;
    bool done = false;

    *ret_final = true;
    if (s->end != SERVER_GOES_ON)
        return DMSC_OK;
    if (!msg->final && !s->package_open) {
        *ret_final = false;
        return put_next_message(p);
    }
    if (s->step == s->scenario->step_count) {
        s->end = SERVER_FINISHED;
        return DMSC_OK;
    }
    err = put_step(p, &done);
    if (err == DMSC_E_LIMIT) {
        server_session_fault(s, "command %zu does not fit the client's MaxMsgSize", s->next);
        s->end = SERVER_FAILED;
        return DMSC_OK;
    }
    if (err != DMSC_OK)
        return err;
    if (done && aborts(s, &s->scenario->steps[s->step]))
        s->end = SERVER_FINISHED;
    s->step += done ? 1 : 0;
    s->package_open = !done;
    *ret_final = done;
    return DMSC_OK;
}

static size_t ceiling_of(const struct server_session *s)
{
    size_t wanted = s->client_max_msg_size;

    if (wanted == 0 || wanted > MESSAGE_SIZE)
        return MESSAGE_SIZE;
    return wanted < LEAST_MSG_SIZE ? LEAST_MSG_SIZE : wanted;
}

enum dmsc_err server_package_write(struct server_session *s, const struct dmsci_syncml_message *msg,
                                   struct dmsc_buf *ret_response)
{
    struct package p = { .session = s };
    char msg_id[12], max_msg_size[24];
    struct dmsci_syncml_header header = {
        .ver_dtd = DMSCI_SYNCML_VERDTD,
        .ver_proto = "DM/1.2",
        .session_id = s->session_id,
        .msg_id = msg_id,
        .target = s->device,
        .source = s->server_uri,
        .source_name = s->scenario->server_id,
        .meta = { .present = true, .max_msg_size = max_msg_size },
    };
    enum dmsc_err err;
    bool final = true;

    (void)snprintf(msg_id, sizeof(msg_id), "%u", ++s->our_msg_id);
    (void)snprintf(max_msg_size, sizeof(max_msg_size), "%zu", s->scenario->max_msg_size);
    err = dmsci_syncml_begin(&p.writer, s->ctx, &dmsci_syncml_xml, &header, ceiling_of(s));
    if (err == DMSC_OK)
        err = put_statuses(&p, msg);
    if (err == DMSC_OK)
        err = put_package(&p, msg, &final);
    if (err == DMSC_OK)
        err = dmsci_syncml_end(&p.writer, final, ret_response);
    dmsci_syncml_writer_clear(&p.writer);
    return err;
}
