/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets, command and response: without the keys nothing with a CC unwraps; what unwraps
 * is no longer than what came. The first byte chooses keys and what SPI2 the server had asked. */
#include "apdu/codec/ota/packet.h"
#include <assert.h>
#include <dmsc/ctx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[32] = { 0x30, 0x01, 0x02, 0x03, 0x04, 0x05 };

static void as_command(struct dmsc_ctx *ctx, struct dmsc_bytes in,
                       const struct dmsci_ota_keys *keys, struct dmsc_buf *out)
{
    struct dmsci_ota_command command;
    struct dmsci_ota_header header;
    enum dmsci_ota_sts sts;
    enum dmsc_err err = dmsci_ota_command_unwrap(ctx, in, keys, 5, &command, out, &sts);

    assert((err == DMSC_OK) == (sts == DMSCI_OTA_STS_OK));
    if (err == DMSC_OK || err == DMSC_E_REPLAY)
        assert(dmsci_ota_command_peek(ctx, in, &header) == DMSC_OK);
    if (err != DMSC_OK)
        return;
    assert(out->n + command.padding + 16 <= in.n);
    assert(command.counter > 5 || !dmsci_ota_counter_kept(header.spi[0]));
    assert(dmsci_ota_response_wrap(ctx, &command, keys, sts, dmsc_bytes(key, 3), out) == DMSC_OK ||
           DMSCI_OTA_INTEGRITY(header.spi[1] >> 2) != DMSCI_OTA_NONE ||
           (header.spi[1] & DMSCI_OTA_POR_CIPHERED) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t sizes[] = { 8, 16, 24, 32 };
    struct dmsci_ota_response response;
    struct dmsci_ota_header asked = { { 0x16, 0 }, 0, 0, { 0 } };
    struct dmsci_ota_keys keys = { .kic_implicit = 0x05, .kid_implicit = 0x01 };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_bytes in = { data + 1, size - 1 };
    struct dmsc_buf out;

    if (size == 0 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&out, ctx, size + 100);
    keys.kic = dmsc_bytes(key, sizes[data[0] & 3]);
    keys.kid = keys.kic;
    keys.cc_size = (data[0] & 4) != 0 ? 4 : 8;
    as_command(ctx, in, &keys, &out);
    asked.spi[1] = data[0] >> 3;
    asked.kic = asked.kid = (data[0] & 3) == 0 ? 0x11 : (data[0] & 3) == 1 ? 0x15 : 0x12;
    dmsc_buf_reset(&out);
    if (dmsci_ota_response_unwrap(ctx, in, &asked, &keys, &response, &out) == DMSC_OK)
        assert(out.n + response.padding + 13 <= in.n);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
    return 0;
}
