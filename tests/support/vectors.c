/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 256
#define HEX_MAX   64

struct pair {
    char *key;
    char *value;
    unsigned line;
    bool asked;
};

struct vectors {
    char *text; /* the file, cut into strings as it is read */
    char *next; /* the first line not read yet */
    char path[SUPPORT_PATH_MAX];
    unsigned line;
    unsigned block_line;
    struct pair pairs[PAIRS_MAX];
    size_t pair_count;
    struct dmsc_bytes hex[HEX_MAX];
    size_t hex_count;
};

static void fail_at(const struct vectors *v, unsigned line, const char *fmt, va_list args)
    DMSCI_PRINTF(3, 0);

static void fail_at(const struct vectors *v, unsigned line, const char *fmt, va_list args)
{
    char message[1024];

    (void)vsnprintf(message, sizeof(message), fmt, args);
    print_error("%s:%u: %s\n", v->path, line, message);
    _fail(v->path, (int)line);
}

static void fail_line(const struct vectors *v, unsigned line, const char *fmt, ...)
    DMSCI_PRINTF(3, 4);

static void fail_line(const struct vectors *v, unsigned line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fail_at(v, line, fmt, args);
    va_end(args);
}

void vec_fail(const struct vectors *v, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fail_at(v, v->block_line, fmt, args);
    va_end(args);
}

struct vectors *vectors_open(const char *name)
{
    struct vectors *v = calloc(1, sizeof(*v));
    char relative[SUPPORT_PATH_MAX];
    struct dmsc_bytes content;

    assert_non_null(v);
    (void)snprintf(relative, sizeof(relative), name[0] == '/' ? "%s" : "tests/vectors/%s", name);
    support_path(relative, v->path);
    content = support_slurp(relative);
    v->text = (char *)(uintptr_t)content.p;
    if (strlen(v->text) != content.n)
        fail_line(v, 1, "a NUL byte in a vector file");
    v->next = v->text;
    return v;
}

static char *take_line(struct vectors *v)
{
    char *line = v->next;
    size_t n;

    if (*line == '\0')
        return NULL;
    n = strcspn(line, "\n");
    v->next = line[n] == '\n' ? line + n + 1 : line + n;
    line[n] = '\0';
    v->line++;
    return line;
}

static void forget_block(struct vectors *v)
{
    for (size_t i = 0; i < v->pair_count; i++)
        free(v->pairs[i].value);
    for (size_t i = 0; i < v->hex_count; i++)
        support_free(v->hex[i]);
    v->pair_count = 0;
    v->hex_count = 0;
}

static void check_all_asked(const struct vectors *v)
{
    static const char *const free_keys[] = { "name", "clause", "note", "source" };

    for (size_t i = 0; i < v->pair_count; i++) {
        bool known = v->pairs[i].asked;

        for (size_t k = 0; k < DMSCI_ARRAY_LEN(free_keys); k++)
            known = known || strcmp(v->pairs[i].key, free_keys[k]) == 0;
        if (!known)
            fail_line(v, v->pairs[i].line, "no test asked for the key \"%s\"", v->pairs[i].key);
    }
}

static void add_pair(struct vectors *v, char *line)
{
    char *colon = strchr(line, ':');
    char *value;

    if (colon == NULL || colon == line)
        fail_line(v, v->line, "neither \"key: value\" nor a continuation: %s", line);
    if (v->pair_count == PAIRS_MAX)
        fail_line(v, v->line, "more than %d lines in a block", PAIRS_MAX);
    *colon = '\0';
    value = colon[1] == ' ' ? colon + 2 : colon + 1;
    v->pairs[v->pair_count++] = (struct pair){ line, strdup(value), v->line, false };
}

static void add_continuation(struct vectors *v, const char *line)
{
    struct pair *pair;
    bool first;
    size_t size;
    char *joined;

    if (v->pair_count == 0)
        fail_line(v, v->line, "a continuation of nothing");
    pair = &v->pairs[v->pair_count - 1];
    first = pair->value[0] == '\0' && pair->line == v->line - 1;
    size = strlen(pair->value) + strlen(line) + 2;
    joined = malloc(size);
    assert_non_null(joined);
    (void)snprintf(joined, size, "%s%s%s", pair->value, first ? "" : "\n", line);
    free(pair->value);
    pair->value = joined;
}

bool vectors_next(struct vectors *v)
{
    char *line;

    check_all_asked(v);
    forget_block(v);
    while ((line = take_line(v)) != NULL) {
        if (line[0] == '#')
            continue;
        if (line[0] == '\0' && v->pair_count > 0)
            break;
        if (line[0] == '\0')
            continue;
        if (v->pair_count == 0)
            v->block_line = v->line;
        if (line[0] == ' ')
            add_continuation(v, line + 1);
        else
            add_pair(v, line);
    }
    return v->pair_count > 0;
}

void vectors_close(struct vectors *v)
{
    if (v == NULL)
        return;
    check_all_asked(v);
    if (v->block_line == 0 || vectors_next(v))
        vec_fail(v, "not all blocks were looked at, or there is none");
    forget_block(v);
    free(v->text);
    free(v);
}

static struct pair *find(struct vectors *v, const char *key, size_t nth)
{
    for (size_t i = 0; i < v->pair_count; i++) {
        if (strcmp(v->pairs[i].key, key) == 0 && nth-- == 0) {
            v->pairs[i].asked = true;
            return &v->pairs[i];
        }
    }
    return NULL;
}

bool vec_has(struct vectors *v, const char *key)
{
    return find(v, key, 0) != NULL;
}

size_t vec_count(struct vectors *v, const char *key)
{
    size_t n = 0;

    while (find(v, key, n) != NULL)
        n++;
    return n;
}

const char *vec_nth(struct vectors *v, const char *key, size_t nth)
{
    struct pair *pair = find(v, key, nth);

    if (pair == NULL)
        vec_fail(v, "the block has no \"%s\" number %zu", key, nth);
    return pair->value;
}

const char *vec_text(struct vectors *v, const char *key)
{
    return vec_nth(v, key, 0);
}

const char *vec_text_or(struct vectors *v, const char *key, const char *otherwise)
{
    struct pair *pair = find(v, key, 0);

    return pair != NULL ? pair->value : otherwise;
}

static bool hex_pair(const char *text, uint8_t *ret_byte)
{
    char digits[3] = { text[0], text[0] != '\0' ? text[1] : '\0', '\0' };

    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
        return false;
    *ret_byte = (uint8_t)strtoul(digits, NULL, 16);
    return true;
}

/* Never longer than its text, so the text's length is room enough. */
static size_t parse_hex(const struct vectors *v, const struct pair *pair, uint8_t *p)
{
    const char *text = pair->value;
    bool quoted = false;
    size_t n = 0;

    while (*text != '\0') {
        if (*text == '"') {
            quoted = !quoted;
            text++;
        } else if (quoted) {
            p[n++] = (uint8_t)*text++;
        } else if (isspace((unsigned char)*text)) {
            text++;
        } else if (*text == '#') {
            text += strcspn(text, "\n");
        } else if (hex_pair(text, &p[n])) {
            n++;
            text += 2;
        } else {
            fail_line(v, pair->line, "\"%s\" is not hex at \"%.16s\"", pair->key, text);
        }
    }
    if (quoted)
        fail_line(v, pair->line, "a quotation mark is missing");
    return n;
}

struct dmsc_bytes vec_hex_nth(struct vectors *v, const char *key, size_t nth)
{
    const char *text = vec_nth(v, key, nth);
    uint8_t *scratch = malloc(strlen(text) + 1);
    struct dmsc_bytes exact;

    assert_non_null(scratch);
    if (v->hex_count == HEX_MAX)
        vec_fail(v, "more than %d hex values taken from one block", HEX_MAX);
    exact = support_copy_exact(dmsc_bytes(scratch, parse_hex(v, find(v, key, nth), scratch)));
    v->hex[v->hex_count++] = exact;
    free(scratch);
    return exact;
}

struct dmsc_bytes vec_hex(struct vectors *v, const char *key)
{
    return vec_hex_nth(v, key, 0);
}

unsigned long long vec_number(struct vectors *v, const char *key)
{
    const char *text = vec_text(v, key);
    char *end = NULL;
    unsigned long long number = strtoull(text, &end, 0);

    if (!isdigit((unsigned char)text[0]) || *end != '\0')
        vec_fail(v, "\"%s\" is no number: %s", key, text);
    return number;
}

unsigned long long vec_number_or(struct vectors *v, const char *key, unsigned long long otherwise)
{
    return vec_has(v, key) ? vec_number(v, key) : otherwise;
}

enum dmsc_err vec_err(struct vectors *v, const char *key)
{
    const char *name = vec_text_or(v, key, "DMSC_OK");

    for (int err = 0; err > -1000; err--) {
        if (strcmp(dmsc_err_name((enum dmsc_err)err), name) == 0)
            return (enum dmsc_err)err;
    }
    vec_fail(v, "no error has the name %s", name);
    return DMSC_OK;
}

void vec_assert_text(struct vectors *v, const char *key, const char *actual)
{
    const char *expected = vec_text(v, key);

    if (strcmp(expected, actual) != 0)
        vec_fail(v, "%s\n  expected: %s\n  actual:   %s", key, expected, actual);
}

void vec_assert_hex(struct vectors *v, const char *key, struct dmsc_bytes actual)
{
    struct dmsc_bytes expected = vec_hex(v, key);
    char shown[2][401];
    size_t same = 0;

    if (dmsc_bytes_equal(expected, actual))
        return;
    while (same < expected.n && same < actual.n && expected.p[same] == actual.p[same])
        same++;
    dmsc_hex_encode(dmsc_bytes(expected.p, expected.n < 200 ? expected.n : 200), shown[0]);
    dmsc_hex_encode(dmsc_bytes(actual.p, actual.n < 200 ? actual.n : 200), shown[1]);
    vec_fail(v,
             "%s: %zu bytes expected, %zu came, first difference at %zu\n"
             "  expected: %s\n  actual:   %s",
             key, expected.n, actual.n, same, shown[0], shown[1]);
}

void vec_assert_number(struct vectors *v, const char *key, unsigned long long actual)
{
    unsigned long long expected = vec_number(v, key);

    if (expected != actual)
        vec_fail(v, "%s: expected %llu (0x%llX), came %llu (0x%llX)", key, expected, expected,
                 actual, actual);
}

void vec_assert_err(struct vectors *v, enum dmsc_err actual)
{
    enum dmsc_err expected = vec_err(v, "error");

    if (expected != actual)
        vec_fail(v, "expected %s, came %s", dmsc_err_name(expected), dmsc_err_name(actual));
}
