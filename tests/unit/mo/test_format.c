/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/format.h"
#include "tests/unit/mo/support.h"
#include <string.h>

static void check(struct vectors *v, enum dmsc_format format, const char *key, bool expected)
{
    for (size_t i = 0; i < vec_count(v, key); i++) {
        struct dmsc_bytes value = vec_hex_nth(v, key, i);

        if (dmsci_format_takes(format, value) != expected)
            vec_fail(v, "%s: %s", key, vec_nth(v, key, i));
    }
}

static void table(void **state)
{
    struct vectors *v = vectors_open("mo/format.txt");

    (void)state;
    while (vectors_next(v)) {
        enum dmsc_format format = DMSC_FORMAT_NODE;

        if (!dmsc_format_by_name(vec_text(v, "format"), &format))
            vec_fail(v, "no format");
        check(v, format, "takes", true);
        check(v, format, "refuses", false);
    }
    vectors_close(v);
}

static void names(void **state)
{
    enum dmsc_format format = DMSC_FORMAT_NULL;

    (void)state;
    for (int i = DMSC_FORMAT_NODE; i <= DMSC_FORMAT_FLOAT; i++) {
        assert_true(dmsc_format_by_name(dmsc_format_name((enum dmsc_format)i), &format));
        assert_int_equal(format, i);
    }
    assert_true(dmsc_format_by_name("Chr", &format));
    assert_int_equal(format, DMSC_FORMAT_CHR);
    assert_false(dmsc_format_by_name("", &format));
    assert_false(dmsc_format_by_name("ch", &format));
    assert_false(dmsc_format_by_name("chrs", &format));
    assert_string_equal(dmsc_format_name((enum dmsc_format)99), "?");
    assert_false(dmsci_format_takes((enum dmsc_format)99, dmsc_bytes(NULL, 0)));
}

static void booleans_have_one_spelling(void **state)
{
    (void)state;
    assert_true(dmsc_bytes_equal(dmsci_format_canonical(DMSC_FORMAT_BOOL, dmsc_bytes_str("TRUE")),
                                 dmsc_bytes_str("true")));
    assert_true(dmsc_bytes_equal(dmsci_format_canonical(DMSC_FORMAT_BOOL, dmsc_bytes_str("False")),
                                 dmsc_bytes_str("false")));
    assert_int_equal(dmsci_format_canonical(DMSC_FORMAT_BOOL, dmsc_bytes(NULL, 0)).n, 0);
    assert_true(dmsc_bytes_equal(dmsci_format_canonical(DMSC_FORMAT_CHR, dmsc_bytes_str("TRUE")),
                                 dmsc_bytes_str("TRUE")));
}

static void reasons(void **state)
{
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsci_format_check(ctx, DMSC_FORMAT_INT, dmsc_bytes_str("x")),
                     DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "format:int");
    assert_int_equal(dmsci_format_check(ctx, (enum dmsc_format)99, dmsc_bytes_str("x")),
                     DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "format:unknown");
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(names),
        cmocka_unit_test(booleans_have_one_spelling),
        cmocka_unit_test(reasons),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
