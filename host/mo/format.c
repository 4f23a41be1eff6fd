/* SPDX-License-Identifier: Apache-2.0 */
/* Formats of values (TND 7.7.2, 9.4) and what is a value of each. */
#include "host/mo/format.h"
#include "apdu/base/ctx.h"
#include "host/mo/uri.h"
#include <string.h>

/* A cursor over text: each take_ eats what it names or answers false and stays. */
struct cursor {
    const uint8_t *p;
    size_t n;
};

static bool take(struct cursor *c, char wanted)
{
    if (c->n == 0 || *c->p != (uint8_t)wanted)
        return false;
    c->p++;
    c->n--;
    return true;
}

static bool take_either(struct cursor *c, char one, char other)
{
    return take(c, one) || take(c, other);
}

static bool take_digit(struct cursor *c, unsigned *ret_digit)
{
    if (c->n == 0 || *c->p < '0' || *c->p > '9')
        return false;
    *ret_digit = (unsigned)(*c->p - '0');
    c->p++;
    c->n--;
    return true;
}

static size_t take_digits(struct cursor *c)
{
    size_t count = 0;
    unsigned digit;

    while (take_digit(c, &digit))
        count++;
    return count;
}

/* Exactly @p count digits. */
static bool take_number(struct cursor *c, unsigned count, unsigned *ret_number)
{
    unsigned number = 0;
    unsigned digit = 0;

    while (count-- > 0) {
        if (!take_digit(c, &digit))
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

static bool same_letters(struct dmsc_bytes value, const char *lower)
{
    if (value.n != strlen(lower))
        return false;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];

        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lower[i])
            return false;
    }
    return true;
}

static bool is_nothing(struct dmsc_bytes value)
{
    return value.n == 0;
}

static bool is_text(struct dmsc_bytes value)
{
    return dmsci_text_valid(value, true);
}

/* TND 9.4.2: 32 bits, signed. */
static bool is_int(struct dmsc_bytes value)
{
    struct cursor c = { value.p, value.n };
    bool negative = take(&c, '-');
    uint64_t number = 0;
    unsigned digit;

    if (!negative)
        (void)take(&c, '+');
    if (c.n == 0)
        return false;
    while (take_digit(&c, &digit)) {
        number = number * 10 + digit;
        if (number > (negative ? 2147483648u : 2147483647u))
            return false;
    }
    return c.n == 0;
}

static bool is_bool(struct dmsc_bytes value)
{
    return same_letters(value, "true") || same_letters(value, "false");
}

static bool is_anything(struct dmsc_bytes value)
{
    (void)value;
    return true;
}

/* XML Schema part 2, 3.2.4 */
static bool is_float(struct dmsc_bytes value)
{
    struct cursor c = { value.p, value.n };
    size_t digits;

    if (dmsc_bytes_equal(value, dmsc_bytes_str("INF")) ||
        dmsc_bytes_equal(value, dmsc_bytes_str("-INF")) ||
        dmsc_bytes_equal(value, dmsc_bytes_str("NaN")))
        return true;
    (void)take_either(&c, '+', '-');
    digits = take_digits(&c);
    if (take(&c, '.'))
        digits += take_digits(&c);
    if (digits == 0)
        return false;
    if (take_either(&c, 'e', 'E')) {
        (void)take_either(&c, '+', '-');
        if (take_digits(&c) == 0)
            return false;
    }
    return c.n == 0;
}

static unsigned days_of(unsigned month, unsigned year)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* ISO 8601 calendar date with century, basic or extended; not a mixture. */
static bool is_date(struct dmsc_bytes value)
{
    struct cursor c = { value.p, value.n };
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    bool extended;

    if (!take_number(&c, 4, &year))
        return false;
    extended = take(&c, '-');
    if (!take_number(&c, 2, &month) || take(&c, '-') != extended || !take_number(&c, 2, &day))
        return false;
    return c.n == 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(month, year);
}

static bool take_zone(struct cursor *c, bool extended)
{
    unsigned hour = 0;
    unsigned minute = 0;

    if (take(c, 'Z') || c->n == 0)
        return true;
    if (!take_either(c, '+', '-') || !take_number(c, 2, &hour))
        return false;
    if (c->n > 0 && (take(c, ':') != extended || !take_number(c, 2, &minute)))
        return false;
    return hour <= 23 && minute <= 59;
}

/* ISO 8601 time of day, basic or extended, with seconds, a fraction and a zone if they like. */
static bool is_time(struct dmsc_bytes value)
{
    struct cursor c = { value.p, value.n };
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    bool extended;

    if (!take_number(&c, 2, &hour))
        return false;
    extended = take(&c, ':');
    if (!take_number(&c, 2, &minute) || take(&c, ':') != extended || !take_number(&c, 2, &second))
        return false;
    if (take_either(&c, '.', ',') && take_digits(&c) == 0)
        return false;
    return take_zone(&c, extended) && c.n == 0 && hour <= 23 && minute <= 59 && second <= 60;
}

/* RFC 4648 clause 4. The text is the value and kept as it came (TND 7.7.2). */
bool dmsci_base64_look(struct dmsci_base64_seen *seen, struct dmsc_bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '=')
            seen->pads++;
        else if (seen->pads > 0 || !(letter || (c >= '0' && c <= '9') || c == '+' || c == '/'))
            return false;
        else
            seen->digits++;
    }
    return true;
}

bool dmsci_base64_ends(const struct dmsci_base64_seen *seen)
{
    return seen->pads <= 2 && (seen->digits + seen->pads) % 4 == 0 && seen->digits % 4 != 1;
}

static bool is_base64(struct dmsc_bytes value)
{
    struct dmsci_base64_seen seen = { 0, 0 };

    return dmsci_base64_look(&seen, value) && dmsci_base64_ends(&seen);
}

static const struct {
    const char *name;
    const char *reason;
    bool (*takes)(struct dmsc_bytes value);
} formats[] = {
    [DMSC_FORMAT_NODE] = { "node", "format:node", is_nothing },
    [DMSC_FORMAT_CHR] = { "chr", "format:chr", is_text },
    [DMSC_FORMAT_INT] = { "int", "format:int", is_int },
    [DMSC_FORMAT_BOOL] = { "bool", "format:bool", is_bool },
    [DMSC_FORMAT_BIN] = { "bin", "format:bin", is_anything },
    [DMSC_FORMAT_B64] = { "b64", "format:b64", is_base64 },
    [DMSC_FORMAT_XML] = { "xml", "format:xml", is_text },
    [DMSC_FORMAT_NULL] = { "null", "format:null", is_nothing },
    [DMSC_FORMAT_DATE] = { "date", "format:date", is_date },
    [DMSC_FORMAT_TIME] = { "time", "format:time", is_time },
    [DMSC_FORMAT_FLOAT] = { "float", "format:float", is_float },
};

const char *dmsc_format_name(enum dmsc_format format)
{
    return (size_t)format < DMSCI_ARRAY_LEN(formats) ? formats[format].name : "?";
}

bool dmsc_format_by_name(const char *name, enum dmsc_format *ret_format)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(formats); i++) {
        /* Public servers write "Chr". */
        if (same_letters(dmsc_bytes_str(name), formats[i].name)) {
            *ret_format = (enum dmsc_format)i;
            return true;
        }
    }
    return false;
}

bool dmsci_format_takes(enum dmsc_format format, struct dmsc_bytes value)
{
    if ((size_t)format >= DMSCI_ARRAY_LEN(formats))
        return false;
    return value.n == 0 || formats[format].takes(value);
}

enum dmsc_err dmsci_format_check(struct dmsc_ctx *ctx, enum dmsc_format format,
                                 struct dmsc_bytes value)
{
    return dmsci_format_takes(format, value) ? DMSC_OK : dmsci_value_refuse(ctx, format);
}

enum dmsc_err dmsci_value_refuse(struct dmsc_ctx *ctx, enum dmsc_format format)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "take a value");
    if ((size_t)format < DMSCI_ARRAY_LEN(formats))
        dmsci_why(ctx, formats[format].reason, "it is no value of format %s", formats[format].name);
    else
        dmsci_why(ctx, "format:unknown", "there is no format %d", (int)format);
    return DMSC_E_MALFORMED;
}

struct dmsc_bytes dmsci_format_canonical(enum dmsc_format format, struct dmsc_bytes value)
{
    if (format != DMSC_FORMAT_BOOL || value.n == 0)
        return value;
    return dmsc_bytes_str(same_letters(value, "true") ? "true" : "false");
}
