/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bridge/bench.h"
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        enum dmsc_err must_err = (call);                                                           \
        if (must_err != DMSC_OK)                                                                   \
            fail_msg("%s: %s", #call, dmsc_err_name(must_err));                                    \
    } while (0)

static struct pki pki;
static char *card_text; /* of the provisioned card */
const char *bench_server_program;

void bench_path(const char *name, char ret_path[SUPPORT_PATH_MAX])
{
    pki_path(&pki, name, ret_path);
}

void bench_need(void)
{
    pki_need(&pki);
}

void bench_write(const char *name, const char *text)
{
    char path[SUPPORT_PATH_MAX];
    FILE *to;

    bench_path(name, path);
    to = fopen(path, "w");
    assert_non_null(to);
    (void)fputs(text, to);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void copy_data(const char *from)
{
    struct dmsc_bytes content = support_slurp(from);

    bench_write(strrchr(from, '/') + 1, (const char *)content.p);
    support_free(content);
}

static void write_account(const char *server_id)
{
    char name[64], text[1024];

    (void)snprintf(name, sizeof(name), "account-%s.xml", server_id);
    (void)snprintf(
        text, sizeof(text),
        "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>x</NodeName><RTProperties><Format><node/>"
        "</Format><Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>"
        "<Node><NodeName>ServerID</NodeName><Value>%s</Value></Node>"
        "<Node><NodeName>Name</NodeName><Value>the account</Value></Node>"
        "<Node><NodeName>AppAddr</NodeName><RTProperties><Format><node/></Format></RTProperties>"
        "<Node><NodeName>1</NodeName><RTProperties><Format><node/></Format></RTProperties>"
        "<Node><NodeName>Addr</NodeName><Value>https://dm.opa.example/dm</Value></Node></Node>"
        "</Node></Node></MgmtTree>",
        server_id);
    bench_write(name, text);
}

static void write_files(void)
{
    static const char *const accounts[] = { "com.opa.dm", "by-ca",   "by-other-ca", "by-psk",
                                            "off",        "expired", "elsewhere",   "stranger" };

    for (size_t i = 0; i < sizeof(accounts) / sizeof(*accounts); i++)
        write_account(accounts[i]);
    copy_data("tests/data/bridge/profile.json");
    copy_data("tests/data/sync/issuer.key");
    copy_data("tests/data/sync/ims.xml");
    copy_data("tests/data/sync/fleet.xml");
    bench_write("adm1.hex", "4444444444444444\n");
    bench_write("pin1", "1234\n");
    assert_int_equal(pki_run(&pki, "openssl pkey -in issuer.key -pubout -out issuer.pub && "
                                   "chmod 600 client.key"),
                     0);
}

static void provision(struct dmsc_ctx *ctx, struct dmsc_sim *sim, const char *name)
{
    static const uint8_t adm1[8] = { 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44 };
    struct dmsc_card_provision_options options = DMSC_CARD_PROVISION_OPTIONS_INIT;
    struct dmsc_card_profile *profile = NULL;
    struct dmsc_secret adm = DMSC_SECRET_INIT;
    struct dmsc_card_header header;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_card *card;
    char path[SUPPORT_PATH_MAX];
    enum dmsc_err err;

    bench_path(name, path);
    MUST(dmsc_sim_link(sim, ctx, &link));
    MUST(dmsc_uicc_new(ctx, link, &uicc));
    MUST(dmsc_uicc_power_on(uicc));
    MUST(dmsc_card_open(uicc, &card));
    MUST(dmsc_secret_set(&adm, ctx, dmsc_bytes(adm1, 8)));
    err = dmsc_card_profile_load(ctx, path, &profile);
    options.adm = &adm;
    if (err == DMSC_OK)
        err = dmsc_card_provision(card, profile, &options, &header);
    if (err != DMSC_OK)
        fail_msg("%s: %s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->where,
                 dmsc_diag_get(ctx)->why);
    dmsc_card_profile_free(profile);
    dmsc_secret_clear(&adm);
    dmsc_card_free(card);
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
}

static void make_card(void)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf json;

    MUST(dmsc_ctx_new(NULL, &ctx));
    support_path("card-scripts/blank.json", path);
    MUST(dmsc_sim_new(ctx, path, NULL, &sim));
    provision(ctx, sim, "profile.json");
    dmsc_buf_init(&json, ctx, 1u << 22);
    MUST(dmsc_sim_dump(sim, &json));
    card_text = strdup(dmsc_buf_str(&json));
    assert_non_null(card_text);
    dmsc_buf_clear(&json);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

int bench_make(void **state)
{
    (void)state;
    if (pki_make(&pki) != 0)
        return -1;
    if (pki.dir[0] == '\0')
        return 0;
    write_files();
    make_card();
    return 0;
}

int bench_remove(void **state)
{
    (void)state;
    free(card_text);
    pki_remove(&pki);
    return 0;
}

/* --- the device ------------------------------------------------------------------------------- */

static void start_device(struct bench *b, const char *more)
{
    char conf[2048], path[SUPPORT_PATH_MAX];
    struct dmsc_link *link;
    enum dmsc_err err;

    (void)snprintf(conf, sizeof(conf),
                   "[store]\npath = dmsc.db\n[device]\nid = urn:x:1\nkey = client.key\n[trust]\n"
                   "issuer_key = issuer.pub\n[card]\npin_file = pin1\nadm1_file = adm1.hex\n%s",
                   more != NULL ? more : "");
    bench_write("dmsc.conf", conf);
    bench_path("dmsc.conf", path);
    MUST(dmsc_ctx_new(NULL, &b->ctx));
    err = dmsc_config_load(b->ctx, path, &b->config);
    if (err == DMSC_OK)
        err = dmsc_bridge_new(b->ctx, &b->config, &b->bridge);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(b->ctx)->what, dmsc_diag_get(b->ctx)->why);
    MUST(dmsc_sim_link(b->sim, b->ctx, &link));
    MUST(dmsc_bridge_attach(b->bridge, link));
}

static void stop_device(struct bench *b)
{
    dmsc_bridge_free(b->bridge);
    dmsc_config_clear(&b->config);
    dmsc_ctx_free(b->ctx);
    b->bridge = NULL;
    b->ctx = NULL;
}

void bench_open(struct bench *b, const char *more)
{
    bench_need();
    memset(b, 0, sizeof(*b));
    assert_int_equal(pki_run(&pki, "rm -f dmsc.db*"), 0);
    MUST(dmsc_ctx_new(NULL, &b->world));
    MUST(dmsc_sim_new_text(b->world, dmsc_bytes_str(card_text), NULL, NULL, &b->sim));
    start_device(b, more);
}

void bench_provision(struct bench *b, const char *profile)
{
    provision(b->world, b->sim, profile);
}

void bench_synced(struct bench *b, const char *more)
{
    bench_open(b, more);
    bench_sync(b, NULL);
}

void bench_restart(struct bench *b, const char *more)
{
    stop_device(b);
    start_device(b, more);
}

void bench_close(struct bench *b)
{
    stop_device(b);
    dmsc_sim_free(b->sim);
    dmsc_ctx_free(b->world);
}

void bench_sync(struct bench *b, struct dmsc_sync_report *ret_report)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    enum dmsc_err err = dmsc_bridge_sync(b->bridge, false, &report);

    if (err != DMSC_OK)
        fail_msg("sync: %s: %s: %s", dmsc_diag_get(b->ctx)->what, dmsc_diag_get(b->ctx)->where,
                 dmsc_diag_get(b->ctx)->why);
    if (ret_report != NULL)
        *ret_report = report;
    else
        dmsc_sync_report_clear(&report);
}

void bench_assert_failed(const struct bench *b, enum dmsc_err err, enum dmsc_err wanted,
                         const char *reason)
{
    const struct dmsc_diag *d = dmsc_diag_get(b->ctx);

    if (err != wanted || strcmp(d->reason, reason) != 0)
        fail_msg("wanted %s %s, came %s %s (%s; %s)", dmsc_err_name(wanted), reason,
                 dmsc_err_name(err), d->reason, d->what, d->why);
    assert_string_not_equal(d->what, "");
    assert_string_not_equal(d->why, "");
}

void bench_assert_value(struct bench *b, const char *uri, const char *value)
{
    struct dmsc_buf is;

    dmsc_buf_init(&is, b->ctx, 65536);
    if (dmsc_tree_value(dmsc_bridge_tree(b->bridge), uri, &is) != DMSC_OK)
        fail_msg("%s is not there", uri);
    assert_string_equal(dmsc_buf_str(&is), value);
    dmsc_buf_clear(&is);
}

bool bench_marked(struct bench *b)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, b->ctx, 1024);
    err = dmsc_store_get(dmsc_bridge_store(b->bridge), "session/open", &value);
    dmsc_buf_clear(&value);
    assert_true(err == DMSC_OK || err == DMSC_E_NOTFOUND);
    return err == DMSC_OK;
}

char *bench_tree(struct bench *b)
{
    struct dmsc_buf xml;
    char *text;

    dmsc_buf_init(&xml, b->ctx, 1u << 22);
    MUST(dmsc_tnds_export(dmsc_bridge_tree(b->bridge), ".", NULL, NULL, &xml));
    text = strdup(dmsc_buf_str(&xml));
    assert_non_null(text);
    dmsc_buf_clear(&xml);
    return text;
}

/* --- the server ------------------------------------------------------------------------------- */

static void write_scenario(const char *server_id, const char *steps)
{
    char text[8192];
    int n = snprintf(text, sizeof(text),
                     "{\"server_id\":\"%s\",\"certificate\":\"server.pem\",\"key\":\"server.key\","
                     "\"client_ca\":\"ca.pem\",\"listen\":\"127.0.0.1:0\",\"path\":\"/dm\","
                     "\"steps\":[%s]}",
                     server_id, steps);

    assert_in_range(n, 1, sizeof(text) - 1);
    bench_write("scenario.json", text);
}

static void run_server(const char *certificate)
{
    char scenario[SUPPORT_PATH_MAX], transcript[SUPPORT_PATH_MAX], ready[SUPPORT_PATH_MAX];
    char pem[SUPPORT_PATH_MAX], key[SUPPORT_PATH_MAX], name[64];
    int null = open("/dev/null", O_WRONLY);

    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    bench_path("scenario.json", scenario);
    bench_path("transcript.json", transcript);
    bench_path("ready", ready);
    (void)snprintf(name, sizeof(name), "%s.pem", certificate);
    bench_path(name, pem);
    (void)snprintf(name, sizeof(name), "%s.key", certificate);
    bench_path(name, key);
    (void)execl(bench_server_program, "dmsc-server", scenario, "--transcript", transcript,
                "--ready-file", ready, "--certificate", pem, "--key", key, (char *)NULL);
    _exit(127);
}

void server_start(struct server *s, const char *server_id, const char *steps,
                  const char *certificate)
{
    const struct timespec moment = { 0, 10000000 };
    char ready[SUPPORT_PATH_MAX];
    FILE *file = NULL;
    unsigned port = 0;

    bench_need();
    assert_int_equal(pki_run(&pki, "rm -f ready transcript.json"), 0);
    write_scenario(server_id, steps);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0)
        run_server(certificate);
    bench_path("ready", ready);
    for (int i = 0; i < 3000 && port == 0; i++) {
        file = fopen(ready, "r");
        if (file != NULL) {
            if (fscanf(file, "%u", &port) != 1)
                port = 0;
            (void)fclose(file);
        }
        (void)nanosleep(&moment, NULL);
    }
    assert_true(port != 0);
    (void)snprintf(s->resolve, sizeof(s->resolve),
                   "[net]\nresolve = dm.opa.example:443:127.0.0.1:%u\n", port);
}

static json_t *transcript(void)
{
    char path[SUPPORT_PATH_MAX];

    bench_path("transcript.json", path);
    return json_load_file(path, 0, NULL);
}

int server_stop(struct server *s)
{
    json_t *json;
    int status = 0, messages = -1;

    assert_int_equal(kill(s->pid, SIGTERM), 0);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    json = transcript();
    if (json != NULL)
        messages = (int)json_integer_value(json_object_get(json, "messages"));
    json_decref(json);
    return messages;
}

bool server_content(void)
{
    json_t *json = transcript();
    bool content = json_is_true(json_object_get(json, "ok"));

    json_decref(json);
    return content;
}
