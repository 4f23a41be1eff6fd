/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let through, who is not, and under which name: real handshakes with GnuTLS. */
#include "apdu/base/ctx.h"
#include "host/credential/cert.h"
#include "host/net/net.h"
#include "tests/unit/credential/pki.h"
#include "tests/unit/net/peer.h"
#include <stdio.h>
#include <string.h>

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

static const char *const ok_answer[] = { OK_ANSWER };
static const char *const last_answer[] = { "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                           "Connection: close\r\nContent-Length: 2\r\n\r\nok" };
static struct pki pki;

/* One client against one peer. */
struct bench {
    struct dmsc_ctx *ctx;
    struct peer peer;
    struct peer_config server;
    char cert[SUPPORT_PATH_MAX], key[SUPPORT_PATH_MAX], ca[SUPPORT_PATH_MAX];
    const char *url; /* port 443, wherever the peer listens */
    char address[32];
    struct dmsci_net_override override;
    struct dmsci_net_config config;
    struct dmsc_bytes anchors[2], chain[1];
    struct dmsc_secret secret;
    struct dmsci_net *net;
    /* what the check was told */
    unsigned checks;
    struct dmsc_peer seen;
    uint8_t issuers[4][32];
    size_t issuer_count;
    bool refuse;
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

static void bench_init(struct bench *b, const char *server)
{
    memset(b, 0, sizeof(*b));
    assert_int_equal(dmsc_ctx_new(NULL, &b->ctx), DMSC_OK);
    b->url = "https://dm.opa.example/dm";
    if (server != NULL) {
        char name[64];

        pki_need(&pki);
        (void)snprintf(name, sizeof(name), "%s.pem", server);
        pki_path(&pki, name, b->cert);
        (void)snprintf(name, sizeof(name), "%s.key",
                       strcmp(server, "chain") == 0 ? "below" : server);
        pki_path(&pki, name, b->key);
        b->server.cert = b->cert;
        b->server.key = b->key;
    }
    b->server.answers = ok_answer;
    b->server.answer_count = 1;
    b->config.tls.check = check;
    b->config.tls.check_user = b;
    b->config.conn.io_timeout_ms = 5000;
}

static void trust(struct bench *b, const char *file)
{
    b->anchors[b->config.tls.anchor_count++] = pki_slurp(&pki, file);
    b->config.tls.anchors = b->anchors;
}

static void be(struct bench *b, const char *cert, const char *key)
{
    b->chain[0] = pki_slurp(&pki, cert);
    b->config.tls.chain = b->chain;
    b->config.tls.chain_count = 1;
    pki_secret(&pki, b->ctx, key, &b->secret);
    b->config.tls.key = &b->secret;
}

static void want_client(struct bench *b)
{
    pki_path(&pki, "ca.pem", b->ca);
    b->server.client_ca = b->ca;
}

/* The first step of each test: everything is configured, nothing was sent. */
static enum dmsc_err bench_open(struct bench *b)
{
    peer_start(&b->peer, &b->server);
    (void)snprintf(b->address, sizeof(b->address), "127.0.0.1:%u", (unsigned)b->peer.port);
    b->override = (struct dmsci_net_override){ "dm.opa.example", 0, b->address };
    b->config.conn.overrides = &b->override;
    b->config.conn.override_count = 1;
    if (strstr(b->url, "dm.opa.example") == NULL)
        b->config.conn.override_count = 0;
    return dmsci_net_open(b->ctx, b->url, &b->config, &b->net);
}

static void bench_clear(struct bench *b)
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

static enum dmsc_err post(struct bench *b, const char *body)
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

static void assert_reason(struct bench *b, const char *reason)
{
    assert_string_equal(dmsc_diag_get(b->ctx)->reason, reason);
}

static void hash_of(const char *file, uint8_t digest[32])
{
    struct dmsc_bytes content = pki_slurp(&pki, file);
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsci_sha256(ctx, content, digest), DMSC_OK);
    dmsc_ctx_free(ctx);
    support_free(content);
}

/* The default session is TLS 1.2 or newer, and says so. */
static void req_REF_06_req_TLS_06c_req_SCR_C_007_default_session(void **state)
{
    static struct bench b;
    uint8_t digest[32];
    const struct dmsci_net_info *info;

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(post(&b, "hello"), DMSC_OK);
    assert_int_equal(post(&b, "again"), DMSC_OK);
    info = dmsci_net_info(b.net);
    assert_true(strcmp(info->tls.version, "TLS 1.2") == 0 ||
                strcmp(info->tls.version, "TLS 1.3") == 0);
    assert_non_null(strstr(info->tls.suite, "ECDSA") != NULL ? strstr(info->tls.suite, "GCM")
                                                             : strstr(info->tls.suite, "TLS1-3"));
    assert_string_equal(info->tls.peer, "CN=dm.opa.example");
    assert_false(info->tls.resumed);
    assert_false(info->tls.mutual);
    assert_int_equal(info->requests, 2);
    assert_int_equal(info->connections, 1); /* kept alive */
    assert_int_equal(b.checks, 1);
    assert_string_equal(b.seen.host, "dm.opa.example");
    hash_of("server.der", digest);
    assert_memory_equal(b.seen.cert_sha256, digest, 32);
    hash_of("server.spki", digest);
    assert_memory_equal(b.seen.spki_sha256, digest, 32);
    assert_int_equal(b.issuer_count, 1);
    dmsci_net_close(b.net);
    b.net = NULL;
    peer_stop(&b.peer);
    assert_int_equal(b.peer.connections, 1);
    assert_int_equal(b.peer.requests, 2);
    assert_non_null(strstr(b.peer.application, "Host: dm.opa.example\r\n"));
    assert_non_null(strstr(b.peer.application, "POST /dm HTTP/1.1\r\n"));
    bench_clear(&b);
    req_done("REF-06");
    req_done("TLS-06c");
    req_done("SCR C-007");
}

/* Certificates that must not be believed, the name of the refusal, and what the server never got.
 */
static void refuse_server(const char *server, const char *anchor, const char *url,
                          const char *reason)
{
    static struct bench b;

    bench_init(&b, server);
    if (url != NULL)
        b.url = url;
    trust(&b, anchor);
    assert_int_equal(bench_open(&b), DMSC_E_TLS);
    assert_reason(&b, reason);
    assert_null(b.net);
    assert_int_equal(b.checks, 0);
    peer_stop(&b.peer);
    assert_int_equal(b.peer.connections, 1);
    assert_int_equal(b.peer.application_n, 0);
    bench_clear(&b);
}

/* A man in the middle: with a CA of his own, with a good certificate for another name, with one
 * that he signed himself. */
static void req_TLS_03_man_in_the_middle(void **state)
{
    (void)state;
    refuse_server("stranger", "ca.der", NULL, "tls:untrusted");
    refuse_server("elsewhere", "ca.der", NULL, "tls:name");
    refuse_server("alone", "ca.der", NULL, "tls:untrusted");
    req_done("TLS-03");
}

static void certificates_that_are_refused(void **state)
{
    (void)state;
    refuse_server("expired", "ca.der", NULL, "tls:expired");
    refuse_server("future", "ca.der", NULL, "tls:not-yet-valid");
    refuse_server("wrong-use", "ca.der", NULL, "tls:usage");
    refuse_server("not-ca", "ca.der", NULL, "tls:untrusted");
    refuse_server("below", "ca.der", NULL, "tls:untrusted"); /* the one between is missing */
    refuse_server("server", "client.der", NULL, "tls:untrusted");
}

static void certificates_that_are_too_weak(void **state)
{
    static struct bench b;

    (void)state;
    /* GnuTLS must be talked into serving them. */
    for (int i = 0; i < 2; i++) {
        bench_init(&b, i == 0 ? "sha1" : "short");
        b.server.priority = "LEGACY:%VERIFY_ALLOW_SIGN_WITH_SHA1:%VERIFY_ALLOW_BROKEN";
        trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        assert_reason(&b, "tls:weak");
        bench_clear(&b);
    }
}

static void accept_server(const char *server, const char *anchor, const char *url, size_t issuers)
{
    static struct bench b;

    bench_init(&b, server);
    if (url != NULL)
        b.url = url;
    trust(&b, anchor);
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(post(&b, "hello"), DMSC_OK);
    assert_int_equal(b.issuer_count, issuers);
    bench_clear(&b);
}

static void certificates_that_are_accepted(void **state)
{
    (void)state;
    accept_server("rsa", "ca.der", NULL, 1);
    accept_server("p384", "ca.der", NULL, 1);
    accept_server("chain", "ca.der", NULL, 2);
    accept_server("chain", "middle.der", NULL, 1); /* an anchor that is no root */
}

/* The server's own certificate as the anchor: nobody above it counts, its name and time still do.
 */
static void pinned_certificates(void **state)
{
    (void)state;
    accept_server("alone", "alone.der", NULL, 0);
    accept_server("server", "server.der", NULL, 0);
    accept_server("chain", "below.der", NULL, 0);
    refuse_server("expired", "expired.der", NULL, "tls:expired");
    refuse_server("elsewhere", "elsewhere.der", NULL, "tls:name");
    refuse_server("server", "alone.der", NULL, "tls:untrusted");
}

static char *with_port(char *text, size_t size, const char *host, unsigned port)
{
    (void)snprintf(text, size, "https://%s:%u/dm", host, port);
    return text;
}

/* Addresses are compared with addresses, never with names; the subject's CN does not count. */
static void req_REF_03_names(void **state)
{
    static const struct {
        const char *server, *host, *reason;
    } table[] = {
        { "server", "127.0.0.1", NULL },   { "server", "localhost", NULL },
        { "cn", "localhost", "tls:name" }, { "elsewhere", "localhost", "tls:name" },
        { "cn", "127.0.0.1", "tls:name" },
    };
    static struct bench b;
    char url[64];

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        bench_init(&b, table[i].server);
        trust(&b, "ca.der");
        peer_start(&b.peer, &b.server);
        enum dmsc_err err = dmsci_net_open(
            b.ctx, with_port(url, sizeof(url), table[i].host, b.peer.port), &b.config, &b.net);
        assert_int_equal(err, table[i].reason == NULL ? DMSC_OK : DMSC_E_TLS);
        if (table[i].reason != NULL)
            assert_reason(&b, table[i].reason);
        bench_clear(&b);
    }
    /* A wildcard stands for one label. */
    for (int i = 0; i < 2; i++) {
        bench_init(&b, "server");
        trust(&b, "ca.der");
        peer_start(&b.peer, &b.server);
        (void)snprintf(b.address, sizeof(b.address), "127.0.0.1:%u", (unsigned)b.peer.port);
        b.override = (struct dmsci_net_override){ i == 0 ? "a.wild.example" : "a.b.wild.example",
                                                  443, b.address };
        b.config.conn.overrides = &b.override;
        b.config.conn.override_count = 1;
        assert_int_equal(
            dmsci_net_open(b.ctx,
                           i == 0 ? "https://A.Wild.Example/dm" : "https://a.b.wild.example/dm",
                           &b.config, &b.net),
            i == 0 ? DMSC_OK : DMSC_E_TLS);
        if (i == 1)
            assert_reason(&b, "tls:name");
        bench_clear(&b);
    }
    req_done("REF-03");
}

/* Without a name nothing starts: the library alone would verify a chain and be content. */
static void no_name_no_handshake(void **state)
{
    static struct bench b;
    struct dmsci_tls *tls = NULL;
    struct dmsci_conn *conn = NULL;
    struct dmsci_conn_config config = { NULL, 0, 5000, 5000 };

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    peer_start(&b.peer, &b.server);
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_OK);
    assert_int_equal(dmsci_conn_open(b.ctx, "127.0.0.1", b.peer.port, &config, &conn), DMSC_OK);
    assert_int_equal(dmsci_tls_connect(tls, conn, NULL), DMSC_E_ARG);
    assert_reason(&b, "tls:no-name");
    assert_int_equal(dmsci_tls_connect(tls, conn, ""), DMSC_E_ARG);
    assert_reason(&b, "tls:no-name");
    dmsci_tls_free(tls);
    dmsci_conn_close(conn);
    peer_stop(&b.peer);
    assert_int_equal(b.peer.tap_n, 0); /* not one byte */
    bench_clear(&b);
}

static void what_cannot_be_started(void **state)
{
    static struct bench b;
    struct dmsci_tls *tls = NULL;

    (void)state;
    bench_init(&b, "server");
    peer_start(&b.peer, &b.server);
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    assert_reason(&b, "tls:no-anchor");
    trust(&b, "ca.der");
    b.config.tls.check = NULL;
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_ARG);
    b.config.tls.check = check;
    be(&b, "client.der", "server.key");
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    assert_reason(&b, "tls:key");
    b.config.tls.key = NULL;
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    assert_reason(&b, "tls:key");
    bench_clear(&b);
}

/* The check comes after the handshake and before the first byte of HTTP. */
static void refused_by_the_check(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    b.refuse = true;
    assert_int_equal(bench_open(&b), DMSC_E_REFUSED);
    assert_reason(&b, "ma:identity");
    assert_int_equal(b.checks, 1);
    peer_stop(&b.peer);
    assert_int_equal(b.peer.handshakes, 1);
    assert_int_equal(b.peer.application_n, 0);
    bench_clear(&b);
}

static void mutual_authentication(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    be(&b, "client.der", "client.key");
    want_client(&b);
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(post(&b, "hello"), DMSC_OK);
    assert_true(dmsci_net_info(b.net)->tls.mutual);
    dmsci_net_close(b.net);
    b.net = NULL;
    peer_stop(&b.peer);
    assert_true(b.peer.client_certificate);
    bench_clear(&b);
}

/* A server that does not ask who we are is not one to have a session with. */
static void server_that_does_not_ask(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    be(&b, "client.der", "client.key");
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_E_TLS);
    assert_reason(&b, "tls:client-cert-required");
    peer_stop(&b.peer);
    assert_int_equal(b.peer.application_n, 0);
    bench_clear(&b);
}

/* In TLS 1.3 the server's refusal can come after our first request went out. */
static enum dmsc_err open_and_post(struct bench *b)
{
    enum dmsc_err err = bench_open(b);

    return err == DMSC_OK ? post(b, "hello") : err;
}

static void client_certificate_missing_or_refused(void **state)
{
    static const struct {
        const char *cert, *key, *reason;
    } table[] = {
        { NULL, NULL, "tls:client-cert-required" },
        { "foreign.der", "foreign.key", "tls:client-cert-refused" },
    };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        bench_init(&b, "server");
        trust(&b, "ca.der");
        want_client(&b);
        if (table[i].cert != NULL)
            be(&b, table[i].cert, table[i].key);
        assert_int_equal(open_and_post(&b), DMSC_E_TLS);
        assert_reason(&b, table[i].reason);
        dmsci_net_close(b.net);
        b.net = NULL;
        peer_stop(&b.peer);
        assert_int_equal(b.peer.application_n, 0);
        bench_clear(&b);
    }
}

static void old_versions_are_refused(void **state)
{
    static const struct {
        const char *priority, *reason;
    } table[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.1:%VERIFY_ALLOW_BROKEN", "tls:version:TLS 1.1" },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_BROKEN", "tls:version:TLS 1.0" },
    };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        bench_init(&b, "rsa");
        b.server.priority = table[i].priority;
        trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        assert_reason(&b, table[i].reason);
        peer_stop(&b.peer);
        assert_int_equal(b.peer.application_n, 0);
        bench_clear(&b);
    }
}

/* Suites that do not encrypt, or do not authenticate, or keep no forward secrecy. */
static void poor_suites_are_refused(void **state)
{
    static const char *const priorities[] = {
        "NONE:+VERS-TLS1.2:+NULL:+SHA256:+RSA:+COMP-NULL:+SIGN-ALL:+CTYPE-X509",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH:+ANON-DH",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
    };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(priorities); i++) {
        bench_init(&b, "rsa");
        b.server.priority = priorities[i];
        trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        assert_reason(&b, "tls:suite");
        bench_clear(&b);
    }
}

static void second_connection_is_resumed(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, "server");
    b.server.answers = last_answer;
    b.server.close_after_answer = true;
    trust(&b, "ca.der");
    be(&b, "client.der", "client.key");
    want_client(&b);
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(post(&b, "one"), DMSC_OK);
    assert_false(dmsci_net_info(b.net)->tls.resumed);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(post(&b, "two"), DMSC_OK);
        assert_true(dmsci_net_info(b.net)->tls.resumed);
        assert_true(dmsci_net_info(b.net)->tls.mutual);
        assert_string_equal(dmsci_net_info(b.net)->tls.peer, "CN=dm.opa.example");
    }
    assert_int_equal(b.checks, 4); /* each time */
    assert_int_equal(b.issuer_count, 1);
    b.refuse = true;
    assert_int_equal(post(&b, "no more"), DMSC_E_REFUSED);
    dmsci_net_close(b.net);
    b.net = NULL;
    peer_stop(&b.peer);
    assert_int_equal(b.peer.resumed, 4);
    assert_null(strstr(b.peer.application, "no more"));
    bench_clear(&b);
}

static struct dmsc_bytes hello_of(uint8_t minor, uint8_t buf[64])
{
    static const uint8_t head[] = {
        0x16, 0x03, 0x00, 0x00, 0x2A, 0x02, 0x00, 0x00, 0x26, 0x03, 0x00
    };

    memset(buf, 0x11, 64);
    memcpy(buf, head, sizeof(head));
    buf[2] = minor;
    buf[10] = minor;
    memcpy(buf + 43, "\x00\x00\x2F\x00", 4); /* no session id, RSA AES128 CBC SHA, no compression */
    return dmsc_bytes(buf, 47);
}

/* A scripted peer and what it is called. @return its taps are in @p b until bench_clear() */
static void scripted(struct bench *b, struct dmsc_bytes first, enum dmsc_err err,
                     const char *reason)
{
    pki_need(&pki);
    bench_init(b, NULL);
    b->server.first = first;
    b->server.answer_count = 0;
    trust(b, "ca.der");
    assert_int_equal(bench_open(b), err);
    assert_reason(b, reason);
    peer_stop(&b->peer);
}

/* Our hello and, perhaps, an alert: nothing else went out, and never in the SSL 2.0 form. */
static void assert_only_hello_and_alert(const struct bench *b)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(b->peer.tap, b->peer.tap_n));

    assert_int_equal(dmsc_rd_u8(&r), 0x16);
    dmsc_rd_skip(&r, 2);
    dmsc_rd_skip(&r, dmsc_rd_u16(&r));
    while (!r.bad && r.n > 0) {
        assert_int_equal(dmsc_rd_u8(&r), 0x15);
        dmsc_rd_skip(&r, 2);
        dmsc_rd_skip(&r, dmsc_rd_u16(&r));
    }
    assert_false(r.bad);
}

static void req_TLS_08b_req_REF_07_SSL3_is_refused(void **state)
{
    static struct bench b;
    uint8_t hello[64];

    (void)state;
    scripted(&b, hello_of(0x00, hello), DMSC_E_TLS, "tls:version:SSL 3.0");
    assert_only_hello_and_alert(&b);
    /* Alert fatal protocol_version is the last that goes out. */
    assert_in_range(b.peer.tap_n, 7, sizeof(b.peer.tap));
    assert_int_equal(b.peer.tap[b.peer.tap_n - 7], 0x15);
    assert_int_equal(b.peer.tap[b.peer.tap_n - 2], 2);
    assert_int_equal(b.peer.tap[b.peer.tap_n - 1], 70);
    bench_clear(&b);
    req_done("TLS-08b");
    req_done("REF-07");
}

static void req_TLS_11_SSL2_is_refused(void **state)
{
    static const uint8_t hello[] = { 0x80, 0x22, 0x04, 0x00, 0x01, 0x00, 0x02, 0x00,
                                     0x00, 0x00, 0x03, 0x00, 0x10, 0x01, 0x00, 0x80 };
    static struct bench b;

    (void)state;
    scripted(&b, dmsc_bytes(hello, sizeof(hello)), DMSC_E_TLS, "tls:version:SSL 2.0");
    assert_only_hello_and_alert(&b);
    bench_clear(&b);
    req_done("TLS-11");
}

static void peers_that_speak_something_else(void **state)
{
    static struct bench b;
    uint8_t hello[64];

    (void)state;
    scripted(&b, hello_of(0x01, hello), DMSC_E_TLS, "tls:version:TLS 1.0");
    bench_clear(&b);
    scripted(&b, hello_of(0x02, hello), DMSC_E_TLS, "tls:version:TLS 1.1");
    bench_clear(&b);
    scripted(&b, dmsc_bytes_str("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
             DMSC_E_TLS, "tls:not-tls");
    assert_null(strstr((const char *)b.peer.tap, "POST"));
    bench_clear(&b);
    scripted(&b, dmsc_bytes_str("220 smtp.example ESMTP\r\n"), DMSC_E_TLS, "tls:not-tls");
    bench_clear(&b);
    scripted(&b, dmsc_bytes("\x15\x03\x02\x00\x02\x02\x46", 7), DMSC_E_TLS, "tls:version:TLS 1.1");
    bench_clear(&b);
    scripted(&b, dmsc_bytes("\x15\x03\x03\x00\x02\x02\x28", 7), DMSC_E_TLS, "tls:suite");
    bench_clear(&b);
    scripted(&b, dmsc_bytes("\x15\x03\x03\x00\x02\x02\x50", 7), DMSC_E_TLS, "tls:alert:80");
    bench_clear(&b);
}

static bool offers(const struct bench *b, uint16_t suite)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(b->peer.tap, b->peer.tap_n));
    struct dmsc_rd suites;
    bool found = false;

    dmsc_rd_skip(&r, 5 + 4 + 2 + 32);
    dmsc_rd_skip(&r, dmsc_rd_u8(&r));
    suites = dmsc_rd_take(&r, dmsc_rd_u16(&r));
    while (!suites.bad && suites.n > 0)
        found = dmsc_rd_u16(&suites) == suite || found;
    assert_false(suites.bad);
    return found;
}

/* What our own hello offers, as it was on the wire. */
static void req_TLS_13a_req_TLS_13b_req_SCR_C_003_no_RC4_no_3DES(void **state)
{
    static struct bench b;

    (void)state;
    scripted(&b, dmsc_bytes("\x15\x03\x03\x00\x02\x02\x28", 7), DMSC_E_TLS, "tls:suite");
    assert_true(offers(&b, 0xC02B));
    assert_false(offers(&b, 0x0005)); /* SSL_RSA_WITH_RC4_128_SHA */
    assert_false(offers(&b, 0x000A)); /* SSL_RSA_WITH_3DES_EDE_CBC_SHA */
    assert_false(offers(&b, 0x0004));
    assert_false(offers(&b, 0xC012));
    assert_false(offers(&b, 0x002F));
    assert_false(offers(&b, 0x003B)); /* NULL */
    assert_false(offers(&b, 0x0034)); /* anonymous */
    bench_clear(&b);
    req_done("TLS-13a");
    req_done("TLS-13b");
    req_done("SCR C-003");
}

static void silence(void **state)
{
    static struct bench b;

    (void)state;
    pki_need(&pki);
    bench_init(&b, NULL);
    b.server.mute = true;
    b.config.conn.io_timeout_ms = 200;
    trust(&b, "ca.der");
    assert_int_equal(bench_open(&b), DMSC_E_TIMEOUT);
    assert_reason(&b, "net:timeout");
    bench_clear(&b);
}

static void nobody_there(void **state)
{
    static struct bench b;
    struct dmsci_net *net = NULL;
    char url[64];

    (void)state;
    bench_init(&b, "server");
    trust(&b, "ca.der");
    peer_start(&b.peer, &b.server);
    peer_stop(&b.peer);
    assert_int_equal(dmsci_net_open(b.ctx, with_port(url, sizeof(url), "127.0.0.1", b.peer.port),
                                    &b.config, &net),
                     DMSC_E_NET);
    assert_reason(&b, "net:refused");
    assert_int_equal(dmsci_net_open(b.ctx, "https://host.invalid/", &b.config, &net), DMSC_E_NET);
    assert_reason(&b, "net:resolve");
    b.override = (struct dmsci_net_override){ "host.invalid", 0, "nowhere:x" };
    b.config.conn.overrides = &b.override;
    b.config.conn.override_count = 1;
    assert_int_equal(dmsci_net_open(b.ctx, "https://host.invalid/", &b.config, &net),
                     DMSC_E_CONFIG);
    assert_reason(&b, "net:override");
    assert_int_equal(dmsci_net_open(b.ctx, "http://host.invalid/", &b.config, &net),
                     DMSC_E_MALFORMED);
    assert_reason(&b, "url:not-https");
    bench_clear(&b);
}

static int setup_all(void **state)
{
    (void)state;
    return pki_make(&pki);
}

static int teardown_all(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_REF_06_req_TLS_06c_req_SCR_C_007_default_session),
        cmocka_unit_test(req_TLS_03_man_in_the_middle),
        cmocka_unit_test(certificates_that_are_refused),
        cmocka_unit_test(certificates_that_are_too_weak),
        cmocka_unit_test(certificates_that_are_accepted),
        cmocka_unit_test(pinned_certificates),
        cmocka_unit_test(req_REF_03_names),
        cmocka_unit_test(no_name_no_handshake),
        cmocka_unit_test(what_cannot_be_started),
        cmocka_unit_test(refused_by_the_check),
        cmocka_unit_test(mutual_authentication),
        cmocka_unit_test(server_that_does_not_ask),
        cmocka_unit_test(client_certificate_missing_or_refused),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(poor_suites_are_refused),
        cmocka_unit_test(second_connection_is_resumed),
        cmocka_unit_test(req_TLS_08b_req_REF_07_SSL3_is_refused),
        cmocka_unit_test(req_TLS_11_SSL2_is_refused),
        cmocka_unit_test(peers_that_speak_something_else),
        cmocka_unit_test(req_TLS_13a_req_TLS_13b_req_SCR_C_003_no_RC4_no_3DES),
        cmocka_unit_test(silence),
        cmocka_unit_test(nobody_there),
    };

    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
