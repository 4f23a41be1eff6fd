/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include <string.h>

struct dmsc_bytes dmsc_bytes(const void *p, size_t n)
{
    return (struct dmsc_bytes){ p, n };
}

struct dmsc_bytes dmsc_bytes_str(const char *s)
{
    return (struct dmsc_bytes){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

bool dmsc_bytes_equal(struct dmsc_bytes a, struct dmsc_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool dmsc_ct_equal(struct dmsc_bytes a, struct dmsc_bytes b)
{
    volatile uint8_t differs = 0;

    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        differs = (uint8_t)(differs | (a.p[i] ^ b.p[i]));
    return differs == 0;
}

struct dmsc_rd dmsc_rd(struct dmsc_bytes bytes)
{
    return (struct dmsc_rd){ bytes.p, bytes.n, false };
}

uint8_t dmsc_rd_u8(struct dmsc_rd *r)
{
    if (r->bad || r->n == 0) {
        r->bad = true;
        return 0;
    }
    r->n--;
    return *r->p++;
}

static uint32_t read_big_endian(struct dmsc_rd *r, unsigned count)
{
    uint32_t v = 0;

    while (count-- > 0)
        v = v << 8 | dmsc_rd_u8(r);
    return r->bad ? 0 : v;
}

uint16_t dmsc_rd_u16(struct dmsc_rd *r)
{
    return (uint16_t)read_big_endian(r, 2);
}

uint32_t dmsc_rd_u24(struct dmsc_rd *r)
{
    return read_big_endian(r, 3);
}

uint32_t dmsc_rd_u32(struct dmsc_rd *r)
{
    return read_big_endian(r, 4);
}

struct dmsc_bytes dmsc_rd_bytes(struct dmsc_rd *r, size_t n)
{
    struct dmsc_bytes taken = { NULL, 0 };

    if (r->bad || n > r->n) {
        r->bad = true;
        return taken;
    }
    taken = (struct dmsc_bytes){ r->p, n };
    if (n > 0)
        r->p += n;
    r->n -= n;
    return taken;
}

struct dmsc_rd dmsc_rd_take(struct dmsc_rd *r, size_t n)
{
    struct dmsc_rd inner = dmsc_rd(dmsc_rd_bytes(r, n));

    inner.bad = r->bad;
    return inner;
}

void dmsc_rd_skip(struct dmsc_rd *r, size_t n)
{
    (void)dmsc_rd_bytes(r, n);
}

enum dmsc_err dmsc_rd_end(const struct dmsc_rd *r)
{
    if (r->bad)
        return DMSC_E_TRUNCATED;
    return r->n == 0 ? DMSC_OK : DMSC_E_MALFORMED;
}

struct dmsc_wr dmsc_wr(void *p, size_t cap)
{
    return (struct dmsc_wr){ p, p == NULL ? SIZE_MAX : cap, 0, false };
}

void dmsc_wr_u8(struct dmsc_wr *w, uint8_t v)
{
    if (w->n >= w->cap) {
        w->bad = true;
        return;
    }
    if (w->p != NULL)
        w->p[w->n] = v;
    w->n++;
}

void dmsc_wr_u16(struct dmsc_wr *w, uint16_t v)
{
    dmsc_wr_u8(w, (uint8_t)(v >> 8));
    dmsc_wr_u8(w, (uint8_t)v);
}

void dmsc_wr_u32(struct dmsc_wr *w, uint32_t v)
{
    dmsc_wr_u16(w, (uint16_t)(v >> 16));
    dmsc_wr_u16(w, (uint16_t)v);
}

void dmsc_wr_bytes(struct dmsc_wr *w, struct dmsc_bytes v)
{
    if (v.n > w->cap - w->n) {
        w->bad = true;
        return;
    }
    if (w->p != NULL)
        dmsci_copy(w->p + w->n, v.p, v.n);
    w->n += v.n;
}

void dmsc_wr_fill(struct dmsc_wr *w, uint8_t v, size_t n)
{
    while (n-- > 0 && !w->bad)
        dmsc_wr_u8(w, v);
}
