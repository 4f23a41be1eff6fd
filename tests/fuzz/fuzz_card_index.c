/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMMOX: what is taken can be written, and what was written is taken again. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_extents(const struct dmsc_mo_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct dmsc_mo_entry *e = &index->entries[i];

        if (e->fid != DMSC_CARD_FID_BLOB)
            assert((uint32_t)e->offset + e->length <=
                   256u * index->pool_units[e->fid == DMSC_CARD_FID_POOL1]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_mo_index index, again;
    struct dmsc_buf file;
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&file, ctx, 1u << 20);
    if (dmsc_mo_index_decode(ctx, dmsc_bytes(data, size), &index) == DMSC_OK) {
        check_extents(&index);
        if (dmsc_mo_index_encode(&index, &file) != DMSC_OK)
            assert(0);
        if (dmsc_mo_index_decode(ctx, dmsc_buf_bytes(&file), &again) != DMSC_OK)
            assert(0);
        assert(again.count == index.count);
        dmsc_mo_index_clear(&again);
        dmsc_mo_index_clear(&index);
    } else {
        assert(strncmp(dmsc_diag_get(ctx)->reason, "mox:", 4) == 0);
    }
    dmsc_buf_clear(&file);
    dmsc_ctx_free(ctx);
    return 0;
}
