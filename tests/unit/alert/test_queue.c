/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts that wait: in order, for their server alone, bounded, gone with a change that is undone,
 * still there in the next process. */
#include "host/alert/record.h"
#include "tests/support/fault.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <dmsc/mo.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
};

static enum dmsc_err open_world(struct world *w, const char *path)
{
    enum dmsc_err err = dmsc_store_open(w->ctx, path, &w->store);

    return err != DMSC_OK ? err : dmsc_tree_open(w->ctx, w->store, NULL, &w->tree);
}

static void close_world(struct world *w)
{
    dmsc_tree_close(w->tree);
    dmsc_store_close(w->store);
    w->tree = NULL;
    w->store = NULL;
}

static int setup(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    static struct world w;

    memset(&w, 0, sizeof(w));
    config.limits.alerts = 3;
    config.limits.alert_size = 200;
    assert_int_equal(dmsc_ctx_new(&config, &w.ctx), DMSC_OK);
    assert_int_equal(open_world(&w, NULL), DMSC_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    close_world(w);
    dmsc_ctx_free(w->ctx);
    return 0;
}

static enum dmsc_err put(struct world *w, const char *server_id, const char *data)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;

    alert.at = 1234567890123;
    alert.type = "urn:x:a";
    alert.source = "./A";
    alert.data = dmsc_bytes_str(data);
    return dmsc_alert_put(w->tree, server_id, &alert);
}

#define CHANGE(w, call)                                                                            \
    do {                                                                                           \
        assert_int_equal(dmsc_tree_begin((w)->tree, "test", 1), DMSC_OK);                          \
        assert_int_equal(call, DMSC_OK);                                                           \
        assert_int_equal(dmsc_tree_commit((w)->tree), DMSC_OK);                                    \
    } while (0)

struct seen {
    char text[200];
    int64_t ids[8];
    size_t n, stop;
};

static bool note(void *user, const struct dmsc_alert *alert)
{
    struct seen *s = user;
    size_t n = strlen(s->text);

    assert_int_equal(alert->at, 1234567890123);
    assert_string_equal(alert->type, "urn:x:a");
    assert_string_equal(alert->source, "./A");
    assert_string_equal(alert->correlator, "");
    assert_string_equal(alert->format, "");
    assert_string_equal(alert->mark, "");
    assert_true(s->n == 0 || alert->id > s->ids[s->n - 1]);
    s->ids[s->n++] = alert->id;
    (void)snprintf(s->text + n, sizeof(s->text) - n, "%.*s ", (int)alert->data.n,
                   (const char *)alert->data.p);
    return s->n != s->stop;
}

static struct seen all(struct world *w, const char *server_id)
{
    struct seen s = { .n = 0 };

    assert_int_equal(dmsc_alert_each(w->tree, server_id, note, &s), DMSC_OK);
    return s;
}

static void they_wait_in_order_for_their_server(void **state)
{
    struct world *w = *state;
    struct seen s = { .stop = 1 };

    CHANGE(w, put(w, "com.a", "1"));
    CHANGE(w, put(w, "com.a/b", "2")); /* a name that begins like another's key */
    CHANGE(w, put(w, "com.a", "3"));
    assert_string_equal(all(w, "com.a").text, "1 3 ");
    assert_string_equal(all(w, "com.a/b").text, "2 ");
    assert_string_equal(all(w, "com").text, "");
    assert_int_equal(dmsc_alert_each(w->tree, "com.a", note, &s), DMSC_OK);
    assert_string_equal(s.text, "1 ");
    CHANGE(w, dmsc_alert_taken(w->tree, "com.a", s.ids[0]));
    CHANGE(w, dmsc_alert_taken(w->tree, "com.a", s.ids[0])); /* twice is fine */
    assert_string_equal(all(w, "com.a").text, "3 ");
    CHANGE(w, dmsc_alert_forget(w->tree, "com.a"));
    assert_string_equal(all(w, "com.a").text, "");
    assert_string_equal(all(w, "com.a/b").text, "2 ");
}

static void a_queue_has_an_end(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < 5; i++)
        CHANGE(w, put(w, "com.a", (const char[]){ (char)('1' + i), '\0' }));
    assert_string_equal(all(w, "com.a").text, "3 4 5 ");
}

static void refused(struct world *w, enum dmsc_err err, enum dmsc_err wanted, const char *reason)
{
    assert_int_equal(err, wanted);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct world *w = *state;
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    char large[201];

    memset(large, 'x', sizeof(large));
    large[200] = '\0';
    assert_int_equal(put(w, "com.a", "1"), DMSC_E_STATE); /* outside a change */
    assert_int_equal(dmsc_alert_taken(w->tree, "com.a", 1), DMSC_E_STATE);
    assert_int_equal(dmsc_alert_forget(w->tree, "com.a"), DMSC_E_STATE);
    assert_int_equal(dmsc_tree_begin(w->tree, "test", 1), DMSC_OK);
    refused(w, put(w, "", "1"), DMSC_E_ARG, "alert:server");
    refused(w, dmsc_alert_put(w->tree, "com.a", &alert), DMSC_E_ARG, "alert:type");
    refused(w, put(w, "com.a", "\x01"), DMSC_E_ARG, "alert:text");
    refused(w, put(w, "com.a", "\xFF"), DMSC_E_ARG, "alert:text");
    refused(w, put(w, "com.a", large), DMSC_E_LIMIT, "alert:size");
    assert_int_equal(put(w, "com.a", "undone"), DMSC_OK);
    dmsc_tree_rollback(w->tree);
    assert_int_equal(all(w, "com.a").n, 0);
}

static void they_outlive_the_process(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];
    struct world w = { .ctx = NULL };

    (void)state;
    support_mkdir(dir);
    (void)snprintf(path, sizeof(path), "%s/store.db", dir);
    for (unsigned run = 0; run < 2; run++) {
        assert_int_equal(dmsc_ctx_new(NULL, &w.ctx), DMSC_OK);
        assert_int_equal(open_world(&w, path), DMSC_OK);
        if (run == 0)
            CHANGE(&w, put(&w, "com.a", "kept"));
        assert_string_equal(all(&w, "com.a").text, "kept ");
        close_world(&w);
        dmsc_ctx_free(w.ctx);
    }
    support_rmdir(dir);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    struct world w = { .ctx = ctx };
    struct seen s = { .n = 0 };
    enum dmsc_err err = open_world(&w, NULL);

    (void)user;
    if (err == DMSC_OK)
        err = dmsc_tree_begin(w.tree, "test", 1);
    if (err == DMSC_OK) {
        err = put(&w, "com.a", "1");
        if (err == DMSC_OK)
            err = put(&w, "com.a", "2");
        if (err == DMSC_OK)
            err = dmsc_alert_each(w.tree, "com.a", note, &s);
        if (err == DMSC_OK)
            err = dmsc_alert_forget(w.tree, "com.a");
        if (err == DMSC_OK)
            err = dmsc_tree_commit(w.tree);
        else
            dmsc_tree_rollback(w.tree);
    }
    close_world(&w);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    (void)state;
    assert_true(fault_torture(life, NULL) > 20);
}

static void a_broken_record_is_told(void **state)
{
    static const uint8_t record[] = { 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 'a', 0,  0,
                                      1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0,   'x' };
    struct world *w = *state;
    struct dmsc_alert alert = DMSC_ALERT_INIT;

    assert_int_equal(dmsci_alert_decode(w->ctx, dmsc_bytes(record, sizeof(record)), &alert),
                     DMSC_OK);
    assert_string_equal(alert.type, "a");
    assert_int_equal(alert.at, 1);
    assert_int_equal(alert.data.n, 1);
    for (size_t n = 0; n < sizeof(record) - 1; n++) {
        struct dmsc_bytes cut = support_copy_exact(dmsc_bytes(record, n));

        refused(w, dmsci_alert_decode(w->ctx, cut, &alert), DMSC_E_CORRUPT, "alert:record");
        support_free(cut);
    }
    CHANGE(w, put(w, "com.a", "1"));
    CHANGE(w, dmsc_store_put(w->store, "alert/com.a/0000000000000002", dmsc_bytes("?", 1)));
    refused(w, dmsc_alert_each(w->tree, "com.a", note, &(struct seen){ .n = 0 }), DMSC_E_CORRUPT,
            "alert:record");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_wait_in_order_for_their_server, setup, teardown),
        cmocka_unit_test_setup_teardown(a_queue_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_record_is_told, setup, teardown),
        cmocka_unit_test(they_outlive_the_process),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
