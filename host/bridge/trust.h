/* SPDX-License-Identifier: Apache-2.0 */
/* What one MA's connections are made with: its trust anchors as the card provisioned them, the
 * device's certificate and its private key. */
#ifndef DMSCI_BRIDGE_TRUST_H
#define DMSCI_BRIDGE_TRUST_H

#include "host/bridge/private.h"

#define DMSCI_ANCHORS_MAX 32

struct dmsci_trust {
    struct dmsc_bytes anchors[DMSCI_ANCHORS_MAX]; /* DER */
    size_t anchor_count;
    struct dmsc_bytes certificate; /* the device's own, DER */
    struct dmsc_secret key;
    struct dmsc_buf memory[DMSCI_ANCHORS_MAX + 1]; /* what the above point into */
    size_t memory_count;
};

/**
 * An MA that is pinned by a CA alone trusts that CA alone; one that is pinned by its own
 * certificate or key may chain to any trusted certificate of the card, since its pin decides.
 *
 * @return DMSC_E_UNTRUSTED with the reason "trust:no-anchor"; DMSC_E_NOTFOUND with "cred:none"
 */
DMSC_NODISCARD enum dmsc_err dmsci_trust_load(struct dmsc_bridge *bridge, uint8_t ma_id,
                                              struct dmsci_trust *trust);
/** Whether the trusted certificate with this key anchors connections of the MA: see above. */
bool dmsci_trust_is_anchor(const struct dmsc_ma *ma, const uint8_t *spki_sha256);
void dmsci_trust_clear(struct dmsci_trust *trust);

#endif
