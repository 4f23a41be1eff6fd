/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ATR_H
#define DMSC_ATR_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One interface byte of an ATR. */
struct dmsc_atr_byte {
    char letter;      /* 'A', 'B', 'C', 'D' */
    uint8_t index;    /* 1 for TA1 */
    uint8_t protocol; /* T of the TD in front of it; 0 in the first group */
    uint8_t value;
};
#define DMSC_ATR_BYTES_MAX 32u

/** Answer to reset (ISO/IEC 7816-3 clause 8, TS 102 221 clause 6.3). Historical bytes borrow. */
struct dmsc_atr {
    bool inverse; /* TS 3F: inverse convention */
    struct dmsc_atr_byte byte[DMSC_ATR_BYTES_MAX];
    unsigned bytes;
    uint16_t protocols; /* bit T for each that is offered; T=0 when there is no TD1 */
    uint16_t fi;        /* clock rate conversion, from TA1 or 372 */
    uint8_t di;         /* baud rate adjustment, from TA1 or 1; 0: RFU */
    uint8_t f_mhz_x10;  /* greatest clock frequency, MHz by ten; 0: RFU */
    bool specific;      /* TA2: the card is in specific mode */
    bool has_global;    /* TA behind T=15 */
    uint8_t clock_stop; /* 0 no, 1 state L, 2 state H, 3 either */
    uint8_t classes;    /* bit 0 class A (5 V), 1 B (3 V), 2 C (1.8 V), 3 D, 4 E */
    bool has_uicc;      /* TB behind T=15 */
    uint8_t uicc;       /* 40 inter-chip USB, 20 UICC-CLF, 10 low impedance, 08 secure channel,
                           02 eUICC functions (TS 102 221 table 6.7) */
    struct dmsc_bytes historical; /* 0..15 bytes */
    bool has_capabilities;        /* compact object '73' in the historical bytes */
    uint8_t channels;             /* logical channels, 1..8 and more */
    bool extended_length;         /* extended Lc and Le */
    bool chaining;
    bool has_tck;
};

#define DMSC_ATR_INIT                                                                              \
    {                                                                                              \
        false                                                                                      \
    }

/**
 * Take an ATR apart.
 * @param ret_atr untouched on failure
 * @return DMSC_E_TRUNCATED; DMSC_E_MALFORMED for an unknown TS, bytes behind the end or too many
 *         interface bytes; DMSC_E_CORRUPT when the check byte TCK is wrong
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_atr_decode(struct dmsc_bytes bytes,
                                                      struct dmsc_atr *ret_atr);

#ifdef __cplusplus
}
#endif
#endif
