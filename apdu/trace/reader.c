/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a trace become steps: a command and its answer are one. */
#include "apdu/base/ctx.h"
#include "apdu/trace/private.h"
#include <dmsc/secret.h>

/* Enough for all fields of the longest message in words. */
#define ARENA_MAX 131072u

enum dmsc_err dmsc_trace_new(struct dmsc_ctx *ctx, bool raw,
                             void (*step)(void *user, const struct dmsc_trace_step *step),
                             void *user, struct dmsc_trace **ret_trace)
{
    struct dmsc_trace *t = dmsci_alloc(ctx, sizeof(*t));

    if (t == NULL)
        return DMSC_E_NOMEM;
    t->ctx = ctx;
    t->step = step;
    t->user = user;
    t->mask.raw = raw;
    t->base_ms = -1;
    dmsc_buf_init(&t->title, ctx, 4096);
    dmsc_buf_init(&t->result, ctx, 4096);
    dmsc_buf_init(&t->arena, ctx, ARENA_MAX);
    *ret_trace = t;
    return DMSC_OK;
}

void dmsc_trace_free(struct dmsc_trace *trace)
{
    if (trace == NULL)
        return;
    dmsc_buf_clear(&trace->title);
    dmsc_buf_clear(&trace->result);
    dmsc_buf_clear(&trace->arena);
    dmsc_wipe(&trace->command, sizeof(trace->command));
    dmsc_wipe(&trace->answer, sizeof(trace->answer));
    dmsci_free(trace->ctx, trace);
}

static void forget(struct dmsc_trace *t)
{
    dmsc_buf_reset(&t->title);
    dmsc_buf_reset(&t->result);
    dmsc_buf_reset(&t->arena);
    t->count = t->lost = 0;
}

/* The texts have stopped moving: offsets become pointers. */
static void hand_on(struct dmsc_trace *t, struct dmsc_trace_step *step)
{
    const char *texts = dmsc_buf_str(&t->arena);

    for (size_t i = 0; i < t->count; i++)
        t->detail[i] = (struct dmsc_trace_detail){ t->found[i].depth, texts + t->found[i].name,
                                                   texts + t->found[i].value };
    step->detail = t->detail;
    step->details = t->count;
    if (t->lost > 0)
        t->detail[step->details++] =
            (struct dmsc_trace_detail){ 0, "more", "there are more fields than are kept" };
    step->title = dmsc_buf_str(&t->title);
    step->result = dmsc_buf_str(&t->result);
    t->step(t->user, step);
}

static struct dmsc_trace_step new_step(enum dmsc_trace_kind kind, unsigned line)
{
    return (struct dmsc_trace_step){
        .kind = kind, .line = line, .at_ms = -1, .ms = -1, .name = "", .title = "", .result = ""
    };
}

/* @param answer NULL: none came */
static enum dmsc_err exchange(struct dmsc_trace *t, const struct dmsci_trace_line *answer)
{
    struct dmsc_trace_step step = new_step(DMSC_TRACE_EXCHANGE, t->at_line);
    struct dmsc_bytes command = dmsc_bytes(t->command.bytes, t->command.n);
    enum dmsc_err err;

    forget(t);
    t->pending = false;
    t->answer = (struct dmsci_trace_line)DMSCI_TRACE_LINE_INIT;
    if (answer != NULL)
        t->answer = *answer;
    err = dmsci_trace_describe(t, answer != NULL && answer->kind == DMSCI_TRACE_ANSWER);
    if (err != DMSC_OK)
        return err;
    step.name = dmsci_trace_name(command);
    step.command = command;
    step.command_known = t->command.known;
    if (answer != NULL) {
        step.ms = answer->ms;
        if (answer->at_ms >= 0 && t->base_ms >= 0)
            step.at_ms = t->base_ms + answer->at_ms - (answer->ms > 0 ? answer->ms : 0);
        step.err = answer->err;
        step.answer = dmsc_bytes(t->answer.bytes, t->answer.n);
        step.answer_known = t->answer.known;
        if (answer->n >= 2)
            step.sw = (uint16_t)(answer->bytes[answer->n - 2] << 8 | answer->bytes[answer->n - 1]);
    }
    hand_on(t, &step);
    return DMSC_OK;
}

static enum dmsc_err power(struct dmsc_trace *t, const struct dmsci_trace_line *line)
{
    static const char *const titles[] = { "cold reset", "warm reset", "power off" };
    struct dmsc_trace_step step = new_step(DMSC_TRACE_POWER, t->line);
    enum dmsc_err err;

    forget(t);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(t->adf); i++)
        t->adf[i] = DMSCI_TRACE_ADF_NONE;
    t->origin_ins = 0;
    t->mask.answer = false;
    if (line->at_ms >= 0)
        t->base_ms = line->at_ms;
    step.at_ms = line->at_ms;
    step.err = line->err;
    t->answer = *line;
    step.answer = dmsc_bytes(t->answer.bytes, t->answer.n);
    step.answer_known = t->answer.known;
    step.name = line->kind == DMSCI_TRACE_ERROR ? "reset" : titles[line->kind - DMSCI_TRACE_COLD];
    err = dmsc_buf_append_str(&t->title, step.name);
    if (err == DMSC_OK && line->kind == DMSCI_TRACE_ERROR)
        err = dmsc_buf_append_str(&t->result, dmsc_err_text(line->err));
    else if (err == DMSC_OK && line->has_protocol)
        err = dmsc_buf_append_str(&t->result, line->protocol == DMSC_T1 ? "T=1" : "T=0");
    if (err == DMSC_OK)
        err = dmsci_trace_describe_atr(t);
    if (err == DMSC_OK)
        hand_on(t, &step);
    return err;
}

static enum dmsc_err note(struct dmsc_trace *t, const struct dmsci_trace_line *line)
{
    struct dmsc_trace_step step = new_step(DMSC_TRACE_NOTE, t->line);
    struct dmsc_bytes text = line->comment;
    enum dmsc_err err;

    if (text.n == 0)
        return DMSC_OK;
    forget(t);
    if (text.n > 1000)
        text.n = 1000;
    err = dmsc_buf_append(&t->title, text);
    for (size_t i = 0; err == DMSC_OK && i < t->title.n; i++)
        t->title.p[i] = t->title.p[i] < 0x20 ? '?' : t->title.p[i];
    if (err == DMSC_OK)
        hand_on(t, &step);
    return err;
}

static enum dmsc_err refuse(struct dmsc_trace *t, enum dmsc_err err)
{
    (void)dmsci_fail(t->ctx, DMSC_E_MALFORMED, "read the trace");
    dmsci_where(t->ctx, "line %u", t->line);
    if (err == DMSC_E_LIMIT)
        dmsci_why(t->ctx, "trace:line", "it has more bytes than a command");
    else
        dmsci_why(t->ctx, "trace:line", "neither a command, nor an answer, nor an event");
    dmsci_hint(t->ctx, "docs/traces.md has the form of a trace");
    return DMSC_E_MALFORMED;
}

static enum dmsc_err take(struct dmsc_trace *t, struct dmsci_trace_line *line)
{
    enum dmsc_err err = DMSC_OK;

    dmsci_trace_mask(&t->mask, line);
    switch (line->kind) {
    case DMSCI_TRACE_COMMAND:
        if (t->pending)
            err = exchange(t, NULL);
        t->command = *line;
        t->command.comment = dmsc_bytes(NULL, 0);
        t->pending = true;
        t->at_line = t->line;
        return err;
    case DMSCI_TRACE_ANSWER:
        return t->pending ? exchange(t, line) : refuse(t, DMSC_E_MALFORMED);
    case DMSCI_TRACE_ERROR:
        return t->pending ? exchange(t, line) : power(t, line);
    case DMSCI_TRACE_COLD:
    case DMSCI_TRACE_WARM:
    case DMSCI_TRACE_OFF:
        if (t->pending)
            err = exchange(t, NULL);
        return err == DMSC_OK ? power(t, line) : err;
    case DMSCI_TRACE_NOTHING:
    default:
        return note(t, line);
    }
}

enum dmsc_err dmsc_trace_line(struct dmsc_trace *trace, struct dmsc_bytes line)
{
    struct dmsci_trace_line parsed;
    enum dmsc_err err;

    trace->line++;
    err = dmsci_trace_parse(line, &parsed);
    err = err == DMSC_OK ? take(trace, &parsed) : refuse(trace, err);
    dmsc_wipe(&parsed, sizeof(parsed));
    return err;
}

enum dmsc_err dmsc_trace_end(struct dmsc_trace *trace)
{
    return trace->pending ? exchange(trace, NULL) : DMSC_OK;
}
