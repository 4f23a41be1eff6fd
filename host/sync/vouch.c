/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a remembered MA list counts under the issuer keys that the device has now: keys that were
 * given, changed or taken away since it was read must not leave an old trust behind. */
#include "host/credential/cert.h"
#include "host/sync/sync.h"

void dmsci_state_vouch(struct dmsci_card_state *state, const struct dmsc_card_image *image)
{
    state->vouched_for = image->list_signed;
    dmsci_copy(state->signer, image->list.signer_key_id, sizeof(state->signer));
}

enum dmsc_err dmsci_state_counts(struct dmsc_ctx *ctx, const struct dmsc_card_trust *trust,
                                 const struct dmsci_card_state *state, bool *ret_counts)
{
    bool counts = trust == NULL || trust->count == 0;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && !counts && state->vouched_for && i < trust->count; i++) {
        uint8_t digest[32];

        /* A key's id is what its digest begins with (docs/card-application.md, "Signature"). */
        err = dmsci_sha256(ctx, trust->issuer_spkis[i], digest);
        counts =
            err == DMSC_OK && dmsc_bytes_equal(dmsc_bytes(digest, sizeof(state->signer)),
                                               dmsc_bytes(state->signer, sizeof(state->signer)));
    }
    if (err == DMSC_OK)
        *ret_counts = counts;
    return err;
}
