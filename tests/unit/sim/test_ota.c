/* SPDX-License-Identifier: Apache-2.0 */
/* Remote management: packets in, answers out, files changed; what is remembered. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/rig.h"
#include <string.h>

#define PROFILE "tests/vectors/sim_ota.json"
/* The packet of sim_ota.txt that updates the header EF. */
#define UPDATE                                                                                     \
    "80C2000087 D18184820283818B7E400881214365877FF6227052000000006D0270000068151619222244"        \
    "4D53188CE9733386846AF1DD423FA85966A3198FE6B03150270BB86B5CAD181918B874185797EBF0D712"         \
    "1866086E93DEC34B3145E67078034843914B5D13A378A3614DF533F81B742D4E9B972400F5B62CD245A5"         \
    "60F2BEB378754DD3D362F21077B4"

static void packets(void **state)
{
    (void)state;
    script_run("sim_ota.txt");
}

static struct dmsc_sim *load(struct dmsc_ctx *ctx, const struct dmsc_sim_options *options)
{
    struct dmsc_sim *sim = card_open(ctx, PROFILE, options);

    card_expect(sim, "8010000003 0000FF", "9000");
    return sim;
}

/* A card that forgot its counter would take an old packet again. */
static void the_counter_stays(void **state)
{
    struct rig *rig = *state;
    struct dmsc_sim *sim = load(rig->ctx, &rig->options);

    card_expect(sim, UPDATE, "6129");
    card_content(sim, "3F00/7F4D/6F01", "444D1004 0000000A");
    assert_non_null(strstr(rig_dump(rig, sim), "\"2\": {\"counter\": \"0000000001\""));
    dmsc_sim_free(sim);
    sim = load(rig->ctx, &rig->options);
    rig_expect_dump(rig, sim);
    card_send(sim, UPDATE);
    /* The newest record is the one of the first time, not a second one. */
    card_content(sim, "3F00/7F4D/6F01", "444D1004 0000000A");
    assert_int_equal(dmsc_sim_counts(sim).nvm_writes, 0);
    dmsc_sim_free(sim);
}

static void refusals(void **state)
{
    static const struct rig_refusal bad[] = {
        { "[]", "profile:type", "ota" },
        { "{\"keys\": []}", "profile:type", "ota.keys" },
        { "{\"keys\": {\"0\": {}}}", "profile:value", "ota.keys.0" },
        { "{\"keys\": {\"1\": {\"kic\": \"00\"}}}", "profile:value", "ota.keys.1.kic" },
        { "{\"keys\": {\"1\": {\"kic\": \"0000000000000000\"}}}", "profile:missing",
          "ota.keys.1.kid" },
        { "{\"keys\": {\"1\": {\"kic\": \"0000000000000000\", \"kid\": \"0000000000000000\", "
          "\"algorithm\": \"rot13\"}}}",
          "profile:value", "ota.keys.1.algorithm" },
        { "{\"keys\": {}}", "profile:type", "ota.applications" },
        { "{\"keys\": {}, \"applications\": {\"00\": {}}}", "profile:value",
          "ota.applications.00" },
        { "{\"keys\": {}, \"applications\": {\"000000\": {}}}", "profile:missing",
          "ota.applications.000000.msl" },
        { "{\"keys\": {}, \"applications\": {\"000000\": {\"msl\": \"00\", \"access\": [\"77\"]}}}",
          "profile:value", "ota.applications.000000.access" },
        { "{\"keys\": {}, \"applications\": {\"000000\": {\"msl\": \"00\", \"application\": "
          "\"3F00/7F99\"}}}",
          "profile:path", "ota.applications.000000.application" },
        { "{\"keys\": {}, \"applications\": {\"000000\": {\"msl\": \"00\", \"size\": 1}}}",
          "profile:key", "ota.applications.000000.size" },
    };

    (void)state;
    rig_expect_refusals("ota", NULL, NULL, bad, DMSCI_ARRAY_LEN(bad));
}

static void out_of_memory(void **state)
{
    (void)state;
    rig_expect_no_memory(PROFILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),
        RIG_TEST(the_counter_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
