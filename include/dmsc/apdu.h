/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_APDU_H
#define DMSC_APDU_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A command APDU in the short form (TS 102 221 clause 10.1; ISO 7816-4 clause 5.1).
 * Case 1: no data, no Le. Case 2: Le. Case 3: data. Case 4: both.
 */
struct dmsc_capdu {
    uint8_t cla, ins, p1, p2;
    struct dmsc_bytes data; /* 0..255 bytes, borrowed */
    uint16_t le;            /* 0: no Le; 1..256: bytes expected at most */
};

#define DMSC_CAPDU_INIT                                                                            \
    {                                                                                              \
        0, 0, 0, 0, { NULL, 0 }, 0                                                                 \
    }
/* 5 + 255 + 1 bytes; response data 256 + SW (TS 102 221 clause 10.1). */
#define DMSC_CAPDU_MAX 261u
#define DMSC_RAPDU_MAX 258u

enum dmsc_protocol { DMSC_T0 = 0, DMSC_T1 = 1 };

/**
 * Encode as the interface wants it. T=1: the APDU as it is. T=0: the TPDU of TS 102 221 clause
 * 7.3.1.1, that is, case 1 with P3 = 00 and case 4 without Le.
 *
 * @return DMSC_E_ARG for more than 255 bytes of data or an Le above 256; DMSC_E_LIMIT if @p w is
 * full
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_capdu_encode(const struct dmsc_capdu *capdu,
                                                        enum dmsc_protocol protocol,
                                                        struct dmsc_wr *w);
/** The four cases of a T=1 command. Data borrows from @p bytes. DMSC_E_MALFORMED, DMSC_E_TRUNCATED.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_capdu_decode(struct dmsc_bytes bytes,
                                                        struct dmsc_capdu *ret_capdu);

/** What a status word says to do (TS 102 221 clause 10.2.1; one table in apdu/cmd/sw.c). */
enum dmsc_sw_class {
    DMSC_SW_OK,        /* 9000 */
    DMSC_SW_PROACTIVE, /* 91xx: done, a proactive command of xx bytes waits */
    DMSC_SW_TRANSFER,  /* 92xx: done, data transfer goes on */
    DMSC_SW_BUSY,      /* 9300: toolkit busy, retry later */
    DMSC_SW_MORE,      /* 61xx, 9Fxx: response data waits */
    DMSC_SW_WRONG_LE,  /* 6Cxx */
    DMSC_SW_WARNING,   /* 62xx, 63xx but 63Cx */
    DMSC_SW_RETRIES,   /* 63Cx: wrong PIN, x tries left */
    DMSC_SW_NOTFOUND,  /* 6A82 6A83 6A88 9404 */
    DMSC_SW_DENIED,    /* 6982 9804 */
    DMSC_SW_BLOCKED,   /* 6983 9840 */
    DMSC_SW_EXECUTION, /* 64xx 65xx: perhaps torn */
    DMSC_SW_ERROR      /* all the rest */
};

DMSC_API enum dmsc_sw_class dmsc_sw_class(uint16_t sw);
/** Done, with or without a proactive command behind it: 9000, 91xx, 92xx. */
DMSC_API bool dmsc_sw_done(uint16_t sw);
/** One lower-case phrase ("file not found"). Never NULL. */
DMSC_API const char *dmsc_sw_text(uint16_t sw);

#ifdef __cplusplus
}
#endif
#endif
