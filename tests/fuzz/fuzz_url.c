/* SPDX-License-Identifier: Apache-2.0 */
/* URLs come from accounts on the card and from servers (RespURI). */
#include "host/net/url.h"
#include <assert.h>
#include <dmsc/ctx.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsci_url url = DMSCI_URL_INIT, again = DMSCI_URL_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf text;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    dmsc_buf_init(&text, ctx, 8192);
    if (size <= 8192 && dmsc_buf_append(&text, dmsc_bytes(data, size)) == DMSC_OK &&
        dmsci_url_parse(ctx, dmsc_buf_str(&text), &url) == DMSC_OK) {
        assert(strncmp(url.text, "https://", 8) == 0);
        assert(url.host[0] != '\0' && url.target[0] == '/' && url.port != 0);
        /* Nothing in it can end a header line. */
        for (const char *c = url.text; *c != '\0'; c++)
            assert((unsigned char)*c > 0x20 && (unsigned char)*c < 0x7F);
        assert(dmsci_url_parse(ctx, url.text, &again) == DMSC_OK);
        assert(strcmp(url.text, again.text) == 0);
        dmsci_url_clear(&again);
        dmsci_url_clear(&url);
    }
    dmsc_buf_clear(&text);
    dmsc_ctx_free(ctx);
    return 0;
}
