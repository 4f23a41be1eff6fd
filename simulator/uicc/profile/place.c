/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file of a profile stands in the tree, and whether its name is free there. */
#include "simulator/uicc/profile/place.h"
#include <stdio.h>
#include <string.h>

/* The last element of the path: four digits are an identifier, more the AID of an ADF. */
enum dmsc_err dmsci_sim_place_name(const struct dmsci_sim_fs *fs, const struct dmsci_sim_node *node,
                                   const char *own, struct dmsci_sim_file *file,
                                   const struct dmsci_sim_file_info *info)
{
    char aid[2 * DMSCI_SIM_AID_MAX + 1] = "";
    unsigned fid = 0;
    enum dmsc_err err;

    if (info->aid.n > 0)
        dmsc_hex_encode(dmsci_sim_fs_slice(fs, info->aid), aid);
    if (strlen(own) != 4) {
        if (strcmp(own, aid) != 0)
            return dmsci_sim_json_wrong(node, NULL, "profile:path",
                                        "a path ends with four hex digits or the AID of its ADF");
        return DMSC_OK;
    }
    err = dmsci_sim_json_id(node, NULL, own, 4, &fid);
    /* TS 102 221 8.3: reserved. 3F00 is the MF, and found before. */
    if (err == DMSC_OK && (fid == 0x0000 || fid == 0x7FFF || fid == 0xFFFF || fid == 0x3FFF))
        err = dmsci_sim_json_wrong(node, NULL, "profile:path", "%04X is reserved", fid);
    file->fid = (uint16_t)fid;
    return err;
}

/* Parents come before children, which keeps one pass and one order. */
enum dmsc_err dmsci_sim_place_parent(const struct dmsci_sim_fs *fs,
                                     const struct dmsci_sim_node *node, const char *path,
                                     unsigned *ret_parent, const char **ret_own)
{
    const char *slash = strrchr(path, '/');
    char parent[DMSCI_SIM_PATH_TEXT];
    unsigned depth = 1;

    for (const char *p = path; *p != '\0'; p++)
        depth += *p == '/';
    *ret_own = slash == NULL ? path : slash + 1;
    *ret_parent = DMSCI_SIM_NO_FILE;
    if (depth > DMSCI_SIM_DEPTH_MAX || strlen(path) >= sizeof(parent))
        return dmsci_sim_json_wrong(node, NULL, "profile:path", "deeper than %u files",
                                    DMSCI_SIM_DEPTH_MAX);
    if ((slash == NULL) != (fs->n_files == 0) || (slash == NULL && strcmp(path, "3F00") != 0))
        return dmsci_sim_json_wrong(node, NULL, "profile:path",
                                    "the first file is 3F00, and all others are below it");
    if (slash == NULL)
        return DMSC_OK;
    (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
    *ret_parent = dmsci_sim_fs_by_text(fs, parent);
    if (*ret_parent == DMSCI_SIM_NO_FILE || !dmsci_sim_file_is_df(&fs->files[*ret_parent]))
        return dmsci_sim_json_wrong(node, NULL, "profile:path", "%s is no DF listed before it",
                                    parent);
    return DMSC_OK;
}

enum dmsc_err dmsci_sim_place_check(const struct dmsci_sim_fs *fs,
                                    const struct dmsci_sim_node *node, unsigned parent,
                                    const struct dmsci_sim_file *file)
{
    unsigned other;

    if (file->fid == 0x3F00 && parent != DMSCI_SIM_NO_FILE)
        return dmsci_sim_json_wrong(node, NULL, "profile:path", "3F00 is reserved");
    if (parent == DMSCI_SIM_NO_FILE)
        return file->kind == DMSCI_SIM_DF
                   ? DMSC_OK
                   : dmsci_sim_json_wrong(node, "type", "profile:value", "the MF is a df");
    if (dmsci_sim_fs_child(fs, parent, file->fid) != DMSCI_SIM_NO_FILE)
        return dmsci_sim_json_wrong(node, NULL, "profile:path", "the identifier is taken");
    other = file->sfi == 0 ? DMSCI_SIM_NO_FILE : dmsci_sim_fs_by_sfi(fs, parent, file->sfi);
    if (other != DMSCI_SIM_NO_FILE && fs->info[other].sfi_how == DMSCI_SIM_SFI_GIVEN &&
        json_object_get(node->object, "sfi") != NULL)
        return dmsci_sim_json_wrong(node, "sfi", "profile:value", "%u is taken by %04X", file->sfi,
                                    fs->files[other].fid);
    return DMSC_OK;
}

/* Behind its siblings, in the order of the profile. */
void dmsci_sim_place_adopt(struct dmsci_sim_fs *fs, unsigned parent, unsigned child)
{
    uint16_t *link = &fs->files[parent].child;

    while (*link != DMSCI_SIM_NO_FILE)
        link = &fs->files[*link].next;
    *link = (uint16_t)child;
}

/* An SFI that a file has by its FID alone yields to one that another file was given. */
void dmsci_sim_place_settle(struct dmsci_sim_fs *fs)
{
    for (unsigned i = 1; i < fs->n_files; i++) {
        unsigned other = fs->info[i].sfi_how == DMSCI_SIM_SFI_GIVEN
                             ? fs->files[fs->files[i].parent].child
                             : DMSCI_SIM_NO_FILE;

        for (; other != DMSCI_SIM_NO_FILE; other = fs->files[other].next) {
            if (fs->info[other].sfi_how == DMSCI_SIM_SFI_FROM_FID &&
                fs->files[other].sfi == fs->files[i].sfi)
                fs->files[other].sfi = 0;
        }
    }
}
