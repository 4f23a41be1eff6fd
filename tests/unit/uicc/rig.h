/* SPDX-License-Identifier: Apache-2.0 */
/* A UICC over the scripted link, powered on. */
#ifndef TESTS_UNIT_UICC_RIG_H
#define TESTS_UNIT_UICC_RIG_H

#include "tests/unit/link/scripted.h"
#include <dmsc/limits.h>
#include <dmsc/uicc.h>

struct rig {
    struct dmsc_ctx *ctx;
    struct scripted *card;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_buf buf; /* holds "old" */
};

struct rig rig_begin(void);
/** With limits of its own. */
struct rig rig_begin_limits(const struct dmsc_limits *limits);
/** Fails the test when turns are left or the lock is not given back. */
void rig_end(struct rig *rig);
/** The card gives channel @p channel, a hex byte. */
void rig_open_channel(struct rig *rig, const char *channel);

/** The buffer still says "old". */
void rig_assert_untouched(const struct rig *rig);
/** Story of the last failure. @p reason and @p sw as in struct dmsc_diag. */
void rig_assert_story(const struct rig *rig, enum dmsc_err err, const char *reason, uint16_t sw);

/**
 * Play the card's turns again and again, an allocation failing at each place, and a link that
 * answers @p work's commands with DMSC_E_REMOVED at each turn.
 */
void rig_torture(struct scripted *card,
                 enum dmsc_err (*work)(struct dmsc_uicc *uicc, struct dmsc_buf *buf));

#endif
