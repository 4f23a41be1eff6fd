/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold for every list there can be: taking something away from a grant, or adding a deny
 * entry, never opens a door; the order of the entries does not matter; who may do anything at all
 * may also open a session. Lists and questions are generated; the seed is printed.
 */
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS      400
#define ENTRIES_MAX 6
#define ASK_MAX     12

static const char *const servers[] = { "com.a", "com.b" };
static const char *const paths[] = { ".", "./DMAcc", "./DMAcc/OpA", "./Vendor" };
static const char *const types[] = { "00", "00", "03", "urn:example:mo:fleet" };
static const char *const nodes[] = {
    ".", "./DMAcc", "./DMAcc/OpA", "./DMAcc/OpA/AppID", "./Vendor/Fleet", "./Vendor/New"
};
static const char *const rights[] = { "get", "add", "replace", "delete", "delegate" };
static const char *const times[] = { "50", "150", "250", "50?", "150?" };

#define ONE_OF(gen, array) (array)[gen_below(gen, DMSCI_ARRAY_LEN(array))]

static void some_entry(struct gen *gen, struct dmsc_ma_list *list, unsigned id)
{
    static const char *const validity[] = { "", "", "", " valid=100-200", " valid=0-200" };
    static const char *const flags[] = { " flags=e",  " flags=e", " flags=e", " flags=e",
                                         " flags=ed", " flags=",  " flags=d" };
    static const char *const masks[] = { "0001", "0007", "040F", "8000", "0400" };
    char line[300];
    int n = snprintf(line, sizeof(line), "id=%u server=%s prio=%u%s%s", id, ONE_OF(gen, servers),
                     gen_below(gen, 3), ONE_OF(gen, validity), ONE_OF(gen, flags));

    if (gen_below(gen, 8) == 0)
        n += snprintf(line + n, sizeof(line) - (size_t)n, " pin=none");
    if (gen_below(gen, 3) == 0)
        n += snprintf(line + n, sizeof(line) - (size_t)n, " from=%u:%u",
                      1 + gen_below(gen, ENTRIES_MAX), gen_below(gen, 4));
    for (unsigned i = gen_below(gen, 3); i > 0; i--)
        n += snprintf(line + n, sizeof(line) - (size_t)n, " scope=%s,%s,%s", ONE_OF(gen, types),
                      ONE_OF(gen, paths), ONE_OF(gen, masks));
    fixture_ma(list, line);
}

static struct question some_question(struct gen *gen)
{
    struct question q;

    (void)snprintf(q.subject, sizeof(q.subject), "%s", ONE_OF(gen, servers));
    (void)snprintf(q.right, sizeof(q.right), "%s", ONE_OF(gen, rights));
    (void)snprintf(q.node, sizeof(q.node), "%s", ONE_OF(gen, nodes));
    (void)snprintf(q.clock, sizeof(q.clock), "%s", ONE_OF(gen, times));
    return q;
}

struct exam {
    struct fixture *f;
    struct gen gen;
    struct dmsc_ma_list list;
    struct question asked[ASK_MAX];
    bool allowed[ASK_MAX];
    unsigned long allowed_count;
};

static bool ask(struct exam *exam, const struct question *question)
{
    struct dmsc_verdict verdict = fixture_ask(exam->f, question);

    assert_int_not_equal(verdict.reason, DMSC_REFUSED_ERROR);
    return verdict.reason == DMSC_ALLOWED;
}

static void put_in_force(struct exam *exam)
{
    assert_int_equal(dmsc_authority_set_list(exam->f->authority, &exam->list), DMSC_OK);
}

/* After a change that may only close: no refused question is allowed now. */
static void nothing_opened(struct exam *exam, const char *change)
{
    put_in_force(exam);
    for (size_t i = 0; i < ASK_MAX; i++) {
        const struct question *q = &exam->asked[i];

        if (ask(exam, q) && !exam->allowed[i])
            fail_msg("%s opened %s %s %s %s", change, q->subject, q->right, q->node, q->clock);
    }
}

static void less_rights(struct exam *exam)
{
    struct dmsc_ma *ma = &exam->list.entries[gen_below(&exam->gen, (uint32_t)exam->list.count)];

    if ((ma->flags & DMSC_MA_DENY) != 0 || ma->scope_count == 0)
        return;
    ma->scopes[0].rights &= (uint16_t)gen_u32(&exam->gen);
    nothing_opened(exam, "fewer rights of a grant");
}

static void disable(struct exam *exam)
{
    struct dmsc_ma *ma = &exam->list.entries[gen_below(&exam->gen, (uint32_t)exam->list.count)];

    if ((ma->flags & DMSC_MA_DENY) != 0)
        return;
    ma->flags &= (uint8_t)~DMSC_MA_ENABLED;
    nothing_opened(exam, "a disabled grant");
}

static void deny(struct exam *exam)
{
    fixture_ma(&exam->list, "id=77 server=com.a flags=ed prio=1 scope=00,./DMAcc,0005");
    nothing_opened(exam, "a deny entry with a scope");
    fixture_ma(&exam->list, "id=78 server=com.a flags=ed prio=0");
    nothing_opened(exam, "a deny entry without scopes");
    for (size_t i = 0; i < ASK_MAX; i++) {
        if (strcmp(exam->asked[i].subject, "com.a") == 0)
            assert_false(ask(exam, &exam->asked[i]));
    }
}

static void order_does_not_matter(struct exam *exam)
{
    struct dmsc_ma_list *list = &exam->list;

    for (size_t i = list->count - 1; i > 0; i--) {
        size_t k = gen_below(&exam->gen, (uint32_t)i + 1);
        struct dmsc_ma swap = list->entries[i];

        list->entries[i] = list->entries[k];
        list->entries[k] = swap;
    }
    put_in_force(exam);
    for (size_t i = 0; i < ASK_MAX; i++)
        assert_int_equal(ask(exam, &exam->asked[i]), exam->allowed[i]);
}

static void an_untrusted_clock_opens_nothing(struct exam *exam)
{
    for (size_t i = 0; i < ASK_MAX; i++) {
        struct question q = exam->asked[i];

        if (strchr(q.clock, '?') != NULL)
            continue;
        (void)strcat(q.clock, "?");
        assert_true(exam->allowed[i] || !ask(exam, &q));
    }
}

static void who_may_do_something_may_come_in(struct exam *exam)
{
    for (size_t i = 0; i < ASK_MAX; i++) {
        struct question q = exam->asked[i];

        if (!exam->allowed[i])
            continue;
        (void)strcpy(q.right, "admit");
        assert_true(ask(exam, &q));
    }
}

static void examine(struct exam *exam)
{
    unsigned count = 1 + gen_below(&exam->gen, ENTRIES_MAX);

    for (unsigned i = 1; i <= count; i++)
        some_entry(&exam->gen, &exam->list, i);
    put_in_force(exam);
    for (size_t i = 0; i < ASK_MAX; i++) {
        exam->asked[i] = some_question(&exam->gen);
        exam->allowed[i] = ask(exam, &exam->asked[i]);
        exam->allowed_count += exam->allowed[i];
    }
    an_untrusted_clock_opens_nothing(exam);
    who_may_do_something_may_come_in(exam);
    order_does_not_matter(exam);
    less_rights(exam);
    disable(exam);
    deny(exam);
    fixture_free_list(&exam->list);
}

static void rules_hold_for_every_list(void **state)
{
    struct exam exam = { .gen = gen_begin("authority"), .list = DMSC_MA_LIST_INIT };
    struct dmsc_ctx *ctx = NULL;
    struct fixture f;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    f = fixture_begin(ctx);
    fixture_node(&f, ". node acl=Add=*&Delete=*&Get=*&Replace=*");
    fixture_node(&f, "./DMAcc node");
    fixture_node(&f, "./DMAcc/OpA node type=urn:oma:mo:oma-dm-dmacc:1.0");
    fixture_node(&f, "./DMAcc/OpA/AppID chr");
    fixture_node(&f, "./Vendor node");
    fixture_node(&f, "./Vendor/Fleet node type=urn:example:mo:fleet:1.0");
    exam.f = &f;
    for (unsigned round = 0; round < ROUNDS; round++)
        examine(&exam);
    printf("%lu of %d questions were allowed\n", exam.allowed_count, ROUNDS * ASK_MAX);
    assert_true(exam.allowed_count > ROUNDS * ASK_MAX / 50);
    fixture_end(&f);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_hold_for_every_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
