/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <dmsc/script.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_MAX 64

struct seen {
    char text[EVENTS_MAX][400];
    size_t count;
    unsigned stop_at; /* lines before the run is to stop; 0: never */
    unsigned asked;
};

static const char *const verdicts[] = { "done", "passed", "failed", "broken" };

static void keep(void *user, const struct dmsc_script_event *e)
{
    struct seen *seen = user;
    char *text = seen->text[seen->count];
    size_t size = sizeof(seen->text[0]);
    bool answered = e->answer[0] != '\0' || e->sw[0] != '\0';

    assert_true(seen->count < EVENTS_MAX);
    seen->count++;
    (void)snprintf(text, size, "%u %s %s%s%s%s%s%s%s%s", e->line, verdicts[e->verdict], e->name,
                   e->command[0] != '\0' ? " " : "", e->command, answered ? " > " : "", e->answer,
                   e->sw, e->why[0] != '\0' ? " | " : "", e->why);
    assert_true((e->verdict == DMSC_SCRIPT_FAILED || e->verdict == DMSC_SCRIPT_BROKEN) ==
                (e->why[0] != '\0'));
    assert_true((e->verdict == DMSC_SCRIPT_BROKEN) == (e->err != DMSC_OK));
}

static bool stop(void *user)
{
    struct seen *seen = user;

    return seen->stop_at != 0 && ++seen->asked > seen->stop_at;
}

static struct dmsc_ctx *new_ctx(void)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    return ctx;
}

static struct scripted *card_of(struct vectors *v)
{
    struct scripted *card = scripted_new(vec_number_or(v, "protocol", 0) == 1 ? DMSC_T1 : DMSC_T0);

    for (size_t i = 0; i < vec_count(v, "turn"); i++) {
        char turn[200];
        char *answer;

        (void)snprintf(turn, sizeof(turn), "%s", vec_nth(v, "turn", i));
        answer = strchr(turn, '>');
        assert_non_null(answer);
        *answer = '\0';
        scripted_turn(card, turn, answer + 1);
    }
    return card;
}

static void assert_refused(struct vectors *v, struct dmsc_ctx *ctx, enum dmsc_err err)
{
    const struct dmsc_diag *d = dmsc_diag_get(ctx);
    char told[300];

    if (err != DMSC_E_MALFORMED)
        vec_fail(v, "it is not refused");
    assert_string_equal(d->reason, "script:line");
    assert_int_equal(strncmp(d->where, "test.pcom:", 10), 0);
    (void)snprintf(told, sizeof(told), "%s %s", d->where + 10, d->why);
    vec_assert_text(v, "refused", told);
}

static void assert_events(struct vectors *v, const struct seen *seen)
{
    size_t wanted = vec_count(v, "event");

    for (size_t i = 0; i < seen->count && i < wanted; i++) {
        if (strcmp(seen->text[i], vec_nth(v, "event", i)) != 0)
            vec_fail(v, "event %zu\n  expected: %s\n  actual:   %s", i + 1, vec_nth(v, "event", i),
                     seen->text[i]);
    }
    if (seen->count != wanted)
        vec_fail(v, "%zu events instead of %zu", seen->count, wanted);
}

static void run_block(struct vectors *v, struct dmsc_ctx *ctx, const struct dmsc_script *script)
{
    static struct seen seen;
    struct dmsc_script_options options = DMSC_SCRIPT_OPTIONS_INIT;
    struct scripted *card = card_of(v);
    struct dmsc_script_result result;
    struct dmsc_link *link = NULL;
    enum dmsc_err err;

    memset(&seen, 0, sizeof(seen));
    options.all = vec_has(v, "all");
    options.raw = vec_has(v, "raw");
    options.event = keep;
    options.user = &seen;
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    err = dmsc_script_run(script, link, &options, &result);
    assert_events(v, &seen);
    vec_assert_err(v, err);
    assert_int_equal(result.commands, vec_count(v, "turn"));
    assert_int_equal(card->locks, card->unlocks);
    assert_int_equal(card->locked_transmits, card->transmits);
    scripted_assert_done(card);
    dmsc_link_free(link);
    scripted_free(card);
}

static void scripts_do_what_they_say(void **state)
{
    struct vectors *v = vectors_open("script.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_ctx *ctx = new_ctx();
        struct dmsc_script *script = NULL;
        enum dmsc_err err =
            dmsc_script_parse(ctx, "test.pcom", dmsc_bytes_str(vec_text(v, "script")), &script);

        if (vec_has(v, "refused"))
            assert_refused(v, ctx, err);
        else if (err != DMSC_OK)
            vec_fail(v, "refused: %s: %s", dmsc_diag_get(ctx)->where, dmsc_diag_get(ctx)->why);
        else
            run_block(v, ctx, script);
        dmsc_script_free(script);
        dmsc_ctx_free(ctx);
    }
    vectors_close(v);
}

/* Prefixes of every script and small changes: understood or refused with a story. */
static void bad_scripts_do_no_harm(void **state)
{
    static const char marks[] = ".%<>()[];:\\\"*\nXR0\x80";
    struct vectors *v = vectors_open("script.txt");
    struct dmsc_ctx *ctx = new_ctx();

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes whole = dmsc_bytes_str(vec_text(v, "script"));

        for (size_t i = 0; i <= whole.n; i++) {
            for (size_t k = 0; k < sizeof(marks); k++) {
                struct dmsc_bytes text =
                    support_copy_exact(dmsc_bytes(whole.p, k == 0 ? i : whole.n));
                struct dmsc_script *script = NULL;

                if (k > 0 && i < text.n)
                    ((uint8_t *)(uintptr_t)text.p)[i] = (uint8_t)marks[k - 1];
                if (dmsc_script_parse(ctx, "x", text, &script) != DMSC_OK)
                    assert_string_not_equal(dmsc_diag_get(ctx)->why, "");
                dmsc_script_free(script);
                support_free(text);
            }
        }
        for (size_t i = 0; i < 8; i++) {
            static const char *const keys[] = { "turn",    "event", "all",      "raw",
                                                "refused", "error", "protocol", "" };

            (void)vec_count(v, keys[i]);
        }
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void limits_hold(void **state)
{
    static const char endless[] = ".BEGIN_LOOP\n.LOOP 9999999\n";
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct scripted *card = scripted_new(DMSC_T0);
    struct dmsc_script_result result;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    config.limits.script_steps = 1000;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_script_parse(ctx, "x", dmsc_bytes_str(endless), &script), DMSC_OK);
    assert_int_equal(dmsc_script_run(script, link, NULL, &result), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "script:steps");
    dmsc_script_free(script);
    dmsc_link_free(link);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

static void the_caller_can_stop_it(void **state)
{
    static struct seen seen;
    struct dmsc_script_options options = { .event = keep, .stop = stop, .user = &seen };
    struct scripted *card = scripted_new(DMSC_T0);
    struct dmsc_ctx *ctx = new_ctx();
    struct dmsc_script_result result;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;

    (void)state;
    memset(&seen, 0, sizeof(seen));
    seen.stop_at = 2;
    scripted_turn(card, "00A40004023F00", "6122");
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_script_parse(ctx, "x",
                                       dmsc_bytes_str(".POWER_ON\n00A40004023F00\n00B0000001\n"),
                                       &script),
                     DMSC_OK);
    assert_int_equal(dmsc_script_run(script, link, &options, &result), DMSC_OK);
    assert_true(result.stopped);
    assert_int_equal(result.commands, 1);
    assert_int_equal(card->locks, card->unlocks);
    dmsc_script_free(script);
    dmsc_link_free(link);
    assert_int_equal(card->closes, 1);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

static void a_card_that_fails_is_told_with_its_line(void **state)
{
    static struct seen seen;
    struct dmsc_script_options options = { .event = keep, .user = &seen };
    struct scripted *card = scripted_new(DMSC_T0);
    struct dmsc_ctx *ctx = new_ctx();
    struct dmsc_script_result result;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;

    (void)state;
    memset(&seen, 0, sizeof(seen));
    scripted_turn_fails(card, "00A40004023F00", DMSC_E_TIMEOUT);
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    assert_int_equal(
        dmsc_script_parse(ctx, "x.pcom", dmsc_bytes_str("\n\n00A40004023F00\n00B0000001"), &script),
        DMSC_OK);
    assert_int_equal(dmsc_script_run(script, link, &options, &result), DMSC_E_TIMEOUT);
    assert_string_equal(dmsc_diag_get(ctx)->where, "x.pcom:3");
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.text[0], "3 broken SELECT 00A40004023F00 | no answer in time");
    assert_int_equal(result.broken, 1);
    dmsc_script_free(script);
    dmsc_link_free(link);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[2 * SUPPORT_PATH_MAX];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum dmsc_err load_and_run(struct dmsc_ctx *ctx, const char *path, struct seen *seen)
{
    struct dmsc_script_options options = { .event = keep, .user = seen };
    struct scripted *card = scripted_new(DMSC_T0);
    struct dmsc_script_result result;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;
    enum dmsc_err err = dmsc_script_load(ctx, path, &script);

    seen->count = 0;
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    if (err == DMSC_OK)
        err = dmsc_script_run(script, link, &options, &result);
    dmsc_script_free(script);
    dmsc_link_free(link);
    scripted_free(card);
    return err;
}

static void files_call_files(void **state)
{
    static struct seen seen;
    char folder[SUPPORT_PATH_MAX], path[2 * SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx = new_ctx();

    (void)state;
    support_mkdir(folder);
    write_file(folder, "main.pcom", ".CALL lib.var /LIST_OFF\n.DISPLAY %A\n.CALL \"lib.var\"\n");
    write_file(folder, "lib.var",
               "\xEF\xBB\xBF.DEFINE %A 11\r\n.DEFINE %B 22\r\n.CALL .\\deep.pcom\r\n");
    write_file(folder, "deep.pcom", ".DISPLAY %A %B");
    write_file(folder, "self.pcom", ".DISPLAY 01\n.CALL self.pcom\n");
    write_file(folder, "lost.pcom", ".POWER_ON\n.CALL nowhere.pcom\n");
    write_file(folder, "bad.pcom", ".CALL worse.pcom\n");
    write_file(folder, "worse.pcom", "\n0\n");
    (void)snprintf(path, sizeof(path), "%s/main.pcom", folder);
    assert_int_equal(load_and_run(ctx, path, &seen), DMSC_OK);
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.text[0], "1 done %A %B = 1122");
    assert_string_equal(seen.text[1], "2 done %A = 11");

    (void)snprintf(path, sizeof(path), "%s/self.pcom", folder);
    assert_int_equal(load_and_run(ctx, path, &seen), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "script:depth");
    assert_int_equal(seen.count, dmsc_ctx_limits(ctx)->script_depth);

    (void)snprintf(path, sizeof(path), "%s/lost.pcom", folder);
    assert_int_equal(load_and_run(ctx, path, &seen), DMSC_E_IO);
    assert_int_equal(seen.count, 0);
    assert_non_null(strstr(dmsc_diag_get(ctx)->where, "nowhere.pcom"));
    assert_non_null(strstr(dmsc_diag_get(ctx)->hint, "lost.pcom:2"));

    (void)snprintf(path, sizeof(path), "%s/bad.pcom", folder);
    assert_int_equal(load_and_run(ctx, path, &seen), DMSC_E_MALFORMED);
    assert_non_null(strstr(dmsc_diag_get(ctx)->where, "worse.pcom:2"));
    support_rmdir(folder);
    dmsc_ctx_free(ctx);
}

static void files_have_limits(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    char folder[SUPPORT_PATH_MAX], path[2 * SUPPORT_PATH_MAX];
    struct dmsc_script *script = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    config.limits.script_size = 20;
    config.limits.script_files = 2;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    support_mkdir(folder);
    write_file(folder, "long", ".DEFINE %A 0123456789ABCDEF\n");
    write_file(folder, "many", ".CALL a\n.CALL b\n");
    write_file(folder, "a", "");
    write_file(folder, "b", "");
    (void)snprintf(path, sizeof(path), "%s/long", folder);
    assert_int_equal(dmsc_script_load(ctx, path, &script), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "script:size");
    (void)snprintf(path, sizeof(path), "%s/many", folder);
    assert_int_equal(dmsc_script_load(ctx, path, &script), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "script:files");
    assert_null(script);
    support_rmdir(folder);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    static const char text[] = ".DEFINE %PIN 31323334FFFFFFFF\n.SET_BUFFER L 0001\n"
                               ".INCREASE_BUFFER L 01\n.SWITCH L\n.CASE 0002\n* two\n.BREAK\n"
                               ".ENDSWITCH\n.BEGIN_LOOP\n0020000108 %PIN (9000)\n.LOOP 2\n"
                               "00B0000002 [L(1;1) XX] (9000, 91XX)\n.DISPLAY R\n.POWER_OFF\n";
    static struct seen seen;
    struct dmsc_script_options options = { .event = keep, .user = &seen };
    struct dmsc_script_result result;
    struct scripted *card = user;
    struct dmsc_script *script = NULL;
    struct dmsc_link *link = NULL;
    enum dmsc_err err = dmsc_script_parse(ctx, "x", dmsc_bytes_str(text), &script);

    scripted_rewind(card);
    seen.count = 0;
    if (err == DMSC_OK)
        err = scripted_link(card, ctx, &link);
    if (err == DMSC_OK)
        err = dmsc_script_run(script, link, &options, &result);
    if (err == DMSC_OK) {
        assert_int_equal(result.passed, 3);
        assert_int_equal(seen.count, 6);
    }
    assert_int_equal(card->locks, card->unlocks);
    dmsc_script_free(script);
    dmsc_link_free(link);
    return err;
}

static void survives_without_memory(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn(card, "002000010831323334FFFFFFFF", "9000");
    scripted_turn(card, "002000010831323334FFFFFFFF", "9000");
    scripted_turn(card, "00B0000002", "0041 9000");
    assert_true(fault_torture(scenario, card) > 20);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_do_what_they_say),
        cmocka_unit_test(bad_scripts_do_no_harm),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_caller_can_stop_it),
        cmocka_unit_test(a_card_that_fails_is_told_with_its_line),
        cmocka_unit_test(files_call_files),
        cmocka_unit_test(files_have_limits),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
