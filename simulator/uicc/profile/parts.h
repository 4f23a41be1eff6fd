/* SPDX-License-Identifier: Apache-2.0 */
/* For the parts of a profile that hold keys: reading into fixed places, and writing. */
#ifndef DMSCI_SIM_PARTS_H
#define DMSCI_SIM_PARTS_H

#include "simulator/uicc/profile/json.h"

/**
 * Hex digits of @p least to @p most bytes into @p ret. A key that is absent leaves all as it is.
 * @param ret_n how many; NULL when least is most
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_bytes(const struct dmsci_sim_node *node,
                                                  const char *key, size_t least, size_t most,
                                                  uint8_t *ret, size_t *ret_n);
/** As dmsci_sim_json_bytes(), and it must be there. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_demand(const struct dmsci_sim_node *node,
                                                   const char *key, size_t least, size_t most,
                                                   uint8_t *ret, size_t *ret_n);
/** ", "KEY": "HEX"", nothing for no bytes. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_put_bytes(struct dmsc_buf *out, const char *key,
                                                 struct dmsc_bytes bytes);

#endif
