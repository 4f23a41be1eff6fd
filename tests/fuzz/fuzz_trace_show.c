/* SPDX-License-Identifier: Apache-2.0 */
/* A trace that somebody sent: every line is read, every step can be shown and exported. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/trace.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
    struct dmsc_buf file;
    struct dmsc_trace_pcapng pcapng;
};

static void step(void *user, const struct dmsc_trace_step *s)
{
    struct sink *sink = user;

    assert(s->line > 0 && s->title[0] != '\0');
    assert(s->kind != DMSC_TRACE_EXCHANGE || (s->command.n >= 4 && s->result[0] != '\0'));
    for (size_t i = 0; i < s->details; i++)
        assert(s->detail[i].depth < 8 &&
               strlen(s->detail[i].name) + strlen(s->detail[i].value) > 0);
    if (dmsc_trace_pcapng_step(&sink->pcapng, s, &sink->file) != DMSC_OK)
        dmsc_buf_reset(&sink->file);
    assert(sink->file.n % 4 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_trace *trace = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct sink sink = { .pcapng = DMSC_TRACE_PCAPNG_INIT };
    size_t at = 0;

    assert(dmsc_ctx_new(NULL, &ctx) == DMSC_OK);
    dmsc_buf_init(&sink.file, ctx, 65536);
    assert(dmsc_trace_new(ctx, size % 2 == 0, step, &sink, &trace) == DMSC_OK);
    while (at < size) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t n = end != NULL ? (size_t)(end - data) - at : size - at;
        enum dmsc_err err = dmsc_trace_line(trace, dmsc_bytes(data + at, n));

        assert(err == DMSC_OK || err == DMSC_E_MALFORMED);
        at += n + 1;
    }
    assert(dmsc_trace_end(trace) == DMSC_OK);
    dmsc_trace_free(trace);
    dmsc_buf_clear(&sink.file);
    dmsc_ctx_free(ctx);
    return 0;
}
