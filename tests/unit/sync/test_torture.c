/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts, a bad way to the card and no memory, at every point there is: old or new, never
 * between, and the next run mends it. */
#include "tests/unit/sync/rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMER "./3GPP_IMS/Timer_T1"
#define OPA   "com.opa.dm"

static struct {
    char *before, *after;           /* the device, before and after */
    char *card_before, *card_after; /* the card */
} good;

static void forget_good(void)
{
    free(good.before);
    free(good.after);
    free(good.card_before);
    free(good.card_after);
    memset(&good, 0, sizeof(good));
}

/* A device that knows generation 1 and has something to say; @p fresh: one that knows nothing. */
static void begin_push(struct rig *rig)
{
    rig_open(rig);
    rig_pull_ok(rig);
    rig_set(rig, TIMER, "4000");
}

static void learn_push(void)
{
    struct rig rig;

    begin_push(&rig);
    good.before = rig_snapshot(&rig);
    good.card_before = rig_card(&rig);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    assert_int_equal(rig_push(&rig, OPA), DMSC_OK);
    good.after = rig_snapshot(&rig);
    good.card_after = rig_card(&rig);
    assert_string_not_equal(good.before, good.after);
    assert_string_not_equal(good.card_before, good.card_after);
    rig_close(&rig);
}

static bool is_one_of(char *is, const char *a, const char *b)
{
    bool found = strcmp(is, a) == 0 || strcmp(is, b) == 0;

    if (!found)
        print_error("neither old nor new:\n%s\nold:\n%s\nnew:\n%s\n", is, a, b);
    free(is);
    return found;
}

/* What the bridge does at the next sync while the marker stands: pull, push, and all is well. */
static void mend(struct rig *rig)
{
    char *is;

    rig_trouble(rig, TROUBLE_NONE, 0);
    dmsc_sim_tear_at(rig->sim, 0, DMSC_SIM_TEAR_OLD);
    rig_pull_ok(rig);
    assert_int_equal(rig_push(rig, OPA), DMSC_OK);
    is = rig_snapshot(rig);
    assert_string_equal(is, good.after);
    free(is);
    is = rig_card(rig);
    assert_string_equal(is, good.card_after);
    free(is);
    rig_pull_ok(rig);
    assert_true(rig->report.unchanged);
}

static void a_power_cut_at_every_update(void **state)
{
    unsigned cuts = 0;

    (void)state;
    learn_push();
    for (int outcome = DMSC_SIM_TEAR_OLD; outcome <= DMSC_SIM_TEAR_GARBAGE; outcome++) {
        bool torn = true;

        for (unsigned n = 1; torn; n++) {
            struct rig rig;
            enum dmsc_err err;

            begin_push(&rig);
            dmsc_sim_tear_at(rig.sim, n, (enum dmsc_sim_tear)outcome);
            err = rig_push(&rig, OPA);
            torn = dmsc_sim_counts(rig.sim).torn > 0;
            dmsc_sim_tear_at(rig.sim, 0, DMSC_SIM_TEAR_OLD);
            if (torn) {
                assert_int_not_equal(err, DMSC_OK);
                assert_true(is_one_of(rig_snapshot(&rig), good.before, good.before));
                cuts++;
            } else {
                assert_int_equal(err, DMSC_OK);
            }
            assert_true(is_one_of(rig_card(&rig), good.card_before, good.card_after));
            mend(&rig);
            rig_close(&rig);
        }
    }
    assert_true(cuts >= 4 * 3); /* body, index, header */
    forget_good();
}

static void a_bad_way_while_pushing(void **state)
{
    (void)state;
    learn_push();
    for (int kind = TROUBLE_ERROR; kind < TROUBLE_KINDS; kind++) {
        bool fired = true;

        for (unsigned n = 1; fired; n++) {
            struct rig rig;
            enum dmsc_err err;

            begin_push(&rig);
            rig_trouble(&rig, (enum trouble)kind, n);
            err = rig_push(&rig, OPA);
            fired = rig.way->fired;
            if (!fired)
                assert_int_equal(err, DMSC_OK);
            if (err != DMSC_OK)
                assert_string_not_equal(dmsc_diag_get(rig.ctx)->what, "");
            assert_true(is_one_of(rig_snapshot(&rig), good.before, good.after));
            assert_true(is_one_of(rig_card(&rig), good.card_before, good.card_after));
            mend(&rig);
            rig_close(&rig);
        }
    }
    forget_good();
}

/* --- card to tree ----------------------------------------------------------------------------- */

static struct dmsc_card_change next_generation[3];

/* A change, a removal and a list: what a pull can have to do. @p fresh: all of it for the first
 * time. */
static void begin_pull(struct rig *rig, bool fresh)
{
    next_generation[0] = rig_body(4, RIG_LEAF("Note", "new"));
    next_generation[1] = (struct dmsc_card_change){ .id = 3, .remove = true };
    rig_open(rig);
    if (fresh)
        return;
    rig_pull_ok(rig);
    rig_issue(rig, next_generation, 2, dmsc_authority_list(rig->authority));
}

/* The PKCS#15 view has no check sums: a card that answers nonsense as if all were well can hide its
 * certificates, and nothing else. */
static char *look(struct rig *rig, enum trouble kind)
{
    return kind == TROUBLE_BITS ? rig_behaviour(rig) : rig_snapshot(rig);
}

static void learn_pull(bool fresh, enum trouble kind)
{
    struct rig rig;

    forget_good();
    begin_pull(&rig, fresh);
    good.before = look(&rig, kind);
    rig_pull_ok(&rig);
    good.after = look(&rig, kind);
    assert_string_not_equal(good.before, good.after);
    rig_close(&rig);
}

static void bad_ways_while_pulling(bool fresh)
{
    for (int kind = TROUBLE_ERROR; kind < TROUBLE_KINDS; kind++) {
        bool fired = true;

        learn_pull(fresh, (enum trouble)kind);
        for (unsigned n = 1; fired; n++) {
            struct rig rig;
            enum dmsc_err err;
            char *is;

            begin_pull(&rig, fresh);
            rig_trouble(&rig, (enum trouble)kind, n);
            err = rig_pull(&rig, false);
            fired = rig.way->fired;
            if (!fired)
                assert_int_equal(err, DMSC_OK);
            if (err != DMSC_OK)
                assert_string_not_equal(dmsc_diag_get(rig.ctx)->what, "");
            if (!is_one_of(look(&rig, (enum trouble)kind), good.before,
                           err == DMSC_OK ? good.after : good.before))
                fail_msg("trouble %d at command %u: %s", kind, n, dmsc_err_name(err));
            rig_trouble(&rig, TROUBLE_NONE, 0);
            rig_pull_ok(&rig);
            is = look(&rig, (enum trouble)kind);
            assert_string_equal(is, good.after);
            free(is);
            rig_close(&rig);
        }
    }
    forget_good();
}

static void a_bad_way_while_pulling(void **state)
{
    (void)state;
    bad_ways_while_pulling(false);
}

static void a_bad_way_while_pulling_first(void **state)
{
    (void)state;
    bad_ways_while_pulling(true);
}

/* --- no memory -------------------------------------------------------------------------------- */

/* With everything failing from one point on, one point in four will do: the code after the first
 * failure is the same. */
static unsigned long step_of(enum fault_kind kind)
{
    return kind == FAULT_FOREVER ? 4 : 1;
}

/* A failing allocation must end in DMSC_E_NOMEM, or be done without. */
static void assert_no_memory(const struct rig *rig, enum dmsc_err err)
{
    if (err != DMSC_OK && (err != DMSC_E_NOMEM || !rig->fault.fired))
        fail_msg("allocation %lu: %s %s: %s", rig->fault.at, dmsc_err_name(err),
                 dmsc_diag_get(rig->ctx)->what, dmsc_diag_get(rig->ctx)->why);
}

static void no_memory_to_pull(enum fault_kind kind, bool fresh)
{
    bool fired = true;

    learn_pull(fresh, TROUBLE_NONE);
    for (unsigned long n = 0; fired; n += step_of(kind)) {
        struct rig rig;
        enum dmsc_err err;
        char *is;

        begin_pull(&rig, fresh);
        fault_arm(&rig.fault, kind, n);
        err = rig_pull(&rig, false);
        fired = rig.fault.fired;
        assert_no_memory(&rig, err);
        fault_arm(&rig.fault, FAULT_NEVER, 0);
        if (err == DMSC_OK)
            assert_true(is_one_of(rig_snapshot(&rig), good.after, good.after));
        rig_pull_ok(&rig);
        is = rig_snapshot(&rig);
        assert_string_equal(is, good.after);
        free(is);
        rig_close(&rig);
    }
    forget_good();
}

static void no_memory_while_pulling(void **state)
{
    (void)state;
    no_memory_to_pull(FAULT_ONCE, false);
    no_memory_to_pull(FAULT_FOREVER, false);
}

static void no_memory_while_pulling_first(void **state)
{
    (void)state;
    no_memory_to_pull(FAULT_ONCE, true);
}

static void no_memory_while_pushing(void **state)
{
    (void)state;
    learn_push();
    for (int kind = FAULT_ONCE; kind <= FAULT_FOREVER; kind++) {
        bool fired = true;

        for (unsigned long n = 0; fired; n += step_of((enum fault_kind)kind)) {
            struct rig rig;
            enum dmsc_err err;

            begin_push(&rig);
            fault_arm(&rig.fault, (enum fault_kind)kind, n);
            err = rig_push(&rig, OPA);
            fired = rig.fault.fired;
            assert_no_memory(&rig, err);
            fault_arm(&rig.fault, FAULT_NEVER, 0);
            assert_true(is_one_of(rig_card(&rig), good.card_before, good.card_after));
            mend(&rig);
            rig_close(&rig);
        }
    }
    forget_good();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_cut_at_every_update),
        cmocka_unit_test(a_bad_way_while_pushing),
        cmocka_unit_test(a_bad_way_while_pulling),
        cmocka_unit_test(a_bad_way_while_pulling_first),
        cmocka_unit_test(no_memory_while_pulling),
        cmocka_unit_test(no_memory_while_pulling_first),
        cmocka_unit_test(no_memory_while_pushing),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), sizeof(tests) / sizeof(*tests));
}
