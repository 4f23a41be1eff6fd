/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/modem.h"
#include "apdu/base/ctx.h"
#include "simulator/uicc/at_text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHANNELS     20
#define FIRST_HANDLE 3 /* so that nobody takes a session id for a channel number */

enum cme {
    CME_NONE = -1,
    CME_NOT_ALLOWED = 3,
    CME_NOT_SUPPORTED = 4,
    CME_PIN_REQUIRED = 11,
    CME_SIM_FAILURE = 13,
    CME_WRONG_PASSWORD = 16,
    CME_MEMORY_FULL = 20,
    CME_INVALID_INDEX = 21,
    CME_NOT_FOUND = 22,
    CME_PARAMETERS = 50
};

static const struct {
    enum cme code;
    const char *text;
} cme_texts[] = {
    { CME_NOT_ALLOWED, "operation not allowed" }, { CME_NOT_SUPPORTED, "operation not supported" },
    { CME_PIN_REQUIRED, "SIM PIN required" },     { CME_SIM_FAILURE, "SIM failure" },
    { CME_WRONG_PASSWORD, "incorrect password" }, { CME_MEMORY_FULL, "memory full" },
    { CME_INVALID_INDEX, "invalid index" },       { CME_NOT_FOUND, "not found" },
    { CME_PARAMETERS, "Incorrect parameters" },
};

struct dmsci_modem {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    void (*trace)(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu);
    void *user;
    bool echo;
    int cmee;                   /* 0 ERROR, 1 numbers, 2 text */
    uint32_t handles[CHANNELS]; /* session id of each channel, 0: none */
    uint32_t next_handle;
    struct dmsc_buf *out;    /* of the command at hand */
    struct dmsc_buf scratch; /* bytes of its hex parameters */
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n;
};

/* @return CME_NONE, or why there is no answer */
static enum cme transmit(struct dmsci_modem *m, struct dmsc_bytes capdu)
{
    if (dmsc_sim_transmit(m->sim, capdu, m->rapdu, &m->n) != DMSC_OK)
        return CME_SIM_FAILURE;
    m->trace(m->user, NULL, capdu, dmsc_bytes(m->rapdu, m->n));
    return CME_NONE;
}

static uint16_t sw(const struct dmsci_modem *m)
{
    return (uint16_t)(m->rapdu[m->n - 2] << 8 | m->rapdu[m->n - 1]);
}

/* With all that T=0 wants: Le away from a case 4, GET RESPONSE, the right Le. For the modem's own
 * commands; what comes with +CSIM and +CGLA goes as it is. */
static enum cme exchange(struct dmsci_modem *m, const uint8_t *apdu, size_t n)
{
    uint8_t block[DMSC_CAPDU_MAX], again[5] = { (uint8_t)(apdu[0] & 0x03), 0xC0, 0, 0, 0 };
    bool case4 = n > 5 && n == 6u + apdu[4];
    enum cme error;

    dmsci_copy(block, apdu, n);
    if (case4 && dmsc_sim_protocol(m->sim) == DMSC_T0)
        n--;
    error = transmit(m, dmsc_bytes(block, n));
    if (error == CME_NONE && n == 5 && sw(m) >> 8 == 0x6C) {
        block[4] = m->rapdu[m->n - 1];
        error = transmit(m, dmsc_bytes(block, n));
    }
    if (error == CME_NONE && sw(m) >> 8 == 0x61) {
        again[4] = m->rapdu[m->n - 1];
        error = transmit(m, dmsc_bytes(again, sizeof(again)));
    }
    return error;
}

static enum dmsc_err say_hex(struct dmsci_modem *m, struct dmsc_bytes bytes)
{
    char hex[2 * DMSC_RAPDU_MAX + 1];

    dmsc_hex_encode(bytes, hex);
    return dmsc_buf_append_str(m->out, hex);
}

/* LENGTH,"HEX" of +CSIM and +CGLA: 8.17 counts characters. */
static bool take_apdu(struct dmsci_modem *m, const char *text)
{
    unsigned long length;

    return dmsci_at_number(&text, 2 * DMSC_CAPDU_MAX, &length) && dmsci_at_comma(&text) &&
           dmsci_at_hex(&text, &m->scratch) && *text == '\0' && m->scratch.n * 2 == length &&
           length >= 8;
}

static enum cme answer_apdu(struct dmsci_modem *m, const char *name)
{
    if (dmsci_buf_printf(m->out, "\r\n%s: %zu,\"", name, 2 * m->n) != DMSC_OK ||
        say_hex(m, dmsc_bytes(m->rapdu, m->n)) != DMSC_OK ||
        dmsc_buf_append_str(m->out, "\"\r\n") != DMSC_OK)
        return CME_SIM_FAILURE;
    return CME_NONE;
}

static enum cme run_csim(struct dmsci_modem *m, const char *text)
{
    enum cme error = take_apdu(m, text) ? transmit(m, dmsc_buf_bytes(&m->scratch)) : CME_PARAMETERS;

    return error == CME_NONE ? answer_apdu(m, "+CSIM") : error;
}

static enum cme close_channel(struct dmsci_modem *m, uint8_t channel)
{
    const uint8_t close[] = { 0x00, 0x70, 0x80, channel, 0x00 };

    m->handles[channel] = 0;
    return transmit(m, dmsc_bytes(close, dmsc_sim_protocol(m->sim) == DMSC_T0 ? 5 : 4));
}

static uint8_t with_channel(uint8_t cla, unsigned channel)
{
    if (channel < 4)
        return (uint8_t)((cla & 0xBC) | channel);
    return (uint8_t)((cla & 0x80) | 0x40 | (channel - 4));
}

/* 8.45: open a channel and select the application on it. */
static enum cme run_ccho(struct dmsci_modem *m, const char *text)
{
    static const uint8_t open[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
    uint8_t select[5 + 16] = { 0x00, 0xA4, 0x04, 0x0C };
    enum cme error;
    uint8_t channel;

    if (!dmsci_at_hex(&text, &m->scratch) || *text != '\0' || m->scratch.n < 5 || m->scratch.n > 16)
        return CME_PARAMETERS;
    error = transmit(m, dmsc_bytes(open, sizeof(open)));
    if (error != CME_NONE)
        return error;
    if (m->n != 3 || m->rapdu[0] == 0 || m->rapdu[0] >= CHANNELS)
        return CME_MEMORY_FULL;
    channel = m->rapdu[0];
    select[0] = with_channel(0x00, channel);
    select[4] = (uint8_t)m->scratch.n;
    dmsci_copy(select + 5, m->scratch.p, m->scratch.n);
    error = transmit(m, dmsc_bytes(select, 5 + m->scratch.n));
    if (error != CME_NONE || sw(m) >> 12 != 9) {
        (void)close_channel(m, channel);
        return error != CME_NONE ? error : CME_NOT_FOUND;
    }
    m->handles[channel] = m->next_handle++;
    return dmsci_buf_printf(m->out, "\r\n+CCHO: %lu\r\n", (unsigned long)m->handles[channel]) ==
                   DMSC_OK
               ? CME_NONE
               : CME_SIM_FAILURE;
}

/* @return the channel, 0: none */
static uint8_t channel_of(const struct dmsci_modem *m, unsigned long handle)
{
    for (uint8_t i = 1; i < CHANNELS; i++) {
        if (handle != 0 && m->handles[i] == handle)
            return i;
    }
    return 0;
}

static enum cme run_cchc(struct dmsci_modem *m, const char *text)
{
    unsigned long handle;

    if (!dmsci_at_number(&text, UINT32_MAX, &handle) || *text != '\0')
        return CME_PARAMETERS;
    return channel_of(m, handle) != 0 ? close_channel(m, channel_of(m, handle)) : CME_INVALID_INDEX;
}

/* 8.43: whatever channel CLA says, the session's is meant. */
static enum cme run_cgla(struct dmsci_modem *m, const char *text)
{
    unsigned long handle;
    uint8_t channel;
    enum cme error;

    if (!dmsci_at_number(&text, UINT32_MAX, &handle) || !dmsci_at_comma(&text) ||
        !take_apdu(m, text))
        return CME_PARAMETERS;
    channel = channel_of(m, handle);
    if (channel == 0)
        return CME_INVALID_INDEX;
    m->scratch.p[0] = with_channel(m->scratch.p[0], channel);
    error = transmit(m, dmsc_buf_bytes(&m->scratch));
    return error == CME_NONE ? answer_apdu(m, "+CGLA") : error;
}

/* COMMAND[,FILE[,P1,P2,P3[,"DATA"[,"PATH"]]]] of 8.18. */
struct crsm {
    unsigned long command, file, p[3];
    uint8_t data[255];
    size_t data_n;
    uint8_t path[16]; /* from the MF, without it */
    size_t path_n;
};

static bool take_crsm(struct dmsci_modem *m, const char *text, struct crsm *c)
{
    *c = (struct crsm){ .file = 0x3F00 };
    if (!dmsci_at_number(&text, 255, &c->command))
        return false;
    if (dmsci_at_comma(&text) && !dmsci_at_number(&text, 65535, &c->file))
        return false;
    for (unsigned i = 0; i < 3 && *text == ','; i++) {
        text++;
        if (!dmsci_at_number(&text, 255, &c->p[i]))
            return false;
    }
    if (dmsci_at_comma(&text)) {
        if (!dmsci_at_hex(&text, &m->scratch) || m->scratch.n > sizeof(c->data))
            return false;
        c->data_n = m->scratch.n;
        dmsci_copy(c->data, m->scratch.p, c->data_n);
    }
    if (dmsci_at_comma(&text)) {
        if (!dmsci_at_hex(&text, &m->scratch) || m->scratch.n > 14 || m->scratch.n % 2 != 0)
            return false;
        c->path_n = m->scratch.n;
        dmsci_copy(c->path, m->scratch.p, c->path_n);
    }
    if (c->path_n >= 2 && c->path[0] == 0x3F && c->path[1] == 0x00) {
        c->path_n -= 2;
        dmsci_copy(c->path, c->path + 2, c->path_n);
    }
    return *text == '\0';
}

static enum cme select_file(struct dmsci_modem *m, const struct crsm *c)
{
    uint8_t apdu[5 + 16 + 1] = { 0x00, 0xA4, 0x08, 0x04 };
    uint8_t *to = apdu + 5;

    if (c->path_n == 0 && c->file == 0x3F00)
        apdu[2] = 0x00;
    dmsci_copy(to, c->path, c->path_n);
    to += c->path_n;
    *to++ = (uint8_t)(c->file >> 8);
    *to++ = (uint8_t)c->file;
    apdu[4] = (uint8_t)(to - apdu - 5);
    *to++ = 0x00;
    return exchange(m, apdu, (size_t)(to - apdu));
}

static enum cme run_crsm(struct dmsci_modem *m, const char *text)
{
    uint8_t apdu[5 + 255];
    struct crsm c;
    enum cme error;

    if (!take_crsm(m, text, &c))
        return CME_PARAMETERS;
    error = select_file(m, &c);
    if (error == CME_NONE && sw(m) >> 12 == 9 && c.command != 192 && c.command != 242) {
        apdu[0] = c.command == 203 || c.command == 219 ? 0x80 : 0x00;
        apdu[1] = (uint8_t)c.command;
        apdu[2] = (uint8_t)c.p[0];
        apdu[3] = (uint8_t)c.p[1];
        apdu[4] = c.data_n > 0 ? (uint8_t)c.data_n : (uint8_t)c.p[2];
        dmsci_copy(apdu + 5, c.data, c.data_n);
        error = transmit(m, dmsc_bytes(apdu, 5 + c.data_n));
    }
    if (error != CME_NONE)
        return error;
    if (dmsci_buf_printf(m->out, "\r\n+CRSM: %u,%u", m->rapdu[m->n - 2], m->rapdu[m->n - 1]) !=
        DMSC_OK)
        return CME_SIM_FAILURE;
    if (m->n > 2 && (dmsc_buf_append_str(m->out, ",\"") != DMSC_OK ||
                     say_hex(m, dmsc_bytes(m->rapdu, m->n - 2)) != DMSC_OK ||
                     dmsc_buf_append_str(m->out, "\"") != DMSC_OK))
        return CME_SIM_FAILURE;
    return dmsc_buf_append_str(m->out, "\r\n") == DMSC_OK ? CME_NONE : CME_SIM_FAILURE;
}

/* 63Cx: it is wanted; 6983: blocked; else it is verified, disabled, or there is none. */
static enum cme ask_cpin(struct dmsci_modem *m)
{
    static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x01, 0x00 };
    enum cme error = transmit(m, dmsc_bytes(verify, dmsc_sim_protocol(m->sim) == DMSC_T0 ? 5 : 4));
    const char *word = "READY";

    if (error != CME_NONE)
        return error;
    if ((sw(m) & 0xFFF0) == 0x63C0)
        word = "SIM PIN";
    if (sw(m) == 0x63C0 || sw(m) == 0x6983)
        word = "SIM PUK";
    return dmsci_buf_printf(m->out, "\r\n+CPIN: %s\r\n", word) == DMSC_OK ? CME_NONE
                                                                          : CME_SIM_FAILURE;
}

static enum cme run_cpin(struct dmsci_modem *m, const char *text)
{
    uint8_t apdu[13] = { 0x00, 0x20, 0x00, 0x01, 0x08 };
    bool quoted = *text == '"';
    size_t n;
    enum cme error;

    text += quoted;
    n = strspn(text, "0123456789");
    if (n < 4 || n > 8 || strcmp(text + n, quoted ? "\"" : "") != 0)
        return CME_PARAMETERS;
    for (size_t i = 0; i < 8; i++)
        apdu[5 + i] = i < n ? (uint8_t)text[i] : 0xFF;
    error = transmit(m, dmsc_bytes(apdu, sizeof(apdu)));
    if (error != CME_NONE)
        return error;
    return sw(m) == 0x9000 ? CME_NONE : CME_WRONG_PASSWORD;
}

/* EF(IMSI) of the USIM (TS 31.102 4.2.2): its length, then digits, the first one beside the parity.
 */
static enum cme run_cimi(struct dmsci_modem *m, const char *text)
{
    const struct crsm imsi = { .file = 0x6F07, .path = { 0x7F, 0xFF }, .path_n = 2 };
    static const uint8_t read[] = { 0x00, 0xB0, 0x00, 0x00, 0x09 };
    enum cme error = select_file(m, &imsi);
    char digits[18];
    size_t n = 0;

    (void)text;
    if (error == CME_NONE && sw(m) >> 12 == 9)
        error = transmit(m, dmsc_bytes(read, sizeof(read)));
    if (error != CME_NONE)
        return error;
    if (sw(m) == 0x6982)
        return CME_PIN_REQUIRED;
    if (sw(m) >> 12 != 9 || m->n != 11 || m->rapdu[0] < 1 || m->rapdu[0] > 8)
        return CME_SIM_FAILURE;
    for (size_t i = 1; i <= m->rapdu[0]; i++) {
        if (i > 1)
            digits[n++] = (char)('0' + (m->rapdu[i] & 0x0F));
        if (m->rapdu[i] >> 4 <= 9)
            digits[n++] = (char)('0' + (m->rapdu[i] >> 4));
    }
    digits[n] = '\0';
    return dmsci_buf_printf(m->out, "\r\n%s\r\n", digits) == DMSC_OK ? CME_NONE : CME_SIM_FAILURE;
}

static enum cme run_cmee(struct dmsci_modem *m, const char *text)
{
    unsigned long value;

    if (!dmsci_at_number(&text, 2, &value) || *text != '\0')
        return CME_PARAMETERS;
    m->cmee = (int)value;
    return CME_NONE;
}

static enum cme ask_cmee(struct dmsci_modem *m)
{
    return dmsci_buf_printf(m->out, "\r\n+CMEE: %d\r\n", m->cmee) == DMSC_OK ? CME_NONE
                                                                             : CME_SIM_FAILURE;
}

/* Name, what "=?" says, "=" or the bare command, "?". */
static const struct {
    const char *name, *test;
    enum cme (*run)(struct dmsci_modem *m, const char *text);
    enum cme (*ask)(struct dmsci_modem *m);
    bool bare;
} commands[] = {
    { "+CSIM", "", run_csim, NULL, false },
    { "+CCHO", "", run_ccho, NULL, false },
    { "+CCHC", "", run_cchc, NULL, false },
    { "+CGLA", "", run_cgla, NULL, false },
    { "+CRSM", "", run_crsm, NULL, false },
    { "+CPIN", "", run_cpin, ask_cpin, false },
    { "+CIMI", "", run_cimi, NULL, true },
    { "+CMEE", "\r\n+CMEE: (0-2)\r\n", run_cmee, ask_cmee, false },
};

static enum cme run_extended(struct dmsci_modem *m, const char *text)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        size_t n = strlen(commands[i].name);
        const char *rest = text + n;

        if (strncasecmp(text, commands[i].name, n) != 0)
            continue;
        if (strcmp(rest, "=?") == 0)
            return dmsc_buf_append_str(m->out, commands[i].test) == DMSC_OK ? CME_NONE
                                                                            : CME_SIM_FAILURE;
        if (strcmp(rest, "?") == 0)
            return commands[i].ask != NULL ? commands[i].ask(m) : CME_NOT_ALLOWED;
        if (commands[i].bare ? *rest == '\0' : *rest == '=')
            return commands[i].run(m, rest + (*rest == '='));
    }
    return CME_NOT_SUPPORTED;
}

/* V.250: what has one letter. */
static enum cme run_basic(struct dmsci_modem *m, const char *text)
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
            return CME_SIM_FAILURE;
    } else if (*text != '\0') {
        return CME_NOT_SUPPORTED;
    }
    return CME_NONE;
}

static enum dmsc_err say_end(struct dmsci_modem *m, enum cme error)
{
    if (error == CME_NONE)
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
    enum cme error;

    if (strncasecmp(line, "AT", 2) != 0)
        return DMSC_OK;
    line += 2;
    m->out = ret_text;
    error = *line == '+' ? run_extended(m, line) : run_basic(m, line);
    if (error != CME_NONE)
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
    (void)transmit(m, dmsc_bytes(usim, sizeof(usim)));
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
