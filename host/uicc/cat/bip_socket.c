/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets under the Bearer Independent Protocol: non-blocking, one a channel. */
#include "host/uicc/cat/cat.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Causes of TS 102 223 clause 8.12.11. */
#define NO_CAUSE    0x00
#define UNREACHABLE 0x07
#define NO_SERVICE  0x08
#define NO_PORT     0x10

void dmsci_cat_sockets_init(struct dmsci_cat_sockets *s)
{
    for (unsigned i = 0; i <= DMSCI_CAT_CHANNELS; i++) {
        s->fd[i] = s->server[i] = -1;
        s->connecting[i] = s->udp[i] = false;
    }
}

static void shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void dmsci_cat_sockets_close(struct dmsci_cat_sockets *s)
{
    for (unsigned i = 0; i <= DMSCI_CAT_CHANNELS; i++) {
        shut(&s->fd[i]);
        shut(&s->server[i]);
    }
}

union place {
    struct sockaddr sa;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

static socklen_t make_place(const struct dmsci_cat_want *want, union place *place)
{
    *place = (union place){ .in6 = { .sin6_family = AF_INET6 } };
    if (want->addr.size == 16) {
        place->in6.sin6_port = htons(want->port);
        dmsci_copy(&place->in6.sin6_addr, want->addr.p, 16);
        return sizeof(place->in6);
    }
    place->in4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(want->port) };
    dmsci_copy(&place->in4.sin_addr, want->addr.p, 4);
    return sizeof(place->in4);
}

static uint8_t cause_of(int error)
{
    return error == ECONNREFUSED ? NO_SERVICE : UNREACHABLE;
}

/* What the card wants sent at once goes at once; a datagram socket has no use for that. */
static bool set_flags(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* 6.4.27.5 */
static void begin_to_listen(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want, int fd,
                            struct dmsci_cat_in *in)
{
    union place place;
    socklen_t n = make_place(want, &place);
    int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, &place.sa, n) != 0 || listen(fd, 1) != 0) {
        in->kind = DMSCI_CAT_FAILED;
        in->result = NO_PORT;
        shut(&fd);
    }
    s->server[want->channel] = fd;
}

static void begin_to_connect(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want, int fd,
                             struct dmsci_cat_in *in)
{
    union place place;
    socklen_t n = make_place(want, &place);
    int result = connect(fd, &place.sa, n);

    if (result == 0) {
        in->kind = DMSCI_CAT_CONNECTED;
    } else if (errno != EINPROGRESS) {
        in->kind = DMSCI_CAT_FAILED;
        in->result = cause_of(errno);
        shut(&fd);
    }
    s->connecting[want->channel] = in->kind == DMSCI_CAT_STARTED;
    s->fd[want->channel] = fd;
}

static void open_one(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                     struct dmsci_cat_in *in)
{
    int fd =
        socket(want->addr.size == 16 ? AF_INET6 : AF_INET, want->udp ? SOCK_DGRAM : SOCK_STREAM, 0);

    in->kind = DMSCI_CAT_STARTED;
    s->udp[want->channel] = want->udp;
    if (fd < 0 || !set_flags(fd)) {
        in->kind = DMSCI_CAT_FAILED;
        in->result = NO_CAUSE;
        shut(&fd);
    } else if (want->server) {
        begin_to_listen(s, want, fd, in);
    } else {
        begin_to_connect(s, want, fd, in);
    }
}

/* An ICMP error about a datagram before is told once: that one is lost, as datagrams are. */
static bool passing(const struct dmsci_cat_sockets *s, uint8_t channel)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS ||
           (s->udp[channel] && errno == ECONNREFUSED);
}

static void send_one(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                     struct dmsci_cat_in *in)
{
    ssize_t n = send(s->fd[want->channel], want->data.p, want->data.n, MSG_NOSIGNAL);

    in->kind = DMSCI_CAT_SENT;
    if (n >= 0)
        in->n = (size_t)n;
    else if (!passing(s, want->channel))
        in->kind = DMSCI_CAT_DROPPED;
}

void dmsci_cat_sockets_do(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                          struct dmsci_cat_in *ret_in)
{
    *ret_in = (struct dmsci_cat_in){ .kind = DMSCI_CAT_TICK, .channel = want->channel };
    if (want->kind == DMSCI_CAT_OPEN) {
        open_one(s, want, ret_in);
    } else if (want->kind == DMSCI_CAT_SEND) {
        send_one(s, want, ret_in);
    } else {
        shut(&s->fd[want->channel]);
        if (!want->listen_again)
            shut(&s->server[want->channel]);
    }
}

static void take_connection(struct dmsci_cat_sockets *s, uint8_t channel, struct dmsci_cat_in *in)
{
    int fd = accept(s->server[channel], NULL, NULL);

    if (fd < 0)
        return;
    if (!set_flags(fd)) {
        shut(&fd);
        return;
    }
    s->fd[channel] = fd;
    in->kind = DMSCI_CAT_CONNECTED;
}

static void end_of_connect(struct dmsci_cat_sockets *s, uint8_t channel, struct dmsci_cat_in *in)
{
    int error = 0;
    socklen_t n = sizeof(error);

    if (getsockopt(s->fd[channel], SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    s->connecting[channel] = false;
    in->kind = error == 0 ? DMSCI_CAT_CONNECTED : DMSCI_CAT_FAILED;
    if (error == 0)
        return;
    in->result = cause_of(error);
    shut(&s->fd[channel]);
}

/* A datagram longer than the channel's buffer is dropped whole. */
static void take_data(struct dmsci_cat_sockets *s, uint8_t channel, size_t room,
                      struct dmsci_cat_in *in)
{
    size_t most = room < sizeof(s->data) ? room : sizeof(s->data);
    ssize_t n = recv(s->fd[channel], s->data, most, s->udp[channel] ? MSG_TRUNC : 0);

    if (n < 0 && passing(s, channel))
        return;
    if (n < 0 || (n == 0 && !s->udp[channel])) {
        in->kind = DMSCI_CAT_DROPPED;
        return;
    }
    if ((size_t)n <= most) {
        in->kind = DMSCI_CAT_RECEIVED;
        in->data = dmsc_bytes(s->data, (size_t)n);
    }
}

static void came(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want, uint8_t channel,
                 short revents, struct dmsci_cat_in *in)
{
    in->channel = channel;
    if (s->connecting[channel])
        end_of_connect(s, channel, in);
    else if (s->fd[channel] < 0)
        take_connection(s, channel, in);
    else if (want->room[channel] > 0 && (revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        take_data(s, channel, want->room[channel], in);
    else if ((revents & POLLOUT) != 0)
        in->kind = DMSCI_CAT_WRITABLE;
}

void dmsci_cat_sockets_wait(struct dmsci_cat_sockets *s, const struct dmsci_cat_want *want,
                            int timeout_ms, struct dmsci_cat_in *ret_in)
{
    struct pollfd fds[DMSCI_CAT_CHANNELS + 1];

    *ret_in = (struct dmsci_cat_in){ .kind = DMSCI_CAT_TICK };
    for (unsigned i = 0; i <= DMSCI_CAT_CHANNELS; i++) {
        bool in = want->room[i] > 0, out = (want->writable >> i & 1) != 0;
        int fd = s->fd[i] >= 0 ? s->fd[i] : s->server[i];

        fds[i] = (struct pollfd){ .fd = in || out ? fd : -1,
                                  .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0)) };
    }
    if (poll(fds, DMSCI_CAT_CHANNELS + 1, timeout_ms) <= 0)
        return;
    for (uint8_t i = 1; i <= DMSCI_CAT_CHANNELS && ret_in->kind == DMSCI_CAT_TICK; i++) {
        if (fds[i].fd >= 0 && fds[i].revents != 0)
            came(s, want, i, fds[i].revents, ret_in);
    }
}
