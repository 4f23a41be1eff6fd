/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/uri.h"
#include "tests/unit/mo/support.h"
#include <stdlib.h>
#include <string.h>

/* A heap block of exactly the text, so that a sanitizer sees a read behind its NUL. */
static char *own(struct vectors *v)
{
    struct dmsc_bytes raw =
        vec_has(v, "raw") ? vec_hex(v, "raw") : dmsc_bytes_str(vec_text(v, "uri"));
    char *copy = malloc(raw.n + 1);

    assert_non_null(copy);
    dmsci_copy(copy, raw.p, raw.n);
    copy[raw.n] = '\0';
    return copy;
}

static void check_canonical(struct vectors *v, struct dmsc_ctx *ctx, const char *canonical)
{
    struct dmsc_buf again;
    struct dmsc_buf encoded;

    /* What came out is canonical, and encoding it leads back to it. */
    assert_int_equal(dmsci_uri_check(ctx, canonical), DMSC_OK);
    dmsc_buf_init(&again, ctx, SIZE_MAX / 2);
    dmsc_buf_init(&encoded, ctx, SIZE_MAX / 2);
    assert_int_equal(dmsci_uri_encode(canonical, &encoded), DMSC_OK);
    assert_int_equal(dmsc_uri_normalise(ctx, dmsc_buf_str(&encoded), &again, NULL), DMSC_OK);
    vec_assert_text(v, "canonical", dmsc_buf_str(&again));
    dmsc_buf_clear(&again);
    dmsc_buf_clear(&encoded);
}

static void table(void **state)
{
    struct vectors *v = vectors_open("mo/uri.txt");
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        char *uri = own(v);
        struct dmsc_buf canonical;
        struct dmsc_buf query;

        dmsc_buf_init(&canonical, ctx, SIZE_MAX / 2);
        dmsc_buf_init(&query, ctx, SIZE_MAX / 2);
        assert_int_equal(dmsc_buf_append_str(&canonical, "kept"), DMSC_OK);
        vec_assert_err(v, dmsc_uri_normalise(ctx, uri, &canonical, &query));
        assert_memory_equal(canonical.p, "kept", 4);
        dmsc_buf_consume(&canonical, 4);
        if (vec_has(v, "error")) {
            assert_int_equal(canonical.n + query.n, 0);
            vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
        } else {
            vec_assert_text(v, "canonical", dmsc_buf_str(&canonical));
            assert_string_equal(vec_text_or(v, "query", ""), dmsc_buf_str(&query));
            check_canonical(v, ctx, dmsc_buf_str(&canonical));
        }
        dmsc_buf_clear(&canonical);
        dmsc_buf_clear(&query);
        free(uri);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err try(struct dmsc_ctx *ctx, const char *uri)
{
    struct dmsc_buf canonical;
    enum dmsc_err err;

    dmsc_buf_init(&canonical, ctx, SIZE_MAX / 2);
    err = dmsc_uri_normalise(ctx, uri, &canonical, NULL);
    if (err == DMSC_OK)
        assert_int_equal(dmsci_uri_check(ctx, dmsc_buf_str(&canonical)), DMSC_OK);
    dmsc_buf_clear(&canonical);
    return err;
}

static void limits(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    (void)state;
    config.limits.uri_length = 12;
    config.limits.uri_segment = 5;
    config.limits.uri_depth = 3;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    assert_int_equal(try(ctx, "12345/1234/1"), DMSC_OK);
    assert_int_equal(try(ctx, "./12345/1234/1"), DMSC_OK);
    assert_int_equal(try(ctx, "12345/1234/12"), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "uri:length");
    assert_int_equal(try(ctx, "./12345/1234/12"), DMSC_E_LIMIT);
    assert_int_equal(try(ctx, "123456"), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "uri:segment");
    assert_int_equal(try(ctx, "1/2/3"), DMSC_OK);
    assert_int_equal(try(ctx, "1/2/3/4"), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "uri:depth");
    /* Characters count, not octets; what is encoded counts as it is sent. */
    assert_int_equal(try(ctx, "äöüßé/äöüß/é"), DMSC_OK);
    assert_int_equal(try(ctx, "äöüßéè"), DMSC_E_LIMIT);
    assert_int_equal(try(ctx, "%41%42%43%44"), DMSC_OK);
    assert_int_equal(try(ctx, "%41%42%43%44%45"), DMSC_E_LIMIT);
    /* The query counts. */
    assert_int_equal(try(ctx, "A?prop=Title"), DMSC_E_MALFORMED);
    assert_int_equal(try(ctx, "A?prop=TStamp"), DMSC_E_LIMIT);
    dmsc_ctx_free(ctx);
}

static void query_not_wanted_is_refused(void **state)
{
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(try(ctx, "./A?prop=ACL"), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "uri:query");
    dmsc_ctx_free(ctx);
}

static void below(void **state)
{
    (void)state;
    assert_true(dmsc_uri_below("./A", "."));
    assert_true(dmsc_uri_below(".", "."));
    assert_true(dmsc_uri_below("./A/B", "./A"));
    assert_true(dmsc_uri_below("./A", "./A"));
    assert_false(dmsc_uri_below("./AB", "./A"));
    assert_false(dmsc_uri_below("./A", "./A/B"));
    assert_false(dmsc_uri_below(".", "./A"));
    assert_false(dmsc_uri_below("./B/A", "./A"));
}

static void canonical_check(void **state)
{
    static const char *const bad[] = { "",     "A",      "./",  "./A/", "/A",      "./A//B", "..",
                                       "./..", "./A/..", "./.", ".A",   "./A\x01", "./\n" };
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bad); i++)
        assert_int_not_equal(dmsci_uri_check(ctx, bad[i]), DMSC_OK);
    assert_int_equal(dmsci_uri_check(ctx, "."), DMSC_OK);
    assert_int_equal(dmsci_uri_check(ctx, "./A/%/?"), DMSC_OK);
    assert_int_equal(dmsci_uri_check_name(ctx, "A/B"), DMSC_E_MALFORMED);
    assert_int_equal(dmsci_uri_check_name(ctx, ""), DMSC_E_MALFORMED);
    assert_int_equal(dmsci_uri_check_name(ctx, ".."), DMSC_E_MALFORMED);
    assert_int_equal(dmsci_uri_check_name(ctx, "A?"), DMSC_OK);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_buf canonical;
    struct dmsc_buf query;
    enum dmsc_err err;

    (void)user;
    dmsc_buf_init(&canonical, ctx, SIZE_MAX / 2);
    dmsc_buf_init(&query, ctx, SIZE_MAX / 2);
    err = dmsc_uri_normalise(ctx, "A/B%20C?prop=ACL", &canonical, &query);
    if (err != DMSC_OK)
        assert_int_equal(canonical.n + query.n, 0);
    dmsc_buf_clear(&canonical);
    dmsc_buf_clear(&query);
    return err;
}

static void allocation_faults(void **state)
{
    (void)state;
    (void)fault_torture(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(limits),
        cmocka_unit_test(query_not_wanted_is_refused),
        cmocka_unit_test(below),
        cmocka_unit_test(canonical_check),
        cmocka_unit_test(allocation_faults),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
