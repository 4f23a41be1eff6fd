/* SPDX-License-Identifier: Apache-2.0 */
/* The proactive loop: what the card may ask for, and that it comes to an end. */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

struct seen {
    struct dmsc_proactive last;
    uint8_t command[256];
    unsigned count;
};

static void keep(void *user, const struct dmsc_proactive *command)
{
    struct seen *seen = user;

    assert_true(command->command.n <= sizeof(seen->command));
    seen->last = *command;
    if (command->command.n > 0)
        memcpy(seen->command, command->command.p, command->command.n);
    seen->count++;
}

/* Let a command wait: STATUS is answered 91xx. */
static void announce(struct rig *rig, const char *sw)
{
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t got = 0;
    char capdu[16];

    (void)snprintf(capdu, sizeof(capdu), "%02XF2000C00", 0x80 + dmsc_uicc_channel(rig->uicc));
    scripted_turn(rig->card, capdu, sw);
    assert_int_equal(dmsc_uicc_exchange(rig->uicc, &status, NULL, &got), DMSC_OK);
}

static void nothing_waits_nothing_is_fetched(void **state)
{
    struct rig rig = rig_begin();
    struct seen seen = { .count = 0 };

    (void)state;
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    announce(&rig, "9000");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    assert_int_equal(seen.count, 0);
    rig_end(&rig);
}

/* Only what is served is announced (TS 102 223 5.2): profile download, MORE TIME, REFRESH. */
static void the_profile_announces_what_is_served(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "80100000 03 010088", "9000");
    assert_int_equal(dmsc_uicc_terminal_profile(rig.uicc), DMSC_OK);
    rig_open_channel(&rig, "01");
    scripted_turn(rig.card, "80100000 03 010088", "6F00");
    assert_int_equal(dmsc_uicc_terminal_profile(rig.uicc), DMSC_E_SW);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    rig_end(&rig);
}

/* What the card sends, the TERMINAL RESPONSE it gets, what the caller sees. */
static void vectors_are_served(void **state)
{
    struct vectors *v = vectors_open("proactive.txt");

    (void)state;
    while (vectors_next(v)) {
        struct rig rig = rig_begin();
        struct seen seen = { .count = 0 };
        struct dmsc_bytes command = vec_hex(v, "command"), response;
        char hex[520], turn[560], fetch[16];

        dmsc_hex_encode(command, hex);
        (void)snprintf(turn, sizeof(turn), "91%02X", (uint8_t)command.n);
        announce(&rig, turn);
        (void)snprintf(fetch, sizeof(fetch), "80120000%02X", (uint8_t)command.n);
        (void)snprintf(turn, sizeof(turn), "%s 9000", hex);
        scripted_turn(rig.card, fetch, turn);
        if (vec_has(v, "response")) {
            response = vec_hex(v, "response");
            dmsc_hex_encode(response, hex);
            (void)snprintf(turn, sizeof(turn), "80140000%02X%s", (unsigned)response.n, hex);
            scripted_turn(rig.card, turn, "9000");
        } else {
            scripted_turn_power(rig.card);
        }
        if (dmsc_uicc_serve(rig.uicc, keep, &seen) != DMSC_OK)
            vec_fail(v, "%s", dmsc_diag_get(rig.ctx)->what);
        vec_assert_number(v, "result", seen.last.result);
        vec_assert_number(v, "type", seen.last.type);
        vec_assert_number(v, "qualifier", seen.last.qualifier);
        assert_int_equal(seen.count, 1);
        assert_true(dmsc_bytes_equal(dmsc_bytes(seen.command, command.n), command));
        /* Nothing waits any more. */
        assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
        assert_int_equal(seen.count, 1);
        rig_end(&rig);
    }
    vectors_close(v);
}

/* One behind the other, on the basic channel although another one is in use. */
static void commands_are_served_one_after_the_other(void **state)
{
    struct rig rig = rig_begin();
    struct seen seen = { .count = 0 };

    (void)state;
    rig_open_channel(&rig, "01");
    announce(&rig, "910B");
    scripted_turn(rig.card, "80120000 0B", "D009 8103010200 82028182 9000");
    /* The second one is announced by the answer to the response, and by FETCH itself. */
    scripted_turn(rig.card, "80140000 0C 810301020082028281830100", "910B");
    scripted_turn(rig.card, "80120000 0B", "D009 8103020200 82028182 910B");
    scripted_turn(rig.card, "80140000 0C 810302020082028281830100", "9000");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.last.number, 2);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    rig_end(&rig);
}

/* 9100: 256 bytes; the longest command there is. */
static void the_longest_command_is_fetched(void **state)
{
    struct rig rig = rig_begin();
    struct seen seen = { .count = 0 };
    char turn[700] = "D081FD 8103010280 82028182 0581F1 ";

    (void)state;
    for (unsigned i = 0; i < 0xF1; i++)
        (void)strcat(turn, "41");
    (void)strcat(turn, " 9000");
    announce(&rig, "9100");
    scripted_turn(rig.card, "80120000 00", turn);
    scripted_turn(rig.card, "80140000 0C 810301028082028281830100", "9000");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    assert_int_equal(seen.last.command.n, 256);
    assert_int_equal(seen.last.result, 0);
    rig_end(&rig);
}

/* REFRESH with UICC reset: no answer, the card is powered again, the channel is gone. */
static void a_refresh_may_reset_the_card(void **state)
{
    struct rig rig = rig_begin();
    struct seen seen = { .count = 0 };

    (void)state;
    rig_open_channel(&rig, "02");
    announce(&rig, "910B");
    scripted_turn(rig.card, "80120000 0B", "D009 8103010104 82028182 9000");
    scripted_turn_power(rig.card);
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    assert_int_equal(rig.card->powers, 2);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
    assert_int_equal(seen.last.qualifier, 4);
    /* A card that is gone then is an error, and the command was not served. */
    announce(&rig, "910B");
    scripted_turn(rig.card, "80120000 0B", "D009 8103010104 82028182 9000");
    rig.card->power_fails = DMSC_E_REMOVED;
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_E_REMOVED);
    assert_int_equal(seen.count, 1);
    rig_end(&rig);
}

static enum dmsc_err endless(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    unsigned *fetched = user;

    if (capdu.p[1] != 0x12)
        return dmsc_buf_set(ret_rapdu, dmsc_bytes("\x91\x0B", 2));
    (*fetched)++;
    return dmsc_buf_set(ret_rapdu,
                        dmsc_bytes("\xD0\x09\x81\x03\x01\x02\x00\x82\x02\x81\x82\x91\x0B", 13));
}

static void a_card_without_end_is_ended(void **state)
{
    struct dmsc_limits limits = DMSC_LIMITS_INIT;
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    struct seen seen = { .count = 0 };
    unsigned fetched = 0;
    struct rig rig;
    uint16_t sw = 0;

    (void)state;
    limits.proactive = 7;
    rig = rig_begin_limits(&limits);
    rig.card->respond = endless;
    rig.card->respond_user = &fetched;
    assert_int_equal(dmsc_uicc_exchange(rig.uicc, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_E_LIMIT);
    rig_assert_story(&rig, DMSC_E_LIMIT, "usat:endless", 0);
    assert_int_equal(fetched, 7);
    assert_int_equal(seen.count, 7);
    rig_end(&rig);
}

static void refusals_end_the_loop(void **state)
{
    struct rig rig = rig_begin();
    struct seen seen = { .count = 0 };

    (void)state;
    announce(&rig, "910B");
    scripted_turn(rig.card, "80120000 0B", "6F00");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_E_SW);
    assert_string_equal(dmsc_diag_get(rig.ctx)->what, "FETCH");
    /* It is not asked for again by itself. */
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    announce(&rig, "910B");
    scripted_turn(rig.card, "80120000 0B", "D009 8103010200 82028182 9000");
    scripted_turn(rig.card, "80140000 0C 810301020082028281830100", "6F00");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_E_SW);
    assert_string_equal(dmsc_diag_get(rig.ctx)->what, "TERMINAL RESPONSE");
    assert_int_equal(seen.count, 0);
    rig_end(&rig);
}

static enum dmsc_err work(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    enum dmsc_err err = dmsc_uicc_terminal_profile(uicc);

    (void)buf;
    return err == DMSC_OK ? dmsc_uicc_serve(uicc, NULL, NULL) : err;
}

static void survives_without_memory_and_without_card(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn(card, "80100000 03 010088", "910B");
    scripted_turn(card, "80120000 0B", "D009 8103010200 82028182 9000");
    scripted_turn(card, "80140000 0C 810301020082028281830100", "910B");
    scripted_turn(card, "80120000 0B", "D009 8103010104 82028182 9000");
    scripted_turn_power(card);
    rig_torture(card, work);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_nothing_is_fetched),
        cmocka_unit_test(the_profile_announces_what_is_served),
        cmocka_unit_test(vectors_are_served),
        cmocka_unit_test(commands_are_served_one_after_the_other),
        cmocka_unit_test(the_longest_command_is_fetched),
        cmocka_unit_test(a_refresh_may_reset_the_card),
        cmocka_unit_test(a_card_without_end_is_ended),
        cmocka_unit_test(refusals_end_the_loop),
        cmocka_unit_test(survives_without_memory_and_without_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
