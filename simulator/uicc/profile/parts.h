/* SPDX-License-Identifier: Apache-2.0 */
/* For the parts of a profile that hold keys: reading into fixed places, and writing. */
#ifndef DMSCI_SIM_PARTS_H
#define DMSCI_SIM_PARTS_H

#include "simulator/uicc/card.h"
#include "simulator/uicc/profile/json.h"
#include <dmsc/secret.h>

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
/** A key of AES or DES that must be there: 32 bytes at most, a multiple of 8. @param least 8 or 16
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_secret(const struct dmsci_sim_node *node,
                                                   const char *key, size_t least,
                                                   struct dmsc_secret *ret_secret);
/**
 * The AID of an ADF of "files".
 *
 * @param key   where the path stands, for the story; NULL: it is the name of the object
 * @param why   the story's
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_adf(const struct dmsc_sim *sim,
                                                const struct dmsci_sim_node *node, const char *key,
                                                const char *path, const char *why,
                                                uint8_t ret_aid[DMSCI_SIM_AID_MAX], uint8_t *ret_n);
/** ", "KEY": "HEX"", nothing for no bytes. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_put_bytes(struct dmsc_buf *out, const char *key,
                                                 struct dmsc_bytes bytes);

/** The array KEY of a dump: @p n entries that each belong to an ADF. */
struct dmsci_sim_list {
    const char *key;
    unsigned n;
    struct dmsc_bytes (*aid)(const struct dmsc_sim *sim, unsigned i);
    enum dmsc_err (*put)(const struct dmsc_sim *sim, unsigned i, const char *path,
                         struct dmsc_buf *out);
};
/** Put it, with its comma; entries whose ADF was deleted are left out. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_put_list(const struct dmsc_sim *sim,
                                                const struct dmsci_sim_list *list,
                                                struct dmsc_buf *out);

#endif
