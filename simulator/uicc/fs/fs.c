/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/fs/fs.h"
#include <stdio.h>
#include <string.h>

void dmsci_sim_fs_init(struct dmsci_sim_fs *fs, struct dmsc_ctx *ctx)
{
    *fs = (struct dmsci_sim_fs){ .ctx = ctx, .n_key_sets = 1 };
    fs->key_sets[0].adf = DMSCI_SIM_NO_FILE;
    dmsc_buf_init(&fs->pool, ctx, DMSCI_SIM_CONTENT_MAX);
    dmsc_buf_init(&fs->fcp, ctx, (size_t)DMSCI_SIM_FILES_MAX * DMSCI_SIM_FCP_MAX);
}

void dmsci_sim_fs_clear(struct dmsci_sim_fs *fs)
{
    dmsci_free(fs->ctx, fs->files);
    dmsci_free(fs->ctx, fs->info);
    dmsci_free(fs->ctx, fs->adfs);
    dmsci_free(fs->ctx, fs->content);
    dmsci_free(fs->ctx, fs->rules);
    dmsc_buf_clear(&fs->pool);
    dmsc_buf_clear(&fs->fcp);
    dmsci_sim_fs_init(fs, fs->ctx);
}

bool dmsci_sim_file_is_df(const struct dmsci_sim_file *file)
{
    return file->kind == DMSCI_SIM_DF || file->kind == DMSCI_SIM_ADF;
}

bool dmsci_sim_file_has_records(const struct dmsci_sim_file *file)
{
    return file->kind == DMSCI_SIM_LINEAR_FIXED || file->kind == DMSCI_SIM_CYCLIC;
}

bool dmsci_sim_file_is_active(const struct dmsci_sim_file *file)
{
    return (file->life_cycle & 0x0D) != 0x04 && (file->life_cycle & 0x0C) != 0x0C;
}

bool dmsci_sim_fs_is_below_inactive(const struct dmsci_sim_fs *fs, unsigned file)
{
    unsigned df = fs->df_inactive ? fs->files[file].parent : DMSCI_SIM_NO_FILE;

    while (df != DMSCI_SIM_NO_FILE && dmsci_sim_file_is_active(&fs->files[df]))
        df = fs->files[df].parent;
    return df != DMSCI_SIM_NO_FILE;
}

struct dmsc_bytes dmsci_sim_fs_slice(const struct dmsci_sim_fs *fs, struct dmsci_sim_slice slice)
{
    return slice.n == 0 ? dmsc_bytes(NULL, 0) : dmsc_bytes(fs->pool.p + slice.at, slice.n);
}

unsigned dmsci_sim_fs_child(const struct dmsci_sim_fs *fs, unsigned df, uint16_t fid)
{
    unsigned i = fs->files[df].child;

    while (i != DMSCI_SIM_NO_FILE && (fs->files[i].fid != fid || fid == 0))
        i = fs->files[i].next;
    return i;
}

unsigned dmsci_sim_fs_by_fid(const struct dmsci_sim_fs *fs, unsigned df, uint16_t fid)
{
    unsigned parent = fs->files[df].parent;
    unsigned found;

    if (fid == 0x3F00)
        return 0;
    found = dmsci_sim_fs_child(fs, df, fid);
    if (found != DMSCI_SIM_NO_FILE)
        return found;
    if (fs->files[df].fid == fid)
        return df;
    if (parent == DMSCI_SIM_NO_FILE)
        return DMSCI_SIM_NO_FILE;
    if (fs->files[parent].fid == fid)
        return parent;
    /* DFs beside the current one, not EFs: those of the parent take a SELECT of the parent. */
    found = dmsci_sim_fs_child(fs, parent, fid);
    return found != DMSCI_SIM_NO_FILE && dmsci_sim_file_is_df(&fs->files[found])
               ? found
               : DMSCI_SIM_NO_FILE;
}

unsigned dmsci_sim_fs_by_sfi(const struct dmsci_sim_fs *fs, unsigned df, uint8_t sfi)
{
    unsigned i = fs->files[df].child;

    while (i != DMSCI_SIM_NO_FILE && fs->files[i].sfi != sfi)
        i = fs->files[i].next;
    return i;
}

unsigned dmsci_sim_fs_adf_of(const struct dmsci_sim_fs *fs, unsigned file)
{
    while (file != DMSCI_SIM_NO_FILE && fs->files[file].kind != DMSCI_SIM_ADF)
        file = fs->files[file].parent;
    return file;
}

/* One element of a path: four digits are an identifier, more an AID. */
static bool is_named(const struct dmsci_sim_fs *fs, unsigned file, const char *text, size_t n)
{
    struct dmsc_bytes aid = dmsci_sim_fs_slice(fs, fs->info[file].aid);
    char own[2 * DMSCI_SIM_AID_MAX + 1];

    if (n != 4 || fs->files[file].fid == 0)
        dmsc_hex_encode(aid, own);
    else
        (void)snprintf(own, sizeof(own), "%04X", fs->files[file].fid);
    return strlen(own) == n && strncmp(own, text, n) == 0;
}

unsigned dmsci_sim_fs_by_text(const struct dmsci_sim_fs *fs, const char *path)
{
    unsigned file = DMSCI_SIM_NO_FILE;
    unsigned candidate = fs->n_files > 0 ? 0 : DMSCI_SIM_NO_FILE;

    for (;;) {
        size_t n = strcspn(path, "/");

        while (candidate != DMSCI_SIM_NO_FILE && !is_named(fs, candidate, path, n))
            candidate = fs->files[candidate].next;
        file = candidate;
        if (file == DMSCI_SIM_NO_FILE || path[n] == '\0')
            return file;
        candidate = fs->files[file].child;
        path += n + 1;
    }
}

enum dmsc_err dmsci_sim_fs_text(const struct dmsci_sim_fs *fs, unsigned file, char *ret_text,
                                size_t size)
{
    unsigned chain[DMSCI_SIM_DEPTH_MAX];
    unsigned depth = 0;
    size_t n = 0;

    for (; file != DMSCI_SIM_NO_FILE; file = fs->files[file].parent) {
        if (depth == DMSCI_SIM_DEPTH_MAX)
            return DMSC_E_LIMIT;
        chain[depth++] = file;
    }
    while (depth-- > 0) {
        char own[2 * DMSCI_SIM_AID_MAX + 1];

        if (fs->files[chain[depth]].fid == 0)
            dmsc_hex_encode(dmsci_sim_fs_slice(fs, fs->info[chain[depth]].aid), own);
        else
            (void)snprintf(own, sizeof(own), "%04X", fs->files[chain[depth]].fid);
        if (n + strlen(own) + 2 > size)
            return DMSC_E_LIMIT;
        n += (size_t)snprintf(ret_text + n, size - n, "%s%s", n > 0 ? "/" : "", own);
    }
    return DMSC_OK;
}

const struct dmsci_sim_key_set *dmsci_sim_fs_key_set(const struct dmsci_sim_fs *fs, unsigned file)
{
    unsigned adf = fs->n_key_sets > 1 ? dmsci_sim_fs_adf_of(fs, file) : DMSCI_SIM_NO_FILE;

    for (unsigned i = 1; adf != DMSCI_SIM_NO_FILE && i < fs->n_key_sets; i++) {
        if (fs->key_sets[i].adf == adf)
            return &fs->key_sets[i];
    }
    return &fs->key_sets[0];
}

uint32_t dmsci_sim_fs_satisfied(const struct dmsci_sim_fs *fs, unsigned file)
{
    const struct dmsci_sim_key_set *set = dmsci_sim_fs_key_set(fs, file);

    return (fs->key_sets[0].satisfied & ~set->own) | set->satisfied;
}

uint8_t *dmsci_sim_fs_record(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file,
                             unsigned number)
{
    unsigned place = (file->newest + number - 1) % file->records;

    return fs->content + file->content + (size_t)place * file->record_length;
}
