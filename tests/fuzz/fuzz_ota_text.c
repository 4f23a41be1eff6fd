/* SPDX-License-Identifier: Apache-2.0 */
/* Key files and scripts in text. The first byte chooses. What a key file is after a counter was
 * taken, it is still: the same but for the counter. A script in text is one that is well formed. */
#include "apdu/codec/ota/script.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/ota.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_keys(struct dmsc_ctx *ctx, struct dmsc_bytes text, struct dmsc_buf *out)
{
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT, again = DMSC_OTA_KEYS_INIT;

    if (dmsc_ota_keys_parse(ctx, text, &keys) != DMSC_OK)
        return;
    if (dmsc_ota_keys_advance(ctx, text, &keys, out) == DMSC_OK) {
        assert(dmsc_ota_keys_parse(ctx, dmsc_buf_bytes(out), &again) == DMSC_OK);
        assert(again.counter == keys.counter && again.kic == keys.kic && again.kid == keys.kid);
        assert(
            dmsc_bytes_equal(dmsc_secret_bytes(&again.kic_key), dmsc_secret_bytes(&keys.kic_key)));
    }
    dmsc_ota_keys_clear(&keys);
    dmsc_ota_keys_clear(&again);
}

static void as_script(struct dmsc_ctx *ctx, enum dmsc_ota_format format, struct dmsc_bytes text,
                      struct dmsc_buf *out)
{
    struct dmsci_script script;
    struct dmsc_buf copy;

    dmsc_buf_init(&copy, ctx, text.n + 1);
    if (dmsc_buf_append(&copy, text) == DMSC_OK &&
        dmsc_ota_script(ctx, format, dmsc_buf_str(&copy), out) == DMSC_OK)
        assert(dmsci_script_decode(dmsc_buf_bytes(out), &script, NULL) == DMSC_OK);
    dmsc_buf_clear(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dmsc_ota_format formats[] = { DMSC_OTA_COMPACT, DMSC_OTA_EXPANDED,
                                                    DMSC_OTA_INDEFINITE };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf out;

    if (size == 0 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&out, ctx, 2 * size + 100);
    if (data[0] % 4 == 3)
        as_keys(ctx, dmsc_bytes(data + 1, size - 1), &out);
    else
        as_script(ctx, formats[data[0] % 4], dmsc_bytes(data + 1, size - 1), &out);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
    return 0;
}
