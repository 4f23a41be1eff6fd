/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card side of vpcd, the virtual reader driver of pcscd: the card connects by TCP; messages are
 * two bytes of length, most significant first, and a payload. A payload of one byte is an order,
 * anything else a command, answered with data and SW.
 */
#include "apdu/base/ctx.h"
#include "simulator/uicc/front/front.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define OUT_MS      1000
#define RETRY_MS    100
#define LOOK_MS     200  /* how often an idle card looks for the order to end */
#define LOOK_EVERY  1024 /* messages, for a busy one */
#define PAYLOAD_MAX 65535u

enum order { ORDER_OFF = 0, ORDER_ON = 1, ORDER_RESET = 2, ORDER_ATR = 4 };

struct session {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    const struct dmsci_sim_front *front;
    int fd;
    bool told;  /* that the card is in the reader */
    bool ended; /* by an order, or by the reader */
    bool out;   /* the card was taken out, or torn: it is put in again */
    unsigned reads;
    size_t n; /* bytes in the buffer */
    uint8_t in[2 + PAYLOAD_MAX];
};

static enum dmsc_err failed(struct dmsc_ctx *ctx, enum dmsc_err err,
                            const struct dmsci_sim_front *front, const char *what, int number)
{
    (void)dmsci_fail(ctx, err, "%s the virtual reader at %s port %s", what, front->host,
                     front->port);
    dmsci_fail_code(ctx, number);
    dmsci_why(ctx, "vpcd:socket", "%s", strerror(number));
    return err;
}

static bool wants_stop(const struct dmsci_sim_front *front, int timeout_ms)
{
    struct pollfd order = { front->order_fd, POLLIN, 0 };

    while (poll(&order, 1, timeout_ms) > 0) {
        if (front->obey(front->user))
            return true;
    }
    return false;
}

/* @return the socket, or -1 with errno */
static int try_addresses(const struct addrinfo *list)
{
    int number = ECONNREFUSED;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        number = errno;
        if (fd >= 0)
            (void)close(fd);
    }
    errno = number;
    return -1;
}

static enum dmsc_err reach(struct session *s)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    const struct dmsci_sim_front *front = s->front;
    struct addrinfo *list = NULL;
    int waited_ms = 0, number = 0;
    int found = getaddrinfo(front->host, front->port, &wanted, &list);

    if (found != 0) {
        (void)dmsci_fail(s->ctx, DMSC_E_NOREADER, "find the host %s port %s", front->host,
                         front->port);
        dmsci_why(s->ctx, "vpcd:host", "%s", gai_strerror(found));
        return DMSC_E_NOREADER;
    }
    for (;;) {
        s->fd = try_addresses(list);
        number = errno;
        if (s->fd >= 0 || waited_ms >= front->wait_ms)
            break;
        s->ended = wants_stop(front, RETRY_MS);
        if (s->ended)
            break;
        waited_ms += RETRY_MS;
    }
    freeaddrinfo(list);
    if (s->fd >= 0 || s->ended)
        return DMSC_OK;
    (void)failed(s->ctx, DMSC_E_NOREADER, front, "reach", number);
    dmsci_hint(s->ctx, "start pcscd; its virtual reader is the package vsmartcard-vpcd");
    return DMSC_E_NOREADER;
}

static enum dmsc_err send_message(struct session *s, struct dmsc_bytes payload)
{
    uint8_t out[2 + DMSC_RAPDU_MAX];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));
    size_t sent = 0;

    dmsc_wr_u16(&w, (uint16_t)payload.n);
    dmsc_wr_bytes(&w, payload);
    /* One write for length and payload: the reader waits for both. */
    while (sent < w.n) {
        ssize_t n = send(s->fd, out + sent, w.n - sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            s->ended = true;
            return DMSC_OK;
        }
        if (n < 0)
            return failed(s->ctx, DMSC_E_LINK, s->front, "write to", errno);
        sent += (size_t)n;
    }
    return DMSC_OK;
}

static void tell_power(struct session *s, const char *name, enum dmsc_power how)
{
    dmsc_sim_power(s->sim, how);
    s->front->trace(s->front->user, name, dmsc_bytes(NULL, 0), dmsc_bytes(NULL, 0));
}

static enum dmsc_err obey(struct session *s, uint8_t order)
{
    switch (order) {
    case ORDER_OFF:
        tell_power(s, "power off", DMSC_POWER_OFF);
        return DMSC_OK;
    case ORDER_ON:
        tell_power(s, "power on", DMSC_POWER_COLD);
        return DMSC_OK;
    case ORDER_RESET:
        tell_power(s, "reset", DMSC_POWER_RESET);
        return DMSC_OK;
    case ORDER_ATR:
        /* Asked about three times a second to see whether there is a card; once there is power
         * the reader has accepted it. */
        s->ended = wants_stop(s->front, 0);
        if (!s->told && dmsc_sim_powered(s->sim)) {
            char where[128];

            (void)snprintf(where, sizeof(where), "in the reader at %s port %s", s->front->host,
                           s->front->port);
            s->told = true;
            s->front->ready(s->front->user, where);
        }
        return send_message(s, dmsc_sim_atr(s->sim));
    default:
        dmsci_log(s->ctx, DMSC_LOG_WARN, "vpcd", "unknown order %02X", order);
        return DMSC_OK;
    }
}

static enum dmsc_err answer(struct session *s, struct dmsc_bytes capdu)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n = 0;
    bool powered = dmsc_sim_powered(s->sim);
    enum dmsc_err err = dmsc_sim_transmit(s->sim, capdu, rapdu, &n);

    s->front->trace(s->front->user, NULL, capdu, dmsc_bytes(rapdu, err == DMSC_OK ? n : 0));
    if (!powered)
        return err;
    s->out = err == DMSC_E_REMOVED;
    /* A silent card: the reader waits, as it does for a real one. */
    if (s->out || err == DMSC_E_TIMEOUT)
        return DMSC_OK;
    return err != DMSC_OK ? err : send_message(s, dmsc_bytes(rapdu, n));
}

/* All whole messages in the buffer. */
static enum dmsc_err take_messages(struct session *s)
{
    size_t at = 0;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && !s->ended && !s->out && s->n - at >= 2) {
        size_t length = (size_t)(s->in[at] << 8 | s->in[at + 1]);

        if (s->n - at - 2 < length)
            break;
        if (length == 1)
            err = obey(s, s->in[at + 2]);
        else if (length > 1)
            err = answer(s, dmsc_bytes(s->in + at + 2, length));
        at += 2 + length;
    }
    dmsci_copy(s->in, s->in + at, s->n - at);
    s->n -= at;
    return err;
}

/* The reader writes length and payload apart, and Nagle holds the second back until the first is
 * acknowledged: with a delayed acknowledgement each command takes 44 ms. Linux forgets
 * TCP_QUICKACK, so it is armed again before every read. A plain read that times out, instead of
 * poll() before each one: half the system calls. */
static enum dmsc_err receive(struct session *s)
{
    const int on = 1;
    ssize_t n;

    (void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    n = recv(s->fd, s->in + s->n, sizeof(s->in) - s->n, 0);
    if (n > 0) {
        s->n += (size_t)n;
        if (++s->reads % LOOK_EVERY == 0)
            s->ended = wants_stop(s->front, 0);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        s->ended = wants_stop(s->front, 0);
    } else if (n == 0 || errno == ECONNRESET) {
        s->ended = true;
    } else {
        return failed(s->ctx, DMSC_E_LINK, s->front, "read from", errno);
    }
    return DMSC_OK;
}

static enum dmsc_err serve(struct session *s)
{
    const struct timeval look = { 0, LOOK_MS * 1000 };
    const int on = 1;
    enum dmsc_err err = DMSC_OK;

    (void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look)) != 0)
        return failed(s->ctx, DMSC_E_LINK, s->front, "prepare", errno);
    while (err == DMSC_OK && !s->ended && !s->out) {
        err = receive(s);
        if (err == DMSC_OK)
            err = take_messages(s);
    }
    return err;
}

enum dmsc_err dmsci_sim_vpcd_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                 const struct dmsci_sim_front *front)
{
    struct session *s = dmsci_alloc(ctx, sizeof(*s));
    enum dmsc_err err;

    if (s == NULL)
        return DMSC_E_NOMEM;
    s->ctx = ctx;
    s->sim = sim;
    s->front = front;
    s->fd = -1;
    do {
        s->out = false;
        s->n = 0;
        err = reach(s);
        if (err == DMSC_OK && !s->ended)
            err = serve(s);
        if (s->fd >= 0)
            (void)close(s->fd);
        s->fd = -1;
        dmsc_sim_power(sim, DMSC_POWER_OFF);
        /* Long enough for the reader to see that it is gone. */
    } while (err == DMSC_OK && s->out && !s->ended && !wants_stop(front, OUT_MS));
    dmsci_free(ctx, s);
    return err;
}
