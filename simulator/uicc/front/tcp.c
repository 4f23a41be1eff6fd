/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card on a TCP port, in the line protocol of docs/links.md: a command in hex is a line, its
 * answer another; "power cold", "power reset" and "power off" are answered with "atr HEX PROTOCOL"
 * and "ok". One client at a time; when it goes the card loses its power.
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
#include <unistd.h>

#define GREETING "dmsc-link 1\n"
#define LINE_N   1024 /* the longest command in hex, with spaces */

struct session {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    const struct dmsci_sim_front *front;
    struct dmsc_buf command;
    int listener, fd;
    size_t n;
    bool skip; /* the rest of a line that was too long */
    char in[LINE_N];
};

static enum dmsc_err failed(struct session *s, const char *what)
{
    int number = errno;

    (void)dmsci_fail(s->ctx, DMSC_E_IO, "%s %s port %s", what, s->front->host, s->front->port);
    dmsci_fail_code(s->ctx, number);
    dmsci_why(s->ctx, "tcp:socket", "%s", strerror(number));
    return DMSC_E_IO;
}

static enum dmsc_err start_listening(struct session *s)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *list = NULL;
    const int on = 1;
    int found = getaddrinfo(s->front->host, s->front->port, &wanted, &list);
    bool ok = false;

    if (found != 0) {
        (void)dmsci_fail(s->ctx, DMSC_E_IO, "listen on %s port %s", s->front->host, s->front->port);
        dmsci_why(s->ctx, "tcp:host", "%s", gai_strerror(found));
        return DMSC_E_IO;
    }
    s->listener = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener >= 0) {
        (void)setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        ok = bind(s->listener, list->ai_addr, list->ai_addrlen) == 0 && listen(s->listener, 1) == 0;
    }
    freeaddrinfo(list);
    return ok ? DMSC_OK : failed(s, "listen on");
}

static void say_where(struct session *s)
{
    struct sockaddr_storage here;
    socklen_t size = sizeof(here);
    char port[8] = "?", where[128];

    if (getsockname(s->listener, (struct sockaddr *)&here, &size) == 0)
        (void)getnameinfo((struct sockaddr *)&here, size, NULL, 0, port, sizeof(port),
                          NI_NUMERICSERV);
    (void)snprintf(where, sizeof(where), "at tcp %s port %s", s->front->host, port);
    s->front->ready(s->front->user, where);
}

/* @return false: the client is gone */
static bool say(struct session *s, const char *text)
{
    size_t n = strlen(text), sent = 0;

    while (sent < n) {
        ssize_t k = send(s->fd, text + sent, n - sent, MSG_NOSIGNAL);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return false;
        sent += (size_t)k;
    }
    return true;
}

static bool power(struct session *s, const char *how)
{
    static const struct {
        const char *word, *name;
        enum dmsc_power how;
    } words[] = {
        { "cold", "power on", DMSC_POWER_COLD },
        { "reset", "reset", DMSC_POWER_RESET },
        { "off", "power off", DMSC_POWER_OFF },
    };
    char text[2 * 33 + 16] = "atr ";

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(words); i++) {
        if (strcmp(words[i].word, how) != 0)
            continue;
        dmsc_sim_power(s->sim, words[i].how);
        s->front->trace(s->front->user, words[i].name, dmsc_bytes(NULL, 0), dmsc_bytes(NULL, 0));
        if (words[i].how == DMSC_POWER_OFF)
            return say(s, "ok\n");
        dmsc_hex_encode(dmsc_sim_atr(s->sim), text + 4);
        (void)snprintf(text + strlen(text), 4, " %d\n", (int)dmsc_sim_protocol(s->sim));
        return say(s, text);
    }
    return say(s, "error failed power cold, power reset or power off\n");
}

/* The KINDs of docs/links.md. */
static bool say_why(struct session *s, enum dmsc_err err, bool powered)
{
    if (err == DMSC_E_TIMEOUT)
        return say(s, "error timeout the card does not answer\n");
    if (err == DMSC_E_REMOVED)
        return say(s, powered ? "error removed the card is gone\n"
                              : "error removed the card has no power\n");
    return say(s, "error failed the card cannot carry it out\n");
}

static bool command(struct session *s, const char *line)
{
    char text[2 * DMSC_RAPDU_MAX + 2];
    uint8_t rapdu[DMSC_RAPDU_MAX];
    struct dmsc_bytes capdu;
    enum dmsc_err err;
    bool powered;
    size_t n = 0;

    dmsc_buf_reset(&s->command);
    if (dmsc_hex_decode(line, &s->command) != DMSC_OK || s->command.n < 4)
        return say(s, "error failed this is no command in hex\n");
    capdu = dmsc_buf_bytes(&s->command);
    powered = dmsc_sim_powered(s->sim);
    err = dmsc_sim_transmit(s->sim, capdu, rapdu, &n);
    if (err != DMSC_OK)
        return say_why(s, err, powered);
    s->front->trace(s->front->user, NULL, capdu, dmsc_bytes(rapdu, n));
    dmsc_hex_encode(dmsc_bytes(rapdu, n), text);
    dmsci_copy(text + 2 * n, "\n", 2);
    return say(s, text);
}

static bool obey(struct session *s, const char *line)
{
    return strncmp(line, "power ", 6) == 0 ? power(s, line + 6) : command(s, line);
}

/* All whole lines that are there. @return false: the client is gone */
static bool take_lines(struct session *s)
{
    size_t at = 0;
    bool on = true;

    for (size_t i = 0; on && i < s->n; i++) {
        if (s->in[i] != '\n')
            continue;
        s->in[i] = '\0';
        if (i > at && s->in[i - 1] == '\r')
            s->in[i - 1] = '\0';
        if (s->in[at] != '\0' && !s->skip)
            on = obey(s, s->in + at);
        s->skip = false;
        at = i + 1;
    }
    dmsci_copy(s->in, s->in + at, s->n - at);
    s->n -= at;
    if (s->n == sizeof(s->in)) {
        s->n = 0;
        if (!s->skip)
            on = say(s, "error failed the line is too long\n");
        s->skip = true;
    }
    return on;
}

/* @return false: told to end */
static bool wait_for(struct session *s, int fd)
{
    for (;;) {
        struct pollfd p[] = { { s->front->order_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };
        int n = poll(p, 2, -1);

        if ((n < 0 && errno != EINTR) ||
            (n > 0 && p[0].revents != 0 && s->front->obey(s->front->user)))
            return false;
        if (n > 0 && p[1].revents != 0)
            return true;
    }
}

/* @return false: told to end */
static bool serve(struct session *s)
{
    const int on = 1;
    bool goes_on;

    (void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    s->n = 0;
    s->skip = false;
    goes_on = say(s, GREETING);
    while (goes_on) {
        ssize_t n;

        if (!wait_for(s, s->fd))
            return false;
        n = recv(s->fd, s->in + s->n, sizeof(s->in) - s->n, 0);
        if (n > 0)
            s->n += (size_t)n;
        goes_on = n > 0 ? take_lines(s) : n < 0 && errno == EINTR;
    }
    return true;
}

enum dmsc_err dmsci_sim_tcp_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                const struct dmsci_sim_front *front)
{
    struct session *s = dmsci_alloc(ctx, sizeof(*s));
    enum dmsc_err err;
    bool on = true;

    if (s == NULL)
        return DMSC_E_NOMEM;
    *s = (struct session){ .ctx = ctx, .sim = sim, .front = front, .listener = -1, .fd = -1 };
    dmsc_buf_init(&s->command, ctx, LINE_N);
    err = start_listening(s);
    if (err == DMSC_OK)
        say_where(s);
    while (err == DMSC_OK && on && wait_for(s, s->listener)) {
        s->fd = accept(s->listener, NULL, NULL);
        if (s->fd < 0)
            continue;
        on = serve(s);
        (void)close(s->fd);
        dmsc_sim_power(sim, DMSC_POWER_OFF);
    }
    if (s->listener >= 0)
        (void)close(s->listener);
    dmsc_buf_clear(&s->command);
    dmsc_sim_power(sim, DMSC_POWER_OFF);
    dmsci_free(ctx, s);
    return err;
}
