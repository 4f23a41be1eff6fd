/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link whose card is the test. It plays turns, "this command comes, this is the answer", and
 * fails the test when another command comes; or it asks a function of the test. It counts what the
 * link core does to its driver. Its memory is not the context's: it outlives link and context, so
 * that a scenario can be played again under failing allocations.
 */
#ifndef TESTS_UNIT_LINK_SCRIPTED_H
#define TESTS_UNIT_LINK_SCRIPTED_H

#include <dmsc/link.h>

struct scripted_turn {
    struct dmsc_bytes capdu, rapdu;
    enum dmsc_err err; /* not DMSC_OK: the answer */
    bool power;        /* a cold reset stands here instead of a command */
};

struct scripted {
    enum dmsc_protocol protocol;
    struct dmsc_bytes atr; /* at first that of a UICC */
    bool no_lock;          /* made without lock and unlock */
    /* Instead of turns. */
    enum dmsc_err (*respond)(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu);
    void *respond_user;

    struct scripted_turn *turns;
    size_t count, cap;
    size_t at; /* turns played */

    bool powered;
    unsigned powers, transmits, closes;
    unsigned locks, unlocks;
    enum dmsc_err lock_fails;  /* not DMSC_OK: the answer to lock */
    enum dmsc_err power_fails; /* likewise */
    unsigned locked_transmits; /* commands that went while locked */
    struct dmsc_ctx *ctx;
};

struct scripted *scripted_new(enum dmsc_protocol protocol);
/** Fails the test when turns are left. */
void scripted_free(struct scripted *s);
/** Add a turn; hex with spaces as you like. */
void scripted_turn(struct scripted *s, const char *capdu, const char *rapdu);
/** The rapdu is @p n bytes of 00 01 02 ... from @p first, and SW 9000. */
void scripted_turn_data(struct scripted *s, const char *capdu, uint8_t first, size_t n);
/** A command that gets no answer. */
void scripted_turn_fails(struct scripted *s, const char *capdu, enum dmsc_err err);
/** The card is powered on between two commands. */
void scripted_turn_power(struct scripted *s);
/** Play from the beginning, with all counts at zero. */
void scripted_rewind(struct scripted *s);
/** Fails the test unless all turns were played. */
void scripted_assert_done(const struct scripted *s);

/** A link around it. More than one after the other is fine. */
enum dmsc_err scripted_link(struct scripted *s, struct dmsc_ctx *ctx, struct dmsc_link **ret_link);

#endif
