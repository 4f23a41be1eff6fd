/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/service.h"
#include "apdu/base/ctx.h"
#include <string.h>

#define TRANSCRIPT_SIZE (64u << 20)

void server_service_init(struct server_service *service, struct dmsc_ctx *ctx,
                         const struct server_scenario *scenario)
{
    *service = (struct server_service){ .ctx = ctx, .scenario = scenario };
}

void server_service_clear(struct server_service *service)
{
    for (size_t i = 0; i < service->session_count; i++)
        server_session_free(service->sessions[i]);
    dmsci_free(service->ctx, service->sessions);
    service->sessions = NULL;
    service->session_count = 0;
    service->session_room = 0;
}

/* The newest session of this device with this SessionID. */
static struct server_session *find(const struct server_service *service,
                                   const struct dmsci_syncml_header *header)
{
    for (size_t i = service->session_count; i-- > 0;) {
        struct server_session *s = service->sessions[i];

        if (strcmp(s->device, header->source) == 0 &&
            strcmp(s->session_id, header->session_id) == 0)
            return s;
    }
    return NULL;
}

static enum dmsc_err begin(struct server_service *service, const struct dmsci_syncml_message *msg,
                           json_t *certificate, struct server_session **ret_session)
{
    enum dmsc_err err;

    if (service->session_count == SERVER_SESSION_MAX)
        return dmsci_fail(service->ctx, DMSC_E_LIMIT, "begin more than %u sessions",
                          SERVER_SESSION_MAX);
    if (service->session_count == service->session_room) {
        size_t room = service->session_room * 2 + 16;
        struct server_session **more =
            dmsci_realloc(service->ctx, service->sessions, room * sizeof(*more));

        if (more == NULL)
            return DMSC_E_NOMEM;
        service->sessions = more;
        service->session_room = room;
    }
    err = server_session_new(service->ctx, service->scenario, msg, ret_session);
    if (err != DMSC_OK)
        return err;
    (*ret_session)->certificate = json_incref(certificate);
    service->sessions[service->session_count++] = *ret_session;
    return DMSC_OK;
}

static bool opens(const struct dmsci_syncml_message *msg)
{
    return strcmp(msg->header.msg_id, "1") == 0;
}

/* The session that goes on with @p msg, or a new one. */
static enum dmsc_err select_session(struct server_service *service,
                                    const struct dmsci_syncml_message *msg, struct dmsc_bytes raw,
                                    json_t *certificate, struct server_session **ret_session)
{
    struct server_session *s = find(service, &msg->header);

    if (s != NULL &&
        (server_session_repeats(s, raw) || (s->end == SERVER_GOES_ON && !opens(msg)))) {
        /* A session belongs to the client that proved itself when it began. */
        if (!json_equal(s->certificate, certificate))
            return dmsci_fail(service->ctx, DMSC_E_PEER,
                              "go on with the session of another client");
        *ret_session = s;
        return DMSC_OK;
    }
    if (!opens(msg))
        return dmsci_fail(service->ctx, DMSC_E_PEER, "go on with a session that never began");
    if (s != NULL && s->end == SERVER_GOES_ON)
        s->end = SERVER_ABANDONED;
    return begin(service, msg, certificate, ret_session);
}

enum dmsc_err server_service_message(struct server_service *service, struct dmsc_bytes body,
                                     json_t *certificate, struct dmsc_buf *ret_response,
                                     bool *ret_ended)
{
    struct dmsci_syncml_message msg = DMSCI_SYNCML_MESSAGE_INIT;
    struct server_session *s = NULL;
    enum dmsc_err err = dmsci_syncml_decode(service->ctx, body, &msg);
    bool was_open = false;

    if (err == DMSC_OK)
        err = select_session(service, &msg, body, certificate, &s);
    if (err == DMSC_OK) {
        was_open = s->end == SERVER_GOES_ON;
        err = server_session_step(s, &msg, body, ret_response);
    }
    if (err == DMSC_OK) {
        service->counts.messages++;
        *ret_ended = was_open && s->end != SERVER_GOES_ON;
    }
    dmsci_syncml_clear(&msg);
    return err;
}

bool server_service_ok(const struct server_service *service)
{
    return server_report_ok(service->sessions, service->session_count);
}

static int append(const char *text, size_t n, void *user)
{
    return dmsc_buf_append(user, dmsc_bytes(text, n)) == DMSC_OK ? 0 : -1;
}

enum dmsc_err server_service_write_transcript(struct server_service *service)
{
    struct dmsc_buf text;
    enum dmsc_err err;
    json_t *json;

    if (service->transcript_file == NULL)
        return DMSC_OK;
    json = server_report(service->scenario, service->scenario_file, &service->counts,
                         service->sessions, service->session_count);
    dmsc_buf_init(&text, service->ctx, TRANSCRIPT_SIZE);
    if (json == NULL || json_dump_callback(json, append, &text, JSON_INDENT(2)) != 0)
        err = dmsci_fail(service->ctx, DMSC_E_NOMEM, "write the transcript");
    else
        err = dmsc_buf_append_u8(&text, '\n');
    if (err == DMSC_OK)
        err = server_write_file(service->ctx, service->transcript_file, dmsc_buf_bytes(&text));
    json_decref(json);
    dmsc_buf_clear(&text);
    return err;
}
