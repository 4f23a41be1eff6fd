/* SPDX-License-Identifier: Apache-2.0 */
/* What the device says it can do. */
#include "host/bridge/private.h"
#include "host/net/tls.h"
#include "tests/unit/bridge/bench.h"
#include <dmsc/fumo.h>
#include <dmsc/mo_ops.h>
#include <string.h>

static bool has_word(struct dmsc_bridge *bridge, const char *uri, const char *word)
{
    char text[2048] = "";
    bool there = false;

    assert_int_equal(dmsci_leaf_text(bridge, uri, text, sizeof(text), &there), DMSC_OK);
    assert_true(there);
    for (char *save = NULL, *w = strtok_r(text, " ", &save); w != NULL;
         w = strtok_r(NULL, " ", &save)) {
        if (strcmp(w, word) == 0)
            return true;
    }
    return false;
}

#define FEAT "./DevInfo/Ext/dmsc/Feat"
#define MOS  "./DevDetail/Ext/dmsc/MOs"
#define FUMO "urn:oma:mo:oma-fumo:1.0"

static enum dmsc_err no_download(void *user, const char *url, bool again)
{
    (void)user;
    (void)url;
    (void)again;
    return DMSC_E_IO;
}

static enum dmsc_err no_update(void *user, const uint8_t sha256[32], bool again)
{
    (void)user;
    (void)sha256;
    (void)again;
    return DMSC_E_IO;
}

static void no_discard(void *user)
{
    (void)user;
}

static struct dmsc_now some_time(void *user)
{
    (void)user;
    return (struct dmsc_now){ 1800000000, true };
}

static enum dmsc_err try_update(struct dmsc_bridge *bridge)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(bridge);
    enum dmsc_err err;

    assert_int_equal(dmsc_tree_begin(tree, "ma:com.opa.dm", 1), DMSC_OK);
    err = dmsc_tree_exec(tree, "./FUMO/Main/Update", (struct dmsc_bytes){ NULL, 0 });
    dmsc_tree_rollback(tree);
    return err;
}

/* Each token and each kind comes and goes with what it stands for. */
static void req_HLF_020_what_is_listed_is_what_works(void **state)
{
    static const struct dmsc_fumo_ops ops = { no_download, no_update, no_discard, some_time };
    struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
    struct dmsc_config config = DMSC_CONFIG_INIT;
    struct dmsc_fumo *fumo = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_bridge *bridge = NULL;
    struct bench b;

    (void)state;
    /* No way to a card: nothing is said of one, and there is nothing to read. */
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_bridge_new(ctx, &config, &bridge), DMSC_OK);
    assert_false(has_word(bridge, FEAT, "uicc"));
    assert_false(has_word(bridge, FEAT, "cert"));
    assert_int_equal(dmsc_bridge_sync(bridge, false, &report), DMSC_E_STATE);
    dmsc_bridge_free(bridge);
    /* The configuration names one. */
    config.link = (char[]){ "pcsc" };
    assert_int_equal(dmsc_bridge_new(ctx, &config, &bridge), DMSC_OK);
    assert_true(has_word(bridge, FEAT, "uicc"));
    dmsc_bridge_free(bridge);
    dmsc_ctx_free(ctx);
    /* A card: objects and certificates come from it. */
    bench_open(&b, NULL);
    assert_true(has_word(b.bridge, FEAT, "uicc"));
    assert_true(has_word(b.bridge, FEAT, "cert"));
    bench_sync(&b, &report);
    assert_true(report.item_count > 0 && report.certificates > 0);
    dmsc_sync_report_clear(&report);
    /* The TLS library; tests/unit/net/test_tls.c speaks to servers of one version. */
    assert_true(has_word(b.bridge, FEAT, "tls12"));
    assert_int_equal(has_word(b.bridge, FEAT, "tls13"), dmsci_tls_has_13());
    /* No engine of DM 2.0: none of its commands. */
    assert_false(has_word(b.bridge, FEAT, "GET"));
    assert_false(has_word(b.bridge, FEAT, "SUB"));
    /* Firmware, as long as the device stands behind it. */
    assert_true(has_word(b.bridge, MOS, "urn:oma:mo:oma-dm-devinfo:1.0"));
    assert_true(has_word(b.bridge, MOS, "urn:oma:mo:oma-dm-dmacc:1.0"));
    assert_false(has_word(b.bridge, MOS, FUMO));
    assert_int_equal(
        dmsc_fumo_new(dmsc_bridge_tree(b.bridge), "./FUMO/Main", &ops, NULL, NULL, &fumo), DMSC_OK);
    assert_int_equal(dmsc_bridge_tell(b.bridge), DMSC_OK);
    assert_true(has_word(b.bridge, MOS, FUMO));
    assert_int_equal(try_update(b.bridge), DMSC_E_STATE); /* heard, and there is no package */
    assert_string_equal(dmsc_diag_get(b.ctx)->reason, "fumo:no-package");
    dmsc_fumo_free(fumo);
    assert_int_equal(dmsc_bridge_tell(b.bridge), DMSC_OK);
    assert_false(has_word(b.bridge, MOS, FUMO));
    assert_int_equal(try_update(b.bridge), DMSC_E_UNSUPPORTED);
    bench_close(&b);
    req_done("HLF-020");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_HLF_020_what_is_listed_is_what_works),
    };

    return support_exit(cmocka_run_group_tests(tests, bench_make, bench_remove),
                        sizeof(tests) / sizeof(*tests));
}
