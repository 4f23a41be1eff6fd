/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal's side of the toolkit (TS 102 223) as an engine that does no I/O: dmsci_cat_next()
 * says what it wants, the caller does it and hands in what came of it. Time is handed in.
 */
#ifndef DMSCI_CAT_H
#define DMSCI_CAT_H

#include "apdu/base/ctx.h"
#include <dmsc/cat.h>

#define DMSCI_CAT_CHANNELS 7u

struct dmsci_cat;

/** An IPv4 or IPv6 address, or any. */
struct dmsci_cat_addr {
    uint8_t size; /* 0, 4 or 16 bytes */
    uint8_t p[16];
};

struct dmsci_cat_now {
    int64_t ms;        /* of a clock that only goes on */
    int64_t seconds;   /* since 1970, UTC */
    int zone_quarters; /* local time minus UTC in quarters of an hour */
    bool zone_known;
};

enum dmsci_cat_want_kind {
    DMSCI_CAT_WAIT,     /* until_ms, or what a socket brings; busy: a command is under way */
    DMSCI_CAT_TRANSMIT, /* capdu on the basic channel; must: a refusal ends it all */
    DMSCI_CAT_RESET,    /* cold reset */
    DMSCI_CAT_REFRESH,  /* tell the user, who answers a result */
    DMSCI_CAT_SEEN,     /* tell the user; no answer is handed in */
    DMSCI_CAT_OPEN,     /* begin to connect, or to listen */
    DMSCI_CAT_CLOSE,    /* no answer is handed in */
    DMSCI_CAT_SEND
};

struct dmsci_cat_want {
    enum dmsci_cat_want_kind kind;
    bool busy, must, fetch;
    const char *what; /* of a C-APDU, for the story */
    struct dmsc_capdu capdu;
    int64_t until_ms;
    struct dmsc_refresh refresh;
    struct dmsc_proactive seen;
    /* Of a channel, 1 to 7. */
    uint8_t channel;
    bool udp, server;
    bool listen_again; /* CLOSE of a server: its connection only */
    struct dmsci_cat_addr addr;
    uint16_t port;
    struct dmsc_bytes data;
    /* WAIT, and FETCH, before which a look at the sockets is due: bytes that may come in, 0 to
     * leave the socket alone; bit n of channel n where there is something to send or a connection
     * to come. */
    size_t room[DMSCI_CAT_CHANNELS + 1];
    uint8_t writable;
};

enum dmsci_cat_in_kind {
    DMSCI_CAT_TICK,      /* time went by */
    DMSCI_CAT_ANSWER,    /* to TRANSMIT: sw, data */
    DMSCI_CAT_WAS_RESET, /* to RESET */
    DMSCI_CAT_REFRESHED, /* to REFRESH: result */
    /* Of a channel. */
    DMSCI_CAT_STARTED,   /* to OPEN: an outcome will follow, or the server listens */
    DMSCI_CAT_CONNECTED, /* to OPEN at once or later; of a server: a peer has come */
    DMSCI_CAT_FAILED,    /* likewise; result: cause (8.12.11) */
    DMSCI_CAT_SENT,      /* to SEND: n bytes */
    DMSCI_CAT_WRITABLE,
    DMSCI_CAT_RECEIVED, /* data; of UDP one datagram */
    DMSCI_CAT_DROPPED   /* the peer has gone */
};

struct dmsci_cat_in {
    enum dmsci_cat_in_kind kind;
    uint16_t sw;
    struct dmsc_bytes data;
    uint8_t channel, result;
    size_t n;
};

/** @param config NULL for the default */
DMSC_NODISCARD enum dmsc_err dmsci_cat_new(struct dmsc_ctx *ctx,
                                           const struct dmsc_cat_config *config,
                                           struct dmsci_cat **ret_cat);
void dmsci_cat_free(struct dmsci_cat *cat);
/** A value for a key of [usat]: "connect", "listen", "dns", "imei". NULL when it is one, else the
 * form that is wanted. */
const char *dmsci_cat_text_wrong(const char *key, const char *text);

/** Want TERMINAL PROFILE next. */
void dmsci_cat_begin(struct dmsci_cat *cat);
/** An SW 91xx of any command: bytes of the command that waits. */
void dmsci_cat_announce(struct dmsci_cat *cat, uint16_t n);
/** The card was reset by somebody else: its session, timers, events and channels are gone. */
void dmsci_cat_forget(struct dmsci_cat *cat);
/** What was wanted failed: nothing is under way any more. */
void dmsci_cat_abort(struct dmsci_cat *cat);
/** See dmsc_uicc_event(). */
DMSC_NODISCARD enum dmsc_err dmsci_cat_event(struct dmsci_cat *cat, uint8_t event,
                                             struct dmsc_bytes objects, bool *ret_listed);

/** @param ret_want borrows from @p cat until the next call */
void dmsci_cat_next(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                    struct dmsci_cat_want *ret_want);
void dmsci_cat_feed(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                    const struct dmsci_cat_in *in);

/** Real sockets, non-blocking, for the wants of channels. */
struct dmsci_cat_sockets {
    int fd[DMSCI_CAT_CHANNELS + 1];     /* -1: none */
    int server[DMSCI_CAT_CHANNELS + 1]; /* the listening one */
    bool connecting[DMSCI_CAT_CHANNELS + 1];
    bool udp[DMSCI_CAT_CHANNELS + 1];
    uint8_t data[4096];
};
void dmsci_cat_sockets_init(struct dmsci_cat_sockets *s);
/** OPEN, CLOSE, SEND. @param ret_in what to hand in; kind TICK: nothing */
void dmsci_cat_sockets_do(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                          struct dmsci_cat_in *ret_in);
/** WAIT at most @p timeout_ms. @param ret_in borrows from @p s; TICK when nothing came */
void dmsci_cat_sockets_wait(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                            int timeout_ms, struct dmsci_cat_in *ret_in);
void dmsci_cat_sockets_close(struct dmsci_cat_sockets *s);

#endif
