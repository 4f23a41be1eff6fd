/* SPDX-License-Identifier: Apache-2.0 */
/* Remote management: packets in, answers out, files changed; what is remembered. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
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
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;

    support_path(PROFILE, path);
    assert_int_equal(dmsc_sim_new(ctx, path, options, &sim), DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    card_expect(sim, "8010000003 0000FF", "9000");
    return sim;
}

/* A card that forgot its counter would take an old packet again. */
static void the_counter_stays(void **state)
{
    char directory[SUPPORT_PATH_MAX], file[SUPPORT_PATH_MAX + 16];
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf first, second;
    struct dmsc_sim *sim;

    (void)state;
    dmsc_buf_init(&first, ctx, 1u << 20);
    dmsc_buf_init(&second, ctx, 1u << 20);
    support_mkdir(directory);
    (void)snprintf(file, sizeof(file), "%s/card.json", directory);
    options.state_path = file;
    sim = load(ctx, &options);
    card_expect(sim, UPDATE, "6129");
    card_content(sim, "3F00/7F4D/6F01", "444D1004 0000000A");
    assert_int_equal(dmsc_sim_dump(sim, &first), DMSC_OK);
    assert_non_null(strstr(dmsc_buf_str(&first), "\"2\": {\"counter\": \"0000000001\""));
    dmsc_sim_free(sim);
    sim = load(ctx, &options);
    assert_int_equal(dmsc_sim_dump(sim, &second), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    card_send(sim, UPDATE);
    /* The newest record is the one of the first time, not a second one. */
    card_content(sim, "3F00/7F4D/6F01", "444D1004 0000000A");
    assert_int_equal(dmsc_sim_counts(sim).nvm_writes, 0);
    dmsc_sim_free(sim);
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *reason, *where;
    } bad[] = {
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
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(bad); i++) {
        struct dmsc_sim *sim = NULL;
        char json[1200];

        (void)snprintf(json, sizeof(json),
                       "{\"atr\": \"3B00\", \"ota\": %s, \"files\": {\"3F00\": "
                       "{\"type\": \"df\", \"compact\": \"00\"}}}",
                       bad[i].text);
        assert_int_equal(dmsc_sim_new_text(ctx, dmsc_bytes_str(json), NULL, NULL, &sim),
                         DMSC_E_MALFORMED);
        assert_string_equal(dmsc_diag_get(ctx)->reason, bad[i].reason);
        if (strstr(dmsc_diag_get(ctx)->where, bad[i].where) == NULL)
            fail_msg("%s: the place is %s", bad[i].text, dmsc_diag_get(ctx)->where);
    }
    dmsc_ctx_free(ctx);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;

    (void)user;
    support_path(PROFILE, path);
    err = dmsc_sim_new(ctx, path, NULL, &sim);
    dmsc_sim_free(sim);
    return err;
}

static void out_of_memory(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),
        cmocka_unit_test(the_counter_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
