/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the export of a real card: a profile that loads or is refused with a story. */
#define _GNU_SOURCE /* memfd_create() */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf profile;
    int fd = memfd_create("export", MFD_CLOEXEC);
    char path[40];

    assert(fd >= 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert(write(fd, data, size) == (ssize_t)size);
    assert(dmsc_ctx_new(NULL, &ctx) == DMSC_OK);
    dmsc_buf_init(&profile, ctx, 64u << 20);
    if (dmsc_sim_import(ctx, path, "3B00", &profile) == DMSC_OK) {
        if (dmsc_sim_new_text(ctx, dmsc_buf_bytes(&profile), NULL, NULL, &sim) != DMSC_OK)
            assert(dmsc_diag_get(ctx)->where[0] != '\0');
    } else {
        assert(profile.n == 0 && dmsc_diag_get(ctx)->what[0] != '\0');
    }
    dmsc_buf_clear(&profile);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    (void)close(fd);
    return 0;
}
