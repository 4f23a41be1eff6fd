/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMPSK record. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_psk_record psk;
    uint8_t record[DMSC_CARD_PSK_SIZE];
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsc_psk_record_decode(ctx, dmsc_bytes(data, size), &psk) == DMSC_OK) {
        if (dmsc_psk_record_encode(ctx, &psk, record) != DMSC_OK)
            assert(0);
        dmsc_psk_record_clear(&psk);
    } else {
        assert(strncmp(dmsc_diag_get(ctx)->reason, "psk:", 4) == 0);
    }
    dmsc_ctx_free(ctx);
    return 0;
}
