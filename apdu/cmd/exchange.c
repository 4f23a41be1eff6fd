/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/cmd/exchange.h"
#include "apdu/base/ctx.h"
#include "apdu/codec/capdu.h"
#include <dmsc/secret.h>

uint8_t dmsci_cla_channel(uint8_t cla, unsigned channel)
{
    /* Channels 4..19 live in 4X and CX, whose low nibble is the channel less four (table 10.4a). */
    if (channel < 4)
        return (uint8_t)(cla | channel);
    return (uint8_t)((cla & 0x80) | 0x40 | (channel - 4));
}

uint8_t dmsci_cla_get_response(uint8_t cla)
{
    if (cla == 0xA0)
        return 0xA0; /* 2G */
    if ((cla & 0x40) != 0)
        return (uint8_t)(0x40 | (cla & 0x0F));
    return cla & 0x03;
}

static enum dmsc_err send_one(struct dmsc_ctx *ctx, enum dmsc_protocol protocol,
                              const struct dmsci_transmit *transmit, const struct dmsc_capdu *capdu)
{
    uint8_t block[DMSC_CAPDU_MAX];
    size_t n = dmsci_capdu_block(capdu, protocol, block);
    enum dmsc_err err;

    if (n == 0)
        return dmsci_fail(ctx, DMSC_E_ARG, "encode command %02X %02X", capdu->cla, capdu->ins);
    err = transmit->send(transmit->user, dmsc_bytes(block, n), transmit->rapdu);
    dmsc_wipe(block, n); /* may hold a PIN */
    return err;
}

/* Of one answer: the data is appended, the SW given apart. */
static enum dmsc_err take_answer(struct dmsc_ctx *ctx, const struct dmsc_capdu *capdu,
                                 const struct dmsc_buf *rapdu, struct dmsc_buf *data,
                                 uint16_t *ret_sw)
{
    if (rapdu->n < 2) {
        (void)dmsci_fail(ctx, DMSC_E_LINK, "read the answer to command %02X %02X", capdu->cla,
                         capdu->ins);
        dmsci_why(ctx, "link:short-answer", "%zu bytes came, a status word has 2", rapdu->n);
        return DMSC_E_LINK;
    }
    *ret_sw = (uint16_t)(rapdu->p[rapdu->n - 2] << 8 | rapdu->p[rapdu->n - 1]);
    return rapdu->n > 2 ? dmsc_buf_append(data, dmsc_bytes(rapdu->p, rapdu->n - 2)) : DMSC_OK;
}

static struct dmsc_capdu get_response(const struct dmsc_capdu *capdu, uint16_t le)
{
    return (struct dmsc_capdu){ .cla = dmsci_cla_get_response(capdu->cla), .ins = 0xC0, .le = le };
}

static uint16_t le_of(uint16_t sw)
{
    return (sw & 0xFF) == 0 ? 256 : sw & 0xFF;
}

/* What was done so far to get one answer out of the card. */
struct progress {
    struct dmsc_capdu next;
    bool corrected;   /* next has the Le that 6Cxx asked for */
    uint16_t warning; /* SW of a case 4 that stays the result while its data are fetched */
};

/* What to send next, if anything. 6Cxx is heeded once, and never by a command with data: that would
 * try a PIN twice. A warning on a case 4 of T=0 says that data may wait: GET RESPONSE with Le 00
 * makes the card tell how much (7.3.1.1.4). */
static bool follow(const struct dmsc_capdu *capdu, enum dmsc_protocol protocol, uint16_t sw,
                   size_t data_bytes, struct progress *progress)
{
    switch (dmsc_sw_class(sw)) {
    case DMSC_SW_MORE:
        progress->next = get_response(capdu, le_of(sw));
        progress->corrected = false;
        return true;
    case DMSC_SW_WRONG_LE:
        if (progress->corrected || progress->next.le == 0 || progress->next.data.n > 0)
            return false;
        progress->next.le = le_of(sw);
        progress->corrected = true;
        return true;
    case DMSC_SW_WARNING:
        if (progress->warning != 0 || protocol != DMSC_T0 || capdu->data.n == 0 || capdu->le == 0 ||
            data_bytes > 0)
            return false;
        progress->warning = sw;
        progress->next = get_response(capdu, 256);
        progress->corrected = false;
        return true;
    default:
        return false;
    }
}

enum dmsc_err dmsci_exchange_rest(struct dmsc_ctx *ctx, enum dmsc_protocol protocol,
                                  const struct dmsci_transmit *transmit,
                                  const struct dmsc_capdu *capdu, struct dmsc_buf *ret_data,
                                  uint16_t *ret_sw)
{
    size_t start = ret_data->n;
    unsigned left = dmsc_ctx_limits(ctx)->get_response;
    struct progress progress = { .next = *capdu };
    uint16_t sw = 0;
    enum dmsc_err err;

    for (;;) {
        size_t before = ret_data->n;

        err = take_answer(ctx, &progress.next, transmit->rapdu, ret_data, &sw);
        dmsc_buf_reset(transmit->rapdu);
        if (err != DMSC_OK)
            break;
        if (dmsc_sw_class(sw) == DMSC_SW_WRONG_LE)
            dmsc_buf_truncate(ret_data, before); /* void: the right Le brings them */
        if (!follow(capdu, protocol, sw, ret_data->n - start, &progress))
            break;
        if (left-- == 0) {
            err = dmsci_fail(ctx, DMSC_E_LIMIT, "read the answer to command %02X %02X", capdu->cla,
                             capdu->ins);
            dmsci_why(ctx, "link:endless", "the card announces more data without end (SW %04X)",
                      sw);
            break;
        }
        err = send_one(ctx, protocol, transmit, &progress.next);
        if (err != DMSC_OK)
            break;
    }
    if (err != DMSC_OK) {
        dmsc_buf_truncate(ret_data, start);
        return err;
    }
    /* A card that has nothing behind the warning refuses GET RESPONSE; the warning is the answer.
     */
    *ret_sw = progress.warning != 0 ? progress.warning : sw;
    return DMSC_OK;
}

enum dmsc_err dmsci_exchange(struct dmsc_ctx *ctx, enum dmsc_protocol protocol,
                             const struct dmsci_transmit *transmit, const struct dmsc_capdu *capdu,
                             struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    struct dmsci_transmit own = *transmit;
    struct dmsc_buf rapdu;
    enum dmsc_err err;

    dmsc_buf_init(&rapdu, ctx, dmsc_ctx_limits(ctx)->rapdu_size + 2);
    own.rapdu = &rapdu;
    err = send_one(ctx, protocol, &own, capdu);
    if (err == DMSC_OK)
        err = dmsci_exchange_rest(ctx, protocol, &own, capdu, ret_data, ret_sw);
    dmsc_buf_clear(&rapdu);
    return err;
}
