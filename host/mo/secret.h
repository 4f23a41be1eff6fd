/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they are stored: those of secret leaves sealed, empty ones and all others as they are.
 */
#ifndef DMSCI_MO_SECRET_H
#define DMSCI_MO_SECRET_H

#include "host/mo/tree.h"

/**
 * What to store for a value at @p uri.
 *
 * @param flags of the node
 * @param room initialised by the caller, which clears it behind the write
 * @param ret_stored borrows from @p value or from @p room
 */
DMSC_NODISCARD enum dmsc_err dmsci_secret_seal(struct dmsc_tree *tree, const char *uri,
                                               uint8_t flags, struct dmsc_bytes value,
                                               struct dmsc_buf *room,
                                               struct dmsc_bytes *ret_stored);
/** The value of a leaf that is there, replaced. @param flags of the leaf */
DMSC_NODISCARD enum dmsc_err dmsci_secret_value(struct dmsc_tree *tree, const char *uri,
                                                uint8_t flags, struct dmsc_buf *ret_value);
/** STD 5.3.1: AAuthSecret and AAuthData have no Get, whoever made them. The name alone decides: the
 * type that makes an account of the nodes above may come later. */
bool dmsci_secret_named(const char *uri);
/** Octets of the row's value, without its seal. */
size_t dmsci_secret_size(const struct dmsci_row *row);

/** A leaf that is there becomes a secret: without Get, its value sealed. */
DMSC_NODISCARD enum dmsc_err dmsci_secret_hide(struct dmsc_tree *tree, const char *uri);
/** Behind dmsci_rows_move(): seals belong to a place, so those of all that moved are made anew. */
DMSC_NODISCARD enum dmsc_err dmsci_secret_moved(struct dmsc_tree *tree, const char *from,
                                                const char *to);

#endif
