/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit of a UICC: does what the engine in cat/ wants, over the link and over sockets. */
#include "host/uicc/cat/cat.h"
#include "host/uicc/private.h"
#include <poll.h>
#include <time.h>

/* So that go_on is asked. */
#define LONGEST_WAIT_MS 1000

static struct dmsci_cat_now now_is(void)
{
    struct dmsci_cat_now now = { 0 };
    struct timespec t;
    struct tm tm;
    time_t seconds = time(NULL);

    if (clock_gettime(CLOCK_MONOTONIC, &t) == 0)
        now.ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    now.seconds = seconds;
    now.zone_known = localtime_r(&seconds, &tm) != NULL;
    if (now.zone_known)
        now.zone_quarters = (int)(tm.tm_gmtoff / 900);
    return now;
}

static enum dmsc_err engine(struct dmsc_uicc *uicc)
{
    return uicc->cat != NULL ? DMSC_OK : dmsci_cat_new(uicc->ctx, NULL, &uicc->cat);
}

/* The sockets come with the first channel. */
static enum dmsc_err sockets(struct dmsc_uicc *uicc)
{
    if (uicc->sockets != NULL)
        return DMSC_OK;
    uicc->sockets = dmsci_alloc(uicc->ctx, sizeof(*uicc->sockets));
    if (uicc->sockets == NULL)
        return DMSC_E_NOMEM;
    dmsci_cat_sockets_init(uicc->sockets);
    return DMSC_OK;
}

static void close_sockets(struct dmsc_uicc *uicc)
{
    if (uicc->sockets != NULL)
        dmsci_cat_sockets_close(uicc->sockets);
}

void dmsci_uicc_cat_free(struct dmsc_uicc *uicc)
{
    close_sockets(uicc);
    dmsci_cat_free(uicc->cat);
    if (uicc->sockets != NULL)
        dmsci_free(uicc->ctx, uicc->sockets);
}

void dmsci_uicc_cat_forget(struct dmsc_uicc *uicc)
{
    close_sockets(uicc);
    if (uicc->cat != NULL)
        dmsci_cat_forget(uicc->cat);
}

enum dmsc_err dmsc_uicc_cat_configure(struct dmsc_uicc *uicc, const struct dmsc_cat_config *config)
{
    struct dmsci_cat *fresh = NULL;
    enum dmsc_err err = dmsci_cat_new(uicc->ctx, config, &fresh);

    if (err != DMSC_OK)
        return err;
    close_sockets(uicc);
    dmsci_cat_free(uicc->cat);
    uicc->cat = fresh;
    return DMSC_OK;
}

/* The CAT commands live on the basic channel alone (TS 102 221 clause 11.2). */
static enum dmsc_err transmit(struct dmsc_uicc *uicc, const struct dmsci_cat_want *want,
                              struct dmsc_buf *data, struct dmsci_cat_in *in)
{
    unsigned channel = uicc->channel;
    enum dmsc_err err;

    uicc->channel = 0;
    err = dmsc_uicc_exchange(uicc, &want->capdu, want->fetch ? data : NULL, &in->sw);
    uicc->channel = channel;
    uicc->waiting = 0; /* the engine reads the status word itself */
    if (err == DMSC_OK && want->must && !dmsc_sw_done(in->sw))
        err = dmsci_uicc_refused(uicc, in->sw, want->what);
    in->kind = DMSCI_CAT_ANSWER;
    in->data = dmsc_buf_bytes(data);
    return err;
}

static void tell(const struct dmsci_cat_want *want, const struct dmsc_cat_watch *watch)
{
    const struct dmsc_refresh *refresh = want->seen.refresh;

    if (refresh != NULL && refresh->mode == 0x04 && watch->reset != NULL)
        watch->reset(watch->user);
    if (watch->seen != NULL)
        watch->seen(watch->user, &want->seen);
}

static enum dmsc_err perform(struct dmsc_uicc *uicc, const struct dmsci_cat_want *want,
                             const struct dmsc_cat_watch *watch, struct dmsc_buf *data,
                             struct dmsci_cat_in *in)
{
    enum dmsc_err err = DMSC_OK;

    switch (want->kind) {
    case DMSCI_CAT_TRANSMIT:
        return transmit(uicc, want, data, in);
    case DMSCI_CAT_RESET:
        /* 6.4.7: no answer but the reset itself. */
        in->kind = DMSCI_CAT_WAS_RESET;
        return dmsci_uicc_power(uicc);
    case DMSCI_CAT_REFRESH:
        in->kind = DMSCI_CAT_REFRESHED;
        in->result = watch->refresh == NULL ? 0 : watch->refresh(watch->user, &want->refresh);
        return DMSC_OK;
    case DMSCI_CAT_SEEN:
        tell(want, watch);
        return DMSC_OK;
    default:
        err = sockets(uicc);
        if (err == DMSC_OK)
            dmsci_cat_sockets_do(uicc->sockets, want, in);
        return err;
    }
}

static void wait_for(struct dmsc_uicc *uicc, const struct dmsci_cat_want *want, int64_t now_ms,
                     int64_t until_ms, struct dmsci_cat_in *in)
{
    int64_t until = want->until_ms < until_ms ? want->until_ms : until_ms;
    int64_t ms = until - now_ms;
    int timeout = ms <= 0 ? 0 : ms < LONGEST_WAIT_MS ? (int)ms : LONGEST_WAIT_MS;

    if (uicc->sockets != NULL)
        dmsci_cat_sockets_wait(uicc->sockets, want, timeout, in);
    else
        (void)poll(NULL, 0, timeout);
}

/* A card that asks without a pause whether data have come would never hear of them. */
static void look_at_sockets(struct dmsc_uicc *uicc, struct dmsci_cat_want *want,
                            const struct dmsci_cat_now *now)
{
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_CONNECTED };

    for (unsigned i = 0; uicc->sockets != NULL && i < DMSCI_CAT_CHANNELS; i++) {
        dmsci_cat_sockets_wait(uicc->sockets, want, 0, &in);
        if (in.kind == DMSCI_CAT_TICK)
            return;
        dmsci_cat_feed(uicc->cat, now, &in);
        want->room[in.channel] = 0;
        want->writable &= (uint8_t) ~(1u << in.channel);
    }
}

static enum dmsc_err endless(struct dmsc_uicc *uicc)
{
    (void)dmsci_fail(uicc->ctx, DMSC_E_LIMIT, "serve the card's proactive commands");
    dmsci_why(uicc->ctx, "usat:endless", "the card sends one after the other without end");
    return DMSC_E_LIMIT;
}

/* One serving: until nothing waits any more, or for a time. */
struct serving {
    struct dmsc_uicc *uicc;
    const struct dmsc_cat_watch *watch;
    bool timed;
    int64_t until_ms;
    unsigned fetched; /* in a row */
    bool slow;        /* told that the card goes on and on */
};

static enum dmsc_err count(struct serving *s)
{
    if (s->fetched++ < dmsc_ctx_limits(s->uicc->ctx)->proactive)
        return DMSC_OK;
    if (!s->timed)
        return endless(s->uicc);
    if (!s->slow)
        dmsci_log(s->uicc->ctx, DMSC_LOG_WARN, "usat", "the card sends command after command");
    s->slow = true;
    return DMSC_OK;
}

/* @param ret_done nothing is left to do */
static enum dmsc_err step(struct serving *s, struct dmsc_buf *data, bool *ret_done)
{
    struct dmsc_uicc *uicc = s->uicc;
    struct dmsci_cat_now now = now_is();
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };
    struct dmsci_cat_want want;
    enum dmsc_err err = DMSC_OK;

    if (uicc->waiting > 0)
        dmsci_cat_announce(uicc->cat, uicc->waiting);
    uicc->waiting = 0;
    dmsci_cat_next(uicc->cat, &now, &want);
    if (want.kind == DMSCI_CAT_WAIT) {
        s->fetched = want.busy ? s->fetched : 0;
        *ret_done = s->timed ? now.ms >= s->until_ms : !want.busy;
        if (!*ret_done)
            wait_for(uicc, &want, now.ms, s->timed ? s->until_ms : INT64_MAX, &in);
    } else {
        if (want.fetch) {
            look_at_sockets(uicc, &want, &now);
            err = count(s);
        }
        if (err == DMSC_OK)
            err = perform(uicc, &want, s->watch, data, &in);
    }
    if (err != DMSC_OK) {
        dmsci_cat_abort(uicc->cat);
        return err;
    }
    now = now_is();
    dmsci_cat_feed(uicc->cat, &now, &in);
    return DMSC_OK;
}

static enum dmsc_err serve(struct serving *s)
{
    struct dmsc_buf data;
    bool done = false;
    enum dmsc_err err = engine(s->uicc);

    dmsc_buf_init(&data, s->uicc->ctx, DMSC_RAPDU_MAX);
    while (err == DMSC_OK && !done) {
        err = step(s, &data, &done);
        /* What is under way is brought to its end first. */
        if (s->timed && s->watch->go_on != NULL && !s->watch->go_on(s->watch->user))
            s->until_ms = INT64_MIN;
    }
    dmsc_buf_clear(&data);
    return err;
}

enum dmsc_err dmsc_uicc_terminal_profile(struct dmsc_uicc *uicc)
{
    struct dmsci_cat_now now = now_is();
    struct dmsci_cat_in in = { .kind = DMSCI_CAT_TICK };
    struct dmsci_cat_want want;
    struct dmsc_buf none;
    enum dmsc_err err = engine(uicc);

    if (err != DMSC_OK)
        return err;
    dmsci_uicc_cat_forget(uicc);
    dmsci_cat_begin(uicc->cat);
    do
        dmsci_cat_next(uicc->cat, &now, &want);
    while (want.kind == DMSCI_CAT_CLOSE);
    dmsc_buf_init(&none, uicc->ctx, DMSC_RAPDU_MAX);
    err = transmit(uicc, &want, &none, &in);
    if (err == DMSC_OK)
        dmsci_cat_feed(uicc->cat, &now, &in);
    else
        dmsci_cat_abort(uicc->cat);
    dmsc_buf_clear(&none);
    return err;
}

enum dmsc_err dmsc_uicc_serve(struct dmsc_uicc *uicc,
                              void (*seen)(void *user, const struct dmsc_proactive *command),
                              void *user)
{
    const struct dmsc_cat_watch watch = { .seen = seen, .user = user };
    struct serving s = { .uicc = uicc, .watch = &watch };

    return serve(&s);
}

enum dmsc_err dmsc_uicc_run(struct dmsc_uicc *uicc, int64_t for_ms,
                            const struct dmsc_cat_watch *watch)
{
    static const struct dmsc_cat_watch none = { .user = NULL };
    struct serving s = { .uicc = uicc, .watch = watch != NULL ? watch : &none, .timed = true };
    struct dmsci_cat_now now = now_is();

    s.until_ms = for_ms < 0 ? INT64_MAX : now.ms + for_ms;
    return serve(&s);
}

enum dmsc_err dmsc_uicc_event(struct dmsc_uicc *uicc, uint8_t event, struct dmsc_bytes objects,
                              bool *ret_listed)
{
    enum dmsc_err err = engine(uicc);

    return err != DMSC_OK ? err : dmsci_cat_event(uicc->cat, event, objects, ret_listed);
}
