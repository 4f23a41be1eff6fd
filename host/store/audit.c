/* SPDX-License-Identifier: Apache-2.0 */
/* The record of refusals: who was refused what, where and why. */
#include "host/store/nodes.h"
#include "host/store/private.h"

#define TEXTS 5

enum dmsc_err dmsci_refusal_add(struct dmsc_store *store, const struct dmsci_refusal *refusal)
{
    const char *texts[TEXTS] = { refusal->who, refusal->right, refusal->where, refusal->reason,
                                 refusal->detail };
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, "record a refusal");

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, SQL_AUDIT_ADD, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, refusal->at);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 2, refusal->times);
    for (int i = 0; i < TEXTS && err == DMSC_OK; i++)
        err = dmsci_sql_bind_text(store, stmt, 3 + i, dmsc_bytes_str(texts[i]));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "record a refusal", &row);
    dmsci_sql_done(store, stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_keep_latest(store, SQL_AUDIT_PRUNE,
                                    dmsc_ctx_limits(store->ctx)->refusals_kept,
                                    "forget an old refusal");
    return err;
}

enum dmsc_err dmsci_refusal_next(struct dmsc_store *store, int64_t id,
                                 struct dmsci_refusal *ret_refusal, bool *ret_there)
{
    const char **texts[TEXTS] = { &ret_refusal->who, &ret_refusal->right, &ret_refusal->where,
                                  &ret_refusal->reason, &ret_refusal->detail };
    size_t at[TEXTS];
    sqlite3_stmt *stmt = NULL;
    bool there = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_AUDIT_NEXT, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, id);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read the record of refusals", &there);
    if (err == DMSC_OK && there)
        err = dmsci_sql_keep_texts(store, stmt, 3, TEXTS, at);
    if (err == DMSC_OK && there) {
        ret_refusal->id = sqlite3_column_int64(stmt, 0);
        ret_refusal->at = sqlite3_column_int64(stmt, 1);
        ret_refusal->times = (uint32_t)sqlite3_column_int64(stmt, 2);
        for (size_t i = 0; i < TEXTS; i++)
            *texts[i] = dmsc_buf_str(&store->row) + at[i];
    }
    dmsci_sql_done(store, stmt);
    *ret_there = there;
    return err;
}
