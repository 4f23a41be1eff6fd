/* SPDX-License-Identifier: Apache-2.0 */
/* Large values, for the files of host/mo. */
#ifndef DMSCI_MO_LARGE_H
#define DMSCI_MO_LARGE_H

#include "host/mo/tree.h"
#include <dmsc/large.h>

/* The largest piece in the store, and what is read at a time. */
#define DMSCI_LARGE_PIECE 65536u

/** Whether the octets of the large object @p id are a value of @p format; reads piece by piece. */
DMSC_NODISCARD enum dmsc_err dmsci_large_check(struct dmsc_tree *tree, enum dmsc_format format,
                                               int64_t id, int64_t size);
/**
 * The value of a leaf of any size, replaced, for those who need it whole: what is above @p most
 * octets is DMSC_E_LIMIT ("value:large") before anything is read.
 */
DMSC_NODISCARD enum dmsc_err dmsci_value_whole(struct dmsc_tree *tree, const char *uri, size_t most,
                                               struct dmsc_buf *ret_value);
/** Whether @p n octets more have room (limits.large_total). */
DMSC_NODISCARD enum dmsc_err dmsci_large_room(struct dmsc_tree *tree, size_t n, const char *uri);
/** Octets of UTF-8 in front of the last character that may not be whole. */
size_t dmsci_whole_characters(struct dmsc_bytes text);
/** Whether the leaf @p uri, there or not, can have a large value. */
DMSC_NODISCARD enum dmsc_err dmsci_large_allowed(struct dmsc_tree *tree, const char *uri,
                                                 const char *what);

#endif
