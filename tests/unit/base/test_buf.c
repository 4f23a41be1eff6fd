/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <string.h>

static int setup(void **state)
{
    struct dmsc_ctx *ctx = NULL;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return -1;
    *state = ctx;
    return 0;
}

static int teardown(void **state)
{
    dmsc_ctx_free(*state);
    return 0;
}

static void append_keeps_a_nul_behind(void **state)
{
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, *state, 1000);
    assert_string_equal(dmsc_buf_str(&buf), "");
    for (size_t n = 1; n <= 300; n++) {
        assert_int_equal(dmsc_buf_append_u8(&buf, 'x'), DMSC_OK);
        assert_int_equal(buf.n, n);
        assert_int_equal(strlen(dmsc_buf_str(&buf)), n);
    }
    dmsc_buf_reset(&buf);
    assert_string_equal(dmsc_buf_str(&buf), "");
    assert_int_equal(dmsc_buf_append_str(&buf, "again"), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&buf), "again");
    dmsc_buf_clear(&buf);
    assert_null(buf.p);
    assert_int_equal(dmsc_buf_append(&buf, dmsc_bytes(NULL, 0)), DMSC_OK);
    assert_non_null(buf.p);
    dmsc_buf_clear(&buf);
}

static void ceiling_is_exact(void **state)
{
    for (size_t ceiling = 0; ceiling < 200; ceiling += 7) {
        struct dmsc_buf buf;

        dmsc_buf_init(&buf, *state, ceiling);
        for (size_t n = 0; n < ceiling; n++)
            assert_int_equal(dmsc_buf_append_u8(&buf, (uint8_t)n), DMSC_OK);
        assert_int_equal(dmsc_buf_append_u8(&buf, 0), DMSC_E_LIMIT);
        assert_int_equal(dmsc_buf_append(&buf, dmsc_bytes("x", SIZE_MAX)), DMSC_E_LIMIT);
        assert_int_equal(dmsci_buf_printf(&buf, "%s", "x"), DMSC_E_LIMIT);
        assert_int_equal(buf.n, ceiling);
        assert_int_equal(dmsc_diag_get(*state)->err, DMSC_E_LIMIT);
        dmsc_buf_clear(&buf);
    }
}

static void ceiling_of_everything_does_not_overflow(void **state)
{
    struct dmsc_buf buf;
    uint8_t *to = NULL;

    dmsc_buf_init(&buf, *state, SIZE_MAX);
    assert_int_equal(dmsc_buf_append_str(&buf, "x"), DMSC_OK);
    assert_int_equal(dmsc_buf_reserve(&buf, SIZE_MAX, &to), DMSC_E_LIMIT);
    assert_int_equal(dmsc_buf_reserve(&buf, SIZE_MAX - 1, &to), DMSC_E_LIMIT);
    assert_null(to);
    assert_string_equal(dmsc_buf_str(&buf), "x");
    dmsc_buf_clear(&buf);
}

static void set_replaces_or_leaves(void **state)
{
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, *state, 8);
    assert_int_equal(dmsc_buf_set(&buf, dmsc_bytes_str("old")), DMSC_OK);
    assert_int_equal(dmsc_buf_set(&buf, dmsc_bytes_str("far too long")), DMSC_E_LIMIT);
    assert_string_equal(dmsc_buf_str(&buf), "old");
    assert_int_equal(dmsc_buf_set(&buf, dmsc_bytes_str("new")), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&buf), "new");
    /* From its own content: set builds beside. */
    assert_int_equal(dmsc_buf_set(&buf, dmsc_bytes(buf.p + 1, 2)), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&buf), "ew");
    dmsc_buf_clear(&buf);
}

static void reserve_then_commit(void **state)
{
    struct dmsc_buf buf;
    uint8_t *to = NULL;

    dmsc_buf_init(&buf, *state, 100);
    assert_int_equal(dmsc_buf_reserve(&buf, 100, &to), DMSC_OK);
    memset(to, 'y', 100);
    dmsc_buf_commit(&buf, 40);
    assert_int_equal(buf.n, 40);
    assert_int_equal(strlen(dmsc_buf_str(&buf)), 40);
    assert_int_equal(dmsc_buf_reserve(&buf, 61, &to), DMSC_E_LIMIT);
    assert_int_equal(dmsc_buf_reserve(&buf, 60, &to), DMSC_OK);
    dmsc_buf_clear(&buf);
}

static void truncate_wipes_the_tail(void **state)
{
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, *state, 100);
    assert_int_equal(dmsc_buf_append_str(&buf, "PIN 1234"), DMSC_OK);
    dmsc_buf_truncate(&buf, 9);
    assert_int_equal(buf.n, 8);
    dmsc_buf_truncate(&buf, 4);
    assert_memory_equal(buf.p, "PIN \0\0\0\0\0", 9);
    dmsc_buf_clear(&buf);
    dmsc_buf_truncate(&buf, 0);
}

static void consume_drops_the_front(void **state)
{
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, *state, 100);
    assert_int_equal(dmsc_buf_append_str(&buf, "abcdef"), DMSC_OK);
    dmsc_buf_consume(&buf, 0);
    dmsc_buf_consume(&buf, 2);
    assert_string_equal(dmsc_buf_str(&buf), "cdef");
    dmsc_buf_consume(&buf, SIZE_MAX);
    assert_string_equal(dmsc_buf_str(&buf), "");
    assert_int_equal(buf.n, 0);
    dmsc_buf_clear(&buf);
    dmsc_buf_consume(&buf, 1);
}

static void printf_appends(void **state)
{
    struct dmsc_buf buf;
    char expected[256];

    dmsc_buf_init(&buf, *state, 255);
    assert_int_equal(dmsci_buf_printf(&buf, "%d", 1), DMSC_OK);
    assert_int_equal(dmsci_buf_printf(&buf, "-%0200d", 2), DMSC_OK);
    (void)snprintf(expected, sizeof(expected), "1-%0200d", 2);
    assert_string_equal(dmsc_buf_str(&buf), expected);
    assert_int_equal(dmsci_buf_printf(&buf, "%0200d", 2), DMSC_E_LIMIT);
    assert_string_equal(dmsc_buf_str(&buf), expected);
    dmsc_buf_clear(&buf);
}

static void zero_struct_can_be_cleared_but_not_filled(void **state)
{
    struct dmsc_buf buf = { 0 };
    uint8_t *to = NULL;

    (void)state;
    dmsc_buf_clear(&buf);
    dmsc_buf_reset(&buf);
    assert_int_equal(dmsc_buf_reserve(&buf, 1, &to), DMSC_E_ARG);
    assert_null(to);
}

static enum dmsc_err grow_a_lot(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_buf buf;
    enum dmsc_err err = DMSC_OK;
    size_t n = 0;

    (void)user;
    dmsc_buf_init(&buf, ctx, 4000);
    while (err == DMSC_OK && n < 3000) {
        err = dmsc_buf_append_str(&buf, "0123456789");
        n += err == DMSC_OK ? 10 : 0;
        assert_int_equal(buf.n, n);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(&buf, dmsc_bytes_str("short"));
    if (err != DMSC_OK && n > 0)
        assert_memory_equal(buf.p, "0123456789", 10);
    dmsc_buf_clear(&buf);
    return err;
}

static void survives_every_allocation_failure(void **state)
{
    (void)state;
    assert_true(fault_torture(grow_a_lot, NULL) >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_keeps_a_nul_behind),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(ceiling_of_everything_does_not_overflow),
        cmocka_unit_test(set_replaces_or_leaves),
        cmocka_unit_test(reserve_then_commit),
        cmocka_unit_test(truncate_wipes_the_tail),
        cmocka_unit_test(consume_drops_the_front),
        cmocka_unit_test(printf_appends),
        cmocka_unit_test(zero_struct_can_be_cleared_but_not_filled),
        cmocka_unit_test(survives_every_allocation_failure),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
