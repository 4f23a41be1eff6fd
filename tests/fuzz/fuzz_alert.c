/* SPDX-License-Identifier: Apache-2.0 */
/* An alert that waits, as the store gives it back. */
#include "host/alert/record.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    struct dmsc_buf again;
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&again, ctx, size + 1);
    if (dmsci_alert_decode(ctx, dmsc_bytes(data, size), &alert) == DMSC_OK) {
        /* One form: what was read is written as it was. */
        if (dmsci_alert_encode(&alert, &again) != DMSC_OK)
            assert(0);
        assert(dmsc_bytes_equal(dmsc_buf_bytes(&again), dmsc_bytes(data, size)));
    } else {
        assert(strcmp(dmsc_diag_get(ctx)->reason, "alert:record") == 0);
    }
    dmsc_buf_clear(&again);
    dmsc_ctx_free(ctx);
    return 0;
}
