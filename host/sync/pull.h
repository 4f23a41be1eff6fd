/* SPDX-License-Identifier: Apache-2.0 */
/* One pull, between the file that reads the card and the one that puts it into the tree. */
#ifndef DMSCI_SYNC_PULL_H
#define DMSCI_SYNC_PULL_H

#include "host/sync/sync.h"

/* What was known, what was read. */
struct dmsci_pull {
    const struct dmsci_sync *sync;
    struct dmsc_sync_report *report;
    struct dmsc_card *card;
    bool any_card; /* is in force */
    uint8_t current[DMSC_CARD_TAG_SIZE];
    bool same_card;                 /* as the one in force */
    bool owes_secrets;              /* an object was left out for want of a key */
    bool list_counts;               /* the known one, with the issuer keys of now */
    struct dmsci_card_state old;    /* of this card */
    struct dmsci_card_state before; /* of the card that was in force, when it was another one */
    struct dmsci_card_state fresh;
    struct dmsc_card_image image;
    struct dmsc_card_objects objects;
    struct dmsc_card_known_body *bodies;
    size_t body_count;
};

/** Whether what the tree has of an MO can stay: it is at the same place and in the same hands. */
bool dmsci_pull_stays(const struct dmsci_pull *p, const struct dmsc_mo_entry *then);
/** Report an MO that stays as it is. */
DMSC_NODISCARD enum dmsc_err dmsci_pull_keep(struct dmsci_pull *p,
                                             const struct dmsc_mo_entry *entry,
                                             const struct dmsci_place *place);
/** All that was read, in one transaction; the list comes into force with it. */
DMSC_NODISCARD enum dmsc_err dmsci_pull_apply(struct dmsci_pull *p, bool dry_run);

#endif
