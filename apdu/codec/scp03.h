/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session of GlobalPlatform Secure Channel Protocol 03 (Card Specification, Amendment D; clauses
 * below are of version 1.2), both ends of it. Pure: challenges are handed in, APDUs come and go as
 * values. Failures are told with the context's story; a session is unchanged by a call that fails.
 */
#ifndef DMSCI_SCP03_H
#define DMSCI_SCP03_H

#include <dmsc/apdu.h>

/* Security level, P1 of EXTERNAL AUTHENTICATE (7.1.2.3): 00, 01, 03, 11, 13 or 33. */
#define DMSCI_SCP03_C_MAC 0x01u
#define DMSCI_SCP03_C_ENC 0x02u
#define DMSCI_SCP03_R_MAC 0x10u
#define DMSCI_SCP03_R_ENC 0x20u
/* What the card can do, parameter i (5.1, table 5-1). */
#define DMSCI_SCP03_I_S16          0x01u /* challenges, cryptograms and MACs of 16 bytes, not 8 */
#define DMSCI_SCP03_I_PSEUDORANDOM 0x10u /* card challenges come from a counter that is shown */
#define DMSCI_SCP03_I_R_MAC        0x20u
#define DMSCI_SCP03_I_R_ENC        0x40u

/** Key set of a card: AES, all of 16, 24 or 32 bytes. Borrowed. */
struct dmsci_scp03_keys {
    struct dmsc_bytes enc, mac;
};

/** Holds keys: dmsci_scp03_clear(). An all-zero one is closed. */
struct dmsci_scp03 {
    uint8_t key_n; /* bytes of each session key; 0: closed */
    uint8_t mac_n; /* S8 or S16: bytes of challenges, cryptograms and MACs */
    uint8_t s_enc[32], s_mac[32], s_rmac[32];
    uint8_t host_challenge[16], card_challenge[16];
    uint8_t chain[16];  /* MAC chaining value: the whole MAC of the last command */
    uint32_t counter;   /* commands since EXTERNAL AUTHENTICATE, this one included (6.2.6) */
    uint8_t level;      /* in force once authenticated */
    bool authenticated; /* EXTERNAL AUTHENTICATE was made or taken */
};

/** The answer to INITIALIZE UPDATE (7.1.1.6). */
struct dmsci_scp03_init {
    uint8_t diversification[10];
    uint8_t version; /* of the key set in use */
    uint8_t i;
    struct dmsc_bytes card_challenge, card_cryptogram; /* mac_n bytes each, borrowed */
    struct dmsc_bytes sequence; /* 3 bytes with DMSCI_SCP03_I_PSEUDORANDOM, else none */
};

void dmsci_scp03_clear(struct dmsci_scp03 *session);

/**
 * Take the answer to INITIALIZE UPDATE apart. The i parameter decides its form.
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED; DMSC_E_UNSUPPORTED for another protocol than 03
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_init_decode(struct dmsc_bytes bytes,
                                                     struct dmsci_scp03_init *ret_init);
/** DMSC_E_ARG when the lengths do not fit init->i; DMSC_E_LIMIT when @p w is full. */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_init_encode(const struct dmsci_scp03_init *init,
                                                     struct dmsc_wr *w);

/**
 * A card challenge that can be repeated (6.2.2.1): from ENC, the 3-byte sequence counter and the
 * AID of the application that asks.
 * @param n 8 or 16 bytes wanted
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_card_challenge(struct dmsc_ctx *ctx, struct dmsc_bytes enc,
                                                        struct dmsc_bytes sequence,
                                                        struct dmsc_bytes aid, size_t n,
                                                        uint8_t ret_challenge[16]);
/**
 * Derive the session keys (6.2.1) from both challenges; 8 bytes each, or 16 each for S16.
 * @return DMSC_E_ARG for keys or challenges of the wrong length
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_begin(struct dmsc_ctx *ctx,
                                               const struct dmsci_scp03_keys *keys,
                                               struct dmsc_bytes host_challenge,
                                               struct dmsc_bytes card_challenge,
                                               struct dmsci_scp03 *ret_session);
/** The cryptogram of card or host (6.2.2.2, 6.2.2.3), session->mac_n bytes. */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_cryptogram(struct dmsc_ctx *ctx,
                                                    const struct dmsci_scp03 *session, bool of_card,
                                                    uint8_t ret_cryptogram[16]);

/**
 * Host: build EXTERNAL AUTHENTICATE; the session counts as open when the card answers 9000.
 * @param cla  80 on the channel in use
 * @param data 32 bytes; @p ret_capdu borrows them
 * @return DMSC_E_ARG for a level that is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_authenticate(struct dmsc_ctx *ctx,
                                                      struct dmsci_scp03 *session, uint8_t cla,
                                                      uint8_t level, uint8_t data[32],
                                                      struct dmsc_capdu *ret_capdu);
/**
 * Card: check EXTERNAL AUTHENTICATE, cryptogram and MAC.
 * @return DMSC_E_UNTRUSTED when one of them is wrong; DMSC_E_MALFORMED for length or level
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_authenticated(struct dmsc_ctx *ctx,
                                                       struct dmsci_scp03 *session,
                                                       const struct dmsc_capdu *capdu);

/** Most bytes of data that a command can carry at the session's level: 255 without protection. */
size_t dmsci_scp03_data_max(const struct dmsci_scp03 *session);
/** Most bytes that an answer of 256 bytes brings at the session's level. */
size_t dmsci_scp03_answer_max(const struct dmsci_scp03 *session);

/**
 * Host: protect a command (6.2.4, 6.2.6). Its Le stays; where an R-MAC must come back and there was
 * none, Le becomes 256.
 * @param data 255 bytes; @p ret_capdu borrows them
 * @return DMSC_E_LIMIT for more data than dmsci_scp03_data_max()
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_wrap(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                                              const struct dmsc_capdu *capdu, uint8_t data[255],
                                              struct dmsc_capdu *ret_capdu);
/**
 * Card: check and decipher a command. The class comes back without its secure messaging bit.
 * @param data 255 bytes, for the plain data
 * @return DMSC_E_UNTRUSTED when the MAC is wrong or missing, or the padding is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_unwrap(struct dmsc_ctx *ctx, struct dmsci_scp03 *session,
                                                const struct dmsc_capdu *capdu, uint8_t data[255],
                                                struct dmsc_capdu *ret_capdu);

/** Does an answer with this SW carry an R-MAC (6.2.5): success and warnings, not errors? */
bool dmsci_scp03_answer_protected(const struct dmsci_scp03 *session, uint16_t sw);
/**
 * Card: protect the answer to the command just unwrapped (6.2.5, 6.2.7): data without SW.
 * @param ret_data appended
 * @return DMSC_E_LIMIT for more data than dmsci_scp03_answer_max()
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_answer_wrap(struct dmsc_ctx *ctx,
                                                     const struct dmsci_scp03 *session,
                                                     struct dmsc_bytes data, uint16_t sw,
                                                     struct dmsc_buf *ret_data);
/**
 * Host: check and decipher the answer to the command just wrapped.
 * @param data     as it came, without SW
 * @param ret_data appended: plain data; may not be the buffer that @p data borrows from
 * @return DMSC_E_UNTRUSTED when the MAC is wrong or missing, or the padding is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_scp03_answer_unwrap(struct dmsc_ctx *ctx,
                                                       const struct dmsci_scp03 *session,
                                                       struct dmsc_bytes data, uint16_t sw,
                                                       struct dmsc_buf *ret_data);

#endif
