/* SPDX-License-Identifier: Apache-2.0 */
/* What a DM session needs of the network: POST a message over HTTPS, get the answer. */
#ifndef DMSCI_NET_H
#define DMSCI_NET_H

#include "host/net/conn.h"
#include "host/net/http.h"
#include "host/net/tls.h"

struct dmsci_net;

struct dmsci_net_config {
    struct dmsci_tls_config tls;
    /* Laboratory addresses and timeouts; a timeout of 0 is 10 s to connect, 30 s of silence. */
    struct dmsci_conn_config conn;
    int exchange_timeout_ms; /* one handshake, or one request and its answer; 0: 120 s */
    const char *user_agent;  /* NULL: "dmsc/" and the version */
    bool other_hosts;        /* posts may leave the host of the first URL; each host is verified and
                                checked as the first one */
};

#define DMSCI_NET_CONFIG_INIT                                                                      \
    {                                                                                              \
        0                                                                                          \
    }

struct dmsci_net_info {
    struct dmsci_tls_info tls;
    unsigned connections; /* handshakes that were completed and checked */
    unsigned requests;    /* answered */
};

struct dmsci_net_response {
    unsigned status;                        /* 2xx */
    char content_type[DMSCI_HTTP_TYPE_MAX]; /* media type, lower case, no parameters; "" */
};

/**
 * Connect, verify the server and let @p config check it. No HTTP yet.
 * @param config copied, but for conn.overrides and what the check points to
 */
DMSC_NODISCARD enum dmsc_err dmsci_net_open(struct dmsc_ctx *ctx, const char *url,
                                            const struct dmsci_net_config *config,
                                            struct dmsci_net **ret_net);
void dmsci_net_close(struct dmsci_net *net);

/**
 * POST @p body and wait for the answer. The connection is kept; when it is gone before the request
 * was sent, a new one is made. A request is never sent twice.
 *
 * @param url      NULL: as opened. Another host is refused ("net:other-host") unless the
 *                 configuration allows it
 * @param ret_body replaced on success; empty for 204
 * @return DMSC_OK for 2xx. DMSC_E_AGAIN for 408, 429, 500, 502, 503, 504; DMSC_E_HTTP for the rest,
 *         "http:redirect" or "http:404": the story's code is the HTTP status
 */
DMSC_NODISCARD enum dmsc_err dmsci_net_post(struct dmsci_net *net, const char *url,
                                            const char *content_type, const char *accept,
                                            struct dmsc_bytes body, struct dmsc_buf *ret_body,
                                            struct dmsci_net_response *ret_response);
/** What Retry-After of the last answer said, in seconds; -1 nothing. */
int64_t dmsci_net_retry_after_s(const struct dmsci_net *net);
const struct dmsci_net_info *dmsci_net_info(const struct dmsci_net *net);

#endif
