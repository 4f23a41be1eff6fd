/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a card profile: a card whose dump gives the same card again, or a story. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL, *again = NULL;
    struct dmsc_buf first, second;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&first, ctx, 64u << 20);
    dmsc_buf_init(&second, ctx, 64u << 20);
    if (dmsc_sim_new_text(ctx, dmsc_bytes(data, size), NULL, NULL, &sim) == DMSC_OK) {
        assert(dmsc_sim_dump(sim, &first) == DMSC_OK);
        assert(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&first), NULL, NULL, &again) == DMSC_OK);
        assert(dmsc_sim_dump(again, &second) == DMSC_OK);
        assert(strcmp(dmsc_buf_str(&first), dmsc_buf_str(&second)) == 0);
    } else {
        assert(dmsc_diag_get(ctx)->what[0] != '\0');
    }
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    dmsc_sim_free(sim);
    dmsc_sim_free(again);
    dmsc_ctx_free(ctx);
    return 0;
}
