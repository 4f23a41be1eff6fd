/* SPDX-License-Identifier: Apache-2.0 */
/* What others read in the messages of the conformance tests. */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include <dmsc/usat_describe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dmsc_ctx *new_ctx(void)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    return ctx;
}

/* The nth object with a tag; NULL without one. */
static const struct dmsc_usat_part *nth_part(const struct dmsc_usat_parts *parts, uint16_t tag,
                                             unsigned nth)
{
    for (size_t i = 0; i < dmsc_usat_parts_count(parts); i++) {
        const struct dmsc_usat_part *part = dmsc_usat_parts_at(parts, i);

        if (part->tag == tag && nth-- == 0)
            return part;
    }
    return NULL;
}

static const struct dmsc_usat_field *field_of(const struct dmsc_usat_part *part, const char *name)
{
    for (size_t i = 0; part != NULL && i < part->fields; i++) {
        if (strcmp(part->field[i].name, name) == 0)
            return &part->field[i];
    }
    return NULL;
}

struct judged {
    size_t values, messages, answers;
};

/* Others write a pause as "c". */
static bool same_text(const char *theirs, const struct dmsc_usat_field *f)
{
    size_t n = strlen(theirs);

    if (f->form != DMSC_USAT_TEXT || f->bytes.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char ours = (char)f->bytes.p[i];

        if (ours != theirs[i] && !(ours == 'p' && theirs[i] == 'c' && f->number == 4))
            return false;
    }
    return true;
}

static void same_value(struct judged *judged, const char *id, const char *what,
                       const json_t *expected, const struct dmsc_usat_field *f)
{
    if (expected == NULL)
        return;
    /* An empty text has no field here. */
    if (json_is_string(expected) && json_string_length(expected) == 0 && f == NULL)
        return;
    if (f == NULL)
        fail_msg("%s: no field for %s", id, what);
    if (json_is_string(expected) ? !same_text(json_string_value(expected), f)
                                 : f->number != (uint32_t)json_integer_value(expected))
        fail_msg("%s: %s is \"%.*s\" (%u)", id, what, (int)f->bytes.n, (const char *)f->bytes.p,
                 (unsigned)f->number);
    judged->values++;
}

/* Where a value of theirs, or a member of it, stands with us. */
static const struct {
    const char *key, *member;
    uint16_t tag;
    unsigned nth;
    const char *field;
} places[] = {
    { "text", NULL, 0x0D, 0, "text" },
    { "text_usr", NULL, 0x0D, 0, "text" },
    { "text_passwd", NULL, 0x0D, 1, "text" },
    { "default_text", NULL, 0x17, 0, "text" },
    { "alpha_id", NULL, 0x05, 0, "text" },
    { "alpha_id_usr_cfm", NULL, 0x05, 0, "text" },
    { "alpha_id_call_setup", NULL, 0x05, 1, "text" },
    { "apn", NULL, 0x47, 0, "name" },
    { "at_command", NULL, 0x28, 0, "text" },
    { "buf_size", NULL, 0x39, 0, "size" },
    { "dtmf", NULL, 0x2C, 0, "digits" },
    { "duration", "interval", 0x04, 0, "interval" },
    { "resp_len", "min", 0x11, 0, "minimum" },
    { "resp_len", "max", 0x11, 0, "maximum" },
    { "timer_id", NULL, 0x24, 0, "identifier" },
    { "ussd", NULL, 0x0A, 0, "text" },
    { "ss", "ss", 0x09, 0, "number" },
    { "addr", "number", 0x06, 0, "number" },
    { "icon_id", "id", 0x1E, 0, "icon" },
    { "uti", "port", 0x3C, 0, "port" },
};

static void judge_items(struct judged *judged, const char *id, const json_t *items,
                        const struct dmsc_usat_parts *parts)
{
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        const struct dmsc_usat_part *part = nth_part(parts, 0x0F, (unsigned)i);

        same_value(judged, id, "item id", json_object_get(item, "id"),
                   field_of(part, "identifier"));
        same_value(judged, id, "item text", json_object_get(item, "text"), field_of(part, "text"));
    }
}

static void judge_timer(struct judged *judged, const char *id, const json_t *value,
                        const struct dmsc_usat_parts *parts)
{
    const struct dmsc_usat_field *f = field_of(nth_part(parts, 0x25, 0), "time");
    char text[32];

    if (value == NULL)
        return;
    (void)snprintf(text, sizeof(text), "%02d:%02d:%02d",
                   (int)json_integer_value(json_object_get(value, "hour")),
                   (int)json_integer_value(json_object_get(value, "minute")),
                   (int)json_integer_value(json_object_get(value, "second")));
    if (f == NULL || !same_text(text, f))
        fail_msg("%s: timer", id);
    judged->values++;
}

static void judge(struct judged *judged, json_t *row, const struct dmsc_usat_parts *parts)
{
    const json_t *expect = json_object_get(row, "expect");
    const char *id = corpus_text(row, "id");

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(places); i++) {
        const json_t *value = json_object_get(expect, places[i].key);
        const struct dmsc_usat_part *part = nth_part(parts, places[i].tag, places[i].nth);

        if (places[i].member != NULL)
            value = json_object_get(value, places[i].member);
        same_value(judged, id, places[i].key, value, field_of(part, places[i].field));
    }
    judge_items(judged, id, json_object_get(expect, "items"), parts);
    judge_timer(judged, id, json_object_get(expect, "timer_value"), parts);
}

/* What a terminal answers: the one command that is marked so must not be understood; where their
 * parser misses something, so do we. Bearers that it refuses are none of this. */
static void judge_comprehension(struct judged *judged, json_t *row, const struct dmsc_usat *usat)
{
    const json_t *expect = json_object_get(row, "expect");
    const char *parsed = corpus_text(row, "ofono_parse");
    uint8_t result = dmsc_usat_comprehend(usat);
    bool refused = json_object_get(expect, "status") != NULL;

    if (parsed == NULL || (!refused && strcmp(parsed, "data not understood") == 0))
        return;
    if (result != (refused ? 0x32 : strcmp(parsed, "missing value") == 0 ? 0x36 : 0x00))
        fail_msg("%s: a terminal answers %02X", corpus_text(row, "id"), result);
    judged->answers++;
}

static void read_row(void *user, json_t *row)
{
    const char *kind = corpus_text(row, "kind");
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_usat_parts *parts = NULL;
    struct judged *judged = user;
    struct dmsc_bytes in;
    struct dmsc_ctx *ctx;
    struct dmsc_wr w;
    uint8_t *p;

    if (!json_is_true(json_object_get(row, "wellformed")))
        return;
    in = corpus_hex(row, "hex");
    ctx = new_ctx();
    p = malloc(in.n);
    assert_non_null(p);
    w = dmsc_wr(p, in.n);
    assert_int_equal(dmsc_usat_decode(strcmp(kind, "proactive") == 0           ? DMSC_USAT_COMMAND
                                      : strcmp(kind, "terminal-response") == 0 ? DMSC_USAT_RESPONSE
                                                                               : DMSC_USAT_ENVELOPE,
                                      in, &usat),
                     DMSC_OK);
    assert_int_equal(dmsc_usat_parts_decode(ctx, &usat, &parts), DMSC_OK);
    judge(judged, row, parts);
    if (usat.kind == DMSC_USAT_COMMAND)
        judge_comprehension(judged, row, &usat);
    assert_int_equal(dmsc_usat_parts_encode(ctx, usat.kind, usat.template_tag,
                                            dmsc_usat_parts_at(parts, 0),
                                            dmsc_usat_parts_count(parts), &w),
                     DMSC_OK);
    if (!dmsc_bytes_equal(dmsc_bytes(p, w.n), in))
        fail_msg("%s: it is written in another way", corpus_text(row, "id"));
    judged->messages++;
    dmsc_usat_parts_free(parts);
    free(p);
    dmsc_ctx_free(ctx);
    support_free(in);
}

static void others_read_the_same(void **state)
{
    struct judged judged = { 0, 0, 0 };

    (void)state;
    corpus_each("usat/etsi-ts102268.jsonl", read_row, &judged);
    corpus_each("usat/stk-third.jsonl", read_row, &judged);
    printf("%zu messages, %zu values and %zu answers as others have them\n", judged.messages,
           judged.values, judged.answers);
    assert_true(judged.answers > 500);
    assert_true(judged.messages > 1000);
    assert_true(judged.values > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_read_the_same),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
