/* SPDX-License-Identifier: Apache-2.0 */
/* Secure channels to applications of the card. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/rig.h"
#include <string.h>

#define PROFILE "tests/vectors/sim_scp03.json"

static void sessions(void **state)
{
    (void)state;
    script_run("sim_scp03.txt");
}

/* The sequence counter outlives the card: no challenge comes twice. */
static void the_sequence_stays(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = card_open(rig->ctx, PROFILE, &rig->options);

    card_expect(sim, "00A4040C10 A0000005591010FFFFFFFF8900000100", "9000");
    card_expect(sim, "8050000008 B13E5F938FC108C4", "6120");
    assert_non_null(strstr(rig_dump(rig, sim), "\"sequence\": \"000002\""));
    dmsc_sim_free(sim);
    sim = card_open(rig->ctx, PROFILE, &rig->options);
    rig_expect_dump(rig, sim);
    dmsc_sim_free(sim);
}

#define K16 "\"00000000000000000000000000000000\""
#define K24 "\"000000000000000000000000000000000000000000000000\""

static void refusals(void **state)
{
    static const struct rig_refusal bad[] = {
        { "{}", "profile:type", "scp03" },
        { "[{}]", "profile:path", "scp03[0].application" },
        { "[{\"application\": \"3F00/7F4D\"}]", "profile:missing", "scp03[0].version" },
        { "[{\"application\": \"3F00/7F4D\", \"version\": \"20\"}]", "profile:value",
          "scp03[0].version" },
        { "[{\"application\": \"3F00/7F4D\", \"version\": \"30\", \"enc\": \"00\"}]",
          "profile:value", "scp03[0].enc" },
        { "[{\"application\": \"3F00/7F4D\", \"version\": \"30\", \"enc\": " K16 ", \"mac\": " K24
          ", \"dek\": " K16 "}]",
          "profile:value", "scp03[0]" },
        { "[{\"application\": \"3F00/7F4D\", \"size\": 1}]", "profile:key", "scp03[0].size" },
    };

    (void)state;
    rig_expect_refusals("scp03", "3F00/7F4D", "F0444D5343", bad, DMSCI_ARRAY_LEN(bad));
}

static void out_of_memory(void **state)
{
    (void)state;
    rig_expect_no_memory(PROFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions),
        RIG_TEST(the_sequence_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
