/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_FCP_H
#define DMSC_FCP_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dmsc_file_kind { DMSC_FILE_DF, DMSC_FILE_WORKING_EF, DMSC_FILE_INTERNAL_EF };
enum dmsc_file_structure {
    DMSC_FILE_NO_STRUCTURE,
    DMSC_FILE_TRANSPARENT,
    DMSC_FILE_LINEAR_FIXED,
    DMSC_FILE_CYCLIC,
    DMSC_FILE_BER_TLV
};

/**
 * File Control Parameters, template '62' (TS 102 221 clause 11.1.1.3). Plain values; bytes borrow
 * from the decoded input. What a card left out is zero, with its has_ flag false.
 */
struct dmsc_fcp {
    enum dmsc_file_kind kind;
    enum dmsc_file_structure structure;
    bool shareable;
    uint8_t descriptor;     /* file descriptor byte as it came */
    uint16_t record_length; /* bytes, record structures only */
    uint8_t records;
    bool has_file_id;
    uint16_t file_id;
    struct dmsc_bytes df_name; /* AID of an ADF */
    bool has_size;
    uint32_t size_bytes; /* '80' */
    bool has_total_size;
    uint32_t total_size_bytes; /* '81' */
    bool has_sfi;              /* '88' present; sfi 0 then means: no SFI */
    uint8_t sfi;
    uint8_t life_cycle;                    /* '8A' */
    struct dmsc_bytes security_referenced; /* '8B' */
    struct dmsc_bytes security_compact;    /* '8C' */
    struct dmsc_bytes security_expanded;   /* 'AB' */
    struct dmsc_bytes proprietary;         /* 'A5' */
    struct dmsc_bytes pin_status;          /* 'C6' */
};

#define DMSC_FCP_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Decode '62' or the '6F' of ISO 7816-4 that some cards answer. Unknown tags are skipped, a
 * repeated known one is refused.
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED; @p ret_fcp is then untouched
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fcp_decode(struct dmsc_bytes bytes,
                                                      struct dmsc_fcp *ret_fcp);
/** Write the template with the fields that are there, in the order of clause 11.1.1.3. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fcp_encode(const struct dmsc_fcp *fcp,
                                                      struct dmsc_wr *w);

#ifdef __cplusplus
}
#endif
#endif
