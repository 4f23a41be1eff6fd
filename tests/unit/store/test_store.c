/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/store/checked.h"
#include "host/store/large.h"
#include "host/store/nodes.h"
#include "tests/support/test.h"
#include <dmsc/store.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    struct dmsc_ctx *ctx;
    char directory[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX + 16];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    assert_int_equal(dmsc_ctx_new(NULL, &w->ctx), DMSC_OK);
    support_mkdir(w->directory);
    (void)snprintf(w->path, sizeof(w->path), "%s/store", w->directory);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    support_rmdir(w->directory);
    dmsc_ctx_free(w->ctx);
    free(w);
    return 0;
}

static struct dmsc_store *open_store(struct world *w)
{
    struct dmsc_store *store = NULL;

    assert_int_equal(dmsc_store_open(w->ctx, w->path, &store), DMSC_OK);
    return store;
}

static void put(struct dmsc_store *store, const char *key, const char *value)
{
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, key, dmsc_bytes_str(value)), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
}

static void assert_value(struct world *w, struct dmsc_store *store, const char *key,
                         const char *expected)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 1u << 20);
    assert_int_equal(dmsc_store_get(store, key, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), expected);
    dmsc_buf_clear(&value);
}

static void assert_none(struct world *w, struct dmsc_store *store, const char *key)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->ctx, 100);
    assert_int_equal(dmsc_store_get(store, key, &value), DMSC_E_NOTFOUND);
    dmsc_buf_clear(&value);
}

static void keeps_values(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);
    struct dmsc_buf value;

    put(store, "card/1/header", "one");
    put(store, "card/1/header", "two");
    put(store, "empty", "");
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "binary", dmsc_bytes("\0\1\xFF", 3)), DMSC_OK);
    assert_int_equal(dmsc_store_delete(store, "nothing"), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    dmsc_store_close(store);
    store = open_store(w);
    assert_value(w, store, "card/1/header", "two");
    assert_value(w, store, "empty", "");
    assert_none(w, store, "nothing");
    dmsc_buf_init(&value, w->ctx, 3);
    assert_int_equal(dmsc_store_get(store, "binary", &value), DMSC_OK);
    assert_memory_equal(value.p, "\0\1\xFF", 3);
    /* The caller's ceiling holds, and what it had stays. */
    put(store, "long", "four");
    assert_int_equal(dmsc_store_get(store, "long", &value), DMSC_E_LIMIT);
    assert_int_equal(value.n, 3);
    dmsc_buf_clear(&value);
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_delete(store, "empty"), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    assert_none(w, store, "empty");
    dmsc_store_close(store);
}

static void memory_only(void **state)
{
    struct world *w = *state;
    struct dmsc_store *one = NULL;
    struct dmsc_store *two = NULL;

    assert_int_equal(dmsc_store_open(w->ctx, NULL, &one), DMSC_OK);
    assert_int_equal(dmsc_store_open(w->ctx, NULL, &two), DMSC_OK);
    put(one, "k", "v");
    assert_none(w, two, "k");
    dmsc_store_close(one);
    dmsc_store_close(two);
    dmsc_store_close(NULL);
}

static void writes_need_a_change(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);

    assert_int_equal(dmsc_store_put(store, "k", dmsc_bytes_str("v")), DMSC_E_STATE);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, "store:no-change");
    assert_int_equal(dmsc_store_delete(store, "k"), DMSC_E_STATE);
    assert_int_equal(dmsc_store_commit(store), DMSC_E_STATE);
    dmsc_store_rollback(store);
    assert_none(w, store, "k");
    dmsc_store_close(store);
}

static void changes_nest(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);
    unsigned depth = 0;

    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "a", dmsc_bytes_str("1")), DMSC_OK);
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "a", dmsc_bytes_str("2")), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "b", dmsc_bytes_str("2")), DMSC_OK);
    dmsc_store_rollback(store);
    assert_value(w, store, "a", "1");
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "c", dmsc_bytes_str("3")), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_put(store, "d", dmsc_bytes_str("4")), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    dmsc_store_rollback(store);
    while (dmsc_store_begin(store) == DMSC_OK)
        depth++;
    assert_true(depth >= 8);
    assert_int_equal(dmsc_diag_get(w->ctx)->err, DMSC_E_LIMIT);
    assert_int_equal(dmsc_store_put(store, "e", dmsc_bytes_str("5")), DMSC_OK);
    /* Closed in the middle of a change: as if it never began. */
    dmsc_store_close(store);
    store = open_store(w);
    assert_value(w, store, "a", "1");
    assert_none(w, store, "b");
    assert_value(w, store, "c", "3");
    assert_none(w, store, "d");
    assert_none(w, store, "e");
    dmsc_store_close(store);
}

struct list {
    char text[200];
    unsigned stop_after;
    struct dmsc_store *store;
};

static bool collect(void *user, const char *key)
{
    struct list *list = user;
    size_t n = strlen(list->text);

    (void)snprintf(list->text + n, sizeof(list->text) - n, "%s|", key);
    return --list->stop_after > 0;
}

static bool delete_it(void *user, const char *key)
{
    struct list *list = user;

    assert_int_equal(dmsc_store_delete(list->store, key), DMSC_OK);
    return true;
}

static void lists_keys(void **state)
{
    static const char *const keys[] = { "card/2/x", "card/1/b", "card/1",  "card/1/a",
                                        "cards",    "é",        "card/1é", "" };
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);
    struct list list = { .stop_after = 99, .store = store };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(keys); i++)
        put(store, keys[i], "x");
    assert_int_equal(dmsc_store_keys(store, "card/1", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "card/1|card/1/a|card/1/b|card/1é|");
    list = (struct list){ .stop_after = 99, .store = store };
    assert_int_equal(dmsc_store_keys(store, "", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "|card/1|card/1/a|card/1/b|card/1é|card/2/x|cards|é|");
    list = (struct list){ .stop_after = 2, .store = store };
    assert_int_equal(dmsc_store_keys(store, "card/", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "card/1|card/1/a|");
    list = (struct list){ .stop_after = 99, .store = store };
    assert_int_equal(dmsc_store_keys(store, "none", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "");
    /* The callback may write. */
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsc_store_keys(store, "card/1", delete_it, &list), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    assert_int_equal(dmsc_store_keys(store, "card", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "card/2/x|cards|");
    dmsc_store_close(store);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void others_cannot_read(void **state)
{
    static const char *const companions[] = { "", "-wal", "-shm", "-writer" };
    struct world *w = *state;
    struct dmsc_store *store;
    char path[SUPPORT_PATH_MAX + 32];
    mode_t old = umask(0);

    store = open_store(w);
    put(store, "k", "v");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(companions); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", w->path, companions[i]);
        assert_int_equal(mode_of(path), 0600);
    }
    dmsc_store_close(store);
    assert_int_equal(chmod(w->path, 0644), 0);
    store = open_store(w);
    assert_int_equal(mode_of(w->path), 0600);
    dmsc_store_close(store);
    (void)umask(old);
}

static void refuse(struct world *w, enum dmsc_err expected, const char *reason)
{
    struct dmsc_store *store = NULL;

    assert_int_equal(dmsc_store_open(w->ctx, w->path, &store), expected);
    assert_null(store);
    if (reason != NULL)
        assert_string_equal(dmsc_diag_get(w->ctx)->reason, reason);
    assert_string_not_equal(dmsc_diag_get(w->ctx)->where, "");
    assert_string_not_equal(dmsc_diag_get(w->ctx)->why, "");
}

static void write_file(const char *path, const void *p, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(p, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void sql(struct world *w, const char *text)
{
    struct dmsci_checked checked;
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(
        dmsci_checked_open(&checked, w->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db),
        SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void wrong_places(void **state)
{
    struct world *w = *state;

    (void)snprintf(w->path, sizeof(w->path), "%s/no/store", w->directory);
    refuse(w, DMSC_E_IO, "store:open");
    (void)snprintf(w->path, sizeof(w->path), "%s", w->directory);
    refuse(w, DMSC_E_IO, "store:not-a-file");
}

/* What is no store gets no companions. */
static void assert_alone(struct world *w)
{
    static const char *const companions[] = { "-writer", "-wal", "-shm", "-journal" };
    char path[sizeof(w->path) + 16];

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(companions); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", w->path, companions[i]);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static void wrong_files(void **state)
{
    static const char text[] = "This is no database, but it is longer than the head of one is: "
                               "one hundred octets are needed for that, and here they are.......";
    struct world *w = *state;
    struct dmsc_bytes after;

    write_file(w->path, text, sizeof(text));
    refuse(w, DMSC_E_CORRUPT, "store:not-a-store");
    after = support_slurp(w->path);
    assert_memory_equal(after.p, text, sizeof(text));
    support_free(after);
    assert_string_equal(dmsc_diag_get(w->ctx)->why, "it is no database");
    assert_alone(w);
    assert_int_equal(remove(w->path), 0);
    /* Somebody else's database is refused and left alone. */
    sql(w, "CREATE TABLE photo(x); PRAGMA user_version=1;");
    refuse(w, DMSC_E_UNSUPPORTED, "store:not-a-store");
    assert_alone(w);
    sql(w, "INSERT INTO photo VALUES(1)");
}

static void newer_schema(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);

    put(store, "k", "v");
    dmsc_store_close(store);
    sql(w, "PRAGMA user_version=4");
    refuse(w, DMSC_E_UNSUPPORTED, "store:newer");
    sql(w, "PRAGMA user_version=0");
    refuse(w, DMSC_E_CORRUPT, "store:schema");
    sql(w, "PRAGMA user_version=3");
    store = open_store(w);
    assert_value(w, store, "k", "v");
    dmsc_store_close(store);
    sql(w, "DROP TABLE state");
    refuse(w, DMSC_E_CORRUPT, "store:schema");
}

/* A store of the first version, which had no record of refusals, is brought up when it is opened,
 * with what is in it. */
static void older_schema(void **state)
{
    struct dmsci_refusal refusal = { .at = 7,
                                     .times = 3,
                                     .who = "com.a",
                                     .right = "Get",
                                     .where = "./A",
                                     .reason = "acl",
                                     .detail = "why" };
    struct dmsci_refusal back = { 0 };
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);
    bool there = false;

    put(store, "k", "v");
    dmsc_store_close(store);
    sql(w, "DROP TABLE audit; DROP INDEX node_mo; DROP INDEX node_large; DROP TABLE part;"
           "DROP TABLE large; ALTER TABLE state DROP COLUMN sums; PRAGMA user_version=1");
    store = open_store(w);
    assert_value(w, store, "k", "v");
    assert_int_equal(dmsci_refusal_add(store, &refusal), DMSC_E_STATE);
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsci_refusal_add(store, &refusal), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    assert_int_equal(dmsci_refusal_next(store, 0, &back, &there), DMSC_OK);
    assert_true(there);
    assert_int_equal(back.at, 7);
    assert_int_equal(back.times, 3);
    assert_string_equal(back.who, "com.a");
    assert_string_equal(back.right, "Get");
    assert_string_equal(back.where, "./A");
    assert_string_equal(back.reason, "acl");
    assert_string_equal(back.detail, "why");
    assert_int_equal(dmsci_refusal_next(store, back.id, &back, &there), DMSC_OK);
    assert_false(there);
    dmsc_store_close(store);
}

/* The records forget what is oldest, and nothing else. */
static void records_are_bounded(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsci_refusal refusal = {
        .who = "a", .right = "Get", .where = "./A", .reason = "acl", .detail = ""
    };
    struct dmsci_change change = { .actor = "a", .count = 1, .what = "add ./A\n" };
    struct dmsc_store *store = NULL;
    struct dmsc_ctx *ctx = NULL;
    bool there = false;

    (void)state;
    config.limits.changes_kept = 3;
    config.limits.refusals_kept = 5;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(ctx, NULL, &store), DMSC_OK);
    for (int i = 1; i <= 10; i++) {
        refusal.at = change.at = i;
        assert_int_equal(dmsc_store_begin(store), DMSC_OK);
        assert_int_equal(dmsci_refusal_add(store, &refusal), DMSC_OK);
        assert_int_equal(dmsci_change_add(store, &change), DMSC_OK);
        assert_int_equal(dmsc_store_commit(store), DMSC_OK);
    }
    assert_int_equal(dmsci_refusal_next(store, 0, &refusal, &there), DMSC_OK);
    assert_int_equal(refusal.id, 6);
    assert_int_equal(refusal.at, 6);
    assert_int_equal(dmsci_change_next(store, 0, &change, &there), DMSC_OK);
    assert_int_equal(change.id, 8);
    assert_int_equal(dmsci_change_next(store, 9, &change, &there), DMSC_OK);
    assert_int_equal(change.at, 10);
    dmsc_store_close(store);
    dmsc_ctx_free(ctx);
}

/* What a hostile file brings along does not run. */
static void triggers_do_not_run(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);

    dmsc_store_close(store);
    sql(w, "CREATE TRIGGER evil AFTER INSERT ON kv BEGIN"
           " INSERT OR REPLACE INTO kv VALUES('evil', 'x'); END");
    store = open_store(w);
    put(store, "k", "v");
    assert_none(w, store, "evil");
    dmsc_store_close(store);
}

static const char planted[] = "./leaf";

static void plant_leaf(struct world *w, struct dmsc_store *store)
{
    const struct dmsci_row row = { .type = "text/plain", .title = "", .acl = "", .format = 1 };
    struct dmsci_large large = { 0 };
    char piece[3000];

    (void)w;
    memset(piece, 'L', sizeof(piece));
    assert_int_equal(dmsc_store_begin(store), DMSC_OK);
    assert_int_equal(dmsci_row_insert(store, planted, &row, dmsc_bytes(NULL, 0)), DMSC_OK);
    assert_int_equal(dmsci_large_begin(store, "t", dmsc_bytes_str("tag"), -1, 7, &large), DMSC_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(dmsci_large_append(store, &large, dmsc_bytes(piece, sizeof(piece)), 8),
                         DMSC_OK);
    assert_int_equal(dmsci_row_set_large(store, planted, large.id), DMSC_OK);
    assert_int_equal(dmsc_store_commit(store), DMSC_OK);
}

static size_t plant(struct world *w)
{
    struct dmsc_store *store = open_store(w);
    struct stat st;
    char key[32];
    char value[600];

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "key/%u", i);
        put(store, key, value);
    }
    plant_leaf(w, store);
    dmsc_store_close(store);
    assert_int_equal(stat(w->path, &st), 0);
    return (size_t)st.st_size;
}

/* As it was written, or an error that says that the file is damaged. @return whether it was read */
static bool whole_or_told(struct world *w, enum dmsc_err err, const struct dmsc_buf *value, char c,
                          size_t n)
{
    if (err != DMSC_OK) {
        assert_true(err == DMSC_E_CORRUPT || err == DMSC_E_NOTFOUND || err == DMSC_E_IO);
        return false;
    }
    assert_int_equal(value->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(value->p[i], c);
    (void)w;
    return true;
}

static bool read_leaf(struct world *w, struct dmsc_store *store, struct dmsc_buf *value)
{
    struct dmsci_row row = { 0 };
    bool there = false;
    enum dmsc_err err = dmsci_row_get(store, planted, &row, &there);

    if (err == DMSC_OK && !there)
        err = DMSC_E_NOTFOUND;
    if (err == DMSC_OK) {
        assert_string_equal(row.type, "text/plain");
        assert_int_equal(row.size, 12000);
    }
    dmsc_buf_reset(value);
    for (int64_t at = 0; err == DMSC_OK && at < 12000; at = (int64_t)value->n) {
        err = dmsci_large_read(store, row.large, at, 5000, value);
        if (err == DMSC_OK && (int64_t)value->n == at)
            err = DMSC_E_NOTFOUND;
    }
    return whole_or_told(w, err, value, 'L', 12000);
}

/* Opened or refused, read or refused: never a crash, never another value.
 * @return whether all of it was read */
static bool use_damaged(struct world *w)
{
    struct dmsc_store *store = NULL;
    struct dmsc_buf value;
    char key[32];
    bool all = true;

    if (dmsc_store_open(w->ctx, w->path, &store) != DMSC_OK) {
        enum dmsc_err err = dmsc_diag_get(w->ctx)->err;

        assert_true(err == DMSC_E_CORRUPT || err == DMSC_E_UNSUPPORTED || err == DMSC_E_IO);
        return false;
    }
    dmsc_buf_init(&value, w->ctx, 20000);
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "key/%u", i);
        all = whole_or_told(w, dmsc_store_get(store, key, &value), &value, 'v', 599) && all;
    }
    all = read_leaf(w, store, &value) && all;
    if (dmsc_store_begin(store) == DMSC_OK) {
        if (dmsc_store_put(store, "new", dmsc_bytes_str("v")) != DMSC_OK ||
            dmsc_store_commit(store) != DMSC_OK)
            dmsc_store_rollback(store);
    }
    dmsc_buf_clear(&value);
    dmsc_store_close(store);
    return all;
}

static void remove_companions(struct world *w)
{
    static const char *const companions[] = { "-wal", "-shm", "-writer" };
    char path[SUPPORT_PATH_MAX + 32];

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(companions); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", w->path, companions[i]);
        (void)remove(path);
    }
}

static void truncated(void **state)
{
    struct world *w = *state;
    size_t n = plant(w);
    struct dmsc_bytes good = support_slurp(w->path);

    /* A file of one octet is an empty one to SQLite (it writes such files itself). */
    for (size_t cut = 2; cut < n; cut += cut < 200 ? 7 : 1021) {
        write_file(w->path, good.p, cut);
        remove_companions(w);
        refuse(w, DMSC_E_CORRUPT, NULL);
    }
    support_free(good);
}

/* Every page has a sum, so a flipped bit is told at the latest when what it is in is read. */
static void flipped_bits(void **state)
{
    struct world *w = *state;
    size_t n = plant(w), noticed = 0, tried = 0;
    struct dmsc_bytes good = support_slurp(w->path);
    uint8_t *copy = malloc(n);

    assert_non_null(copy);
    for (size_t bit = 0; bit < n * 8; bit += bit < 800 ? 1 : 1237, tried++) {
        dmsci_copy(copy, good.p, n);
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1 << bit % 8);
        write_file(w->path, copy, n);
        remove_companions(w);
        noticed += !use_damaged(w);
    }
    /* The file is checked whole when it is opened: nothing goes by. */
    assert_int_equal(noticed, tried);
    free(copy);
    support_free(good);
}

/* Not the "disk I/O error" of SQLite: the disk does what it is told. */
static void a_bad_page_is_told_in_words(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store = NULL;
    size_t n = plant(w);
    struct dmsc_bytes good = support_slurp(w->path);
    uint8_t *copy = malloc(n);

    assert_non_null(copy);
    dmsci_copy(copy, good.p, n);
    copy[n / 2] ^= 1;
    write_file(w->path, copy, n);
    remove_companions(w);
    assert_int_equal(dmsc_store_open(w->ctx, w->path, &store), DMSC_E_CORRUPT);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, "store:corrupt");
    assert_string_equal(dmsc_diag_get(w->ctx)->why, "a page of the file is not what was written");
    free(copy);
    support_free(good);
}

/* Above the size that is checked whole when it is opened, and with values that lie in pages of
 * their own: what is wrong is told where it is read. */
static void flipped_in_a_large_file(void **state)
{
    static char value[60000];
    struct world *w = *state;
    struct dmsc_store *store = open_store(w);
    struct dmsc_buf back;
    struct dmsc_bytes good;
    size_t noticed = 0, tried = 0;
    char key[16];

    memset(value, 'v', sizeof(value) - 1);
    for (unsigned i = 0; i < 90; i++) {
        (void)snprintf(key, sizeof(key), "k%u", i);
        put(store, key, value);
    }
    dmsc_store_close(store);
    good = support_slurp(w->path);
    assert_true(good.n > 4u << 20);
    dmsc_buf_init(&back, w->ctx, sizeof(value));
    for (size_t at = 409600 + 99; at + 4096 < good.n; at += 409600 + 4096, tried++) {
        uint8_t *octet = (uint8_t *)(uintptr_t)good.p + at;
        bool all = true;

        *octet = (uint8_t)(*octet ^ 4);
        write_file(w->path, good.p, good.n);
        remove_companions(w);
        if (dmsc_store_open(w->ctx, w->path, &store) != DMSC_OK)
            all = false;
        for (unsigned i = 0; i < 90 && all; i++) {
            (void)snprintf(key, sizeof(key), "k%u", i);
            all =
                whole_or_told(w, dmsc_store_get(store, key, &back), &back, 'v', sizeof(value) - 1);
        }
        noticed += !all;
        dmsc_store_close(store);
        store = NULL;
        *octet = (uint8_t)(*octet ^ 4);
    }
    assert_true(tried > 8);
    assert_int_equal(noticed, tried);
    dmsc_buf_clear(&back);
    support_free(good);
}

/* A page in the place of another is none. */
static void swapped_pages(void **state)
{
    struct world *w = *state;
    size_t n = plant(w), pages = n / 4096, noticed = 0, tried = 0;
    struct dmsc_bytes good = support_slurp(w->path);
    uint8_t *copy = malloc(n);

    assert_non_null(copy);
    for (size_t i = 1; i + 1 < pages; i++) {
        if (memcmp(good.p + i * 4096, good.p + (i + 1) * 4096, 4088) == 0)
            continue;
        dmsci_copy(copy, good.p, n);
        dmsci_copy(copy + i * 4096, good.p + (i + 1) * 4096, 4096);
        dmsci_copy(copy + (i + 1) * 4096, good.p + i * 4096, 4096);
        write_file(w->path, copy, n);
        remove_companions(w);
        noticed += !use_damaged(w);
        tried++;
    }
    assert_true(tried > 5);
    assert_int_equal(noticed, tried);
    free(copy);
    support_free(good);
}

/* A child that holds the write lock until it is told to end. */
static pid_t other_writer(struct world *w, int to_child[2], int from_child[2])
{
    pid_t pid;
    char c = 0;

    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(from_child), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct dmsc_ctx *ctx = NULL;
        struct dmsc_store *store = NULL;
        bool good = dmsc_ctx_new(NULL, &ctx) == DMSC_OK &&
                    dmsc_store_open(ctx, w->path, &store) == DMSC_OK &&
                    dmsc_store_begin(store) == DMSC_OK &&
                    dmsc_store_put(store, "child", dmsc_bytes_str("v")) == DMSC_OK;

        (void)!write(from_child[1], good ? "y" : "n", 1);
        (void)!read(to_child[0], &c, 1);
        if (good && c == 'c')
            good = dmsc_store_commit(store) == DMSC_OK;
        dmsc_store_close(store);
        dmsc_ctx_free(ctx);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(read(from_child[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    return pid;
}

static void end_writer(pid_t pid, int to_child[2], int from_child[2], const char *how)
{
    int status = 1;

    assert_int_equal(write(to_child[1], how, 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    for (int i = 0; i < 2; i++) {
        (void)close(to_child[i]);
        (void)close(from_child[i]);
    }
}

static void one_writer(void **state)
{
    struct world *w = *state;
    struct dmsc_store *store;
    int to_child[2];
    int from_child[2];
    char expected[64];
    pid_t pid;

    put(store = open_store(w), "mine", "v");
    dmsc_store_close(store);
    pid = other_writer(w, to_child, from_child);
    /* Opening and reading go on beside the writer, and do not see what it has not committed. */
    store = open_store(w);
    assert_value(w, store, "mine", "v");
    assert_none(w, store, "child");
    assert_int_equal(dmsc_store_begin(store), DMSC_E_AGAIN);
    assert_string_equal(dmsc_diag_get(w->ctx)->reason, "store:busy");
    (void)snprintf(expected, sizeof(expected), "process %ld writes", (long)pid);
    assert_string_equal(dmsc_diag_get(w->ctx)->why, expected);
    end_writer(pid, to_child, from_child, "c");
    assert_value(w, store, "child", "v");
    put(store, "mine", "w");
    dmsc_store_close(store);
}

static void two_stores_of_one_process(void **state)
{
    struct world *w = *state;
    struct dmsc_store *one = open_store(w);
    struct dmsc_store *two = open_store(w);

    put(one, "k", "1");
    assert_value(w, two, "k", "1");
    assert_int_equal(dmsc_store_begin(one), DMSC_OK);
    assert_int_equal(dmsc_store_begin(two), DMSC_E_AGAIN);
    assert_int_equal(dmsc_store_commit(one), DMSC_OK);
    put(two, "k", "2");
    dmsc_store_close(two);
    assert_value(w, one, "k", "2");
    put(one, "k", "3");
    dmsc_store_close(one);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct world *w = user;
    struct dmsc_store *store = NULL;
    struct dmsc_buf value;
    struct list list = { .stop_after = 99 };
    enum dmsc_err err = dmsc_store_open(ctx, w->path, &store);

    dmsc_buf_init(&value, ctx, 100);
    if (err == DMSC_OK)
        err = dmsc_store_begin(store);
    if (err == DMSC_OK)
        err = dmsc_store_put(store, "k", dmsc_bytes_str("v"));
    if (err == DMSC_OK)
        err = dmsc_store_commit(store);
    if (err == DMSC_OK)
        err = dmsc_store_get(store, "k", &value);
    if (err == DMSC_OK)
        err = dmsc_store_keys(store, "k", collect, &list);
    dmsc_buf_clear(&value);
    dmsc_store_close(store);
    return err;
}

static void allocation_faults(void **state)
{
    assert_true(fault_torture(scenario, *state) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_values, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_only, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_need_a_change, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_nest, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(others_cannot_read, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_places, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_files, setup, teardown),
        cmocka_unit_test_setup_teardown(newer_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(older_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(triggers_do_not_run, setup, teardown),
        cmocka_unit_test_setup_teardown(truncated, setup, teardown),
        cmocka_unit_test(records_are_bounded),
        cmocka_unit_test_setup_teardown(flipped_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(flipped_in_a_large_file, setup, teardown),
        cmocka_unit_test_setup_teardown(swapped_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_page_is_told_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(one_writer, setup, teardown),
        cmocka_unit_test_setup_teardown(two_stores_of_one_process, setup, teardown),
        cmocka_unit_test_setup_teardown(allocation_faults, setup, teardown),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
