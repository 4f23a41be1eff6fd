/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/large.h"
#include "host/store/private.h"

/* Steps a statement with numbers and no row. */
static enum dmsc_err run(struct dmsc_store *store, enum dmsci_sql id, const char *what,
                         const int64_t *numbers, int n)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, what);

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, id, &stmt);
    for (int i = 0; i < n && err == DMSC_OK; i++)
        err = dmsci_sql_bind_int(store, stmt, i + 1, numbers[i]);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, what, &row);
    dmsci_sql_done(store, stmt);
    return err;
}

static enum dmsc_err corrupt(struct dmsc_store *store)
{
    (void)dmsci_fail(store->ctx, DMSC_E_CORRUPT, "read a large object");
    dmsci_where(store->ctx, "%s", store->path);
    dmsci_why(store->ctx, "store:corrupt", "what is noted of it cannot be");
    return DMSC_E_CORRUPT;
}

/* The row of a search by name: id, size, have, at, and one column of octets. */
static enum dmsc_err search(struct dmsc_store *store, enum dmsci_sql id, const char *name,
                            struct dmsci_large *ret_large, struct dmsc_buf *ret_octets,
                            bool *ret_there)
{
    sqlite3_stmt *stmt = NULL;
    bool there = false;
    enum dmsc_err err = dmsci_sql_get(store, id, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_bytes_str(name));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "look for a transfer", &there);
    if (err == DMSC_OK && there) {
        const void *octets = sqlite3_column_blob(stmt, 4);
        size_t n = (size_t)sqlite3_column_bytes(stmt, 4);

        *ret_large = (struct dmsci_large){
            .id = sqlite3_column_int64(stmt, 0),
            .size = sqlite3_column_int64(stmt, 1),
            .have = sqlite3_column_int64(stmt, 2),
            .at = sqlite3_column_int64(stmt, 3),
        };
        if (ret_large->have < 0 || ret_large->size < -1)
            err = corrupt(store);
        else if (ret_octets != NULL)
            err = dmsc_buf_set(ret_octets, dmsc_bytes(octets, n));
    }
    dmsci_sql_done(store, stmt);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_large_find(struct dmsc_store *store, const char *name,
                               struct dmsci_large *ret_large, struct dmsc_buf *ret_tag,
                               bool *ret_there)
{
    return search(store, SQL_LARGE_GET, name, ret_large, ret_tag, ret_there);
}

enum dmsc_err dmsci_large_next(struct dmsc_store *store, const char *after,
                               struct dmsc_buf *ret_name, struct dmsci_large *ret_large,
                               bool *ret_there)
{
    return search(store, SQL_LARGE_NEXT, after, ret_large, ret_name, ret_there);
}

enum dmsc_err dmsci_large_begin(struct dmsc_store *store, const char *name, struct dmsc_bytes tag,
                                int64_t size, int64_t now, struct dmsci_large *ret_large)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, "begin a transfer");

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, SQL_LARGE_ADD, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_bytes_str(name));
    if (err == DMSC_OK)
        err = dmsci_sql_bind_blob(store, stmt, 2, tag);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 3, size);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 4, now);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "begin a transfer", &row);
    dmsci_sql_done(store, stmt);
    if (err == DMSC_OK)
        *ret_large = (struct dmsci_large){ sqlite3_last_insert_rowid(store->db), size, 0, now };
    return err;
}

static enum dmsc_err add_part(struct dmsc_store *store, int64_t id, int64_t at,
                              struct dmsc_bytes octets)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_sql_get(store, SQL_PART_ADD, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, id);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 2, at);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_blob(store, stmt, 3, octets);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "keep a piece", &row);
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsci_large_append(struct dmsc_store *store, struct dmsci_large *large,
                                 struct dmsc_bytes piece, int64_t now)
{
    const int64_t news[] = { large->id, large->have + (int64_t)piece.n, now };
    enum dmsc_err err = dmsci_store_writable(store, "keep a piece");

    if (err == DMSC_OK)
        err = add_part(store, large->id, large->have, piece);
    if (err == DMSC_OK)
        err = run(store, SQL_LARGE_HAVE, "keep a piece", news, DMSCI_ARRAY_LEN(news));
    if (err == DMSC_OK) {
        large->have = news[1];
        large->at = now;
    }
    return err;
}

enum dmsc_err dmsci_large_read(struct dmsc_store *store, int64_t id, int64_t at, size_t n,
                               struct dmsc_buf *ret_octets)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_PART_AT, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, id);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 2, at);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read a piece", &row);
    if (err == DMSC_OK && row && sqlite3_column_int64(stmt, 0) < 0)
        err = corrupt(store);
    if (err == DMSC_OK && row) {
        const uint8_t *p = sqlite3_column_blob(stmt, 1);
        int64_t from = at - sqlite3_column_int64(stmt, 0);
        int64_t left = sqlite3_column_bytes(stmt, 1) - from;

        if (p != NULL && from >= 0 && left > 0)
            err = dmsc_buf_append(ret_octets,
                                  dmsc_bytes(p + from, (size_t)left < n ? (size_t)left : n));
    }
    dmsci_sql_done(store, stmt);
    return err;
}

/* In a change in a change SQLite keeps what it deletes in memory, so that it can be undone alone:
 * what is gone is marked, and its octets are taken away when all is over. */
enum dmsc_err dmsci_large_drop(struct dmsc_store *store, int64_t id)
{
    enum dmsc_err err = run(store, SQL_LARGE_DROP, "drop a large object", &id, 1);

    if (err == DMSC_OK)
        store->dropped = true;
    return err;
}

static enum dmsc_err any_dropped(struct dmsc_store *store, bool *ret_any)
{
    sqlite3_stmt *stmt = NULL;
    enum dmsc_err err = dmsci_sql_get(store, SQL_LARGE_DROPPED, &stmt);

    *ret_any = false;
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "look for what is gone", ret_any);
    dmsci_sql_done(store, stmt);
    return err;
}

static enum dmsc_err sweep(struct dmsc_store *store)
{
    enum dmsc_err err = dmsci_sql_run(store, SQL_BEGIN_WRITE, "sweep");

    if (err != DMSC_OK)
        return err;
    err = dmsci_sql_run(store, SQL_PART_SWEEP, "sweep");
    if (err == DMSC_OK)
        err = dmsci_sql_run(store, SQL_LARGE_SWEEP, "sweep");
    if (err == DMSC_OK)
        err = dmsci_sql_run(store, SQL_COMMIT, "sweep");
    if (err != DMSC_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

void dmsci_large_sweep(struct dmsc_store *store)
{
    bool any = false;
    enum dmsc_err err = any_dropped(store, &any);

    if (err == DMSC_OK && any)
        err = sweep(store);
    /* What could not be taken away is tried again behind the next change. */
    store->dropped = err != DMSC_OK;
    if (err != DMSC_OK)
        dmsci_log(store->ctx, DMSC_LOG_INFO, "store",
                  "large objects that are gone still take room");
}

/* Piece by piece: SQLite would take what it reads of a table that it writes into memory first. */
enum dmsc_err dmsci_large_copy(struct dmsc_store *store, int64_t id, int64_t *ret_id)
{
    struct dmsc_buf piece;
    int64_t copy = 0, at = 0;
    enum dmsc_err err = run(store, SQL_LARGE_COPY, "copy a large object", &id, 1);

    if (err != DMSC_OK)
        return err;
    copy = sqlite3_last_insert_rowid(store->db);
    dmsc_buf_init(&piece, store->ctx, SIZE_MAX / 2);
    do {
        dmsc_buf_reset(&piece);
        err = dmsci_large_read(store, id, at, SIZE_MAX / 2, &piece);
        if (err == DMSC_OK && piece.n > 0)
            err = add_part(store, copy, at, dmsc_buf_bytes(&piece));
        at += (int64_t)piece.n;
    } while (err == DMSC_OK && piece.n > 0);
    dmsc_buf_clear(&piece);
    if (err == DMSC_OK)
        *ret_id = copy;
    return err;
}

enum dmsc_err dmsci_large_sum(struct dmsc_store *store, int64_t *ret_octets)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_LARGE_SUM, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "count large objects", &row);
    *ret_octets = err == DMSC_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsci_large_settle(struct dmsc_store *store, int64_t id)
{
    return run(store, SQL_LARGE_DONE, "keep a large object", &id, 1);
}
