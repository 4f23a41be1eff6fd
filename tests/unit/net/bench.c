/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/net/bench.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <string.h>

static const char *const ok_answer[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
};

static enum dmsc_err check(void *user, const struct dmsc_peer *peer)
{
    struct bench *b = user;

    b->checks++;
    b->seen = *peer;
    b->issuer_count = peer->ca_count;
    for (size_t i = 0; i < peer->ca_count && i < 4; i++)
        memcpy(b->issuers[i], peer->ca_spki_sha256[i], 32);
    if (!b->refuse)
        return DMSC_OK;
    (void)dmsci_fail(b->ctx, DMSC_E_REFUSED, "admit the peer");
    dmsci_why(b->ctx, "ma:identity", "not the pinned one");
    return DMSC_E_REFUSED;
}

void bench_init(struct bench *b, const struct pki *pki, const char *server)
{
    memset(b, 0, sizeof(*b));
    b->pki = pki;
    assert_int_equal(dmsc_ctx_new(NULL, &b->ctx), DMSC_OK);
    b->url = "https://dm.opa.example/dm";
    if (server != NULL) {
        char name[64];

        pki_need(pki);
        (void)snprintf(name, sizeof(name), "%s.pem", server);
        pki_path(b->pki, name, b->cert);
        (void)snprintf(name, sizeof(name), "%s.key",
                       strcmp(server, "chain") == 0 ? "below" : server);
        pki_path(b->pki, name, b->key);
        b->server.cert = b->cert;
        b->server.key = b->key;
    }
    b->server.answers = ok_answer;
    b->server.answer_count = 1;
    b->config.tls.check = check;
    b->config.tls.check_user = b;
    b->config.conn.io_timeout_ms = 5000;
}

void bench_trust(struct bench *b, const char *file)
{
    b->anchors[b->config.tls.anchor_count++] = pki_slurp(b->pki, file);
    b->config.tls.anchors = b->anchors;
}

void bench_be(struct bench *b, const char *cert, const char *key)
{
    b->chain[0] = pki_slurp(b->pki, cert);
    b->config.tls.chain = b->chain;
    b->config.tls.chain_count = 1;
    pki_secret(b->pki, b->ctx, key, &b->secret);
    b->config.tls.key = &b->secret;
}

void bench_want_client(struct bench *b)
{
    pki_path(b->pki, "ca.pem", b->ca);
    b->server.client_ca = b->ca;
}

void bench_start(struct bench *b)
{
    peer_start(&b->peer, &b->server);
    (void)snprintf(b->address, sizeof(b->address), "127.0.0.1:%u", (unsigned)b->peer.port);
    b->override = (struct dmsci_net_override){ "dm.opa.example", 0, b->address };
    b->config.conn.overrides = &b->override;
    b->config.conn.override_count = 1;
    if (strstr(b->url, "dm.opa.example") == NULL)
        b->config.conn.override_count = 0;
}

enum dmsc_err bench_open(struct bench *b)
{
    bench_start(b);
    return dmsci_net_open(b->ctx, b->url, &b->config, &b->net);
}

void bench_stop(struct bench *b)
{
    dmsci_net_close(b->net);
    b->net = NULL;
    peer_stop(&b->peer);
}

void bench_clear(struct bench *b)
{
    dmsci_net_close(b->net);
    peer_stop(&b->peer);
    peer_clear(&b->peer);
    for (size_t i = 0; i < b->config.tls.anchor_count; i++)
        support_free(b->anchors[i]);
    if (b->config.tls.chain_count > 0)
        support_free(b->chain[0]);
    dmsc_secret_clear(&b->secret);
    dmsc_ctx_free(b->ctx);
}

enum dmsc_err bench_post(struct bench *b, const char *body)
{
    struct dmsci_net_response response;
    struct dmsc_buf answer;
    enum dmsc_err err;

    dmsc_buf_init(&answer, b->ctx, 1024);
    err = dmsci_net_post(b->net, NULL, "text/plain", "text/plain", dmsc_bytes_str(body), &answer,
                         &response);
    if (err == DMSC_OK) {
        assert_string_equal(dmsc_buf_str(&answer), "ok");
        assert_string_equal(response.content_type, "text/plain");
    }
    dmsc_buf_clear(&answer);
    return err;
}

void bench_assert_reason(const struct bench *b, const char *reason)
{
    assert_string_equal(dmsc_diag_get(b->ctx)->reason, reason);
}
