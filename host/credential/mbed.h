/* SPDX-License-Identifier: Apache-2.0 */
/* Where mbedTLS 2.28 and 3.6 differ, once. For this folder and host/net/tls_mbedtls.c only. */
#ifndef DMSCI_MBED_H
#define DMSCI_MBED_H

#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#define DMSCI_MBED_3 (MBEDTLS_VERSION_NUMBER >= 0x03000000)

/* 3.x marks what callers should not touch; 2.28 has no such macro. */
#if DMSCI_MBED_3
#define DMSCI_MBED_FIELD(name) MBEDTLS_PRIVATE(name)
#else
#define DMSCI_MBED_FIELD(name) name
#endif

/** A generator of its own for whoever needs one: no state is shared between contexts. */
struct dmsci_rng {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
};

DMSC_NODISCARD enum dmsc_err dmsci_rng_new(struct dmsc_ctx *ctx, struct dmsci_rng **ret_rng);
void dmsci_rng_free(struct dmsc_ctx *ctx, struct dmsci_rng *rng);

/**
 * Tell the story of a failure inside mbedTLS: its number and its own words. Out of memory becomes
 * DMSC_E_NOMEM, an algorithm that it does not know DMSC_E_UNSUPPORTED, all else @p err.
 */
enum dmsc_err dmsci_mbed_fail(struct dmsc_ctx *ctx, enum dmsc_err err, int rc, const char *what);

/** PKCS#8, SEC1 or PKCS#1, PEM or DER, not encrypted. @p pk initialised by the caller. */
DMSC_NODISCARD enum dmsc_err dmsci_pk_parse(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                            struct dmsci_rng *rng, mbedtls_pk_context *pk);

/** Exactly one certificate, DER. @p crt initialised by the caller, which holds its memory. */
DMSC_NODISCARD enum dmsc_err dmsci_crt_parse(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                                             mbedtls_x509_crt *crt);

/** Body of the first PEM block with this label, appended. DMSC_E_NOTFOUND without one. */
DMSC_NODISCARD enum dmsc_err dmsci_pem_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                                              const char *label, struct dmsc_buf *ret_der);

/** An IPv4 or IPv6 address as text, without brackets. */
bool dmsci_host_is_address(const char *host);
/** Does a dNSName of a certificate cover the host? Letter case aside, wildcards by RFC 9525. */
bool dmsci_dns_name_covers(struct dmsc_bytes name, const char *host);
/** Is the certificate for this host, a DNS name or an address? The subject's CN does not count. */
bool dmsci_crt_covers(const mbedtls_x509_crt *crt, const char *host);

#endif
