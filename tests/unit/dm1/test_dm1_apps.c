/* SPDX-License-Identifier: Apache-2.0 */
/* Applications and servers on one tree: what the one does the other sees, within its rights. */
#include "tests/support/test.h"
#include "tests/unit/dm1/talk.h"
#include <dmsc/app.h>
#include <dmsc/grant.h>
#include <stdio.h>
#include <string.h>

#define WAITING 256u /* limits.app_waiting */
#define MOID    "urn:x:thermostat:1.0"
#define ROOT    "./App/Heat"

#define ITEM(uri) "<Item><Target><LocURI>" uri "</LocURI></Target>"
#define GET(uri)  "<Get><CmdID>1</CmdID>" ITEM(uri) "</Item></Get>"
#define EXEC(uri) "<Exec><CmdID>1</CmdID>" ITEM(uri) "</Item></Exec>"
#define SET(uri, value)                                                                            \
    "<Replace><CmdID>1</CmdID>" ITEM(uri) "<Data>" value "</Data></Item></Replace>"
#define ADD(uri, value) "<Add><CmdID>1</CmdID>" ITEM(uri) "<Data>" value "</Data></Item></Add>"
#define DELETE(uri)     "<Delete><CmdID>1</CmdID>" ITEM(uri) "</Item></Delete>"

static const struct dmsc_now now_100 = { 100, true };
static const char tree[] = "./App | node\n"
                           "./X | node\n"
                           "./X/m1 | node | type=urn:x:demo:1.0\n"
                           "./X/m1/Mode | chr | on\n"
                           "./X/m1/Old | chr | x";

struct world {
    struct dmsc_ctx *ctx;
    struct rig rig;
    struct dmsc_apps *apps;
    struct dmsc_app *heat, *other;
    unsigned executed;
};

static enum dmsc_err on_exec(void *user, const char *path, struct dmsc_bytes argument)
{
    struct world *w = user;

    (void)argument;
    if (strcmp(path, "Reset") != 0)
        return DMSC_E_NOTFOUND;
    w->executed++;
    return DMSC_OK;
}

static const struct dmsc_mo_ops ops = { .exec = on_exec };

static void change(struct world *w, const char *by, const char *instance, const char *to,
                   uint8_t rights)
{
    const struct dmsc_subject owner = { .kind = strncmp(by, "local:", 6) == 0 ? DMSC_SUBJECT_APP
                                                                              : DMSC_SUBJECT_MA,
                                        .server_id = by };
    struct dmsc_grant grant = DMSC_GRANT_INIT;
    enum dmsc_err err;

    grant.server_id = to;
    grant.rights = rights;
    assert_int_equal(dmsc_tree_begin(w->rig.tree, by, 100), DMSC_OK);
    err = to == NULL ? dmsc_grant_created(w->rig.authority, &owner, instance)
                     : dmsc_grant_give(w->rig.authority, &owner, instance, &grant, now_100);
    assert_int_equal(err, DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->rig.tree), DMSC_OK);
}

static void add(struct world *w, struct dmsc_app *app, const char *uri, const char *value)
{
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT;

    leaf.format = DMSC_FORMAT_CHR;
    leaf.type = "text/plain";
    leaf.value = dmsc_bytes_str(value);
    leaf.access = DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE | DMSC_ACCESS_EXEC;
    assert_int_equal(dmsc_app_add(app, uri, &leaf, now_100), DMSC_OK);
    (void)w;
}

static int setup(void **state)
{
    static const struct rig_config config = { .tree = tree };
    static struct world w;

    memset(&w, 0, sizeof(w));
    assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
    assert_int_equal(rig_open(&w.rig, w.ctx, &config), DMSC_OK);
    assert_int_equal(dmsc_apps_new(w.ctx, w.rig.tree, w.rig.authority, &w.apps), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "heat", 1), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "other", 2), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "heat", 1, &w.heat), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "other", 2, &w.other), DMSC_OK);
    assert_int_equal(dmsc_app_register(w.heat, ROOT, MOID, &ops, &w, now_100), DMSC_OK);
    add(&w, w.heat, ROOT "/Wanted", "19");
    add(&w, w.heat, ROOT "/Reset", "");
    change(&w, "local:heat", ROOT, "S2", DMSC_GRANT_READ | DMSC_GRANT_EXECUTE);
    change(&w, "S2", "./X/m1", NULL, 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    dmsc_apps_free(w->apps);
    rig_close(&w->rig);
    dmsc_ctx_free(w->ctx);
    return 0;
}

static void server_finds(struct world *w, const char *value)
{
    char data[64];
    struct talk t;

    (void)snprintf(data, sizeof(data), "<Data>%s</Data></Item></Results>", value);
    talk_begin(&w->rig, &t, "S2", now_100);
    assert_string_equal(talk_says(&t, now_100, GET(ROOT "/Wanted")), "200 ");
    assert_non_null(strstr((const char *)t.want.body.p, data));
    talk_end(&t, now_100);
}

static void refused(struct world *w, enum dmsc_err err)
{
    assert_int_equal(err, DMSC_E_REFUSED);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, "dacmo:grant");
}

static void req_HLF_005_applications_work_within_their_rights(void **state)
{
    struct dmsc_node_spec instance = DMSC_NODE_SPEC_INIT;
    struct world *w = *state;
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 100);
    assert_int_equal(dmsc_app_get(w->heat, ROOT "/Wanted", now_100, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "19");
    server_finds(w, "19");
    assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("21", 2), now_100), DMSC_OK);
    server_finds(w, "21");
    assert_int_equal(dmsc_app_exec(w->heat, ROOT "/Reset", dmsc_bytes(NULL, 0), now_100), DMSC_OK);
    assert_int_equal(w->executed, 1);
    instance.type = MOID;
    assert_int_equal(dmsc_app_add(w->heat, "./App/Second", &instance, now_100), DMSC_OK);
    add(w, w->heat, "./App/Second/Wanted", "5");
    /* What is another's is closed: to an application, and to one of a server's objects. */
    refused(w, dmsc_app_get(w->other, ROOT "/Wanted", now_100, &value));
    refused(w, dmsc_app_set(w->other, ROOT "/Wanted", dmsc_bytes("1", 1), now_100));
    refused(w, dmsc_app_exec(w->other, ROOT "/Reset", dmsc_bytes(NULL, 0), now_100));
    refused(w, dmsc_app_add(w->other, ROOT "/Mine", &instance, now_100));
    refused(w, dmsc_app_delete(w->other, "./App/Second", now_100));
    refused(w, dmsc_app_get(w->heat, "./X/m1/Mode", now_100, &value));
    assert_int_equal(w->executed, 1);
    server_finds(w, "21");
    dmsc_buf_clear(&value);
    req_done("HLF-005");
}

/* The next event of a watch is this one; "" there is none. */
static void hears(struct world *w, unsigned watch, const char *expected)
{
    struct dmsc_app_event event;
    char text[128] = "";
    bool there = false;

    assert_int_equal(dmsc_app_next(w->heat, watch, now_100, &event, &there), DMSC_OK);
    if (there)
        (void)snprintf(text, sizeof(text), "%s %s by %s%s", event.what, event.uri, event.actor,
                       event.self ? ", self" : "");
    assert_string_equal(text, expected);
}

static void server_does(struct world *w, const char *body, const char *outcome)
{
    struct talk t;

    talk_begin(&w->rig, &t, "S2", now_100);
    assert_string_equal(talk_says(&t, now_100, body), outcome);
    talk_end(&t, now_100);
}

/* Nothing of an Atomic that fails, of a refused command, of a change that is rolled back. */
static void nothing_is_told(struct world *w, unsigned own, unsigned its)
{
    server_does(w,
                "<Atomic><CmdID>9</CmdID>" SET("./X/m1/Mode", "half")
                    SET("./X/m1/None/Here", "x") "</Atomic>",
                "404 ");
    server_does(w, SET(ROOT "/Wanted", "1"), "425 dacmo:grant");
    assert_int_equal(dmsc_tree_begin(w->rig.tree, "local", 100), DMSC_OK);
    assert_int_equal(dmsc_tree_replace(w->rig.tree, ROOT "/Wanted", NULL, NULL, dmsc_bytes("1", 1)),
                     DMSC_OK);
    dmsc_tree_rollback(w->rig.tree);
    hears(w, own, "");
    hears(w, its, "");
}

static void req_HLF_018_each_change_is_told_once(void **state)
{
    struct world *w = *state;
    unsigned own = 99, its = 99;

    change(w, "S2", "./X/m1", "local:heat", DMSC_GRANT_READ);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, false, now_100, &own), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, "./X/m1", false, now_100, &its), DMSC_OK);
    server_does(w, SET("./X/m1/Mode", "off"), "200 ");
    server_does(w, ADD("./X/m1/New", "n"), "200 ");
    server_does(w, DELETE("./X/m1/Old"), "200 ");
    server_does(w, EXEC(ROOT "/Reset"), "200 ");
    assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("20", 2), now_100), DMSC_OK);
    hears(w, its, "replace ./X/m1/Mode by ma:S2");
    hears(w, its, "add ./X/m1/New by ma:S2");
    hears(w, its, "delete ./X/m1/Old by ma:S2");
    hears(w, its, "");
    hears(w, own, "exec " ROOT "/Reset by ma:S2");
    hears(w, own, "replace " ROOT "/Wanted by local:heat, self");
    hears(w, own, "");
    nothing_is_told(w, own, its);
    /* 256 may wait, each is told; with one more an overflow stands for all. */
    for (unsigned n = WAITING; n <= WAITING + 1; n++) {
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("7", 1), now_100),
                             DMSC_OK);
        for (unsigned i = 0; i < n && n == WAITING; i++)
            hears(w, own, "replace " ROOT "/Wanted by local:heat, self");
        hears(w, own, n == WAITING ? "" : "overflow  by ");
        hears(w, own, "");
    }
    req_done("HLF-018");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(req_HLF_005_applications_work_within_their_rights, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(req_HLF_018_each_change_is_told_once, setup, teardown),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
