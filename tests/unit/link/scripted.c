/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/link/scripted.h"
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t uicc_atr[] = { 0x3B, 0x9F, 0x96, 0x80, 0x1F, 0x87, 0x80, 0x31,
                                    0xE0, 0x73, 0xFE, 0x21, 0x1B, 0x67, 0x4A, 0x35,
                                    0x75, 0x30, 0x35, 0x02, 0x65, 0xF8 };

struct scripted *scripted_new(enum dmsc_protocol protocol)
{
    struct scripted *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->protocol = protocol;
    s->atr = dmsc_bytes(uicc_atr, sizeof(uicc_atr));
    return s;
}

void scripted_free(struct scripted *s)
{
    scripted_assert_done(s);
    for (size_t i = 0; i < s->count; i++) {
        support_free(s->turns[i].capdu);
        support_free(s->turns[i].rapdu);
    }
    free(s->turns);
    free(s);
}

static struct dmsc_bytes from_hex(const char *text)
{
    uint8_t *p = malloc(strlen(text) + 1);
    struct dmsc_bytes exact;
    size_t n = 0;

    assert_non_null(p);
    for (; *text != '\0'; text++) {
        char digits[3] = { text[0], text[1], '\0' };

        if (text[0] == ' ')
            continue;
        assert_true(isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]));
        p[n++] = (uint8_t)strtoul(digits, NULL, 16);
        text++;
    }
    exact = support_copy_exact(dmsc_bytes(p, n));
    free(p);
    return exact;
}

static struct scripted_turn *add(struct scripted *s)
{
    if (s->count == s->cap) {
        s->cap = s->cap * 2 + 16;
        s->turns = realloc(s->turns, s->cap * sizeof(*s->turns));
        assert_non_null(s->turns);
    }
    s->turns[s->count] = (struct scripted_turn){ .err = DMSC_OK };
    return &s->turns[s->count++];
}

void scripted_turn(struct scripted *s, const char *capdu, const char *rapdu)
{
    struct scripted_turn *turn = add(s);

    turn->capdu = from_hex(capdu);
    turn->rapdu = from_hex(rapdu);
}

void scripted_turn_data(struct scripted *s, const char *capdu, uint8_t first, size_t n)
{
    struct scripted_turn *turn = add(s);
    uint8_t p[DMSC_RAPDU_MAX];

    assert_true(n <= 256);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(first + i);
    p[n] = 0x90;
    p[n + 1] = 0x00;
    turn->capdu = from_hex(capdu);
    turn->rapdu = support_copy_exact(dmsc_bytes(p, n + 2));
}

void scripted_turn_fails(struct scripted *s, const char *capdu, enum dmsc_err err)
{
    struct scripted_turn *turn = add(s);

    turn->capdu = from_hex(capdu);
    turn->err = err;
}

void scripted_turn_power(struct scripted *s)
{
    add(s)->power = true;
}

void scripted_rewind(struct scripted *s)
{
    s->at = 0;
    s->powers = s->transmits = s->closes = 0;
    s->locks = s->unlocks = s->locked_transmits = 0;
}

void scripted_assert_done(const struct scripted *s)
{
    if (s->at != s->count)
        fail_msg("%zu of %zu turns were played", s->at, s->count);
}

static enum dmsc_err scripted_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                    enum dmsc_protocol *ret_protocol)
{
    struct scripted *s = impl;
    enum dmsc_err err;

    s->powers++;
    if (s->power_fails != DMSC_OK)
        return dmsci_fail(s->ctx, s->power_fails, "power the scripted card");
    err = dmsc_buf_set(ret_atr, how == DMSC_POWER_OFF ? dmsc_bytes(NULL, 0) : s->atr);
    if (err != DMSC_OK)
        return err;
    if (s->at < s->count && s->turns[s->at].power && how == DMSC_POWER_COLD)
        s->at++;
    s->powered = how != DMSC_POWER_OFF;
    *ret_protocol = s->protocol;
    return DMSC_OK;
}

static enum dmsc_err scripted_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                       struct dmsc_buf *ret_rapdu)
{
    struct scripted *s = impl;
    const struct scripted_turn *turn;
    char text[2 * DMSC_CAPDU_MAX + 1];

    assert_true(timeout_ms > 0);
    s->transmits++;
    s->locked_transmits += s->locks > s->unlocks;
    if (!s->powered)
        return dmsci_fail(s->ctx, DMSC_E_REMOVED, "send a command to a card without power");
    if (s->respond != NULL)
        return s->respond(s->respond_user, capdu, ret_rapdu);
    dmsc_hex_encode(capdu, text);
    if (s->at == s->count)
        fail_msg("after the last turn comes %s", text);
    turn = &s->turns[s->at];
    if (turn->power || !dmsc_bytes_equal(capdu, turn->capdu))
        fail_msg("turn %zu is not %s", s->at, text);
    s->at++;
    if (turn->err != DMSC_OK)
        return dmsci_fail(s->ctx, turn->err, "send a command to the scripted card");
    return dmsc_buf_set(ret_rapdu, turn->rapdu);
}

static enum dmsc_err scripted_lock(void *impl)
{
    struct scripted *s = impl;

    if (s->lock_fails != DMSC_OK)
        return dmsci_fail(s->ctx, s->lock_fails, "lock the scripted card");
    s->locks++;
    return DMSC_OK;
}

static void scripted_unlock(void *impl)
{
    struct scripted *s = impl;

    assert_true(s->unlocks < s->locks);
    s->unlocks++;
}

static void scripted_close(void *impl)
{
    struct scripted *s = impl;

    s->closes++;
    s->powered = false;
}

enum dmsc_err scripted_link(struct scripted *s, struct dmsc_ctx *ctx, struct dmsc_link **ret_link)
{
    static const struct dmsc_link_ops ops = {
        .name = "scripted",
        .power = scripted_power,
        .transmit = scripted_transmit,
        .lock = scripted_lock,
        .unlock = scripted_unlock,
        .close = scripted_close,
    };
    static const struct dmsc_link_ops ops_without_lock = {
        .name = "scripted",
        .power = scripted_power,
        .transmit = scripted_transmit,
        .close = scripted_close,
    };

    s->ctx = ctx;
    s->powered = false;
    return dmsc_link_new(ctx, s->no_lock ? &ops_without_lock : &ops, s, ret_link);
}
