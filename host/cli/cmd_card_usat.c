/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc card usat: the card's toolkit, served and shown as it happens. */
#include "host/cli/cli.h"
#include <dmsc/cat.h>
#include <dmsc/usat_describe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONGEST_S 31536000

struct show {
    struct cli *cli;
    unsigned answered, refused;
};

/* One object a line, at once: somebody may be following. Takes @p line. */
static void put(const struct show *show, json_t *line)
{
    if (show->cli->json && line != NULL) {
        (void)json_object_set_new(line, "time", cli_time((int64_t)time(NULL)));
        (void)json_dumpf(line, stdout, JSON_COMPACT);
        (void)putchar('\n');
    }
    (void)fflush(stdout);
    json_decref(line);
}

static json_t *paths_of(struct cli *cli, const struct dmsc_refresh *refresh)
{
    struct dmsc_rd r = dmsc_rd(refresh->files);
    json_t *paths = json_array();
    struct dmsc_bytes path;

    while (dmsc_refresh_next(&r, &path))
        (void)json_array_append_new(paths, cli_hex(cli, path));
    return paths;
}

/* What has to be read again, as words. */
static void say_refresh(const struct show *show, const struct dmsc_refresh *refresh,
                        const json_t *paths)
{
    size_t i;
    json_t *path;

    if (refresh->mode == 0x04)
        cli_say(show->cli, "    the card was reset, the toolkit begins again");
    else if (refresh->everything)
        cli_say(show->cli, "    every file is to be read again");
    json_array_foreach(paths, i, path)
        cli_say(show->cli, "    to be read again: %s", json_string_value(path));
}

static void add_refresh(const struct show *show, json_t *line, const struct dmsc_refresh *refresh)
{
    json_t *paths = paths_of(show->cli, refresh);

    say_refresh(show, refresh, paths);
    (void)json_object_set_new(line, "refresh",
                              json_pack("{s:b,s:b,s:b,s:o,s:o}", "reset", refresh->mode == 0x04,
                                        "everything", refresh->everything, "initialise",
                                        refresh->initialise, "files", paths, "aid",
                                        cli_hex(show->cli, refresh->aid)));
}

/* Name, qualifier and result. The content is for nobody's eyes: it may be a password. */
static void seen(void *user, const struct dmsc_proactive *command)
{
    struct show *show = user;
    const char *name = dmsc_usat_command_name(command->type);
    const char *text = dmsc_usat_result_name(command->result);
    char info[8] = "";
    json_t *line;

    name = name != NULL ? name : "unknown type";
    text = text != NULL ? text : "unknown result";
    if (command->has_info)
        (void)snprintf(info, sizeof(info), " %02X", command->info);
    show->answered += command->result < 0x20;
    show->refused += command->result >= 0x20;
    cli_say(show->cli, "%3u  %02X %02X  %-26s  %02X%s  %s", command->number, command->type,
            command->qualifier, name, command->result, info, text);
    line = json_pack("{s:i,s:o,s:s,s:o,s:o,s:s}", "number", (int)command->number, "type",
                     json_sprintf("%02X", command->type), "name", name, "qualifier",
                     json_sprintf("%02X", command->qualifier), "result",
                     json_sprintf("%02X", command->result), "text", text);
    if (command->has_info && line != NULL)
        (void)json_object_set_new(line, "info", json_sprintf("%02X", command->info));
    if (command->refresh != NULL && line != NULL)
        add_refresh(show, line, command->refresh);
    put(show, line);
}

/* --for SECONDS; -1 without. */
static enum dmsc_err duration(struct cli *cli, int64_t *ret_ms)
{
    const char *text = cli->option[OPT_FOR];
    char *end = NULL;
    unsigned long s;

    *ret_ms = -1;
    if (text == NULL)
        return DMSC_OK;
    s = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || s == 0 || s > LONGEST_S)
        return cli_fail(cli, DMSC_E_ARG, "serve the card's toolkit",
                        "--for is a number of seconds, 1 to 31536000", "dmsc card usat --for 60");
    *ret_ms = (int64_t)s * 1000;
    return DMSC_OK;
}

static enum dmsc_err serve(struct cli *cli, int64_t for_ms)
{
    struct show show = { .cli = cli };
    const struct dmsc_cat_watch watch = { .seen = seen, .go_on = cli_go_on, .user = &show };
    const struct sigaction action = { .sa_handler = cli_interrupt };
    enum dmsc_err err = dmsc_uicc_terminal_profile(cli->uicc);

    if (err != DMSC_OK)
        return err;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    cli_say(cli, "%3s  %-5s  %-26s  %s", "NO", "TYPE", "COMMAND", "RESULT");
    (void)fflush(stdout);
    err = dmsc_uicc_run(cli->uicc, for_ms, &watch);
    if (err != DMSC_OK)
        return err;
    cli_say(cli, "%u commands done, %u refused", show.answered, show.refused);
    put(&show, json_pack("{s:i,s:i}", "done", (int)show.answered, "refused", (int)show.refused));
    return DMSC_OK;
}

static enum dmsc_err run_usat(struct cli *cli)
{
    struct dmsc_cat_config config;
    int64_t for_ms = -1;
    enum dmsc_err err = duration(cli, &for_ms);

    dmsc_config_cat(&cli->config, &config);
    if (err == DMSC_OK)
        err = dmsc_uicc_cat_configure(cli->uicc, &config);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(cli->uicc);
    return err == DMSC_OK ? serve(cli, for_ms) : err;
}

const struct cli_command cli_card_usat_commands[] = {
    { "card", "usat", "", 0, 0, CLI_NEEDS_LINK | CLI_CHANGES, CLI_OPTION(OPT_FOR), run_usat,
      "serve the card's toolkit and show it",
      "Begins a toolkit session, answers the card's proactive commands and shows each with its\n"
      "result, polls the card as it asked, and ends after --for or on Ctrl-C. What is served\n"
      "beyond the default is in [usat] of the configuration; all else is answered \"beyond the\n"
      "terminal's capabilities\". With --json each command is one object on a line of its own.\n\n"
      "  dmsc card usat --for 60" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
