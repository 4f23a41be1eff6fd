/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "apdu/trace/text.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {
    "nothing", "command", "answer", "cold", "warm", "off", "error"
};

static struct dmsc_bytes write_line(const struct dmsci_trace_line *line, char *text, size_t size)
{
    struct dmsc_wr count = dmsc_wr(NULL, 0), w = dmsc_wr(text, size - 1);

    dmsci_trace_format(line, &count);
    dmsci_trace_format(line, &w);
    assert_false(w.bad);
    assert_int_equal(count.n, w.n);
    text[w.n] = '\0';
    return dmsc_bytes(text, w.n);
}

static void assert_same(const struct dmsci_trace_line *a, const struct dmsci_trace_line *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->bytes, b->bytes, a->n);
    assert_memory_equal(a->known, b->known, a->n);
    assert_int_equal(a->has_protocol, b->has_protocol);
    assert_int_equal(a->protocol, b->protocol);
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->ms, b->ms);
    assert_int_equal(a->at_ms, b->at_ms);
    assert_true(dmsc_bytes_equal(a->comment, b->comment));
}

static void check_fields(struct vectors *v, const struct dmsci_trace_line *line)
{
    uint8_t all[DMSC_CAPDU_MAX];

    vec_assert_text(v, "kind", kinds[line->kind]);
    vec_assert_hex(v, "bytes", dmsc_bytes(line->bytes, line->n));
    memset(all, 0xFF, sizeof(all));
    if (vec_has(v, "known"))
        vec_assert_hex(v, "known", dmsc_bytes(line->known, line->n));
    else
        assert_memory_equal(line->known, all, line->n);
    assert_int_equal(line->has_protocol, vec_has(v, "protocol"));
    if (line->has_protocol)
        vec_assert_number(v, "protocol", line->protocol);
    assert_int_equal(line->err, vec_err(v, "is"));
    assert_int_equal(line->ms, vec_has(v, "ms") ? (int64_t)vec_number(v, "ms") : -1);
    assert_int_equal(line->at_ms, vec_has(v, "at") ? (int64_t)vec_number(v, "at") : -1);
    if (!dmsc_bytes_equal(line->comment, dmsc_bytes_str(vec_text_or(v, "comment", ""))))
        vec_fail(v, "the comment is \"%.*s\"", (int)line->comment.n,
                 line->comment.n > 0 ? (const char *)line->comment.p : "");
}

/* An "_" at the end stands for a blank that nobody sees. */
static void check_written(struct vectors *v, const struct dmsci_trace_line *line)
{
    struct dmsci_trace_line again;
    char text[2 * DMSCI_TRACE_TEXT_MAX], expected[2 * DMSCI_TRACE_TEXT_MAX];
    struct dmsc_bytes written = write_line(line, text, sizeof(text));
    size_t n;

    (void)snprintf(expected, sizeof(expected), "%s",
                   vec_text_or(v, "written", vec_text(v, "line")));
    n = strlen(expected);
    if (n > 0 && expected[n - 1] == '_')
        expected[n - 1] = ' ';
    if (strcmp(text, expected) != 0)
        vec_fail(v, "written: \"%s\"\n  expected: \"%s\"", text, expected);
    assert_int_equal(dmsci_trace_parse(written, &again), DMSC_OK);
    assert_same(&again, line);
}

static void vectors_are_read_and_written(void **state)
{
    struct vectors *v = vectors_open("trace.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsci_trace_line line = { .n = 77 };
        enum dmsc_err err = dmsci_trace_parse(dmsc_bytes_str(vec_text(v, "line")), &line);

        vec_assert_err(v, err);
        if (err != DMSC_OK) {
            assert_int_equal(line.n, 77);
            continue;
        }
        check_fields(v, &line);
        check_written(v, &line);
    }
    vectors_close(v);
}

/* Every prefix and every changed byte: something or nothing, and what is read can be written and
 * then stays as it is. */
static void take_anything(const char *text, size_t n)
{
    struct dmsc_bytes exact = support_copy_exact(dmsc_bytes(text, n));
    struct dmsci_trace_line line, again;
    char first[2048], second[2048];

    if (dmsci_trace_parse(exact, &line) == DMSC_OK) {
        struct dmsc_bytes written = write_line(&line, first, sizeof(first));

        assert_int_equal(dmsci_trace_parse(written, &again), DMSC_OK);
        assert_int_equal(again.kind, line.kind);
        (void)write_line(&again, second, sizeof(second));
        assert_string_equal(first, second);
    }
    support_free(exact);
}

static void bad_lines_do_no_harm(void **state)
{
    static const char marks[] = "><!#*T= 0Fx\r\t\x80";
    struct vectors *v = vectors_open("trace.txt");

    (void)state;
    while (vectors_next(v)) {
        char text[512];
        size_t n = strlen(vec_text(v, "line"));

        assert_true(n < sizeof(text));
        (void)snprintf(text, sizeof(text), "%s", vec_text(v, "line"));
        for (size_t i = 0; i < n; i++) {
            char kept = text[i];

            take_anything(text, i);
            for (size_t k = 0; k < sizeof(marks); k++) {
                text[i] = marks[k];
                take_anything(text, n);
            }
            text[i] = kept;
        }
        (void)vec_has(v, "written");
        for (size_t k = 0; k < DMSCI_ARRAY_LEN(kinds); k++) {
            static const char *const keys[] = { "kind", "bytes", "known", "protocol",
                                                "is",   "ms",    "at" };

            (void)vec_has(v, keys[k]);
        }
        (void)vec_has(v, "comment");
        (void)vec_has(v, "error");
    }
    vectors_close(v);
}

/* A small generator with a fixed seed: xorshift. */
static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void any_line(uint32_t *seed, struct dmsci_trace_line *line)
{
    static const enum dmsc_err errs[] = { DMSC_E_LINK, DMSC_E_TIMEOUT, DMSC_E_NOREADER };
    static const char *const comments[] = { "", "SELECT ADF.USIM", "over sim # 1", "8 msec" };
    bool power;

    *line = (struct dmsci_trace_line)DMSCI_TRACE_LINE_INIT;
    line->kind = (enum dmsci_trace_kind)(next(seed) % 7);
    power = line->kind >= DMSCI_TRACE_COLD && line->kind <= DMSCI_TRACE_OFF;
    if (line->kind == DMSCI_TRACE_COMMAND)
        line->n = 4 + next(seed) % (DMSC_CAPDU_MAX - 3);
    else if (line->kind == DMSCI_TRACE_ANSWER)
        line->n = next(seed) % (DMSC_RAPDU_MAX + 1);
    else if (power && line->kind != DMSCI_TRACE_OFF)
        line->n = next(seed) % 34;
    for (size_t i = 0; i < line->n; i++) {
        line->known[i] = next(seed) % 4 == 0 ? 0 : 0xFF;
        line->bytes[i] = (uint8_t)(next(seed) & line->known[i]);
    }
    if (line->kind == DMSCI_TRACE_ERROR)
        line->err = errs[next(seed) % DMSCI_ARRAY_LEN(errs)];
    line->has_protocol = power && line->kind != DMSCI_TRACE_OFF && next(seed) % 2 == 0;
    line->protocol = line->has_protocol && next(seed) % 2 == 0 ? DMSC_T1 : DMSC_T0;
    if (!power && next(seed) % 2 == 0)
        line->ms = (int64_t)(next(seed) % 100000);
    if (line->kind != DMSCI_TRACE_NOTHING && next(seed) % 2 == 0)
        line->at_ms = (int64_t)next(seed) * (power ? 500 : 1);
    line->comment = dmsc_bytes_str(comments[next(seed) % DMSCI_ARRAY_LEN(comments)]);
}

static void what_is_written_is_read_back(void **state)
{
    uint32_t seed = 20260131;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct dmsci_trace_line line, again;
        char text[DMSCI_TRACE_TEXT_MAX + 64];
        uint32_t before = seed;

        any_line(&seed, &line);
        if (dmsci_trace_parse(write_line(&line, text, sizeof(text)), &again) != DMSC_OK)
            fail_msg("seed %u: not read: %s", (unsigned)before, text);
        assert_same(&again, &line);
    }
}

static void no_more_than_a_command_has(void **state)
{
    char text[2 * DMSC_CAPDU_MAX + 8];
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    uint8_t bytes[DMSC_CAPDU_MAX + 1] = { 0 };

    (void)state;
    memset(text, '0', sizeof(text));
    text[0] = '>';
    text[1] = ' ';
    assert_int_equal(dmsci_trace_parse(dmsc_bytes(text, 2 + 2 * DMSC_CAPDU_MAX), &line), DMSC_OK);
    assert_int_equal(line.n, DMSC_CAPDU_MAX);
    assert_int_equal(dmsci_trace_parse(dmsc_bytes(text, 4 + 2 * DMSC_CAPDU_MAX), &line),
                     DMSC_E_LIMIT);
    assert_true(dmsci_trace_set(&line, dmsc_bytes(bytes, DMSC_CAPDU_MAX)));
    assert_false(dmsci_trace_set(&line, dmsc_bytes(bytes, DMSC_CAPDU_MAX + 1)));
    dmsci_trace_hide(&line, DMSC_CAPDU_MAX - 1, 5);
    assert_int_equal(line.known[DMSC_CAPDU_MAX - 1], 0);
    assert_int_equal(line.known[DMSC_CAPDU_MAX - 2], 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_read_and_written),
        cmocka_unit_test(bad_lines_do_no_harm),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(no_more_than_a_command_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
