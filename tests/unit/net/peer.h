/* SPDX-License-Identifier: Apache-2.0 */
/* A server to be talked to, on 127.0.0.1, in a thread of its own: GnuTLS, or raw bytes. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "tests/support/test.h"
#include <pthread.h>

enum { PEER_TAP_MAX = 65536 };

struct peer_config {
    /* TLS: PEM files. NULL: no TLS. */
    const char *cert, *key;
    const char *client_ca;        /* NULL: clients are not asked */
    bool client_may_stay_unknown; /* asks, and is content with no certificate */
    const char *priority;         /* of GnuTLS; NULL: "NORMAL" */
    const char *const *answers;   /* one to each request, in turn; the last one again and again */
    size_t answer_count;          /* 0: requests are swallowed */
    bool close_after_answer;      /* in an orderly way */
    bool cut_off;                 /* end without a TLS goodbye */
    bool mute;                    /* accept, and say nothing */
    struct dmsc_bytes first;      /* no TLS: sent at once */
    size_t flip_at;               /* 0: never. The byte of the server's that is changed, from 1 */
    size_t flip_from_client_at;   /* 0: never */
};

struct peer {
    struct peer_config config;
    bool running;
    int listener;
    int stop[2];
    uint16_t port;
    pthread_t thread;
    void *credentials;

    /* To be read after peer_stop(). */
    unsigned connections;
    unsigned handshakes; /* that came to an end */
    unsigned resumed;
    unsigned requests;
    bool client_certificate; /* in the last full handshake */
    char *application;       /* what clients sent inside TLS */
    size_t application_n;
    uint8_t tap[PEER_TAP_MAX]; /* what clients sent outside of it */
    size_t tap_n;
    uint8_t tap_out[PEER_TAP_MAX]; /* what went to them */
    size_t tap_out_n;
};

void peer_start(struct peer *peer, const struct peer_config *config);
/** Wait until all that clients sent was taken. The second time nothing happens. */
void peer_stop(struct peer *peer);
/** Free what peer_stop() left to be looked at. */
void peer_clear(struct peer *peer);

#endif
