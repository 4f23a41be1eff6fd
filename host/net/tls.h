/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client side of TLS 1.2 and 1.3. The server is always verified: chain to one of the anchors
 * that were handed in, validity, and name. Nothing switches that off; there is no system store.
 */
#ifndef DMSCI_TLS_H
#define DMSCI_TLS_H

#include <dmsc/peer.h>
#include <dmsc/secret.h>

struct dmsci_tls;
struct dmsci_conn;

/** Asked once per connection, before the first application byte. Any answer but DMSC_OK, with its
 * story told, ends the connection. */
typedef enum dmsc_err dmsci_tls_check(void *user, const struct dmsc_peer *peer);

struct dmsci_tls_config {
    /* DER. A CA, or the very certificate of the server; at least one. */
    const struct dmsc_bytes *anchors;
    size_t anchor_count;
    /* Our certificate and what is between it and its CA, DER, ours first; none is fine. */
    const struct dmsc_bytes *chain;
    size_t chain_count;
    const struct dmsc_secret *key; /* to chain[0] */
    bool demand_mutual;            /* refuse a server that does not ask for our certificate */
    dmsci_tls_check *check;
    void *check_user;
};

struct dmsci_tls_info {
    char version[16]; /* "TLS 1.2" */
    char suite[64];
    char peer[256]; /* subject of the server's certificate */
    bool resumed;
    bool mutual; /* we proved who we are, now or in the handshake that was resumed */
};

/**
 * Everything is copied; @p config may go afterwards.
 * @return DMSC_E_CONFIG without an anchor ("tls:no-anchor"), or when key and certificate do not
 *         belong together ("tls:key"); DMSC_E_ARG without a check
 */
DMSC_NODISCARD enum dmsc_err dmsci_tls_new(struct dmsc_ctx *ctx,
                                           const struct dmsci_tls_config *config,
                                           struct dmsci_tls **ret_tls);
void dmsci_tls_free(struct dmsci_tls *tls);

/**
 * Handshake on an open connection, which is borrowed until dmsci_tls_disconnect(). The second
 * connection to the same host resumes the session of the first if the server agrees.
 *
 * @param host the certificate must be for it; without one nothing starts: DMSC_E_ARG, "tls:no-name"
 * @return DMSC_E_TLS with the reason "tls:untrusted", "tls:name", "tls:expired",
 *         "tls:not-yet-valid", "tls:weak", "tls:usage", "tls:version:..." (what the server speaks),
 *         "tls:suite", "tls:client-cert-required", "tls:client-cert-refused", "tls:not-tls",
 *         "tls:closed", "tls:alert:N", "tls:handshake"; what the connection or the check answered
 */
DMSC_NODISCARD enum dmsc_err dmsci_tls_connect(struct dmsci_tls *tls, struct dmsci_conn *conn,
                                               const char *host);
/** Say goodbye if there is a connection. The dmsci_conn stays open. */
void dmsci_tls_disconnect(struct dmsci_tls *tls);

/** 0 with DMSC_OK: the peer ended the connection in an orderly way. */
DMSC_NODISCARD enum dmsc_err dmsci_tls_read(struct dmsci_tls *tls, uint8_t *p, size_t n,
                                            size_t *ret_n);
/** All of it. */
DMSC_NODISCARD enum dmsc_err dmsci_tls_write(struct dmsci_tls *tls, struct dmsc_bytes bytes);

/** Whether the library under us speaks TLS 1.3; 1.2 it always does. */
bool dmsci_tls_has_13(void);

/** About the connection in use, or the last one. */
const struct dmsci_tls_info *dmsci_tls_info(const struct dmsci_tls *tls);

#endif
