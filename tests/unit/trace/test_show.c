/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <dmsc/trace.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MAX  64
#define FIELDS_MAX 200

struct seen {
    struct {
        unsigned line;
        char text[300];
        int64_t at_ms;
        size_t hidden;
    } step[STEPS_MAX];
    size_t steps;
    char field[FIELDS_MAX][300];
    size_t fields;
};

static size_t count_hidden(struct dmsc_bytes bytes, const uint8_t *known)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        assert_true(known[i] == 0xFF || (known[i] == 0 && bytes.p[i] == 0));
        n += known[i] == 0;
    }
    return n;
}

static void keep(void *user, const struct dmsc_trace_step *s)
{
    static const char *const kinds[] = { "exchange", "power", "note" };
    struct seen *seen = user;
    size_t i = seen->steps++;

    assert_true(i < STEPS_MAX);
    seen->step[i].line = s->line;
    seen->step[i].at_ms = s->at_ms;
    seen->step[i].hidden =
        count_hidden(s->command, s->command_known) + count_hidden(s->answer, s->answer_known);
    (void)snprintf(seen->step[i].text, sizeof(seen->step[i].text), "%u %s %s%s%s%s", s->line,
                   kinds[s->kind], s->title, s->kind == DMSC_TRACE_NOTE ? "" : " |",
                   s->result[0] != '\0' ? " " : "", s->result);
    for (size_t k = 0; k < s->details && s->kind == DMSC_TRACE_EXCHANGE; k++) {
        assert_true(seen->fields < FIELDS_MAX);
        (void)snprintf(seen->field[seen->fields++], sizeof(seen->field[0]), "%u %s: %s",
                       s->detail[k].depth, s->detail[k].name, s->detail[k].value);
    }
}

static enum dmsc_err read_all(struct dmsc_trace *trace, const char *text)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && *text != '\0') {
        size_t n = strcspn(text, "\n");

        err = dmsc_trace_line(trace, dmsc_bytes(text, n));
        text += n + (text[n] == '\n');
    }
    return err == DMSC_OK ? dmsc_trace_end(trace) : err;
}

static void check_steps(struct vectors *v, const struct seen *seen)
{
    for (size_t i = 0; i < seen->steps && i < vec_count(v, "step"); i++) {
        if (strcmp(seen->step[i].text, vec_nth(v, "step", i)) != 0)
            vec_fail(v, "step %zu\n  expected: %s\n  actual:   %s", i + 1, vec_nth(v, "step", i),
                     seen->step[i].text);
        if (vec_has(v, "hidden") &&
            (seen->step[i].hidden > 0) != (seen->step[i].line == vec_number(v, "hidden")))
            vec_fail(v, "line %u: %zu bytes are masked", seen->step[i].line, seen->step[i].hidden);
        for (size_t k = 0; k < vec_count(v, "time"); k++) {
            unsigned line = 0;
            long long at = 0;

            assert_int_equal(sscanf(vec_nth(v, "time", k), "%u %lld", &line, &at), 2);
            if (line == seen->step[i].line)
                assert_int_equal(seen->step[i].at_ms, at);
        }
    }
    if (seen->steps != vec_count(v, "step"))
        vec_fail(v, "%zu steps", seen->steps);
}

static void check_fields(struct vectors *v, const struct seen *seen)
{
    if (!vec_has(v, "field"))
        return;
    for (size_t i = 0; i < seen->fields && i < vec_count(v, "field"); i++) {
        if (strcmp(seen->field[i], vec_nth(v, "field", i)) != 0)
            vec_fail(v, "field %zu\n  expected: %s\n  actual:   %s", i + 1, vec_nth(v, "field", i),
                     seen->field[i]);
    }
    if (seen->fields != vec_count(v, "field"))
        vec_fail(v, "%zu fields", seen->fields);
}

static void traces_say_what_happened(void **state)
{
    static struct seen seen;
    struct vectors *v = vectors_open("trace_show.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_ctx *ctx = NULL;
        struct dmsc_trace *trace = NULL;
        enum dmsc_err err;

        memset(&seen, 0, sizeof(seen));
        assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
        assert_int_equal(dmsc_trace_new(ctx, false, keep, &seen, &trace), DMSC_OK);
        err = read_all(trace, vec_text(v, "trace"));
        if (vec_has(v, "refused")) {
            assert_int_equal(err, DMSC_E_MALFORMED);
            vec_assert_text(v, "refused", dmsc_diag_get(ctx)->where);
        } else {
            assert_int_equal(err, DMSC_OK);
            check_steps(v, &seen);
            check_fields(v, &seen);
        }
        dmsc_trace_free(trace);
        dmsc_ctx_free(ctx);
    }
    vectors_close(v);
}

/* Raw shows what the trace has. */
static void raw_masks_nothing(void **state)
{
    static struct seen seen;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_trace *trace = NULL;

    (void)state;
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_trace_new(ctx, true, keep, &seen, &trace), DMSC_OK);
    assert_int_equal(read_all(trace, "> 002000010831323334FFFFFFFF\n< 9000\n> 0020000108****\n"),
                     DMSC_OK);
    assert_int_equal(seen.step[0].hidden, 0);
    assert_int_equal(seen.step[1].hidden, 2);
    dmsc_trace_free(trace);
    dmsc_ctx_free(ctx);
}

struct packets {
    struct dmsc_buf file;
    struct dmsc_trace_pcapng pcapng;
    enum dmsc_err err;
    size_t count;
};

static void packet(void *user, const struct dmsc_trace_step *step)
{
    struct packets *p = user;
    size_t before = p->file.n;

    if (p->err == DMSC_OK)
        p->err = dmsc_trace_pcapng_step(&p->pcapng, step, &p->file);
    p->count += p->file.n > before;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const char session[] = "! cold 3B00 T=0   # at 2026-01-31T17:45:00.250Z\n"
                              "> 00A40004023F0000\n< 6122   # 1 ms at 0.010 s\n"
                              "> 00700000\n< 9000\n"
                              "> 00B0000010\n< 6982\n"
                              "> 002000010831323334FFFFFFFF\n< 9000\n# a note\n! off\n";

static enum dmsc_err export(struct dmsc_ctx *ctx, struct packets *p) {
    struct dmsc_trace *trace = NULL; enum dmsc_err err;

    *p = (struct packets){ .pcapng = DMSC_TRACE_PCAPNG_INIT };
    dmsc_buf_init(&p->file, ctx, 65536);
    err = dmsc_trace_pcapng_begin(&p->file, "dmsc test");
    if (err == DMSC_OK) err = dmsc_trace_new(ctx, false, packet, p, &trace);
    if (err == DMSC_OK) err = read_all(trace, session);
    dmsc_trace_free(trace);
    return err != DMSC_OK ? err : p->err;
}

/* The frame of each block, and the GSMTAP payload of each packet. tshark judges the rest. */
static void packets_are_blocks(void **state)
{
    static const struct {
        uint64_t at;
        const char *payload;
        bool comment;
    } expected[] = {
        { 1769881500259u, "\x00\xA4\x00\x04\x02\x3F\x00\x61\x22",
          true },                                                  /* Le is gone; the reset */
        { 1769881500260u, "\x00\x70\x00\x00\x00\x90\x00", false }, /* P3 is there */
        { 1769881500261u, "\x00\xB0\x00\x00\x00\x69\x82", true },  /* nothing came */
        { 1769881500262u, "\x00\x20\x00\x01\x08********\x90\x00", true },
    };
    struct dmsc_ctx *ctx = NULL;
    struct packets p;
    size_t at = 0, n = 0;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(export(ctx, &p), DMSC_OK);
    assert_int_equal(p.count, 4);
    while (at < p.file.n) {
        const uint8_t *block = p.file.p + at;
        uint32_t size = le32(block + 4);

        assert_true(size % 4 == 0 && size >= 12 && at + size <= p.file.n);
        assert_int_equal(le32(block + size - 4), size);
        at += size;
        if (le32(block) != 6)
            continue;
        assert_true(n < DMSCI_ARRAY_LEN(expected));
        assert_true((((uint64_t)le32(block + 12) << 32) | le32(block + 16)) == expected[n].at);
        assert_memory_equal(block + 28 + 44, expected[n].payload, le32(block + 20) - 44);
        assert_int_equal(size > 12 + 20 + ((le32(block + 20) + 3) & ~3u), expected[n].comment);
        n++;
    }
    assert_int_equal(n, 4);
    dmsc_buf_clear(&p.file);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    static struct seen seen;
    const char *text = user;
    struct dmsc_trace *trace = NULL;
    struct packets p;
    enum dmsc_err err = dmsc_trace_new(ctx, false, keep, &seen, &trace);

    memset(&seen, 0, sizeof(seen));
    if (err == DMSC_OK)
        err = read_all(trace, text);
    dmsc_trace_free(trace);
    if (err != DMSC_OK)
        return err;
    err = export(ctx, &p);
    dmsc_buf_clear(&p.file);
    return err;
}

static void survives_without_memory(void **state)
{
    char text[] = "! cold 3B9F96801F878031E073FE211B674A357530350265F8 T=0\n> 00A40004022FE2\n"
                  "< 620E820241218302 2FE28A010580010A9000\n> 801200000B\n"
                  "< D00981030101008202 81829000\n# note\n";

    (void)state;
    assert_true(fault_torture(scenario, text) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_say_what_happened),
        cmocka_unit_test(raw_masks_nothing),
        cmocka_unit_test(packets_are_blocks),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
