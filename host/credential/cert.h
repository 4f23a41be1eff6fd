/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes, X.509 certificates and keys over mbedTLS (2.28 and 3.6). The only code beside host/net
 * that includes mbedTLS headers; nobody above sees them.
 */
#ifndef DMSCI_CERT_H
#define DMSCI_CERT_H

#include <dmsc/bytes.h>
#include <dmsc/secret.h>

/** @return DMSC_E_IO only if the library fails */
DMSC_NODISCARD enum dmsc_err dmsci_sha256(struct dmsc_ctx *ctx, struct dmsc_bytes in,
                                          uint8_t ret_digest[32]);
/** SHA-256 of bytes that come in pieces; behind each end it begins anew. */
struct dmsci_digest;
DMSC_NODISCARD enum dmsc_err dmsci_digest_new(struct dmsc_ctx *ctx,
                                              struct dmsci_digest **ret_digest);
void dmsci_digest_free(struct dmsci_digest *digest);
DMSC_NODISCARD enum dmsc_err dmsci_digest_add(struct dmsci_digest *digest, struct dmsc_bytes bytes);
DMSC_NODISCARD enum dmsc_err dmsci_digest_end(struct dmsci_digest *digest, uint8_t ret_sha256[32]);

/** Bytes of a cryptographic generator seeded by the system. */
DMSC_NODISCARD enum dmsc_err dmsci_random(struct dmsc_ctx *ctx, uint8_t *ret_p, size_t n);

#define DMSCI_CERT_NAMES 8

/** What a certificate says of itself. Text is UTF-8, cut to its field. */
struct dmsci_cert {
    char subject[256]; /* RFC 4514-like, "CN=..., O=..." */
    char issuer[256];
    char serial[64];               /* hex */
    int64_t not_before, not_after; /* s since 1970 */
    bool ca;
    bool weak_signature; /* MD5 or SHA-1 */
    bool self_issued;
    char key[24];                      /* "EC 256", "RSA 2048" */
    char names[DMSCI_CERT_NAMES][128]; /* dNSName entries of subjectAltName */
    size_t name_count;
    uint8_t sha256[32];      /* of the DER */
    uint8_t spki_sha256[32]; /* of SubjectPublicKeyInfo, DER */
};

/** @return DMSC_E_MALFORMED; DMSC_E_UNSUPPORTED for a key type we do not know */
DMSC_NODISCARD enum dmsc_err dmsci_cert_parse(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                                              struct dmsci_cert *ret_cert);

/**
 * Verify ECDSA over P-256 with SHA-256.
 * @param spki SubjectPublicKeyInfo, DER; @param signature r || s, 64 bytes
 * @return DMSC_E_UNTRUSTED when it does not verify; DMSC_E_MALFORMED for a key that is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_ecdsa_verify(struct dmsc_ctx *ctx, struct dmsc_bytes spki,
                                                struct dmsc_bytes message,
                                                struct dmsc_bytes signature);
/**
 * Verify a signature over bytes of this digest with the key of a certificate: ECDSA as
 * Ecdsa-Sig-Value (RFC 3279) from P-256 on, RSA PKCS#1 v1.5 from 2048 bits on.
 * @return DMSC_E_UNTRUSTED when it does not verify; DMSC_E_UNSUPPORTED for another or a shorter key
 */
DMSC_NODISCARD enum dmsc_err dmsci_cert_verify(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                                               const uint8_t sha256[32],
                                               struct dmsc_bytes signature);
/** Sign with a private key (PKCS#8 or SEC1, PEM or DER). @p ret_spki: DER of its public half. */
DMSC_NODISCARD enum dmsc_err dmsci_ecdsa_sign(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                              struct dmsc_bytes message, uint8_t ret_signature[64],
                                              struct dmsc_buf *ret_spki);
/** SubjectPublicKeyInfo (DER) of a public key file, PEM ("BEGIN PUBLIC KEY") or DER, or of a
 * certificate. */
DMSC_NODISCARD enum dmsc_err dmsci_spki_load(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                             struct dmsc_buf *ret_spki);
/** SPKI (DER) of a private key file, to find the certificate that belongs to it. */
DMSC_NODISCARD enum dmsc_err dmsci_spki_of_key(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                               struct dmsc_buf *ret_spki);
/** DER of a certificate file, PEM or DER. */
DMSC_NODISCARD enum dmsc_err dmsci_cert_load(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                             struct dmsc_buf *ret_der);

#endif
