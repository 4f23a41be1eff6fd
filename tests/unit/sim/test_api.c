/* SPDX-License-Identifier: Apache-2.0 */
/* The interface in process: power, toolkit, counters, tears, and the link driver "sim". */
#include "apdu/base/ctx.h"
#include "tests/unit/sim/card.h"
#include <dmsc/link.h>
#include <stdio.h>
#include <string.h>

static void power(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    struct dmsc_sim_options t1 = DMSC_SIM_OPTIONS_INIT;
    char hex[80];

    (void)state;
    assert_true(dmsc_sim_powered(sim));
    assert_int_equal(dmsc_sim_protocol(sim), DMSC_T0);
    dmsc_hex_encode(dmsc_sim_atr(sim), hex);
    assert_string_equal(hex, "3B9F96801F878031E073FE211B674A357530350265F8");
    dmsc_sim_power(sim, DMSC_POWER_OFF);
    assert_false(dmsc_sim_powered(sim));
    card_expect(sim, "80F2000C", "-");
    assert_string_equal(dmsc_diag_get(ctx)->reason, "sim:no-power");
    dmsc_sim_free(sim);

    t1.t1 = true;
    sim = card_new(ctx, "blank", &t1);
    assert_int_equal(dmsc_sim_protocol(sim), DMSC_T1);
    dmsc_hex_encode(dmsc_sim_atr(sim), hex);
    assert_string_equal(hex, "3B9F96811F878031E073FE211B674A357530350265F9");
    dmsc_sim_free(sim);
    dmsc_sim_free(NULL);
    dmsc_ctx_free(ctx);
}

static struct dmsc_bytes refresh(uint8_t bytes[11], uint8_t number)
{
    static const uint8_t command[11] = { 0xD0, 0x09, 0x81, 0x03, 0x00, 0x01,
                                         0x00, 0x82, 0x02, 0x81, 0x82 };

    dmsci_copy(bytes, command, sizeof(command));
    bytes[4] = number;
    return dmsc_bytes(bytes, sizeof(command));
}

static void toolkit(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    struct dmsc_sim_toolkit t;
    uint8_t bytes[11];

    (void)state;
    for (unsigned i = 1; i <= 64; i++)
        assert_int_equal(dmsc_sim_queue(sim, refresh(bytes, (uint8_t)i)), DMSC_OK);
    assert_int_equal(dmsc_sim_queue(sim, refresh(bytes, 65)), DMSC_E_LIMIT);
    assert_int_equal(dmsc_sim_queue(sim, dmsc_bytes(bytes, 10)), DMSC_E_LIMIT);
    dmsc_sim_toolkit(sim, &t);
    assert_int_equal(t.waiting, 64);
    assert_false(t.profile);
    card_expect(sim, "8010000003 0000FF", "910B");
    card_expect(sim, "801200000B", "D009810301010082028182 9000");
    assert_int_equal(dmsc_sim_queue(sim, dmsc_bytes(bytes, 10)), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "cat:command");
    dmsc_sim_toolkit(sim, &t);
    assert_true(t.profile && t.outstanding);
    assert_int_equal(t.waiting, 63);
    card_expect(sim, "801400000C 810301010082028281830103", "910B");
    dmsc_sim_toolkit(sim, &t);
    assert_int_equal(t.served, 1);
    assert_int_equal(t.result, 0x03);
    assert_int_equal(t.response.n, 12);
    assert_false(t.outstanding);
    card_expect(sim, "80C20000 09 D30782020181900105", "910B");
    dmsc_sim_toolkit(sim, &t);
    assert_int_equal(t.envelopes, 1);
    assert_int_equal(t.envelope.n, 9);
    assert_int_equal(t.envelope.p[0], 0xD3);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

/* What the profile lists is sent after each reset, once. */
static void commands_of_the_profile(void **state)
{
    static const char json[] =
        "{\"atr\": \"3B00\", \"proactive\": [\"D009810301010082028182\"], \"files\": {\"3F00\": "
        "{\"type\": \"df\", \"compact\": \"00\"}}}";
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = NULL;

    (void)state;
    assert_int_equal(dmsc_sim_new_text(ctx, dmsc_bytes_str(json), NULL, NULL, &sim), DMSC_OK);
    for (unsigned i = 0; i < 3; i++) {
        dmsc_sim_power(sim, DMSC_POWER_RESET);
        card_expect(sim, "8010000003 0000FF", "910B");
        if (i == 1)
            continue; /* not fetched: not doubled by the reset */
        card_expect(sim, "801200000B", "D009810301010082028182 9000");
        card_expect(sim, "801400000C 810301010082028281830100", "9000");
    }
    card_expect(sim, "80F2000C", "9000");
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static void counters(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    struct dmsc_sim_counts counts = dmsc_sim_counts(sim);

    (void)state;
    assert_int_equal(counts.commands, 0);
    card_expect(sim, "0020000A084444444444444444", "9000");
    card_expect(sim, "00A4040C0CF0444D53432D554943430100", "9000");
    card_expect(sim, "00D6820004 01020304", "9000");
    card_expect(sim, "00D6820801 01", "9000");
    card_expect(sim, "00D62801", "6700");
    dmsc_sim_tear_at(sim, 1, DMSC_SIM_TEAR_PREFIX);
    card_expect(sim, "00D6820004 05060708", "-");
    card_expect(sim, "80F2000C", "-");
    assert_string_equal(dmsc_diag_get(ctx)->reason, "sim:torn");
    counts = dmsc_sim_counts(sim);
    assert_int_equal(counts.commands, 6);
    assert_int_equal(counts.nvm_writes, 3);
    assert_int_equal(counts.nvm_bytes, 4 + 1 + 2);
    assert_int_equal(counts.torn, 1);
    assert_int_equal(counts.saves, 0);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static void raw_content(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "example", NULL);
    struct dmsc_buf content;

    (void)state;
    dmsc_buf_init(&content, ctx, 65536);
    assert_int_equal(dmsc_buf_append_str(&content, "kept"), DMSC_OK);
    assert_int_equal(dmsc_sim_read(sim, "3F00/7F4D/6F99", &content), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_sim_read(sim, "3F00/7F4D", &content), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_sim_read(sim, "", &content), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_sim_read(sim, "3F00//6F01", &content), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_sim_read(sim, "3F00/7F4D/6F01/", &content), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_buf_str(&content), "kept");
    assert_int_equal(dmsc_sim_read(sim, "3F00/7F4D/6F01", &content), DMSC_OK);
    assert_int_equal(content.n, 4 * 48);
    assert_int_equal(dmsc_sim_read(sim, "3F00/7F4D/6F10", &content), DMSC_OK);
    assert_int_equal(content.n, 16384);
    dmsc_buf_clear(&content);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

/* No allocation between power-on and the last answer, whatever the commands are. */
static void steady_state_allocates_nothing(void **state)
{
    static const char *const commands[] = {
        "00A4040C0CF0444D53432D554943430100",
        "00A40004026F02",
        "00C0000019",
        "00B0820000",
        "00B2010C30",
        "0020000108 30303030FFFFFFFF",
        "0020000108 31323334FFFFFFFF",
        "0026000108 31323334FFFFFFFF",
        "0028000108 31323334FFFFFFFF",
        "0070000001",
        "0020000A084444444444444444",
        "00DC000B30 01*48",
        "00D6820004 01020304",
        "80F2000000",
        "8010000003 0000FF",
        "00DC0134 30 8001019700 FF*43",
    };
    struct fault fault = FAULT_INIT;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim;

    (void)state;
    fault_config(&fault, &config);
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    sim = card_new(ctx, "blank", NULL);
    fault_arm(&fault, FAULT_FOREVER, 0);
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(commands); i++)
        card_send(sim, commands[i]);
    assert_int_equal(fault.calls, 0);
    fault_arm(&fault, FAULT_NEVER, 0);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    fault_assert_no_leak(&fault);
}

static void exchange(struct dmsc_link *link, const char *capdu, const char *expected)
{
    struct dmsc_ctx *ctx = dmsc_link_ctx(link);
    struct dmsc_buf in, out;
    char hex[600];

    dmsc_buf_init(&in, ctx, 300);
    dmsc_buf_init(&out, ctx, 300);
    assert_int_equal(dmsc_hex_decode(capdu, &in), DMSC_OK);
    assert_int_equal(dmsc_link_transmit(link, dmsc_buf_bytes(&in), &out), DMSC_OK);
    dmsc_hex_encode(dmsc_buf_bytes(&out), hex);
    assert_string_equal(hex, expected);
    dmsc_buf_clear(&in);
    dmsc_buf_clear(&out);
}

static void the_link_driver(void **state)
{
    static const struct dmsc_link_driver *const drivers[] = { &dmsc_sim_link_driver, NULL };
    char path[SUPPORT_PATH_MAX], spec[2 * SUPPORT_PATH_MAX + 64], directory[SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_link *link = NULL;

    (void)state;
    support_mkdir(directory);
    support_path("card-scripts/example.json", path);
    (void)snprintf(spec, sizeof(spec), "sim:%s,state=%s/card.json,t1,lenient", path, directory);
    assert_int_equal(dmsc_link_open(ctx, spec, drivers, &link), DMSC_OK);
    assert_string_equal(dmsc_link_name(link), "sim");
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_atr(link).n, 22);
    assert_int_equal(dmsc_link_protocol(link), DMSC_T1);
    exchange(link, "00A4000002 2FE2", "9000");
    exchange(link, "00B0000001", "989000");
    exchange(link, "0020000108 30303030FFFFFFFF", "63C2");
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(dmsc_link_atr(link).n, 0);
    dmsc_link_free(link);
    /* T=0, strict, and the counter of before */
    (void)snprintf(spec, sizeof(spec), "sim:%s,state=%s/card.json", path, directory);
    assert_int_equal(dmsc_link_open(ctx, spec, drivers, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_protocol(link), DMSC_T0);
    exchange(link, "00A4000002 2FE2", "6A86");
    exchange(link, "0020000100", "63C2");
    dmsc_link_free(link);
    link = NULL;
    (void)snprintf(spec, sizeof(spec), "sim:%s,fast", path);
    assert_int_equal(dmsc_link_open(ctx, spec, drivers, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "sim:", drivers, &link), DMSC_E_ARG);
    assert_int_equal(dmsc_link_open(ctx, "sim:/no/such/card", drivers, &link), DMSC_E_IO);
    assert_null(link);
    support_rmdir(directory);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err open_sim(struct dmsc_ctx *ctx, const char *options,
                              struct dmsc_link **ret_link)
{
    static const struct dmsc_link_driver *const drivers[] = { &dmsc_sim_link_driver, NULL };
    static char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 512];

    support_path("card-scripts/example.json", path);
    (void)snprintf(spec, sizeof(spec), "sim:%s,%s", path, options);
    return dmsc_link_open(ctx, spec, drivers, ret_link);
}

static void status(struct dmsc_link *link, enum dmsc_err expected, const char *reason)
{
    static const uint8_t command[] = { 0x80, 0xF2, 0x00, 0x0C, 0x00 };
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf out;

    dmsc_buf_init(&out, ctx, 300);
    assert_int_equal(dmsc_link_transmit(link, dmsc_bytes(command, sizeof(command)), &out),
                     expected);
    if (reason != NULL)
        assert_string_equal(dmsc_diag_get(dmsc_link_ctx(link))->reason, reason);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
}

/* GET CHALLENGE of a fresh card. */
static void challenge(struct dmsc_ctx *ctx, const char *options, char ret_hex[64])
{
    static const uint8_t command[] = { 0x00, 0x84, 0x00, 0x00, 0x08 };
    struct dmsc_link *link = NULL;
    struct dmsc_buf out;

    assert_int_equal(open_sim(ctx, options, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    dmsc_buf_init(&out, ctx, 300);
    assert_int_equal(dmsc_link_transmit(link, dmsc_bytes(command, sizeof(command)), &out), DMSC_OK);
    assert_int_equal(out.n, 10);
    dmsc_hex_encode(dmsc_buf_bytes(&out), ret_hex);
    dmsc_buf_clear(&out);
    dmsc_link_free(link);
}

/* The words of dmsc-uicc --fault, each fault with its own "when". */
static void faults_of_the_link_driver(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_link *link = NULL;

    (void)state;
    assert_int_equal(open_sim(ctx,
                              "fault=sw=6F00,ins=F2,at=2,t1,fault=silence,at=4,seed=7,"
                              "fault=remove,ins=F2,at=5",
                              &link),
                     DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_protocol(link), DMSC_T1);
    exchange(link, "80F2000C00", "9000");
    exchange(link, "80F2000C00", "6F00");
    exchange(link, "80F2000C00", "9000");
    status(link, DMSC_E_TIMEOUT, "sim:silent");
    status(link, DMSC_E_REMOVED, "sim:removed");
    dmsc_link_free(link);
    dmsc_ctx_free(ctx);
}

static void a_seed_of_the_link_driver(void **state)
{
    char one[64], same[64], other[64];
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    challenge(ctx, "seed=0x1F", one);
    challenge(ctx, "lenient,seed=31", same);
    challenge(ctx, "seed=18446744073709551615", other);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    dmsc_ctx_free(ctx);
}

static void wrong_options_of_the_link_driver(void **state)
{
    char many[512] = "t1";
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_link *link = NULL;

    (void)state;
    assert_int_equal(open_sim(ctx, "fault=sw=99", &link), DMSC_E_ARG);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "fault:text");
    for (unsigned i = 0; i < 17; i++)
        (void)snprintf(many + strlen(many), sizeof(many) - strlen(many), ",fault=flip,at=1");
    assert_int_equal(open_sim(ctx, many, &link), DMSC_E_ARG);
    assert_int_equal(open_sim(ctx, "at=3", &link), DMSC_E_ARG);
    assert_int_equal(open_sim(ctx, "t1,at=3", &link), DMSC_E_ARG);
    assert_int_equal(open_sim(ctx, "seed=", &link), DMSC_E_ARG);
    assert_int_equal(open_sim(ctx, "seed=-1", &link), DMSC_E_ARG);
    assert_int_equal(open_sim(ctx, "seed=18446744073709551616", &link), DMSC_E_ARG);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "sim:option");
    assert_null(link);
    dmsc_ctx_free(ctx);
}

static void a_link_to_a_card_of_ours(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    struct dmsc_link *link = NULL;

    (void)state;
    assert_int_equal(dmsc_sim_link(sim, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    exchange(link, "0020000108 31323334FFFFFFFF", "9000");
    dmsc_link_free(link);
    /* The link leaves it reset; it is still ours. */
    assert_false(dmsc_sim_powered(sim));
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    card_expect(sim, "00200001", "63C3");
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power),
        cmocka_unit_test(toolkit),
        cmocka_unit_test(commands_of_the_profile),
        cmocka_unit_test(counters),
        cmocka_unit_test(raw_content),
        cmocka_unit_test(steady_state_allocates_nothing),
        cmocka_unit_test(the_link_driver),
        cmocka_unit_test(faults_of_the_link_driver),
        cmocka_unit_test(a_seed_of_the_link_driver),
        cmocka_unit_test(wrong_options_of_the_link_driver),
        cmocka_unit_test(a_link_to_a_card_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
