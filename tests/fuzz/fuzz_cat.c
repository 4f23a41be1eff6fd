/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The toolkit engine between a hostile card and a hostile network. Input: one byte of
 * configuration, then, for whatever the engine wants, what comes of it; when it is used up the card
 * is gone.
 */
#include "host/uicc/cat/cat.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/usat.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct dmsci_cat *cat;
    struct dmsci_cat_now now;
    struct dmsc_rd in;
    bool outstanding; /* a command was fetched and not answered */
    uint8_t details[3];
    bool has_details;
    bool up[DMSCI_CAT_CHANNELS + 1]; /* has a socket */
};

/* What the response has to echo. */
static void note_command(struct world *w, struct dmsc_bytes command)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;

    assert(!w->outstanding);
    w->outstanding = true;
    w->has_details =
        dmsc_usat_decode(DMSC_USAT_COMMAND, command, &usat) == DMSC_OK && usat.has_details;
    w->details[0] = usat.number;
    w->details[1] = usat.type;
    w->details[2] = usat.qualifier;
}

static void check_response(struct world *w, struct dmsc_bytes response)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;

    assert(w->outstanding);
    w->outstanding = false;
    assert(dmsc_usat_decode(DMSC_USAT_RESPONSE, response, &usat) == DMSC_OK);
    assert(usat.has_details && usat.has_devices && usat.has_result);
    assert(usat.source == 0x82 && usat.destination == 0x81);
    assert(!w->has_details || (usat.number == w->details[0] && usat.type == w->details[1] &&
                               usat.qualifier == w->details[2]));
}

static void transmit(struct world *w, const struct dmsci_cat_want *want, struct dmsci_cat_in *in,
                     uint8_t *copy)
{
    size_t n = want->fetch ? dmsc_rd_u8(&w->in) : 0;
    struct dmsc_bytes data = dmsc_rd_bytes(&w->in, n);

    assert(want->capdu.cla == 0x80 && want->capdu.data.n <= 255);
    if (data.n > 0)
        memcpy(copy, data.p, data.n);
    in->kind = DMSCI_CAT_ANSWER;
    in->data = dmsc_bytes(copy, data.n);
    in->sw = (uint16_t)(0x9000 | (uint16_t)(dmsc_rd_u8(&w->in) & 0x03) << 8);
    in->sw |= dmsc_rd_u8(&w->in);
    if (want->fetch)
        note_command(w, in->data);
    if (want->capdu.ins == 0x14)
        check_response(w, want->capdu.data);
    if (want->capdu.ins == 0xC2)
        assert(want->capdu.data.n >= 4 && !w->outstanding);
}

/* Only where the configuration lets it. */
static void check_open(const struct dmsci_cat_want *want)
{
    static const uint8_t peer[4] = { 192, 0, 2, 1 }, own[4] = { 192, 0, 2, 9 };

    assert(want->addr.size == 4);
    if (want->server)
        assert(memcmp(want->addr.p, own, 4) == 0 && want->port == 80);
    else
        assert(memcmp(want->addr.p, peer, 4) == 0 && want->port == 443);
}

/* What a socket does by itself; also to channels that have none. */
static void network(struct world *w, const struct dmsci_cat_want *want, struct dmsci_cat_in *in,
                    uint8_t *copy)
{
    static const enum dmsci_cat_in_kind kinds[] = {
        DMSCI_CAT_TICK,     DMSCI_CAT_STARTED,  DMSCI_CAT_CONNECTED, DMSCI_CAT_FAILED,
        DMSCI_CAT_WRITABLE, DMSCI_CAT_RECEIVED, DMSCI_CAT_DROPPED,   DMSCI_CAT_SENT,
    };
    uint8_t what = dmsc_rd_u8(&w->in);
    struct dmsc_bytes data;

    in->kind = kinds[what & 7];
    in->channel = what >> 3 & 7;
    in->result = dmsc_rd_u8(&w->in);
    in->n = in->result;
    w->now.ms += (int64_t)in->result * in->result;
    if (in->kind == DMSCI_CAT_RECEIVED) {
        size_t room = want->room[in->channel];

        data = dmsc_rd_bytes(&w->in, in->result < room ? in->result : room);
        if (data.n > 0)
            memcpy(copy, data.p, data.n);
        in->data = dmsc_bytes(copy, data.n);
    }
    if (what >> 6 == 3)
        dmsci_cat_announce(w->cat, 16);
}

static void outcome(struct world *w, const struct dmsci_cat_want *want, struct dmsci_cat_in *in)
{
    uint8_t what = dmsc_rd_u8(&w->in);

    in->channel = want->channel;
    assert(want->channel >= 1 && want->channel <= DMSCI_CAT_CHANNELS);
    if (want->kind == DMSCI_CAT_OPEN) {
        check_open(want);
        w->up[want->channel] = true;
        in->kind = what < 64    ? DMSCI_CAT_FAILED
                   : what < 128 ? DMSCI_CAT_STARTED
                                : DMSCI_CAT_CONNECTED;
        in->result = what;
    } else if (want->kind == DMSCI_CAT_CLOSE) {
        w->up[want->channel] = want->listen_again;
    } else {
        assert(w->up[want->channel]);
        in->kind = what < 64 ? DMSCI_CAT_DROPPED : DMSCI_CAT_SENT;
        in->n = what < 128 ? 0 : want->data.n;
    }
}

static void step(struct world *w)
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };
    struct dmsci_cat_want want;
    uint8_t *copy = malloc(256);

    dmsci_cat_next(w->cat, &w->now, &want);
    switch (want.kind) {
    case DMSCI_CAT_WAIT:
        network(w, &want, &in, copy);
        break;
    case DMSCI_CAT_TRANSMIT:
        transmit(w, &want, &in, copy);
        break;
    case DMSCI_CAT_RESET:
        assert(w->outstanding);
        w->outstanding = false;
        in.kind = DMSCI_CAT_WAS_RESET;
        break;
    case DMSCI_CAT_REFRESH:
        in.kind = DMSCI_CAT_REFRESHED;
        in.result = dmsc_rd_u8(&w->in);
        break;
    case DMSCI_CAT_SEEN:
        assert(!w->outstanding);
        break;
    default:
        outcome(w, &want, &in);
        break;
    }
    dmsci_cat_feed(w->cat, &w->now, &in);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const connect[] = { "tcp:192.0.2.1:443", "udp:192.0.2.1:443" };
    static const char *const listen[] = { "192.0.2.9:80" };
    struct dmsc_ctx_config ctx_config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_cat_config config = DMSC_CAT_CONFIG_INIT;
    struct world w = { .in = dmsc_rd(dmsc_bytes(data, size)) };
    struct dmsc_ctx *ctx = NULL;
    uint8_t flags = dmsc_rd_u8(&w.in);

    config.connect = connect;
    config.connect_count = flags & 3u;
    config.connect_count = config.connect_count > 2 ? 2 : config.connect_count;
    config.listen = listen;
    config.listen_count = flags >> 2 & 1;
    config.imei = (flags & 8) != 0 ? "490154203237518" : NULL;
    config.events = 0x80;
    ctx_config.limits.proactive = 20;
    ctx_config.limits.bip_buffer = 300;
    if (dmsc_ctx_new(&ctx_config, &ctx) != DMSC_OK)
        return 0;
    assert(dmsci_cat_new(ctx, &config, &w.cat) == DMSC_OK);
    dmsci_cat_begin(w.cat);
    for (unsigned i = 0; i < STEPS_MAX && !w.in.bad; i++)
        step(&w);
    dmsci_cat_free(w.cat);
    dmsc_ctx_free(ctx);
    return 0;
}
