/* SPDX-License-Identifier: Apache-2.0 */
/* Following the card: its toolkit is served, and a REFRESH brings card and tree together again. */
#include "host/bridge/private.h"
#include <dmsc/cat.h>

struct watching {
    const struct dmsc_bridge_watch *watch;
    bool again; /* the card said that something of it has changed */
};

/* What has changed is read behind the answer: the change check says whether it concerns us. */
static uint8_t on_refresh(void *user, const struct dmsc_refresh *refresh)
{
    struct watching *w = user;

    (void)refresh;
    w->again = true;
    return 0x00;
}

static void on_reset(void *user)
{
    struct watching *w = user;

    w->again = true;
}

static bool on_go(void *user)
{
    struct watching *w = user;

    return !w->again && w->watch->go_on(w->watch->user);
}

/* Until the card says that it has changed, or nobody wants to go on. */
static enum dmsc_err serve(struct dmsc_bridge *bridge, struct watching *w)
{
    const struct dmsc_cat_watch cat = {
        .refresh = on_refresh, .reset = on_reset, .go_on = on_go, .user = w
    };
    enum dmsc_err err = dmsc_uicc_terminal_profile(bridge->uicc);

    w->again = false;
    return err != DMSC_OK ? err : dmsc_uicc_run(bridge->uicc, -1, &cat);
}

static enum dmsc_err follow(struct dmsc_bridge *bridge, const struct dmsc_bridge_watch *watch)
{
    struct watching w = { watch, true };
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && watch->go_on(watch->user)) {
        struct dmsc_sync_report report = DMSC_SYNC_REPORT_INIT;
        enum dmsc_err synced = dmsc_bridge_sync(bridge, false, &report);

        watch->synced(watch->user, synced, &report);
        dmsc_sync_report_clear(&report);
        /* A card that is no good for the moment may become good; one that is gone will not. */
        if (synced == DMSC_E_REMOVED || synced == DMSC_E_LINK || synced == DMSC_E_NOMEM ||
            synced == DMSC_E_TIMEOUT)
            return synced;
        if (watch->go_on(watch->user))
            err = serve(bridge, &w);
    }
    return err;
}

/* What the card provisioned goes with it, until it is seen again. */
static void gone(struct dmsc_bridge *bridge)
{
    struct dmsc_diag story = *dmsc_diag_get(bridge->ctx);

    if (dmsci_bridge_certs(bridge, DMSCI_CERTS_REMOVED) != DMSC_OK)
        dmsci_log(bridge->ctx, DMSC_LOG_ERROR, "bridge", "certificates of the card stay in use: %s",
                  dmsc_diag_get(bridge->ctx)->why);
    (void)dmsci_bridge_tell_again(bridge->ctx, &story);
}

enum dmsc_err dmsc_bridge_watch(struct dmsc_bridge *bridge, const struct dmsc_bridge_watch *watch)
{
    enum dmsc_err err = follow(bridge, watch);

    if (err == DMSC_E_REMOVED)
        gone(bridge);
    return err;
}
