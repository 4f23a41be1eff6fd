/* SPDX-License-Identifier: Apache-2.0 */
/* Versions and suites: what is refused, under which name, and what was on the wire. */
#include "apdu/base/ctx.h"
#include "host/net/tls_watch.h"
#include "tests/unit/net/bench.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

static struct pki pki;

/* TLS 1.2 is spoken; TLS 1.1 and 1.0 are refused by name. */
static void req_TLS_08a_req_SCR_C_001_old_versions(void **state)
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
        bench_init(&b, &pki, "rsa");
        b.server.priority = table[i].priority;
        bench_trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        bench_assert_reason(&b, table[i].reason);
        peer_stop(&b.peer);
        assert_int_equal(b.peer.application_n, 0);
        bench_clear(&b);
    }
    bench_init(&b, &pki, "rsa");
    b.server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    bench_trust(&b, "ca.der");
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_string_equal(dmsci_net_info(b.net)->tls.version, "TLS 1.2");
    assert_int_equal(bench_post(&b, "hello"), DMSC_OK);
    bench_clear(&b);
    req_done("TLS-08a");
    req_done("SCR C-001");
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
        bench_init(&b, &pki, "rsa");
        b.server.priority = priorities[i];
        bench_trust(&b, "ca.der");
        assert_int_equal(bench_open(&b), DMSC_E_TLS);
        bench_assert_reason(&b, "tls:suite");
        bench_clear(&b);
    }
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
    bench_init(b, &pki, NULL);
    b->server.first = first;
    b->server.answer_count = 0;
    bench_trust(b, "ca.der");
    assert_int_equal(bench_open(b), err);
    bench_assert_reason(b, reason);
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

static void req_TLS_08b_req_REF_07_req_SCR_C_002_SSL3_is_refused(void **state)
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
    req_done("SCR C-002");
}

static void req_TLS_11_req_TLS_06a_SSL_is_refused(void **state)
{
    static const uint8_t hello[] = { 0x80, 0x22, 0x04, 0x00, 0x01, 0x00, 0x02, 0x00,
                                     0x00, 0x00, 0x03, 0x00, 0x10, 0x01, 0x00, 0x80 };
    static struct bench b;
    uint8_t sslv3[64];

    (void)state;
    scripted(&b, dmsc_bytes(hello, sizeof(hello)), DMSC_E_TLS, "tls:version:SSL 2.0");
    assert_only_hello_and_alert(&b);
    bench_clear(&b);
    scripted(&b, hello_of(0x00, sslv3), DMSC_E_TLS, "tls:version:SSL 3.0");
    assert_only_hello_and_alert(&b);
    bench_clear(&b);
    req_done("TLS-11");
    req_done("TLS-06a");
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

/* OpenSSL's own server, in a process of its own. */
struct openssl {
    FILE *out;
    long pid;
    unsigned port;
};

static void openssl_start(struct openssl *o, const char *cert, const char *options)
{
    char command[3 * SUPPORT_PATH_MAX], line[256];

    pki_need(&pki);
    /* The shell's process becomes that of timeout, which ends the server with itself. */
    (void)snprintf(command, sizeof(command),
                   "cd '%s' && echo $$ && exec timeout 60 openssl s_server -www -accept "
                   "127.0.0.1:0 -cert %s.pem "
                   "-key %s.key %s 2>/dev/null < /dev/null",
                   pki.dir, cert, cert, options);
    o->out = popen(command, "r");
    assert_non_null(o->out);
    assert_non_null(fgets(line, sizeof(line), o->out));
    assert_int_equal(sscanf(line, "%ld", &o->pid), 1);
    o->port = 0;
    while (o->port == 0 && fgets(line, sizeof(line), o->out) != NULL)
        (void)sscanf(line, "ACCEPT 127.0.0.1:%u", &o->port);
    assert_int_not_equal(o->port, 0);
}

static void openssl_stop(struct openssl *o)
{
    (void)kill((pid_t)o->pid, SIGTERM);
    (void)pclose(o->out);
}

static void servers_of_openssl(void **state)
{
    static const struct {
        const char *options, *reason, *version;
        bool mutual;
    } table[] = {
        { "-tls1_2", NULL, "TLS 1.2", false },
        { "-tls1_2 -Verify 1 -CAfile ca.pem", NULL, "TLS 1.2", true },
        { "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", NULL, "TLS 1.2", false },
        { "-tls1_1 -cipher ALL:@SECLEVEL=0", "tls:version:", NULL, false },
        { "-tls1 -cipher ALL:@SECLEVEL=0", "tls:version:", NULL, false },
        { "-tls1_2 -cipher ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "tls:suite", NULL, false },
    };
    static struct bench b;
    struct openssl o;
    char url[64];

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        openssl_start(&o, "server", table[i].options);
        bench_init(&b, &pki, "server");
        bench_trust(&b, "ca.der");
        bench_be(&b, "client.der", "client.key");
        b.config.tls.demand_mutual = table[i].mutual;
        (void)snprintf(url, sizeof(url), "https://localhost:%u/", o.port);
        assert_int_equal(dmsci_net_open(b.ctx, url, &b.config, &b.net),
                         table[i].reason == NULL ? DMSC_OK : DMSC_E_TLS);
        /* A client that offers TLS 1.3 gets an alert that does not name the version. */
        if (table[i].reason != NULL)
            assert_memory_equal(dmsc_diag_get(b.ctx)->reason, table[i].reason,
                                strlen(table[i].reason));
        else
            assert_string_equal(dmsci_net_info(b.net)->tls.version, table[i].version);
        bench_clear(&b);
        openssl_stop(&o);
    }
}

static void watch_vectors(void **state)
{
    struct vectors *v = vectors_open("tls_watch.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes input = vec_hex(v, "input");

        for (size_t piece = 1; piece <= input.n + 1; piece++) {
            struct dmsci_tls_watch watch;

            dmsci_tls_watch_init(&watch);
            for (size_t i = 0; i < input.n; i += piece)
                dmsci_tls_watch_feed(
                    &watch, dmsc_bytes(input.p + i, input.n - i < piece ? input.n - i : piece));
            vec_assert_text(v, "is", dmsci_tls_watch_name(&watch));
            assert_int_equal(watch.hello, vec_number_or(v, "hello", 0));
            assert_int_equal(watch.certificate_request, vec_number_or(v, "request", 0));
            assert_int_equal(watch.encrypted, vec_number_or(v, "encrypted", 0));
            assert_int_equal(watch.alert ? watch.alert_code : 0, vec_number_or(v, "alert", 0));
        }
    }
    vectors_close(v);
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
        cmocka_unit_test(req_TLS_08a_req_SCR_C_001_old_versions),
        cmocka_unit_test(poor_suites_are_refused),
        cmocka_unit_test(req_TLS_08b_req_REF_07_req_SCR_C_002_SSL3_is_refused),
        cmocka_unit_test(req_TLS_11_req_TLS_06a_SSL_is_refused),
        cmocka_unit_test(peers_that_speak_something_else),
        cmocka_unit_test(req_TLS_13a_req_TLS_13b_req_SCR_C_003_no_RC4_no_3DES),
        cmocka_unit_test(servers_of_openssl),
        cmocka_unit_test(watch_vectors),
    };

    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
