/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort: a modem that gives files and not commands (TS 27.007 8.18, +CRSM). SELECT is
 * remembered and its FCP fetched with GET RESPONSE; READ, UPDATE and STATUS name the file each
 * time. Commands and channels of no file are refused with 6D00, as by a card that has not got them.
 */
#include "apdu/link/at/modem.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <string.h>

#define ADF 0x7FFF /* the application that is active: the modem's USIM */

enum { GET_RESPONSE = 192, STATUS = 242, SELECT = 0xA4 };

/* One +CRSM. @param data of an UPDATE, or empty */
static enum dmsc_err crsm(struct dmsci_at *at, unsigned command, const struct dmsci_at_files *where,
                          const uint8_t p[3], struct dmsc_bytes data, int timeout_ms,
                          struct dmsc_buf *ret_rapdu)
{
    static const char what[] = "send a command to the card";
    char text[2 * DMSC_CAPDU_MAX + 96], hex[2 * DMSC_CAPDU_MAX + 1], path[4 * DMSCI_AT_DEPTH + 5];
    unsigned long sw[2] = { 0, 0 };
    const char *digits = NULL;
    size_t digits_n = 0, at_path = 0;
    enum dmsc_err err;

    dmsc_hex_encode(data, hex);
    if (where->depth == 0 || where->path[0] != ADF)
        at_path = (size_t)snprintf(path, sizeof(path), "3F00");
    for (unsigned i = 0; i < where->depth; i++)
        at_path += (size_t)snprintf(path + at_path, sizeof(path) - at_path, "%04X", where->path[i]);
    (void)snprintf(text, sizeof(text), "AT+CRSM=%u,%u,%u,%u,%u,\"%s\",\"%s\"", command, where->file,
                   p[0], p[1], p[2], hex, path);
    err = dmsci_at_ask(at, text, "+CRSM", what, timeout_ms);
    dmsc_wipe(text, sizeof(text));
    dmsc_wipe(hex, sizeof(hex));
    if (err != DMSC_OK)
        return err;
    if (dmsci_at_fields(dmsc_buf_str(&at->info), 2, sw, &digits, &digits_n) != DMSC_OK ||
        sw[0] > 0xFF || sw[1] > 0xFF || digits_n > 2 * 256u)
        return dmsci_at_odd(at, what);
    (void)snprintf(text, sizeof(text), "%.*s%02lX%02lX", (int)digits_n, digits, sw[0], sw[1]);
    err = dmsci_lines_hex(&at->lines, text, ret_rapdu);
    dmsc_wipe(text, sizeof(text));
    return err;
}

static enum dmsc_err say(struct dmsc_buf *ret_rapdu, uint16_t sw)
{
    uint8_t bytes[2] = { (uint8_t)(sw >> 8), (uint8_t)sw };

    return dmsc_buf_set(ret_rapdu, dmsc_bytes(bytes, 2));
}

/* TS 102 221 8.2 has no rule for identifiers, but the convention of TS 51.011 6.2 lives on: 7Fxx
 * and 5Fxx are DFs. */
static bool is_df(uint16_t file)
{
    return (file & 0xFF00) == 0x7F00 || (file & 0xFF00) == 0x5F00;
}

static bool step(struct dmsci_at_files *files, uint16_t file)
{
    files->file = 0;
    if (file == 0x3F00) {
        files->depth = 0;
    } else if (!is_df(file)) {
        files->file = file;
    } else if (file == ADF) {
        files->depth = 1;
        files->path[0] = ADF;
    } else if (files->depth < DMSCI_AT_DEPTH) {
        files->path[files->depth++] = file;
    } else {
        return false;
    }
    return true;
}

/* TS 102 221 11.1.1: by identifier, by path from the MF or from the current DF. By AID the modem's
 * own USIM alone: it is the ADF that 7FFF stands for. */
static uint16_t walk(struct dmsci_at_files *files, uint8_t p1, struct dmsc_bytes data)
{
    static const uint8_t usim[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };
    struct dmsc_rd r = dmsc_rd(data);

    if (p1 == 0x04) {
        bool is_usim = data.n >= sizeof(usim) &&
                       dmsc_bytes_equal(dmsc_bytes(data.p, sizeof(usim)), dmsc_bytes(usim, 7));

        return is_usim && step(files, ADF) ? 0x9000 : 0x6A82;
    }
    if ((p1 != 0x00 && p1 != 0x08 && p1 != 0x09) || data.n < 2 || data.n % 2 != 0)
        return 0x6A86;
    if (p1 == 0x08)
        files->depth = 0;
    files->file = 0;
    while (r.n > 0) {
        if (!step(files, dmsc_rd_u16(&r)))
            return 0x6A82;
    }
    return 0x9000;
}

static enum dmsc_err select(struct dmsci_at *at, struct dmsc_bytes capdu, int timeout_ms,
                            struct dmsc_buf *ret_rapdu)
{
    static const uint8_t all[3] = { 0, 0, 0 };
    struct dmsci_at_files files = at->files, where;
    uint16_t sw = capdu.n > 5 && capdu.n >= 5u + capdu.p[4]
                      ? walk(&files, capdu.p[2], dmsc_bytes(capdu.p + 5, capdu.p[4]))
                      : 0x6700;
    enum dmsc_err err = DMSC_OK;

    if (sw != 0x9000)
        return say(ret_rapdu, sw);
    where = files;
    if (where.file == 0) {
        where.file = where.depth > 0 ? where.path[where.depth - 1] : 0x3F00;
        where.depth -= where.depth > 0;
    }
    /* A DF whose FCP nobody wants is not asked for: not every modem gives it. */
    if (files.file != 0 || (capdu.p[3] & 0x0C) != 0x0C)
        err = crsm(at, GET_RESPONSE, &where, all, dmsc_bytes(NULL, 0), timeout_ms, ret_rapdu);
    else
        err = say(ret_rapdu, 0x9000);
    if (err != DMSC_OK)
        return err;
    if (ret_rapdu->p[ret_rapdu->n - 2] != 0x90)
        return DMSC_OK;
    at->files = files;
    return (capdu.p[3] & 0x0C) == 0x0C ? say(ret_rapdu, 0x9000) : DMSC_OK;
}

/* Short identifiers that the standards fix: TS 102 221 13.1 to 13.5 under the MF, TS 31.102 4.2
 * under the USIM. +CRSM knows files by their identifier alone. */
static const struct {
    bool usim;
    uint8_t sfi;
    uint16_t file;
} short_names[] = {
    { false, 0x02, 0x2FE2 }, { false, 0x05, 0x2F05 }, { false, 0x06, 0x2F06 },
    { false, 0x08, 0x2F08 }, { false, 0x1E, 0x2F00 }, { true, 0x02, 0x6F05 },
    { true, 0x03, 0x6FAD },  { true, 0x04, 0x6F38 },  { true, 0x07, 0x6F07 },
    { true, 0x08, 0x6F08 },  { true, 0x17, 0x6F06 },
};

/* The EF that a command names by its short identifier, which is taken out of @p p (11.1.3.2,
 * 11.1.5.2). @return true also where it names none */
static bool take_short_name(struct dmsci_at_files *files, uint8_t ins, uint8_t p[3])
{
    bool record = ins == 0xB2 || ins == 0xDC, usim = files->depth == 1 && files->path[0] == ADF;
    uint8_t sfi = record ? p[1] >> 3 : (p[0] & 0x80) != 0 ? p[0] & 0x1F : 0;

    if (sfi == 0)
        return true;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(short_names); i++) {
        if (short_names[i].sfi != sfi || short_names[i].usim != usim || files->depth > usim)
            continue;
        files->file = short_names[i].file;
        if (record)
            p[1] &= 0x07;
        else
            p[0] = 0;
        return true;
    }
    return false;
}

enum dmsc_err dmsci_at_crsm(struct dmsci_at *at, struct dmsc_bytes capdu, int timeout_ms,
                            struct dmsc_buf *ret_rapdu)
{
    /* +CRSM has these, by their INS: READ BINARY, READ RECORD, UPDATE BINARY, UPDATE RECORD,
     * RETRIEVE DATA, SET DATA. */
    static const uint8_t passed[] = { 0xB0, 0xB2, 0xD6, 0xDC, 0xCB, 0xDB };
    uint8_t ins = capdu.p[1];
    bool data = capdu.n > 5;
    uint8_t p[3] = { capdu.p[2], capdu.p[3], capdu.n > 4 ? capdu.p[4] : 0 };

    if (ins == SELECT)
        return select(at, capdu, timeout_ms, ret_rapdu);
    if (ins == STATUS)
        return say(ret_rapdu, (p[1] & 0x0C) == 0x0C ? 0x9000 : 0x6A86);
    if (memchr(passed, ins, sizeof(passed)) == NULL)
        return say(ret_rapdu, 0x6D00);
    if (!take_short_name(&at->files, ins, p))
        return say(ret_rapdu, 0x6A82);
    if (at->files.file == 0)
        return say(ret_rapdu, 0x6986);
    return crsm(at, ins, &at->files, p,
                data ? dmsc_bytes(capdu.p + 5, capdu.p[4]) : dmsc_bytes(NULL, 0), timeout_ms,
                ret_rapdu);
}
