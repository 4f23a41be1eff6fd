/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <stdlib.h>
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

static void utf8_table(void **state)
{
    struct vectors *v = vectors_open("base/utf8.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes input = vec_hex(v, "input");

        vec_assert_number(v, "valid", dmsci_utf8_valid(input));
        if (vec_number(v, "valid") == 0)
            continue;
        /* Behind a character, before one, and twice: still valid. */
        for (size_t n = 1; n < input.n; n++) {
            bool cut_inside = (input.p[n] & 0xC0) == 0x80;

            if (dmsci_utf8_valid(dmsc_bytes(input.p, n)) == cut_inside)
                vec_fail(v, "the first %zu bytes", n);
        }
    }
    vectors_close(v);
}

/* Every code point there is, and every three-byte sequence that begins like one. */
static void utf8_agrees_with_the_arithmetic(void **state)
{
    (void)state;
    for (uint32_t code = 0x800; code < 0x10000; code++) {
        uint8_t three[3] = { (uint8_t)(0xE0 | code >> 12), (uint8_t)(0x80 | (code >> 6 & 0x3F)),
                             (uint8_t)(0x80 | (code & 0x3F)) };

        assert_int_equal(dmsci_utf8_valid(dmsc_bytes(three, 3)), code < 0xD800 || code > 0xDFFF);
    }
    for (uint32_t code = 0x80; code < 0x800; code++) {
        uint8_t two[2] = { (uint8_t)(0xC0 | code >> 6), (uint8_t)(0x80 | (code & 0x3F)) };

        assert_true(dmsci_utf8_valid(dmsc_bytes(two, 2)));
    }
    for (uint32_t code = 0; code < 0x80; code++) {
        uint8_t one = (uint8_t)code;

        assert_int_equal(dmsci_utf8_valid(dmsc_bytes(&one, 1)), code != 0);
    }
}

static void crc32_check_values(void **state)
{
    struct vectors *v = vectors_open("base/crc32.txt");

    (void)state;
    while (vectors_next(v))
        vec_assert_number(v, "crc", dmsci_crc32(vec_hex(v, "input")));
    vectors_close(v);
}

static void hex_table(void **state)
{
    struct vectors *v = vectors_open("base/hex.txt");

    while (vectors_next(v)) {
        struct dmsc_buf buf;

        dmsc_buf_init(&buf, *state, vec_number_or(v, "ceiling", 100));
        assert_int_equal(dmsc_buf_append_str(&buf, "kept"), DMSC_OK);
        vec_assert_err(v, dmsc_hex_decode(vec_text(v, "text"), &buf));
        assert_memory_equal(buf.p, "kept", 4);
        dmsc_buf_consume(&buf, 4);
        if (vec_has(v, "error"))
            assert_int_equal(buf.n, 0);
        else
            vec_assert_hex(v, "bytes", dmsc_buf_bytes(&buf));
        dmsc_buf_clear(&buf);
    }
    vectors_close(v);
}

static void hex_goes_there_and_back(void **state)
{
    uint8_t all[256];
    char text[2 * 256 + 1];
    struct dmsc_buf buf;

    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)i;
    dmsc_hex_encode(dmsc_bytes(all, sizeof(all)), text);
    assert_int_equal(strlen(text), 512);
    assert_null(strpbrk(text, "abcdef"));
    dmsc_buf_init(&buf, *state, 256);
    assert_int_equal(dmsc_hex_decode(text, &buf), DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&buf), dmsc_bytes(all, sizeof(all))));
    dmsc_buf_clear(&buf);
    dmsc_hex_encode(dmsc_bytes(NULL, 0), text);
    assert_string_equal(text, "");
}

static void time_table(void **state)
{
    struct vectors *v = vectors_open("base/time.txt");

    (void)state;
    while (vectors_next(v)) {
        int64_t seconds = strtoll(vec_text(v, "seconds"), NULL, 10);
        char basic[17];
        char text[21];

        dmsci_time_basic(seconds, basic);
        dmsci_time_text(seconds, text);
        vec_assert_text(v, "basic", basic);
        vec_assert_text(v, "text", text);
    }
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_table),
        cmocka_unit_test(utf8_agrees_with_the_arithmetic),
        cmocka_unit_test(crc32_check_values),
        cmocka_unit_test(hex_table),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(time_table),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
