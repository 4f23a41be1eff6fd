/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/space.h"

enum dmsc_err dmsci_space_init(struct dmsci_space *space, struct dmsc_ctx *ctx, size_t room,
                               uint32_t size)
{
    *space = (struct dmsci_space){ .ctx = ctx, .room = room, .size = size };
    if (room == 0)
        return DMSC_OK;
    space->extents = dmsci_calloc(ctx, room, sizeof(*space->extents));
    return space->extents == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

void dmsci_space_clear(struct dmsci_space *space)
{
    if (space->extents != NULL)
        dmsci_free(space->ctx, space->extents);
    *space = (struct dmsci_space){ 0 };
}

void dmsci_space_add(struct dmsci_space *space, uint32_t offset, uint32_t length)
{
    size_t i = space->count;

    if (space->count == space->room)
        return;
    for (; i > 0 && space->extents[i - 1].offset > offset; i--)
        space->extents[i] = space->extents[i - 1];
    space->extents[i] = (struct dmsci_extent){ offset, length };
    space->count++;
}

/* Gap number @p i of count + 1: before extent i, or behind the last one. */
static struct dmsci_extent gap(const struct dmsci_space *space, size_t i)
{
    uint32_t begin = i == 0 ? 0 : space->extents[i - 1].offset + space->extents[i - 1].length;
    uint32_t end = i == space->count ? space->size : space->extents[i].offset;

    return (struct dmsci_extent){ begin, end > begin ? end - begin : 0 };
}

bool dmsci_space_highest(const struct dmsci_space *space, uint32_t length, uint32_t *ret_offset)
{
    for (size_t i = space->count + 1; i-- > 0;) {
        struct dmsci_extent free_space = gap(space, i);

        if (free_space.length >= length) {
            *ret_offset = free_space.offset;
            return true;
        }
    }
    return false;
}

uint32_t dmsci_space_largest(const struct dmsci_space *space)
{
    uint32_t largest = 0;

    for (size_t i = 0; i <= space->count; i++) {
        if (gap(space, i).length > largest)
            largest = gap(space, i).length;
    }
    return largest;
}

/* Largest gap when extent @p moved lies at @p to instead: one walk over both orders merged. */
static uint32_t largest_after(const struct dmsci_space *space, size_t moved, uint32_t to)
{
    struct dmsci_extent there = { to, space->extents[moved].length };
    uint32_t begin = 0, largest = 0;
    bool placed = false;

    for (size_t i = 0; i <= space->count; i++) {
        bool last = i == space->count;
        struct dmsci_extent next = { space->size, 0 };

        if (!last)
            next = space->extents[i];
        if (!placed && (last || next.offset > to)) {
            if (there.offset - begin > largest)
                largest = there.offset - begin;
            begin = there.offset + there.length;
            placed = true;
        }
        if (i == moved && !last)
            continue;
        if (next.offset > begin && next.offset - begin > largest)
            largest = next.offset - begin;
        begin = next.offset + next.length;
    }
    return largest;
}

bool dmsci_space_best_move(const struct dmsci_space *space, struct dmsci_move *ret_move)
{
    uint32_t best = dmsci_space_largest(space);
    bool found = false;

    for (size_t e = 0; e < space->count; e++) {
        struct dmsci_extent extent = space->extents[e];

        for (size_t g = 0; g <= space->count; g++) {
            struct dmsci_extent into = gap(space, g);
            uint32_t ends[2] = { into.offset, into.offset + into.length - extent.length };

            if (into.length < extent.length)
                continue;
            for (size_t i = 0; i < 2; i++) {
                uint32_t largest = largest_after(space, e, ends[i]);

                if (largest > best) {
                    best = largest;
                    *ret_move = (struct dmsci_move){ extent.offset, ends[i], extent.length };
                    found = true;
                }
            }
        }
    }
    return found;
}
