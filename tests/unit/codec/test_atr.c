/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/atr.h>
#include <stdio.h>
#include <string.h>

static void write_bytes(const struct dmsc_atr *atr, char *text, size_t size)
{
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < atr->bytes; i++)
        n += (size_t)snprintf(text + n, size - n, "%sT%c%u=%02X", i > 0 ? " " : "",
                              atr->byte[i].letter, atr->byte[i].index, atr->byte[i].value);
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsc_atr atr;

    (void)user;
    memset(&atr, 0xA5, sizeof(atr));
    assert_int_equal(dmsc_atr_decode(prefix, &atr), DMSC_E_TRUNCATED);
    for (size_t i = 0; i < sizeof(atr); i++)
        assert_int_equal(((const uint8_t *)&atr)[i], 0xA5);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    const struct dmsc_atr *whole = user;
    struct dmsc_atr atr;
    enum dmsc_err err = dmsc_atr_decode(changed, &atr);

    if (err == DMSC_OK) {
        assert_true(atr.historical.n <= 15 && atr.bytes <= DMSC_ATR_BYTES_MAX);
        /* One changed byte never passes the check byte, unless it takes it away, or is TS. */
        if (whole->has_tck && atr.has_tck)
            assert_true(atr.inverse != whole->inverse);
    }
}

static void compare(struct vectors *v, const struct dmsc_atr *atr)
{
    char text[400];

    write_bytes(atr, text, sizeof(text));
    assert_string_equal(text, vec_text_or(v, "bytes", ""));
    assert_int_equal(atr->inverse, vec_has(v, "inverse"));
    assert_int_equal(atr->specific, vec_has(v, "specific"));
    vec_assert_number(v, "protocols", atr->protocols);
    vec_assert_number(v, "fi", atr->fi);
    vec_assert_number(v, "di", atr->di);
    vec_assert_hex(v, "historical", atr->historical);
    assert_int_equal(atr->classes, vec_number_or(v, "classes", 0));
    assert_int_equal(atr->clock_stop, vec_number_or(v, "clock_stop", 0));
    assert_int_equal(atr->has_uicc, vec_has(v, "uicc"));
    assert_int_equal(atr->uicc, vec_number_or(v, "uicc", 0));
    assert_int_equal(atr->has_capabilities, vec_has(v, "channels"));
    assert_int_equal(atr->channels, vec_number_or(v, "channels", 0));
}

static void vectors_decode(void **state)
{
    struct vectors *v = vectors_open("atr.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        struct dmsc_atr atr = DMSC_ATR_INIT;
        enum dmsc_err err = dmsc_atr_decode(in, &atr);

        vec_assert_err(v, err);
        if (err != DMSC_OK)
            continue;
        compare(v, &atr);
        each_prefix(in, short_is_refused, NULL);
        each_byte_changed(in, survives, &atr);
    }
    vectors_close(v);
}

struct tally {
    unsigned decoded, refused, patterns, cut;
};

static void same_bytes(const struct dmsc_atr *atr, json_t *row)
{
    json_t *expected = json_object_get(row, "interface"), *one;
    char text[400];
    size_t i;
    char *at = text;

    write_bytes(atr, text, sizeof(text));
    json_array_foreach(expected, i, one)
    {
        const char *value = json_string_value(one);

        assert_int_equal(strncmp(at, value, strlen(value)), 0);
        at += strlen(value);
        at += *at == ' ';
    }
    assert_int_equal(*at, '\0');
}

/* Everything but a wrong check byte or what stands behind the end is taken, and as others take it.
 */
static void corpus_row(void *user, json_t *row)
{
    struct tally *tally = user;
    const char *tck = corpus_text(row, "tck");
    json_int_t trailing = json_integer_value(json_object_get(row, "trailing"));
    struct dmsc_atr atr;
    struct dmsc_bytes in, historical;
    enum dmsc_err err;
    bool cut;

    if (!json_is_true(json_object_get(row, "exact"))) {
        tally->patterns++; /* "..": no ATR but a pattern of some */
        return;
    }
    in = corpus_hex(row, "atr");
    err = dmsc_atr_decode(in, &atr);
    cut = strlen(corpus_text(row, "historical")) / 2 < (size_t)(in.p[1] & 0x0F);
    if (cut) {
        assert_int_equal(err, DMSC_E_TRUNCATED); /* T0 announces more than came */
        tally->cut++;
    } else if (tck != NULL && strcmp(tck, "bad") == 0) {
        assert_int_equal(err, trailing == 0  ? DMSC_E_TRUNCATED
                              : trailing > 1 ? DMSC_E_MALFORMED
                                             : DMSC_E_CORRUPT);
        tally->refused++;
    } else {
        historical = corpus_hex(row, "historical");
        if (err != DMSC_OK)
            fail_msg("%s: %s", corpus_text(row, "atr"), dmsc_err_name(err));
        same_bytes(&atr, row);
        assert_true(dmsc_bytes_equal(atr.historical, historical));
        assert_int_equal(atr.has_tck, tck != NULL);
        assert_int_equal(atr.inverse, strcmp(corpus_text(row, "convention"), "inverse") == 0);
        support_free(historical);
        tally->decoded++;
    }
    support_free(in);
}

static void atrs_of_live_cards(void **state)
{
    struct tally tally = { 0, 0, 0, 0 };

    (void)state;
    corpus_each("atr/uicc-atrs.jsonl", corpus_row, &tally);
    assert_int_equal(tally.refused, 13);
    assert_int_equal(tally.patterns, 5);
    assert_int_equal(tally.decoded, 1012 - 5 - tally.cut - tally.refused);
    print_message("%u decoded, %u refused for TCK or what stands behind it, %u cut off\n",
                  tally.decoded, tally.refused, tally.cut);
    assert_int_equal(tally.cut, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(vectors_decode),
                                               cmocka_unit_test(atrs_of_live_cards) };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
