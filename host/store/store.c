/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, transactions. */
#include "host/store/nodes.h"
#include "host/store/private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than a commit of another process takes, shorter than a person's patience. */
#define BUSY_TIMEOUT_MS 2000

static enum dmsc_err file_failed(struct dmsc_ctx *ctx, const char *path, const char *reason,
                                 const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_IO, "open the store");
    dmsci_where(ctx, "%s", path);
    dmsci_why(ctx, reason, "%s", why);
    dmsci_hint(ctx, "check the directory and its permissions");
    return DMSC_E_IO;
}

/* The file is made here and not by SQLite, so that it is never there with another mode; its log
 * and index take its mode. An existing file is never opened here: closing it would drop the locks
 * of a second store of this process on it. */
static enum dmsc_err prepare_file(struct dmsc_ctx *ctx, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)close(fd);
        return DMSC_OK;
    }
    if (errno != EEXIST || stat(path, &st) != 0) {
        enum dmsc_err err = file_failed(ctx, path, "store:open", strerror(errno));

        dmsci_fail_code(ctx, errno);
        return err;
    }
    if (!S_ISREG(st.st_mode))
        return file_failed(ctx, path, "store:not-a-file", "it is not a regular file");
    if ((st.st_mode & 077) == 0)
        return DMSC_OK;
    dmsci_log(ctx, DMSC_LOG_WARN, "store", "%s could be read by others: closed to them", path);
    if (chmod(path, 0600) != 0)
        return file_failed(ctx, path, "store:mode", "others may read it");
    return DMSC_OK;
}

/* The file is input like any other: nothing in it may make SQLite run what we did not write. */
static void harden(sqlite3 *db)
{
    static const struct {
        int option;
        int value;
    } options[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },        { SQLITE_DBCONFIG_DQS_DML, 0 },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(options); i++)
        (void)sqlite3_db_config(db, options[i].option, options[i].value, NULL);
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
}

static enum dmsc_err connect(struct dmsc_store *store)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    bool in_memory = store->path[0] == '\0';
    enum dmsc_err err = in_memory ? DMSC_OK : prepare_file(store->ctx, store->path);

    if (err != DMSC_OK)
        return err;
    if ((in_memory
             ? sqlite3_open_v2(":memory:", &store->db, flags | SQLITE_OPEN_CREATE, NULL)
             : dmsci_checked_open(&store->checked, store->path, flags, &store->db)) != SQLITE_OK) {
        if (store->db == NULL)
            return dmsci_fail(store->ctx, DMSC_E_NOMEM, "open the store");
        return dmsci_sql_fail(store, "open the store");
    }
    harden(store->db);
    store->dropped = true; /* a process that was killed may have left some */
    return dmsci_schema_open(store);
}

enum dmsc_err dmsc_store_open(struct dmsc_ctx *ctx, const char *path, struct dmsc_store **ret_store)
{
    struct dmsc_store *store = dmsci_alloc(ctx, sizeof(*store));
    enum dmsc_err err;

    if (store == NULL)
        return DMSC_E_NOMEM;
    store->ctx = ctx;
    store->writer_fd = -1;
    dmsc_buf_init(&store->row, ctx, SIZE_MAX / 2);
    store->path = dmsci_strdup(ctx, path == NULL ? "" : path);
    err = store->path == NULL ? DMSC_E_NOMEM : connect(store);
    if (err != DMSC_OK) {
        dmsc_store_close(store);
        return err;
    }
    *ret_store = store;
    return DMSC_OK;
}

void dmsc_store_close(struct dmsc_store *store)
{
    if (store == NULL)
        return;
    while (store->depth > 0)
        dmsc_store_rollback(store);
    dmsci_sql_close(store);
    dmsci_writer_close(store);
    dmsc_buf_clear(&store->row);
    dmsc_secret_clear(&store->key);
    dmsci_free(store->ctx, store->path);
    dmsci_free(store->ctx, store);
}

enum dmsc_err dmsci_store_writable(struct dmsc_store *store, const char *what)
{
    if (store->depth == 0) {
        (void)dmsci_fail(store->ctx, DMSC_E_STATE, "%s", what);
        dmsci_why(store->ctx, "store:no-change", "no change was begun");
        return DMSC_E_STATE;
    }
    if (store->lost) {
        (void)dmsci_fail(store->ctx, DMSC_E_IO, "%s", what);
        dmsci_why(store->ctx, "store:lost", "the change was undone when a write failed before");
        return DMSC_E_IO;
    }
    return DMSC_OK;
}

static enum dmsc_err load_state(struct dmsc_store *store)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_STATE_GET, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "begin a change", &row);
    if (err == DMSC_OK)
        store->nodes = row ? (uint32_t)sqlite3_column_int64(stmt, 0) : 0;
    store->nodes_saved = store->nodes;
    dmsci_sql_done(store, stmt);
    return err;
}

static enum dmsc_err begin_outermost(struct dmsc_store *store)
{
    enum dmsc_err err;

    if (store->readers > 0)
        return dmsci_fail(store->ctx, DMSC_E_STATE, "begin a change while reading");
    err = dmsci_sql_run(store, SQL_BEGIN_WRITE, "begin a change");
    if (err != DMSC_OK)
        return err;
    err = load_state(store);
    if (err != DMSC_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    else
        dmsci_writer_note(store);
    return err;
}

enum dmsc_err dmsc_store_begin(struct dmsc_store *store)
{
    enum dmsc_err err;

    if (store->depth == 0) {
        err = begin_outermost(store);
    } else {
        err = dmsci_store_writable(store, "begin a change");
        if (err == DMSC_OK && store->depth >= STORE_DEPTH_MAX)
            err = dmsci_fail(store->ctx, DMSC_E_LIMIT, "begin a change in %u others", store->depth);
        if (err == DMSC_OK)
            err = dmsci_sql_run(store, SQL_SAVEPOINT, "begin a change");
    }
    if (err == DMSC_OK)
        store->marks[store->depth++] = store->nodes;
    return err;
}

static enum dmsc_err save_state(struct dmsc_store *store)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err;

    if (store->nodes == store->nodes_saved)
        return DMSC_OK;
    err = dmsci_sql_get(store, SQL_STATE_PUT, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, store->nodes);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "commit a change", &row);
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsc_store_commit(struct dmsc_store *store)
{
    enum dmsc_err err = dmsci_store_writable(store, "commit a change");

    if (err == DMSC_OK && store->depth > 1)
        err = dmsci_sql_run(store, SQL_RELEASE, "commit a change");
    else if (err == DMSC_OK) {
        err = save_state(store);
        if (err == DMSC_OK)
            err = dmsci_sql_run(store, SQL_COMMIT, "commit a change");
    }
    if (err != DMSC_OK)
        dmsc_store_rollback(store);
    else
        store->depth--;
    if (err == DMSC_OK && store->depth == 0 && store->dropped)
        dmsci_large_sweep(store);
    return err;
}

void dmsc_store_rollback(struct dmsc_store *store)
{
    if (store == NULL || store->depth == 0)
        return;
    store->nodes = store->marks[--store->depth];
    if (store->depth == 0) {
        if (sqlite3_get_autocommit(store->db) == 0)
            (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        store->lost = false;
    } else if (!store->lost && (dmsci_sql_run(store, SQL_ROLLBACK_TO, "undo a change") != DMSC_OK ||
                                dmsci_sql_run(store, SQL_RELEASE, "undo a change") != DMSC_OK)) {
        /* What was to be undone must not be committed with the rest. */
        store->lost = true;
    }
}

enum dmsc_err dmsci_store_read_begin(struct dmsc_store *store)
{
    enum dmsc_err err = DMSC_OK;

    if (store->depth == 0 && store->readers == 0)
        err = dmsci_sql_run(store, SQL_BEGIN_READ, "begin to read");
    if (err == DMSC_OK)
        store->readers++;
    return err;
}

void dmsci_store_read_end(struct dmsc_store *store)
{
    if (--store->readers == 0 && store->depth == 0)
        (void)sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
}

static uint64_t status(struct dmsc_store *store, int what)
{
    int now = 0;
    int most = 0;

    (void)sqlite3_db_status(store->db, what, &now, &most, 0);
    return (uint64_t)now;
}

void dmsci_store_cost(struct dmsc_store *store, struct dmsci_cost *ret_cost)
{
    uint64_t reads = status(store, SQLITE_DBSTATUS_CACHE_MISS);

    *ret_cost = (struct dmsci_cost){
        .steps = store->steps,
        .pages = status(store, SQLITE_DBSTATUS_CACHE_HIT) + reads,
        .reads = reads,
    };
}
