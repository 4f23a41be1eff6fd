/* SPDX-License-Identifier: Apache-2.0 */
/* A card whose state outlives it, its dumps, and what each part of a profile is tried with. */
#ifndef TESTS_SIM_RIG_H
#define TESTS_SIM_RIG_H

#include "tests/unit/sim/card.h"

struct rig {
    struct dmsc_ctx *ctx;
    char directory[SUPPORT_PATH_MAX]; /* of this test alone */
    char state[SUPPORT_PATH_MAX + 16];
    struct dmsc_sim_options options; /* the state is kept in that file */
    struct dmsc_buf dump;
};

/** The test with a rig as its *state. */
#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
int rig_setup(void **state);
int rig_teardown(void **state);

/** Dump the card into rig->dump. @return that text */
const char *rig_dump(struct rig *rig, const struct dmsc_sim *sim);
/** The card dumps what stands in rig->dump. */
void rig_expect_dump(const struct rig *rig, const struct dmsc_sim *sim);
/** So does the card that rig->dump describes. */
void rig_expect_dump_loads(const struct rig *rig);

struct rig_refusal {
    const char *text, *reason, *where;
};

/**
 * A profile is malformed when its part is one of these texts; reason and place are told.
 *
 * @param adf  path of an ADF that the profile has; NULL: it has the MF alone
 * @param aid  of that ADF, hex
 */
void rig_expect_refusals(const char *part, const char *adf, const char *aid,
                         const struct rig_refusal *bad, size_t n);

/** Lack of memory does no harm while this profile of the source tree is loaded and dumped. */
void rig_expect_no_memory(const char *profile);

#endif
