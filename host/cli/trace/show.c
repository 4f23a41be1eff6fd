/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cli/trace/show.h"
#include <string.h>

#define WIDTH      76 /* between the two lines of the chart */
#define HEX_SHOWN  24 /* bytes */
#define FIELDS_FEW 14

/* What comes from a card does not talk to the terminal. At most @p width characters. */
static int put_clean(FILE *out, const char *text, int width)
{
    int n = 0;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c & 0xC0) != 0x80 && n++ == width)
            return width;
        (void)fputc(c < 0x20 || c == 0x7F ? '?' : c, out);
    }
    return n;
}

/* @return characters written */
static int put_hex(FILE *out, struct dmsc_bytes bytes, const uint8_t *known, size_t most)
{
    size_t n = bytes.n < most ? bytes.n : most;

    for (size_t i = 0; i < n; i++) {
        if (known[i] != 0)
            (void)fprintf(out, "%02X", bytes.p[i]);
        else
            (void)fputs("**", out);
    }
    if (n < bytes.n)
        (void)fputs("..", out);
    return (int)(2 * n + (n < bytes.n ? 2 : 0));
}

static void fill(FILE *out, char c, int n)
{
    for (; n > 0; n--)
        (void)fputc(c, out);
}

static int64_t since_start(struct trace_view *view, int64_t at_ms)
{
    if (at_ms >= 0 && view->start_ms < 0)
        view->start_ms = at_ms;
    return at_ms >= 0 ? at_ms - view->start_ms : -1;
}

static void put_time(struct trace_view *view, int64_t at_ms)
{
    int64_t ms = since_start(view, at_ms);

    if (ms < 0)
        (void)fprintf(view->out, "%10s ", "");
    else
        (void)fprintf(view->out, "%6lld.%03d ", (long long)(ms / 1000), (int)(ms % 1000));
}

static void put_row(struct trace_view *view, const char *indent, const char *text)
{
    int n = (int)strlen(indent);

    (void)fprintf(view->out, "%10s |%s", "", indent);
    n += put_clean(view->out, text, WIDTH - n);
    fill(view->out, ' ', WIDTH - n);
    (void)fputs("|\n", view->out);
}

static void put_arrow(struct trace_view *view, bool to_card, struct dmsc_bytes bytes,
                      const uint8_t *known)
{
    FILE *out = view->out;
    int n = (int)(2 * (bytes.n < HEX_SHOWN ? bytes.n : HEX_SHOWN)) + (bytes.n > HEX_SHOWN ? 2 : 0);
    int left = (WIDTH - 4 - n) / 2;

    (void)fputs(to_card ? "|-" : "|<", out);
    fill(out, '-', left);
    (void)fputc(' ', out);
    (void)put_hex(out, bytes, known, HEX_SHOWN);
    (void)fputc(' ', out);
    fill(out, '-', WIDTH - 4 - n - left);
    (void)fputs(to_card ? ">|" : "-|", out);
}

static void put_details(struct trace_view *view, const struct dmsc_trace_step *step)
{
    size_t most = view->all ? step->details : FIELDS_FEW;

    for (size_t i = 0; i < step->details && i < most; i++) {
        const struct dmsc_trace_detail *d = &step->detail[i];
        char text[1200];

        (void)snprintf(text, sizeof(text), "%*s%s%s%s", 2 * (int)d->depth, "", d->name,
                       d->value[0] != '\0' ? ": " : "", d->value);
        put_row(view, "        ", text);
    }
    if (step->details > most) {
        char text[64];

        (void)snprintf(text, sizeof(text), "... and %zu more fields: -v shows all",
                       step->details - most);
        put_row(view, "        ", text);
    }
}

void trace_chart_begin(struct trace_view *view)
{
    (void)fprintf(view->out, "%10s host%*scard\n", "time, s", WIDTH - 6, "");
    (void)fprintf(view->out, "%10s |%*s|\n", "", WIDTH, "");
}

static void chart_power(struct trace_view *view, const struct dmsc_trace_step *step)
{
    char text[200];
    int n;

    (void)snprintf(text, sizeof(text), " %s%s%s ", step->title, step->result[0] != '\0' ? ", " : "",
                   step->result);
    put_time(view, step->at_ms);
    (void)fputs("|===", view->out);
    n = put_clean(view->out, text, WIDTH - 3);
    fill(view->out, '=', WIDTH - 3 - n);
    (void)fputs("|\n", view->out);
    put_details(view, step);
}

void trace_chart_step(struct trace_view *view, const struct dmsc_trace_step *step)
{
    view->exchanges += step->kind == DMSC_TRACE_EXCHANGE;
    view->resets += step->kind == DMSC_TRACE_POWER;
    if (step->kind == DMSC_TRACE_NOTE) {
        put_row(view, "  # ", step->title);
        return;
    }
    if (step->kind == DMSC_TRACE_POWER) {
        chart_power(view, step);
        return;
    }
    put_row(view, "  ", step->title);
    put_time(view, step->at_ms);
    put_arrow(view, true, step->command, step->command_known);
    (void)fputc('\n', view->out);
    if (step->answer.n > 0) {
        (void)fprintf(view->out, "%10s ", "");
        put_arrow(view, false, step->answer, step->answer_known);
        if (step->ms >= 0)
            (void)fprintf(view->out, " %lld ms", (long long)step->ms);
        (void)fputc('\n', view->out);
    }
    put_row(view, step->answer.n > 0 ? "      " : "    ! ", step->result);
    put_details(view, step);
}

void trace_chart_end(struct trace_view *view)
{
    (void)fprintf(view->out, "%10s |%*s|\n", "", WIDTH, "");
    (void)fprintf(view->out, "%lu exchanges, %lu resets\n", view->exchanges, view->resets);
}

/* A page without anything from elsewhere: no script, no font, no picture. */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        switch (c) {
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(c < 0x20 || c == 0x7F ? '?' : c, out);
        }
    }
}

void trace_html_begin(struct trace_view *view)
{
    (void)fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<title>",
        view->out);
    put_escaped(view->out, view->name);
    (void)fputs(
        "</title>\n<style>\n"
        "body { font: 14px/1.4 sans-serif; margin: 2em auto; max-width: 70em; color: #222; }\n"
        "table { border-collapse: collapse; width: 100%; }\n"
        "th, td { text-align: left; vertical-align: top; padding: .3em .6em; }\n"
        "tr { border-bottom: 1px solid #ddd; }\n"
        "code { font: 12px/1.5 monospace; overflow-wrap: anywhere; }\n"
        ".time { white-space: nowrap; color: #666; font-variant-numeric: tabular-nums; }\n"
        ".host { width: 45%; } .card { width: 45%; border-left: 2px solid #888; }\n"
        ".power { background: #eef3fa; } .note { color: #666; font-style: italic; }\n"
        ".refused .result { color: #a00; } summary { cursor: pointer; color: #246; }\n"
        "dl { margin: .3em 0; } dt, dd { display: inline; margin: 0; } dt { color: #555; }\n"
        ".d1 { margin-left: 1.5em; } .d2 { margin-left: 3em; } .d3 { margin-left: 4.5em; }\n"
        "</style>\n</head>\n<body>\n<h1>",
        view->out);
    put_escaped(view->out, view->name);
    (void)fputs(
        "</h1>\n<table>\n<thead><tr><th>time, s</th><th>host</th><th>card</th></tr></thead>\n"
        "<tbody>\n",
        view->out);
}

static void html_details(FILE *out, const struct dmsc_trace_step *step)
{
    if (step->details == 0)
        return;
    (void)fprintf(out, "<details><summary>%zu fields</summary>", step->details);
    for (size_t i = 0; i < step->details; i++) {
        const struct dmsc_trace_detail *d = &step->detail[i];

        (void)fprintf(out, "<dl class=\"d%u\"><dt>", d->depth < 3 ? d->depth : 3);
        put_escaped(out, d->name);
        (void)fputs("</dt> <dd>", out);
        put_escaped(out, d->value);
        (void)fputs("</dd></dl>", out);
    }
    (void)fputs("</details>", out);
}

/* Green words are not needed: what went well says so itself. */
static bool refused(const struct dmsc_trace_step *step)
{
    enum dmsc_sw_class class = dmsc_sw_class(step->sw);

    return step->kind == DMSC_TRACE_EXCHANGE &&
           (step->sw == 0 ||
            (!dmsc_sw_done(step->sw) && class != DMSC_SW_MORE && class != DMSC_SW_WARNING));
}

void trace_html_step(struct trace_view *view, const struct dmsc_trace_step *step)
{
    FILE *out = view->out;
    int64_t ms = since_start(view, step->at_ms);

    view->exchanges += step->kind == DMSC_TRACE_EXCHANGE;
    view->resets += step->kind == DMSC_TRACE_POWER;
    (void)fprintf(out, "<tr class=\"%s%s\"><td class=\"time\">",
                  step->kind == DMSC_TRACE_NOTE    ? "note"
                  : step->kind == DMSC_TRACE_POWER ? "power"
                                                   : "exchange",
                  refused(step) ? " refused" : "");
    if (ms >= 0)
        (void)fprintf(out, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
    (void)fputs("</td><td class=\"host\">", out);
    put_escaped(out, step->title);
    if (step->command.n > 0) {
        (void)fputs("<br><code>", out);
        (void)put_hex(out, step->command, step->command_known, step->command.n);
        (void)fputs("</code>", out);
    }
    (void)fputs("</td><td class=\"card\"><span class=\"result\">", out);
    put_escaped(out, step->result);
    (void)fputs("</span>", out);
    if (step->ms >= 0)
        (void)fprintf(out, " <span class=\"time\">%lld ms</span>", (long long)step->ms);
    if (step->answer.n > 0) {
        (void)fputs("<br><code>", out);
        (void)put_hex(out, step->answer, step->answer_known, step->answer.n);
        (void)fputs("</code>", out);
    }
    html_details(out, step);
    (void)fputs("</td></tr>\n", out);
}

void trace_html_end(struct trace_view *view)
{
    (void)fprintf(view->out,
                  "</tbody>\n</table>\n<p>%lu exchanges, %lu resets. Bytes shown as ** were masked."
                  "</p>\n</body>\n</html>\n",
                  view->exchanges, view->resets);
}

static json_t *hex_json(struct dmsc_bytes bytes, const uint8_t *known)
{
    char text[2 * DMSC_CAPDU_MAX + 1];
    size_t n = 0;

    for (size_t i = 0; i < bytes.n && n + 2 < sizeof(text); i++, n += 2)
        (void)snprintf(text + n, sizeof(text) - n, known[i] != 0 ? "%02X" : "**", bytes.p[i]);
    return json_stringn(text, n);
}

json_t *trace_json_step(const struct dmsc_trace_step *step)
{
    static const char *const kinds[] = { "exchange", "power", "note" };
    json_t *details = json_array();
    json_t *o = json_pack("{s:s,s:i,s:o}", "kind", kinds[step->kind], "line", (int)step->line,
                          "title", cli_text(step->title));

    for (size_t i = 0; i < step->details; i++)
        (void)json_array_append_new(details,
                                    json_pack("{s:i,s:o,s:o}", "depth", (int)step->detail[i].depth,
                                              "name", cli_text(step->detail[i].name), "value",
                                              cli_text(step->detail[i].value)));
    if (step->at_ms >= 0)
        (void)json_object_set_new(o, "at_ms", json_integer(step->at_ms));
    if (step->ms >= 0)
        (void)json_object_set_new(o, "ms", json_integer(step->ms));
    if (step->kind == DMSC_TRACE_EXCHANGE) {
        (void)json_object_set_new(o, "name", cli_text(step->name));
        (void)json_object_set_new(o, "command", hex_json(step->command, step->command_known));
    }
    if (step->answer.n > 0)
        (void)json_object_set_new(o, step->kind == DMSC_TRACE_POWER ? "atr" : "answer",
                                  hex_json(step->answer, step->answer_known));
    if (step->result[0] != '\0')
        (void)json_object_set_new(o, "result", cli_text(step->result));
    if (step->sw != 0)
        (void)json_object_set_new(o, "sw", json_sprintf("%04X", step->sw));
    if (step->err != DMSC_OK)
        (void)json_object_set_new(o, "error", json_string(dmsc_err_name(step->err)));
    if (step->details > 0)
        (void)json_object_set(o, "fields", details);
    json_decref(details);
    return o;
}
