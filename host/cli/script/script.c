/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card script: run a card script and report what the card did. */
#include "host/cli/script/report.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct listener {
    json_t *lines;
    const char *file; /* the last one that was told */
    bool quiet;
};

static void on_event(void *user, const struct dmsc_script_event *event)
{
    struct listener *l = user;

    (void)json_array_append_new(l->lines, cli_report_line(event));
    if (!l->quiet)
        cli_report_show(event, &l->file);
}

/* Ctrl-C: the line at hand is ended, the report written, the card left reset. */
static bool stop(void *user)
{
    return !cli_go_on(user);
}

/* For its owner alone when it shows PINs. */
static enum dmsc_err open_out(struct cli *cli, const char *path, FILE **ret_file)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                  cli->option[OPT_RAW] != NULL ? 0600 : 0666);

    *ret_file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (*ret_file != NULL)
        return DMSC_OK;
    (void)cli_fail(cli, DMSC_E_IO, "write the report", strerror(errno), "--out names a file");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", path);
    if (fd >= 0)
        (void)close(fd);
    return DMSC_E_IO;
}

static enum dmsc_err write_report(struct cli *cli, cli_report_writer write, FILE *file,
                                  const json_t *report)
{
    enum dmsc_err err = write(file != NULL ? file : stdout, report);

    if (file != NULL && fclose(file) != 0)
        err = DMSC_E_IO;
    if (err != DMSC_OK)
        return cli_fail(cli, err, "write the report", strerror(errno), "");
    return DMSC_OK;
}

static long now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static json_t *make_report(const struct cli *cli, const struct dmsc_script_result *result,
                           enum dmsc_err err, long ms, json_t *lines)
{
    const char *word = result->stopped                        ? "stopped"
                       : result->failed > 0                   ? "failed"
                       : result->broken > 0 || err != DMSC_OK ? "broken"
                                                              : "passed";

    return json_pack("{s:o,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:O}", "script", cli_text(cli->argument[0]),
                     "link", cli->link_spec, "result", word, "commands",
                     (json_int_t)result->commands, "passed", (json_int_t)result->passed, "failed",
                     (json_int_t)result->failed, "broken", (json_int_t)result->broken, "ms",
                     (json_int_t)ms, "lines", lines);
}

static void sum_up(const struct cli *cli, const struct dmsc_script_result *r)
{
    cli_say(cli, "%lu commands: %lu passed, %lu failed%s", r->commands, r->passed, r->failed,
            r->stopped ? ", stopped" : "");
    if (r->broken > 0)
        cli_say(cli, "%lu could not be done", r->broken);
}

static enum dmsc_err run_script(struct cli *cli, const struct dmsc_script *script,
                                cli_report_writer write, FILE *file)
{
    struct sigaction action = { .sa_handler = cli_interrupt }, before;
    struct dmsc_script_options options = DMSC_SCRIPT_OPTIONS_INIT;
    struct listener listener = { .lines = json_array() };
    struct dmsc_script_result result;
    long start = now_ms();
    json_t *report;
    enum dmsc_err err, written = DMSC_OK;

    listener.quiet = cli->json || (write != NULL && file == NULL);
    options.all = cli->option[OPT_ALL] != NULL;
    options.raw = cli->option[OPT_RAW] != NULL;
    options.event = on_event;
    options.stop = stop;
    options.user = &listener;
    (void)sigaction(SIGINT, &action, &before);
    err = dmsc_script_run(script, dmsc_uicc_link(cli->uicc), &options, &result);
    (void)sigaction(SIGINT, &before, NULL);
    report = make_report(cli, &result, err, now_ms() - start, listener.lines);
    json_decref(listener.lines);
    if (report == NULL)
        err = DMSC_E_NOMEM;
    else if (write != NULL)
        written = write_report(cli, write, file, report);
    if (!listener.quiet)
        sum_up(cli, &result);
    /* With --json a failure of the card is part of the report: its line says it. */
    if (written == DMSC_OK && cli->json && write == NULL && result.broken > 0 && report != NULL)
        err = DMSC_OK;
    if (err == DMSC_OK && written == DMSC_OK && write == NULL)
        written = cli_json(cli, json_incref(report));
    json_decref(report);
    if (err == DMSC_OK && (result.failed > 0 || result.broken > 0 || result.stopped))
        cli->exit = CLI_FAILED;
    return err != DMSC_OK ? err : written;
}

/* The script is read, and the report can be written, before the card is touched. */
static enum dmsc_err run_card_script(struct cli *cli)
{
    const char *name = cli->option[OPT_REPORT], *out = cli->option[OPT_OUT];
    cli_report_writer write = name != NULL ? cli_report_find(name) : NULL;
    struct dmsc_script *script = NULL;
    FILE *file = NULL;
    enum dmsc_err err;

    if (name != NULL && write == NULL)
        return cli_fail(cli, DMSC_E_ARG, "write the report", "there is no such form of a report",
                        "--report tap, --report junit or --report json");
    if (out != NULL && write == NULL)
        return cli_fail(cli, DMSC_E_ARG, "write the report", "--out wants --report FORM too",
                        "--report tap, --report junit or --report json");
    if (cli->json && write != NULL && out == NULL)
        return cli_fail(cli, DMSC_E_ARG, "write the report",
                        "--json and a report both want standard output", "--out FILE");
    err = dmsc_script_load(cli->ctx, cli->argument[0], &script);
    if (err == DMSC_OK && out != NULL)
        err = open_out(cli, out, &file);
    if (err == DMSC_OK)
        err = run_script(cli, script, write, file);
    dmsc_script_free(script);
    return err;
}

const struct cli_command cli_script_commands[] = {
    { "card", "script", "FILE", 1, 1, CLI_NEEDS_LINK | CLI_CHANGES,
      CLI_OPTION(OPT_ALL) | CLI_OPTION(OPT_REPORT) | CLI_OPTION(OPT_OUT) | CLI_OPTION(OPT_RAW),
      run_card_script, "run a card script",
      "The PCOM dialect of SIM vendors (.POWER_ON, .DEFINE, .CALL, %NAME, W(2;1), [expected], "
      "(9000,\n"
      "91XX)) or plain hex, one command a line; docs/scripts.md is the reference. The first line "
      "that\n"
      "does not do what is expected ends the run; with --all it goes on. PINs, keys and results "
      "of\n"
      "AUTHENTICATE are shown as \"**\", unless --raw is given. The exit status is 0 when all went "
      "as\n"
      "expected and 1 when not.\n\n"
      "  dmsc card script smoke.pcom --link sim:card-scripts/example.json\n"
      "  dmsc card script smoke.pcom --all --report junit --out smoke.xml" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
