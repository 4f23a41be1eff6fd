/* SPDX-License-Identifier: Apache-2.0 */
/* A link around a link that writes down what passes, in the one text form of traces. */
#include "apdu/base/ctx.h"
#include "apdu/trace/mask.h"
#include <dmsc/link.h>
#include <dmsc/secret.h>
#include <stdio.h>
#include <time.h>

struct traced {
    struct dmsc_ctx *ctx;
    struct dmsc_link *inner;
    void (*line)(void *user, const char *text);
    void *user;
    struct dmsci_trace_mask mask;
    int64_t zero_ms; /* the clock at the last line with a date; -1 before */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* @param comment short and ours */
static void write_line(struct traced *t, struct dmsci_trace_line *line, const char *comment)
{
    char text[DMSCI_TRACE_TEXT_MAX + 64];
    struct dmsc_wr w = dmsc_wr(text, sizeof(text) - 1);

    line->comment = dmsc_bytes_str(comment);
    dmsci_trace_mask(&t->mask, line);
    dmsci_trace_format(line, &w);
    text[w.n] = '\0';
    t->line(t->user, text);
    dmsc_wipe(text, sizeof(text));
    dmsc_wipe(line, sizeof(*line));
}

static enum dmsc_err traced_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                     struct dmsc_buf *ret_rapdu)
{
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    struct traced *t = impl;
    int64_t start = clock_ms(CLOCK_MONOTONIC);
    enum dmsc_err err;

    (void)timeout_ms;
    line.kind = DMSCI_TRACE_COMMAND;
    (void)dmsci_trace_set(&line, capdu);
    write_line(t, &line, dmsci_trace_name(capdu));
    err = dmsc_link_transmit(t->inner, capdu, ret_rapdu);
    line = (struct dmsci_trace_line)DMSCI_TRACE_LINE_INIT;
    line.ms = clock_ms(CLOCK_MONOTONIC) - start;
    if (t->zero_ms >= 0)
        line.at_ms = start + line.ms - t->zero_ms;
    line.kind = DMSCI_TRACE_ANSWER;
    line.err = err;
    /* Longer than any answer in the short form: whoever reads it will refuse it. */
    if (err == DMSC_OK && !dmsci_trace_set(&line, dmsc_buf_bytes(ret_rapdu)))
        line.err = DMSC_E_LIMIT;
    if (line.err != DMSC_OK)
        line.kind = DMSCI_TRACE_ERROR;
    write_line(t, &line, line.err == DMSC_OK ? "" : dmsc_err_text(line.err));
    return err;
}

static enum dmsc_err traced_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                  enum dmsc_protocol *ret_protocol)
{
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    struct traced *t = impl;
    char comment[32];
    enum dmsc_err err = dmsc_link_power(t->inner, how);

    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_atr, dmsc_link_atr(t->inner));
    line.kind = err != DMSC_OK ? DMSCI_TRACE_ERROR
                               : (enum dmsci_trace_kind)((int)DMSCI_TRACE_COLD + (int)how);
    line.err = err;
    if (err == DMSC_OK) {
        *ret_protocol = dmsc_link_protocol(t->inner);
        t->zero_ms = clock_ms(CLOCK_MONOTONIC);
        line.at_ms = clock_ms(CLOCK_REALTIME);
        line.has_protocol = how != DMSC_POWER_OFF;
        line.protocol = *ret_protocol;
        (void)dmsci_trace_set(&line, dmsc_buf_bytes(ret_atr));
    }
    (void)snprintf(comment, sizeof(comment), "over %s", dmsc_link_name(t->inner));
    write_line(t, &line, comment);
    return err;
}

static void traced_conceal(void *impl, bool on)
{
    struct traced *t = impl;

    t->mask.concealed = on;
    dmsc_link_conceal(t->inner, on);
}

static enum dmsc_err traced_lock(void *impl)
{
    return dmsc_link_lock(((struct traced *)impl)->inner);
}

static void traced_unlock(void *impl)
{
    dmsc_link_unlock(((struct traced *)impl)->inner);
}

static void traced_close(void *impl)
{
    struct traced *t = impl;

    dmsc_link_free(t->inner);
    dmsci_free(t->ctx, t);
}

static const struct dmsc_link_ops traced_ops = {
    .name = "traced",
    .power = traced_power,
    .transmit = traced_transmit,
    .lock = traced_lock,
    .unlock = traced_unlock,
    .conceal = traced_conceal,
    .close = traced_close,
};

enum dmsc_err dmsc_link_traced(struct dmsc_link *inner, bool raw,
                               void (*line)(void *user, const char *text), void *user,
                               struct dmsc_link **ret_link)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(inner);
    struct traced *t = dmsci_alloc(ctx, sizeof(*t));
    enum dmsc_err err;

    if (t == NULL)
        return DMSC_E_NOMEM;
    *t = (struct traced){ .ctx = ctx, .inner = inner, .line = line, .user = user, .zero_ms = -1 };
    t->mask.raw = raw;
    err = dmsc_link_new(ctx, &traced_ops, t, ret_link);
    if (err != DMSC_OK)
        dmsci_free(ctx, t);
    return err;
}
