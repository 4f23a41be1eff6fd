/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with the server program: from the card's list to the card's memory. */
#include "tests/unit/bridge/bench.h"
#include "tests/unit/net/peer.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OPA   "com.opa.dm"
#define TIMER "./3GPP_IMS/Timer_T1"
#define POLL  "./Vendor/Fleet/PollSeconds"

#define CHANGE_TIMER                                                                               \
    "{\"commands\":[{\"replace\":\"" TIMER                                                         \
    "\",\"data\":\"4000\",\"format\":\"int\",\"expect\":200}]}"

struct events {
    unsigned count, refused;
};

static void on_event(void *user, const struct dmsc_dm1_event *event)
{
    struct events *e = user;

    e->count++;
    e->refused += event->reason[0] != '\0';
}

static enum dmsc_err session(struct bench *b, const char *server_id,
                             struct dmsc_session_report *report)
{
    struct events events = { 0, 0 };
    struct dmsc_session_report own = DMSC_SESSION_REPORT_INIT;
    enum dmsc_err err = dmsc_bridge_session(b->bridge, server_id, on_event, &events,
                                            report != NULL ? report : &own);

    if (report == NULL)
        dmsc_session_report_clear(&own);
    return err;
}

static void session_ok(struct bench *b, const char *server_id, struct dmsc_session_report *report)
{
    enum dmsc_err err = session(b, server_id, report);

    if (err != DMSC_OK)
        fail_msg("session: %s %s: %s: %s", dmsc_err_name(err), dmsc_diag_get(b->ctx)->what,
                 dmsc_diag_get(b->ctx)->where, dmsc_diag_get(b->ctx)->why);
}

/* What a device is told that has never seen the card. */
static void assert_card_says(struct bench *b, const char *uri, const char *value)
{
    struct dmsc_config config = DMSC_CONFIG_INIT;
    struct dmsc_bridge *bridge = NULL;
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_link *link;
    char is[64] = "";
    bool there = false;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    config = b->config;
    config.store = NULL;
    assert_int_equal(dmsc_bridge_new(ctx, &config, &bridge), DMSC_OK);
    assert_int_equal(dmsc_sim_link(b->sim, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_bridge_attach(bridge, link), DMSC_OK);
    assert_int_equal(dmsc_bridge_sync(bridge, false, &report), DMSC_OK);
    dmsc_sync_report_clear(&report);
    assert_int_equal(dmsci_leaf_text(bridge, uri, is, sizeof(is), &there), DMSC_OK);
    assert_string_equal(is, value);
    dmsc_bridge_free(bridge);
    dmsc_ctx_free(ctx);
}

/* Over the air into the card: what a listed authority with the right changes is in the card after a
 * reset; what one without it changes is not. */
static void req_WI_11a_from_the_server_into_the_card(void **state)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct server server;
    struct bench b;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    session_ok(&b, OPA, &report);
    assert_true(report.completed);
    assert_true(report.mutual);
    assert_int_equal(strncmp(report.tls_version, "TLS 1.", 6), 0);
    assert_non_null(strstr(report.peer, "dm.opa.example"));
    assert_string_equal(report.server_id, OPA);
    assert_string_equal(report.server_uri, "https://dm.opa.example/dm");
    assert_int_equal(report.dm.commands, 1);
    assert_int_equal(report.dm.succeeded, 1);
    assert_int_equal(report.dm.changes, 1);
    assert_true(report.http_sent_bytes > 0 && report.http_received_bytes > 0);
    assert_int_equal(report.write_back.item_count, 1);
    assert_int_equal(report.write_back.items[0].action, DMSC_SYNC_WRITTEN);
    assert_int_equal(report.write_back.header.generation, 2);
    assert_int_equal(report.write_back.header.writer, 1);
    dmsc_session_report_clear(&report);
    assert_false(bench_marked(&b));
    assert_card_says(&b, TIMER, "4000");
    assert_int_equal(server_stop(&server), 2);
    assert_true(server_content());
    bench_close(&b);

    /* Replace but no write-back over ./Vendor/Fleet; nothing at all over ./3GPP_IMS. */
    server_start(&server, "by-ca",
                 "{\"commands\":["
                 "{\"replace\":\"" POLL "\",\"data\":\"1\",\"format\":\"int\",\"expect\":200},"
                 "{\"replace\":\"" TIMER "\",\"data\":\"1\",\"format\":\"int\",\"expect\":425}]}",
                 "server");
    bench_synced(&b, server.resolve);
    session_ok(&b, "by-ca", &report);
    assert_true(report.completed);
    assert_int_equal(report.dm.refused, 1);
    assert_int_equal(report.write_back.item_count, 1);
    assert_int_equal(report.write_back.items[0].action, DMSC_SYNC_LEFT_OUT);
    assert_string_equal(report.write_back.items[0].reason, "ma:right");
    dmsc_session_report_clear(&report);
    bench_assert_value(&b, POLL, "1");
    bench_assert_value(&b, TIMER, "2000");
    assert_int_equal(dmsc_sim_counts(b.sim).nvm_writes, 0);
    assert_card_says(&b, POLL, "3600");
    assert_card_says(&b, TIMER, "2000");
    assert_true(server_stop(&server) > 0);
    assert_true(server_content());
    bench_close(&b);
    req_done("WI-11a");
}

static void nothing_changed(void **state)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct server server;
    struct bench b;

    (void)state;
    server_start(&server, OPA,
                 "{\"commands\":[{\"get\":\"" TIMER "\",\"expect\":200,\"expect_data\":\"2000\"}]}",
                 "server");
    bench_synced(&b, server.resolve);
    session_ok(&b, OPA, &report);
    assert_true(report.completed);
    assert_int_equal(report.dm.changes, 0);
    assert_int_equal(report.write_back.item_count, 0);
    dmsc_session_report_clear(&report);
    assert_int_equal(dmsc_sim_counts(b.sim).nvm_writes, 0);
    assert_false(bench_marked(&b));
    assert_true(server_stop(&server) > 0);
    assert_true(server_content());
    bench_close(&b);
}

/* --- who the server is ------------------------------------------------------------------------ */

static void assert_no_message(struct bench *b, struct server *server, const char *server_id,
                              enum dmsc_err wanted, const char *reason)
{
    char *was = bench_tree(b), *is;

    bench_assert_failed(b, session(b, server_id, NULL), wanted, reason);
    assert_true(server_stop(server) <= 0);
    assert_false(bench_marked(b));
    is = bench_tree(b);
    assert_string_equal(is, was);
    free(is);
    free(was);
}

static void another_identity(void **state)
{
    static const struct {
        const char *server_id, *certificate;
        enum dmsc_err err;
        const char *reason;
    } cases[] = {
        /* The very certificate is pinned: neither another key of the same CA, nor another CA. */
        { OPA, "rsa", DMSC_E_REFUSED, "ma:identity" },
        { OPA, "stranger", DMSC_E_REFUSED, "ma:identity" },
        { OPA, "alone", DMSC_E_TLS, "tls:untrusted" },
        { OPA, "expired", DMSC_E_TLS, "tls:expired" },
        { OPA, "elsewhere", DMSC_E_TLS, "tls:name" },
        /* A CA is pinned: that of another authority does not count. */
        { "by-ca", "stranger", DMSC_E_TLS, "tls:untrusted" },
        { "by-other-ca", "server", DMSC_E_TLS, "tls:untrusted" },
        /* The right certificate, and the card names another host for this authority. */
        { "elsewhere", "server", DMSC_E_REFUSED, "ma:identity" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct server server;
        struct bench b;

        server_start(&server, cases[i].server_id, CHANGE_TIMER, cases[i].certificate);
        bench_synced(&b, server.resolve);
        assert_no_message(&b, &server, cases[i].server_id, cases[i].err, cases[i].reason);
        bench_close(&b);
    }
}

static void by_a_ca(void **state)
{
    static const struct {
        const char *server_id, *certificate;
    } cases[] = { { "by-ca", "server" }, { "by-ca", "rsa" }, { "by-other-ca", "stranger" } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
        struct server server;
        struct bench b;

        server_start(&server, cases[i].server_id, "{\"commands\":[{\"get\":\"./NoSuchNode\"}]}",
                     cases[i].certificate);
        bench_synced(&b, server.resolve);
        session_ok(&b, cases[i].server_id, &report);
        assert_true(report.completed);
        assert_true(report.mutual);
        dmsc_session_report_clear(&report);
        assert_true(server_stop(&server) > 0);
        bench_close(&b);
    }
}

/* The matrix of mutual authentication: a server that does not ask who we are, one that is not who
 * it should be, and the right one. */
static void req_S0_1a_both_ends_prove_who_they_are(void **state)
{
    static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
    char cert[SUPPORT_PATH_MAX], key[SUPPORT_PATH_MAX], line[128];
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct peer_config config = { .answers = answers, .answer_count = 1 };
    struct peer *peer = calloc(1, sizeof(*peer));
    struct server server;
    struct bench b;

    (void)state;
    assert_non_null(peer);
    bench_need();
    bench_path("server.pem", cert);
    bench_path("server.key", key);
    config.cert = cert;
    config.key = key;
    peer_start(peer, &config);
    (void)snprintf(line, sizeof(line), "[net]\nresolve = dm.opa.example:443:127.0.0.1:%u\n",
                   peer->port);
    bench_synced(&b, line);
    bench_assert_failed(&b, session(&b, OPA, NULL), DMSC_E_TLS, "tls:client-cert-required");
    peer_stop(peer);
    assert_int_equal(peer->requests, 0);
    peer_clear(peer);
    assert_false(bench_marked(&b));
    bench_close(&b);
    free(peer);

    server_start(&server, OPA, CHANGE_TIMER, "rsa");
    bench_synced(&b, server.resolve);
    assert_no_message(&b, &server, OPA, DMSC_E_REFUSED, "ma:identity");
    bench_close(&b);

    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    session_ok(&b, OPA, &report);
    assert_true(report.completed && report.mutual);
    dmsc_session_report_clear(&report);
    assert_true(server_stop(&server) > 0);
    bench_close(&b);
    req_done("S0-1a");
}

/* DM 1.2 inside TLS, and over nothing else: a server that speaks plain HTTP hears no message. */
static void req_S0_B1_inside_tls_alone(void **state)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct peer_config config = { .first = dmsc_bytes_str(
                                      "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") };
    struct peer *peer = calloc(1, sizeof(*peer));
    char line[128];
    struct server server;
    struct bench b;

    (void)state;
    assert_non_null(peer);
    bench_need();
    peer_start(peer, &config);
    (void)snprintf(line, sizeof(line), "[net]\nresolve = dm.opa.example:443:127.0.0.1:%u\n",
                   peer->port);
    bench_synced(&b, line);
    bench_assert_failed(&b, session(&b, OPA, NULL), DMSC_E_TLS, "tls:not-tls");
    peer_stop(peer);
    for (size_t i = 0; i + 6 < peer->tap_n; i++)
        assert_memory_not_equal(peer->tap + i, "SyncML", 6);
    peer_clear(peer);
    free(peer);
    bench_close(&b);

    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    session_ok(&b, OPA, &report);
    assert_true(report.completed);
    dmsc_session_report_clear(&report);
    assert_true(server_stop(&server) > 0);
    bench_close(&b);
    req_done("S0-B1");
}

static void nobody_there(void **state)
{
    struct bench b;

    (void)state;
    bench_synced(&b, "[net]\nresolve = dm.opa.example:443:127.0.0.1:1\ntimeout_ms = 2000\n");
    assert_int_equal(session(&b, OPA, NULL), DMSC_E_NET);
    assert_false(bench_marked(&b));
    bench_close(&b);
}

/* --- what stands between the server and the card ---------------------------------------------- */

/* Power fails at each write of the write-back, in each way it can: the marker stands, and the next
 * sync of another process finishes what the session began. */
static void a_power_cut_while_writing_back(void **state)
{
    struct server server;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER, "server");
    for (int outcome = DMSC_SIM_TEAR_OLD; outcome <= DMSC_SIM_TEAR_GARBAGE; outcome++) {
        bool torn = true;

        for (unsigned n = 1; torn; n++) {
            struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
            struct bench b;
            enum dmsc_err err;

            bench_synced(&b, server.resolve);
            dmsc_sim_tear_at(b.sim, n, (enum dmsc_sim_tear)outcome);
            err = session(&b, OPA, NULL);
            torn = dmsc_sim_counts(b.sim).torn > 0;
            dmsc_sim_tear_at(b.sim, 0, DMSC_SIM_TEAR_OLD);
            assert_int_equal(err == DMSC_OK, !torn);
            assert_int_equal(bench_marked(&b), torn);
            bench_assert_value(&b, TIMER, "4000");
            bench_restart(&b, server.resolve);
            bench_assert_value(&b, TIMER, "4000");
            bench_sync(&b, &report);
            dmsc_sync_report_clear(&report);
            assert_false(bench_marked(&b));
            bench_assert_value(&b, TIMER, "4000");
            assert_card_says(&b, TIMER, "4000");
            bench_sync(&b, &report);
            assert_true(report.unchanged);
            dmsc_sync_report_clear(&report);
            bench_close(&b);
        }
    }
    (void)server_stop(&server);
}

/* The key of the card is wrong: told once, and no later sync tries it until the card blocks. */
static void a_wrong_key_is_not_tried_for_ever(void **state)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    char path[SUPPORT_PATH_MAX];
    struct server server;
    struct bench b;
    uint8_t tries = 0;
    FILE *to;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    bench_path("wrong.hex", path);
    to = fopen(path, "w");
    assert_non_null(to);
    (void)fputs("1111111111111111\n", to);
    (void)fclose(to);
    assert_int_equal(chmod(path, 0600), 0);
    dmsci_free(b.ctx, b.config.adm1_file);
    b.config.adm1_file = dmsci_strdup(b.ctx, path);
    session_ok(&b, OPA, &report);
    assert_int_equal(report.write_back.item_count, 1);
    assert_int_equal(report.write_back.items[0].action, DMSC_SYNC_LEFT_OUT);
    assert_int_equal(strncmp(report.write_back.items[0].reason, "pin:wrong", 9), 0);
    dmsc_session_report_clear(&report);
    assert_false(bench_marked(&b));
    for (int i = 0; i < 12; i++)
        bench_sync(&b, NULL);
    assert_int_equal(dmsc_uicc_pin_tries(dmsc_bridge_uicc(b.bridge), 0x0A, &tries), DMSC_OK);
    assert_int_equal(tries, 9);
    (void)server_stop(&server);
    bench_close(&b);
}

/* The card was never powered in this process: the write-back does it. */
static void a_session_without_a_sync(void **state)
{
    struct server server;
    struct bench b;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    bench_restart(&b, server.resolve);
    session_ok(&b, OPA, NULL);
    assert_card_says(&b, TIMER, "4000");
    (void)server_stop(&server);
    bench_close(&b);
}

static void the_server_is_gone(void **state)
{
    struct server server;
    struct bench b;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    assert_int_equal(kill(server.pid, SIGKILL), 0);
    assert_int_equal(waitpid(server.pid, NULL, 0), server.pid);
    assert_int_equal(session(&b, OPA, NULL), DMSC_E_NET);
    assert_false(bench_marked(&b));
    bench_assert_value(&b, TIMER, "2000");
    bench_close(&b);
}

static void kill_server(void *user, const struct dmsc_dm1_event *event)
{
    struct server *server = user;

    (void)event;
    if (server->pid == 0)
        return;
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->pid = 0;
}

/* The server goes away in the middle: what was committed is in the tree and goes to the card, and
 * the story is that of the network. */
static void the_server_dies(void **state)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct server server;
    struct bench b;
    enum dmsc_err err;

    (void)state;
    server_start(&server, OPA, CHANGE_TIMER "," CHANGE_TIMER, "server");
    bench_synced(&b, server.resolve);
    err = dmsc_bridge_session(b.bridge, OPA, kill_server, &server, &report);
    assert_true(err == DMSC_E_NET || err == DMSC_E_TLS);
    assert_int_equal(dmsc_diag_get(b.ctx)->err, err);
    assert_int_equal(strncmp(dmsc_diag_get(b.ctx)->reason, err == DMSC_E_NET ? "net:" : "tls:", 4),
                     0);
    dmsc_session_report_clear(&report);
    assert_false(bench_marked(&b));
    bench_assert_value(&b, TIMER, "4000");
    assert_card_says(&b, TIMER, "4000");
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_WI_11a_from_the_server_into_the_card),
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(another_identity),
        cmocka_unit_test(by_a_ca),
        cmocka_unit_test(req_S0_1a_both_ends_prove_who_they_are),
        cmocka_unit_test(req_S0_B1_inside_tls_alone),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(a_power_cut_while_writing_back),
        cmocka_unit_test(a_wrong_key_is_not_tried_for_ever),
        cmocka_unit_test(a_session_without_a_sync),
        cmocka_unit_test(the_server_is_gone),
        cmocka_unit_test(the_server_dies),
    };

    if (argc < 2)
        return 2;
    bench_server_program = argv[1];
    return support_exit(cmocka_run_group_tests(tests, bench_make, bench_remove),
                        sizeof(tests) / sizeof(*tests));
}
