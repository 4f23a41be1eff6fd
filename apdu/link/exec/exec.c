/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "exec": a program of somebody's own that reaches the card, started by us and spoken to
 * in lines on its standard input and output (docs/links.md, "The line protocol"). For QMI, MBIM,
 * a reader on another machine.
 */
#include "apdu/link/exec/text.h"
#include "apdu/link/lines.h"
#include <dmsc/secret.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX  32
#define TIMEOUT_MS 30000
#define BYE_MS     1000 /* for a helper to end by itself */
#define LINE_MAX_N 640  /* of ours: a verb, a handle, 261 bytes in hex */

extern char **environ;

struct exec {
    struct dmsc_ctx *ctx;
    char *command; /* cut into words */
    char *word[WORDS_MAX + 1];
    int timeout_ms;
    pid_t pid; /* 0: none */
    bool powered;
    struct dmsci_lines lines;
};

static enum dmsc_err fail(struct exec *x, enum dmsc_err err, const char *what, const char *reason,
                          const char *why)
{
    (void)dmsci_fail(x->ctx, err, "%s", what);
    dmsci_where(x->ctx, "helper %s", x->word[0]);
    dmsci_why(x->ctx, reason, "%s", why);
    return err;
}

/* Wait for its end. @return false: it goes on after @p ms */
static bool ended(pid_t pid, int ms, int *ret_status)
{
    int64_t until = dmsci_link_now_ms() + ms;

    for (;;) {
        pid_t got = waitpid(pid, ret_status, WNOHANG);

        if (got == pid || (got < 0 && errno != EINTR))
            return true;
        if (dmsci_link_now_ms() >= until)
            return false;
        (void)poll(NULL, 0, 5);
    }
}

/* End the helper and all it started, politely at first. @return the status of waitpid() */
static int stop(struct exec *x, int patience_ms)
{
    int status = 0;

    if (x->lines.fd >= 0)
        (void)close(x->lines.fd);
    x->lines.fd = -1;
    x->powered = false;
    if (x->pid > 0 && !ended(x->pid, patience_ms, &status)) {
        (void)kill(-x->pid, SIGKILL);
        (void)waitpid(x->pid, &status, 0);
    }
    x->pid = 0;
    dmsci_lines_reset(&x->lines);
    return status;
}

static enum dmsc_err gone(struct exec *x, const char *what)
{
    int status = stop(x, BYE_MS);
    char why[64];

    if (WIFEXITED(status))
        (void)snprintf(why, sizeof(why), "it ended with status %d", WEXITSTATUS(status));
    else
        (void)snprintf(why, sizeof(why), "it was ended by signal %d", WTERMSIG(status));
    (void)fail(x, DMSC_E_LINK, what, "exec:exit", why);
    dmsci_hint(x->ctx,
               "start it by hand and type \"power cold\"; the next power-on starts it anew");
    return DMSC_E_LINK;
}

static enum dmsc_err lines_failed(struct exec *x, enum dmsc_err err, const char *what)
{
    if (err == DMSC_E_REMOVED)
        return gone(x, what);
    (void)stop(x, 0);
    if (err == DMSC_E_TIMEOUT)
        return fail(x, err, what, "exec:timeout",
                    "the helper did not answer in time and was ended");
    if (err == DMSC_E_LIMIT)
        return fail(x, DMSC_E_LINK, what, "exec:answer", "its answer is longer than any card's");
    return err;
}

static enum dmsc_err read_greeting(struct exec *x, bool *ret_channels)
{
    const char *line = NULL;
    enum dmsc_err err = dmsci_lines_next(&x->lines, dmsci_link_now_ms() + x->timeout_ms, &line);

    if (err != DMSC_OK)
        return lines_failed(x, err, "start the helper of link exec");
    if (dmsci_exec_greeting(line, ret_channels))
        return DMSC_OK;
    (void)stop(x, 0);
    (void)fail(x, DMSC_E_LINK, "start the helper of link exec", "exec:greeting",
               "its first line is not \"" DMSCI_EXEC_GREETING "\"");
    dmsci_hint(x->ctx, "docs/links.md has the lines that a helper speaks");
    return DMSC_E_LINK;
}

/* One socket for both directions: a helper that is gone is an error code then, not a signal. Its
 * standard error stays ours. @return errno */
static int spawn(struct exec *x, int theirs)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    int number;

    (void)sigemptyset(&none);
    number = posix_spawn_file_actions_init(&files);
    if (number != 0)
        return number;
    number = posix_spawnattr_init(&how);
    if (number != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return number;
    }
    (void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setsigmask(&how, &none);
    number = posix_spawn_file_actions_adddup2(&files, theirs, STDIN_FILENO);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2(&files, theirs, STDOUT_FILENO);
    if (number == 0)
        number = posix_spawnp(&x->pid, x->word[0], &files, &how, x->word, environ);
    (void)posix_spawnattr_destroy(&how);
    (void)posix_spawn_file_actions_destroy(&files);
    return number;
}

static enum dmsc_err start(struct exec *x, bool *ret_channels)
{
    int pair[2], number;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail(x, DMSC_E_LINK, "start the helper of link exec", "exec:start", strerror(errno));
    number = spawn(x, pair[1]);
    (void)close(pair[1]);
    if (number == 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
        number = errno;
    if (number != 0) {
        (void)close(pair[0]);
        (void)stop(x, 0);
        (void)fail(x, DMSC_E_LINK, "start the helper of link exec", "exec:start", strerror(number));
        dmsci_fail_code(x->ctx, number);
        dmsci_hint(x->ctx, "exec:PROGRAM ARGUMENT...; the program is looked for on PATH");
        return DMSC_E_LINK;
    }
    x->lines.fd = pair[0];
    return read_greeting(x, ret_channels);
}

static enum dmsc_err odd(struct exec *x, const char *what)
{
    (void)stop(x, 0);
    return fail(x, DMSC_E_LINK, what, "exec:answer",
                "its line is none that the protocol has, and it was ended");
}

/* @param text ours, without its end @param ret_line valid until the next line */
static enum dmsc_err ask(struct exec *x, const char *what, const char *text, int timeout_ms,
                         const char **ret_line)
{
    int64_t deadline = dmsci_link_now_ms() + timeout_ms;
    const char *why = NULL;
    enum dmsc_err err;

    if (x->lines.fd < 0)
        return fail(x, DMSC_E_REMOVED, what, "exec:ended", "the helper does not run any more");
    err = dmsci_lines_send(&x->lines, dmsc_bytes_str(text), deadline);
    if (err == DMSC_OK)
        err = dmsci_lines_next(&x->lines, deadline, ret_line);
    if (err != DMSC_OK)
        return lines_failed(x, err, what);
    return dmsci_exec_error(*ret_line, &err, &why) ? fail(x, err, what, "exec:told", why) : DMSC_OK;
}

static enum dmsc_err take_atr(struct exec *x, const char *what, const char *line,
                              struct dmsc_buf *ret_atr, enum dmsc_protocol *ret_protocol)
{
    char hex[2 * 33 + 1];
    enum dmsc_protocol protocol;
    enum dmsc_err err;

    if (!dmsci_exec_atr(line, hex, &protocol))
        return odd(x, what);
    err = dmsci_lines_hex(&x->lines, hex, ret_atr);
    if (err == DMSC_OK)
        *ret_protocol = protocol;
    return err;
}

static enum dmsc_err exec_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                enum dmsc_protocol *ret_protocol)
{
    static const char *const verbs[] = { "power cold\n", "power reset\n", "power off\n" };
    static const char what[] = "power the card";
    struct exec *x = impl;
    const char *line = NULL;
    bool channels = false;
    enum dmsc_err err = DMSC_OK;

    if (x->lines.fd < 0 && how != DMSC_POWER_OFF)
        err = start(x, &channels);
    if (x->lines.fd >= 0 && err == DMSC_OK)
        err = ask(x, what, verbs[how], x->timeout_ms, &line);
    if (err != DMSC_OK)
        return err;
    if (how == DMSC_POWER_OFF) {
        if (line != NULL && strcmp(line, "ok") != 0)
            return odd(x, what);
        dmsc_buf_reset(ret_atr);
    } else {
        err = take_atr(x, what, line, ret_atr, ret_protocol);
    }
    if (err == DMSC_OK)
        x->powered = how != DMSC_POWER_OFF;
    return err;
}

static enum dmsc_err send_apdu(struct exec *x, const char *prefix, struct dmsc_bytes capdu,
                               int timeout_ms, struct dmsc_buf *ret_rapdu)
{
    static const char what[] = "send a command to the card";
    char text[LINE_MAX_N], hex[2 * DMSC_CAPDU_MAX + 1];
    const char *line = NULL;
    enum dmsc_err err;

    if (!x->powered)
        return dmsci_fail(x->ctx, DMSC_E_STATE, "send a command before power-on");
    dmsc_hex_encode(capdu, hex);
    (void)snprintf(text, sizeof(text), "%s%s\n", prefix, hex);
    err = ask(x, what, text, timeout_ms < x->timeout_ms ? timeout_ms : x->timeout_ms, &line);
    dmsc_wipe(hex, sizeof(hex));
    dmsc_wipe(text, sizeof(text));
    if (err != DMSC_OK)
        return err;
    err = dmsci_lines_hex(&x->lines, line, ret_rapdu);
    return err == DMSC_E_MALFORMED ? odd(x, what) : err;
}

static enum dmsc_err exec_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    return send_apdu(impl, "", capdu, timeout_ms, ret_rapdu);
}

static enum dmsc_err exec_channel_open(void *impl, struct dmsc_bytes aid, uint32_t *ret_handle)
{
    static const char what[] = "open a logical channel";
    char text[LINE_MAX_N], hex[2 * DMSC_CAPDU_MAX + 1];
    struct exec *x = impl;
    const char *line = NULL;
    enum dmsc_err err;

    dmsc_hex_encode(aid, hex);
    (void)snprintf(text, sizeof(text), "open %s\n", hex);
    err = ask(x, what, text, x->timeout_ms, &line);
    if (err != DMSC_OK)
        return err;
    return dmsci_exec_handle(line, ret_handle) ? DMSC_OK : odd(x, what);
}

static enum dmsc_err exec_channel_close(void *impl, uint32_t handle)
{
    char text[32];
    struct exec *x = impl;
    const char *line = NULL;

    (void)snprintf(text, sizeof(text), "close %lu\n", (unsigned long)handle);
    return ask(x, "close a logical channel", text, x->timeout_ms, &line);
}

static enum dmsc_err exec_channel_transmit(void *impl, uint32_t handle, struct dmsc_bytes capdu,
                                           int timeout_ms, struct dmsc_buf *ret_rapdu)
{
    char prefix[32];

    (void)snprintf(prefix, sizeof(prefix), "on %lu ", (unsigned long)handle);
    return send_apdu(impl, prefix, capdu, timeout_ms, ret_rapdu);
}

static void exec_close(void *impl)
{
    struct exec *x = impl;
    const char *line;

    if (x->powered)
        (void)ask(x, "power the card off", "power off\n", BYE_MS, &line);
    (void)stop(x, BYE_MS);
    dmsci_lines_clear(&x->lines);
    dmsci_free(x->ctx, x->command);
    dmsci_free(x->ctx, x);
}

static const struct dmsc_link_ops exec_ops = {
    .name = "exec",
    .power = exec_power,
    .transmit = exec_transmit,
    .close = exec_close,
};

static const struct dmsc_link_ops exec_ops_channels = {
    .name = "exec",
    .power = exec_power,
    .transmit = exec_transmit,
    .channel_open = exec_channel_open,
    .channel_close = exec_channel_close,
    .channel_transmit = exec_channel_transmit,
    .close = exec_close,
};

/* "[timeout=MS,]PROGRAM ARGUMENT...": words at spaces, no quotes, no shell. */
static enum dmsc_err parse(struct exec *x)
{
    char *text = x->command, *next = NULL;
    size_t n = 0;

    if (strncmp(text, "timeout=", 8) == 0) {
        x->timeout_ms = (int)strtol(text + 8, &text, 10);
        if (*text != ',' || x->timeout_ms <= 0)
            text = next = x->command + strlen(x->command);
        else
            text++;
    }
    for (text = strtok_r(text, " ", &next); text != NULL; text = strtok_r(NULL, " ", &next)) {
        if (n == WORDS_MAX)
            return dmsci_fail(x->ctx, DMSC_E_ARG, "open link exec: more than %d words", WORDS_MAX);
        x->word[n++] = text;
    }
    if (n > 0)
        return DMSC_OK;
    (void)dmsci_fail(x->ctx, DMSC_E_ARG, "open link exec: the name of a program is wanted");
    dmsci_hint(x->ctx, "exec:[timeout=MS,]PROGRAM ARGUMENT...");
    return DMSC_E_ARG;
}

static enum dmsc_err exec_open(struct dmsc_ctx *ctx, const char *argument,
                               struct dmsc_link **ret_link)
{
    struct exec *x = dmsci_alloc(ctx, sizeof(*x));
    bool channels = false;
    enum dmsc_err err;

    if (x == NULL)
        return DMSC_E_NOMEM;
    x->ctx = ctx;
    x->timeout_ms = TIMEOUT_MS;
    dmsci_lines_init(&x->lines, ctx, 2 * (dmsc_ctx_limits(ctx)->rapdu_size + 2));
    x->lines.socket = true;
    x->command = dmsci_strdup(ctx, argument);
    err = x->command == NULL ? DMSC_E_NOMEM : parse(x);
    if (err == DMSC_OK)
        err = start(x, &channels);
    if (err == DMSC_OK)
        err = dmsc_link_new(ctx, channels ? &exec_ops_channels : &exec_ops, x, ret_link);
    if (err != DMSC_OK)
        exec_close(x);
    return err;
}

const struct dmsc_link_driver dmsci_exec_driver = {
    .name = "exec",
    .argument = "PROGRAM ARGUMENT...",
    .open = exec_open,
};
