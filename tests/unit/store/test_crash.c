/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are killed while they write, and a real file that may not grow. */
#include "tests/support/test.h"
#include <dmsc/mo.h>
#include <dmsc/store.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAVES 30
#define ROUNDS 60

struct world {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
};

static bool world_open(struct world *w, const char *path)
{
    *w = (struct world){ NULL, NULL, NULL };
    return dmsc_ctx_new(NULL, &w->ctx) == DMSC_OK &&
           dmsc_store_open(w->ctx, path, &w->store) == DMSC_OK &&
           dmsc_tree_open(w->ctx, w->store, NULL, &w->tree) == DMSC_OK;
}

static void world_close(struct world *w)
{
    dmsc_tree_close(w->tree);
    dmsc_store_close(w->store);
    dmsc_ctx_free(w->ctx);
}

/* One change: every leaf gets the number, and one node comes or goes. */
static enum dmsc_err write_number(struct world *w, unsigned number)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char text[16];
    char uri[32];
    bool there = false;
    enum dmsc_err err = dmsc_tree_begin(w->tree, "test", number);

    if (err != DMSC_OK)
        return err;
    (void)snprintf(text, sizeof(text), "%u", number);
    spec.format = DMSC_FORMAT_INT;
    spec.value = dmsc_bytes_str(text);
    for (unsigned i = 0; i < LEAVES && err == DMSC_OK; i++) {
        (void)snprintf(uri, sizeof(uri), "./N/leaf%u", i);
        err = dmsc_tree_has(w->tree, uri, &there);
        if (err == DMSC_OK)
            err = there ? dmsc_tree_replace(w->tree, uri, NULL, NULL, spec.value)
                        : dmsc_tree_add(w->tree, uri, &spec);
    }
    if (err == DMSC_OK && number % 2 == 1)
        err = dmsc_tree_add(w->tree, "./Odd", &spec);
    else if (err == DMSC_OK && dmsc_tree_has(w->tree, "./Odd", &there) == DMSC_OK && there)
        err = dmsc_tree_delete(w->tree, "./Odd", false);
    if (err == DMSC_OK)
        return dmsc_tree_commit(w->tree);
    dmsc_tree_rollback(w->tree);
    return err;
}

/* @return the number all leaves have; fails the test for a mixture */
static unsigned read_number(struct world *w)
{
    struct dmsc_buf value;
    unsigned number = 0;
    bool there = false;
    char uri[32];

    dmsc_buf_init(&value, w->ctx, 100);
    for (unsigned i = 0; i < LEAVES; i++) {
        unsigned here;

        (void)snprintf(uri, sizeof(uri), "./N/leaf%u", i);
        assert_int_equal(dmsc_tree_value(w->tree, uri, &value), DMSC_OK);
        here = (unsigned)strtoul(dmsc_buf_str(&value), NULL, 10);
        if (i == 0)
            number = here;
        assert_int_equal(here, number);
    }
    assert_int_equal(dmsc_tree_has(w->tree, "./Odd", &there), DMSC_OK);
    assert_int_equal(there, number % 2);
    dmsc_buf_clear(&value);
    return number;
}

/* Writes one number after the other and tells each that is committed. */
static void child(const char *path, int told, unsigned from)
{
    struct world w;

    if (!world_open(&w, path))
        _exit(1);
    for (unsigned number = from;; number++) {
        if (write_number(&w, number) != DMSC_OK || write(told, &number, sizeof(number)) < 0)
            _exit(2);
    }
}

static void killed(void **state)
{
    char directory[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX + 16];
    struct world w;
    unsigned last = 2;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    assert_true(world_open(&w, path));
    assert_int_equal(write_number(&w, last), DMSC_OK);
    world_close(&w);
    for (unsigned round = 0; round < ROUNDS; round++) {
        /* Spread over the time of some commits; the first rounds hit the opening. */
        const struct timespec pause = { 0, (long)(round * 700000 % 40000000) };
        unsigned number;
        int told[2];
        int status;
        pid_t pid;

        assert_int_equal(pipe(told), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            child(path, told[1], last + 1);
        (void)close(told[1]);
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(told[0], &number, sizeof(number)) == sizeof(number))
            last = number;
        (void)close(told[0]);
        assert_true(world_open(&w, path));
        number = read_number(&w);
        if (number != last && number != last + 1)
            fail_msg("round %u: told %u, found %u", round, last, number);
        last = number;
        world_close(&w);
    }
    print_message("%u changes before the last kill\n", last);
    support_rmdir(directory);
}

/* RLIMIT_FSIZE: a quota of the operating system. */
static void quota(void **state)
{
    char directory[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX + 16];
    struct rlimit old;
    struct rlimit small;
    struct world w;
    unsigned number = 2;
    enum dmsc_err err = DMSC_OK;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    assert_true(world_open(&w, path));
    assert_int_equal(write_number(&w, number), DMSC_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (err == DMSC_OK && number < 1000)
        err = write_number(&w, ++number);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err, DMSC_E_IO);
    assert_string_not_equal(dmsc_diag_get(w.ctx)->reason, "");
    assert_int_equal(read_number(&w), number - 1);
    /* There is room again: it goes on. */
    assert_int_equal(write_number(&w, number), DMSC_OK);
    world_close(&w);
    assert_true(world_open(&w, path));
    assert_int_equal(read_number(&w), number);
    world_close(&w);
    support_rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed),
        cmocka_unit_test(quota),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
