/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only: the connection, its statements, its failures. */
#ifndef DMSCI_STORE_PRIVATE_H
#define DMSCI_STORE_PRIVATE_H

#include "apdu/base/ctx.h"
#include "host/store/checked.h"
#include <dmsc/store.h>
#include <sqlite3.h>

/* Every statement of the store. Prepared when first used, kept until close. */
enum dmsci_sql {
    SQL_BEGIN_WRITE,
    SQL_BEGIN_READ,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SAVEPOINT,
    SQL_RELEASE,
    SQL_ROLLBACK_TO,
    SQL_STATE_GET,
    SQL_STATE_PUT,
    SQL_KV_PUT,
    SQL_KV_GET,
    SQL_KV_DELETE,
    SQL_KV_FROM,
    SQL_KV_AFTER,
    SQL_NODE_GET,
    SQL_NODE_VALUE,
    SQL_NODE_INSERT,
    SQL_NODE_UPDATE,
    SQL_NODE_UPDATE_VALUE,
    SQL_NODE_NEXT,
    SQL_NODE_NEXT_KEY,
    SQL_NODE_FLAGGED,
    SQL_NODE_LONGEST,
    SQL_NODE_DELETE,
    SQL_NODE_MOVE,
    SQL_NODE_OF_TYPE,
    SQL_NODE_LARGE,
    SQL_NODE_SET_LARGE,
    SQL_PART_ADD,
    SQL_PART_AT,
    SQL_PART_SWEEP,
    SQL_LARGE_ADD,
    SQL_LARGE_SUM,
    SQL_LARGE_COPY,
    SQL_LARGE_GET,
    SQL_LARGE_NEXT,
    SQL_LARGE_HAVE,
    SQL_LARGE_DONE,
    SQL_LARGE_DROP,
    SQL_LARGE_DROP_BELOW,
    SQL_LARGE_DROPPED,
    SQL_LARGE_SWEEP,
    SQL_CHANGE_ADD,
    SQL_CHANGE_PRUNE,
    SQL_CHANGE_NEXT,
    SQL_CHANGE_NEWEST,
    SQL_AUDIT_ADD,
    SQL_AUDIT_PRUNE,
    SQL_AUDIT_NEXT,
    SQL_COUNT /* of the above */
};

/* Transactions in transactions: a session, a command of it, an import, an add with its parents. */
#define STORE_DEPTH_MAX 16u
/* In words: a page has another sum than its own. */
#define STORE_BAD_PAGE "a page of the file is not what was written"

struct dmsc_store {
    struct dmsc_ctx *ctx;
    struct dmsci_checked checked; /* what the connection reads and writes the file through */
    sqlite3 *db;
    char *path;    /* "" when all is in memory */
    int writer_fd; /* of the file that names the writing process; -1 none */
    sqlite3_stmt *stmts[SQL_COUNT];
    unsigned depth;                  /* of write transactions */
    unsigned readers;                /* of dmsci_store_read_begin() */
    bool lost;                       /* SQLite gave up the transaction by itself */
    bool dropped;                    /* large objects may be marked as gone */
    uint32_t nodes;                  /* rows of the tree, as this transaction sees it */
    uint32_t nodes_saved;            /* as the state row has it */
    uint32_t marks[STORE_DEPTH_MAX]; /* nodes at each begin */
    struct dmsc_buf row;             /* strings of the row that was read last */
    uint64_t steps;                  /* of all statements since opening */
    struct dmsc_secret key;          /* that secrets are sealed with; empty: none */
};

/** Tell what SQLite said last. @return the code of ours for it */
enum dmsc_err dmsci_sql_fail(struct dmsc_store *store, const char *what);
/** A statement ready to be bound. Every get is followed by a done. */
DMSC_NODISCARD enum dmsc_err dmsci_sql_get(struct dmsc_store *store, enum dmsci_sql id,
                                           sqlite3_stmt **ret_stmt);
/** Release locks and forget what was bound (values may be secret). */
void dmsci_sql_done(struct dmsc_store *store, sqlite3_stmt *stmt);
/** One step. @p ret_row: a row is there. */
DMSC_NODISCARD enum dmsc_err dmsci_sql_step(struct dmsc_store *store, sqlite3_stmt *stmt,
                                            const char *what, bool *ret_row);
/**
 * Copy @p n text columns of the row, from column @p first on, to store->row: a statement left at
 * its row would keep a snapshot of the file open. @param ret_at where each begins
 */
DMSC_NODISCARD enum dmsc_err dmsci_sql_keep_texts(struct dmsc_store *store, sqlite3_stmt *stmt,
                                                  int first, size_t n, size_t *ret_at);
/** Steps a statement without parameters and rows. */
DMSC_NODISCARD enum dmsc_err dmsci_sql_run(struct dmsc_store *store, enum dmsci_sql id,
                                           const char *what);
/** Behind an insert into a record: prune with @p id all but the @p kept latest rows. */
DMSC_NODISCARD enum dmsc_err dmsci_sql_keep_latest(struct dmsc_store *store, enum dmsci_sql id,
                                                   unsigned kept, const char *what);
void dmsci_sql_close(struct dmsc_store *store);

/* Binding borrows: the bytes must live until dmsci_sql_done(). */
DMSC_NODISCARD enum dmsc_err dmsci_sql_bind_text(struct dmsc_store *store, sqlite3_stmt *stmt,
                                                 int at, struct dmsc_bytes text);
DMSC_NODISCARD enum dmsc_err dmsci_sql_bind_blob(struct dmsc_store *store, sqlite3_stmt *stmt,
                                                 int at, struct dmsc_bytes blob);
DMSC_NODISCARD enum dmsc_err dmsci_sql_bind_int(struct dmsc_store *store, sqlite3_stmt *stmt,
                                                int at, int64_t value);

/** DMSC_OK inside a transaction that still stands. */
DMSC_NODISCARD enum dmsc_err dmsci_store_writable(struct dmsc_store *store, const char *what);

/** Behind an outermost commit: take away the octets of large objects that are gone. A failure is
 * logged: what is left is taken away another time. */
void dmsci_large_sweep(struct dmsc_store *store);

/** Check the file, or make its tables when it is new. */
DMSC_NODISCARD enum dmsc_err dmsci_schema_open(struct dmsc_store *store);

/* Who writes: a line with a process id in PATH-writer, for the story of the one who has to wait.
 * Best effort: never the reason why something fails. */
void dmsci_writer_open(struct dmsc_store *store);
void dmsci_writer_close(struct dmsc_store *store);
void dmsci_writer_note(struct dmsc_store *store);
/** The process that wrote last, if it still lives and is not this one; else 0. */
long dmsci_writer_read(struct dmsc_store *store);

#endif
