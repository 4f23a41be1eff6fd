/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/link/lines.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A read. The longest answer of a card fits, and a line of it is taken apart once. */
#define CHUNK 1024

void dmsci_lines_init(struct dmsci_lines *lines, struct dmsc_ctx *ctx, size_t line_max)
{
    *lines = (struct dmsci_lines){ .ctx = ctx, .fd = -1 };
    dmsc_buf_init(&lines->in, ctx, line_max + CHUNK);
    dmsc_buf_init(&lines->hex, ctx, line_max / 2);
}

void dmsci_lines_reset(struct dmsci_lines *lines)
{
    dmsc_buf_reset(&lines->in);
    lines->at = 0;
    lines->skipping = false;
}

void dmsci_lines_clear(struct dmsci_lines *lines)
{
    dmsc_buf_clear(&lines->in);
    dmsc_buf_clear(&lines->hex);
    lines->at = 0;
}

/* @return DMSC_OK when something can be done; what poll() says of errors shows in read and write */
static enum dmsc_err wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd p = { fd, events, 0 };
        int64_t left = deadline_ms - dmsci_link_now_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);

        if (n > 0)
            return DMSC_OK;
        if (n == 0 && left <= 0)
            return DMSC_E_TIMEOUT;
        if (n < 0 && errno != EINTR)
            return DMSC_E_REMOVED;
    }
}

enum dmsc_err dmsci_lines_send(struct dmsci_lines *lines, struct dmsc_bytes text,
                               int64_t deadline_ms)
{
    size_t sent = 0;

    while (sent < text.n) {
        ssize_t n = lines->socket ? send(lines->fd, text.p + sent, text.n - sent, MSG_NOSIGNAL)
                                  : write(lines->fd, text.p + sent, text.n - sent);

        if (n > 0) {
            sent += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            enum dmsc_err err = wait_for(lines->fd, POLLOUT, deadline_ms);

            if (err != DMSC_OK)
                return err;
        } else if (n == 0 || errno != EINTR) {
            return DMSC_E_REMOVED;
        }
    }
    return DMSC_OK;
}

/* One read. A line that fills all the room is given up up to its end. */
static enum dmsc_err receive(struct dmsci_lines *lines, int64_t deadline_ms)
{
    struct dmsc_buf *in = &lines->in;
    enum dmsc_err err;
    uint8_t *to;
    ssize_t n;

    dmsc_buf_consume(in, lines->at);
    lines->at = 0;
    if (in->n > in->ceiling - CHUNK) {
        dmsc_buf_reset(in);
        lines->skipping = true;
        return DMSC_E_LIMIT;
    }
    err = dmsc_buf_reserve(in, CHUNK, &to);
    if (err == DMSC_OK)
        err = wait_for(lines->fd, POLLIN, deadline_ms);
    if (err != DMSC_OK)
        return err;
    n = read(lines->fd, to, CHUNK);
    if (n > 0)
        dmsc_buf_commit(in, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        return DMSC_E_REMOVED;
    return DMSC_OK;
}

/* Cut the next line out of what is there. @return NULL: no whole one */
static char *cut(struct dmsci_lines *lines)
{
    struct dmsc_buf *in = &lines->in;

    while (lines->at < in->n) {
        char *line = (char *)in->p + lines->at;
        size_t n = 0, left = in->n - lines->at;

        while (n < left && line[n] != '\n' && line[n] != '\r')
            n++;
        if (n == left)
            return NULL;
        line[n] = '\0';
        lines->at += n + 1;
        if (lines->skipping)
            lines->skipping = false;
        else if (n > 0)
            return line;
    }
    return NULL;
}

enum dmsc_err dmsci_lines_next(struct dmsci_lines *lines, int64_t deadline_ms,
                               const char **ret_line)
{
    for (;;) {
        const char *line = cut(lines);
        enum dmsc_err err;

        if (line != NULL) {
            *ret_line = line;
            return DMSC_OK;
        }
        err = receive(lines, deadline_ms);
        if (err != DMSC_OK)
            return err;
    }
}

enum dmsc_err dmsci_lines_hex(struct dmsci_lines *lines, const char *text,
                              struct dmsc_buf *ret_bytes)
{
    enum dmsc_err err;

    dmsc_buf_reset(&lines->hex);
    err = dmsc_hex_decode(text, &lines->hex);
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_bytes, dmsc_buf_bytes(&lines->hex));
    dmsc_buf_reset(&lines->hex); /* may be keys */
    return err;
}
