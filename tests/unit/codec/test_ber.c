/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ber.h"
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <stdlib.h>
#include <string.h>

typedef bool next_object(struct dmsc_rd *r, struct dmsci_tlv *ret_tlv);

/* Reads all there is; fails the test when a value is not inside the input. */
static size_t count_objects(next_object *next, struct dmsc_bytes in, bool *ret_bad)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;
    size_t count = 0;

    while (next(&r, &tlv)) {
        if (tlv.value.n > 0)
            assert_true(tlv.value.p >= in.p && tlv.value.p + tlv.value.n <= in.p + in.n);
        count++;
    }
    /* The end stays the end. */
    assert_false(next(&r, &tlv));
    *ret_bad = r.bad;
    return count;
}

static void compare_objects(struct vectors *v, next_object *next, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;

    for (size_t i = 0; i < vec_count(v, "tag"); i++) {
        struct dmsc_bytes expected = vec_hex_nth(v, "value", i);

        if (!next(&r, &tlv))
            vec_fail(v, "object %zu does not come", i);
        if (tlv.tag != strtoul(vec_nth(v, "tag", i), NULL, 16))
            vec_fail(v, "object %zu has the tag %X", i, tlv.tag);
        if (!dmsc_bytes_equal(tlv.value, expected))
            vec_fail(v, "object %zu has another value", i);
    }
    if (next(&r, &tlv) || r.bad)
        vec_fail(v, "the end does not come");
}

/* Only the shortest form is ever written, so what the strict reader takes comes back the same. */
static void write_again(struct vectors *v, struct dmsc_bytes in)
{
    uint8_t *p = malloc(in.n + 1);
    struct dmsc_wr w = dmsc_wr(p, in.n);
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_tlv tlv;

    assert_non_null(p);
    while (dmsci_ber_next(&r, &tlv))
        dmsci_ber_put(&w, tlv.tag, tlv.value);
    if (w.bad || !dmsc_bytes_equal(dmsc_bytes(p, w.n), in))
        vec_fail(v, "it is written in another way");
    free(p);
}

static void short_is_bad(void *user, struct dmsc_bytes prefix)
{
    bool bad = false;

    (void)user;
    assert_int_equal(count_objects(dmsci_ber_next, prefix, &bad), 0);
    assert_int_equal(bad, prefix.n > 0);
    assert_int_equal(count_objects(dmsci_ber_next_lenient, prefix, &bad), 0);
    assert_int_equal(bad, prefix.n > 0);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    struct dmsc_bytes value;
    bool bad;

    (void)user;
    (void)count_objects(dmsci_ber_next, changed, &bad);
    (void)count_objects(dmsci_ber_next_lenient, changed, &bad);
    if (!dmsci_ber_find(changed, 0x83, &value))
        assert_null(value.p);
}

static void vectors_come_back_and_broken_ones_do_not(void **state)
{
    struct vectors *v = vectors_open("ber.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        const char *bad = vec_text_or(v, "bad", "no");
        bool is_bad = false;

        (void)count_objects(dmsci_ber_next, in, &is_bad);
        if (is_bad != (strcmp(bad, "no") != 0))
            vec_fail(v, "the strict reader says bad=%d", is_bad);
        (void)count_objects(dmsci_ber_next_lenient, in, &is_bad);
        if (is_bad != (strcmp(bad, "both") == 0))
            vec_fail(v, "the lenient reader says bad=%d", is_bad);
        if (strcmp(bad, "both") != 0)
            compare_objects(v, dmsci_ber_next_lenient, in);
        if (strcmp(bad, "no") == 0) {
            compare_objects(v, dmsci_ber_next, in);
            write_again(v, in);
        }
        if (strcmp(bad, "no") == 0 && vec_count(v, "tag") == 1)
            each_prefix(in, short_is_bad, NULL);
        each_byte_changed(in, survives, NULL);
    }
    vectors_close(v);
}

/* Lengths on both sides of every form, not more than the vectors can say in a line. */
static void lengths_take_the_shortest_form(void **state)
{
    static const struct {
        size_t n;
        size_t header; /* tag of one byte and length */
    } cases[] = {
        { 0, 2 },   { 1, 2 },      { 0x7F, 2 },   { 0x80, 3 },    { 0xFF, 3 },
        { 256, 4 }, { 0x1234, 4 }, { 0xFFFF, 4 }, { 0x10000, 5 }, { 0x12345, 5 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        size_t size = cases[i].header + cases[i].n;
        uint8_t *value = calloc(1, cases[i].n + 1);
        uint8_t *p = malloc(size);
        struct dmsc_wr w = dmsc_wr(p, size);
        struct dmsc_rd r;
        struct dmsci_tlv tlv;

        assert_non_null(value);
        assert_non_null(p);
        dmsci_ber_put(&w, 0x81, dmsc_bytes(value, cases[i].n));
        assert_false(w.bad);
        assert_int_equal(w.n, size);
        r = dmsc_rd(dmsc_bytes(p, size));
        assert_true(dmsci_ber_next(&r, &tlv));
        assert_int_equal(tlv.value.n, cases[i].n);
        assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
        free(p);
        free(value);
    }
}

static void what_cannot_be_written_is_bad(void **state)
{
    uint8_t block[8];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));

    (void)state;
    dmsci_ber_put_header(&w, 0x80, 0x1000000);
    assert_true(w.bad);
    for (size_t cap = 0; cap < 7; cap++) {
        w = dmsc_wr(block, cap);
        dmsci_ber_put_u32(&w, 0x9F1F, 0x01020304);
        assert_true(w.bad);
        assert_true(w.n <= cap);
    }
    w = dmsc_wr(block, 7);
    dmsci_ber_put_u32(&w, 0x9F1F, 0x01020304);
    assert_false(w.bad);
    assert_memory_equal(block, "\x9F\x1F\x04\x01\x02\x03\x04", 7);
}

static void numbers(void **state)
{
    static const uint8_t expected[] = { 0x88, 1,    0xF0, 0x83, 2, 0x3F, 0x00, 0xBF,
                                        0x81, 0x01, 4,    0,    0, 1,    2 };
    uint8_t block[sizeof(expected)];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));

    (void)state;
    dmsci_ber_put_u8(&w, 0x88, 0xF0);
    dmsci_ber_put_u16(&w, 0x83, 0x3F00);
    dmsci_ber_put_u32(&w, 0xBF8101, 0x102);
    assert_false(w.bad);
    assert_memory_equal(block, expected, sizeof(expected));
}

static void find_takes_the_first(void **state)
{
    static const uint8_t in[] = { 0x80, 1, 1, 0x83, 1, 2, 0x83, 1, 3, 0x9F, 0x1F, 0, 0x84, 5, 0 };
    struct dmsc_bytes value;

    (void)state;
    assert_true(dmsci_ber_find(dmsc_bytes(in, 12), 0x83, &value));
    assert_int_equal(value.n, 1);
    assert_int_equal(value.p[0], 2);
    assert_true(dmsci_ber_find(dmsc_bytes(in, 12), 0x9F1F, &value));
    assert_int_equal(value.n, 0);
    assert_false(dmsci_ber_find(dmsc_bytes(in, 12), 0x1F, &value));
    assert_null(value.p);
    /* 84 announces more than there is. */
    assert_false(dmsci_ber_find(dmsc_bytes(in, sizeof(in)), 0x84, &value));
    assert_false(dmsci_ber_find(dmsc_bytes(NULL, 0), 0x80, &value));
}

/* Tags of one, two and three bytes that end where ISO 7816-4 5.2.2.1 says. */
static uint32_t some_tag(struct gen *gen)
{
    uint32_t class = gen_u32(gen) & 0xE0;

    switch (gen_below(gen, 3)) {
    case 0:
        return class | gen_below(gen, 0x1F);
    case 1:
        return (class | 0x1F) << 8 | gen_below(gen, 0x80);
    default:
        return (class | 0x1F) << 16 | (0x80 | gen_below(gen, 0x80)) << 8 | gen_below(gen, 0x80);
    }
}

static size_t some_length(struct gen *gen)
{
    static const uint32_t below[] = { 3, 0x82, 0x104, 0x200 };

    return gen_below(gen, below[gen_below(gen, DMSCI_ARRAY_LEN(below))]);
}

static void generated_objects_come_back(void **state)
{
    struct gen gen = gen_begin("ber");
    static uint8_t block[0x210 * 4], value[4][0x200];

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsci_tlv out[4], tlv;
        size_t count = 1 + gen_below(&gen, 4);
        struct dmsc_bytes exact;
        struct dmsc_rd r;

        for (size_t i = 0; i < count; i++) {
            out[i].tag = some_tag(&gen);
            out[i].value = gen_bytes(&gen, value[i], some_length(&gen));
            dmsci_ber_put(&w, out[i].tag, out[i].value);
        }
        assert_false(w.bad);
        exact = support_copy_exact(dmsc_bytes(block, w.n));
        r = dmsc_rd(exact);
        for (size_t i = 0; i < count; i++) {
            assert_true(dmsci_ber_next(&r, &tlv));
            assert_int_equal(tlv.tag, out[i].tag);
            assert_true(dmsc_bytes_equal(tlv.value, out[i].value));
        }
        assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
        support_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back_and_broken_ones_do_not),
        cmocka_unit_test(lengths_take_the_shortest_form),
        cmocka_unit_test(what_cannot_be_written_is_bad),
        cmocka_unit_test(numbers),
        cmocka_unit_test(find_takes_the_first),
        cmocka_unit_test(generated_objects_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
