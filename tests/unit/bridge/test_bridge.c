/* SPDX-License-Identifier: Apache-2.0 */
/* The middleware without a network: the device's own nodes, accounts, trust, and the sessions that
 * are refused before anybody is called. */
#include "host/bridge/trust.h"
#include "tests/unit/bridge/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the device's own nodes ------------------------------------------------------------------- */

static struct dmsc_bridge *new_bridge(struct dmsc_ctx *ctx, const struct dmsc_config *config)
{
    struct dmsc_bridge *bridge = NULL;

    if (dmsc_bridge_new(ctx, config, &bridge) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
    return bridge;
}

static void assert_leaf(struct dmsc_bridge *bridge, const char *uri, const char *value)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    char is[512] = "";
    bool there = false;

    assert_int_equal(dmsci_leaf_text(bridge, uri, is, sizeof(is), &there), DMSC_OK);
    assert_true(there);
    assert_string_equal(is, value);
    assert_int_equal(dmsc_tree_get(dmsc_bridge_tree(bridge), uri, &node), DMSC_OK);
    assert_true((node.flags & DMSC_NODE_PERMANENT) != 0);
    assert_int_equal(node.access, DMSC_ACCESS_GET);
    dmsc_node_clear(&node);
}

/* What is not in the description cannot be made, and what must be there stays. */
static void assert_described(struct dmsc_bridge *bridge)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(bridge);
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_node node = DMSC_NODE_INIT;

    spec.format = DMSC_FORMAT_CHR;
    spec.value = dmsc_bytes_str("x");
    assert_int_equal(dmsc_tree_get(tree, "./DevInfo", &node), DMSC_OK);
    assert_string_equal(node.type, "urn:oma:mo:oma-dm-devinfo:1.0");
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_get(tree, "./DevDetail", &node), DMSC_OK);
    assert_string_equal(node.type, "urn:oma:mo:oma-dm-devdetail:1.0");
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_begin(tree, "test", 1), DMSC_OK);
    assert_int_equal(dmsc_tree_add(tree, "./DevInfo/Other", &spec), DMSC_E_STATE);
    assert_string_equal(dmsc_diag_get(dmsc_tree_ctx(tree))->reason, "ddf:unknown");
    assert_int_equal(dmsc_tree_delete(tree, "./DevDetail/LrgObj", false), DMSC_E_STATE);
    dmsc_tree_rollback(tree);
}

static uint16_t verno(struct dmsc_bridge *bridge, const char *uri)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    uint16_t version;

    assert_int_equal(dmsc_tree_get(dmsc_bridge_tree(bridge), uri, &node), DMSC_OK);
    version = node.verno;
    dmsc_node_clear(&node);
    return version;
}

static void device_nodes(void **state)
{
    struct dmsc_config config = DMSC_CONFIG_INIT;
    char folder[SUPPORT_PATH_MAX], store[SUPPORT_PATH_MAX + 16], first[512], again[512];
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_bridge *bridge;
    uint16_t version;
    bool there;

    (void)state;
    support_mkdir(folder);
    (void)snprintf(store, sizeof(store), "%s/dmsc.db", folder);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    config.ctx = ctx;
    config.store = store;
    bridge = new_bridge(ctx, &config);
    assert_leaf(bridge, "./DevInfo/Man", "unknown");
    assert_leaf(bridge, "./DevInfo/Lang", "en");
    assert_leaf(bridge, "./DevInfo/DmV", "dmsc " DMSC_VERSION);
    assert_leaf(bridge, "./DevDetail/SwV", "dmsc " DMSC_VERSION);
    assert_leaf(bridge, "./DevDetail/LrgObj", "true");
    assert_described(bridge);
    assert_int_equal(dmsci_leaf_text(bridge, "./DevInfo/DevId", first, sizeof(first), &there),
                     DMSC_OK);
    assert_int_equal(strncmp(first, "urn:uuid:", 9), 0);
    assert_int_equal(strlen(first), 9 + 36);
    assert_int_equal(first[9 + 14], '4'); /* RFC 9562 5.4: version and variant */
    assert_non_null(strchr("89ab", first[9 + 19]));
    version = verno(bridge, "./DevInfo/Man");
    dmsc_bridge_free(bridge);

    /* The same configuration changes nothing; the identity made up stays. */
    bridge = new_bridge(ctx, &config);
    assert_leaf(bridge, "./DevInfo/DevId", first);
    assert_int_equal(verno(bridge, "./DevInfo/Man"), version);
    dmsc_bridge_free(bridge);

    config.manufacturer = (char[]){ "Example Devices" };
    config.model = (char[]){ "G4" };
    config.language = (char[]){ "de" };
    config.device_id = (char[]){ "urn:x:1" };
    bridge = new_bridge(ctx, &config);
    assert_leaf(bridge, "./DevInfo/Man", "Example Devices");
    assert_leaf(bridge, "./DevDetail/OEM", "Example Devices");
    assert_leaf(bridge, "./DevInfo/Mod", "G4");
    assert_leaf(bridge, "./DevInfo/Lang", "de");
    assert_leaf(bridge, "./DevInfo/DevId", "urn:x:1");
    assert_true(verno(bridge, "./DevInfo/Man") > version);
    dmsc_bridge_free(bridge);

    config.device_id = NULL;
    bridge = new_bridge(ctx, &config);
    assert_int_equal(dmsci_leaf_text(bridge, "./DevInfo/DevId", again, sizeof(again), &there),
                     DMSC_OK);
    assert_string_equal(again, first);
    dmsc_bridge_free(bridge);
    dmsc_ctx_free(ctx);
    support_rmdir(folder);
}

/* Two devices are two. */
static void a_random_identity(void **state)
{
    struct dmsc_config config = DMSC_CONFIG_INIT;
    char id[2][512] = { "", "" };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (int i = 0; i < 2; i++) {
        struct dmsc_bridge *bridge = new_bridge(ctx, &config);
        bool there;

        assert_int_equal(dmsci_leaf_text(bridge, "./DevInfo/DevId", id[i], sizeof(id[i]), &there),
                         DMSC_OK);
        dmsc_bridge_free(bridge);
    }
    assert_string_not_equal(id[0], id[1]);
    dmsc_ctx_free(ctx);
}

/* --- the card --------------------------------------------------------------------------------- */

static void a_card_and_a_restart(void **state)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct bench b;
    char *was, *is;

    (void)state;
    bench_open(&b, NULL);
    bench_sync(&b, &report);
    assert_true(report.first);
    assert_int_equal(report.authorities, 8);
    assert_int_equal(report.certificates, 3);
    assert_int_equal(report.item_count, 10);
    for (size_t i = 0; i < report.item_count; i++)
        assert_int_equal(report.items[i].action, DMSC_SYNC_TAKEN);
    assert_true(report.cost.apdus > 3);
    dmsc_sync_report_clear(&report);
    was = bench_tree(&b);

    /* All of it is still there after a restart, the list in force first of all. */
    bench_restart(&b, NULL);
    is = bench_tree(&b);
    assert_string_equal(is, was);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 8);
    bench_sync(&b, &report);
    assert_true(report.unchanged);
    assert_int_equal(report.cost.apdus, 3);
    assert_int_equal(report.cost.bytes, 85);
    dmsc_sync_report_clear(&report);
    free(is);
    free(was);
    bench_close(&b);
}

/* The list in force is remembered, but so is by whom it was verified. */
static void a_restart_with_other_issuer_keys(void **state)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    char path[SUPPORT_PATH_MAX];
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    bench_path("server.pub", path);
    dmsc_bridge_free(b.bridge);
    dmsci_free(b.ctx, b.config.issuer_keys[0]);
    b.config.issuer_keys[0] = dmsci_strdup(b.ctx, path);
    assert_int_equal(dmsc_bridge_new(b.ctx, &b.config, &b.bridge), DMSC_OK);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 0);
    dmsc_bridge_free(b.bridge);

    /* Nor without the file. */
    dmsci_free(b.ctx, b.config.issuer_keys[0]);
    b.config.issuer_keys[0] = dmsci_strdup(b.ctx, "/nonexistent");
    assert_int_equal(dmsc_bridge_new(b.ctx, &b.config, &b.bridge), DMSC_OK);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 0);

    bench_restart(&b, NULL);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 8);
    bench_sync(&b, &report);
    assert_true(report.unchanged);
    dmsc_sync_report_clear(&report);
    bench_close(&b);
}

static void what_a_sync_needs(void **state)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsc_config config = DMSC_CONFIG_INIT;
    struct dmsc_bridge *bridge;
    struct dmsc_link *link;
    struct bench b;
    char *was, *is;

    (void)state;
    bench_open(&b, NULL);
    was = bench_tree(&b);
    assert_int_equal(dmsc_sim_link(b.sim, b.ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_bridge_attach(b.bridge, link), DMSC_E_STATE);
    dmsc_link_free(link);

    bridge = new_bridge(b.ctx, &config);
    assert_null(dmsc_bridge_uicc(bridge));
    assert_int_equal(dmsc_bridge_sync(bridge, false, &report), DMSC_E_STATE);
    dmsc_bridge_free(bridge);

    dmsci_free(b.ctx, b.config.pin_file);
    b.config.pin_file = dmsci_strdup(b.ctx, "/nonexistent/pin1");
    assert_int_equal(dmsc_bridge_sync(b.bridge, false, &report), DMSC_E_IO);
    assert_string_equal(dmsc_diag_get(b.ctx)->where, "/nonexistent/pin1");
    dmsci_free(b.ctx, b.config.pin_file);
    b.config.pin_file = NULL;
    bench_assert_failed(&b, dmsc_bridge_sync(b.bridge, false, &report), DMSC_E_PIN,
                        "card:pin-needed");
    dmsci_free(b.ctx, b.config.issuer_keys[0]);
    b.config.issuer_keys[0] = dmsci_strdup(b.ctx, "/etc/passwd");
    assert_int_not_equal(dmsc_bridge_sync(b.bridge, false, &report), DMSC_OK);
    assert_non_null(strstr(dmsc_diag_get(b.ctx)->where, "/etc/passwd"));
    is = bench_tree(&b);
    assert_string_equal(is, was);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 0);
    free(is);
    free(was);
    bench_close(&b);
}

static void write_pin(const char *pin)
{
    char path[SUPPORT_PATH_MAX];
    FILE *to;

    bench_path("pin1", path);
    to = fopen(path, "w");
    assert_non_null(to);
    (void)fputs(pin, to);
    assert_int_equal(fclose(to), 0);
}

/* Syncs by the clock, restarts between them, and a wrong PIN in the file: one try is gone. */
static void a_wrong_pin_in_the_file(void **state)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsc_link *link;
    struct bench b;
    uint8_t tries = 0;

    (void)state;
    bench_open(&b, NULL);
    write_pin("00000000\n");
    bench_assert_failed(&b, dmsc_bridge_sync(b.bridge, false, &report), DMSC_E_PIN, "pin:wrong");
    for (int i = 0; i < 4; i++) {
        if (i == 2) {
            dmsc_bridge_free(b.bridge);
            assert_int_equal(dmsc_bridge_new(b.ctx, &b.config, &b.bridge), DMSC_OK);
            assert_int_equal(dmsc_sim_link(b.sim, b.ctx, &link), DMSC_OK);
            assert_int_equal(dmsc_bridge_attach(b.bridge, link), DMSC_OK);
        }
        bench_assert_failed(&b, dmsc_bridge_sync(b.bridge, false, &report), DMSC_E_PIN,
                            "pin:refused-before");
    }
    assert_int_equal(dmsc_uicc_pin_tries(dmsc_bridge_uicc(b.bridge), 0x01, &tries), DMSC_OK);
    assert_int_equal(tries, 2);
    write_pin("1234\n");
    bench_sync(&b, NULL);
    bench_close(&b);
}

static void a_dry_run(void **state)
{
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct bench b;
    char *was, *is;

    (void)state;
    bench_open(&b, NULL);
    was = bench_tree(&b);
    assert_int_equal(dmsc_bridge_sync(b.bridge, true, &report), DMSC_OK);
    assert_int_equal(report.item_count, 10);
    dmsc_sync_report_clear(&report);
    is = bench_tree(&b);
    assert_string_equal(is, was);
    assert_int_equal(dmsc_authority_list(dmsc_bridge_authority(b.bridge))->count, 0);
    free(is);
    free(was);
    bench_close(&b);
}

struct seen_certs {
    unsigned count, trusted, keys, authorities;
    char device[64];
};

static bool see_cert(void *user, const struct dmsc_cert_info *cert)
{
    struct seen_certs *seen = user;

    seen->count++;
    seen->trusted += cert->trusted;
    seen->authorities += cert->ca;
    seen->keys += cert->has_key;
    if (cert->has_key)
        (void)snprintf(seen->device, sizeof(seen->device), "%s", cert->label);
    return true;
}

static void certificates(void **state)
{
    struct seen_certs seen = { .count = 0 };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(dmsc_bridge_certificates(b.bridge, see_cert, &seen), DMSC_OK);
    assert_int_equal(seen.count, 0);
    bench_sync(&b, NULL);
    assert_int_equal(dmsc_bridge_certificates(b.bridge, see_cert, &seen), DMSC_OK);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.trusted, 2);
    assert_int_equal(seen.authorities, 2);
    assert_int_equal(seen.keys, 1);
    assert_string_equal(seen.device, "Device");
    bench_close(&b);
}

/* --- accounts --------------------------------------------------------------------------------- */

struct seen_accounts {
    char text[1024];
    unsigned stop_after;
};

static bool see_account(void *user, const struct dmsc_account *a)
{
    struct seen_accounts *seen = user;
    size_t n = strlen(seen->text);

    (void)snprintf(seen->text + n, sizeof(seen->text) - n, "%s %u %s\n", a->server_id, a->priority,
                   dmsc_reason_name(a->verdict.reason));
    assert_string_equal(a->addr, "https://dm.opa.example/dm");
    assert_string_equal(a->name, "the account");
    return seen->stop_after == 0 || --seen->stop_after > 0;
}

/* By the priority of their authorities, 00 first; between equals the order of the nodes. */
/* HLF-014: whose session waits goes first by rank. */
static void req_HLF_014_accounts_in_order(void **state)
{
    struct seen_accounts seen = { "", 0 };
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    assert_int_equal(dmsc_bridge_accounts(b.bridge, see_account, &seen), DMSC_OK);
    assert_string_equal(seen.text, "by-ca 1 allowed\n"
                                   "off 2 ma:disabled\n"
                                   "expired 2 ma:expired\n"
                                   "elsewhere 2 allowed\n"
                                   "com.opa.dm 3 allowed\n"
                                   "by-other-ca 3 allowed\n"
                                   "by-psk 200 allowed\n"
                                   "stranger 255 ma:unlisted\n");
    seen = (struct seen_accounts){ "", 1 };
    assert_int_equal(dmsc_bridge_accounts(b.bridge, see_account, &seen), DMSC_OK);
    assert_string_equal(seen.text, "by-ca 1 allowed\n");
    bench_close(&b);
    req_done("HLF-014");
}

/* An account that lacks what a connection needs is none. */
static void accounts_that_are_none(void **state)
{
    static const char *const gone[] = { "./DMAcc/a/ServerID", "./DMAcc/b/AppAddr/1/Addr",
                                        "./DMAcc/c/AppAddr/1", "./DMAcc/d/AppAddr" };
    struct seen_accounts seen = { "", 0 };
    struct dmsc_tree *tree;
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    tree = dmsc_bridge_tree(b.bridge);
    assert_int_equal(dmsc_tree_begin(tree, "test", 1), DMSC_OK);
    for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
        assert_int_equal(dmsc_tree_delete(tree, gone[i], true), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(tree), DMSC_OK);
    assert_int_equal(dmsc_bridge_accounts(b.bridge, see_account, &seen), DMSC_OK);
    assert_string_equal(seen.text, "off 2 ma:disabled\nexpired 2 ma:expired\nelsewhere 2 allowed\n"
                                   "stranger 255 ma:unlisted\n");
    bench_close(&b);
}

/* --- trust ------------------------------------------------------------------------------------ */

static size_t anchors_of(struct bench *b, uint8_t ma_id, const char *only)
{
    struct dmsci_trust *trust = calloc(1, sizeof(*trust));
    size_t count;

    assert_non_null(trust);
    assert_int_equal(dmsci_trust_load(b->bridge, ma_id, trust), DMSC_OK);
    count = trust->anchor_count;
    assert_true(trust->certificate.n > 0);
    assert_true(trust->key.n > 0);
    if (only != NULL) {
        char path[SUPPORT_PATH_MAX];
        struct dmsc_bytes der;

        bench_path(only, path);
        der = support_slurp_exact(path);
        assert_int_equal(count, 1);
        assert_true(dmsc_bytes_equal(trust->anchors[0], der));
        support_free(der);
    }
    dmsci_trust_clear(trust);
    free(trust);
    return count;
}

static void trust(void **state)
{
    struct dmsci_trust *none = calloc(1, sizeof(*none));
    struct bench b;

    (void)state;
    assert_non_null(none);
    bench_synced(&b, NULL);
    /* Its own certificate is pinned: it may chain to anything, the pin decides. */
    assert_int_equal(anchors_of(&b, 1, NULL), 2);
    /* A CA is pinned: that one and no other. */
    assert_int_equal(anchors_of(&b, 2, "ca.der"), 1);
    assert_int_equal(anchors_of(&b, 3, "other.der"), 1);
    bench_assert_failed(&b, dmsci_trust_load(b.bridge, 4, none), DMSC_E_UNTRUSTED,
                        "trust:no-anchor");
    dmsci_trust_clear(none);
    assert_int_equal(dmsci_trust_load(b.bridge, 99, none), DMSC_E_NOT_LISTED_MA);
    dmsci_trust_clear(none);
    free(none);
    bench_close(&b);
}

/* --- sessions that are refused before anybody is called --------------------------------------- */

static enum dmsc_err session(struct bench *b, const char *server_id)
{
    struct dmsc_session_report report = DMSC_SESSION_REPORT_INIT;
    enum dmsc_err err = dmsc_bridge_session(b->bridge, server_id, NULL, NULL, &report);

    dmsc_session_report_clear(&report);
    return err;
}

static void assert_refused(struct bench *b, const char *server_id, enum dmsc_err wanted,
                           const char *reason)
{
    char *was = bench_tree(b), *is;
    struct dmsc_sim_counts before = dmsc_sim_counts(b->sim);

    bench_assert_failed(b, session(b, server_id), wanted, reason);
    assert_false(bench_marked(b));
    is = bench_tree(b);
    assert_string_equal(is, was);
    assert_int_equal(dmsc_sim_counts(b->sim).commands, before.commands);
    free(is);
    free(was);
}

static void refusals(void **state)
{
    static const struct {
        const char *server_id;
        enum dmsc_err err;
        const char *reason;
    } cases[] = {
        { "org.unlisted", DMSC_E_NOT_LISTED_MA, "ma:unlisted" },
        { "stranger", DMSC_E_NOT_LISTED_MA, "ma:unlisted" },
        { "COM.OPA.DM", DMSC_E_NOT_LISTED_MA, "ma:unlisted" },
        { "com.opa.dm ", DMSC_E_NOT_LISTED_MA, "ma:unlisted" },
        { "", DMSC_E_NOT_LISTED_MA, "ma:unlisted" },
        { "off", DMSC_E_REFUSED, "ma:disabled" },
        { "expired", DMSC_E_REFUSED, "ma:expired" },
        { "no-account", DMSC_E_NOTFOUND, "account:none" },
        { "by-psk", DMSC_E_UNTRUSTED, "trust:no-anchor" },
    };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_refused(&b, "com.opa.dm", DMSC_E_NOT_LISTED_MA, "ma:no-list");
    bench_sync(&b, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_refused(&b, cases[i].server_id, cases[i].err, cases[i].reason);

    bench_restart(&b, "[device]\nclock = untrusted\n");
    assert_refused(&b, "expired", DMSC_E_REFUSED, "ma:clock-untrusted");
    bench_close(&b);
}

/* Without the private key of the device's certificate nobody is called; with another one neither.
 */
static void no_credential(void **state)
{
    char other[SUPPORT_PATH_MAX];
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    dmsci_free(b.ctx, b.config.device_key);
    b.config.device_key = NULL;
    assert_refused(&b, "com.opa.dm", DMSC_E_NOTFOUND, "cred:none");
    bench_path("foreign.key", other);
    b.config.device_key = dmsci_strdup(b.ctx, other);
    assert_refused(&b, "com.opa.dm", DMSC_E_NOTFOUND, "cred:none");
    bench_close(&b);
}

static void resolve_lines(void **state)
{
    static const char *const bad[] = { "dm.opa.example",
                                       "dm.opa.example:443",
                                       ":443:127.0.0.1",
                                       "dm.opa.example:x:127.0.0.1",
                                       "dm.opa.example::127.0.0.1",
                                       "dm.opa.example:99999:127.0.0.1",
                                       "dm.opa.example:443:",
                                       "dm.opa.example:443127:0.0.1",
                                       "dm.opa.example:-1:127.0.0.1" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char line[128];
        struct bench b;

        (void)snprintf(line, sizeof(line), "[net]\nresolve = %s\n", bad[i]);
        bench_synced(&b, line);
        assert_refused(&b, "com.opa.dm", DMSC_E_CONFIG, "config:resolve");
        assert_int_equal(session(&b, "com.opa.dm"), DMSC_E_CONFIG);
        assert_string_equal(dmsc_diag_get(b.ctx)->where, bad[i]);
        bench_close(&b);
    }
}

/* A server address that is not https is refused by name, and there is no key of the configuration
 * that changes that. */
static void req_S0_B2_an_address_without_tls(void **state)
{
    static const struct {
        const char *address, *reason;
    } cases[] = {
        { "http://dm.opa.example/dm", "url:not-https" },
        { "HTTP://dm.opa.example/dm", "url:not-https" },
        { "ftp://dm.opa.example/dm", "url:not-https" },
        { "dm.opa.example/dm", "url:relative" },
        { "//dm.opa.example/dm", "url:relative" },
    };
    struct dmsc_config config = DMSC_CONFIG_INIT;
    struct dmsc_tree *tree;
    struct bench b;

    (void)state;
    bench_synced(&b, NULL);
    tree = dmsc_bridge_tree(b.bridge);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(dmsc_tree_begin(tree, "test", 1), DMSC_OK);
        assert_int_equal(dmsc_tree_replace(tree, "./DMAcc/a/AppAddr/1/Addr", NULL, NULL,
                                           dmsc_bytes_str(cases[i].address)),
                         DMSC_OK);
        assert_int_equal(dmsc_tree_commit(tree), DMSC_OK);
        assert_int_not_equal(session(&b, "com.opa.dm"), DMSC_OK);
        assert_string_equal(dmsc_diag_get(b.ctx)->reason, cases[i].reason);
        assert_false(bench_marked(&b));
    }
    for (size_t i = 0; i < 6; i++) {
        static const char *const keys[] = { "[net]\ntls = off\n",      "[net]\nplain = yes\n",
                                            "[net]\nhttp = allowed\n", "[net]\nverify = no\n",
                                            "[trust]\ninsecure = 1\n", "[device]\nplain = 1\n" };
        char path[SUPPORT_PATH_MAX];
        FILE *to;

        bench_path("other.conf", path);
        to = fopen(path, "w");
        assert_non_null(to);
        (void)fputs(keys[i], to);
        (void)fclose(to);
        bench_assert_failed(&b, dmsc_config_load(b.ctx, path, &config), DMSC_E_CONFIG,
                            "config:line");
        dmsc_config_clear(&config);
    }
    bench_close(&b);
    req_done("S0-B2");
}

/* --- no memory -------------------------------------------------------------------------------- */

struct scenario {
    struct dmsc_sim *sim;
    const struct dmsc_config *config;
};

static bool ignore_account(void *user, const struct dmsc_account *account)
{
    (void)user;
    (void)account;
    return true;
}

static bool ignore_cert(void *user, const struct dmsc_cert_info *cert)
{
    (void)user;
    (void)cert;
    return true;
}

static enum dmsc_err all_of_it(struct dmsc_ctx *ctx, void *user)
{
    struct scenario *s = user;
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsci_trust *trust = calloc(1, sizeof(*trust));
    struct dmsc_bridge *bridge = NULL;
    struct dmsc_link *link = NULL;
    enum dmsc_err err = dmsc_bridge_new(ctx, s->config, &bridge);

    assert_non_null(trust);
    if (err == DMSC_OK)
        err = dmsc_sim_link(s->sim, ctx, &link);
    if (err == DMSC_OK) {
        err = dmsc_bridge_attach(bridge, link);
        if (err != DMSC_OK)
            dmsc_link_free(link);
    }
    if (err == DMSC_OK)
        err = dmsc_bridge_sync(bridge, false, &report);
    dmsc_sync_report_clear(&report);
    if (err == DMSC_OK)
        err = dmsc_bridge_accounts(bridge, ignore_account, NULL);
    if (err == DMSC_OK)
        err = dmsc_bridge_certificates(bridge, ignore_cert, NULL);
    if (err == DMSC_OK)
        err = dmsci_trust_load(bridge, 1, trust);
    dmsci_trust_clear(trust);
    dmsc_bridge_free(bridge);
    free(trust);
    return err;
}

static void no_memory(void **state)
{
    unsigned long calls = 0;
    bool fired = true;
    struct scenario s;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    s = (struct scenario){ b.sim, &b.config };
    dmsci_free(b.ctx, b.config.store);
    b.config.store = NULL; /* in memory */
    /* The layers below are tried at every call; here it is about what lies between them. */
    for (unsigned long at = 0; fired; at += at < 200 ? 1 : 7) {
        for (int kind = FAULT_ONCE; kind <= FAULT_FOREVER; kind++) {
            struct fault fault = FAULT_INIT;
            struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
            struct dmsc_ctx *ctx = NULL;
            enum dmsc_err err;

            fault_config(&fault, &config);
            assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
            fault_arm(&fault, (enum fault_kind)kind, at);
            err = all_of_it(ctx, &s);
            if (err != DMSC_OK && (err != DMSC_E_NOMEM || !fault.fired))
                fail_msg("allocation %lu: %s %s: %s", at, dmsc_err_name(err),
                         dmsc_diag_get(ctx)->what, dmsc_diag_get(ctx)->why);
            fired = fault.fired;
            calls = fault.calls;
            dmsc_ctx_free(ctx);
            fault_assert_no_leak(&fault);
        }
    }
    assert_true(calls > 300);
    bench_close(&b);
}

/* A card that changes while it is followed, and says so. */
struct follow {
    struct bench *b;
    struct dmsc_link *link; /* a way to the card of its own */
    struct dmsc_uicc *uicc;
    unsigned synced, asked;
    bool changed;
};

/* The issuer changes the header over a way of its own and lets the card tell. */
static void change_card(struct follow *f, const struct dmsc_card_header *now)
{
    static const uint8_t adm1[8] = { 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44 };
    static const uint8_t refresh[] = { 0xD0, 0x20, 0x81, 0x03, 0x01, 0x01, 0x01, 0x82, 0x02,
                                       0x81, 0x82, 0x92, 0x07, 0x01, 0x3F, 0x00, 0x7F, 0xFF,
                                       0x6F, 0x01, 0xAF, 0x0C, 0xF0, 0x44, 0x4D, 0x53, 0x43,
                                       0x2D, 0x55, 0x49, 0x43, 0x43, 0x01, 0x00 };
    struct dmsc_card_header header = *now;
    uint8_t record[DMSC_CARD_HEADER_SIZE];
    struct dmsc_secret adm = DMSC_SECRET_INIT;
    struct dmsc_card *card = NULL;

    header.generation++;
    dmsc_card_header_encode(&header, record);
    assert_int_equal(dmsc_sim_link(f->b->sim, f->b->world, &f->link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(f->b->world, f->link, &f->uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(f->uicc), DMSC_OK);
    assert_int_equal(dmsc_card_open(f->uicc, &card), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&adm, f->b->world, dmsc_bytes(adm1, 8)), DMSC_OK);
    assert_int_equal(dmsc_uicc_verify_pin(f->uicc, 0x0A, &adm), DMSC_OK);
    assert_int_equal(dmsc_uicc_update_record(f->uicc, 0x01, 0, dmsc_bytes(record, sizeof(record))),
                     DMSC_OK);
    dmsc_secret_clear(&adm);
    dmsc_card_free(card);
    assert_int_equal(dmsc_sim_queue(f->b->sim, dmsc_bytes(refresh, sizeof(refresh))), DMSC_OK);
}

static void on_synced(void *user, enum dmsc_err err, const struct dmsc_sync_report *report)
{
    struct follow *f = user;

    assert_int_equal(err, DMSC_OK);
    if (f->synced++ == 0)
        change_card(f, &report->header);
    else
        f->changed = !report->unchanged;
}

static bool until_it_changed(void *user)
{
    struct follow *f = user;

    assert_true(f->asked++ < 30); /* a card that says nothing would be waited for without end */
    return !f->changed;
}

static void a_refresh_is_another_sync(void **state)
{
    struct dmsc_sim_toolkit toolkit;
    struct bench b;
    struct follow f = { .b = &b };
    const struct dmsc_bridge_watch watch = { on_synced, until_it_changed, &f };

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(dmsc_bridge_watch(b.bridge, &watch), DMSC_OK);
    assert_int_equal(f.synced, 2);
    assert_true(f.changed);
    dmsc_sim_toolkit(b.sim, &toolkit);
    assert_int_equal(toolkit.served, 1);
    assert_int_equal(toolkit.result, 0x00);
    dmsc_uicc_free(f.uicc);
    dmsc_link_free(f.link);
    bench_close(&b);
}

/* Who may be which application stands in the configuration. */
static void applications_by_configuration(void **state)
{
    static char rule[] = "heat:1000";
    char *rules[] = { rule };
    struct dmsc_config config = DMSC_CONFIG_INIT;
    struct dmsc_bridge *bridge = NULL;
    struct dmsc_app *app = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    config.app_users = rules;
    config.app_user_count = 1;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_bridge_new(ctx, &config, &bridge), DMSC_OK);
    assert_int_equal(dmsc_app_open(dmsc_bridge_apps(bridge), "heat", 1001, &app), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_open(dmsc_bridge_apps(bridge), "cold", 1000, &app), DMSC_E_REFUSED);
    assert_int_equal(dmsc_app_open(dmsc_bridge_apps(bridge), "heat", 1000, &app), DMSC_OK);
    assert_string_equal(dmsc_app_subject(app), "local:heat");
    dmsc_bridge_free(bridge); /* closes it */
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refresh_is_another_sync),
        cmocka_unit_test(applications_by_configuration),
        cmocka_unit_test(device_nodes),
        cmocka_unit_test(a_random_identity),
        cmocka_unit_test(a_card_and_a_restart),
        cmocka_unit_test(a_restart_with_other_issuer_keys),
        cmocka_unit_test(what_a_sync_needs),
        cmocka_unit_test(a_wrong_pin_in_the_file),
        cmocka_unit_test(a_dry_run),
        cmocka_unit_test(certificates),
        cmocka_unit_test(req_HLF_014_accounts_in_order),
        cmocka_unit_test(accounts_that_are_none),
        cmocka_unit_test(trust),
        cmocka_unit_test(refusals),
        cmocka_unit_test(no_credential),
        cmocka_unit_test(resolve_lines),
        cmocka_unit_test(req_S0_B2_an_address_without_tls),
        cmocka_unit_test(no_memory),
    };

    return support_exit(cmocka_run_group_tests(tests, bench_make, bench_remove),
                        sizeof(tests) / sizeof(*tests));
}
