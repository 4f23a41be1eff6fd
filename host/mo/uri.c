/* SPDX-License-Identifier: Apache-2.0 */
/* LocURI: the table of TND 5, strictly. Nothing is repaired. */
#include "host/mo/uri.h"
#include "apdu/base/ctx.h"
#include <string.h>

struct rule {
    const char *reason;
    const char *text;
    enum dmsc_err err;
};

/* Each broken rule has one name; docs/tree.md shows this table. */
enum broken {
    EMPTY,
    LEADING_SLASH,
    TRAILING_SLASH,
    EMPTY_SEGMENT,
    DOT_SEGMENT,
    PERCENT,
    ENCODED_SLASH,
    CONTROL,
    UTF8,
    QUERY,
    LONG,
    LONG_SEGMENT,
    DEEP,
    NOT_CANONICAL
};

static const struct rule rules[] = {
    [EMPTY] = { "uri:empty", "there is nothing", DMSC_E_MALFORMED },
    [LEADING_SLASH] = { "uri:leading-slash", "it begins with \"/\"", DMSC_E_MALFORMED },
    [TRAILING_SLASH] = { "uri:trailing-slash", "it ends with \"/\"", DMSC_E_MALFORMED },
    [EMPTY_SEGMENT] = { "uri:empty-segment", "nothing stands between two \"/\"", DMSC_E_MALFORMED },
    [DOT_SEGMENT] = { "uri:dot-segment", "\".\" or \"..\" is a segment", DMSC_E_MALFORMED },
    [PERCENT] = { "uri:percent", "\"%\" is not followed by two hex digits", DMSC_E_MALFORMED },
    [ENCODED_SLASH] = { "uri:encoded-slash", "a name holds \"/\"", DMSC_E_MALFORMED },
    [CONTROL] = { "uri:control", "a name holds a control character", DMSC_E_MALFORMED },
    [UTF8] = { "uri:utf8", "it is not UTF-8", DMSC_E_MALFORMED },
    [QUERY] = { "uri:query", "a query stands where none can be", DMSC_E_MALFORMED },
    [LONG] = { "uri:length", "it is too long", DMSC_E_LIMIT },
    [LONG_SEGMENT] = { "uri:segment", "a segment is too long", DMSC_E_LIMIT },
    [DEEP] = { "uri:depth", "it has too many segments", DMSC_E_LIMIT },
    [NOT_CANONICAL] = { "uri:not-canonical", "it is not canonical", DMSC_E_ARG },
};

static enum dmsc_err refuse(struct dmsc_ctx *ctx, enum broken broken, const char *uri)
{
    const struct rule *rule = &rules[broken];

    (void)dmsci_fail(ctx, rule->err, "read a LocURI");
    dmsci_where(ctx, "%.180s", uri);
    dmsci_why(ctx, rule->reason, "%s", rule->text);
    return rule->err;
}

static size_t characters(const char *s, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 2396 2.4.1, after the split: what "%2F" gives would be part of a name. */
static enum dmsc_err decode(struct dmsc_ctx *ctx, const char *uri, const char *segment, size_t n,
                            struct dmsc_buf *to)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < n && err == DMSC_OK; i++) {
        int c = (unsigned char)segment[i];

        if (c == '%') {
            if (n - i < 3 || hex_digit(segment[i + 1]) < 0 || hex_digit(segment[i + 2]) < 0)
                return refuse(ctx, PERCENT, uri);
            c = hex_digit(segment[i + 1]) << 4 | hex_digit(segment[i + 2]);
            i += 2;
            if (c == '/')
                return refuse(ctx, ENCODED_SLASH, uri);
        }
        err = dmsc_buf_append_u8(to, (uint8_t)c);
    }
    return err;
}

/* One decoded segment. */
static enum dmsc_err check_segment(struct dmsc_ctx *ctx, const char *uri, const char *name,
                                   size_t n)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(ctx);
    struct dmsc_bytes bytes = dmsc_bytes(name, n);

    if (n == 0)
        return refuse(ctx, EMPTY_SEGMENT, uri);
    if ((n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.'))
        return refuse(ctx, DOT_SEGMENT, uri);
    if (!dmsci_utf8_valid(bytes))
        return refuse(ctx, memchr(name, 0, n) != NULL ? CONTROL : UTF8, uri);
    if (!dmsci_text_valid(bytes, false))
        return refuse(ctx, CONTROL, uri);
    if (characters(name, n) > limits->uri_segment)
        return refuse(ctx, LONG_SEGMENT, uri);
    return DMSC_OK;
}

static enum dmsc_err append_segment(struct dmsc_ctx *ctx, const char *uri, const char *segment,
                                    size_t n, struct dmsc_buf *to)
{
    enum dmsc_err err = dmsc_buf_append_u8(to, '/');
    size_t at = to->n;

    if (err == DMSC_OK)
        err = decode(ctx, uri, segment, n, to);
    if (err == DMSC_OK)
        err = check_segment(ctx, uri, dmsc_buf_str(to) + at, to->n - at);
    return err;
}

/* @p path: the URI without the query and without "./" in front; not empty */
static enum dmsc_err append_segments(struct dmsc_ctx *ctx, const char *uri, const char *path,
                                     size_t n, struct dmsc_buf *to)
{
    unsigned depth = 0;

    for (size_t at = 0; at <= n; depth++) {
        const char *slash = memchr(path + at, '/', n - at);
        size_t length = slash == NULL ? n - at : (size_t)(slash - path) - at;
        enum dmsc_err err;

        if (depth == dmsc_ctx_limits(ctx)->uri_depth)
            return refuse(ctx, DEEP, uri);
        err = append_segment(ctx, uri, path + at, length, to);
        if (err != DMSC_OK)
            return err;
        at += length + 1;
    }
    return DMSC_OK;
}

static enum dmsc_err normalise(struct dmsc_ctx *ctx, const char *uri, size_t path_n,
                               struct dmsc_buf *to)
{
    const char *path = uri;
    size_t n = path_n;
    enum dmsc_err err;

    if (n == 0)
        return refuse(ctx, EMPTY, uri);
    if (path[0] == '/')
        return refuse(ctx, LEADING_SLASH, uri);
    if (path[n - 1] == '/')
        return refuse(ctx, TRAILING_SLASH, uri);
    err = dmsc_buf_append_u8(to, '.');
    if (err != DMSC_OK || (n == 1 && path[0] == '.'))
        return err;
    if (n > 2 && path[0] == '.' && path[1] == '/') {
        path += 2;
        n -= 2;
    }
    return append_segments(ctx, uri, path, n, to);
}

static enum dmsc_err check_query(struct dmsc_ctx *ctx, const char *uri, const char *query,
                                 bool wanted)
{
    if (!wanted || query[0] == '\0')
        return refuse(ctx, QUERY, uri);
    if (!dmsci_utf8_valid(dmsc_bytes_str(query)))
        return refuse(ctx, UTF8, uri);
    if (!dmsci_text_valid(dmsc_bytes_str(query), false))
        return refuse(ctx, CONTROL, uri);
    return DMSC_OK;
}

enum dmsc_err dmsc_uri_normalise(struct dmsc_ctx *ctx, const char *uri, struct dmsc_buf *ret_uri,
                                 struct dmsc_buf *ret_query)
{
    size_t whole = strlen(uri);
    const char *mark = strchr(uri, '?');
    size_t path_n = mark == NULL ? whole : (size_t)(mark - uri);
    struct dmsc_buf made;
    enum dmsc_err err;

    /* MaxTotLen counts characters of what was sent, the query included (STD 5.3.3). */
    if (characters(uri, whole) > dmsc_ctx_limits(ctx)->uri_length + (strncmp(uri, "./", 2) ? 0 : 2))
        return refuse(ctx, LONG, uri);
    dmsc_buf_init(&made, ctx, whole + 2);
    err = mark == NULL ? DMSC_OK : check_query(ctx, uri, mark + 1, ret_query != NULL);
    if (err == DMSC_OK)
        err = normalise(ctx, uri, path_n, &made);
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_uri, dmsc_buf_bytes(&made));
    if (err == DMSC_OK && mark != NULL) {
        err = dmsc_buf_append_str(ret_query, mark + 1);
        if (err != DMSC_OK)
            dmsc_buf_truncate(ret_uri, ret_uri->n - made.n);
    }
    dmsc_buf_clear(&made);
    return err;
}

bool dmsc_uri_below(const char *uri, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(uri, prefix, n) == 0 && (uri[n] == '\0' || uri[n] == '/');
}

enum dmsc_err dmsci_uri_check(struct dmsc_ctx *ctx, const char *uri)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(ctx);
    size_t n = strlen(uri);
    unsigned depth = 0;

    if (n == 0 || uri[0] != '.' || (n > 1 && uri[1] != '/'))
        return refuse(ctx, NOT_CANONICAL, uri);
    if (n > 1 && characters(uri, n) - 2 > limits->uri_length)
        return refuse(ctx, LONG, uri);
    for (size_t at = 2; at <= n; depth++) {
        const char *slash = strchr(uri + at, '/');
        size_t length = slash == NULL ? n - at : (size_t)(slash - uri) - at;
        enum dmsc_err err;

        if (depth == limits->uri_depth)
            return refuse(ctx, DEEP, uri);
        err = check_segment(ctx, uri, uri + at, length);
        if (err != DMSC_OK)
            return err;
        at += length + 1;
    }
    return n == 2 ? refuse(ctx, NOT_CANONICAL, uri) : DMSC_OK;
}

enum dmsc_err dmsci_uri_check_name(struct dmsc_ctx *ctx, const char *name)
{
    if (strchr(name, '/') != NULL)
        return refuse(ctx, ENCODED_SLASH, name);
    return check_segment(ctx, name, name, strlen(name));
}

enum dmsc_err dmsci_uri_encode(const char *uri, struct dmsc_buf *ret_text)
{
    size_t before = ret_text->n;
    enum dmsc_err err = DMSC_OK;

    while (*uri != '\0' && err == DMSC_OK) {
        size_t plain = strcspn(uri, "%?");

        err = dmsc_buf_append(ret_text, dmsc_bytes(uri, plain));
        uri += plain;
        if (err == DMSC_OK && *uri != '\0')
            err = dmsc_buf_append_str(ret_text, *uri++ == '%' ? "%25" : "%3F");
    }
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_text, before);
    return err;
}

enum dmsc_err dmsci_uri_join(const char *base, const char *relative, struct dmsc_buf *ret_uri)
{
    size_t before = ret_uri->n;
    enum dmsc_err err = dmsc_buf_append_str(ret_uri, base);

    /* "." + "./A" and "./A" + "./B": the second without its dot. */
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_uri, relative + 1);
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_uri, before);
    return err;
}

size_t dmsci_uri_parent_length(const char *uri)
{
    const char *slash = strrchr(uri, '/');

    return slash == NULL ? 0 : (size_t)(slash - uri);
}

const char *dmsci_uri_name(const char *uri)
{
    const char *slash = strrchr(uri, '/');

    return slash == NULL ? uri : slash + 1;
}

int dmsci_uri_compare(const char *a, const char *b)
{
    const unsigned char *x = (const unsigned char *)a;
    const unsigned char *y = (const unsigned char *)b;

    while (*x != 0 && *x == *y) {
        x++;
        y++;
    }
    return (*x == '/' ? 1 : *x) - (*y == '/' ? 1 : *y);
}
