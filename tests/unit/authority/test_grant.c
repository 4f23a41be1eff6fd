/* SPDX-License-Identifier: Apache-2.0 */
/* Grants given, refused, spent, taken back and handed over; and what is kept of refusals. */
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include <dmsc/ctx.h>
#include <dmsc/grant.h>
#include <stdio.h>
#include <string.h>

static const struct dmsc_now now_100 = { 100, true };

struct world {
    struct dmsc_ctx *ctx;
    struct fixture f;
};

static void make_world(struct dmsc_ctx *ctx, struct world *w)
{
    static const char *const entries[] = {
        "id=1 server=com.a scope=00,.,8000",          "id=2 server=com.b scope=00,.,8000",
        "id=3 server=com.c scope=00,.,8000",          "id=4 server=com.d scope=00,.,8000",
        "id=5 server=com.e scope=urn:x:other,.,8000", "id=6 server=com.f scope=00,.,8000 flags=d",
    };
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    w->ctx = ctx;
    w->f = fixture_begin(ctx);
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        fixture_ma(&list, entries[i]);
    assert_int_equal(dmsc_authority_set_list(w->f.authority, &list), DMSC_OK);
    fixture_free_list(&list);
    fixture_node(&w->f, "./X node");
    fixture_node(&w->f, "./X/m1 node type=urn:x:demo:1.0");
    fixture_node(&w->f, "./X/m1/Mode chr");
    fixture_own(&w->f, "com.a/2 ./X/m1");
}

static int setup(void **state)
{
    static struct world w;

    w.ctx = NULL;
    assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
    make_world(w.ctx, &w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    fixture_end(&w->f);
    dmsc_ctx_free(w->ctx);
    return 0;
}

static enum dmsc_reason ask(struct world *w, const char *who, const char *right, const char *clock)
{
    struct question question;

    memset(&question, 0, sizeof(question));
    (void)snprintf(question.subject, sizeof(question.subject), "%s", who);
    (void)snprintf(question.right, sizeof(question.right), "%s", right);
    (void)snprintf(question.node, sizeof(question.node), "./X/m1/Mode");
    (void)snprintf(question.clock, sizeof(question.clock), "%s", clock);
    return fixture_ask(&w->f, &question).reason;
}

/* One call in a change of its own. */
#define CHANGE(w, call)                                                                            \
    do {                                                                                           \
        assert_int_equal(dmsc_tree_begin((w)->f.tree, "test", 100), DMSC_OK);                      \
        assert_int_equal(call, DMSC_OK);                                                           \
        assert_int_equal(dmsc_tree_commit((w)->f.tree), DMSC_OK);                                  \
    } while (0)

static enum dmsc_err revoke(struct world *w, const char *by, const char *from)
{
    struct who who;
    enum dmsc_err err;

    fixture_who(by, &who);
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    err = dmsc_grant_revoke(w->f.authority, &who.subject, "./X/m1", from, now_100);
    if (err == DMSC_OK)
        assert_int_equal(dmsc_tree_commit(w->f.tree), DMSC_OK);
    else
        dmsc_tree_rollback(w->f.tree);
    return err;
}

static void refused(struct world *w, const char *line, enum dmsc_err err, const char *reason)
{
    assert_int_equal(fixture_grant(&w->f, line), err);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
}

static void nobody_gives_what_he_has_not(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *line;
        enum dmsc_err err;
        const char *reason;
    } rows[] = {
        { "com.b/2 ./X/m1 com.c rights=R", DMSC_E_DENIED, "dacmo:grant" },
        { "local:app ./X/m1 com.c rights=R", DMSC_E_DENIED, "dacmo:grant" },
        { "com.a/2 ./X/m1 com.x rights=R", DMSC_E_NOT_LISTED_MA, "dacmo:grantee" },
        { "com.a/2 ./X/m1 com.e rights=R", DMSC_E_NOT_LISTED_MA, "dacmo:grantee" },
        { "com.a/2 ./X/m1 com.f rights=R", DMSC_E_NOT_LISTED_MA, "dacmo:grantee" },
        { "com.a/2 ./X/m1 com.a rights=R", DMSC_E_ARG, "dacmo:self" },
        { "com.a/2 ./X/m1 com.b", DMSC_E_ARG, "dacmo:rights-value" },
        { "com.a/2 ./X/m1 * rights=W", DMSC_E_ARG, "dacmo:rights-value" },
        { "com.a/2 ./X/m1 com.b rights=R from=9 until=9", DMSC_E_ARG, "dacmo:times" },
        { "com.a/2 ./X com.b rights=R", DMSC_E_NOTFOUND, "dacmo:instance" },
        { "com.a/2 ./X/m1/Mode com.b rights=R", DMSC_E_NOTFOUND, "dacmo:instance" },
    };
    static const struct {
        const char *line;
        const char *reason;
    } second[] = {
        { "com.b/2 ./X/m1 com.c rights=RWX until=500 prio=50 sessions=3", "dacmo:rights" },
        { "com.b/2 ./X/m1 com.c rights=RW until=501 prio=50 sessions=3", "dacmo:until" },
        { "com.b/2 ./X/m1 com.c rights=RW prio=50 sessions=3", "dacmo:until" },
        { "com.b/2 ./X/m1 com.c rights=RW until=500 prio=50 sessions=4", "dacmo:until" },
        { "com.b/2 ./X/m1 com.c rights=RW until=500 prio=50", "dacmo:until" },
        { "com.b/2 ./X/m1 com.c rights=RW until=500 prio=49 sessions=3", "dacmo:priority" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        refused(w, rows[i].line, rows[i].err, rows[i].reason);
    assert_int_equal(
        fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RWD until=500 prio=50 sessions=3"),
        DMSC_OK);
    for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++)
        refused(w, second[i].line, DMSC_E_DENIED, second[i].reason);
    assert_int_equal(
        fixture_grant(&w->f, "com.b/2 ./X/m1 com.c rights=RWD until=500 prio=50 sessions=3"),
        DMSC_OK);
    assert_int_equal(
        fixture_grant(&w->f, "com.c/2 ./X/m1 com.d rights=RD until=400 prio=51 sessions=1"),
        DMSC_OK);
    /* Three hops: com.d may use what it has, and hands on nothing that can be handed on. */
    refused(w, "com.d/2 ./X/m1 local:x rights=RD until=400 prio=51 sessions=1", DMSC_E_DENIED,
            "dacmo:depth");
    /* What the owner gave is not com.c's to change. */
    refused(w, "com.c/2 ./X/m1 com.b rights=R until=400 prio=51 sessions=1", DMSC_E_DENIED,
            "dacmo:grant");
}

static void what_shrinks_shrinks_what_was_handed_on(void **state)
{
    struct world *w = *state;

    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RWXD"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.b/2 ./X/m1 com.c rights=RWD"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.c/2 ./X/m1 com.d rights=RW"), DMSC_OK);
    assert_int_equal(ask(w, "com.d/2", "replace", "100"), DMSC_ALLOWED);
    /* Write is taken from the first: from the last too. */
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RD until=200"), DMSC_OK);
    assert_int_equal(ask(w, "com.d/2", "replace", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.d/2", "get", "100"), DMSC_ALLOWED);
    assert_int_equal(ask(w, "com.d/2", "get", "200"), DMSC_REFUSED_GRANT_OVER);
    /* Without Delegate in the middle nothing behind it stands. */
    assert_int_equal(fixture_grant(&w->f, "com.b/2 ./X/m1 com.c rights=R until=200"), DMSC_OK);
    assert_int_equal(ask(w, "com.c/2", "get", "100"), DMSC_ALLOWED);
    assert_int_equal(ask(w, "com.d/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(revoke(w, "com.d/2", "com.b"), DMSC_E_DENIED);
    assert_int_equal(revoke(w, "com.a/2", "com.x"), DMSC_E_NOTFOUND);
    assert_int_equal(revoke(w, "com.a/2", "com.b"), DMSC_OK);
    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.c/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=R"), DMSC_OK);
    /* Who holds a grant may give it up, and the device's owner may take any back. */
    assert_int_equal(revoke(w, "com.b/2", "com.b"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=R"), DMSC_OK);
    assert_int_equal(revoke(w, "@local", "com.b"), DMSC_OK);
}

/* HLF-013: an owner hands rights on; the grantee has these and no more, hands on only what may be,
 * and has nothing when they are taken back. Nobody becomes an authority by it. */
static void req_HLF_013_rights_are_handed_on_and_taken_back(void **state)
{
    static const char *const writes[] = { "replace", "add", "delete", "copy", "acl" };
    struct world *w = *state;

    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RW"), DMSC_OK);
    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_ALLOWED);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(writes); i++)
        assert_int_equal(ask(w, "com.b/2", writes[i], "100"), DMSC_ALLOWED);
    assert_int_equal(ask(w, "com.b/2", "exec", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.b/2", "delegate", "100"), DMSC_REFUSED_GRANT);
    refused(w, "com.b/2 ./X/m1 com.c rights=R", DMSC_E_DENIED, "dacmo:grant");
    assert_int_equal(ask(w, "com.c/2", "get", "100"), DMSC_REFUSED_GRANT);
    /* With Delegate, and for a time. */
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RWD until=200"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.b/2 ./X/m1 com.c rights=R until=200"), DMSC_OK);
    assert_int_equal(ask(w, "com.c/2", "get", "199"), DMSC_ALLOWED);
    assert_int_equal(ask(w, "com.c/2", "get", "200"), DMSC_REFUSED_GRANT_OVER);
    assert_int_equal(ask(w, "com.c/2", "get", "199?"), DMSC_REFUSED_GRANT_CLOCK);
    assert_int_equal(ask(w, "com.c/2", "replace", "100"), DMSC_REFUSED_GRANT);
    /* Only whom the card lists, for objects of this kind, can be given anything. */
    refused(w, "com.a/2 ./X/m1 com.x rights=R", DMSC_E_NOT_LISTED_MA, "dacmo:grantee");
    refused(w, "com.b/2 ./X/m1 com.e rights=R until=200", DMSC_E_NOT_LISTED_MA, "dacmo:grantee");
    assert_int_equal(revoke(w, "com.c/2", "com.b"), DMSC_E_DENIED);
    assert_int_equal(revoke(w, "com.a/2", "com.b"), DMSC_OK);
    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.c/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.a/2", "exec", "100"), DMSC_REFUSED_ACCESS_TYPE); /* its own */
    req_done("HLF-013");
}

static void sessions_are_counted(void **state)
{
    struct world *w = *state;

    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=R sessions=2"), DMSC_OK);
    /* Many commands of one session count once, also when the record was written in between. */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ask(w, "com.b/2#1", "get", "100"), DMSC_ALLOWED);
        assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK);
    }
    assert_int_equal(ask(w, "com.b/2#2", "get", "100"), DMSC_ALLOWED);
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK);
    assert_int_equal(ask(w, "com.b/2#2", "get", "100"), DMSC_ALLOWED);
    assert_int_equal(ask(w, "com.b/2#3", "get", "100"), DMSC_REFUSED_GRANT_OVER);
    /* An exhausted grant stays one when its neighbours change. */
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.c rights=RD"), DMSC_OK);
    assert_int_equal(revoke(w, "com.a/2", "com.c"), DMSC_OK);
    assert_int_equal(ask(w, "com.b/2#3", "get", "100"), DMSC_REFUSED_GRANT_OVER);
}

struct listed {
    unsigned n;
    char text[4][64];
};

static bool list_one(void *user, const struct dmsc_grant *grant, const char *given_by,
                     unsigned depth)
{
    struct listed *l = user;

    (void)snprintf(l->text[l->n++ & 3], sizeof(l->text[0]), "%s %u by %s at %u", grant->server_id,
                   grant->rights, given_by, depth);
    return true;
}

static void an_instance_is_handed_over(void **state)
{
    struct world *w = *state;
    struct listed listed = { 0 };
    struct dmsc_buf owner;
    struct who a, b;

    fixture_who("com.a/2", &a);
    fixture_who("com.b/2", &b);
    dmsc_buf_init(&owner, w->ctx, 200);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.c rights=RW"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RWX"), DMSC_OK);
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_grant_transfer(w->f.authority, &a.subject, "./X/m1", "com.b", now_100),
                     DMSC_E_DENIED); /* not all four */
    dmsc_tree_rollback(w->f.tree);
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RWXD"), DMSC_OK);
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_grant_transfer(w->f.authority, &b.subject, "./X/m1", "com.b", now_100),
                     DMSC_E_DENIED); /* not by the heir */
    dmsc_tree_rollback(w->f.tree);
    CHANGE(w, dmsc_grant_transfer(w->f.authority, &a.subject, "./X/m1", "com.b", now_100));
    CHANGE(w, dmsc_grant_session(w->f.authority, "com.c"));
    assert_int_equal(dmsc_grant_owner(w->f.authority, "./X/m1", &owner), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&owner), "com.a"); /* another's session changes nothing */
    CHANGE(w, dmsc_grant_session(w->f.authority, "com.b"));
    assert_int_equal(dmsc_grant_owner(w->f.authority, "./X/m1", &owner), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&owner), "com.b");
    assert_int_equal(dmsc_grant_list(w->f.authority, "./X/m1", list_one, &listed), DMSC_OK);
    assert_int_equal(listed.n, 1);
    assert_string_equal(listed.text[0], "com.c 3 by com.b at 1");
    assert_int_equal(ask(w, "com.a/2", "get", "100"), DMSC_REFUSED_GRANT);
    dmsc_buf_clear(&owner);
}

static void who_is_gone_has_nothing(void **state)
{
    struct world *w = *state;
    struct dmsc_buf owner, acl;

    dmsc_buf_init(&owner, w->ctx, 200);
    dmsc_buf_init(&acl, w->ctx, 200);
    fixture_node(&w->f, "./Y node acl=Get=com.a+com.b&Add=com.a");
    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=RD"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "com.b/2 ./X/m1 com.c rights=R"), DMSC_OK);
    CHANGE(w, dmsc_grant_forget(w->f.authority, "com.b"));
    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.c/2", "get", "100"), DMSC_REFUSED_GRANT);
    CHANGE(w, dmsc_grant_forget(w->f.authority, "com.a"));
    assert_int_equal(dmsc_grant_owner(w->f.authority, "./X/m1", &owner), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&owner), "local:");
    assert_int_equal(ask(w, "com.a/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(dmsc_tree_effective_acl(w->f.tree, "./Y", &acl), DMSC_OK);
    assert_null(strstr(dmsc_buf_str(&acl), "com.a"));
    assert_null(strstr(dmsc_buf_str(&acl), "com.b"));
    dmsc_buf_clear(&owner);
    dmsc_buf_clear(&acl);
}

/* Another instance of the same name must not come to the grants of the one that was deleted. */
static void what_is_deleted_takes_its_grants_along(void **state)
{
    struct world *w = *state;

    assert_int_equal(fixture_grant(&w->f, "com.a/2 ./X/m1 com.b rights=R"), DMSC_OK);
    fixture_wrote(&w->f, "com.a/2 ./X/m1/Mode");
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_authority_deleting(w->f.authority, "./X"), DMSC_OK);
    assert_int_equal(dmsc_tree_delete(w->f.tree, "./X", false), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->f.tree), DMSC_OK);
    fixture_node(&w->f, "./X node");
    fixture_node(&w->f, "./X/m1 node type=urn:x:demo:1.0");
    fixture_node(&w->f, "./X/m1/Mode chr");
    assert_int_equal(ask(w, "com.a/2", "get", "100"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.b/2", "get", "100"), DMSC_REFUSED_GRANT);
}

struct audits {
    unsigned n;
    struct dmsc_audit last;
    char text[4][200];
};

static bool keep(void *user, const struct dmsc_audit *a)
{
    struct audits *audits = user;

    (void)snprintf(audits->text[audits->n++ & 3], sizeof(audits->text[0]), "%lld %u %s %s %s %s",
                   (long long)a->at, a->times, a->who, a->right, a->where, a->reason);
    audits->last = *a;
    return true;
}

static void refusals_are_kept(void **state)
{
    struct world *w = *state;
    struct dmsc_verdict verdict = { .reason = DMSC_REFUSED_IDENTITY };
    struct audits audits = { 0 };
    int64_t first;

    assert_int_equal(ask(w, "com.x", "get", "77"), DMSC_REFUSED_UNLISTED);
    assert_int_equal(ask(w, "com.x", "get", "78"), DMSC_REFUSED_UNLISTED);
    assert_int_equal(ask(w, "com.b/2", "replace", "79"), DMSC_REFUSED_GRANT);
    assert_int_equal(ask(w, "com.a/2", "replace", "79"), DMSC_ALLOWED);
    dmsc_authority_refused(w->f.authority, "com.y", &verdict, now_100);
    assert_int_equal(dmsc_authority_audit(w->f.authority, 0, keep, &audits), DMSC_OK);
    assert_int_equal(audits.n, 0); /* they wait */
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_E_STATE);
    dmsc_tree_rollback(w->f.tree);
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK);
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK); /* once */
    assert_int_equal(dmsc_authority_audit(w->f.authority, 0, keep, &audits), DMSC_OK);
    assert_int_equal(audits.n, 3);
    assert_string_equal(audits.text[0], "78 2 com.x Get ./X/m1/Mode ma:unlisted");
    assert_string_equal(audits.text[1], "79 1 com.b Replace ./X/m1/Mode dacmo:grant");
    assert_string_equal(audits.text[2], "100 1 com.y Session . ma:identity");
    first = audits.last.id;
    assert_int_equal(ask(w, "com.x", "get", "80"), DMSC_REFUSED_UNLISTED);
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK);
    audits.n = 0;
    assert_int_equal(dmsc_authority_audit(w->f.authority, first, keep, &audits), DMSC_OK);
    assert_int_equal(audits.n, 1);
    /* A peer that provokes refusals without end costs a bounded record. */
    for (unsigned i = 0; i < 500; i++) {
        struct question q = { "com.x", "get", "", "81" };

        (void)snprintf(q.node, sizeof(q.node), "./X/m1/N%u", i);
        (void)fixture_ask(&w->f, &q);
    }
    assert_int_equal(dmsc_authority_flush(w->f.authority, now_100), DMSC_OK);
    first = audits.last.id;
    audits.n = 0;
    assert_int_equal(dmsc_authority_audit(w->f.authority, first, keep, &audits), DMSC_OK);
    assert_in_range(audits.n, 1, 64);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_grant grant = { "local:app", DMSC_GRANT_ALL, 10, 500, 3, 7 };
    const struct dmsc_subject owner = { .kind = DMSC_SUBJECT_APP, .server_id = "local:maker" };
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct fixture f = { .ctx = ctx };
    enum dmsc_err err = fixture_open(&f);

    (void)user;
    spec.type = "urn:x:demo:1.0";
    if (err == DMSC_OK)
        err = dmsc_tree_begin(f.tree, "test", 100);
    if (err == DMSC_OK)
        err = dmsc_tree_add(f.tree, "./m", &spec);
    if (err == DMSC_OK)
        err = dmsc_grant_created(f.authority, &owner, "./m");
    if (err == DMSC_OK)
        err = dmsc_grant_give(f.authority, &owner, "./m", &grant, now_100);
    if (err == DMSC_OK)
        err = dmsc_authority_wrote(f.authority, &owner, "./m", now_100);
    if (err == DMSC_OK)
        err = dmsc_grant_transfer(f.authority, &owner, "./m", "local:app", now_100);
    if (err == DMSC_OK)
        err = dmsc_grant_session(f.authority, "local:app");
    if (err == DMSC_OK)
        err = dmsc_grant_forget(f.authority, "local:app");
    if (err == DMSC_OK)
        err = dmsc_authority_deleting(f.authority, "./m");
    if (err == DMSC_OK)
        err = dmsc_tree_commit(f.tree);
    fixture_end(&f);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(life, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_gives_what_he_has_not, setup, teardown),
        cmocka_unit_test_setup_teardown(what_shrinks_shrinks_what_was_handed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(req_HLF_013_rights_are_handed_on_and_taken_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sessions_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(an_instance_is_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_gone_has_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_deleted_takes_its_grants_along, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_are_kept, setup, teardown),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
