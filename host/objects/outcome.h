/* SPDX-License-Identifier: Apache-2.0 */
/* For the objects whose operations take their time. */
#ifndef DMSCI_OBJECTS_OUTCOME_H
#define DMSCI_OBJECTS_OUTCOME_H

#include <dmsc/mo.h>

/* Of an operation that is over. */
struct dmsci_outcome {
    const char *server_id; /* who executed it; "": nobody that could be told */
    const char *type, *mark, *source, *correlator;
    unsigned result; /* code of its specification */
};
/** Let it wait as a Generic Alert (PRO 8.7), in the caller's change. */
DMSC_NODISCARD enum dmsc_err dmsci_outcome_tell(struct dmsc_tree *tree,
                                                const struct dmsci_outcome *outcome);

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
