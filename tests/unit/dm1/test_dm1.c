/* SPDX-License-Identifier: Apache-2.0 */
/* Server messages and the whole documents the client answers with: tests/vectors/dm1. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/dm1/rig.h"
#include "tests/unit/syncml/judge.h"
#include <ctype.h>
#include <dmsc/alert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CEILING 4000000u

struct played {
    struct vectors *v;
    struct rig rig;
    struct dmsc_buf before, after, events, xml, text, expected;
    bool linted; /* xmllint is there */
};

/* White space between tags says nothing. */
static void normalise(struct dmsc_buf *text, const char *from)
{
    dmsc_buf_reset(text);
    while (*from != '\0') {
        size_t space = strspn(from, " \t\r\n");
        bool edge = text->n == 0 || text->p[text->n - 1] == '>';

        if (space > 0 && edge && (from[space] == '<' || from[space] == '\0'))
            from += space;
        else
            assert_int_equal(dmsc_buf_append_u8(text, (uint8_t)*from++), DMSC_OK);
    }
}

static void expect_document(struct played *p, const char *expected, const char *actual)
{
    struct dmsc_buf a, b;

    dmsc_buf_init(&a, p->rig.ctx, CEILING);
    dmsc_buf_init(&b, p->rig.ctx, CEILING);
    normalise(&a, expected);
    normalise(&b, actual);
    if (strcmp(dmsc_buf_str(&a), dmsc_buf_str(&b)) != 0) {
        (void)fprintf(stderr, "expected: %s\nactual:   %s\n", dmsc_buf_str(&a), dmsc_buf_str(&b));
        vec_fail(p->v, "another answer");
    }
    dmsc_buf_clear(&a);
    dmsc_buf_clear(&b);
}

static void on_event(void *user, const struct dmsc_dm1_event *event)
{
    struct played *p = user;

    assert_int_equal(dmsci_buf_printf(&p->events, "%s%s %s %u%s%s", p->events.n > 0 ? "\n" : "",
                                      event->command, event->uri[0] != '\0' ? event->uri : "-",
                                      event->status, event->reason[0] != '\0' ? " " : "",
                                      event->reason),
                     DMSC_OK);
}

/* What the client's message looks like around the body of a vector. */
static void whole_answer(struct played *p, unsigned client_id, unsigned server_id, const char *body)
{
    dmsc_buf_reset(&p->expected);
    assert_int_equal(
        dmsci_buf_printf(
            &p->expected,
            "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
            "<VerProto>DM/1.2</VerProto><SessionID>1F</SessionID><MsgID>%u</MsgID>"
            "<Target><LocURI>" RIG_URI "</LocURI></Target><Source><LocURI>" RIG_DEVICE
            "</LocURI></Source></SyncHdr><SyncBody><Status><CmdID>1</CmdID><MsgRef>%u</MsgRef>"
            "<CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>" RIG_DEVICE
            "</TargetRef><SourceRef>" RIG_URI "</SourceRef><Data>200</Data></Status>%s</SyncBody>"
            "</SyncML>",
            client_id, server_id, body),
        DMSC_OK);
}

static void expect_want(struct played *p, size_t nth, const struct dmsc_dm1_want *want)
{
    const char *expected = vec_nth(p->v, "client", nth);
    const char *names[] = { "a message", "done", "aborted" };

    if (strcmp(expected, "done") == 0 || strcmp(expected, "aborted") == 0) {
        if (strcmp(expected, names[want->kind]) != 0) {
            print_error("%s\n", want->kind == DMSC_DM1_SEND ? (const char *)want->body.p : "");
            vec_fail(p->v, "%s where %s is expected (%s)", names[want->kind], expected,
                     dmsc_dm1_report(p->rig.dm1)->end);
        }
        return;
    }
    if (want->kind != DMSC_DM1_SEND)
        vec_fail(p->v, "%s where a message is expected (%s)", names[want->kind],
                 dmsc_dm1_report(p->rig.dm1)->end);
    assert_string_equal(want->content_type, "application/vnd.syncml.dm+xml");
    assert_string_equal(want->uri, vec_text_or(p->v, "uri", RIG_URI));
    if (strncmp(expected, "<SyncML", 7) != 0) {
        whole_answer(p, (unsigned)nth + 2, (unsigned)nth + 1, expected);
        expected = dmsc_buf_str(&p->expected);
    }
    expect_document(p, expected, (const char *)want->body.p);
    judge_order(want->body);
    p->linted = p->linted && judge_xmllint(want->body);
}

static void turn(struct played *p, size_t nth)
{
    const char *server = vec_nth(p->v, "server", nth);
    struct dmsc_dm1_want want = { .kind = DMSC_DM1_DONE };
    struct dmsc_bytes exact;

    if (strncmp(server, "<SyncML", 7) == 0 || strncmp(server, "<?xml", 5) == 0 ||
        strncmp(server, "<!", 2) == 0 || strcmp(server, "nothing") == 0)
        normalise(&p->xml, strcmp(server, "nothing") == 0 ? "" : server);
    else {
        assert_int_equal(
            rig_message(&p->text, (unsigned)nth + 1, vec_text_or(p->v, "header", ""), server),
            DMSC_OK);
        normalise(&p->xml, dmsc_buf_str(&p->text));
    }
    exact = support_copy_exact(dmsc_buf_bytes(&p->xml));
    assert_int_equal(dmsc_dm1_step(p->rig.dm1, exact, RIG_NOW, &want), DMSC_OK);
    support_free(exact);
    expect_want(p, nth, &want);
}

/* Is the line one of the dump? Without " | " in it: is there such a node? */
static bool in_dump(const char *dump, const char *line)
{
    size_t n = strlen(line);

    for (const char *at = dump; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, n) == 0 &&
            (at[n] == '\n' || at[n] == '\0' || (strstr(line, " | ") == NULL && at[n] == ' ')))
            return true;
    }
    return false;
}

static bool count_alert(void *user, const struct dmsc_alert *alert)
{
    struct played *p = user;

    assert_int_equal(
        dmsci_buf_printf(&p->text, "%s%s", p->text.n > 0 ? " " : "", alert->correlator), DMSC_OK);
    return true;
}

/* The alerts that wait when all is over, by their Correlators. */
static void expect_waiting(struct played *p)
{
    const char *server_id = vec_text_or(p->v, "server_id", "dm.example.net");

    dmsc_buf_reset(&p->text);
    assert_int_equal(dmsc_alert_each(p->rig.tree, server_id, count_alert, p), DMSC_OK);
    if (vec_has(p->v, "waiting"))
        vec_assert_text(p->v, "waiting", dmsc_buf_str(&p->text));
}

static void expect_tree(struct played *p)
{
    const char *dump;

    assert_int_equal(rig_dump(&p->rig, &p->after), DMSC_OK);
    dump = dmsc_buf_str(&p->after);
    for (size_t i = 0; i < vec_count(p->v, "node"); i++) {
        if (!in_dump(dump, vec_nth(p->v, "node", i)))
            vec_fail(p->v, "no node %s in\n%s", vec_nth(p->v, "node", i), dump);
    }
    for (size_t i = 0; i < vec_count(p->v, "gone"); i++) {
        if (in_dump(dump, vec_nth(p->v, "gone", i)))
            vec_fail(p->v, "still there: %s", vec_nth(p->v, "gone", i));
    }
    if (strcmp(vec_text_or(p->v, "unchanged", "no"), "yes") == 0 &&
        strcmp(dmsc_buf_str(&p->before), dump) != 0)
        vec_fail(p->v, "the tree has changed to\n%s", dump);
    if (vec_has(p->v, "events"))
        vec_assert_text(p->v, "events", dmsc_buf_str(&p->events));
    if (vec_has(p->v, "end"))
        vec_assert_text(p->v, "end", dmsc_dm1_report(p->rig.dm1)->end);
}

static void play(struct vectors *v)
{
    const struct rig_config config = {
        .tree = vec_text_or(v, "tree", ""),
        .root_acl = vec_text_or(v, "root_acl", NULL),
        .server_id = vec_text_or(v, "server_id", NULL),
        .rights = (unsigned)vec_number_or(v, "rights", 0),
        .scope = vec_text_or(v, "scope", NULL),
        .bind = vec_text_or(v, "bind", NULL),
        .alerts = vec_text_or(v, "alerts", NULL),
        .no_key = strcmp(vec_text_or(v, "no_key", "no"), "yes") == 0,
        .unlisted = strcmp(vec_text_or(v, "unlisted", "no"), "yes") == 0,
        .max_msg_size = (size_t)vec_number_or(v, "max_msg_size", 0),
        .max_obj_size = (size_t)vec_number_or(v, "max_obj_size", 0),
        .server_initiated = strcmp(vec_text_or(v, "alert", "1201"), "1200") == 0,
    };
    struct played p = { .v = v, .linted = true };
    struct dmsc_buf *bufs[] = { &p.before, &p.after, &p.events, &p.xml, &p.text, &p.expected };
    struct dmsc_dm1_want want = { .kind = DMSC_DM1_DONE };
    struct dmsc_ctx *ctx;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bufs); i++)
        dmsc_buf_init(bufs[i], ctx, CEILING);
    if (rig_open(&p.rig, ctx, &config) != DMSC_OK)
        vec_fail(v, "no rig: %s %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    dmsc_dm1_watch(p.rig.dm1, on_event, &p);
    assert_int_equal(rig_dump(&p.rig, &p.before), DMSC_OK);
    assert_int_equal(dmsc_dm1_step(p.rig.dm1, dmsc_bytes(NULL, 0), RIG_NOW, &want), DMSC_OK);
    assert_int_equal(want.kind, DMSC_DM1_SEND);
    if (vec_has(v, "package1"))
        expect_document(&p, vec_text(v, "package1"), (const char *)want.body.p);
    judge_order(want.body);
    for (size_t i = 0; i < vec_count(v, "server"); i++)
        turn(&p, i);
    if (!p.linted)
        print_message("SKIPPED: no xmllint\n");
    expect_tree(&p);
    expect_waiting(&p);
    rig_close(&p.rig);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bufs); i++)
        dmsc_buf_clear(bufs[i]);
    dmsc_ctx_free(ctx);
}

static void play_file(const char *name)
{
    struct vectors *v = vectors_open(name);

    while (vectors_next(v))
        play(v);
    vectors_close(v);
}

static void session(void **state)
{
    (void)state;
    play_file("dm1/session.txt");
}

static void get(void **state)
{
    (void)state;
    play_file("dm1/get.txt");
}

static void write_commands(void **state)
{
    (void)state;
    play_file("dm1/write.txt");
}

static void groups(void **state)
{
    (void)state;
    play_file("dm1/groups.txt");
}

static void operations(void **state)
{
    (void)state;
    play_file("dm1/operations.txt");
}

static void alerts(void **state)
{
    (void)state;
    play_file("dm1/alerts.txt");
}

static void objects(void **state)
{
    (void)state;
    play_file("dm1/objects.txt");
}

static void inbox(void **state)
{
    (void)state;
    play_file("dm1/inbox.txt");
}

/* S1-15, S1-16: a challenge of any type is answered with the end, and nothing was executed. */
static void req_S1_15_req_S1_16_challenge_ends_the_session(void **state)
{
    (void)state;
    play_file("dm1/challenge.txt");
    req_done("S1-15");
    req_done("S1-16");
}

static void req_S1_24_acl_through_the_engine(void **state)
{
    (void)state;
    play_file("dm1/acl.txt");
    req_done("S1-24");
}

/* docs/dm1.md shows the table of host/dm1/session.c: from, event, to, action of each row. */
static void the_documented_table(void **state)
{
    struct dmsc_bytes code = support_slurp("host/dm1/session.c"),
                      doc = support_slurp("docs/dm1.md");
    const char *at = (const char *)code.p, *text = (const char *)doc.p;
    size_t rows = 0, documented = 0;

    (void)state;
    while ((at = strstr(at, "    { DMSCI_DM1_")) != NULL) {
        char from[20], event[20], to[20], action[30], line[140];

        assert_int_equal(sscanf(at,
                                " { DMSCI_DM1_%19[A-Z0-9], DMSCI_DM1_ON_%19[A-Z], "
                                "DMSCI_DM1_%19[A-Z0-9], %29[a-z_0-9]",
                                from, event, to, action),
                         4);
        (void)snprintf(line, sizeof(line), "\n| %s | %s | %s | `%s` |\n", from, event, to, action);
        if (strstr(text, line) == NULL)
            fail_msg("docs/dm1.md does not have the row%s", line);
        rows++;
        at++;
    }
    for (at = strstr(text, "| from | event |"); at != NULL && *at == '|'; documented++)
        at = strchr(at, '\n') + 1;
    assert_true(rows > 20);
    assert_int_equal(documented, rows + 2); /* two lines of heading */
    support_free(code);
    support_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session),
        cmocka_unit_test(get),
        cmocka_unit_test(write_commands),
        cmocka_unit_test(groups),
        cmocka_unit_test(operations),
        cmocka_unit_test(objects),
        cmocka_unit_test(inbox),
        cmocka_unit_test(alerts),
        cmocka_unit_test(req_S1_15_req_S1_16_challenge_ends_the_session),
        cmocka_unit_test(req_S1_24_acl_through_the_engine),
        cmocka_unit_test(the_documented_table),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
