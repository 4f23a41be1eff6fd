/* SPDX-License-Identifier: Apache-2.0 */
/* Free space of one body pool: where the next body goes, and which move makes more room. Pure. */
#ifndef DMSCI_CARD_SPACE_H
#define DMSCI_CARD_SPACE_H

#include "apdu/base/ctx.h"

struct dmsci_extent {
    uint32_t offset, length;
};

/** Extents in use, by offset, without overlap. */
struct dmsci_space {
    struct dmsc_ctx *ctx;
    struct dmsci_extent *extents;
    size_t count, room;
    uint32_t size; /* of the pool */
};

/** @param room extents it can hold at most */
DMSC_NODISCARD enum dmsc_err dmsci_space_init(struct dmsci_space *space, struct dmsc_ctx *ctx,
                                              size_t room, uint32_t size);
void dmsci_space_clear(struct dmsci_space *space);
/** Keeps the order. The caller does not add more than the room. */
void dmsci_space_add(struct dmsci_space *space, uint32_t offset, uint32_t length);
/** Begin of the highest gap of at least @p length bytes. */
bool dmsci_space_highest(const struct dmsci_space *space, uint32_t length, uint32_t *ret_offset);
uint32_t dmsci_space_largest(const struct dmsci_space *space);

struct dmsci_move {
    uint32_t from, to, length;
};
/**
 * The one move of an extent into a gap, not over itself, after which the largest gap is largest.
 * @return false when no move makes it larger than it is
 */
bool dmsci_space_best_move(const struct dmsci_space *space, struct dmsci_move *ret_move);

#endif
