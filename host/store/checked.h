/* SPDX-License-Identifier: Apache-2.0 */
/* Pages with a sum: what SQLite reads of its file is what it wrote, or an error. */
#ifndef DMSCI_STORE_CHECKED_H
#define DMSCI_STORE_CHECKED_H

#include <sqlite3.h>
#include <stdbool.h>

/* Octets at the end of each page that SQLite leaves to us ("reserved space", byte 20 of the head).
 */
#define DMSCI_CHECKED_RESERVED 8

/**
 * A VFS above the default one that puts a sum into the reserved octets of each page of a database
 * file when it is written, and compares it when it is read: SQLITE_IOERR_DATA. Files whose head
 * reserves no such room are passed through. The log has sums of SQLite's own.
 */
struct dmsci_checked {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    char name[40];
};

/**
 * Open @p path with @p flags. @p checked must live until the connection is closed; nothing is left
 * registered.
 */
int dmsci_checked_open(struct dmsci_checked *checked, const char *path, int flags,
                       sqlite3 **ret_db);
/** Reserve the room in a database that has no page yet. */
int dmsci_checked_reserve(sqlite3 *db);
/** Whether its pages have the room. */
bool dmsci_checked_reserved(sqlite3 *db);

#endif
