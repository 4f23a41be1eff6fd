/* SPDX-License-Identifier: Apache-2.0 */
/* A power cut, a full disk and an I/O error at every write and every flush of a change. */
#include "host/store/nodes.h"
#include "tests/support/test.h"
#include "tests/unit/store/memvfs.h"
#include <dmsc/mo.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <string.h>

#define NODES 40

static char directory[SUPPORT_PATH_MAX];
static char path[SUPPORT_PATH_MAX + 16];

struct world {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
};

static enum dmsc_err world_open(struct world *w)
{
    assert_int_equal(dmsc_ctx_new(NULL, &w->ctx), DMSC_OK);
    w->store = NULL;
    return dmsc_store_open(w->ctx, path, &w->store);
}

static void world_close(struct world *w)
{
    dmsc_store_close(w->store);
    dmsc_ctx_free(w->ctx);
}

static struct dmsci_row row(void)
{
    return (struct dmsci_row){ .type = "", .title = "", .acl = "", .format = DMSC_FORMAT_CHR };
}

/* Every node and a named value say which generation it is. */
static enum dmsc_err write_generation(struct dmsc_store *store, unsigned generation, bool first)
{
    char value[200];
    char uri[32];
    struct dmsci_row r = row();
    enum dmsc_err err = DMSC_OK;

    memset(value, (int)('a' + generation), sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (unsigned i = 0; i < NODES && err == DMSC_OK; i++) {
        struct dmsc_bytes bytes = dmsc_bytes_str(value);

        (void)snprintf(uri, sizeof(uri), "./n%u", i);
        err = first ? dmsci_row_insert(store, uri, &r, bytes)
                    : dmsci_row_update(store, uri, &r, &bytes);
    }
    if (err == DMSC_OK)
        err = dmsc_store_put(store, "generation", dmsc_bytes(value, 1));
    return err;
}

static enum dmsc_err change(struct dmsc_store *store, unsigned generation, bool first)
{
    enum dmsc_err err = dmsc_store_begin(store);

    if (err != DMSC_OK)
        return err;
    err = write_generation(store, generation, first);
    if (err == DMSC_OK)
        return dmsc_store_commit(store);
    dmsc_store_rollback(store);
    return err;
}

/* @return the generation, the same everywhere; fails the test when it is a mixture */
static unsigned read_generation(struct dmsc_store *store)
{
    struct dmsc_buf value;
    struct dmsc_ctx *ctx;
    unsigned generation;
    char uri[32];
    bool there = false;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&value, ctx, 1000);
    assert_int_equal(dmsc_store_get(store, "generation", &value), DMSC_OK);
    generation = value.p[0];
    for (unsigned i = 0; i < NODES; i++) {
        (void)snprintf(uri, sizeof(uri), "./n%u", i);
        assert_int_equal(dmsci_row_value(store, uri, &value, &there), DMSC_OK);
        assert_true(there);
        assert_int_equal(value.n, 199);
        for (size_t k = 0; k < value.n; k++)
            assert_int_equal(value.p[k], generation);
    }
    dmsc_buf_clear(&value);
    dmsc_ctx_free(ctx);
    return generation - 'a';
}

static void plant(void)
{
    struct world w;

    memvfs_reset();
    assert_int_equal(world_open(&w), DMSC_OK);
    assert_int_equal(change(w.store, 0, true), DMSC_OK);
    world_close(&w);
}

/* Two changes, then closing, which folds the log into the file. */
static unsigned run(void)
{
    struct world w;
    unsigned done = 0;

    if (world_open(&w) == DMSC_OK) {
        if (change(w.store, 1, false) == DMSC_OK)
            done = 1;
        if (done == 1 && change(w.store, 2, false) == DMSC_OK)
            done = 2;
    }
    world_close(&w);
    return done;
}

static void power_cut(void **state)
{
    static const unsigned seeds[] = { 0, 1, 2, 3, 5, 8, 13 };
    unsigned long points = 0;

    (void)state;
    for (size_t s = 0; s < DMSCI_ARRAY_LEN(seeds); s++) {
        for (unsigned long n = 0;; n++) {
            struct world w;
            unsigned told;
            unsigned found;

            plant();
            memvfs_arm(MEMVFS_POWER_CUT, n);
            told = run();
            if (!memvfs_stats().fired)
                break;
            memvfs_reboot(seeds[s]);
            assert_int_equal(world_open(&w), DMSC_OK);
            found = read_generation(w.store);
            /* What was said to be done is done; one change more may have got through. */
            if (found < told || found > told + 1)
                fail_msg("cut %lu, seed %u: said %u, found %u", n, seeds[s], told, found);
            /* And it goes on from there. */
            assert_int_equal(change(w.store, 3, false), DMSC_OK);
            assert_int_equal(read_generation(w.store), 3);
            world_close(&w);
            points++;
        }
    }
    assert_true(points > 100);
    print_message("%lu power cuts\n", points);
    memvfs_reset();
}

/* A change larger than the cache: SQLite writes of it before it is committed. */
static enum dmsc_err large_change(struct dmsc_store *store, const struct dmsc_bytes *value)
{
    char key[32];
    enum dmsc_err err = dmsc_store_begin(store);

    if (err != DMSC_OK)
        return err;
    for (unsigned i = 0; i < 40 && err == DMSC_OK; i++) {
        (void)snprintf(key, sizeof(key), "large/%u", i);
        err = dmsc_store_put(store, key, *value);
    }
    if (err == DMSC_OK)
        return dmsc_store_commit(store);
    dmsc_store_rollback(store);
    return err;
}

static void check_large(struct world *w, bool done, uint8_t now, uint8_t before)
{
    struct dmsc_buf value;
    char key[32];
    uint8_t found = 0;

    dmsc_buf_init(&value, w->ctx, 1u << 20);
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "large/%u", i);
        assert_int_equal(dmsc_store_get(w->store, key, &value), DMSC_OK);
        if (i == 0)
            found = value.p[0];
        assert_true(found == now || (!done && found == before));
        for (size_t k = 0; k < value.n; k++)
            assert_int_equal(value.p[k], found);
    }
    dmsc_buf_clear(&value);
}

static void power_cut_in_a_large_change(void **state)
{
    static uint8_t a[50000];
    static uint8_t b[50000];
    const struct dmsc_bytes old = dmsc_bytes(a, sizeof(a));
    const struct dmsc_bytes new = dmsc_bytes(b, sizeof(b));

    (void)state;
    memset(a, 'a', sizeof(a));
    memset(b, 'b', sizeof(b));
    for (unsigned long n = 0;; n += 67) {
        struct world w;
        bool done;

        memvfs_reset();
        assert_int_equal(world_open(&w), DMSC_OK);
        assert_int_equal(large_change(w.store, &old), DMSC_OK);
        world_close(&w);
        memvfs_arm(MEMVFS_POWER_CUT, n);
        done = world_open(&w) == DMSC_OK && large_change(w.store, &new) == DMSC_OK;
        world_close(&w);
        if (!memvfs_stats().fired)
            break;
        memvfs_reboot((unsigned)(n % 5));
        assert_int_equal(world_open(&w), DMSC_OK);
        check_large(&w, done, 'b', 'a');
        world_close(&w);
    }
    memvfs_reset();
}

static void power_cut_while_it_is_made(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 4; seed++) {
        for (unsigned long n = 0;; n++) {
            struct world w;
            bool fired;

            memvfs_reset();
            memvfs_arm(MEMVFS_POWER_CUT, n);
            (void)world_open(&w);
            world_close(&w);
            fired = memvfs_stats().fired;
            memvfs_reboot(seed);
            /* Nothing was promised yet: it is made anew, or there. */
            assert_int_equal(world_open(&w), DMSC_OK);
            assert_int_equal(change(w.store, 1, true), DMSC_OK);
            assert_int_equal(read_generation(w.store), 1);
            world_close(&w);
            if (!fired)
                break;
        }
    }
    memvfs_reset();
}

static void one_failure(enum memvfs_fault kind)
{
    for (unsigned long n = 0;; n++) {
        struct world w;
        enum dmsc_err err;
        bool fired;

        plant();
        assert_int_equal(world_open(&w), DMSC_OK);
        memvfs_arm(kind, n);
        err = change(w.store, 1, false);
        fired = memvfs_stats().fired;
        memvfs_arm(MEMVFS_NONE, 0);
        if (err != DMSC_OK) {
            assert_int_equal(err, DMSC_E_IO);
            assert_true(fired);
            assert_string_not_equal(dmsc_diag_get(w.ctx)->why, "");
            if (kind == MEMVFS_FULL_ONCE)
                assert_string_equal(dmsc_diag_get(w.ctx)->reason, "store:full");
        }
        /* In the same process, and after it ended. */
        assert_int_equal(read_generation(w.store), err == DMSC_OK ? 1 : 0);
        assert_int_equal(change(w.store, 2, false), DMSC_OK);
        assert_int_equal(read_generation(w.store), 2);
        world_close(&w);
        assert_int_equal(world_open(&w), DMSC_OK);
        assert_int_equal(read_generation(w.store), 2);
        world_close(&w);
        if (!fired)
            break;
    }
    memvfs_reset();
}

static void disk_full(void **state)
{
    (void)state;
    one_failure(MEMVFS_FULL_ONCE);
}

static void io_error(void **state)
{
    (void)state;
    one_failure(MEMVFS_IO_ONCE);
}

/* A caller that does not look at errors cannot get half a change committed. */
static void a_lost_change_stays_lost(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct world w;
        bool fired;
        bool failed = false;

        plant();
        assert_int_equal(world_open(&w), DMSC_OK);
        memvfs_arm(MEMVFS_FULL_ONCE, n);
        assert_int_equal(dmsc_store_begin(w.store), DMSC_OK);
        failed = dmsc_store_begin(w.store) != DMSC_OK;
        if (write_generation(w.store, 1, false) != DMSC_OK) {
            failed = true;
            /* on without a rollback */
            if (dmsc_store_put(w.store, "generation", dmsc_bytes("x", 1)) == DMSC_OK)
                assert_int_equal(write_generation(w.store, 1, false), DMSC_OK);
        }
        if (dmsc_store_commit(w.store) != DMSC_OK || dmsc_store_commit(w.store) != DMSC_OK)
            failed = true;
        dmsc_store_rollback(w.store);
        fired = memvfs_stats().fired;
        memvfs_arm(MEMVFS_NONE, 0);
        assert_int_equal(read_generation(w.store), failed ? 0 : 1);
        world_close(&w);
        if (!fired)
            break;
    }
    memvfs_reset();
}

static void a_change_costs_one_flush(void **state)
{
    struct world w;
    struct dmsci_row r = row();
    char uri[32];

    (void)state;
    memvfs_reset();
    assert_int_equal(world_open(&w), DMSC_OK);
    assert_int_equal(dmsc_store_begin(w.store), DMSC_OK);
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(uri, sizeof(uri), "./n%u", i);
        assert_int_equal(dmsci_row_insert(w.store, uri, &r, dmsc_bytes_str("some value")), DMSC_OK);
    }
    assert_int_equal(dmsc_store_commit(w.store), DMSC_OK);
    for (unsigned round = 0; round < 3; round++) {
        memvfs_arm(MEMVFS_NONE, 0);
        assert_int_equal(dmsc_store_begin(w.store), DMSC_OK);
        for (unsigned i = 0; i < 1000; i++) {
            /* Another one each time: SQLite does not write what does not change. */
            struct dmsc_bytes value = dmsc_bytes_str(&"another value"[round]);

            (void)snprintf(uri, sizeof(uri), "./n%u", i);
            assert_int_equal(dmsci_row_update(w.store, uri, &r, &value), DMSC_OK);
        }
        assert_int_equal(memvfs_stats().syncs, 0);
        assert_int_equal(dmsc_store_commit(w.store), DMSC_OK);
        assert_int_equal(memvfs_stats().syncs, 1);
    }
    world_close(&w);
    memvfs_reset();
}

static int setup(void **state)
{
    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    memvfs_install();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_rmdir(directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cut),
        cmocka_unit_test(power_cut_in_a_large_change),
        cmocka_unit_test(power_cut_while_it_is_made),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(io_error),
        cmocka_unit_test(a_lost_change_stays_lost),
        cmocka_unit_test(a_change_costs_one_flush),
    };

    return support_exit(cmocka_run_group_tests(tests, setup, teardown), DMSCI_ARRAY_LEN(tests));
}
