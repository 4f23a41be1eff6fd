/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PIN or key that a card has refused is not sent to it again until its file changes: a device
 * that looks at its card every hour must not block it. What is remembered is which file it was and
 * when it was written, never what is in it.
 */
#include "host/sync/sync.h"
#include <string.h>

static struct dmsc_bytes stamp_of(const struct dmsci_sync *sync, enum dmsci_key key)
{
    return dmsc_bytes_str(key == DMSCI_KEY_OF_OWNER ? sync->pin_stamp : sync->adm1_stamp);
}

enum dmsc_err dmsci_key_refused(const struct dmsci_sync *sync,
                                const uint8_t tag[DMSC_CARD_TAG_SIZE], enum dmsci_key key,
                                bool *ret_refused)
{
    struct dmsc_bytes stamp = stamp_of(sync, key);
    struct dmsc_buf value;
    char name[64];
    enum dmsc_err err;

    dmsc_buf_init(&value, sync->ctx, DMSCI_STAMP_MAX);
    dmsci_state_key(tag, "refused", (int)key, name);
    err = dmsc_store_get(sync->store, name, &value);
    *ret_refused = err == DMSC_OK && stamp.n > 0 && dmsc_bytes_equal(dmsc_buf_bytes(&value), stamp);
    dmsc_buf_clear(&value);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsci_key_remember(const struct dmsci_sync *sync,
                                 const uint8_t tag[DMSC_CARD_TAG_SIZE], enum dmsc_err failure)
{
    const struct dmsc_diag *story = dmsc_diag_get(sync->ctx);
    struct dmsc_bytes stamp;
    char name[64];
    enum dmsc_err err;

    if (failure != DMSC_E_PIN || strcmp(story->reason, "pin:wrong") != 0 ||
        (story->code != DMSCI_KEY_OF_OWNER && story->code != DMSCI_KEY_OF_ISSUER))
        return failure;
    stamp = stamp_of(sync, (enum dmsci_key)story->code);
    if (stamp.n == 0)
        return failure;
    dmsci_state_key(tag, "refused", story->code, name);
    err = dmsc_store_begin(sync->store);
    if (err != DMSC_OK)
        return err;
    err = dmsc_store_put(sync->store, name, stamp);
    if (err == DMSC_OK)
        err = dmsc_store_commit(sync->store);
    else
        dmsc_store_rollback(sync->store);
    return err == DMSC_OK ? failure : err;
}

enum dmsc_err dmsci_key_tell(const struct dmsci_sync *sync)
{
    (void)dmsci_fail(sync->ctx, DMSC_E_PIN, "verify PIN1");
    dmsci_why(sync->ctx, "pin:refused-before",
              "the card has refused what this file holds; it is not tried again as it is");
    dmsci_hint(sync->ctx, "write the right PIN1 into the file that [card] pin_file names");
    return DMSC_E_PIN;
}
