/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the management tree, for host/mo alone. A row is addressed by the canonical URI of
 * its node; the order of rows is that of a walk: a parent before its children, siblings by octets.
 * No operation reads more than the subtree it names.
 */
#ifndef DMSCI_STORE_NODES_H
#define DMSCI_STORE_NODES_H

#include <dmsc/store.h>

/** Strings are never NULL. What a read gives is borrowed until the next call on the store. */
struct dmsci_row {
    const char *type;
    const char *title;
    const char *acl;
    int64_t tstamp;
    uint16_t verno;
    uint8_t format;
    uint8_t access;
    uint8_t flags;
    size_t size;   /* octets of the value; read only */
    int64_t large; /* the large object that is the value (large.h), 0: none; read only */
};

/** @param ret_there false: no such row; @p ret_row is then untouched. NULL: not wanted */
DMSC_NODISCARD enum dmsc_err dmsci_row_get(struct dmsc_store *store, const char *uri,
                                           struct dmsci_row *ret_row, bool *ret_there);
/**
 * @param ret_value replaced when the row is there
 * @return DMSC_E_LIMIT ("value:large") when the value is a large object
 */
DMSC_NODISCARD enum dmsc_err dmsci_row_value(struct dmsc_store *store, const char *uri,
                                             struct dmsc_buf *ret_value, bool *ret_there);
/** Must not be there yet. */
DMSC_NODISCARD enum dmsc_err dmsci_row_insert(struct dmsc_store *store, const char *uri,
                                              const struct dmsci_row *row, struct dmsc_bytes value);
/** Must be there. @param value NULL: it stays as it is */
DMSC_NODISCARD enum dmsc_err dmsci_row_update(struct dmsc_store *store, const char *uri,
                                              const struct dmsci_row *row,
                                              const struct dmsc_bytes *value);
/** The large object @p id becomes the value of the row, and is on its way no more (large.h). */
DMSC_NODISCARD enum dmsc_err dmsci_row_set_large(struct dmsc_store *store, const char *uri,
                                                 int64_t id);
/**
 * The row behind @p after in the walk of @p top; @p after is @p top or below it and need not exist.
 * @param ret_uri its URI (replaced); @param ret_row NULL if not wanted
 */
DMSC_NODISCARD enum dmsc_err dmsci_row_next(struct dmsc_store *store, const char *top,
                                            const char *after, struct dmsc_buf *ret_uri,
                                            struct dmsci_row *ret_row, bool *ret_there);
/** Name of the first child of @p parent behind the child @p after ("": the first of all). */
DMSC_NODISCARD enum dmsc_err dmsci_row_child(struct dmsc_store *store, const char *parent,
                                             const char *after, struct dmsc_buf *ret_name,
                                             bool *ret_there);
/** The first interior row of this type behind @p after ("": the first of all), in octet order. */
DMSC_NODISCARD enum dmsc_err dmsci_row_of_type(struct dmsc_store *store, const char *type,
                                               const char *after, struct dmsc_buf *ret_uri,
                                               bool *ret_there);
/** Whether a row at or below @p top has one of @p flags. */
DMSC_NODISCARD enum dmsc_err dmsci_rows_flagged(struct dmsc_store *store, const char *top,
                                                uint8_t flags, bool *ret_there);
/** Characters of the longest URI at or below @p top. */
DMSC_NODISCARD enum dmsc_err dmsci_rows_longest(struct dmsc_store *store, const char *top,
                                                size_t *ret_characters);
DMSC_NODISCARD enum dmsc_err dmsci_rows_delete(struct dmsc_store *store, const char *top);
/** Give @p top and all below it the URI @p to, where nothing is. */
DMSC_NODISCARD enum dmsc_err dmsci_rows_move(struct dmsc_store *store, const char *top,
                                             const char *to);
/** Rows there are; only inside a transaction. */
uint32_t dmsci_rows_count(const struct dmsc_store *store);

/* Values of secret leaves, sealed with the key of dmsc_store_set_key() for the place they stand at.
 * Both replace what they return, touch no row, and end with DMSC_E_UNSUPPORTED ("secret:no-key")
 * when there is no key. */
DMSC_NODISCARD enum dmsc_err dmsci_store_seal(struct dmsc_store *store, const char *uri,
                                              struct dmsc_bytes plain, struct dmsc_buf *ret_sealed);
/** @return DMSC_E_CORRUPT ("secret:unreadable"): sealed with another key or for another place */
DMSC_NODISCARD enum dmsc_err dmsci_store_unseal(struct dmsc_store *store, const char *uri,
                                                struct dmsc_bytes sealed,
                                                struct dmsc_buf *ret_plain);
/** Octets of the value in a sealed one of this size. */
size_t dmsci_store_unsealed_size(size_t sealed_size);

/* Reads between begin and end see one state, whatever another process commits meanwhile. May nest,
 * also inside a write transaction; a write transaction cannot begin inside. */
DMSC_NODISCARD enum dmsc_err dmsci_store_read_begin(struct dmsc_store *store);
void dmsci_store_read_end(struct dmsc_store *store);

/** What is remembered of a committed change; the latest are kept (limits.changes_kept). */
struct dmsci_change {
    int64_t id; /* rises by 1 */
    int64_t at; /* s since 1970 */
    const char *actor;
    uint32_t count;   /* nodes touched */
    const char *what; /* one "add ./A/B" a line; cut short when there are many */
};
DMSC_NODISCARD enum dmsc_err dmsci_change_add(struct dmsc_store *store,
                                              const struct dmsci_change *change);
/** The change behind @p id (0: the oldest), borrowed until the next call on the store. */
DMSC_NODISCARD enum dmsc_err dmsci_change_next(struct dmsc_store *store, int64_t id,
                                               struct dmsci_change *ret_change, bool *ret_there);

/** Number of the latest change; 0: there was none. */
DMSC_NODISCARD enum dmsc_err dmsci_change_newest(struct dmsc_store *store, int64_t *ret_id);

/** A refusal that is remembered; the latest are kept (limits.refusals_kept). */
struct dmsci_refusal {
    int64_t id; /* rises by 1 */
    int64_t at; /* s since 1970 */
    uint32_t times;
    const char *who, *right, *where, *reason, *detail;
};
DMSC_NODISCARD enum dmsc_err dmsci_refusal_add(struct dmsc_store *store,
                                               const struct dmsci_refusal *refusal);
/** The refusal behind @p id (0: the oldest), borrowed until the next call on the store. */
DMSC_NODISCARD enum dmsc_err dmsci_refusal_next(struct dmsc_store *store, int64_t id,
                                                struct dmsci_refusal *ret_refusal, bool *ret_there);

/** What was spent since opening: benchmarks count this instead of seconds. */
struct dmsci_cost {
    uint64_t steps; /* of SQLite's machine */
    uint64_t pages; /* looked at, in memory or read */
    uint64_t reads; /* pages read from the file */
};
void dmsci_store_cost(struct dmsc_store *store, struct dmsci_cost *ret_cost);

#endif
