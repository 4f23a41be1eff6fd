/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/net/http.h"
#include "host/net/http_field.h"
#include "host/net/url.h"
#include "tests/support/test.h"
#include <string.h>

#define BODY_CEILING 64

static struct dmsc_ctx *ctx;

static int setup(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;

    (void)state;
    config.limits.http_header_size = 512;
    return dmsc_ctx_new(&config, &ctx);
}

static int teardown(void **state)
{
    (void)state;
    dmsc_ctx_free(ctx);
    return 0;
}

static enum dmsc_err push(struct dmsci_http *http, struct dmsc_bytes in, size_t piece)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < in.n; i += piece) {
        size_t n = in.n - i < piece ? in.n - i : piece;
        struct dmsc_bytes copy = support_copy_exact(dmsc_bytes(in.p + i, n));

        err = dmsci_http_feed(http, copy);
        support_free(copy);
    }
    return err;
}

/* What a block of the file says about a response, however it came in. */
static void expect(struct vectors *v, struct dmsci_http *http, struct dmsc_bytes body,
                   enum dmsc_err err)
{
    if (err == DMSC_OK && vec_number_or(v, "close", 0) != 0)
        err = dmsci_http_eof(http);
    vec_assert_err(v, err);
    if (err != DMSC_OK) {
        vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
        return;
    }
    assert_int_equal(dmsci_http_done(http), vec_number_or(v, "done", 1));
    vec_assert_number(v, "status", http->status);
    if (!dmsc_bytes_equal(dmsc_buf_bytes(&http->body), body))
        vec_fail(v, "another body: \"%s\"", dmsc_buf_str(&http->body));
    assert_int_equal(http->keep_alive, vec_number_or(v, "keep_alive", 1));
    assert_string_equal(http->content_type, vec_text_or(v, "content_type", ""));
    if (vec_has(v, "retry_after"))
        vec_assert_number(v, "retry_after", (unsigned long long)http->retry_after_s);
    else
        assert_int_equal(http->retry_after_s, -1);
}

static void vectors_cut_everywhere(void **state)
{
    struct vectors *v = vectors_open("http.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes input = vec_hex(v, "input"), body = { NULL, 0 };

        if (vec_has(v, "body"))
            body = vec_hex(v, "body");

        /* Whole, byte by byte, and in two pieces at each place. */
        for (size_t piece = 1; piece <= input.n; piece++) {
            struct dmsci_http http;

            dmsci_http_init(&http, ctx, BODY_CEILING);
            expect(v, &http, body, push(&http, input, piece));
            dmsci_http_clear(&http);
        }
        for (size_t cut = 0; cut < input.n; cut++) {
            struct dmsci_http http;
            enum dmsc_err err;

            dmsci_http_init(&http, ctx, BODY_CEILING);
            err = push(&http, dmsc_bytes(input.p, cut), cut > 0 ? cut : 1);
            if (err == DMSC_OK)
                err = push(&http, dmsc_bytes(input.p + cut, input.n - cut), input.n);
            expect(v, &http, body, err);
            dmsci_http_clear(&http);
        }
    }
    vectors_close(v);
}

/* A response that ends too early is never taken for a whole one. */
static void every_prefix(void **state)
{
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

    (void)state;
    for (size_t n = 0; n < sizeof(good) - 1; n++) {
        struct dmsci_http http;

        dmsci_http_init(&http, ctx, BODY_CEILING);
        assert_int_equal(push(&http, dmsc_bytes(good, n), n + 1), DMSC_OK);
        assert_false(dmsci_http_done(&http));
        assert_int_equal(dmsci_http_eof(&http), DMSC_E_HTTP);
        assert_string_equal(dmsc_diag_get(ctx)->reason, "http:truncated");
        dmsci_http_clear(&http);
    }
}

static void header_ceiling(void **state)
{
    static const char start[] = "HTTP/1.1 200 OK\r\n";
    struct dmsci_http http;
    enum dmsc_err err;
    unsigned lines = 0;

    (void)state;
    dmsci_http_init(&http, ctx, BODY_CEILING);
    err = push(&http, dmsc_bytes(start, sizeof(start) - 1), 99);
    while (err == DMSC_OK && lines++ < 1000)
        err = push(&http, dmsc_bytes_str("X: y\r\n"), 99);
    assert_int_equal(err, DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "http:header-limit");
    assert_in_range(lines, 80, 86);
    dmsci_http_clear(&http);
}

/* Trailers, chunk lines and interim answers count against the same ceiling. */
static void endless_things(void **state)
{
    static const struct {
        const char *start, *again, *reason;
    } endless[] = {
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;x=y\r\na\r\n",
          "http:header-limit" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n",
          "http:header-limit" },
        { "", "HTTP/1.1 100 Continue\r\n\r\n", "http:interim" },
        { "HTTP/1.1 200 OK\r\n\r\n", "0123456789", "http:body-limit" },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(endless); i++) {
        struct dmsci_http http;
        enum dmsc_err err;

        dmsci_http_init(&http, ctx, i == 3 ? BODY_CEILING : 100000);
        err = push(&http, dmsc_bytes_str(endless[i].start), 99);
        for (int n = 0; err == DMSC_OK && n < 1000; n++)
            err = push(&http, dmsc_bytes_str(endless[i].again), 99);
        assert_int_not_equal(err, DMSC_OK);
        assert_string_equal(dmsc_diag_get(ctx)->reason, endless[i].reason);
        dmsci_http_clear(&http);
    }
}

static void dates(void **state)
{
    (void)state;
    /* RFC 9110 5.6.7 */
    assert_int_equal(dmsci_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    assert_int_equal(dmsci_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_int_equal(dmsci_http_date("Thu, 29 Feb 2024 12:00:00 GMT"), 1709208000);
    assert_int_equal(dmsci_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), -1);
    assert_int_equal(dmsci_http_date("Sun Nov  6 08:49:37 1994"), -1);
    assert_int_equal(dmsci_http_date("Sun, 06 Nev 1994 08:49:37 GMT"), -1);
    assert_int_equal(dmsci_http_date(""), -1);
}

static void request_head(void **state)
{
    struct dmsci_http_request request = { "application/vnd.syncml.dm+xml",
                                          "application/vnd.syncml.dm+xml", "dmsc/0", 81 };
    struct dmsci_url url = DMSCI_URL_INIT;
    struct dmsc_buf head;

    (void)state;
    dmsc_buf_init(&head, ctx, 1024);
    assert_int_equal(dmsci_url_parse(ctx, "https://dm.example.net:8443/dm?x", &url), DMSC_OK);
    assert_int_equal(dmsci_http_post_head(ctx, &url, &request, &head), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&head), "POST /dm?x HTTP/1.1\r\n"
                                             "Host: dm.example.net:8443\r\n"
                                             "User-Agent: dmsc/0\r\n"
                                             "Accept: application/vnd.syncml.dm+xml\r\n"
                                             "Cache-Control: no-store\r\n"
                                             "Content-Type: application/vnd.syncml.dm+xml\r\n"
                                             "Content-Length: 81\r\n"
                                             "\r\n");
    dmsc_buf_reset(&head);
    request.accept = "x\r\nEvil: yes";
    assert_int_equal(dmsci_http_post_head(ctx, &url, &request, &head), DMSC_E_ARG);
    assert_int_equal(head.n, 0);
    dmsc_buf_clear(&head);
    dmsci_url_clear(&url);
}

/* RFC 2817: an upgrade to TLS inside of HTTP is not a way to get it. */
static void req_REF_02_upgrade_is_refused(void **state)
{
    static const char *const offers[] = {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n"
        "Connection: Upgrade\r\n\r\n",
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n"
        "Content-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nUpgrade: TLS/1.0\r\nContent-Length: 0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(offers); i++) {
        struct dmsci_http http;

        dmsci_http_init(&http, ctx, BODY_CEILING);
        assert_int_equal(push(&http, dmsc_bytes_str(offers[i]), 7), DMSC_E_HTTP);
        assert_string_equal(dmsc_diag_get(ctx)->reason, "http:upgrade");
        dmsci_http_clear(&http);
    }
    req_done("REF-02");
}

static enum dmsc_err respond(struct dmsc_ctx *fragile, void *user)
{
    struct dmsci_http http;
    enum dmsc_err err;

    dmsci_http_init(&http, fragile, BODY_CEILING);
    err = dmsci_http_feed(&http, dmsc_bytes_str(user));
    dmsci_http_clear(&http);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8; and=a-long-line-here"
                  "\r\nContent-Length: 3\r\n\r\nabc";

    (void)state;
    assert_in_range(fault_torture(respond, text), 2, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vectors_cut_everywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(every_prefix, setup, teardown),
        cmocka_unit_test_setup_teardown(header_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(endless_things, setup, teardown),
        cmocka_unit_test(dates),
        cmocka_unit_test_setup_teardown(request_head, setup, teardown),
        cmocka_unit_test_setup_teardown(req_REF_02_upgrade_is_refused, setup, teardown),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
