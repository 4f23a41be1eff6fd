/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of the store, and SQLite's failures in our words. */
#include "host/store/private.h"
#include <string.h>

/* The value of a large object is elsewhere; the type alone is looked at, and no value is read. */
#define IS_LARGE "typeof(value)='integer'"
#define NODE_COLUMNS                                                                               \
    "format,type,title,acl,tstamp,verno,access,flags,"                                             \
    "CASE WHEN " IS_LARGE " THEN (SELECT have FROM large WHERE id=value) ELSE length(value) END,"  \
    "CASE WHEN " IS_LARGE " THEN value ELSE 0 END"

/*
 * node.key is the URI with "/" written as octet 1, which no name can hold and which sorts before
 * every octet of a name: a subtree is one range of keys, in the order of a walk, and the range ends
 * before the same key with octet 2 behind it.
 */
static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVEPOINT] = "SAVEPOINT inner_change",
    [SQL_RELEASE] = "RELEASE inner_change",
    [SQL_ROLLBACK_TO] = "ROLLBACK TO inner_change",
    [SQL_STATE_GET] = "SELECT nodes FROM state WHERE id=0",
    [SQL_STATE_PUT] = "UPDATE state SET nodes=?1 WHERE id=0",
    [SQL_KV_PUT] = "INSERT INTO kv(key,value) VALUES(?1,?2)"
                   " ON CONFLICT(key) DO UPDATE SET value=excluded.value",
    [SQL_KV_GET] = "SELECT value FROM kv WHERE key=?1",
    [SQL_KV_DELETE] = "DELETE FROM kv WHERE key=?1",
    [SQL_KV_FROM] = "SELECT key FROM kv WHERE key>=?1 ORDER BY key LIMIT 1",
    [SQL_KV_AFTER] = "SELECT key FROM kv WHERE key>?1 ORDER BY key LIMIT 1",
    [SQL_NODE_GET] = "SELECT " NODE_COLUMNS " FROM node WHERE key=?1",
    [SQL_NODE_VALUE] = "SELECT value FROM node WHERE key=?1",
    [SQL_NODE_INSERT] = "INSERT INTO node(key,format,type,title,acl,tstamp,verno,access,flags,"
                        "value) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
    [SQL_NODE_UPDATE] = "UPDATE node SET format=?2,type=?3,title=?4,acl=?5,tstamp=?6,verno=?7,"
                        "access=?8,flags=?9 WHERE key=?1",
    [SQL_NODE_UPDATE_VALUE] = "UPDATE node SET format=?2,type=?3,title=?4,acl=?5,tstamp=?6,"
                              "verno=?7,access=?8,flags=?9,value=?10 WHERE key=?1",
    [SQL_NODE_NEXT] = "SELECT " NODE_COLUMNS ",key FROM node WHERE key>?1 AND key<?2"
                      " ORDER BY key LIMIT 1",
    [SQL_NODE_NEXT_KEY] = "SELECT key FROM node WHERE key>?1 AND key<?2 ORDER BY key LIMIT 1",
    [SQL_NODE_FLAGGED] = "SELECT 1 FROM node WHERE key>=?1 AND key<?2 AND flags&?3 LIMIT 1",
    [SQL_NODE_LONGEST] = "SELECT max(length(key)) FROM node WHERE key>=?1 AND key<?2",
    [SQL_NODE_DELETE] = "DELETE FROM node WHERE key>=?1 AND key<?2",
    [SQL_NODE_MOVE] = "UPDATE node SET key=?3||substr(key,length(?1)+1) WHERE key>=?1 AND key<?2",
    [SQL_NODE_OF_TYPE] = "SELECT key FROM node WHERE format=0 AND type<>'' AND type=?2 AND key>?1"
                         " ORDER BY key LIMIT 1",
    [SQL_NODE_LARGE] = "SELECT value FROM node WHERE " IS_LARGE " AND key=?1",
    [SQL_NODE_SET_LARGE] = "UPDATE node SET value=?2 WHERE key=?1",
    [SQL_PART_ADD] = "INSERT INTO part(owner,at,data) VALUES(?1,?2,?3)",
    [SQL_PART_AT] = "SELECT at,data FROM part WHERE owner=?1 AND at<=?2 ORDER BY at DESC LIMIT 1",
    [SQL_PART_SWEEP] = "DELETE FROM part WHERE owner IN (SELECT id FROM large WHERE at<0)",
    [SQL_LARGE_ADD] = "INSERT INTO large(name,tag,size,have,at) VALUES(?1,?2,?3,0,?4)",
    [SQL_LARGE_SUM] = "SELECT coalesce(sum(have),0) FROM large",
    [SQL_LARGE_COPY] = "INSERT INTO large(name,tag,size,have,at)"
                       " SELECT NULL,tag,size,have,at FROM large WHERE id=?1",
    [SQL_LARGE_GET] = "SELECT id,size,have,at,tag FROM large WHERE name=?1",
    [SQL_LARGE_NEXT] = "SELECT id,size,have,at,name FROM large WHERE name>?1 ORDER BY name LIMIT 1",
    [SQL_LARGE_HAVE] = "UPDATE large SET have=?2,at=?3 WHERE id=?1",
    [SQL_LARGE_DONE] = "UPDATE large SET name=NULL,tag=x'',size=have WHERE id=?1",
    /* Octets go when the change is over (large.c): at -1 marks what is gone. */
    [SQL_LARGE_DROP] = "UPDATE large SET name=NULL,at=-1 WHERE id=?1",
    [SQL_LARGE_DROP_BELOW] = "UPDATE large SET name=NULL,at=-1 WHERE id IN"
                             " (SELECT value FROM node WHERE " IS_LARGE " AND key>=?1 AND key<?2)",
    [SQL_LARGE_DROPPED] = "SELECT 1 FROM large WHERE at<0 LIMIT 1",
    [SQL_LARGE_SWEEP] = "DELETE FROM large WHERE at<0",
    [SQL_CHANGE_ADD] = "INSERT INTO change(at,actor,count,what) VALUES(?1,?2,?3,?4)",
    [SQL_CHANGE_PRUNE] = "DELETE FROM change WHERE id<=?1",
    [SQL_CHANGE_NEXT] = "SELECT id,at,count,actor,what FROM change WHERE id>?1 ORDER BY id LIMIT 1",
    [SQL_CHANGE_NEWEST] = "SELECT coalesce(max(id),0) FROM change",
    [SQL_AUDIT_ADD] = "INSERT INTO audit(at,times,who,\"right\",place,reason,detail)"
                      " VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [SQL_AUDIT_PRUNE] = "DELETE FROM audit WHERE id<=?1",
    [SQL_AUDIT_NEXT] = "SELECT id,at,times,who,\"right\",place,reason,detail FROM audit"
                       " WHERE id>?1 ORDER BY id LIMIT 1",
};

struct cause {
    int code; /* result code of SQLite, primary or extended */
    enum dmsc_err err;
    const char *reason;
    const char *hint;
    const char *words; /* where SQLite's own would mislead */
};

#define MOVE_AWAY "move the file away; it is made new from the card and the servers"

static const struct cause causes[] = {
    { SQLITE_BUSY, DMSC_E_AGAIN, "store:busy", "try again when the other process is done", NULL },
    { SQLITE_LOCKED, DMSC_E_AGAIN, "store:busy", "try again when the other process is done", NULL },
    { SQLITE_NOMEM, DMSC_E_NOMEM, NULL, NULL, NULL },
    { SQLITE_CORRUPT, DMSC_E_CORRUPT, "store:corrupt", MOVE_AWAY, NULL },
    /* checked.c: the sum of a page. */
    { SQLITE_IOERR_DATA, DMSC_E_CORRUPT, "store:corrupt", MOVE_AWAY, STORE_BAD_PAGE },
    { SQLITE_NOTADB, DMSC_E_CORRUPT, "store:not-a-store", "name another file",
      "it is no database" },
    { SQLITE_FULL, DMSC_E_IO, "store:full", "make room on the disk", NULL },
    { SQLITE_TOOBIG, DMSC_E_LIMIT, "store:too-big", NULL, NULL },
    { SQLITE_READONLY, DMSC_E_IO, "store:read-only", "let this user write the file", NULL },
    { SQLITE_CANTOPEN, DMSC_E_IO, "store:open", "check the directory and its permissions", NULL },
    { SQLITE_PERM, DMSC_E_IO, "store:open", "check the directory and its permissions", NULL },
    /* A table or column that is not there: the file says it has our schema and has not. */
    { SQLITE_ERROR, DMSC_E_CORRUPT, "store:schema", NULL, NULL },
    { SQLITE_CONSTRAINT, DMSC_E_CORRUPT, "store:constraint", NULL, NULL },
};

enum dmsc_err dmsci_sql_fail(struct dmsc_store *store, const char *what)
{
    int code = sqlite3_extended_errcode(store->db);
    const struct cause *cause = NULL;
    enum dmsc_err err;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(causes) && cause == NULL; i++)
        cause = causes[i].code == code || causes[i].code == (code & 0xFF) ? &causes[i] : NULL;
    err = dmsci_fail(store->ctx, cause == NULL ? DMSC_E_IO : cause->err, "%s", what);
    dmsci_fail_code(store->ctx, code);
    dmsci_where(store->ctx, "%s", store->path[0] != '\0' ? store->path : "store in memory");
    if (err == DMSC_E_AGAIN) {
        long writer = dmsci_writer_read(store);

        if (writer != 0)
            dmsci_why(store->ctx, cause->reason, "process %ld writes", writer);
    }
    dmsci_why(store->ctx, cause == NULL ? "store:io" : cause->reason, "%s",
              cause != NULL && cause->words != NULL ? cause->words : sqlite3_errmsg(store->db));
    if (cause != NULL && cause->hint != NULL)
        dmsci_hint(store->ctx, "%s", cause->hint);
    /* A full disk or lack of memory can make SQLite roll back on its own: whoever wrote on now
     * would write outside the transaction (sqlite.org/lang_transaction.html). */
    if (store->depth > 0 && sqlite3_get_autocommit(store->db) != 0)
        store->lost = true;
    return err;
}

enum dmsc_err dmsci_sql_get(struct dmsc_store *store, enum dmsci_sql id, sqlite3_stmt **ret_stmt)
{
    if (store->stmts[id] == NULL &&
        sqlite3_prepare_v3(store->db, texts[id], -1, SQLITE_PREPARE_PERSISTENT, &store->stmts[id],
                           NULL) != SQLITE_OK)
        return dmsci_sql_fail(store, "prepare a statement");
    *ret_stmt = store->stmts[id];
    return DMSC_OK;
}

void dmsci_sql_done(struct dmsc_store *store, sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    store->steps += (uint64_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    (void)sqlite3_reset(stmt); /* repeats the failure of the last step, which was told */
    (void)sqlite3_clear_bindings(stmt);
}

enum dmsc_err dmsci_sql_step(struct dmsc_store *store, sqlite3_stmt *stmt, const char *what,
                             bool *ret_row)
{
    int code = sqlite3_step(stmt);

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return dmsci_sql_fail(store, what);
    *ret_row = code == SQLITE_ROW;
    return DMSC_OK;
}

enum dmsc_err dmsci_sql_keep_texts(struct dmsc_store *store, sqlite3_stmt *stmt, int first,
                                   size_t n, size_t *ret_at)
{
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_reset(&store->row);
    for (size_t i = 0; i < n && err == DMSC_OK; i++) {
        const void *text = sqlite3_column_text(stmt, first + (int)i);
        size_t size = text == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt, first + (int)i);

        ret_at[i] = store->row.n;
        err = dmsc_buf_append(&store->row, dmsc_bytes(text, size));
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(&store->row, 0);
    }
    return err;
}

enum dmsc_err dmsci_sql_run(struct dmsc_store *store, enum dmsci_sql id, const char *what)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err = dmsci_sql_get(store, id, &stmt);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, what, &row);
    dmsci_sql_done(store, stmt);
    return err;
}

enum dmsc_err dmsci_sql_keep_latest(struct dmsc_store *store, enum dmsci_sql id, unsigned kept,
                                    const char *what)
{
    int64_t newest = sqlite3_last_insert_rowid(store->db);
    sqlite3_stmt *stmt = NULL;
    bool row;
    enum dmsc_err err;

    if (newest <= (int64_t)kept)
        return DMSC_OK;
    err = dmsci_sql_get(store, id, &stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, stmt, 1, newest - kept);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, stmt, what, &row);
    dmsci_sql_done(store, stmt);
    return err;
}

void dmsci_sql_close(struct dmsc_store *store)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(store->stmts[i]);
        store->stmts[i] = NULL;
    }
    (void)sqlite3_close(store->db);
    store->db = NULL;
}

enum dmsc_err dmsci_sql_bind_text(struct dmsc_store *store, sqlite3_stmt *stmt, int at,
                                  struct dmsc_bytes text)
{
    if (sqlite3_bind_text64(stmt, at, text.n > 0 ? (const char *)text.p : "", text.n, SQLITE_STATIC,
                            SQLITE_UTF8) != SQLITE_OK)
        return dmsci_sql_fail(store, "hand a text to the store");
    return DMSC_OK;
}

enum dmsc_err dmsci_sql_bind_blob(struct dmsc_store *store, sqlite3_stmt *stmt, int at,
                                  struct dmsc_bytes blob)
{
    /* NULL would be bound as SQL NULL: an empty value is a value. */
    if (sqlite3_bind_blob64(stmt, at, blob.n > 0 ? (const void *)blob.p : "", blob.n,
                            SQLITE_STATIC) != SQLITE_OK)
        return dmsci_sql_fail(store, "hand a value to the store");
    return DMSC_OK;
}

enum dmsc_err dmsci_sql_bind_int(struct dmsc_store *store, sqlite3_stmt *stmt, int at,
                                 int64_t value)
{
    if (sqlite3_bind_int64(stmt, at, value) != SQLITE_OK)
        return dmsci_sql_fail(store, "hand a number to the store");
    return DMSC_OK;
}
