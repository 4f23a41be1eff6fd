/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <string.h>

static void table(void **state)
{
    struct vectors *v = vectors_open("base/base64.txt");
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        struct dmsc_bytes text = support_copy_exact(dmsc_bytes_str(vec_text(v, "text")));
        bool canonical = strcmp(vec_text_or(v, "canonical", "yes"), "yes") == 0;
        struct dmsc_buf buf;

        dmsc_buf_init(&buf, ctx, 100);
        assert_int_equal(dmsc_buf_append_str(&buf, "kept"), DMSC_OK);
        vec_assert_err(v, dmsci_base64_decode(text, &buf));
        assert_memory_equal(buf.p, "kept", 4);
        dmsc_buf_consume(&buf, 4);
        if (vec_has(v, "error"))
            assert_int_equal(buf.n, 0);
        else
            vec_assert_hex(v, "bytes", dmsc_buf_bytes(&buf));
        if (!vec_has(v, "error") && canonical) {
            dmsc_buf_reset(&buf);
            assert_int_equal(dmsci_base64_encode(vec_hex(v, "bytes"), &buf), DMSC_OK);
            vec_assert_text(v, "text", dmsc_buf_str(&buf));
        }
        dmsc_buf_clear(&buf);
        support_free(text);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void ceiling(void **state)
{
    struct dmsc_buf buf;
    struct dmsc_ctx *ctx;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 7);
    assert_int_equal(dmsci_base64_encode(dmsc_bytes("abcd", 4), &buf), DMSC_E_LIMIT);
    assert_int_equal(dmsci_base64_decode(dmsc_bytes_str("AAAAAAAAAAA="), &buf), DMSC_E_LIMIT);
    assert_int_equal(buf.n, 0);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(ceiling),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
