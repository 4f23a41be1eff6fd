/* SPDX-License-Identifier: Apache-2.0 */
/* Named values. */
#include "host/store/private.h"
#include <string.h>

enum dmsc_err dmsc_store_put(struct dmsc_store *store, const char *key, struct dmsc_bytes value)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, "keep a named value");

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, SQL_KV_PUT, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_bytes_str(key));
    if (err == DMSC_OK)
        err = dmsci_sql_bind_blob(store, stmt, 2, value);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "keep a named value", &row);
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsc_store_get(struct dmsc_store *store, const char *key, struct dmsc_buf *ret_value)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, SQL_KV_GET, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_bytes_str(key));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "read a named value", &row);
    if (err == DMSC_OK && !row) {
        err = dmsci_fail(store->ctx, DMSC_E_NOTFOUND, "read a named value");
        dmsci_where(store->ctx, "%s", key);
    } else if (err == DMSC_OK) {
        const void *p = sqlite3_column_blob(stmt, 0);

        err = dmsc_buf_set(ret_value, dmsc_bytes(p, (size_t)sqlite3_column_bytes(stmt, 0)));
    }
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsc_store_delete(struct dmsc_store *store, const char *key)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_store_writable(store, "forget a named value");

    if (err == DMSC_OK)
        err = dmsci_sql_get(store, SQL_KV_DELETE, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_bytes_str(key));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "forget a named value", &row);
    dmsci_sql_done(store, stmt);
    return err;
}

/* The first key from, or behind, the one in @p key, which it replaces. */
static enum dmsc_err next_key(struct dmsc_store *store, enum dmsci_sql id, struct dmsc_buf *key,
                              bool *ret_there)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum dmsc_err err = dmsci_sql_get(store, id, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, stmt, 1, dmsc_buf_bytes(key));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, "list named values", &row);
    if (err == DMSC_OK && row) {
        const void *p = sqlite3_column_text(stmt, 0);

        err = dmsc_buf_set(key, dmsc_bytes(p, (size_t)sqlite3_column_bytes(stmt, 0)));
    }
    dmsci_sql_done(store, stmt);
    *ret_there = row;
    return err;
}

enum dmsc_err dmsc_store_keys(struct dmsc_store *store, const char *prefix,
                              bool (*key)(void *user, const char *key), void *user)
{
    size_t length = strlen(prefix);
    enum dmsci_sql id = SQL_KV_FROM;
    bool more = true;
    struct dmsc_buf at;
    enum dmsc_err err;

    dmsc_buf_init(&at, store->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, prefix);
    /* A search for each key instead of one open statement: the callback may use the store. */
    while (err == DMSC_OK && more) {
        err = next_key(store, id, &at, &more);
        id = SQL_KV_AFTER;
        more = err == DMSC_OK && more && strncmp(dmsc_buf_str(&at), prefix, length) == 0 &&
               key(user, dmsc_buf_str(&at));
    }
    dmsc_buf_clear(&at);
    return err;
}
