/* SPDX-License-Identifier: Apache-2.0 */
/* A DM card profile: whatever the JSON says, it is loaded whole or refused with its place. */
#include <assert.h>
#include <dmsc/card.h>
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_card_profile *profile = NULL;
    struct dmsc_ctx *ctx;
    char path[64];
    FILE *f;

    (void)snprintf(path, sizeof(path), "/tmp/fuzz-card-profile-%ld.json", (long)getpid());
    f = fopen(path, "wb");
    if (f == NULL || dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    (void)fwrite(data, 1, size, f);
    (void)fclose(f);
    if (dmsc_card_profile_load(ctx, path, &profile) == DMSC_OK)
        dmsc_card_profile_free(profile);
    else
        assert(profile == NULL && dmsc_diag_get(ctx)->what[0] != '\0');
    (void)unlink(path);
    dmsc_ctx_free(ctx);
    return 0;
}
