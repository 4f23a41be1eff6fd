/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/report.h"
#include "apdu/base/ctx.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Octets of a device as JSON text: what is not UTF-8 becomes hex. */
static json_t *text_of(struct dmsc_ctx *ctx, struct dmsc_bytes bytes)
{
    json_t *json;
    char *hex;

    if (dmsci_utf8_valid(bytes))
        return json_stringn(bytes.n > 0 ? (const char *)bytes.p : "", bytes.n);
    hex = dmsci_alloc(ctx, 2 * bytes.n + 1);
    if (hex == NULL)
        return NULL;
    dmsc_hex_encode(bytes, hex);
    json = json_pack("{s:s}", "hex", hex);
    dmsci_free(ctx, hex);
    return json;
}

static size_t step_of(const struct server_scenario *scenario, size_t index)
{
    size_t step = 0;

    while (step + 1 < scenario->step_count && scenario->steps[step + 1].first <= index)
        step++;
    return step;
}

static json_t *expect_of(const struct server_command *command)
{
    json_t *expect = json_array();

    for (size_t i = 0; i < command->expect_count; i++)
        (void)json_array_append_new(expect, json_integer((json_int_t)command->expect[i]));
    return expect;
}

static json_t *command_of(const struct server_session *s, size_t index)
{
    const struct server_command *command = &s->scenario->commands[index];
    const struct server_answer *answer = &s->answers[index];
    json_t *json =
        json_pack("{s:I, s:s, s:b, s:o, s:b}", "step", (json_int_t)step_of(s->scenario, index),
                  "command", dmsci_syncml_name(command->kind), "sent", answer->sent_in != 0,
                  "expect", expect_of(command), "ok", server_answer_ok(command, answer));

    if (json == NULL)
        return NULL;
    if (command->parent != SERVER_TOP)
        (void)json_object_set_new(json, "in", json_integer((json_int_t)command->parent));
    if (command->uri != NULL)
        (void)json_object_set_new(json, "uri", json_string(command->uri));
    if (command->kind == DMSCI_N_Alert)
        (void)json_object_set_new(json, "alert", json_integer((json_int_t)command->alert));
    if (command->has_data)
        (void)json_object_set_new(json, "data", text_of(s->ctx, command->data));
    if (answer->status != 0)
        (void)json_object_set_new(json, "status", json_integer((json_int_t)answer->status));
    if (command->expect_data != NULL)
        (void)json_object_set_new(json, "expect_data", json_string(command->expect_data));
    if (answer->has_result)
        (void)json_object_set_new(json, "result", text_of(s->ctx, dmsc_buf_bytes(&answer->result)));
    return json;
}

static const char *end_name(enum server_end end)
{
    static const char *const names[] = {
        [SERVER_GOES_ON] = "open",    [SERVER_FINISHED] = "finished",
        [SERVER_ABORTED] = "aborted", [SERVER_ABANDONED] = "abandoned",
        [SERVER_FAILED] = "failed",
    };

    return names[end];
}

static json_t *session_of(const struct server_session *s)
{
    json_t *commands = json_array();
    json_t *json;

    for (size_t i = 0; i < s->scenario->command_count; i++)
        (void)json_array_append_new(commands, command_of(s, i));
    json = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:O, s:O, s:O, s:o}", "device", s->device,
                     "session_id", s->session_id, "end", end_name(s->end), "ok",
                     server_session_ok(s), "messages", (json_int_t)s->messages, "alert",
                     (json_int_t)s->opening_alert, "devinfo", s->devinfo, "alerts", s->alerts,
                     "faults", s->faults, "commands", commands);
    if (json != NULL && s->certificate != NULL)
        (void)json_object_set(json, "client_certificate", s->certificate);
    return json;
}

bool server_report_ok(struct server_session *const *sessions, size_t session_count)
{
    bool ok = session_count > 0;

    for (size_t i = 0; i < session_count; i++)
        ok = ok && server_session_ok(sessions[i]);
    return ok;
}

json_t *server_report(const struct server_scenario *scenario, const char *file,
                      const struct server_counts *counts, struct server_session *const *sessions,
                      size_t session_count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < session_count; i++)
        (void)json_array_append_new(list, session_of(sessions[i]));
    return json_pack(
        "{s:s, s:s, s:b, s:I, s:{s:I, s:I, s:I}, s:{s:I, s:I}, s:o}", "scenario", file, "server_id",
        scenario->server_id, "ok", server_report_ok(sessions, session_count), "messages",
        (json_int_t)counts->messages, "tls", "connections", (json_int_t)counts->connections,
        "handshakes", (json_int_t)counts->handshakes, "refused",
        (json_int_t)counts->refused_handshakes, "http", "requests", (json_int_t)counts->requests,
        "refused", (json_int_t)counts->refused_requests, "sessions", list);
}

static enum dmsc_err write_all(int fd, struct dmsc_bytes content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);

        if (n < 0 && errno != EINTR)
            return DMSC_E_IO;
        if (n > 0) {
            content.p += n;
            content.n -= (size_t)n;
        }
    }
    return fsync(fd) == 0 ? DMSC_OK : DMSC_E_IO;
}

enum dmsc_err server_write_file(struct dmsc_ctx *ctx, const char *path, struct dmsc_bytes content)
{
    size_t room = strlen(path) + sizeof(".new");
    char *beside = dmsci_alloc(ctx, room);
    enum dmsc_err err = DMSC_E_IO;
    int fd;

    if (beside == NULL)
        return DMSC_E_NOMEM;
    (void)snprintf(beside, room, "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0) {
        err = write_all(fd, content);
        if (close(fd) != 0)
            err = DMSC_E_IO;
    }
    if (err == DMSC_OK && rename(beside, path) != 0)
        err = DMSC_E_IO;
    if (err != DMSC_OK) {
        (void)dmsci_fail(ctx, err, "write %s", path);
        dmsci_why(ctx, NULL, "%s", strerror(errno));
    }
    dmsci_free(ctx, beside);
    return err;
}
