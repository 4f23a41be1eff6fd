/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <stdlib.h>
#include <string.h>

#define MAGIC_LIVE 0x4C495645u
#define MAGIC_DEAD 0x44454144u
/* A scenario that allocates more often than this is a loop. */
#define TORTURE_MAX 200000ul

/* A sanitizer ends the program where malloc would answer NULL: never ask it for that much. */
#define BLOCK_MAX ((size_t)1 << 30)

/* In front of every block; the block itself ends where malloc's does, so a sanitizer sees overruns.
 */
union header {
    struct {
        size_t n;
        unsigned magic;
    } block;
    max_align_t align;
};

static union header *header_of(void *p)
{
    union header *header = (union header *)p - 1;

    if (header->block.magic != MAGIC_LIVE) {
        print_error("fault allocator: %p is not alive or its front was overwritten\n", p);
        abort();
    }
    return header;
}

static void release(struct fault *fault, void *p)
{
    union header *header = header_of(p);

    fault->live_blocks--;
    fault->live_bytes -= header->block.n;
    header->block.magic = MAGIC_DEAD;
    free(header);
}

static bool refuses(struct fault *fault)
{
    unsigned long call = fault->calls++;
    bool refused = (fault->kind == FAULT_ONCE && call == fault->at) ||
                   (fault->kind == FAULT_FOREVER && call >= fault->at);

    fault->fired = fault->fired || refused;
    return refused;
}

/* Growing always moves: code that keeps an old pointer is found out. */
static void *fault_realloc(void *user, void *p, size_t n)
{
    struct fault *fault = user;
    union header *header;

    if (n == 0) {
        if (p != NULL)
            release(fault, p);
        return NULL;
    }
    if (refuses(fault) || n > BLOCK_MAX)
        return NULL;
    header = malloc(sizeof(*header) + n);
    if (header == NULL)
        return NULL;
    header->block.n = n;
    header->block.magic = MAGIC_LIVE;
    memset(header + 1, 0xA5, n);
    if (p != NULL) {
        size_t old = header_of(p)->block.n;

        memcpy(header + 1, p, old < n ? old : n);
        release(fault, p);
    }
    fault->live_blocks++;
    fault->live_bytes += n;
    if (fault->live_bytes > fault->peak_bytes)
        fault->peak_bytes = fault->live_bytes;
    return header + 1;
}

void fault_config(struct fault *fault, struct dmsc_ctx_config *config)
{
    config->realloc = fault_realloc;
    config->realloc_user = fault;
}

void fault_arm(struct fault *fault, enum fault_kind kind, unsigned long at)
{
    fault->kind = kind;
    fault->at = at;
    fault->calls = 0;
    fault->fired = false;
    fault->peak_bytes = fault->live_bytes;
}

void fault_assert_no_leak(const struct fault *fault)
{
    if (fault->live_blocks != 0)
        fail_msg("%zu blocks (%zu bytes) were not freed; failing allocation: %lu",
                 fault->live_blocks, fault->live_bytes, fault->at);
}

static unsigned long torture(enum fault_kind kind,
                             enum dmsc_err (*scenario)(struct dmsc_ctx *ctx, void *user),
                             void *user)
{
    for (unsigned long at = 0; at < TORTURE_MAX; at++) {
        struct fault fault = FAULT_INIT;
        struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
        struct dmsc_ctx *ctx = NULL;
        enum dmsc_err err;

        fault_config(&fault, &config);
        assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
        fault_arm(&fault, kind, at);
        err = scenario(ctx, user);
        if (err != DMSC_OK && (err != DMSC_E_NOMEM || !fault.fired))
            fail_msg("allocation %lu (%s), and the answer was %s: %s", at,
                     fault.fired ? "failed" : "was not reached", dmsc_err_name(err),
                     dmsc_diag_get(ctx)->what);
        dmsc_ctx_free(ctx);
        fault_assert_no_leak(&fault);
        if (!fault.fired)
            return at;
    }
    fail_msg("still allocating after %lu runs", TORTURE_MAX);
    return TORTURE_MAX;
}

unsigned long fault_torture(enum dmsc_err (*scenario)(struct dmsc_ctx *ctx, void *user), void *user)
{
    unsigned long calls = torture(FAULT_ONCE, scenario, user);

    (void)torture(FAULT_FOREVER, scenario, user);
    return calls;
}
