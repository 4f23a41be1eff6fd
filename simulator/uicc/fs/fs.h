/* SPDX-License-Identifier: Apache-2.0 */
/* The file system image: compact nodes, one block of content, FCPs made beforehand. */
#ifndef DMSCI_SIM_FS_H
#define DMSCI_SIM_FS_H

#include "apdu/base/ctx.h"
#include "apdu/codec/arr.h"
#include <dmsc/fcp.h>

#define DMSCI_SIM_NO_FILE     0xFFFFu
#define DMSCI_SIM_FILES_MAX   4096u
#define DMSCI_SIM_DEPTH_MAX   8u
#define DMSCI_SIM_CONTENT_MAX (16u << 20)
#define DMSCI_SIM_AID_MAX     16u
#define DMSCI_SIM_DF_KEYS_MAX 16u
#define DMSCI_SIM_FCP_MAX     256u

enum dmsci_sim_kind {
    DMSCI_SIM_DF,
    DMSCI_SIM_ADF,
    DMSCI_SIM_TRANSPARENT,
    DMSCI_SIM_LINEAR_FIXED,
    DMSCI_SIM_CYCLIC
};

/** What a command looks at: 32 bytes a file, so that 40 siblings are 20 cache lines. */
struct dmsci_sim_file {
    uint16_t fid; /* 0 for an ADF that has none */
    uint16_t parent, child, next;
    uint8_t kind; /* enum dmsci_sim_kind */
    uint8_t sfi;  /* 0: none */
    uint8_t life_cycle;
    uint8_t records;
    uint8_t newest;        /* cyclic: physical place of record 1 */
    uint8_t record_length; /* 1..255: Lc of UPDATE RECORD cannot say more */
    uint16_t rule;         /* index into rules */
    uint16_t fcp_n;
    bool is_arr; /* a rule points here: writing changes rules */
    uint32_t size;
    uint32_t content; /* offset into content */
    uint32_t fcp;     /* offset into fcp */
};

/** Bytes in the pool. */
struct dmsci_sim_slice {
    uint32_t at;
    uint16_t n;
};

enum dmsci_sim_sfi { DMSCI_SIM_SFI_FROM_FID, DMSCI_SIM_SFI_NONE, DMSCI_SIM_SFI_GIVEN };

/** What only FCPs and dumps need. */
struct dmsci_sim_file_info {
    struct dmsci_sim_slice name, aid, proprietary;
    struct dmsci_sim_slice security; /* value of 8B, 8C or AB */
    uint8_t security_tag;
    uint8_t sfi_how; /* enum dmsci_sim_sfi */
    bool not_shareable;
    bool fcp_without_fid;
    bool keys_given;
    uint8_t n_keys;
    uint8_t keys[DMSCI_SIM_DF_KEYS_MAX]; /* C6: key references of a DF */
};

/** Where a rule comes from, and the rule. */
struct dmsci_sim_rule {
    uint16_t arr;   /* EF(ARR); DMSCI_SIM_NO_FILE: the rule is the file's own */
    uint8_t record; /* from 1 */
    struct dmsci_arr_rule rule;
};

struct dmsci_sim_fs {
    struct dmsc_ctx *ctx;
    struct dmsci_sim_file *files; /* 0 is the MF */
    struct dmsci_sim_file_info *info;
    unsigned n_files;
    uint16_t *adfs; /* in the order of the profile */
    unsigned n_adfs;
    uint8_t *content;
    size_t content_n;
    struct dmsci_sim_rule *rules;
    unsigned n_rules;
    struct dmsc_buf pool;
    struct dmsc_buf fcp;
};

void dmsci_sim_fs_init(struct dmsci_sim_fs *fs, struct dmsc_ctx *ctx);
void dmsci_sim_fs_clear(struct dmsci_sim_fs *fs);

bool dmsci_sim_file_is_df(const struct dmsci_sim_file *file);
bool dmsci_sim_file_has_records(const struct dmsci_sim_file *file);
struct dmsc_bytes dmsci_sim_fs_slice(const struct dmsci_sim_fs *fs, struct dmsci_sim_slice slice);

/* Looking up (TS 102 221 clause 8.4): the index of a file, or DMSCI_SIM_NO_FILE. */
unsigned dmsci_sim_fs_child(const struct dmsci_sim_fs *fs, unsigned df, uint16_t fid);
/** 8.4.1: what SELECT by file identifier reaches from the current DF. */
unsigned dmsci_sim_fs_by_fid(const struct dmsci_sim_fs *fs, unsigned df, uint16_t fid);
unsigned dmsci_sim_fs_by_sfi(const struct dmsci_sim_fs *fs, unsigned df, uint8_t sfi);
/** The ADF above a file, or the file when it is one. */
unsigned dmsci_sim_fs_adf_of(const struct dmsci_sim_fs *fs, unsigned file);
/** As the profile writes it: "3F00/7F4D/6F01". */
unsigned dmsci_sim_fs_by_text(const struct dmsci_sim_fs *fs, const char *path);
/** Write that path; DMSC_E_LIMIT when @p size is too small. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_text(const struct dmsci_sim_fs *fs, unsigned file,
                                               char *ret_text, size_t size);
#define DMSCI_SIM_PATH_TEXT (DMSCI_SIM_DEPTH_MAX * (2 * DMSCI_SIM_AID_MAX + 1) + 1)

/** Record by number, 1..records; 1 is the newest of a cyclic EF. */
uint8_t *dmsci_sim_fs_record(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file,
                             unsigned number);

/** Make the table of rules for all files: every reference must lead to a record that can be read.
 * @param ret_bad the file that is wrong */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_rules_build(struct dmsci_sim_fs *fs, unsigned *ret_bad);
/** After a write to an EF(ARR): what can no longer be read forbids everything. */
void dmsci_sim_fs_rules_refresh(struct dmsci_sim_fs *fs);

/** Which keys are enabled, for the PIN status template: bits of dmsci_arr_key_bit(). */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_fcp_build(struct dmsci_sim_fs *fs, uint32_t enabled,
                                                    unsigned *ret_bad);

#endif
