/* SPDX-License-Identifier: Apache-2.0 */
/* Traces come from files: what is read can be written, masked or not, and then stays as it is. */
#include "apdu/trace/mask.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_line(const struct dmsci_trace_line *line, char *text, size_t size)
{
    struct dmsc_wr w = dmsc_wr(text, size);

    dmsci_trace_format(line, &w);
    assert(!w.bad && memchr(text, '\n', w.n) == NULL);
    return w.n;
}

static void one_line(struct dmsc_bytes text, struct dmsci_trace_mask *mask)
{
    struct dmsci_trace_line line, again;
    char *first = malloc(text.n + DMSCI_TRACE_TEXT_MAX);
    char *second = malloc(text.n + DMSCI_TRACE_TEXT_MAX);
    size_t n;

    assert(first != NULL && second != NULL);
    if (dmsci_trace_parse(text, &line) == DMSC_OK) {
        assert(line.n <= sizeof(line.bytes));
        for (size_t i = 0; i < line.n; i++)
            assert(line.known[i] == 0xFF || (line.known[i] == 0 && line.bytes[i] == 0));
        dmsci_trace_mask(mask, &line);
        assert(dmsci_trace_name(dmsc_bytes(line.bytes, line.n)) != NULL);
        n = write_line(&line, first, text.n + DMSCI_TRACE_TEXT_MAX);
        assert(dmsci_trace_parse(dmsc_bytes(first, n), &again) == DMSC_OK);
        assert(again.kind == line.kind && again.n == line.n && again.err == line.err);
        assert(write_line(&again, second, text.n + DMSCI_TRACE_TEXT_MAX) == n);
        assert(memcmp(first, second, n) == 0);
    }
    free(second);
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_trace_mask mask = { .concealed = size % 2 == 1 };
    size_t at = 0;

    while (at < size) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t n = end != NULL ? (size_t)(end - data) - at : size - at;

        one_line(dmsc_bytes(data + at, n), &mask);
        at += n + 1;
    }
    return 0;
}
