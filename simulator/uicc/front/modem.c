/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "simulator/uicc/front/at_text.h"
#include "simulator/uicc/front/modem_commands.h"
#include <string.h>
#include <strings.h>

#define FIRST_HANDLE 3 /* so that nobody takes a session id for a channel number */

static const struct {
    enum dmsci_cme code;
    const char *text;
} cme_texts[] = {
    { DMSCI_CME_NOT_ALLOWED, "operation not allowed" },
    { DMSCI_CME_NOT_SUPPORTED, "operation not supported" },
    { DMSCI_CME_PIN_REQUIRED, "SIM PIN required" },
    { DMSCI_CME_SIM_FAILURE, "SIM failure" },
    { DMSCI_CME_WRONG_PASSWORD, "incorrect password" },
    { DMSCI_CME_MEMORY_FULL, "memory full" },
    { DMSCI_CME_INVALID_INDEX, "invalid index" },
    { DMSCI_CME_NOT_FOUND, "not found" },
    { DMSCI_CME_PARAMETERS, "Incorrect parameters" },
};

enum dmsci_cme dmsci_modem_transmit(struct dmsci_modem *m, struct dmsc_bytes capdu)
{
    if (dmsc_sim_transmit(m->sim, capdu, m->rapdu, &m->n) != DMSC_OK)
        return DMSCI_CME_SIM_FAILURE;
    m->trace(m->user, NULL, capdu, dmsc_bytes(m->rapdu, m->n));
    return DMSCI_CME_NONE;
}

uint16_t dmsci_modem_sw(const struct dmsci_modem *m)
{
    return (uint16_t)(m->rapdu[m->n - 2] << 8 | m->rapdu[m->n - 1]);
}

enum dmsci_cme dmsci_modem_exchange(struct dmsci_modem *m, const uint8_t *apdu, size_t n)
{
    uint8_t block[DMSC_CAPDU_MAX], again[5] = { (uint8_t)(apdu[0] & 0x03), 0xC0, 0, 0, 0 };
    bool case4 = n > 5 && n == 6u + apdu[4];
    enum dmsci_cme error;

    dmsci_copy(block, apdu, n);
    if (case4 && dmsc_sim_protocol(m->sim) == DMSC_T0)
        n--;
    error = dmsci_modem_transmit(m, dmsc_bytes(block, n));
    if (error == DMSCI_CME_NONE && n == 5 && dmsci_modem_sw(m) >> 8 == 0x6C) {
        block[4] = m->rapdu[m->n - 1];
        error = dmsci_modem_transmit(m, dmsc_bytes(block, n));
    }
    if (error == DMSCI_CME_NONE && dmsci_modem_sw(m) >> 8 == 0x61) {
        again[4] = m->rapdu[m->n - 1];
        error = dmsci_modem_transmit(m, dmsc_bytes(again, sizeof(again)));
    }
    return error;
}

enum dmsc_err dmsci_modem_say_hex(struct dmsci_modem *m, struct dmsc_bytes bytes)
{
    char hex[2 * DMSC_RAPDU_MAX + 1];

    dmsc_hex_encode(bytes, hex);
    return dmsc_buf_append_str(m->out, hex);
}

static enum dmsci_cme run_cmee(struct dmsci_modem *m, const char *text)
{
    unsigned long value;

    if (!dmsci_at_number(&text, 2, &value) || *text != '\0')
        return DMSCI_CME_PARAMETERS;
    m->cmee = (int)value;
    return DMSCI_CME_NONE;
}

static enum dmsci_cme ask_cmee(struct dmsci_modem *m)
{
    return dmsci_buf_printf(m->out, "\r\n+CMEE: %d\r\n", m->cmee) == DMSC_OK
               ? DMSCI_CME_NONE
               : DMSCI_CME_SIM_FAILURE;
}

/* Name, what "=?" says, "=" or the bare command, "?". */
static const struct {
    const char *name, *test;
    enum dmsci_cme (*run)(struct dmsci_modem *m, const char *text);
    enum dmsci_cme (*ask)(struct dmsci_modem *m);
    bool bare;
} commands[] = {
    { "+CSIM", "", dmsci_modem_csim, NULL, false },
    { "+CCHO", "", dmsci_modem_ccho, NULL, false },
    { "+CCHC", "", dmsci_modem_cchc, NULL, false },
    { "+CGLA", "", dmsci_modem_cgla, NULL, false },
    { "+CRSM", "", dmsci_modem_crsm, NULL, false },
    { "+CPIN", "", dmsci_modem_cpin, dmsci_modem_ask_cpin, false },
    { "+CIMI", "", dmsci_modem_cimi, NULL, true },
    { "+CMEE", "\r\n+CMEE: (0-2)\r\n", run_cmee, ask_cmee, false },
};

static enum dmsci_cme run_extended(struct dmsci_modem *m, const char *text)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        size_t n = strlen(commands[i].name);
        const char *rest = text + n;

        if (strncasecmp(text, commands[i].name, n) != 0)
            continue;
        if (strcmp(rest, "=?") == 0)
            return dmsc_buf_append_str(m->out, commands[i].test) == DMSC_OK ? DMSCI_CME_NONE
                                                                            : DMSCI_CME_SIM_FAILURE;
        if (strcmp(rest, "?") == 0)
            return commands[i].ask != NULL ? commands[i].ask(m) : DMSCI_CME_NOT_ALLOWED;
        if (commands[i].bare ? *rest == '\0' : *rest == '=')
            return commands[i].run(m, rest + (*rest == '='));
    }
    return DMSCI_CME_NOT_SUPPORTED;
}

/* V.250: what has one letter. */
static enum dmsci_cme run_basic(struct dmsci_modem *m, const char *text)
{
    if (strcasecmp(text, "E0") == 0 || strcasecmp(text, "E") == 0) {
        m->echo = false;
    } else if (strcasecmp(text, "E1") == 0) {
        m->echo = true;
    } else if (strcasecmp(text, "Z") == 0 || strcasecmp(text, "&F") == 0) {
        m->echo = true;
        m->cmee = 0;
    } else if (strcasecmp(text, "I") == 0) {
        if (dmsc_buf_append_str(m->out, "\r\ndmsc software UICC\r\n") != DMSC_OK)
            return DMSCI_CME_SIM_FAILURE;
    } else if (*text != '\0') {
        return DMSCI_CME_NOT_SUPPORTED;
    }
    return DMSCI_CME_NONE;
}

static enum dmsc_err say_end(struct dmsci_modem *m, enum dmsci_cme error)
{
    if (error == DMSCI_CME_NONE)
        return dmsc_buf_append_str(m->out, "\r\nOK\r\n");
    if (m->cmee == 1)
        return dmsci_buf_printf(m->out, "\r\n+CME ERROR: %d\r\n", (int)error);
    for (size_t i = 0; m->cmee == 2 && i < DMSCI_ARRAY_LEN(cme_texts); i++) {
        if (cme_texts[i].code == error)
            return dmsci_buf_printf(m->out, "\r\n+CME ERROR: %s\r\n", cme_texts[i].text);
    }
    return dmsc_buf_append_str(m->out, "\r\nERROR\r\n");
}

enum dmsc_err dmsci_modem_command(struct dmsci_modem *m, const char *line,
                                  struct dmsc_buf *ret_text)
{
    size_t before = ret_text->n;
    enum dmsci_cme error;

    if (strncasecmp(line, "AT", 2) != 0)
        return DMSC_OK;
    line += 2;
    m->out = ret_text;
    error = *line == '+' ? run_extended(m, line) : run_basic(m, line);
    if (error != DMSCI_CME_NONE)
        dmsc_buf_truncate(ret_text, before);
    return say_end(m, error);
}

bool dmsci_modem_echoes(const struct dmsci_modem *m)
{
    return m->echo;
}

/* A modem has its USIM active on the basic channel: 7FFF means it. */
static void start_usim(struct dmsci_modem *m)
{
    static const uint8_t usim[] = { 0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0,
                                    0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };

    dmsc_sim_power(m->sim, DMSC_POWER_COLD);
    m->trace(m->user, "power on", dmsc_bytes(NULL, 0), dmsc_bytes(NULL, 0));
    (void)dmsci_modem_transmit(m, dmsc_bytes(usim, sizeof(usim)));
}

enum dmsc_err dmsci_modem_new(struct dmsc_ctx *ctx, struct dmsc_sim *sim,
                              void (*trace)(void *user, const char *power, struct dmsc_bytes capdu,
                                            struct dmsc_bytes rapdu),
                              void *user, struct dmsci_modem **ret_modem)
{
    struct dmsci_modem *m = dmsci_alloc(ctx, sizeof(*m));

    if (m == NULL)
        return DMSC_E_NOMEM;
    m->ctx = ctx;
    m->sim = sim;
    m->trace = trace;
    m->user = user;
    m->echo = true;
    m->next_handle = FIRST_HANDLE;
    dmsc_buf_init(&m->scratch, ctx, DMSC_CAPDU_MAX);
    start_usim(m);
    *ret_modem = m;
    return DMSC_OK;
}

void dmsci_modem_free(struct dmsci_modem *m)
{
    if (m == NULL)
        return;
    dmsc_sim_power(m->sim, DMSC_POWER_OFF);
    dmsc_buf_clear(&m->scratch);
    dmsci_free(m->ctx, m);
}
