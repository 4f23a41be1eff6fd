/* SPDX-License-Identifier: Apache-2.0 */
/* What the file must look like, and how a new one is made. */
#include "host/store/private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x444D5343 /* "DMSC" */
#define SCHEMA_VERSION 3

/* A file above this is not read whole when it is opened: opening must not cost what is in it. What
 * is broken in it is then found when it is read. */
#define CHECKED_WHOLE_BYTES (4 * 1024 * 1024)
/* So quick_check says that a page was refused (checked.c). */
#define NO_PAGE "unable to get the page"

static const char pragmas_always[] =
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA temp_store=MEMORY;" /* nothing of ours in a temporary file */
    "PRAGMA cache_size=-1024;"
    "PRAGMA secure_delete=ON;";

/* A commit is on the disk when it returns; the log is folded into the file every 2,000 pages. */
static const char pragmas_durable[] = "PRAGMA synchronous=FULL;"
                                      "PRAGMA wal_autocheckpoint=2000;"
                                      "PRAGMA journal_size_limit=8388608;";

static const char tables[] =
    "CREATE TABLE node("
    "key TEXT PRIMARY KEY NOT NULL, format INTEGER NOT NULL, type TEXT NOT NULL,"
    "title TEXT NOT NULL, acl TEXT NOT NULL, tstamp INTEGER NOT NULL, verno INTEGER NOT NULL,"
    "access INTEGER NOT NULL, flags INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE kv(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE change("
    "id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    "count INTEGER NOT NULL, what TEXT NOT NULL);"
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id=0), nodes INTEGER NOT NULL);"
    "INSERT INTO state VALUES(0,0);"
    "PRAGMA application_id=1145918275;"
    "PRAGMA user_version=1;";

/* What makes version N + 1 of version N, the first row for N = 1. A new store goes the same way, so
 * that there is one description of each version. */
static const char *const upgrades[SCHEMA_VERSION - 1] = {
    "CREATE TABLE audit("
    "id INTEGER PRIMARY KEY, at INTEGER NOT NULL, times INTEGER NOT NULL, who TEXT NOT NULL,"
    "\"right\" TEXT NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);"
    /* Objects are found by their kind: format 0 is that of interior nodes. */
    "CREATE INDEX node_mo ON node(type) WHERE format=0 AND type<>'';"
    "PRAGMA user_version=2;",
    /* A value that is too large for a row lies in parts. The row then holds the number of the
     * large object in the place of octets. One with a name is on its way. */
    "CREATE INDEX node_large ON node(key) WHERE typeof(value)='integer';"
    "CREATE TABLE large("
    "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, tag BLOB NOT NULL,"
    "size INTEGER NOT NULL, have INTEGER NOT NULL, at INTEGER NOT NULL);"
    "CREATE TABLE part(owner INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL,"
    "PRIMARY KEY(owner,at)) WITHOUT ROWID;"
    /* Whether each page has a sum (checked.h): what an older version made has none. */
    "ALTER TABLE state ADD COLUMN sums INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version=3;",
};

static const char with_sums[] = "UPDATE state SET sums=1";

static enum dmsc_err run(struct dmsc_store *store, const char *sql, const char *what)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return dmsci_sql_fail(store, what);
    return DMSC_OK;
}

/* One value of the first row. The text is cut to what @p ret_text holds. */
static enum dmsc_err ask(struct dmsc_store *store, const char *sql, char *ret_text, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    const unsigned char *text;
    enum dmsc_err err = DMSC_OK;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW) {
        err = dmsci_sql_fail(store, "read the head of the store");
    } else {
        text = sqlite3_column_text(stmt, 0);
        (void)snprintf(ret_text, size, "%s", text == NULL ? "" : (const char *)text);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

static enum dmsc_err wrong(struct dmsc_store *store, enum dmsc_err err, const char *reason,
                           const char *why)
{
    (void)dmsci_fail(store->ctx, err, "open the store");
    dmsci_where(store->ctx, "%s", store->path);
    dmsci_why(store->ctx, reason, "%s", why);
    return err;
}

struct head {
    long application;
    long version;
    bool empty;
};

static enum dmsc_err read_head(struct dmsc_store *store, struct head *ret_head)
{
    static const char sql[] =
        "SELECT application_id||' '||user_version||' '||(SELECT count(*) FROM sqlite_schema)"
        " FROM pragma_application_id, pragma_user_version";
    char text[64];
    long objects = 0;
    enum dmsc_err err = ask(store, sql, text, sizeof(text));

    if (err != DMSC_OK)
        return err;
    if (sscanf(text, "%ld %ld %ld", &ret_head->application, &ret_head->version, &objects) != 3)
        return wrong(store, DMSC_E_CORRUPT, "store:schema", "the head says nothing");
    ret_head->empty = ret_head->application == 0 && ret_head->version == 0 && objects == 0;
    return DMSC_OK;
}

/* From nothing, or from an older version, to this one: all of it or nothing. */
static enum dmsc_err bring_up(struct dmsc_store *store)
{
    struct head head = { 0, 0, false };
    enum dmsc_err err = run(store, "BEGIN IMMEDIATE", "make the store");

    if (err != DMSC_OK)
        return err;
    /* Somebody else may have been quicker. */
    err = read_head(store, &head);
    if (err == DMSC_OK && head.empty) {
        err = run(store, tables, "make the store");
        head.version = 1;
    }
    for (; err == DMSC_OK && head.version < SCHEMA_VERSION; head.version++)
        err = run(store, upgrades[head.version - 1], "bring the store to this version");
    if (err == DMSC_OK && head.empty && dmsci_checked_reserved(store->db))
        err = run(store, with_sums, "make the store");
    if (err == DMSC_OK)
        err = run(store, "COMMIT", "make the store");
    if (err != DMSC_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static enum dmsc_err use_log(struct dmsc_store *store)
{
    char mode[16];
    enum dmsc_err err = ask(store, "PRAGMA journal_mode=WAL", mode, sizeof(mode));

    if (err == DMSC_OK && store->path[0] != '\0' && strcmp(mode, "wal") != 0)
        err = wrong(store, DMSC_E_IO, "store:no-wal", "the file system cannot hold a shared log");
    return err;
}

static enum dmsc_err check_content(struct dmsc_store *store)
{
    char text[192];
    enum dmsc_err err = ask(store, "PRAGMA encoding", text, sizeof(text));

    if (err == DMSC_OK && strcmp(text, "UTF-8") != 0)
        err = wrong(store, DMSC_E_CORRUPT, "store:schema", "its text is not UTF-8");
    if (err == DMSC_OK)
        err = ask(store, "SELECT page_count*page_size FROM pragma_page_count, pragma_page_size",
                  text, sizeof(text));
    if (err != DMSC_OK || strtoll(text, NULL, 10) > CHECKED_WHOLE_BYTES)
        return err;
    err = ask(store, "PRAGMA quick_check(1)", text, sizeof(text));
    if (err == DMSC_OK && strcmp(text, "ok") != 0)
        err = wrong(store, DMSC_E_CORRUPT, "store:corrupt",
                    strstr(text, NO_PAGE) != NULL ? STORE_BAD_PAGE : text);
    return err;
}

/* A head that says that the pages have no sums is itself damaged, if they had them once. */
static enum dmsc_err check_sums(struct dmsc_store *store)
{
    char sums[8];
    enum dmsc_err err = ask(store, "SELECT sums FROM state", sums, sizeof(sums));

    if (err == DMSC_OK && strcmp(sums, "1") == 0 && !dmsci_checked_reserved(store->db))
        err = wrong(store, DMSC_E_CORRUPT, "store:corrupt", "its pages have lost their sums");
    return err;
}

static enum dmsc_err check_head(struct dmsc_store *store, const struct head *head)
{
    if (head->application != APPLICATION_ID)
        return wrong(store, DMSC_E_UNSUPPORTED, "store:not-a-store",
                     "the file belongs to another program");
    if (head->version > SCHEMA_VERSION)
        return wrong(store, DMSC_E_UNSUPPORTED, "store:newer",
                     "a newer version of this program made it");
    if (head->version < 1)
        return wrong(store, DMSC_E_CORRUPT, "store:schema", "no version of this program made it");
    return DMSC_OK;
}

enum dmsc_err dmsci_schema_open(struct dmsc_store *store)
{
    struct head head = { 0, 0, false };
    enum dmsc_err err = run(store, pragmas_always, "open the store");

    if (err == DMSC_OK)
        err = read_head(store, &head);
    /* Look before touching: a file of somebody else stays as it is. */
    if (err == DMSC_OK && !head.empty)
        err = check_head(store, &head);
    if (err == DMSC_OK)
        dmsci_writer_open(store);
    if (err == DMSC_OK && head.empty && dmsci_checked_reserve(store->db) != SQLITE_OK)
        err = dmsci_sql_fail(store, "make the store");
    if (err == DMSC_OK)
        err = use_log(store);
    if (err == DMSC_OK)
        err = run(store, pragmas_durable, "open the store");
    if (err == DMSC_OK && !head.empty)
        err = check_content(store);
    if (err == DMSC_OK && head.version < SCHEMA_VERSION)
        err = bring_up(store);
    if (err == DMSC_OK)
        err = check_sums(store);
    if (err == DMSC_OK)
        err = dmsci_sql_run(store, SQL_STATE_GET, "open the store");
    return err;
}
