/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/arr.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include "tests/unit/codec/group.h"
#include <dmsc/access.h>
#include <dmsc/ctx.h>
#include <dmsc/fcp.h>
#include <stdio.h>
#include <string.h>

struct lines {
    char text[32][200];
    unsigned n;
};

static void keep(void *user, const struct dmsc_access *access)
{
    struct lines *lines = user;

    assert_true(access->operation[0] != '\0' && access->needs[0] != '\0');
    assert_true(strlen(access->needs) <= 1024);
    if (lines->n < 32)
        (void)snprintf(lines->text[lines->n], sizeof(lines->text[0]), "%.40s: %.150s",
                       access->operation, access->needs);
    lines->n++;
}

static enum dmsc_err decode(bool compact, bool df, struct dmsc_bytes in, struct lines *lines)
{
    lines->n = 0;
    return compact ? dmsc_access_compact(in, df, keep, lines)
                   : dmsc_access_expanded(group_ctx, in, df, keep, lines);
}

struct kind {
    bool compact, df;
};

static void anything_is_survived(void *user, struct dmsc_bytes bytes)
{
    const struct kind *kind = user;
    struct lines lines;

    (void)decode(kind->compact, kind->df, bytes, &lines);
}

static void vectors_in_words(void **state)
{
    struct vectors *v = vectors_open("access.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        struct kind kind = { vec_has(v, "compact"), vec_has(v, "df") };
        struct lines lines;
        enum dmsc_err err = decode(kind.compact, kind.df, in, &lines);

        vec_assert_err(v, err);
        if (err == DMSC_OK) {
            if (lines.n != vec_count(v, "words"))
                vec_fail(v, "%u operations", lines.n);
            for (unsigned i = 0; i < lines.n; i++) {
                if (strcmp(lines.text[i], vec_nth(v, "words", i)) != 0)
                    vec_fail(v, "%s", lines.text[i]);
            }
        }
        each_prefix(in, anything_is_survived, &kind);
        each_byte_changed(in, anything_is_survived, &kind);
    }
    vectors_close(v);
}

static void key_names(void **state)
{
    static const struct {
        uint8_t key;
        const char *name;
    } rows[] = { { 0x01, "PIN1" },
                 { 0x81, "PIN2" },
                 { 0x08, "PIN of application 8" },
                 { 0x88, "second PIN of application 8" },
                 { 0x0A, "ADM1" },
                 { 0x0E, "ADM5" },
                 { 0x8A, "ADM6" },
                 { 0x8E, "ADM10" },
                 { 0x11, "universal PIN" },
                 { 0x00, "key 00" },
                 { 0xFF, "key FF" } };
    char text[40];

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++)
        assert_string_equal(dmsc_key_name(rows[i].key, text), rows[i].name);
}

/* Every rule of a live card: EF(ARR) records, and what its FCPs hold themselves. */
static void card_file(void *user, json_t *row)
{
    unsigned *rules = user;
    json_t *records = json_object_get(row, "records"), *record;
    const char *path = corpus_text(row, "path"), *number;

    if (path == NULL || strstr(path, "EF.ARR") == NULL)
        return;
    json_object_foreach(records, number, record)
    {
        struct dmsci_arr_rule rule;
        struct dmsc_buf buf;
        struct lines lines;

        dmsc_buf_init(&buf, group_ctx, 256);
        assert_int_equal(dmsc_hex_decode(json_string_value(record), &buf), DMSC_OK);
        assert_int_equal(decode(false, false, dmsc_buf_bytes(&buf), &lines), DMSC_OK);
        /* The card-side decoder takes the same. */
        assert_int_equal(dmsci_arr_decode(dmsc_buf_bytes(&buf), &rule), DMSC_OK);
        *rules += lines.n > 0;
        dmsc_buf_clear(&buf);
    }
}

static void rules_of_a_live_card(void **state)
{
    unsigned rules = 0;

    (void)state;
    corpus_each("fs/card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl",
                card_file, &rules);
    assert_true(rules >= 10);
}

static enum dmsc_err torture(struct dmsc_ctx *own, void *user)
{
    static const uint8_t rule[] = { 0x80, 1, 1,    0xA0, 0x10, 0xA4, 6,    0x83, 1, 1, 0x95,
                                    1,    8, 0xA4, 6,    0x83, 1,    0x11, 0x95, 1, 8 };
    struct lines lines = { .n = 0 };

    (void)user;
    return dmsc_access_expanded(own, dmsc_bytes(rule, sizeof(rule)), false, keep, &lines);
}

static void without_memory(void **state)
{
    (void)state;
    assert_true(fault_torture(torture, NULL) > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_in_words),
        cmocka_unit_test(key_names),
        cmocka_unit_test(rules_of_a_live_card),
        cmocka_unit_test(without_memory),
    };

    return support_exit(cmocka_run_group_tests(tests, group_begin, group_end),
                        DMSCI_ARRAY_LEN(tests));
}
