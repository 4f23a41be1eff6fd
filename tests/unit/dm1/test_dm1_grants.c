/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary grants in sessions of DM 1.x: before, inside and after their time, by the number of
 * sessions, without a clock; and the alert at their end. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
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
    char outcome[64]; /* of the command answered last: "200 " or "425 dacmo:expired" */
    unsigned sessions;
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

static void on_event(void *user, const struct dmsc_dm1_event *event)
{
    struct world *w = user;

    (void)snprintf(w->outcome, sizeof(w->outcome), "%u %s", event->status, event->reason);
}

struct session {
    struct dmsc_dm1 *dm1;
    unsigned messages;
    char id[8];
    struct dmsc_dm1_want want;
};

static void begin(struct world *w, struct session *s, const char *server_id, struct dmsc_now now)
{
    struct dmsc_dm1_config config = { .tree = w->rig.tree,
                                      .authority = w->rig.authority,
                                      .server_id = server_id,
                                      .server_uri = RIG_URI,
                                      .device_id = RIG_DEVICE,
                                      .session_id = s->id };

    memset(s, 0, sizeof(*s));
    (void)snprintf(s->id, sizeof(s->id), "%X", 0x20 + ++w->sessions);
    assert_int_equal(dmsc_tree_begin(w->rig.tree, server_id, now.seconds), DMSC_OK);
    assert_int_equal(dmsc_grant_session(w->rig.authority, server_id), DMSC_OK);
    assert_int_equal(dmsc_grant_expire(w->rig.authority, server_id, now), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->rig.tree), DMSC_OK);
    assert_int_equal(dmsc_dm1_new(w->ctx, &config, &s->dm1), DMSC_OK);
    dmsc_dm1_watch(s->dm1, on_event, w);
    assert_int_equal(dmsc_dm1_step(s->dm1, dmsc_bytes(NULL, 0), now, &s->want), DMSC_OK);
    assert_int_equal(s->want.kind, DMSC_DM1_SEND);
}

/* A message of the server, and what the engine does behind each. */
static const char *says(struct world *w, struct session *s, struct dmsc_now now, const char *body)
{
    struct dmsc_buf xml;

    dmsc_buf_init(&xml, w->ctx, 100000);
    assert_int_equal(
        dmsci_buf_printf(&xml,
                         "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
                         "<VerProto>DM/1.2</VerProto><SessionID>%s</SessionID><MsgID>%u</MsgID>"
                         "<Target><LocURI>" RIG_DEVICE "</LocURI></Target><Source><LocURI>" RIG_URI
                         "</LocURI></Source></SyncHdr><SyncBody>%s<Final/></SyncBody></SyncML>",
                         s->id, ++s->messages, body),
        DMSC_OK);
    w->outcome[0] = '\0';
    assert_int_equal(dmsc_dm1_step(s->dm1, dmsc_buf_bytes(&xml), now, &s->want), DMSC_OK);
    assert_int_equal(dmsc_authority_flush(w->rig.authority, now), DMSC_OK);
    dmsc_buf_clear(&xml);
    return w->outcome;
}

static void end(struct world *w, struct session *s, struct dmsc_now now)
{
    (void)says(w, s, now, "");
    assert_int_equal(s->want.kind, DMSC_DM1_DONE);
    dmsc_dm1_free(s->dm1);
}

/* A session of S2 that reads once. */
static const char *reads(struct world *w, int64_t seconds, bool trusted)
{
    static char outcome[64];
    const struct dmsc_now now = { seconds, trusted };
    struct session s;

    begin(w, &s, "S2", now);
    (void)snprintf(outcome, sizeof(outcome), "%s", says(w, &s, now, READ));
    end(w, &s, now);
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
    struct session s;

    begin(w, &s, "S1", now);
    assert_non_null(strstr((const char *)s.want.body.p, DMSC_ALERT_DELEGATION_EXPIRED));
    (void)says(w, &s, now, "");
    dmsc_dm1_free(s.dm1);
    assert_int_equal(waiting(w, "S1"), 1); /* nothing was said of it: again */
    begin(w, &s, "S1", now);
    assert_non_null(strstr((const char *)s.want.body.p, DMSC_ALERT_DELEGATION_EXPIRED));
    (void)says(w, &s, now,
               "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>3</CmdRef><Cmd>Alert</Cmd>"
               "<Data>200</Data></Status>");
    dmsc_dm1_free(s.dm1);
    assert_int_equal(waiting(w, "S1"), 0);
    begin(w, &s, "S1", now);
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
    struct session s;

    grant(w, (struct dmsc_grant){ .not_after = 2000 });
    begin(w, &s, "S2", (struct dmsc_now){ 1999, true });
    assert_string_equal(says(w, &s, (struct dmsc_now){ 1999, true }, READ), "200 ");
    assert_string_equal(says(w, &s, (struct dmsc_now){ 2000, true }, READ), "425 dacmo:expired");
    assert_int_equal(s.want.kind, DMSC_DM1_SEND);
    end(w, &s, (struct dmsc_now){ 2000, true });
    /* Who gave it hears of it, also when nobody asks any more. */
    owner_is_told(w, (struct dmsc_now){ 2001, true });
    grant(w, (struct dmsc_grant){ .not_after = 3000 });
    owner_is_told(w, (struct dmsc_now){ 3000, true });
    assert_false(granted(w));
}

static void by_sessions(struct world *w)
{
    const struct dmsc_now now = { 1000, true }, unknown = { 1000, false };
    struct session s;

    grant(w, (struct dmsc_grant){ .sessions = 2 });
    begin(w, &s, "S2", now);
    for (unsigned i = 0; i < 3; i++) /* a session counts once, not each command */
        assert_string_equal(says(w, &s, now, READ), "200 ");
    end(w, &s, now);
    begin(w, &s, "S2", unknown); /* sessions can be counted without a clock */
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(says(w, &s, unknown, READ), "200 ");
    assert_true(granted(w)); /* the last one goes on */
    end(w, &s, unknown);
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
