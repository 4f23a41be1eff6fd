/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of the card: commands, what is remembered, profiles that must be refused. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/rig.h"

#define SELECT_P15 "00A4040C0C A000000063504B43532D3135"

static void commands(void **state)
{
    (void)state;
    script_run("sim_keys.txt");
}

/* A key made on the card is there again, and dumps say the same. */
static void generated_key_stays(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = card_new(rig->ctx, "signing", &rig->options);

    card_expect(sim, SELECT_P15, "9000");
    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "0047800005 B603840103", "6146");
    (void)rig_dump(rig, sim);
    dmsc_sim_free(sim);
    sim = card_new(rig->ctx, "signing", &rig->options);
    rig_expect_dump(rig, sim);
    card_expect(sim, SELECT_P15, "9000");
    card_expect(sim, "0047810005 B603840103", "6146");
    dmsc_sim_free(sim);
}

static void refusals(void **state)
{
    static const struct rig_refusal bad[] = {
        { "{}", "profile:type", "keys" },
        { "[{}]", "profile:path", "keys[0].application" },
        { "[{\"application\": \"3F00\"}]", "profile:path", "keys[0].application" },
        { "[{\"application\": \"3F00/7F50\"}]", "profile:missing", "keys[0].reference" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 128}]", "profile:value",
          "keys[0].reference" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 1}]", "profile:value", "keys[0].type" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 1, \"type\": \"ec-p256\", \"private\": "
          "\"3000\"}]",
          "profile:value", "keys[0].private" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 1, \"type\": \"ec-p256\", \"pin\": "
          "\"02\"}]",
          "profile:value", "keys[0].pin" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 1, \"type\": \"ec-p256\", \"size\": "
          "1}]",
          "profile:key", "keys[0].size" },
        { "[{\"application\": \"3F00/7F50\", \"reference\": 1, \"type\": \"ec-p256\"}, "
          "{\"application\": \"3F00/7F50\", \"reference\": 1, \"type\": \"rsa-2048\"}]",
          "profile:value", "keys[1].reference" },
    };

    (void)state;
    rig_expect_refusals("keys", "3F00/7F50", "A000000063504B43532D3135", bad, DMSCI_ARRAY_LEN(bad));
}

static void out_of_memory(void **state)
{
    (void)state;
    rig_expect_no_memory("card-scripts/signing.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        RIG_TEST(generated_key_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
