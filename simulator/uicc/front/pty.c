/* SPDX-License-Identifier: Apache-2.0 */
/* A modem on a pseudo-terminal: bytes to lines and back. What it says is in modem.c. */
#include "apdu/base/ctx.h"
#include "simulator/uicc/front/front.h"
#include "simulator/uicc/front/modem.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_N 2048 /* the longest command in hex, a path, names */
#define ESC    0x1B

struct session {
    struct dmsc_ctx *ctx;
    const struct dmsci_sim_front *front;
    struct dmsci_modem *modem;
    int master, slave; /* the other end stays open here, so that clients may come and go */
    struct dmsc_buf out;
    size_t n;
    char line[LINE_N];
};

static enum dmsc_err open_pty(struct session *s)
{
    struct termios raw;
    const char *name = NULL;

    s->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (s->master >= 0 && grantpt(s->master) == 0 && unlockpt(s->master) == 0)
        name = ptsname(s->master);
    if (name != NULL)
        s->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s->slave >= 0 && tcgetattr(s->slave, &raw) == 0) {
        char where[128];

        cfmakeraw(&raw);
        (void)tcsetattr(s->slave, TCSANOW, &raw);
        (void)snprintf(where, sizeof(where), "a modem on %s", name);
        s->front->ready(s->front->user, where);
        return DMSC_OK;
    }
    (void)dmsci_fail(s->ctx, DMSC_E_IO, "open a pseudo-terminal");
    dmsci_fail_code(s->ctx, errno);
    dmsci_why(s->ctx, "pty:open", "%s", strerror(errno));
    return DMSC_E_IO;
}

/* What nobody reads is lost, as on a real line. */
static void say(struct session *s, struct dmsc_bytes text)
{
    size_t sent = 0;

    while (sent < text.n) {
        struct pollfd p = { s->master, POLLOUT, 0 };
        ssize_t n;

        if (poll(&p, 1, 1000) <= 0)
            return;
        n = write(s->master, text.p + sent, text.n - sent);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return;
        sent += n > 0 ? (size_t)n : 0;
    }
}

/* V.250 5.2.1: CR ends a command, LF is nothing, backspace takes back. */
static enum dmsc_err take_char(struct session *s, char c)
{
    enum dmsc_err err;

    if (dmsci_modem_echoes(s->modem))
        say(s, dmsc_bytes(&c, 1));
    if (c == '\n')
        return DMSC_OK;
    if (c == '\b' || c == ESC) {
        s->n = c == ESC || s->n == 0 ? 0 : s->n - 1;
        return DMSC_OK;
    }
    if (c != '\r') {
        if (s->n + 1 < sizeof(s->line))
            s->line[s->n++] = c;
        return DMSC_OK;
    }
    s->line[s->n] = '\0';
    s->n = 0;
    dmsc_buf_reset(&s->out);
    err = dmsci_modem_command(s->modem, s->line, &s->out);
    if (err == DMSC_OK)
        say(s, dmsc_buf_bytes(&s->out));
    return err;
}

static enum dmsc_err serve(struct session *s)
{
    struct pollfd p[] = { { s->front->order_fd, POLLIN, 0 }, { s->master, POLLIN, 0 } };
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK) {
        char in[256];
        ssize_t n;

        if (poll(p, 2, -1) < 0 && errno != EINTR)
            break;
        if (p[0].revents != 0 && s->front->obey(s->front->user))
            break;
        if (p[1].revents == 0)
            continue;
        n = read(s->master, in, sizeof(in));
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return dmsci_fail(s->ctx, DMSC_E_IO, "read from the pseudo-terminal");
        for (ssize_t i = 0; err == DMSC_OK && i < n; i++)
            err = take_char(s, in[i]);
    }
    return err;
}

enum dmsc_err dmsci_sim_pty_run(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                                const struct dmsci_sim_front *front)
{
    struct session *s = dmsci_alloc(ctx, sizeof(*s));
    enum dmsc_err err;

    if (s == NULL)
        return DMSC_E_NOMEM;
    *s = (struct session){ .ctx = ctx, .front = front, .master = -1, .slave = -1 };
    dmsc_buf_init(&s->out, ctx, 2 * LINE_N);
    err = dmsci_modem_new(ctx, sim, front->trace, front->user, &s->modem);
    if (err == DMSC_OK)
        err = open_pty(s);
    if (err == DMSC_OK)
        err = serve(s);
    dmsci_modem_free(s->modem);
    if (s->slave >= 0)
        (void)close(s->slave);
    if (s->master >= 0)
        (void)close(s->master);
    dmsc_buf_clear(&s->out);
    dmsci_free(ctx, s);
    return err;
}
