/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the card interface needs of cryptography: CBC, MACs and check sums of secured packets (TS
 * 102 225), SCP03 and authentication. Pure functions over mbedTLS; keys are handed in, nothing of
 * them stays behind.
 */
#ifndef DMSCI_CRYPTO_H
#define DMSCI_CRYPTO_H

#include <dmsc/bytes.h>

struct dmsc_ctx;

enum dmsci_cipher {
    DMSCI_AES, /* keys of 16, 24, 32 bytes; block 16 */
    DMSCI_DES  /* keys of 8 (single), 16 (two-key) and 24 bytes; block 8 */
};
#define DMSCI_BLOCK_MAX 16u

/** Bytes of a block. */
size_t dmsci_cipher_block(enum dmsci_cipher cipher);
bool dmsci_cipher_key_fits(enum dmsci_cipher cipher, size_t n);

/**
 * CBC without padding.
 *
 * @param iv  one block; NULL: zeroes
 * @param in  a multiple of the block
 * @param out as long as @p in; may be the same place
 * @return DMSC_E_ARG for a key or an input of the wrong length, with a story
 */
DMSC_NODISCARD enum dmsc_err dmsci_cbc_encrypt(struct dmsc_ctx *ctx, enum dmsci_cipher cipher,
                                               struct dmsc_bytes key, const uint8_t *iv,
                                               struct dmsc_bytes in, uint8_t *out);
DMSC_NODISCARD enum dmsc_err dmsci_cbc_decrypt(struct dmsc_ctx *ctx, enum dmsci_cipher cipher,
                                               struct dmsc_bytes key, const uint8_t *iv,
                                               struct dmsc_bytes in, uint8_t *out);

/** AES-CMAC (RFC 4493, SP 800-38B) of @p n parts, one behind the other. DMSC_E_ARG for the key. */
DMSC_NODISCARD enum dmsc_err dmsci_cmac(struct dmsc_ctx *ctx, struct dmsc_bytes key,
                                        const struct dmsc_bytes *parts, size_t n,
                                        uint8_t ret_mac[16]);
/** DES or 3DES CBC-MAC, filled with zeroes to a block: the last one (TS 102 225 clause 5.1.3.2). */
DMSC_NODISCARD enum dmsc_err dmsci_des_mac(struct dmsc_ctx *ctx, struct dmsc_bytes key,
                                           const struct dmsc_bytes *parts, size_t n,
                                           uint8_t ret_mac[8]);
/**
 * CRC-16 of TS 102 225 clause 5.1.3.1: polynomial 8408 reflected, begins with FFFF, inverted.
 * @param crc 0, or what the call before gave when the message comes in pieces
 */
uint16_t dmsci_crc16(uint16_t crc, struct dmsc_bytes bytes);

#endif
