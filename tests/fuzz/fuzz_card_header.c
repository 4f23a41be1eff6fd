/* SPDX-License-Identifier: Apache-2.0 */
/* EF.DMHDR record: what is taken is encoded to the same bytes, but for nothing. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_card_header header;
    uint8_t record[DMSC_CARD_HEADER_SIZE];
    struct dmsc_ctx *ctx;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsc_card_header_decode(ctx, dmsc_bytes(data, size), &header) == DMSC_OK) {
        dmsc_card_header_encode(&header, record);
        assert(size == sizeof(record) && memcmp(record, data, size) == 0);
    } else {
        assert(strncmp(dmsc_diag_get(ctx)->reason, "hdr:", 4) == 0);
    }
    dmsc_ctx_free(ctx);
    return 0;
}
