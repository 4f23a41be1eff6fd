/* SPDX-License-Identifier: Apache-2.0 */
#include "host/syncml/arena.h"
#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <stdalign.h>

/* A message of a few commands fits one block. */
#define BLOCK_BYTES 4000u

struct dmsci_syncml_block {
    struct dmsci_syncml_block *next;
    size_t used, cap;
    max_align_t data[];
};

static uint8_t *take(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks, size_t n,
                     size_t align)
{
    struct dmsci_syncml_block *block = *blocks;
    size_t from = block == NULL ? 0 : (block->used + align - 1) / align * align;
    size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;

    if (block == NULL || from > block->cap || n > block->cap - from) {
        if (cap > SIZE_MAX - sizeof(*block))
            return NULL;
        block = dmsci_alloc(ctx, sizeof(*block) + cap);
        if (block == NULL)
            return NULL;
        block->cap = cap;
        block->next = *blocks;
        *blocks = block;
        from = 0;
    }
    block->used = from + n;
    return (uint8_t *)block->data + from;
}

void *dmsci_syncml_arena(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks, size_t n)
{
    return take(ctx, blocks, n, alignof(max_align_t));
}

char *dmsci_syncml_arena_text(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks,
                              struct dmsc_bytes text)
{
    uint8_t *copy = take(ctx, blocks, text.n + 1, 1);

    if (copy != NULL)
        dmsci_copy(copy, text.p, text.n); /* fresh memory is zeroed: the NUL is there */
    return (char *)copy;
}

void dmsci_syncml_arena_free(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks)
{
    while (*blocks != NULL) {
        struct dmsci_syncml_block *next = (*blocks)->next;

        /* Data of commands may be secret: what a session carried is not left in free memory. */
        dmsc_wipe((*blocks)->data, (*blocks)->used);
        dmsci_free(ctx, *blocks);
        *blocks = next;
    }
}
