/* SPDX-License-Identifier: Apache-2.0 */
/* APDUs through the modem: +CSIM, and on channels of its own +CCHO, +CGLA, +CCHC (TS 27.007 8.17,
 * 8.43, 8.45, 8.46). */
#include "apdu/base/ctx.h"
#include "simulator/uicc/front/at_text.h"
#include "simulator/uicc/front/modem_commands.h"

/* LENGTH,"HEX" of +CSIM and +CGLA: 8.17 counts characters. */
static bool take_apdu(struct dmsci_modem *m, const char *text)
{
    unsigned long length;

    return dmsci_at_number(&text, 2 * DMSC_CAPDU_MAX, &length) && dmsci_at_comma(&text) &&
           dmsci_at_hex(&text, &m->scratch) && *text == '\0' && m->scratch.n * 2 == length &&
           length >= 8;
}

static enum dmsci_cme answer_apdu(struct dmsci_modem *m, const char *name)
{
    if (dmsci_buf_printf(m->out, "\r\n%s: %zu,\"", name, 2 * m->n) != DMSC_OK ||
        dmsci_modem_say_hex(m, dmsc_bytes(m->rapdu, m->n)) != DMSC_OK ||
        dmsc_buf_append_str(m->out, "\"\r\n") != DMSC_OK)
        return DMSCI_CME_SIM_FAILURE;
    return DMSCI_CME_NONE;
}

enum dmsci_cme dmsci_modem_csim(struct dmsci_modem *m, const char *text)
{
    enum dmsci_cme error = take_apdu(m, text) ? dmsci_modem_transmit(m, dmsc_buf_bytes(&m->scratch))
                                              : DMSCI_CME_PARAMETERS;

    return error == DMSCI_CME_NONE ? answer_apdu(m, "+CSIM") : error;
}

static enum dmsci_cme close_channel(struct dmsci_modem *m, uint8_t channel)
{
    const uint8_t close[] = { 0x00, 0x70, 0x80, channel, 0x00 };

    m->handles[channel] = 0;
    return dmsci_modem_transmit(m, dmsc_bytes(close, dmsc_sim_protocol(m->sim) == DMSC_T0 ? 5 : 4));
}

static uint8_t with_channel(uint8_t cla, unsigned channel)
{
    if (channel < 4)
        return (uint8_t)((cla & 0xBC) | channel);
    return (uint8_t)((cla & 0x80) | 0x40 | (channel - 4));
}

/* 8.45: open a channel and select the application on it. */
enum dmsci_cme dmsci_modem_ccho(struct dmsci_modem *m, const char *text)
{
    static const uint8_t open[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
    uint8_t select[5 + 16] = { 0x00, 0xA4, 0x04, 0x0C };
    enum dmsci_cme error;
    uint8_t channel;

    if (!dmsci_at_hex(&text, &m->scratch) || *text != '\0' || m->scratch.n < 5 || m->scratch.n > 16)
        return DMSCI_CME_PARAMETERS;
    error = dmsci_modem_transmit(m, dmsc_bytes(open, sizeof(open)));
    if (error != DMSCI_CME_NONE)
        return error;
    if (m->n != 3 || m->rapdu[0] == 0 || m->rapdu[0] >= DMSCI_MODEM_CHANNELS)
        return DMSCI_CME_MEMORY_FULL;
    channel = m->rapdu[0];
    select[0] = with_channel(0x00, channel);
    select[4] = (uint8_t)m->scratch.n;
    dmsci_copy(select + 5, m->scratch.p, m->scratch.n);
    error = dmsci_modem_transmit(m, dmsc_bytes(select, 5 + m->scratch.n));
    if (error != DMSCI_CME_NONE || dmsci_modem_sw(m) >> 12 != 9) {
        (void)close_channel(m, channel);
        return error != DMSCI_CME_NONE ? error : DMSCI_CME_NOT_FOUND;
    }
    m->handles[channel] = m->next_handle++;
    return dmsci_buf_printf(m->out, "\r\n+CCHO: %lu\r\n", (unsigned long)m->handles[channel]) ==
                   DMSC_OK
               ? DMSCI_CME_NONE
               : DMSCI_CME_SIM_FAILURE;
}

/* @return the channel, 0: none */
static uint8_t channel_of(const struct dmsci_modem *m, unsigned long handle)
{
    for (uint8_t i = 1; i < DMSCI_MODEM_CHANNELS; i++) {
        if (handle != 0 && m->handles[i] == handle)
            return i;
    }
    return 0;
}

enum dmsci_cme dmsci_modem_cchc(struct dmsci_modem *m, const char *text)
{
    unsigned long handle;

    if (!dmsci_at_number(&text, UINT32_MAX, &handle) || *text != '\0')
        return DMSCI_CME_PARAMETERS;
    return channel_of(m, handle) != 0 ? close_channel(m, channel_of(m, handle))
                                      : DMSCI_CME_INVALID_INDEX;
}

/* 8.43: whatever channel CLA says, the session's is meant. */
enum dmsci_cme dmsci_modem_cgla(struct dmsci_modem *m, const char *text)
{
    unsigned long handle;
    uint8_t channel;
    enum dmsci_cme error;

    if (!dmsci_at_number(&text, UINT32_MAX, &handle) || !dmsci_at_comma(&text) ||
        !take_apdu(m, text))
        return DMSCI_CME_PARAMETERS;
    channel = channel_of(m, handle);
    if (channel == 0)
        return DMSCI_CME_INVALID_INDEX;
    m->scratch.p[0] = with_channel(m->scratch.p[0], channel);
    error = dmsci_modem_transmit(m, dmsc_buf_bytes(&m->scratch));
    return error == DMSCI_CME_NONE ? answer_apdu(m, "+CGLA") : error;
}
