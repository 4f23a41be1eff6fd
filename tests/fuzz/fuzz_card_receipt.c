/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMDEV record. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_card_receipt receipt;
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsc_card_receipt_decode(ctx, dmsc_bytes(data, size), &receipt) == DMSC_OK)
        assert(size == DMSC_CARD_RECEIPT_SIZE && receipt.result <= DMSC_CARD_ROLLBACK);
    else
        assert(strncmp(dmsc_diag_get(ctx)->reason, "dev:", 4) == 0);
    dmsc_ctx_free(ctx);
    return 0;
}
