/* SPDX-License-Identifier: Apache-2.0 */
/* The card's end of SCP03 (GlobalPlatform Card Specification, Amendment D). */
#ifndef DMSCI_SIM_SCP03_CHANNEL_H
#define DMSCI_SIM_SCP03_CHANNEL_H

#include "apdu/codec/scp03.h"
#include "simulator/uicc/card.h"
#include <dmsc/secret.h>

#define DMSCI_SIM_SCP03_KEYS_MAX 4u

/** A key set of one application. */
struct dmsci_sim_scp03_keys {
    uint8_t aid[DMSCI_SIM_AID_MAX];
    uint8_t aid_n;
    uint8_t version; /* 30 to 3F */
    uint8_t i;       /* what the card can do, DMSCI_SCP03_I_ */
    struct dmsc_secret enc, mac, dek;
    uint32_t sequence; /* 3 bytes: sessions begun so far */
};

/** Of one logical channel. It belongs to the application it was begun in. */
struct dmsci_sim_scp03_session {
    struct dmsci_scp03 s;
    const struct dmsci_sim_scp03_keys *keys; /* NULL: none begun */
};

struct dmsci_sim_scp03 {
    struct dmsci_sim_scp03_keys keys[DMSCI_SIM_SCP03_KEYS_MAX];
    unsigned n_keys;
    struct dmsci_sim_scp03_session sessions[DMSCI_SIM_CHANNELS_MAX];
    uint8_t plain[255];     /* data of the command that was unwrapped */
    struct dmsc_buf answer; /* protected */
};

#endif
