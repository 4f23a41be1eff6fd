/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "replay": the card is a trace (docs/traces.md). In its order: each command must be the
 * one that was recorded, with masked bytes as anything. With ",any": the next place of the trace,
 * up to its end and from its beginning, where that command stands.
 */
#include "apdu/link/private.h"
#include "apdu/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A command in hex with spaces, times, and a comment that nobody would call short. */
#define LINE_BYTES 2048

struct replay {
    struct dmsc_ctx *ctx;
    FILE *file;
    char *path;
    bool any;
    bool powered;
    unsigned long line; /* of the one read last, from 1 */
    struct dmsci_trace_line now;
    char text[LINE_BYTES];
};

static enum dmsc_err fail(struct replay *r, enum dmsc_err err, const char *what, const char *reason,
                          const char *why)
{
    (void)dmsci_fail(r->ctx, err, "%s", what);
    dmsci_where(r->ctx, "%s:%lu", r->path, r->line);
    dmsci_why(r->ctx, reason, "%s", why);
    return err;
}

/* The next event into r->now. @return DMSC_E_NOTFOUND at the end of the trace */
static enum dmsc_err next(struct replay *r)
{
    do {
        size_t n;

        if (fgets(r->text, sizeof(r->text), r->file) == NULL)
            return ferror(r->file)
                       ? fail(r, DMSC_E_IO, "read the trace", "replay:read", strerror(errno))
                       : DMSC_E_NOTFOUND;
        r->line++;
        n = strlen(r->text);
        if (n > 0 && r->text[n - 1] == '\n')
            n--;
        else if (n + 1 == sizeof(r->text))
            return fail(r, DMSC_E_MALFORMED, "read the trace", "replay:line",
                        "the line is too long");
        if (dmsci_trace_parse(dmsc_bytes(r->text, n), &r->now) != DMSC_OK)
            return fail(r, DMSC_E_MALFORMED, "read the trace", "replay:line",
                        "it is no line of a trace: docs/traces.md has their form");
    } while (r->now.kind == DMSCI_TRACE_NOTHING);
    return DMSC_OK;
}

static void go_to(struct replay *r, long position, unsigned long line)
{
    (void)fseek(r->file, position, SEEK_SET);
    r->line = line;
}

static bool wanted(const struct replay *r, struct dmsc_bytes capdu)
{
    bool same = r->now.kind == DMSCI_TRACE_COMMAND && r->now.n == capdu.n;

    for (size_t i = 0; same && i < capdu.n; i++)
        same = ((r->now.bytes[i] ^ capdu.p[i]) & r->now.known[i]) == 0;
    return same;
}

static bool is_power(const struct replay *r)
{
    return r->now.kind == DMSCI_TRACE_COLD || r->now.kind == DMSCI_TRACE_WARM;
}

/* Forward to the next event for which is_it() holds; with any the whole trace round. On failure
 * where it was. @return DMSC_E_NOTFOUND */
static enum dmsc_err seek(struct replay *r, bool any, struct dmsc_bytes capdu,
                          bool (*is_it)(const struct replay *r, struct dmsc_bytes capdu))
{
    long start = ftell(r->file);
    unsigned long start_line = r->line;
    bool round = false;

    for (;;) {
        enum dmsc_err err = next(r);

        if (err == DMSC_E_NOTFOUND && any && !round) {
            go_to(r, 0, 0);
            round = true;
            continue;
        }
        if (err != DMSC_OK || (round && r->line > start_line)) {
            go_to(r, start, start_line);
            return err != DMSC_OK ? err : DMSC_E_NOTFOUND;
        }
        if (is_it(r, capdu))
            return DMSC_OK;
    }
}

static bool powers_on(const struct replay *r, struct dmsc_bytes capdu)
{
    (void)capdu;
    return is_power(r);
}

/* A trace that somebody wrote by hand may begin with a command: a card that hides its ATR. */
static enum dmsc_err power_on(struct replay *r, struct dmsc_buf *ret_atr,
                              enum dmsc_protocol *ret_protocol)
{
    bool first = ftell(r->file) == 0;
    enum dmsc_err err = first ? next(r) : DMSC_E_NOTFOUND;

    if (err == DMSC_OK && r->now.kind == DMSCI_TRACE_COMMAND) {
        go_to(r, 0, 0);
        *ret_protocol = DMSC_T0;
        return dmsc_buf_set(ret_atr, dmsc_bytes(NULL, 0));
    }
    if (err == DMSC_E_NOTFOUND || (err == DMSC_OK && !is_power(r)))
        err = seek(r, r->any, dmsc_bytes(NULL, 0), powers_on);
    if (err == DMSC_E_NOTFOUND)
        return fail(r, DMSC_E_LINK, "power the card of a trace", "replay:end",
                    "no power-on follows in the trace");
    if (err != DMSC_OK)
        return err;
    *ret_protocol = r->now.has_protocol ? r->now.protocol : DMSC_T0;
    return dmsc_buf_set(ret_atr, dmsc_bytes(r->now.bytes, r->now.n));
}

static enum dmsc_err replay_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                  enum dmsc_protocol *ret_protocol)
{
    struct replay *r = impl;
    enum dmsc_err err = DMSC_OK;

    if (how == DMSC_POWER_OFF)
        dmsc_buf_reset(ret_atr);
    else
        err = power_on(r, ret_atr, ret_protocol);
    if (err == DMSC_OK)
        r->powered = how != DMSC_POWER_OFF;
    return err;
}

/* The story shows the header alone: what follows may be a PIN. */
static enum dmsc_err differs(struct replay *r, struct dmsc_bytes capdu, bool end)
{
    char came[9], wanted_hex[9];

    dmsc_hex_encode(dmsc_bytes(capdu.p, 4), came);
    dmsc_hex_encode(dmsc_bytes(r->now.bytes, 4), wanted_hex);
    (void)dmsci_fail(r->ctx, DMSC_E_LINK, "send command %s... to the card of a trace", came);
    dmsci_where(r->ctx, "%s:%lu", r->path, r->line);
    if (end)
        dmsci_why(r->ctx, "replay:end", "it is not in the rest of the trace");
    else
        dmsci_why(r->ctx, "replay:differs", "the trace has %s, %zu bytes, here",
                  r->now.kind == DMSCI_TRACE_COMMAND ? wanted_hex : "no command", r->now.n);
    dmsci_hint(r->ctx, "replay:FILE,any takes commands in another order");
    return DMSC_E_LINK;
}

static enum dmsc_err find(struct replay *r, struct dmsc_bytes capdu)
{
    long before = ftell(r->file);
    unsigned long line = r->line;
    enum dmsc_err err;

    if (r->any) {
        err = seek(r, true, capdu, wanted);
        return err == DMSC_E_NOTFOUND ? differs(r, capdu, true) : err;
    }
    err = next(r);
    if (err == DMSC_OK && !wanted(r, capdu))
        err = differs(r, capdu, false);
    else if (err == DMSC_E_NOTFOUND)
        err = differs(r, capdu, true);
    if (err != DMSC_OK)
        go_to(r, before, line);
    return err;
}

static enum dmsc_err replay_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                     struct dmsc_buf *ret_rapdu)
{
    struct replay *r = impl;
    enum dmsc_err err;

    (void)timeout_ms;
    if (!r->powered)
        return dmsci_fail(r->ctx, DMSC_E_STATE, "send a command before power-on");
    err = find(r, capdu);
    if (err == DMSC_OK)
        err = next(r);
    if (err == DMSC_E_NOTFOUND ||
        (err == DMSC_OK && r->now.kind != DMSCI_TRACE_ANSWER && r->now.kind != DMSCI_TRACE_ERROR))
        return fail(r, DMSC_E_LINK, "read the answer of a trace", "replay:answer",
                    "the command has none");
    if (err != DMSC_OK)
        return err;
    if (r->now.kind == DMSCI_TRACE_ERROR)
        return fail(r, r->now.err, "send a command to the card of a trace", "replay:error",
                    "so it went when the trace was written");
    for (size_t i = 0; i < r->now.n; i++) {
        if (r->now.known[i] == 0)
            return fail(r, DMSC_E_LINK, "read the answer of a trace", "replay:masked",
                        "it was masked when the trace was written");
    }
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(r->now.bytes, r->now.n));
}

static void replay_close(void *impl)
{
    struct replay *r = impl;
    struct dmsc_ctx *ctx = r->ctx;

    if (r->file != NULL)
        (void)fclose(r->file);
    dmsci_free(ctx, r->path);
    dmsci_free(ctx, r);
}

static const struct dmsc_link_ops replay_ops = {
    .name = "replay",
    .power = replay_power,
    .transmit = replay_transmit,
    .close = replay_close,
};

static enum dmsc_err open_file(struct replay *r)
{
    size_t n = strlen(r->path);

    if (n > 4 && strcmp(r->path + n - 4, ",any") == 0) {
        r->any = true;
        r->path[n - 4] = '\0';
    }
    if (r->path[0] == '\0')
        return dmsci_fail(r->ctx, DMSC_E_ARG, "open link replay: the name of a trace is wanted");
    r->file = fopen(r->path, "re");
    if (r->file != NULL)
        return DMSC_OK;
    (void)dmsci_fail(r->ctx, DMSC_E_IO, "open the trace %s", r->path);
    dmsci_fail_code(r->ctx, errno);
    dmsci_why(r->ctx, "replay:open", "%s", strerror(errno));
    dmsci_hint(r->ctx, "dmsc --trace FILE writes one");
    return DMSC_E_IO;
}

static enum dmsc_err replay_open(struct dmsc_ctx *ctx, const char *argument,
                                 struct dmsc_link **ret_link)
{
    struct replay *r = dmsci_alloc(ctx, sizeof(*r));
    enum dmsc_err err;

    if (r == NULL)
        return DMSC_E_NOMEM;
    r->ctx = ctx;
    r->path = dmsci_strdup(ctx, argument);
    err = r->path == NULL ? DMSC_E_NOMEM : open_file(r);
    if (err == DMSC_OK)
        err = dmsc_link_new(ctx, &replay_ops, r, ret_link);
    if (err != DMSC_OK)
        replay_close(r);
    return err;
}

const struct dmsc_link_driver dmsci_replay_driver = {
    .name = "replay",
    .argument = "FILE[,any]",
    .open = replay_open,
};
