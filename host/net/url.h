/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute https URLs (RFC 3986, RFC 9110 clause 4.2.2) and nothing else. Pure. */
#ifndef DMSCI_URL_H
#define DMSCI_URL_H

#include <dmsc/bytes.h>

struct dmsci_url {
    struct dmsc_ctx *ctx;
    char *host;      /* lower case, no brackets, no dot at its end: what certificates are checked
                        against */
    char *authority; /* value of the Host header: brackets, and the port unless it is 443 */
    char *target;    /* path and query, at least "/" */
    char *text;      /* the whole URL, normalised */
    uint16_t port;
    bool literal; /* host is an IPv4 or IPv6 address */
};

#define DMSCI_URL_INIT                                                                             \
    {                                                                                              \
        0                                                                                          \
    }

/**
 * Parse and normalise: case of scheme and host, default port, empty path, dot segments, case of
 * percent triplets (RFC 3986 clause 6.2.2).
 *
 * @return DMSC_E_MALFORMED with the reason "url:relative", "url:not-https", "url:userinfo",
 *         "url:fragment", "url:host", "url:port" or "url:character"; DMSC_E_LIMIT above
 *         limits.uri_length
 */
DMSC_NODISCARD enum dmsc_err dmsci_url_parse(struct dmsc_ctx *ctx, const char *text,
                                             struct dmsci_url *ret_url);
void dmsci_url_clear(struct dmsci_url *url);
/** Same host and port. */
bool dmsci_url_same_origin(const struct dmsci_url *a, const struct dmsci_url *b);

#endif
