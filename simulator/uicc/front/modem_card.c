/* SPDX-License-Identifier: Apache-2.0 */
/* What the modem itself does with the card: +CRSM, +CPIN, +CIMI (TS 27.007 8.18, 8.3, 5.6). */
#include "apdu/base/ctx.h"
#include "simulator/uicc/front/at_text.h"
#include "simulator/uicc/front/modem_commands.h"
#include <string.h>

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

static enum dmsci_cme select_file(struct dmsci_modem *m, const struct crsm *c)
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
    return dmsci_modem_exchange(m, apdu, (size_t)(to - apdu));
}

enum dmsci_cme dmsci_modem_crsm(struct dmsci_modem *m, const char *text)
{
    uint8_t apdu[5 + 255];
    struct crsm c;
    enum dmsci_cme error;

    if (!take_crsm(m, text, &c))
        return DMSCI_CME_PARAMETERS;
    error = select_file(m, &c);
    if (error == DMSCI_CME_NONE && dmsci_modem_sw(m) >> 12 == 9 && c.command != 192 &&
        c.command != 242) {
        apdu[0] = c.command == 203 || c.command == 219 ? 0x80 : 0x00;
        apdu[1] = (uint8_t)c.command;
        apdu[2] = (uint8_t)c.p[0];
        apdu[3] = (uint8_t)c.p[1];
        apdu[4] = c.data_n > 0 ? (uint8_t)c.data_n : (uint8_t)c.p[2];
        dmsci_copy(apdu + 5, c.data, c.data_n);
        error = dmsci_modem_transmit(m, dmsc_bytes(apdu, 5 + c.data_n));
    }
    if (error != DMSCI_CME_NONE)
        return error;
    if (dmsci_buf_printf(m->out, "\r\n+CRSM: %u,%u", m->rapdu[m->n - 2], m->rapdu[m->n - 1]) !=
        DMSC_OK)
        return DMSCI_CME_SIM_FAILURE;
    if (m->n > 2 && (dmsc_buf_append_str(m->out, ",\"") != DMSC_OK ||
                     dmsci_modem_say_hex(m, dmsc_bytes(m->rapdu, m->n - 2)) != DMSC_OK ||
                     dmsc_buf_append_str(m->out, "\"") != DMSC_OK))
        return DMSCI_CME_SIM_FAILURE;
    return dmsc_buf_append_str(m->out, "\r\n") == DMSC_OK ? DMSCI_CME_NONE : DMSCI_CME_SIM_FAILURE;
}

/* 63Cx: it is wanted; 6983: blocked; else it is verified, disabled, or there is none. */
enum dmsci_cme dmsci_modem_ask_cpin(struct dmsci_modem *m)
{
    static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x01, 0x00 };
    enum dmsci_cme error =
        dmsci_modem_transmit(m, dmsc_bytes(verify, dmsc_sim_protocol(m->sim) == DMSC_T0 ? 5 : 4));
    const char *word = "READY";

    if (error != DMSCI_CME_NONE)
        return error;
    if ((dmsci_modem_sw(m) & 0xFFF0) == 0x63C0)
        word = "SIM PIN";
    if (dmsci_modem_sw(m) == 0x63C0 || dmsci_modem_sw(m) == 0x6983)
        word = "SIM PUK";
    return dmsci_buf_printf(m->out, "\r\n+CPIN: %s\r\n", word) == DMSC_OK ? DMSCI_CME_NONE
                                                                          : DMSCI_CME_SIM_FAILURE;
}

enum dmsci_cme dmsci_modem_cpin(struct dmsci_modem *m, const char *text)
{
    uint8_t apdu[13] = { 0x00, 0x20, 0x00, 0x01, 0x08 };
    bool quoted = *text == '"';
    size_t n;
    enum dmsci_cme error;

    text += quoted;
    n = strspn(text, "0123456789");
    if (n < 4 || n > 8 || strcmp(text + n, quoted ? "\"" : "") != 0)
        return DMSCI_CME_PARAMETERS;
    for (size_t i = 0; i < 8; i++)
        apdu[5 + i] = i < n ? (uint8_t)text[i] : 0xFF;
    error = dmsci_modem_transmit(m, dmsc_bytes(apdu, sizeof(apdu)));
    if (error != DMSCI_CME_NONE)
        return error;
    return dmsci_modem_sw(m) == 0x9000 ? DMSCI_CME_NONE : DMSCI_CME_WRONG_PASSWORD;
}

/* EF(IMSI) of the USIM (TS 31.102 4.2.2): its length, then digits, the first one beside the parity.
 */
enum dmsci_cme dmsci_modem_cimi(struct dmsci_modem *m, const char *text)
{
    const struct crsm imsi = { .file = 0x6F07, .path = { 0x7F, 0xFF }, .path_n = 2 };
    static const uint8_t read[] = { 0x00, 0xB0, 0x00, 0x00, 0x09 };
    enum dmsci_cme error = select_file(m, &imsi);
    char digits[18];
    size_t n = 0;

    (void)text;
    if (error == DMSCI_CME_NONE && dmsci_modem_sw(m) >> 12 == 9)
        error = dmsci_modem_transmit(m, dmsc_bytes(read, sizeof(read)));
    if (error != DMSCI_CME_NONE)
        return error;
    if (dmsci_modem_sw(m) == 0x6982)
        return DMSCI_CME_PIN_REQUIRED;
    if (dmsci_modem_sw(m) >> 12 != 9 || m->n != 11 || m->rapdu[0] < 1 || m->rapdu[0] > 8)
        return DMSCI_CME_SIM_FAILURE;
    for (size_t i = 1; i <= m->rapdu[0]; i++) {
        if (i > 1)
            digits[n++] = (char)('0' + (m->rapdu[i] & 0x0F));
        if (m->rapdu[i] >> 4 <= 9)
            digits[n++] = (char)('0' + (m->rapdu[i] >> 4));
    }
    digits[n] = '\0';
    return dmsci_buf_printf(m->out, "\r\n%s\r\n", digits) == DMSC_OK ? DMSCI_CME_NONE
                                                                     : DMSCI_CME_SIM_FAILURE;
}
