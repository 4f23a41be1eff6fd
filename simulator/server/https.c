/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/https.h"
#include "apdu/base/ctx.h"
#include "simulator/server/identity.h"
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define FILE_SIZE         (1u << 20)
#define CONNECTION_MAX    512u
#define IDLE_TIMEOUT_S    60u
#define ADDRESS_TEXT_SIZE 80

/* Forward secrecy, TLS 1.2 or newer. */
const char server_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA";

struct server_https {
    struct dmsc_ctx *ctx;
    struct server_https_config config;
    struct server_service *service;
    struct MHD_Daemon *daemon;
    struct dmsc_buf certificate, key, client_ca;
    char address[ADDRESS_TEXT_SIZE];
    uint16_t port;
};

/* One POST on its way in, and what was made of it. */
struct request {
    struct server_https *https;
    struct dmsc_buf body;
    bool too_large;
    bool ended;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             struct dmsc_bytes body)
{
    static uint8_t nothing[1];
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.n, body.n > 0 ? (void *)(uintptr_t)body.p : nothing, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (response == NULL)
        return MHD_NO;
    if (MHD_add_response_header(response, "Content-Type", type) == MHD_YES &&
        MHD_add_response_header(response, "Cache-Control", "private, no-store") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(response, "Allow", "POST") == MHD_YES))
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct server_https *https, struct MHD_Connection *connection,
                              unsigned status, const char *why)
{
    https->service->counts.refused_requests++;
    dmsci_log(https->ctx, DMSC_LOG_WARN, "http", "%u: %s", status, why);
    return reply(connection, status, "text/plain; charset=utf-8", dmsc_bytes_str(why));
}

/* The media type alone; parameters like charset are legal. */
static bool is_syncml(const char *content_type)
{
    size_t n = content_type != NULL ? strcspn(content_type, "; \t") : 0;

    return n == strlen(DMSCI_MIME_SYNCML) && strncasecmp(content_type, DMSCI_MIME_SYNCML, n) == 0;
}

static enum MHD_Result begin_request(struct server_https *https, struct MHD_Connection *connection,
                                     const char *url, const char *method, void **ret_request)
{
    const char *type =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct server_proof *proof = info != NULL ? info->socket_context : NULL;
    struct request *request;

    https->service->counts.requests++;
    if (proof == NULL || !proof->proved)
        return refuse(https, connection, MHD_HTTP_FORBIDDEN, "who are you?");
    if (strcmp(url, https->service->scenario->path) != 0)
        return refuse(https, connection, MHD_HTTP_NOT_FOUND, "there is no such page");
    if (strcmp(method, "POST") != 0)
        return refuse(https, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "DM messages are posted");
    if (!is_syncml(type))
        return refuse(https, connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "only " DMSCI_MIME_SYNCML " is understood");
    request = dmsci_alloc(https->ctx, sizeof(*request));
    if (request == NULL)
        return MHD_NO;
    request->https = https;
    dmsc_buf_init(&request->body, https->ctx, https->service->scenario->max_msg_size);
    *ret_request = request;
    return MHD_YES;
}

static enum MHD_Result finish_request(struct request *request, struct MHD_Connection *connection)
{
    struct server_https *https = request->https;
    struct dmsc_buf response;
    json_t *certificate;
    enum MHD_Result result;
    enum dmsc_err err;

    if (request->too_large)
        return refuse(https, connection, MHD_HTTP_CONTENT_TOO_LARGE,
                      "the message is larger than MaxMsgSize");
    certificate = server_identity_of(connection);
    dmsc_buf_init(&response, https->ctx, 1u << 20);
    err = server_service_message(https->service, dmsc_buf_bytes(&request->body), certificate,
                                 &response, &request->ended);
    if (err == DMSC_OK) {
        result = reply(connection, MHD_HTTP_OK, DMSCI_MIME_SYNCML "; charset=utf-8",
                       dmsc_buf_bytes(&response));
    } else {
        const struct dmsc_diag *diag = dmsc_diag_get(https->ctx);

        result = refuse(https, connection,
                        err == DMSC_E_NOMEM ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_BAD_REQUEST,
                        diag->reason[0] != '\0' ? diag->reason : diag->what);
    }
    json_decref(certificate);
    dmsc_buf_clear(&response);
    return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **ret_request)
{
    struct request *request = *ret_request;

    (void)version;
    if (request == NULL)
        return begin_request(user, connection, url, method, ret_request);
    if (*upload_size > 0) {
        if (!request->too_large)
            request->too_large =
                dmsc_buf_append(&request->body, dmsc_bytes(upload, *upload_size)) != DMSC_OK;
        *upload_size = 0;
        return MHD_YES;
    }
    return finish_request(request, connection);
}

/* The answer is out, or the client went away before. */
static void on_completed(void *user, struct MHD_Connection *connection, void **ret_request,
                         enum MHD_RequestTerminationCode code)
{
    struct server_https *https = user;
    struct request *request = *ret_request;

    (void)connection;
    (void)code;
    if (request == NULL)
        return;
    if (request->ended) {
        /* A transcript that cannot be written now is tried again at the end, and fails there. */
        if (server_service_write_transcript(https->service) != DMSC_OK)
            dmsci_log(https->ctx, DMSC_LOG_ERROR, "transcript", "%s",
                      dmsc_diag_get(https->ctx)->what);
        https->config.ended(https->config.user);
    }
    dmsc_buf_clear(&request->body);
    dmsci_free(https->ctx, request);
    *ret_request = NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **ret_proof,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server_https *https = user;
    struct server_counts *counts = &https->service->counts;
    struct server_proof *proof = *ret_proof;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        counts->connections++;
        proof = dmsci_alloc(https->ctx, sizeof(*proof));
        *ret_proof = proof;
        /* Without memory no demand is made, and requests find nobody proved. */
        if (proof == NULL)
            return;
        proof->handshakes = &counts->handshakes;
        server_identity_demand(connection, proof);
        return;
    }
    if (proof == NULL || !proof->proved)
        counts->refused_handshakes++;
    dmsci_free(https->ctx, proof);
    *ret_proof = NULL;
}

static void on_log(void *user, const char *format, va_list args) DMSCI_PRINTF(2, 0);

static void on_log(void *user, const char *format, va_list args)
{
    struct server_https *https = user;
    char text[256];

    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\r\n")] = '\0';
    dmsci_log(https->ctx, DMSC_LOG_INFO, "http", "%s", text);
}

static enum dmsc_err fail_listen(struct server_https *https, const char *why)
{
    (void)dmsci_fail(https->ctx, DMSC_E_NET, "listen on %s", https->config.listen);
    dmsci_why(https->ctx, NULL, "%s", why);
    return DMSC_E_NET;
}

/* "HOST:PORT" or "[HOST]:PORT", numbers only. */
static enum dmsc_err resolve(struct server_https *https, struct addrinfo **ret_address)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
    const char *text = https->config.listen;
    const char *colon = strrchr(text, ':');
    char host[ADDRESS_TEXT_SIZE];
    size_t n;
    int rc;

    if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
        return fail_listen(https, "HOST:PORT is wanted");
    n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    (void)snprintf(host, sizeof(host), "%.*s", (int)n, text);
    rc = getaddrinfo(host, colon + 1, &hints, ret_address);
    return rc == 0 ? DMSC_OK : fail_listen(https, gai_strerror(rc));
}

static enum dmsc_err name_address(struct server_https *https)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(https->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    char host[ADDRESS_TEXT_SIZE - 10], port[8];

    if (info == NULL || getsockname(info->listen_fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
        sscanf(port, "%hu", &https->port) != 1)
        return fail_listen(https, "the system does not tell the port");
    (void)snprintf(https->address, sizeof(https->address),
                   address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return DMSC_OK;
}

static enum dmsc_err start_daemon(struct server_https *https, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS | MHD_USE_ERROR_LOG;

    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    https->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, https, MHD_OPTION_EXTERNAL_LOGGER, on_log, https,
        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_NOTIFY_COMPLETED, on_completed, https,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, https, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTION_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S, MHD_OPTION_HTTPS_PRIORITIES,
        server_priorities, MHD_OPTION_HTTPS_MEM_CERT, dmsc_buf_str(&https->certificate),
        MHD_OPTION_HTTPS_MEM_KEY, dmsc_buf_str(&https->key), MHD_OPTION_HTTPS_MEM_TRUST,
        dmsc_buf_str(&https->client_ca), MHD_OPTION_END);
    if (https->daemon == NULL)
        return fail_listen(https, errno != 0 ? strerror(errno) : "are certificate and key good?");
    return name_address(https);
}

static enum dmsc_err load(struct server_https *https, const char *path, struct dmsc_buf *ret_file)
{
    dmsc_buf_init(ret_file, https->ctx, FILE_SIZE);
    return server_slurp(https->ctx, path, ret_file);
}

enum dmsc_err server_https_start(struct dmsc_ctx *ctx, const struct server_https_config *config,
                                 struct server_service *service, struct server_https **ret_https)
{
    struct server_https *https = dmsci_alloc(ctx, sizeof(*https));
    struct addrinfo *address = NULL;
    enum dmsc_err err;

    if (https == NULL)
        return DMSC_E_NOMEM;
    https->ctx = ctx;
    https->config = *config;
    https->service = service;
    err = load(https, config->certificate, &https->certificate);
    if (err == DMSC_OK)
        err = load(https, config->key, &https->key);
    if (err == DMSC_OK)
        err = load(https, config->client_ca, &https->client_ca);
    if (err == DMSC_OK)
        err = server_identity_check(ctx, dmsc_buf_bytes(&https->certificate),
                                    dmsc_buf_bytes(&https->key), dmsc_buf_bytes(&https->client_ca));
    if (err == DMSC_OK)
        err = resolve(https, &address);
    if (err == DMSC_OK) {
        err = start_daemon(https, address);
        freeaddrinfo(address);
    }
    if (err != DMSC_OK) {
        server_https_stop(https);
        return err;
    }
    *ret_https = https;
    return DMSC_OK;
}

void server_https_stop(struct server_https *https)
{
    if (https == NULL)
        return;
    if (https->daemon != NULL)
        MHD_stop_daemon(https->daemon);
    dmsc_buf_clear(&https->certificate);
    dmsc_buf_clear(&https->key);
    dmsc_buf_clear(&https->client_ca);
    dmsci_free(https->ctx, https);
}

const char *server_https_address(const struct server_https *https)
{
    return https->address;
}

uint16_t server_https_port(const struct server_https *https)
{
    return https->port;
}
