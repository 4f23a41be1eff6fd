/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the nodes of a DACMO, in the caller's change. Nobody else writes below ./DACMO. */
#ifndef DMSCI_DACMO_H
#define DMSCI_DACMO_H

#include "host/authority/private.h"
#include <dmsc/mo.h>

/** Make it, or give it a new owner and nothing granted where one is left from before. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_make(struct dmsc_authority *authority, const char *base,
                                              const char *moid, const char *instance,
                                              const char *owner);
/** Every DACMO, one after the other; @p act may change it or take it away. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_each(struct dmsc_authority *authority, const void *arg,
                                              enum dmsc_err (*act)(struct dmsc_authority *authority,
                                                                   const char *base,
                                                                   const void *arg));
/** Write a leaf below @p base; text NULL takes it away. */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_leaf(struct dmsc_authority *authority, const char *base,
                                              const char *leaf, enum dmsc_format format,
                                              const char *text);
/**
 * Write one grant: who it is for, by whom, at which depth. A key that is empty: a new node.
 * @p grant is all there is, its server_id is not looked at.
 */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_put(struct dmsc_authority *authority, const char *base,
                                             const struct dmsci_grant *grant);
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_drop(struct dmsc_authority *authority, const char *base,
                                              const char *key);
/** Shrink what was given by those whose own grant shrank or went (dm2 15.5). */
DMSC_NODISCARD enum dmsc_err dmsci_dacmo_cascade(struct dmsc_authority *authority,
                                                 const char *base);

#endif
