/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of well-known EFs as people write them: {"imsi": "001010123456789"}. */
#ifndef DMSCI_SIM_FORMS_H
#define DMSCI_SIM_FORMS_H

#include "simulator/uicc/profile/json.h"

/** The key of @p object that names a form; NULL: none does. */
const char *dmsci_sim_form_of(const json_t *object);
/**
 * Encode it.
 *
 * @param node what the form stands in: node->object is the object, node->where its place
 * @param w    as much room as the EF or record has left; a form may fill it
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_form_put(const struct dmsci_sim_node *node, const char *form,
                                                struct dmsc_wr *w);

#endif
