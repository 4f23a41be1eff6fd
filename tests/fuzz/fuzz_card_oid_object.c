/* SPDX-License-Identifier: Apache-2.0 */
/* oidDO entry of EF.DODF: what is taken lies inside the input. */
#include "host/card/format/pkcs15.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const uint8_t *data, size_t size, struct dmsc_bytes part)
{
    assert(part.n == 0 || (part.p >= data && part.p + part.n <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_p15_oid_object object;
    struct dmsc_ctx *ctx;
    char text[32];

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsci_p15_oid_object_decode(ctx, dmsc_bytes(data, size), &object) == DMSC_OK) {
        inside(data, size, object.label);
        inside(data, size, object.application);
        inside(data, size, object.oid);
        inside(data, size, object.path);
        assert(object.oid.n > 0 && object.path.n >= 2 && object.path.n <= 16);
        dmsci_p15_oid_text(object.oid, text, sizeof(text));
        assert(strlen(text) < sizeof(text));
    } else {
        assert(strcmp(dmsc_diag_get(ctx)->reason, "pkcs15:oid-object") == 0);
    }
    dmsc_ctx_free(ctx);
    return 0;
}
