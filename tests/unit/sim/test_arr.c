/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "apdu/codec/arr.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
#include <string.h>

static const char *const accesses[DMSCI_ARR_ACCESSES] = {
    "read", "update", "write", "deactivate", "activate", "terminate", "delete",
};

static void name_keys(struct dmsc_buf *out, uint32_t bits, const char *mark, bool *first)
{
    for (unsigned ref = 0; ref < 256; ref++) {
        int bit = dmsci_arr_key_bit((uint8_t)ref);

        if (bit < 0 || (bits >> bit & 1) == 0)
            continue;
        assert_int_equal(dmsci_buf_printf(out, "%s%s%02X", *first ? "" : "+", mark, ref), DMSC_OK);
        *first = false;
    }
}

/* "01+0A or !11", "always", "never" */
static void describe(const struct dmsci_arr_condition *c, struct dmsc_buf *out)
{
    dmsc_buf_reset(out);
    if (c->n == 0)
        assert_int_equal(dmsc_buf_append_str(out, "never"), DMSC_OK);
    for (unsigned i = 0; i < c->n; i++) {
        bool first = true;

        assert_int_equal(dmsc_buf_append_str(out, i > 0 ? " or " : ""), DMSC_OK);
        name_keys(out, c->term[i].with, "", &first);
        name_keys(out, c->term[i].without, "!", &first);
        if (first)
            assert_int_equal(dmsc_buf_append_str(out, "always"), DMSC_OK);
    }
}

/* "--32----: 01; 00B00102: always", in the order of the record; a part that does not count is --.
 */
static void check_commands(struct vectors *v, struct dmsc_buf *text,
                           const struct dmsci_arr_rule *rule)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf all;

    dmsc_buf_init(&all, ctx, 1000);
    for (unsigned i = 0; i < rule->n_commands; i++) {
        const struct dmsci_arr_command *c = &rule->command[i];

        assert_int_equal(dmsc_buf_append_str(&all, i > 0 ? "; " : ""), DMSC_OK);
        for (unsigned part = 0; part < 4; part++)
            assert_int_equal((c->parts & 8u >> part) != 0
                                 ? dmsci_buf_printf(&all, "%02X", c->header[part])
                                 : dmsc_buf_append_str(&all, "--"),
                             DMSC_OK);
        describe(&c->when, text);
        assert_int_equal(dmsci_buf_printf(&all, ": %s", dmsc_buf_str(text)), DMSC_OK);
    }
    if (vec_has(v, "commands"))
        vec_assert_text(v, "commands", dmsc_buf_str(&all));
    dmsc_buf_clear(&all);
    dmsc_ctx_free(ctx);
}

static void check_rule(struct vectors *v, struct dmsc_ctx *ctx, const struct dmsci_arr_rule *rule)
{
    struct dmsc_buf text;

    dmsc_buf_init(&text, ctx, 1000);
    for (unsigned i = 0; i < DMSCI_ARR_ACCESSES; i++) {
        describe(&rule->access[i], &text);
        if (vec_has(v, accesses[i]))
            vec_assert_text(v, accesses[i], dmsc_buf_str(&text));
        else if (rule->access[i].n != 0)
            vec_fail(v, "%s: %s, but the vector does not say so", accesses[i], dmsc_buf_str(&text));
    }
    check_commands(v, &text, rule);
    dmsc_buf_clear(&text);
}

static void vectors_agree(void **state)
{
    struct vectors *v = vectors_open("arr.txt");
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    while (vectors_next(v)) {
        struct dmsci_arr_rule rule = { .access = { { 9, { { 9, 9 } } } } };
        bool compact = vec_has(v, "compact");
        struct dmsc_bytes in = vec_hex(v, compact ? "compact" : "record");
        enum dmsc_err err =
            compact ? dmsci_arr_decode_compact(in, &rule) : dmsci_arr_decode(in, &rule);

        vec_assert_err(v, err);
        if (err == DMSC_OK)
            check_rule(v, ctx, &rule);
        else
            assert_int_equal(rule.access[0].n, 9); /* untouched */
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static bool met(const char *hex, uint32_t verified)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsci_arr_rule rule;
    struct dmsc_buf in;
    bool answer;

    dmsc_buf_init(&in, ctx, 300);
    assert_int_equal(dmsc_hex_decode(hex, &in), DMSC_OK);
    assert_int_equal(dmsci_arr_decode(dmsc_buf_bytes(&in), &rule), DMSC_OK);
    answer = dmsci_arr_met(&rule.access[DMSCI_ARR_READ], verified);
    dmsc_buf_clear(&in);
    dmsc_ctx_free(ctx);
    return answer;
}

static void conditions_are_met(void **state)
{
    uint32_t pin1 = (uint32_t)1 << dmsci_arr_key_bit(0x01);
    uint32_t adm1 = (uint32_t)1 << dmsci_arr_key_bit(0x0A);

    (void)state;
    assert_true(met("800101 9000", 0));
    assert_false(met("800101 9700", 0xFFFFFFFF));
    assert_false(met("800102 9000", 0xFFFFFFFF));
    assert_true(met("800101 A406830101950108", pin1 | adm1));
    assert_false(met("800101 A406830101950108", adm1));
    assert_false(met("800101 A710 A406830101950108 A40683010A950108", pin1));
    assert_true(met("800101 A710 A406830101950108 A40683010A950108", pin1 | adm1));
    assert_true(met("800101 AF08 A406830101950108", adm1));
    assert_false(met("800101 AF08 A406830101950108", pin1));
}

static void every_key_reference_has_a_bit_of_its_own(void **state)
{
    uint32_t seen = 0;
    unsigned n = 0;

    (void)state;
    for (unsigned ref = 0; ref < 256; ref++) {
        int bit = dmsci_arr_key_bit((uint8_t)ref);

        if (bit < 0)
            continue;
        assert_true(bit < 32);
        assert_int_equal(seen >> bit & 1, 0);
        seen |= (uint32_t)1 << bit;
        n++;
    }
    assert_int_equal(n, 27);
    assert_int_equal(dmsci_arr_key_bit(0x00), -1);
    assert_int_equal(dmsci_arr_key_bit(0x09), -1);
    assert_int_equal(dmsci_arr_key_bit(0xFF), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(conditions_are_met),
        cmocka_unit_test(every_key_reference_has_a_bit_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
