/* SPDX-License-Identifier: Apache-2.0 */
/* Whom we believe and who we are, as mbedTLS wants it. For tls_mbedtls.c. */
#ifndef DMSCI_TLS_IDENTITY_H
#define DMSCI_TLS_IDENTITY_H

#include "host/credential/mbed.h"
#include "host/net/tls.h"

struct dmsci_tls_identity {
    mbedtls_x509_crt anchors;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    bool has_chain;
};

void dmsci_tls_identity_init(struct dmsci_tls_identity *id);
void dmsci_tls_identity_clear(struct dmsci_tls_identity *id);
/** @p id initialised by the caller, which clears it on failure too. Errors of dmsci_tls_new(). */
DMSC_NODISCARD enum dmsc_err dmsci_tls_identity_load(struct dmsc_ctx *ctx,
                                                     const struct dmsci_tls_config *config,
                                                     struct dmsci_rng *rng,
                                                     struct dmsci_tls_identity *id);

#endif
