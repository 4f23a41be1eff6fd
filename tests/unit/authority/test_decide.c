/* SPDX-License-Identifier: Apache-2.0 */
/* The truth table of the one decision, and that no lack of memory opens a door. */
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct question question;
    char reason[32];
    unsigned id;
};

struct table {
    struct fault fault;
    struct dmsc_ctx *ctx;
    struct fixture f;
    unsigned rows;
    bool reached[DMSC_REFUSED_ERROR + 1];
    unsigned long refused_allocations;
};

static enum dmsc_reason reason_by_name(struct vectors *v, const char *name)
{
    for (int reason = DMSC_ALLOWED; reason <= DMSC_REFUSED_ERROR; reason++) {
        if (strcmp(dmsc_reason_name((enum dmsc_reason)reason), name) == 0)
            return (enum dmsc_reason)reason;
    }
    vec_fail(v, "no reason has the name %s", name);
    return DMSC_REFUSED_ERROR;
}

static struct row parse_row(struct vectors *v, const char *text)
{
    struct row row = { .id = 0 };

    if (sscanf(text, "%127s %95s %127s %31s %31s %u", row.question.subject, row.question.right,
               row.question.node, row.question.clock, row.reason, &row.id) < 5)
        vec_fail(v, "no row: %s", text);
    return row;
}

static void check_verdict(struct vectors *v, const char *text, const struct row *row,
                          const struct dmsc_verdict *verdict)
{
    if (strcmp(dmsc_reason_name(verdict->reason), row->reason) != 0)
        vec_fail(v, "%s\n  came: %s (%s)", text, dmsc_reason_name(verdict->reason),
                 verdict->detail);
    if (verdict->ma_id != row->id)
        vec_fail(v, "%s\n  came: entry %u", text, verdict->ma_id);
    if (verdict->detail[0] == '\0')
        vec_fail(v, "%s: there is no detail", text);
}

/* Each allocation of the decision fails once: what is refused stays refused, and what is allowed
 * is allowed or an error. */
static void starve(struct table *t, struct vectors *v, const char *text, const struct row *row,
                   enum dmsc_reason expected)
{
    for (unsigned long at = 0;; at++) {
        struct dmsc_verdict verdict;

        t->fault.fired = false;
        fault_arm(&t->fault, FAULT_ONCE, at);
        verdict = fixture_ask(&t->f, &row->question);
        fault_arm(&t->fault, FAULT_NEVER, 0);
        if (verdict.reason != expected && verdict.reason != DMSC_REFUSED_ERROR)
            vec_fail(v, "%s\n  without memory: %s", text, dmsc_reason_name(verdict.reason));
        if (verdict.reason == DMSC_REFUSED_ERROR) {
            t->reached[DMSC_REFUSED_ERROR] = true;
            t->refused_allocations++;
        }
        if (!t->fault.fired)
            return;
    }
}

static void check_list(struct table *t, struct vectors *v)
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    for (size_t i = 0; i < vec_count(v, "ma"); i++)
        fixture_ma(&list, vec_nth(v, "ma", i));
    assert_int_equal(dmsc_authority_set_list(t->f.authority, list.count > 0 ? &list : NULL),
                     DMSC_OK);
    fixture_free_list(&list);
    for (size_t i = 0; i < vec_count(v, "own"); i++)
        fixture_own(&t->f, vec_nth(v, "own", i));
    for (size_t i = 0; i < vec_count(v, "grant"); i++)
        assert_int_equal(fixture_grant(&t->f, vec_nth(v, "grant", i)), DMSC_OK);
    for (size_t i = 0; i < vec_count(v, "wrote"); i++)
        fixture_wrote(&t->f, vec_nth(v, "wrote", i));
    for (size_t i = 0; i < vec_count(v, "row"); i++) {
        const char *text = vec_nth(v, "row", i);
        struct row row = parse_row(v, text);
        enum dmsc_reason expected = reason_by_name(v, row.reason);
        struct dmsc_verdict verdict = fixture_ask(&t->f, &row.question);

        check_verdict(v, text, &row, &verdict);
        starve(t, v, text, &row, expected);
        t->reached[expected] = true;
        t->rows++;
    }
    fixture_forget(&t->f);
}

static void the_table_is_true(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct table t = { .fault = FAULT_INIT };
    struct vectors *v = vectors_open("authority.txt");

    (void)state;
    fault_config(&t.fault, &config);
    assert_int_equal(dmsc_ctx_new(&config, &t.ctx), DMSC_OK);
    t.f = fixture_begin(t.ctx);
    while (vectors_next(v)) {
        for (size_t i = 0; i < vec_count(v, "node"); i++)
            fixture_node(&t.f, vec_nth(v, "node", i));
        if (!vec_has(v, "node"))
            check_list(&t, v);
    }
    vectors_close(v);
    printf("%u rows, %lu refused for lack of memory\n", t.rows, t.refused_allocations);
    for (int reason = DMSC_ALLOWED; reason <= DMSC_REFUSED_ERROR; reason++) {
        if (!t.reached[reason])
            fail_msg("no row ends in %s", dmsc_reason_name((enum dmsc_reason)reason));
    }
    assert_true(t.rows >= 400);
    fixture_end(&t.f);
    dmsc_ctx_free(t.ctx);
    fault_assert_no_leak(&t.fault);
}

static void every_reason_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int a = DMSC_ALLOWED; a <= DMSC_REFUSED_ERROR; a++) {
        const char *name = dmsc_reason_name((enum dmsc_reason)a);

        assert_string_not_equal(name, "?");
        assert_true(strlen(dmsc_reason_text((enum dmsc_reason)a)) > 5);
        for (int b = DMSC_ALLOWED; b < a; b++)
            assert_string_not_equal(name, dmsc_reason_name((enum dmsc_reason)b));
    }
    assert_string_equal(dmsc_reason_name((enum dmsc_reason)999), "?");
    assert_non_null(dmsc_reason_text((enum dmsc_reason)999));
}

struct sink {
    unsigned lines;
    char last[600];
};

static void keep(void *user, enum dmsc_level level, const char *area, const char *text)
{
    struct sink *sink = user;

    if (strcmp(area, "authority") != 0)
        return;
    assert_int_equal(level, DMSC_LOG_WARN);
    sink->lines++;
    (void)snprintf(sink->last, sizeof(sink->last), "%s", text);
}

/* Step 6 of the algorithm: who, what, where and why; what is allowed makes no noise. */
static void refusals_are_logged(void **state)
{
    static const struct question refused = { "com.a", "replace", "./Vendor", "100" };
    static const struct question allowed = { "com.a", "get", "./Vendor", "100" };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct sink sink = { .lines = 0 };
    struct dmsc_ctx *ctx = NULL;
    struct fixture f;

    (void)state;
    config.log = keep;
    config.log_user = &sink;
    config.log_level = DMSC_LOG_DEBUG;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    f = fixture_begin(ctx);
    fixture_node(&f, "./Vendor node");
    fixture_ma(&list, "id=3 server=com.a scope=00,.,0001");
    assert_int_equal(dmsc_authority_set_list(f.authority, &list), DMSC_OK);
    (void)fixture_ask(&f, &allowed);
    assert_int_equal(sink.lines, 0);
    (void)fixture_ask(&f, &refused);
    assert_int_equal(sink.lines, 1);
    assert_non_null(strstr(sink.last, "com.a"));
    assert_non_null(strstr(sink.last, "Replace"));
    assert_non_null(strstr(sink.last, "./Vendor"));
    assert_non_null(strstr(sink.last, "ma:right"));
    assert_non_null(strstr(sink.last, "entry 3"));
    fixture_free_list(&list);
    fixture_end(&f);
    dmsc_ctx_free(ctx);
}

/* An ACL on an interior node closes the branch, one on a leaf that leaf alone. */
static void req_S1_23_an_acl_protects_a_branch_or_a_leaf(void **state)
{
    static const struct {
        struct question question;
        enum dmsc_reason reason;
    } rows[] = {
        { { "com.a", "get", "./Branch", "100" }, DMSC_ALLOWED },
        { { "com.b", "get", "./Branch", "100" }, DMSC_REFUSED_ACL },
        { { "com.a", "replace", "./Branch/Deep/Leaf", "100" }, DMSC_ALLOWED },
        { { "com.b", "replace", "./Branch/Deep/Leaf", "100" }, DMSC_REFUSED_ACL },
        { { "com.b", "get", "./Branch/Deep/Leaf", "100" }, DMSC_REFUSED_ACL },
        { { "com.b", "add", "./Branch/New", "100" }, DMSC_REFUSED_ACL },
        { { "com.b", "delete", "./Branch/Deep", "100" }, DMSC_REFUSED_ACL },
        { { "com.b", "acl", "./Branch/Deep", "100" }, DMSC_REFUSED_ACL },
        { { "com.a", "get", "./Open/Own", "100" }, DMSC_REFUSED_ACL },
        { { "com.b", "get", "./Open/Own", "100" }, DMSC_ALLOWED },
        { { "com.a", "get", "./Open/Other", "100" }, DMSC_ALLOWED },
        { { "com.b", "get", "./Open/Other", "100" }, DMSC_ALLOWED },
    };
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct fixture f;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    f = fixture_begin(ctx);
    fixture_node(&f, "./Branch node acl=Add=com.a&Delete=com.a&Get=com.a&Replace=com.a");
    fixture_node(&f, "./Branch/Deep node");
    fixture_node(&f, "./Branch/Deep/Leaf chr");
    fixture_node(&f, "./Open node acl=Get=*");
    fixture_node(&f, "./Open/Own chr acl=Get=com.b");
    fixture_node(&f, "./Open/Other chr");
    fixture_ma(&list, "id=1 server=com.a scope=00,.,8000");
    fixture_ma(&list, "id=2 server=com.b scope=00,.,8000");
    assert_int_equal(dmsc_authority_set_list(f.authority, &list), DMSC_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dmsc_verdict verdict = fixture_ask(&f, &rows[i].question);

        if (verdict.reason != rows[i].reason)
            fail_msg("%s %s %s: %s", rows[i].question.subject, rows[i].question.right,
                     rows[i].question.node, dmsc_reason_name(verdict.reason));
    }
    fixture_free_list(&list);
    fixture_end(&f);
    dmsc_ctx_free(ctx);
    req_done("S1-23");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_S1_23_an_acl_protects_a_branch_or_a_leaf),
        cmocka_unit_test(the_table_is_true),
        cmocka_unit_test(every_reason_has_a_name_and_a_sentence),
        cmocka_unit_test(refusals_are_logged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
