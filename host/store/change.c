/* SPDX-License-Identifier: Apache-2.0 */
/* The record of changes: who, when, what. */
#include "host/store/nodes.h"
#include "host/store/private.h"

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
        err = dmsci_sql_keep_latest(store, SQL_CHANGE_PRUNE,
                                    dmsc_ctx_limits(store->ctx)->changes_kept,
                                    "forget an old change");
    return err;
}

enum dmsc_err dmsci_change_next(struct dmsc_store *store, int64_t id,
                                struct dmsci_change *ret_change, bool *ret_there)
{
    sqlite3_stmt *stmt = NULL;
    size_t at[2];
    bool there = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_CHANGE_NEXT, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, id);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read the record of changes", &there);
    if (err == DMSC_OK && there)
        err = dmsci_sql_keep_texts(store, stmt, 3, DMSCI_ARRAY_LEN(at), at);
    if (err == DMSC_OK && there)
        *ret_change = (struct dmsci_change){
            .id = sqlite3_column_int64(stmt, 0),
            .at = sqlite3_column_int64(stmt, 1),
            .count = (uint32_t)sqlite3_column_int64(stmt, 2),
            .actor = dmsc_buf_str(&store->row) + at[0],
            .what = dmsc_buf_str(&store->row) + at[1],
        };
    dmsci_sql_done(store, stmt);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_change_newest(struct dmsc_store *store, int64_t *ret_id)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_CHANGE_NEWEST, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read the record of changes", &row);
    if (err == DMSC_OK && row)
        *ret_id = sqlite3_column_int64(stmt, 0);
    dmsci_sql_done(store, stmt);
    return err;
}
