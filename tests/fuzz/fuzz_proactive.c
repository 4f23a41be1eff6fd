/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card that has its way with the proactive loop. Input: length and bytes of each answer; when
 * they are used up the card is gone.
 */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/uicc.h>

#define PROACTIVE_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct card {
    struct dmsc_rd answers;
    unsigned fetched, responses, powers, seen;
};

static enum dmsc_err power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                           enum dmsc_protocol *ret_protocol)
{
    struct card *card = impl;

    assert(how == DMSC_POWER_COLD);
    card->powers++;
    *ret_protocol = DMSC_T0;
    return dmsc_buf_set(ret_atr, dmsc_bytes("\x3B\x00", 2));
}

static enum dmsc_err transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                              struct dmsc_buf *ret_rapdu)
{
    struct card *card = impl;
    size_t n = dmsc_rd_u8(&card->answers);
    struct dmsc_bytes rapdu = dmsc_rd_bytes(&card->answers, n);

    (void)timeout_ms;
    /* Toolkit commands on the basic channel, STATUS, and what the exchange makes of them. */
    assert(capdu.p[0] == 0x80 || (capdu.p[0] == 0x00 && capdu.p[1] == 0xC0));
    card->fetched += capdu.p[1] == 0x12;
    if (capdu.p[1] == 0x14) {
        card->responses++;
        assert(capdu.n >= 17 && capdu.n == 5u + capdu.p[4]);
        assert(capdu.p[14] == 0x83 && (capdu.p[15] == 1 || capdu.p[15] == 2));
    }
    if (card->answers.bad)
        return DMSC_E_REMOVED;
    return dmsc_buf_set(ret_rapdu, rapdu);
}

static void close_card(void *impl)
{
    (void)impl;
}

static void seen(void *user, const struct dmsc_proactive *command)
{
    struct card *card = user;

    card->seen++;
    /* Only what is on the list is ever carried out. */
    assert(command->result >= 0x24 || (command->type >= 0x01 && command->type <= 0x05) ||
           command->type == 0x26 || command->type == 0x27);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dmsc_link_ops ops = {
        .name = "fuzz", .power = power, .transmit = transmit, .close = close_card
    };
    struct card card = { dmsc_rd(dmsc_bytes(data, size)), 0, 0, 0, 0 };
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_link *link = NULL;
    struct dmsc_uicc *uicc = NULL;
    uint16_t sw = 0;

    config.limits.proactive = PROACTIVE_MAX;
    config.limits.get_response = 3;
    if (dmsc_ctx_new(&config, &ctx) != DMSC_OK)
        return 0;
    assert(dmsc_link_new(ctx, &ops, &card, &link) == DMSC_OK);
    assert(dmsc_uicc_new(ctx, link, &uicc) == DMSC_OK);
    assert(dmsc_uicc_power_on(uicc) == DMSC_OK);
    if (dmsc_uicc_exchange(uicc, &status, NULL, &sw) == DMSC_OK)
        (void)!dmsc_uicc_serve(uicc, seen, &card);
    /* Twice for a corrected length. */
    assert(card.fetched <= 2 * PROACTIVE_MAX);
    assert(card.seen <= PROACTIVE_MAX);
    assert(card.seen <= card.responses + card.powers - 1);
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
    dmsc_ctx_free(ctx);
    return 0;
}
