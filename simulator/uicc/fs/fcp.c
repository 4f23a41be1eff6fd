/* SPDX-License-Identifier: Apache-2.0 */
/* The FCP of each file, made once: SELECT only points at it. */
#include "simulator/uicc/fs/fs.h"

#define PIN_STATUS_MAX (2u + 2u + 6u * DMSCI_SIM_DF_KEYS_MAX)
#define UNIVERSAL_PIN  0x11u

/* File descriptor byte without b7 (TS 102 221 table 11.5), by enum dmsci_sim_kind. */
static const uint8_t descriptors[] = { 0x38, 0x38, 0x01, 0x02, 0x06, 0x39 };
static const enum dmsc_file_structure structures[] = {
    DMSC_FILE_NO_STRUCTURE, DMSC_FILE_NO_STRUCTURE, DMSC_FILE_TRANSPARENT,
    DMSC_FILE_LINEAR_FIXED, DMSC_FILE_CYCLIC,       DMSC_FILE_BER_TLV,
};

static uint32_t enabled_at(const struct dmsci_sim_fs *fs, unsigned df)
{
    const struct dmsci_sim_key_set *set = dmsci_sim_fs_key_set(fs, df);

    return (fs->key_sets[0].enabled & ~set->own) | set->enabled;
}

/* 9.5.2: does the universal PIN stand for a disabled one? */
static void put_usage(const struct dmsci_sim_fs *fs, struct dmsc_wr *w)
{
    dmsc_wr_u8(w, 0x95);
    dmsc_wr_u8(w, 1);
    dmsc_wr_u8(w, fs->upin_used ? 0x08 : 0x00);
}

/* 11.1.1.4.10: 90 one bit a key from b8 on, enabled or not; then the keys in that order. */
static size_t pin_status(const struct dmsci_sim_fs *fs, unsigned df,
                         uint8_t ret_value[PIN_STATUS_MAX])
{
    const struct dmsci_sim_file_info *info = &fs->info[df];
    uint32_t enabled = enabled_at(fs, df);
    struct dmsc_wr w = dmsc_wr(ret_value, PIN_STATUS_MAX);
    unsigned n_bytes = (info->n_keys + 7u) / 8u;

    if (info->n_keys == 0)
        return 0;
    dmsc_wr_u8(&w, 0x90);
    dmsc_wr_u8(&w, (uint8_t)n_bytes);
    for (unsigned byte = 0; byte < n_bytes; byte++) {
        uint8_t bits = 0;

        for (unsigned i = byte * 8; i < info->n_keys && i < byte * 8 + 8; i++) {
            if ((enabled >> dmsci_arr_key_bit(info->keys[i]) & 1) != 0)
                bits = (uint8_t)(bits | 0x80 >> (i % 8));
        }
        dmsc_wr_u8(&w, bits);
    }
    for (unsigned i = 0; i < info->n_keys; i++) {
        if (info->keys[i] == UNIVERSAL_PIN)
            put_usage(fs, &w);
        dmsc_wr_u8(&w, 0x83);
        dmsc_wr_u8(&w, 1);
        dmsc_wr_u8(&w, info->keys[i]);
    }
    return w.n;
}

static void set_security(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file_info *info,
                         struct dmsc_fcp *fcp)
{
    struct dmsc_bytes value = dmsci_sim_fs_slice(fs, info->security);

    if (info->security_tag == 0x8B)
        fcp->security_referenced = value;
    else if (info->security_tag == 0x8C)
        fcp->security_compact = value;
    else
        fcp->security_expanded = value;
}

static enum dmsc_err encode(const struct dmsci_sim_fs *fs, unsigned index, struct dmsc_wr *w)
{
    const struct dmsci_sim_file *file = &fs->files[index];
    const struct dmsci_sim_file_info *info = &fs->info[index];
    uint8_t status[PIN_STATUS_MAX];
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    if (info->applet) {
        dmsc_wr_bytes(w, dmsci_sim_fs_slice(fs, info->answer));
        return w->bad ? DMSC_E_LIMIT : DMSC_OK;
    }
    fcp.structure = structures[file->kind];
    fcp.descriptor = descriptors[file->kind] | (info->not_shareable ? 0x00 : 0x40);
    fcp.record_length = file->record_length;
    fcp.records = file->records;
    fcp.has_file_id = file->fid != 0 && !info->fcp_without_fid;
    fcp.file_id = file->fid;
    fcp.df_name = dmsci_sim_fs_slice(fs, info->aid);
    fcp.proprietary = dmsci_sim_fs_slice(fs, info->proprietary);
    fcp.life_cycle = file->life_cycle;
    set_security(fs, info, &fcp);
    if (dmsci_sim_file_is_df(file)) {
        fcp.pin_status = dmsc_bytes(status, pin_status(fs, index, status));
    } else {
        fcp.has_size = true;
        fcp.size_bytes = file->size;
        fcp.has_sfi = info->sfi_how != DMSCI_SIM_SFI_FROM_FID;
        fcp.sfi = file->sfi;
    }
    return dmsc_fcp_encode(&fcp, w);
}

enum dmsc_err dmsci_sim_fs_fcp_build(struct dmsci_sim_fs *fs, unsigned *ret_bad)
{
    /* Beside the old ones: a change of a PIN keeps their sizes, so nothing is allocated then. */
    dmsc_buf_truncate(&fs->fcp, 0);
    fs->df_inactive = false;
    for (unsigned i = 0; i < fs->n_files; i++) {
        uint8_t fcp[DMSCI_SIM_FCP_MAX];
        struct dmsc_wr w = dmsc_wr(fcp, sizeof(fcp));
        enum dmsc_err err = encode(fs, i, &w);

        *ret_bad = i;
        if (dmsci_sim_file_is_df(&fs->files[i]) && !dmsci_sim_file_is_active(&fs->files[i]))
            fs->df_inactive = true;
        if (err == DMSC_OK)
            err = dmsc_buf_append(&fs->fcp, dmsc_bytes(fcp, w.n));
        if (err != DMSC_OK)
            return err;
        fs->files[i].fcp = (uint32_t)(fs->fcp.n - w.n);
        fs->files[i].fcp_n = (uint16_t)w.n;
    }
    return DMSC_OK;
}
