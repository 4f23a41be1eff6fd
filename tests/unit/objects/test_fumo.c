/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware update: a server in a DM 1.2 session at one end, a device that does what it is told at
 * the other, and between them the one decision and a signature. */
#include "apdu/base/ctx.h"
#include "tests/unit/dm1/rig.h"
#include "tests/unit/objects/provisioned.h"
#include <dmsc/alert.h>
#include <dmsc/fumo.h>
#include <dmsc/mo_ops.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUMO    "./FUMO/Main"
#define SERVER  "dm.example.net"
#define PACKAGE "tests/vectors/objects/code/package.bin"
#define SHA256  "93F7D6669DE0080756763DC27D1A8AEFC65D9D4815D4DE60A5AE98FA9F54EC40"

struct device {
    char log[512]; /* what it was told, a word each */
    bool refuse;
};

static void told(struct device *d, const char *what)
{
    size_t n = strlen(d->log);

    (void)snprintf(d->log + n, sizeof(d->log) - n, "%s%s", n > 0 ? " " : "", what);
}

static enum dmsc_err download(void *user, const char *url, bool again)
{
    told(user, again ? "again-download" : "download");
    told(user, url);
    return ((struct device *)user)->refuse ? DMSC_E_IO : DMSC_OK;
}

static enum dmsc_err update(void *user, const uint8_t sha256[32], bool again)
{
    char hex[65];

    dmsc_hex_encode(dmsc_bytes(sha256, 32), hex);
    assert_string_equal(hex, SHA256);
    told(user, again ? "again-update" : "update");
    return ((struct device *)user)->refuse ? DMSC_E_IO : DMSC_OK;
}

static void discard(void *user)
{
    told(user, "discard");
}

static struct dmsc_now now(void *user)
{
    (void)user;
    return (struct dmsc_now){ 1800000000, true };
}

static const struct dmsc_fumo_ops ops = { download, update, discard, now };

struct world {
    struct dmsc_ctx *ctx;
    struct rig rig;
    struct device device;
    struct provisioned provisioned;
    struct dmsc_code_trust trust;
    struct dmsc_fumo *fumo;
    unsigned msg_id;
    struct dmsc_buf answer; /* the last message of the client */
};

static enum dmsc_err world_open(struct world *w, struct dmsc_ctx *ctx, const char *certificates,
                                unsigned rights)
{
    struct rig_config config = { .tree = "./DevInfo/Man | chr | Acme", .rights = rights };
    struct dmsc_dm1_want want;
    enum dmsc_err err;

    memset(w, 0, sizeof(*w));
    w->ctx = ctx;
    w->trust = provisioned_begin(&w->provisioned, certificates);
    dmsc_buf_init(&w->answer, ctx, 1 << 20);
    err = rig_open(&w->rig, ctx, &config);
    if (err == DMSC_OK)
        err = dmsc_fumo_new(w->rig.tree, FUMO, &ops, &w->device, &w->trust, &w->fumo);
    if (err == DMSC_OK)
        err = dmsc_dm1_step(w->rig.dm1, dmsc_bytes(NULL, 0), RIG_NOW, &want);
    return err;
}

static void world_close(struct world *w)
{
    dmsc_fumo_free(w->fumo);
    rig_close(&w->rig);
    dmsc_buf_clear(&w->answer);
    provisioned_end(&w->provisioned);
}

static void world_make(struct world *w, const char *certificates, unsigned rights)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    if (world_open(w, ctx, certificates, rights) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
}

static void world_end(struct world *w)
{
    world_close(w);
    dmsc_ctx_free(w->ctx);
}

/* One message of the server, and what the client says to it. */
static enum dmsc_err send(struct world *w, const char *commands)
{
    struct dmsc_dm1_want want;
    struct dmsc_buf xml;
    enum dmsc_err err;

    dmsc_buf_init(&xml, w->ctx, 1 << 20);
    err = rig_message(&xml, ++w->msg_id, "", commands);
    if (err == DMSC_OK)
        err = dmsc_dm1_step(w->rig.dm1, dmsc_buf_bytes(&xml), RIG_NOW, &want);
    if (err == DMSC_OK && want.kind == DMSC_DM1_SEND)
        err = dmsc_buf_set(&w->answer, want.body);
    dmsc_buf_clear(&xml);
    return err;
}

/* The status of the command with this CmdID in the last answer. */
static int status_of(struct world *w, const char *cmd_ref)
{
    char wanted[64];
    const char *at;

    (void)snprintf(wanted, sizeof(wanted), "<CmdRef>%s</CmdRef>", cmd_ref);
    at = strstr(dmsc_buf_str(&w->answer), wanted);
    at = at == NULL ? NULL : strstr(at, "<Data>");
    if (at == NULL)
        fail_msg("no status of %s in %s", cmd_ref, dmsc_buf_str(&w->answer));
    return (int)strtol(at + 6, NULL, 10);
}

#define REPLACE(id, node, value)                                                                   \
    "<Replace><CmdID>" id "</CmdID><Item><Target><LocURI>" FUMO "/" node                           \
    "</LocURI></Target><Data>" value "</Data></Item></Replace>"
#define EXEC(id, node)                                                                             \
    "<Exec><CmdID>" id "</CmdID><Correlator>c-" id "</Correlator><Item><Target><LocURI>" FUMO      \
    "/" node "</LocURI></Target></Item></Exec>"
#define URL "https://fw.example.net/2.0"

static enum dmsc_err write_bytes(struct world *w, const char *path, struct dmsc_bytes value)
{
    enum dmsc_err err = dmsc_tree_begin(w->rig.tree, "ma:" SERVER, 1);

    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_replace(w->rig.tree, path, NULL, NULL, value);
    if (err == DMSC_OK)
        return dmsc_tree_commit(w->rig.tree);
    dmsc_tree_rollback(w->rig.tree);
    return err;
}

static enum dmsc_err sign(struct world *w, const char *name)
{
    struct dmsc_bytes signature = provisioned_signature(name);
    enum dmsc_err err = write_bytes(w, FUMO "/Ext/dmsc/Signature", signature);

    support_free(signature);
    return err;
}

/* What the device hands over, in pieces. */
static enum dmsc_err hand_over(struct world *w)
{
    struct dmsc_bytes package = support_slurp_exact(PACKAGE);
    enum dmsc_err err = dmsc_fumo_data(w->fumo, dmsc_bytes(package.p, 100));

    if (err == DMSC_OK)
        err = dmsc_fumo_data(w->fumo, dmsc_bytes(package.p + 100, package.n - 100));
    support_free(package);
    return err;
}

static void assert_state(struct world *w, int wanted)
{
    enum dmsc_fumo_state state;

    assert_int_equal(dmsc_fumo_state(w->fumo, &state), DMSC_OK);
    assert_int_equal((int)state, wanted);
    assert_string_not_equal(dmsc_fumo_state_name(state), "?");
}

static bool list(void *user, const struct dmsc_alert *alert)
{
    char *text = user;
    size_t n = strlen(text);

    (void)snprintf(text + n, 1024 - n, "%s %s %s %s %s %.*s\n", SERVER,
                   strrchr(alert->type, '.') + 1, alert->mark, alert->source, alert->correlator,
                   (int)alert->data.n, (const char *)alert->data.p);
    return true;
}

static void assert_alerts(struct world *w, const char *wanted)
{
    char text[1024] = "";

    assert_int_equal(dmsc_alert_each(w->rig.tree, SERVER, list, text), DMSC_OK);
    assert_string_equal(text, wanted);
}

/* --- what is told is done, and what came of it is told ---------------------------------------- */

static bool tell(void *user, const struct dmsc_alert *alert)
{
    *(int64_t *)user = alert->id;
    return false;
}

static void download_then_update(void **state)
{
    struct world w;
    int64_t number = 0;

    (void)state;
    world_make(&w, SERVER " code ec", 0);
    assert_state(&w, 10);
    assert_int_equal(sign(&w, "ec"), DMSC_OK);
    assert_int_equal(send(&w, REPLACE("1", "PkgName", "Firmware") REPLACE(
                                  "2", "Download/PkgURL", URL) EXEC("3", "Download") "<Final/>"),
                     DMSC_OK);
    assert_int_equal(status_of(&w, "1"), 200);
    assert_int_equal(status_of(&w, "3"), 202);
    assert_string_equal(w.device.log, "download " URL);
    assert_state(&w, 30);
    /* One thing at a time. */
    assert_int_equal(send(&w, EXEC("4", "Download") EXEC("5", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "4"), 500);
    assert_int_equal(status_of(&w, "5"), 500);
    assert_int_equal(sign(&w, "other"), DMSC_E_STATE);
    assert_string_equal(dmsc_diag_get(w.ctx)->reason, "fumo:busy");
    assert_int_equal(dmsc_fumo_updated(w.fumo, 200, false), DMSC_E_STATE);
    assert_int_equal(hand_over(&w), DMSC_OK);
    assert_int_equal(dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_SUCCESS), DMSC_OK);
    assert_state(&w, 50);
    assert_alerts(&w, SERVER " download informational " FUMO "/Download c-3 200\n");
    assert_int_equal(dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_SUCCESS), DMSC_E_STATE);
    assert_int_equal(send(&w, EXEC("6", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "6"), 202);
    assert_string_equal(w.device.log, "download " URL " update");
    assert_state(&w, 60);
    assert_int_equal(dmsc_fumo_updated(w.fumo, DMSC_FUMO_UPDATE_FAILED, true), DMSC_OK);
    assert_state(&w, 70);
    /* It is still there: once more. */
    assert_int_equal(send(&w, EXEC("7", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(dmsc_fumo_updated(w.fumo, DMSC_FUMO_SUCCESS, false), DMSC_OK);
    assert_state(&w, 100);
    assert_alerts(&w, SERVER " download informational " FUMO "/Download c-3 200\n" SERVER
                             " update critical " FUMO "/Update c-6 410\n" SERVER
                             " update informational " FUMO "/Update c-7 200\n");
    /* Nothing is left to update with. */
    assert_int_equal(send(&w, EXEC("8", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "8"), 500);
    assert_int_equal(dmsc_alert_each(w.rig.tree, SERVER, tell, &number), DMSC_OK);
    assert_int_equal(dmsc_tree_begin(w.rig.tree, "device", 1), DMSC_OK);
    assert_int_equal(dmsc_alert_taken(w.rig.tree, SERVER, number), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w.rig.tree), DMSC_OK);
    assert_alerts(&w, SERVER " update critical " FUMO "/Update c-6 410\n" SERVER
                             " update informational " FUMO "/Update c-7 200\n");
    number = 0;
    assert_int_equal(dmsc_alert_each(w.rig.tree, "com.other", tell, &number), DMSC_OK);
    assert_int_equal(number, 0);
    world_end(&w);
}

static void the_package_may_come_through_the_tree(void **state)
{
    struct dmsc_bytes package = support_slurp_exact(PACKAGE);
    struct dmsc_buf value;
    struct world w;

    (void)state;
    world_make(&w, SERVER " code rsa", 0);
    dmsc_buf_init(&value, w.ctx, 1 << 20);
    assert_int_equal(send(&w, EXEC("1", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "1"), 500); /* no package */
    assert_int_equal(write_bytes(&w, FUMO "/Update/PkgData", package), DMSC_OK);
    assert_state(&w, 50);
    assert_int_equal(sign(&w, "ec"), DMSC_OK);
    assert_int_equal(send(&w, EXEC("2", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "2"), 403); /* not of this key */
    assert_state(&w, 50);
    assert_int_equal(sign(&w, "rsa"), DMSC_OK);
    assert_int_equal(send(&w, EXEC("3", "Update") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "3"), 202);
    assert_string_equal(w.device.log, "update");
    if (dmsc_fumo_updated(w.fumo, DMSC_FUMO_SUCCESS, false) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(w.ctx)->what, dmsc_diag_get(w.ctx)->why);
    assert_state(&w, 100);
    assert_int_equal(dmsc_tree_value(w.rig.tree, FUMO "/Update/PkgData", &value), DMSC_OK);
    assert_int_equal(value.n, 0);
    /* PkgData is never read. */
    assert_int_equal(send(&w, "<Get><CmdID>4</CmdID><Item><Target><LocURI>" FUMO
                              "/Update/PkgData</LocURI></Target></Item></Get><Final/>"),
                     DMSC_OK);
    assert_int_equal(status_of(&w, "4"), 405);
    dmsc_buf_clear(&value);
    world_end(&w);
    support_free(package);
}

/* Package, signature and Exec in one change; and a change that comes to nothing. */
static void an_exec_counts_when_its_change_does(void **state)
{
    struct dmsc_bytes package = support_slurp_exact(PACKAGE);
    struct dmsc_bytes signature = provisioned_signature("ec");
    struct dmsc_exec exec = { FUMO "/Update", { NULL, 0 }, NULL, false };
    struct world w;

    (void)state;
    world_make(&w, SERVER " code ec", 0);
    for (int keep = 0; keep < 2; keep++) {
        assert_int_equal(dmsc_tree_begin(w.rig.tree, "ma:" SERVER, 1), DMSC_OK);
        assert_int_equal(dmsc_tree_replace(w.rig.tree, FUMO "/Update/PkgData", NULL, NULL, package),
                         DMSC_OK);
        assert_int_equal(
            dmsc_tree_replace(w.rig.tree, FUMO "/Ext/dmsc/Signature", NULL, NULL, signature),
            DMSC_OK);
        assert_int_equal(dmsc_tree_exec_as(w.rig.tree, &exec), DMSC_OK);
        assert_true(exec.later);
        assert_string_equal(w.device.log, ""); /* not before it is kept */
        if (keep == 0)
            dmsc_tree_rollback(w.rig.tree);
        else
            assert_int_equal(dmsc_tree_commit(w.rig.tree), DMSC_OK);
        assert_state(&w, keep == 0 ? 10 : 60);
    }
    assert_string_equal(w.device.log, "update");
    assert_int_equal(dmsc_fumo_updated(w.fumo, DMSC_FUMO_SUCCESS, true), DMSC_OK);
    assert_state(&w, 90);
    assert_alerts(&w, SERVER " update informational " FUMO "/Update  200\n");
    world_end(&w);
    support_free(package);
    support_free(signature);
}

static void a_restart_goes_on(void **state)
{
    struct world w;

    (void)state;
    world_make(&w, SERVER " code ec", 0);
    assert_int_equal(sign(&w, "ec"), DMSC_OK);
    assert_int_equal(send(&w, REPLACE("1", "DownloadAndUpdate/PkgURL", URL)
                                  EXEC("2", "DownloadAndUpdate") "<Final/>"),
                     DMSC_OK);
    assert_int_equal(hand_over(&w), DMSC_OK);
    /* While it downloads: what was handed over is forgotten. */
    dmsc_fumo_free(w.fumo);
    assert_int_equal(dmsc_fumo_new(w.rig.tree, FUMO, &ops, &w.device, &w.trust, &w.fumo), DMSC_OK);
    assert_state(&w, 30);
    assert_int_equal(hand_over(&w), DMSC_OK);
    assert_int_equal(dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_SUCCESS), DMSC_OK);
    assert_state(&w, 60);
    /* While it updates, perhaps through a boot. */
    dmsc_fumo_free(w.fumo);
    assert_int_equal(dmsc_fumo_new(w.rig.tree, FUMO, &ops, &w.device, &w.trust, &w.fumo), DMSC_OK);
    assert_string_equal(w.device.log,
                        "download " URL " again-download " URL " update again-update");
    assert_int_equal(dmsc_fumo_updated(w.fumo, DMSC_FUMO_SUCCESS, false), DMSC_OK);
    assert_state(&w, 100);
    assert_alerts(&w,
                  SERVER " downloadandupdate informational " FUMO "/DownloadAndUpdate c-2 200\n");
    world_end(&w);
}

static void what_fails_is_told(void **state)
{
    struct world w;

    (void)state;
    world_make(&w, SERVER " code ec", 0);
    assert_int_equal(send(&w, EXEC("1", "Download") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "1"), 500); /* fumo:no-url */
    w.device.refuse = true;
    assert_int_equal(
        send(&w, REPLACE("2", "Download/PkgURL", URL) EXEC("3", "Download") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "3"), 202);
    assert_state(&w, 20);
    w.device.refuse = false;
    assert_int_equal(send(&w, EXEC("4", "Download") "<Final/>"), DMSC_OK);
    assert_int_equal(dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_NETWORK), DMSC_OK);
    assert_state(&w, 20);
    assert_alerts(&w, SERVER " download critical " FUMO "/Download c-3 400\n" SERVER
                             " download critical " FUMO "/Download c-4 503\n");
    /* What stands in the object and cannot be executed. */
    assert_int_equal(send(&w, EXEC("5", "State") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "5"), 405);
    assert_int_equal(send(&w, REPLACE("6", "State", "50") "<Final/>"), DMSC_OK);
    assert_int_equal(status_of(&w, "6"), 405);
    world_end(&w);
}

/* --- WI-10 ------------------------------------------------------------------------------------ */

static void req_WI_10_an_update_needs_execute_and_a_package_that_the_authority_vouches_for(void **s)
{
    static const struct {
        const char *certificates, *signature;
        unsigned rights; /* of the MA list; 0: all */
        int status;      /* of the Exec */
        int state;       /* when the download is over */
        const char *log;
    } rows[] = {
        /* Not allowed to execute: the decision point. */
        { SERVER " code ec", "ec", DMSC_RIGHT_GET | DMSC_RIGHT_REPLACE, 425, 10, "" },
        /* Allowed, and nobody vouches. */
        { "", "ec", 0, 403, 10, "" },
        { "com.other code ec", "ec", 0, 403, 10, "" },
        { SERVER " ca ec," SERVER " app ec", "ec", 0, 403, 10, "" },
        /* Allowed, and the signature is of another, or none. */
        { SERVER " code ec", "other", 0, 202, 20, "download " URL " discard" },
        { SERVER " code ec,com.other code other", "other", 0, 202, 20, "download " URL " discard" },
        { SERVER " code ec", "", 0, 202, 20, "download " URL " discard" },
        /* Both. */
        { SERVER " code ec", "ec", 0, 202, 60, "download " URL " update" },
    };

    (void)s;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;

        world_make(&w, rows[i].certificates, rows[i].rights);
        assert_int_equal(sign(&w, rows[i].signature), DMSC_OK);
        assert_int_equal(send(&w, REPLACE("1", "DownloadAndUpdate/PkgURL", URL)
                                      EXEC("2", "DownloadAndUpdate") "<Final/>"),
                         DMSC_OK);
        if (status_of(&w, "2") != rows[i].status)
            fail_msg("row %zu: %d", i, status_of(&w, "2"));
        if (rows[i].status == 202) {
            assert_int_equal(hand_over(&w), DMSC_OK);
            assert_int_equal(dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_SUCCESS), DMSC_OK);
        }
        assert_state(&w, rows[i].state);
        assert_string_equal(w.device.log, rows[i].log);
        if (rows[i].state == 20)
            assert_alerts(&w, SERVER " downloadandupdate critical " FUMO
                                     "/DownloadAndUpdate c-2 404\n");
        world_end(&w);
    }
    req_done("WI-10");
}

/* --- without memory --------------------------------------------------------------------------- */

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct world w;
    enum dmsc_err err = world_open(&w, ctx, SERVER " code ec", 0);

    (void)user;
    if (err == DMSC_OK)
        err = sign(&w, "ec");
    if (err == DMSC_OK)
        err = write_bytes(&w, FUMO "/Download/PkgURL", dmsc_bytes_str(URL));
    if (err == DMSC_OK)
        err = send(&w, EXEC("1", "Download") "<Final/>");
    /* Without memory the Exec may have been refused, or begun and failed at once. */
    if (err == DMSC_OK && strcmp(w.device.log, "download " URL) != 0)
        err = DMSC_E_NOMEM;
    if (err == DMSC_OK)
        err = hand_over(&w);
    if (err == DMSC_OK)
        err = dmsc_fumo_downloaded(w.fumo, DMSC_FUMO_SUCCESS);
    world_close(&w);
    return err == DMSC_E_STATE ? DMSC_E_NOMEM : err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(life, NULL) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(download_then_update),
        cmocka_unit_test(the_package_may_come_through_the_tree),
        cmocka_unit_test(an_exec_counts_when_its_change_does),
        cmocka_unit_test(a_restart_goes_on),
        cmocka_unit_test(what_fails_is_told),
        cmocka_unit_test(
            req_WI_10_an_update_needs_execute_and_a_package_that_the_authority_vouches_for),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
