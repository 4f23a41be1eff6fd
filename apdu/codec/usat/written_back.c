/* SPDX-License-Identifier: Apache-2.0 */
/* What people write, as bytes. The text is checked sign by sign. */
#include "apdu/codec/usat/written.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static int digit_of(uint8_t c)
{
    static const uint8_t more[] = { '*', '#', 'p', '?', 'e' };

    if (is_digit(c))
        return c - '0';
    for (unsigned i = 0; i < sizeof(more); i++) {
        if (more[i] == c)
            return 10 + (int)i;
    }
    return -1;
}

static int hex_of(uint8_t c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static bool write_digits(struct dmsc_rd r, struct dmsc_wr *w)
{
    while (r.n > 0) {
        int low = digit_of(dmsc_rd_u8(&r));
        int high = r.n > 0 ? digit_of(dmsc_rd_u8(&r)) : 0xF;

        if (low < 0 || high < 0)
            return false;
        dmsc_wr_u8(w, (uint8_t)(high << 4 | low));
    }
    return true;
}

/* Steps over @p word if the text begins with it. */
static bool skip(struct dmsc_rd *r, const char *word)
{
    struct dmsc_bytes expected = dmsc_bytes_str(word);

    if (r->n < expected.n || !dmsc_bytes_equal(dmsc_bytes(r->p, expected.n), expected))
        return false;
    dmsc_rd_skip(r, expected.n);
    return true;
}

static bool write_identity(struct dmsc_rd r, struct dmsc_wr *w)
{
    bool sv = skip(&r, "IMEISV ");
    uint8_t first;

    if (!sv && !skip(&r, "IMEI "))
        return false;
    first = dmsc_rd_u8(&r);
    if (!is_digit(first))
        return false;
    dmsc_wr_u8(w, (uint8_t)((first - '0') << 4 | (sv ? 0x3 : 0xA)));
    return write_digits(r, w);
}

static bool write_plmn(struct dmsc_rd r, struct dmsc_wr *w)
{
    unsigned digit[6] = { 0, 0, 0, 0, 0, 0xF };
    bool good = r.n == 6 || r.n == 7;

    for (unsigned i = 0; good && r.n > 0; i++) {
        uint8_t c = dmsc_rd_u8(&r);

        good = i != 3 || c == '-';
        if (good && i == 3)
            c = dmsc_rd_u8(&r);
        good = good && is_digit(c) && i < 6;
        if (good)
            digit[i] = (unsigned)(c - '0');
    }
    dmsc_wr_u8(w, (uint8_t)(digit[1] << 4 | digit[0]));
    dmsc_wr_u8(w, (uint8_t)(digit[5] << 4 | digit[2]));
    dmsc_wr_u8(w, (uint8_t)(digit[4] << 4 | digit[3]));
    return good;
}

static bool two(struct dmsc_rd *r, unsigned *ret_number)
{
    uint8_t high = dmsc_rd_u8(r), low = dmsc_rd_u8(r);

    if (r->bad || !is_digit(high) || !is_digit(low))
        return false;
    *ret_number = (unsigned)(high - '0') * 10 + (unsigned)(low - '0');
    return true;
}

static bool swapped(struct dmsc_rd *r, struct dmsc_wr *w)
{
    unsigned n = 0;
    bool good = two(r, &n);

    dmsc_wr_u8(w, (uint8_t)(n % 10 << 4 | n / 10));
    return good;
}

static bool write_time(struct dmsc_rd r, struct dmsc_wr *w)
{
    return swapped(&r, w) && skip(&r, ":") && swapped(&r, w) && skip(&r, ":") && swapped(&r, w) &&
           r.n == 0;
}

static bool write_zone(struct dmsc_rd r, struct dmsc_wr *w)
{
    unsigned hours, minutes, quarters;
    bool west = skip(&r, "-");

    if (r.n == 0 && !west) {
        dmsc_wr_u8(w, 0xFF);
        return true;
    }
    if ((!west && !skip(&r, "+")) || !two(&r, &hours) || !skip(&r, ":") || !two(&r, &minutes) ||
        r.n > 0 || minutes % 15 != 0 || minutes > 45)
        return false;
    quarters = hours * 4 + minutes / 15;
    if (quarters > 79)
        return false;
    dmsc_wr_u8(w, (uint8_t)(quarters % 10 << 4 | quarters / 10 | (west ? 8u : 0u)));
    return true;
}

static bool write_date(struct dmsc_rd r, struct dmsc_wr *w)
{
    static const char *const behind[6] = { "-", "-", "T", ":", ":", "" };

    if (!skip(&r, "20"))
        return false;
    for (unsigned i = 0; i < 6; i++) {
        if (!swapped(&r, w) || !skip(&r, behind[i]))
            return false;
    }
    return write_zone(r, w);
}

static bool write_path(struct dmsc_rd r, struct dmsc_wr *w)
{
    while (r.n > 0) {
        for (unsigned i = 0; i < 2; i++) {
            int high = hex_of(dmsc_rd_u8(&r)), low = hex_of(dmsc_rd_u8(&r));

            if (r.bad || high < 0 || low < 0)
                return false;
            dmsc_wr_u8(w, (uint8_t)(high << 4 | low));
        }
        if (r.n > 0 && (!skip(&r, "/") || r.n == 0))
            return false;
    }
    return true;
}

static bool write_ipv4(struct dmsc_rd r, struct dmsc_wr *w)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned v = 0, digits = 0;

        while (r.n > 0 && is_digit(r.p[0]) && digits++ < 3)
            v = v * 10 + (unsigned)(dmsc_rd_u8(&r) - '0');
        if (digits == 0 || v > 255 || (i < 3 && !skip(&r, ".")))
            return false;
        dmsc_wr_u8(w, (uint8_t)v);
    }
    return r.n == 0;
}

static bool write_ipv6(struct dmsc_rd r, struct dmsc_wr *w)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned v = 0, digits = 0;

        while (r.n > 0 && hex_of(r.p[0]) >= 0 && digits++ < 4)
            v = v << 4 | (unsigned)hex_of(dmsc_rd_u8(&r));
        if (digits == 0 || (i < 7 && !skip(&r, ":")))
            return false;
        dmsc_wr_u16(w, (uint16_t)v);
    }
    return r.n == 0;
}

static bool write_labels(struct dmsc_rd r, struct dmsc_wr *w)
{
    while (r.n > 0) {
        size_t n = 0;

        while (n < r.n && r.p[n] != '.')
            n++;
        if (n == 0 || n > 63)
            return false;
        dmsc_wr_u8(w, (uint8_t)n);
        dmsc_wr_bytes(w, dmsc_rd_bytes(&r, n));
        if (r.n > 0 && (!skip(&r, ".") || r.n == 0))
            return false;
    }
    return true;
}

bool dmsci_written_write(enum dmsci_usat_type type, struct dmsc_bytes text, struct dmsc_wr *w)
{
    struct dmsc_rd r = dmsc_rd(text);

    switch (type) {
    case AS_DIGITS:
    case AS_SMS_DIGITS:
        return write_digits(r, w);
    case AS_IDENTITY:
        return write_identity(r, w);
    case AS_PLMN:
        return write_plmn(r, w);
    case AS_TIME:
        return write_time(r, w);
    case AS_DATE:
        return write_date(r, w);
    case AS_PATH:
        return write_path(r, w);
    case AS_IPV4:
        return write_ipv4(r, w);
    case AS_IPV6:
        return write_ipv6(r, w);
    case AS_LABELS:
        return write_labels(r, w);
    default:
        return false;
    }
}
