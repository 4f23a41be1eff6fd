/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/server/identity.h"
#include "apdu/base/ctx.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static gnutls_datum_t datum(struct dmsc_bytes bytes)
{
    /* GnuTLS reads; its type cannot say so. */
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)bytes.p, (unsigned)bytes.n };
}

enum dmsc_err server_identity_check(struct dmsc_ctx *ctx, struct dmsc_bytes certificate,
                                    struct dmsc_bytes key, struct dmsc_bytes client_ca)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t cert_pem = datum(certificate), key_pem = datum(key), ca_pem = datum(client_ca);
    enum dmsc_err err = DMSC_OK;
    int rc = gnutls_certificate_allocate_credentials(&credentials);

    if (rc != 0)
        return dmsci_fail(ctx, DMSC_E_NOMEM, "set up TLS");
    rc = gnutls_certificate_set_x509_key_mem(credentials, &cert_pem, &key_pem, GNUTLS_X509_FMT_PEM);
    if (rc < 0) {
        err = dmsci_fail(ctx, DMSC_E_CONFIG, "use the server's certificate and key");
    } else {
        rc = gnutls_certificate_set_x509_trust_mem(credentials, &ca_pem, GNUTLS_X509_FMT_PEM);
        if (rc <= 0)
            err = dmsci_fail(ctx, DMSC_E_CONFIG, "use the CA of client certificates");
    }
    if (err != DMSC_OK)
        dmsci_why(ctx, NULL, "%s", rc < 0 ? gnutls_strerror(rc) : "there is no certificate in it");
    gnutls_certificate_free_credentials(credentials);
    return err;
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info != NULL ? info->tls_session : NULL;
}

/* RFC 8446 clause 6.2; TLS 1.2 has no "certificate required". */
static gnutls_alert_description_t alert_for(gnutls_session_t session, unsigned status, bool any)
{
    if (!any)
        return gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 ? GNUTLS_A_CERTIFICATE_REQUIRED
                                                                     : GNUTLS_A_HANDSHAKE_FAILURE;
    if ((status & GNUTLS_CERT_EXPIRED) != 0)
        return GNUTLS_A_CERTIFICATE_EXPIRED;
    if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0)
        return GNUTLS_A_UNKNOWN_CA;
    return GNUTLS_A_BAD_CERTIFICATE;
}

/* Called in the middle of the handshake, with and without a certificate. The library would end the
 * handshake without a word. */
static int on_certificate(gnutls_session_t session)
{
    bool any = gnutls_certificate_get_peers(session, NULL) != NULL;
    unsigned status = 0;

    if (any && gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0)
        return 0;
    (void)gnutls_alert_send(session, GNUTLS_AL_FATAL, alert_for(session, status, any));
    return GNUTLS_E_CERTIFICATE_ERROR;
}

static int on_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                       const gnutls_datum_t *message)
{
    struct server_proof *proof = gnutls_db_get_ptr(session);

    (void)type;
    (void)when;
    (void)message;
    if (incoming == 0 || proof->proved || gnutls_certificate_get_peers(session, NULL) == NULL)
        return 0;
    proof->proved = true;
    ++*proof->handshakes;
    return 0;
}

void server_identity_demand(struct MHD_Connection *connection, struct server_proof *proof)
{
    gnutls_session_t session = session_of(connection);

    if (session == NULL)
        return;
    /* The one pointer of a session that is ours: no session cache is in use. */
    gnutls_db_set_ptr(session, proof);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_session_set_verify_function(session, on_certificate);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       on_finished);
}

json_t *server_identity_of(struct MHD_Connection *connection)
{
    gnutls_session_t session = session_of(connection);
    const gnutls_datum_t *der =
        session != NULL ? gnutls_certificate_get_peers(session, NULL) : NULL;
    uint8_t digest[32];
    size_t digest_n = sizeof(digest);
    char hex[2 * sizeof(digest) + 1];
    gnutls_datum_t name = { NULL, 0 };
    gnutls_x509_crt_t crt;
    json_t *json = NULL;

    if (der == NULL || gnutls_x509_crt_init(&crt) != 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_dn3(crt, &name, 0) == 0 &&
        gnutls_fingerprint(GNUTLS_DIG_SHA256, der, digest, &digest_n) == 0) {
        dmsc_hex_encode(dmsc_bytes(digest, sizeof(digest)), hex);
        json = json_pack("{s:s%, s:s}", "subject", (const char *)name.data, (size_t)name.size,
                         "sha256", hex);
    }
    gnutls_free(name.data);
    gnutls_x509_crt_deinit(crt);
    return json;
}
