/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_field.h"
#include "apdu/base/ctx.h"
#include <string.h>
#include <strings.h>

/* A server that says "come back in 30 years" is told the same as one that says "in a year". */
#define RETRY_AFTER_MAX INT64_C(31536000)

static enum dmsc_err refuse(struct dmsci_http *http, const char *reason, const char *why,
                            const char *line)
{
    (void)dmsci_fail(http->ctx, DMSC_E_HTTP, "read an HTTP response");
    dmsci_where(http->ctx, "header line \"%.100s\"", line);
    dmsci_why(http->ctx, reason, "%s", why);
    return DMSC_E_HTTP;
}

/* Digits alone, so many that no overflow can happen. -1 for all else. */
static int64_t number(const char *text)
{
    size_t n = strlen(text);
    int64_t v = 0;

    if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
        return -1;
    for (; *text != '\0'; text++)
        v = v * 10 + (*text - '0');
    return v;
}

/* Two digits at @p text. */
static int64_t two(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static int64_t month_of(const char *text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int64_t i = 0; i < 12; i++) {
        if (memcmp(text, names + 3 * i, 3) == 0)
            return i + 1;
    }
    return 0;
}

int64_t dmsci_http_date(const char *text)
{
    /* 'A' stands for a letter, '0' for a digit. */
    static const char shape[] = "AAA, 00 AAA 0000 00:00:00 GMT";
    int64_t year, month, days;

    if (strlen(text) != sizeof(shape) - 1)
        return -1;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        char c = text[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        if (shape[i] == 'A' ? !letter : shape[i] == '0' ? c < '0' || c > '9' : c != shape[i])
            return -1;
    }
    month = month_of(text + 8);
    if (month == 0)
        return -1;
    year = two(text + 12) * 100 + two(text + 14);
    /* Days since 1970 in years that begin in March, as the calendar was once made. */
    year -= month <= 2 ? 1 : 0;
    month += month <= 2 ? 9 : -3;
    days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + two(text + 5) -
           1 - 719468;
    return days * 86400 + two(text + 17) * 3600 + two(text + 20) * 60 + two(text + 23);
}

static enum dmsc_err content_length(struct dmsci_http *http, const char *value)
{
    http->length = number(value);
    return http->length >= 0
               ? DMSC_OK
               : refuse(http, "http:content-length", "Content-Length is not a number", value);
}

static enum dmsc_err transfer_encoding(struct dmsci_http *http, const char *value)
{
    if (strcasecmp(value, "chunked") != 0)
        return refuse(http, "http:transfer-encoding", "only \"chunked\" is understood", value);
    http->chunked = true;
    return DMSC_OK;
}

static enum dmsc_err content_encoding(struct dmsci_http *http, const char *value)
{
    if (strcasecmp(value, "identity") != 0)
        return refuse(http, "http:content-encoding", "no encoding was asked for", value);
    return DMSC_OK;
}

/* RFC 9110 clause 8.3.1: type "/" subtype, then parameters that we leave out. */
static enum dmsc_err content_type(struct dmsci_http *http, const char *value)
{
    size_t n = strcspn(value, "; \t");
    const char *slash = memchr(value, '/', n);

    if (slash == NULL || slash == value || slash == value + n - 1 || n >= DMSCI_HTTP_TYPE_MAX)
        return refuse(http, "http:content-type", "the media type is not well formed", value);
    for (size_t i = 0; i < n; i++) {
        char c = value[i];

        http->content_type[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    http->content_type[n] = '\0';
    return DMSC_OK;
}

static enum dmsc_err retry_after(struct dmsci_http *http, const char *value)
{
    int64_t seconds = number(value);

    if (seconds >= 0)
        http->retry_after_s = seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX;
    else
        http->retry_date = dmsci_http_date(value);
    return DMSC_OK;
}

static enum dmsc_err date(struct dmsci_http *http, const char *value)
{
    http->date = dmsci_http_date(value);
    return DMSC_OK;
}

/* Is @p token one of the comma-separated, case-insensitive tokens, whole or up to a slash? */
static bool has_token(const char *list, const char *token)
{
    size_t wanted = strlen(token);

    while (*list != '\0') {
        size_t n = strcspn(list, ", \t/");

        if (n == wanted && strncasecmp(list, token, n) == 0)
            return true;
        list += n + strcspn(list + n, ", \t");
        list += strspn(list, ", \t");
    }
    return false;
}

static enum dmsc_err connection(struct dmsci_http *http, const char *value)
{
    http->close = http->close || has_token(value, "close");
    http->keep = http->keep || has_token(value, "keep-alive");
    return DMSC_OK;
}

static enum dmsc_err upgrade(struct dmsci_http *http, const char *value)
{
    http->tls_upgrade = http->tls_upgrade || has_token(value, "TLS");
    return DMSC_OK;
}

/* RFC 9110. Those that come once are refused when they come again: two parties that look at
 * different ones would see different messages. */
static const struct {
    const char *name;
    bool once;
    enum dmsc_err (*take)(struct dmsci_http *http, const char *value);
} fields[] = {
    { "content-length", true, content_length },
    { "transfer-encoding", true, transfer_encoding },
    { "content-encoding", true, content_encoding },
    { "content-type", true, content_type },
    { "retry-after", true, retry_after },
    { "date", true, date },
    { "connection", false, connection },
    { "upgrade", false, upgrade },
};

/* RFC 9110 clause 5.6.2. */
static bool is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (const char *c = text; *c != '\0'; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');

        if (!letter && (*c < '0' || *c > '9') && strchr(others, *c) == NULL)
            return false;
    }
    return text[0] != '\0';
}

static char *trim(char *value)
{
    size_t n;

    value += strspn(value, " \t");
    n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    return value;
}

enum dmsc_err dmsci_http_field(struct dmsci_http *http, char *line)
{
    char *colon = strchr(line, ':');
    const char *value;

    if (line[0] == ' ' || line[0] == '\t')
        return refuse(http, "http:folded-header", "a header goes on in the next line", line);
    if (colon == NULL)
        return refuse(http, "http:header", "a header line has no colon", line);
    *colon = '\0';
    /* RFC 9112 clause 5.1: no white space in front of the colon. */
    if (!is_token(line))
        return refuse(http, "http:header", "the name of a header is not well formed", line);
    value = trim(colon + 1);
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(fields); i++) {
        if (strcasecmp(line, fields[i].name) != 0)
            continue;
        if (fields[i].once && (http->seen & 1u << i) != 0)
            return refuse(http, "http:duplicate", "a header comes twice", line);
        http->seen |= 1u << i;
        return fields[i].take(http, value);
    }
    return DMSC_OK;
}
