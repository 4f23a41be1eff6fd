/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates (RFC 5280) as plain values, and the bytes of their public keys. */
#include "host/credential/cert.h"
#include "host/credential/mbed.h"
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <stdio.h>

/* GeneralName dNSName, [2] IMPLICIT IA5String: RFC 5280 clause 4.2.1.6. */
#define TAG_DNS_NAME 0x82

enum dmsc_err dmsci_sha256(struct dmsc_ctx *ctx, struct dmsc_bytes in, uint8_t ret_digest[32])
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    /* A library call with NULL and 0 is not promised to work. */
    int rc = mbedtls_md(sha256, in.n > 0 ? in.p : (const uint8_t *)"", in.n, ret_digest);

    return rc == 0 ? DMSC_OK : dmsci_mbed_fail(ctx, DMSC_E_IO, rc, "compute SHA-256");
}

/* Days since 1970-01-01 of the Gregorian calendar: years begin in March, so that a leap day comes
 * last, and 400 years are 146097 days. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t seconds_of(const mbedtls_x509_time *t)
{
    return days_of(t->year, t->mon, t->day) * 86400 + t->hour * 3600 + t->min * 60 + t->sec;
}

/* Cut text to its field, never inside a UTF-8 character. */
static void put_text(char *ret_field, size_t size, struct dmsc_bytes text)
{
    size_t n = text.n < size ? text.n : size - 1;

    while (n > 0 && n < text.n && (text.p[n] & 0xC0) == 0x80)
        n--;
    dmsci_copy(ret_field, text.p, n);
    ret_field[n] = '\0';
}

static enum dmsc_err put_name(struct dmsc_ctx *ctx, const mbedtls_x509_name *name, size_t der_size,
                              char *ret_field, size_t size)
{
    /* Escaping makes text longer than its DER; eight times is more than any version needs. */
    size_t room = 8 * der_size + 256;
    char *text = dmsci_alloc(ctx, room);
    int n;

    if (text == NULL)
        return DMSC_E_NOMEM;
    n = mbedtls_x509_dn_gets(text, room, name);
    if (n >= 0) {
        struct dmsc_bytes all = dmsc_bytes(text, (size_t)n);

        if (dmsci_utf8_valid(all))
            put_text(ret_field, size, all);
        else
            n = MBEDTLS_ERR_X509_INVALID_NAME;
    }
    dmsci_free(ctx, text);
    return n >= 0 ? DMSC_OK
                  : dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, n, "read a name in a certificate");
}

static void put_serial(const mbedtls_x509_buf *serial, char *ret_field, size_t size)
{
    size_t n = serial->len < (size - 1) / 2 ? serial->len : (size - 1) / 2;

    dmsc_hex_encode(dmsc_bytes(serial->p, n), ret_field);
}

static void put_dns_names(const mbedtls_x509_crt *crt, struct dmsci_cert *cert)
{
    const mbedtls_x509_sequence *name = &crt->subject_alt_names;

    for (; name != NULL && cert->name_count < DMSCI_CERT_NAMES; name = name->next) {
        struct dmsc_bytes text = dmsc_bytes(name->buf.p, name->buf.len);

        /* A NUL inside would make two names of one: such a name is no name. */
        if (name->buf.p == NULL || name->buf.tag != TAG_DNS_NAME || !dmsci_utf8_valid(text) ||
            text.n >= sizeof(cert->names[0]))
            continue;
        put_text(cert->names[cert->name_count++], sizeof(cert->names[0]), text);
    }
}

static enum dmsc_err put_key(struct dmsc_ctx *ctx, const mbedtls_pk_context *pk, char *ret_field,
                             size_t size)
{
    const char *type;

    switch (mbedtls_pk_get_type(pk)) {
    case MBEDTLS_PK_RSA:
        type = "RSA";
        break;
    case MBEDTLS_PK_ECKEY:
    case MBEDTLS_PK_ECKEY_DH:
        type = "EC";
        break;
    default:
        return dmsci_fail(ctx, DMSC_E_UNSUPPORTED, "use the key of a certificate");
    }
    (void)snprintf(ret_field, size, "%s %zu", type, mbedtls_pk_get_bitlen(pk));
    return DMSC_OK;
}

static bool is_ca(const mbedtls_x509_crt *crt)
{
#if DMSCI_MBED_3
    return mbedtls_x509_crt_get_ca_istrue(crt) == 1;
#else
    return crt->ca_istrue != 0;
#endif
}

/* One whose hash is not in its identifier (RSASSA-PSS) is not counted among the good ones. */
static bool is_weak(const mbedtls_x509_crt *crt)
{
    mbedtls_md_type_t md = MBEDTLS_MD_NONE;
    mbedtls_pk_type_t pk = MBEDTLS_PK_NONE;
    int rc = mbedtls_oid_get_sig_alg(&crt->sig_oid, &md, &pk);

    return rc != 0 || (md != MBEDTLS_MD_SHA256 && md != MBEDTLS_MD_SHA384 &&
                       md != MBEDTLS_MD_SHA512 && md != MBEDTLS_MD_SHA224);
}

static enum dmsc_err describe(struct dmsc_ctx *ctx, const mbedtls_x509_crt *crt,
                              struct dmsci_cert *cert)
{
    enum dmsc_err err = put_key(ctx, &crt->pk, cert->key, sizeof(cert->key));

    if (err == DMSC_OK)
        err = put_name(ctx, &crt->subject, crt->subject_raw.len, cert->subject,
                       sizeof(cert->subject));
    if (err == DMSC_OK)
        err = put_name(ctx, &crt->issuer, crt->issuer_raw.len, cert->issuer, sizeof(cert->issuer));
    if (err == DMSC_OK)
        err = dmsci_sha256(ctx, dmsc_bytes(crt->raw.p, crt->raw.len), cert->sha256);
    if (err == DMSC_OK)
        err = dmsci_sha256(ctx, dmsc_bytes(crt->pk_raw.p, crt->pk_raw.len), cert->spki_sha256);
    if (err != DMSC_OK)
        return err;
    put_serial(&crt->serial, cert->serial, sizeof(cert->serial));
    put_dns_names(crt, cert);
    cert->not_before = seconds_of(&crt->valid_from);
    cert->not_after = seconds_of(&crt->valid_to);
    cert->ca = is_ca(crt);
    cert->weak_signature = is_weak(crt);
    cert->self_issued = dmsc_bytes_equal(dmsc_bytes(crt->subject_raw.p, crt->subject_raw.len),
                                         dmsc_bytes(crt->issuer_raw.p, crt->issuer_raw.len));
    return DMSC_OK;
}

enum dmsc_err dmsci_cert_parse(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                               struct dmsci_cert *ret_cert)
{
    struct dmsci_cert *cert = dmsci_alloc(ctx, sizeof(*cert));
    mbedtls_x509_crt crt;
    enum dmsc_err err;

    if (cert == NULL)
        return DMSC_E_NOMEM;
    mbedtls_x509_crt_init(&crt);
    err = dmsci_crt_parse(ctx, der, &crt);
    if (err == DMSC_OK)
        err = describe(ctx, &crt, cert);
    if (err == DMSC_OK)
        *ret_cert = *cert;
    mbedtls_x509_crt_free(&crt);
    dmsci_free(ctx, cert);
    return err;
}

/* Load into a fresh buffer, then swap: on failure the caller's content is still there. */
static enum dmsc_err replace(struct dmsc_buf *ret_buf, struct dmsc_buf *fresh, enum dmsc_err err)
{
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_buf, dmsc_buf_bytes(fresh));
    dmsc_buf_clear(fresh);
    return err;
}

/* The certificate in a file, PEM or DER. */
static enum dmsc_err load_cert(struct dmsc_ctx *ctx, struct dmsc_bytes file, struct dmsc_buf *der)
{
    enum dmsc_err err = dmsci_pem_decode(ctx, file, "CERTIFICATE", der);

    return err == DMSC_E_NOTFOUND ? dmsc_buf_append(der, file) : err;
}

enum dmsc_err dmsci_cert_load(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                              struct dmsc_buf *ret_der)
{
    struct dmsc_buf der;
    mbedtls_x509_crt crt;
    enum dmsc_err err;

    dmsc_buf_init(&der, ctx, dmsc_ctx_limits(ctx)->certificate_size);
    mbedtls_x509_crt_init(&crt);
    err = load_cert(ctx, file, &der);
    if (err == DMSC_OK)
        err = dmsci_crt_parse(ctx, dmsc_buf_bytes(&der), &crt);
    mbedtls_x509_crt_free(&crt);
    return replace(ret_der, &der, err);
}

/* The exact bytes if @p der is a SubjectPublicKeyInfo and nothing else. */
static enum dmsc_err check_spki(struct dmsc_ctx *ctx, struct dmsc_bytes der)
{
    mbedtls_pk_context pk;
    /* The parser moves the pointer and does not write. */
    unsigned char *p = (unsigned char *)(uintptr_t)der.p;
    int rc;

    if (der.n == 0)
        return dmsci_fail(ctx, DMSC_E_MALFORMED, "read a public key of 0 bytes");
    mbedtls_pk_init(&pk);
    rc = mbedtls_pk_parse_subpubkey(&p, der.p + der.n, &pk);
    mbedtls_pk_free(&pk);
    if (rc != 0)
        return dmsci_mbed_fail(ctx, DMSC_E_MALFORMED, rc, "read a public key");
    if (p != der.p + der.n)
        return dmsci_fail(ctx, DMSC_E_MALFORMED, "read a public key with bytes behind it");
    return DMSC_OK;
}

static enum dmsc_err spki_of_cert(struct dmsc_ctx *ctx, struct dmsc_bytes der,
                                  struct dmsc_buf *spki)
{
    mbedtls_x509_crt crt;
    enum dmsc_err err;

    mbedtls_x509_crt_init(&crt);
    err = dmsci_crt_parse(ctx, der, &crt);
    if (err == DMSC_OK)
        err = dmsc_buf_append(spki, dmsc_bytes(crt.pk_raw.p, crt.pk_raw.len));
    mbedtls_x509_crt_free(&crt);
    return err;
}

/* PEM says what it is; DER is tried as a public key first, then as a certificate. */
static enum dmsc_err load_spki(struct dmsc_ctx *ctx, struct dmsc_bytes file, struct dmsc_buf *der,
                               struct dmsc_buf *spki)
{
    enum dmsc_err err = dmsci_pem_decode(ctx, file, "PUBLIC KEY", spki);

    if (err == DMSC_OK)
        return check_spki(ctx, dmsc_buf_bytes(spki));
    if (err != DMSC_E_NOTFOUND)
        return err;
    if (check_spki(ctx, file) == DMSC_OK)
        return dmsc_buf_append(spki, file);
    err = load_cert(ctx, file, der);
    return err == DMSC_OK ? spki_of_cert(ctx, dmsc_buf_bytes(der), spki) : err;
}

enum dmsc_err dmsci_spki_load(struct dmsc_ctx *ctx, struct dmsc_bytes file,
                              struct dmsc_buf *ret_spki)
{
    size_t ceiling = dmsc_ctx_limits(ctx)->certificate_size;
    struct dmsc_buf der, spki;
    enum dmsc_err err;

    dmsc_buf_init(&der, ctx, ceiling);
    dmsc_buf_init(&spki, ctx, ceiling);
    err = load_spki(ctx, file, &der, &spki);
    dmsc_buf_clear(&der);
    return replace(ret_spki, &spki, err);
}
