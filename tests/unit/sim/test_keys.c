/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of the card: commands, what is remembered, profiles that must be refused. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
#include <string.h>

#define SELECT_P15 "00A4040C0C A000000063504B43532D3135"

static void commands(void **state)
{
    (void)state;
    script_run("sim_keys.txt");
}

/* A key made on the card is there again, and dumps say the same. */
static void generated_key_stays(void **state)
{
    char directory[SUPPORT_PATH_MAX], file[SUPPORT_PATH_MAX + 16];
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim;
    struct dmsc_buf first, second;

    (void)state;
    dmsc_buf_init(&first, ctx, 1u << 20);
    dmsc_buf_init(&second, ctx, 1u << 20);
    support_mkdir(directory);
    (void)snprintf(file, sizeof(file), "%s/card.json", directory);
    options.state_path = file;
    sim = card_new(ctx, "signing", &options);
    card_expect(sim, SELECT_P15, "9000");
    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "0047800005 B603840103", "6146");
    assert_int_equal(dmsc_sim_dump(sim, &first), DMSC_OK);
    dmsc_sim_free(sim);
    sim = card_new(ctx, "signing", &options);
    assert_int_equal(dmsc_sim_dump(sim, &second), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    card_expect(sim, SELECT_P15, "9000");
    card_expect(sim, "0047810005 B603840103", "6146");
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
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(bad); i++) {
        struct dmsc_sim *sim = NULL;
        char json[1200], where[256];

        (void)snprintf(json, sizeof(json),
                       "{\"atr\": \"3B00\", \"keys\": %s, \"files\": {\"3F00\": "
                       "{\"type\": \"df\", \"compact\": \"00\"}, \"3F00/7F50\": {\"type\": "
                       "\"adf\", \"aid\": \"A000000063504B43532D3135\", \"compact\": \"00\"}}}",
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
    support_path("card-scripts/signing.json", path);
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
        cmocka_unit_test(commands),
        cmocka_unit_test(generated_key_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
