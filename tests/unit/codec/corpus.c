/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/codec/corpus.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

void corpus_need(const char *name)
{
    char path[SUPPORT_PATH_MAX];

    (void)snprintf(path, sizeof(path), "../shared/corpus/card/%s", name);
    if (!support_exists(path))
        support_skip("%s is not there", path);
}

void corpus_each(const char *name, void (*row)(void *user, json_t *row), void *user)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_bytes text;
    char *line;

    corpus_need(name);
    (void)snprintf(path, sizeof(path), "../shared/corpus/card/%s", name);
    text = support_slurp(path);
    line = (char *)(uintptr_t)text.p;
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        json_t *object = json_loadb(line, n, 0, NULL);

        if (!json_is_object(object))
            fail_msg("%s: no object: %.60s", path, line);
        row(user, object);
        json_decref(object);
        line += line[n] == '\0' ? n : n + 1;
    }
    support_free(text);
}

const char *corpus_text(json_t *row, const char *member)
{
    return json_string_value(json_object_get(row, member));
}

struct dmsc_bytes corpus_hex(json_t *row, const char *member)
{
    const char *hex = corpus_text(row, member);
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_bytes exact;
    struct dmsc_buf buf;

    assert_non_null(hex);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, strlen(hex));
    assert_int_equal(dmsc_hex_decode(hex, &buf), DMSC_OK);
    exact = support_copy_exact(dmsc_buf_bytes(&buf));
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
    return exact;
}
