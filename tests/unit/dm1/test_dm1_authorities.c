/* SPDX-License-Identifier: Apache-2.0 */
/* Several authorities on one device: sessions of DM 1.2, and what the decision point says of DM 2.0
 * and of applications, over the same objects. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include <dirent.h>
#include <dmsc/client_uri.h>
#include <dmsc/grant.h>
#include <dmsc/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMO          "urn:x:demo:1.0"
#define FLEET         "urn:x:fleet:1.0"
#define FULL          "Add=com.%s&amp;Delete=com.%s&amp;Exec=com.%s&amp;Get=com.%s&amp;Replace=com.%s"
#define TNDS_META     "<Meta><Type>application/vnd.syncml.dmtnds+xml</Type></Meta>"
#define ITEM(t, d)    "<Item><Target><LocURI>" t "</LocURI></Target>" d "</Item>"
#define GET(t)        "<Get><CmdID>1</CmdID>" ITEM(t, "") "</Get>"
#define ADD(t, d)     "<Add><CmdID>1</CmdID>" ITEM(t, d) "</Add>"
#define REPLACE(t, d) "<Replace><CmdID>1</CmdID>" ITEM(t, d) "</Replace>"
#define DELETE(t)     "<Delete><CmdID>1</CmdID>" ITEM(t, "") "</Delete>"
#define DATA(d)       "<Data>" d "</Data>"
#define OBJECT(name, moid)                                                                         \
    "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>" name "</NodeName><RTProperties><Type>"        \
    "<DDFName>" moid "</DDFName></Type></RTProperties></Node></MgmtTree>"

/* What nobody but com.a may learn. */
#define HIDDEN "what-a-keeps-from-b"
#define SECRET "s3cret-of-a"

struct world {
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    struct dmsc_buf answer, message;
};

/* com.a and com.b may do all; com.c is limited to one kind of object; com.low is less important. */
static enum dmsc_err put_list(struct world *w, size_t count, uint8_t id_of_b)
{
    static char ids[4][8] = { "com.a", "com.b", "com.c", "com.low" }, host[] = "dm.example.net",
                root[] = ".", kind[] = "urn:x:demo";
    static char *id_lists[4][1] = { { ids[0] }, { ids[1] }, { ids[2] }, { ids[3] } };
    static struct dmsc_ma_pin pin = { .kind = DMSC_PIN_SPKI };
    static struct dmsc_ma_scope scopes[2] = {
        { .path = root, .rights = DMSC_RIGHT_ALL },
        { .type = DMSC_MO_URN, .urn = kind, .path = root, .rights = DMSC_RIGHT_ALL },
    };
    struct dmsc_ma entries[4] = { { 0 } };
    struct dmsc_ma_list list = { .ctx = w->ctx, .version = 1, .entries = entries, .count = count };

    for (size_t i = 0; i < 4; i++)
        entries[i] = (struct dmsc_ma){ .id = i == 1 ? id_of_b : (uint8_t)(i + 1),
                                       .name = ids[i],
                                       .authority = host,
                                       .server_ids = id_lists[i],
                                       .server_id_count = 1,
                                       .pins = &pin,
                                       .pin_count = 1,
                                       .scopes = &scopes[i == 2],
                                       .scope_count = 1,
                                       .not_after = UINT32_MAX,
                                       .priority = i == 3 ? 200 : 3,
                                       .flags = DMSC_MA_ENABLED };
    return dmsc_authority_set_list(w->authority, &list);
}

static void open_store(struct world *w)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;

    assert_int_equal(dmsc_store_open(w->ctx, w->path, &w->store), DMSC_OK);
    assert_int_equal(
        dmsc_secret_set(&key, w->ctx, dmsc_bytes("0123456789abcdef0123456789abcdef", 32)), DMSC_OK);
    assert_int_equal(dmsc_store_set_key(w->store, &key), DMSC_OK);
    dmsc_secret_clear(&key);
}

static void add_node(struct world *w, const char *uri, const char *moid, const char *acl,
                     const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = value != NULL ? DMSC_FORMAT_CHR : DMSC_FORMAT_NODE;
    spec.type = value != NULL ? "text/plain" : moid;
    spec.acl = acl;
    spec.value = dmsc_bytes_str(value != NULL ? value : "");
    spec.access = DMSC_ACCESS_DYNAMIC | DMSC_ACCESS_EXEC;
    assert_int_equal(dmsc_tree_begin(w->tree, "local", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(w->tree, uri, &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    support_mkdir(w->dir);
    (void)snprintf(w->path, sizeof(w->path), "%s/dmsc.db", w->dir);
    assert_int_equal(dmsc_ctx_new(NULL, &w->ctx), DMSC_OK);
    dmsc_buf_init(&w->answer, w->ctx, 1u << 20);
    dmsc_buf_init(&w->message, w->ctx, 1u << 20);
    open_store(w);
    assert_int_equal(dmsc_tree_open(w->ctx, w->store, "Add=*&Get=*", &w->tree), DMSC_OK);
    assert_int_equal(dmsc_authority_new(w->ctx, w->tree, &w->authority), DMSC_OK);
    assert_int_equal(put_list(w, 4, 2), DMSC_OK);
    add_node(w, "./X", "", "Add=*&Get=*", NULL);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    dmsc_buf_clear(&w->answer);
    dmsc_buf_clear(&w->message);
    dmsc_authority_free(w->authority);
    dmsc_tree_close(w->tree);
    dmsc_store_close(w->store);
    dmsc_ctx_free(w->ctx);
    support_rmdir(w->dir);
    free(w);
    return 0;
}

/* --- sessions ----------------------------------------------------------------------------------
 */

static struct dmsc_dm1 *session(struct world *w, const char *server_id, uint8_t ma_id)
{
    const struct dmsc_dm1_config config = { .tree = w->tree,
                                            .authority = w->authority,
                                            .server_id = server_id,
                                            .ma_id = ma_id,
                                            .server_uri = RIG_URI,
                                            .device_id = RIG_DEVICE,
                                            .session_id = "1F" };
    struct dmsc_dm1_want want;
    struct dmsc_dm1 *dm1 = NULL;

    assert_int_equal(dmsc_dm1_new(w->ctx, &config, &dm1), DMSC_OK);
    assert_int_equal(dmsc_dm1_step(dm1, dmsc_bytes(NULL, 0), RIG_NOW, &want), DMSC_OK);
    assert_int_equal(want.kind, DMSC_DM1_SEND);
    return dm1;
}

/* The answer to a message, as text; "" when the session ended. */
static const char *hear(struct world *w, struct dmsc_dm1 *dm1, unsigned msg_id, const char *body)
{
    struct dmsc_dm1_want want;

    dmsc_buf_reset(&w->answer);
    assert_int_equal(rig_message(&w->message, msg_id, NULL, body), DMSC_OK);
    assert_int_equal(dmsc_dm1_step(dm1, dmsc_buf_bytes(&w->message), RIG_NOW, &want), DMSC_OK);
    if (want.kind == DMSC_DM1_SEND)
        assert_int_equal(dmsc_buf_append(&w->answer, want.body), DMSC_OK);
    return dmsc_buf_str(&w->answer);
}

static const struct {
    const char *server_id;
    uint8_t ma_id;
} who[] = { { "com.a", 1 }, { "com.b", 2 }, { "com.c", 3 }, { "com.low", 4 } };
enum { A, B, C, LOW };

/* A session of one command. */
static const char *say(struct world *w, unsigned i, const char *command)
{
    struct dmsc_dm1 *dm1 = session(w, who[i].server_id, who[i].ma_id);
    char body[2000];

    assert_true(snprintf(body, sizeof(body), "%s<Final/>", command) < (int)sizeof(body));
    (void)hear(w, dm1, 1, body);
    dmsc_dm1_free(dm1);
    return dmsc_buf_str(&w->answer);
}

/* The code that answers the command with CmdID 1. */
static unsigned status(const char *answer)
{
    const char *at = strstr(answer, "<CmdRef>1</CmdRef>");

    at = at == NULL ? NULL : strstr(at, "<Data>");
    return at == NULL ? 0 : (unsigned)strtoul(at + 6, NULL, 10);
}

static void expect(struct world *w, unsigned i, const char *command, unsigned wanted)
{
    unsigned came = status(say(w, i, command));

    if (came != wanted)
        fail_msg("%s: %s\n  wanted %u, came %u", who[i].server_id, command, wanted, came);
}

/* Each makes an instance of one kind, and keeps it to itself. */
static void make_own(struct world *w)
{
    static const char *const letters[] = { "a", "b" };

    for (unsigned i = A; i <= B; i++) {
        char command[600], acl[300];
        const char *x = letters[i];

        (void)snprintf(command, sizeof(command),
                       ADD("./X/%s", "<Meta><Format>node</Format><Type>" DEMO "</Type></Meta>"), x);
        expect(w, i, command, 200);
        (void)snprintf(acl, sizeof(acl), FULL, x, x, x, x, x);
        (void)snprintf(command, sizeof(command), REPLACE("./X/%s?prop=ACL", DATA("%s")), x, acl);
        expect(w, i, command, 200);
        (void)snprintf(command, sizeof(command), ADD("./X/%s/Mode", DATA("%s")), x,
                       i == A ? HIDDEN : "mine");
        expect(w, i, command, 200);
    }
}

/* --- what the decision point says of others ----------------------------------------------------
 */

static enum dmsc_reason decide(struct world *w, enum dmsc_subject_kind kind, const char *id,
                               enum dmsc_right right, const char *uri)
{
    const struct dmsc_subject subject = { .kind = kind,
                                          .server_id = id,
                                          .rules = DMSC_RULES_DACMO };

    return dmsc_authority_decide(w->authority, &subject, right, uri, RIG_NOW).reason;
}

struct search {
    struct world *w;
    const char *who;
    unsigned found;
    char first[100];
};

static bool may_read(void *user, const char *uri)
{
    struct search *s = user;

    return decide(s->w, DMSC_SUBJECT_MA, s->who, DMSC_RIGHT_GET, uri) == DMSC_ALLOWED;
}

static bool count(void *user, const char *uri)
{
    struct search *s = user;

    if (s->found++ == 0)
        (void)snprintf(s->first, sizeof(s->first), "%s", uri);
    return true;
}

/* What a search by ClientURI shows to an authority of DM 2.0. */
static struct search search(struct world *w, const char *server_id, const char *client_uri,
                            enum dmsc_err wanted)
{
    struct search s = { .w = w, .who = server_id };

    assert_int_equal(dmsc_client_uri_resolve(w->tree, client_uri, may_read, count, &s, NULL),
                     wanted);
    return s;
}

static void own(struct world *w, const char *server_id, const char *instance)
{
    const struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA,
                                          .server_id = server_id,
                                          .rules = DMSC_RULES_DACMO };

    assert_int_equal(dmsc_tree_begin(w->tree, server_id, 1), DMSC_OK);
    assert_int_equal(dmsc_grant_created(w->authority, &subject, instance), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
}

/* --- the requirements ---------------------------------------------------------------------------
 */

/* Commands on another kind of object are refused and show nothing of it; nor is one made, by Add,
 * as a whole, or through the Inbox. */
static void req_HLF_009_which_kinds_of_object(void **state)
{
    static const char *const closed[] = {
        GET("./F/f"),
        GET("./F/f/Speed"),
        GET("./F/none"),
        GET("./F/f?list=TNDS"),
        REPLACE("./F/f/Speed", DATA("1")),
        DELETE("./F/f"),
        "<Exec><CmdID>1</CmdID>" ITEM("./F/f/Speed", "") "</Exec>",
        ADD("./F/f/New", DATA("1")),
        ADD("./F/g", "<Meta><Format>node</Format><Type>" FLEET "</Type></Meta>"),
        ADD("./X", TNDS_META DATA(OBJECT("g", FLEET))),
        ADD("./X/plain", "<Meta><Format>node</Format></Meta>"),
    };
    const struct dmsc_subject limited = { .kind = DMSC_SUBJECT_MA,
                                          .server_id = "com.a",
                                          .rules = DMSC_RULES_DACMO,
                                          .moids = (const char *const[]){ DEMO, NULL } };
    struct world *w = *state;
    struct search s;

    add_node(w, "./F/f", FLEET, "Add=*&Delete=*&Exec=*&Get=*&Replace=*", NULL);
    add_node(w, "./F/f/Speed", NULL, NULL, "30");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(closed); i++) {
        expect(w, C, closed[i], 425);
        assert_null(strstr(dmsc_buf_str(&w->answer), "<Results>"));
    }
    /* The device would know the place; an object of this kind is unseen by com.c. */
    expect(w, C, ADD("./Inbox", TNDS_META DATA(OBJECT("g", FLEET))), 415);
    expect(w, C, ADD("./X", TNDS_META DATA(OBJECT("d", DEMO))), 200);
    expect(w, C, DELETE("./X/d"), 200);
    expect(w, C, ADD("./X", TNDS_META DATA("no object")), 425);
    /* Who may do anything may do it with this kind too. */
    expect(w, A, GET("./F/f/Speed"), 200);
    expect(w, A, ADD("./F/g", "<Meta><Format>node</Format><Type>" FLEET "</Type></Meta>"), 200);

    /* DM 2.0: the MOIDs of the account limit what the list leaves open. */
    own(w, "com.a", "./F/f");
    assert_int_equal(
        dmsc_authority_decide(w->authority, &limited, DMSC_RIGHT_GET, "./F/f", RIG_NOW).reason,
        DMSC_REFUSED_MOID);
    assert_int_equal(decide(w, DMSC_SUBJECT_MA, "com.a", DMSC_RIGHT_GET, "./F/f"), DMSC_ALLOWED);
    assert_int_equal(decide(w, DMSC_SUBJECT_MA, "com.c", DMSC_RIGHT_GET, "./F/f"),
                     DMSC_REFUSED_SCOPE);
    s = search(w, "com.a", FLEET "/*/Speed", DMSC_OK);
    assert_int_equal(s.found, 1);
    (void)search(w, "com.c", FLEET "/*/Speed", DMSC_E_NOTFOUND);
    req_done("HLF-009");
}

/* Instances of one kind side by side; each authority finds its own and no trace of the other's. */
static void req_HLF_011_req_S1_22_each_sees_its_own(void **state)
{
    struct world *w = *state;
    struct search s;

    make_own(w);
    for (unsigned i = A; i <= B; i++) {
        const char *mine = i == A ? "./X/a" : "./X/b", *others = i == A ? "./X/b" : "./X/a";
        static const char *const lists[] = {
            GET("./X"),           GET("./X?list=Struct"), GET("./X?list=StructData"),
            GET("./X?list=TNDS"), GET(".?list=Struct"),   GET(".?list=TNDS")
        };
        char closed[100];

        for (size_t k = 0; k < DMSCI_ARRAY_LEN(lists); k++) {
            const char *answer = say(w, i, lists[k]);
            const char *name = i == A ? "<NodeName>b<" : "<NodeName>a<";

            assert_int_equal(status(answer), 200);
            assert_null(strstr(answer, others));
            assert_null(strstr(answer, name));
            assert_null(strstr(answer, i == A ? "mine" : HIDDEN));
            if (k == 0) /* the names of the children */
                assert_non_null(strstr(answer, i == A ? "<Data>a</Data>" : "<Data>b</Data>"));
            else if (k < 3)
                assert_non_null(strstr(answer, mine));
        }
        /* Whether there is something: the same answer. */
        (void)snprintf(closed, sizeof(closed), GET("%s/Mode"), others);
        expect(w, i, closed, 425);
        (void)snprintf(closed, sizeof(closed), GET("%s/none"), others);
        expect(w, i, closed, 425);
    }
    own(w, "com.a", "./X/a");
    own(w, "com.b", "./X/b");
    s = search(w, "com.a", DEMO "/*/Mode", DMSC_OK);
    assert_int_equal(s.found, 1);
    assert_string_equal(s.first, "./X/a/Mode");
    s = search(w, "com.b", DEMO "/*/Mode", DMSC_OK);
    assert_int_equal(s.found, 1);
    assert_string_equal(s.first, "./X/b/Mode");
    /* Each is the only one that its authority knows of. */
    s = search(w, "com.b", DEMO "//Mode", DMSC_OK);
    assert_string_equal(s.first, "./X/b/Mode");
    /* By ACL it can be opened: Get to com.b, and no more than that. */
    expect(w, A, REPLACE("./X/a/Mode?prop=ACL", DATA("Get=com.b")), 200);
    expect(w, A, REPLACE("./X/a/Mode?prop=ACL", DATA("")), 200);
    req_done("HLF-011");
    req_done("S1-22");
}

/* Two conversations in turns: each has its own numbers, its own object half way, its own rights. */
static void two_sessions_in_turns(void **state)
{
    struct world *w = *state;
    struct dmsc_dm1 *a, *b;
    const char *answer;

    make_own(w);
    a = session(w, "com.a", 1);
    b = session(w, "com.b", 2);
    answer = hear(w, a, 1,
                  "<Add><CmdID>1</CmdID><Item><Target><LocURI>./X/a/Long</LocURI></Target><Meta>"
                  "<Size>4</Size></Meta><Data>12</Data><MoreData/></Item></Add>");
    assert_int_equal(status(answer), 213);
    answer = hear(w, b, 1, ADD("./X/a/Long", DATA("34")) "<Final/>");
    assert_int_equal(status(answer), 425);
    answer = hear(w, b, 2, GET("./X/b/Mode") "<Final/>");
    assert_int_equal(status(answer), 200);
    assert_non_null(strstr(answer, "mine"));
    answer = hear(w, a, 2, ADD("./X/a/Long", DATA("34")) "<Final/>");
    assert_int_equal(status(answer), 200);
    answer = hear(w, b, 3, GET("./X/a/Long") "<Final/>");
    assert_int_equal(status(answer), 425);
    answer = hear(w, a, 3, GET("./X/a/Long") "<Final/>");
    assert_non_null(strstr(answer, "<Data>1234</Data>"));
    dmsc_dm1_free(a);
    dmsc_dm1_free(b);
}

/* An owner hands rights on through the decision point, and takes them back; by the rules of DM 1.x
 * the grant stands beside the ACL. */
static void rights_handed_on_in_sessions(void **state)
{
    const struct dmsc_subject a = { .kind = DMSC_SUBJECT_MA,
                                    .server_id = "com.a",
                                    .rules = DMSC_RULES_DACMO };
    struct dmsc_grant grant = { .server_id = "com.b", .rights = DMSC_GRANT_READ };
    struct world *w = *state;

    make_own(w);
    own(w, "com.a", "./X/a");
    expect(w, A, REPLACE("./X/a?prop=ACL", DATA("Get=*&amp;Replace=*")), 200);
    expect(w, B, GET("./X/a/Mode"), 425); /* the ACL would, the owner does not */
    assert_int_equal(dmsc_tree_begin(w->tree, "com.a", 1), DMSC_OK);
    assert_int_equal(dmsc_grant_give(w->authority, &a, "./X/a", &grant, RIG_NOW), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
    expect(w, B, GET("./X/a/Mode"), 200);
    expect(w, B, REPLACE("./X/a/Mode", DATA("x")), 425);
    assert_int_equal(dmsc_tree_begin(w->tree, "com.a", 1), DMSC_OK);
    assert_int_equal(dmsc_grant_revoke(w->authority, &a, "./X/a", "com.b", RIG_NOW), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->tree), DMSC_OK);
    expect(w, B, GET("./X/a/Mode"), 425);
}

/* A better rank overwrites what a worse one wrote; the worse is refused while the better may still
 * write, and no longer. */
static void req_HLF_014_the_better_rank_wins(void **state)
{
    struct world *w = *state;
    struct search s = { .w = w };

    add_node(w, "./X/shared", DEMO, "Add=*&Delete=*&Get=*&Replace=*", NULL);
    add_node(w, "./X/shared/Mode", NULL, NULL, "0");
    expect(w, LOW, REPLACE("./X/shared/Mode", DATA("low")), 200);
    expect(w, A, REPLACE("./X/shared/Mode", DATA("high")), 200);
    expect(w, LOW, REPLACE("./X/shared/Mode", DATA("low again")), 425);
    expect(w, LOW, ADD("./X/shared/New", DATA("low")), 425);
    expect(w, LOW, DELETE("./X/shared"), 425);
    expect(w, LOW, REPLACE("./X/shared?prop=ACL", DATA("Get=com.low")), 425);
    expect(w, LOW, GET("./X/shared/Mode"), 200);
    assert_non_null(strstr(dmsc_buf_str(&w->answer), "high"));
    /* Of the same rank: the later counts. */
    expect(w, B, REPLACE("./X/shared/Mode", DATA("b")), 200);
    expect(w, A, REPLACE("./X/shared/Mode", DATA("a")), 200);
    /* What was left through the Inbox is written with a rank too. */
    expect(w, A, ADD("./Inbox", TNDS_META DATA(OBJECT("left", DEMO))), 200);
    expect(w, A, REPLACE("./X/left?prop=ACL", DATA("Add=*&amp;Get=*&amp;Replace=*")), 200);
    expect(w, LOW, ADD("./X/left/New", DATA("low")), 425);
    /* Who may no longer write binds nobody. */
    expect(w, A, REPLACE("./X/shared/Mode", DATA("a")), 200);
    expect(w, A, REPLACE("./X/shared?prop=ACL", DATA("Get=*&amp;Replace=com.low")), 200);
    expect(w, LOW, REPLACE("./X/shared/Mode", DATA("low")), 200);
    (void)s;
    req_done("HLF-014");
}

/* Nobody is heard who is not listed now: at the first message, and at each that follows. */
static void delisted_while_the_session_runs(void **state)
{
    struct world *w = *state;
    struct dmsc_dm1 *b;

    make_own(w);
    b = session(w, "com.b", 2);
    assert_int_equal(status(hear(w, b, 1, GET("./X/b/Mode") "<Final/>")), 200);
    assert_int_equal(put_list(w, 1, 2), DMSC_OK);
    assert_string_equal(hear(w, b, 2, REPLACE("./X/b/Mode", DATA("late")) "<Final/>"), "");
    assert_string_equal(dmsc_dm1_report(b)->end, "the card does not list this authority");
    assert_int_equal(dmsc_dm1_report(b)->commands, 1);
    dmsc_dm1_free(b);
    /* Another entry of the same name, with other pins, does not go on with what this one began. */
    assert_int_equal(put_list(w, 4, 2), DMSC_OK);
    b = session(w, "com.b", 2);
    assert_int_equal(status(hear(w, b, 1, GET("./X/b/Mode") "<Final/>")), 200);
    assert_int_equal(put_list(w, 4, 9), DMSC_OK);
    assert_string_equal(hear(w, b, 2, GET("./X/b/Mode") "<Final/>"), "");
    assert_string_equal(dmsc_dm1_report(b)->end, dmsc_reason_text(DMSC_REFUSED_IDENTITY));
    dmsc_dm1_free(b);
    b = session(w, "com.stranger", 0);
    assert_string_equal(hear(w, b, 1, GET("./X") "<Final/>"), "");
    dmsc_dm1_free(b);
    assert_int_equal(put_list(w, 4, 2), DMSC_OK);
    expect(w, B, GET("./X/b/Mode"), 200);
    assert_non_null(strstr(dmsc_buf_str(&w->answer), "mine"));
}

/* --- the matrix: everything that com.b, or an application, can try on what is com.a's -----------
 */

static char *dump(struct world *w)
{
    struct rig rig = { .ctx = w->ctx, .tree = w->tree };
    struct dmsc_buf text;
    char *copy;

    dmsc_buf_init(&text, w->ctx, 1u << 20);
    assert_int_equal(rig_dump(&rig, &text), DMSC_OK);
    copy = strdup(dmsc_buf_str(&text));
    assert_non_null(copy);
    dmsc_buf_clear(&text);
    return copy;
}

static void try_commands(struct world *w)
{
    static const char *const tries[] = {
        GET("./X/a"),
        GET("./X/a/Mode"),
        GET("./X/a/none"),
        GET("./X/a/AAuthSecret"),
        GET("./X/a?list=Struct"),
        GET("./X/a?list=StructData"),
        GET("./X/a?list=TNDS"),
        GET("./X/a/Mode?prop=ACL"),
        GET("./X/a/Mode?prop=Format"),
        GET("./X/a/Mode?prop=Name"),
        GET("./X/a/Mode?prop=Size"),
        GET("./X/a/Mode?prop=Title"),
        GET("./X/a/Mode?prop=TStamp"),
        GET("./X/a/Mode?prop=Type"),
        GET("./X/a/Mode?prop=VerNo"),
        REPLACE("./X/a/Mode", DATA("x")),
        REPLACE("./X/a/Mode", "<Meta><Format>int</Format></Meta>" DATA("1")),
        REPLACE("./X/a/none", DATA("x")),
        REPLACE("./X/a?prop=ACL", DATA("Get=*")),
        REPLACE("./X/a/Mode?prop=ACL", DATA("Get=*")),
        REPLACE("./X/a?prop=Name", DATA("mine")),
        REPLACE("./X/a?prop=Title", DATA("mine")),
        REPLACE("./X/a", TNDS_META DATA(OBJECT("a", DEMO))),
        ADD("./X/a/New", DATA("x")),
        ADD("./X/a/New/Deep", "<Meta><Format>node</Format></Meta>"),
        ADD("./X/a", TNDS_META DATA(OBJECT("New", DEMO))),
        DELETE("./X/a"),
        DELETE("./X/a/Mode"),
        DELETE("./X/a/none"),
        "<Exec><CmdID>1</CmdID>" ITEM("./X/a/Mode", "") "</Exec>",
        "<Copy><CmdID>1</CmdID><Item><Target><LocURI>./X/b/Mode</LocURI></Target><Source><LocURI>"
        "./X/a/Mode</LocURI></Source></Item></Copy>",
        "<Copy><CmdID>1</CmdID><Item><Target><LocURI>./X/a/Mode</LocURI></Target><Source><LocURI>"
        "./X/b/Mode</LocURI></Source></Item></Copy>",
        /* The same node, written in other ways. */
        GET("X/a/Mode"),
        GET("./X/%61/Mode"),
    };
    char *before = dump(w), *after;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(tries); i++) {
        expect(w, B, tries[i], 425);
        assert_null(strstr(dmsc_buf_str(&w->answer), "<Results>"));
        assert_null(strstr(dmsc_buf_str(&w->answer), HIDDEN));
    }
    after = dump(w);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void try_decisions(struct world *w)
{
    static const enum dmsc_right rights[] = {
        DMSC_RIGHT_GET,  DMSC_RIGHT_ADD,  DMSC_RIGHT_REPLACE, DMSC_RIGHT_DELETE,
        DMSC_RIGHT_EXEC, DMSC_RIGHT_COPY, DMSC_RIGHT_ACL,     DMSC_RIGHT_DELEGATE,
    };
    static const char *const uris[] = { "./X/a", "./X/a/Mode", "./X/a/none" };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rights); i++) {
        for (size_t k = 0; k < DMSCI_ARRAY_LEN(uris); k++) {
            assert_int_equal(decide(w, DMSC_SUBJECT_MA, "com.b", rights[i], uris[k]),
                             DMSC_REFUSED_GRANT);
            assert_int_equal(decide(w, DMSC_SUBJECT_APP, "local:thief", rights[i], uris[k]),
                             DMSC_REFUSED_GRANT);
            assert_int_equal(decide(w, DMSC_SUBJECT_MA, "com.stranger", rights[i], uris[k]),
                             DMSC_REFUSED_UNLISTED);
            if (rights[i] != DMSC_RIGHT_GET && rights[i] != DMSC_RIGHT_EXEC)
                assert_int_not_equal(
                    decide(w, DMSC_SUBJECT_MA, "com.b", rights[i], "./DACMO/0123/Owner"),
                    DMSC_ALLOWED);
        }
    }
}

/* Asking for a value tells nothing: right or wrong, there is no such node. */
static void try_searches(struct world *w)
{
    static const char *const tries[] = {
        DEMO "/X.a/Mode",
        DEMO "/(x)/Mode?nv=(x)/Mode:" HIDDEN,
        DEMO "/(x)/Mode?nv=(x)/Mode:wrong",
        DEMO "/(x)/?nv=(x)/Mode:" HIDDEN,
        DEMO "/X.a/(y)?nv=(y)/:" HIDDEN,
        DEMO "/X.a/Mode?cv=" HIDDEN,
        DEMO "/X.a/*",
    };
    char why[200] = "";

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(tries); i++) {
        struct search s = search(w, "com.b", tries[i], DMSC_E_NOTFOUND);

        assert_int_equal(s.found, 0);
        assert_string_equal(dmsc_diag_get(w->ctx)->reason, "client-uri:nothing");
        if (why[0] == '\0')
            (void)snprintf(why, sizeof(why), "%s", dmsc_diag_get(w->ctx)->why);
        assert_string_equal(dmsc_diag_get(w->ctx)->why, why);
        /* The searches are good ones: their owner finds something. */
        if (strstr(tries[i], "wrong") == NULL)
            assert_true(search(w, "com.a", tries[i], DMSC_OK).found > 0);
    }
    assert_int_equal(search(w, "com.b", DEMO "/*/Mode", DMSC_OK).found, 1);
}

/* Every file of the store: the secret is in none, and what is no secret shows that we look well. */
static bool in_files(const struct world *w, const char *text)
{
    DIR *dir = opendir(w->dir);
    struct dirent *entry;
    bool found = false;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[2 * SUPPORT_PATH_MAX];
        struct dmsc_bytes file;

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", w->dir, entry->d_name);
        file = support_slurp(path);
        for (size_t i = 0; i + strlen(text) <= file.n && !found; i++)
            found = memcmp(file.p + i, text, strlen(text)) == 0;
        support_free(file);
    }
    (void)closedir(dir);
    return found;
}

static void req_SEC_002_closed_to_everybody_without_a_right(void **state)
{
    struct world *w = *state;

    make_own(w);
    expect(w, A, ADD("./X/a/AAuthSecret", DATA(SECRET)), 200);
    try_commands(w);
    own(w, "com.a", "./X/a");
    own(w, "com.b", "./X/b");
    try_commands(w);
    try_decisions(w);
    try_searches(w);
    /* Not even its owner reads a secret, by whatever rules, nor the device's owner. */
    expect(w, A, GET("./X/a/AAuthSecret"), 405);
    assert_int_equal(decide(w, DMSC_SUBJECT_MA, "com.a", DMSC_RIGHT_GET, "./X/a/AAuthSecret"),
                     DMSC_REFUSED_SECRET);
    assert_int_equal(decide(w, DMSC_SUBJECT_LOCAL, "local:", DMSC_RIGHT_GET, "./X/a/AAuthSecret"),
                     DMSC_REFUSED_SECRET);
    (void)say(w, A, GET("./X/a?list=TNDS"));
    assert_null(strstr(dmsc_buf_str(&w->answer), "AAuthSecret"));
    assert_non_null(strstr(dmsc_buf_str(&w->answer), HIDDEN));
    assert_false(in_files(w, SECRET));
    assert_true(in_files(w, HIDDEN));
    req_done("SEC-002");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(req_HLF_009_which_kinds_of_object, setup, teardown),
        cmocka_unit_test_setup_teardown(req_HLF_011_req_S1_22_each_sees_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(two_sessions_in_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(rights_handed_on_in_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(req_HLF_014_the_better_rank_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(delisted_while_the_session_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(req_SEC_002_closed_to_everybody_without_a_right, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
