/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/usat/written.h"

#define FILLING 0xF

/* Called party BCD number with the digits of EF(ADN) (TS 31.102 clause 4.4.2.3): C is a pause, D
 * stands for any digit, E is reserved. */
static const char digit_signs[] = "0123456789*#p?e";

static void put_digit(struct dmsc_wr *text, unsigned digit)
{
    dmsc_wr_u8(text, (uint8_t)digit_signs[digit]);
}

static bool read_digits(struct dmsc_rd r, struct dmsc_wr *text)
{
    while (r.n > 0) {
        uint8_t byte = dmsc_rd_u8(&r);

        if ((byte & 0xF) == FILLING || (byte >> 4 == FILLING && r.n > 0))
            return false;
        put_digit(text, byte & 0xF);
        if (byte >> 4 != FILLING)
            put_digit(text, byte >> 4);
    }
    return true;
}

/* TS 24.008 clause 10.5.1.4: type of identity, parity, digits. */
static bool read_identity(struct dmsc_rd r, struct dmsc_wr *text)
{
    uint8_t first = dmsc_rd_u8(&r);

    if ((first & 0xF) != 0xA && (first & 0xF) != 0x3)
        return false;
    if (first >> 4 > 9)
        return false;
    dmsc_wr_bytes(text, dmsc_bytes_str((first & 0xF) == 0xA ? "IMEI " : "IMEISV "));
    put_digit(text, first >> 4);
    return read_digits(r, text);
}

static bool read_plmn(struct dmsc_rd r, struct dmsc_wr *text)
{
    uint8_t a = dmsc_rd_u8(&r), b = dmsc_rd_u8(&r), c = dmsc_rd_u8(&r);
    const unsigned digits[6] = { a & 0xFu, a >> 4, b & 0xFu, c & 0xFu, c >> 4, b >> 4 };

    for (unsigned i = 0; i < 6; i++) {
        if (i == 5 && digits[i] == FILLING)
            break;
        if (digits[i] > 9)
            return false;
        if (i == 3)
            dmsc_wr_u8(text, '-');
        put_digit(text, digits[i]);
    }
    return dmsc_rd_end(&r) == DMSC_OK;
}

static bool put_swapped(struct dmsc_wr *text, uint8_t byte)
{
    if ((byte & 0xF) > 9 || byte >> 4 > 9)
        return false;
    put_digit(text, byte & 0xF);
    put_digit(text, byte >> 4);
    return true;
}

static bool read_time(struct dmsc_rd r, struct dmsc_wr *text)
{
    bool good = r.n == 3;

    while (good && r.n > 0) {
        good = put_swapped(text, dmsc_rd_u8(&r));
        if (r.n > 0)
            dmsc_wr_u8(text, ':');
    }
    return good;
}

/* TS 23.040 clause 9.2.3.11: quarters of an hour to UTC, b4 is the sign; FF: not known. */
static bool put_zone(struct dmsc_wr *text, uint8_t zone)
{
    unsigned quarters = (zone & 7u) * 10 + (zone >> 4);

    if (zone == 0xFF)
        return true;
    if (zone >> 4 > 9)
        return false;
    dmsc_wr_u8(text, (zone & 8) != 0 ? '-' : '+');
    put_digit(text, quarters / 40);
    put_digit(text, quarters / 4 % 10);
    dmsc_wr_u8(text, ':');
    put_digit(text, quarters % 4 * 15 / 10);
    put_digit(text, quarters % 4 * 15 % 10);
    return true;
}

static bool read_date(struct dmsc_rd r, struct dmsc_wr *text)
{
    static const char behind[] = "--T::";

    if (r.n != 7)
        return false;
    dmsc_wr_bytes(text, dmsc_bytes_str("20"));
    for (unsigned i = 0; i < 6; i++) {
        if (!put_swapped(text, dmsc_rd_u8(&r)))
            return false;
        if (i < 5)
            dmsc_wr_u8(text, (uint8_t)behind[i]);
    }
    return put_zone(text, dmsc_rd_u8(&r));
}

static void put_hex(struct dmsc_wr *text, struct dmsc_bytes bytes)
{
    char pair[3];

    for (size_t i = 0; i < bytes.n; i++) {
        dmsc_hex_encode(dmsc_bytes(bytes.p + i, 1), pair);
        dmsc_wr_bytes(text, dmsc_bytes(pair, 2));
    }
}

static bool read_path(struct dmsc_rd r, struct dmsc_wr *text)
{
    if (r.n % 2 != 0)
        return false;
    while (r.n > 0) {
        put_hex(text, dmsc_rd_bytes(&r, 2));
        if (r.n > 0)
            dmsc_wr_u8(text, '/');
    }
    return true;
}

static bool read_ipv4(struct dmsc_rd r, struct dmsc_wr *text)
{
    if (r.n != 4)
        return false;
    while (r.n > 0) {
        unsigned v = dmsc_rd_u8(&r);

        if (v > 99)
            put_digit(text, v / 100);
        if (v > 9)
            put_digit(text, v / 10 % 10);
        put_digit(text, v % 10);
        if (r.n > 0)
            dmsc_wr_u8(text, '.');
    }
    return true;
}

static bool read_ipv6(struct dmsc_rd r, struct dmsc_wr *text)
{
    if (r.n != 16)
        return false;
    while (r.n > 0) {
        unsigned group = dmsc_rd_u16(&r);
        bool begun = false;

        for (int shift = 12; shift >= 0; shift -= 4) {
            begun = begun || (group >> shift & 0xF) != 0 || shift == 0;
            if (begun)
                dmsc_wr_u8(text, (uint8_t) "0123456789abcdef"[group >> shift & 0xF]);
        }
        if (r.n > 0)
            dmsc_wr_u8(text, ':');
    }
    return true;
}

/* TS 23.003 clause 9.1: each label behind its length. */
static bool read_labels(struct dmsc_rd r, struct dmsc_wr *text)
{
    while (r.n > 0) {
        struct dmsc_bytes label = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));

        if (r.bad || label.n == 0)
            return false;
        for (size_t i = 0; i < label.n; i++) {
            if (label.p[i] <= 0x20 || label.p[i] > 0x7E || label.p[i] == '.')
                return false;
        }
        dmsc_wr_bytes(text, label);
        if (r.n > 0)
            dmsc_wr_u8(text, '.');
    }
    return true;
}

bool dmsci_written_read(enum dmsci_usat_type type, struct dmsc_rd r, struct dmsc_wr *text)
{
    switch (type) {
    case AS_DIGITS:
    case AS_SMS_DIGITS:
        return read_digits(r, text);
    case AS_IDENTITY:
        return read_identity(r, text);
    case AS_PLMN:
        return read_plmn(r, text);
    case AS_TIME:
        return read_time(r, text);
    case AS_DATE:
        return read_date(r, text);
    case AS_PATH:
        return read_path(r, text);
    case AS_IPV4:
        return read_ipv4(r, text);
    case AS_IPV6:
        return read_ipv6(r, text);
    case AS_LABELS:
        return read_labels(r, text);
    default:
        return false;
    }
}
