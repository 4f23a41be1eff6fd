/* SPDX-License-Identifier: Apache-2.0 */
/* The real decision against the naive one, on 1,000,000 random questions in random worlds. */
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include "tests/unit/authority/naive.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <dmsc/grant.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLDS    2000u
#define QUESTIONS 500u

static const char *const servers[] = { "com.a", "com.b", "com.c", "com.d" };
static const char *const people[] = { "com.a", "com.b", "com.c", "com.d", "local:x", "local:y" };
static const char *const urns[] = { "urn:x:demo", "urn:x:demo:1.0", "urn:x:other:1.0" };
static const char *const paths[] = { ".", "./X", "./X/m1", "./X/m1/A", "./Y", "./X/m" };
static const char *const acls[] = { "",
                                    "",
                                    "Get=*",
                                    "Add=*&Delete=*&Exec=*&Get=*&Replace=*",
                                    "Add=com.a+com.b&Get=com.a",
                                    "Replace=com.b&Get=*",
                                    "Replace=com.a&Delete=com.a+com.c&Exec=com.c",
                                    "Exec=*&Add=com.d" };
static const char *const uris[] = { ".",          "./X",      "./X/m1",      "./X/m1/A",
                                    "./X/m1/A/L", "./X/m1/L", "./X/m2",      "./X/m2/L",
                                    "./Y",        "./Y/L",    "./X/m1/A/m3", "./X/m1/A/m3/L" };
static const bool leaves[] = { false, false, false, false, true,  true,
                               false, true,  false, true,  false, true };
static const char *const instances[] = { "./X/m1", "./X/m2", "./X/m1/A/m3" };
/* Some that are not there. */
static const char *const asked[] = { "./X/m1/N", "./X/N", "./Y/N/N", "./X/m1/A/m3/N", "./X/m9" };
/* One generator for all that is random here. */
static struct gen dice;

static unsigned roll(unsigned below)
{
    return gen_below(&dice, below);
}

#define PICK(array) array[roll((unsigned)(sizeof(array) / sizeof((array)[0])))]

static const char *const moids[] = { "urn:x:demo", "urn:x:demo:1.0", NULL };
static const enum dmsc_right rights[] = {
    DMSC_RIGHT_GET,  DMSC_RIGHT_ADD, DMSC_RIGHT_REPLACE,    DMSC_RIGHT_DELETE,   DMSC_RIGHT_EXEC,
    DMSC_RIGHT_COPY, DMSC_RIGHT_ACL, DMSC_RIGHT_WRITE_BACK, DMSC_RIGHT_DELEGATE, DMSC_RIGHT_FIRMWARE
};

static bool one_in(unsigned n)
{
    return roll(n) == 0;
}

static void random_entry(struct dmsc_ma_list *list, unsigned id)
{
    static const char *const types[] = { "00", "00", "00", "urn:x:demo", "urn:x:other" };
    char line[400];
    int n = snprintf(line, sizeof(line), "id=%u server=%s%s prio=%u", id, PICK(servers),
                     one_in(3) ? " server=com.a" : "", roll(3));
    unsigned scopes = one_in(8) ? 0 : 1 + roll(2);

    for (unsigned i = 0; i < scopes; i++)
        n += snprintf(line + n, sizeof(line) - (size_t)n, " scope=%s,%s,%04X", PICK(types),
                      PICK(paths), one_in(2) ? 0x8000u : roll(0x800));
    if (one_in(4))
        n += snprintf(line + n, sizeof(line) - (size_t)n, " valid=%u-%u", roll(3) * 50,
                      100 + roll(3) * 50);
    if (one_in(4))
        n += snprintf(line + n, sizeof(line) - (size_t)n, " from=%u:%u", 1 + roll(6), roll(3));
    if (one_in(10))
        n += snprintf(line + n, sizeof(line) - (size_t)n, " pin=none");
    if (one_in(6))
        (void)snprintf(line + n, sizeof(line) - (size_t)n, " flags=%s", one_in(2) ? "ed" : "d");
    else if (one_in(12))
        (void)snprintf(line + n, sizeof(line) - (size_t)n, " flags=");
    fixture_ma(list, line);
}

static void random_tree(struct fixture *f, struct naive_world *w)
{
    for (unsigned i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        struct naive_node *n = &w->node[w->nodes++];
        char line[300], letters[8] = "";
        bool instance = strcmp(uris[i], "./X/m1") == 0 || strcmp(uris[i], "./X/m2") == 0 ||
                        strcmp(uris[i], "./X/m1/A/m3") == 0;

        *n = (struct naive_node){ uris[i], "", PICK(acls), leaves[i], false, 0 };
        if (instance)
            n->mo = PICK(urns);
        if (i == 0) {
            n->acl = one_in(2) ? "Add=*&Get=*" : acls[3];
            (void)snprintf(line, sizeof(line), ". node acl=%s", n->acl);
            n->access = DMSC_ACCESS_ADD | DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE;
        } else {
            static const struct {
                char letter;
                unsigned bit;
            } all[] = { { 'A', DMSC_ACCESS_ADD },
                        { 'D', DMSC_ACCESS_DELETE },
                        { 'E', DMSC_ACCESS_EXEC },
                        { 'G', DMSC_ACCESS_GET },
                        { 'R', DMSC_ACCESS_REPLACE } };
            size_t at = 0;

            for (unsigned k = 0; k < 5; k++) {
                if (one_in(6) && k != 3)
                    continue;
                n->access |= all[k].bit;
                letters[at++] = all[k].letter;
            }
            n->secret = n->leaf && one_in(8);
            (void)snprintf(line, sizeof(line), "%s %s%s%s%s%s access=%s%s", n->uri,
                           n->leaf ? "chr" : "node", n->mo[0] ? " type=" : "", n->mo,
                           n->acl[0] ? " acl=" : "", n->acl, letters, n->secret ? " secret" : "");
        }
        fixture_node(f, line);
    }
}

static void random_grants(struct fixture *f, struct naive_world *w)
{
    for (unsigned i = 0; i < 3; i++) {
        char line[200];

        if (one_in(3))
            continue;
        w->owner[w->owners++] = (struct naive_owner){ instances[i], PICK(people) };
        (void)snprintf(line, sizeof(line), "%s%s %s", w->owner[w->owners - 1].who,
                       strncmp(w->owner[w->owners - 1].who, "local:", 6) == 0 ? "" : "/2",
                       instances[i]);
        fixture_own(f, line);
        for (unsigned k = 0; k < sizeof(people) / sizeof(people[0]) + 1; k++) {
            static const char *const times[] = { "", "", " until=150", " from=60",
                                                 " from=60 until=150" };
            static const long from[] = { 0, 0, 0, 60, 60 }, until[] = { 0, 0, 150, 0, 150 };
            unsigned t = roll(5), bits = 1 + roll(15), priority = roll(4);
            const char *who = k < 6 ? people[k] : "*";
            static const char letters[] = "RWXD";
            char text[8] = "", prio[24] = "";
            size_t at = 0;

            if (one_in(2))
                continue;
            if (k == 6)
                bits = 1;
            for (unsigned b = 0; b < 4; b++) {
                if ((bits >> b & 1) != 0)
                    text[at++] = letters[b];
            }
            if (priority != 0)
                (void)snprintf(prio, sizeof(prio), " prio=%u", priority);
            (void)snprintf(line, sizeof(line), "%s%s %s %s rights=%s%s%s",
                           w->owner[w->owners - 1].who,
                           strncmp(w->owner[w->owners - 1].who, "local:", 6) == 0 ? "" : "/2",
                           instances[i], who, text, times[t], prio);
            if (fixture_grant(f, line) == DMSC_OK)
                w->grant[w->grants++] =
                    (struct naive_grant){ instances[i], who, bits, from[t], until[t], priority };
        }
    }
}

static void random_writers(struct fixture *f, struct naive_world *w)
{
    for (unsigned i = 0; i < 3; i++) {
        struct naive_writer *last = &w->writer[w->writers];
        struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA };
        char line[200];

        if (one_in(2))
            continue;
        w->writers++;
        *last = (struct naive_writer){ instances[i], PICK(people), one_in(2), 0 };
        subject.server_id = last->who;
        if (strncmp(last->who, "local:", 6) == 0) {
            subject.kind = DMSC_SUBJECT_APP;
            last->dm2 = true;
        }
        subject.rules = last->dm2 ? DMSC_RULES_DACMO : DMSC_RULES_ACL;
        last->priority = naive_priority(w, &subject, instances[i], 0);
        (void)snprintf(line, sizeof(line), "%s%s %s", last->who,
                       last->dm2 && subject.kind == DMSC_SUBJECT_MA ? "/2" : "", instances[i]);
        fixture_wrote(f, line);
    }
}

static void one_question(struct fixture *f, const struct naive_world *w, unsigned world,
                         unsigned long *reached)
{
    struct dmsc_question question = DMSC_QUESTION_INIT;
    struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA, .server_id = PICK(people) };
    struct dmsc_now now = { 20 + 30 * (int64_t)roll(7), !one_in(5) };
    enum dmsc_reason expected;
    struct dmsc_verdict verdict;

    if (strncmp(subject.server_id, "local:", 6) == 0 && !one_in(4))
        subject.kind = DMSC_SUBJECT_APP;
    if (subject.kind == DMSC_SUBJECT_MA && one_in(2))
        subject.rules = DMSC_RULES_DACMO;
    if (subject.kind == DMSC_SUBJECT_MA && one_in(5))
        subject.ma_id = (uint8_t)(1 + roll(9));
    question.right = PICK(rights);
    question.uri = one_in(5) ? PICK(asked) : PICK(uris);
    question.quiet = true;
    if (subject.kind == DMSC_SUBJECT_MA && one_in(3))
        subject.moids = moids;
    if (question.right == DMSC_RIGHT_ADD && one_in(3))
        question.new_mo = PICK(urns);
    verdict = dmsc_authority_ask(f->authority, &subject, &question, now);
    expected = naive_decide(w, &subject, question.right, question.uri, question.new_mo, now);
    reached[expected]++;
    if (verdict.reason != expected)
        fail_msg("world %u: %s%s entry %u, %s %s new %s at %lld%s: real %s (%s), naive %s", world,
                 subject.server_id, subject.rules == DMSC_RULES_DACMO ? "/2" : "", subject.ma_id,
                 dmsc_right_name(question.right), question.uri,
                 question.new_mo != NULL ? question.new_mo : "-", (long long)now.seconds,
                 now.trusted ? "" : "?", dmsc_reason_name(verdict.reason), verdict.detail,
                 dmsc_reason_name(expected));
}

static void one_world(struct dmsc_ctx *ctx, unsigned world, unsigned long *reached)
{
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;
    struct naive_world w = { .nodes = 0 };
    struct fixture f = fixture_begin(ctx);
    unsigned entries = one_in(25) ? 0 : 4 + roll(6);

    for (unsigned id = 1; id <= entries; id++)
        random_entry(&list, id);
    assert_int_equal(dmsc_authority_set_list(f.authority, entries > 0 ? &list : NULL), DMSC_OK);
    w.list = &list;
    random_tree(&f, &w);
    random_grants(&f, &w);
    random_writers(&f, &w);
    for (unsigned i = 0; i < QUESTIONS; i++)
        one_question(&f, &w, world, reached);
    fixture_end(&f);
    fixture_free_list(&list);
}

static void two_who_do_not_know_each_other_agree(void **state)
{
    unsigned long reached[DMSC_REFUSED_ERROR + 1] = { 0 };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    dice = gen_begin("compare");
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (unsigned world = 0; world < WORLDS; world++)
        one_world(ctx, world, reached);
    dmsc_ctx_free(ctx);
    for (int reason = DMSC_ALLOWED; reason < DMSC_REFUSED_ERROR; reason++)
        printf("%8lu %s\n", reached[reason], dmsc_reason_name((enum dmsc_reason)reason));
    /* A comparison in which something never happens compares nothing. */
    assert_true(reached[DMSC_ALLOWED] > 50000);
    assert_true(reached[DMSC_REFUSED_PRIORITY] > 200);
    assert_true(reached[DMSC_REFUSED_DELEGATION] > 5000);
    assert_true(reached[DMSC_REFUSED_GRANT_OVER] > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_who_do_not_know_each_other_agree),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), 1);
}
