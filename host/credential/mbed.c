/* SPDX-License-Identifier: Apache-2.0 */
#include "host/credential/mbed.h"
#include "host/credential/cert.h"
#include <mbedtls/cipher.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <stdio.h>
#include <string.h>

/* A key or certificate file; the largest RSA key with its text headers is far below. */
#define FILE_SIZE 65536u

enum dmsc_err dmsci_rng_new(struct dmsc_ctx *ctx, struct dmsci_rng **ret_rng)
{
    static const unsigned char purpose[] = "dmsc";
    struct dmsci_rng *rng = dmsci_alloc(ctx, sizeof(*rng));
    int rc;

    if (rng == NULL)
        return DMSC_E_NOMEM;
    mbedtls_entropy_init(&rng->entropy);
    mbedtls_ctr_drbg_init(&rng->drbg);
    rc = mbedtls_ctr_drbg_seed(&rng->drbg, mbedtls_entropy_func, &rng->entropy, purpose,
                               sizeof(purpose) - 1);
    if (rc != 0) {
        dmsci_rng_free(ctx, rng);
        return dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "seed the random generator");
    }
    *ret_rng = rng;
    return DMSC_OK;
}

void dmsci_rng_free(struct dmsc_ctx *ctx, struct dmsci_rng *rng)
{
    if (rng == NULL)
        return;
    mbedtls_ctr_drbg_free(&rng->drbg);
    mbedtls_entropy_free(&rng->entropy);
    dmsc_wipe(rng, sizeof(*rng));
    dmsci_free(ctx, rng);
}

enum dmsc_err dmsci_random(struct dmsc_ctx *ctx, uint8_t *ret_p, size_t n)
{
    struct dmsci_rng *rng = NULL;
    enum dmsc_err err = dmsci_rng_new(ctx, &rng);

    while (err == DMSC_OK && n > 0) {
        size_t block = n < MBEDTLS_CTR_DRBG_MAX_REQUEST ? n : MBEDTLS_CTR_DRBG_MAX_REQUEST;
        int rc = mbedtls_ctr_drbg_random(&rng->drbg, ret_p, block);

        if (rc != 0)
            err = dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "draw random bytes");
        ret_p += block;
        n -= block;
    }
    dmsci_rng_free(ctx, rng);
    return err;
}

/* An error is the sum of a module's code and perhaps a lower one's: mbedtls/error.h. */
static bool is(int rc, int module_code)
{
    return (-rc & 0x7F80) == -module_code;
}

enum dmsc_err dmsci_mbed_fail(struct dmsc_ctx *ctx, enum dmsc_err err, int rc, const char *what)
{
    static const struct {
        int rc;
        enum dmsc_err err;
    } better[] = {
        { MBEDTLS_ERR_X509_ALLOC_FAILED, DMSC_E_NOMEM },
        { MBEDTLS_ERR_PK_ALLOC_FAILED, DMSC_E_NOMEM },
        { MBEDTLS_ERR_CIPHER_ALLOC_FAILED, DMSC_E_NOMEM },
        { MBEDTLS_ERR_MD_ALLOC_FAILED, DMSC_E_NOMEM },
        { MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_X509_UNKNOWN_VERSION, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_PK_UNKNOWN_PK_ALG, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE, DMSC_E_UNSUPPORTED },
        { MBEDTLS_ERR_PK_PASSWORD_REQUIRED, DMSC_E_UNSUPPORTED },
    };
    char words[128] = "";

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(better); i++) {
        if (is(rc, better[i].rc))
            err = better[i].err;
    }
    mbedtls_strerror(rc, words, sizeof(words));
    (void)dmsci_fail(ctx, err, "%s", what);
    dmsci_fail_code(ctx, rc);
    dmsci_why(ctx, NULL, "%s", words);
    return err;
}

enum dmsc_err dmsci_pk_parse(struct dmsc_ctx *ctx, const struct dmsc_secret *key,
                             struct dmsci_rng *rng, mbedtls_pk_context *pk)
{
    struct dmsc_buf copy;
    enum dmsc_err err;
    size_t n;
    int rc;

    /* A copy, because PEM wants a NUL behind it that is counted; the buffer wipes itself. */
    dmsc_buf_init(&copy, ctx, FILE_SIZE);
    err = dmsc_buf_append(&copy, dmsc_secret_bytes(key));
    if (err != DMSC_OK)
        return err;
    n = strstr(dmsc_buf_str(&copy), "-----BEGIN ") != NULL ? copy.n + 1 : copy.n;
#if DMSCI_MBED_3
    rc = mbedtls_pk_parse_key(pk, copy.p, n, NULL, 0, mbedtls_ctr_drbg_random, &rng->drbg);
#else
    (void)rng;
    rc = mbedtls_pk_parse_key(pk, copy.p, n, NULL, 0);
#endif
    if (rc != 0) {
        err = dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a private key");
        if (is(rc, MBEDTLS_ERR_PK_PASSWORD_REQUIRED))
            dmsci_hint(ctx, "store the key without a password, in a file of mode 0600");
    }
    dmsc_buf_clear(&copy);
    return err;
}

enum dmsc_err dmsci_crt_parse(struct dmsc_ctx *ctx, struct dmsc_bytes der, mbedtls_x509_crt *crt)
{
    int rc;

    if (der.n == 0 || der.n > dmsc_ctx_limits(ctx)->certificate_size)
        return dmsci_fail(ctx, der.n == 0 ? DMSC_E_MALFORMED : DMSC_E_LIMIT,
                          "read a certificate of %zu bytes", der.n);
    rc = mbedtls_x509_crt_parse_der(crt, der.p, der.n);
    if (rc != 0)
        return dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a certificate");
    if (crt->raw.len != der.n) {
        (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a certificate");
        dmsci_why(ctx, "cert:trailing", "%zu bytes follow it", der.n - crt->raw.len);
        return DMSC_E_MALFORMED;
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_pem_decode(struct dmsc_ctx *ctx, struct dmsc_bytes file, const char *label,
                               struct dmsc_buf *ret_der)
{
    struct dmsc_buf text;
    mbedtls_pem_context pem;
    char begin[64], end[64];
    size_t used = 0;
    enum dmsc_err err;
    int rc;

    (void)snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
    (void)snprintf(end, sizeof(end), "-----END %s-----", label);
    dmsc_buf_init(&text, ctx, FILE_SIZE);
    err = dmsc_buf_append(&text, file);
    if (err != DMSC_OK)
        return err;
    mbedtls_pem_init(&pem);
    rc = mbedtls_pem_read_buffer(&pem, begin, end, text.p, NULL, 0, &used);
    if (rc == MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT)
        err = dmsci_fail(ctx, DMSC_E_NOTFOUND, "find a PEM block \"%s\"", label);
    else if (rc != 0)
        err = dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a PEM block");
    else
        err = dmsc_buf_append(ret_der,
                              dmsc_bytes(pem.DMSCI_MBED_FIELD(buf), pem.DMSCI_MBED_FIELD(buflen)));
    mbedtls_pem_free(&pem);
    dmsc_buf_clear(&text);
    return err;
}
