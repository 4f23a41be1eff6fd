/* SPDX-License-Identifier: Apache-2.0 */
/* The state file: nothing is lost, nothing is half written, no other profile is taken over. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void select_dmsc(struct dmsc_sim *sim)
{
    card_expect(sim, "0020000A084444444444444444", "9000");
    card_expect(sim, "00A4040C0CF0444D53432D554943430100", "9000");
}

static void everything_written_is_there_again(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = card_new(p->ctx, "blank", &p->options);

    select_dmsc(sim);
    card_expect(sim, "00D6820004 01020304", "9000");
    card_expect(sim, "00DC000B30 01*48", "9000");
    card_expect(sim, "00DC000B30 02*48", "9000");
    card_expect(sim, "0020000108 30303030FFFFFFFF", "63C2");
    card_expect(sim, "002C000110 3030303030303030 35363738FFFFFFFF", "63C9");
    card_expect(sim, "0024000A10 4444444444444444 5555555555555555", "9000");
    dmsc_sim_free(sim);

    sim = card_new(p->ctx, "blank", &p->options);
    card_content(sim, "3F00/7F4D/6F02", "01020304FF");
    card_content(sim, "3F00/7F4D/6F01", "02*48 01*48 FF*96");
    card_expect(sim, "00200001", "63C2");
    card_expect(sim, "002C0001", "63C9");
    card_expect(sim, "0020000A084444444444444444", "63C9");
    card_expect(sim, "0020000A085555555555555555", "9000");
    card_expect(sim, "0026000108 31323334FFFFFFFF", "9000");
    dmsc_sim_free(sim);

    sim = card_new(p->ctx, "blank", &p->options);
    card_expect(sim, "00200001", "9000");
    dmsc_sim_free(sim);
}

static void reading_writes_nothing(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = card_new(p->ctx, "example", &p->options);
    unsigned long before = dmsc_sim_counts(sim).saves;

    assert_int_equal(before, 1); /* made at once */
    card_expect(sim, "00A4040C0CF0444D53432D554943430100", "9000");
    card_expect(sim, "00B0820001", "4D 9000");
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    card_expect(sim, "00D6820001 00", "6982");
    assert_int_equal(dmsc_sim_counts(sim).saves, before);
    card_expect(sim, "0020000A084444444444444444", "9000");
    card_expect(sim, "00D6820001 4D", "9000");
    assert_int_equal(dmsc_sim_counts(sim).saves, before + 1);
    dmsc_sim_free(sim);
}

static void a_torn_write_stays_torn(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = card_new(p->ctx, "blank", &p->options);

    select_dmsc(sim);
    dmsc_sim_tear_at(sim, 1, DMSC_SIM_TEAR_PREFIX);
    card_expect(sim, "00DC000B30 0A*48", "-");
    dmsc_sim_free(sim);
    sim = card_new(p->ctx, "blank", &p->options);
    card_content(sim, "3F00/7F4D/6F01", "0A*24 FF*168");
    dmsc_sim_free(sim);
}

/* A process that is killed right after an answer has lost nothing of what was answered. */
static void a_killed_process_loses_nothing(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim;
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        sim = card_new(p->ctx, "blank", &p->options);
        select_dmsc(sim);
        card_expect(sim, "00D6820001 77", "9000");
        card_expect(sim, "0020000108 30303030FFFFFFFF", "63C2");
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    sim = card_new(p->ctx, "blank", &p->options);
    card_content(sim, "3F00/7F4D/6F02", "77FF");
    card_expect(sim, "00200001", "63C2");
    dmsc_sim_free(sim);
}

static void another_profile_is_refused(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = card_new(p->ctx, "blank", &p->options);
    char path[SUPPORT_PATH_MAX];

    dmsc_sim_free(sim);
    sim = NULL;
    support_path("card-scripts/example.json", path);
    assert_int_equal(dmsc_sim_new(p->ctx, path, &p->options, &sim), DMSC_E_STATE);
    assert_null(sim);
    assert_string_equal(dmsc_diag_get(p->ctx)->reason, "state:origin");
    assert_non_null(strstr(dmsc_diag_get(p->ctx)->why, "blank.json"));
    assert_string_not_equal(dmsc_diag_get(p->ctx)->hint, "");
    /* A state cut off in the middle is a bad profile, not an empty card. */
    assert_int_equal(truncate(p->state, 1000), 0);
    support_path("card-scripts/blank.json", path);
    assert_int_equal(dmsc_sim_new(p->ctx, path, &p->options, &sim), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(p->ctx)->reason, "profile:json");
    /* A profile is no state. */
    p->options.state_path = path;
    assert_int_equal(dmsc_sim_new(p->ctx, path, &p->options, &sim), DMSC_E_STATE);
    assert_null(sim);
}

static void a_place_that_cannot_be_written_is_told(void **state)
{
    struct rig *p = *state;
    char path[SUPPORT_PATH_MAX], nowhere[SUPPORT_PATH_MAX + 64];
    struct dmsc_sim *sim = NULL;

    (void)snprintf(nowhere, sizeof(nowhere), "%s/no/such/place.json", p->directory);
    p->options.state_path = nowhere;
    support_path("card-scripts/blank.json", path);
    assert_int_equal(dmsc_sim_new(p->ctx, path, &p->options, &sim), DMSC_E_IO);
    assert_null(sim);
    assert_string_equal(dmsc_diag_get(p->ctx)->reason, "state:file");
    /* Lost later on: the command says that the memory has a problem. */
    (void)snprintf(nowhere, sizeof(nowhere), "%s/sub", p->directory);
    assert_int_equal(mkdir(nowhere, 0700), 0);
    (void)snprintf(nowhere, sizeof(nowhere), "%s/sub/card.json", p->directory);
    sim = card_new(p->ctx, "blank", &p->options);
    assert_int_equal(unlink(nowhere), 0);
    (void)snprintf(nowhere, sizeof(nowhere), "%s/sub", p->directory);
    assert_int_equal(rmdir(nowhere), 0);
    select_dmsc(sim);
    card_expect(sim, "00D6820001 77", "6581");
    /* Whole again: the next command that is answered has saved it. */
    assert_int_equal(mkdir(nowhere, 0700), 0);
    card_expect(sim, "80F2000C", "9000");
    dmsc_sim_free(sim);
    (void)snprintf(nowhere, sizeof(nowhere), "%s/sub/card.json", p->directory);
    sim = card_new(p->ctx, "blank", &p->options);
    card_content(sim, "3F00/7F4D/6F02", "77FF");
    dmsc_sim_free(sim);
}

static void nobody_else_may_read_it(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = card_new(p->ctx, "blank", &p->options);
    struct stat about;

    assert_int_equal(stat(p->state, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    dmsc_sim_free(sim);
}

static enum dmsc_err write_scenario(struct dmsc_ctx *ctx, void *user)
{
    static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0,
                                      0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };
    static const uint8_t wrong[] = { 0x00, 0x20, 0x00, 0x01, 0x08, 0x30, 0x30,
                                     0x30, 0x30, 0x30, 0x30, 0x30, 0x30 };
    struct dmsc_sim_options *options = user;
    char path[SUPPORT_PATH_MAX];
    uint8_t rapdu[DMSC_RAPDU_MAX];
    struct dmsc_sim *sim = NULL;
    size_t n = 0;
    enum dmsc_err err;

    (void)unlink(options->state_path);
    support_path("card-scripts/blank.json", path);
    err = dmsc_sim_new(ctx, path, options, &sim);
    if (err != DMSC_OK)
        return err;
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    err = dmsc_sim_transmit(sim, dmsc_bytes(select, sizeof(select)), rapdu, &n);
    if (err == DMSC_OK)
        err = dmsc_sim_transmit(sim, dmsc_bytes(wrong, sizeof(wrong)), rapdu, &n);
    if (err == DMSC_OK && rapdu[0] == 0x65)
        err = DMSC_E_NOMEM; /* could not be saved: 6581 */
    dmsc_sim_free(sim);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    struct rig *p = *state;

    assert_true(fault_torture(write_scenario, &p->options) > 20);
}

#define TEST(name) RIG_TEST(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_written_is_there_again), TEST(reading_writes_nothing),
        TEST(a_torn_write_stays_torn),           TEST(a_killed_process_loses_nothing),
        TEST(another_profile_is_refused),        TEST(a_place_that_cannot_be_written_is_told),
        TEST(nobody_else_may_read_it),           TEST(no_memory_at_any_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
