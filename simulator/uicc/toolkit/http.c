/* SPDX-License-Identifier: Apache-2.0 */
/* As much of HTTP/1.1 (RFC 9112) as an applet that asks once needs. */
#include "simulator/uicc/toolkit/toolkit.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 6u

/* The line at @p r without its end; false when its end is not there yet. */
static bool next_line(struct dmsc_rd *r, struct dmsc_bytes *ret_line)
{
    for (size_t i = 0; i + 1 < r->n; i++) {
        if (r->p[i] == '\r' && r->p[i + 1] == '\n') {
            *ret_line = dmsc_rd_bytes(r, i);
            dmsc_rd_skip(r, 2);
            return true;
        }
    }
    return false;
}

static bool begins(struct dmsc_bytes line, const char *with)
{
    size_t n = strlen(with);

    return line.n >= n && strncasecmp((const char *)line.p, with, n) == 0;
}

/* A decimal number of at most DIGITS_MAX digits, white space around it. */
static bool number(struct dmsc_bytes text, size_t *ret_number)
{
    size_t value = 0, digits = 0;

    while (text.n > 0 && (*text.p == ' ' || *text.p == '\t'))
        text = dmsc_bytes(text.p + 1, text.n - 1);
    for (; text.n > 0 && isdigit(*text.p) != 0; text = dmsc_bytes(text.p + 1, text.n - 1)) {
        value = value * 10 + (size_t)(*text.p - '0');
        digits++;
    }
    *ret_number = value;
    return digits > 0 && digits <= DIGITS_MAX;
}

enum dmsc_err dmsci_sim_http_body(struct dmsc_bytes response, bool ended, bool *ret_whole,
                                  struct dmsc_bytes *ret_body)
{
    static const char length[] = "Content-Length:";
    struct dmsc_rd r = dmsc_rd(response);
    size_t expected = 0;
    bool counted = false;
    struct dmsc_bytes line;

    *ret_whole = false;
    if (!next_line(&r, &line))
        return ended || response.n > DMSCI_SIM_HEAD_MAX ? DMSC_E_MALFORMED : DMSC_OK;
    if (!begins(line, "HTTP/1."))
        return DMSC_E_MALFORMED;
    if (line.n < 12 || !begins(dmsc_bytes(line.p + 8, line.n - 8), " 200"))
        return DMSC_E_NOTFOUND;
    for (;;) {
        if (!next_line(&r, &line))
            return ended || response.n > DMSCI_SIM_HEAD_MAX ? DMSC_E_MALFORMED : DMSC_OK;
        if (line.n == 0)
            break;
        if (begins(line, "Transfer-Encoding:"))
            return DMSC_E_MALFORMED; /* an answer to HTTP/1.0 has none */
        if (begins(line, length)) {
            counted =
                number(dmsc_bytes(line.p + strlen(length), line.n - strlen(length)), &expected);
            if (!counted)
                return DMSC_E_MALFORMED;
        }
    }
    if (counted && ended && r.n < expected)
        return DMSC_E_MALFORMED;
    *ret_whole = counted ? r.n >= expected : ended;
    *ret_body = dmsc_bytes(r.p, counted && r.n > expected ? expected : r.n);
    return DMSC_OK;
}

bool dmsci_sim_http_url(const char *url, uint8_t ret_address[4], uint16_t *ret_port,
                        const char **ret_path)
{
    unsigned a[4], port = 80;
    int n = 0, more = 0;

    if (sscanf(url, "http://%3u.%3u.%3u.%3u%n", &a[0], &a[1], &a[2], &a[3], &n) != 4)
        return false;
    url += n;
    if (*url == ':') {
        if (sscanf(url, ":%5u%n", &port, &more) != 1)
            return false;
        url += more;
    }
    if ((*url != '/' && *url != '\0') || port == 0 || port > 0xFFFF)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        if (a[i] > 255)
            return false;
        ret_address[i] = (uint8_t)a[i];
    }
    *ret_port = (uint16_t)port;
    *ret_path = url;
    /* Visible characters, and none that JSON escapes. */
    for (; *url != 0; url++) {
        if (*url <= 0x20 || *url >= 0x7F || *url == 0x22 || *url == 0x5C)
            return false;
    }
    return true;
}
