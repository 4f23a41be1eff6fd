/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"

static void equal_compares_length_and_content(void **state)
{
    (void)state;
    assert_true(dmsc_bytes_equal(dmsc_bytes_str("abc"), dmsc_bytes("abcd", 3)));
    assert_false(dmsc_bytes_equal(dmsc_bytes_str("abc"), dmsc_bytes_str("abd")));
    assert_false(dmsc_bytes_equal(dmsc_bytes_str("abc"), dmsc_bytes_str("ab")));
    assert_true(dmsc_bytes_equal(dmsc_bytes_str(NULL), dmsc_bytes("x", 0)));
    assert_int_equal(dmsc_bytes_str(NULL).n, 0);
}

static void ct_equal_sees_every_bit(void **state)
{
    uint8_t secret[33] = { 7 };
    uint8_t other[33] = { 7 };

    (void)state;
    assert_true(dmsc_ct_equal(dmsc_bytes(secret, 33), dmsc_bytes(other, 33)));
    assert_true(dmsc_ct_equal(dmsc_bytes(NULL, 0), dmsc_bytes(secret, 0)));
    assert_false(dmsc_ct_equal(dmsc_bytes(secret, 33), dmsc_bytes(other, 32)));
    for (size_t bit = 0; bit < sizeof(other) * 8; bit++) {
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ 1u << bit % 8);
        assert_false(dmsc_ct_equal(dmsc_bytes(secret, 33), dmsc_bytes(other, 33)));
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ 1u << bit % 8);
    }
}

static void reader_is_big_endian(void **state)
{
    static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(in, sizeof(in)));

    (void)state;
    assert_int_equal(dmsc_rd_u8(&r), 1);
    assert_int_equal(dmsc_rd_u16(&r), 0x0203);
    assert_int_equal(dmsc_rd_u24(&r), 0x040506);
    assert_int_equal(dmsc_rd_end(&r), DMSC_E_MALFORMED);
    assert_int_equal(dmsc_rd_u32(&r), 0x0708090A);
    assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
}

/* Reads that would pass the end, from every number of bytes that is too small. */
static void reader_is_sticky(void **state)
{
    static const uint8_t in[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

    (void)state;
    for (size_t n = 0; n < 4; n++) {
        struct dmsc_bytes exact = support_copy_exact(dmsc_bytes(in, n));
        struct dmsc_rd r = dmsc_rd(exact);

        assert_int_equal(dmsc_rd_u32(&r), 0);
        assert_true(r.bad);
        assert_int_equal(dmsc_rd_u8(&r), 0);
        assert_int_equal(dmsc_rd_u16(&r), 0);
        assert_int_equal(dmsc_rd_u24(&r), 0);
        assert_null(dmsc_rd_bytes(&r, 0).p);
        assert_true(dmsc_rd_take(&r, 0).bad);
        assert_int_equal(dmsc_rd_end(&r), DMSC_E_TRUNCATED);
        support_free(exact);
    }
}

static void inner_reader_never_sees_the_outer_bytes(void **state)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes_str("abcdef"));
    struct dmsc_rd inner;

    (void)state;
    dmsc_rd_skip(&r, 1);
    inner = dmsc_rd_take(&r, 2);
    assert_int_equal(dmsc_rd_u16(&inner), 0x6263);
    assert_int_equal(dmsc_rd_u8(&inner), 0);
    assert_int_equal(dmsc_rd_end(&inner), DMSC_E_TRUNCATED);
    assert_int_equal(dmsc_rd_u8(&r), 'd');
    assert_false(r.bad);
    inner = dmsc_rd_take(&r, 3);
    assert_true(inner.bad);
    assert_true(r.bad);
}

static void huge_length_is_only_truncated(void **state)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes_str("ab"));

    (void)state;
    assert_int_equal(dmsc_rd_bytes(&r, SIZE_MAX).n, 0);
    assert_int_equal(dmsc_rd_end(&r), DMSC_E_TRUNCATED);
}

static void empty_reader(void **state)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(NULL, 0));

    (void)state;
    assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
    assert_int_equal(dmsc_rd_bytes(&r, 0).n, 0);
    assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
}

static void write_sample(struct dmsc_wr *w)
{
    dmsc_wr_u8(w, 1);
    dmsc_wr_u16(w, 0x0203);
    dmsc_wr_u32(w, 0x04050607);
    dmsc_wr_bytes(w, dmsc_bytes_str("ab"));
    dmsc_wr_fill(w, 0xFF, 3);
}

static void writer_counts_first_and_fits_then(void **state)
{
    static const uint8_t expected[] = { 1, 2, 3, 4, 5, 6, 7, 'a', 'b', 0xFF, 0xFF, 0xFF };
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    uint8_t out[sizeof(expected)];

    (void)state;
    write_sample(&w);
    assert_false(w.bad);
    assert_int_equal(w.n, sizeof(expected));
    w = dmsc_wr(out, sizeof(out));
    write_sample(&w);
    assert_false(w.bad);
    assert_memory_equal(out, expected, sizeof(expected));
}

static void writer_stops_at_every_smaller_size(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 12; cap++) {
        struct dmsc_bytes exact = support_copy_exact(dmsc_bytes("............", cap));
        struct dmsc_wr w = dmsc_wr((void *)(uintptr_t)exact.p, cap);

        write_sample(&w);
        assert_true(w.bad);
        assert_true(w.n <= cap);
        support_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_compares_length_and_content),
        cmocka_unit_test(ct_equal_sees_every_bit),
        cmocka_unit_test(reader_is_big_endian),
        cmocka_unit_test(reader_is_sticky),
        cmocka_unit_test(inner_reader_never_sees_the_outer_bytes),
        cmocka_unit_test(huge_length_is_only_truncated),
        cmocka_unit_test(empty_reader),
        cmocka_unit_test(writer_counts_first_and_fits_then),
        cmocka_unit_test(writer_stops_at_every_smaller_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
