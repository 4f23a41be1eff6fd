/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/net.h"
#include "apdu/base/ctx.h"
#include "host/net/url.h"
#include <stdio.h>

#define CONNECT_TIMEOUT_MS  10000
#define IO_TIMEOUT_MS       30000
#define EXCHANGE_TIMEOUT_MS 120000
#define READ_SIZE           4096u

struct dmsci_net {
    struct dmsc_ctx *ctx;
    struct dmsci_url url;
    struct dmsci_conn_config conn_config;
    int exchange_timeout_ms;
    bool other_hosts;
    char *user_agent;
    struct dmsci_tls *tls;
    struct dmsci_conn *conn; /* NULL: none */
    struct dmsci_url peer;   /* whom conn leads to */
    bool used;               /* conn carried a request already */
    int64_t retry_after_s;
    struct dmsci_net_info info;
    uint8_t io[READ_SIZE];
};

static void hang_up(struct dmsci_net *net)
{
    dmsci_tls_disconnect(net->tls);
    dmsci_conn_close(net->conn);
    dmsci_url_clear(&net->peer);
    net->conn = NULL;
    net->used = false;
}

/* @p url is taken over, on failure too. */
static enum dmsc_err dial(struct dmsci_net *net, struct dmsci_url url)
{
    enum dmsc_err err;

    net->peer = url;
    err = dmsci_conn_open(net->ctx, url.host, url.port, &net->conn_config, &net->conn);
    if (err == DMSC_OK) {
        dmsci_conn_deadline(net->conn, net->exchange_timeout_ms);
        err = dmsci_tls_connect(net->tls, net->conn, url.host);
    }
    if (err != DMSC_OK) {
        hang_up(net);
        return err;
    }
    net->info.connections++;
    net->info.tls = *dmsci_tls_info(net->tls);
    dmsci_log(net->ctx, DMSC_LOG_INFO, "net", "%s: %s, %s%s", url.text, net->info.tls.version,
              net->info.tls.suite, net->info.tls.resumed ? ", resumed" : "");
    return DMSC_OK;
}

static int or_default(int ms, int otherwise)
{
    return ms > 0 ? ms : otherwise;
}

enum dmsc_err dmsci_net_open(struct dmsc_ctx *ctx, const char *url,
                             const struct dmsci_net_config *config, struct dmsci_net **ret_net)
{
    struct dmsci_url peer = DMSCI_URL_INIT;
    struct dmsci_net *net = dmsci_alloc(ctx, sizeof(*net));
    enum dmsc_err err;

    if (net == NULL)
        return DMSC_E_NOMEM;
    net->ctx = ctx;
    net->retry_after_s = -1;
    net->other_hosts = config->other_hosts;
    net->conn_config = config->conn;
    net->conn_config.connect_timeout_ms =
        or_default(config->conn.connect_timeout_ms, CONNECT_TIMEOUT_MS);
    net->conn_config.io_timeout_ms = or_default(config->conn.io_timeout_ms, IO_TIMEOUT_MS);
    net->exchange_timeout_ms = or_default(config->exchange_timeout_ms, EXCHANGE_TIMEOUT_MS);
    net->user_agent =
        dmsci_strdup(ctx, config->user_agent != NULL ? config->user_agent : "dmsc/" DMSC_VERSION);
    err = net->user_agent != NULL ? dmsci_url_parse(ctx, url, &net->url) : DMSC_E_NOMEM;
    if (err == DMSC_OK)
        err = dmsci_tls_new(ctx, &config->tls, &net->tls);
    if (err == DMSC_OK)
        err = dmsci_url_parse(ctx, url, &peer);
    if (err == DMSC_OK)
        err = dial(net, peer);
    if (err != DMSC_OK) {
        dmsci_net_close(net);
        return err;
    }
    *ret_net = net;
    return DMSC_OK;
}

void dmsci_net_close(struct dmsci_net *net)
{
    if (net == NULL)
        return;
    if (net->tls != NULL)
        hang_up(net);
    dmsci_tls_free(net->tls);
    dmsci_url_clear(&net->url);
    dmsci_free(net->ctx, net->user_agent);
    dmsci_free(net->ctx, net);
}

/* A connection to @p url that can carry a request. */
static enum dmsc_err ready(struct dmsci_net *net, const struct dmsci_url *url)
{
    struct dmsci_url peer = DMSCI_URL_INIT;
    enum dmsc_err err;

    if (net->conn != NULL &&
        (!dmsci_url_same_origin(url, &net->peer) || (net->used && dmsci_conn_is_stale(net->conn))))
        hang_up(net);
    if (net->conn != NULL)
        return DMSC_OK;
    err = dmsci_url_parse(net->ctx, url->text, &peer);
    return err == DMSC_OK ? dial(net, peer) : err;
}

static enum dmsc_err send_request(struct dmsci_net *net, const struct dmsci_url *url,
                                  const char *content_type, const char *accept,
                                  struct dmsc_bytes body)
{
    struct dmsci_http_request request = { content_type, accept, net->user_agent, body.n };
    struct dmsc_buf message;
    enum dmsc_err err;

    /* Head and body in one piece: one TLS record where they fit. */
    dmsc_buf_init(&message, net->ctx, dmsc_ctx_limits(net->ctx)->http_header_size + body.n);
    err = dmsci_http_post_head(net->ctx, url, &request, &message);
    if (err == DMSC_OK)
        err = dmsc_buf_append(&message, body);
    if (err == DMSC_OK) {
        net->used = true;
        err = dmsci_tls_write(net->tls, dmsc_buf_bytes(&message));
    }
    dmsc_buf_clear(&message);
    return err;
}

static enum dmsc_err receive_response(struct dmsci_net *net, struct dmsci_http *http)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && !dmsci_http_done(http)) {
        size_t n = 0;

        err = dmsci_tls_read(net->tls, net->io, sizeof(net->io), &n);
        if (err == DMSC_OK && n == 0)
            err = dmsci_http_eof(http);
        else if (err == DMSC_OK)
            err = dmsci_http_feed(http, dmsc_bytes(net->io, n));
    }
    return err;
}

/* docs/transport.md has the table. */
static enum dmsc_err judge_status(struct dmsci_net *net, const struct dmsci_url *url,
                                  const struct dmsci_http *http)
{
    static const unsigned later[] = { 408, 429, 500, 502, 503, 504 };
    enum dmsc_err err = DMSC_E_HTTP;
    char reason[16];

    if (http->status < 300)
        return DMSC_OK;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(later); i++) {
        if (later[i] == http->status)
            err = DMSC_E_AGAIN;
    }
    (void)dmsci_fail(net->ctx, err, "POST to %.150s", url->text);
    dmsci_fail_code(net->ctx, (int)http->status);
    (void)snprintf(reason, sizeof(reason), "http:%u", http->status);
    if (http->status < 400)
        dmsci_why(net->ctx, "http:redirect", "the server redirects (HTTP %u)", http->status);
    else
        dmsci_why(net->ctx, reason, "the server answered HTTP %u", http->status);
    if (http->retry_after_s >= 0)
        dmsci_hint(net->ctx, "the server asks to come back in %lld s",
                   (long long)http->retry_after_s);
    return err;
}

static enum dmsc_err exchange(struct dmsci_net *net, const struct dmsci_url *url,
                              const char *content_type, const char *accept, struct dmsc_bytes body,
                              struct dmsci_http *http)
{
    enum dmsc_err err = ready(net, url);

    if (err != DMSC_OK)
        return err;
    dmsci_conn_deadline(net->conn, net->exchange_timeout_ms);
    err = send_request(net, url, content_type, accept, body);
    if (err == DMSC_OK)
        err = receive_response(net, http);
    if (err == DMSC_OK) {
        net->info.requests++;
        net->retry_after_s = http->retry_after_s;
    }
    if (err != DMSC_OK || !http->keep_alive)
        hang_up(net);
    return err;
}

enum dmsc_err dmsci_net_post(struct dmsci_net *net, const char *url, const char *content_type,
                             const char *accept, struct dmsc_bytes body, struct dmsc_buf *ret_body,
                             struct dmsci_net_response *ret_response)
{
    struct dmsci_url target = DMSCI_URL_INIT;
    struct dmsci_http http;
    enum dmsc_err err = dmsci_url_parse(net->ctx, url != NULL ? url : net->url.text, &target);

    net->retry_after_s = -1;
    dmsci_http_init(&http, net->ctx, dmsc_ctx_limits(net->ctx)->message_size);
    if (err == DMSC_OK && !net->other_hosts && !dmsci_url_same_origin(&target, &net->url)) {
        err = dmsci_fail(net->ctx, DMSC_E_HTTP, "POST to %.150s", target.text);
        dmsci_why(net->ctx, "net:other-host", "the session belongs to %.120s", net->url.authority);
    } else if (err == DMSC_OK) {
        err = exchange(net, &target, content_type, accept, body, &http);
        if (err == DMSC_OK)
            err = judge_status(net, &target, &http);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_body, dmsc_buf_bytes(&http.body));
    if (err == DMSC_OK) {
        *ret_response = (struct dmsci_net_response){ .status = http.status };
        (void)snprintf(ret_response->content_type, sizeof(ret_response->content_type), "%s",
                       http.content_type);
    }
    dmsci_http_clear(&http);
    dmsci_url_clear(&target);
    return err;
}

int64_t dmsci_net_retry_after_s(const struct dmsci_net *net)
{
    return net->retry_after_s;
}

const struct dmsci_net_info *dmsci_net_info(const struct dmsci_net *net)
{
    return &net->info;
}
