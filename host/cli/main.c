/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc: one table of commands, global options, help. */
#include "host/cli/cli.h"
#include "host/cli/help.h"
#include <dmsc/sim.h>
#include <dmsc/uicc_admin.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct dmsc_link_driver *const drivers[] = { &dmsc_sim_link_driver, NULL };

#define GETOPT_OWN 1000
enum {
    OPT_LINK = GETOPT_OWN + OPT_COUNT,
    OPT_CONFIG,
    OPT_JSON,
    OPT_TRACE,
    OPT_TRACE_RAW,
    OPT_VERSION
};

struct globals {
    const char *config;
    const char *link;
    const char *trace;
    bool trace_raw;
    bool help;
    bool version;
};

static void log_line(void *user, enum dmsc_level level, const char *area, const char *text)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };

    (void)user;
    (void)fprintf(stderr, "dmsc: %s: %s: %s\n", names[level], area, text);
}

static void trace_line(void *user, const char *text)
{
    FILE *file = user;

    (void)fprintf(file, "%s\n", text);
    (void)fflush(file);
}

static enum cli_exit usage(struct cli *cli, const char *text, const char *word)
{
    char why[160];

    (void)snprintf(why, sizeof(why), "%s%s%.100s", text, word[0] != '\0' ? ": " : "", word);
    return cli_error(cli, cli_fail(cli, DMSC_E_ARG, "understand the command line", why,
                                   "dmsc --help, dmsc NOUN --help, dmsc NOUN VERB --help"));
}

static enum cli_exit wrong_count(struct cli *cli, const struct cli_command *c)
{
    char why[160], hint[80];

    (void)snprintf(why, sizeof(why), "wrong number of arguments, it wants: %s",
                   c->arguments[0] != '\0' ? c->arguments : "none");
    (void)snprintf(hint, sizeof(hint), "dmsc %s%s%s --help", c->noun, c->verb != NULL ? " " : "",
                   c->verb != NULL ? c->verb : "");
    return cli_error(cli, cli_fail(cli, DMSC_E_ARG, "understand the command line", why, hint));
}

static bool store_option(struct cli *cli, struct globals *g, int value, const char *argument)
{
    if (value >= GETOPT_OWN && value < GETOPT_OWN + OPT_COUNT) {
        cli->option[value - GETOPT_OWN] = argument != NULL ? argument : "";
        return true;
    }
    switch (value) {
    case OPT_LINK:
        g->link = argument;
        return true;
    case OPT_CONFIG:
        g->config = argument;
        return true;
    case OPT_JSON:
        cli->json = true;
        return true;
    case OPT_TRACE:
        g->trace = argument;
        return true;
    case OPT_TRACE_RAW:
        g->trace_raw = true;
        return true;
    case 'v':
        cli->verbose++;
        return true;
    case 'h':
        g->help = true;
        return true;
    case OPT_VERSION:
        g->version = true;
        return true;
    default:
        return false;
    }
}

static bool parse_options(struct cli *cli, struct globals *g, int argc, char **argv)
{
    struct option all[OPT_COUNT + 8] = { { NULL, 0, NULL, 0 } };
    const struct option global[] = {
        { "link", required_argument, NULL, OPT_LINK },
        { "config", required_argument, NULL, OPT_CONFIG },
        { "json", no_argument, NULL, OPT_JSON },
        { "trace", required_argument, NULL, OPT_TRACE },
        { "trace-raw", no_argument, NULL, OPT_TRACE_RAW },
        { "version", no_argument, NULL, OPT_VERSION },
        { "help", no_argument, NULL, 'h' },
    };
    size_t n = 0;
    int value;

    for (int i = 0; i < OPT_COUNT; i++)
        all[n++] =
            (struct option){ cli_options[i].name,
                             cli_options[i].argument != NULL ? required_argument : no_argument,
                             NULL, GETOPT_OWN + i };
    for (size_t i = 0; i < sizeof(global) / sizeof(global[0]); i++)
        all[n++] = global[i];
    opterr = 0; /* it is told as every other failure is */
    while ((value = getopt_long(argc, argv, ":vh", all, NULL)) != -1) {
        if (!store_option(cli, g, value, optarg)) {
            (void)usage(cli,
                        value == ':' ? "this option wants an argument" : "there is no such option",
                        argv[optind - 1]);
            return false;
        }
    }
    return true;
}

/* An option that the command does not know must not be passed over in silence. */
static const char *foreign_option(const struct cli *cli, const struct cli_command *c)
{
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        if (cli->option[i] != NULL && (c->options >> i & 1) == 0)
            return cli_options[i].name;
    }
    return NULL;
}

/* Make each folder above a file, for this user alone. */
static bool make_folders(char *path)
{
    for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        bool made;

        *p = '\0';
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *p = '/';
        if (!made)
            return false;
    }
    return true;
}

/* @p a and @p b behind each other; "" when there is no memory for it. */
static const char *join(struct dmsc_buf *buf, const char *a, const char *b)
{
    dmsc_buf_reset(buf);
    if (dmsc_buf_append_str(buf, a) != DMSC_OK || dmsc_buf_append_str(buf, b) != DMSC_OK)
        dmsc_buf_reset(buf);
    return dmsc_buf_str(buf);
}

/* Where state belongs: the XDG state folder, or /var/lib for root. */
static enum dmsc_err default_store(struct cli *cli, struct dmsc_buf *path)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && state[0] == '/')
        (void)join(path, state, "/dmsc/dmsc.db");
    else if (geteuid() == 0 || home == NULL)
        (void)join(path, "/var/lib", "/dmsc/dmsc.db");
    else
        (void)join(path, home, "/.local/state/dmsc/dmsc.db");
    if (path->n == 0)
        return DMSC_E_NOMEM;
    if (!make_folders((char *)path->p))
        return cli_fail(cli, DMSC_E_IO, "make the folder of the store", strerror(errno),
                        "name a file of yours: [store] path in the configuration");
    cli->config.store = (char *)path->p;
    return DMSC_OK;
}

static enum dmsc_err load_config(struct cli *cli, const char *given)
{
    const char *home = getenv("HOME");
    const char *path = given;
    struct dmsc_buf own;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&own, cli->ctx, 4096);
    if (path == NULL && home != NULL &&
        access(join(&own, home, "/.config/dmsc/dmsc.conf"), R_OK) == 0)
        path = dmsc_buf_str(&own);
    if (path == NULL && access("/etc/dmsc/dmsc.conf", R_OK) == 0)
        path = "/etc/dmsc/dmsc.conf";
    if (path != NULL)
        err = cli_hint(cli, dmsc_config_load(cli->ctx, path, &cli->config),
                       "--config names a file that you can read; man dmsc.conf explains it");
    dmsc_buf_clear(&own);
    return err;
}

/* For its owner alone: --trace-raw writes PINs. */
static enum dmsc_err open_trace(struct cli *cli, const char *path, FILE **ret_file)
{
    int fd;

    if (strcmp(path, "-") == 0) {
        *ret_file = stderr;
        return DMSC_OK;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        *ret_file = fdopen(fd, "w");
    if (fd >= 0 && *ret_file != NULL)
        return DMSC_OK;
    (void)cli_fail(cli, DMSC_E_IO, "write the trace", strerror(errno), "--trace names a file");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", path);
    if (fd >= 0)
        (void)close(fd);
    return DMSC_E_IO;
}

static enum dmsc_err open_link(struct cli *cli, const struct globals *g, FILE **trace)
{
    struct dmsc_link *traced = NULL;
    enum dmsc_err err;

    cli->link_spec = g->link != NULL            ? g->link
                     : cli->config.link != NULL ? cli->config.link
                                                : "pcsc";
    err = dmsc_link_open(cli->ctx, cli->link_spec, drivers, &cli->link);
    if (err != DMSC_OK || g->trace == NULL)
        return err;
    err = open_trace(cli, g->trace, trace);
    if (err != DMSC_OK)
        return err;
    err = dmsc_link_traced(cli->link, g->trace_raw, trace_line, *trace, &traced);
    if (err == DMSC_OK)
        cli->link = traced;
    return err;
}

/* With a bridge the link is the bridge's, without one it is ours. */
static enum dmsc_err prepare(struct cli *cli, const struct cli_command *c, const struct globals *g,
                             struct dmsc_buf *store, FILE **trace)
{
    enum dmsc_err err = load_config(cli, g->config);
    struct dmsc_config *config = &cli->config;

    if (err == DMSC_OK && (c->needs & CLI_NEEDS_BRIDGE) != 0) {
        if (config->store == NULL)
            err = default_store(cli, store);
        if (err == DMSC_OK)
            err = dmsc_bridge_new(cli->ctx, config, &cli->bridge);
    }
    if (err == DMSC_OK && (c->needs & CLI_NEEDS_LINK) != 0)
        err = open_link(cli, g, trace);
    if (err == DMSC_OK && (c->needs & CLI_NEEDS_LINK) != 0)
        err = cli_scp03_wrap(cli);
    if (err != DMSC_OK || (c->needs & CLI_NEEDS_LINK) == 0)
        return err;
    if (cli->bridge != NULL) {
        err = dmsc_bridge_attach(cli->bridge, cli->link);
        if (err == DMSC_OK) {
            cli->uicc = dmsc_bridge_uicc(cli->bridge);
            cli->link = NULL;
        }
        return err;
    }
    err = dmsc_uicc_new(cli->ctx, cli->link, &cli->uicc);
    if (err == DMSC_OK)
        dmsc_uicc_set_blocks(cli->uicc, cli->read_block, cli->update_block);
    return err;
}

static void release(struct cli *cli, struct dmsc_buf *store, FILE *trace)
{
    if (cli->bridge == NULL)
        dmsc_uicc_free(cli->uicc);
    dmsc_link_free(cli->link);
    dmsc_bridge_free(cli->bridge);
    if (store->n > 0)
        cli->config.store = NULL; /* ours, not the configuration's */
    dmsc_buf_clear(store);
    dmsc_config_clear(&cli->config);
    if (trace != NULL && trace != stderr)
        (void)fclose(trace);
}

static enum cli_exit run(struct cli *cli, const struct cli_command *c, const struct globals *g)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_buf store;
    FILE *trace = NULL;
    enum cli_exit code;
    enum dmsc_err err;

    config.log = log_line;
    config.log_level = cli->verbose == 0   ? DMSC_LOG_ERROR
                       : cli->verbose == 1 ? DMSC_LOG_INFO
                                           : DMSC_LOG_DEBUG;
    if (dmsc_ctx_new(&config, &cli->ctx) != DMSC_OK)
        return CLI_FAILED;
    dmsc_buf_init(&store, cli->ctx, 4096);
    err = prepare(cli, c, g, &store, &trace);
    if (err == DMSC_OK)
        err = c->run(cli);
    code = err == DMSC_OK ? cli->exit : cli_error(cli, err);
    cli->changed = err == DMSC_OK && (c->needs & CLI_CHANGES) != 0;
    release(cli, &store, trace);
    dmsc_ctx_free(cli->ctx);
    return code;
}

/* Known before the options are: a failure to understand them is told as JSON too. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

/* PINs and keys are in memory for a while: a crash must not write them to a disk. */
static void no_core_file(void)
{
    const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none);
}

/* A file that the command opens must not become its standard output. */
static void hold_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

/* What was said and did not arrive is a failure of its own, whatever else went well. */
static enum cli_exit check_output(struct cli *cli, enum cli_exit code)
{
    int failed = fflush(stdout) != 0 ? errno : 0;
    char why[sizeof(cli->story.why)];

    if (failed == 0 && !ferror(stdout))
        return code;
    (void)snprintf(why, sizeof(why), "%s%s",
                   failed != 0 ? strerror(failed) : "it took a part of it only",
                   cli->changed ? "; the command itself was done" : "");
    (void)cli_fail_at(cli, DMSC_E_IO, "write the output", "standard output", why,
                      cli->changed ? "look at what is there now before you repeat the command"
                                   : "the same command, with standard output to where there is "
                                     "room");
    cli->json = false; /* there is nowhere else to tell it */
    (void)cli_tell(cli, DMSC_E_IO);
    return code == CLI_DONE ? CLI_FAILED : code;
}

static enum cli_exit act(struct cli *cli, int argc, char **argv)
{
    struct globals g = { .help = false };
    const struct cli_command *c;
    const char *noun, *verb;
    int words;

    if (!parse_options(cli, &g, argc, argv))
        return CLI_USAGE;
    if (g.version) {
        (void)puts("dmsc " DMSC_VERSION);
        return CLI_DONE;
    }
    words = argc - optind;
    noun = words > 0 ? argv[optind] : NULL;
    verb = words > 1 ? argv[optind + 1] : NULL;
    if (noun != NULL && verb != NULL && strcmp(noun, "help") == 0 && strcmp(verb, "man") == 0) {
        cli_help_man();
        return CLI_DONE;
    }
    if (noun != NULL && strcmp(noun, "help") == 0) {
        g.help = true; /* help NOUN VERB is NOUN VERB --help */
        noun = verb;
        verb = words > 2 ? argv[optind + 2] : NULL;
    }
    if (noun == NULL) {
        cli_help_all();
        return g.help ? CLI_DONE : CLI_USAGE;
    }
    c = cli_find(noun, verb);
    if (c == NULL && cli_is_noun(noun) && verb == NULL) {
        (void)printf("dmsc %s: commands\n", noun);
        cli_list_commands(noun);
        return g.help ? CLI_DONE : CLI_USAGE;
    }
    if (c == NULL)
        return usage(cli, "there is no such command",
                     verb != NULL && cli_is_noun(noun) ? verb : noun);
    if (g.help) {
        cli_help_command(c);
        return CLI_DONE;
    }
    if (foreign_option(cli, c) != NULL)
        return usage(cli, "this command does not take the option", foreign_option(cli, c));
    cli->arguments = words - (c->verb != NULL ? 2 : 1);
    cli->argument = argv + optind + (c->verb != NULL ? 2 : 1);
    if (cli->arguments < c->least || cli->arguments > c->most)
        return wrong_count(cli, c);
    return run(cli, c, &g);
}

int main(int argc, char **argv)
{
    struct cli cli = { .json = wants_json(argc, argv) };

    hold_standard_streams();
    no_core_file();
    return (int)check_output(&cli, act(&cli, argc, argv));
}
