/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <stdio.h>

/* Smallest block: most status answers and names fit, so short buffers are allocated once. */
#define FIRST_BLOCK 64u

void dmsc_buf_init(struct dmsc_buf *buf, struct dmsc_ctx *ctx, size_t ceiling)
{
    /* Half of what can be counted: sums of two sizes below never overflow. */
    *buf =
        (struct dmsc_buf){ .ctx = ctx, .ceiling = ceiling < SIZE_MAX / 2 ? ceiling : SIZE_MAX / 2 };
}

void dmsc_buf_clear(struct dmsc_buf *buf)
{
    if (buf->p != NULL) {
        dmsc_wipe(buf->p, buf->cap);
        dmsci_free(buf->ctx, buf->p);
    }
    buf->p = NULL;
    buf->n = 0;
    buf->cap = 0;
}

void dmsc_buf_reset(struct dmsc_buf *buf)
{
    dmsc_buf_truncate(buf, 0);
}

/* A new block instead of realloc: what is left behind may be a secret and is wiped. */
DMSCI_RARE static enum dmsc_err grow(struct dmsc_buf *buf, size_t wanted)
{
    size_t cap = buf->cap > 0 ? buf->cap : FIRST_BLOCK;
    uint8_t *p;

    while (cap < wanted + 1)
        cap = cap > SIZE_MAX / 2 ? wanted + 1 : cap * 2;
    if (cap > buf->ceiling + 1)
        cap = buf->ceiling + 1;
    p = dmsci_alloc(buf->ctx, cap);
    if (p == NULL)
        return DMSC_E_NOMEM;
    dmsci_copy(p, buf->p, buf->n);
    if (buf->p != NULL) {
        dmsc_wipe(buf->p, buf->cap);
        dmsci_free(buf->ctx, buf->p);
    }
    buf->p = p;
    buf->cap = cap;
    return DMSC_OK;
}

DMSCI_RARE static enum dmsc_err reserve_slowly(struct dmsc_buf *buf, size_t n, uint8_t **ret_p)
{
    enum dmsc_err err;

    if (buf->ctx == NULL)
        return DMSC_E_ARG;
    if (buf->n > buf->ceiling || n > buf->ceiling - buf->n)
        return dmsci_fail(buf->ctx, DMSC_E_LIMIT, "hold %zu bytes where %zu are allowed",
                          n > SIZE_MAX - buf->n ? SIZE_MAX : buf->n + n, buf->ceiling);
    err = grow(buf, buf->n + n);
    if (err == DMSC_OK)
        *ret_p = buf->p + buf->n;
    return err;
}

enum dmsc_err dmsc_buf_reserve(struct dmsc_buf *buf, size_t n, uint8_t **ret_p)
{
    /* A block has never more than the ceiling and its NUL. */
    if (buf->p == NULL || n >= buf->cap - buf->n)
        return reserve_slowly(buf, n, ret_p);
    *ret_p = buf->p + buf->n;
    return DMSC_OK;
}

void dmsc_buf_commit(struct dmsc_buf *buf, size_t n)
{
    buf->n += n;
    buf->p[buf->n] = 0;
}

enum dmsc_err dmsc_buf_append(struct dmsc_buf *buf, struct dmsc_bytes b)
{
    uint8_t *to;
    enum dmsc_err err = dmsc_buf_reserve(buf, b.n, &to);

    if (err != DMSC_OK)
        return err;
    dmsci_copy(to, b.p, b.n);
    dmsc_buf_commit(buf, b.n);
    return DMSC_OK;
}

enum dmsc_err dmsc_buf_append_u8(struct dmsc_buf *buf, uint8_t v)
{
    return dmsc_buf_append(buf, dmsc_bytes(&v, 1));
}

enum dmsc_err dmsc_buf_append_str(struct dmsc_buf *buf, const char *s)
{
    return dmsc_buf_append(buf, dmsc_bytes_str(s));
}

DMSCI_RARE static enum dmsc_err set_fresh(struct dmsc_buf *buf, struct dmsc_bytes b)
{
    struct dmsc_buf fresh;
    enum dmsc_err err;

    dmsc_buf_init(&fresh, buf->ctx, buf->ceiling);
    err = dmsc_buf_append(&fresh, b);
    if (err != DMSC_OK) {
        dmsc_buf_clear(&fresh);
        return err;
    }
    dmsc_buf_clear(buf);
    *buf = fresh;
    return DMSC_OK;
}

enum dmsc_err dmsc_buf_set(struct dmsc_buf *buf, struct dmsc_bytes b)
{
    /* What fits goes into the block that is there: that cannot fail, and a buffer that is used
     * again allocates nothing. */
    if (b.n >= buf->cap || b.n > buf->ceiling)
        return set_fresh(buf, b);
    dmsci_copy(buf->p, b.p, b.n);
    if (b.n < buf->n)
        dmsc_wipe(buf->p + b.n, buf->n - b.n);
    buf->n = b.n;
    buf->p[b.n] = 0;
    return DMSC_OK;
}

void dmsc_buf_truncate(struct dmsc_buf *buf, size_t n)
{
    if (buf->p == NULL || n >= buf->n)
        return;
    dmsc_wipe(buf->p + n, buf->n - n);
    buf->n = n;
}

void dmsc_buf_consume(struct dmsc_buf *buf, size_t n)
{
    if (n > buf->n)
        n = buf->n;
    if (n == 0)
        return;
    dmsci_copy(buf->p, buf->p + n, buf->n - n);
    dmsc_buf_truncate(buf, buf->n - n);
}

struct dmsc_bytes dmsc_buf_bytes(const struct dmsc_buf *buf)
{
    return (struct dmsc_bytes){ buf->p, buf->n };
}

const char *dmsc_buf_str(const struct dmsc_buf *buf)
{
    return buf->p == NULL ? "" : (const char *)buf->p;
}

enum dmsc_err dmsci_buf_printf(struct dmsc_buf *buf, const char *fmt, ...)
{
    va_list args;
    uint8_t *to;
    enum dmsc_err err;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return dmsci_fail(buf->ctx, DMSC_E_ARG, "format text");
    err = dmsc_buf_reserve(buf, (size_t)n, &to);
    if (err != DMSC_OK)
        return err;
    va_start(args, fmt);
    (void)vsnprintf((char *)to, (size_t)n + 1, fmt, args);
    va_end(args);
    dmsc_buf_commit(buf, (size_t)n);
    return DMSC_OK;
}
