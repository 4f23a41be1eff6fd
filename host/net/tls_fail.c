/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/tls_fail.h"
#include "apdu/base/ctx.h"
#include <stdio.h>

/* RFC 8446 clause 6; those whose meaning depends on what came before. */
enum alert {
    HANDSHAKE_FAILURE = 40,
    PROTOCOL_VERSION = 70,
    INSUFFICIENT_SECURITY = 71,
};

enum dmsc_err dmsci_tls_fail(struct dmsc_ctx *ctx, const char *host, const char *reason,
                             const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_TLS, "talk TLS with %s", host);
    dmsci_why(ctx, reason, "%s", why);
    return DMSC_E_TLS;
}

static enum dmsc_err fail_named(struct dmsc_ctx *ctx, const char *host,
                                const struct dmsci_tls_watch *watch)
{
    /* The record of an alert may carry a version that the server does not speak. */
    bool known = watch->kind == DMSCI_TLS_SSL2 || watch->version < 0x0303;
    char reason[48];

    (void)snprintf(reason, sizeof(reason), "tls:version:%s",
                   known ? dmsci_tls_watch_name(watch) : "unknown");
    (void)dmsci_tls_fail(ctx, host, reason, "the server does not speak TLS 1.2 or newer");
    dmsci_hint(ctx, "older versions are broken and never used");
    return DMSC_E_TLS;
}

/* Alerts that can only be about the certificate of a client. */
static bool is_about_client(unsigned alert)
{
    static const uint8_t codes[] = { 42, 43, 44, 45,
                                     46, 48, 49, DMSCI_TLS_ALERT_CERTIFICATE_REQUIRED };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(codes); i++) {
        if (codes[i] == alert)
            return true;
    }
    return false;
}

enum dmsc_err dmsci_tls_fail_alert(struct dmsc_ctx *ctx, const char *host,
                                   const struct dmsci_tls_watch *watch, bool identified,
                                   unsigned alert)
{
    bool failure = alert == HANDSHAKE_FAILURE || alert == INSUFFICIENT_SECURITY;
    char reason[48];

    /* Before the ServerHello the record's version is the one the server would have spoken: no
     * suite of ours exists in an older one. */
    if (alert == PROTOCOL_VERSION || (failure && !watch->hello && watch->version < 0x0303))
        return fail_named(ctx, host, watch);
    if (failure && !watch->hello)
        return dmsci_tls_fail(ctx, host, "tls:suite",
                              "the server has no cipher suite that is good enough");
    /* After its CertificateRequest a server that merely "failed" means our answer to it; when that
     * was empty, whatever it calls it (GnuTLS: decode_error). */
    if (is_about_client(alert) ||
        (watch->certificate_request && !watch->encrypted && (failure || !identified))) {
        if (alert == DMSCI_TLS_ALERT_CERTIFICATE_REQUIRED || !identified)
            return dmsci_tls_fail(ctx, host, "tls:client-cert-required",
                                  "the server wants a client certificate, and there is none");
        return dmsci_tls_fail(ctx, host, "tls:client-cert-refused",
                              "the server does not accept our certificate");
    }
    (void)snprintf(reason, sizeof(reason), "tls:alert:%u", alert);
    return dmsci_tls_fail(ctx, host, reason, "the server ended the connection with an alert");
}

enum dmsc_err dmsci_tls_fail_version(struct dmsc_ctx *ctx, const char *host,
                                     const struct dmsci_tls_watch *watch)
{
    switch (watch->kind) {
    case DMSCI_TLS_SSL2:
        return fail_named(ctx, host, watch);
    case DMSCI_TLS_HTTP:
        return dmsci_tls_fail(ctx, host, "tls:not-tls",
                              "the server speaks plain HTTP on this port");
    case DMSCI_TLS_OTHER:
        return dmsci_tls_fail(ctx, host, "tls:not-tls",
                              "the server does not speak TLS on this port");
    case DMSCI_TLS_RECORDS:
        return watch->hello && watch->version < 0x0303 ? fail_named(ctx, host, watch) : DMSC_OK;
    default:
        return DMSC_OK;
    }
}
