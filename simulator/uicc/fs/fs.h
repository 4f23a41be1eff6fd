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
    DMSCI_SIM_CYCLIC,
    DMSCI_SIM_BER_TLV /* size is the room; behind the last object comes FF (fs/tlv.c) */
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
    bool is_arr;       /* a rule points here: writing changes rules */
    bool environments; /* another rule counts in security environment 00: info has it */
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
    uint16_t rule_00; /* 8B with security environments: index into rules for environment 00 */
    bool applet;      /* SELECT answers the next one, perhaps nothing, in the place of an FCP */
    struct dmsci_sim_slice answer;
};

/** The keys of one place: the whole card, or an ADF that has keys of its own (TS 102 221 9.5.1).
 * Bits of dmsci_arr_key_bit(). */
struct dmsci_sim_key_set {
    uint16_t adf;       /* DMSCI_SIM_NO_FILE: the card */
    uint32_t own;       /* the keys that are here */
    uint32_t enabled;   /* not disabled */
    uint32_t verified;  /* since the reset, or since the session of the application began */
    uint32_t satisfied; /* verified, or disabled and not replaced by a key that is not verified */
};
#define DMSCI_SIM_KEY_SETS_MAX 8u

/** Where a rule comes from, and the rule. */
struct dmsci_sim_rule {
    uint16_t arr;   /* EF(ARR); DMSCI_SIM_NO_FILE: the rule is the file's own */
    uint8_t record; /* from 1 */
    bool local;     /* it asks for a key that an ADF may have of its own (8x) */
    struct dmsci_arr_rule rule;
};

struct dmsci_sim_fs {
    struct dmsc_ctx *ctx;
    struct dmsci_sim_file *files; /* 0 is the MF */
    struct dmsci_sim_file_info *info;
    unsigned n_files, files_max;
    uint16_t *adfs; /* in the order of the profile */
    unsigned n_adfs;
    uint8_t *content;
    size_t content_n;
    struct dmsci_sim_rule *rules;
    unsigned n_rules;
    struct dmsc_buf pool;
    struct dmsc_buf fcp;
    struct dmsci_sim_key_set key_sets[DMSCI_SIM_KEY_SETS_MAX]; /* 0 is the card's */
    unsigned n_key_sets;
    bool df_inactive; /* some DF is deactivated or terminated: files have to look above them */
    bool upin_used;   /* a PIN is replaced by the universal PIN (usage qualifier 08) */
};

void dmsci_sim_fs_init(struct dmsci_sim_fs *fs, struct dmsc_ctx *ctx);
void dmsci_sim_fs_clear(struct dmsci_sim_fs *fs);

bool dmsci_sim_file_is_df(const struct dmsci_sim_file *file);
bool dmsci_sim_file_has_records(const struct dmsci_sim_file *file);
/** Neither deactivated nor terminated (table 11.7b). */
bool dmsci_sim_file_is_active(const struct dmsci_sim_file *file);
/** Is it, or one of the DFs above it, out of use? */
bool dmsci_sim_fs_is_below_inactive(const struct dmsci_sim_fs *fs, unsigned file);
/** More (or less, when negative) memory is free: what the FCPs of DFs say of it. */
void dmsci_sim_fs_give_back(struct dmsci_sim_fs *fs, int64_t n);
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

/** Make the table of rules for all files. @param strict every reference must lead to a record that
 * can be read; else what leads nowhere forbids everything
 * @param ret_bad the file that is wrong */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_rules_build(struct dmsci_sim_fs *fs, bool strict,
                                                      unsigned *ret_bad);
/** Does some rule lead nowhere, or cannot be read? */
bool dmsci_sim_fs_rules_dangle(const struct dmsci_sim_fs *fs);
/** After a write to an EF(ARR): what can no longer be read forbids everything. */
void dmsci_sim_fs_rules_refresh(struct dmsci_sim_fs *fs);

/** The key set that counts for a file: that of its ADF, or the card's. */
const struct dmsci_sim_key_set *dmsci_sim_fs_key_set(const struct dmsci_sim_fs *fs, unsigned file);
/** Keys that hold for a file: the ADF's own, and the card's where the ADF has none. */
uint32_t dmsci_sim_fs_satisfied(const struct dmsci_sim_fs *fs, unsigned file);

/** Make all FCPs anew; needs no memory when only states changed. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_fcp_build(struct dmsci_sim_fs *fs, unsigned *ret_bad);

/* Changes of the file tree (change.c). */

/** A file to be. Slices are copied into the pool. */
struct dmsci_sim_new_file {
    struct dmsci_sim_file file; /* parent, kind, fid, sfi, sizes; the rest is set here */
    struct dmsci_sim_file_info info;
    struct dmsc_bytes aid, proprietary, security;
    struct dmsc_bytes pattern; /* filling: its last byte goes on, or all of it, when it repeats */
    bool repeats;
};
/**
 * Put a file behind its siblings.
 * @return DMSC_E_NOMEM, DMSC_E_LIMIT (files, bytes, or an FCP longer than 255); nothing changed
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_create(struct dmsci_sim_fs *fs,
                                                 const struct dmsci_sim_new_file *fresh,
                                                 unsigned *ret_file);
/** Take a file with all below it away. Files behind it get other indices: @p ret_moved, of n_files
 * as it was, says which; DMSCI_SIM_NO_FILE for what is gone. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_delete(struct dmsci_sim_fs *fs, unsigned file,
                                                 uint16_t **ret_moved);
/** Another size, with the content that still fits; FF behind it. Not for cyclic EFs and DFs. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_resize(struct dmsci_sim_fs *fs, unsigned file,
                                                 uint32_t size);
/** Replace the proprietary information of an FCP. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_fs_set_proprietary(struct dmsci_sim_fs *fs, unsigned file,
                                                          struct dmsc_bytes value);
/** Bytes that '83' of the MF's proprietary information says are free; UINT32_MAX without it. */
uint32_t dmsci_sim_fs_free(const struct dmsci_sim_fs *fs);

/* Objects of BER-TLV structured EFs (tlv.c). */

/** Bytes used by objects. */
size_t dmsci_sim_tlv_used(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file);
/** The object with this tag: where it begins in the file, and the whole of it. */
bool dmsci_sim_tlv_find(const struct dmsci_sim_fs *fs, const struct dmsci_sim_file *file,
                        uint32_t tag, size_t *ret_at, struct dmsc_bytes *ret_object);
/** 11.3: a tag of the context class, one to three bytes. false: none, or cut off. */
bool dmsci_sim_tlv_tag(struct dmsc_rd *r, uint32_t *ret_tag);
/** 11.3: a length of one to four bytes, the shortest. */
bool dmsci_sim_tlv_length(struct dmsc_rd *r, uint32_t *ret_length);
/** How much of it is whole objects with no tag twice? */
size_t dmsci_sim_tlv_sound(struct dmsc_bytes objects);

#endif
