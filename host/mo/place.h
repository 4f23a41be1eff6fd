/* SPDX-License-Identifier: Apache-2.0 */
/* Where objects go by their kind. */
#ifndef DMSCI_MO_PLACE_H
#define DMSCI_MO_PLACE_H

#include "host/mo/tree.h"
#include <dmsc/inbox.h>

/**
 * Below which node objects of the kind go: as said, else beside the first instance of it that the
 * sender may see. Replaced; empty: nowhere.
 */
DMSC_NODISCARD enum dmsc_err dmsci_inbox_parent(struct dmsc_tree *tree, const char *moid,
                                                const struct dmsc_inbox *how,
                                                struct dmsc_buf *ret_parent);
void dmsci_inbox_places_free(struct dmsc_tree *tree);

/** Whether both are one kind of object, in whatever version. */
bool dmsci_moid_same(const char *a, const char *b);
/** Order of the versions of one kind: number by number. */
int dmsci_moid_compare(const char *a, const char *b);

#endif
