/* SPDX-License-Identifier: Apache-2.0 */
/* Secret leaves at rest: what the files hold, and who can read it. */
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <string.h>

#define SECRET "correct-horse-battery"
#define URI    "./DMAcc/x/AppAuth/1/AAuthSecret"

struct world {
    struct bed bed;
    char directory[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX + 16];
};

static void open_bed(struct world *w)
{
    assert_int_equal(dmsc_ctx_new(NULL, &w->bed.ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(w->bed.ctx, w->path, &w->bed.store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(w->bed.ctx, w->bed.store, NULL, &w->bed.tree), DMSC_OK);
}

static int setup(void **state)
{
    static struct world w;

    support_mkdir(w.directory);
    (void)snprintf(w.path, sizeof(w.path), "%s/store", w.directory);
    open_bed(&w);
    assert_int_equal(bed_set_key(w.bed.store, w.bed.ctx), DMSC_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    bed_clear(&w->bed);
    support_rmdir(w->directory);
    return 0;
}

static void set_other_key(struct world *w)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;

    assert_int_equal(
        dmsc_secret_set(&key, w->bed.ctx, dmsc_bytes_str("32 bytes that anybody else knows")),
        DMSC_OK);
    assert_int_equal(dmsc_store_set_key(w->bed.store, &key), DMSC_OK);
    dmsc_secret_clear(&key);
}

static enum dmsc_err add(struct world *w, const char *uri, const char *value, uint8_t flags)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    enum dmsc_err err;

    spec.format = DMSC_FORMAT_CHR;
    spec.value = dmsc_bytes_str(value);
    spec.flags = flags;
    bed_begin(&w->bed);
    err = dmsc_tree_add(w->bed.tree, uri, &spec);
    bed_commit(&w->bed);
    return err;
}

static void add_account(struct world *w)
{
    struct dmsc_node_spec account = DMSC_NODE_SPEC_INIT;

    account.format = DMSC_FORMAT_NODE;
    account.type = "urn:oma:mo:oma-dm-dmacc:1.0";
    bed_begin(&w->bed);
    assert_int_equal(dmsc_tree_add(w->bed.tree, "./DMAcc/x", &account), DMSC_OK);
    bed_commit(&w->bed);
}

static enum dmsc_err replace(struct world *w, const char *uri, const char *value)
{
    enum dmsc_err err;

    bed_begin(&w->bed);
    err = dmsc_tree_replace(w->bed.tree, uri, NULL, NULL, dmsc_bytes_str(value));
    bed_commit(&w->bed);
    return err;
}

static enum dmsc_err rename_node(struct world *w, const char *uri, const char *name)
{
    enum dmsc_err err;

    bed_begin(&w->bed);
    err = dmsc_tree_rename(w->bed.tree, uri, name);
    bed_commit(&w->bed);
    return err;
}

static void assert_value(struct world *w, const char *uri, const char *expected)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->bed.ctx, 10000);
    assert_int_equal(dmsc_tree_value(w->bed.tree, uri, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), expected);
    assert_int_equal(dmsc_tree_get(w->bed.tree, uri, &node), DMSC_OK);
    assert_int_equal(node.size_bytes, strlen(expected));
    assert_int_equal(node.flags & DMSC_NODE_SECRET, DMSC_NODE_SECRET);
    assert_int_equal(node.access & DMSC_ACCESS_GET, 0);
    dmsc_node_clear(&node);
    dmsc_buf_clear(&value);
}

static void assert_refused(struct world *w, const char *uri, enum dmsc_err expected,
                           const char *reason)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->bed.ctx, 10000);
    assert_int_equal(dmsc_buf_append_str(&value, "as it was"), DMSC_OK);
    dmsc_diag_clear(w->bed.ctx);
    assert_int_equal(dmsc_tree_value(w->bed.tree, uri, &value), expected);
    assert_string_equal(dmsc_buf_str(&value), "as it was");
    assert_string_equal(bed_reason(&w->bed), reason);
    assert_string_equal(dmsc_diag_get(w->bed.ctx)->where, uri);
    assert_true(dmsc_diag_get(w->bed.ctx)->hint[0] != '\0');
    dmsc_buf_clear(&value);
}

/* Whether one of the store's files, as they are now, holds the text. */
static bool in_files(const struct world *w, const char *text)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-writer", "-journal" };
    size_t n = strlen(text);
    bool found = false;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(suffixes); i++) {
        char path[SUPPORT_PATH_MAX + 32];
        struct dmsc_bytes file;

        (void)snprintf(path, sizeof(path), "%s%s", w->path, suffixes[i]);
        if (!support_exists(path))
            continue;
        file = support_slurp(path);
        for (size_t at = 0; at + n <= file.n && !found; at++)
            found = memcmp(file.p + at, text, n) == 0;
        support_free(file);
    }
    return found;
}

/* Written, replaced, moved and deleted: never in a file. What is no secret shows that we look at
 * the right files. */
static void absent_from_files(void **state)
{
    struct world *w = *state;

    add_account(w);
    assert_int_equal(add(w, URI, SECRET, 0), DMSC_OK);
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/1/AAuthName", "visible-name", 0), DMSC_OK);
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/1/AAuthData", SECRET "-data", 0), DMSC_OK);
    assert_int_equal(add(w, "./Other", SECRET "-flag", DMSC_NODE_SECRET), DMSC_OK);
    assert_true(in_files(w, "visible-name"));
    assert_false(in_files(w, SECRET));
    assert_int_equal(replace(w, URI, SECRET "-new"), DMSC_OK);
    assert_int_equal(rename_node(w, "./DMAcc/x", "y"), DMSC_OK);
    assert_int_equal(replace(w, "./DMAcc/y/AppAuth/1/AAuthData", ""), DMSC_OK);
    assert_false(in_files(w, SECRET));
    assert_value(w, "./DMAcc/y/AppAuth/1/AAuthSecret", SECRET "-new");
    assert_value(w, "./Other", SECRET "-flag");
    bed_clear(&w->bed);
    assert_true(in_files(w, "visible-name"));
    assert_false(in_files(w, SECRET));
    open_bed(w);
    assert_int_equal(bed_set_key(w->bed.store, w->bed.ctx), DMSC_OK);
    assert_value(w, "./DMAcc/y/AppAuth/1/AAuthSecret", SECRET "-new");
}

static void another_key(void **state)
{
    struct world *w = *state;

    add_account(w);
    assert_int_equal(add(w, URI, SECRET, 0), DMSC_OK);
    set_other_key(w);
    assert_refused(w, URI, DMSC_E_CORRUPT, "secret:unreadable");
    /* Nothing moves it, nothing is lost by trying. */
    assert_int_equal(rename_node(w, "./DMAcc/x", "y"), DMSC_E_CORRUPT);
    assert_int_equal(bed_set_key(w->bed.store, w->bed.ctx), DMSC_OK);
    assert_value(w, URI, SECRET);
    /* It can be written anew, and goes to whoever has the key then. */
    set_other_key(w);
    assert_int_equal(replace(w, URI, "other"), DMSC_OK);
    assert_value(w, URI, "other");
}

static void no_key(void **state)
{
    struct world *w = *state;

    add_account(w);
    assert_int_equal(add(w, URI, SECRET, 0), DMSC_OK);
    assert_int_equal(dmsc_store_set_key(w->bed.store, NULL), DMSC_OK);
    assert_refused(w, URI, DMSC_E_UNSUPPORTED, "secret:no-key");
    assert_int_equal(replace(w, URI, "new"), DMSC_E_UNSUPPORTED);
    assert_string_equal(bed_reason(&w->bed), "secret:no-key");
    assert_int_equal(rename_node(w, "./DMAcc/x", "y"), DMSC_E_UNSUPPORTED);
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/2/AAuthData", "new", 0), DMSC_E_UNSUPPORTED);
    assert_string_equal(bed_reason(&w->bed), "secret:no-key");
    assert_string_equal(dmsc_diag_get(w->bed.ctx)->where, "./DMAcc/x/AppAuth/2/AAuthData");
    /* A leaf that takes the name of a secret would have to be sealed. */
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/1/other", "plain", 0), DMSC_OK);
    assert_int_equal(rename_node(w, "./DMAcc/x/AppAuth/1/other", "AAuthData"), DMSC_E_UNSUPPORTED);
    /* What is empty tells nothing. */
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/3/AAuthSecret", "", 0), DMSC_OK);
    assert_value(w, "./DMAcc/x/AppAuth/3/AAuthSecret", "");
    assert_int_equal(replace(w, URI, ""), DMSC_OK);
    assert_value(w, URI, "");
    assert_int_equal(rename_node(w, "./DMAcc/x", "y"), DMSC_OK);
    assert_int_equal(bed_set_key(w->bed.store, w->bed.ctx), DMSC_OK);
    assert_value(w, "./DMAcc/y/AppAuth/1/AAuthSecret", "");
}

static void renamed(void **state)
{
    struct world *w = *state;

    add_account(w);
    assert_int_equal(add(w, URI, SECRET, 0), DMSC_OK);
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/1/other", SECRET "-other", 0), DMSC_OK);
    assert_int_equal(add(w, "./DMAcc/x/AppAuth/2/AAuthSecret", "second", 0), DMSC_OK);
    assert_int_equal(rename_node(w, URI, "seen"), DMSC_OK);
    assert_value(w, "./DMAcc/x/AppAuth/1/seen", SECRET);
    assert_int_equal(rename_node(w, "./DMAcc/x/AppAuth/1/other", "AAuthData"), DMSC_OK);
    assert_value(w, "./DMAcc/x/AppAuth/1/AAuthData", SECRET "-other");
    assert_int_equal(rename_node(w, "./DMAcc", "Accounts"), DMSC_OK);
    assert_value(w, "./Accounts/x/AppAuth/1/seen", SECRET);
    assert_value(w, "./Accounts/x/AppAuth/1/AAuthData", SECRET "-other");
    assert_value(w, "./Accounts/x/AppAuth/2/AAuthSecret", "second");
    /* Undone with its change. */
    bed_begin(&w->bed);
    assert_int_equal(dmsc_tree_rename(w->bed.tree, "./Accounts", "Gone"), DMSC_OK);
    dmsc_tree_rollback(w->bed.tree);
    assert_value(w, "./Accounts/x/AppAuth/1/seen", SECRET);
}

static void row_of(struct world *w, const char *uri, struct dmsci_row *ret_row,
                   struct dmsc_buf *ret_value)
{
    bool there = false;

    assert_int_equal(dmsci_row_value(w->bed.store, uri, ret_value, &there), DMSC_OK);
    assert_int_equal(dmsci_row_get(w->bed.store, uri, ret_row, &there), DMSC_OK);
    assert_true(there);
}

/* Somebody who can write to the file puts the value of one secret in the place of another, or
 * damages it. */
static void moved_by_hand(void **state)
{
    struct world *w = *state;
    struct dmsci_row row;
    struct dmsc_buf value;
    struct dmsc_bytes bytes;

    dmsc_buf_init(&value, w->bed.ctx, 10000);
    assert_int_equal(add(w, "./A", "first", DMSC_NODE_SECRET), DMSC_OK);
    assert_int_equal(add(w, "./B", "other", DMSC_NODE_SECRET), DMSC_OK);
    row_of(w, "./A", &row, &value);
    assert_int_equal(row.size, value.n);
    bytes = dmsc_buf_bytes(&value);
    bed_begin(&w->bed);
    assert_int_equal(dmsci_row_update(w->bed.store, "./B", &row, &bytes), DMSC_OK);
    value.p[value.n - 1] ^= 1;
    assert_int_equal(dmsci_row_update(w->bed.store, "./A", &row, &bytes), DMSC_OK);
    bed_commit(&w->bed);
    assert_refused(w, "./A", DMSC_E_CORRUPT, "secret:unreadable");
    assert_refused(w, "./B", DMSC_E_CORRUPT, "secret:unreadable");
    bytes = dmsc_bytes_str("plain");
    bed_begin(&w->bed);
    assert_int_equal(dmsci_row_update(w->bed.store, "./A", &row, &bytes), DMSC_OK);
    bed_commit(&w->bed);
    assert_refused(w, "./A", DMSC_E_CORRUPT, "secret:unreadable");
    dmsc_buf_clear(&value);
}

static void keys(void **state)
{
    struct world *w = *state;
    struct dmsc_secret key = DMSC_SECRET_INIT;

    assert_int_equal(add(w, "./A", "first", DMSC_NODE_SECRET), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&key, w->bed.ctx, dmsc_bytes_str("too short")), DMSC_OK);
    assert_int_equal(dmsc_store_set_key(w->bed.store, &key), DMSC_E_ARG);
    assert_value(w, "./A", "first");
    dmsc_secret_clear(&key);
    assert_int_equal(dmsc_store_set_key(w->bed.store, &key), DMSC_E_ARG);
    assert_value(w, "./A", "first");
}

static enum dmsc_err change(struct dmsc_tree *tree)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    enum dmsc_err err;

    spec.format = DMSC_FORMAT_CHR;
    spec.flags = DMSC_NODE_SECRET;
    spec.value = dmsc_bytes_str("hush");
    err = dmsc_tree_add(tree, "./A/b", &spec);
    if (err == DMSC_OK)
        err = dmsc_tree_replace(tree, "./A/b", NULL, NULL, dmsc_bytes_str("new"));
    if (err == DMSC_OK)
        err = dmsc_tree_rename(tree, "./A", "C");
    return err;
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct bed bed = { ctx, NULL, NULL };
    struct dmsc_buf value;
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    dmsc_buf_init(&value, ctx, 1000);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK) {
        err = change(bed.tree);
        if (err == DMSC_OK)
            err = dmsc_tree_commit(bed.tree);
        else
            dmsc_tree_rollback(bed.tree);
    }
    if (err == DMSC_OK)
        err = dmsc_tree_value(bed.tree, "./C/b", &value);
    if (err == DMSC_OK)
        assert_string_equal(dmsc_buf_str(&value), "new");
    dmsc_buf_clear(&value);
    bed_close(&bed);
    return err;
}

static void allocation_faults(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(absent_from_files, setup, teardown),
        cmocka_unit_test_setup_teardown(another_key, setup, teardown),
        cmocka_unit_test_setup_teardown(no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(renamed, setup, teardown),
        cmocka_unit_test_setup_teardown(moved_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(keys, setup, teardown),
        cmocka_unit_test(allocation_faults),
    };

    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
