/* SPDX-License-Identifier: Apache-2.0 */
/* What was verified about a server, collected while mbedTLS walks the chain. For tls_mbedtls.c. */
#ifndef DMSCI_TLS_VERIFY_H
#define DMSCI_TLS_VERIFY_H

#include "host/credential/cert.h"
#include "host/credential/mbed.h"

#define DMSCI_TLS_CHAIN_MAX 10

struct dmsci_tls_verify {
    struct dmsc_ctx *ctx;
    const char *host;                /* borrowed for the handshake */
    const mbedtls_x509_crt *anchors; /* borrowed */
    bool seen;                       /* the walk came to the end: all below is filled */
    enum dmsc_err err;               /* of our own, beside the flags */
    uint32_t flags;                  /* MBEDTLS_X509_BADCERT_, 0: verified */
    uint32_t flags_above;
    char subject[256];
    uint8_t cert_sha256[32];
    uint8_t spki_sha256[32];
    uint8_t ca_spki_sha256[DMSCI_TLS_CHAIN_MAX][32];
    size_t ca_count;
};

/** The callback of mbedtls_ssl_conf_verify(): @p user is a struct dmsci_tls_verify. */
int dmsci_tls_verify_step(void *user, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/** The story of flags that are not 0. */
enum dmsc_err dmsci_tls_verify_fail(struct dmsc_ctx *ctx, uint32_t flags, const char *host,
                                    const char *subject);

#endif
