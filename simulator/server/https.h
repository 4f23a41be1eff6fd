/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPS in front of the service: libmicrohttpd over GnuTLS. */
#ifndef DMSCI_SERVER_HTTPS_H
#define DMSCI_SERVER_HTTPS_H

#include "simulator/server/service.h"

struct server_https;

/** What is spoken, in the words of GnuTLS. */
extern const char server_priorities[];

struct server_https_config {
    const char *listen;                        /* "127.0.0.1:8443", "[::1]:0" */
    const char *certificate, *key, *client_ca; /* PEM files */
    /* Called in the server's thread when the answer that ends a session has left. */
    void (*ended)(void *user);
    void *user;
};

/**
 * Serve from a thread of its own, which alone touches @p service until server_https_stop(). A
 * client without a certificate of @p client_ca does not get through the handshake.
 */
DMSC_NODISCARD enum dmsc_err server_https_start(struct dmsc_ctx *ctx,
                                                const struct server_https_config *config,
                                                struct server_service *service,
                                                struct server_https **ret_https);
void server_https_stop(struct server_https *https);
/** Where it listens: "127.0.0.1:40123". */
const char *server_https_address(const struct server_https *https);
uint16_t server_https_port(const struct server_https *https);

#endif
