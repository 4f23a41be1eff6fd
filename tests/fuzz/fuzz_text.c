/* SPDX-License-Identifier: Apache-2.0 */
/* Hex and UTF-8, and a story told with whatever text came: hex goes back to what it was, and a
 * story is always one line of UTF-8. */
#include "apdu/base/ctx.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(struct dmsc_buf *buf)
{
    char *text = malloc(2 * buf->n + 1);
    size_t before = buf->n;

    if (text == NULL)
        abort();
    dmsc_hex_encode(dmsc_buf_bytes(buf), text);
    if (dmsc_hex_decode(text, buf) != DMSC_OK || buf->n != 2 * before)
        abort();
    if (before > 0 && memcmp(buf->p, buf->p + before, before) != 0)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;
    char *text = malloc(size + 1);
    const char *what;

    if (text == NULL || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        abort();
    dmsci_copy(text, data, size);
    text[size] = '\0';
    dmsc_buf_init(&buf, ctx, 2 * size + 2);
    if (dmsc_hex_decode(text, &buf) == DMSC_OK)
        there_and_back(&buf);
    else if (buf.n != 0)
        abort();
    dmsc_buf_clear(&buf);

    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read \"%s\"", text);
    what = dmsc_diag_get(ctx)->what;
    if (!dmsci_utf8_valid(dmsc_bytes_str(what)) || strpbrk(what, "\r\n\x1b\x7f") != NULL)
        abort();
    if (dmsci_utf8_valid(dmsc_bytes(data, size)) && strlen(text) != size)
        abort();
    free(text);
    dmsc_ctx_free(ctx);
    return 0;
}
