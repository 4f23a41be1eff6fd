/* SPDX-License-Identifier: Apache-2.0 */
/* LocURIs come from servers, from objects on the card and from the command line. */
#include "host/mo/uri.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct dmsc_ctx *ctx, const char *canonical)
{
    struct dmsc_buf encoded;
    struct dmsc_buf again;

    dmsc_buf_init(&encoded, ctx, 65536);
    dmsc_buf_init(&again, ctx, 65536);
    assert(dmsci_uri_check(ctx, canonical) == DMSC_OK);
    assert(dmsc_uri_below(canonical, "."));
    assert(dmsci_uri_encode(canonical, &encoded) == DMSC_OK);
    /* What was written in its encoded form may be longer than a URI may be, and no other. */
    if (dmsc_uri_normalise(ctx, dmsc_buf_str(&encoded), &again, NULL) == DMSC_OK)
        assert(strcmp(canonical, dmsc_buf_str(&again)) == 0);
    else
        assert(dmsc_diag_get(ctx)->err == DMSC_E_LIMIT);
    dmsc_buf_clear(&encoded);
    dmsc_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf text;
    struct dmsc_buf uri;
    struct dmsc_buf query;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&text, ctx, 65536);
    dmsc_buf_init(&uri, ctx, 65536);
    dmsc_buf_init(&query, ctx, 65536);
    if (size < 65536 && dmsc_buf_append(&text, dmsc_bytes(data, size)) == DMSC_OK) {
        if (dmsc_uri_normalise(ctx, dmsc_buf_str(&text), &uri, &query) == DMSC_OK)
            check(ctx, dmsc_buf_str(&uri));
        else
            assert(uri.n + query.n == 0 && dmsc_diag_get(ctx)->reason[0] != '\0');
    }
    dmsc_buf_clear(&text);
    dmsc_buf_clear(&uri);
    dmsc_buf_clear(&query);
    dmsc_ctx_free(ctx);
    return 0;
}
