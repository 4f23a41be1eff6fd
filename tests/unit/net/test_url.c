/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/net/url.h"
#include "tests/support/test.h"
#include <string.h>

static void vectors(void **state)
{
    struct vectors *v = vectors_open("url.txt");
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        struct dmsci_url url = DMSCI_URL_INIT, again = DMSCI_URL_INIT;
        enum dmsc_err err = dmsci_url_parse(ctx, vec_text(v, "url"), &url);

        vec_assert_err(v, err);
        if (err != DMSC_OK) {
            vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
            assert_null(url.host);
            continue;
        }
        vec_assert_text(v, "host", url.host);
        vec_assert_number(v, "port", url.port);
        vec_assert_text(v, "authority", url.authority);
        vec_assert_text(v, "target", url.target);
        vec_assert_text(v, "text", url.text);
        assert_int_equal(url.literal, vec_number_or(v, "literal", 0));
        /* What is normal stays as it is. */
        assert_int_equal(dmsci_url_parse(ctx, url.text, &again), DMSC_OK);
        assert_string_equal(again.text, url.text);
        assert_true(dmsci_url_same_origin(&url, &again));
        dmsci_url_clear(&again);
        dmsci_url_clear(&url);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void origins(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        { "https://a.example/x", "https://A.example:443/y", true },
        { "https://a.example/x", "https://a.example:444/x", false },
        { "https://a.example/x", "https://b.example/x", false },
    };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(pairs); i++) {
        struct dmsci_url a = DMSCI_URL_INIT, b = DMSCI_URL_INIT;

        assert_int_equal(dmsci_url_parse(ctx, pairs[i].a, &a), DMSC_OK);
        assert_int_equal(dmsci_url_parse(ctx, pairs[i].b, &b), DMSC_OK);
        assert_int_equal(dmsci_url_same_origin(&a, &b), pairs[i].same);
        dmsci_url_clear(&a);
        dmsci_url_clear(&b);
    }
    dmsc_ctx_free(ctx);
}

static void lengths(void **state)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsci_url url = DMSCI_URL_INIT;
    char text[2048] = "https://";

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    memset(text + 8, 'a', 64);
    assert_int_equal(dmsci_url_parse(ctx, text, &url), DMSC_E_MALFORMED); /* label of 64 */
    text[8 + 63] = '.';
    assert_int_equal(dmsci_url_parse(ctx, text, &url), DMSC_OK);
    dmsci_url_clear(&url);
    memset(text + 8, 'b', 2000);
    assert_int_equal(dmsci_url_parse(ctx, text, &url), DMSC_E_LIMIT);
    for (int i = 0; i < 127; i++)
        memcpy(text + 8 + 2 * i, "a.", 3);
    assert_int_equal(dmsci_url_parse(ctx, text, &url), DMSC_OK); /* 253 and the dot */
    dmsci_url_clear(&url);
    memcpy(text + 8 + 2 * 127, "a", 2);
    assert_int_equal(dmsci_url_parse(ctx, text, &url), DMSC_E_MALFORMED);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err parse(struct dmsc_ctx *ctx, void *user)
{
    struct dmsci_url url = DMSCI_URL_INIT;
    enum dmsc_err err = dmsci_url_parse(ctx, user, &url);

    dmsci_url_clear(&url);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    char text[] = "https://[::1]:8443/a/../b?c";

    (void)state;
    assert_int_equal(fault_torture(parse, text), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(origins),
        cmocka_unit_test(lengths),
        cmocka_unit_test(no_memory_at_any_point),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
