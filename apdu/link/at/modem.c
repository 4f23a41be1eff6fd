/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to a modem. What modems do that the standard does not have, and where it is dealt with;
 * each has a transcript in tests/vectors/at_quirks.txt:
 *
 * - echoes commands, says things nobody asked for: other lines are passed over, ATE0 all the same;
 * - garbage or half a line at first: hello is said up to five times, with ESC against a prompt;
 * - answers after its time was over: hello again before the next command;
 * - no quotes around hex, no prefix: dmsci_at_fields(), dmsci_at_classify();
 * - errors as numbers, as words, as ERROR alone: dmsci_at_classify();
 * - has +CGLA but not its test command: +CCHO=? or +CGLA=?, either will do;
 * - has +CSIM but not its test command: the command itself is tried;
 * - refuses a case 4 without Le: dmsci_at_card();
 * - refuses a command of four bytes: at.c sends P3 = 00;
 * - answers ERROR to +CCHO of an AID that is not there: at.c takes it for 6A82.
 */
#include "apdu/link/at/modem.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HELLOS   5
#define HELLO_MS 700
#define QUIET_MS 20 /* of silence: what was on its way has come */

/* SELECT MF. Changes nothing that a modem relies on, and every card answers it. */
static const char select_mf[] = "AT+CSIM=14,\"00A40004023F00\"";
static const char select_mf_le[] = "AT+CSIM=16,\"00A40004023F0000\"";

enum dmsc_err dmsci_at_odd(struct dmsci_at *at, const char *what)
{
    (void)dmsci_fail(at->ctx, DMSC_E_LINK, "%s", what);
    dmsci_where(at->ctx, "modem %s", at->argument);
    dmsci_why(at->ctx, "at:answer", "the modem's answer is none that TS 27.007 has");
    return DMSC_E_LINK;
}

static enum dmsc_err refused(struct dmsci_at *at, const char *what)
{
    enum dmsc_err err = at->error.err == DMSC_E_REMOVED ? DMSC_E_REMOVED : DMSC_E_LINK;

    (void)dmsci_fail(at->ctx, err, "%s", what);
    dmsci_where(at->ctx, "modem %s", at->argument);
    if (at->error.code >= 0)
        dmsci_why(at->ctx, "at:cme", "%s (+CME ERROR %d)", at->error.why, at->error.code);
    else
        dmsci_why(at->ctx, "at:error", "%s", at->error.why);
    if (at->error.hint != NULL)
        dmsci_hint(at->ctx, "%s", at->error.hint);
    if (at->error.code >= 0)
        dmsci_fail_code(at->ctx, at->error.code);
    return err;
}

static enum dmsc_err no_answer(struct dmsci_at *at, enum dmsc_err err, const char *what)
{
    at->dirty = true;
    if (err == DMSC_E_NOMEM)
        return err;
    if (err == DMSC_E_LIMIT)
        return dmsci_at_odd(at, what);
    (void)dmsci_fail(at->ctx, err, "%s", what);
    dmsci_where(at->ctx, "modem %s", at->argument);
    if (err == DMSC_E_TIMEOUT)
        dmsci_why(at->ctx, "at:timeout", "the modem did not answer in time");
    else
        dmsci_why(at->ctx, "at:gone", "the line is gone: the modem was unplugged or restarted");
    return err;
}

/* Lines up to the final one; the information goes to at->info. */
static enum dmsc_err read_answer(struct dmsci_at *at, const char *prefix, int64_t deadline,
                                 enum dmsci_at_line *ret_end)
{
    const char *line, *info = NULL;

    for (;;) {
        enum dmsc_err err = dmsci_lines_next(&at->lines, deadline, &line);

        if (err != DMSC_OK)
            return err;
        *ret_end = dmsci_at_classify(line, prefix, &info, &at->error);
        if (*ret_end == DMSCI_AT_OK || *ret_end == DMSCI_AT_ERROR)
            return DMSC_OK;
        if (*ret_end == DMSCI_AT_INFO)
            err = dmsc_buf_set(&at->info, dmsc_bytes_str(info));
        else
            dmsci_log(at->ctx, DMSC_LOG_DEBUG, "at", "a line of %zu characters passed over",
                      strlen(line));
        if (err != DMSC_OK)
            return err;
    }
}

static enum dmsc_err send_line(struct dmsci_at *at, const char *command, int64_t deadline)
{
    enum dmsc_err err = dmsci_lines_send(&at->lines, dmsc_bytes_str(command), deadline);

    return err != DMSC_OK ? err : dmsci_lines_send(&at->lines, dmsc_bytes("\r", 1), deadline);
}

/* Throw away what comes until nothing comes. */
static void drain(struct dmsci_at *at)
{
    int64_t until = dmsci_link_now_ms() + HELLO_MS;
    struct pollfd p = { at->lines.fd, POLLIN, 0 };
    char chunk[256];

    while (poll(&p, 1, QUIET_MS) == 1 && read(at->lines.fd, chunk, sizeof(chunk)) > 0 &&
           dmsci_link_now_ms() < until)
        ;
    dmsci_lines_reset(&at->lines);
}

/* AT until OK. The first one may end a line that somebody else began, or be eaten by garbage; ESC
 * ends the prompt of a message. */
static enum dmsc_err hello(struct dmsci_at *at)
{
    enum dmsc_err err = DMSC_E_TIMEOUT;
    unsigned i;

    for (i = 0; i < HELLOS && err == DMSC_E_TIMEOUT; i++) {
        int64_t deadline = dmsci_link_now_ms() + HELLO_MS;
        enum dmsci_at_line end = DMSCI_AT_OTHER;

        drain(at);
        err = send_line(at, i == 0 ? "AT" : "\x1B\rAT", deadline);
        while (err == DMSC_OK && end != DMSCI_AT_OK) {
            err = read_answer(at, NULL, deadline, &end);
            /* One too long is garbage like any other. */
            if (err == DMSC_E_LIMIT)
                err = DMSC_OK;
        }
    }
    if (err != DMSC_OK) {
        (void)no_answer(at, err, "reach the modem");
        dmsci_hint(at->ctx, "check the device (a modem has several, one speaks AT) and baud=");
        return err;
    }
    /* Said twice, a second OK may be on its way. */
    if (i > 1)
        drain(at);
    at->dirty = false;
    return DMSC_OK;
}

enum dmsc_err dmsci_at_ask(struct dmsci_at *at, const char *command, const char *prefix,
                           const char *what, int timeout_ms)
{
    enum dmsci_at_line end = DMSCI_AT_OTHER;
    int64_t deadline;
    enum dmsc_err err = at->dirty ? hello(at) : DMSC_OK;

    if (err != DMSC_OK)
        return err;
    dmsc_buf_reset(&at->info);
    deadline = dmsci_link_now_ms() + timeout_ms;
    err = send_line(at, command, deadline);
    if (err == DMSC_OK)
        err = read_answer(at, prefix, deadline, &end);
    if (err != DMSC_OK)
        return no_answer(at, err, what);
    return end == DMSCI_AT_ERROR ? refused(at, what) : DMSC_OK;
}

/* Does it take the command? What ends the whole thing is told through @p ret_err. */
static bool takes(struct dmsci_at *at, const char *command, enum dmsc_err *ret_err)
{
    enum dmsc_err err;

    at->error.code = -2; /* of no modem */
    err = dmsci_at_ask(at, command, NULL, "ask the modem what it can", DMSCI_AT_SHORT_MS);
    if (err != DMSC_OK && at->error.code == -2)
        *ret_err = err;
    return err == DMSC_OK;
}

/* Errors of the card, not of the command: the modem has the command. */
static bool card_is_why(const struct dmsci_at *at)
{
    return at->error.code >= 10 && at->error.code <= 16;
}

static enum dmsc_err find_mode(struct dmsci_at *at)
{
    static const struct {
        const char *command;
        enum dmsci_at_mode mode;
    } questions[] = {
        { "AT+CSIM=?", DMSCI_AT_CSIM }, { select_mf, DMSCI_AT_CSIM },
        { "AT+CCHO=?", DMSCI_AT_CGLA }, { "AT+CGLA=?", DMSCI_AT_CGLA },
        { "AT+CRSM=?", DMSCI_AT_CRSM }, { "AT+CRSM=242", DMSCI_AT_CRSM },
    };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(questions); i++) {
        bool yes = takes(at, questions[i].command, &err);

        if (err != DMSC_OK)
            return err;
        if (yes || card_is_why(at)) {
            at->mode = questions[i].mode;
            return DMSC_OK;
        }
    }
    (void)dmsci_fail(at->ctx, DMSC_E_LINK, "reach the card of the modem");
    dmsci_where(at->ctx, "modem %s", at->argument);
    dmsci_why(at->ctx, "at:mode", "it has neither AT+CSIM nor AT+CCHO nor AT+CRSM");
    dmsci_hint(at->ctx, "many modems reach the card by QMI or MBIM alone: use exec: with a helper");
    return DMSC_E_LINK;
}

enum dmsc_err dmsci_at_greet(struct dmsci_at *at)
{
    enum dmsc_err err = hello(at);

    /* Numbers where it can, sentences are understood too; an echo is passed over. */
    if (err == DMSC_OK)
        (void)takes(at, "ATE0", &err);
    if (err == DMSC_OK)
        (void)takes(at, "AT+CMEE=1", &err);
    if (err == DMSC_OK && at->mode == DMSCI_AT_AUTO)
        err = find_mode(at);
    return err;
}

/* Where a case 4 without Le is refused although the card is there, Le is what is missing: then
 * commands go as T=1 has them. */
enum dmsc_err dmsci_at_card(struct dmsci_at *at)
{
    static const char what[] = "power the card";
    enum dmsc_err err;

    if (at->mode != DMSCI_AT_CSIM)
        return dmsci_at_ask(at, "AT+CPIN?", "+CPIN", what, at->timeout_ms);
    err = dmsci_at_ask(at, at->le ? select_mf_le : select_mf, "+CSIM", what, at->timeout_ms);
    if (err == DMSC_E_LINK && !at->le && !card_is_why(at) && at->lines.fd >= 0 && !at->dirty) {
        err = dmsci_at_ask(at, select_mf_le, "+CSIM", what, at->timeout_ms);
        at->le = err == DMSC_OK;
    }
    return err;
}
