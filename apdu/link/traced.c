/* SPDX-License-Identifier: Apache-2.0 */
/* A link around a link that writes down what passes, in the one text form of traces. */
#include "apdu/base/ctx.h"
#include <dmsc/link.h>
#include <dmsc/secret.h>
#include <stdio.h>
#include <time.h>

/* "> " and hex of the longest answer, and a comment. */
#define LINE_MAX_BYTES (2 + 2 * DMSC_CAPDU_MAX + 64)

struct traced {
    struct dmsc_ctx *ctx;
    struct dmsc_link *inner;
    void (*line)(void *user, const char *text);
    void *user;
    bool raw;
    bool authenticate; /* the data of the next GET RESPONSE are keys */
    bool concealed;    /* dmsc_link_conceal() */
};

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* PIN values go out in the data of VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN (TS 102 221
 * 11.1.9 to 11.1.13); by command, never by the look of the data. */
static bool carries_pin(struct dmsc_bytes capdu)
{
    switch (capdu.p[1]) {
    case 0x20:
    case 0x24:
    case 0x26:
    case 0x28:
    case 0x2C:
        return true;
    default:
        return false;
    }
}

static const char *name_of(struct dmsc_bytes capdu)
{
    static const struct {
        uint8_t ins;
        const char *name;
    } names[] = {
        { 0xA4, "SELECT" },
        { 0xF2, "STATUS" },
        { 0xB0, "READ BINARY" },
        { 0xD6, "UPDATE BINARY" },
        { 0xB2, "READ RECORD" },
        { 0xDC, "UPDATE RECORD" },
        { 0xA2, "SEARCH RECORD" },
        { 0x32, "INCREASE" },
        { 0x20, "VERIFY PIN" },
        { 0x24, "CHANGE PIN" },
        { 0x26, "DISABLE PIN" },
        { 0x28, "ENABLE PIN" },
        { 0x2C, "UNBLOCK PIN" },
        { 0x70, "MANAGE CHANNEL" },
        { 0x88, "AUTHENTICATE" },
        { 0x89, "AUTHENTICATE" },
        { 0xC0, "GET RESPONSE" },
        { 0x10, "TERMINAL PROFILE" },
        { 0xC2, "ENVELOPE" },
        { 0x12, "FETCH" },
        { 0x14, "TERMINAL RESPONSE" },
        { 0xAA, "TERMINAL CAPABILITY" },
        { 0xCB, "RETRIEVE DATA" },
        { 0xDB, "SET DATA" },
    };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        if (names[i].ins == capdu.p[1])
            return names[i].name;
    }
    return "command";
}

static void hide(char *hex, size_t digits)
{
    while (digits-- > 0)
        *hex++ = '*';
}

static void write_command(struct traced *t, struct dmsc_bytes capdu)
{
    char hex[2 * DMSC_CAPDU_MAX + 1];
    char text[LINE_MAX_BYTES];

    dmsc_hex_encode(capdu, hex);
    if (!t->raw && (carries_pin(capdu) || t->concealed) && capdu.n > 5)
        hide(hex + 10, 2 * (capdu.n - 5));
    (void)snprintf(text, sizeof(text), "> %s   # %s", hex, name_of(capdu));
    t->line(t->user, text);
    dmsc_wipe(hex, sizeof(hex));
    dmsc_wipe(text, sizeof(text));
}

static void write_answer(struct traced *t, struct dmsc_bytes rapdu, bool secret, int64_t ms)
{
    char hex[2 * DMSC_RAPDU_MAX + 1];
    char text[LINE_MAX_BYTES];
    struct dmsc_bytes shown = rapdu;

    if (shown.n > DMSC_RAPDU_MAX)
        shown.n = DMSC_RAPDU_MAX;
    dmsc_hex_encode(shown, hex);
    if (secret && shown.n > 2)
        hide(hex, 2 * (shown.n - 2));
    (void)snprintf(text, sizeof(text), "< %s   # %lld ms", hex, (long long)ms);
    t->line(t->user, text);
    dmsc_wipe(hex, sizeof(hex));
    dmsc_wipe(text, sizeof(text));
}

static enum dmsc_err traced_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                     struct dmsc_buf *ret_rapdu)
{
    struct traced *t = impl;
    int64_t start = now_ms();
    enum dmsc_err err;

    (void)timeout_ms;
    if (capdu.p[1] != 0xC0)
        t->authenticate = capdu.p[1] == 0x88 || capdu.p[1] == 0x89;
    write_command(t, capdu);
    err = dmsc_link_transmit(t->inner, capdu, ret_rapdu);
    if (err == DMSC_OK) {
        write_answer(t, dmsc_buf_bytes(ret_rapdu), (t->authenticate || t->concealed) && !t->raw,
                     now_ms() - start);
    } else {
        char text[LINE_MAX_BYTES];

        (void)snprintf(text, sizeof(text), "# no answer: %s", dmsc_err_text(err));
        t->line(t->user, text);
    }
    return err;
}

static enum dmsc_err traced_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                  enum dmsc_protocol *ret_protocol)
{
    static const char *const names[] = { "cold reset", "warm reset", "power off" };
    struct traced *t = impl;
    char hex[2 * 33 + 1];
    char text[LINE_MAX_BYTES];
    enum dmsc_err err = dmsc_link_power(t->inner, how);

    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_atr, dmsc_link_atr(t->inner));
    if (err != DMSC_OK)
        return err;
    *ret_protocol = dmsc_link_protocol(t->inner);
    dmsc_hex_encode(dmsc_buf_bytes(ret_atr), hex);
    (void)snprintf(text, sizeof(text), "# %s over %s: ATR %s, T=%d", names[how],
                   dmsc_link_name(t->inner), hex, (int)*ret_protocol);
    t->line(t->user, text);
    return DMSC_OK;
}

static void traced_conceal(void *impl, bool on)
{
    struct traced *t = impl;

    t->concealed = on;
    dmsc_link_conceal(t->inner, on);
}

static enum dmsc_err traced_lock(void *impl)
{
    return dmsc_link_lock(((struct traced *)impl)->inner);
}

static void traced_unlock(void *impl)
{
    dmsc_link_unlock(((struct traced *)impl)->inner);
}

static void traced_close(void *impl)
{
    struct traced *t = impl;

    dmsc_link_free(t->inner);
    dmsci_free(t->ctx, t);
}

static const struct dmsc_link_ops traced_ops = {
    .name = "traced",
    .power = traced_power,
    .transmit = traced_transmit,
    .lock = traced_lock,
    .unlock = traced_unlock,
    .conceal = traced_conceal,
    .close = traced_close,
};

enum dmsc_err dmsc_link_traced(struct dmsc_link *inner, bool raw,
                               void (*line)(void *user, const char *text), void *user,
                               struct dmsc_link **ret_link)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(inner);
    struct traced *t = dmsci_alloc(ctx, sizeof(*t));
    enum dmsc_err err;

    if (t == NULL)
        return DMSC_E_NOMEM;
    *t = (struct traced){ .ctx = ctx, .inner = inner, .line = line, .user = user, .raw = raw };
    err = dmsc_link_new(ctx, &traced_ops, t, ret_link);
    if (err != DMSC_OK)
        dmsci_free(ctx, t);
    return err;
}
