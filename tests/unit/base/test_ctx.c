/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <string.h>

struct seen {
    unsigned lines;
    enum dmsc_level level;
    char area[32];
    char text[600];
};

static void keep(void *user, enum dmsc_level level, const char *area, const char *text)
{
    struct seen *seen = user;

    seen->lines++;
    seen->level = level;
    (void)snprintf(seen->area, sizeof(seen->area), "%s", area);
    (void)snprintf(seen->text, sizeof(seen->text), "%s", text);
}

static struct dmsc_ctx *new_ctx(const struct dmsc_ctx_config *config)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(config, &ctx), DMSC_OK);
    return ctx;
}

static void limits_of_zero_take_their_defaults(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    (void)state;
    config.limits.ma_entries = 3;
    ctx = new_ctx(&config);
    assert_int_equal(dmsc_ctx_limits(ctx)->ma_entries, 3);
    assert_int_equal(dmsc_ctx_limits(ctx)->ef_size, 65538);
    assert_int_not_equal(dmsc_ctx_limits(ctx)->certificate_size, 0);
    dmsc_ctx_free(ctx);
    dmsc_ctx_free(NULL);
}

static void story_has_four_parts(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)state;
    assert_int_equal(diag->err, DMSC_OK);
    assert_string_equal(diag->what, "");
    assert_int_equal(dmsci_fail(ctx, DMSC_E_SW, "SELECT %s", "MF"), DMSC_E_SW);
    dmsci_where(ctx, "EF %04X", 0x2FE2u);
    dmsci_why(ctx, "sw:6982", "not %s", "satisfied");
    dmsci_hint(ctx, "verify the PIN");
    dmsci_fail_sw(ctx, 0x6982);
    dmsci_fail_code(ctx, -7);
    assert_int_equal(diag->err, DMSC_E_SW);
    assert_string_equal(diag->what, "SELECT MF");
    assert_string_equal(diag->where, "EF 2FE2");
    assert_string_equal(diag->why, "not satisfied");
    assert_string_equal(diag->reason, "sw:6982");
    assert_string_equal(diag->hint, "verify the PIN");
    assert_int_equal(diag->sw, 0x6982);
    assert_int_equal(diag->code, -7);
    dmsc_ctx_free(ctx);
}

static void innermost_layer_knows_best(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)state;
    (void)dmsci_fail(ctx, DMSC_E_NET, "connect");
    dmsci_why(ctx, "net:refused", "nobody listens");
    dmsci_why(ctx, "tls:other", "something else");
    dmsci_where(ctx, "first");
    dmsci_where(ctx, "second");
    dmsci_hint(ctx, "a");
    dmsci_hint(ctx, "b");
    assert_string_equal(diag->why, "nobody listens");
    assert_string_equal(diag->reason, "net:refused");
    assert_string_equal(diag->where, "first");
    assert_string_equal(diag->hint, "a");
    dmsc_ctx_free(ctx);
}

static void a_new_story_forgets_the_old_but_may_quote_it(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)state;
    (void)dmsci_fail(ctx, DMSC_E_IO, "open file");
    dmsci_where(ctx, "here");
    dmsci_fail_sw(ctx, 0x6F00);
    (void)dmsci_fail(ctx, DMSC_E_CONFIG, "load: %s", diag->what);
    assert_string_equal(diag->what, "load: open file");
    assert_string_equal(diag->where, "");
    assert_int_equal(diag->sw, 0);
    dmsc_diag_clear(ctx);
    assert_int_equal(diag->err, DMSC_OK);
    assert_string_equal(diag->what, "");
    dmsc_ctx_free(ctx);
}

static void a_story_cannot_drive_a_terminal(void **state)
{
    struct dmsc_ctx *ctx = new_ctx(NULL);

    (void)state;
    (void)dmsci_fail(ctx, DMSC_E_PEER, "%s", "a\x1B[2Jb\r\nc\x7F");
    assert_string_equal(dmsc_diag_get(ctx)->what, "a.[2Jb..c.");
    /* CSI as one character of Latin-1, as a bare byte, and bytes that are no character at all. */
    (void)dmsci_fail(ctx, DMSC_E_PEER, "%s", "a\xC2\x9B[2J\x9B\xC3(\xED\xA0\x80 \xC2\xA0\xC3\xA9");
    assert_string_equal(dmsc_diag_get(ctx)->what, "a..[2J..(... \xC2\xA0\xC3\xA9");
    dmsc_ctx_free(ctx);
}

/* Texts of every length around the size of a part, with characters of one to four bytes. */
static void a_cut_story_is_still_utf8(void **state)
{
    static const char *const characters[] = { "x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80" };
    struct dmsc_ctx *ctx = new_ctx(NULL);
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)state;
    for (size_t c = 0; c < DMSCI_ARRAY_LEN(characters); c++) {
        for (size_t before = 150; before < 200; before++) {
            char text[400] = "";

            memset(text, 'a', before);
            for (int i = 0; i < 20; i++)
                (void)strncat(text, characters[c], sizeof(text) - strlen(text) - 1);
            (void)dmsci_fail(ctx, DMSC_E_IO, "%s", text);
            assert_true(dmsci_utf8_valid(dmsc_bytes_str(diag->what)));
            assert_memory_equal(diag->what, text, strlen(diag->what));
            if (strlen(text) < sizeof(diag->what))
                assert_string_equal(diag->what, text);
            else
                assert_true(strlen(diag->what) >= sizeof(diag->what) - 5);
        }
    }
    dmsc_ctx_free(ctx);
}

static void log_respects_the_level(void **state)
{
    struct seen seen = { 0 };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;

    (void)state;
    config.log = keep;
    config.log_user = &seen;
    config.log_level = DMSC_LOG_INFO;
    ctx = new_ctx(&config);
    dmsci_log(ctx, DMSC_LOG_DEBUG, "uicc", "too much");
    assert_int_equal(seen.lines, 0);
    dmsci_log(ctx, DMSC_LOG_INFO, "uicc", "EF %04x: %d bytes\n", 0x6F07u, 9);
    assert_int_equal(seen.lines, 1);
    assert_int_equal(seen.level, DMSC_LOG_INFO);
    assert_string_equal(seen.area, "uicc");
    assert_string_equal(seen.text, "EF 6f07: 9 bytes.");
    dmsc_ctx_free(ctx);
    ctx = new_ctx(NULL);
    dmsci_log(ctx, DMSC_LOG_ERROR, "uicc", "nobody listens");
    dmsc_ctx_free(ctx);
}

static void errors_have_names_of_their_own(void **state)
{
    static const enum dmsc_err all[] = {
        DMSC_OK,
        DMSC_E_ARG,
        DMSC_E_NOMEM,
        DMSC_E_LIMIT,
        DMSC_E_STATE,
        DMSC_E_IO,
        DMSC_E_CONFIG,
        DMSC_E_EXISTS,
        DMSC_E_LINK,
        DMSC_E_TIMEOUT,
        DMSC_E_REMOVED,
        DMSC_E_CARD_RESET,
        DMSC_E_NOREADER,
        DMSC_E_NOSERVICE,
        DMSC_E_SW,
        DMSC_E_NOTFOUND,
        DMSC_E_DENIED,
        DMSC_E_PIN,
        DMSC_E_TRUNCATED,
        DMSC_E_MALFORMED,
        DMSC_E_UNSUPPORTED,
        DMSC_E_CORRUPT,
        DMSC_E_UNTRUSTED,
        DMSC_E_REPLAY,
        DMSC_E_NOT_LISTED_MA,
        DMSC_E_REFUSED,
        DMSC_E_NET,
        DMSC_E_TLS,
        DMSC_E_HTTP,
        DMSC_E_PEER,
        DMSC_E_AGAIN,
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(all); i++) {
        assert_string_not_equal(dmsc_err_name(all[i]), "?");
        assert_string_not_equal(dmsc_err_text(all[i]), "an unknown error");
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(dmsc_err_name(all[i]), dmsc_err_name(all[j]));
            assert_string_not_equal(dmsc_err_text(all[i]), dmsc_err_text(all[j]));
        }
    }
    assert_string_equal(dmsc_err_name(DMSC_E_NOT_LISTED_MA), "DMSC_E_NOT_LISTED_MA");
    assert_string_equal(dmsc_err_name((enum dmsc_err)1), "?");
    assert_string_equal(dmsc_err_text((enum dmsc_err) - 19), "an unknown error");
}

static void allocation_is_zeroed_and_counts_overflow(void **state)
{
    struct fault fault = FAULT_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;
    uint8_t *p;
    char *copy;

    (void)state;
    fault_config(&fault, &config);
    ctx = new_ctx(&config);
    p = dmsci_calloc(ctx, 10, 3);
    assert_non_null(p);
    for (int i = 0; i < 30; i++)
        assert_int_equal(p[i], 0);
    assert_null(dmsci_calloc(ctx, SIZE_MAX / 2, 3));
    assert_int_equal(dmsc_diag_get(ctx)->err, DMSC_E_NOMEM);
    p[29] = 9;
    p = dmsci_realloc(ctx, p, 3000);
    assert_non_null(p);
    assert_int_equal(p[29], 9);
    dmsci_free(ctx, p);
    dmsci_free(ctx, NULL);
    copy = dmsci_strndup(ctx, "abcdef", 3);
    assert_string_equal(copy, "abc");
    dmsci_free(ctx, copy);
    copy = dmsci_strdup(ctx, "");
    assert_string_equal(copy, "");
    dmsci_free(ctx, copy);
    p = dmsci_calloc(ctx, 0, 8);
    assert_non_null(p);
    dmsci_free(ctx, p);
    dmsc_ctx_free(ctx);
    fault_assert_no_leak(&fault);
}

/* An array doubles, and keeps what it has when it cannot. */
static void an_array_grows(void **state)
{
    struct fault fault = FAULT_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;
    uint32_t *list = NULL, *grown;
    size_t cap = 0;

    (void)state;
    fault_config(&fault, &config);
    ctx = new_ctx(&config);
    for (uint32_t i = 0; i < 100; i++) {
        list = dmsci_more(ctx, list, i, &cap, sizeof(*list));
        assert_non_null(list);
        assert_true(cap > i && cap <= 128);
        list[i] = i;
    }
    fault_arm(&fault, FAULT_ONCE, 0);
    grown = dmsci_more(ctx, list, 100, &cap, sizeof(*list));
    assert_ptr_equal(grown, list); /* there was room */
    assert_null(dmsci_more(ctx, list, cap, &cap, sizeof(*list)));
    assert_int_equal(cap, 128);
    fault_arm(&fault, FAULT_NEVER, 0);
    assert_null(dmsci_more(ctx, list, cap, &cap, SIZE_MAX / 200));
    assert_int_equal(cap, 128);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(list[i], i);
    dmsci_free(ctx, list);
    dmsc_ctx_free(ctx);
    fault_assert_no_leak(&fault);
}

static void no_memory_for_the_context_itself(void **state)
{
    struct fault fault = FAULT_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    fault_config(&fault, &config);
    fault_arm(&fault, FAULT_ONCE, 0);
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_E_NOMEM);
    assert_null(ctx);
    assert_true(fault.fired);
    fault_assert_no_leak(&fault);
}

static void realloc_that_fails_leaves_the_block(void **state)
{
    struct fault fault = FAULT_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx;
    char *p;

    (void)state;
    fault_config(&fault, &config);
    ctx = new_ctx(&config);
    p = dmsci_strdup(ctx, "still here");
    fault_arm(&fault, FAULT_FOREVER, 0);
    assert_null(dmsci_realloc(ctx, p, 100));
    assert_int_equal(dmsc_diag_get(ctx)->err, DMSC_E_NOMEM);
    assert_string_equal(p, "still here");
    dmsci_free(ctx, p);
    dmsc_ctx_free(ctx);
    fault_assert_no_leak(&fault);
}

static void copy_may_overlap(void **state)
{
    char text[] = "abcdef";

    (void)state;
    dmsci_copy(text + 1, text, 4);
    assert_string_equal(text, "aabcdf");
    dmsci_copy(text, NULL, 0);
    dmsci_copy(NULL, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_zero_take_their_defaults),
        cmocka_unit_test(story_has_four_parts),
        cmocka_unit_test(innermost_layer_knows_best),
        cmocka_unit_test(a_new_story_forgets_the_old_but_may_quote_it),
        cmocka_unit_test(a_story_cannot_drive_a_terminal),
        cmocka_unit_test(a_cut_story_is_still_utf8),
        cmocka_unit_test(log_respects_the_level),
        cmocka_unit_test(errors_have_names_of_their_own),
        cmocka_unit_test(allocation_is_zeroed_and_counts_overflow),
        cmocka_unit_test(an_array_grows),
        cmocka_unit_test(no_memory_for_the_context_itself),
        cmocka_unit_test(realloc_that_fails_leaves_the_block),
        cmocka_unit_test(copy_may_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
