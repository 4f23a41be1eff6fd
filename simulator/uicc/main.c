/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc: the software UICC as a program. */
#include "simulator/uicc/front/front.h"
#include "simulator/uicc/main_card.h"
#include <dmsc/ctx.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum exit_code { DONE = 0, FAILED = 1, USAGE = 2, BAD_PROFILE = 6 };

#define WAIT_MS 10000

static const char usage[] =
    "usage: dmsc-uicc PROFILE [--front vpcd|pty|tcp[:PORT]] [options]\n"
    "\n"
    "Put the card that PROFILE describes (card-scripts/*.json) where programs can reach it.\n"
    "\n"
    "  --front vpcd       the virtual reader of pcscd (the default)\n"
    "  --front pty        a modem with AT commands on a pseudo-terminal, whose name is printed\n"
    "  --front tcp:PORT   lines of hex on a TCP port, 0 or nothing: a free one, which is printed\n"
    "  --host HOST        vpcd: where the reader listens; tcp: the address to listen on "
    "(127.0.0.1)\n"
    "  --port PORT        vpcd: (35963; the second slot of the reader is 35964)\n"
    "  --state FILE       keep what is written to the card in FILE, and go on from there\n"
    "  --import FILE      in the place of PROFILE: an export of a real card, card_ATR_ICCID.jsonl\n"
    "  --atr HEX          its answer to reset, when the name of FILE does not have it\n"
    "  --dump FILE        at the end, and on SIGUSR1, write the card, as it then is, as a\n"
    "                     profile; \"-\" is the standard output. With --check at once\n"
    "  --fault WHAT,WHEN  fail on purpose: sw=6F00,ins=B0,at=3 and the like; up to 16 times\n"
    "  --seed N           the random numbers of faults and challenges begin here (0)\n"
    "  --baud N           take as long as a line of N baud would\n"
    "  --page-us N        and N microseconds for each page of memory that is written\n"
    "  --page-size N      of 1 to 256 bytes (64)\n"
    "  --t1               protocol T=1 instead of T=0\n"
    "  --lenient          answer what general tools send and TS 102 221 does not have: SELECT "
    "with\n"
    "                     P2=00, 3F00 in front of a path, Le behind the data of T=0\n"
    "  --trace FILE       write each command and answer, PINs and keys masked; \"-\" is the\n"
    "                     standard output\n"
    "  --ready-file FILE  make FILE when the card can be reached: process id, and where\n"
    "  --check            load PROFILE, say whether it is good, and end\n"
    "  -h, --help\n"
    "      --version\n"
    "\n"
    "SIGUSR1 writes --dump FILE. Ends on SIGTERM, SIGINT, and when the reader of vpcd goes away.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage, 6 bad profile.\n";

static const struct front_name {
    const char *name;
    enum dmsc_err (*run)(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                         const struct dmsci_sim_front *front);
} fronts[] = {
    { "vpcd", dmsci_sim_vpcd_run },
    { "pty", dmsci_sim_pty_run },
    { "tcp", dmsci_sim_tcp_run },
};

struct program {
    const char *ready_file, *trace_file;
    struct main_card card;
    struct dmsci_sim_front front;
    const struct front_name *kind;
    bool check;
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    FILE *trace;
    bool secret_answer; /* what comes, and what GET RESPONSE fetches of it, is for no trace */
};

enum {
    OPT_FRONT = 256,
    OPT_HOST,
    OPT_PORT,
    OPT_STATE,
    OPT_T1,
    OPT_LENIENT,
    OPT_TRACE,
    OPT_READY,
    OPT_CHECK,
    OPT_VERSION
};

static const struct option options[] = {
    { "front", required_argument, NULL, OPT_FRONT },
    { "host", required_argument, NULL, OPT_HOST },
    { "port", required_argument, NULL, OPT_PORT },
    { "state", required_argument, NULL, OPT_STATE },
    { "t1", no_argument, NULL, OPT_T1 },
    { "lenient", no_argument, NULL, OPT_LENIENT },
    { "trace", required_argument, NULL, OPT_TRACE },
    { "ready-file", required_argument, NULL, OPT_READY },
    { "check", no_argument, NULL, OPT_CHECK },
    { "import", required_argument, NULL, MAIN_CARD_IMPORT },
    { "atr", required_argument, NULL, MAIN_CARD_ATR },
    { "dump", required_argument, NULL, MAIN_CARD_DUMP },
    { "fault", required_argument, NULL, MAIN_CARD_FAULT },
    { "seed", required_argument, NULL, MAIN_CARD_SEED },
    { "baud", required_argument, NULL, MAIN_CARD_BAUD },
    { "page-us", required_argument, NULL, MAIN_CARD_PAGE_US },
    { "page-size", required_argument, NULL, MAIN_CARD_PAGE_SIZE },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static int wrong_usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "dmsc-uicc: %s%s\nTry dmsc-uicc --help.\n", what, which);
    return USAGE;
}

/* "tcp:PORT" */
static int take_front(struct program *p, const char *name)
{
    size_t n = strcspn(name, ":");

    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        if (strlen(fronts[i].name) != n || strncmp(fronts[i].name, name, n) != 0)
            continue;
        p->kind = &fronts[i];
        if (fronts[i].run == dmsci_sim_tcp_run)
            p->front.port = name[n] == ':' ? name + n + 1 : "0";
        else if (name[n] != '\0')
            break;
        return -1;
    }
    return wrong_usage("there is no front ", name);
}

/* @return -1 to go on, or the exit code */
static int take_option(struct program *p, int option)
{
    switch (option) {
    case OPT_FRONT:
        return take_front(p, optarg);
    case OPT_HOST:
        p->front.host = optarg;
        return -1;
    case OPT_PORT:
        p->front.port = optarg;
        return -1;
    case OPT_STATE:
        p->card.options.state_path = optarg;
        return -1;
    case OPT_T1:
        p->card.options.t1 = true;
        return -1;
    case OPT_LENIENT:
        p->card.options.lenient = true;
        return -1;
    case OPT_TRACE:
        p->trace_file = optarg;
        return -1;
    case OPT_READY:
        p->ready_file = optarg;
        return -1;
    case OPT_CHECK:
        p->check = true;
        return -1;
    case OPT_VERSION:
        (void)printf("dmsc-uicc %s\n", DMSC_VERSION);
        return DONE;
    case 'h':
        (void)fputs(usage, stdout);
        return DONE;
    default:
        if (main_card_option(&p->card, option, optarg))
            return -1;
        (void)fputs("Try dmsc-uicc --help.\n", stderr);
        return USAGE;
    }
}

static int parse(struct program *p, int argc, char **argv)
{
    int option, code = -1;

    while (code < 0 && (option = getopt_long(argc, argv, "h", options, NULL)) != -1)
        code = take_option(p, option);
    if (code >= 0)
        return code;
    if (optind >= argc && p->card.import == NULL)
        return wrong_usage("the name of a card profile is wanted", "");
    if (optind + (p->card.import == NULL) < argc)
        return wrong_usage("one profile only, not also ", argv[argc - 1]);
    p->card.profile = p->card.import == NULL ? argv[optind] : p->card.import;
    return -1;
}

/* The four parts of a story, each on a line of its own. */
static void tell_story(const struct dmsc_ctx *ctx)
{
    const struct dmsc_diag *diag = dmsc_diag_get(ctx);

    (void)fprintf(stderr, "dmsc-uicc: cannot %s\n", diag->what);
    if (diag->where[0] != '\0')
        (void)fprintf(stderr, "  where: %s\n", diag->where);
    if (diag->why[0] != '\0')
        (void)fprintf(stderr, "  why:   %s%s%s%s\n", diag->why, diag->reason[0] != '\0' ? " [" : "",
                      diag->reason, diag->reason[0] != '\0' ? "]" : "");
    if (diag->hint[0] != '\0')
        (void)fprintf(stderr, "  try:   %s\n", diag->hint);
}

static void log_line(void *user, enum dmsc_level level, const char *area, const char *text)
{
    (void)user;
    (void)level;
    (void)fprintf(stderr, "dmsc-uicc: %s: %s\n", area, text);
}

static void ready(void *user, const char *where)
{
    struct program *p = user;
    FILE *f;

    (void)printf("dmsc-uicc: %s is %s\n",
                 dmsc_sim_name(p->sim)[0] != '\0' ? dmsc_sim_name(p->sim) : p->card.profile, where);
    (void)fflush(stdout);
    if (p->ready_file == NULL)
        return;
    f = fopen(p->ready_file, "we");
    if (f == NULL || fprintf(f, "%ld\n%s\n", (long)getpid(), where) < 0)
        (void)fprintf(stderr, "dmsc-uicc: cannot write %s: %s\n", p->ready_file, strerror(errno));
    if (f != NULL)
        (void)fclose(f);
}

/* VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK carry PINs (TS 102 221 11.1.9 to 11.1.13). */
static bool carries_pin(struct dmsc_bytes capdu)
{
    static const uint8_t instructions[] = { 0x20, 0x24, 0x26, 0x28, 0x2C };

    return capdu.n > 5 && memchr(instructions, capdu.p[1], sizeof(instructions)) != NULL;
}

/* AUTHENTICATE answers with keys (TS 31.102 7.1.2); GET RESPONSE fetches them. */
static bool answers_secret(const struct program *p, struct dmsc_bytes capdu)
{
    uint8_t ins = capdu.n > 1 ? capdu.p[1] : 0;

    return ins == 0x88 || (ins == 0xC0 && p->secret_answer);
}

static void trace_bytes(FILE *f, char mark, struct dmsc_bytes bytes, size_t masked_from,
                        size_t masked_to)
{
    (void)fprintf(f, "%c ", mark);
    for (size_t i = 0; i < bytes.n; i++) {
        if (i >= masked_from && i < masked_to)
            (void)fputs("**", f);
        else
            (void)fprintf(f, "%02X", bytes.p[i]);
    }
    (void)fputc('\n', f);
}

static void trace(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu)
{
    struct program *p = user;

    if (p->trace == NULL)
        return;
    if (power != NULL) {
        (void)fprintf(p->trace, "# %s\n", power);
    } else {
        p->secret_answer = answers_secret(p, capdu);
        trace_bytes(p->trace, '>', capdu, carries_pin(capdu) ? 5 : capdu.n, capdu.n);
        trace_bytes(p->trace, '<', rapdu, p->secret_answer ? 0 : rapdu.n,
                    rapdu.n > 2 ? rapdu.n - 2 : 0);
    }
    (void)fflush(p->trace);
}

static int order_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int open_trace(struct program *p)
{
    if (p->trace_file == NULL)
        return -1;
    p->trace = strcmp(p->trace_file, "-") == 0 ? stdout : fopen(p->trace_file, "we");
    if (p->trace != NULL)
        return -1;
    (void)fprintf(stderr, "dmsc-uicc: cannot write %s: %s\n", p->trace_file, strerror(errno));
    return FAILED;
}

static int dump(struct program *p)
{
    if (p->card.dump == NULL || main_card_dump(&p->card, p->ctx, p->sim))
        return DONE;
    (void)fprintf(stderr, "dmsc-uicc: cannot write %s: %s\n", p->card.dump, strerror(errno));
    return FAILED;
}

/* SIGUSR1 asks for the dump; all others end the program. */
static bool obey(void *user)
{
    struct program *p = user;
    struct signalfd_siginfo order;

    if (read(p->front.order_fd, &order, sizeof(order)) != (ssize_t)sizeof(order))
        return errno != EINTR;
    if (order.ssi_signo != SIGUSR1)
        return true;
    if (p->card.dump == NULL)
        (void)fputs("dmsc-uicc: SIGUSR1, and no --dump FILE to write\n", stderr);
    (void)dump(p);
    return false;
}

static int run(struct program *p)
{
    enum dmsc_err err = main_card_make(&p->card, p->ctx, &p->sim);
    int code;

    if (err != DMSC_OK) {
        tell_story(p->ctx);
        return err == DMSC_E_NOMEM ? FAILED : err == DMSC_E_ARG ? USAGE : BAD_PROFILE;
    }
    if (p->check) {
        if (p->card.dump == NULL || strcmp(p->card.dump, "-") != 0)
            (void)printf("%s: good\n", p->card.profile);
        return dump(p);
    }
    code = open_trace(p);
    if (code >= 0)
        return code;
    p->front.order_fd = order_signals();
    err = p->kind->run(p->ctx, p->sim, &p->front);
    (void)close(p->front.order_fd);
    if (err != DMSC_OK)
        tell_story(p->ctx);
    code = dump(p);
    return err == DMSC_OK ? code : FAILED;
}

int main(int argc, char **argv)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct program p = { .kind = &fronts[0],
                         .front = { .host = "127.0.0.1", .port = "35963", .wait_ms = WAIT_MS } };
    int code = parse(&p, argc, argv);

    if (code >= 0)
        return code;
    config.log = log_line;
    config.log_level = DMSC_LOG_WARN;
    if (dmsc_ctx_new(&config, &p.ctx) != DMSC_OK) {
        (void)fputs("dmsc-uicc: no memory\n", stderr);
        return FAILED;
    }
    p.front.ready = ready;
    p.front.obey = obey;
    p.front.trace = trace;
    p.front.user = &p;
    code = run(&p);
    if (p.trace != NULL && p.trace != stdout)
        (void)fclose(p.trace);
    if (p.ready_file != NULL)
        (void)unlink(p.ready_file);
    dmsc_sim_free(p.sim);
    dmsc_ctx_free(p.ctx);
    return code;
}
