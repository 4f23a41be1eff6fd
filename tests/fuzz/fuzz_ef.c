/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a standard EF. The first byte chooses which. */
#include <dmsc/ctx.h>
#include <dmsc/ef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void found(void *user, const struct dmsc_ef_line *line)
{
    size_t *count = user;

    if (line->name[0] == '\0' || line->value == NULL)
        abort();
    (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = { "ICCID",  "DIR",    "ARR",      "PL",    "UMPC", "IMSI",
                                         "SPN",    "UST",    "EST",      "IST",   "AD",   "ACC",
                                         "MSISDN", "HPPLMN", "PLMNwAcT", "FPLMN", "ECC",  "IMPI" };
    struct dmsc_ctx *ctx = NULL;
    size_t count = 0;

    if (size == 0 || size > 4096 || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    if (dmsc_ef_describe(ctx, files[data[0] % (sizeof(files) / sizeof(files[0]))],
                         dmsc_bytes(data + 1, size - 1), found, &count) == DMSC_OK &&
        count > 8 * size)
        abort();
    dmsc_ctx_free(ctx);
    return 0;
}
