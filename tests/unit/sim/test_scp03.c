/* SPDX-License-Identifier: Apache-2.0 */
/* Secure channels to applications of the card. */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <stdio.h>
#include <string.h>

#define PROFILE "tests/vectors/sim_scp03.json"

static void sessions(void **state)
{
    (void)state;
    script_run("sim_scp03.txt");
}

static struct dmsc_sim *load(struct dmsc_ctx *ctx, const struct dmsc_sim_options *options)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;

    support_path(PROFILE, path);
    assert_int_equal(dmsc_sim_new(ctx, path, options, &sim), DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    return sim;
}

/* The sequence counter outlives the card: no challenge comes twice. */
static void the_sequence_stays(void **state)
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
    card_expect(sim, "00A4040C10 A0000005591010FFFFFFFF8900000100", "9000");
    card_expect(sim, "8050000008 B13E5F938FC108C4", "6120");
    assert_int_equal(dmsc_sim_dump(sim, &first), DMSC_OK);
    assert_non_null(strstr(dmsc_buf_str(&first), "\"sequence\": \"000002\""));
    dmsc_sim_free(sim);
    sim = load(ctx, &options);
    assert_int_equal(dmsc_sim_dump(sim, &second), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    dmsc_sim_free(sim);
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

#define K16 "\"00000000000000000000000000000000\""
#define K24 "\"000000000000000000000000000000000000000000000000\""

static void refusals(void **state)
{
    static const struct {
        const char *text, *reason, *where;
    } bad[] = {
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
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(bad); i++) {
        struct dmsc_sim *sim = NULL;
        char json[800];

        (void)snprintf(json, sizeof(json),
                       "{\"atr\": \"3B00\", \"scp03\": %s, \"files\": {\"3F00\": "
                       "{\"type\": \"df\", \"compact\": \"00\"}, \"3F00/7F4D\": {\"type\": "
                       "\"adf\", \"aid\": \"F0444D5343\", \"compact\": \"00\"}}}",
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
        cmocka_unit_test(sessions),
        cmocka_unit_test(the_sequence_stays),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
