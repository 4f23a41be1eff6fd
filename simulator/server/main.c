/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-server: a DM server that does what a scenario says and writes down what devices answer. */
#include "apdu/base/ctx.h"
#include "simulator/server/https.h"
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum exit_code { DONE = 0, FAILED = 1, USAGE = 2, NETWORK = 5, BAD_SCENARIO = 6 };

static const char usage[] =
    "usage: dmsc-server SCENARIO [options]\n"
    "\n"
    "Be a DM 1.2 server over HTTPS with client certificates, and do to each device what SCENARIO "
    "(JSON)\n"
    "says: docs/server.md.\n"
    "\n"
    "  --listen HOST:PORT  instead of the scenario's; port 0 takes a free one\n"
    "  --certificate FILE  be somebody else: PEM, and its key with --key\n"
    "  --key FILE\n"
    "  --client-ca FILE    accept clients of another CA\n"
    "  --transcript FILE   write what each device answered (JSON), after each session and at the "
    "end\n"
    "  --ready-file FILE   write the port into FILE when the server can be reached\n"
    "  --once              end after the first session\n"
    "  --check             read SCENARIO, say whether it is good, and end\n"
    "  -v, --verbose       tell what happens\n"
    "  -h, --help\n"
    "      --version\n"
    "\n"
    "Ends on SIGTERM and SIGINT.\n"
    "Exit status: 0 all devices answered as expected, 1 some did not, or there was none, 2 wrong "
    "usage,\n"
    "5 cannot listen, 6 bad scenario.\n";

struct program {
    const char *scenario_file;
    const char *listen, *certificate, *key, *client_ca;
    const char *transcript_file, *ready_file;
    bool once, check, verbose;
    struct dmsc_ctx *ctx;
    struct dmsc_ctx *server_ctx; /* of the server's thread, while it runs */
    struct server_scenario *scenario;
    struct server_service service;
    struct server_https *https;
    int signals;
    int ended; /* eventfd: sessions that ended */
};

enum {
    OPT_LISTEN = 256,
    OPT_CERTIFICATE,
    OPT_KEY,
    OPT_CLIENT_CA,
    OPT_TRANSCRIPT,
    OPT_READY,
    OPT_ONCE,
    OPT_CHECK,
    OPT_VERSION
};

static const struct option options[] = {
    { "listen", required_argument, NULL, OPT_LISTEN },
    { "certificate", required_argument, NULL, OPT_CERTIFICATE },
    { "key", required_argument, NULL, OPT_KEY },
    { "client-ca", required_argument, NULL, OPT_CLIENT_CA },
    { "transcript", required_argument, NULL, OPT_TRANSCRIPT },
    { "ready-file", required_argument, NULL, OPT_READY },
    { "once", no_argument, NULL, OPT_ONCE },
    { "check", no_argument, NULL, OPT_CHECK },
    { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static int wrong_usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "dmsc-server: %s%s\nTry dmsc-server --help.\n", what, which);
    return USAGE;
}

/* Where the argument of an option goes. NULL: it has none. */
static const char **place_of(struct program *p, int option)
{
    switch (option) {
    case OPT_LISTEN:
        return &p->listen;
    case OPT_CERTIFICATE:
        return &p->certificate;
    case OPT_KEY:
        return &p->key;
    case OPT_CLIENT_CA:
        return &p->client_ca;
    case OPT_TRANSCRIPT:
        return &p->transcript_file;
    case OPT_READY:
        return &p->ready_file;
    default:
        return NULL;
    }
}

/* @return -1 to go on, or the exit code */
static int take_option(struct program *p, int option)
{
    const char **place = place_of(p, option);

    if (place != NULL) {
        *place = optarg;
        return -1;
    }
    switch (option) {
    case OPT_ONCE:
        p->once = true;
        return -1;
    case OPT_CHECK:
        p->check = true;
        return -1;
    case 'v':
        p->verbose = true;
        return -1;
    case OPT_VERSION:
        (void)printf("dmsc-server %s\n", DMSC_VERSION);
        return DONE;
    case 'h':
        (void)fputs(usage, stdout);
        return DONE;
    default:
        (void)fputs("Try dmsc-server --help.\n", stderr);
        return USAGE;
    }
}

static int parse(struct program *p, int argc, char **argv)
{
    int option, code = -1;

    while (code < 0 && (option = getopt_long(argc, argv, "hv", options, NULL)) != -1)
        code = take_option(p, option);
    if (code >= 0)
        return code;
    if (optind >= argc)
        return wrong_usage("the name of a scenario is wanted", "");
    if (optind + 1 < argc)
        return wrong_usage("one scenario only, not also ", argv[optind + 1]);
    if ((p->certificate == NULL) != (p->key == NULL))
        return wrong_usage("--certificate and --key go together", "");
    p->scenario_file = argv[optind];
    return -1;
}

/* The four parts of a story, each on a line of its own. */
static void tell_story(const struct dmsc_ctx *ctx)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)fprintf(stderr, "dmsc-server: cannot %s\n", diag->what);
    if (diag->where[0] != '\0')
        (void)fprintf(stderr, "  where: %s\n", diag->where);
    if (diag->why[0] != '\0')
        (void)fprintf(stderr, "  why: %s\n", diag->why);
    if (diag->hint[0] != '\0')
        (void)fprintf(stderr, "  try: %s\n", diag->hint);
}

static void on_log(void *user, enum dmsc_level level, const char *area, const char *text)
{
    (void)user;
    (void)level;
    (void)fprintf(stderr, "%s: %s\n", area, text);
}

/* In the server's thread. */
static void on_ended(void *user)
{
    const struct program *p = user;
    const uint64_t one = 1;

    /* Fails only when 2^64 sessions wait to be counted. */
    (void)!write(p->ended, &one, sizeof(one));
}

/* Before any thread starts, so that none of them is woken instead of us. */
static bool catch_signals(struct program *p)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return false;
    p->signals = signalfd(-1, &set, SFD_CLOEXEC);
    p->ended = eventfd(0, EFD_CLOEXEC);
    return p->signals >= 0 && p->ended >= 0;
}

static enum dmsc_err start(struct program *p)
{
    const struct server_scenario *scenario = p->scenario;
    struct server_https_config config = {
        .listen = p->listen != NULL ? p->listen : scenario->listen,
        .certificate = p->certificate != NULL ? p->certificate : scenario->certificate,
        .key = p->key != NULL ? p->key : scenario->key,
        .client_ca = p->client_ca != NULL ? p->client_ca : scenario->client_ca,
        .ended = on_ended,
        .user = p,
    };
    char port[16];
    enum dmsc_err err = server_https_start(p->server_ctx, &config, &p->service, &p->https);

    if (err != DMSC_OK) {
        tell_story(p->server_ctx);
        return err;
    }
    (void)printf("listening on https://%s%s\n", server_https_address(p->https), scenario->path);
    (void)fflush(stdout);
    (void)snprintf(port, sizeof(port), "%u\n", (unsigned)server_https_port(p->https));
    if (p->ready_file != NULL)
        err = server_write_file(p->ctx, p->ready_file, dmsc_bytes_str(port));
    if (err != DMSC_OK)
        tell_story(p->ctx);
    return err;
}

/* Until a signal comes, or the one session that was wanted is over. */
static void wait_for_end(const struct program *p)
{
    struct pollfd fds[2] = { { .fd = p->signals, .events = POLLIN },
                             { .fd = p->once ? p->ended : -1, .events = POLLIN } };

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        continue;
}

static int serve(struct program *p)
{
    enum dmsc_err err;

    server_service_init(&p->service, p->server_ctx, p->scenario);
    p->service.scenario_file = p->scenario_file;
    p->service.transcript_file = p->transcript_file;
    err = start(p);
    if (err == DMSC_OK)
        wait_for_end(p);
    server_https_stop(p->https);
    if (err != DMSC_OK)
        return err == DMSC_E_NET ? NETWORK : FAILED;
    if (server_service_write_transcript(&p->service) != DMSC_OK) {
        tell_story(p->server_ctx);
        return FAILED;
    }
    return server_service_ok(&p->service) ? DONE : FAILED;
}

static int run(struct program *p)
{
    int code;

    if (server_scenario_load(p->ctx, p->scenario_file, &p->scenario) != DMSC_OK) {
        tell_story(p->ctx);
        return BAD_SCENARIO;
    }
    if (p->check) {
        (void)printf("%s: good, %zu steps, %zu commands\n", p->scenario_file,
                     p->scenario->step_count, p->scenario->command_count);
        return DONE;
    }
    if (!catch_signals(p)) {
        (void)fprintf(stderr, "dmsc-server: %s\n", strerror(errno));
        return FAILED;
    }
    code = serve(p);
    server_service_clear(&p->service);
    return code;
}

int main(int argc, char **argv)
{
    struct program p = { .signals = -1, .ended = -1 };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    int code = parse(&p, argc, argv);

    if (code >= 0)
        return code;
    config.log = on_log;
    config.log_level = p.verbose ? DMSC_LOG_DEBUG : DMSC_LOG_WARN;
    if (dmsc_ctx_new(&config, &p.ctx) != DMSC_OK || dmsc_ctx_new(&config, &p.server_ctx) != DMSC_OK)
        (void)fputs("dmsc-server: out of memory\n", stderr);
    else
        code = run(&p);
    server_scenario_free(p.scenario);
    dmsc_ctx_free(p.server_ctx);
    dmsc_ctx_free(p.ctx);
    return code < 0 ? FAILED : code;
}
