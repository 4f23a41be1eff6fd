/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: the answers, what is remembered, and profiles that must be refused. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/rig.h"
#include <string.h>

#define PROFILE "tests/vectors/sim_auth.json"
#define FRESH   "0088008122 10 23553CBE9637A89D218AE64DAE47BF35 10 55F328B43577B9B94A9FFAC354DFAFB3"

static void answers(void **state)
{
    (void)state;
    script_run("sim_authenticate.txt");
}

static struct dmsc_sim *load(struct dmsc_ctx *ctx, const struct dmsc_sim_options *options)
{
    struct dmsc_sim *sim = card_open(ctx, PROFILE, options);

    card_expect(sim, "00A4040C07 A0000000871002", "9000");
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    return sim;
}

/* A card that forgets its SQN answers a replayed challenge. */
static void state_file(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = load(rig->ctx, &rig->options);

    card_expect(sim, FRESH, "6135");
    dmsc_sim_free(sim);
    sim = load(rig->ctx, &rig->options);
    card_expect(sim, FRESH, "6110");
    dmsc_sim_free(sim);
}

/* The complete profile is one that a network of the test keys accepts, its ISIM too. */
static void complete_profile(void **state)
{
    static const char challenge[] = "0088008122 10 23553CBE9637A89D218AE64DAE47BF35"
                                    "10 AA689C6483508000904CBB451B65DEF8";
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "usim", NULL);

    (void)state;
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    card_expect(sim, "00A4040C07 A0000000871002", "9000");
    card_expect(sim, challenge, "6135");
    card_expect(sim, "00C0000035",
                "DB08A54211D5E3BA50BF 10B40BA9A3C58B2A05BBF0D987B21BF8CB"
                "10F769BCD751044604127672711C6D3441 08EAE4BE823AF9A08B 9000");
    card_expect(sim, "00A4040C07 A0000000871004", "9000");
    card_expect(sim, challenge, "612C");
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static void dump(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = load(rig->ctx, NULL);

    card_expect(sim, FRESH, "6135");
    assert_non_null(strstr(rig_dump(rig, sim), "\"opc\": \"CD63CB71954A9F4E48A5994E37A02BAF\""));
    rig_expect_dump_loads(rig);
    dmsc_sim_free(sim);
}

#define K16 "\"00000000000000000000000000000000\""
#define K32 "\"0000000000000000000000000000000000000000000000000000000000000000\""

static void refusals(void **state)
{
    static const struct rig_refusal bad[] = {
        { "[]", "profile:type", "authentication" },
        { "{\"3F00\": {}}", "profile:path", "authentication.3F00" },
        { "{\"3F00/7FF9\": {}}", "profile:path", "authentication.3F00/7FF9" },
        { "{\"3F00/7FF0\": {}}", "profile:missing", "authentication.3F00/7FF0" },
        { "{\"3F00/7FF0\": {\"opc\": " K16 "}}", "profile:missing", "authentication.3F00/7FF0.k" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"op\": " K16 ", \"opc\": " K16 "}}", "profile:missing",
          "authentication.3F00/7FF0" },
        { "{\"3F00/7FF0\": {\"k\": " K32 ", \"opc\": " K16 "}}", "profile:value",
          "authentication.3F00/7FF0.k" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16 ", \"res_length\": 16}}",
          "profile:value", "authentication.3F00/7FF0" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16 ", \"colour\": 1}}", "profile:key",
          "authentication.3F00/7FF0.colour" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16 ", \"sqn\": \"00\"}}", "profile:value",
          "authentication.3F00/7FF0.sqn" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16
          ", \"sqn\": \"00000000000000000000000000\"}}",
          "profile:value", "authentication.3F00/7FF0.sqn" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16 ", \"pin\": \"0B\"}}", "profile:value",
          "authentication.3F00/7FF0.pin" },
        { "{\"3F00/7FF0\": {\"k\": " K16 ", \"opc\": " K16 ", \"algorithm\": \"xor\"}}",
          "profile:value", "authentication.3F00/7FF0.algorithm" },
        { "{\"3F00/7FF0\": {\"algorithm\": \"tuak\", \"k\": " K16 ", \"opc\": " K16 "}}",
          "profile:value", "authentication.3F00/7FF0.opc" },
    };

    (void)state;
    rig_expect_refusals("authentication", "3F00/7FF0", "A0000000871002", bad, DMSCI_ARRAY_LEN(bad));
}

static void out_of_memory(void **state)
{
    (void)state;
    rig_expect_no_memory(PROFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        RIG_TEST(state_file),
        RIG_TEST(dump),
        cmocka_unit_test(refusals),
        cmocka_unit_test(complete_profile),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
