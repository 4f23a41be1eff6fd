/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_PEER_H
#define DMSC_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What the peer proved, as TLS saw it. Plain values in a header of their own: TLS fills them, the
 * authority judges them, and neither knows the other.
 */
struct dmsc_peer {
    const char *host;                    /* the name the certificate was checked against */
    uint8_t cert_sha256[32];             /* of the leaf, DER */
    uint8_t spki_sha256[32];             /* of its SubjectPublicKeyInfo */
    const uint8_t (*ca_spki_sha256)[32]; /* of each verified issuer above it */
    size_t ca_count;
};

#ifdef __cplusplus
}
#endif
#endif
