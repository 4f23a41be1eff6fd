/* SPDX-License-Identifier: Apache-2.0 */
/* Plays a conversation between a card, a network and the toolkit engine, written as lines. */
#ifndef TESTS_UNIT_UICC_CAT_PLAY_H
#define TESTS_UNIT_UICC_CAT_PLAY_H

#include "host/uicc/cat/cat.h"
#include "tests/support/vectors.h"

struct cat_play {
    struct dmsc_ctx *ctx;
    struct dmsci_cat *cat;
    struct dmsci_cat_now now; /* 2026-01-31T17:45:00Z, an hour ahead of it; ms from 0 */
};

/** @param config NULL for the default; ctx is given */
void cat_play_begin(struct cat_play *play, struct dmsc_ctx *ctx,
                    const struct dmsc_cat_config *config);
void cat_play_end(struct cat_play *play);
/**
 * One line. What the engine wants:
 *     > HEX            this C-APDU, Lc and Le as in T=1
 *     wait MS|- [busy] that time since the beginning, or for nothing that time brings
 *     reset            a cold reset, which succeeds
 *     refresh MODE everything|files|- init|- HEX HEX RESULT
 *                      mode, what has changed, begin anew, paths, AID; the user answers RESULT
 *     seen TYPE RESULT the user is told
 *     open N udp|tcp|server ADDRESS PORT
 *     close N [again]
 *     send N HEX
 * What comes:
 *     < HEX            R-APDU
 *     begin, forget, abort, announce N, time MS, event CODE HEX listed|no
 *     started N, connected N, failed N CAUSE, sent N BYTES, writable N, received N HEX, dropped N
 * @return NULL, or what is wrong; valid until the next call
 */
const char *cat_play_line(struct cat_play *play, const char *line);

#endif
