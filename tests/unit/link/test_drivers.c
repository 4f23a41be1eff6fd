/* SPDX-License-Identifier: Apache-2.0 */
/* Every driver and wrapper to a card of ours passes the conformance suite. */
#include "tests/support/test.h"
#include "tests/unit/link/link_conformance.h"
#include "tests/unit/link/program.h"
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dmsc_err open_spec(struct dmsc_ctx *ctx, void *user, struct dmsc_link **ret_link)
{
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };

    return dmsc_link_open(ctx, user, more, ret_link);
}

static void conforms(char *spec, const char *name, enum dmsc_protocol protocol, bool hides_atr)
{
    struct link_conformance subject = { open_spec, spec, name, protocol, hides_atr };

    link_conformance(&subject);
}

static void wrappers_conform(void **state)
{
    static const struct {
        const char *before, *name;
    } wrappers[] = {
        { "fault:error@1000:", "fault" },
        { "timed:", "timed" },
        { "timed:clock=5000000:", "timed" },
        { "timed:baud=9600:fault:removed@1000+:", "timed" },
        { "fault:sw=6F00@1000:timed:", "fault" },
    };
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 64];

    (void)state;
    support_path("card-scripts/example.json", path);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(wrappers); i++) {
        (void)snprintf(spec, sizeof(spec), "%ssim:%s", wrappers[i].before, path);
        conforms(spec, wrappers[i].name, DMSC_T0, false);
        (void)snprintf(spec, sizeof(spec), "%ssim:%s,t1", wrappers[i].before, path);
        conforms(spec, wrappers[i].name, DMSC_T1, false);
    }
}

static void exec_conforms(void **state)
{
    char spec[SUPPORT_PATH_MAX];
    const char *helper = getenv("EXEC_CARD");

    (void)state;
    assert_non_null(helper);
    for (int protocol = 0; protocol <= 1; protocol++) {
        (void)snprintf(spec, sizeof(spec), "exec:%s %d", helper, protocol);
        conforms(spec, "exec", (enum dmsc_protocol)protocol, false);
    }
    (void)snprintf(spec, sizeof(spec), "exec:%s 0 channels", helper);
    conforms(spec, "exec", DMSC_T0, false);
}

static void replay_conforms(void **state)
{
    static const char trace[] = "! cold 3B9F96801F878031E073FE211B674A357530350265F8 T=0\n"
                                "> 80F2000C00   # STATUS\n"
                                "< 9000         # 8 ms\n"
                                "> 00A40004 02 3F00\n"
                                "< 6109\n"
                                "\n"
                                "> 00C0000009\n"
                                "< 6207820278218A0105 9000\n"
                                "> 00FD010200\n"
                                "< 6D00\n"
                                "! off\n";
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 8], spec[SUPPORT_PATH_MAX + 32];
    FILE *f;

    (void)state;
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/trace", directory);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(trace, f) >= 0);
    assert_int_equal(fclose(f), 0);
    (void)snprintf(spec, sizeof(spec), "replay:%s,any", path);
    conforms(spec, "replay", DMSC_T0, false);
    support_rmdir(directory);
}

static void write_line(void *user, const char *text)
{
    assert_true(fprintf(user, "%s\n", text) > 0);
}

/* Some of what a host does with a card. @param ret_seen all answers and status words, in hex */
static void scenario(struct dmsc_link *link, struct dmsc_buf *ret_seen)
{
    static const char *const commands[] = {
        "00A40004023F0000", "00B2013C26", "0070000001", "01A404040CF0444D53432D55494343010000",
        "01B2010C30",       "0020000100", "00FD010200"
    };
    struct dmsc_ctx *ctx = dmsc_link_ctx(link);
    struct dmsc_buf bytes, data;
    char hex[2 * DMSC_RAPDU_MAX + 8];

    dmsc_buf_init(&bytes, ctx, DMSC_CAPDU_MAX);
    dmsc_buf_init(&data, ctx, DMSC_RAPDU_MAX);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        struct dmsc_capdu capdu;
        uint16_t sw = 0;

        dmsc_buf_reset(&bytes);
        assert_int_equal(dmsc_hex_decode(commands[i], &bytes), DMSC_OK);
        assert_int_equal(dmsc_capdu_decode(dmsc_buf_bytes(&bytes), &capdu), DMSC_OK);
        assert_int_equal(dmsc_link_exchange(link, &capdu, &data, &sw), DMSC_OK);
        dmsc_hex_encode(dmsc_buf_bytes(&data), hex);
        (void)snprintf(hex + 2 * data.n, 8, "%04X ", sw);
        assert_int_equal(dmsc_buf_append_str(ret_seen, hex), DMSC_OK);
    }
    dmsc_buf_clear(&data);
    dmsc_buf_clear(&bytes);
}

/* The same host over the card and over what the traced link wrote of it. */
static void what_was_traced_is_replayed(void **state)
{
    char directory[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 8], spec[SUPPORT_PATH_MAX + 32];
    struct dmsc_link *link = NULL, *traced = NULL;
    struct dmsc_buf seen, again;
    struct dmsc_ctx *ctx = NULL;
    FILE *f;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&seen, ctx, 4096);
    dmsc_buf_init(&again, ctx, 4096);
    support_mkdir(directory);
    (void)snprintf(path, sizeof(path), "%s/trace", directory);
    f = fopen(path, "we");
    assert_non_null(f);
    support_path("card-scripts/example.json", spec + 4);
    memcpy(spec, "sim:", 4);
    assert_int_equal(open_spec(ctx, spec, &link), DMSC_OK);
    assert_int_equal(dmsc_link_traced(link, false, write_line, f, &traced), DMSC_OK);
    scenario(traced, &seen);
    dmsc_link_free(traced);
    assert_int_equal(fclose(f), 0);
    (void)snprintf(spec, sizeof(spec), "replay:%s", path);
    assert_int_equal(open_spec(ctx, spec, &link), DMSC_OK);
    scenario(link, &again);
    assert_true(seen.n > 200);
    assert_string_equal(dmsc_buf_str(&again), dmsc_buf_str(&seen));
    dmsc_link_free(link);
    dmsc_buf_clear(&seen);
    dmsc_buf_clear(&again);
    dmsc_ctx_free(ctx);
    support_rmdir(directory);
}

static void at_conforms(void **state)
{
    static const char *const modes[] = { "", ",mode=csim", ",mode=cgla", ",mode=crsm" };
    char spec[256];

    (void)state;
    for (int protocol = 0; protocol <= 1; protocol++) {
        struct program modem;

        program_start(&modem, "pty", protocol == 0 ? NULL : "--t1");
        for (size_t i = protocol == 0 ? 0 : 2; i < DMSCI_ARRAY_LEN(modes); i++) {
            (void)snprintf(spec, sizeof(spec), "at:%s,lock=none,timeout=5000%s", modem.where,
                           modes[i]);
            conforms(spec, "at", i == 3 ? DMSC_T1 : DMSC_T0, true);
        }
        if (protocol == 1) {
            (void)snprintf(spec, sizeof(spec), "at:%s,lock=none,timeout=5000,le", modem.where);
            conforms(spec, "at", DMSC_T1, true);
        }
        program_stop(&modem);
    }
}

/* The example of a helper, to a card on a TCP port. */
static void the_example_helper_conforms(void **state)
{
    char script[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 256];
    struct program card;

    (void)state;
    support_path("docs/examples/link-tcp.py", script);
    program_start(&card, "tcp", NULL);
    (void)snprintf(spec, sizeof(spec), "exec:python3 %s 127.0.0.1 %s", script, card.where);
    conforms(spec, "exec", DMSC_T0, false);
    (void)snprintf(spec, sizeof(spec), "exec:python3 %s --channels 127.0.0.1 %s", script,
                   card.where);
    conforms(spec, "exec", DMSC_T0, false);
    program_stop(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappers_conform), cmocka_unit_test(exec_conforms),
        cmocka_unit_test(replay_conforms),  cmocka_unit_test(what_was_traced_is_replayed),
        cmocka_unit_test(at_conforms),      cmocka_unit_test(the_example_helper_conforms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
