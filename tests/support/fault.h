/* SPDX-License-Identifier: Apache-2.0 */
/* An allocator that fails when told to, counts, and knows at the end what was forgotten. */
#ifndef TESTS_SUPPORT_FAULT_H
#define TESTS_SUPPORT_FAULT_H

#include <dmsc/ctx.h>
#include <stdbool.h>

enum fault_kind { FAULT_NEVER, FAULT_ONCE, FAULT_FOREVER };

struct fault {
    enum fault_kind kind;
    unsigned long at;    /* the allocation that fails, counted from 0 since fault_arm() */
    unsigned long calls; /* allocations and growths since fault_arm(); freeing does not count */
    bool fired;          /* at least one allocation was refused */
    size_t live_blocks;  /* not freed yet */
    size_t live_bytes;
    size_t peak_bytes; /* most that was alive at one time since fault_arm() */
};

#define FAULT_INIT                                                                                 \
    {                                                                                              \
        FAULT_NEVER, 0, 0, false, 0, 0, 0                                                          \
    }

/** Let @p config use this allocator. @p fault must outlive the context. */
void fault_config(struct fault *fault, struct dmsc_ctx_config *config);
/** From now on: the allocation number @p at fails, once or with all that follow. */
void fault_arm(struct fault *fault, enum fault_kind kind, unsigned long at);
/** Fails the running test when something is still alive. */
void fault_assert_no_leak(const struct fault *fault);

/**
 * Run @p scenario with a failing allocation at its 1st, 2nd, ... call until it runs through
 * untouched: once with a single failure, once with all that follow failing too. Each run has a
 * context of its own, and must answer DMSC_E_NOMEM (or DMSC_OK, when it could do without) and leave
 * nothing behind; the untouched run must answer DMSC_OK.
 *
 * @param scenario frees all it made, on every path
 * @return allocations of the untouched run
 */
unsigned long fault_torture(enum dmsc_err (*scenario)(struct dmsc_ctx *ctx, void *user),
                            void *user);

#endif
