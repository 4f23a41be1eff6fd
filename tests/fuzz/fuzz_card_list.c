/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMMAL: what is taken can be written, and what was written is taken again. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ma_list list, again;
    struct dmsc_buf file;
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&file, ctx, 1u << 20);
    if (dmsc_card_list_decode(ctx, dmsc_bytes(data, size), &list) == DMSC_OK) {
        /* More than an EF may hold is the one reason not to write it. */
        if (dmsc_card_list_encode(ctx, &list, NULL, &file) == DMSC_OK) {
            if (dmsc_card_list_decode(ctx, dmsc_buf_bytes(&file), &again) != DMSC_OK)
                assert(0);
            assert(again.count == list.count && again.version == list.version);
            dmsc_ma_list_clear(&again);
        } else {
            assert(dmsc_diag_get(ctx)->err == DMSC_E_LIMIT);
        }
        dmsc_ma_list_clear(&list);
    } else {
        assert(strncmp(dmsc_diag_get(ctx)->reason, "mal:", 4) == 0);
    }
    dmsc_buf_clear(&file);
    dmsc_ctx_free(ctx);
    return 0;
}
