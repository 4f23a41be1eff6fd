/* SPDX-License-Identifier: Apache-2.0 */
/* Access rules in words. The first byte: b1 compact, b2 of a DF. */
#include <dmsc/access.h>
#include <dmsc/ctx.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void found(void *user, const struct dmsc_access *access)
{
    size_t *count = user;

    if (access->operation[0] == '\0' || access->needs[0] == '\0' || strlen(access->needs) > 1024)
        abort();
    (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_bytes rule;
    size_t count = 0;
    enum dmsc_err err;
    bool df;

    if (size == 0 || size > 4096 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    rule = dmsc_bytes(data + 1, size - 1);
    df = (data[0] & 2) != 0;
    err = (data[0] & 1) != 0 ? dmsc_access_compact(rule, df, found, &count)
                             : dmsc_access_expanded(ctx, rule, df, found, &count);
    if (err == DMSC_OK && count > size * 4)
        abort();
    dmsc_ctx_free(ctx);
    return 0;
}
