/* SPDX-License-Identifier: Apache-2.0 */
/* Every message in typed fields, and back. */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include <dmsc/usat_describe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    struct dmsc_ctx *ctx;
    enum dmsc_usat_kind kind;
    bool exact; /* what was decoded is written byte by byte as it came */
};

static void print_text(FILE *to, struct dmsc_bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n' || text.p[i] == '\r')
            (void)fputs(text.p[i] == '\n' ? "\\n" : "\\r", to);
        else
            (void)fputc(text.p[i], to);
    }
}

static void print_field(FILE *to, const struct dmsc_usat_field *f)
{
    (void)fprintf(to, "%s=", f->name);
    if (f->form == DMSC_USAT_NUMBER) {
        (void)fprintf(to, "%u", (unsigned)f->number);
        if (f->meaning[0] != '\0')
            (void)fprintf(to, " \"%s\"", f->meaning);
    } else if (f->form == DMSC_USAT_TEXT) {
        (void)fputc('"', to);
        print_text(to, f->bytes);
        (void)fputc('"', to);
        if (f->number != DMSC_USAT_GSM_UNPACKED && f->number != DMSC_USAT_PLAIN &&
            f->number != DMSC_USAT_WRITTEN)
            (void)fprintf(to, " @%X", (unsigned)f->number);
    } else {
        for (size_t i = 0; i < f->bytes.n; i++)
            (void)fprintf(to, "%02X", f->bytes.p[i]);
        if (f->meaning[0] != '\0')
            (void)fprintf(to, " ~\"%s\"", f->meaning);
    }
}

/* @return heap */
static char *print_part(const struct dmsc_usat_part *part)
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    assert_non_null(to);
    (void)fputs(part->name, to);
    for (size_t i = 0; i < part->fields; i++) {
        (void)fputs(i == 0 ? ": " : "; ", to);
        print_field(to, &part->field[i]);
    }
    (void)fclose(to);
    return text;
}

/* @return heap */
static struct dmsc_bytes write_back(struct dmsc_ctx *ctx, const struct dmsc_usat *usat,
                                    const struct dmsc_usat_parts *parts)
{
    /* A length in its shortest form, where what came had a longer one, makes it shorter. */
    size_t room = usat->objects.n + 8, count = dmsc_usat_parts_count(parts);
    uint8_t *p = malloc(room);
    struct dmsc_wr w = dmsc_wr(p, room);

    assert_non_null(p);
    assert_int_equal(dmsc_usat_parts_encode(ctx, usat->kind, usat->template_tag,
                                            dmsc_usat_parts_at(parts, 0), count, &w),
                     DMSC_OK);
    return dmsc_bytes(p, w.n);
}

/* A ceiling that is exactly met does; one byte less does not, and leaves the writer alone. */
static void ceiling_is_kept(struct dmsc_ctx *ctx, const struct dmsc_usat *usat,
                            const struct dmsc_usat_parts *parts, size_t n)
{
    const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, 0);
    size_t count = dmsc_usat_parts_count(parts);
    uint8_t *p = malloc(n);
    struct dmsc_wr w = dmsc_wr(p, n), less = dmsc_wr(p, n - 1);

    assert_non_null(p);
    assert_int_equal(
        dmsc_usat_parts_encode(ctx, usat->kind, usat->template_tag, part, count, &less),
        DMSC_E_LIMIT);
    assert_int_equal(less.n, 0);
    assert_int_equal(dmsc_usat_parts_encode(ctx, usat->kind, usat->template_tag, part, count, &w),
                     DMSC_OK);
    assert_int_equal(w.n, n);
    free(p);
}

/* What is decoded can be written, and what is written decodes to the same bytes again. */
static void comes_back(const struct check *check, const struct dmsc_usat *usat,
                       struct dmsc_bytes in)
{
    struct dmsc_usat_parts *parts = NULL, *again = NULL;
    struct dmsc_usat second = DMSC_USAT_INIT;
    struct dmsc_bytes out, twice;

    assert_int_equal(dmsc_usat_parts_decode(check->ctx, usat, &parts), DMSC_OK);
    out = write_back(check->ctx, usat, parts);
    if (check->exact && in.n > 0)
        ceiling_is_kept(check->ctx, usat, parts, in.n);
    if (check->exact && !dmsc_bytes_equal(in, out))
        fail_msg("%zu bytes come back as %zu others", in.n, out.n);
    if (!dmsc_bytes_equal(in, out)) {
        assert_int_equal(dmsc_usat_decode(usat->kind, out, &second), DMSC_OK);
        assert_int_equal(dmsc_usat_parts_decode(check->ctx, &second, &again), DMSC_OK);
        assert_int_equal(dmsc_usat_parts_count(parts), dmsc_usat_parts_count(again));
        twice = write_back(check->ctx, usat, again);
        assert_true(dmsc_bytes_equal(twice, out));
        support_free(twice);
    }
    dmsc_usat_parts_free(again);
    dmsc_usat_parts_free(parts);
    support_free(out);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    struct check check = *(const struct check *)user;
    struct dmsc_usat usat = DMSC_USAT_INIT;

    check.exact = false;
    if (dmsc_usat_decode(check.kind, changed, &usat) == DMSC_OK)
        comes_back(&check, &usat, changed);
}

/* Every other value of each byte. */
static void change_bytes(struct check *check, struct dmsc_bytes in)
{
    struct dmsc_bytes changed = support_copy_exact(in);
    uint8_t *p = (uint8_t *)(uintptr_t)changed.p;

    for (size_t at = 0; at < in.n; at++) {
        for (unsigned by = 1; by < 256; by++) {
            p[at] = (uint8_t)(in.p[at] ^ by);
            survives(check, changed);
        }
        p[at] = in.p[at];
    }
    support_free(changed);
}

static void cut(struct check *check, struct dmsc_bytes in)
{
    for (size_t n = 0; n < in.n; n++) {
        struct dmsc_bytes prefix = support_copy_exact(dmsc_bytes(in.p, n));

        survives(check, prefix);
        support_free(prefix);
    }
}

static void describe(struct vectors *v, struct check *check, const struct dmsc_usat *usat)
{
    struct dmsc_usat_parts *parts = NULL;

    assert_int_equal(dmsc_usat_parts_decode(check->ctx, usat, &parts), DMSC_OK);
    if (dmsc_usat_parts_count(parts) != vec_count(v, "is"))
        vec_fail(v, "%zu objects", dmsc_usat_parts_count(parts));
    for (size_t i = 0; i < dmsc_usat_parts_count(parts); i++) {
        const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, i);
        char *text = print_part(part);

        if (strcmp(text, vec_nth(v, "is", i)) != 0)
            vec_fail(v, "expected  %s\n     came  %s", vec_nth(v, "is", i), text);
        assert_int_equal(part->clause[0] == '\0', strcmp(part->name, "Unknown object") == 0);
        free(text);
    }
    dmsc_usat_parts_free(parts);
    if (usat->kind == DMSC_USAT_COMMAND &&
        dmsc_usat_comprehend(usat) != vec_number_or(v, "comprehend", 0))
        vec_fail(v, "a terminal answers %02X", dmsc_usat_comprehend(usat));
}

static void run_file(const char *name, enum dmsc_usat_kind kind, size_t least)
{
    struct vectors *v = vectors_open(name);
    struct check check = { NULL, kind, true };
    size_t count = 0;

    assert_int_equal(dmsc_ctx_new(NULL, &check.ctx), DMSC_OK);
    while (vectors_next(v)) {
        struct dmsc_bytes in = vec_hex(v, "input");
        struct dmsc_usat usat = DMSC_USAT_INIT;

        if (dmsc_usat_decode(kind, in, &usat) != DMSC_OK)
            vec_fail(v, "it does not decode");
        describe(v, &check, &usat);
        comes_back(&check, &usat, in);
        cut(&check, in);
        change_bytes(&check, in);
        count++;
    }
    dmsc_ctx_free(check.ctx);
    vectors_close(v);
    printf("%zu vectors\n", count);
    assert_true(count >= least);
}

static void commands_have_these_fields(void **state)
{
    (void)state;
    run_file("usat_commands.txt", DMSC_USAT_COMMAND, 200);
}

static void responses_have_these_fields(void **state)
{
    (void)state;
    run_file("usat_responses.txt", DMSC_USAT_RESPONSE, 100);
}

static void envelopes_have_these_fields(void **state)
{
    (void)state;
    run_file("usat_envelopes.txt", DMSC_USAT_ENVELOPE, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_have_these_fields),
        cmocka_unit_test(responses_have_these_fields),
        cmocka_unit_test(envelopes_have_these_fields),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
