/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer Independent Protocol, between its channels and the sockets that the caller has. */
#include "host/uicc/cat/private.h"

#define LINK_DROPPED 0x05 /* 8.56 */

static bool listed(const struct dmsci_cat *cat, uint8_t event)
{
    return (cat->events >> event & 1) != 0;
}

static void status_changed(struct dmsci_cat *cat, struct channel *c)
{
    c->status_due = listed(cat, EVENT_CHANNEL_STATUS);
}

/* A command waits for this channel: which? */
static bool awaited(const struct dmsci_cat *cat, uint8_t channel, uint8_t type)
{
    return cat->phase == SERVING && cat->waiting_channel == channel && cat->usat.type == type;
}

static void connected(struct dmsci_cat *cat, uint8_t channel)
{
    struct channel *c = &cat->channels[channel];

    if (c->state != OPENING && c->state != LISTENING)
        return;
    if (c->background || c->state == LISTENING)
        status_changed(cat, c);
    c->background = false;
    c->state = UP;
    if (awaited(cat, channel, TYPE_OPEN_CHANNEL))
        dmsci_cat_open_outcome(cat, channel);
}

/* The link was never made. */
static void failed(struct dmsci_cat *cat, uint8_t channel, uint8_t cause)
{
    struct channel *c = &cat->channels[channel];
    bool of_open = awaited(cat, channel, TYPE_OPEN_CHANNEL);
    bool of_send = awaited(cat, channel, TYPE_SEND_DATA);

    c->flush = c->blocked = false;
    c->drop_info = LINK_DROPPED;
    if (!of_open && !of_send) {
        status_changed(cat, c);
        c->state = DROPPED;
        return;
    }
    dmsc_buf_reset(&c->tx);
    dmsci_cat_result_info(cat, RESULT_BIP, cause);
    c->state = IDLE;
    cat->phase = RESPONSE;
    if (of_open) {
        dmsci_cat_open_outcome(cat, channel);
        dmsc_buf_clear(&c->rx);
        dmsc_buf_clear(&c->tx);
        *c = (struct channel){ .state = CLOSED };
    }
}

/* The peer has gone. What came from it can still be read. */
static void dropped(struct dmsci_cat *cat, uint8_t channel)
{
    struct channel *c = &cat->channels[channel];

    if (c->state != UP)
        return;
    c->close_due = true;
    c->listen_again = c->server;
    c->state = c->server ? LISTENING : DROPPED;
    c->drop_info = LINK_DROPPED;
    c->flush = c->blocked = false;
    dmsc_buf_reset(&c->tx);
    status_changed(cat, c);
    if (awaited(cat, channel, TYPE_SEND_DATA)) {
        dmsci_cat_result_info(cat, RESULT_BIP, BIP_CLOSED);
        cat->phase = RESPONSE;
    }
}

static void sent(struct dmsci_cat *cat, uint8_t channel, size_t n)
{
    struct channel *c = &cat->channels[channel];

    if (c->state != UP)
        return;
    dmsc_buf_consume(&c->tx, n < c->tx.n ? n : c->tx.n);
    c->flush = c->blocked = c->tx.n > 0;
    /* A datagram is sent whole before the next one is begun. */
    if (awaited(cat, channel, TYPE_SEND_DATA) && (!c->udp || !c->flush))
        dmsci_cat_sent_outcome(cat, channel);
}

static void received(struct dmsci_cat *cat, uint8_t channel, struct dmsc_bytes data)
{
    struct channel *c = &cat->channels[channel];
    bool was_empty = c->rx.n == 0;

    if (c->state != UP || data.n == 0)
        return;
    if (dmsc_buf_append(&c->rx, data) != DMSC_OK) {
        dmsci_log(cat->ctx, DMSC_LOG_WARN, "usat", "channel %u: %zu bytes are lost", channel,
                  data.n);
        return;
    }
    /* 7.5.10: when there was nothing before. */
    if (was_empty)
        c->data_due = listed(cat, EVENT_DATA_AVAILABLE);
}

void dmsci_cat_channel_feed(struct dmsci_cat *cat, const struct dmsci_cat_in *in)
{
    struct channel *c = &cat->channels[in->channel <= DMSCI_CAT_CHANNELS ? in->channel : 0];

    if (in->channel < 1 || in->channel > DMSCI_CAT_CHANNELS)
        return;
    switch (in->kind) {
    case DMSCI_CAT_STARTED:
        if (c->server && c->state == OPENING) {
            c->state = LISTENING;
            if (awaited(cat, in->channel, TYPE_OPEN_CHANNEL))
                dmsci_cat_open_outcome(cat, in->channel);
        }
        break;
    case DMSCI_CAT_CONNECTED:
        connected(cat, in->channel);
        break;
    case DMSCI_CAT_FAILED:
        if (c->state == OPENING)
            failed(cat, in->channel, in->result);
        break;
    case DMSCI_CAT_SENT:
        sent(cat, in->channel, in->n);
        break;
    case DMSCI_CAT_WRITABLE:
        c->blocked = false;
        break;
    case DMSCI_CAT_RECEIVED:
        received(cat, in->channel, in->data);
        break;
    default:
        dropped(cat, in->channel);
        break;
    }
}

static void want_of(const struct channel *c, uint8_t i, enum dmsci_cat_want_kind kind,
                    struct dmsci_cat_want *want)
{
    want->kind = kind;
    want->channel = i;
    want->udp = c->udp;
    want->server = c->server;
    want->addr = c->addr;
    want->port = c->port;
}

bool dmsci_cat_channel_next(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                            struct dmsci_cat_want *want)
{
    for (uint8_t i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        struct channel *c = &cat->channels[i];

        if (c->state == OPENING && !c->open_due && now->ms >= c->deadline_ms) {
            failed(cat, i, BIP_UNREACHABLE);
            c->close_due = true;
        }
        if (c->close_due) {
            want_of(c, i, DMSCI_CAT_CLOSE, want);
            want->listen_again = c->listen_again;
            c->close_due = c->listen_again = false;
            return true;
        }
        if (c->open_due) {
            want_of(c, i, DMSCI_CAT_OPEN, want);
            c->open_due = false;
            return true;
        }
        if (c->state == UP && c->flush && !c->blocked) {
            want_of(c, i, DMSCI_CAT_SEND, want);
            want->data = dmsc_buf_bytes(&c->tx);
            return true;
        }
    }
    return false;
}

/* What a socket may bring now. A datagram comes when the one before is read; the next client of a
 * server when the words of the last one are. */
static size_t room_of(const struct channel *c)
{
    if (c->state == LISTENING)
        return c->rx.n == 0 ? 1 : 0;
    if (c->state != UP || (c->udp && c->rx.n > 0))
        return 0;
    return c->size - c->rx.n;
}

void dmsci_cat_channel_wait(const struct dmsci_cat *cat, struct dmsci_cat_want *want)
{
    for (unsigned i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        const struct channel *c = &cat->channels[i];

        want->room[i] = room_of(c);
        if (c->state == OPENING || (c->state == UP && c->blocked))
            want->writable |= (uint8_t)(1u << i);
        if (c->state == OPENING && c->deadline_ms < want->until_ms)
            want->until_ms = c->deadline_ms;
    }
}

void dmsci_cat_channels_forget(struct dmsci_cat *cat)
{
    for (unsigned i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        struct channel *c = &cat->channels[i];
        bool open = c->state != NEVER && c->state != CLOSED;

        dmsc_buf_clear(&c->rx);
        dmsc_buf_clear(&c->tx);
        *c = (struct channel){ .state = NEVER, .close_due = open };
    }
}
