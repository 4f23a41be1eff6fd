/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one message: taken in pieces, given back as a whole. */
#ifndef DMSCI_SYNCML_ARENA_H
#define DMSCI_SYNCML_ARENA_H

#include <dmsc/bytes.h>

struct dmsci_syncml_block;

/** Zeroed, aligned for anything. NULL when there is none. */
void *dmsci_syncml_arena(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks, size_t n);
/** NUL-terminated copy. */
char *dmsci_syncml_arena_text(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks,
                              struct dmsc_bytes text);
void dmsci_syncml_arena_free(struct dmsc_ctx *ctx, struct dmsci_syncml_block **blocks);

#endif
