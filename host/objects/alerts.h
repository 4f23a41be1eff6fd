/* SPDX-License-Identifier: Apache-2.0 */
/* For the objects that have something to tell. */
#ifndef DMSCI_OBJECTS_ALERTS_H
#define DMSCI_OBJECTS_ALERTS_H

#include <dmsc/alerts.h>

/** Keep an alert, in the caller's change. Its number is given. */
DMSC_NODISCARD enum dmsc_err dmsci_alerts_add(struct dmsc_tree *tree,
                                              const struct dmsc_alert *alert);

/* Texts one behind the other in a named value of the store, a NUL behind each. */
DMSC_NODISCARD enum dmsc_err dmsci_texts_put(struct dmsc_tree *tree, const char *key,
                                             const char *const *texts, size_t n);
/**
 * @param buf       keeps what @p ret_texts point into
 * @param ret_texts exactly @p n
 * @return DMSC_E_NOTFOUND; DMSC_E_CORRUPT for another number of texts
 */
DMSC_NODISCARD enum dmsc_err dmsci_texts_get(struct dmsc_tree *tree, const char *key,
                                             struct dmsc_buf *buf, const char **ret_texts,
                                             size_t n);

#endif
