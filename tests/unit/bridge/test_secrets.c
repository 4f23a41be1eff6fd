/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a card provisions, at rest: whose device and which card opens them. */
#include "host/credential/cert.h"
#include "tests/unit/sync/rig.h"
#include <dmsc/bridge.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET "never-shown" /* in tests/data/sync/account.xml */
#define URI    "./DMAcc/OpA/AppAuth/1/AAuthSecret"
#define LOCAL  "./Local/x"

struct path {
    char text[SUPPORT_PATH_MAX + 32];
};

struct world {
    struct rig rig; /* for its cards: rig.world alone is set */
    struct fault fault;
    struct dmsc_ctx *ctx; /* the device's */
    char directory[SUPPORT_PATH_MAX];
    struct path store, issuer, key_a, key_b, pin, adm1;
    struct dmsc_sim *own, *other;
    struct dmsc_config config;
    struct dmsc_bridge *bridge;
};

static struct path put_file(struct world *w, const char *name, struct dmsc_bytes content)
{
    struct path path;
    FILE *f;

    (void)snprintf(path.text, sizeof(path.text), "%s/%s", w->directory, name);
    f = fopen(path.text, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path.text, 0600), 0);
    return path;
}

static void put_files(struct world *w)
{
    struct dmsc_bytes file = support_slurp("tests/data/sync/issuer.key");
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf issuer;

    dmsc_buf_init(&issuer, w->ctx, 4096);
    assert_int_equal(dmsc_secret_set(&key, w->ctx, file), DMSC_OK);
    assert_int_equal(dmsci_spki_of_key(w->ctx, &key, &issuer), DMSC_OK);
    w->issuer = put_file(w, "issuer", dmsc_buf_bytes(&issuer));
    w->key_a = put_file(w, "key-a", dmsc_bytes_str("private key of one device\n"));
    w->key_b = put_file(w, "key-b", dmsc_bytes_str("private key of another device\n"));
    w->pin = put_file(w, "pin", dmsc_bytes_str("1234\n"));
    w->adm1 = put_file(w, "adm1", dmsc_bytes_str("4444444444444444\n"));
    (void)snprintf(w->store.text, sizeof(w->store.text), "%s/store", w->directory);
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&issuer);
    support_free(file);
}

static int setup(void **state)
{
    static struct world w;
    static char *issuers[1];
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;

    memset(&w, 0, sizeof(w));
    support_mkdir(w.directory);
    fault_config(&w.fault, &config);
    assert_int_equal(dmsc_ctx_new(&config, &w.ctx), DMSC_OK);
    assert_int_equal(dmsc_ctx_new(NULL, &w.rig.world), DMSC_OK);
    put_files(&w);
    assert_int_equal(
        dmsc_sim_new_text(w.rig.world, dmsc_bytes_str(rig_card_text()), NULL, NULL, &w.own),
        DMSC_OK);
    w.other = rig_other_card(&w.rig, "profile.json");
    issuers[0] = w.issuer.text;
    w.config.store = w.store.text;
    w.config.device_key = w.key_a.text;
    w.config.issuer_keys = issuers;
    w.config.issuer_key_count = 1;
    w.config.pin_file = w.pin.text;
    w.config.adm1_file = w.adm1.text;
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    dmsc_bridge_free(w->bridge);
    dmsc_ctx_free(w->ctx);
    fault_assert_no_leak(&w->fault);
    dmsc_sim_free(w->own);
    dmsc_sim_free(w->other);
    dmsc_ctx_free(w->rig.world);
    support_rmdir(w->directory);
    return 0;
}

/* The device starts, with a key of this file and, perhaps, a card. */
static void start(struct world *w, struct path *key, struct dmsc_sim *sim)
{
    struct dmsc_link *link;

    dmsc_bridge_free(w->bridge);
    w->bridge = NULL;
    w->config.device_key = key == NULL ? NULL : key->text;
    assert_int_equal(dmsc_bridge_new(w->ctx, &w->config, &w->bridge), DMSC_OK);
    if (sim == NULL)
        return;
    assert_int_equal(dmsc_sim_link(sim, w->ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_bridge_attach(w->bridge, link), DMSC_OK);
}

static void sync_card(struct world *w, bool dry_run, struct dmsc_sync_report *ret_report)
{
    enum dmsc_err err = dmsc_bridge_sync(w->bridge, dry_run, ret_report);

    if (err != DMSC_OK)
        fail_msg("sync: %s: %s: %s", dmsc_diag_get(w->ctx)->what, dmsc_diag_get(w->ctx)->where,
                 dmsc_diag_get(w->ctx)->why);
}

static void sync_ok(struct world *w)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;

    sync_card(w, false, &report);
    dmsc_sync_report_clear(&report);
}

static enum dmsc_err read_value(struct world *w, const char *uri, const char *expected)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, w->ctx, 1000);
    err = dmsc_tree_value(dmsc_bridge_tree(w->bridge), uri, &value);
    if (err == DMSC_OK)
        assert_string_equal(dmsc_buf_str(&value), expected);
    dmsc_buf_clear(&value);
    return err;
}

static void assert_readable(struct world *w, const char *uri, const char *expected)
{
    assert_int_equal(read_value(w, uri, expected), DMSC_OK);
}

static void assert_refused(struct world *w, const char *uri, enum dmsc_err err, const char *reason)
{
    dmsc_diag_clear(w->ctx);
    assert_int_equal(read_value(w, uri, ""), err);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
}

static void assert_unreadable(struct world *w, const char *uri)
{
    assert_refused(w, uri, DMSC_E_CORRUPT, "secret:unreadable");
}

/* A secret that no card brought. */
static void add_local(struct world *w)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(w->bridge);
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = DMSC_FORMAT_CHR;
    spec.flags = DMSC_NODE_SECRET;
    spec.value = dmsc_bytes_str("made-here");
    assert_int_equal(dmsc_tree_begin(tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(tree, LOCAL, &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(tree), DMSC_OK);
}

static bool holds(struct dmsc_bytes file, const char *text)
{
    size_t n = strlen(text);

    for (size_t at = 0; at + n <= file.n; at++) {
        if (memcmp(file.p + at, text, n) == 0)
            return true;
    }
    return false;
}

/* The files of the store as they are now: private, and without a secret. @return a text that is
 * none was seen */
static bool scan(const struct world *w)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-writer", "-journal" };
    bool seen = false;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(suffixes); i++) {
        char path[SUPPORT_PATH_MAX + 48];
        struct dmsc_bytes file;
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s%s", w->store.text, suffixes[i]);
        if (stat(path, &st) != 0)
            continue;
        assert_int_equal(st.st_mode & 0777, 0600);
        file = support_slurp(path);
        seen = seen || holds(file, "https://dm.opa.example/dm");
        assert_false(holds(file, SECRET));
        assert_false(holds(file, "made-here"));
        support_free(file);
    }
    return seen;
}

static void absent_from_files(void **state)
{
    struct world *w = *state;

    start(w, &w->key_a, w->own);
    sync_ok(w);
    add_local(w);
    assert_readable(w, URI, SECRET);
    assert_true(scan(w));
    start(w, &w->key_a, NULL);
    assert_readable(w, URI, SECRET);
    assert_readable(w, LOCAL, "made-here");
    dmsc_bridge_free(w->bridge);
    w->bridge = NULL;
    assert_true(scan(w));
}

static void another_device(void **state)
{
    struct world *w = *state;

    start(w, &w->key_a, w->own);
    sync_ok(w);
    start(w, &w->key_b, w->own);
    sync_ok(w);
    assert_unreadable(w, URI);
    assert_string_equal(dmsc_diag_get(w->ctx)->where, URI);
    assert_readable(w, "./DMAcc/OpA/ServerID", "com.opa.dm");
    start(w, NULL, NULL);
    assert_refused(w, URI, DMSC_E_UNSUPPORTED, "secret:no-key");
    start(w, &w->key_a, NULL);
    assert_readable(w, URI, SECRET);
}

/* What the new card brings is for the new card; what was there before waits for the old one. */
static void another_card(void **state)
{
    struct world *w = *state;
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;

    start(w, &w->key_a, w->own);
    sync_ok(w);
    add_local(w);
    start(w, &w->key_a, w->other);
    assert_readable(w, LOCAL, "made-here");
    sync_card(w, true, &report);
    dmsc_sync_report_clear(&report);
    assert_readable(w, URI, SECRET);
    assert_readable(w, LOCAL, "made-here");
    sync_ok(w);
    assert_readable(w, URI, SECRET);
    assert_unreadable(w, LOCAL);
    start(w, &w->key_a, NULL);
    assert_readable(w, URI, SECRET);
    assert_unreadable(w, LOCAL);
    start(w, &w->key_a, w->own);
    assert_unreadable(w, LOCAL);
    sync_ok(w);
    assert_readable(w, URI, SECRET);
    assert_readable(w, LOCAL, "made-here");
}

/* The key is that of the card in force, which a new start finds out as well. */
static void assert_other_in_force(struct world *w)
{
    assert_unreadable(w, LOCAL);
    assert_readable(w, URI, SECRET);
    start(w, &w->key_a, w->own);
    assert_unreadable(w, LOCAL);
    assert_readable(w, URI, SECRET);
    sync_ok(w);
}

/* A change of cards that is undone leaves the key of the card before, or, without memory for that,
 * none: never the key of the other one. */
static void changed_without_memory(void **state)
{
    struct world *w = *state;
    unsigned kept = 0;
    bool fired = true;

    start(w, &w->key_a, w->own);
    sync_ok(w);
    add_local(w);
    for (unsigned long n = 0; fired; n++) {
        struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
        enum dmsc_err err, value;

        start(w, &w->key_a, w->other);
        fault_arm(&w->fault, n % 2 == 0 ? FAULT_ONCE : FAULT_FOREVER, n * 3);
        err = dmsc_bridge_sync(w->bridge, false, &report);
        fired = w->fault.fired;
        fault_arm(&w->fault, FAULT_NEVER, 0);
        dmsc_sync_report_clear(&report);
        value = read_value(w, LOCAL, "made-here");
        /* The sync may have done without, or failed behind its commit. */
        if (err == DMSC_OK || value == DMSC_E_CORRUPT)
            assert_other_in_force(w);
        else if (value == DMSC_OK)
            kept++;
        else
            assert_refused(w, LOCAL, DMSC_E_UNSUPPORTED, "secret:no-key");
    }
    assert_true(kept > 100);
}

/* The object with the secret waits, the others do not. */
static void no_key_yet(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 2; i++) {
        struct dmsc_sync_report *report = &w->rig.report;

        start(w, NULL, w->own);
        sync_card(w, false, report);
        assert_false(report->unchanged);
        rig_assert_item(&w->rig, 1, DMSC_SYNC_LEFT_OUT, "secret:no-key");
        rig_assert_item(&w->rig, 3, i == 0 ? DMSC_SYNC_TAKEN : DMSC_SYNC_KEPT, "");
        dmsc_sync_report_clear(report);
        assert_int_equal(read_value(w, URI, ""), DMSC_E_NOTFOUND);
    }
    start(w, &w->key_a, w->own);
    sync_card(w, false, &w->rig.report);
    rig_assert_item(&w->rig, 1, DMSC_SYNC_TAKEN, "");
    dmsc_sync_report_clear(&w->rig.report);
    assert_readable(w, URI, SECRET);
    sync_card(w, false, &w->rig.report);
    assert_true(w->rig.report.unchanged);
    dmsc_sync_report_clear(&w->rig.report);
}

/* The store opens without its key; a card is not taken with a configuration that is broken. */
static void bad_key_file(void **state)
{
    struct world *w = *state;
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;

    assert_int_equal(chmod(w->key_a.text, 0644), 0);
    start(w, &w->key_a, w->own);
    assert_int_equal(dmsc_bridge_sync(w->bridge, false, &report), DMSC_E_CONFIG);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, "file:not-private");
    assert_int_equal(read_value(w, "./DMAcc/OpA/ServerID", ""), DMSC_E_NOTFOUND);
    assert_int_equal(chmod(w->key_a.text, 0600), 0);
    sync_ok(w);
    assert_readable(w, URI, SECRET);
    w->key_b = put_file(w, "key-b", dmsc_bytes_str("\n"));
    start(w, &w->key_b, NULL);
    assert_refused(w, URI, DMSC_E_UNSUPPORTED, "secret:no-key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(absent_from_files, setup, teardown),
        cmocka_unit_test_setup_teardown(another_device, setup, teardown),
        cmocka_unit_test_setup_teardown(another_card, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(no_key_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_key_file, setup, teardown),
    };

    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
