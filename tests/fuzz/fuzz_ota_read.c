/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a person pastes: found, read without keys, its script told. Each piece of the input has
 * its length in front, as the parts of a concatenated message have. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/ota.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *user, const struct dmsc_ota_item *item)
{
    size_t *bytes = user;

    assert(item->name != NULL);
    *bytes += item->value.n;
}

static void read_packet(struct dmsc_ctx *ctx, const struct dmsc_ota_received *received,
                        struct dmsc_buf *data)
{
    struct dmsc_ota_packet packet;
    size_t bytes = 0;

    if (dmsc_ota_read(ctx, received->kind, received->packet, NULL, &packet, data) != DMSC_OK)
        return;
    assert(!packet.authenticated);
    assert(dmsc_ota_words(&packet, DMSC_OTA_KID)[0] != '\0');
    if (packet.opened &&
        dmsc_ota_script_each(ctx, dmsc_buf_bytes(data), received->kind == DMSC_OTA_RESPONSE, count,
                             &bytes) == DMSC_OK)
        assert(bytes <= data->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(data, size));
    struct dmsc_ota_receiver *receiver = NULL;
    struct dmsc_ota_received received;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf out;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&out, ctx, size);
    if (dmsc_ota_receiver_new(ctx, &receiver) == DMSC_OK) {
        while (r.n > 0 && !r.bad) {
            struct dmsc_bytes piece = dmsc_rd_bytes(&r, dmsc_rd_u8(&r));

            if (dmsc_ota_receive(receiver, piece, &received) == DMSC_OK && received.whole)
                read_packet(ctx, &received, &out);
        }
    }
    dmsc_ota_receiver_free(receiver);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
    return 0;
}
