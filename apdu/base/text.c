/* SPDX-License-Identifier: Apache-2.0 */
/* Hex, CRC-32, UTF-8, time as text. */
#include "apdu/base/ctx.h"
#include <ctype.h>
#include <stdio.h>
#include <time.h>

void dmsc_hex_encode(struct dmsc_bytes bytes, char *ret_text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.n; i++) {
        *ret_text++ = digits[bytes.p[i] >> 4];
        *ret_text++ = digits[bytes.p[i] & 0x0F];
    }
    *ret_text = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum dmsc_err dmsc_hex_decode(const char *text, struct dmsc_buf *buf)
{
    size_t before = buf->n;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && *text != '\0') {
        int high = hex_digit(text[0]);

        if (high < 0 && isspace((unsigned char)text[0])) {
            text++;
            continue;
        }
        if (high < 0 || hex_digit(text[1]) < 0) {
            err = dmsci_fail(buf->ctx, DMSC_E_MALFORMED, "read hex digits at \"%.8s\"", text);
            dmsci_why(buf->ctx, "hex:digits", "two digits of 0-9 and A-F make a byte");
        } else {
            err = dmsc_buf_append_u8(buf, (uint8_t)(high << 4 | hex_digit(text[1])));
        }
        text += 2;
    }
    if (err != DMSC_OK)
        dmsc_buf_truncate(buf, before);
    return err;
}

uint32_t dmsci_crc32(struct dmsc_bytes bytes)
{
    /* A nibble at a time: 64 bytes of table; the inputs are a few kilobytes. */
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < bytes.n; i++) {
        crc = table[(crc ^ bytes.p[i]) & 0x0F] ^ crc >> 4;
        crc = table[(crc ^ bytes.p[i] >> 4) & 0x0F] ^ crc >> 4;
    }
    return ~crc;
}

size_t dmsci_utf8_length(struct dmsc_bytes bytes)
{
    static const uint32_t smallest[5] = { 0, 1, 0x80, 0x800, 0x10000 };
    const uint8_t *p = bytes.p;
    size_t length;
    uint32_t code;

    if (bytes.n == 0 || p[0] > 0xF4)
        return 0;
    length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (length == 0 || length > bytes.n)
        return 0;
    code = length == 1 ? p[0] : (uint32_t)(p[0] & (0x7F >> length));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3F);
    }
    if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    return length;
}

/* Octets at @p i that are ASCII and no NUL, eight at a time: most of what is read is nothing else.
 */
static size_t ascii_run(struct dmsc_bytes bytes, size_t i)
{
    const uint64_t high = 0x8080808080808080u, one = 0x0101010101010101u;
    size_t from = i;
    uint64_t eight;

    for (; bytes.n - i >= sizeof(eight); i += sizeof(eight)) {
        dmsci_copy(&eight, bytes.p + i, sizeof(eight));
        /* The left part is set where an octet is NUL (or follows one), the right one above 7F. */
        if (((eight - one) & high) != 0 || (eight & high) != 0)
            break;
    }
    return i - from;
}

bool dmsci_utf8_valid(struct dmsc_bytes bytes)
{
    size_t i = ascii_run(bytes, 0);

    while (i < bytes.n) {
        size_t length = dmsci_utf8_length(dmsc_bytes(bytes.p + i, bytes.n - i));

        if (length == 0)
            return false;
        i += length;
        i += ascii_run(bytes, i);
    }
    return true;
}

static bool broken_down(int64_t seconds, struct tm *ret_tm)
{
    time_t t = (time_t)seconds;

    return gmtime_r(&t, ret_tm) != NULL && ret_tm->tm_year >= -900 && ret_tm->tm_year <= 8099;
}

void dmsci_time_basic(int64_t seconds, char ret_text[17])
{
    struct tm tm;

    if (!broken_down(seconds, &tm) || strftime(ret_text, 17, "%Y%m%dT%H%M%SZ", &tm) == 0)
        (void)snprintf(ret_text, 17, "?");
}

void dmsci_time_text(int64_t seconds, char ret_text[21])
{
    struct tm tm;

    if (!broken_down(seconds, &tm) || strftime(ret_text, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(ret_text, 21, "?");
}
