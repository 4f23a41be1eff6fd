/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection with deadlines. Blocks for at most the time given. */
#ifndef DMSCI_CONN_H
#define DMSCI_CONN_H

#include <dmsc/bytes.h>

struct dmsci_conn;

/** Where a host is to be found instead of asking the resolver: a laboratory has no DNS. */
struct dmsci_net_override {
    const char *host;    /* as in the URL, any case */
    uint16_t port;       /* of the URL; 0: any */
    const char *address; /* "192.0.2.1", "192.0.2.1:8443", "[2001:db8::1]:8443" */
};

struct dmsci_conn_config {
    const struct dmsci_net_override *overrides;
    size_t override_count;
    int connect_timeout_ms;
    int io_timeout_ms; /* longest silence in one read or write */
};

/**
 * Resolve and connect, each address in turn, within the connect timeout. The resolver itself obeys
 * its own timeout (resolv.conf).
 *
 * @return DMSC_E_NET with the reason "net:resolve", "net:refused", "net:unreachable" or
 *         "net:override"; DMSC_E_TIMEOUT with "net:timeout"
 */
DMSC_NODISCARD enum dmsc_err dmsci_conn_open(struct dmsc_ctx *ctx, const char *host, uint16_t port,
                                             const struct dmsci_conn_config *config,
                                             struct dmsci_conn **ret_conn);
void dmsci_conn_close(struct dmsci_conn *conn);

/** From now on all reads and writes together take at most @p ms: a peer that drips bytes does not
 * hold us for ever. */
void dmsci_conn_deadline(struct dmsci_conn *conn, int ms);
/** Some bytes, at least one. 0 with DMSC_OK: the peer closed. "net:timeout", "net:reset". */
DMSC_NODISCARD enum dmsc_err dmsci_conn_read(struct dmsci_conn *conn, uint8_t *p, size_t n,
                                             size_t *ret_n);
DMSC_NODISCARD enum dmsc_err dmsci_conn_write(struct dmsci_conn *conn, struct dmsc_bytes bytes,
                                              size_t *ret_n);
/** All of it at once, without waiting and without a story; false when that did not work. */
bool dmsci_conn_try_write(struct dmsci_conn *conn, struct dmsc_bytes bytes);
/** What came already, without waiting and without a story; 0 when there is nothing. */
size_t dmsci_conn_try_read(struct dmsci_conn *conn, uint8_t *p, size_t n);
/** Something waits to be read, or the peer closed: between two requests both mean the end. */
bool dmsci_conn_is_stale(const struct dmsci_conn *conn);

#endif
