/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a card can answer to one APDU. Input: protocol, length and bytes of the command, then length
 * and bytes of each answer; when they are used up the card is gone.
 */
#include "apdu/cmd/exchange.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct card {
    struct dmsc_rd answers;
    unsigned sent;
    unsigned with_data;
};

static enum dmsc_err answer(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct card *card = user;
    size_t n = dmsc_rd_u8(&card->answers);
    struct dmsc_bytes rapdu = dmsc_rd_bytes(&card->answers, n);

    assert(capdu.n >= 4 && capdu.n <= DMSC_CAPDU_MAX);
    card->sent++;
    card->with_data += capdu.n > 5;
    if (card->answers.bad)
        return DMSC_E_REMOVED;
    return dmsc_buf_set(ret_rapdu, rapdu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct card card = { dmsc_rd(dmsc_bytes(data, size)), 0, 0 };
    struct dmsci_transmit transmit = { .send = answer, .user = &card };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    enum dmsc_protocol protocol = (dmsc_rd_u8(&card.answers) & 1) != 0 ? DMSC_T1 : DMSC_T0;
    size_t n = dmsc_rd_u8(&card.answers);
    struct dmsc_bytes bytes = dmsc_rd_bytes(&card.answers, n);
    struct dmsc_capdu capdu;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 0;
    enum dmsc_err err;

    config.limits.get_response = 16;
    config.limits.rapdu_size = 1000;
    if (card.answers.bad || dmsc_capdu_decode(bytes, &capdu) != DMSC_OK ||
        dmsc_ctx_new(&config, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&buf, ctx, 1002);
    assert(dmsc_buf_append_str(&buf, "AB") == DMSC_OK);
    err = dmsci_exchange(ctx, protocol, &transmit, &capdu, &buf, &sw);
    assert(card.sent >= 1 && card.sent <= 17);
    assert(card.with_data <= 1);
    assert(err == DMSC_OK || buf.n == 2);
    assert(memcmp(buf.p, "AB", 2) == 0);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
    return 0;
}
