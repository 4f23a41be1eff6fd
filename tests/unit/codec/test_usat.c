/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/usat.h>
#include <stdlib.h>
#include <string.h>

static enum dmsc_usat_kind kind_of(struct vectors *v)
{
    const char *text = vec_text(v, "kind");

    return strcmp(text, "command") == 0    ? DMSC_USAT_COMMAND
           : strcmp(text, "response") == 0 ? DMSC_USAT_RESPONSE
                                           : DMSC_USAT_ENVELOPE;
}

/* What every result must hold, whatever the input was. */
static void holds(const struct dmsc_usat *usat, struct dmsc_bytes in)
{
    struct dmsc_rd r = dmsc_rd(usat->objects);
    struct dmsc_usat_object object;
    struct dmsc_bytes value;

    assert_true(usat->objects.n == 0 ||
                (usat->objects.p >= in.p && usat->objects.p + usat->objects.n == in.p + in.n));
    assert_int_equal(usat->template_tag == 0, usat->kind == DMSC_USAT_RESPONSE);
    while (dmsc_usat_next(&r, &object))
        assert_true(dmsc_usat_find(usat, object.tag, &value));
    assert_false(r.bad);
}

static void compare(struct vectors *v, const struct dmsc_usat *usat)
{
    uint8_t details[3] = { usat->number, usat->type, usat->qualifier };
    uint8_t devices[2] = { usat->source, usat->destination };
    uint8_t result[256] = { usat->result };

    if (usat->has_details != vec_has(v, "details") || usat->has_devices != vec_has(v, "devices") ||
        usat->has_result != vec_has(v, "result"))
        vec_fail(v, "details %d, devices %d, result %d", usat->has_details, usat->has_devices,
                 usat->has_result);
    if (usat->has_details)
        vec_assert_hex(v, "details", dmsc_bytes(details, 3));
    if (usat->has_devices)
        vec_assert_hex(v, "devices", dmsc_bytes(devices, 2));
    if (usat->has_result) {
        if (usat->result_info.n > 0)
            memcpy(result + 1, usat->result_info.p, usat->result_info.n);
        vec_assert_hex(v, "result", dmsc_bytes(result, 1 + usat->result_info.n));
    }
    if (usat->kind == DMSC_USAT_COMMAND)
        vec_assert_number(v, "comprehend", dmsc_usat_comprehend(usat));
}

static const struct dmsc_usat untouched = { .number = 0xA5, .type = 0x5A };

/* A template says how long it is, so no prefix is whole; a response may end behind any object. */
static void prefix_is_bad(void *user, struct dmsc_bytes prefix)
{
    const enum dmsc_usat_kind *kind = user;
    struct dmsc_usat usat = untouched;
    enum dmsc_err err = dmsc_usat_decode(*kind, prefix, &usat);

    if (*kind != DMSC_USAT_RESPONSE)
        assert_int_equal(err, DMSC_E_TRUNCATED);
    if (err != DMSC_OK)
        assert_memory_equal(&usat, &untouched, sizeof(usat));
    else
        holds(&usat, prefix);
}

static void change_is_survived(void *user, struct dmsc_bytes changed)
{
    const enum dmsc_usat_kind *kind = user;
    struct dmsc_usat usat = untouched;

    if (dmsc_usat_decode(*kind, changed, &usat) != DMSC_OK) {
        assert_memory_equal(&usat, &untouched, sizeof(usat));
        return;
    }
    holds(&usat, changed);
    (void)dmsc_usat_comprehend(&usat);
}

static void messages_come_apart(void **state)
{
    struct vectors *v = vectors_open("usat.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        enum dmsc_usat_kind kind = kind_of(v);
        struct dmsc_usat usat = untouched;
        enum dmsc_err err = dmsc_usat_decode(kind, in, &usat);

        vec_assert_err(v, err);
        if (err == DMSC_OK) {
            holds(&usat, in);
            compare(v, &usat);
            each_prefix(in, prefix_is_bad, &kind);
        } else {
            assert_memory_equal(&usat, &untouched, sizeof(usat));
        }
        each_byte_changed(in, change_is_survived, &kind);
    }
    vectors_close(v);
}

static void objects_are_written_as_they_came(void **state)
{
    static const uint8_t in[] = { 0x81, 3, 1, 0x21, 0, 0x0D, 0, 0x7F, 0x81, 0x23, 1, 9 };
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(in, sizeof(in)));
    struct dmsc_usat_object object;
    uint8_t out[sizeof(in)];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    (void)state;
    while (dmsc_usat_next(&r, &object))
        dmsc_usat_put(&w, &object);
    assert_false(r.bad || w.bad);
    assert_int_equal(w.n, sizeof(in));
    assert_memory_equal(out, in, sizeof(in));
    assert_true(object.long_tag && object.comprehension_required);
    assert_int_equal(object.tag, 0x0123);
    w = dmsc_wr(out, 2);
    dmsc_usat_put(&w, &object);
    assert_true(w.bad);
}

static void the_first_is_found(void **state)
{
    static const uint8_t in[] = { 0x0D, 1, 'a', 0x8D, 1, 'b' };
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_bytes value;

    (void)state;
    assert_int_equal(dmsc_usat_decode(DMSC_USAT_RESPONSE, dmsc_bytes(in, sizeof(in)), &usat),
                     DMSC_OK);
    assert_true(dmsc_usat_find(&usat, 0x0D, &value));
    assert_int_equal(value.p[0], 'a');
    assert_true(dmsc_usat_find(&usat, 0x0D, NULL));
    assert_false(dmsc_usat_find(&usat, 0x0E, NULL));
}

struct seen {
    size_t good, broken;
};

static enum dmsc_usat_kind kind_of_row(const char *kind)
{
    return strcmp(kind, "proactive") == 0           ? DMSC_USAT_COMMAND
           : strcmp(kind, "terminal-response") == 0 ? DMSC_USAT_RESPONSE
                                                    : DMSC_USAT_ENVELOPE;
}

static void compare_with_row(json_t *row, const struct dmsc_usat *usat)
{
    json_t *command = json_object_get(row, "command");
    struct dmsc_rd r = dmsc_rd(usat->objects);
    struct dmsc_usat_object object;
    size_t count = 0;

    while (dmsc_usat_next(&r, &object))
        count++;
    assert_int_equal(count, json_array_size(json_object_get(row, "tlv")));
    if (command == NULL)
        return;
    assert_true(usat->has_details);
    assert_int_equal(usat->number, json_integer_value(json_object_get(command, "number")));
    assert_int_equal(usat->type, strtoul(corpus_text(command, "type"), NULL, 16));
    assert_int_equal(usat->qualifier, strtoul(corpus_text(command, "qualifier"), NULL, 16));
}

static void take_apart(void *user, json_t *row)
{
    struct dmsc_usat usat = untouched;
    struct seen *seen = user;
    struct dmsc_bytes in;
    enum dmsc_err err;

    if (json_object_get(row, "wellformed") == NULL)
        return;
    in = corpus_hex(row, "hex");
    err = dmsc_usat_decode(kind_of_row(corpus_text(row, "kind")), in, &usat);
    if (json_is_true(json_object_get(row, "wellformed"))) {
        if (err != DMSC_OK)
            fail_msg("%s: %s", corpus_text(row, "id"), dmsc_err_name(err));
        holds(&usat, in);
        compare_with_row(row, &usat);
        seen->good++;
    } else {
        if (err == DMSC_OK)
            fail_msg("%s is not refused", corpus_text(row, "id"));
        seen->broken++;
    }
    support_free(in);
}

static void messages_of_others_come_apart(void **state)
{
    struct seen seen = { 0, 0 };

    (void)state;
    corpus_each("usat/etsi-ts102268.jsonl", take_apart, &seen);
    corpus_each("usat/stk-third.jsonl", take_apart, &seen);
    printf("%zu messages, %zu refused\n", seen.good, seen.broken);
    assert_true(seen.good > 1000);
    assert_int_equal(seen.broken, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_apart),
        cmocka_unit_test(objects_are_written_as_they_came),
        cmocka_unit_test(the_first_is_found),
        cmocka_unit_test(messages_of_others_come_apart),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
