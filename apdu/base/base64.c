/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum dmsc_err dmsci_base64_encode(struct dmsc_bytes bytes, struct dmsc_buf *buf)
{
    struct dmsc_rd r = dmsc_rd(bytes);
    size_t n = bytes.n / 3 + (bytes.n % 3 > 0);
    uint8_t *to;
    enum dmsc_err err;

    if (n > SIZE_MAX / 4)
        return dmsci_fail(buf->ctx, DMSC_E_LIMIT, "write %zu bytes as base64", bytes.n);
    err = dmsc_buf_reserve(buf, n * 4, &to);
    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < n; i++) {
        size_t left = r.n;
        uint32_t group = (uint32_t)dmsc_rd_u8(&r) << 16;

        group |= left > 1 ? (uint32_t)dmsc_rd_u8(&r) << 8 : 0;
        group |= left > 2 ? dmsc_rd_u8(&r) : 0;
        *to++ = (uint8_t)alphabet[group >> 18 & 63];
        *to++ = (uint8_t)alphabet[group >> 12 & 63];
        *to++ = (uint8_t)(left > 1 ? alphabet[group >> 6 & 63] : '=');
        *to++ = (uint8_t)(left > 2 ? alphabet[group & 63] : '=');
    }
    dmsc_buf_commit(buf, n * 4);
    return DMSC_OK;
}

static int digit(uint8_t c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

static bool space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* @return false when the text is none; @p ret_n bytes, written to @p to unless NULL */
static bool decode(struct dmsc_bytes text, uint8_t *to, size_t *ret_n)
{
    uint32_t group = 0;
    unsigned digits = 0, padding = 0;
    size_t n = 0;
    bool ended = false;

    for (size_t i = 0; i < text.n; i++) {
        int value = digit(text.p[i]);

        if (space(text.p[i]))
            continue;
        if (ended)
            return false;
        if (text.p[i] == '=' && digits >= 2)
            padding++;
        else if (value < 0 || padding > 0)
            return false;
        else
            digits++;
        group = group << 6 | (value < 0 ? 0 : (uint32_t)value);
        if (digits + padding < 4)
            continue;
        /* RFC 4648 3.5: bits that stand for nothing are zero, so that one value has one form. */
        if ((group & ((1u << (8 * padding)) - 1)) != 0)
            return false;
        for (unsigned k = 0; k < 3 - padding; k++, n++) {
            if (to != NULL)
                to[n] = (uint8_t)(group >> (16 - 8 * k));
        }
        ended = padding > 0;
        group = 0;
        digits = padding = 0;
    }
    *ret_n = n;
    return digits + padding == 0;
}

enum dmsc_err dmsci_base64_decode(struct dmsc_bytes text, struct dmsc_buf *buf)
{
    uint8_t *to;
    size_t n;
    enum dmsc_err err;

    if (!decode(text, NULL, &n))
        return dmsci_fail(buf->ctx, DMSC_E_MALFORMED, "read base64");
    err = dmsc_buf_reserve(buf, n, &to);
    if (err != DMSC_OK)
        return err;
    (void)decode(text, to, &n);
    dmsc_buf_commit(buf, n);
    return DMSC_OK;
}
