/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, and ECDSA over P-256 with SHA-256 as the MA list uses it. */
#include "host/credential/cert.h"
#include "host/credential/mbed.h"
#include <mbedtls/md.h>

#define P256_SIZE 32u
/* SEQUENCE { INTEGER, INTEGER } of two 32 byte numbers that may need a zero in front. */
#define P256_DER_MAX (2 + 2 * (2 + P256_SIZE + 1))
/* SubjectPublicKeyInfo of the largest key anybody has: RSA with 16384 bits. */
#define SPKI_ROOM 4096u

/* RFC 5480 clause 2: id-ecPublicKey, secp256r1, and a point that is not compressed. Everything but
 * the point is constant, so these bytes tell P-256 from all other keys. */
static const uint8_t p256_spki_head[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};

static bool is_p256(struct dmsc_bytes spki)
{
    struct dmsc_bytes head = { spki.p, sizeof(p256_spki_head) };

    return spki.n == sizeof(p256_spki_head) + 2 * P256_SIZE &&
           dmsc_bytes_equal(head, dmsc_bytes(p256_spki_head, sizeof(p256_spki_head)));
}

static enum dmsc_err not_p256(struct dmsc_ctx *ctx)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "use a key for ECDSA");
    dmsci_why(ctx, "key:not-p256", "only keys on the curve P-256 are accepted");
    return DMSC_E_MALFORMED;
}

/* A number as DER INTEGER (X.690 8.3): shortest form, never negative. */
static void put_integer(struct dmsc_wr *w, const uint8_t number[P256_SIZE])
{
    size_t skip = 0;
    bool negative;

    while (skip < P256_SIZE - 1 && number[skip] == 0)
        skip++;
    negative = (number[skip] & 0x80) != 0;
    dmsc_wr_u8(w, 0x02);
    dmsc_wr_u8(w, (uint8_t)(P256_SIZE - skip + (negative ? 1 : 0)));
    if (negative)
        dmsc_wr_u8(w, 0);
    dmsc_wr_bytes(w, dmsc_bytes(number + skip, P256_SIZE - skip));
}

static struct dmsc_wr signature_to_der(const uint8_t signature[2 * P256_SIZE],
                                       uint8_t der[P256_DER_MAX])
{
    struct dmsc_wr w = dmsc_wr(der, P256_DER_MAX);

    dmsc_wr_u8(&w, 0x30);
    dmsc_wr_u8(&w, 0);
    put_integer(&w, signature);
    put_integer(&w, signature + P256_SIZE);
    der[1] = (uint8_t)(w.n - 2);
    return w;
}

static void get_integer(struct dmsc_rd *r, uint8_t ret_number[P256_SIZE])
{
    struct dmsc_rd value;

    if (dmsc_rd_u8(r) != 0x02)
        r->bad = true;
    value = dmsc_rd_take(r, dmsc_rd_u8(r));
    while (!value.bad && value.n > P256_SIZE) {
        if (dmsc_rd_u8(&value) != 0)
            r->bad = true;
    }
    for (size_t i = 0; i < P256_SIZE; i++)
        ret_number[i] = i + value.n < P256_SIZE ? 0 : dmsc_rd_u8(&value);
}

static enum dmsc_err signature_from_der(struct dmsc_bytes der, uint8_t ret_signature[2 * P256_SIZE])
{
    struct dmsc_rd r = dmsc_rd(der);
    struct dmsc_rd body;

    if (dmsc_rd_u8(&r) != 0x30)
        return DMSC_E_MALFORMED;
    body = dmsc_rd_take(&r, dmsc_rd_u8(&r));
    get_integer(&body, ret_signature);
    get_integer(&body, ret_signature + P256_SIZE);
    return r.bad ? DMSC_E_MALFORMED : dmsc_rd_end(&body);
}

enum dmsc_err dmsci_ecdsa_verify(struct dmsc_ctx *ctx, struct dmsc_bytes spki,
                                 struct dmsc_bytes message, struct dmsc_bytes signature)
{
    uint8_t digest[32], der[P256_DER_MAX];
    mbedtls_pk_context pk;
    /* The parser moves the pointer and does not write. */
    unsigned char *p = (unsigned char *)(uintptr_t)spki.p;
    struct dmsc_wr w;
    enum dmsc_err err;
    int rc;

    if (!is_p256(spki))
        return not_p256(ctx);
    if (signature.n != 2 * P256_SIZE)
        return dmsci_fail(ctx, DMSC_E_UNTRUSTED, "verify a signature of %zu bytes", signature.n);
    err = dmsci_sha256(ctx, message, digest);
    if (err != DMSC_OK)
        return err;
    mbedtls_pk_init(&pk);
    rc = mbedtls_pk_parse_subpubkey(&p, spki.p + spki.n, &pk);
    if (rc != 0) {
        err = dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a public key");
        goto out;
    }
    w = signature_to_der(signature.p, der);
    rc = mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, digest, sizeof(digest), der, w.n);
    if (rc != 0)
        err = dmsci_mbed_fail(ctx, DMSC_E_UNTRUSTED, rc, "verify a signature");
out:
    mbedtls_pk_free(&pk);
    return err;
}

static enum dmsc_err write_spki(struct dmsc_ctx *ctx, mbedtls_pk_context *pk, struct dmsc_buf *spki)
{
    uint8_t *room = dmsci_alloc(ctx, SPKI_ROOM);
    enum dmsc_err err;
    int n;

    if (room == NULL)
        return DMSC_E_NOMEM;
    /* Written to the end of the room. */
    n = mbedtls_pk_write_pubkey_der(pk, room, SPKI_ROOM);
    err = n > 0 ? dmsc_buf_append(spki, dmsc_bytes(room + SPKI_ROOM - n, (size_t)n))
                : dmsci_mbed_fail(ctx, DMSC_E_UNSUPPORTED, n, "write a public key");
    dmsci_free(ctx, room);
    return err;
}

/* @p der holds MBEDTLS_PK_SIGNATURE_MAX_SIZE bytes. */
static int sign(mbedtls_pk_context *pk, struct dmsci_rng *rng, const uint8_t digest[32],
                uint8_t *der, size_t *ret_n)
{
#if DMSCI_MBED_3
    return mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, digest, 32, der, MBEDTLS_PK_SIGNATURE_MAX_SIZE,
                           ret_n, mbedtls_ctr_drbg_random, &rng->drbg);
#else
    return mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, digest, 32, der, ret_n, mbedtls_ctr_drbg_random,
                           &rng->drbg);
#endif
}

static enum dmsc_err sign_p256(struct dmsc_ctx *ctx, mbedtls_pk_context *pk, struct dmsci_rng *rng,
                               struct dmsc_bytes message, uint8_t ret_signature[2 * P256_SIZE])
{
    uint8_t digest[32], der[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    uint8_t signature[2 * P256_SIZE];
    size_t n = 0;
    enum dmsc_err err = dmsci_sha256(ctx, message, digest);
    int rc;

    if (err != DMSC_OK)
        return err;
    rc = sign(pk, rng, digest, der, &n);
    if (rc != 0)
        return dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "sign");
    err = signature_from_der(dmsc_bytes(der, n), signature);
    if (err != DMSC_OK)
        return dmsci_fail(ctx, DMSC_E_IO, "read a signature just made");
    dmsci_copy(ret_signature, signature, sizeof(signature));
    return DMSC_OK;
}

enum dmsc_err dmsci_ecdsa_sign(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                               struct dmsc_bytes message, uint8_t ret_signature[64],
                               struct dmsc_buf *ret_spki)
{
    struct dmsci_rng *rng = NULL;
    struct dmsc_buf spki;
    mbedtls_pk_context pk;
    uint8_t signature[2 * P256_SIZE];
    enum dmsc_err err;

    dmsc_buf_init(&spki, ctx, SPKI_ROOM);
    mbedtls_pk_init(&pk);
    err = dmsci_rng_new(ctx, &rng);
    if (err == DMSC_OK)
        err = dmsci_pk_parse(ctx, key, rng, &pk);
    if (err == DMSC_OK)
        err = write_spki(ctx, &pk, &spki);
    if (err == DMSC_OK && !is_p256(dmsc_buf_bytes(&spki)))
        err = not_p256(ctx);
    if (err == DMSC_OK)
        err = sign_p256(ctx, &pk, rng, message, signature);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_spki, dmsc_buf_bytes(&spki));
    if (err == DMSC_OK)
        dmsci_copy(ret_signature, signature, sizeof(signature));
    mbedtls_pk_free(&pk);
    dmsc_buf_clear(&spki);
    dmsci_rng_free(ctx, rng);
    return err;
}

enum dmsc_err dmsci_spki_of_key(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                                struct dmsc_buf *ret_spki)
{
    struct dmsci_rng *rng = NULL;
    struct dmsc_buf spki;
    mbedtls_pk_context pk;
    enum dmsc_err err;

    dmsc_buf_init(&spki, ctx, SPKI_ROOM);
    mbedtls_pk_init(&pk);
    err = dmsci_rng_new(ctx, &rng);
    if (err == DMSC_OK)
        err = dmsci_pk_parse(ctx, key, rng, &pk);
    if (err == DMSC_OK)
        err = write_spki(ctx, &pk, &spki);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_spki, dmsc_buf_bytes(&spki));
    mbedtls_pk_free(&pk);
    dmsc_buf_clear(&spki);
    dmsci_rng_free(ctx, rng);
    return err;
}
