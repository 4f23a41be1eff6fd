/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ERR_H
#define DMSC_ERR_H

#if defined(__GNUC__) || defined(__clang__)
#define DMSC_API       __attribute__((visibility("default")))
#define DMSC_NODISCARD __attribute__((warn_unused_result))
#else
#define DMSC_API
#define DMSC_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What went wrong, grouped by layer. 0 or negative; a value is never renumbered.
 * The story behind a code (what, where, why, what to try) is in the context: dmsc_diag_get().
 */
enum dmsc_err {
    DMSC_OK = 0,

    /* the caller and the machine */
    DMSC_E_ARG = -1,   /* an argument that can never be right */
    DMSC_E_NOMEM = -2, /* allocation failed */
    DMSC_E_LIMIT = -3, /* a ceiling of struct dmsc_limits was reached */
    DMSC_E_STATE = -4, /* right call, wrong moment */
    DMSC_E_IO = -5,    /* file or device of the host */
    DMSC_E_CONFIG = -6,
    DMSC_E_EXISTS = -7, /* the thing to be made is there already */

    /* the way to the card */
    DMSC_E_LINK = -20,
    DMSC_E_TIMEOUT = -21,
    DMSC_E_REMOVED = -22,    /* no card, or it was taken out */
    DMSC_E_CARD_RESET = -23, /* somebody else reset the card: channels, PINs and files are lost */
    DMSC_E_NOREADER = -24,
    DMSC_E_NOSERVICE = -25, /* pcscd does not run or may not be used */

    /* the card's answer */
    DMSC_E_SW = -40,
    DMSC_E_NOTFOUND = -41, /* SW 6A82, 6A83, 6A88; also: no such node, account, certificate */
    DMSC_E_DENIED = -42,   /* SW 6982 */
    DMSC_E_PIN = -43,      /* wrong PIN, blocked PIN (63Cx, 6983) */

    /* bytes that came from outside */
    DMSC_E_TRUNCATED = -60,
    DMSC_E_MALFORMED = -61,
    DMSC_E_UNSUPPORTED = -62,
    DMSC_E_CORRUPT = -63, /* a check sum does not fit */

    /* trust */
    DMSC_E_UNTRUSTED = -80,
    DMSC_E_REPLAY = -81, /* an older generation than the one known: rollback */
    DMSC_E_NOT_LISTED_MA = -82,
    DMSC_E_REFUSED = -83, /* the authority said no; the reason name is in the story */

    /* the network */
    DMSC_E_NET = -100,
    DMSC_E_TLS = -101,
    DMSC_E_HTTP = -102,
    DMSC_E_PEER = -103, /* the server broke the protocol or ended the session */

    DMSC_E_AGAIN = -120 /* nothing is wrong: try later (409, 417, 503, SW 9300) */
};

/** The constant's own name, "DMSC_E_SW"; "?" for a value that is none. Never NULL. */
DMSC_API const char *dmsc_err_name(enum dmsc_err err);

/** One lower-case sentence for a person, without a full stop. Never NULL. */
DMSC_API const char *dmsc_err_text(enum dmsc_err err);

#ifdef __cplusplus
}
#endif
#endif
