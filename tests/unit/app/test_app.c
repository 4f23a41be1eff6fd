/* SPDX-License-Identifier: Apache-2.0 */
/* Local applications: who they are, what they may, what stands behind their objects, what they
 * hear. */
#include "host/credential/cert.h"
#include "tests/unit/authority/fixture.h"
#include "tests/unit/credential/pki.h"
#include <dmsc/app.h>
#include <dmsc/ctx.h>
#include <dmsc/grant.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <string.h>

#define WAITING 256u /* limits.app_waiting */
#define MOID    "urn:x:thermostat:1.0"
#define ROOT    "./App/Heat"

static const struct dmsc_now now_100 = { 100, true };
static struct pki pki;

struct world {
    struct dmsc_ctx *ctx;
    struct fixture f;
    struct dmsc_apps *apps;
    struct dmsc_app *heat, *other;
};

static int setup(void **state)
{
    static struct world w;
    struct dmsc_ma_list list = DMSC_MA_LIST_INIT;

    memset(&w, 0, sizeof(w));
    assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
    w.f = fixture_begin(w.ctx);
    fixture_ma(&list, "id=1 server=com.a scope=00,.,8000");
    assert_int_equal(dmsc_authority_set_list(w.f.authority, &list), DMSC_OK);
    fixture_free_list(&list);
    assert_int_equal(dmsc_apps_new(w.ctx, w.f.tree, w.f.authority, &w.apps), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "heat", 1000), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_uid(w.apps, "other", 1001), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "heat", 1000, &w.heat), DMSC_OK);
    assert_int_equal(dmsc_app_open(w.apps, "other", 1001, &w.other), DMSC_OK);
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

static void assert_reason(struct world *w, const char *reason)
{
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
}

static void a_user_is_the_application_it_may_be(void **state)
{
    struct world *w = *state;
    struct dmsc_app *app = NULL;

    assert_string_equal(dmsc_app_subject(w->heat), "local:heat");
    assert_int_equal(dmsc_app_open(w->apps, "heat", 1001, &app), DMSC_E_REFUSED);
    assert_reason(w, "app:uid");
    assert_int_equal(dmsc_app_open(w->apps, "nobody", 1000, &app), DMSC_E_REFUSED);
    assert_reason(w, "app:unknown");
    assert_int_equal(dmsc_apps_admit_uid(w->apps, "", 1), DMSC_E_ARG);
    assert_int_equal(dmsc_apps_admit_uid(w->apps, "a b", 1), DMSC_E_ARG);
    assert_int_equal(dmsc_apps_admit_uid(w->apps, "a/b", 1), DMSC_E_ARG);
    assert_null(app);
}

/* The message that dmsc_app_open_certificate() wants signed. */
static void sign(struct world *w, const char *name, const uint8_t *nonce, const char *key_file,
                 uint8_t ret_signature[64])
{
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf message, spki;

    dmsc_buf_init(&message, w->ctx, 256);
    dmsc_buf_init(&spki, w->ctx, 1024);
    assert_int_equal(dmsc_buf_append(&message, dmsc_bytes("dmsc-app\0", 9)), DMSC_OK);
    assert_int_equal(dmsc_buf_append(&message, dmsc_bytes(name, strlen(name) + 1)), DMSC_OK);
    assert_int_equal(dmsc_buf_append(&message, dmsc_bytes(nonce, DMSC_APP_NONCE_SIZE)), DMSC_OK);
    pki_secret(&pki, w->ctx, key_file, &key);
    assert_int_equal(dmsci_ecdsa_sign(w->ctx, &key, dmsc_buf_bytes(&message), ret_signature, &spki),
                     DMSC_OK);
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&message);
    dmsc_buf_clear(&spki);
}

static void load_certificate(struct world *w, const char *name, struct dmsc_buf *ret_der)
{
    struct dmsc_bytes pem = pki_slurp(&pki, name);

    dmsc_buf_init(ret_der, w->ctx, 8192);
    assert_int_equal(dmsci_cert_load(w->ctx, pem, ret_der), DMSC_OK);
    support_free(pem);
}

static enum dmsc_err open_with(struct world *w, const char *name,
                               const struct dmsc_buf *certificate, const uint8_t *signature)
{
    struct dmsc_app *app = NULL;
    enum dmsc_err err = dmsc_app_open_certificate(w->apps, name, dmsc_buf_bytes(certificate),
                                                  dmsc_bytes(signature, 64), &app);

    assert_true((err == DMSC_OK) == (app != NULL));
    dmsc_app_close(app);
    return err;
}

static void a_certificate_is_the_application_it_was_provisioned_for(void **state)
{
    struct world *w = *state;
    uint8_t nonce[DMSC_APP_NONCE_SIZE], signature[64];
    struct dmsc_buf own, foreign;

    pki_need(&pki);
    load_certificate(w, "client.pem", &own);
    load_certificate(w, "server.pem", &foreign);
    assert_int_equal(dmsc_apps_admit_certificate(w->apps, "signed", dmsc_buf_bytes(&own)), DMSC_OK);
    assert_int_equal(dmsc_apps_admit_certificate(w->apps, "signed", dmsc_bytes("x", 1)),
                     DMSC_E_MALFORMED);
    memset(signature, 7, sizeof(signature));
    assert_int_equal(open_with(w, "signed", &own, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:challenge");
    assert_int_equal(dmsc_app_challenge(w->apps, nonce), DMSC_OK);
    sign(w, "signed", nonce, "client.key", signature);
    assert_int_equal(open_with(w, "signed", &own, signature), DMSC_OK);
    /* A nonce is good for one try. */
    assert_int_equal(open_with(w, "signed", &own, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:challenge");
    assert_int_equal(dmsc_app_challenge(w->apps, nonce), DMSC_OK);
    assert_int_equal(open_with(w, "signed", &own, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:proof");
    /* Another's certificate, another's key, another application's name. */
    assert_int_equal(dmsc_app_challenge(w->apps, nonce), DMSC_OK);
    sign(w, "signed", nonce, "server.key", signature);
    assert_int_equal(open_with(w, "signed", &foreign, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:certificate");
    assert_int_equal(dmsc_app_challenge(w->apps, nonce), DMSC_OK);
    sign(w, "signed", nonce, "server.key", signature);
    assert_int_equal(open_with(w, "signed", &own, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:proof");
    assert_int_equal(dmsc_app_challenge(w->apps, nonce), DMSC_OK);
    sign(w, "heat", nonce, "client.key", signature);
    assert_int_equal(open_with(w, "heat", &own, signature), DMSC_E_REFUSED);
    assert_reason(w, "app:certificate");
    dmsc_buf_clear(&own);
    dmsc_buf_clear(&foreign);
}

/* A thermostat: a value that it measures, one that it takes, rooms that come and go, an action. */
struct heat {
    int measured;
    char wanted[16];
    unsigned rooms, executed, set, kept, undone, removed;
    bool broken;
};

static enum dmsc_err heat_get(void *user, const char *path, struct dmsc_buf *ret_value)
{
    struct heat *h = user;
    char text[16];

    if (h->broken)
        return DMSC_E_IO;
    if (strcmp(path, "Measured") != 0)
        return DMSC_E_NOTFOUND;
    (void)snprintf(text, sizeof(text), "%d", h->measured);
    return dmsc_buf_append_str(ret_value, text);
}

static enum dmsc_err heat_list(void *user, const char *path,
                               bool (*child)(void *to, const char *name,
                                             const struct dmsc_node_spec *node),
                               void *to)
{
    static const char *const leaves[] = { "Measured", "Wanted", "Reset" };
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT, node = DMSC_NODE_SPEC_INIT;
    struct heat *h = user;
    char name[16];

    leaf.format = DMSC_FORMAT_INT;
    leaf.value = dmsc_bytes("0", 1);
    leaf.access = DMSC_ACCESS_GET | DMSC_ACCESS_REPLACE | DMSC_ACCESS_EXEC;
    for (size_t i = 0; path[0] == '\0' && i < 3; i++) {
        if (!child(to, leaves[i], &leaf))
            return DMSC_OK;
    }
    if (path[0] == '\0')
        (void)child(to, "Rooms", &node);
    for (unsigned i = 1; strcmp(path, "Rooms") == 0 && i <= h->rooms; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        if (!child(to, name, &leaf))
            return DMSC_OK;
    }
    return DMSC_OK;
}

static enum dmsc_err heat_set(void *user, const char *path, struct dmsc_bytes value)
{
    struct heat *h = user;

    if (strcmp(path, "Wanted") != 0 || value.n > 2)
        return DMSC_E_REFUSED;
    (void)snprintf(h->wanted, sizeof(h->wanted), "%.*s", (int)value.n, (const char *)value.p);
    h->set++;
    return DMSC_OK;
}

static enum dmsc_err heat_remove(void *user, const char *path)
{
    struct heat *h = user;

    h->removed++;
    return strcmp(path, "") == 0 ? DMSC_OK : DMSC_E_REFUSED;
}

static void heat_settled(void *user, bool kept)
{
    struct heat *h = user;

    h->kept += kept;
    h->undone += !kept;
}

static enum dmsc_err heat_exec(void *user, const char *path, struct dmsc_bytes argument)
{
    struct heat *h = user;

    (void)argument;
    if (strcmp(path, "Reset") != 0)
        return DMSC_E_NOTFOUND;
    h->executed++;
    return DMSC_OK;
}

static const struct dmsc_mo_ops heat_ops = { heat_get,    heat_list,    heat_set,
                                             heat_remove, heat_settled, heat_exec };

static void start_heat(struct world *w, struct heat *h)
{
    fixture_node(&w->f, "./App node");
    assert_int_equal(dmsc_app_register(w->heat, ROOT, MOID, &heat_ops, h, now_100), DMSC_OK);
}

struct names {
    char text[128];
};

static bool note_name(void *user, const char *name)
{
    struct names *names = user;
    size_t n = strlen(names->text);

    (void)snprintf(names->text + n, sizeof(names->text) - n, "%s ", name);
    return true;
}

static void assert_get(struct world *w, struct dmsc_app *app, const char *uri, const char *value)
{
    struct dmsc_buf got;

    dmsc_buf_init(&got, w->ctx, 1000);
    assert_int_equal(dmsc_app_get(app, uri, now_100, &got), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&got), value);
    dmsc_buf_clear(&got);
}

static void an_object_is_what_stands_behind_it(void **state)
{
    struct world *w = *state;
    struct heat h = { .measured = 17, .rooms = 2 };
    struct names names = { "" };
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf got;

    dmsc_buf_init(&got, w->ctx, 100);
    start_heat(w, &h);
    assert_int_equal(dmsc_app_list(w->heat, ROOT, now_100, note_name, &names), DMSC_OK);
    assert_string_equal(names.text, "Measured Reset Rooms Wanted ");
    assert_get(w, w->heat, ROOT "/Measured", "17");
    h.measured = 18;
    assert_get(w, w->heat, ROOT "/Measured", "18");
    /* What did not change is not written: the version stands. */
    assert_get(w, w->heat, ROOT "/Measured", "18");
    assert_int_equal(dmsc_tree_get(w->f.tree, ROOT "/Measured", &node), DMSC_OK);
    assert_int_equal(node.verno, 2);
    dmsc_node_clear(&node);
    names.text[0] = '\0';
    h.rooms = 1;
    assert_int_equal(dmsc_app_list(w->heat, ROOT "/Rooms", now_100, note_name, &names), DMSC_OK);
    assert_string_equal(names.text, "1 ");
    assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("21", 2), now_100), DMSC_OK);
    assert_string_equal(h.wanted, "21");
    assert_int_equal(h.kept, 1);
    assert_get(w, w->heat, ROOT "/Wanted", "21");
    /* What it refuses is not kept. */
    assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("999", 3), now_100),
                     DMSC_E_REFUSED);
    assert_get(w, w->heat, ROOT "/Wanted", "21");
    assert_int_equal(h.undone, 1);
    assert_int_equal(dmsc_app_exec(w->heat, ROOT "/Reset", dmsc_bytes(NULL, 0), now_100), DMSC_OK);
    assert_int_equal(h.executed, 1);
    assert_int_equal(dmsc_app_exec(w->heat, ROOT "/Wanted", dmsc_bytes(NULL, 0), now_100),
                     DMSC_E_UNSUPPORTED);
    assert_int_equal(dmsc_app_delete(w->heat, ROOT "/Wanted", now_100), DMSC_E_REFUSED);
    h.broken = true;
    assert_int_equal(dmsc_app_get(w->heat, ROOT "/Measured", now_100, &got), DMSC_E_IO);
    h.broken = false;
    /* Its name is how it is known. */
    assert_int_equal(dmsc_tree_begin(w->f.tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(w->f.tree, "./App", "Apps"), DMSC_E_STATE);
    dmsc_tree_rollback(w->f.tree);
    dmsc_app_close(w->heat);
    assert_false(dmsc_tree_bound(w->f.tree, ROOT));
    dmsc_buf_clear(&got);
}

static void rights_hold_for_applications(void **state)
{
    struct world *w = *state;
    struct heat h = { .measured = 17 };
    struct dmsc_node_spec leaf = DMSC_NODE_SPEC_INIT;
    struct names names = { "" };
    struct dmsc_buf got;

    dmsc_buf_init(&got, w->ctx, 100);
    start_heat(w, &h);
    leaf.format = DMSC_FORMAT_CHR;
    assert_int_equal(dmsc_app_get(w->other, ROOT "/Measured", now_100, &got), DMSC_E_REFUSED);
    assert_reason(w, "dacmo:grant");
    /* What is not there and what may not be seen are told alike. */
    assert_int_equal(dmsc_app_get(w->other, ROOT "/None", now_100, &got), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_list(w->other, ROOT, now_100, note_name, &names), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_set(w->other, ROOT "/Wanted", dmsc_bytes("1", 1), now_100),
                     DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_add(w->other, ROOT "/New", &leaf, now_100), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_delete(w->other, ROOT, now_100), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_exec(w->other, ROOT "/Reset", dmsc_bytes(NULL, 0), now_100),
                     DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_register(w->other, ROOT, MOID, &heat_ops, &h, now_100),
                     DMSC_E_REFUSED);
    assert_reason(w, "app:owner");
    assert_int_equal(h.executed + h.set, 0);
    /* A grant of the owner opens exactly what it says. */
    assert_int_equal(fixture_grant(&w->f, "local:heat " ROOT " local:other rights=R"), DMSC_OK);
    assert_get(w, w->other, ROOT "/Measured", "17");
    assert_int_equal(dmsc_app_set(w->other, ROOT "/Wanted", dmsc_bytes("1", 1), now_100),
                     DMSC_E_REFUSED);
    /* A server by the rules of DM 2.0 is a stranger like any other. */
    assert_int_equal(fixture_grant(&w->f, "local:heat " ROOT " com.a rights=RW"), DMSC_OK);
    /* The same object is registered again after a restart, another kind is not. */
    dmsc_app_close(w->heat);
    assert_int_equal(dmsc_app_open(w->apps, "heat", 1000, &w->heat), DMSC_OK);
    assert_int_equal(dmsc_app_register(w->heat, ROOT, "urn:x:other:1.0", NULL, NULL, now_100),
                     DMSC_E_REFUSED);
    assert_reason(w, "app:kind");
    assert_int_equal(dmsc_app_register(w->heat, ROOT, MOID, &heat_ops, &h, now_100), DMSC_OK);
    dmsc_buf_clear(&got);
}

static void assert_event(struct world *w, struct dmsc_app *app, unsigned watch,
                         const char *expected)
{
    struct dmsc_app_event event;
    char text[256] = "nothing";
    bool there = false;

    assert_int_equal(dmsc_app_next(app, watch, now_100, &event, &there), DMSC_OK);
    if (there)
        (void)snprintf(text, sizeof(text), "%s %s by %s%s", event.what, event.uri, event.actor,
                       event.self ? ", self" : "");
    assert_string_equal(text, expected);
    (void)w;
}

static void server_sets(struct world *w, const char *uri, const char *value, bool keep)
{
    assert_int_equal(dmsc_tree_begin(w->f.tree, "ma:com.a", 100), DMSC_OK);
    assert_int_equal(dmsc_tree_replace(w->f.tree, uri, NULL, NULL, dmsc_bytes_str(value)), DMSC_OK);
    if (keep)
        assert_int_equal(dmsc_tree_commit(w->f.tree), DMSC_OK);
    else
        dmsc_tree_rollback(w->f.tree);
}

/* 1.5 MiB in pieces: gone on with after a close, within the rights, told as one change. */
static void large_values_go_in_pieces(void **state)
{
    static uint8_t octets[3u << 19];
    const struct dmsc_app_content content = { { (const uint8_t *)"v1", 2 }, sizeof(octets) };
    const enum dmsc_format bin = DMSC_FORMAT_BIN;
    struct dmsc_app_event event;
    struct world *w = *state;
    struct dmsc_buf back;
    uint64_t have = 99;
    unsigned watch = 0;
    bool there = false;

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(i * 7 + (i >> 8));
    assert_int_equal(dmsc_app_register(w->heat, ROOT, MOID, NULL, NULL, now_100), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, false, now_100, &watch), DMSC_OK);
    assert_int_equal(dmsc_app_put_part(w->other, ROOT "/Log", &content, 0, dmsc_bytes(octets, 1000),
                                       now_100, &have),
                     DMSC_E_REFUSED);
    assert_int_equal(have, 99);
    for (have = 0; have < 600000;)
        assert_int_equal(dmsc_app_put_part(w->heat, ROOT "/Log", &content, have,
                                           dmsc_bytes(octets + have, 60000), now_100, &have),
                         DMSC_OK);
    dmsc_app_close(w->heat);
    assert_int_equal(dmsc_app_open(w->apps, "heat", 1000, &w->heat), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, false, now_100, &watch), DMSC_OK);
    /* From a wrong place nothing is kept; what is there is told. */
    assert_int_equal(dmsc_app_put_part(w->heat, ROOT "/Log", &content, 0, dmsc_bytes(octets, 1000),
                                       now_100, &have),
                     DMSC_OK);
    assert_int_equal(have, 600000);
    assert_int_equal(dmsc_app_put_end(w->heat, ROOT "/Log", &content, &bin, "x/y", now_100),
                     DMSC_E_STATE);
    assert_reason(w, "large:incomplete");
    assert_int_equal(dmsc_app_put_part(w->heat, ROOT "/Log", &content, have,
                                       dmsc_bytes(octets + have, sizeof(octets) - (size_t)have),
                                       now_100, &have),
                     DMSC_OK);
    assert_int_equal(dmsc_app_put_end(w->heat, ROOT "/Log", &content, &bin, "x/y", now_100),
                     DMSC_OK);
    /* The same once more, because the answer was lost: the value stays. */
    assert_int_equal(dmsc_app_put_end(w->heat, ROOT "/Log", &content, &bin, "x/y", now_100),
                     DMSC_E_NOTFOUND);
    assert_reason(w, "large:nothing");
    dmsc_buf_init(&back, w->ctx, sizeof(octets));
    while (back.n < sizeof(octets))
        assert_int_equal(dmsc_app_get_part(w->heat, ROOT "/Log", back.n, 65536, now_100, &back),
                         DMSC_OK);
    assert_memory_equal(back.p, octets, sizeof(octets));
    assert_int_equal(dmsc_app_get_part(w->other, ROOT "/Log", 0, 10, now_100, &back),
                     DMSC_E_REFUSED);
    dmsc_buf_clear(&back);
    assert_int_equal(dmsc_app_next(w->heat, watch, now_100, &event, &there), DMSC_OK);
    assert_true(there);
    assert_string_equal(event.uri, ROOT "/Log");
    assert_string_equal(event.what, "add");
    assert_int_equal(dmsc_app_next(w->heat, watch, now_100, &event, &there), DMSC_OK);
    assert_false(there);
}

static void changes_are_told_once_and_in_order(void **state)
{
    struct world *w = *state;
    struct heat h = { .measured = 17 };
    struct names names = { "" };
    unsigned watch = 99, leaf = 99;

    start_heat(w, &h);
    assert_int_equal(dmsc_app_watch(w->other, ROOT, false, now_100, &watch), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT "/None", false, now_100, &watch),
                     DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_app_list(w->heat, ROOT, now_100, note_name, &names), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, false, now_100, &watch), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT "/Wanted", false, now_100, &leaf), DMSC_OK);
    assert_event(w, w->heat, watch, "nothing");
    server_sets(w, ROOT "/Wanted", "5", true);
    server_sets(w, ROOT "/Wanted", "6", false); /* rolled back: nothing */
    assert_int_equal(dmsc_app_set(w->heat, ROOT "/Wanted", dmsc_bytes("7", 1), now_100), DMSC_OK);
    assert_int_equal(dmsc_app_exec(w->heat, ROOT "/Reset", dmsc_bytes(NULL, 0), now_100), DMSC_OK);
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by ma:com.a");
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by local:heat, self");
    assert_event(w, w->heat, watch, "exec " ROOT "/Reset by local:heat, self");
    assert_event(w, w->heat, watch, "nothing");
    assert_event(w, w->heat, leaf, "replace " ROOT "/Wanted by ma:com.a");
    /* Several touches of one node in one change are one event. */
    assert_int_equal(dmsc_tree_begin(w->f.tree, "card", 100), DMSC_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            dmsc_tree_replace(w->f.tree, ROOT "/Wanted", NULL, NULL, dmsc_bytes(&"123"[i], 1)),
            DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->f.tree), DMSC_OK);
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by card");
    assert_event(w, w->heat, watch, "nothing");
    assert_int_equal(dmsc_app_unwatch(w->heat, watch), DMSC_OK);
    assert_int_equal(dmsc_app_unwatch(w->heat, watch), DMSC_E_ARG);
    /* What is above goes: the watch hears of its own node. */
    assert_event(w, w->heat, leaf, "replace " ROOT "/Wanted by local:heat, self");
    assert_event(w, w->heat, leaf, "replace " ROOT "/Wanted by card");
    assert_int_equal(dmsc_tree_begin(w->f.tree, "local", 100), DMSC_OK);
    assert_int_equal(dmsc_tree_delete(w->f.tree, "./App", true), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(w->f.tree), DMSC_OK);
    assert_int_equal(h.removed, 1);
}

static void too_much_is_an_overflow(void **state)
{
    struct world *w = *state;
    struct heat h = { .measured = 17 };
    struct names names = { "" };
    unsigned watch = 99;

    start_heat(w, &h);
    assert_int_equal(dmsc_app_list(w->heat, ROOT, now_100, note_name, &names), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, false, now_100, &watch), DMSC_OK);
    for (unsigned i = 0; i < WAITING; i++)
        server_sets(w, ROOT "/Wanted", "5", true);
    for (unsigned i = 0; i < WAITING; i++)
        assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by ma:com.a");
    assert_event(w, w->heat, watch, "nothing");
    for (unsigned i = 0; i <= WAITING; i++)
        server_sets(w, ROOT "/Wanted", "5", true);
    assert_event(w, w->heat, watch, "overflow  by ");
    assert_event(w, w->heat, watch, "nothing");
    server_sets(w, ROOT "/Wanted", "5", true);
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by ma:com.a");
}

static void a_lasting_watch_goes_on(void **state)
{
    struct world *w = *state;
    struct heat h = { .measured = 17 };
    struct names names = { "" };
    unsigned watch = 99;

    start_heat(w, &h);
    assert_int_equal(dmsc_app_list(w->heat, ROOT, now_100, note_name, &names), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, true, now_100, &watch), DMSC_OK);
    server_sets(w, ROOT "/Wanted", "5", true);
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by ma:com.a");
    assert_event(w, w->heat, watch, "nothing");
    dmsc_app_close(w->heat);
    server_sets(w, ROOT "/Wanted", "6", true);
    assert_int_equal(dmsc_app_open(w->apps, "heat", 1000, &w->heat), DMSC_OK);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, true, now_100, &watch), DMSC_OK);
    assert_event(w, w->heat, watch, "replace " ROOT "/Wanted by ma:com.a");
    assert_event(w, w->heat, watch, "nothing");
    assert_int_equal(dmsc_app_unwatch(w->heat, watch), DMSC_OK);
    server_sets(w, ROOT "/Wanted", "7", true);
    assert_int_equal(dmsc_app_watch(w->heat, ROOT, true, now_100, &watch), DMSC_OK);
    assert_event(w, w->heat, watch, "nothing"); /* forgotten: from now on */
}

/* On one that is there, one that is not, one that may not be read; and over the end of everything.
 */
static void req_HLF_017_watches_are_registered_and_last(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct heat h = { .measured = 17 };
    struct world w;
    unsigned watch = 99;

    (void)state;
    memset(&w, 0, sizeof(w));
    support_mkdir(dir);
    (void)snprintf(path, sizeof(path), "%s/store.db", dir);
    for (unsigned run = 0; run < 2; run++) {
        struct dmsc_app_event event;
        bool there = false;

        assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
        assert_int_equal(dmsc_store_open(w.ctx, path, &w.f.store), DMSC_OK);
        assert_int_equal(dmsc_tree_open(w.ctx, w.f.store, NULL, &w.f.tree), DMSC_OK);
        assert_int_equal(dmsc_authority_new(w.ctx, w.f.tree, &w.f.authority), DMSC_OK);
        assert_int_equal(dmsc_apps_new(w.ctx, w.f.tree, w.f.authority, &w.apps), DMSC_OK);
        assert_int_equal(dmsc_apps_admit_uid(w.apps, "heat", 1), DMSC_OK);
        assert_int_equal(dmsc_apps_admit_uid(w.apps, "other", 1), DMSC_OK);
        assert_int_equal(dmsc_app_open(w.apps, "heat", 1, &w.heat), DMSC_OK);
        assert_int_equal(dmsc_app_open(w.apps, "other", 1, &w.other), DMSC_OK);
        assert_int_equal(dmsc_app_register(w.heat, ROOT, MOID, &heat_ops, &h, now_100), DMSC_OK);
        assert_int_equal(dmsc_app_watch(w.heat, ROOT "/None", true, now_100, &watch),
                         DMSC_E_NOTFOUND);
        assert_int_equal(dmsc_app_watch(w.other, ROOT, true, now_100, &watch), DMSC_E_REFUSED);
        assert_int_equal(dmsc_app_watch(w.heat, ROOT, true, now_100, &watch), DMSC_OK);
        assert_int_equal(dmsc_app_next(w.heat, watch, now_100, &event, &there), DMSC_OK);
        /* What happened before the first watch is not told, what nobody saw in between is. */
        assert_int_equal(there, run == 1);
        if (run == 1)
            assert_string_equal(event.uri, ROOT "/Late");
        dmsc_apps_free(w.apps);
        fixture_node(&w.f, run == 0 ? ROOT "/Late chr" : ROOT "/Later chr");
        fixture_end(&w.f);
        dmsc_ctx_free(w.ctx);
    }
    support_rmdir(dir);
    req_done("HLF-017");
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct heat h = { .measured = 17, .rooms = 1 };
    struct fixture f = { .ctx = ctx };
    struct dmsc_apps *apps = NULL;
    struct dmsc_app *app = NULL;
    struct dmsc_app_event event;
    struct dmsc_buf got;
    unsigned watch = 0;
    bool there = true;
    enum dmsc_err err = fixture_open(&f);

    (void)user;
    dmsc_buf_init(&got, ctx, 100);
    if (err == DMSC_OK)
        err = dmsc_apps_new(ctx, f.tree, f.authority, &apps);
    if (err == DMSC_OK)
        err = dmsc_apps_admit_uid(apps, "heat", 1);
    if (err == DMSC_OK)
        err = dmsc_app_open(apps, "heat", 1, &app);
    if (err == DMSC_OK)
        err = dmsc_app_register(app, "./Heat", MOID, &heat_ops, &h, now_100);
    if (err == DMSC_OK)
        err = dmsc_app_watch(app, "./Heat", true, now_100, &watch);
    if (err == DMSC_OK)
        err = dmsc_app_get(app, "./Heat/Measured", now_100, &got);
    if (err == DMSC_OK)
        err = dmsc_app_set(app, "./Heat/Wanted", dmsc_bytes("9", 1), now_100);
    while (err == DMSC_OK && there)
        err = dmsc_app_next(app, watch, now_100, &event, &there);
    dmsc_buf_clear(&got);
    dmsc_apps_free(apps);
    fixture_end(&f);
    /* Without memory the authority says no for reasons of its own. */
    return err == DMSC_E_STATE ? DMSC_E_NOMEM : err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(life, NULL) > 100);
}

static int group_setup(void **state)
{
    (void)state;
    return pki_make(&pki);
}

static int group_teardown(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_is_the_application_it_may_be, setup, teardown),
        cmocka_unit_test_setup_teardown(a_certificate_is_the_application_it_was_provisioned_for,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(an_object_is_what_stands_behind_it, setup, teardown),
        cmocka_unit_test_setup_teardown(rights_hold_for_applications, setup, teardown),
        cmocka_unit_test_setup_teardown(large_values_go_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_told_once_and_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(too_much_is_an_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lasting_watch_goes_on, setup, teardown),
        cmocka_unit_test(req_HLF_017_watches_are_registered_and_last),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, group_setup, group_teardown),
                        sizeof(tests) / sizeof(tests[0]));
}
