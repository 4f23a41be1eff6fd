/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that come in pieces, and who signed them. */
#include "host/credential/cert.h"
#include "host/credential/mbed.h"
#include <mbedtls/md.h>

struct dmsci_digest {
    struct dmsc_ctx *ctx;
    mbedtls_md_context_t md;
};

enum dmsc_err dmsci_digest_new(struct dmsc_ctx *ctx, struct dmsci_digest **ret_digest)
{
    struct dmsci_digest *d = dmsci_alloc(ctx, sizeof(*d));
    int rc;

    if (d == NULL)
        return DMSC_E_NOMEM;
    d->ctx = ctx;
    mbedtls_md_init(&d->md);
    rc = mbedtls_md_setup(&d->md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
    if (rc == 0)
        rc = mbedtls_md_starts(&d->md);
    if (rc != 0) {
        dmsci_digest_free(d);
        return dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "begin SHA-256");
    }
    *ret_digest = d;
    return DMSC_OK;
}

void dmsci_digest_free(struct dmsci_digest *digest)
{
    if (digest == NULL)
        return;
    mbedtls_md_free(&digest->md);
    dmsci_free(digest->ctx, digest);
}

enum dmsc_err dmsci_digest_add(struct dmsci_digest *digest, struct dmsc_bytes bytes)
{
    int rc = bytes.n == 0 ? 0 : mbedtls_md_update(&digest->md, bytes.p, bytes.n);

    return rc == 0 ? DMSC_OK : dmsci_mbed_fail(digest->ctx, DMSC_E_IO, rc, "compute SHA-256");
}

enum dmsc_err dmsci_digest_end(struct dmsci_digest *digest, uint8_t ret_sha256[32])
{
    int rc = mbedtls_md_finish(&digest->md, ret_sha256);

    if (rc == 0)
        rc = mbedtls_md_starts(&digest->md);
    return rc == 0 ? DMSC_OK : dmsci_mbed_fail(digest->ctx, DMSC_E_IO, rc, "compute SHA-256");
}

/* Below this a signature proves too little: EC P-256, RSA of 2048 bits. */
static bool strong(const mbedtls_pk_context *pk)
{
    size_t bits = mbedtls_pk_get_bitlen(pk);

    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA)
               ? bits >= 256
               : mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) && bits >= 2048;
}

enum dmsc_err dmsci_cert_verify(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                                const uint8_t sha256[32], struct dmsc_bytes signature)
{
    mbedtls_x509_crt crt;
    enum dmsc_err err;
    int rc;

    mbedtls_x509_crt_init(&crt);
    err = dmsci_crt_parse(ctx, der, &crt);
    if (err != DMSC_OK)
        goto out;
    if (!strong(&crt.pk)) {
        err = dmsci_fail(ctx, DMSC_E_UNSUPPORTED, "verify with a key that is too short");
        goto out;
    }
    rc = mbedtls_pk_verify(&crt.pk, MBEDTLS_MD_SHA256, sha256, 32, signature.p, signature.n);
    if (rc != 0)
        err = dmsci_mbed_fail(ctx, DMSC_E_UNTRUSTED, rc, "verify a signature");
out:
    mbedtls_x509_crt_free(&crt);
    return err;
}
