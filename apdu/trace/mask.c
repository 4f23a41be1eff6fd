/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/trace/mask.h"
#include <string.h>

/* INS and name in one text: a device carries it, and a table of rows would be longer. */
static const char names[] =
    /* TS 102 221 10.1.2, TS 102 222 */
    "A4SELECT\0"
    "F2STATUS\0"
    "B0READ BINARY\0"
    "D6UPDATE BINARY\0"
    "B2READ RECORD\0"
    "DCUPDATE RECORD\0"
    "A2SEARCH RECORD\0"
    "32INCREASE\0"
    "CBRETRIEVE DATA\0"
    "DBSET DATA\0"
    "20VERIFY PIN\0"
    "24CHANGE PIN\0"
    "26DISABLE PIN\0"
    "28ENABLE PIN\0"
    "2CUNBLOCK PIN\0"
    "04DEACTIVATE FILE\0"
    "44ACTIVATE FILE\0"
    "88AUTHENTICATE\0"
    "89AUTHENTICATE\0"
    "84GET CHALLENGE\0"
    "AATERMINAL CAPABILITY\0"
    "10TERMINAL PROFILE\0"
    "C2ENVELOPE\0"
    "12FETCH\0"
    "14TERMINAL RESPONSE\0"
    "70MANAGE CHANNEL\0"
    "73MANAGE SECURE CHANNEL\0"
    "75TRANSACT DATA\0"
    "76SUSPEND UICC\0"
    "78GET IDENTITY\0"
    "C0GET RESPONSE\0"
    "E0CREATE FILE\0"
    "E4DELETE FILE\0"
    "D4RESIZE FILE\0"
    "E6TERMINATE DF\0"
    "E8TERMINATE EF\0"
    /* ISO 7816-4 and 7816-8, GlobalPlatform */
    "22MANAGE SECURITY ENV\0"
    "2APERFORM SECURITY OP\0"
    "47GENERATE KEY PAIR\0"
    "50INITIALIZE UPDATE\0"
    "82EXTERNAL AUTHENTICATE\0"
    "CAGET DATA\0"
    "D8PUT KEY\0"
    "E2STORE DATA\0";

const char *dmsci_trace_name(struct dmsc_bytes capdu)
{
    char ins[3] = "";

    if (capdu.n > 1)
        dmsc_hex_encode(dmsc_bytes(capdu.p + 1, 1), ins);
    for (const char *row = names; *row != '\0'; row += strlen(row) + 1) {
        if (row[0] == ins[0] && row[1] == ins[1])
            return row + 2;
    }
    return "command";
}

/* 80: "plain value" in P1 is what comes out, in P2 what goes in (ISO 7816-8). */
#define PSO_PLAIN 0x80

static bool secret_data(const uint8_t *capdu)
{
    switch (capdu[1] & 0xFE) {
    case 0x20:
    case 0x24:
    case 0x26:
    case 0x28:
    case 0x2C:
    case 0xD8:
        return true;
    case 0x2A:
        return capdu[3] == PSO_PLAIN;
    default:
        return false;
    }
}

static bool secret_answer(const uint8_t *capdu)
{
    return (capdu[1] & 0xFE) == 0x88 || (capdu[1] == 0x2A && capdu[2] == PSO_PLAIN);
}

static void mask_command(struct dmsci_trace_mask *mask, struct dmsci_trace_line *line)
{
    const uint8_t *capdu = line->bytes;

    if (line->n < 4)
        return;
    if (capdu[1] != 0xC0)
        mask->answer = secret_answer(capdu);
    if (mask->raw || line->n <= 5 || !(secret_data(capdu) || mask->concealed))
        return;
    /* Lc says where the data end, if it can be right: an Le behind them is no secret. */
    if (line->n == (size_t)6 + capdu[4])
        dmsci_trace_hide(line, 5, capdu[4]);
    else
        dmsci_trace_hide(line, 5, line->n);
}

void dmsci_trace_mask(struct dmsci_trace_mask *mask, struct dmsci_trace_line *line)
{
    if (line->kind == DMSCI_TRACE_COMMAND)
        mask_command(mask, line);
    else if (line->kind == DMSCI_TRACE_ANSWER && line->n > 2 && !mask->raw &&
             (mask->answer || mask->concealed))
        dmsci_trace_hide(line, 0, line->n - 2);
}
