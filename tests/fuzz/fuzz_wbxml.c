/* SPDX-License-Identifier: Apache-2.0 */
/* Documents come from servers, from cards and over the air. */
#include "tests/unit/wbxml/support.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/wbxml.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dmsc_ctx *ctx;

static const char *reason(void)
{
    return dmsc_diag_get(ctx)->reason;
}

/* What is read is written, read again the same, and written the same. */
static void there_and_back(struct dmsc_bytes document)
{
    struct dmsc_buf once, twice;

    dmsc_buf_init(&once, ctx, 1u << 22);
    dmsc_buf_init(&twice, ctx, 1u << 22);
    assert(wbxml_again(ctx, document, &once) == DMSC_OK);
    assert(wbxml_again(ctx, dmsc_buf_bytes(&once), &twice) == DMSC_OK);
    assert(dmsc_bytes_equal(dmsc_buf_bytes(&once), dmsc_buf_bytes(&twice)));
    dmsc_buf_clear(&once);
    dmsc_buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_bytes document = dmsc_bytes(data, size);
    struct dmsc_buf xml;
    enum dmsc_err err;

    if (ctx == NULL && dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        __builtin_trap();
    dmsc_buf_init(&xml, ctx, 1u << 22);
    err = dmsc_wbxml_to_xml(ctx, document, &xml);
    if (err == DMSC_OK) {
        assert(dmsc_wbxml_is(document));
        there_and_back(document);
    } else {
        assert(xml.n == 0);
        assert(err == DMSC_E_LIMIT || strncmp(reason(), "wbxml:", 6) == 0);
    }
    dmsc_buf_clear(&xml);
    return 0;
}
