/* SPDX-License-Identifier: Apache-2.0 */
/* One client of host/net against one peer, with certificates of pki.sh. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "host/net/net.h"
#include "tests/unit/credential/pki.h"
#include "tests/unit/net/peer.h"

struct bench {
    const struct pki *pki;
    struct dmsc_ctx *ctx;
    struct peer peer;
    struct peer_config server;
    char cert[SUPPORT_PATH_MAX], key[SUPPORT_PATH_MAX], ca[SUPPORT_PATH_MAX];
    const char *url; /* port 443 of dm.opa.example, wherever the peer listens */
    char address[32];
    struct dmsci_net_override override;
    struct dmsci_net_config config;
    struct dmsc_bytes anchors[2], chain[1];
    struct dmsc_secret secret;
    struct dmsci_net *net;
    /* what the check was told */
    unsigned checks;
    struct dmsc_peer seen;
    uint8_t issuers[4][32];
    size_t issuer_count;
    bool refuse; /* the check says no */
};

/** @param server "server": server.pem and server.key; NULL for a peer without TLS */
void bench_init(struct bench *b, const struct pki *pki, const char *server);
void bench_trust(struct bench *b, const char *file);
void bench_be(struct bench *b, const char *cert, const char *key);
/** The peer demands certificates of ca.pem. */
void bench_want_client(struct bench *b);
/** Start the peer and set the override to it. */
void bench_start(struct bench *b);
/** bench_start(), then dmsci_net_open(). */
enum dmsc_err bench_open(struct bench *b);
/** POST; a good answer is "ok" of type text/plain. */
enum dmsc_err bench_post(struct bench *b, const char *body);
/** Hang up and wait until the peer took all: then its records can be looked at. */
void bench_stop(struct bench *b);
void bench_clear(struct bench *b);
void bench_assert_reason(const struct bench *b, const char *reason);

#endif
