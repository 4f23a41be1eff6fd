/* SPDX-License-Identifier: Apache-2.0 */
/* Software components, over a device with two places for packages. */
#include "tests/unit/mo/support.h"
#include "tests/unit/objects/provisioned.h"
#include <dmsc/alert.h>
#include <dmsc/mo_ops.h>
#include <dmsc/scomo.h>
#include <stdio.h>
#include <string.h>

#define SCOMO "./SCOMO"
#define MA    "com.a"

struct device {
    char log[512];
    bool refuse;
    bool delivered, deployed, active; /* of the one package there is */
};

static void told(struct device *d, const char *what, const struct dmsc_scomo_task *task)
{
    size_t n = strlen(d->log);

    (void)snprintf(d->log + n, sizeof(d->log) - n, "%s%s:%d:%s:%s", n > 0 ? " " : "", what,
                   (int)task->operation, task->item, task->id);
}

static enum dmsc_err download(void *user, const struct dmsc_scomo_task *task, bool again)
{
    struct device *d = user;

    told(d, again ? "again-download" : "download", task);
    assert_string_equal(task->url, "https://sw.example.net/1");
    return d->refuse ? DMSC_E_IO : DMSC_OK;
}

static enum dmsc_err run(void *user, const struct dmsc_scomo_task *task, bool again)
{
    told(user, again ? "again-run" : "run", task);
    return ((struct device *)user)->refuse ? DMSC_E_IO : DMSC_OK;
}

static void discard(void *user, const struct dmsc_scomo_task *task)
{
    told(user, "discard", task);
}

static enum dmsc_err packages(void *user,
                              bool (*package)(void *to, const struct dmsc_scomo_package *one),
                              void *to)
{
    struct device *d = user;
    const struct dmsc_scomo_package one = { "p1", "pkg-1", "Player", NULL, d->deployed };

    if (d->delivered)
        (void)package(to, &one);
    return DMSC_OK;
}

static enum dmsc_err components(void *user,
                                bool (*component)(void *to, const struct dmsc_scomo_component *one),
                                void *to)
{
    struct device *d = user;
    const struct dmsc_scomo_component one = { "c1",    "player", "Player", "1.0",
                                              "pkg-1", NULL,     d->active };

    if (d->deployed)
        (void)component(to, &one);
    return DMSC_OK;
}

static struct dmsc_now now(void *user)
{
    (void)user;
    return (struct dmsc_now){ 1800000000, true };
}

static const struct dmsc_scomo_ops ops = { download, run, discard, packages, components, now };

struct world {
    struct bed bed;
    struct device device;
    struct provisioned provisioned;
    struct dmsc_code_trust trust;
    struct dmsc_scomo *scomo;
};

static void world_make(struct world *w, const char *certificates)
{
    memset(w, 0, sizeof(*w));
    w->trust = provisioned_begin(&w->provisioned, certificates);
    bed_make(&w->bed, NULL);
    assert_int_equal(dmsc_scomo_new(w->bed.tree, SCOMO, &ops, &w->device, &w->trust, &w->scomo),
                     DMSC_OK);
}

static void world_end(struct world *w)
{
    dmsc_scomo_free(w->scomo);
    bed_clear(&w->bed);
    provisioned_end(&w->provisioned);
}

static void restart(struct world *w)
{
    dmsc_scomo_free(w->scomo);
    assert_int_equal(dmsc_scomo_new(w->bed.tree, SCOMO, &ops, &w->device, &w->trust, &w->scomo),
                     DMSC_OK);
}

static enum dmsc_err in_change(struct world *w, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return dmsc_tree_commit(w->bed.tree);
    dmsc_tree_rollback(w->bed.tree);
    return err;
}

static enum dmsc_err add(struct world *w, const char *path, enum dmsc_format format,
                         const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char uri[128];

    spec.format = format;
    spec.value = dmsc_bytes_str(value);
    (void)snprintf(uri, sizeof(uri), SCOMO "/%s", path);
    assert_int_equal(dmsc_tree_begin(w->bed.tree, "ma:" MA, 1), DMSC_OK);
    return in_change(w, dmsc_tree_add(w->bed.tree, uri, &spec));
}

static enum dmsc_err execute(struct world *w, const char *path, const char *correlator)
{
    char uri[128];
    struct dmsc_exec exec = { uri, { NULL, 0 }, correlator, false };
    enum dmsc_err err;

    (void)snprintf(uri, sizeof(uri), SCOMO "/%s", path);
    assert_int_equal(dmsc_tree_begin(w->bed.tree, "ma:" MA, 1), DMSC_OK);
    err = in_change(w, dmsc_tree_exec_as(w->bed.tree, &exec));
    assert_int_equal(exec.later, err == DMSC_OK);
    return err;
}

static void assert_value(struct world *w, const char *path, const char *wanted)
{
    struct dmsc_buf value;
    char uri[128];
    enum dmsc_err err;

    (void)snprintf(uri, sizeof(uri), SCOMO "/%s", path);
    dmsc_buf_init(&value, w->bed.ctx, 1000);
    err = dmsc_tree_value(w->bed.tree, uri, &value);
    if (wanted == NULL)
        assert_int_equal(err, DMSC_E_NOTFOUND);
    else
        assert_int_equal(err, DMSC_OK);
    if (wanted != NULL)
        assert_string_equal(dmsc_buf_str(&value), wanted);
    dmsc_buf_clear(&value);
}

static void sign(struct world *w, const char *name)
{
    struct dmsc_bytes signature = provisioned_signature(name);

    assert_int_equal(dmsc_tree_begin(w->bed.tree, "ma:" MA, 1), DMSC_OK);
    assert_int_equal(
        in_change(w, dmsc_tree_replace(w->bed.tree, SCOMO "/Download/d1/Ext/dmsc/Signature", NULL,
                                       NULL, signature)),
        DMSC_OK);
    support_free(signature);
}

static void hand_over(struct world *w)
{
    struct dmsc_bytes package = support_slurp_exact("tests/vectors/objects/code/package.bin");

    assert_int_equal(dmsc_scomo_data(w->scomo, package), DMSC_OK);
    support_free(package);
}

static bool list(void *user, const struct dmsc_alert *alert)
{
    char *text = user;
    size_t n = strlen(text);

    (void)snprintf(text + n, 1024 - n, "%s %s %s %.*s\n", MA, alert->source + strlen(SCOMO "/"),
                   alert->correlator, (int)alert->data.n, (const char *)alert->data.p);
    assert_string_equal(alert->type, "urn:oma:at:scomo:1.0:OperationComplete");
    return true;
}

static void assert_alerts(struct world *w, const char *wanted)
{
    char text[1024] = "";

    assert_int_equal(dmsc_alert_each(w->bed.tree, MA, list, text), DMSC_OK);
    assert_string_equal(text, wanted);
}

static void add_package(struct world *w)
{
    assert_int_equal(add(w, "Download/d1/PkgID", DMSC_FORMAT_CHR, "pkg-1"), DMSC_OK);
    assert_value(w, "Download/d1/Status", "10"); /* what belongs to it came by itself */
}

static void a_package_is_downloaded_and_installed(void **state)
{
    struct world w;

    (void)state;
    world_make(&w, MA " code ec");
    add_package(&w);
    assert_int_equal(execute(&w, "Download/d1/Operations/DownloadInstall", "c1"), DMSC_E_STATE);
    assert_string_equal(bed_reason(&w.bed), "scomo:no-url");
    assert_int_equal(add(&w, "Download/d1/PkgURL", DMSC_FORMAT_CHR, "https://sw.example.net/1"),
                     DMSC_OK);
    sign(&w, "ec");
    assert_int_equal(execute(&w, "Download/d1/Operations/DownloadInstall", "c2"), DMSC_OK);
    assert_string_equal(w.device.log, "download:1:d1:pkg-1");
    assert_value(&w, "Download/d1/Status", "30");
    assert_int_equal(execute(&w, "Download/d1/Operations/Download", "c3"), DMSC_E_STATE);
    assert_string_equal(bed_reason(&w.bed), "scomo:busy");
    assert_int_equal(dmsc_tree_begin(w.bed.tree, "ma:" MA, 1), DMSC_OK);
    assert_int_equal(in_change(&w, dmsc_tree_delete(w.bed.tree, SCOMO "/Download/d1", false)),
                     DMSC_E_STATE);
    assert_string_equal(bed_reason(&w.bed), "scomo:busy");
    assert_int_equal(dmsc_scomo_done(w.scomo, DMSC_SCOMO_SUCCESS, true), DMSC_E_STATE);
    hand_over(&w);
    restart(&w); /* what was handed over is forgotten */
    hand_over(&w);
    assert_int_equal(dmsc_scomo_downloaded(w.scomo, DMSC_SCOMO_SUCCESS), DMSC_OK);
    assert_value(&w, "Download/d1/Status", "50");
    restart(&w);
    assert_string_equal(w.device.log, "download:1:d1:pkg-1 again-download:1:d1:pkg-1 "
                                      "run:1:d1:pkg-1 again-run:1:d1:pkg-1");
    w.device.delivered = w.device.deployed = w.device.active = true;
    assert_int_equal(dmsc_scomo_done(w.scomo, DMSC_SCOMO_SUCCESS, true), DMSC_OK);
    assert_value(&w, "Download/d1/Status", "10");
    assert_value(&w, "Inventory/Delivered/p1/State", "20");
    assert_value(&w, "Inventory/Deployed/c1/State", "20");
    assert_value(&w, "Inventory/Deployed/c1/PkgIDRef", "pkg-1");
    assert_value(&w, "Inventory/Deployed/c1/EnvType", NULL);
    assert_alerts(&w, MA " Download/d1/Operations/DownloadInstall c2 1200\n");
    world_end(&w);
}

static void what_is_there_is_activated_and_removed(void **state)
{
    struct world w;

    (void)state;
    world_make(&w, "");
    w.device.delivered = w.device.deployed = true;
    assert_int_equal(dmsc_scomo_tell(w.scomo), DMSC_OK);
    assert_value(&w, "Inventory/Deployed/c1/State", "10");
    assert_int_equal(execute(&w, "Inventory/Deployed/c1/Operations/Deactivate", NULL),
                     DMSC_E_STATE);
    assert_string_equal(bed_reason(&w.bed), "scomo:state");
    assert_int_equal(execute(&w, "Inventory/Deployed/c1/Operations/Activate", NULL), DMSC_OK);
    assert_value(&w, "Inventory/Deployed/c1/Status", "50");
    assert_string_equal(w.device.log, "run:6:c1:player");
    w.device.active = true;
    assert_int_equal(dmsc_scomo_done(w.scomo, DMSC_SCOMO_SUCCESS, true), DMSC_OK);
    assert_value(&w, "Inventory/Deployed/c1/State", "20");
    assert_value(&w, "Inventory/Deployed/c1/Status", "10");
    assert_int_equal(execute(&w, "Inventory/Deployed/c1/Operations/Deactivate", NULL), DMSC_OK);
    assert_int_equal(dmsc_scomo_done(w.scomo, DMSC_SCOMO_DEACTIVATE_FAILED, true), DMSC_OK);
    assert_value(&w, "Inventory/Deployed/c1/Status", "60");
    w.device.refuse = true;
    assert_int_equal(execute(&w, "Inventory/Delivered/p1/Operations/Remove", NULL), DMSC_OK);
    assert_value(&w, "Inventory/Delivered/p1/Status", "20");
    w.device.refuse = false;
    /* What is removed is seen no more, and its outcome is told all the same. */
    assert_int_equal(execute(&w, "Inventory/Deployed/c1/Operations/Remove", "r"), DMSC_OK);
    w.device.deployed = false;
    assert_int_equal(dmsc_scomo_done(w.scomo, DMSC_SCOMO_SUCCESS, false), DMSC_OK);
    assert_value(&w, "Inventory/Deployed/c1/State", NULL);
    assert_value(&w, "Inventory/Delivered/p1/State", "10");
    assert_alerts(&w, MA " Inventory/Deployed/c1/Operations/Activate  1200\n" MA
                         " Inventory/Deployed/c1/Operations/Deactivate  1410\n" MA
                         " Inventory/Delivered/p1/Operations/Remove  1400\n" MA
                         " Inventory/Deployed/c1/Operations/Remove r 1200\n");
    assert_int_equal(execute(&w, "Inventory", NULL), DMSC_E_UNSUPPORTED);
    world_end(&w);
}

static void nobody_vouches(void **state)
{
    struct world w;

    (void)state;
    for (int other = 0; other < 2; other++) {
        world_make(&w, other ? MA " code other" : MA " ca ec");
        add_package(&w);
        assert_int_equal(add(&w, "Download/d1/PkgURL", DMSC_FORMAT_CHR, "https://sw.example.net/1"),
                         DMSC_OK);
        sign(&w, "ec");
        assert_int_equal(execute(&w, "Download/d1/Operations/Download", "c"),
                         other ? DMSC_OK : DMSC_E_REFUSED);
        if (other) {
            hand_over(&w);
            assert_int_equal(dmsc_scomo_downloaded(w.scomo, DMSC_SCOMO_SUCCESS), DMSC_OK);
            assert_string_equal(w.device.log, "download:0:d1:pkg-1 discard:0:d1:pkg-1");
            assert_value(&w, "Download/d1/Status", "20");
            assert_alerts(&w, MA " Download/d1/Operations/Download c 1407\n");
        } else {
            assert_string_equal(bed_reason(&w.bed), "code:usage");
            assert_string_equal(w.device.log, "");
            assert_value(&w, "Download/d1/Status", "10");
        }
        world_end(&w);
    }
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct device device = { .delivered = true, .deployed = true };
    struct dmsc_scomo *scomo = NULL;
    struct bed bed = { ctx, NULL, NULL };
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_scomo_new(bed.tree, SCOMO, &ops, &device, NULL, &scomo);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "ma:" MA, 1);
    if (err == DMSC_OK)
        err = dmsc_tree_exec(bed.tree, SCOMO "/Inventory/Deployed/c1/Operations/Activate",
                             (struct dmsc_bytes){ NULL, 0 });
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bed.tree);
    if (err == DMSC_OK && device.log[0] != '\0')
        err = dmsc_scomo_done(scomo, DMSC_SCOMO_SUCCESS, true);
    else if (err == DMSC_OK)
        err = DMSC_E_NOMEM; /* begun when the program starts again */
    dmsc_scomo_free(scomo);
    bed_close(&bed);
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
        cmocka_unit_test(a_package_is_downloaded_and_installed),
        cmocka_unit_test(what_is_there_is_activated_and_removed),
        cmocka_unit_test(nobody_vouches),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
