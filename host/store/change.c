/* SPDX-License-Identifier: Apache-2.0 */
/* The record of changes: who, when, what. */
#include "host/store/nodes.h"
#include "host/store/private.h"

#define CHANGES_KEPT 10000

static enum dmsc_err prune(struct dmsc_store *store, int64_t newest)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err;

    if (newest <= CHANGES_KEPT)
        return DMSC_OK;
    err = dmsci_sql_get(store, SQL_CHANGE_PRUNE, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, newest - CHANGES_KEPT);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "forget an old change", &row);
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsci_change_add(struct dmsc_store *store, const struct dmsci_change *change)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, "record a change");

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, SQL_CHANGE_ADD, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, change->at);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 2, dmsc_bytes_str(change->actor));
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 3, change->count);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 4, dmsc_bytes_str(change->what));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "record a change", &row);
    dmsci_sql_done(store, stmt);
    if (err == DMSC_OK)
        err = prune(store, sqlite3_last_insert_rowid(store->db));
    return err;
}

static enum dmsc_err read_change(struct dmsc_store *store, sqlite3_stmt *stmt,
                                 struct dmsci_change *ret_change)
{
    static const int columns[] = { 2, 4 };
    size_t at[DMSCI_ARRAY_LEN(columns)];
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_reset(&store->row);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(columns) && err == DMSC_OK; i++) {
        const void *text = sqlite3_column_text(stmt, columns[i]);
        size_t n = text == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt, columns[i]);

        at[i] = store->row.n;
        err = dmsc_buf_append(&store->row, dmsc_bytes(text, n));
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(&store->row, 0);
    }
    if (err != DMSC_OK)
        return err;
    *ret_change = (struct dmsci_change){
        .id = sqlite3_column_int64(stmt, 0),
        .at = sqlite3_column_int64(stmt, 1),
        .actor = dmsc_buf_str(&store->row) + at[0],
        .count = (uint32_t)sqlite3_column_int64(stmt, 3),
        .what = dmsc_buf_str(&store->row) + at[1],
    };
    return DMSC_OK;
}

enum dmsc_err dmsci_change_next(struct dmsc_store *store, int64_t id,
                                struct dmsci_change *ret_change, bool *ret_there)
{
    sqlite3_stmt *stmt = NULL;
    bool there = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_CHANGE_NEXT, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, id);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read the record of changes", &there);
    if (err == DMSC_OK && there)
        err = read_change(store, stmt, ret_change);
    dmsci_sql_done(store, stmt);
    *ret_there = there;
    return err;
}
