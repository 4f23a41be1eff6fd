/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc trace: what a recorded trace says, and as packets for Wireshark. */
#include "host/cli/trace/show.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A pcapng file grows in the file, not in memory. */
#define CHUNK_MAX (1u << 20)
/* A command has 522 digits; the rest is comment. */
#define LINE_MAX_BYTES (1u << 16)

struct listener {
    struct cli *cli;
    struct trace_view view;
    void (*step)(struct trace_view *view, const struct dmsc_trace_step *step);
    json_t *steps; /* --json */
    struct dmsc_buf packets;
    struct dmsc_trace_pcapng pcapng;
    enum dmsc_err err;
};

static enum dmsc_err io_error(struct cli *cli, const char *what, const char *path)
{
    (void)cli_fail(cli, DMSC_E_IO, what, strerror(errno), "");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", path);
    return DMSC_E_IO;
}

static void on_step(void *user, const struct dmsc_trace_step *step)
{
    struct listener *l = user;

    if (l->steps != NULL)
        (void)json_array_append_new(l->steps, trace_json_step(step));
    else
        l->step(&l->view, step);
}

static enum dmsc_err flush(struct listener *l)
{
    if (fwrite(l->packets.p, 1, l->packets.n, l->view.out) != l->packets.n)
        return io_error(l->cli, "write the packets", "");
    dmsc_buf_reset(&l->packets);
    return DMSC_OK;
}

static void on_packet(void *user, const struct dmsc_trace_step *step)
{
    struct listener *l = user;

    if (l->err == DMSC_OK)
        l->err = dmsc_trace_pcapng_step(&l->pcapng, step, &l->packets);
    if (l->err == DMSC_OK)
        l->err = flush(l);
}

/* Hand on the whole lines that are there; at the end of the file also one without an end. */
static enum dmsc_err take_lines(struct listener *l, struct dmsc_trace *trace, struct dmsc_buf *text,
                                bool end)
{
    enum dmsc_err err = DMSC_OK;
    size_t at = 0;

    while (err == DMSC_OK && l->err == DMSC_OK && at < text->n) {
        const uint8_t *stop = memchr(text->p + at, '\n', text->n - at);
        size_t n = stop != NULL ? (size_t)(stop - text->p) - at : text->n - at;

        if (stop == NULL && !end)
            break;
        err = dmsc_trace_line(trace, dmsc_bytes(text->p + at, n));
        at += n + (stop != NULL);
    }
    dmsc_buf_consume(text, at);
    return err != DMSC_OK ? err : l->err;
}

static enum dmsc_err read_lines(struct listener *l, FILE *file, struct dmsc_trace *trace)
{
    struct dmsc_buf text;
    enum dmsc_err err = DMSC_OK;
    size_t got = 1;

    dmsc_buf_init(&text, l->cli->ctx, LINE_MAX_BYTES);
    while (err == DMSC_OK && got > 0) {
        size_t room = LINE_MAX_BYTES - text.n < 4096 ? LINE_MAX_BYTES - text.n : 4096;
        uint8_t *p;

        if (room == 0) {
            err = cli_fail(l->cli, DMSC_E_MALFORMED, "read the trace", "a line of it has no end",
                           "docs/traces.md has the form of a trace");
            break;
        }
        err = dmsc_buf_reserve(&text, room, &p);
        if (err != DMSC_OK)
            break;
        got = fread(p, 1, room, file);
        dmsc_buf_commit(&text, got);
        err = take_lines(l, trace, &text, got == 0);
    }
    if (err == DMSC_OK && ferror(file))
        err = io_error(l->cli, "read the trace", l->view.name);
    if (err == DMSC_OK)
        err = dmsc_trace_end(trace);
    dmsc_buf_clear(&text);
    return err != DMSC_OK ? err : l->err;
}

static enum dmsc_err read_trace(struct listener *l,
                                void (*step)(void *user, const struct dmsc_trace_step *step))
{
    struct cli *cli = l->cli;
    bool standard = strcmp(l->view.name, "-") == 0;
    FILE *file = standard ? stdin : fopen(l->view.name, "re");
    struct dmsc_trace *trace = NULL;
    enum dmsc_err err;

    if (file == NULL) {
        err = io_error(cli, "read the trace", l->view.name);
        (void)snprintf(cli->story.hint, sizeof(cli->story.hint),
                       "record one: dmsc card info --trace FILE");
        return err;
    }
    err = dmsc_trace_new(cli->ctx, cli->option[OPT_RAW] != NULL, step, l, &trace);
    if (err == DMSC_OK)
        err = read_lines(l, file, trace);
    dmsc_trace_free(trace);
    if (!standard)
        (void)fclose(file);
    return err;
}

/* For its owner alone when it shows PINs. */
static enum dmsc_err open_out(struct cli *cli, FILE **ret_file)
{
    const char *path = cli->option[OPT_OUT];
    int fd;

    *ret_file = stdout;
    if (path == NULL)
        return DMSC_OK;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              cli->option[OPT_RAW] != NULL ? 0600 : 0666);
    *ret_file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (*ret_file != NULL)
        return DMSC_OK;
    if (fd >= 0)
        (void)close(fd);
    return io_error(cli, "write the file", path);
}

static enum dmsc_err close_out(struct cli *cli, FILE *file, enum dmsc_err err)
{
    bool failed = ferror(file) != 0;

    if (file != stdout)
        failed = fclose(file) != 0 || failed;
    if (err == DMSC_OK && failed)
        err = io_error(cli, "write the file",
                       cli->option[OPT_OUT] != NULL ? cli->option[OPT_OUT] : "");
    return err;
}

static enum dmsc_err show_json(struct listener *l)
{
    enum dmsc_err err;

    l->steps = json_array();
    err = read_trace(l, on_step);
    if (err == DMSC_OK)
        return cli_json(l->cli, l->steps);
    json_decref(l->steps);
    return err;
}

static enum dmsc_err run_show(struct cli *cli)
{
    bool html = cli->option[OPT_HTML] != NULL;
    struct listener l = { .cli = cli, .view = { .name = cli->argument[0], .start_ms = -1 } };
    enum dmsc_err err;

    if (cli->json && (html || cli->option[OPT_OUT] != NULL))
        return cli_fail(cli, DMSC_E_ARG, "show the trace",
                        "--json goes with neither --html nor --out", "dmsc trace show FILE --json");
    if (cli->json)
        return show_json(&l);
    err = open_out(cli, &l.view.out);
    if (err != DMSC_OK)
        return err;
    l.view.all = cli->verbose > 0;
    l.step = html ? trace_html_step : trace_chart_step;
    (html ? trace_html_begin : trace_chart_begin)(&l.view);
    err = read_trace(&l, on_step);
    if (err == DMSC_OK)
        (html ? trace_html_end : trace_chart_end)(&l.view);
    return close_out(cli, l.view.out, err);
}

static enum dmsc_err run_export(struct cli *cli)
{
    struct listener l = { .cli = cli, .view = { .name = cli->argument[0], .start_ms = -1 } };
    enum dmsc_err err;

    if (cli->option[OPT_PCAPNG] == NULL)
        return cli_fail(cli, DMSC_E_ARG, "export the trace", "the form is not said", "--pcapng");
    if (cli->option[OPT_OUT] == NULL && (cli->json || isatty(STDOUT_FILENO)))
        return cli_fail(cli, DMSC_E_ARG, "export the trace",
                        "packets are no text: they go to a file", "--out FILE");
    err = open_out(cli, &l.view.out);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&l.packets, cli->ctx, CHUNK_MAX);
    err = dmsc_trace_pcapng_begin(&l.packets, "dmsc " DMSC_VERSION);
    if (err == DMSC_OK)
        err = flush(&l);
    if (err == DMSC_OK)
        err = read_trace(&l, on_packet);
    dmsc_buf_clear(&l.packets);
    err = close_out(cli, l.view.out, err);
    if (err == DMSC_OK && cli->json)
        err = cli_json(cli, json_pack("{s:s}", "file", cli->option[OPT_OUT]));
    return err;
}

const struct cli_command cli_trace_commands[] = {
    { "trace", "show", "FILE", 1, 1, 0,
      CLI_OPTION(OPT_HTML) | CLI_OPTION(OPT_OUT) | CLI_OPTION(OPT_RAW), run_show,
      "show a trace as a sequence chart",
      "Host and card as columns, commands and files by name, FCP and USAT decoded. --html writes a "
      "page\n"
      "that needs nothing else and can be sent to a colleague, --json the steps with all their "
      "fields.\n"
      "PINs, keys and results of AUTHENTICATE are masked, also when the trace has them; --raw "
      "shows\n"
      "them. - reads standard input, -v shows every field.\n\n"
      "  dmsc card info --trace trace.txt\n"
      "  dmsc trace show trace.txt" },
    { "trace", "export", "FILE", 1, 1, 0,
      CLI_OPTION(OPT_PCAPNG) | CLI_OPTION(OPT_OUT) | CLI_OPTION(OPT_RAW), run_export,
      "write a trace as packets for Wireshark",
      "--pcapng: GSMTAP SIM frames in UDP to port 4729, with the times of the trace. What is "
      "masked "
      "in\n"
      "the trace, and what is masked now, stands as bytes 2A, and the packet's comment says how "
      "many.\n\n"
      "  dmsc trace export trace.txt --pcapng --out trace.pcapng\n"
      "  tshark -r trace.pcapng" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
