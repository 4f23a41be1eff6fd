/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary grants in sessions of DM 1.x: before, inside and after their time, by the number of
 * sessions, without a clock; and the alert at their end. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/talk.h"
#include <dmsc/alert.h>
#include <dmsc/grant.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ "<Get><CmdID>1</CmdID><Item><Target><LocURI>./X/m1/Mode</LocURI></Target></Item></Get>"

static const char tree[] = "./X | node\n"
                           "./X/m1 | node | type=urn:x:demo:1.0\n"
                           "./X/m1/Mode | chr | on";

struct world {
    struct dmsc_ctx *ctx;
    struct rig rig;
};

static int setup(void **state)
{
    static const struct rig_config config = { .tree = tree };
    static const struct dmsc_subject owner = { .kind = DMSC_SUBJECT_MA, .server_id = "S1" };
    static struct world w;

    memset(&w, 0, sizeof(w));
    assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
    assert_int_equal(rig_open(&w.rig, w.ctx, &config), DMSC_OK);
    assert_int_equal(dmsc_tree_begin(w.rig.tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_grant_created(w.rig.authority, &owner, "./X/m1"), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w.rig.tree), DMSC_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    rig_close(&w->rig);
    dmsc_ctx_free(w->ctx);
    return 0;
}

/* S1 grants S2 what it says. */
static void grant(struct world *w, struct dmsc_grant grant)
{
    static const struct dmsc_subject owner = { .kind = DMSC_SUBJECT_MA, .server_id = "S1" };
    static const struct dmsc_now then = { 500, true };

    grant.server_id = "S2";
    grant.rights = DMSC_GRANT_READ;
    assert_int_equal(dmsc_tree_begin(w->rig.tree, "test", 500), DMSC_OK);
    assert_int_equal(dmsc_grant_give(w->rig.authority, &owner, "./X/m1", &grant, then), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->rig.tree), DMSC_OK);
}

/* A session of S2 that reads once. */
static const char *reads(struct world *w, int64_t seconds, bool trusted)
{
    static char outcome[64];
    const struct dmsc_now now = { seconds, trusted };
    struct talk s;

    talk_begin(&w->rig, &s, "S2", now);
    (void)snprintf(outcome, sizeof(outcome), "%s", talk_says(&s, now, READ));
    talk_end(&s, now);
    return outcome;
}

static bool count_it(void *user, const struct dmsc_alert *alert)
{
    unsigned *n = user;

    assert_string_equal(alert->type, DMSC_ALERT_DELEGATION_EXPIRED);
    assert_string_equal(alert->source, "./X/m1");
    assert_true(dmsc_bytes_equal(alert->data, dmsc_bytes("S2", 2)));
    (*n)++;
    return true;
}

static unsigned waiting(struct world *w, const char *server_id)
{
    unsigned n = 0;

    assert_int_equal(dmsc_alert_each(w->rig.tree, server_id, count_it, &n), DMSC_OK);
    return n;
}

/* The next session of S1 carries the alert; when the server has taken it, no other does. */
static void owner_is_told(struct world *w, struct dmsc_now now)
{
    struct talk s;

    talk_begin(&w->rig, &s, "S1", now);
    assert_non_null(strstr((const char *)s.want.body.p, DMSC_ALERT_DELEGATION_EXPIRED));
    (void)talk_says(&s, now, "");
    dmsc_dm1_free(s.dm1);
    assert_int_equal(waiting(w, "S1"), 1); /* nothing was said of it: again */
    talk_begin(&w->rig, &s, "S1", now);
    assert_non_null(strstr((const char *)s.want.body.p, DMSC_ALERT_DELEGATION_EXPIRED));
    (void)talk_says(&s, now,
                    "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>3</CmdRef><Cmd>Alert</Cmd>"
                    "<Data>200</Data></Status>");
    dmsc_dm1_free(s.dm1);
    assert_int_equal(waiting(w, "S1"), 0);
    talk_begin(&w->rig, &s, "S1", now);
    assert_null(strstr((const char *)s.want.body.p, DMSC_ALERT_DELEGATION_EXPIRED));
    dmsc_dm1_free(s.dm1);
}

static bool any_grant(void *user, const struct dmsc_grant *g, const char *given_by, unsigned depth)
{
    (void)g;
    (void)given_by;
    (void)depth;
    *(bool *)user = true;
    return false;
}

static bool granted(struct world *w)
{
    bool any = false;

    assert_int_equal(dmsc_grant_list(w->rig.authority, "./X/m1", any_grant, &any), DMSC_OK);
    return any;
}

static void by_time(struct world *w)
{
    grant(w, (struct dmsc_grant){ .not_before = 1000, .not_after = 2000 });
    assert_string_equal(reads(w, 999, true), "425 dacmo:expired");
    assert_true(granted(w)); /* not begun is not over */
    assert_string_equal(reads(w, 1000, true), "200 ");
    assert_string_equal(reads(w, 1999, true), "200 ");
    assert_string_equal(reads(w, 1500, false), "425 dacmo:clock-untrusted");
    assert_string_equal(reads(w, 2500, false), "425 dacmo:clock-untrusted");
    assert_true(granted(w)); /* nobody knows that it is over */
    assert_int_equal(waiting(w, "S1"), 0);
    assert_string_equal(reads(w, 2000, true), "425 dacmo:expired");
    assert_false(granted(w));
    assert_string_equal(reads(w, 2000, true), "425 dacmo:grant");
    assert_int_equal(waiting(w, "S1"), 1);
    assert_int_equal(waiting(w, "S2"), 0);
    owner_is_told(w, (struct dmsc_now){ 2001, true });
}

/* It is not cut off, but what it asks later is decided anew. */
static void running_session(struct world *w)
{
    struct talk s;

    grant(w, (struct dmsc_grant){ .not_after = 2000 });
    talk_begin(&w->rig, &s, "S2", (struct dmsc_now){ 1999, true });
    assert_string_equal(talk_says(&s, (struct dmsc_now){ 1999, true }, READ), "200 ");
    assert_string_equal(talk_says(&s, (struct dmsc_now){ 2000, true }, READ), "425 dacmo:expired");
    assert_int_equal(s.want.kind, DMSC_DM1_SEND);
    talk_end(&s, (struct dmsc_now){ 2000, true });
    /* Who gave it hears of it, also when nobody asks any more. */
    owner_is_told(w, (struct dmsc_now){ 2001, true });
    grant(w, (struct dmsc_grant){ .not_after = 3000 });
    owner_is_told(w, (struct dmsc_now){ 3000, true });
    assert_false(granted(w));
}

static void by_sessions(struct world *w)
{
    const struct dmsc_now now = { 1000, true }, unknown = { 1000, false };
    struct talk s;

    grant(w, (struct dmsc_grant){ .sessions = 2 });
    talk_begin(&w->rig, &s, "S2", now);
    for (unsigned i = 0; i < 3; i++) /* a session counts once, not each command */
        assert_string_equal(talk_says(&s, now, READ), "200 ");
    talk_end(&s, now);
    talk_begin(&w->rig, &s, "S2", unknown); /* sessions can be counted without a clock */
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(talk_says(&s, unknown, READ), "200 ");
    assert_true(granted(w)); /* the last one goes on */
    talk_end(&s, unknown);
    assert_string_equal(reads(w, 1000, true), "425 dacmo:expired");
    assert_false(granted(w));
    owner_is_told(w, now);
}

static void req_HLF_015_grants_for_a_time_or_some_sessions(void **state)
{
    struct world *w = *state;

    by_time(w);
    running_session(w);
    by_sessions(w);
    req_done("HLF-015");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(req_HLF_015_grants_for_a_time_or_some_sessions, setup,
                                        teardown),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
