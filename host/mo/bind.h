/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind nodes (dmsc/mo_ops.h), for the rest of the tree. */
#ifndef DMSCI_MO_BIND_H
#define DMSCI_MO_BIND_H

#include "host/mo/tree.h"

/** A value is about to be stored at @p uri. */
DMSC_NODISCARD enum dmsc_err dmsci_bind_set(struct dmsc_tree *tree, const char *uri,
                                            struct dmsc_bytes value);
/** The node and all below it are about to be deleted. */
DMSC_NODISCARD enum dmsc_err dmsci_bind_remove(struct dmsc_tree *tree, const char *uri);
/** A change, perhaps one in another, was rolled back. */
void dmsci_bind_undone(struct dmsc_tree *tree);
/** The outermost change is over. */
void dmsci_bind_settle(struct dmsc_tree *tree, bool kept);
void dmsci_bind_free(struct dmsc_tree *tree);

#endif
