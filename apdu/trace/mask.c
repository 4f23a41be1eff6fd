/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/trace/mask.h"
#include "apdu/base/compiler.h"

/* A name is part of its row: a pointer would be twice as long, with its relocation. */
static const struct {
    uint8_t ins;
    char name[23];
} names[] = {
    /* TS 102 221 10.1.2, TS 102 222 */
    { 0xA4, "SELECT" },
    { 0xF2, "STATUS" },
    { 0xB0, "READ BINARY" },
    { 0xD6, "UPDATE BINARY" },
    { 0xB2, "READ RECORD" },
    { 0xDC, "UPDATE RECORD" },
    { 0xA2, "SEARCH RECORD" },
    { 0x32, "INCREASE" },
    { 0xCB, "RETRIEVE DATA" },
    { 0xDB, "SET DATA" },
    { 0x20, "VERIFY PIN" },
    { 0x24, "CHANGE PIN" },
    { 0x26, "DISABLE PIN" },
    { 0x28, "ENABLE PIN" },
    { 0x2C, "UNBLOCK PIN" },
    { 0x04, "DEACTIVATE FILE" },
    { 0x44, "ACTIVATE FILE" },
    { 0x88, "AUTHENTICATE" },
    { 0x89, "AUTHENTICATE" },
    { 0x84, "GET CHALLENGE" },
    { 0xAA, "TERMINAL CAPABILITY" },
    { 0x10, "TERMINAL PROFILE" },
    { 0xC2, "ENVELOPE" },
    { 0x12, "FETCH" },
    { 0x14, "TERMINAL RESPONSE" },
    { 0x70, "MANAGE CHANNEL" },
    { 0x73, "MANAGE SECURE CHANNEL" },
    { 0x75, "TRANSACT DATA" },
    { 0x76, "SUSPEND UICC" },
    { 0x78, "GET IDENTITY" },
    { 0xC0, "GET RESPONSE" },
    { 0xE0, "CREATE FILE" },
    { 0xE4, "DELETE FILE" },
    { 0xD4, "RESIZE FILE" },
    { 0xE6, "TERMINATE DF" },
    { 0xE8, "TERMINATE EF" },
    /* ISO 7816-4 and 7816-8, GlobalPlatform */
    { 0x22, "MANAGE SECURITY ENV" },
    { 0x2A, "PERFORM SECURITY OP" },
    { 0x47, "GENERATE KEY PAIR" },
    { 0x50, "INITIALIZE UPDATE" },
    { 0x82, "EXTERNAL AUTHENTICATE" },
    { 0xCA, "GET DATA" },
    { 0xD8, "PUT KEY" },
    { 0xE2, "STORE DATA" },
};

const char *dmsci_trace_name(struct dmsc_bytes capdu)
{
    for (size_t i = 0; capdu.n > 1 && i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].ins == capdu.p[1])
            return names[i].name;
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
