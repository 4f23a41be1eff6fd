/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ber.h"
#include "apdu/codec/ctlv.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <stdlib.h>

static size_t count_objects(struct dmsc_bytes in, bool *ret_bad)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_ctlv tlv;
    size_t count = 0;

    while (dmsci_ctlv_next(&r, &tlv)) {
        if (tlv.value.n > 0)
            assert_true(tlv.value.p >= in.p && tlv.value.p + tlv.value.n <= in.p + in.n);
        assert_in_range(tlv.tag, 1, tlv.long_tag ? 0x7FFF : 0x7E);
        count++;
    }
    assert_false(dmsci_ctlv_next(&r, &tlv));
    *ret_bad = r.bad;
    return count;
}

/* "tag" is the number, "cr" the comprehension bits of all objects ("10" first yes, second no). */
static void compare_objects(struct vectors *v, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_ctlv tlv;

    for (size_t i = 0; i < vec_count(v, "tag"); i++) {
        if (!dmsci_ctlv_next(&r, &tlv))
            vec_fail(v, "object %zu does not come", i);
        if (tlv.tag != strtoul(vec_nth(v, "tag", i), NULL, 16))
            vec_fail(v, "object %zu has the tag %X", i, tlv.tag);
        if (!dmsc_bytes_equal(tlv.value, vec_hex_nth(v, "value", i)))
            vec_fail(v, "object %zu has another value", i);
        if (tlv.comprehension_required != (vec_text(v, "cr")[i] == '1'))
            vec_fail(v, "object %zu: comprehension required is wrong", i);
    }
    if (dmsci_ctlv_next(&r, &tlv) || r.bad)
        vec_fail(v, "the end does not come");
}

static void write_again(struct vectors *v, struct dmsc_bytes in)
{
    uint8_t *p = malloc(in.n + 1);
    struct dmsc_wr w = dmsc_wr(p, in.n);
    struct dmsc_rd r = dmsc_rd(in);
    struct dmsci_ctlv tlv;

    assert_non_null(p);
    while (dmsci_ctlv_next(&r, &tlv))
        dmsci_ctlv_put(&w, tlv.tag, tlv.comprehension_required, tlv.value);
    if (w.bad || !dmsc_bytes_equal(dmsc_bytes(p, w.n), in))
        vec_fail(v, "it is written in another way");
    free(p);
}

static void short_is_bad(void *user, struct dmsc_bytes prefix)
{
    bool bad = false;

    (void)user;
    assert_int_equal(count_objects(prefix, &bad), 0);
    assert_int_equal(bad, prefix.n > 0);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    struct dmsc_bytes value;
    bool bad;

    (void)user;
    (void)count_objects(changed, &bad);
    if (!dmsci_ctlv_find(changed, DMSCI_CTLV_RESULT, &value))
        assert_null(value.p);
}

static void vectors_come_back_and_broken_ones_do_not(void **state)
{
    struct vectors *v = vectors_open("ctlv.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        bool bad = false;

        (void)count_objects(in, &bad);
        if (bad != vec_has(v, "bad"))
            vec_fail(v, "bad=%d", bad);
        if (!bad)
            compare_objects(v, in);
        if (!bad && !vec_has(v, "long-winded"))
            write_again(v, in);
        if (!bad && vec_count(v, "tag") == 1)
            each_prefix(in, short_is_bad, NULL);
        each_byte_changed(in, survives, NULL);
    }
    vectors_close(v);
}

static void lengths_take_the_shortest_form(void **state)
{
    static const struct {
        size_t n;
        size_t header; /* tag of one byte and length */
    } cases[] = {
        { 0, 2 }, { 0x7F, 2 }, { 0x80, 3 }, { 0xFF, 3 }, { 256, 4 }, { 0xFFFF, 4 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        size_t size = cases[i].header + cases[i].n;
        uint8_t *value = calloc(1, cases[i].n + 1);
        uint8_t *p = malloc(size);
        struct dmsc_wr w = dmsc_wr(p, size);
        struct dmsci_ctlv tlv;
        struct dmsc_rd r;

        assert_non_null(value);
        assert_non_null(p);
        dmsci_ctlv_put(&w, 0x0D, false, dmsc_bytes(value, cases[i].n));
        assert_false(w.bad);
        assert_int_equal(w.n, size);
        r = dmsc_rd(dmsc_bytes(p, size));
        assert_true(dmsci_ctlv_next(&r, &tlv));
        assert_int_equal(tlv.value.n, cases[i].n);
        assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
        free(p);
        free(value);
    }
}

static void what_cannot_be_written_is_bad(void **state)
{
    static uint8_t value[0x10000], out[0x10010];
    uint8_t block[6];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    (void)state;
    dmsci_ctlv_put(&w, 0x0D, true, dmsc_bytes(value, sizeof(value)));
    assert_true(w.bad);
    for (size_t cap = 0; cap < 6; cap++) {
        w = dmsc_wr(block, cap);
        dmsci_ctlv_put(&w, 0x0101, true, dmsc_bytes("\x01\x02", 2));
        assert_true(w.bad);
        assert_true(w.n <= cap);
    }
    w = dmsc_wr(block, sizeof(block));
    dmsci_ctlv_put(&w, 0x0101, true, dmsc_bytes("\x01\x02", 2));
    assert_false(w.bad);
    assert_memory_equal(block, "\x7F\x81\x01\x02\x01\x02", 6);
}

static void find_minds_no_comprehension_bit(void **state)
{
    static const uint8_t in[] = { 0x82, 2, 0x81, 0x82, 0x01, 3, 1, 0x25, 0, 0x81, 1, 9 };
    struct dmsc_bytes value;

    (void)state;
    assert_true(dmsci_ctlv_find(dmsc_bytes(in, sizeof(in)), DMSCI_CTLV_COMMAND_DETAILS, &value));
    assert_int_equal(value.n, 3); /* the first one, 01 without the bit */
    assert_true(dmsci_ctlv_find(dmsc_bytes(in, sizeof(in)), DMSCI_CTLV_DEVICE_IDENTITIES, &value));
    assert_memory_equal(value.p, "\x81\x82", 2);
    assert_false(dmsci_ctlv_find(dmsc_bytes(in, sizeof(in)), DMSCI_CTLV_AID, &value));
    assert_null(value.p);
}

static void generated_objects_come_back(void **state)
{
    struct gen gen = gen_begin("ctlv");
    static uint8_t block[0x210 * 3], value[3][0x200];

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct dmsc_wr w = dmsc_wr(block, sizeof(block));
        struct dmsci_ctlv out[3], tlv;
        size_t count = 1 + gen_below(&gen, 3);
        struct dmsc_bytes exact;
        struct dmsc_rd r;

        for (size_t i = 0; i < count; i++) {
            out[i].tag = (uint16_t)(1 + gen_below(&gen, gen_bool(&gen) ? 0x7E : 0x7FFF));
            out[i].comprehension_required = gen_bool(&gen);
            out[i].value = gen_bytes(&gen, value[i], gen_below(&gen, gen_bool(&gen) ? 4 : 0x200));
            dmsci_ctlv_put(&w, out[i].tag, out[i].comprehension_required, out[i].value);
        }
        assert_false(w.bad);
        exact = support_copy_exact(dmsc_bytes(block, w.n));
        r = dmsc_rd(exact);
        for (size_t i = 0; i < count; i++) {
            assert_true(dmsci_ctlv_next(&r, &tlv));
            assert_int_equal(tlv.tag, out[i].tag);
            assert_int_equal(tlv.long_tag, out[i].tag >= 0x7F);
            assert_int_equal(tlv.comprehension_required, out[i].comprehension_required);
            assert_true(dmsc_bytes_equal(tlv.value, out[i].value));
        }
        assert_int_equal(dmsc_rd_end(&r), DMSC_OK);
        support_free(exact);
    }
}

struct seen {
    size_t rows, objects, broken;
};

static void compare_with_row(struct seen *seen, json_t *row, struct dmsc_bytes body)
{
    struct dmsc_rd r = dmsc_rd(body);
    struct dmsci_ctlv tlv;
    json_t *object;
    size_t i;

    json_array_foreach(json_object_get(row, "tlv"), i, object)
    {
        struct dmsc_bytes value = corpus_hex(object, "value");

        if (!dmsci_ctlv_next(&r, &tlv))
            fail_msg("%s: object %zu does not come", corpus_text(row, "id"), i);
        assert_int_equal(tlv.tag, strtoul(corpus_text(object, "tag"), NULL, 16));
        assert_int_equal(tlv.comprehension_required, json_is_true(json_object_get(object, "cr")));
        assert_true(dmsc_bytes_equal(tlv.value, value));
        support_free(value);
        seen->objects++;
    }
    if (dmsci_ctlv_next(&r, &tlv) || r.bad)
        fail_msg("%s: the end does not come", corpus_text(row, "id"));
}

/* Objects of commands, envelopes and responses as others took them apart. */
static void take_apart(void *user, json_t *row)
{
    const char *template = corpus_text(row, "template");
    struct seen *seen = user;
    struct dmsc_bytes in, body;
    struct dmsci_tlv outer;
    struct dmsc_rd r;
    bool bad = false;

    if (json_object_get(row, "tlv") == NULL)
        return;
    in = corpus_hex(row, "hex");
    body = in;
    r = dmsc_rd(in);
    if (template != NULL) {
        bad = !dmsci_ber_next(&r, &outer) || dmsc_rd_end(&r) != DMSC_OK;
        body = bad ? in : outer.value;
    }
    if (json_is_true(json_object_get(row, "wellformed"))) {
        if (bad || (template != NULL && outer.tag != strtoul(template, NULL, 16)))
            fail_msg("%s: not the template", corpus_text(row, "id"));
        compare_with_row(seen, row, body);
    } else {
        (void)count_objects(body, &bad);
        seen->broken++;
    }
    seen->rows++;
    support_free(in);
}

static void commands_of_others_come_apart(void **state)
{
    struct seen seen = { 0, 0, 0 };

    (void)state;
    corpus_each("usat/etsi-ts102268.jsonl", take_apart, &seen);
    corpus_each("usat/stk-third.jsonl", take_apart, &seen);
    printf("%zu commands, responses and envelopes, %zu objects, %zu broken\n", seen.rows,
           seen.objects, seen.broken);
    assert_true(seen.objects > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back_and_broken_ones_do_not),
        cmocka_unit_test(lengths_take_the_shortest_form),
        cmocka_unit_test(what_cannot_be_written_is_bad),
        cmocka_unit_test(find_minds_no_comprehension_bit),
        cmocka_unit_test(generated_objects_come_back),
        cmocka_unit_test(commands_of_others_come_apart),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
