/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: the answers, what is remembered, and profiles that must be refused. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
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
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;

    support_path(PROFILE, path);
    assert_int_equal(dmsc_sim_new(ctx, path, options, &sim), DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    card_expect(sim, "00A4040C07 A0000000871002", "9000");
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    return sim;
}

/* A card that forgets its SQN answers a replayed challenge. */
static void state_file(void **state)
{
    char directory[SUPPORT_PATH_MAX], file[SUPPORT_PATH_MAX + 16];
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(file, sizeof(file), "%s/card.json", directory);
    options.state_path = file;
    sim = load(ctx, &options);
    card_expect(sim, FRESH, "6135");
    dmsc_sim_free(sim);
    sim = load(ctx, &options);
    card_expect(sim, FRESH, "6110");
    dmsc_sim_free(sim);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
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
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = load(ctx, NULL), *again = NULL;
    struct dmsc_buf first, second;

    (void)state;
    dmsc_buf_init(&first, ctx, 1u << 20);
    dmsc_buf_init(&second, ctx, 1u << 20);
    card_expect(sim, FRESH, "6135");
    assert_int_equal(dmsc_sim_dump(sim, &first), DMSC_OK);
    assert_int_equal(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&first), NULL, NULL, &again), DMSC_OK);
    assert_int_equal(dmsc_sim_dump(again, &second), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    assert_non_null(strstr(dmsc_buf_str(&first), "\"opc\": \"CD63CB71954A9F4E48A5994E37A02BAF\""));
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    dmsc_sim_free(sim);
    dmsc_sim_free(again);
    dmsc_ctx_free(ctx);
}

#define K16 "\"00000000000000000000000000000000\""
#define K32 "\"0000000000000000000000000000000000000000000000000000000000000000\""

static void refusals(void **state)
{
    static const struct {
        const char *text, *reason, *where;
    } bad[] = {
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
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(bad); i++) {
        struct dmsc_sim *sim = NULL;
        char json[1200], where[256];

        (void)snprintf(json, sizeof(json),
                       "{\"atr\": \"3B00\", \"authentication\": %s, \"files\": {\"3F00\": "
                       "{\"type\": \"df\", \"compact\": \"00\"}, \"3F00/7FF0\": {\"type\": "
                       "\"adf\", \"aid\": \"A0000000871002\", \"compact\": \"00\"}}}",
                       bad[i].text);
        assert_int_equal(dmsc_sim_new_text(ctx, dmsc_bytes_str(json), NULL, NULL, &sim),
                         DMSC_E_MALFORMED);
        assert_string_equal(dmsc_diag_get(ctx)->reason, bad[i].reason);
        (void)snprintf(where, sizeof(where), "%s", dmsc_diag_get(ctx)->where);
        if (strstr(where, bad[i].where) == NULL)
            fail_msg("%s: the place is %s", bad[i].text, where);
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
        cmocka_unit_test(answers),
        cmocka_unit_test(state_file),
        cmocka_unit_test(dump),
        cmocka_unit_test(refusals),
        cmocka_unit_test(complete_profile),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
