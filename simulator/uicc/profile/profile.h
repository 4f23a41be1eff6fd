/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_SIM_PROFILE_H
#define DMSCI_SIM_PROFILE_H

#include "simulator/uicc/card.h"
#include "simulator/uicc/profile/json.h"

/**
 * Read a profile with all it is based on, merged into one object that the caller frees with
 * json_decref(): a key of the deriving profile replaces that of the base; "files" and "pins" are
 * merged entry by entry and key by key; an entry that is null goes away.
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_profile_read(struct dmsc_ctx *ctx, const char *path,
                                                    json_t **ret_profile);
/** @param directory of "base"; NULL: there may be none */
DMSC_NODISCARD enum dmsc_err dmsci_sim_profile_parse(struct dmsc_ctx *ctx, struct dmsc_bytes json,
                                                     const char *name, const char *directory,
                                                     json_t **ret_profile);

/** Make the card that @p profile describes. @param file for the stories */
DMSC_NODISCARD enum dmsc_err dmsci_sim_build(struct dmsc_ctx *ctx, const json_t *profile,
                                             const char *file, struct dmsc_sim **ret_sim);
/** Its part "files": fills sim->fs but the FCPs. (files.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_build_files(struct dmsc_sim *sim, const json_t *profile,
                                                   const char *file);
/** The parts "pins" of the card (@p adf is DMSCI_SIM_NO_FILE) and of an application. (pins.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_build_pins(struct dmsc_sim *sim,
                                                  const struct dmsci_sim_node *top, uint16_t adf);
DMSC_NODISCARD enum dmsc_err dmsci_sim_build_key_sets(struct dmsc_sim *sim,
                                                      const struct dmsci_sim_node *top);
/** Its part "authentication": the keys of AUTHENTICATE. (auth/profile.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_auth_build(struct dmsc_sim *sim,
                                                  const struct dmsci_sim_node *top);
/** Its part "ota": remote management. (ota/profile.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_ota_build(struct dmsc_sim *sim,
                                                 const struct dmsci_sim_node *top);
/** Its part "toolkit": rules and the applet. (toolkit/profile.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_toolkit_build(struct dmsc_sim *sim,
                                                     const struct dmsci_sim_node *top);
/** Its part "scp03": key sets of secure channels. (scp03/profile.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_scp03_build(struct dmsc_sim *sim,
                                                   const struct dmsci_sim_node *top);
/** Its part "keys": private keys of applications. (keys/profile.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_keys_build(struct dmsc_sim *sim,
                                                  const struct dmsci_sim_node *top);
/** The access rule of a file: "arr", "compact" or "expanded". (security.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_build_security(struct dmsci_sim_fs *fs,
                                                      const struct dmsci_sim_node *node,
                                                      struct dmsci_sim_file_info *info);
/** Read a file whose name is relative to that of the profile. @param key for the story (merge.c) */
DMSC_NODISCARD enum dmsc_err dmsci_sim_read_beside(const struct dmsci_sim_node *node,
                                                   const char *key, const char *name,
                                                   struct dmsc_buf *ret_bytes);
/**
 * Fill an EF (content.c): "fill", and over it "content": hex digits, an object with "hex", "text",
 * "fill", "file" or a form (forms.h) and perhaps "at" and "count", or an array of these, one behind
 * the other; an array with one of these a record.
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fill(const struct dmsci_sim_node *node,
                                            const struct dmsci_sim_fs *fs,
                                            const struct dmsci_sim_file *file);

#endif
