/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file of a profile stands in the tree (place.c). */
#ifndef DMSCI_SIM_PLACE_H
#define DMSCI_SIM_PLACE_H

#include "simulator/uicc/fs/fs.h"
#include "simulator/uicc/profile/json.h"

/** @param ret_parent DMSCI_SIM_NO_FILE for the MF @param ret_own borrowed: the last of @p path */
DMSC_NODISCARD enum dmsc_err dmsci_sim_place_parent(const struct dmsci_sim_fs *fs,
                                                    const struct dmsci_sim_node *node,
                                                    const char *path, unsigned *ret_parent,
                                                    const char **ret_own);
/** Set file->fid from the last element of the path. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_place_name(const struct dmsci_sim_fs *fs,
                                                  const struct dmsci_sim_node *node,
                                                  const char *own, struct dmsci_sim_file *file,
                                                  const struct dmsci_sim_file_info *info);
/** No other file below @p parent has its FID, or the SFI that it was given. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_place_check(const struct dmsci_sim_fs *fs,
                                                   const struct dmsci_sim_node *node,
                                                   unsigned parent,
                                                   const struct dmsci_sim_file *file);
void dmsci_sim_place_adopt(struct dmsci_sim_fs *fs, unsigned parent, unsigned child);
/** When all files are there. */
void dmsci_sim_place_settle(struct dmsci_sim_fs *fs);

#endif
