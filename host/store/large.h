/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large objects, for host/mo alone: values that do not fit memory. They come in pieces, each kept
 * when its change is committed, so that a transfer goes on where it stopped; when all is there the
 * object becomes the value of a row (nodes.h), and its name is free again.
 */
#ifndef DMSCI_STORE_LARGE_H
#define DMSCI_STORE_LARGE_H

#include <dmsc/store.h>

struct dmsci_large {
    int64_t id;   /* never used again */
    int64_t size; /* octets it will have; -1: nobody said */
    int64_t have; /* octets that are there */
    int64_t at;   /* s since 1970, of the last piece */
};

/** The object on its way under @p name. @param ret_tag replaced; NULL: not wanted */
DMSC_NODISCARD enum dmsc_err dmsci_large_find(struct dmsc_store *store, const char *name,
                                              struct dmsci_large *ret_large,
                                              struct dmsc_buf *ret_tag, bool *ret_there);
/** A new one; nothing may be on its way under this name. @param tag what content it will be */
DMSC_NODISCARD enum dmsc_err dmsci_large_begin(struct dmsc_store *store, const char *name,
                                               struct dmsc_bytes tag, int64_t size, int64_t now,
                                               struct dmsci_large *ret_large);
/** Add a piece, in the caller's change; @p large is brought up to date. */
DMSC_NODISCARD enum dmsc_err dmsci_large_append(struct dmsc_store *store, struct dmsci_large *large,
                                                struct dmsc_bytes piece, int64_t now);
/** Octets from @p at on, appended: up to @p n of them, all of one piece; none behind the end. */
DMSC_NODISCARD enum dmsc_err dmsci_large_read(struct dmsc_store *store, int64_t id, int64_t at,
                                              size_t n, struct dmsc_buf *ret_octets);
DMSC_NODISCARD enum dmsc_err dmsci_large_drop(struct dmsc_store *store, int64_t id);
/** Octets of all there are, in the tree and on their way, and dropped ones in this change. */
DMSC_NODISCARD enum dmsc_err dmsci_large_sum(struct dmsc_store *store, int64_t *ret_octets);
/** Another one with the same octets and no name. */
DMSC_NODISCARD enum dmsc_err dmsci_large_copy(struct dmsc_store *store, int64_t id,
                                              int64_t *ret_id);
/** It is on its way no more. */
DMSC_NODISCARD enum dmsc_err dmsci_large_settle(struct dmsc_store *store, int64_t id);
/** The first on its way behind the name @p after ("": the first of all), in octet order.
 *  @param ret_name replaced */
DMSC_NODISCARD enum dmsc_err dmsci_large_next(struct dmsc_store *store, const char *after,
                                              struct dmsc_buf *ret_name,
                                              struct dmsci_large *ret_large, bool *ret_there);

#endif
