/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer Independent Protocol, the commands: TS 102 223 clauses 6.4.27 to 6.4.31. */
#include "host/uicc/cat/private.h"

/* 8.59 */
#define TRANSPORT_UDP       0x01
#define TRANSPORT_TCP       0x02
#define TRANSPORT_SERVER    0x03
#define TRANSPORT_LOCAL_UDP 0x04
#define TRANSPORT_LOCAL_TCP 0x05
#define BEARER_PACKET       0x02
#define BEARER_DEFAULT      0x03

/* Qualifier of OPEN CHANNEL (8.6). */
#define IMMEDIATE  0x01
#define RECONNECT  0x02
#define BACKGROUND 0x04
#define WANTS_DNS  0x08

/* 255 bytes less details, devices, result, and the heads of data and of their length. */
#define DATA_MAX 237

/* 8.56: link, or state of the server, in the first byte; why it is gone in the second. */
void dmsci_cat_put_channel_status(struct dmsc_wr *w, bool required, const struct dmsci_cat *cat,
                                  uint8_t channel)
{
    const struct channel *c = &cat->channels[channel];
    uint8_t status[2] = { channel, c->state == DROPPED ? c->drop_info : 0 };

    if (c->state == UP)
        status[0] |= 0x80;
    else if (c->server && c->state == LISTENING)
        status[0] |= 0x40;
    dmsci_cat_put(w, TAG_CHANNEL, required, status, sizeof(status));
}

static void bip_error(struct dmsci_cat *cat, uint8_t cause)
{
    dmsci_cat_result_info(cat, RESULT_BIP, cause);
    cat->phase = RESPONSE;
}

static uint8_t free_channel(const struct dmsci_cat *cat)
{
    for (uint8_t i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        if (cat->channels[i].state == NEVER || cat->channels[i].state == CLOSED)
            return i;
    }
    return 0;
}

/* The first address is the terminal's own; that of the peer stands behind the transport level. */
static bool destination(const struct dmsci_cat *cat, struct dmsc_bytes *ret_addr)
{
    struct dmsc_rd r = dmsc_rd(cat->usat.objects);
    struct dmsc_usat_object o;
    bool behind = false, found = false;

    while (dmsc_usat_next(&r, &o)) {
        behind = behind || o.tag == TAG_TRANSPORT;
        if (behind && o.tag == TAG_ADDRESS && !found) {
            *ret_addr = o.value;
            found = true;
        }
    }
    return found;
}

static const struct transport {
    uint8_t type, need; /* enum need */
    bool udp, server, local;
} transports[] = {
    { TRANSPORT_UDP, NEEDS_UDP, true, false, false },
    { TRANSPORT_TCP, NEEDS_TCP, false, false, false },
    { TRANSPORT_SERVER, NEEDS_SERVER, false, true, false },
    { TRANSPORT_LOCAL_UDP, NEEDS_LOCAL_UDP, true, false, true },
    { TRANSPORT_LOCAL_TCP, NEEDS_LOCAL_TCP, false, false, true },
};

/* The transport level that the command names, if the configuration has use for it. */
static const struct transport *transport_of(const struct dmsci_cat *cat, uint16_t *ret_port)
{
    struct dmsc_bytes level = { NULL, 0 };

    if (!dmsc_usat_find(&cat->usat, TAG_TRANSPORT, &level) || level.n < 3)
        return NULL;
    *ret_port = (uint16_t)(level.p[1] << 8 | level.p[2]);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(transports); i++) {
        if (transports[i].type == level.p[0])
            return dmsci_cat_has(cat, (enum need)transports[i].need) ? &transports[i] : NULL;
    }
    return NULL;
}

/* 6.4.27.5: a port of ours. */
static bool place_to_listen(struct dmsci_cat *cat, struct channel *c)
{
    const struct rule *rule = dmsci_cat_may_listen(cat, c->port);

    if (rule == NULL)
        bip_error(cat, BIP_PORT);
    else
        c->addr = rule->addr;
    return rule != NULL;
}

static void not_listed(struct dmsci_cat *cat, const struct channel *c)
{
    dmsci_cat_result(cat, RESULT_BEYOND);
    dmsci_cat_log_place(cat, DMSC_LOG_WARN, "the card may not connect to", c);
}

/* Where to: the fields of @p c that say so. false: the result says why not. A service on this
 * device (6.4.27.6) has no address in the command. */
static bool read_place(struct dmsci_cat *cat, struct channel *c)
{
    const struct transport *transport = transport_of(cat, &c->port);
    struct dmsc_bytes addr = { NULL, 0 };

    if (transport == NULL) {
        bip_error(cat, BIP_TRANSPORT);
        return false;
    }
    c->udp = transport->udp;
    c->server = transport->server;
    c->local = transport->local;
    if (c->server)
        return place_to_listen(cat, c);
    c->addr = dmsci_cat_local;
    if (!c->local && !destination(cat, &addr))
        dmsci_cat_result(cat, 0x36);
    else if (!c->local && !dmsci_cat_addr_decode(addr, &c->addr))
        dmsci_cat_result(cat, RESULT_NO_SENSE);
    else if (dmsci_cat_may_connect(cat, c->udp, &c->addr, c->port))
        return true;
    else
        not_listed(cat, c);
    return false;
}

/* 6.4.27.2, 6.4.27.4: the network is the device's, so any packet bearer is the default one. */
static bool right_bearer(struct dmsci_cat *cat, bool without)
{
    struct dmsc_bytes bearer = { NULL, 0 };

    if (without || (dmsc_usat_find(&cat->usat, TAG_BEARER, &bearer) && bearer.n > 0 &&
                    (bearer.p[0] == BEARER_PACKET || bearer.p[0] == BEARER_DEFAULT)))
        return true;
    dmsci_cat_result(cat, RESULT_BEYOND);
    return false;
}

/* What was asked for, or the most there is: then the response says so. */
static bool make_buffers(struct dmsci_cat *cat, struct channel *c)
{
    size_t most = dmsc_ctx_limits(cat->ctx)->bip_buffer;
    struct dmsc_bytes asked = { NULL, 0 };
    size_t size = 0;
    uint8_t *p;

    most = most < 0xFFFF ? most : 0xFFFF;
    if (dmsc_usat_find(&cat->usat, TAG_BUFFER_SIZE, &asked) && asked.n >= 2)
        size = (size_t)(asked.p[0] << 8 | asked.p[1]);
    c->size = (uint16_t)(size > 0 && size < most ? size : most);
    dmsc_buf_init(&c->rx, cat->ctx, c->size);
    dmsc_buf_init(&c->tx, cat->ctx, c->size);
    if (dmsc_buf_reserve(&c->rx, c->size, &p) != DMSC_OK ||
        dmsc_buf_reserve(&c->tx, c->size, &p) != DMSC_OK) {
        dmsc_buf_clear(&c->rx);
        dmsc_buf_clear(&c->tx);
        bip_error(cat, BIP_BUFFER);
        return false;
    }
    if (c->size != size)
        dmsci_cat_result(cat, RESULT_MODIFIED);
    return true;
}

/* 6.8: of a response to OPEN CHANNEL, good or not. */
static void put_bearer_and_size(struct dmsci_cat *cat, uint16_t size)
{
    const uint8_t bytes[2] = { (uint8_t)(size >> 8), (uint8_t)size };
    struct dmsc_bytes bearer;

    if (dmsc_usat_find(&cat->usat, TAG_BEARER, &bearer))
        dmsci_cat_put(&cat->extra, TAG_BEARER, false, bearer.p, bearer.n);
    dmsci_cat_put(&cat->extra, TAG_BUFFER_SIZE, false, bytes, sizeof(bytes));
}

static void put_dns(struct dmsci_cat *cat)
{
    for (size_t i = 0; i < cat->dns_count; i++) {
        const struct dmsci_cat_addr *addr = &cat->dns[i];
        uint8_t value[17] = { addr->size == 4 ? 0x21 : 0x57 };

        dmsci_copy(value + 1, addr->p, addr->size);
        dmsci_cat_put(&cat->extra, TAG_DNS, false, value, addr->size + 1u);
    }
}

void dmsci_cat_open_outcome(struct dmsci_cat *cat, uint8_t channel)
{
    if (cat->result != RESULT_BIP)
        dmsci_cat_put_channel_status(&cat->extra, false, cat, channel);
    if (cat->result != RESULT_BIP && (cat->usat.qualifier & WANTS_DNS) != 0)
        put_dns(cat);
    put_bearer_and_size(cat, cat->channels[channel].size);
    cat->phase = RESPONSE;
}

/* 6.4.27 */
void dmsci_cat_open_channel(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    uint8_t qualifier = cat->usat.qualifier, channel = free_channel(cat);
    struct channel fresh = { .state = OPENING, .open_due = true };
    bool plain;

    if (!read_place(cat, &fresh))
        return;
    /* 8.6: within the device and for a server the qualifier says nothing, and there is no bearer.
     */
    plain = fresh.server || fresh.local;
    if (!right_bearer(cat, plain))
        return;
    if (channel == 0) {
        bip_error(cat, BIP_NO_CHANNEL);
        return;
    }
    if (!make_buffers(cat, &fresh))
        return;
    fresh.background = (qualifier & BACKGROUND) != 0 && !plain;
    fresh.reconnect = (qualifier & RECONNECT) != 0 && !plain;
    fresh.deadline_ms = now->ms + dmsc_ctx_limits(cat->ctx)->bip_connect_ms;
    /* On demand: the link is made when there is something to send. */
    if ((qualifier & IMMEDIATE) == 0 && !plain) {
        fresh.state = IDLE;
        fresh.open_due = fresh.background = false;
    }
    cat->channels[channel] = fresh;
    dmsci_cat_log_place(cat, DMSC_LOG_INFO, fresh.server ? "the card listens" : "the card connects",
                        &fresh);
    if (fresh.background || fresh.state == IDLE) {
        dmsci_cat_open_outcome(cat, channel);
        return;
    }
    cat->waiting_channel = channel;
    cat->phase = SERVING;
}

/* The channel a command is for: an open one, or the result says why not. */
static struct channel *addressed(struct dmsci_cat *cat, uint8_t *ret_channel)
{
    uint8_t channel = (uint8_t)(cat->usat.destination - DEVICE_CHANNEL);

    *ret_channel = channel;
    if (channel < 1 || channel > DMSCI_CAT_CHANNELS || cat->channels[channel].state == NEVER)
        bip_error(cat, BIP_CHANNEL);
    else if (cat->channels[channel].state == CLOSED)
        bip_error(cat, BIP_CLOSED);
    else
        return &cat->channels[channel];
    return NULL;
}

/* 6.4.28. Of a server the connection alone, when b1 of the qualifier says so. */
void dmsci_cat_close_channel(struct dmsci_cat *cat)
{
    uint8_t channel;
    struct channel *c = addressed(cat, &channel);

    if (c == NULL)
        return;
    c->close_due = true;
    c->open_due = c->flush = c->blocked = c->data_due = c->status_due = false;
    c->listen_again = c->server && (cat->usat.qualifier & 1) != 0;
    if (c->listen_again) {
        c->state = LISTENING;
        dmsc_buf_reset(&c->rx);
        dmsc_buf_reset(&c->tx);
        return;
    }
    c->state = CLOSED;
    dmsc_buf_clear(&c->rx);
    dmsc_buf_clear(&c->tx);
}

/* 6.4.29: what is there of what was asked for, and how much is left. */
void dmsci_cat_receive_data(struct dmsci_cat *cat)
{
    uint8_t channel, rest;
    struct channel *c = addressed(cat, &channel);
    struct dmsc_bytes asked = { NULL, 0 };
    size_t n;

    if (c == NULL)
        return;
    if (c->state == DROPPED && c->rx.n == 0) {
        bip_error(cat, BIP_CLOSED);
        return;
    }
    (void)dmsc_usat_find(&cat->usat, TAG_DATA_LENGTH, &asked);
    n = asked.n > 0 ? asked.p[0] : 0;
    if (n > c->rx.n) {
        n = c->rx.n;
        dmsci_cat_result(cat, RESULT_MISSING);
    }
    n = n < DATA_MAX ? n : DATA_MAX;
    rest = (uint8_t)(c->rx.n - n < 0xFF ? c->rx.n - n : 0xFF);
    dmsci_cat_put(&cat->extra, TAG_DATA, true, c->rx.p, n);
    dmsci_cat_put(&cat->extra, TAG_DATA_LENGTH, true, &rest, 1);
    dmsc_buf_consume(&c->rx, n);
    c->data_due = c->data_due && c->rx.n > 0;
}

/* Nothing can go out of this channel: the cause; 0 for one that can. */
static uint8_t cannot_send(const struct channel *c, size_t n)
{
    if (c->state == DROPPED && !c->reconnect)
        return BIP_CLOSED;
    return n > (size_t)(c->size - c->tx.n) ? BIP_BUFFER : 0;
}

/* 6.4.30: store, or send with what was stored before. */
void dmsci_cat_send_data(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    uint8_t channel, cause;
    struct channel *c = addressed(cat, &channel);
    struct dmsc_bytes data = { NULL, 0 };

    if (c == NULL)
        return;
    (void)dmsc_usat_find(&cat->usat, TAG_DATA, &data);
    cause = cannot_send(c, data.n);
    if (cause == 0 && (cat->usat.qualifier & 1) != 0 && c->state == LISTENING)
        cause = BIP_UNREACHABLE; /* nobody has come yet */
    if (cause == 0 && dmsc_buf_append(&c->tx, data) != DMSC_OK)
        cause = BIP_BUFFER;
    if (cause != 0) {
        bip_error(cat, cause);
        return;
    }
    cat->waiting_channel = channel;
    cat->phase = SERVING;
    if ((cat->usat.qualifier & 1) == 0) {
        dmsci_cat_sent_outcome(cat, channel);
        return;
    }
    c->flush = true;
    if (c->state == IDLE || c->state == DROPPED) {
        c->state = OPENING;
        c->open_due = true;
        c->deadline_ms = now->ms + dmsc_ctx_limits(cat->ctx)->bip_connect_ms;
    }
}

/* The room that is left for more. */
void dmsci_cat_sent_outcome(struct dmsci_cat *cat, uint8_t channel)
{
    const struct channel *c = &cat->channels[channel];
    size_t left = c->size - c->tx.n;
    uint8_t room = (uint8_t)(left < 0xFF ? left : 0xFF);

    dmsci_cat_put(&cat->extra, TAG_DATA_LENGTH, true, &room, 1);
    cat->phase = RESPONSE;
}

/* 6.4.31 */
void dmsci_cat_channel_status(struct dmsci_cat *cat)
{
    static const uint8_t none[2] = { 0, 0 };
    size_t before = cat->extra.n;

    for (uint8_t i = 1; i <= DMSCI_CAT_CHANNELS; i++) {
        if (cat->channels[i].state != NEVER && cat->channels[i].state != CLOSED)
            dmsci_cat_put_channel_status(&cat->extra, true, cat, i);
    }
    if (cat->extra.n == before)
        dmsci_cat_put(&cat->extra, TAG_CHANNEL, true, none, sizeof(none));
}
