/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include "tests/unit/codec/group.h"
#include <dmsc/ctx.h>
#include <dmsc/ef.h>
#include <stdio.h>
#include <string.h>

struct lines {
    char text[40][160];
    unsigned n;
};

static void keep(void *user, const struct dmsc_ef_line *line)
{
    struct lines *lines = user;

    assert_true(line->name[0] != '\0');
    if (lines->n < 40)
        (void)snprintf(lines->text[lines->n], sizeof(lines->text[0]), "%.50s: %.100s", line->name,
                       line->value);
    lines->n++;
}

static void anything_is_survived(void *user, struct dmsc_bytes bytes)
{
    struct lines lines = { .n = 0 };
    enum dmsc_err err = dmsc_ef_describe(group_ctx, user, bytes, keep, &lines);

    assert_true(err == DMSC_OK || err == DMSC_E_TRUNCATED || err == DMSC_E_MALFORMED ||
                err == DMSC_E_LIMIT || err == DMSC_E_NOTFOUND);
    assert_true(lines.n <= 8 * bytes.n + 8);
}

static void vectors_in_words(void **state)
{
    struct vectors *v = vectors_open("ef.txt");

    (void)state;
    while (vectors_next(v)) {
        const char *ef = vec_text(v, "ef");
        struct dmsc_bytes in = vec_hex(v, "input");
        struct lines lines = { .n = 0 };
        enum dmsc_err err = dmsc_ef_describe(group_ctx, ef, in, keep, &lines);

        vec_assert_err(v, err);
        assert_int_equal(dmsc_ef_known(ef), err != DMSC_E_NOTFOUND);
        if (err == DMSC_OK && lines.n != vec_count(v, "says"))
            vec_fail(v, "%u lines", lines.n);
        for (unsigned i = 0; err == DMSC_OK && i < lines.n; i++) {
            if (strcmp(lines.text[i], vec_nth(v, "says", i)) != 0)
                vec_fail(v, "%s", lines.text[i]);
        }
        each_prefix(in, anything_is_survived, (void *)(uintptr_t)ef);
        each_byte_changed(in, anything_is_survived, (void *)(uintptr_t)ef);
    }
    vectors_close(v);
}

/* The files of a live card: what others decode is what we tell. */
struct tally {
    unsigned files, lines;
};

static void content(struct tally *tally, const char *path, const char *ef, const char *hex)
{
    struct lines lines = { .n = 0 };
    struct dmsc_buf buf;
    enum dmsc_err err;

    dmsc_buf_init(&buf, group_ctx, 65536);
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    err = dmsc_ef_describe(group_ctx, ef, dmsc_buf_bytes(&buf), keep, &lines);
    if (err != DMSC_OK)
        fail_msg("%s: %s: %s", path, hex, dmsc_err_name(err));
    dmsc_buf_clear(&buf);
    tally->files++;
    tally->lines += lines.n;
}

static void card_file(void *user, json_t *row)
{
    const char *path = corpus_text(row, "path"), *ef = path != NULL ? strstr(path, "/EF.") : NULL;
    json_t *records = json_object_get(row, "records"), *record;
    const char *number;

    if (ef == NULL || !dmsc_ef_known(ef + 4))
        return;
    if (corpus_text(row, "body") != NULL)
        content(user, path, ef + 4, corpus_text(row, "body"));
    json_object_foreach(records, number, record)
        content(user, path, ef + 4, json_string_value(record));
}

static void files_of_a_live_card(void **state)
{
    struct tally tally = { 0, 0 };

    (void)state;
    corpus_each("fs/card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl",
                card_file, &tally);
    print_message("%u contents, %u lines\n", tally.files, tally.lines);
    assert_true(tally.files > 50 && tally.lines > 100);
}

static enum dmsc_err torture(struct dmsc_ctx *own, void *user)
{
    struct lines lines = { .n = 0 };
    uint8_t spn[17] = { 1, 'E', 'x', 'a', 'm', 'p', 'l', 'e' };

    (void)user;
    memset(spn + 8, 0xFF, sizeof(spn) - 8);
    return dmsc_ef_describe(own, "SPN", dmsc_bytes(spn, sizeof(spn)), keep, &lines);
}

static void without_memory(void **state)
{
    (void)state;
    assert_true(fault_torture(torture, NULL) > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(vectors_in_words),
                                               cmocka_unit_test(files_of_a_live_card),
                                               cmocka_unit_test(without_memory) };

    return support_exit(cmocka_run_group_tests(tests, group_begin, group_end),
                        DMSCI_ARRAY_LEN(tests));
}
