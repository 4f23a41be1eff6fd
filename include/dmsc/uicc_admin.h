/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_UICC_ADMIN_H
#define DMSC_UICC_ADMIN_H

#include <dmsc/uicc.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The commands of TS 102 221 and TS 102 222 that a workbench needs beside those of uicc.h. A build
 * without the workbench does not have them. All go on the channel in use; refusals are told as
 * uicc.h says, with what the status word means to the command (dmsc_sw_explain()). What a ret_
 * parameter points to is replaced on success and untouched on failure.
 */

/* --- status words --- */

/** What a status word means as the answer to one command. */
struct dmsc_sw_meaning {
    const char *text;   /* a phrase, never NULL */
    const char *clause; /* where it stands, "TS 102 221 11.1.9"; never NULL */
};
/** @param ins of the command; its @p cla tells GSM from UICC commands and is otherwise ignored */
DMSC_API struct dmsc_sw_meaning dmsc_sw_explain(uint8_t cla, uint8_t ins, uint16_t sw);

/* --- files --- */

enum dmsc_select_how {
    DMSC_SELECT_FID = 0x00,
    DMSC_SELECT_CHILD_DF = 0x01,
    DMSC_SELECT_PARENT = 0x03, /* no name */
    DMSC_SELECT_AID = 0x04,
    DMSC_SELECT_PATH_MF = 0x08, /* 3F00 left out */
    DMSC_SELECT_PATH_DF = 0x09  /* the current DF left out */
};
/** Of the applications that a right-truncated AID fits. */
enum dmsc_occurrence {
    DMSC_OCCURRENCE_FIRST = 0,
    DMSC_OCCURRENCE_LAST = 1,
    DMSC_OCCURRENCE_NEXT = 2,
    DMSC_OCCURRENCE_PREVIOUS = 3
};
struct dmsc_select {
    enum dmsc_select_how how;
    struct dmsc_bytes name; /* 0..16 bytes */
    enum dmsc_occurrence occurrence;
    bool terminate; /* end the application's session instead of beginning one */
};
#define DMSC_SELECT_INIT                                                                           \
    {                                                                                              \
        DMSC_SELECT_FID, { NULL, 0 }, DMSC_OCCURRENCE_FIRST, false                                 \
    }
/** SELECT in every form (11.1.1). @p ret_fcp NULL: no data comes back. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_select(struct dmsc_uicc *uicc,
                                                       const struct dmsc_select *select,
                                                       struct dmsc_buf *ret_fcp);

enum dmsc_status_says {
    DMSC_STATUS_NOTHING = 0x00,
    DMSC_STATUS_INITIALISED = 0x01, /* the terminal is done with the application's initialisation */
    DMSC_STATUS_TERMINATES = 0x02   /* it will end the application's session */
};
enum dmsc_status_form {
    DMSC_STATUS_FCP = 0x00,
    DMSC_STATUS_DF_NAME = 0x01,
    DMSC_STATUS_NO_DATA = 0x0C
};
/** STATUS (11.1.2): the FCP of the current DF, or '84' with its name. @p ret_data NULL for no data.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_status(struct dmsc_uicc *uicc,
                                                       enum dmsc_status_says says,
                                                       enum dmsc_status_form form,
                                                       struct dmsc_buf *ret_data);
/** The FCP templates of CREATE FILE: all as dmsc_fcp_encode(), but 82 without the number of
 * records. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_create_file(struct dmsc_uicc *uicc,
                                                            const struct dmsc_fcp *fcp);
/** DELETE FILE (TS 102 222 clause 6.4). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_delete_file(struct dmsc_uicc *uicc, uint16_t fid);
/** RESIZE FILE (TS 102 222 clause 6.10) of an EF; @p size_bytes of its body. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_resize_file(struct dmsc_uicc *uicc, uint16_t fid,
                                                            uint32_t size_bytes);
enum dmsc_terminate {
    DMSC_TERMINATE_DF = 0xE6,
    DMSC_TERMINATE_EF = 0xE8,
    DMSC_TERMINATE_CARD = 0xFE
};
/** TERMINATE DF, EF, CARD USAGE (TS 102 222 clause 6.7 to 6.9). Nothing brings it back. @p fid is
 * for DF and EF. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_terminate(struct dmsc_uicc *uicc,
                                                          enum dmsc_terminate what, uint16_t fid);
/**
 * ACTIVATE FILE, DEACTIVATE FILE (11.1.14, 11.1.15). @p how FID, PATH_MF or PATH_DF; an empty
 * @p name means the current file.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_activate(struct dmsc_uicc *uicc, bool active,
                                                         enum dmsc_select_how how,
                                                         struct dmsc_bytes name);

/* --- records --- */

enum dmsc_record_mode {
    DMSC_RECORD_NEXT = 2,
    DMSC_RECORD_PREVIOUS = 3,
    DMSC_RECORD_ABSOLUTE = 4 /* record 0: the current one */
};
/** READ RECORD in every mode (11.1.5). @p length exact, 1..256. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_read_record_at(struct dmsc_uicc *uicc, uint8_t sfi,
                                                               enum dmsc_record_mode mode,
                                                               uint8_t record, uint16_t length,
                                                               struct dmsc_buf *ret_content);
/** UPDATE RECORD in every mode (11.1.6). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_update_record_at(struct dmsc_uicc *uicc,
                                                                 uint8_t sfi,
                                                                 enum dmsc_record_mode mode,
                                                                 uint8_t record,
                                                                 struct dmsc_bytes content);
/** SEARCH RECORD (11.1.7). */
struct dmsc_search {
    uint8_t sfi;
    uint8_t record; /* where it begins; 0: the current record */
    bool backward;
    bool enhanced; /* the four members below count */
    bool beside;   /* begin behind (before) the current record instead of at @p record */
    bool marker;   /* @p where is a byte value to begin behind, not an offset */
    uint8_t where;
    struct dmsc_bytes pattern; /* 1..255 bytes, enhanced 1..253 */
};
#define DMSC_SEARCH_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
/** @param ret_records numbers of the records that fit. DMSC_E_NOTFOUND when none does (6282). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_search_record(struct dmsc_uicc *uicc,
                                                              const struct dmsc_search *search,
                                                              struct dmsc_buf *ret_records);
/**
 * INCREASE (11.1.8) the newest record of a cyclic EF. @param value 1..127 bytes
 * @param ret_record the record as it is now; what was added, behind it in the answer, is left out
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_increase(struct dmsc_uicc *uicc, uint8_t sfi,
                                                         struct dmsc_bytes value,
                                                         struct dmsc_buf *ret_record);

/* --- BER-TLV EFs (11.3) --- */

#define DMSC_TAG_LIST 0x5Cu
/**
 * RETRIEVE DATA: the object with @p tag from the EF in use or by SFI, all blocks of it, with tag
 * and length. DMSC_TAG_LIST gives the tags that are in use. At most limits.ef_size.
 * @return DMSC_E_NOTFOUND (6A88); DMSC_E_LIMIT; DMSC_E_MALFORMED when the blocks make no object
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_retrieve_data(struct dmsc_uicc *uicc, uint8_t sfi,
                                                              uint32_t tag,
                                                              struct dmsc_buf *ret_object);
/** SET DATA: create or replace. Not safe against power loss: an object cut off in the middle is
 * gone.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_set_data(struct dmsc_uicc *uicc, uint8_t sfi,
                                                         uint32_t tag, struct dmsc_bytes value);
/** SET DATA with a tag alone. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_delete_data(struct dmsc_uicc *uicc, uint8_t sfi,
                                                            uint32_t tag);

/* --- PINs (11.1.9 to 11.1.13). Values 4 to 8 bytes, padded with FF; a PUK has 8. --- */

#define DMSC_KEY_UNIVERSAL_PIN 0x11u
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_change_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                           const struct dmsc_secret *old_pin,
                                                           const struct dmsc_secret *new_pin);
/**
 * DISABLE PIN.
 * @param replacement 0, or the global key that stands in for it from now on (1..31):
 * DMSC_KEY_UNIVERSAL_PIN
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_disable_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                            const struct dmsc_secret *pin,
                                                            uint8_t replacement);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_enable_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                           const struct dmsc_secret *pin);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_unblock_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                            const struct dmsc_secret *puk,
                                                            const struct dmsc_secret *new_pin);
/** UNBLOCK PIN without data: tries of the PUK that are left. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_puk_tries(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                          uint8_t *ret_tries);

/* --- the card as a whole --- */

/** MANAGE CHANNEL open (11.1.17) from the channel in use. @p number 0: the card chooses; 1..19. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_channel_open_at(struct dmsc_uicc *uicc,
                                                                unsigned number,
                                                                unsigned *ret_number);
/** Close channel @p number, 1..19. The one in use: the basic channel is in use then. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_channel_close_at(struct dmsc_uicc *uicc,
                                                                 unsigned number);
/** Later commands go on channel @p number, 0..19, which is open. Nothing is sent. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_channel_use(struct dmsc_uicc *uicc,
                                                            unsigned number);

/** TERMINAL CAPABILITY (11.1.19): what the terminal can do. */
struct dmsc_terminal_capability {
    bool has_power; /* '80' */
    uint8_t voltage_class, power_ma, frequency_100khz;
    bool extended_channels; /* '81': more than four logical channels */
    bool has_interfaces;    /* '82' */
    uint8_t interfaces;
    struct dmsc_bytes euicc; /* '83', 0..8 bytes */
};
#define DMSC_TERMINAL_CAPABILITY_INIT                                                              \
    {                                                                                              \
        false                                                                                      \
    }
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_terminal_capability(
    struct dmsc_uicc *uicc, const struct dmsc_terminal_capability *capability);

enum dmsc_time_unit {
    DMSC_TIME_SECONDS = 0,
    DMSC_TIME_MINUTES = 1,
    DMSC_TIME_HOURS = 2,
    DMSC_TIME_DAYS = 3,
    DMSC_TIME_TEN_DAYS = 4
};
struct dmsc_duration {
    enum dmsc_time_unit unit;
    uint8_t count; /* 1..255 */
};
/**
 * SUSPEND UICC (11.1.22) on the basic channel, with the shortest and the longest time proposed.
 * @param ret_longest what the card grants
 * @param ret_token   8 bytes for dmsc_uicc_resume(); caller clears it
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_suspend(struct dmsc_uicc *uicc,
                                                        struct dmsc_duration shortest,
                                                        struct dmsc_duration longest,
                                                        struct dmsc_duration *ret_longest,
                                                        struct dmsc_secret *ret_token);
/** Power on and resume: channels, files and PINs are as they were. A failure leaves a card that was
 * reset. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_resume(struct dmsc_uicc *uicc,
                                                       const struct dmsc_secret *token);
/** GET CHALLENGE (11.1.18). @p n 1..256 bytes. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_get_challenge(struct dmsc_uicc *uicc, uint16_t n,
                                                              struct dmsc_buf *ret_challenge);
/**
 * GET IDENTITY (11.1.23; TS 31.102 clause 7.5).
 * @param context  01 SUCI, 02 SUCI for 5G NSWO
 * @param data     what the context asks for, mostly nothing
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_get_identity(struct dmsc_uicc *uicc,
                                                             uint8_t context,
                                                             struct dmsc_bytes data,
                                                             struct dmsc_buf *ret_identity);

/**
 * Most bytes that one command reads and writes, when the link protects commands and so carries
 * less: dmsc_scp03_open(). 0: 256 and 255.
 */
DMSC_API void dmsc_uicc_set_blocks(struct dmsc_uicc *uicc, size_t read_bytes, size_t update_bytes);

#ifdef __cplusplus
}
#endif
#endif
