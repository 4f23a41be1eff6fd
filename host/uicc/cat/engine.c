/* SPDX-License-Identifier: Apache-2.0 */
/* One command at a time: FETCH, carry out, TERMINAL RESPONSE (TS 102 223 clause 6.4.1). */
#include "host/uicc/cat/private.h"

/* TS 102 221 14.6.2: until POLL INTERVAL or POLLING OFF say otherwise. */
#define DEFAULT_POLL_MS 30000
/* 7.1.1.1 and TS 102 221 11.2.2: a busy card is asked again. */
#define BUSY_RETRY_MS 500
#define TOKEN         60000 /* what one FETCH costs: a minute holds proactive_rate of them */

/* Timers, events, channels and the profile are the card session's (6.4.7, 6.4.21). */
static void end_session(struct dmsci_cat *cat)
{
    for (unsigned i = 0; i < TIMERS; i++)
        cat->timers[i].running = false;
    cat->events = 0;
    cat->event_bytes = 0;
    cat->poll_ms = 0;
    cat->announced = 0;
    cat->envelope = NO_ENVELOPE;
    cat->busy = 0;
    dmsci_cat_channels_forget(cat);
}

void dmsci_cat_begin(struct dmsci_cat *cat)
{
    cat->phase = PROFILE;
}

void dmsci_cat_announce(struct dmsci_cat *cat, uint16_t n)
{
    cat->announced = n;
}

void dmsci_cat_abort(struct dmsci_cat *cat)
{
    cat->phase = RESTING;
    cat->announced = 0;
    cat->tell_of_reset = false;
    dmsci_cat_envelope_done(cat);
}

void dmsci_cat_forget(struct dmsci_cat *cat)
{
    end_session(cat);
    cat->in_session = false;
    cat->tell_of_reset = false;
    cat->phase = RESTING;
}

enum dmsc_err dmsci_cat_event(struct dmsci_cat *cat, uint8_t event, struct dmsc_bytes objects,
                              bool *ret_listed)
{
    bool listed = event < 32 && (cat->events >> event & 1) != 0;

    if (event >= 32 || (cat->caller_events >> event & 1) == 0)
        return dmsci_fail(cat->ctx, DMSC_E_ARG, "report event %02X", event);
    if (objects.n > 200)
        return dmsci_fail(cat->ctx, DMSC_E_LIMIT, "report event %02X", event);
    if (listed && cat->event_bytes > 0)
        return dmsci_fail(cat->ctx, DMSC_E_AGAIN, "report event %02X", event);
    if (listed) {
        cat->event[0] = event;
        dmsci_copy(cat->event + 1, objects.p, objects.n);
        cat->event_bytes = objects.n + 1;
    }
    if (ret_listed != NULL)
        *ret_listed = listed;
    return DMSC_OK;
}

/* A burst of limits.proactive, then limits.proactive_rate a minute. */
static void refill(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(cat->ctx);
    int64_t most = TOKEN * (int64_t)limits->proactive;
    int64_t passed = now->ms - cat->refilled_ms;

    if (!cat->has_clock || passed > 60000)
        cat->tokens = most;
    else if (passed > 0)
        cat->tokens += passed * (int64_t)limits->proactive_rate;
    cat->tokens = cat->tokens < most ? cat->tokens : most;
    cat->has_clock = true;
    cat->refilled_ms = now->ms;
}

static void transmit(struct dmsci_cat *cat, struct dmsci_cat_want *want, uint8_t ins,
                     struct dmsc_bytes data, const char *what, enum phase phase)
{
    want->kind = DMSCI_CAT_TRANSMIT;
    want->capdu = (struct dmsc_capdu){ .cla = 0x80, .ins = ins, .data = data };
    want->what = what;
    want->must = true;
    cat->phase = phase;
}

/* 6.8: details echoed as they came, devices swapped, result, what the command asked for. */
static struct dmsc_bytes response(struct dmsci_cat *cat)
{
    const struct dmsc_usat *u = &cat->usat;
    const uint8_t details[3] = { u->number, u->type, u->qualifier };
    const uint8_t devices[2] = { DEVICE_TERMINAL, DEVICE_UICC };
    const uint8_t result[2] = { cat->result, cat->info };
    struct dmsc_wr w = dmsc_wr(cat->out, sizeof(cat->out));

    dmsci_cat_put(&w, TAG_DETAILS, true, details, sizeof(details));
    dmsci_cat_put(&w, TAG_DEVICES, true, devices, sizeof(devices));
    dmsci_cat_put(&w, TAG_RESULT, true, result, cat->has_info ? 2 : 1);
    dmsc_wr_bytes(&w, dmsc_bytes(cat->extra_bytes, cat->extra.n));
    return dmsc_bytes(cat->out, w.n);
}

static void tell(struct dmsci_cat *cat, struct dmsci_cat_want *want)
{
    const struct dmsc_usat *u = &cat->usat;

    want->kind = DMSCI_CAT_SEEN;
    want->seen = (struct dmsc_proactive){ .number = u->number,
                                          .type = u->type,
                                          .qualifier = u->qualifier,
                                          .command = { cat->command, cat->command_bytes },
                                          .result = cat->result,
                                          .has_info = cat->has_info,
                                          .info = cat->info,
                                          .refresh = cat->is_refresh ? &cat->refresh : NULL };
    cat->phase = RESTING;
}

static void wait_until(struct dmsci_cat_want *want, int64_t ms)
{
    want->until_ms = ms < want->until_ms ? ms : want->until_ms;
}

/* Nothing is under way: the card's command first, then our envelopes, then the poll. */
static void next_of_resting(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                            struct dmsci_cat_want *want)
{
    size_t n = 0;

    if (cat->announced > 0 && cat->tokens >= TOKEN) {
        cat->tokens -= TOKEN;
        transmit(cat, want, 0x12, dmsc_bytes(NULL, 0), "FETCH", FETCH_SENT);
        want->capdu.le = cat->announced;
        want->fetch = true;
        cat->announced = 0;
        return;
    }
    if (cat->announced > 0) {
        int64_t rate = (int64_t)dmsc_ctx_limits(cat->ctx)->proactive_rate;

        want->busy = true;
        wait_until(want, now->ms + (TOKEN - cat->tokens + rate - 1) / rate);
        return;
    }
    if (now->ms >= cat->retry_ms)
        n = dmsci_cat_envelope_make(cat, now);
    if (n > 0) {
        transmit(cat, want, 0xC2, dmsc_bytes(cat->out, n), "ENVELOPE", ENVELOPE_SENT);
        want->must = false;
    } else if (cat->poll_ms > 0 && now->ms >= cat->poll_at_ms) {
        cat->poll_at_ms = now->ms + cat->poll_ms;
        transmit(cat, want, 0xF2, dmsc_bytes(NULL, 0), "STATUS", STATUS_SENT);
        want->capdu.p2 = 0x0C;
        want->must = false;
    } else {
        int64_t due = dmsci_cat_envelope_time(cat);

        wait_until(want, due > cat->retry_ms ? due : cat->retry_ms);
        if (cat->poll_ms > 0)
            wait_until(want, cat->poll_at_ms);
    }
}

void dmsci_cat_next(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                    struct dmsci_cat_want *ret_want)
{
    static const struct dmsci_cat_want wait = { .kind = DMSCI_CAT_WAIT, .until_ms = INT64_MAX };

    *ret_want = wait;
    refill(cat, now);
    if (dmsci_cat_channel_next(cat, now, ret_want))
        return;
    switch (cat->phase) {
    case PROFILE:
        transmit(cat, ret_want, 0x10, dmsc_bytes(cat->profile, cat->profile_bytes),
                 "TERMINAL PROFILE", PROFILE_SENT);
        break;
    case RESPONSE:
        transmit(cat, ret_want, 0x14, response(cat), "TERMINAL RESPONSE", RESPONSE_SENT);
        break;
    case RESETTING:
        ret_want->kind = DMSCI_CAT_RESET;
        break;
    case REFRESHING:
        ret_want->kind = DMSCI_CAT_REFRESH;
        ret_want->refresh = cat->refresh;
        break;
    case TELLING:
        tell(cat, ret_want);
        break;
    case RESTING:
        next_of_resting(cat, now, ret_want);
        break;
    default: /* something was sent, or a channel is awaited */
        ret_want->busy = true;
        break;
    }
    if (ret_want->kind == DMSCI_CAT_WAIT || ret_want->fetch)
        dmsci_cat_channel_wait(cat, ret_want);
}

/* 91xx, but not to FETCH: there it is the command just fetched that still counts. */
static void note(struct dmsci_cat *cat, uint16_t sw)
{
    if (dmsc_sw_class(sw) == DMSC_SW_PROACTIVE)
        cat->announced = (sw & 0xFF) == 0 ? 256 : sw & 0xFF;
}

static void fetched(struct dmsci_cat *cat, const struct dmsci_cat_now *now, struct dmsc_bytes data)
{
    cat->command_bytes = data.n < COMMAND_MAX ? data.n : COMMAND_MAX;
    dmsci_copy(cat->command, data.p, cat->command_bytes);
    dmsci_cat_command(cat, now);
}

/* What was carried out or refused: type and result, none of the content. */
static void log_served(struct dmsci_cat *cat)
{
    dmsci_log(cat->ctx, cat->result < RESULT_BUSY ? DMSC_LOG_INFO : DMSC_LOG_WARN, "usat",
              "proactive command %u type %02X qualifier %02X: result %02X", cat->usat.number,
              cat->usat.type, cat->usat.qualifier, cat->result);
}

/* 9300: once more after a while, and then no more. */
static void enveloped(struct dmsci_cat *cat, const struct dmsci_cat_now *now, uint16_t sw)
{
    if (dmsc_sw_class(sw) == DMSC_SW_BUSY && cat->busy < dmsc_ctx_limits(cat->ctx)->envelope_busy) {
        cat->busy++;
        cat->retry_ms = now->ms + BUSY_RETRY_MS;
        return;
    }
    if (!dmsc_sw_done(sw))
        dmsci_log(cat->ctx, DMSC_LOG_WARN, "usat", "the card does not take an ENVELOPE (SW %04X)",
                  sw);
    dmsci_cat_envelope_done(cat);
}

static void answered(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                     const struct dmsci_cat_in *in)
{
    enum phase sent = cat->phase;

    cat->phase = RESTING;
    if (sent == FETCH_SENT) {
        fetched(cat, now, in->data);
        return;
    }
    note(cat, in->sw);
    if (sent == PROFILE_SENT) {
        cat->in_session = true;
        cat->poll_ms = DEFAULT_POLL_MS;
        cat->poll_at_ms = now->ms + cat->poll_ms;
        cat->phase = cat->tell_of_reset ? TELLING : RESTING;
        cat->tell_of_reset = false;
    } else if (sent == RESPONSE_SENT) {
        log_served(cat);
        cat->phase = TELLING;
    } else if (sent == ENVELOPE_SENT) {
        enveloped(cat, now, in->sw);
    }
}

static void was_reset(struct dmsci_cat *cat)
{
    log_served(cat);
    end_session(cat);
    /* A toolkit that was begun is begun again (TS 102 221 14.2); then the user hears of it. */
    cat->tell_of_reset = cat->in_session;
    cat->phase = cat->in_session ? PROFILE : TELLING;
}

void dmsci_cat_feed(struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                    const struct dmsci_cat_in *in)
{
    switch (in->kind) {
    case DMSCI_CAT_TICK:
        break;
    case DMSCI_CAT_ANSWER:
        answered(cat, now, in);
        break;
    case DMSCI_CAT_WAS_RESET:
        if (cat->phase == RESETTING)
            was_reset(cat);
        break;
    case DMSCI_CAT_REFRESHED:
        if (cat->phase != REFRESHING) /* the user has reset the card instead */
            break;
        /* Partial comprehension (01) is told where the user has nothing to say. */
        if (in->result == RESULT_BUSY)
            dmsci_cat_result_info(cat, RESULT_BUSY, 0);
        else if (in->result != RESULT_OK)
            dmsci_cat_result(cat, in->result);
        cat->phase = RESPONSE;
        break;
    default:
        dmsci_cat_channel_feed(cat, in);
        break;
    }
}
