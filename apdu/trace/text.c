/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/trace/text.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <string.h>

static const char *const power_words[] = { "cold", "warm", "off" };

bool dmsci_trace_set(struct dmsci_trace_line *line, struct dmsc_bytes bytes)
{
    if (bytes.n > sizeof(line->bytes))
        return false;
    dmsci_copy(line->bytes, bytes.p, bytes.n);
    line->n = bytes.n;
    for (size_t i = 0; i < bytes.n; i++)
        line->known[i] = 0xFF;
    return true;
}

void dmsci_trace_hide(struct dmsci_trace_line *line, size_t at, size_t n)
{
    for (size_t i = at; i < line->n && i - at < n; i++)
        line->bytes[i] = line->known[i] = 0;
}

/* Reading: the text is taken from the front, a piece at a time. */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_space(struct dmsc_rd *r)
{
    while (r->n > 0 && is_space(r->p[0]))
        dmsc_rd_skip(r, 1);
}

static bool take(struct dmsc_rd *r, const char *word)
{
    struct dmsc_bytes wanted = dmsc_bytes_str(word);

    if (r->n < wanted.n || !dmsc_bytes_equal(dmsc_bytes(r->p, wanted.n), wanted))
        return false;
    dmsc_rd_skip(r, wanted.n);
    return true;
}

/* Up to white space. */
static struct dmsc_bytes take_word(struct dmsc_rd *r)
{
    size_t n = 0;

    while (n < r->n && !is_space(r->p[n]))
        n++;
    return dmsc_rd_bytes(r, n);
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decimal, of at least one and at most @p most digits. */
static bool take_number(struct dmsc_rd *r, unsigned most, int64_t *ret_number)
{
    int64_t number = 0;
    unsigned n = 0;

    while (n < most && n < r->n && digit(r->p[n]) >= 0 && digit(r->p[n]) <= 9)
        number = number * 10 + digit(r->p[n++]);
    dmsc_rd_skip(r, n);
    *ret_number = number;
    return n > 0;
}

/* Hex digits and "**", up to what is neither. */
static enum dmsc_err take_bytes(struct dmsc_rd *r, struct dmsci_trace_line *line)
{
    for (skip_space(r); r->n > 0; skip_space(r)) {
        bool hidden = take(r, "**");
        uint8_t value = 0;

        if (!hidden && digit(r->p[0]) < 0)
            return DMSC_OK;
        if (!hidden) {
            if (r->n < 2 || digit(r->p[1]) < 0)
                return DMSC_E_MALFORMED;
            value = (uint8_t)(digit(r->p[0]) << 4 | digit(r->p[1]));
            dmsc_rd_skip(r, 2);
        }
        if (line->n == sizeof(line->bytes))
            return DMSC_E_LIMIT;
        line->known[line->n] = hidden ? 0 : 0xFF;
        line->bytes[line->n++] = value;
    }
    return DMSC_OK;
}

/* Days since 1970 of a date of the Gregorian calendar; the year begins in March, so that the day
 * that some years have more is its last. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

/* "2026-01-31T17:45:00.250Z" */
static bool take_date(struct dmsc_rd *r, int64_t *ret_ms)
{
    static const struct {
        unsigned digits;
        char end[2];
        int64_t least, most;
    } parts[] = {
        { 4, "-", 1970, 9999 }, { 2, "-", 1, 12 }, { 2, "T", 1, 31 },  { 2, ":", 0, 23 },
        { 2, ":", 0, 59 },      { 2, ".", 0, 59 }, { 3, "Z", 0, 999 },
    };
    int64_t v[DMSCI_ARRAY_LEN(parts)];
    char again[21];

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(parts); i++) {
        size_t before = r->n;

        if (!take_number(r, parts[i].digits, &v[i]) || before - r->n != parts[i].digits ||
            !take(r, parts[i].end) || v[i] < parts[i].least || v[i] > parts[i].most)
            return false;
    }
    *ret_ms = ((days_since_1970(v[0], v[1], v[2]) * 24 + v[3]) * 60 + v[4]) * 60 + v[5];
    /* No 31st of February. */
    dmsci_time_text(*ret_ms, again);
    *ret_ms = *ret_ms * 1000 + v[6];
    return (again[8] - '0') * 10 + again[9] - '0' == v[2];
}

/* "12.345 s" */
static bool take_seconds(struct dmsc_rd *r, int64_t *ret_ms)
{
    int64_t seconds, ms;
    size_t before;

    if (!take_number(r, 12, &seconds) || !take(r, "."))
        return false;
    before = r->n;
    if (!take_number(r, 3, &ms) || before - r->n != 3 || !take(r, " s"))
        return false;
    *ret_ms = seconds * 1000 + ms;
    return true;
}

static bool is_power(enum dmsci_trace_kind kind)
{
    return kind == DMSCI_TRACE_COLD || kind == DMSCI_TRACE_WARM || kind == DMSCI_TRACE_OFF;
}

static struct dmsc_bytes trimmed(struct dmsc_rd r)
{
    skip_space(&r);
    while (r.n > 0 && is_space(r.p[r.n - 1]))
        r.n--;
    return dmsc_bytes(r.p, r.n);
}

/* Times stand in front. What only looks like one is comment. */
static void read_comment(struct dmsc_rd r, struct dmsci_trace_line *line)
{
    struct dmsc_rd mark;
    int64_t ms;

    skip_space(&r);
    mark = r;
    if (!is_power(line->kind) && take_number(&r, 12, &ms) && take(&r, " ms") &&
        (r.n == 0 || is_space(r.p[0])))
        line->ms = ms;
    else
        r = mark;
    skip_space(&r);
    mark = r;
    if (line->kind != DMSCI_TRACE_NOTHING && take(&r, "at ") &&
        (is_power(line->kind) ? take_date(&r, &ms) : take_seconds(&r, &ms)) &&
        (r.n == 0 || is_space(r.p[0])))
        line->at_ms = ms;
    else
        r = mark;
    line->comment = trimmed(r);
}

static enum dmsc_err read_power(struct dmsc_rd *r, struct dmsci_trace_line *line)
{
    enum dmsc_err err = take_bytes(r, line);

    if (err != DMSC_OK)
        return err;
    if (take(r, "T=")) {
        int64_t protocol;

        if (!take_number(r, 1, &protocol) || protocol > 1)
            return DMSC_E_MALFORMED;
        line->has_protocol = true;
        line->protocol = protocol == 1 ? DMSC_T1 : DMSC_T0;
    }
    return line->n <= 33 && (line->kind != DMSCI_TRACE_OFF || (line->n == 0 && !line->has_protocol))
               ? DMSC_OK
               : DMSC_E_MALFORMED;
}

/* By its name or, in older traces, by its sentence. */
static bool find_err(struct dmsc_bytes word, const char *(*text_of)(enum dmsc_err),
                     enum dmsc_err *ret_err)
{
    for (int err = -1; err >= DMSC_E_AGAIN; err--) {
        if (dmsc_bytes_equal(dmsc_bytes_str(text_of((enum dmsc_err)err)), word)) {
            *ret_err = (enum dmsc_err)err;
            return dmsc_err_name((enum dmsc_err)err)[0] == 'D';
        }
    }
    return false;
}

static enum dmsc_err read_event(struct dmsc_rd *r, struct dmsci_trace_line *line)
{
    struct dmsc_bytes word;

    skip_space(r);
    word = take_word(r);
    skip_space(r);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(power_words); i++) {
        if (dmsc_bytes_equal(word, dmsc_bytes_str(power_words[i]))) {
            line->kind = (enum dmsci_trace_kind)(DMSCI_TRACE_COLD + (int)i);
            return read_power(r, line);
        }
    }
    if (!dmsc_bytes_equal(word, dmsc_bytes_str("error")))
        return DMSC_E_MALFORMED;
    line->kind = DMSCI_TRACE_ERROR;
    return find_err(take_word(r), dmsc_err_name, &line->err) ? DMSC_OK : DMSC_E_MALFORMED;
}

/* "cold reset over pcsc: ATR 3B9F..., T=0", "no answer: no answer in time": false for others. */
static bool read_old_comment(struct dmsc_rd r, struct dmsci_trace_line *line)
{
    static const char *const words[] = { "cold reset over ", "warm reset over ",
                                         "power off over " };
    struct dmsc_rd all;

    line->comment = trimmed(r);
    all = r = dmsc_rd(line->comment);
    if (take(&r, "no answer: ")) {
        line->kind = DMSCI_TRACE_ERROR;
        line->comment = trimmed(r);
        if (!find_err(line->comment, dmsc_err_text, &line->err))
            line->err = DMSC_E_LINK;
        return true;
    }
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(words); i++) {
        r = all;
        if (!take(&r, words[i]))
            continue;
        while (r.n > 0 && !take(&r, ": ATR "))
            dmsc_rd_skip(&r, 1);
        line->kind = (enum dmsci_trace_kind)(DMSCI_TRACE_COLD + (int)i);
        if (line->kind == DMSCI_TRACE_OFF)
            return true;
        return take_bytes(&r, line) == DMSC_OK && take(&r, ", ") && read_power(&r, line) == DMSC_OK;
    }
    return false;
}

enum dmsc_err dmsci_trace_parse(struct dmsc_bytes text, struct dmsci_trace_line *ret_line)
{
    struct dmsci_trace_line line = DMSCI_TRACE_LINE_INIT;
    struct dmsc_rd r = dmsc_rd(text);
    enum dmsc_err err = DMSC_OK;

    skip_space(&r);
    if (take(&r, "#")) {
        struct dmsci_trace_line old = DMSCI_TRACE_LINE_INIT;

        if (read_old_comment(r, &old))
            line = old;
        else
            read_comment(r, &line);
        *ret_line = line;
        return DMSC_OK;
    }
    if (take(&r, "!")) {
        err = read_event(&r, &line);
    } else if (r.n > 0 && (r.p[0] == '>' || r.p[0] == '<')) {
        line.kind = dmsc_rd_u8(&r) == '>' ? DMSCI_TRACE_COMMAND : DMSCI_TRACE_ANSWER;
        err = take_bytes(&r, &line);
        /* An answer without SW is no answer, but it may be what came. */
        if (err == DMSC_OK && line.kind == DMSCI_TRACE_COMMAND && line.n < 4)
            err = DMSC_E_MALFORMED;
    }
    if (err != DMSC_OK)
        return err;
    skip_space(&r);
    if (take(&r, "#"))
        read_comment(r, &line);
    else if (r.n > 0)
        return DMSC_E_MALFORMED;
    *ret_line = line;
    return DMSC_OK;
}

/* Writing. */

static void put(struct dmsc_wr *w, const char *text)
{
    dmsc_wr_bytes(w, dmsc_bytes_str(text));
}

static void put_bytes(struct dmsc_wr *w, const struct dmsci_trace_line *line)
{
    char hex[3];

    for (size_t i = 0; i < line->n; i++) {
        dmsc_hex_encode(dmsc_bytes(&line->bytes[i], 1), hex);
        put(w, line->known[i] != 0 ? hex : "**");
    }
}

static void put_event(struct dmsc_wr *w, const struct dmsci_trace_line *line)
{
    switch (line->kind) {
    case DMSCI_TRACE_COMMAND:
        put(w, "> ");
        break;
    case DMSCI_TRACE_ANSWER:
        put(w, "< ");
        break;
    case DMSCI_TRACE_ERROR:
        put(w, "! error ");
        put(w, dmsc_err_name(line->err));
        return;
    case DMSCI_TRACE_COLD:
    case DMSCI_TRACE_WARM:
    case DMSCI_TRACE_OFF:
        put(w, "! ");
        put(w, power_words[line->kind - DMSCI_TRACE_COLD]);
        put(w, line->n > 0 ? " " : "");
        break;
    default:
        return;
    }
    put_bytes(w, line);
    if (line->has_protocol)
        put(w, line->protocol == DMSC_T1 ? " T=1" : " T=0");
}

static void put_times(struct dmsc_wr *w, const struct dmsci_trace_line *line)
{
    char text[48], date[21];

    if (line->ms >= 0) {
        (void)snprintf(text, sizeof(text), " %lld ms", (long long)line->ms);
        put(w, text);
    }
    if (line->at_ms < 0)
        return;
    if (is_power(line->kind)) {
        dmsci_time_text(line->at_ms / 1000, date);
        (void)snprintf(text, sizeof(text), " at %.19s.%03dZ", date, (int)(line->at_ms % 1000));
    } else {
        (void)snprintf(text, sizeof(text), " at %lld.%03d s", (long long)(line->at_ms / 1000),
                       (int)(line->at_ms % 1000));
    }
    put(w, text);
}

void dmsci_trace_format(const struct dmsci_trace_line *line, struct dmsc_wr *w)
{
    put_event(w, line);
    if (line->ms < 0 && line->at_ms < 0 && line->comment.n == 0)
        return;
    put(w, line->kind == DMSCI_TRACE_NOTHING ? "#" : "   #");
    put_times(w, line);
    if (line->comment.n > 0)
        put(w, " ");
    for (size_t i = 0; i < line->comment.n; i++) {
        uint8_t c = line->comment.p[i];

        dmsc_wr_u8(w, c == '\t' || (c >= 0x20 && c != 0x7F) ? c : '?');
    }
}
