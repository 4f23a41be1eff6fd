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

/*
 * What follows takes the parts of an FCP apart for people; a build without the workbench does not
 * have it.
 */

/** As dmsc_fcp_encode(), for CREATE FILE (TS 102 222 clause 6.3.2.2): 82 has no number of records.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fcp_encode_create(const struct dmsc_fcp *fcp,
                                                             struct dmsc_wr *w);

/** The proprietary template 'A5' (11.1.1.4.6; TS 102 222 clause 6.3.2.2). Bytes borrow. */
struct dmsc_fcp_proprietary {
    bool has_characteristics; /* '80' */
    uint8_t characteristics;
    bool has_power; /* '81' */
    uint8_t voltage_class, power_ma, frequency_100khz;
    bool has_clock; /* '82' */
    uint8_t clock_100khz;
    bool has_memory; /* '83' */
    uint32_t memory_bytes;
    bool has_file_details; /* '84': b1 DER coding of objects alone */
    uint8_t file_details;
    bool has_reserved; /* '85' */
    uint32_t reserved_bytes;
    bool has_maximum; /* '86' */
    uint32_t maximum_bytes;
    bool has_commands; /* '87': b1 TERMINAL CAPABILITY */
    uint8_t commands;
    struct dmsc_bytes environment; /* '88' */
    bool has_special;              /* 'C0': special file information */
    uint8_t special;
    struct dmsc_bytes filling; /* 'C1': written once, its last byte repeated */
    struct dmsc_bytes repeat;  /* 'C2': repeated as a whole */
    struct dmsc_bytes rest;    /* the template, with what is not known here */
};

#define DMSC_FCP_PROPRIETARY_INIT                                                                  \
    {                                                                                              \
        false                                                                                      \
    }

/** @param value fcp.proprietary. Unknown objects are passed over, repeated known ones refused. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fcp_proprietary_decode(
    struct dmsc_bytes value, struct dmsc_fcp_proprietary *ret_proprietary);

/** One key of the PIN status template 'C6' (9.5.2). */
struct dmsc_pin_status {
    uint8_t key_ref;
    bool enabled;
    bool has_usage; /* '95' */
    uint8_t usage;  /* b4: the universal PIN may be used instead */
};
#define DMSC_PIN_STATUS_MAX 32u
/**
 * @param value    fcp.pin_status
 * @param ret_keys DMSC_PIN_STATUS_MAX of them
 * @return DMSC_E_MALFORMED when PS_DO and the key references do not fit together
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_pin_status_decode(struct dmsc_bytes value,
                                                             struct dmsc_pin_status *ret_keys,
                                                             size_t *ret_n);
/**
 * Where the rule of a file stands ('8B', 11.1.1.4.7.2): identifier of its EF(ARR) and the record.
 * The long form gives one record for each security environment.
 *
 * @param environment SEID; 0: the only or the first one
 * @return DMSC_E_NOTFOUND without '8B' or without this environment; DMSC_E_MALFORMED
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_fcp_rule(const struct dmsc_fcp *fcp, uint8_t environment,
                                                    uint16_t *ret_arr_fid, uint8_t *ret_record);

#ifdef __cplusplus
}
#endif
#endif
