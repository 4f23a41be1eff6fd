/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/tls_identity.h"

#if DMSCI_MBED_3
static int key_fits(const mbedtls_x509_crt *chain, const mbedtls_pk_context *key,
                    struct dmsci_rng *rng)
{
    return mbedtls_pk_check_pair(&chain->pk, key, mbedtls_ctr_drbg_random, &rng->drbg);
}
#else
static int key_fits(const mbedtls_x509_crt *chain, const mbedtls_pk_context *key,
                    struct dmsci_rng *rng)
{
    (void)rng;
    return mbedtls_pk_check_pair(&chain->pk, key);
}
#endif

void dmsci_tls_identity_init(struct dmsci_tls_identity *id)
{
    mbedtls_x509_crt_init(&id->anchors);
    mbedtls_x509_crt_init(&id->chain);
    mbedtls_pk_init(&id->key);
    id->has_chain = false;
}

void dmsci_tls_identity_clear(struct dmsci_tls_identity *id)
{
    mbedtls_pk_free(&id->key);
    mbedtls_x509_crt_free(&id->chain);
    mbedtls_x509_crt_free(&id->anchors);
}

static enum dmsc_err parse_all(struct dmsc_ctx *ctx, const struct dmsc_bytes *der, size_t count,
                               mbedtls_x509_crt *crt)
{
    enum dmsc_err err = DMSC_OK;

    /* The library appends: one list of all. It copies, and checks what is behind a certificate
     * only by our own parser, so each is looked at alone first. */
    for (size_t i = 0; err == DMSC_OK && i < count; i++) {
        mbedtls_x509_crt one;
        int rc = 0;

        mbedtls_x509_crt_init(&one);
        err = dmsci_crt_parse(ctx, der[i], &one);
        mbedtls_x509_crt_free(&one);
        if (err == DMSC_OK)
            rc = mbedtls_x509_crt_parse_der(crt, der[i].p, der[i].n);
        if (rc != 0)
            err = dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a certificate");
    }
    return err;
}

static enum dmsc_err load_client(struct dmsc_ctx *ctx, const struct dmsci_tls_config *config,
                                 struct dmsci_rng *rng, struct dmsci_tls_identity *id)
{
    enum dmsc_err err;
    int rc;

    if (config->chain_count == 0)
        return DMSC_OK;
    if (config->key == NULL || config->key->n == 0) {
        err = dmsci_fail(ctx, DMSC_E_CONFIG, "use a client certificate");
        dmsci_why(ctx, "tls:key", "there is no private key to it");
        return err;
    }
    err = parse_all(ctx, config->chain, config->chain_count, &id->chain);
    if (err == DMSC_OK)
        err = dmsci_pk_parse(ctx, config->key, rng, &id->key);
    if (err != DMSC_OK)
        return err;
    rc = key_fits(&id->chain, &id->key, rng);
    if (rc != 0) {
        err = dmsci_mbed_fail(ctx, DMSC_E_CONFIG, rc, "use a client certificate");
        dmsci_why(ctx, "tls:key", "the private key does not belong to it");
        return err;
    }
    id->has_chain = true;
    return DMSC_OK;
}

enum dmsc_err dmsci_tls_identity_load(struct dmsc_ctx *ctx, const struct dmsci_tls_config *config,
                                      struct dmsci_rng *rng, struct dmsci_tls_identity *id)
{
    enum dmsc_err err;

    if (config->anchor_count == 0) {
        (void)dmsci_fail(ctx, DMSC_E_CONFIG, "set up TLS");
        dmsci_why(ctx, "tls:no-anchor", "there is no certificate to verify the server with");
        return DMSC_E_CONFIG;
    }
    err = parse_all(ctx, config->anchors, config->anchor_count, &id->anchors);
    return err == DMSC_OK ? load_client(ctx, config, rng, id) : err;
}
