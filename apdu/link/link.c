/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/cmd/exchange.h"
#include "apdu/codec/capdu.h"
#include "apdu/link/private.h"
#include <dmsc/secret.h>
#include <time.h>

/* TS 102 221 sets no longest answer time; a card that works longer sends procedure bytes (NULL),
 * which the reader swallows. Half a minute is what PC/SC readers grant. */
#define TRANSMIT_TIMEOUT_MS 30000

struct dmsc_link {
    struct dmsc_ctx *ctx;
    const struct dmsc_link_ops *ops;
    void *impl;
    struct dmsc_buf atr;
    enum dmsc_protocol protocol;
    uint16_t last_sw;
    struct dmsc_link_counts counts;
    struct dmsci_link_channels channels; /* where ops has channel_open */
    /* Blocks that stay from one exchange to the next; no secret is left in them. */
    struct dmsc_buf rapdu, data;
    uint8_t block[DMSC_CAPDU_MAX]; /* the command at hand */
};

enum dmsc_err dmsc_link_new(struct dmsc_ctx *ctx, const struct dmsc_link_ops *ops, void *impl,
                            struct dmsc_link **ret_link)
{
    struct dmsc_link *link = dmsci_alloc(ctx, sizeof(*link));

    if (link == NULL)
        return DMSC_E_NOMEM;
    link->ctx = ctx;
    link->ops = ops;
    link->impl = impl;
    dmsc_buf_init(&link->atr, ctx, 33);
    dmsc_buf_init(&link->rapdu, ctx, dmsc_ctx_limits(ctx)->rapdu_size + 2);
    dmsc_buf_init(&link->data, ctx, dmsc_ctx_limits(ctx)->rapdu_size);
    *ret_link = link;
    return DMSC_OK;
}

static struct dmsci_link_below below(const struct dmsc_link *link)
{
    return (struct dmsci_link_below){ link->ctx, link->ops, link->impl, link->protocol,
                                      TRANSMIT_TIMEOUT_MS };
}

static void close_channels(struct dmsc_link *link)
{
    struct dmsci_link_below to = below(link);

    if (link->ops->channel_open != NULL)
        dmsci_link_channels_close(&link->channels, &to);
}

void dmsc_link_free(struct dmsc_link *link)
{
    if (link == NULL)
        return;
    close_channels(link);
    link->ops->close(link->impl);
    dmsc_buf_clear(&link->atr);
    dmsc_buf_clear(&link->rapdu);
    dmsc_buf_clear(&link->data);
    dmsci_free(link->ctx, link);
}

struct dmsc_ctx *dmsc_link_ctx(const struct dmsc_link *link)
{
    return link->ctx;
}

const char *dmsc_link_name(const struct dmsc_link *link)
{
    return link->ops->name;
}

enum dmsc_err dmsc_link_power(struct dmsc_link *link, enum dmsc_power how)
{
    enum dmsc_protocol protocol = link->protocol;
    struct dmsc_buf atr;
    enum dmsc_err err;

    close_channels(link);
    dmsc_buf_init(&atr, link->ctx, 33);
    err = link->ops->power(link->impl, how, &atr, &protocol);
    if (err != DMSC_OK) {
        dmsc_buf_clear(&atr);
        return err;
    }
    dmsc_buf_clear(&link->atr);
    link->atr = atr;
    link->protocol = protocol;
    link->last_sw = 0;
    return DMSC_OK;
}

struct dmsc_bytes dmsc_link_atr(const struct dmsc_link *link)
{
    return dmsc_buf_bytes(&link->atr);
}

enum dmsc_protocol dmsc_link_protocol(const struct dmsc_link *link)
{
    return link->protocol;
}

/* What T=0 puts on the wire: the TPDU, one procedure byte where data follows either way, and the
 * answer with its SW (ISO 7816-3 10.3). Le of a T=1 case 4 does not travel. */
static unsigned long wire_bytes(size_t capdu_n, size_t data_n, size_t rapdu_n)
{
    return (unsigned long)(5 + data_n + (capdu_n > 5 || rapdu_n > 2) + rapdu_n);
}

void *dmsci_link_impl(const struct dmsc_link *link, const struct dmsc_link_ops *ops)
{
    return link->ops == ops ? link->impl : NULL;
}

DMSCI_RARE static enum dmsc_err through_channels(struct dmsc_link *link, struct dmsc_bytes capdu,
                                                 struct dmsc_buf *ret_rapdu)
{
    struct dmsci_link_below to = below(link);

    return dmsci_link_channels_transmit(&link->channels, &to, capdu, ret_rapdu);
}

static enum dmsc_err transmit_counted(struct dmsc_link *link, struct dmsc_bytes capdu,
                                      struct dmsc_buf *ret_rapdu)
{
    enum dmsc_err err =
        link->ops->channel_open != NULL
            ? through_channels(link, capdu, ret_rapdu)
            : link->ops->transmit(link->impl, capdu, TRANSMIT_TIMEOUT_MS, ret_rapdu);

    if (err != DMSC_OK)
        return err;
    link->counts.apdus++;
    link->counts.bytes += wire_bytes(capdu.n, capdu.n > 5 ? capdu.p[4] : 0, ret_rapdu->n);
    return DMSC_OK;
}

enum dmsc_err dmsc_link_transmit(struct dmsc_link *link, struct dmsc_bytes capdu,
                                 struct dmsc_buf *ret_rapdu)
{
    if (capdu.n < 4 || capdu.n > DMSC_CAPDU_MAX)
        return dmsci_fail(link->ctx, DMSC_E_ARG, "send a command of %zu bytes", capdu.n);
    return transmit_counted(link, capdu, ret_rapdu);
}

static enum dmsc_err send(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    return dmsc_link_transmit(user, capdu, ret_rapdu);
}

/* The first answer is in link->rapdu, and it is not the whole story. */
DMSCI_RARE static enum dmsc_err go_on(struct dmsc_link *link, const struct dmsc_capdu *capdu,
                                      struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    struct dmsci_transmit transmit = { send, link, &link->rapdu };
    uint16_t sw = 0;
    enum dmsc_err err =
        dmsci_exchange_rest(link->ctx, link->protocol, &transmit, capdu, &link->data, &sw);

    if (err == DMSC_OK && ret_data != NULL)
        err = dmsc_buf_set(ret_data, dmsc_buf_bytes(&link->data));
    dmsc_buf_reset(&link->data);
    if (err != DMSC_OK)
        return err;
    link->last_sw = sw;
    *ret_sw = sw;
    return DMSC_OK;
}

/* Most answers are data and 9000, and all there is. */
static enum dmsc_err take_answer(struct dmsc_link *link, const struct dmsc_capdu *capdu,
                                 struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    struct dmsc_buf *rapdu = &link->rapdu;
    size_t n = rapdu->n - 2;
    enum dmsc_err err = DMSC_OK;

    if (rapdu->n < 2 || rapdu->p[n] != 0x90 || rapdu->p[n + 1] != 0x00)
        return go_on(link, capdu, ret_data, ret_sw);
    if (n == 0) {
        rapdu->n = 0;
        if (ret_data != NULL && ret_data->n > 0)
            dmsc_buf_reset(ret_data);
    } else {
        if (ret_data != NULL)
            err = dmsc_buf_set(ret_data, (struct dmsc_bytes){ rapdu->p, n });
        dmsc_wipe(rapdu->p, rapdu->n); /* may be keys */
        rapdu->n = 0;
        if (err != DMSC_OK)
            return err;
    }
    link->last_sw = 0x9000;
    *ret_sw = 0x9000;
    return DMSC_OK;
}

static enum dmsc_err exchange(struct dmsc_link *link, const struct dmsc_capdu *capdu,
                              struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    size_t n = dmsci_capdu_block(capdu, link->protocol, link->block);
    enum dmsc_err err;

    if (n == 0)
        return dmsci_fail(link->ctx, DMSC_E_ARG, "encode command %02X %02X", capdu->cla,
                          capdu->ins);
    err = transmit_counted(link, (struct dmsc_bytes){ link->block, n }, &link->rapdu);
    if (n > 5)
        dmsc_wipe(link->block + 5, n - 5); /* may be a PIN */
    return err == DMSC_OK ? take_answer(link, capdu, ret_data, ret_sw) : err;
}

/* GET RESPONSE must be the very next command on the interface, so nobody may come between. */
DMSCI_RARE static enum dmsc_err exchange_locked(struct dmsc_link *link,
                                                const struct dmsc_capdu *capdu,
                                                struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    enum dmsc_err err = dmsc_link_lock(link);

    if (err != DMSC_OK)
        return err;
    err = exchange(link, capdu, ret_data, ret_sw);
    dmsc_link_unlock(link);
    return err;
}

enum dmsc_err dmsc_link_exchange(struct dmsc_link *link, const struct dmsc_capdu *capdu,
                                 struct dmsc_buf *ret_data, uint16_t *ret_sw)
{
    /* What has no answer to fetch is one command, and a lock would cost more than it. */
    return capdu->data.n > 0 && capdu->le > 0 ? exchange_locked(link, capdu, ret_data, ret_sw)
                                              : exchange(link, capdu, ret_data, ret_sw);
}

uint16_t dmsc_link_last_sw(const struct dmsc_link *link)
{
    return link->last_sw;
}

enum dmsc_err dmsc_link_lock(struct dmsc_link *link)
{
    return link->ops->lock != NULL ? link->ops->lock(link->impl) : DMSC_OK;
}

void dmsc_link_unlock(struct dmsc_link *link)
{
    if (link->ops->unlock != NULL)
        link->ops->unlock(link->impl);
}

void dmsc_link_conceal(struct dmsc_link *link, bool on)
{
    if (link->ops->conceal != NULL)
        link->ops->conceal(link->impl, on);
}

struct dmsc_link_counts dmsc_link_counts(const struct dmsc_link *link)
{
    return link->counts;
}

int64_t dmsci_link_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
