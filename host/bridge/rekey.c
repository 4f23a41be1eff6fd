/* SPDX-License-Identifier: Apache-2.0 */
/* What secrets at rest are sealed with: the device's private key and the tag of the card. */
#include "host/bridge/private.h"
#include "host/credential/seal.h"

static const char purpose_text[] = "dmsc store 1";

static enum dmsc_err derive(struct dmsc_bridge *bridge, const uint8_t *card_tag,
                            struct dmsc_secret *ret_key)
{
    uint8_t purpose[sizeof(purpose_text) - 1 + DMSC_CARD_TAG_SIZE];
    struct dmsc_wr w = dmsc_wr(purpose, sizeof(purpose));
    struct dmsc_secret file = DMSC_SECRET_INIT;
    enum dmsc_err err = dmsc_secret_load(bridge->ctx, bridge->config->device_key, false, &file);

    dmsc_wr_bytes(&w, dmsc_bytes_str(purpose_text));
    if (card_tag != NULL)
        dmsc_wr_bytes(&w, dmsc_bytes(card_tag, DMSC_CARD_TAG_SIZE));
    if (err == DMSC_OK && file.n == 0) {
        err = dmsci_fail(bridge->ctx, DMSC_E_CONFIG, "use the private key of the device");
        dmsci_where(bridge->ctx, "%s", bridge->config->device_key);
        dmsci_why(bridge->ctx, "file:empty", "there is nothing in it");
    }
    if (err == DMSC_OK)
        err = dmsci_seal_key(bridge->ctx, dmsc_secret_bytes(&file), dmsc_bytes(purpose, w.n),
                             ret_key);
    dmsc_secret_clear(&file);
    return err;
}

enum dmsc_err dmsci_bridge_rekey(void *user, const uint8_t *card_tag)
{
    struct dmsc_bridge *bridge = user;
    struct dmsc_secret key = DMSC_SECRET_INIT;
    enum dmsc_err err;

    if (bridge->config->device_key == NULL)
        return dmsc_store_set_key(bridge->store, NULL);
    err = derive(bridge, card_tag, &key);
    if (err == DMSC_OK)
        err = dmsc_store_set_key(bridge->store, &key);
    dmsc_secret_clear(&key);
    /* The key of another card must not stay. */
    if (err != DMSC_OK && dmsc_store_set_key(bridge->store, NULL) != DMSC_OK)
        return DMSC_E_STATE;
    return err;
}

enum dmsc_err dmsci_bridge_set_key(struct dmsc_bridge *bridge)
{
    uint8_t tag[DMSC_CARD_TAG_SIZE];
    enum dmsc_err err = dmsci_state_current(bridge->store, bridge->ctx, tag);
    bool any = err == DMSC_OK;

    if (err == DMSC_OK || err == DMSC_E_NOTFOUND)
        err = dmsci_bridge_rekey(bridge, any ? tag : NULL);
    if (err == DMSC_E_IO || err == DMSC_E_CONFIG || err == DMSC_E_LIMIT) {
        dmsci_log(bridge->ctx, DMSC_LOG_WARN, "bridge", "no secret can be kept or read: %s: %s",
                  dmsc_diag_get(bridge->ctx)->where, dmsc_diag_get(bridge->ctx)->why);
        err = DMSC_OK;
    }
    return err;
}
