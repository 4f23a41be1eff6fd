/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_BRIDGE_PRIVATE_H
#define DMSCI_BRIDGE_PRIVATE_H

#include "apdu/base/ctx.h"
#include "host/sync/sync.h"
#include <dmsc/bridge.h>
#include <dmsc/ddf.h>

struct dmsc_bridge {
    struct dmsc_ctx *ctx;
    const struct dmsc_config *config;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
    struct dmsc_apps *apps;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_ddf *devinfo, *devdetail; /* what these hold to */
};

/** From now on DevInfo and DevDetail hold to their descriptions. */
DMSC_NODISCARD enum dmsc_err dmsci_device_describe(struct dmsc_bridge *bridge);
/** Environments and applications as the configuration says; what the tree has of them stays. */
DMSC_NODISCARD enum dmsc_err dmsci_bridge_applications(struct dmsc_bridge *bridge);
enum dmsci_certs_when {
    DMSCI_CERTS_START,  /* nobody has seen the card yet */
    DMSCI_CERTS_SYNCED, /* it is there, and this is what it says */
    DMSCI_CERTS_REMOVED /* it was pulled out: none of its certificates is in use */
};
/** Certificate objects in step with the card in force, in a change of its own. */
DMSC_NODISCARD enum dmsc_err dmsci_bridge_certs(struct dmsc_bridge *bridge,
                                                enum dmsci_certs_when when);
/** A story that was told before, when what was done since has told another. @return its error */
enum dmsc_err dmsci_bridge_tell_again(struct dmsc_ctx *ctx, const struct dmsc_diag *story);
/** Seal secrets of the tree for this device and a card (NULL: none) from now on; a device without a
 * key keeps none. On failure the store has no key. @param user the bridge: see struct dmsci_sync */
DMSC_NODISCARD enum dmsc_err dmsci_bridge_rekey(void *user, const uint8_t *card_tag);
/** For the card in force. A key file that is no good is told in the log: all but secrets works. */
DMSC_NODISCARD enum dmsc_err dmsci_bridge_set_key(struct dmsc_bridge *bridge);
/** ./DevInfo/DevId, replaced. */
DMSC_NODISCARD enum dmsc_err dmsci_device_id(struct dmsc_bridge *bridge, struct dmsc_buf *ret_id);

/** The value of a leaf as text, cut to its field; @p ret_there false when there is none. */
DMSC_NODISCARD enum dmsc_err dmsci_leaf_text(struct dmsc_bridge *bridge, const char *uri,
                                             char *ret_text, size_t size, bool *ret_there);

/** What a sync needs, read from the files of the configuration for the time of one call. */
struct dmsci_sync_material {
    struct dmsci_sync sync;
    struct dmsc_buf spkis[16];
    struct dmsc_bytes spki_bytes[16];
    struct dmsc_card_trust trust;
    struct dmsc_secret pin, adm1;
    char pin_stamp[DMSCI_STAMP_MAX], adm1_stamp[DMSCI_STAMP_MAX];
};
DMSC_NODISCARD enum dmsc_err dmsci_material_load(struct dmsc_bridge *bridge,
                                                 struct dmsci_sync_material *material);
void dmsci_material_clear(struct dmsci_sync_material *material);

/** Power the card and pull; the session's first half and dmsc_bridge_sync(). */
DMSC_NODISCARD enum dmsc_err dmsci_bridge_pull(struct dmsc_bridge *bridge,
                                               struct dmsci_sync_material *material, bool dry_run,
                                               struct dmsc_sync_report *report);

/**
 * A marker in the store while a session may change card-resident MOs: who it is with. NULL takes it
 * away. A transaction of its own.
 */
DMSC_NODISCARD enum dmsc_err dmsci_marker_set(struct dmsc_bridge *bridge, const char *server_id,
                                              uint8_t ma_id);
/** @param ret_server_id replaced; DMSC_E_NOTFOUND when there is none
 *  @param ret_ma_id the entry of the MA list that admitted it */
DMSC_NODISCARD enum dmsc_err dmsci_marker_get(struct dmsc_bridge *bridge,
                                              struct dmsc_buf *ret_server_id, uint8_t *ret_ma_id);

#endif
