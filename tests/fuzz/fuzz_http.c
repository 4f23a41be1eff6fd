/* SPDX-License-Identifier: Apache-2.0 */
/* A response of a server, whole and byte by byte: the verdict must be the same. */
#include "host/net/http.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsci_http whole, bytes;
    enum dmsc_err err, piecewise = DMSC_OK;

    config.limits.http_header_size = 1024;
    if (dmsc_ctx_new(&config, &ctx) != DMSC_OK)
        return 0;
    dmsci_http_init(&whole, ctx, 4096);
    dmsci_http_init(&bytes, ctx, 4096);
    err = dmsci_http_feed(&whole, dmsc_bytes(data, size));
    for (size_t i = 0; i < size && piecewise == DMSC_OK; i++)
        piecewise = dmsci_http_feed(&bytes, dmsc_bytes(data + i, 1));
    assert(err == piecewise);
    if (err == DMSC_OK) {
        assert(whole.status == bytes.status && whole.state == bytes.state);
        assert(whole.body.n == bytes.body.n && whole.body.n <= 4096);
        assert(dmsci_http_eof(&whole) == dmsci_http_eof(&bytes));
    }
    dmsci_http_clear(&whole);
    dmsci_http_clear(&bytes);
    dmsc_ctx_free(ctx);
    return 0;
}
