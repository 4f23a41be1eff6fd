/* SPDX-License-Identifier: Apache-2.0 */
/* The program as people run it, against our own client and against raw bytes. */
#include "apdu/base/ctx.h"
#include "host/net/net.h"
#include "simulator/server/https.h"
#include "tests/unit/credential/pki.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TYPE "application/vnd.syncml.dm+xml"

static struct pki pki;
static const char *program;

struct run {
    pid_t pid;
    unsigned port;
    char scenario[SUPPORT_PATH_MAX], transcript[SUPPORT_PATH_MAX], ready[SUPPORT_PATH_MAX];
};

static void write_scenario(struct run *r, const char *steps)
{
    FILE *file;

    pki_path(&pki, "scenario.json", r->scenario);
    pki_path(&pki, "transcript.json", r->transcript);
    pki_path(&pki, "ready", r->ready);
    (void)unlink(r->ready);
    (void)unlink(r->transcript);
    file = fopen(r->scenario, "w");
    assert_non_null(file);
    (void)fprintf(file,
                  "{\"server_id\":\"com.opa.dm\",\"certificate\":\"server.pem\","
                  "\"key\":\"server.key\",\"client_ca\":\"ca.pem\",\"listen\":\"127.0.0.1:0\","
                  "\"path\":\"/dm\",\"max_msg_size\":4096,\"steps\":[%s]}",
                  steps);
    (void)fclose(file);
}

static void quiet(void)
{
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
}

static void spawn(struct run *r, const char *option, const char *argument)
{
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid != 0)
        return;
    /* A test that fails leaves no server behind. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    quiet();
    (void)execl(program, "dmsc-server", r->scenario, "--transcript", r->transcript, "--ready-file",
                r->ready, option, argument, (char *)NULL);
    _exit(127);
}

static void wait_ready(struct run *r)
{
    const struct timespec moment = { 0, 10000000 };
    FILE *file = NULL;

    for (int i = 0; i < 2000 && file == NULL; i++) {
        file = fopen(r->ready, "r");
        if (file == NULL)
            (void)nanosleep(&moment, NULL);
    }
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &r->port), 1);
    (void)fclose(file);
}

static void start(struct run *r, const char *steps, const char *option, const char *argument)
{
    pki_need(&pki);
    write_scenario(r, steps);
    spawn(r, option, argument);
    wait_ready(r);
}

static int finish(const struct run *r)
{
    int status = 0;

    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int stop(const struct run *r)
{
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    return finish(r);
}

static json_t *transcript(const struct run *r)
{
    json_t *json = json_load_file(r->transcript, 0, NULL);

    assert_non_null(json);
    return json;
}

static long long number_at(json_t *json, const char *object, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(json, object), key));
}

/* A device of its own: context, certificate, connection. */
struct device {
    struct dmsc_ctx *ctx;
    struct dmsc_bytes anchor, chain;
    struct dmsc_secret key;
    struct dmsci_net *net;
    const char *id;
    unsigned msg_id;
    struct dmsc_buf answer;
};

static enum dmsc_err accept_all(void *user, const struct dmsc_peer *peer)
{
    (void)user;
    (void)peer;
    return DMSC_OK;
}

static enum dmsc_err connect_device(struct device *d, const struct run *r, const char *id,
                                    const char *name)
{
    struct dmsci_net_config config = DMSCI_NET_CONFIG_INIT;
    char file[64], url[64];

    memset(d, 0, sizeof(*d));
    d->id = id;
    assert_int_equal(dmsc_ctx_new(NULL, &d->ctx), DMSC_OK);
    dmsc_buf_init(&d->answer, d->ctx, 65536);
    d->anchor = pki_slurp(&pki, "ca.der");
    config.tls.anchors = &d->anchor;
    config.tls.anchor_count = 1;
    config.tls.check = accept_all;
    config.conn.io_timeout_ms = 10000;
    if (name != NULL) {
        (void)snprintf(file, sizeof(file), "%s.der", name);
        d->chain = pki_slurp(&pki, file);
        (void)snprintf(file, sizeof(file), "%s.key", name);
        pki_secret(&pki, d->ctx, file, &d->key);
        config.tls.chain = &d->chain;
        config.tls.chain_count = 1;
        config.tls.key = &d->key;
        config.tls.demand_mutual = true;
    }
    (void)snprintf(url, sizeof(url), "https://localhost:%u/dm", r->port);
    return dmsci_net_open(d->ctx, url, &config, &d->net);
}

static void disconnect_device(struct device *d)
{
    dmsci_net_close(d->net);
    dmsc_buf_clear(&d->answer);
    dmsc_secret_clear(&d->key);
    support_free(d->anchor);
    support_free(d->chain);
    dmsc_ctx_free(d->ctx);
}

static enum dmsc_err post(struct device *d, const char *url, const char *type, const char *body)
{
    struct dmsci_net_response response;

    return dmsci_net_post(d->net, url, type, TYPE, dmsc_bytes_str(body), &d->answer, &response);
}

static enum dmsc_err send_message(struct device *d, const char *body)
{
    char text[4096];

    (void)snprintf(text, sizeof(text),
                   "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>"
                   "<VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>%u</MsgID>"
                   "<Target><LocURI>https://localhost/dm</LocURI></Target>"
                   "<Source><LocURI>%s</LocURI></Source></SyncHdr>"
                   "<SyncBody>%s<Final/></SyncBody></SyncML>",
                   ++d->msg_id, d->id, body);
    return post(d, NULL, TYPE, text);
}

static enum dmsc_err open_session(struct device *d)
{
    char body[2048];

    (void)snprintf(
        body, sizeof(body),
        "<Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Replace><CmdID>2</CmdID>"
        "<Item><Source><LocURI>./DevInfo/DevId</LocURI></Source><Data>%s</Data></Item>"
        "<Item><Source><LocURI>./DevInfo/Man</LocURI></Source><Data>Acme</Data></Item>"
        "<Item><Source><LocURI>./DevInfo/Mod</LocURI></Source><Data>G</Data></Item>"
        "<Item><Source><LocURI>./DevInfo/DmV</LocURI></Source><Data>1</Data></Item>"
        "<Item><Source><LocURI>./DevInfo/Lang</LocURI></Source><Data>en</Data></Item></Replace>",
        d->id);
    return send_message(d, body);
}

/* The one Get of the scenario is command 4: behind three Statuses. */
static enum dmsc_err answer_get(struct device *d, unsigned status, const char *data)
{
    char body[1024];

    (void)snprintf(body, sizeof(body),
                   "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>"
                   "<Data>200</Data></Status><Status><CmdID>2</CmdID><MsgRef>1</MsgRef>"
                   "<CmdRef>4</CmdRef><Cmd>Get</Cmd><Data>%u</Data></Status>"
                   "<Results><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Source>"
                   "<LocURI>./DevInfo/Man</LocURI></Source><Data>%s</Data></Item></Results>",
                   status, data);
    return send_message(d, body);
}

#define GET_MAN "{\"commands\":[{\"get\":\"./DevInfo/Man\",\"expect_data\":\"Acme\"}]}"

/* A whole session under a client certificate, and what is written about it. */
static void req_TLS_17c_req_SCR_S_010_session_with_client_certificate(void **state)
{
    struct run r;
    struct device d;
    json_t *json, *session;

    (void)state;
    start(&r, GET_MAN, "--once", NULL);
    assert_int_equal(connect_device(&d, &r, "IMEI:1", "client"), DMSC_OK);
    assert_true(dmsci_net_info(d.net)->tls.mutual);
    assert_int_equal(open_session(&d), DMSC_OK);
    assert_non_null(strstr(dmsc_buf_str(&d.answer), "<Get><CmdID>4</CmdID>"));
    assert_int_equal(answer_get(&d, 200, "Acme"), DMSC_OK);
    assert_int_equal(dmsci_net_info(d.net)->connections, 1);
    assert_int_equal(finish(&r), 0);
    disconnect_device(&d);
    json = transcript(&r);
    session = json_array_get(json_object_get(json, "sessions"), 0);
    assert_true(json_is_true(json_object_get(json, "ok")));
    assert_int_equal(json_integer_value(json_object_get(json, "messages")), 2);
    assert_int_equal(number_at(json, "tls", "handshakes"), 1);
    assert_non_null(strstr(json_string_value(json_object_get(
                               json_object_get(session, "client_certificate"), "subject")),
                           "IMEI:490154203237518"));
    json_decref(json);
    req_done("TLS-17c");
    req_done("SCR S-010");
}

static void expectation_that_is_not_met(void **state)
{
    struct run r;
    struct device d;

    (void)state;
    start(&r, GET_MAN, "--once", NULL);
    assert_int_equal(connect_device(&d, &r, "IMEI:1", "client"), DMSC_OK);
    assert_int_equal(open_session(&d), DMSC_OK);
    assert_int_equal(answer_get(&d, 404, ""), DMSC_OK);
    assert_int_equal(finish(&r), 1);
    disconnect_device(&d);
}

static void clients_that_are_refused(void **state)
{
    struct run r;
    struct device d;
    json_t *json;

    (void)state;
    start(&r, GET_MAN, "-v", NULL);
    assert_int_not_equal(
        connect_device(&d, &r, "IMEI:1", NULL) == DMSC_OK ? open_session(&d) : DMSC_E_TLS, DMSC_OK);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "tls:client-cert-required");
    disconnect_device(&d);
    assert_int_not_equal(connect_device(&d, &r, "IMEI:1", "foreign") == DMSC_OK ? open_session(&d)
                                                                                : DMSC_E_TLS,
                         DMSC_OK);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "tls:client-cert-refused");
    disconnect_device(&d);
    assert_int_equal(stop(&r), 1); /* nobody did what was expected */
    json = transcript(&r);
    assert_int_equal(number_at(json, "tls", "refused"), 2);
    assert_int_equal(number_at(json, "tls", "handshakes"), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "messages")), 0);
    assert_int_equal(json_array_size(json_object_get(json, "sessions")), 0);
    json_decref(json);
}

static void requests_that_are_refused(void **state)
{
    static const char huge[5000] = "";
    char body[sizeof(huge)];
    char url[64];
    struct run r;
    struct device d;
    json_t *json;

    (void)state;
    start(&r, GET_MAN, "-v", NULL);
    assert_int_equal(connect_device(&d, &r, "IMEI:1", "client"), DMSC_OK);
    (void)snprintf(url, sizeof(url), "https://localhost:%u/other", r.port);
    assert_int_equal(post(&d, url, TYPE, "x"), DMSC_E_HTTP);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "http:404");
    assert_int_equal(post(&d, NULL, "text/plain", "x"), DMSC_E_HTTP);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "http:415");
    assert_int_equal(post(&d, NULL, TYPE, "no XML"), DMSC_E_HTTP);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "http:400");
    memset(body, 'x', sizeof(body));
    body[sizeof(body) - 1] = '\0';
    assert_int_equal(post(&d, NULL, TYPE, body), DMSC_E_HTTP);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "http:413");
    disconnect_device(&d);
    assert_int_equal(stop(&r), 1);
    json = transcript(&r);
    assert_int_equal(number_at(json, "http", "refused"), 4);
    json_decref(json);
}

struct worker {
    const struct run *run;
    char id[24];
    enum dmsc_err err;
};

static void *work(void *user)
{
    struct worker *w = user;
    struct device d;

    w->err = connect_device(&d, w->run, w->id, "client");
    if (w->err == DMSC_OK)
        w->err = open_session(&d);
    if (w->err == DMSC_OK)
        w->err = answer_get(&d, 200, "Acme");
    disconnect_device(&d);
    return NULL;
}

static void many_devices_at_once(void **state)
{
    enum { DEVICES = 8 };
    pthread_t threads[DEVICES];
    struct worker workers[DEVICES];
    struct run r;
    json_t *json;

    (void)state;
    start(&r, GET_MAN, "-v", NULL);
    for (int i = 0; i < DEVICES; i++) {
        workers[i].run = &r;
        (void)snprintf(workers[i].id, sizeof(workers[i].id), "IMEI:%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < DEVICES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].err, DMSC_OK);
    }
    assert_int_equal(stop(&r), 0);
    json = transcript(&r);
    assert_int_equal(json_array_size(json_object_get(json, "sessions")), DEVICES);
    assert_true(json_is_true(json_object_get(json, "ok")));
    json_decref(json);
}

/* The same scenario under another identity. */
static void somebody_else(void **state)
{
    struct run r;
    struct device d;
    char cert[SUPPORT_PATH_MAX], key[SUPPORT_PATH_MAX], option[SUPPORT_PATH_MAX + 16];
    char option_key[SUPPORT_PATH_MAX + 16];

    (void)state;
    pki_need(&pki);
    write_scenario(&r, GET_MAN);
    pki_path(&pki, "elsewhere.pem", cert);
    pki_path(&pki, "elsewhere.key", key);
    (void)snprintf(option, sizeof(option), "--certificate=%s", cert);
    spawn(&r, option, "--key");
    assert_int_equal(finish(&r), 2); /* half of it */
    (void)snprintf(option_key, sizeof(option_key), "--key=%s", key);
    spawn(&r, option, option_key);
    wait_ready(&r);
    assert_int_equal(connect_device(&d, &r, "IMEI:1", "client"), DMSC_E_TLS);
    assert_string_equal(dmsc_diag_get(d.ctx)->reason, "tls:name");
    disconnect_device(&d);
    assert_int_equal(stop(&r), 1);
}

static void things_that_cannot_be_started(void **state)
{
    struct run r;

    (void)state;
    pki_need(&pki);
    write_scenario(&r, "5");
    spawn(&r, "-v", NULL);
    assert_int_equal(finish(&r), 6);
    write_scenario(&r, GET_MAN);
    spawn(&r, "--check", NULL);
    assert_int_equal(finish(&r), 0);
    spawn(&r, "--nonsense", NULL);
    assert_int_equal(finish(&r), 2);
    spawn(&r, "--help", NULL);
    assert_int_equal(finish(&r), 0);
    spawn(&r, "--listen", "nowhere");
    assert_int_equal(finish(&r), 5);
    spawn(&r, "--client-ca", "/nowhere");
    assert_int_equal(finish(&r), 1);
    spawn(&r, "--client-ca", r.scenario);
    assert_int_equal(finish(&r), 1);
    assert_int_not_equal(access(r.ready, F_OK), 0);
}

/* What the server says to raw bytes. */
static size_t say(const struct run *r, const uint8_t *hello, size_t n, uint8_t *ret_answer,
                  size_t room)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t total = 0;
    ssize_t got;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(fd, hello, n), n);
    (void)shutdown(fd, SHUT_WR);
    while ((got = read(fd, ret_answer + total, room - total)) > 0)
        total += (size_t)got;
    (void)close(fd);
    return total;
}

/* A ClientHello of version 3.@p minor with these suites and no extension. */
static size_t client_hello(uint8_t minor, const uint16_t *suites, size_t count, uint8_t ret[256])
{
    struct dmsc_wr w = dmsc_wr(ret, 256);
    size_t body = 2 + 32 + 1 + 2 + 2 * count + 2;

    dmsc_wr_u8(&w, 0x16);
    dmsc_wr_u16(&w, (uint16_t)(0x0300 | minor));
    dmsc_wr_u16(&w, (uint16_t)(body + 4));
    dmsc_wr_u8(&w, 1);
    dmsc_wr_u8(&w, 0);
    dmsc_wr_u16(&w, (uint16_t)body);
    dmsc_wr_u16(&w, (uint16_t)(0x0300 | minor));
    dmsc_wr_fill(&w, 0x22, 32);
    dmsc_wr_u8(&w, 0);
    dmsc_wr_u16(&w, (uint16_t)(2 * count));
    for (size_t i = 0; i < count; i++)
        dmsc_wr_u16(&w, suites[i]);
    dmsc_wr_u8(&w, 1);
    dmsc_wr_u8(&w, 0);
    assert_false(w.bad);
    return w.n;
}

static bool is_offered(uint8_t high, uint8_t low)
{
    gnutls_priority_t priority;
    unsigned index;
    bool offered = false;

    assert_int_equal(gnutls_priority_init(&priority, server_priorities, NULL), 0);
    for (unsigned i = 0; gnutls_priority_get_cipher_suite_index(priority, i, &index) !=
                         GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
         i++) {
        uint8_t id[2] = { 0, 0 };

        if (gnutls_cipher_suite_info(index, id, NULL, NULL, NULL, NULL) != NULL)
            offered = offered || (id[0] == high && id[1] == low);
    }
    gnutls_priority_deinit(priority);
    return offered;
}

/* SSL 3.0 with RC4 or 3DES, TLS 1.0: never a ServerHello. */
static void req_TLS_12a_TLS_12b_SCR_S_001_S_002_S_003_refused(void **state)
{
    static const uint16_t rc4[] = { 0x0005 }, des[] = { 0x000A },
                          all[] = { 0xC02B, 0x0035, 0x002F };
    static const struct {
        uint8_t minor;
        const uint16_t *suites;
        size_t count;
    } hellos[] = { { 0, rc4, 1 }, { 0, des, 1 }, { 3, rc4, 1 },
                   { 3, des, 1 }, { 0, all, 3 }, { 1, all, 3 } };
    uint8_t hello[256], answer[1024];
    struct run r;

    (void)state;
    start(&r, GET_MAN, "-v", NULL);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(hellos); i++) {
        size_t n = client_hello(hellos[i].minor, hellos[i].suites, hellos[i].count, hello);

        n = say(&r, hello, n, answer, sizeof(answer));
        /* An alert at most. */
        assert_true(n == 0 || answer[0] == 0x15);
    }
    assert_int_equal(stop(&r), 1);
    assert_true(is_offered(0xC0, 0x2B));
    assert_false(is_offered(0x00, 0x05));
    assert_false(is_offered(0x00, 0x0A));
    req_done("TLS-12a");
    req_done("TLS-12b");
    req_done("SCR S-001");
    req_done("SCR S-002");
    req_done("SCR S-003");
}

static int setup_all(void **state)
{
    (void)state;
    return pki_make(&pki);
}

static int teardown_all(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_TLS_17c_req_SCR_S_010_session_with_client_certificate),
        cmocka_unit_test(expectation_that_is_not_met),
        cmocka_unit_test(clients_that_are_refused),
        cmocka_unit_test(requests_that_are_refused),
        cmocka_unit_test(many_devices_at_once),
        cmocka_unit_test(somebody_else),
        cmocka_unit_test(things_that_cannot_be_started),
        cmocka_unit_test(req_TLS_12a_TLS_12b_SCR_S_001_S_002_S_003_refused),
    };

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s DMSC-SERVER\n", argv[0]);
        return 2;
    }
    program = argv[1];
    return support_exit(cmocka_run_group_tests(tests, setup_all, teardown_all),
                        DMSCI_ARRAY_LEN(tests));
}
