/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing of small values at rest: AES-256-GCM (NIST SP 800-38D), keys by HKDF (RFC 5869). */
#ifndef DMSCI_SEAL_H
#define DMSCI_SEAL_H

#include <dmsc/bytes.h>
#include <dmsc/secret.h>

#define DMSCI_SEAL_KEY_SIZE 32u
/** A sealed value is longer by this: a version in front, 12 bytes of nonce, and a tag of 16 behind.
 */
#define DMSCI_SEAL_OVERHEAD 29u

/**
 * @param key DMSCI_SEAL_KEY_SIZE bytes
 * @param place where the value will stand: it cannot be opened anywhere else
 * @param ret_sealed replaced
 */
DMSC_NODISCARD enum dmsc_err dmsci_seal(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                        struct dmsc_bytes place, struct dmsc_bytes plain,
                                        struct dmsc_buf *ret_sealed);
/**
 * @param ret_plain replaced
 * @return DMSC_E_CORRUPT ("secret:unreadable"): another key, another place, or not as it was sealed
 */
DMSC_NODISCARD enum dmsc_err dmsci_unseal(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                          struct dmsc_bytes place, struct dmsc_bytes sealed,
                                          struct dmsc_buf *ret_plain);
/** A sealing key from what is secret and what it is for: HKDF with SHA-256 and no salt. */
DMSC_NODISCARD enum dmsc_err dmsci_seal_key(struct dmsc_ctx *ctx, struct dmsc_bytes secret,
                                            struct dmsc_bytes purpose, struct dmsc_secret *ret_key);

#endif
