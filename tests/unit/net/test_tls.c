/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let through, who is not, and under which name: real handshakes with GnuTLS. */
#include "apdu/base/ctx.h"
#include "host/credential/cert.h"
#include "host/net/net.h"
#include "host/net/tls.h"
#include "tests/unit/net/bench.h"
#include <stdio.h>
#include <string.h>

static const char *const last_answer[] = { "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                           "Connection: close\r\nContent-Length: 2\r\n\r\nok" };
static struct pki pki;

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
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "hello"), DMSC_OK);
    assert_int_equal(bench_post(&b, "again"), DMSC_OK);
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
    bench_stop(&b);
    assert_int_equal(b.peer.connections, 1);
    assert_int_equal(b.peer.requests, 2);
    assert_non_null(strstr(b.peer.application, "Host: dm.opa.example\r\n"));
    assert_non_null(strstr(b.peer.application, "POST /dm HTTP/1.1\r\n"));
    bench_clear(&b);
    req_done("REF-06");
    req_done("TLS-06c");
    req_done("SCR C-007");
}

/* What is said of the TLS library (the feature tokens) is what it does: a server that speaks one
 * version alone. */
static void req_HLF_020_versions_are_spoken_that_are_told(void **state)
{
    static const struct {
        const char *priority;
        const char *version;
    } rows[] = { { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS 1.2" },
                 { "NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.3" } };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bool told = i == 0 || dmsci_tls_has_13();

        bench_init(&b, &pki, "server");
        b.server.priority = rows[i].priority;
        bench_trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), told ? DMSC_OK : DMSC_E_TLS);
        if (told)
            assert_string_equal(dmsci_net_info(b.net)->tls.version, rows[i].version);
        bench_clear(&b);
    }
}

/* Certificates that must not be believed, the name of the refusal, and what the server never got.
 */
static void refuse_server(const char *server, const char *anchor, const char *url,
                          const char *reason)
{
    static struct bench b;

    bench_init(&b, &pki, server);
    if (url != NULL)
        b.url = url;
    bench_trust(&b, anchor);
    assert_int_equal(bench_open(&b), DMSC_E_TLS);
    bench_assert_reason(&b, reason);
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
        bench_init(&b, &pki, i == 0 ? "sha1" : "short");
        b.server.priority = "LEGACY:-VERS-TLS1.3:%VERIFY_ALLOW_SIGN_WITH_SHA1:%VERIFY_ALLOW_BROKEN";
        bench_trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        bench_assert_reason(&b, "tls:weak");
        bench_clear(&b);
    }
}

static void accept_server(const char *server, const char *anchor, const char *url, size_t issuers)
{
    static struct bench b;

    bench_init(&b, &pki, server);
    if (url != NULL)
        b.url = url;
    bench_trust(&b, anchor);
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "hello"), DMSC_OK);
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
        bench_init(&b, &pki, table[i].server);
        bench_trust(&b, "ca.der");
        peer_start(&b.peer, &b.server);
        enum dmsc_err err = dmsci_net_open(
            b.ctx, with_port(url, sizeof(url), table[i].host, b.peer.port), &b.config, &b.net);
        assert_int_equal(err, table[i].reason == NULL ? DMSC_OK : DMSC_E_TLS);
        if (table[i].reason != NULL)
            bench_assert_reason(&b, table[i].reason);
        bench_clear(&b);
    }
    /* A wildcard stands for one label. */
    for (int i = 0; i < 2; i++) {
        bench_init(&b, &pki, "server");
        bench_trust(&b, "ca.der");
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
            bench_assert_reason(&b, "tls:name");
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
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    peer_start(&b.peer, &b.server);
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_OK);
    assert_int_equal(dmsci_conn_open(b.ctx, "127.0.0.1", b.peer.port, &config, &conn), DMSC_OK);
    assert_int_equal(dmsci_tls_connect(tls, conn, NULL), DMSC_E_ARG);
    bench_assert_reason(&b, "tls:no-name");
    assert_int_equal(dmsci_tls_connect(tls, conn, ""), DMSC_E_ARG);
    bench_assert_reason(&b, "tls:no-name");
    dmsci_tls_free(tls);
    dmsci_conn_close(conn);
    peer_stop(&b.peer);
    assert_int_equal(b.peer.tap_n, 0); /* not one byte */
    bench_clear(&b);
}

static void what_cannot_be_started(void **state)
{
    static struct bench b;
    struct dmsci_tls_config config;
    struct dmsci_tls *tls = NULL;

    (void)state;
    bench_init(&b, &pki, "server");
    peer_start(&b.peer, &b.server);
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    bench_assert_reason(&b, "tls:no-anchor");
    bench_trust(&b, "ca.der");
    config = b.config.tls;
    config.check = NULL;
    assert_int_equal(dmsci_tls_new(b.ctx, &config, &tls), DMSC_E_ARG);
    bench_be(&b, "client.der", "server.key");
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    bench_assert_reason(&b, "tls:key");
    b.config.tls.key = NULL;
    assert_int_equal(dmsci_tls_new(b.ctx, &b.config.tls, &tls), DMSC_E_CONFIG);
    bench_assert_reason(&b, "tls:key");
    bench_clear(&b);
}

/* The check comes after the handshake and before the first byte of HTTP. */
static void refused_by_the_check(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    b.refuse = true;
    assert_int_equal(bench_open(&b), DMSC_E_REFUSED);
    bench_assert_reason(&b, "ma:identity");
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
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    bench_be(&b, "client.der", "client.key");
    bench_want_client(&b);
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "hello"), DMSC_OK);
    assert_true(dmsci_net_info(b.net)->tls.mutual);
    bench_stop(&b);
    assert_true(b.peer.client_certificate);
    bench_clear(&b);
}

/* A server that does not ask who we are is not one to have a session with. */
static void server_that_does_not_ask(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    bench_be(&b, "client.der", "client.key");
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_E_TLS);
    bench_assert_reason(&b, "tls:client-cert-required");
    peer_stop(&b.peer);
    assert_int_equal(b.peer.application_n, 0);
    bench_clear(&b);
}

/* In TLS 1.3 the server's refusal can come after our first request went out. */
static enum dmsc_err open_and_post(struct bench *b)
{
    enum dmsc_err err = bench_open(b);

    return err == DMSC_OK ? bench_post(b, "hello") : err;
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
        bench_init(&b, &pki, "server");
        bench_trust(&b, "ca.der");
        bench_want_client(&b);
        if (table[i].cert != NULL)
            bench_be(&b, table[i].cert, table[i].key);
        assert_int_equal(open_and_post(&b), DMSC_E_TLS);
        bench_assert_reason(&b, table[i].reason);
        bench_stop(&b);
        assert_int_equal(b.peer.application_n, 0);
        bench_clear(&b);
    }
}

static void second_connection_is_resumed(void **state)
{
    static struct bench b;

    (void)state;
    bench_init(&b, &pki, "server");
    b.server.answers = last_answer;
    b.server.close_after_answer = true;
    bench_trust(&b, "ca.der");
    bench_be(&b, "client.der", "client.key");
    bench_want_client(&b);
    b.config.tls.demand_mutual = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "one"), DMSC_OK);
    assert_false(dmsci_net_info(b.net)->tls.resumed);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bench_post(&b, "two"), DMSC_OK);
        assert_true(dmsci_net_info(b.net)->tls.resumed);
        assert_true(dmsci_net_info(b.net)->tls.mutual);
        assert_string_equal(dmsci_net_info(b.net)->tls.peer, "CN=dm.opa.example");
    }
    assert_int_equal(b.checks, 4); /* each time */
    assert_int_equal(b.issuer_count, 1);
    b.refuse = true;
    assert_int_equal(bench_post(&b, "no more"), DMSC_E_REFUSED);
    bench_stop(&b);
    assert_int_equal(b.peer.resumed, 4);
    assert_null(strstr(b.peer.application, "no more"));
    bench_clear(&b);
}

static void silence(void **state)
{
    static struct bench b;

    (void)state;
    pki_need(&pki);
    bench_init(&b, &pki, NULL);
    b.server.mute = true;
    b.config.conn.io_timeout_ms = 200;
    bench_trust(&b, "ca.der");
    assert_int_equal(bench_open(&b), DMSC_E_TIMEOUT);
    bench_assert_reason(&b, "net:timeout");
    bench_clear(&b);
}

static void nobody_there(void **state)
{
    static struct bench b;
    struct dmsci_net *net = NULL;
    char url[64];

    (void)state;
    bench_init(&b, &pki, "server");
    bench_trust(&b, "ca.der");
    peer_start(&b.peer, &b.server);
    peer_stop(&b.peer);
    assert_int_equal(dmsci_net_open(b.ctx, with_port(url, sizeof(url), "127.0.0.1", b.peer.port),
                                    &b.config, &net),
                     DMSC_E_NET);
    bench_assert_reason(&b, "net:refused");
    assert_int_equal(dmsci_net_open(b.ctx, "https://host.invalid/", &b.config, &net), DMSC_E_NET);
    bench_assert_reason(&b, "net:resolve");
    b.override = (struct dmsci_net_override){ "host.invalid", 0, "nowhere:x" };
    b.config.conn.overrides = &b.override;
    b.config.conn.override_count = 1;
    assert_int_equal(dmsci_net_open(b.ctx, "https://host.invalid/", &b.config, &net),
                     DMSC_E_CONFIG);
    bench_assert_reason(&b, "net:override");
    assert_int_equal(dmsci_net_open(b.ctx, "http://host.invalid/", &b.config, &net),
                     DMSC_E_MALFORMED);
    bench_assert_reason(&b, "url:not-https");
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
        cmocka_unit_test(req_HLF_020_versions_are_spoken_that_are_told),
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
        cmocka_unit_test(second_connection_is_resumed),
        cmocka_unit_test(silence),
        cmocka_unit_test(nobody_there),
    };

    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
