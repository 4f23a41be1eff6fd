/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of AUTHENTICATE. The first byte chooses the context. */
#include <dmsc/ctx.h>
#include <dmsc/uicc_auth.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    struct dmsc_ctx *ctx = NULL;
    enum dmsc_auth_context context;

    if (size == 0 || size > 4096 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    context = (enum dmsc_auth_context)(data[0] % 4);
    if (dmsc_auth_result_decode(ctx, context, dmsc_bytes(data + 1, size - 1), &result) == DMSC_OK) {
        if (result.resynchronise && (result.auts.n != 14 || result.res.n != 0))
            abort();
        if (result.ck.n != result.ik.n || (result.ck.n != 0 && result.ck.n != 16))
            abort();
    } else if (result.res.n + result.auts.n + result.ks_naf.n != 0) {
        abort();
    }
    dmsc_auth_result_clear(&result);
    dmsc_ctx_free(ctx);
    return 0;
}
