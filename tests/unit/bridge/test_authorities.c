/* SPDX-License-Identifier: Apache-2.0 */
/* Several authorities of one card, each with its account and its server. */
#include "tests/unit/bridge/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK "{\"commands\":[{\"get\":\"./NoSuchNode\"}]}"

/* Who is who by the card: the server's certificate that its entry pins, and one that it does not.
 */
static const struct {
    const char *server_id, *right, *wrong, *reason;
    enum dmsc_err err;
} known[] = {
    { "com.opa.dm", "server", "stranger", "ma:identity", DMSC_E_REFUSED },
    { "by-ca", "server", "stranger", "tls:untrusted", DMSC_E_TLS },
    { "by-other-ca", "stranger", "server", "tls:untrusted", DMSC_E_TLS },
};
#define KNOWN (sizeof(known) / sizeof(*known))

static void ignore(void *user, const struct dmsc_dm1_event *event)
{
    (void)user;
    (void)event;
}

/* A session of the device that is on, with a server that shows this certificate. @return messages
 * that the server heard */
static int session(struct bench *b, const char *server_id, const char *certificate,
                   const char *steps, enum dmsc_err *ret_err, struct dmsc_session_report *report)
{
    struct server server;

    server_start(&server, server_id, steps, certificate);
    bench_restart(b, server.resolve);
    *ret_err = dmsc_bridge_session(b->bridge, server_id, ignore, NULL, report);
    return server_stop(&server);
}

static void works(struct bench *b, size_t i)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    enum dmsc_err err;
    int heard = session(b, known[i].server_id, known[i].right, LOOK, &err, &report);

    if (err != DMSC_OK)
        fail_msg("%s: %s", known[i].server_id, dmsc_diag_get(b->ctx)->why);
    assert_true(report.completed && report.mutual);
    assert_string_equal(report.server_id, known[i].server_id);
    assert_int_equal(report.dm.commands, 1);
    assert_int_equal(heard, 2);
    dmsc_session_report_clear(&report);
}

static void fails(struct bench *b, size_t i)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    enum dmsc_err err;
    int heard = session(b, known[i].server_id, known[i].wrong, LOOK, &err, &report);

    bench_assert_failed(b, err, known[i].err, known[i].reason);
    assert_true(heard <= 0);
    dmsc_session_report_clear(&report);
}

/* Three authorities on one card: each has an account, and each holds its sessions. */
static void req_HLF_010_each_has_its_account(void **state)
{
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    for (size_t i = 0; i < KNOWN; i++)
        works(&b, i);
    bench_close(&b);
    req_done("HLF-010");
}

/* In turns, and in between with what belongs to another: what one server proves opens no session
 * of another, and what failed once leaves nothing behind for the next. */
static void req_HLF_012_credentials_never_mix(void **state)
{
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < KNOWN; i++) {
            works(&b, i);
            fails(&b, (i + 1) % KNOWN);
        }
    }
    bench_close(&b);
    req_done("HLF-012");
}

struct delisting {
    struct bench *b;
    unsigned events;
};

static void delist(void *user, const struct dmsc_dm1_event *event)
{
    struct delisting *d = user;

    (void)event;
    d->events++;
    assert_int_equal(dmsc_authority_set_list(dmsc_bridge_authority(d->b->bridge), NULL), DMSC_OK);
}

/* A certificate of a CA that the card trusts makes no authority; nor does an entry that is off or
 * over, nor one that was on the list a message ago. */
static void req_HLF_016_only_authorities_are_heard(void **state)
{
    static const struct {
        const char *server_id, *reason;
        enum dmsc_err err;
    } cases[] = {
        { "stranger", "ma:unlisted", DMSC_E_NOT_LISTED_MA },
        { "org.unlisted", "ma:unlisted", DMSC_E_NOT_LISTED_MA },
        { "off", "ma:disabled", DMSC_E_REFUSED },
        { "expired", "ma:expired", DMSC_E_REFUSED },
        { "elsewhere", "ma:identity", DMSC_E_REFUSED },
    };
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    struct server server;
    struct bench b;
    struct delisting d = { &b, 0 };
    enum dmsc_err err;

    (void)state;
    bench_synced(&b, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *was = bench_tree(&b), *is;

        assert_true(session(&b, cases[i].server_id, "server",
                            "{\"commands\":[{\"replace\":\"./Vendor/Fleet/PollSeconds\","
                            "\"data\":\"1\"}]}",
                            &err, &report) <= 0);
        bench_assert_failed(&b, err, cases[i].err, cases[i].reason);
        dmsc_session_report_clear(&report);
        is = bench_tree(&b);
        assert_string_equal(is, was);
        free(is);
        free(was);
    }
    server_start(&server, "com.opa.dm", LOOK "," LOOK, "server");
    bench_restart(&b, server.resolve);
    err = dmsc_bridge_session(b.bridge, "com.opa.dm", delist, &d, &report);
    assert_int_equal(err, DMSC_OK);
    assert_false(report.completed);
    assert_string_equal(report.dm.end, "no verified MA list is in force");
    assert_int_equal(report.dm.messages_received, 2);
    assert_int_equal(report.dm.commands, 1);
    assert_int_equal(d.events, 1);
    dmsc_session_report_clear(&report);
    assert_int_equal(server_stop(&server), 2);
    bench_close(&b);
    req_done("HLF-016");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_HLF_010_each_has_its_account),
        cmocka_unit_test(req_HLF_012_credentials_never_mix),
        cmocka_unit_test(req_HLF_016_only_authorities_are_heard),
    };

    if (argc < 2)
        return 2;
    bench_server_program = argv[1];
    return support_exit(cmocka_run_group_tests(tests, bench_make, bench_remove),
                        sizeof(tests) / sizeof(*tests));
}
