/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over mbedTLS 2.28 and 3.6: the only file that includes mbedtls/ssl.h. */
#include "host/net/tls.h"
#include "host/net/conn.h"
#include "host/net/tls_fail.h"
#include "host/net/tls_identity.h"
#include "host/net/tls_verify.h"
#include "host/net/tls_watch.h"
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include <string.h>
#if DMSCI_MBED_3
#include <psa/crypto.h>
#endif

/* Tickets and the like that may come in a row without a byte for us. */
#define IDLE_ROUNDS_MAX 16
/* A TLS 1.3 client flight without a certificate is a Finished message: 74 bytes at most. */
#define BARE_FLIGHT_MAX 128u

/* IANA numbers, so that one list serves both releases. Forward secrecy and AEAD first; no RC4,
 * 3DES, NULL, anonymous or static RSA suite is here. */
static const int suites[] = {
    0x1301, 0x1303, 0x1302, /* TLS 1.3 */
    0xC02B, 0xCCA9, 0xC02C, /* ECDHE_ECDSA AES_128_GCM, CHACHA20, AES_256_GCM */
    0xC02F, 0xCCA8, 0xC030, /* ECDHE_RSA */
    0x009E, 0xCCAA, 0x009F, /* DHE_RSA */
    0xC023, 0xC027, 0x0067, /* AES_128_CBC_SHA256: DM 2.0 servers must have it */
    0,
};

struct dmsci_tls {
    struct dmsc_ctx *ctx;
    struct dmsci_tls_identity id;
    struct dmsci_rng *rng;
    mbedtls_ssl_config conf;
    bool demand_mutual;
    dmsci_tls_check *check;
    void *check_user;

    mbedtls_ssl_context ssl;
    bool open, closing;
    struct dmsci_conn *conn;
    char *host;           /* of this connection; what is proved and the session belong to it */
    enum dmsc_err io_err; /* the connection's own failure, its story told */
    size_t sent;          /* since the last byte that came */
    struct dmsci_tls_watch watch;
    struct dmsci_tls_verify verify;

    /* What a full handshake proved; a resumed one proves the same again. */
    struct dmsci_tls_verify proved;
    bool proved_mutual;
    mbedtls_ssl_session session;
    bool has_session;

    struct dmsci_tls_info info;
};

static int bio_send(void *user, const unsigned char *p, size_t n)
{
    struct dmsci_tls *tls = user;
    size_t sent = 0;

    /* A goodbye is tried once: a peer that does not take it is gone anyway, and the story of why we
     * leave stays as it is. */
    if (tls->closing)
        return dmsci_conn_try_write(tls->conn, dmsc_bytes(p, n)) ? (int)n
                                                                 : MBEDTLS_ERR_NET_SEND_FAILED;
    tls->io_err = dmsci_conn_write(tls->conn, dmsc_bytes(p, n < INT32_MAX ? n : INT32_MAX), &sent);
    if (tls->io_err != DMSC_OK)
        return MBEDTLS_ERR_NET_SEND_FAILED;
    tls->sent += sent;
    return (int)sent;
}

static int bio_recv(void *user, unsigned char *p, size_t n)
{
    struct dmsci_tls *tls = user;
    size_t got = 0;

    tls->io_err = dmsci_conn_read(tls->conn, p, n < INT32_MAX ? n : INT32_MAX, &got);
    if (tls->io_err != DMSC_OK)
        return MBEDTLS_ERR_NET_RECV_FAILED;
    dmsci_tls_watch_feed(&tls->watch, dmsc_bytes(p, got));
    tls->sent = 0;
    return (int)got;
}

#if DMSCI_MBED_3
static int start_library(void)
{
    return psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_HW_ACCEL_FAILED;
}

/* ECDSA, RSA PKCS#1 v1.5, RSA-PSS, each with SHA-256, 384, 512. PSS comes last: 3.6 offers it for
 * TLS 1.3 but cannot take it in a TLS 1.2 handshake, which servers of GnuTLS would else begin. */
static const uint16_t signatures[] = { 0x0403, 0x0503, 0x0603, 0x0401, 0x0501,
                                       0x0601, 0x0804, 0x0805, 0x0806, 0 };

static void set_versions(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_sig_algs(conf, signatures);
#ifdef MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}
#else
static int start_library(void)
{
    return 0;
}

static const int signatures[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
                                  MBEDTLS_MD_NONE };

static void set_versions(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_sig_hashes(conf, signatures);
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
#endif

static bool is_session_ticket(int rc)
{
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    return rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
    (void)rc;
    return false;
#endif
}

static enum dmsc_err configure(struct dmsci_tls *tls)
{
    mbedtls_ssl_config *conf = &tls->conf;
    int rc = start_library();

    if (rc == 0)
        rc = mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);
    if (rc == 0 && tls->id.has_chain)
        rc = mbedtls_ssl_conf_own_cert(conf, &tls->id.chain, &tls->id.key);
    if (rc != 0)
        return dmsci_mbed_fail(tls->ctx, DMSC_E_TLS, rc, "set up TLS");
    set_versions(conf);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(conf, dmsci_tls_verify_step, &tls->verify);
    mbedtls_ssl_conf_ca_chain(conf, &tls->id.anchors, NULL);
    mbedtls_ssl_conf_ciphersuites(conf, suites);
    mbedtls_ssl_conf_dhm_min_bitlen(conf, 2048);
    mbedtls_ssl_conf_rng(conf, mbedtls_ctr_drbg_random, &tls->rng->drbg);
    mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    return DMSC_OK;
}

enum dmsc_err dmsci_tls_new(struct dmsc_ctx *ctx, const struct dmsci_tls_config *config,
                            struct dmsci_tls **ret_tls)
{
    struct dmsci_tls *tls;
    enum dmsc_err err;

    if (config->check == NULL)
        return dmsci_fail(ctx, DMSC_E_ARG, "set up TLS without a check of the peer");
    tls = dmsci_alloc(ctx, sizeof(*tls));
    if (tls == NULL)
        return DMSC_E_NOMEM;
    tls->ctx = ctx;
    tls->check = config->check;
    tls->check_user = config->check_user;
    tls->demand_mutual = config->demand_mutual;
    dmsci_tls_identity_init(&tls->id);
    mbedtls_ssl_config_init(&tls->conf);
    mbedtls_ssl_session_init(&tls->session);
    err = dmsci_rng_new(ctx, &tls->rng);
    if (err == DMSC_OK)
        err = dmsci_tls_identity_load(ctx, config, tls->rng, &tls->id);
    if (err == DMSC_OK)
        err = configure(tls);
    if (err != DMSC_OK) {
        dmsci_tls_free(tls);
        return err;
    }
    *ret_tls = tls;
    return DMSC_OK;
}

static void forget_session(struct dmsci_tls *tls)
{
    mbedtls_ssl_session_free(&tls->session);
    mbedtls_ssl_session_init(&tls->session);
    tls->has_session = false;
}

void dmsci_tls_free(struct dmsci_tls *tls)
{
    if (tls == NULL)
        return;
    dmsci_tls_disconnect(tls);
    mbedtls_ssl_session_free(&tls->session);
    mbedtls_ssl_config_free(&tls->conf);
    dmsci_tls_identity_clear(&tls->id);
    dmsci_rng_free(tls->ctx, tls->rng);
    dmsci_free(tls->ctx, tls->host);
    dmsci_free(tls->ctx, tls);
}

static enum dmsc_err fail_tls(struct dmsci_tls *tls, const char *reason, const char *why)
{
    return dmsci_tls_fail(tls->ctx, tls->host, reason, why);
}

/* The story of an error number of the library. */
static enum dmsc_err fail_library(struct dmsci_tls *tls, int rc, const char *reason)
{
    enum dmsc_err err = rc == MBEDTLS_ERR_SSL_ALLOC_FAILED ? DMSC_E_NOMEM : DMSC_E_TLS;

    if (tls->io_err != DMSC_OK)
        return tls->io_err;
    if (rc == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return dmsci_tls_fail_alert(tls->ctx, tls->host, &tls->watch, tls->id.has_chain,
                                    tls->ssl.DMSCI_MBED_FIELD(in_msg)[1]);
    if (rc == MBEDTLS_ERR_SSL_CONN_EOF || rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return fail_tls(tls, "tls:closed", "the server closed the connection in the middle");
    err = dmsci_mbed_fail(tls->ctx, err, rc, "talk TLS");
    dmsci_where(tls->ctx, "server %s", tls->host);
    dmsci_why(tls->ctx, reason, "%s", "the handshake failed");
    return err;
}

/* A server that refuses us in the middle of our flight sends an alert and closes: the send fails,
 * and why lies in the receive queue. A server may also just close when it misses our certificate.
 */
static enum dmsc_err fail_io(struct dmsci_tls *tls)
{
    uint8_t rest[64];
    size_t n;

    while (tls->io_err == DMSC_E_NET && !tls->watch.alert &&
           (n = dmsci_conn_try_read(tls->conn, rest, sizeof(rest))) > 0)
        dmsci_tls_watch_feed(&tls->watch, dmsc_bytes(rest, n));
    if (tls->watch.alert)
        return dmsci_tls_fail_alert(tls->ctx, tls->host, &tls->watch, tls->id.has_chain,
                                    tls->watch.alert_code);
    if (tls->watch.certificate_request && !tls->id.has_chain && tls->io_err != DMSC_E_TIMEOUT)
        return dmsci_tls_fail_alert(tls->ctx, tls->host, &tls->watch, false,
                                    DMSCI_TLS_ALERT_CERTIFICATE_REQUIRED);
    return tls->io_err != DMSC_OK
               ? tls->io_err
               : fail_tls(tls, "tls:closed", "the server closed during the handshake");
}

static enum dmsc_err fail_handshake(struct dmsci_tls *tls, int rc)
{
    enum dmsc_err err;
    uint32_t flags;

    if (tls->io_err != DMSC_OK)
        return fail_io(tls);
    if (tls->verify.err != DMSC_OK)
        return tls->verify.err;
    err = dmsci_tls_fail_version(tls->ctx, tls->host, &tls->watch);
    if (err != DMSC_OK)
        return err;
    /* The library adds the flags of key usage after the walk; all ones: it never got so far. */
    flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (flags == UINT32_MAX)
        flags = tls->verify.flags;
    if (flags != 0)
        return dmsci_tls_verify_fail(tls->ctx, flags, tls->host, tls->verify.subject);
    if (rc == MBEDTLS_ERR_SSL_CONN_EOF)
        return fail_io(tls);
    return fail_library(tls, rc, "tls:handshake");
}

static enum dmsc_err handshake(struct dmsci_tls *tls)
{
    int rc;

    mbedtls_ssl_set_bio(&tls->ssl, tls, bio_send, bio_recv, NULL);
    do {
        rc = mbedtls_ssl_handshake(&tls->ssl);
    } while (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE);
    return rc == 0 ? DMSC_OK : fail_handshake(tls, rc);
}

static enum dmsc_err setup(struct dmsci_tls *tls)
{
    int rc = mbedtls_ssl_setup(&tls->ssl, &tls->conf);

    /* RFC 6066 clause 3: an address is no server name. The name itself is checked by
     * dmsci_tls_verify_step() in both cases. */
    if (rc == 0)
        rc = mbedtls_ssl_set_hostname(&tls->ssl,
                                      dmsci_host_is_address(tls->host) ? NULL : tls->host);
    if (rc != 0)
        return dmsci_mbed_fail(tls->ctx,
                               rc == MBEDTLS_ERR_SSL_ALLOC_FAILED ? DMSC_E_NOMEM : DMSC_E_TLS, rc,
                               "set up TLS");
    /* A session that cannot be used costs a full handshake, nothing else. */
    if (tls->has_session && mbedtls_ssl_set_session(&tls->ssl, &tls->session) != 0)
        forget_session(tls);
    return DMSC_OK;
}

/* Did the server ask for our certificate? TLS 1.3 hides the question, not the answer's size. */
static bool was_presented(const struct dmsci_tls *tls)
{
    if (!tls->id.has_chain)
        return false;
    if (tls->watch.version >= 0x0304)
        return tls->sent > BARE_FLIGHT_MAX;
    return tls->watch.certificate_request;
}

/* A handshake without a certificate of the server was a resumed one. */
static enum dmsc_err take_proof(struct dmsci_tls *tls)
{
    tls->info = (struct dmsci_tls_info){ .resumed = !tls->verify.seen };
    if (tls->verify.seen && tls->verify.flags == 0) {
        tls->proved = tls->verify;
        tls->proved_mutual = was_presented(tls);
    } else if (tls->verify.seen || !tls->has_session) {
        return fail_tls(tls, "tls:untrusted", "the server was not verified");
    }
    tls->info.mutual = tls->proved_mutual;
    (void)snprintf(tls->info.version, sizeof(tls->info.version), "%s",
                   dmsci_tls_watch_name(&tls->watch));
    (void)snprintf(tls->info.suite, sizeof(tls->info.suite), "%s",
                   mbedtls_ssl_get_ciphersuite(&tls->ssl));
    (void)snprintf(tls->info.peer, sizeof(tls->info.peer), "%s", tls->proved.subject);
    return DMSC_OK;
}

static enum dmsc_err check_peer(struct dmsci_tls *tls)
{
    struct dmsc_peer peer = {
        .host = tls->host,
        .ca_spki_sha256 = (const uint8_t(*)[32])tls->proved.ca_spki_sha256,
        .ca_count = tls->proved.ca_count,
    };

    dmsci_copy(peer.cert_sha256, tls->proved.cert_sha256, sizeof(peer.cert_sha256));
    dmsci_copy(peer.spki_sha256, tls->proved.spki_sha256, sizeof(peer.spki_sha256));
    if (tls->demand_mutual && !tls->info.mutual)
        return fail_tls(tls, "tls:client-cert-required",
                        "the server did not ask who we are: no mutual authentication");
    return tls->check(tls->check_user, &peer);
}

/* Failing to keep it costs a full handshake next time, nothing else. */
static void keep_session(struct dmsci_tls *tls)
{
    forget_session(tls);
    tls->has_session = mbedtls_ssl_get_session(&tls->ssl, &tls->session) == 0;
}

/* A session belongs to one host: with another one it is forgotten. */
static enum dmsc_err take_host(struct dmsci_tls *tls, const char *host)
{
    char *copy;

    if (tls->host != NULL && strcmp(tls->host, host) == 0)
        return DMSC_OK;
    copy = dmsci_strdup(tls->ctx, host);
    if (copy == NULL)
        return DMSC_E_NOMEM;
    forget_session(tls);
    dmsci_free(tls->ctx, tls->host);
    tls->host = copy;
    return DMSC_OK;
}

static enum dmsc_err establish(struct dmsci_tls *tls)
{
    enum dmsc_err err = setup(tls);

    if (err == DMSC_OK)
        err = handshake(tls);
    if (err == DMSC_OK)
        err = take_proof(tls);
    if (err == DMSC_OK)
        err = check_peer(tls);
    /* In TLS 1.3 the ticket comes later: dmsci_tls_read(). */
    if (err == DMSC_OK && tls->watch.version < 0x0304)
        keep_session(tls);
    return err;
}

enum dmsc_err dmsci_tls_connect(struct dmsci_tls *tls, struct dmsci_conn *conn, const char *host)
{
    enum dmsc_err err;

    if (host == NULL || host[0] == '\0') {
        (void)dmsci_fail(tls->ctx, DMSC_E_ARG, "talk TLS with a host that has no name");
        dmsci_why(tls->ctx, "tls:no-name", "a server without a name cannot be verified");
        return DMSC_E_ARG;
    }
    if (tls->open)
        return dmsci_fail(tls->ctx, DMSC_E_STATE, "talk TLS with a second host");
    err = take_host(tls, host);
    if (err != DMSC_OK)
        return err;
    tls->conn = conn;
    tls->io_err = DMSC_OK;
    tls->closing = false;
    tls->sent = 0;
    tls->verify = (struct dmsci_tls_verify){ .ctx = tls->ctx, .host = tls->host };
    tls->verify.anchors = &tls->id.anchors;
    dmsci_tls_watch_init(&tls->watch);
    mbedtls_ssl_init(&tls->ssl);
    tls->open = true;
    err = establish(tls);
    if (err != DMSC_OK)
        dmsci_tls_disconnect(tls);
    return err;
}

void dmsci_tls_disconnect(struct dmsci_tls *tls)
{
    if (!tls->open)
        return;
    tls->closing = true;
    if (tls->io_err == DMSC_OK)
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    mbedtls_ssl_free(&tls->ssl);
    tls->open = false;
    tls->conn = NULL;
}

enum dmsc_err dmsci_tls_read(struct dmsci_tls *tls, uint8_t *p, size_t n, size_t *ret_n)
{
    int rc = MBEDTLS_ERR_SSL_WANT_READ;

    if (!tls->open)
        return dmsci_fail(tls->ctx, DMSC_E_STATE, "read from a closed connection");
    for (int i = 0; i < IDLE_ROUNDS_MAX && rc < 0; i++) {
        rc = mbedtls_ssl_read(&tls->ssl, p, n);
        if (is_session_ticket(rc))
            keep_session(tls);
        else if (rc != MBEDTLS_ERR_SSL_WANT_READ && rc != MBEDTLS_ERR_SSL_WANT_WRITE)
            break;
    }
    if (rc > 0 || rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        *ret_n = rc > 0 ? (size_t)rc : 0;
        return DMSC_OK;
    }
    /* The library answers 0 when the connection ended without a goodbye: anybody on the way can do
     * that, so it is no end of a body. */
    if (rc == 0)
        rc = MBEDTLS_ERR_SSL_CONN_EOF;
    return fail_library(tls, rc, "tls:record");
}

/* In TLS 1.3 a server refuses our certificate after the handshake: it sends an alert and closes,
 * and what we notice first is that we cannot send. Why lies in the receive queue. */
static enum dmsc_err fail_write(struct dmsci_tls *tls, int rc)
{
    uint8_t unused[16];

    if (tls->io_err == DMSC_E_NET) {
        int why = mbedtls_ssl_read(&tls->ssl, unused, sizeof(unused));

        if (why == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
            tls->io_err = DMSC_OK;
            return fail_library(tls, why, "tls:record");
        }
    }
    return fail_library(tls, rc, "tls:record");
}

enum dmsc_err dmsci_tls_write(struct dmsci_tls *tls, struct dmsc_bytes bytes)
{
    if (!tls->open)
        return dmsci_fail(tls->ctx, DMSC_E_STATE, "write to a closed connection");
    while (bytes.n > 0) {
        int rc = mbedtls_ssl_write(&tls->ssl, bytes.p, bytes.n);

        if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
            continue;
        if (rc <= 0)
            return fail_write(tls, rc);
        bytes.p += rc;
        bytes.n -= (size_t)rc;
    }
    return DMSC_OK;
}

const struct dmsci_tls_info *dmsci_tls_info(const struct dmsci_tls *tls)
{
    return &tls->info;
}
