/* SPDX-License-Identifier: Apache-2.0 */
/* A large object on its way: a power cut, a full disk and an I/O error at every write of it. */
#include "apdu/base/ctx.h"
#include "host/store/nodes.h"
#include "tests/support/test.h"
#include "tests/unit/store/memvfs.h"
#include <dmsc/large.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <string.h>

#define URI   "./Blob"
#define PIECE 3000
#define SIZE  9000

static char directory[SUPPORT_PATH_MAX];
static char path[SUPPORT_PATH_MAX + 16];

struct world {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
};

static enum dmsc_err world_open(struct world *w)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    enum dmsc_err err;

    config.limits.node_value = 256;
    w->store = NULL;
    w->tree = NULL;
    assert_int_equal(dmsc_ctx_new(&config, &w->ctx), DMSC_OK);
    err = dmsc_store_open(w->ctx, path, &w->store);
    return err == DMSC_OK ? dmsc_tree_open(w->ctx, w->store, NULL, &w->tree) : err;
}

static void world_close(struct world *w)
{
    dmsc_tree_close(w->tree);
    dmsc_store_close(w->store);
    dmsc_ctx_free(w->ctx);
}

static enum dmsc_err put(struct world *w, struct dmsc_large *large)
{
    enum dmsc_err err = dmsc_tree_begin(w->tree, "test", 1);

    if (err != DMSC_OK)
        return err;
    err = dmsc_large_put(large, NULL, NULL);
    if (err == DMSC_OK)
        return dmsc_tree_commit(w->tree);
    dmsc_tree_rollback(w->tree);
    return err;
}

/* From where it stopped to the end: the content is @p generation all over. */
static enum dmsc_err transfer(struct world *w, char generation)
{
    struct dmsc_large_spec spec = { .uri = URI, .actor = "test", .size = SIZE };
    struct dmsc_large *large = NULL;
    char piece[PIECE];
    enum dmsc_err err;

    memset(piece, generation, sizeof(piece));
    spec.tag = dmsc_bytes(&generation, 1);
    err = dmsc_large_open(w->tree, &spec, 1, &large);
    while (err == DMSC_OK && dmsc_large_have(large) < SIZE)
        err = dmsc_large_append(large, dmsc_bytes(piece, sizeof(piece)), 1);
    if (err == DMSC_OK)
        err = put(w, large);
    dmsc_large_close(large);
    return err;
}

/* @return the generation; fails the test when it is a mixture or cut short */
static char read_back(struct world *w)
{
    struct dmsc_buf value;
    size_t before;

    dmsc_buf_init(&value, w->ctx, SIZE + 1);
    do {
        before = value.n;
        assert_int_equal(dmsc_tree_value_part(w->tree, URI, value.n, SIZE, &value), DMSC_OK);
    } while (value.n > before);
    assert_int_equal(value.n, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(value.p[i], value.p[0]);
    before = value.p[0];
    dmsc_buf_clear(&value);
    return (char)before;
}

static bool count(void *user, const struct dmsc_large_info *info)
{
    /* Each piece is there or not. */
    assert_int_equal(info->have % PIECE, 0);
    *(unsigned *)user += 1;
    return true;
}

static unsigned waiting(struct world *w)
{
    unsigned n = 0;

    assert_int_equal(dmsc_large_each(w->tree, count, &n), DMSC_OK);
    return n;
}

static void plant(void)
{
    struct world w;

    memvfs_reset();
    assert_int_equal(world_open(&w), DMSC_OK);
    assert_int_equal(transfer(&w, 'a'), DMSC_OK);
    world_close(&w);
}

/* What was cut off is old or new, and goes on to its end. */
static void check_and_go_on(struct world *w, bool done)
{
    char found = read_back(w);

    assert_true(found == 'b' || (found == 'a' && !done));
    assert_true(waiting(w) <= 1);
    assert_int_equal(transfer(w, 'b'), DMSC_OK);
    assert_int_equal(read_back(w), 'b');
    assert_int_equal(waiting(w), 0);
}

static void power_cut(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 4; seed++) {
        for (unsigned long n = 0;; n++) {
            struct world w;
            bool done;

            plant();
            memvfs_arm(MEMVFS_POWER_CUT, n);
            done = world_open(&w) == DMSC_OK && transfer(&w, 'b') == DMSC_OK;
            world_close(&w);
            if (!memvfs_stats().fired)
                break;
            memvfs_reboot(seed);
            assert_int_equal(world_open(&w), DMSC_OK);
            check_and_go_on(&w, done);
            world_close(&w);
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
        err = transfer(&w, 'b');
        fired = memvfs_stats().fired;
        memvfs_arm(MEMVFS_NONE, 0);
        assert_true(err == DMSC_OK || (fired && err == DMSC_E_IO));
        check_and_go_on(&w, err == DMSC_OK);
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
        cmocka_unit_test(disk_full),
        cmocka_unit_test(io_error),
    };

    return support_exit(cmocka_run_group_tests(tests, setup, teardown), DMSCI_ARRAY_LEN(tests));
}
