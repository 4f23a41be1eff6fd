/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/script.h"
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <stdlib.h>

static void compare_items(struct vectors *v, const struct dmsci_script *script)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    struct dmsci_script_item item;

    for (size_t i = 0; i < vec_count(v, "item"); i++) {
        struct dmsc_bytes expected = vec_hex_nth(v, "item", i);

        if (!dmsci_script_next(script, &r, &item))
            vec_fail(v, "item %zu does not come", i);
        if (item.tag != expected.p[0] ||
            !dmsc_bytes_equal(item.value, dmsc_bytes(expected.p + 1, expected.n - 1)))
            vec_fail(v, "item %zu is another", i);
    }
    if (dmsci_script_next(script, &r, &item) || r.bad)
        vec_fail(v, "the end does not come");
}

static void write_again(struct vectors *v, const struct dmsci_script *script)
{
    struct dmsc_rd r = dmsc_rd(script->body);
    uint8_t body[100], out[104];
    struct dmsc_wr b = dmsc_wr(body, sizeof(body)), w = dmsc_wr(out, sizeof(out));
    struct dmsci_script_item item;

    while (dmsci_script_next(script, &r, &item)) {
        if (script->format == DMSCI_SCRIPT_COMPACT)
            dmsc_wr_bytes(&b, item.value);
        else
            dmsci_script_put(&b, item.tag, item.value);
    }
    dmsci_script_encode(script->format, dmsc_bytes(body, b.n), &w);
    assert_false(w.bad);
    vec_assert_hex(v, "script", dmsc_bytes(out, w.n));
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsci_script script;

    (void)user;
    if (prefix.n > 0)
        assert_int_not_equal(dmsci_script_decode(prefix, &script, NULL), DMSC_OK);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    struct dmsci_script script = { DMSCI_SCRIPT_COMPACT, { NULL, 0 } };
    enum dmsci_script_fault fault;
    struct dmsci_script_item item;
    size_t seen = 0;
    struct dmsc_rd r;

    (void)user;
    if (dmsci_script_decode(changed, &script, &fault) != DMSC_OK) {
        assert_null(script.body.p);
        assert_int_not_equal(fault, DMSCI_SCRIPT_FINE);
        return;
    }
    assert_int_equal(fault, DMSCI_SCRIPT_FINE);
    r = dmsc_rd(script.body);
    while (dmsci_script_next(&script, &r, &item))
        seen += item.value.n;
    assert_false(r.bad);
    assert_true(seen <= changed.n);
}

static void vectors_come_back(void **state)
{
    struct vectors *v = vectors_open("ota_script.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "script");
        enum dmsci_script_fault fault;
        struct dmsci_script script;
        enum dmsc_err err = dmsci_script_decode(in, &script, &fault);

        vec_assert_err(v, err);
        each_byte_changed(in, survives, NULL);
        if (err != DMSC_OK) {
            vec_assert_number(v, "fault", fault);
            continue;
        }
        assert_int_equal(fault, DMSCI_SCRIPT_FINE);
        vec_assert_number(v, "format", script.format);
        compare_items(v, &script);
        if (vec_has(v, "canonical"))
            write_again(v, &script);
        if (script.format != DMSCI_SCRIPT_COMPACT)
            each_prefix(in, short_is_refused, NULL);
    }
    vectors_close(v);
}

static void compact_answers_come_back(void **state)
{
    static const uint8_t wire[] = { 0x02, 0x90, 0x00, 0xAA };
    struct dmsci_compact_response response;
    uint8_t out[sizeof(wire)];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    (void)state;
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(dmsci_compact_response_decode(dmsc_bytes(wire, n), &response),
                         DMSC_E_TRUNCATED);
    assert_int_equal(dmsci_compact_response_decode(dmsc_bytes(wire, sizeof(wire)), &response),
                     DMSC_OK);
    assert_int_equal(response.executed, 2);
    assert_int_equal(response.sw, 0x9000);
    assert_int_equal(response.data.n, 1);
    dmsci_compact_response_encode(&response, &w);
    assert_false(w.bad);
    assert_memory_equal(out, wire, sizeof(wire));
}

static void numbers_of_commands_have_one_byte_or_two(void **state)
{
    uint8_t out[8];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    (void)state;
    dmsci_script_put_executed(&w, 255);
    dmsci_script_put_executed(&w, 256);
    assert_int_equal(w.n, 7);
    assert_memory_equal(out, "\x80\x01\xFF\x80\x02\x01\x00", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back),
        cmocka_unit_test(compact_answers_come_back),
        cmocka_unit_test(numbers_of_commands_have_one_byte_or_two),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
