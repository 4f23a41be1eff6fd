/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal tells the card by itself: TIMER EXPIRATION (TS 102 223 clause 7.4), EVENT
 * DOWNLOAD (7.5). */
#include "host/uicc/cat/private.h"

#define TEMPLATE_EVENT 0xD6
#define TEMPLATE_TIMER 0xD7

/* Which envelope is due first. Chosen anew each time: what one was about may be gone. */
static void choose(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    cat->envelope = NO_ENVELOPE;
    for (uint8_t i = 0; cat->envelope == NO_ENVELOPE && i < TIMERS; i++) {
        if (cat->timers[i].running && now->ms >= cat->timers[i].end_ms) {
            cat->envelope = OF_TIMER;
            cat->envelope_of = i;
        }
    }
    for (uint8_t i = 1; cat->envelope == NO_ENVELOPE && i <= DMSCI_CAT_CHANNELS; i++) {
        const struct channel *c = &cat->channels[i];

        if (!c->status_due && !c->data_due)
            continue;
        /* What came before the link was lost is told before the loss. */
        cat->envelope = c->status_due && (c->state == UP || !c->data_due) ? OF_STATUS : OF_DATA;
        cat->envelope_of = i;
    }
    if (cat->envelope == NO_ENVELOPE && cat->event_bytes > 0)
        cat->envelope = OF_CALLER;
}

/* 7.5.1: event list, device identities, and what the event brings. */
static void put_event(struct dmsci_cat *cat, struct dmsc_wr *w)
{
    const uint8_t codes[] = { [OF_STATUS] = EVENT_CHANNEL_STATUS,
                              [OF_DATA] = EVENT_DATA_AVAILABLE,
                              [OF_CALLER] = cat->event[0] };
    const uint8_t devices[2] = { DEVICE_TERMINAL, DEVICE_UICC };
    const struct channel *c = &cat->channels[cat->envelope_of];

    dmsci_cat_put(w, TAG_EVENT_LIST, true, &codes[cat->envelope], 1);
    dmsci_cat_put(w, TAG_DEVICES, true, devices, sizeof(devices));
    if (cat->envelope == OF_CALLER) {
        dmsc_wr_bytes(w, dmsc_bytes(cat->event + 1, cat->event_bytes - 1));
        return;
    }
    dmsci_cat_put_channel_status(w, true, cat, cat->envelope_of);
    if (cat->envelope == OF_DATA) {
        uint8_t n = (uint8_t)(c->rx.n < 0xFF ? c->rx.n : 0xFF);

        dmsci_cat_put(w, TAG_DATA_LENGTH, true, &n, 1);
    }
}

/* 7.4.2: the whole seconds since the timer was started. */
static void put_timer(const struct dmsci_cat *cat, const struct dmsci_cat_now *now,
                      struct dmsc_wr *w)
{
    const uint8_t devices[2] = { DEVICE_TERMINAL, DEVICE_UICC };
    uint8_t id = (uint8_t)(cat->envelope_of + 1);

    dmsci_cat_put(w, TAG_DEVICES, true, devices, sizeof(devices));
    dmsci_cat_put(w, TAG_TIMER_ID, true, &id, 1);
    dmsci_cat_put_timer_value(w,
                              (now->ms - cat->timers[cat->envelope_of].started_ms) / 1000 * 1000);
}

size_t dmsci_cat_envelope_make(struct dmsci_cat *cat, const struct dmsci_cat_now *now)
{
    uint8_t body[EVENT_MAX + 16];
    struct dmsc_wr w = dmsc_wr(body, sizeof(body));
    struct dmsc_wr out = dmsc_wr(cat->out, sizeof(cat->out));

    choose(cat, now);
    if (cat->envelope == NO_ENVELOPE)
        return 0;
    if (cat->envelope == OF_TIMER)
        put_timer(cat, now, &w);
    else
        put_event(cat, &w);
    dmsc_wr_u8(&out, cat->envelope == OF_TIMER ? TEMPLATE_TIMER : TEMPLATE_EVENT);
    if (w.n > 0x7F)
        dmsc_wr_u8(&out, 0x81);
    dmsc_wr_u8(&out, (uint8_t)w.n);
    dmsc_wr_bytes(&out, dmsc_bytes(body, w.n));
    return out.bad ? 0 : out.n;
}

void dmsci_cat_envelope_done(struct dmsci_cat *cat)
{
    struct channel *c = &cat->channels[cat->envelope == OF_TIMER ? 0 : cat->envelope_of];

    if (cat->envelope == OF_TIMER)
        cat->timers[cat->envelope_of].running = false;
    else if (cat->envelope == OF_STATUS)
        c->status_due = false;
    else if (cat->envelope == OF_DATA)
        c->data_due = false;
    else if (cat->envelope == OF_CALLER)
        cat->event_bytes = 0;
    cat->envelope = NO_ENVELOPE;
    cat->busy = 0;
}

int64_t dmsci_cat_envelope_time(const struct dmsci_cat *cat)
{
    int64_t due = cat->envelope != NO_ENVELOPE ? cat->retry_ms : INT64_MAX;

    for (unsigned i = 0; i < TIMERS; i++) {
        if (cat->timers[i].running && cat->timers[i].end_ms < due)
            due = cat->timers[i].end_ms;
    }
    return due;
}
