/* SPDX-License-Identifier: Apache-2.0 */
/* Several systems on one device: their list, their rooms in the tree, and what a disabled one
 * means for servers and applications. */
#include "tests/support/fault.h"
#include "tests/support/test.h"
#include "tests/unit/authority/fixture.h"
#include <dmsc/client_uri.h>
#include <dmsc/ctx.h>
#include <dmsc/env.h>
#include <dmsc/grant.h>
#include <stdio.h>
#include <string.h>

#define MOID "urn:x:wifi:1.0"
#define RED  "./Env/red/Wifi"
#define BLUE "./Env/blue/Wifi"

static const struct dmsc_now now_100 = { 100, true };

struct world {
    struct dmsc_ctx *ctx;
    struct fixture f;
    struct dmsc_apps *apps;
    struct dmsc_app *red, *blue, *host;
};

#define CHANGE(w, call)                                                                            \
    do {                                                                                           \
        assert_int_equal(dmsc_tree_begin((w)->f.tree, "local", 100), DMSC_OK);                     \
        assert_int_equal(call, DMSC_OK);                                                           \
        assert_int_equal(dmsc_tree_commit((w)->f.tree), DMSC_OK);                                  \
    } while (0)

static int setup(void **state)
{
    static struct world w;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    memset(&w, 0, sizeof(w));
    config.limits.environments = 3;
    assert_int_equal(dmsc_ctx_new(&config, &w.ctx), DMSC_OK);
    w.f = fixture_begin(w.ctx);
    fixture_node(&w.f, ". node acl=Add=*&Delete=*&Exec=*&Get=*&Replace=*");
    fixture_ma(&list, "id=1 server=com.a scope=00,.,8000");
    assert_int_equal(dmsc_authority_set_list(w.f.authority, &list), DMSC_OK);
    fixture_free_list(&list);
    assert_int_equal(dmsc_apps_new(w.ctx, w.f.tree, w.f.authority, &w.apps), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "red-app", 1), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "blue-app", 2), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "host-app", 3), DMSC_OK);
    assert_int_equal(dmsc_apps_place(w.apps, "red-app", "red"), DMSC_OK);
    assert_int_equal(dmsc_apps_place(w.apps, "blue-app", "blue"), DMSC_OK);
    CHANGE(&w, dmsc_env_add(w.apps, "red", "container"));
    CHANGE(&w, dmsc_env_add(w.apps, "blue", NULL));
    assert_int_equal(dmsc_app_open(w.apps, "red-app", 1, &w.red), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "blue-app", 2, &w.blue), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "host-app", 3, &w.host), DMSC_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    dmsc_apps_free(w->apps);
    fixture_end(&w->f);
    dmsc_ctx_free(w->ctx);
    return 0;
}

static void refused(struct world *w, enum dmsc_err err, enum dmsc_err wanted, const char *reason)
{
    assert_int_equal(err, wanted);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
}

struct text {
    char text[256];
};

static bool note_env(void *user, const struct dmsc_env *env)
{
    struct text *t = user;
    size_t n = strlen(t->text);

    (void)snprintf(t->text + n, sizeof(t->text) - n, "%s(%s) %s %s; ", env->name, env->kind,
                   env->uri, env->enabled ? "on" : "off");
    return true;
}

static void assert_list(struct world *w, const char *expected)
{
    struct text t = { "" };

    assert_int_equal(dmsc_env_each(w->apps, note_env, &t), DMSC_OK);
    assert_string_equal(t.text, expected);
}

static void the_list_is_kept(void **state)
{
    struct world *w = *state;

    assert_list(w, "blue() ./Env/blue on; red(container) ./Env/red on; ");
    CHANGE(w, dmsc_env_enable(w->apps, "red", false));
    assert_list(w, "blue() ./Env/blue on; red(container) ./Env/red off; ");
    assert_int_equal(dmsc_env_add(w->apps, "x", NULL), DMSC_E_STATE); /* outside a change */
    assert_int_equal(dmsc_tree_begin(w->f.tree, "local", 100), DMSC_OK);
    refused(w, dmsc_env_add(w->apps, "red", NULL), DMSC_E_EXISTS, "env:exists");
    refused(w, dmsc_env_add(w->apps, "", NULL), DMSC_E_ARG, "env:name");
    refused(w, dmsc_env_add(w->apps, "..", NULL), DMSC_E_ARG, "env:name");
    refused(w, dmsc_env_add(w->apps, "a/b", NULL), DMSC_E_ARG, "env:name");
    refused(w, dmsc_env_add(w->apps, "a23456789012345678901234567890123", NULL), DMSC_E_ARG,
            "env:name");
    refused(w, dmsc_env_add(w->apps, "x", "\xFF"), DMSC_E_ARG, "env:kind");
    refused(w, dmsc_env_enable(w->apps, "x", true), DMSC_E_NOTFOUND, "env:unknown");
    refused(w, dmsc_env_enable(w->apps, "../DevInfo", true), DMSC_E_NOTFOUND, "env:unknown");
    refused(w, dmsc_env_remove(w->apps, "x"), DMSC_E_NOTFOUND, "env:unknown");
    assert_int_equal(dmsc_env_add(w->apps, "third", NULL), DMSC_OK);
    refused(w, dmsc_env_add(w->apps, "fourth", NULL), DMSC_E_LIMIT, "env:many");
    dmsc_tree_rollback(w->f.tree);
    assert_list(w, "blue() ./Env/blue on; red(container) ./Env/red off; ");
    refused(w, dmsc_apps_place(w->apps, "red-app", "blue"), DMSC_E_EXISTS, "env:other");
    refused(w, dmsc_apps_place(w->apps, "red-app", "a b"), DMSC_E_ARG, "env:name");
    assert_int_equal(dmsc_apps_place(w->apps, "red-app", "red"), DMSC_OK);
}

/* The owner may put anything below ./VirMO: the good ones are listed all the same. */
static void what_is_none_is_passed_over(void **state)
{
    struct world *w = *state;

    fixture_node(&w->f, "./VirMO/a.b node");
    fixture_node(&w->f, "./VirMO/empty node");
    fixture_node(&w->f, "./VirMO/leaf chr value=x");
    fixture_node(&w->f, "./VirMO/odd node");
    fixture_node(&w->f, "./VirMO/odd/Kind node");
    fixture_node(&w->f, "./VirMO/odd/Enabled bool value=true");
    assert_list(w, "blue() ./Env/blue on; red(container) ./Env/red on; ");
}

static void what_goes_takes_its_objects_along(void **state)
{
    struct world *w = *state;
    struct dmsc_buf owner;
    bool there = true;

    dmsc_buf_init(&owner, w->ctx, 100);
    assert_int_equal(dmsc_app_register(w->red, RED, MOID, NULL, NULL, now_100), DMSC_OK);
    CHANGE(w, dmsc_env_remove(w->apps, "red"));
    assert_list(w, "blue() ./Env/blue on; ");
    assert_int_equal(dmsc_tree_has(w->f.tree, "./Env/red", &there), DMSC_OK);
    assert_false(there);
    refused(w, dmsc_app_register(w->red, RED, MOID, NULL, NULL, now_100), DMSC_E_REFUSED,
            "env:unknown");
    /* The same name again is another environment: nobody owns what is not there. */
    CHANGE(w, dmsc_env_add(w->apps, "red", NULL));
    refused(w, dmsc_app_get(w->red, RED, now_100, &owner), DMSC_E_REFUSED, "dacmo:grant");
    assert_int_equal(dmsc_app_register(w->red, RED, MOID, NULL, NULL, now_100), DMSC_OK);
}

/* What a server is answered, in its words. */
static const char *server(struct world *w, const char *right, const char *uri)
{
    struct question question;

    memset(&question, 0, sizeof(question));
    (void)snprintf(question.subject, sizeof(question.subject), "com.a/2");
    (void)snprintf(question.right, sizeof(question.right), "%s", right);
    (void)snprintf(question.node, sizeof(question.node), "%s", uri);
    (void)snprintf(question.clock, sizeof(question.clock), "100");
    return dmsc_reason_name(fixture_ask(&w->f, &question).reason);
}

static bool note_uri(void *user, const char *uri)
{
    struct text *t = user;
    size_t n = strlen(t->text);

    (void)snprintf(t->text + n, sizeof(t->text) - n, "%s ", uri);
    return true;
}

static void assert_client_uri(struct world *w, const char *client_uri, const char *expected)
{
    struct text t = { "" };

    assert_int_equal(dmsc_client_uri_resolve(w->f.tree, client_uri, NULL, note_uri, &t, NULL),
                     DMSC_OK);
    assert_string_equal(t.text, expected);
}

struct view {
    struct world *w;
    struct text t;
};

static bool server_sees(void *user, const char *uri)
{
    struct view *view = user;

    return strcmp(server(view->w, "get", uri), "allowed") == 0;
}

static bool note_view(void *user, const char *uri)
{
    return note_uri(&((struct view *)user)->t, uri);
}

/* What a wildcard finds for a server: what it may not see is dropped without a word. */
static void assert_server_finds(struct world *w, const char *expected)
{
    struct view view = { w, { "" } };

    assert_int_equal(
        dmsc_client_uri_resolve(w->f.tree, MOID "/*/Ssid", server_sees, note_view, &view, NULL),
        DMSC_OK);
    assert_string_equal(view.t.text, expected);
}

static bool note_name(void *user, const char *name)
{
    return note_uri(user, name);
}

/* One kind of object in both, each with its own address in both forms of address. */
static void addressed_separately(struct world *w)
{
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf miid;

    leaf.format = DMSC_FORMAT_CHR;
    leaf.value = dmsc_bytes("red", 3);
    assert_int_equal(dmsc_app_register(w->red, RED, MOID, NULL, NULL, now_100), DMSC_OK);
    assert_int_equal(dmsc_app_register(w->blue, BLUE, MOID, NULL, NULL, now_100), DMSC_OK);
    assert_int_equal(dmsc_app_add(w->red, RED "/Ssid", &leaf, now_100), DMSC_OK);
    leaf.value = dmsc_bytes("blue", 4);
    assert_int_equal(dmsc_app_add(w->blue, BLUE "/Ssid", &leaf, now_100), DMSC_OK);
    dmsc_buf_init(&miid, w->ctx, 100);
    assert_int_equal(dmsc_miid_of_uri(RED, &miid), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&miid), "Env.red.Wifi");
    dmsc_buf_clear(&miid);
    assert_client_uri(w, MOID "/Env.red.Wifi/Ssid", RED "/Ssid ");
    assert_client_uri(w, MOID "/Env.blue.Wifi/Ssid", BLUE "/Ssid ");
    assert_client_uri(w, MOID "/(x)/?nv=(x)/Ssid:red", RED " ");
    assert_client_uri(w, MOID "/*/Ssid", BLUE "/Ssid " RED "/Ssid ");
    assert_client_uri(w, DMSC_ENV_MOID "/*/Enabled", "./VirMO/blue/Enabled ./VirMO/red/Enabled ");
}

static void homes_are_kept_apart(struct world *w)
{
    refused(w, dmsc_app_register(w->red, "./Env/blue/Mine", MOID, NULL, NULL, now_100),
            DMSC_E_REFUSED, "env:outside");
    refused(w, dmsc_app_register(w->red, "./Mine", MOID, NULL, NULL, now_100), DMSC_E_REFUSED,
            "env:outside");
    refused(w, dmsc_app_register(w->host, "./Env/red/Mine", MOID, NULL, NULL, now_100),
            DMSC_E_REFUSED, "env:outside");
    refused(w, dmsc_app_register(w->host, "./Env/green/Mine", MOID, NULL, NULL, now_100),
            DMSC_E_REFUSED, "env:unknown");
    assert_int_equal(dmsc_app_register(w->host, "./Mine", MOID, NULL, NULL, now_100), DMSC_OK);
}

/* All that anybody may do in the red one; the blue one as it always was. */
static void state_of_red(struct world *w, const char *server_says, bool on)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 100);
    assert_string_equal(server(w, "get", RED "/Ssid"), server_says);
    assert_string_equal(server(w, "delegate", RED), server_says);
    assert_string_equal(server(w, "get", BLUE "/Ssid"), "allowed");
    assert_string_equal(server(w, "delegate", BLUE), "allowed");
    if (on) {
        assert_int_equal(dmsc_app_get(w->red, RED "/Ssid", now_100, &value), DMSC_OK);
        assert_int_equal(dmsc_app_get(w->host, RED "/Ssid", now_100, &value), DMSC_OK);
    } else {
        refused(w, dmsc_app_get(w->red, RED "/Ssid", now_100, &value), DMSC_E_REFUSED,
                "env:disabled");
        refused(w, dmsc_app_get(w->host, RED "/Ssid", now_100, &value), DMSC_E_REFUSED,
                "env:disabled");
        refused(w, dmsc_app_set(w->red, RED "/Ssid", dmsc_bytes("x", 1), now_100), DMSC_E_REFUSED,
                "env:disabled");
    }
    assert_int_equal(dmsc_app_set(w->blue, BLUE "/Ssid", dmsc_bytes("blue", 4), now_100), DMSC_OK);
    assert_int_equal(dmsc_app_get(w->blue, BLUE "/Ssid", now_100, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "blue");
    dmsc_buf_clear(&value);
}

static void req_HLF_006_environments_are_managed_apart(void **state)
{
    struct world *w = *state;
    struct text names = { "" };
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 100);
    addressed_separately(w);
    homes_are_kept_apart(w);
    assert_int_equal(fixture_grant(&w->f, "local:red-app " RED " com.a rights=RD"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "local:blue-app " BLUE " com.a rights=RD"), DMSC_OK);
    assert_int_equal(fixture_grant(&w->f, "local:red-app " RED " local:host-app rights=R"),
                     DMSC_OK);
    state_of_red(w, "allowed", true);
    assert_server_finds(w, BLUE "/Ssid " RED "/Ssid ");
    CHANGE(w, dmsc_env_enable(w->apps, "red", false));
    state_of_red(w, "env:disabled", false);
    assert_server_finds(w, BLUE "/Ssid ");
    /* The list itself is there to read, and not to write. */
    assert_string_equal(server(w, "get", "./VirMO/red/Enabled"), "allowed");
    assert_string_equal(server(w, "replace", "./VirMO/red/Enabled"), "dacmo:grant");
    assert_int_equal(dmsc_app_get(w->blue, "./VirMO/red/Enabled", now_100, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "false");
    refused(w, dmsc_app_list(w->red, "./VirMO/red", now_100, note_name, &names), DMSC_E_REFUSED,
            "env:disabled");
    CHANGE(w, dmsc_env_enable(w->apps, "red", true));
    state_of_red(w, "allowed", true);
    dmsc_buf_clear(&value);
    req_done("HLF-006");
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct fixture f = { .ctx = ctx };
    struct dmsc_apps *apps = NULL;
    struct text t = { "" };
    enum dmsc_err err = fixture_open(&f);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_apps_new(ctx, f.tree, f.authority, &apps);
    if (err == DMSC_OK)
        err = dmsc_apps_place(apps, "a", "red");
    if (err == DMSC_OK)
        err = dmsc_tree_begin(f.tree, "local", 1);
    if (err == DMSC_OK) {
        err = dmsc_env_add(apps, "red", "guest");
        if (err == DMSC_OK)
            err = dmsc_env_enable(apps, "red", false);
        if (err == DMSC_OK)
            err = dmsc_env_each(apps, note_env, &t);
        if (err == DMSC_OK)
            err = dmsc_env_remove(apps, "red");
        if (err == DMSC_OK)
            err = dmsc_tree_commit(f.tree);
        else
            dmsc_tree_rollback(f.tree);
    }
    dmsc_apps_free(apps);
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
        cmocka_unit_test_setup_teardown(the_list_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_none_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(what_goes_takes_its_objects_along, setup, teardown),
        cmocka_unit_test_setup_teardown(req_HLF_006_environments_are_managed_apart, setup,
                                        teardown),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
