/* SPDX-License-Identifier: Apache-2.0 */
#include "host/credential/seal.h"
#include "host/credential/cert.h"
#include "host/credential/mbed.h"
#include <mbedtls/gcm.h>
#include <mbedtls/hkdf.h>

#define VERSION    1
#define NONCE_SIZE 12u /* SP 800-38D 8.2: drawn at random, for fewer than 2^32 values of a key */
#define TAG_SIZE   16u

/* @p gcm initialised by the caller, which frees it. */
static enum dmsc_err set_key(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                             mbedtls_gcm_context *gcm)
{
    int rc;

    if (key->n != DMSCI_SEAL_KEY_SIZE)
        return dmsci_fail(ctx, DMSC_E_ARG, "use a sealing key of %zu bytes", key->n);
    rc = mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key->p, 8 * DMSCI_SEAL_KEY_SIZE);
    return rc == 0 ? DMSC_OK : dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "use a sealing key");
}

enum dmsc_err dmsci_seal(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                         struct dmsc_bytes place, struct dmsc_bytes plain,
                         struct dmsc_buf *ret_sealed)
{
    size_t n = plain.n + DMSCI_SEAL_OVERHEAD;
    mbedtls_gcm_context gcm;
    struct dmsc_buf sealed;
    uint8_t *p = NULL;
    enum dmsc_err err;

    dmsc_buf_init(&sealed, ctx, n);
    mbedtls_gcm_init(&gcm);
    err = set_key(ctx, key, &gcm);
    if (err == DMSC_OK)
        err = dmsc_buf_reserve(&sealed, n, &p);
    if (err == DMSC_OK) {
        p[0] = VERSION;
        err = dmsci_random(ctx, p + 1, NONCE_SIZE);
    }
    if (err == DMSC_OK) {
        int rc = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.n, p + 1, NONCE_SIZE,
                                           place.p, place.n, plain.p, p + 1 + NONCE_SIZE, TAG_SIZE,
                                           p + n - TAG_SIZE);

        if (rc != 0)
            err = dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "seal a secret");
        dmsc_buf_commit(&sealed, n);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_sealed, dmsc_buf_bytes(&sealed));
    mbedtls_gcm_free(&gcm);
    dmsc_buf_clear(&sealed);
    return err;
}

static enum dmsc_err unreadable(struct dmsc_ctx *ctx)
{
    (void)dmsci_fail(ctx, DMSC_E_CORRUPT, "read a secret");
    dmsci_why(ctx, "secret:unreadable",
              "it is damaged, or sealed for another device or another "
              "card");
    dmsci_hint(ctx, "a secret opens only with the device key and the card it was stored with");
    return DMSC_E_CORRUPT;
}

enum dmsc_err dmsci_unseal(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                           struct dmsc_bytes place, struct dmsc_bytes sealed,
                           struct dmsc_buf *ret_plain)
{
    mbedtls_gcm_context gcm;
    struct dmsc_buf plain;
    uint8_t *p = NULL;
    enum dmsc_err err;
    size_t n;

    if (sealed.n < DMSCI_SEAL_OVERHEAD || sealed.p[0] != VERSION)
        return unreadable(ctx);
    n = sealed.n - DMSCI_SEAL_OVERHEAD;
    dmsc_buf_init(&plain, ctx, n);
    mbedtls_gcm_init(&gcm);
    err = set_key(ctx, key, &gcm);
    if (err == DMSC_OK)
        err = dmsc_buf_reserve(&plain, n, &p);
    if (err == DMSC_OK) {
        int rc = mbedtls_gcm_auth_decrypt(&gcm, n, sealed.p + 1, NONCE_SIZE, place.p, place.n,
                                          sealed.p + sealed.n - TAG_SIZE, TAG_SIZE,
                                          sealed.p + 1 + NONCE_SIZE, p);

        if (rc == MBEDTLS_ERR_GCM_AUTH_FAILED)
            err = unreadable(ctx);
        else if (rc != 0)
            err = dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "read a secret");
        dmsc_buf_commit(&plain, n);
    }
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_plain, dmsc_buf_bytes(&plain));
    mbedtls_gcm_free(&gcm);
    dmsc_buf_clear(&plain);
    return err;
}

enum dmsc_err dmsci_seal_key(struct dmsc_ctx *ctx, struct dmsc_bytes secret,
                             struct dmsc_bytes purpose, struct dmsc_secret *ret_key)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    uint8_t key[DMSCI_SEAL_KEY_SIZE];
    enum dmsc_err err;
    int rc =
        mbedtls_hkdf(sha256, NULL, 0, secret.p, secret.n, purpose.p, purpose.n, key, sizeof(key));

    if (rc != 0)
        return dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "make a sealing key");
    err = dmsc_secret_set(ret_key, ctx, dmsc_bytes(key, sizeof(key)));
    dmsc_wipe(key, sizeof(key));
    return err;
}
