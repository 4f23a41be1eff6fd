/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a trace as a sequence chart, as a page, as JSON. */
#ifndef DMSC_CLI_TRACE_SHOW_H
#define DMSC_CLI_TRACE_SHOW_H

#include "host/cli/cli.h"
#include <dmsc/trace.h>
#include <stdio.h>

struct trace_view {
    FILE *out;
    const char *name; /* of the trace */
    bool all;         /* every field, not the first ones */
    int64_t start_ms; /* of the first step with a time; -1 before */
    unsigned long exchanges, resets;
};

void trace_chart_begin(struct trace_view *view);
void trace_chart_step(struct trace_view *view, const struct dmsc_trace_step *step);
void trace_chart_end(struct trace_view *view);

void trace_html_begin(struct trace_view *view);
void trace_html_step(struct trace_view *view, const struct dmsc_trace_step *step);
void trace_html_end(struct trace_view *view);

json_t *trace_json_step(const struct dmsc_trace_step *step);

#endif
