/* SPDX-License-Identifier: Apache-2.0 */
/* Who the two ends are: X.509 by GnuTLS. */
#ifndef DMSCI_SERVER_IDENTITY_H
#define DMSCI_SERVER_IDENTITY_H

#include <dmsc/bytes.h>
#include <jansson.h>
#include <microhttpd.h>

/** Are these three PEM files what they should be? DMSC_E_CONFIG names the one that is not. */
DMSC_NODISCARD enum dmsc_err server_identity_check(struct dmsc_ctx *ctx,
                                                   struct dmsc_bytes certificate,
                                                   struct dmsc_bytes key,
                                                   struct dmsc_bytes client_ca);
struct server_proof {
    bool proved;          /* the handshake came to an end */
    unsigned *handshakes; /* counts those */
};

/**
 * Before the handshake: it fails, with an alert that says why, for a client without a certificate
 * that leads to the CA.
 * @param proof filled in by the handshake; must outlive the connection
 */
void server_identity_demand(struct MHD_Connection *connection, struct server_proof *proof);
/** { "subject", "sha256" } of the client's certificate: a new reference, or NULL. */
json_t *server_identity_of(struct MHD_Connection *connection);

#endif
