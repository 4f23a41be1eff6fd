/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP over the real thing: connections that stay, end, stall, break and are tampered with. */
#include "apdu/base/ctx.h"
#include "tests/unit/net/bench.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct pki pki;

static void init(struct bench *b, const char *const *answers, size_t count)
{
    bench_init(b, &pki, "server");
    bench_trust(b, "ca.der");
    b->server.answers = answers;
    b->server.answer_count = count;
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

/* One answer, and what becomes of it. */
static void answers(void **state)
{
    static const struct {
        const char *answer;
        enum dmsc_err err;
        const char *reason;
        int code;
        int64_t retry_after_s;
    } table[] = {
        { OK_ANSWER, DMSC_OK, "", 0, -1 },
        { "HTTP/1.1 301 Moved\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
          DMSC_E_HTTP, "http:redirect", 301, -1 },
        { "HTTP/1.1 307 Later\r\nLocation: http://a/\r\nContent-Length: 0\r\n\r\n", DMSC_E_HTTP,
          "http:redirect", 307, -1 },
        { "HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", DMSC_E_HTTP, "http:401", 401, -1 },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", DMSC_E_HTTP, "http:404", 404, -1 },
        { "HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n", DMSC_E_AGAIN,
          "http:503", 503, 90 },
        { "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nabc", DMSC_E_AGAIN, "http:500", 500, -1 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", DMSC_E_LIMIT, "http:body-limit", 0,
          -1 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", DMSC_E_HTTP,
          "http:framing", 0, -1 },
        { "SSH-2.0-OpenSSH\r\n", DMSC_E_HTTP, "http:not-http", 0, -1 },
    };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        init(&b, &table[i].answer, 1);
        assert_int_equal(bench_open(&b), DMSC_OK);
        assert_int_equal(bench_post(&b, "hello"), table[i].err);
        if (table[i].err != DMSC_OK) {
            bench_assert_reason(&b, table[i].reason);
            assert_int_equal(dmsc_diag_get(b.ctx)->code, table[i].code);
        }
        assert_int_equal(dmsci_net_retry_after_s(b.net), table[i].retry_after_s);
        bench_clear(&b);
    }
}

static void no_content(void **state)
{
    static const char *const nothing[] = { "HTTP/1.1 204 No Content\r\n\r\n" };
    static struct bench b;
    struct dmsci_net_response response;
    struct dmsc_buf body;

    (void)state;
    init(&b, nothing, 1);
    assert_int_equal(bench_open(&b), DMSC_OK);
    dmsc_buf_init(&body, b.ctx, 100);
    assert_int_equal(dmsc_buf_append_str(&body, "from before"), DMSC_OK);
    assert_int_equal(
        dmsci_net_post(b.net, NULL, "a/b", "a/b", dmsc_bytes_str("x"), &body, &response), DMSC_OK);
    assert_int_equal(response.status, 204);
    assert_string_equal(response.content_type, "");
    assert_int_equal(body.n, 0);
    dmsc_buf_clear(&body);
    bench_clear(&b);
}

/* Without a length the end of the connection is the end of the body; only an orderly one counts. */
static void ends_of_connections(void **state)
{
    static const char *const until_close[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nok"
    };
    static const char *const half[] = { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok" };
    static const struct {
        const char *const *answer;
        bool cut_off;
        enum dmsc_err err;
        const char *reason;
    } table[] = {
        { until_close, false, DMSC_OK, "" },
        { until_close, true, DMSC_E_TLS, "tls:closed" },
        { half, false, DMSC_E_HTTP, "http:truncated" },
        { half, true, DMSC_E_TLS, "tls:closed" },
    };
    static struct bench b;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(table); i++) {
        init(&b, table[i].answer, 1);
        b.server.close_after_answer = true;
        b.server.cut_off = table[i].cut_off;
        assert_int_equal(bench_open(&b), DMSC_OK);
        assert_int_equal(bench_post(&b, "hello"), table[i].err);
        if (table[i].err != DMSC_OK)
            bench_assert_reason(&b, table[i].reason);
        bench_clear(&b);
    }
}

/* The server leaves between two requests: a new connection, and nothing is sent twice. */
static void connection_that_went_away(void **state)
{
    static const char *const ok[] = { OK_ANSWER };
    const struct timespec moment = { 0, 100000000 };
    static struct bench b;

    (void)state;
    init(&b, ok, 1);
    b.server.close_after_answer = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bench_post(&b, "hello"), DMSC_OK);
        (void)nanosleep(&moment, NULL);
    }
    assert_int_equal(dmsci_net_info(b.net)->connections, 3);
    bench_stop(&b);
    assert_int_equal(b.peer.requests, 3);
    bench_clear(&b);
}

static void other_urls(void **state)
{
    static const char *const ok[] = { OK_ANSWER };
    static struct bench b;
    struct dmsci_net_response response;
    struct dmsc_buf body;
    struct dmsc_bytes hello = dmsc_bytes_str("hello");

    (void)state;
    init(&b, ok, 1);
    assert_int_equal(bench_open(&b), DMSC_OK);
    dmsc_buf_init(&body, b.ctx, 100);
    /* RespURI on the same host: another path over the same connection. */
    assert_int_equal(dmsci_net_post(b.net, "https://DM.opa.example:443/dm?sid=7", "a/b", "a/b",
                                    hello, &body, &response),
                     DMSC_OK);
    assert_int_equal(dmsci_net_info(b.net)->connections, 1);
    assert_int_equal(
        dmsci_net_post(b.net, "https://localhost/dm", "a/b", "a/b", hello, &body, &response),
        DMSC_E_HTTP);
    bench_assert_reason(&b, "net:other-host");
    assert_int_equal(
        dmsci_net_post(b.net, "http://dm.opa.example/dm", "a/b", "a/b", hello, &body, &response),
        DMSC_E_MALFORMED);
    bench_assert_reason(&b, "url:not-https");
    assert_int_equal(bench_post(&b, "still there"), DMSC_OK);
    assert_int_equal(dmsci_net_info(b.net)->connections, 1);
    dmsc_buf_clear(&body);
    bench_stop(&b);
    assert_non_null(strstr(b.peer.application, "POST /dm?sid=7 HTTP/1.1\r\n"));
    bench_clear(&b);
}

/* Another host where that is allowed: it is verified and checked like the first one. */
static void other_hosts_where_allowed(void **state)
{
    static const char *const ok[] = { OK_ANSWER };
    static struct bench b;
    struct dmsci_net_response response;
    struct dmsc_buf body;
    struct dmsc_bytes hello = dmsc_bytes_str("hello");
    char url[64];

    (void)state;
    init(&b, ok, 1);
    b.config.other_hosts = true;
    assert_int_equal(bench_open(&b), DMSC_OK);
    dmsc_buf_init(&body, b.ctx, 100);
    (void)snprintf(url, sizeof(url), "https://localhost:%u/dm", (unsigned)b.peer.port);
    assert_int_equal(dmsci_net_post(b.net, url, "a/b", "a/b", hello, &body, &response), DMSC_OK);
    assert_int_equal(b.checks, 2);
    assert_string_equal(b.seen.host, "localhost");
    assert_false(dmsci_net_info(b.net)->tls.resumed); /* never over two hosts */
    b.refuse = true;
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/dm", (unsigned)b.peer.port);
    assert_int_equal(dmsci_net_post(b.net, url, "a/b", "a/b", hello, &body, &response),
                     DMSC_E_REFUSED);
    dmsc_buf_clear(&body);
    bench_stop(&b);
    assert_int_equal(b.peer.requests, 1);
    bench_clear(&b);
}

static void silence_in_the_middle(void **state)
{
    static struct bench b;

    (void)state;
    init(&b, NULL, 0);
    b.config.conn.io_timeout_ms = 200;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "hello"), DMSC_E_TIMEOUT);
    bench_assert_reason(&b, "net:timeout");
    bench_clear(&b);
}

/* A server that never ends, but is never silent either: the exchange as a whole has an end. */
static void endless_answer(void **state)
{
    static char answer[60000] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char *const endless[] = { answer };
    static struct bench b;

    (void)state;
    while (strlen(answer) + 8 < sizeof(answer))
        (void)strcat(answer, "1\r\nx\r\n");
    init(&b, endless, 1);
    b.config.exchange_timeout_ms = 500;
    b.config.conn.io_timeout_ms = 5000;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_not_equal(bench_post(&b, "hello"), DMSC_OK);
    bench_assert_reason(&b, "http:header-limit");
    bench_clear(&b);

    init(&b, NULL, 0);
    b.config.exchange_timeout_ms = 300;
    b.config.conn.io_timeout_ms = 60000;
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "hello"), DMSC_E_TIMEOUT);
    bench_clear(&b);
}

static bool contains(const uint8_t *p, size_t n, const char *text)
{
    size_t wanted = strlen(text);

    for (size_t i = 0; i + wanted <= n; i++) {
        if (memcmp(p + i, text, wanted) == 0)
            return true;
    }
    return false;
}

static void assert_records_only(const uint8_t *p, size_t n)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(p, n));

    assert_in_range(n, 100, PEER_TAP_MAX - 1);
    while (!r.bad && r.n > 0) {
        assert_in_range(dmsc_rd_u8(&r), 20, 23);
        assert_int_equal(dmsc_rd_u8(&r), 3);
        dmsc_rd_skip(&r, 1);
        dmsc_rd_skip(&r, dmsc_rd_u16(&r));
    }
    assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
}

/* What a listener on the line sees of a session: TLS records, in both directions. */
static void req_TLS_02_records_only(void **state)
{
    static const char *const ok[] = { OK_ANSWER };
    static struct bench b;

    (void)state;
    init(&b, ok, 1);
    assert_int_equal(bench_open(&b), DMSC_OK);
    assert_int_equal(bench_post(&b, "secret of the device"), DMSC_OK);
    assert_int_equal(bench_post(&b, "another secret"), DMSC_OK);
    bench_stop(&b);
    assert_records_only(b.peer.tap, b.peer.tap_n);
    assert_records_only(b.peer.tap_out, b.peer.tap_out_n);
    bench_clear(&b);
    req_done("TLS-02");
}

static void assert_nothing_in_clear(const struct bench *b)
{
    static const char *const words[] = {
        "secret of the device", "POST",           "HTTP/1.1",
        "text/plain",           "Content-Length", "secret of the server"
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(words); i++) {
        assert_false(contains(b->peer.tap, b->peer.tap_n, words[i]));
        assert_false(contains(b->peer.tap_out, b->peer.tap_out_n, words[i]));
    }
}

/* Nothing of a session can be read on the line, and no byte of it changed unnoticed. */
static void req_TLS_04_eavesdropping_and_tampering(void **state)
{
    static const char *const answer[] = { "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                          "Content-Length: 20\r\n\r\nsecret of the server" };
    static struct bench b;
    struct dmsci_net_response response;
    struct dmsc_buf body;
    size_t out_n, in_n;

    (void)state;
    init(&b, answer, 1);
    assert_int_equal(bench_open(&b), DMSC_OK);
    dmsc_buf_init(&body, b.ctx, 100);
    assert_int_equal(dmsci_net_post(b.net, NULL, "text/plain", "text/plain",
                                    dmsc_bytes_str("secret of the device"), &body, &response),
                     DMSC_OK);
    assert_string_equal(dmsc_buf_str(&body), "secret of the server");
    dmsc_buf_clear(&body);
    bench_stop(&b);
    assert_nothing_in_clear(&b);
    out_n = b.peer.tap_out_n;
    in_n = b.peer.tap_n;
    bench_clear(&b);
    /* One byte flipped at places all along both directions: the answer never arrives as if nothing
     * had happened, and the server never takes a changed request. The goodbye at the end is left
     * out: by then all is done. */
    for (size_t i = 0; i < 40; i++) {
        bool from_client = i % 2 == 1;
        size_t n = (from_client ? in_n : out_n) - 60;
        enum dmsc_err err;

        init(&b, answer, 1);
        b.config.conn.io_timeout_ms = 500;
        *(from_client ? &b.server.flip_from_client_at : &b.server.flip_at) = 1 + i * n / 40;
        err = bench_open(&b);
        if (err == DMSC_OK)
            err = bench_post(&b, "secret of the device");
        assert_int_not_equal(err, DMSC_OK);
        bench_stop(&b);
        assert_true(b.peer.application_n == 0 || !from_client);
        bench_clear(&b);
    }
    req_done("TLS-04");
}

static enum dmsc_err accept_all(void *user, const struct dmsc_peer *peer)
{
    (void)user;
    (void)peer;
    return DMSC_OK;
}

static enum dmsc_err open_and_post(struct dmsc_ctx *ctx, void *user)
{
    struct bench *b = user;
    struct dmsci_net_config config = b->config;
    struct dmsci_net_response response;
    struct dmsc_buf body;
    enum dmsc_err err;

    config.tls.check = accept_all;
    b->net = NULL;
    dmsc_buf_init(&body, ctx, 100);
    err = dmsci_net_open(ctx, b->url, &config, &b->net);
    if (err == DMSC_OK)
        err = dmsci_net_post(b->net, NULL, "text/plain", "text/plain", dmsc_bytes_str("x"), &body,
                             &response);
    dmsci_net_close(b->net);
    b->net = NULL;
    dmsc_buf_clear(&body);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    static const char *const ok[] = { OK_ANSWER };
    static struct bench b;

    (void)state;
    init(&b, ok, 1);
    bench_be(&b, "client.der", "client.key");
    bench_want_client(&b);
    bench_start(&b);
    assert_in_range(fault_torture(open_and_post, &b), 10, 200);
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
        cmocka_unit_test(answers),
        cmocka_unit_test(no_content),
        cmocka_unit_test(ends_of_connections),
        cmocka_unit_test(connection_that_went_away),
        cmocka_unit_test(other_urls),
        cmocka_unit_test(other_hosts_where_allowed),
        cmocka_unit_test(silence_in_the_middle),
        cmocka_unit_test(endless_answer),
        cmocka_unit_test(req_TLS_02_records_only),
        cmocka_unit_test(req_TLS_04_eavesdropping_and_tampering),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
