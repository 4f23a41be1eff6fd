/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "at": the card of a modem, through AT commands (TS 27.007). +CSIM passes commands as
 * they are (8.17). With +CCHO, +CGLA and +CCHC (8.43 to 8.45) the modem opens channels by AID and
 * names them with a session id that is no channel number. +CRSM (8.18) is the last resort.
 */
#include "apdu/link/at/modem.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000
#define TEXT_MAX   (2 * DMSC_CAPDU_MAX + 64)

/* "LENGTH,"HEX"" of +CSIM and +CGLA. */
static enum dmsc_err take_rapdu(struct dmsci_at *at, const char *what, struct dmsc_buf *ret_rapdu)
{
    unsigned long length = 0;
    const char *digits = NULL;
    size_t n = 0;
    enum dmsc_err err;

    if (at->info.n == 0 ||
        dmsci_at_fields(dmsc_buf_str(&at->info), 1, &length, &digits, &n) != DMSC_OK || n < 4)
        return dmsci_at_odd(at, what);
    dmsc_buf_truncate(&at->info, (size_t)(digits - dmsc_buf_str(&at->info)) + n);
    at->info.p[at->info.n] = 0;
    err = dmsci_lines_hex(&at->lines, digits, ret_rapdu);
    dmsc_buf_reset(&at->info); /* may be keys */
    return err;
}

static int shorter(int a, int b)
{
    return a < b ? a : b;
}

/* @param head of the command, up to the length */
static enum dmsc_err send_apdu(struct dmsci_at *at, const char *head, const char *prefix,
                               struct dmsc_bytes capdu, int timeout_ms, struct dmsc_buf *ret_rapdu)
{
    static const char what[] = "send a command to the card";
    char text[TEXT_MAX], hex[2 * DMSC_CAPDU_MAX + 1];
    enum dmsc_err err;

    dmsc_hex_encode(capdu, hex);
    /* Four bytes are refused by modems that look for P3; a card takes P3 = 00 for none. */
    if (capdu.n == 4)
        dmsci_copy(hex + 8, "00", 3);
    (void)snprintf(text, sizeof(text), "%s%zu,\"%s\"", head, strlen(hex), hex);
    err = dmsci_at_ask(at, text, prefix, what, shorter(timeout_ms, at->timeout_ms));
    dmsc_wipe(hex, sizeof(hex));
    dmsc_wipe(text, sizeof(text));
    return err != DMSC_OK ? err : take_rapdu(at, what, ret_rapdu);
}

static enum dmsc_err at_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                              enum dmsc_protocol *ret_protocol)
{
    struct dmsci_at *at = impl;
    enum dmsc_err err = how == DMSC_POWER_OFF ? DMSC_OK : dmsci_at_card(at);

    if (err != DMSC_OK)
        return err;
    /* The modem does not give its card's ATR away, nor does it reset it for us. */
    dmsc_buf_reset(ret_atr);
    if (how != DMSC_POWER_OFF)
        *ret_protocol = at->le || at->mode == DMSCI_AT_CRSM ? DMSC_T1 : DMSC_T0;
    at->files = (struct dmsci_at_files){ .depth = 0 };
    at->powered = how != DMSC_POWER_OFF;
    return DMSC_OK;
}

static enum dmsc_err not_powered(struct dmsci_at *at)
{
    return dmsci_fail(at->ctx, DMSC_E_STATE, "send a command before power-on");
}

static enum dmsc_err csim_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    struct dmsci_at *at = impl;

    return at->powered ? send_apdu(at, "AT+CSIM=", "+CSIM", capdu, timeout_ms, ret_rapdu)
                       : not_powered(at);
}

static enum dmsc_err crsm_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    struct dmsci_at *at = impl;

    return at->powered ? dmsci_at_crsm(at, capdu, shorter(timeout_ms, at->timeout_ms), ret_rapdu)
                       : not_powered(at);
}

static enum dmsc_err at_channel_open(void *impl, struct dmsc_bytes aid, uint32_t *ret_handle)
{
    static const char what[] = "open a logical channel";
    char text[TEXT_MAX], hex[2 * DMSC_CAPDU_MAX + 1];
    struct dmsci_at *at = impl;
    unsigned long session = 0;
    const char *rest = NULL;
    size_t rest_n = 0;
    enum dmsc_err err;

    dmsc_hex_encode(aid, hex);
    (void)snprintf(text, sizeof(text), "AT+CCHO=\"%s\"", hex);
    at->error.err = DMSC_OK;
    err = dmsci_at_ask(at, text, "+CCHO", what, at->timeout_ms);
    if (err == DMSC_E_LINK && at->error.err == DMSC_E_LIMIT)
        return DMSC_E_LIMIT;
    /* 9.2.2.1 has 22 for it, but most say ERROR or 100 for an AID that is not there. */
    if (err == DMSC_E_LINK && at->error.err != DMSC_OK &&
        (at->error.code < 10 || at->error.code > 16))
        return DMSC_E_NOTFOUND;
    if (err != DMSC_OK)
        return err;
    if (dmsci_at_fields(dmsc_buf_str(&at->info), 1, &session, &rest, &rest_n) != DMSC_OK ||
        rest_n > 0 || session > UINT32_MAX)
        return dmsci_at_odd(at, what);
    *ret_handle = (uint32_t)session;
    return DMSC_OK;
}

static enum dmsc_err at_channel_close(void *impl, uint32_t handle)
{
    struct dmsci_at *at = impl;
    char text[32];

    (void)snprintf(text, sizeof(text), "AT+CCHC=%lu", (unsigned long)handle);
    return dmsci_at_ask(at, text, NULL, "close a logical channel", DMSCI_AT_SHORT_MS);
}

static enum dmsc_err at_channel_transmit(void *impl, uint32_t handle, struct dmsc_bytes capdu,
                                         int timeout_ms, struct dmsc_buf *ret_rapdu)
{
    char head[32];

    (void)snprintf(head, sizeof(head), "AT+CGLA=%lu,", (unsigned long)handle);
    return send_apdu(impl, head, "+CGLA", capdu, timeout_ms, ret_rapdu);
}

static void at_close(void *impl)
{
    struct dmsci_at *at = impl;
    struct dmsc_ctx *ctx = at->ctx;

    dmsci_at_port_close(&at->port);
    dmsci_lines_clear(&at->lines);
    dmsc_buf_clear(&at->info);
    dmsci_free(ctx, at->argument);
    dmsci_free(ctx, at);
}

static const struct dmsc_link_ops csim_ops = {
    .name = "at",
    .power = at_power,
    .transmit = csim_transmit,
    .close = at_close,
};

static const struct dmsc_link_ops cgla_ops = {
    .name = "at",
    .power = at_power,
    .transmit = crsm_transmit,
    .channel_open = at_channel_open,
    .channel_close = at_channel_close,
    .channel_transmit = at_channel_transmit,
    .close = at_close,
};

static const struct dmsc_link_ops crsm_ops = {
    .name = "at",
    .power = at_power,
    .transmit = crsm_transmit,
    .close = at_close,
};

struct settings {
    unsigned long baud;
    enum dmsci_at_flow flow;
    const char *lock_dir;
};

/* @return the index of @p word, or -1 */
static int index_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0)
            return (int)i;
    }
    return -1;
}

/* One "NAME=VALUE" behind the device. */
static bool set_option(struct dmsci_at *at, const char *word, struct settings *settings)
{
    static const char *const modes[] = { "auto", "csim", "cgla", "crsm" };
    static const char *const flows[] = { "none", "rtscts", "xonxoff" };
    const char *value = strchr(word, '=');
    int index;

    if (strcmp(word, "le") == 0)
        at->le = true;
    if (value == NULL)
        return at->le;
    value++;
    if (strncmp(word, "baud=", 5) == 0) {
        settings->baud = strtoul(value, NULL, 10);
        return dmsci_at_baud_known(settings->baud);
    }
    if (strncmp(word, "timeout=", 8) == 0) {
        at->timeout_ms = (int)strtol(value, NULL, 10);
        return at->timeout_ms > 0;
    }
    if (strncmp(word, "lock=", 5) == 0) {
        settings->lock_dir = strcmp(value, "none") == 0 ? NULL : value;
        return true;
    }
    if (strncmp(word, "mode=", 5) == 0) {
        index = index_of(value, modes, DMSCI_ARRAY_LEN(modes));
        at->mode = (enum dmsci_at_mode)(index < 0 ? 0 : index);
        return index >= 0;
    }
    index = strncmp(word, "flow=", 5) == 0 ? index_of(value, flows, DMSCI_ARRAY_LEN(flows)) : -1;
    settings->flow = (enum dmsci_at_flow)(index < 0 ? 0 : index);
    return index >= 0;
}

static enum dmsc_err set_options(struct dmsci_at *at, struct settings *settings)
{
    char *next = NULL, *word = strchr(at->argument, ',');

    if (word != NULL)
        *word++ = '\0';
    if (at->argument[0] == '\0')
        return dmsci_fail(at->ctx, DMSC_E_ARG, "open link at: the name of a device is wanted");
    for (word = word != NULL ? strtok_r(word, ",", &next) : NULL; word != NULL;
         word = strtok_r(NULL, ",", &next)) {
        if (set_option(at, word, settings))
            continue;
        (void)dmsci_fail(at->ctx, DMSC_E_ARG, "open link at: option \"%s\"", word);
        dmsci_why(at->ctx, "at:option", "there is no such option");
        dmsci_hint(at->ctx, "at:DEVICE[,baud=N][,flow=none|rtscts|xonxoff][,mode=auto|csim|cgla|"
                            "crsm][,le][,timeout=MS][,lock=DIR|none]");
        return DMSC_E_ARG;
    }
    return DMSC_OK;
}

static enum dmsc_err connect_modem(struct dmsci_at *at, struct dmsc_link **ret_link)
{
    static const struct dmsc_link_ops *const ops[] = { &csim_ops, &csim_ops, &cgla_ops, &crsm_ops };
    struct settings settings = { 0, DMSCI_AT_FLOW_NONE, "/var/lock" };
    enum dmsc_err err = set_options(at, &settings);

    if (err == DMSC_OK)
        err = dmsci_at_port_open(&at->port, at->ctx, at->argument, settings.baud, settings.flow,
                                 settings.lock_dir);
    if (err != DMSC_OK)
        return err;
    at->lines.fd = at->port.fd;
    err = dmsci_at_greet(at);
    return err == DMSC_OK ? dmsc_link_new(at->ctx, ops[at->mode], at, ret_link) : err;
}

static enum dmsc_err at_open(struct dmsc_ctx *ctx, const char *argument,
                             struct dmsc_link **ret_link)
{
    struct dmsci_at *at = dmsci_alloc(ctx, sizeof(*at));
    size_t line_max = 2 * (dmsc_ctx_limits(ctx)->rapdu_size + 2) + 32;
    enum dmsc_err err;

    if (at == NULL)
        return DMSC_E_NOMEM;
    at->ctx = ctx;
    at->timeout_ms = TIMEOUT_MS;
    at->port.fd = -1;
    dmsci_lines_init(&at->lines, ctx, line_max);
    dmsc_buf_init(&at->info, ctx, line_max);
    at->argument = dmsci_strdup(ctx, argument);
    err = at->argument == NULL ? DMSC_E_NOMEM : connect_modem(at, ret_link);
    if (err != DMSC_OK)
        at_close(at);
    return err;
}

const struct dmsc_link_driver dmsci_at_driver = {
    .name = "at",
    .argument = "DEVICE[,mode=...]",
    .open = at_open,
};
