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
 * (traced, fault, timed) are links around links. docs/links.md describes each,
 * docs/adding-a-link.md shows how to add one.
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
    const char *name; /* "pcsc", "at", "sim": what --link and the logs show */
    /**
     * Power the card or take its power away.
     * @param ret_atr replaced by the ATR (2..33 bytes); empty after OFF and where a modem hides it
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
    /**
     * Optional, all three or none: the other side owns the logical channels, opens them by AID and
     * names them with handles of its own (TS 27.007 +CCHO). The link then carries out MANAGE
     * CHANNEL and the channel bits of CLA with them; transmit gets channel 0 alone.
     * @return of channel_open also DMSC_E_NOTFOUND (no such application), DMSC_E_LIMIT (no more)
     */
    enum dmsc_err (*channel_open)(void *impl, struct dmsc_bytes aid, uint32_t *ret_handle);
    enum dmsc_err (*channel_close)(void *impl, uint32_t handle);
    /** As transmit; CLA says channel 0, the handle says where. */
    enum dmsc_err (*channel_transmit)(void *impl, uint32_t handle, struct dmsc_bytes capdu,
                                      int timeout_ms, struct dmsc_buf *ret_rapdu);
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
 * of it is bounded by limits.get_response and limits.rapdu_size. A case 4, whose GET RESPONSE must
 * be the next command on the interface, runs under the link's lock. Allocates nothing once its
 * buffers have grown to the size of the answers.
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

/** What a fault does to the command it hits. */
enum dmsc_fault_kind {
    DMSC_FAULT_NONE,
    DMSC_FAULT_ERROR,   /* not sent; DMSC_E_LINK */
    DMSC_FAULT_TIMEOUT, /* carried out, the answer is lost; DMSC_E_TIMEOUT */
    DMSC_FAULT_REMOVED, /* not sent; DMSC_E_REMOVED, and so all that follow up to the next power-on
                         */
    DMSC_FAULT_TORN,    /* carried out, then as REMOVED */
    DMSC_FAULT_RESET,   /* not sent, the card is reset; DMSC_E_CARD_RESET */
    DMSC_FAULT_SHORT,   /* carried out, one byte of the answer comes */
    DMSC_FAULT_LONG,    /* carried out, the answer has 65,538 bytes */
    DMSC_FAULT_SW,      /* not sent, sw is the answer */
    DMSC_FAULT_61,      /* from here on each command is answered with bytes and 61xx */
    DMSC_FAULT_6C       /* from here on each command is answered with 6Cxx */
};

struct dmsc_fault {
    enum dmsc_fault_kind kind;
    unsigned long at; /* the command it hits, counted from 1 since the link was made */
    bool again;       /* and all that follow */
    uint16_t sw;      /* of DMSC_FAULT_SW */
    /* What happened: counted by the link. */
    unsigned long seen; /* commands so far */
    bool fired;
};

/**
 * A wrapper that does what @p fault says. Only in a library built with -Dworkbench=enabled.
 *
 * @param fault borrowed, must outlive the link; may be changed between two commands
 * Takes @p inner on success.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_fault(struct dmsc_link *inner,
                                                      struct dmsc_fault *fault,
                                                      struct dmsc_link **ret_link);

/** What a wire would have taken. */
struct dmsc_link_times {
    unsigned long apdus, bytes; /* both directions, procedure bytes, ATR and PPS included */
    uint64_t wire_ns;           /* the characters of those bytes (ISO 7816-3), no card's thinking */
    uint64_t real_ns;           /* what the exchanges took here */
    unsigned fi, di;            /* of the ATR in force (ISO 7816-3 8.3), 372 and 1 before */
    unsigned long clock_hz;
};

/**
 * A wrapper that keeps the time: what passes, as characters on a T=0 (or T=1) interface with the
 * clock and the Fi/Di of the ATR, in whose time a PPS is counted too. When the link is freed the
 * figures go to the log (DMSC_LOG_INFO). Only in a library built with -Dworkbench=enabled.
 *
 * @param clock_hz of the card; 0: 4,000,000, within TS 102 221 5.2.3
 * Takes @p inner on success.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_timed(struct dmsc_link *inner,
                                                      unsigned long clock_hz,
                                                      struct dmsc_link **ret_link);
/** @return DMSC_E_ARG unless dmsc_link_timed() made @p link */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_link_timed_get(const struct dmsc_link *link,
                                                          struct dmsc_link_times *ret_times);

/** How "--link NAME:ARGUMENT" finds a driver; a program may bring more of them. */
struct dmsc_link_driver {
    const char *name;
    const char *argument; /* for help: "READER", "PROFILE" */
    enum dmsc_err (*open)(struct dmsc_ctx *ctx, const char *argument, struct dmsc_link **ret_link);
};

/**
 * Open what docs/links.md describes: "pcsc:READER", "at:DEVICE", "exec:COMMAND", "replay:FILE" or
 * the name of one of @p more; in front of it wrappers, "fault:timeout@3:pcsc". The card is not
 * powered yet.
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

enum dmsc_reader_event { DMSC_READER_ADDED, DMSC_READER_GONE, DMSC_CARD_INSERTED, DMSC_CARD_GONE };
/** Watches the readers of the PC/SC service: plugged, unplugged, card in, card out. */
struct dmsc_pcsc_watch;

/** The first dmsc_pcsc_watch_wait() tells what is there already. DMSC_E_NOSERVICE. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_pcsc_watch_new(struct dmsc_ctx *ctx,
                                                          struct dmsc_pcsc_watch **ret_watch);
/**
 * Block until something happened.
 *
 * @param timeout_ms -1: without end
 * @param event called for each event, in the order ADDED, INSERTED, GONE of one reader; a card that
 *        was changed between two looks is one CARD_GONE and one CARD_INSERTED. @p reader lives for
 *        the call
 * @return DMSC_OK after at least one event; DMSC_E_TIMEOUT; DMSC_E_AGAIN after
 *         dmsc_pcsc_watch_cancel(); DMSC_E_NOSERVICE when the service went away: after it the next
 *         wait tries to reach it again, and says GONE of what is no more
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_pcsc_watch_wait(
    struct dmsc_pcsc_watch *watch, int timeout_ms,
    void (*event)(void *user, enum dmsc_reader_event event, const struct dmsc_reader *reader),
    void *user);
/** End the present wait, or the next one. The one call that another thread may make. */
DMSC_API void dmsc_pcsc_watch_cancel(struct dmsc_pcsc_watch *watch);
DMSC_API void dmsc_pcsc_watch_free(struct dmsc_pcsc_watch *watch);

#ifdef __cplusplus
}
#endif
#endif
