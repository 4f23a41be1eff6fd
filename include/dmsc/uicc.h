/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_UICC_H
#define DMSC_UICC_H

#include <dmsc/fcp.h>
#include <dmsc/link.h>
#include <dmsc/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A powered UICC and one logical channel of it: SELECT, READ, UPDATE, PIN, and the proactive
 * commands that status words announce. Commands follow TS 102 221; a refusal of the card becomes an
 * error whose story holds the status word: DMSC_E_NOTFOUND (6A82 ...), DMSC_E_DENIED (6982),
 * DMSC_E_PIN (63Cx, 6983), DMSC_E_AGAIN (9300), DMSC_E_SW for the rest.
 */
struct dmsc_uicc;

/** @param link borrowed; not powered yet */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_new(struct dmsc_ctx *ctx, struct dmsc_link *link,
                                                    struct dmsc_uicc **ret_uicc);
/** Closes nothing on the card: the link's close leaves it reset. */
DMSC_API void dmsc_uicc_free(struct dmsc_uicc *uicc);
DMSC_API struct dmsc_link *dmsc_uicc_link(const struct dmsc_uicc *uicc);
DMSC_API struct dmsc_ctx *dmsc_uicc_ctx(const struct dmsc_uicc *uicc);

/** Cold power-on; forgets channel and selection. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_power_on(struct dmsc_uicc *uicc);

/** MANAGE CHANNEL open (11.1.17); later commands use the channel the card gave. 1 APDU. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_channel_open(struct dmsc_uicc *uicc);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_channel_close(struct dmsc_uicc *uicc);
/** 0 is the basic channel. */
DMSC_API unsigned dmsc_uicc_channel(const struct dmsc_uicc *uicc);

/**
 * One command on the channel in use. CLA is given for channel 0 (00, 80, A0); the channel goes in
 * (10.1.1). A proactive command that 91xx announces is remembered: dmsc_uicc_serve().
 * @param ret_data NULL if not wanted
 * @return DMSC_OK whatever the SW says
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_exchange(struct dmsc_uicc *uicc,
                                                         const struct dmsc_capdu *capdu,
                                                         struct dmsc_buf *ret_data,
                                                         uint16_t *ret_sw);
/** As dmsc_uicc_exchange(); an SW that does not mean "done" becomes an error, @p what its story. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_command(struct dmsc_uicc *uicc,
                                                        const struct dmsc_capdu *capdu,
                                                        struct dmsc_buf *ret_data,
                                                        const char *what);

/** SELECT by AID (P1=04). @p ret_fcp NULL: P2=0C, no data comes back; else the FCP template. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_select_aid(struct dmsc_uicc *uicc,
                                                           struct dmsc_bytes aid,
                                                           struct dmsc_buf *ret_fcp);
/** SELECT by file identifier (P1=00). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_select_fid(struct dmsc_uicc *uicc, uint16_t fid,
                                                           struct dmsc_buf *ret_fcp);
/**
 * SELECT by path from the MF (P1=08), identifiers of 2 bytes, 3F00 itself left out or given; 7FFF
 * first means the ADF in use on this channel.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_select_path(struct dmsc_uicc *uicc,
                                                            struct dmsc_bytes path,
                                                            struct dmsc_buf *ret_fcp);

/**
 * READ BINARY (11.1.3). @p sfi 0: the EF in use. Blocks of 256 bytes, the first by SFI, in
 * ascending order, with exact Le. @param ret_content replaced
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_read_binary(struct dmsc_uicc *uicc, uint8_t sfi,
                                                            size_t offset, size_t n,
                                                            struct dmsc_buf *ret_content);
/** UPDATE BINARY (11.1.4) in blocks of 255 bytes; offsets up to 32767. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_update_binary(struct dmsc_uicc *uicc, uint8_t sfi,
                                                              size_t offset,
                                                              struct dmsc_bytes content);
/** READ RECORD, absolute (11.1.5). @p length exact, 1..256. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_read_record(struct dmsc_uicc *uicc, uint8_t sfi,
                                                            uint8_t record, uint16_t length,
                                                            struct dmsc_buf *ret_content);
/** UPDATE RECORD, absolute; record 0 means PREVIOUS, the only way for a cyclic EF (11.1.6). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_update_record(struct dmsc_uicc *uicc, uint8_t sfi,
                                                              uint8_t record,
                                                              struct dmsc_bytes content);
/**
 * Read an EF that was just selected, whole: @p fcp as decoded. Records one after the other.
 * DMSC_E_LIMIT if it announces more than limits.ef_size.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_read_selected(struct dmsc_uicc *uicc,
                                                              const struct dmsc_fcp *fcp,
                                                              struct dmsc_buf *ret_content);
/**
 * VERIFY PIN (11.1.9). @p pin 4..8 bytes for a PIN (padded with FF to 8), 8 for an ADM key. Never
 * tried twice. DMSC_E_PIN tells the tries that are left; with none left the story says blocked.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_verify_pin(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                           const struct dmsc_secret *pin);
/** VERIFY PIN without data: tries left; 255 when it is verified or disabled (SW 9000). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_pin_tries(struct dmsc_uicc *uicc, uint8_t key_ref,
                                                          uint8_t *ret_tries);

/** A proactive command the card sent (TS 102 223 clause 6.6), and what became of it. */
struct dmsc_refresh;
struct dmsc_proactive {
    uint8_t number, type, qualifier;
    struct dmsc_bytes command; /* the whole D0 template */
    uint8_t result;            /* general result of our TERMINAL RESPONSE */
    bool has_info;             /* the result has a second byte (8.12.2 to 8.12.11) */
    uint8_t info;
    const struct dmsc_refresh *refresh; /* of a REFRESH that was carried out (dmsc/cat.h), or NULL */
};
/**
 * Begin a CAT session: TERMINAL PROFILE (11.2.1) that announces exactly what is served: see
 * dmsc_uicc_cat_configure(). Everything else is answered "beyond the terminal's capabilities".
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_terminal_profile(struct dmsc_uicc *uicc);
/**
 * FETCH and answer what is waiting, at most limits.proactive commands, then DMSC_E_LIMIT. A channel
 * that a command opens is waited for. @p seen may be NULL. dmsc_uicc_run() goes on for longer.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_serve(
    struct dmsc_uicc *uicc, void (*seen)(void *user, const struct dmsc_proactive *command),
    void *user);

#ifdef __cplusplus
}
#endif
#endif
