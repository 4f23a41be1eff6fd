/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/tls_verify.h"
#include "host/net/tls.h"
#include <mbedtls/x509.h>

static bool is_anchor(const struct dmsci_tls_verify *verify, const mbedtls_x509_crt *crt)
{
    struct dmsc_bytes raw = { crt->raw.p, crt->raw.len };

    for (const mbedtls_x509_crt *a = verify->anchors; a != NULL; a = a->next) {
        if (dmsc_bytes_equal(raw, dmsc_bytes(a->raw.p, a->raw.len)))
            return true;
    }
    return false;
}

static enum dmsc_err take_issuer(struct dmsci_tls_verify *verify, const mbedtls_x509_crt *crt)
{
    if (verify->ca_count == DMSCI_TLS_CHAIN_MAX)
        return dmsci_fail(verify->ctx, DMSC_E_LIMIT, "verify a chain of more than %d certificates",
                          DMSCI_TLS_CHAIN_MAX);
    return dmsci_sha256(verify->ctx, dmsc_bytes(crt->pk_raw.p, crt->pk_raw.len),
                        verify->ca_spki_sha256[verify->ca_count++]);
}

static enum dmsc_err take_leaf(struct dmsci_tls_verify *verify, const mbedtls_x509_crt *crt)
{
    enum dmsc_err err =
        dmsci_sha256(verify->ctx, dmsc_bytes(crt->raw.p, crt->raw.len), verify->cert_sha256);

    if (err == DMSC_OK)
        err = dmsci_sha256(verify->ctx, dmsc_bytes(crt->pk_raw.p, crt->pk_raw.len),
                           verify->spki_sha256);
    /* For people alone: a name that is too long is left out. */
    if (mbedtls_x509_dn_gets(verify->subject, sizeof(verify->subject), &crt->subject) < 0)
        verify->subject[0] = '\0';
    return err;
}

/*
 * Called for each certificate of the chain, from the anchor down to the server's own at depth 0.
 *
 * Flags of the upper ones are held back until the last call, because only there it is known
 * whether the server's certificate is itself an anchor: then nobody above it has a say. The name is
 * judged by us alone: 2.28 knows no addresses, and both versions fall back to the subject's CN.
 */
int dmsci_tls_verify_step(void *user, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct dmsci_tls_verify *verify = user;
    enum dmsc_err err;

    if (depth > 0) {
        verify->flags_above |= *flags;
        *flags = 0;
        err = take_issuer(verify, crt);
    } else {
        if (is_anchor(verify, crt)) {
            *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
            verify->ca_count = 0;
        } else {
            *flags |= verify->flags_above;
        }
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
        if (!dmsci_crt_covers(crt, verify->host))
            *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
        err = take_leaf(verify, crt);
        verify->flags = *flags;
        verify->seen = err == DMSC_OK;
    }
    if (err == DMSC_OK)
        return 0;
    verify->err = err;
    return MBEDTLS_ERR_X509_FATAL_ERROR;
}

enum dmsc_err dmsci_tls_verify_fail(struct dmsc_ctx *ctx, uint32_t flags, const char *host,
                                    const char *subject)
{
    /* What weighs most first. */
    static const struct {
        uint32_t flags;
        const char *reason;
        const char *why;
        const char *hint;
    } reasons[] = {
        { MBEDTLS_X509_BADCERT_REVOKED, "tls:revoked", "the certificate was revoked", NULL },
        { MBEDTLS_X509_BADCERT_NOT_TRUSTED, "tls:untrusted",
          "the certificate does not lead to a trust anchor of this authority",
          "is the server's CA among the certificates of the card? dmsc cert ls" },
        { MBEDTLS_X509_BADCERT_EXPIRED, "tls:expired", "a certificate of the chain has expired",
          "if the certificate is good, check this machine's clock" },
        { MBEDTLS_X509_BADCERT_FUTURE, "tls:not-yet-valid",
          "a certificate of the chain is not valid yet", "check this machine's clock" },
        { MBEDTLS_X509_BADCERT_CN_MISMATCH, "tls:name",
          "the certificate is for another host (subjectAltName)", NULL },
        { MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
          "tls:weak", "a certificate uses a hash or a key that is too weak",
          "SHA-256, RSA of 2048 bits or P-256 is the least" },
        { MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
              MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
          "tls:usage", "the certificate is not for a TLS server", NULL },
    };

    (void)dmsci_fail(ctx, DMSC_E_TLS, "verify the certificate of %s", host);
    dmsci_fail_code(ctx, (int)(flags & INT32_MAX));
    if (subject[0] != '\0')
        dmsci_where(ctx, "certificate %s", subject);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(reasons); i++) {
        if ((flags & reasons[i].flags) == 0)
            continue;
        dmsci_why(ctx, reasons[i].reason, "%s", reasons[i].why);
        if (reasons[i].hint != NULL)
            dmsci_hint(ctx, "%s", reasons[i].hint);
        return DMSC_E_TLS;
    }
    dmsci_why(ctx, "tls:untrusted", "the certificate is not acceptable");
    return DMSC_E_TLS;
}

bool dmsci_tls_has_13(void)
{
#if DMSCI_MBED_3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    return true;
#else
    return false;
#endif
}
