/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link around a link that keeps the time: what the bytes would take on the contacts of a card.
 * ISO 7816-3: an etu is F/D cycles of the clock (7.1); a character is 12 etu in T=0 and 11 in T=1
 * with N = FF, else 12, plus the extra guard time N of TC1 (7.2, 8.3); the ATR runs with 372 and 1.
 */
#include "apdu/link/wrapper.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_CLOCK_HZ 4000000ul
#define BYTES_OF_PPS     8 /* PPSS PPS0 PPS1 PCK, and the same back (ISO 7816-3 9.2) */
#define T1_FRAME         4 /* NAD PCB LEN, LRC (ISO 7816-3 11.3) */
#define T1_IFS           254

struct timed {
    struct dmsci_wrapper base;
    struct dmsc_link_times times;
    unsigned long baud; /* 0: from the clock and Fi/Di */
    unsigned etus;      /* of a character, guard time included */
    enum dmsc_protocol protocol;
};

/* ISO 7816-3 table 7 and 8; 0 is reserved. */
static const uint16_t fi_of[16] = { 372, 372, 558, 744,  1116, 1488, 1860, 0,
                                    0,   512, 768, 1024, 1536, 2048, 0,    0 };
static const uint8_t di_of[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0 };

/* T0, then TA1 TB1 TC1 TD1 as its high nibble announces them. */
static void read_atr(struct timed *t, struct dmsc_bytes atr)
{
    struct dmsc_rd r = dmsc_rd(atr);
    uint8_t t0, ta1 = 0x11, tc1 = 0;

    (void)dmsc_rd_u8(&r);
    t0 = dmsc_rd_u8(&r);
    if ((t0 & 0x10) != 0)
        ta1 = dmsc_rd_u8(&r);
    if ((t0 & 0x20) != 0)
        (void)dmsc_rd_u8(&r);
    if ((t0 & 0x40) != 0)
        tc1 = dmsc_rd_u8(&r);
    t->times.fi = fi_of[ta1 >> 4];
    t->times.di = di_of[ta1 & 0x0F];
    if (r.bad || t->times.fi == 0 || t->times.di == 0) {
        t->times.fi = 372;
        t->times.di = 1;
    }
    t->etus = tc1 == 0xFF ? (t->protocol == DMSC_T1 ? 11 : 12) : 12u + tc1;
}

static void add(struct timed *t, unsigned long bytes, unsigned etus, unsigned fi, unsigned di)
{
    t->times.bytes += bytes;
    if (t->baud > 0)
        t->times.wire_ns += (uint64_t)bytes * etus * 1000000000u / t->baud;
    else
        t->times.wire_ns += (uint64_t)bytes * etus * fi * 1000000000u / di / t->times.clock_hz;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Blocks of T=1 are chained, and each but the last is answered by one without data. */
static unsigned long t1_bytes(size_t n)
{
    unsigned long blocks = n == 0 ? 1 : (unsigned long)((n + T1_IFS - 1) / T1_IFS);

    return (unsigned long)n + blocks * T1_FRAME + (blocks - 1) * T1_FRAME;
}

static enum dmsc_err timed_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                    struct dmsc_buf *ret_rapdu)
{
    struct timed *t = impl;
    struct dmsc_link_counts before = dmsc_link_counts(t->base.inner), after;
    uint64_t start = now_ns();
    enum dmsc_err err = dmsc_link_transmit(t->base.inner, capdu, ret_rapdu);

    (void)timeout_ms;
    t->times.real_ns += now_ns() - start;
    if (err != DMSC_OK)
        return err;
    after = dmsc_link_counts(t->base.inner);
    t->times.apdus++;
    add(t,
        t->protocol == DMSC_T1 ? t1_bytes(capdu.n) + t1_bytes(ret_rapdu->n)
                               : after.bytes - before.bytes,
        t->etus, t->times.fi, t->times.di);
    return DMSC_OK;
}

static enum dmsc_err timed_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                 enum dmsc_protocol *ret_protocol)
{
    struct timed *t = impl;
    uint64_t start = now_ns();
    enum dmsc_err err = dmsci_wrapper_power(impl, how, ret_atr, ret_protocol);

    t->times.real_ns += now_ns() - start;
    if (err != DMSC_OK || how == DMSC_POWER_OFF)
        return err;
    t->protocol = *ret_protocol;
    read_atr(t, dmsc_buf_bytes(ret_atr));
    add(t, (unsigned long)ret_atr->n, 12, 372, 1);
    if (t->times.fi != 372 || t->times.di != 1)
        add(t, BYTES_OF_PPS, 12, 372, 1);
    return DMSC_OK;
}

static void timed_close(void *impl)
{
    const struct timed *t = impl;
    const struct dmsc_link_times *times = &t->times;

    dmsci_log(t->base.ctx, DMSC_LOG_INFO, "timed",
              "%lu commands, %lu bytes: %llu.%03llu ms on a wire at %lu bit/s, %llu.%03llu ms here",
              times->apdus, times->bytes, (unsigned long long)(times->wire_ns / 1000000),
              (unsigned long long)(times->wire_ns / 1000 % 1000),
              t->baud > 0 ? t->baud : times->clock_hz / times->fi * times->di,
              (unsigned long long)(times->real_ns / 1000000),
              (unsigned long long)(times->real_ns / 1000 % 1000));
    dmsci_wrapper_close(impl);
}

static const struct dmsc_link_ops timed_ops = {
    .name = "timed",
    .power = timed_power,
    .transmit = timed_transmit,
    .lock = dmsci_wrapper_lock,
    .unlock = dmsci_wrapper_unlock,
    .conceal = dmsci_wrapper_conceal,
    .close = timed_close,
};

static enum dmsc_err make(struct dmsc_link *inner, unsigned long clock_hz, unsigned long baud,
                          struct dmsc_link **ret_link)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(inner);
    struct timed *t = dmsci_alloc(ctx, sizeof(*t));
    enum dmsc_err err;

    if (t == NULL)
        return DMSC_E_NOMEM;
    t->base = (struct dmsci_wrapper){ ctx, inner };
    t->times.clock_hz = clock_hz > 0 ? clock_hz : DEFAULT_CLOCK_HZ;
    t->times.fi = 372;
    t->times.di = 1;
    t->etus = 12;
    t->baud = baud;
    err = dmsc_link_new(ctx, &timed_ops, t, ret_link);
    if (err != DMSC_OK)
        dmsci_free(ctx, t);
    return err;
}

enum dmsc_err dmsc_link_timed(struct dmsc_link *inner, unsigned long clock_hz,
                              struct dmsc_link **ret_link)
{
    return make(inner, clock_hz, 0, ret_link);
}

enum dmsc_err dmsc_link_timed_get(const struct dmsc_link *link, struct dmsc_link_times *ret_times)
{
    const struct timed *t = dmsci_link_impl(link, &timed_ops);

    if (t == NULL)
        return dmsci_fail(dmsc_link_ctx(link), DMSC_E_ARG, "read the times of a link \"%s\"",
                          dmsc_link_name(link));
    *ret_times = t->times;
    return DMSC_OK;
}

/* "clock=HZ", "baud=N" */
static enum dmsc_err wrap(struct dmsc_ctx *ctx, const char *options, struct dmsc_link *inner,
                          struct dmsc_link **ret_link)
{
    const char *number = strchr(options, '=');
    bool clock = strncmp(options, "clock=", 6) == 0, baud = strncmp(options, "baud=", 5) == 0;
    unsigned long value = 0;
    char *end = NULL;

    if (options[0] == '\0')
        return make(inner, 0, 0, ret_link);
    if (number != NULL && number[1] >= '1' && number[1] <= '9')
        value = strtoul(number + 1, &end, 10);
    if ((clock || baud) && value > 0 && value <= 1000000000ul && *end == '\0')
        return make(inner, clock ? value : 0, baud ? value : 0, ret_link);
    (void)dmsci_fail(ctx, DMSC_E_ARG, "open link timed: \"%s\"", options);
    dmsci_why(ctx, "timed:option", "there is no such option");
    dmsci_hint(ctx, "timed:LINK, timed:clock=HZ:LINK or timed:baud=N:LINK");
    return DMSC_E_ARG;
}

const struct dmsci_link_wrapper dmsci_timed_wrapper = {
    .name = "timed",
    .argument = "[clock=HZ:]LINK",
    .options = false,
    .wrap = wrap,
};
