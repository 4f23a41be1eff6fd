/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed values come from a file that anybody may have written. */
#include "host/credential/seal.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What opens was sealed with the key: without it, only the seeds can be such. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char place[] = "./DMAcc/OpA/AppAuth/1/AAuthSecret";
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf plain;
    enum dmsc_err err;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK ||
        dmsci_seal_key(ctx, dmsc_bytes_str("the private key of the device"),
                       dmsc_bytes_str("dmsc store 1"), &key) != DMSC_OK)
        __builtin_trap();
    dmsc_buf_init(&plain, ctx, 1u << 20);
    err = dmsci_unseal(ctx, &key, dmsc_bytes_str(place), dmsc_bytes(data, size), &plain);
    if (err == DMSC_OK)
        assert(plain.n + DMSCI_SEAL_OVERHEAD == size);
    else
        assert(plain.n == 0 && (err == DMSC_E_CORRUPT || err == DMSC_E_LIMIT));
    dmsc_buf_clear(&plain);
    dmsc_secret_clear(&key);
    dmsc_ctx_free(ctx);
    return 0;
}
