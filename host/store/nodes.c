/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the management tree: one function, one statement. */
#include "host/store/nodes.h"
#include "host/store/large.h"
#include "host/store/private.h"
#include <string.h>

/* Stands for "/" in a key, and ends the range of a subtree: see sql.c. */
#define SEPARATOR     1
#define RANGE_END     2
#define COLUMN_BEHIND 10 /* the first column behind those of every node */

/* A key of one call. Most URIs fit the stack; the others take memory. */
struct key {
    char small[256];
    char *p;
    size_t n;
};

/* The key of "uri", or of "uri/child" when @p child is not empty. */
static enum dmsc_err key_make(struct dmsc_store *store, const char *uri, const char *child,
                              struct key *ret_key)
{
    size_t n = strlen(uri);
    size_t child_n = strlen(child);
    size_t room = n + child_n + 3; /* separator, end of range, NUL */
    char *p = ret_key->small;

    if (room > sizeof(ret_key->small)) {
        p = dmsci_alloc(store->ctx, room);
        if (p == NULL)
            return DMSC_E_NOMEM;
    }
    dmsci_copy(p, uri, n);
    if (child_n > 0) {
        p[n++] = '/';
        dmsci_copy(p + n, child, child_n);
        n += child_n;
    }
    for (size_t i = 0; i < n; i++) {
        /* No canonical URI holds a control character; one here could pose as a separator. */
        p[i] = p[i] == '/' ? SEPARATOR : (unsigned char)p[i] < ' ' ? 0x7F : p[i];
    }
    p[n] = '\0';
    ret_key->p = p;
    ret_key->n = n;
    return DMSC_OK;
}

/* The key that ends the range of the subtree. */
static void key_to_end(struct key *key)
{
    key->p[key->n++] = RANGE_END;
}

static struct dmsc_bytes key_bytes(const struct key *key)
{
    return dmsc_bytes(key->p, key->n);
}

/* A statement and the keys it looks at: "key", or from "key" to the end of a range. */
struct query {
    sqlite3_stmt *stmt;
    struct key key;
    struct key end;
};

static void query_init(struct query *q)
{
    q->stmt = NULL;
    q->key.p = q->key.small;
    q->end.p = q->end.small;
}

static void query_end(struct dmsc_store *store, struct query *q)
{
    dmsci_sql_done(store, q->stmt);
    if (q->key.p != q->key.small)
        dmsci_free(store->ctx, q->key.p);
    if (q->end.p != q->end.small)
        dmsci_free(store->ctx, q->end.p);
}

static enum dmsc_err query_one(struct dmsc_store *store, enum dmsci_sql id, const char *uri,
                               struct query *q)
{
    enum dmsc_err err;

    query_init(q);
    err = key_make(store, uri, "", &q->key);
    if (err == DMSC_OK)
        err = dmsci_sql_get(store, id, &q->stmt);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, q->stmt, 1, key_bytes(&q->key));
    return err;
}

/* From "uri", or behind all of "uri/child", to the end of what is below @p top. */
static enum dmsc_err query_range(struct dmsc_store *store, enum dmsci_sql id, const char *uri,
                                 const char *child, const char *top, struct query *q)
{
    enum dmsc_err err;

    query_init(q);
    err = key_make(store, uri, child, &q->key);
    if (err == DMSC_OK)
        err = key_make(store, top, "", &q->end);
    if (err == DMSC_OK)
        err = dmsci_sql_get(store, id, &q->stmt);
    if (err != DMSC_OK)
        return err;
    if (child[0] != '\0')
        key_to_end(&q->key);
    key_to_end(&q->end);
    err = dmsci_sql_bind_text(store, q->stmt, 1, key_bytes(&q->key));
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, q->stmt, 2, key_bytes(&q->end));
    return err;
}

/* The columns NODE_COLUMNS of sql.c, in their order. */
static enum dmsc_err read_columns(struct dmsc_store *store, sqlite3_stmt *stmt,
                                  struct dmsci_row *ret_row)
{
    size_t at[3];
    const char *strings;
    enum dmsc_err err = dmsci_sql_keep_texts(store, stmt, 1, DMSCI_ARRAY_LEN(at), at);

    /* A large object that is gone has no size. */
    if (err == DMSC_OK &&
        (sqlite3_column_type(stmt, 8) != SQLITE_INTEGER || sqlite3_column_int64(stmt, 8) < 0)) {
        err = dmsci_fail(store->ctx, DMSC_E_CORRUPT, "read a node");
        dmsci_where(store->ctx, "%s", store->path);
        dmsci_why(store->ctx, "store:corrupt", "its large value is not there");
    }
    if (err != DMSC_OK)
        return err;
    strings = dmsc_buf_str(&store->row);
    *ret_row = (struct dmsci_row){
        .format = (uint8_t)sqlite3_column_int(stmt, 0),
        .type = strings + at[0],
        .title = strings + at[1],
        .acl = strings + at[2],
        .tstamp = sqlite3_column_int64(stmt, 4),
        .verno = (uint16_t)sqlite3_column_int(stmt, 5),
        .access = (uint8_t)sqlite3_column_int(stmt, 6),
        .flags = (uint8_t)sqlite3_column_int(stmt, 7),
        .size = (size_t)sqlite3_column_int64(stmt, 8),
        .large = sqlite3_column_int64(stmt, 9),
    };
    return DMSC_OK;
}

static enum dmsc_err bind_columns(struct dmsc_store *store, sqlite3_stmt *stmt,
                                  const struct dmsci_row *row)
{
    const int64_t numbers[][2] = {
        { 2, row->format }, { 6, row->tstamp }, { 7, row->verno },
        { 8, row->access }, { 9, row->flags },
    };
    const char *const strings[] = { row->type, row->title, row->acl };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(numbers) && err == DMSC_OK; i++)
        err = dmsci_sql_bind_int(store, stmt, (int)numbers[i][0], numbers[i][1]);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(strings) && err == DMSC_OK; i++)
        err = dmsci_sql_bind_text(store, stmt, (int)i + 3, dmsc_bytes_str(strings[i]));
    return err;
}

enum dmsc_err dmsci_row_get(struct dmsc_store *store, const char *uri, struct dmsci_row *ret_row,
                            bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_one(store, SQL_NODE_GET, uri, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "read a node", &there);
    if (err == DMSC_OK && there && ret_row != NULL)
        err = read_columns(store, q.stmt, ret_row);
    query_end(store, &q);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_row_value(struct dmsc_store *store, const char *uri, struct dmsc_buf *ret_value,
                              bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_one(store, SQL_NODE_VALUE, uri, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "read a value", &there);
    if (err == DMSC_OK && there && sqlite3_column_type(q.stmt, 0) == SQLITE_INTEGER) {
        err = dmsci_fail(store->ctx, DMSC_E_LIMIT, "read a value");
        dmsci_where(store->ctx, "%.180s", uri);
        dmsci_why(store->ctx, "value:large", "it is a large object, to be read in pieces");
    } else if (err == DMSC_OK && there) {
        const void *p = sqlite3_column_blob(q.stmt, 0);

        err = dmsc_buf_set(ret_value, dmsc_bytes(p, (size_t)sqlite3_column_bytes(q.stmt, 0)));
    }
    query_end(store, &q);
    *ret_there = there;
    return err;
}

static enum dmsc_err write_row(struct dmsc_store *store, enum dmsci_sql id, const char *uri,
                               const struct dmsci_row *row, const struct dmsc_bytes *value)
{
    struct query q;
    bool there;
    enum dmsc_err err = dmsci_store_writable(store, "write a node");

    if (err != DMSC_OK)
        return err;
    err = query_one(store, id, uri, &q);
    if (err == DMSC_OK)
        err = bind_columns(store, q.stmt, row);
    if (err == DMSC_OK && value != NULL)
        err = dmsci_sql_bind_blob(store, q.stmt, 10, *value);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "write a node", &there);
    query_end(store, &q);
    return err;
}

enum dmsc_err dmsci_row_insert(struct dmsc_store *store, const char *uri,
                               const struct dmsci_row *row, struct dmsc_bytes value)
{
    enum dmsc_err err = write_row(store, SQL_NODE_INSERT, uri, row, &value);

    if (err == DMSC_OK)
        store->nodes++;
    return err;
}

/* The number of the large object that is the value of the row; 0: it is none, or no row. */
static enum dmsc_err large_of(struct dmsc_store *store, const char *uri, int64_t *ret_id)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_one(store, SQL_NODE_LARGE, uri, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "look for a large object", &there);
    *ret_id = err == DMSC_OK && there ? sqlite3_column_int64(q.stmt, 0) : 0;
    query_end(store, &q);
    return err;
}

static enum dmsc_err drop_large_of(struct dmsc_store *store, const char *uri)
{
    int64_t id = 0;
    enum dmsc_err err = dmsci_store_writable(store, "write a node");

    if (err == DMSC_OK)
        err = large_of(store, uri, &id);
    return err == DMSC_OK && id != 0 ? dmsci_large_drop(store, id) : err;
}

enum dmsc_err dmsci_row_set_large(struct dmsc_store *store, const char *uri, int64_t id)
{
    struct query q;
    bool there;
    enum dmsc_err err = drop_large_of(store, uri);

    if (err != DMSC_OK)
        return err;
    err = query_one(store, SQL_NODE_SET_LARGE, uri, &q);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, q.stmt, 2, id);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "write a node", &there);
    query_end(store, &q);
    return err == DMSC_OK ? dmsci_large_settle(store, id) : err;
}

enum dmsc_err dmsci_row_update(struct dmsc_store *store, const char *uri,
                               const struct dmsci_row *row, const struct dmsc_bytes *value)
{
    enum dmsc_err err = value == NULL ? DMSC_OK : drop_large_of(store, uri);

    if (err != DMSC_OK)
        return err;
    return write_row(store, value == NULL ? SQL_NODE_UPDATE : SQL_NODE_UPDATE_VALUE, uri, row,
                     value);
}

/* The text of column @p at, as a URI from its octet @p from on. */
static enum dmsc_err read_key(sqlite3_stmt *stmt, int at, size_t from, struct dmsc_buf *ret_uri)
{
    const uint8_t *p = sqlite3_column_text(stmt, at);
    size_t n = (size_t)sqlite3_column_bytes(stmt, at);
    enum dmsc_err err;

    if (p == NULL || n < from)
        return dmsci_fail(ret_uri->ctx, DMSC_E_CORRUPT, "read the name of a node");
    err = dmsc_buf_set(ret_uri, dmsc_bytes(p + from, n - from));
    for (size_t i = 0; err == DMSC_OK && i < ret_uri->n; i++) {
        if (ret_uri->p[i] == SEPARATOR)
            ret_uri->p[i] = '/';
    }
    return err;
}

enum dmsc_err dmsci_row_next(struct dmsc_store *store, const char *top, const char *after,
                             struct dmsc_buf *ret_uri, struct dmsci_row *ret_row, bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err =
        query_range(store, ret_row == NULL ? SQL_NODE_NEXT_KEY : SQL_NODE_NEXT, after, "", top, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "walk the tree", &there);
    if (err == DMSC_OK && there && ret_row != NULL)
        err = read_columns(store, q.stmt, ret_row);
    /* @p after may be the content of @p ret_uri: it is not needed any more. */
    if (err == DMSC_OK && there)
        err = read_key(q.stmt, ret_row == NULL ? 0 : COLUMN_BEHIND, 0, ret_uri);
    query_end(store, &q);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_row_child(struct dmsc_store *store, const char *parent, const char *after,
                              struct dmsc_buf *ret_name, bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_range(store, SQL_NODE_NEXT_KEY, parent, after, parent, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "list the children of a node", &there);
    if (err == DMSC_OK && there)
        err = read_key(q.stmt, 0, strlen(parent) + 1, ret_name);
    query_end(store, &q);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_row_of_type(struct dmsc_store *store, const char *type, const char *after,
                                struct dmsc_buf *ret_uri, bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_one(store, SQL_NODE_OF_TYPE, after, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, q.stmt, 2, dmsc_bytes_str(type));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "look for objects", &there);
    if (err == DMSC_OK && there)
        err = read_key(q.stmt, 0, 0, ret_uri);
    query_end(store, &q);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_rows_flagged(struct dmsc_store *store, const char *top, uint8_t flags,
                                 bool *ret_there)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_range(store, SQL_NODE_FLAGGED, top, "", top, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_bind_int(store, q.stmt, 3, flags);
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "look through a subtree", &there);
    query_end(store, &q);
    *ret_there = there;
    return err;
}

enum dmsc_err dmsci_rows_longest(struct dmsc_store *store, const char *top, size_t *ret_characters)
{
    struct query q;
    bool there = false;
    enum dmsc_err err = query_range(store, SQL_NODE_LONGEST, top, "", top, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "look through a subtree", &there);
    if (err == DMSC_OK)
        *ret_characters = there ? (size_t)sqlite3_column_int64(q.stmt, 0) : 0;
    query_end(store, &q);
    return err;
}

static enum dmsc_err delete_range(struct dmsc_store *store, enum dmsci_sql id, const char *top)
{
    struct query q;
    bool there;
    enum dmsc_err err = query_range(store, id, top, "", top, &q);

    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "delete nodes", &there);
    query_end(store, &q);
    return err;
}

enum dmsc_err dmsci_rows_delete(struct dmsc_store *store, const char *top)
{
    enum dmsc_err err = dmsci_store_writable(store, "delete nodes");

    if (err == DMSC_OK)
        err = delete_range(store, SQL_LARGE_DROP_BELOW, top);
    if (err == DMSC_OK && sqlite3_changes(store->db) > 0)
        store->dropped = true;
    if (err == DMSC_OK)
        err = delete_range(store, SQL_NODE_DELETE, top);
    if (err == DMSC_OK)
        store->nodes -= (uint32_t)sqlite3_changes(store->db);
    return err;
}

enum dmsc_err dmsci_rows_move(struct dmsc_store *store, const char *top, const char *to)
{
    struct query q;
    struct key key = { .n = 0 };
    bool there;
    enum dmsc_err err = dmsci_store_writable(store, "move nodes");

    if (err != DMSC_OK)
        return err;
    key.p = key.small;
    err = query_range(store, SQL_NODE_MOVE, top, "", top, &q);
    if (err == DMSC_OK)
        err = key_make(store, to, "", &key);
    if (err == DMSC_OK)
        err = dmsci_sql_bind_text(store, q.stmt, 3, key_bytes(&key));
    if (err == DMSC_OK)
        err = dmsci_sql_step(store, q.stmt, "move nodes", &there);
    query_end(store, &q);
    if (key.p != key.small)
        dmsci_free(store->ctx, key.p);
    return err;
}

uint32_t dmsci_rows_count(const struct dmsc_store *store)
{
    return store->nodes;
}
