/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/url.h"
#include "apdu/base/ctx.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HTTPS_PORT 443
/* RFC 1035 clause 2.3.4. */
#define HOST_MAX  253u
#define LABEL_MAX 63u

static const char scheme[] = "https://";

static enum dmsc_err refuse(struct dmsc_ctx *ctx, const char *text, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read the URL \"%.100s\"", text);
    dmsci_why(ctx, reason, "%s", why);
    return DMSC_E_MALFORMED;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_hex(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* RFC 3986: what path and query may hold beside percent triplets. */
static bool is_path_char(char c)
{
    return is_letter(c) || is_digit(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c) != NULL);
}

static enum dmsc_err check_scheme(struct dmsc_ctx *ctx, const char *text)
{
    size_t n = 0;

    if (strncasecmp(text, scheme, sizeof(scheme) - 1) == 0)
        return DMSC_OK;
    while (is_letter(text[n]) ||
           (n > 0 && (is_digit(text[n]) || strchr("+-.", text[n]) != NULL) && text[n] != '\0'))
        n++;
    if (n == 0 || text[n] != ':')
        return refuse(ctx, text, "url:relative", "an absolute URL is needed");
    return refuse(ctx, text, "url:not-https", "only https:// is allowed");
}

/* One label of RFC 1123 clause 2.1, which also allows digits first. */
static size_t label_length(const char *host)
{
    size_t n = 0;

    while (is_letter(host[n]) || is_digit(host[n]) || host[n] == '-')
        n++;
    if (n == 0 || n > LABEL_MAX || host[0] == '-' || host[n - 1] == '-')
        return 0;
    return n;
}

/* "127.1", "0x7f000001" and "2130706433" are addresses to some resolvers: a last label that begins
 * with a digit and is a number makes the host an address, which must then be a whole one. */
static bool ends_in_number(const char *label)
{
    size_t n = strlen(label);

    if (label[0] == '0' && lower(label[1]) == 'x')
        return strspn(label + 2, "0123456789abcdef") == n - 2;
    return strspn(label, "0123456789") == n;
}

static bool name_is_valid(const char *host)
{
    const char *label = host;

    if (strlen(host) > HOST_MAX)
        return false;
    for (;;) {
        size_t n = label_length(label);

        if (n == 0)
            return false;
        if (label[n] == '\0')
            return !ends_in_number(label);
        if (label[n] != '.')
            return false;
        label += n + 1;
    }
}

/* @p host is a lower-case copy that may be written to, INET6_ADDRSTRLEN bytes or more. */
static bool host_is_valid(char *host, bool brackets, bool *ret_literal)
{
    uint8_t address[16];
    size_t n = strlen(host);

    *ret_literal = true;
    if (brackets)
        return inet_pton(AF_INET6, host, address) == 1 &&
               inet_ntop(AF_INET6, address, host, INET6_ADDRSTRLEN) != NULL;
    if (inet_pton(AF_INET, host, address) == 1)
        return true;
    *ret_literal = false;
    if (n > 1 && host[n - 1] == '.')
        host[n - 1] = '\0';
    return name_is_valid(host);
}

/* @p text begins behind "https://". @return bytes of the host, brackets included */
static size_t host_length(const char *text)
{
    size_t n;

    if (text[0] != '[')
        return strcspn(text, ":/?#");
    n = strcspn(text, "]/?#");
    return text[n] == ']' ? n + 1 : n;
}

static enum dmsc_err parse_host(struct dmsc_ctx *ctx, const char *text, const char *from, size_t n,
                                struct dmsci_url *url)
{
    bool brackets = n >= 2 && from[0] == '[' && from[n - 1] == ']';

    if (memchr(from, '@', strcspn(from, "/?#")) != NULL)
        return refuse(ctx, text, "url:userinfo", "a user name or password in a URL");
    /* The canonical form of an address may be longer than what was written. */
    url->host = dmsci_alloc(ctx, n + INET6_ADDRSTRLEN);
    if (url->host == NULL)
        return DMSC_E_NOMEM;
    dmsci_copy(url->host, brackets ? from + 1 : from, brackets ? n - 2 : n);
    for (char *c = url->host; *c != '\0'; c++)
        *c = lower(*c);
    if (!host_is_valid(url->host, brackets, &url->literal))
        return refuse(ctx, text, "url:host", "the host is neither a DNS name nor an address");
    return DMSC_OK;
}

static enum dmsc_err parse_port(struct dmsc_ctx *ctx, const char *text, const char *from,
                                size_t *ret_n, uint16_t *ret_port)
{
    size_t n = strcspn(from, "/?#");
    unsigned port = 0;

    *ret_n = n;
    *ret_port = HTTPS_PORT;
    if (n == 0)
        return DMSC_OK;
    for (size_t i = 1; i < n; i++) {
        if (!is_digit(from[i]) || i > 5)
            return refuse(ctx, text, "url:port", "the port is not a number from 1 to 65535");
        port = port * 10 + (unsigned)(from[i] - '0');
    }
    if (n > 1 && (port == 0 || port > 65535))
        return refuse(ctx, text, "url:port", "the port is not a number from 1 to 65535");
    /* RFC 3986 clause 6.2.3: an empty port is the default. */
    if (n > 1)
        *ret_port = (uint16_t)port;
    return DMSC_OK;
}

/* RFC 3986 clause 5.2.4 on an absolute path, in place. */
static void remove_dot_segments(char *path)
{
    char *to = path;
    const char *from = path;

    while (*from == '/') {
        size_t n = 1 + strcspn(from + 1, "/");

        if (n == 2 && from[1] == '.') {
            if (from[2] == '\0')
                *to++ = '/';
        } else if (n == 3 && from[1] == '.' && from[2] == '.') {
            while (to > path && *--to != '/') {}
            if (from[3] == '\0')
                *to++ = '/';
        } else {
            dmsci_copy(to, from, n);
            to += n;
        }
        from += n;
    }
    *to = '\0';
    if (to == path) {
        path[0] = '/';
        path[1] = '\0';
    }
}

static enum dmsc_err check_target(struct dmsc_ctx *ctx, const char *text, char *target)
{
    for (char *c = target; *c != '\0'; c++) {
        if (*c == '#')
            return refuse(ctx, text, "url:fragment", "a fragment is not sent to a server");
        if (*c == '%' && is_hex(c[1]) && is_hex(c[2])) {
            for (int i = 1; i <= 2; i++) {
                if (c[i] >= 'a')
                    c[i] = (char)(c[i] - 'a' + 'A');
            }
            c += 2;
        } else if (!is_path_char(*c)) {
            return refuse(ctx, text, "url:character",
                          "the path holds a character that must be percent-encoded");
        }
    }
    return DMSC_OK;
}

static enum dmsc_err parse_target(struct dmsc_ctx *ctx, const char *text, const char *from,
                                  struct dmsci_url *url)
{
    size_t path_n = strcspn(from, "?");
    size_t room = strlen(from) + 2;
    size_t n;
    enum dmsc_err err;

    url->target = dmsci_alloc(ctx, room);
    if (url->target == NULL)
        return DMSC_E_NOMEM;
    (void)snprintf(url->target, room, "%s%.*s", from[0] == '/' ? "" : "/", (int)path_n, from);
    err = check_target(ctx, text, url->target);
    if (err != DMSC_OK)
        return err;
    remove_dot_segments(url->target);
    n = strlen(url->target);
    (void)snprintf(url->target + n, room - n, "%s", from + path_n);
    return check_target(ctx, text, url->target + n);
}

static enum dmsc_err compose(struct dmsc_ctx *ctx, struct dmsci_url *url)
{
    bool brackets = url->literal && strchr(url->host, ':') != NULL;
    size_t room = strlen(url->host) + sizeof("[]:65535");
    int n;

    url->authority = dmsci_alloc(ctx, room);
    url->text = dmsci_alloc(ctx, sizeof(scheme) + room + strlen(url->target));
    if (url->authority == NULL || url->text == NULL)
        return DMSC_E_NOMEM;
    n = snprintf(url->authority, room, "%s%s%s", brackets ? "[" : "", url->host,
                 brackets ? "]" : "");
    if (url->port != HTTPS_PORT)
        (void)snprintf(url->authority + n, room - (size_t)n, ":%u", (unsigned)url->port);
    (void)snprintf(url->text, sizeof(scheme) + room + strlen(url->target), "%s%s%s", scheme,
                   url->authority, url->target);
    return DMSC_OK;
}

enum dmsc_err dmsci_url_parse(struct dmsc_ctx *ctx, const char *text, struct dmsci_url *ret_url)
{
    struct dmsci_url url = { .ctx = ctx };
    const char *host = text + sizeof(scheme) - 1;
    enum dmsc_err err;
    size_t host_n, port_n = 0;

    if (strlen(text) > dmsc_ctx_limits(ctx)->uri_length)
        return dmsci_fail(ctx, DMSC_E_LIMIT, "read a URL of %zu characters", strlen(text));
    err = check_scheme(ctx, text);
    if (err != DMSC_OK)
        return err;
    host_n = host_length(host);
    err = parse_host(ctx, text, host, host_n, &url);
    if (err == DMSC_OK && strchr(":/?#", host[host_n]) == NULL)
        err = refuse(ctx, text, "url:host", "something follows the address");
    if (err == DMSC_OK && host[host_n] == ':')
        err = parse_port(ctx, text, host + host_n, &port_n, &url.port);
    else
        url.port = HTTPS_PORT;
    if (err == DMSC_OK)
        err = parse_target(ctx, text, host + host_n + port_n, &url);
    if (err == DMSC_OK)
        err = compose(ctx, &url);
    if (err != DMSC_OK) {
        dmsci_url_clear(&url);
        return err;
    }
    *ret_url = url;
    return DMSC_OK;
}

void dmsci_url_clear(struct dmsci_url *url)
{
    if (url->ctx == NULL)
        return;
    dmsci_free(url->ctx, url->host);
    dmsci_free(url->ctx, url->authority);
    dmsci_free(url->ctx, url->target);
    dmsci_free(url->ctx, url->text);
    *url = (struct dmsci_url)DMSCI_URL_INIT;
}

bool dmsci_url_same_origin(const struct dmsci_url *a, const struct dmsci_url *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
