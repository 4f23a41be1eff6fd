/* SPDX-License-Identifier: Apache-2.0 */
/* Readers that come and go, and the cards in them, as events. */
#include "apdu/link/pcsc/service.h"
#include <stdatomic.h>
#include <string.h>

/* pcsc-lite: a state of this name changes with the list of readers. */
static const char pnp[] = "\\\\?PnP?\\Notification";

/* A cancel that arrives between our look and the service's wait is seen after this. */
#define SLICE_MS 1000

struct seen {
    char name[MAX_READERNAME];
    DWORD state; /* as the service said it last: flags, and above them a count of its events */
    bool listed; /* in the list read last */
    uint8_t atr[MAX_ATR_SIZE];
    size_t atr_n;
};

struct dmsc_pcsc_watch {
    struct dmsc_ctx *ctx;
    _Atomic SCARDCONTEXT service; /* 0: not connected */
    atomic_bool cancelled;
    size_t count;
    struct seen reader[DMSCI_PCSC_READERS_MAX];
    char names[DMSCI_PCSC_NAMES_SIZE];
};

struct listener {
    void (*event)(void *user, enum dmsc_reader_event event, const struct dmsc_reader *reader);
    void *user;
    unsigned told;
};

static bool has_card(const struct seen *seen)
{
    return (seen->state & SCARD_STATE_PRESENT) != 0;
}

static void tell(struct listener *to, enum dmsc_reader_event event, const struct seen *seen)
{
    bool card = event == DMSC_CARD_INSERTED;
    struct dmsc_reader reader = { seen->name, card, dmsc_bytes(seen->atr, card ? seen->atr_n : 0) };

    to->event(to->user, event, &reader);
    to->told++;
}

static void forget(struct dmsc_pcsc_watch *watch, size_t i, struct listener *to)
{
    struct seen gone = watch->reader[i];

    watch->count--;
    dmsci_copy(&watch->reader[i], &watch->reader[i + 1],
               (watch->count - i) * sizeof(watch->reader[0]));
    if (has_card(&gone))
        tell(to, DMSC_CARD_GONE, &gone);
    tell(to, DMSC_READER_GONE, &gone);
}

static void take_name(struct dmsc_pcsc_watch *watch, const char *name, struct listener *to)
{
    size_t n = strlen(name), i = 0;
    struct seen *seen;

    while (i < watch->count && strcmp(watch->reader[i].name, name) != 0)
        i++;
    if (i == DMSCI_PCSC_READERS_MAX || n >= MAX_READERNAME)
        return;
    seen = &watch->reader[i];
    if (i == watch->count) {
        *seen = (struct seen){ .state = SCARD_STATE_UNAWARE };
        dmsci_copy(seen->name, name, n + 1);
        watch->count++;
        tell(to, DMSC_READER_ADDED, seen);
    }
    seen->listed = true;
}

static void close_service(struct dmsc_pcsc_watch *watch)
{
    SCARDCONTEXT service = atomic_exchange(&watch->service, 0);

    if (service != 0)
        (void)SCardReleaseContext(service);
}

static enum dmsc_err look_at_readers(struct dmsc_pcsc_watch *watch, struct listener *to)
{
    enum dmsc_err err = dmsci_pcsc_names(watch->ctx, watch->service, watch->names);

    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < watch->count; i++)
        watch->reader[i].listed = false;
    for (const char *name = watch->names; *name != '\0'; name += strlen(name) + 1)
        take_name(watch, name, to);
    for (size_t i = watch->count; i > 0; i--) {
        if (!watch->reader[i - 1].listed)
            forget(watch, i - 1, to);
    }
    return DMSC_OK;
}

/* Out and in again between two looks: the card is there both times, the service's count is not the
 * same. */
static void look_at_card(struct seen *seen, const SCARD_READERSTATE *now, struct listener *to)
{
    bool before = has_card(seen), known = seen->state != SCARD_STATE_UNAWARE;
    bool card = (now->dwEventState & SCARD_STATE_PRESENT) != 0;
    bool counted = known && now->dwEventState >> 16 != seen->state >> 16;

    seen->state = now->dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    if (before && (!card || counted))
        tell(to, DMSC_CARD_GONE, seen);
    if (!card || (before && !counted))
        return;
    seen->atr_n = now->cbAtr < sizeof(seen->atr) ? now->cbAtr : sizeof(seen->atr);
    dmsci_copy(seen->atr, now->rgbAtr, seen->atr_n);
    tell(to, DMSC_CARD_INSERTED, seen);
}

static LONG look_at_cards(struct dmsc_pcsc_watch *watch, DWORD timeout_ms, struct listener *to)
{
    SCARD_READERSTATE states[DMSCI_PCSC_READERS_MAX + 1] = { { .szReader = pnp } };
    LONG code;

    for (size_t i = 0; i < watch->count; i++) {
        states[i + 1].szReader = watch->reader[i].name;
        states[i + 1].dwCurrentState = watch->reader[i].state;
    }
    code = SCardGetStatusChange(watch->service, timeout_ms, states, (DWORD)watch->count + 1);
    if (code != SCARD_S_SUCCESS)
        return code;
    for (size_t i = 0; i < watch->count; i++) {
        if ((states[i + 1].dwEventState & SCARD_STATE_CHANGED) != 0 &&
            (states[i + 1].dwEventState & SCARD_STATE_UNKNOWN) == 0)
            look_at_card(&watch->reader[i], &states[i + 1], to);
    }
    return code;
}

static enum dmsc_err ensure_service(struct dmsc_pcsc_watch *watch)
{
    SCARDCONTEXT service = 0;
    enum dmsc_err err;

    if (watch->service != 0)
        return DMSC_OK;
    err = dmsci_pcsc_connect(watch->ctx, &service);
    if (err == DMSC_OK)
        watch->service = service;
    return err;
}

/* The service is gone, and with it all that it knew. */
static enum dmsc_err lost(struct dmsc_pcsc_watch *watch, enum dmsc_err err, struct listener *to)
{
    close_service(watch);
    while (watch->count > 0)
        forget(watch, watch->count - 1, to);
    return err;
}

enum dmsc_err dmsc_pcsc_watch_new(struct dmsc_ctx *ctx, struct dmsc_pcsc_watch **ret_watch)
{
    struct dmsc_pcsc_watch *watch = dmsci_alloc(ctx, sizeof(*watch));
    enum dmsc_err err;

    if (watch == NULL)
        return DMSC_E_NOMEM;
    watch->ctx = ctx;
    err = ensure_service(watch);
    if (err != DMSC_OK) {
        dmsci_free(ctx, watch);
        return err;
    }
    *ret_watch = watch;
    return DMSC_OK;
}

enum dmsc_err dmsc_pcsc_watch_wait(struct dmsc_pcsc_watch *watch, int timeout_ms,
                                   void (*event)(void *user, enum dmsc_reader_event event,
                                                 const struct dmsc_reader *reader),
                                   void *user)
{
    int64_t deadline = dmsci_link_now_ms() + timeout_ms;
    struct listener to = { event, user, 0 };

    for (;;) {
        enum dmsc_err err = ensure_service(watch);
        int64_t left = timeout_ms < 0 ? SLICE_MS : deadline - dmsci_link_now_ms();
        LONG code;

        if (err == DMSC_OK)
            err = look_at_readers(watch, &to);
        if (err != DMSC_OK)
            return lost(watch, err, &to);
        /* What is known now is told now. */
        left = to.told > 0 || left < 0 || watch->cancelled ? 0 : left;
        code = look_at_cards(watch, (DWORD)(left < SLICE_MS ? left : SLICE_MS), &to);
        if (to.told == 0 && atomic_exchange(&watch->cancelled, false))
            return DMSC_E_AGAIN;
        if (code == SCARD_E_NO_SERVICE || code == SCARD_E_SERVICE_STOPPED ||
            code == SCARD_E_INVALID_HANDLE || code == SCARD_F_COMM_ERROR)
            return lost(
                watch,
                dmsci_pcsc_fail(watch->ctx, SCARD_E_SERVICE_STOPPED, "watch the readers", ""), &to);
        if (to.told > 0)
            return DMSC_OK;
        if (timeout_ms >= 0 && dmsci_link_now_ms() >= deadline)
            return dmsci_fail(watch->ctx, DMSC_E_TIMEOUT, "wait for a reader or a card");
    }
}

void dmsc_pcsc_watch_cancel(struct dmsc_pcsc_watch *watch)
{
    SCARDCONTEXT service = watch->service;

    atomic_store(&watch->cancelled, true);
    if (service != 0)
        (void)SCardCancel(service);
}

void dmsc_pcsc_watch_free(struct dmsc_pcsc_watch *watch)
{
    if (watch == NULL)
        return;
    close_service(watch);
    dmsci_free(watch->ctx, watch);
}
