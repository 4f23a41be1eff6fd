/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_LINK_H
#define DMSC_LINK_H

#include <dmsc/apdu.h>
#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A link is a value: one way to reach one card. Drivers move bytes and know no files; wrappers
 * (traced, fault) are links around links. docs/adding-a-link.md shows how to add one.
 */
struct dmsc_link;

enum dmsc_power {
    DMSC_POWER_COLD,  /* off and on */
    DMSC_POWER_RESET, /* warm reset */
    DMSC_POWER_OFF
};

/**
 * What a driver supplies. @p impl is the driver's own. No operation interprets a status word,
 * retries or prints. Failures are told with the context's story.
 */
struct dmsc_link_ops {
    const char *name; /* "pcsc", "sim": what --link and the logs show */
    /**
     * Power the card or take its power away.
     * @param ret_atr replaced by the ATR (2..33 bytes); empty after OFF and where the card hides it
     * @param ret_protocol the protocol in force, as the connect call says, not as the ATR offers
     * @return DMSC_E_REMOVED, DMSC_E_TIMEOUT, DMSC_E_LINK
     */
    enum dmsc_err (*power)(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                           enum dmsc_protocol *ret_protocol);
    /**
     * One command, one answer: at least the two bytes of SW.
     * @param capdu 4..261 bytes as dmsc_capdu_encode() made them for the protocol in force
     * @param ret_rapdu replaced
     * @return DMSC_E_REMOVED, DMSC_E_CARD_RESET, DMSC_E_TIMEOUT, DMSC_E_LINK
     */
    enum dmsc_err (*transmit)(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                              struct dmsc_buf *ret_rapdu);
    /** Optional, both or neither: keep other users of the card out between the two calls. Nests. */
    enum dmsc_err (*lock)(void *impl);
    void (*unlock)(void *impl);
    /** Optional, both or neither: the modem owns the channel (TS 27.007 +CCHO). */
    enum dmsc_err (*channel_open)(void *impl, struct dmsc_bytes aid, uint32_t *ret_handle);
    enum dmsc_err (*channel_close)(void *impl, uint32_t handle);
    /**
     * Optional: what passes until it is taken back is secret. For wrappers, which hand it on and
     * mask what they show.
     */
    void (*conceal)(void *impl, bool on);
    /** Leave the card reset, without verified PINs or open channels, and free @p impl. */
    void (*close)(void *impl);
};

/** Wrap a driver. Takes @p impl: dmsc_link_free() calls ops->close. On failure it is still yours.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_new(struct dmsc_ctx *ctx,
                                                    const struct dmsc_link_ops *ops, void *impl,
                                                    struct dmsc_link **ret_link);
DMSC_API void dmsc_link_free(struct dmsc_link *link);
DMSC_API struct dmsc_ctx *dmsc_link_ctx(const struct dmsc_link *link);
DMSC_API const char *dmsc_link_name(const struct dmsc_link *link);

DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_power(struct dmsc_link *link, enum dmsc_power how);
/** ATR of the last power-on; empty before. Valid until the next one. */
DMSC_API struct dmsc_bytes dmsc_link_atr(const struct dmsc_link *link);
DMSC_API enum dmsc_protocol dmsc_link_protocol(const struct dmsc_link *link);

/** The driver's transmit, as it is: for wrappers and raw tools. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_transmit(struct dmsc_link *link,
                                                         struct dmsc_bytes capdu,
                                                         struct dmsc_buf *ret_rapdu);
/**
 * One APDU, whatever the protocol: 61xx is followed by GET RESPONSE on the same channel, 6Cxx by
 * the same command with the right Le, 62xx and 63xx of a T=0 case 4 by the fetch of their data. All
 * of it is bounded by limits.get_response and limits.rapdu_size and runs under the link's lock.
 *
 * @param ret_data response data without SW, replaced; NULL if not wanted
 * @param ret_sw   the final SW; a refusal of the card is not an error of the exchange
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_exchange(struct dmsc_link *link,
                                                         const struct dmsc_capdu *capdu,
                                                         struct dmsc_buf *ret_data,
                                                         uint16_t *ret_sw);
DMSC_API uint16_t dmsc_link_last_sw(const struct dmsc_link *link);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_lock(struct dmsc_link *link);
DMSC_API void dmsc_link_unlock(struct dmsc_link *link);
/**
 * Whoever knows the files says that what passes now is secret: keys, PSK records, bodies behind a
 * PIN. Data of commands and answers do not reach a trace until it is taken back.
 */
DMSC_API void dmsc_link_conceal(struct dmsc_link *link, bool on);

/** What went over the link since it was made: APDUs are C-APDUs sent, GET RESPONSE included. */
struct dmsc_link_counts {
    unsigned long apdus;
    unsigned long
        bytes; /* both directions as T=0 puts them on the wire: TPDU, procedure byte, SW */
};
DMSC_API struct dmsc_link_counts dmsc_link_counts(const struct dmsc_link *link);

/**
 * A wrapper that writes each exchange as text: "> 00A4..." and "< 9000", a comment behind "#".
 * PIN values, AUTHENTICATE results and what dmsc_link_conceal() hides are masked with "**" (TS 102
 * 221 11.1.9 to 11.1.16) unless @p raw.
 *
 * @param line called with one line without its end
 * Takes @p inner on success.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_traced(struct dmsc_link *inner, bool raw,
                                                       void (*line)(void *user, const char *text),
                                                       void *user, struct dmsc_link **ret_link);

/** How "--link NAME:ARGUMENT" finds a driver; a program may bring more of them. */
struct dmsc_link_driver {
    const char *name;
    const char *argument; /* for help: "READER", "PROFILE" */
    enum dmsc_err (*open)(struct dmsc_ctx *ctx, const char *argument, struct dmsc_link **ret_link);
};

/**
 * Open "pcsc:READER" (part of a reader's name, or its number; nothing: the first with a card) or
 * the name of one of @p more. The card is not powered yet.
 *
 * @param more      drivers of the caller, NULL-terminated array of pointers, or NULL
 * @return DMSC_E_ARG with the list of known names; DMSC_E_NOSERVICE, DMSC_E_NOREADER
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_open(struct dmsc_ctx *ctx, const char *spec,
                                                     const struct dmsc_link_driver *const *more,
                                                     struct dmsc_link **ret_link);

struct dmsc_reader {
    const char *name; /* as PC/SC says it */
    bool card;
    struct dmsc_bytes atr; /* empty without a card */
};
/** List the PC/SC readers. DMSC_E_NOSERVICE when pcscd cannot be reached; no reader is no error. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_pcsc_readers(
    struct dmsc_ctx *ctx, void (*found)(void *user, const struct dmsc_reader *reader), void *user);

#ifdef __cplusplus
}
#endif
#endif
