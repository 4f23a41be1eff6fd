/* SPDX-License-Identifier: Apache-2.0 */
/* The proactive loop: what the card may ask for, and that it comes to an end. */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/cat.h>
#include <dmsc/ctx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* TERMINAL PROFILE without any configuration. */
#define PROFILE                                                                                    \
    "80100000 23 2101E8000100000708 0000000000000000 0000000000000000 0000000000000000 2008"

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

/* Only what is served is announced (TS 102 223 5.2); test_cat.c shows it bit by bit. */
static void the_profile_announces_what_is_served(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, PROFILE, "9000");
    assert_int_equal(dmsc_uicc_terminal_profile(rig.uicc), DMSC_OK);
    rig_open_channel(&rig, "01");
    scripted_turn(rig.card, PROFILE, "6F00");
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
    scripted_turn(rig.card, "80140000 0C 810301028082028281830101", "9000");
    assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
    assert_int_equal(seen.last.command.n, 256);
    assert_int_equal(seen.last.result, 1);
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

/* For a while: such a card is slowed, not ended, and time is up when it is up. */
static void a_card_without_end_is_slowed(void **state)
{
    struct dmsc_limits limits = DMSC_LIMITS_INIT;
    unsigned fetched = 0;
    struct rig rig;

    (void)state;
    limits.proactive = 5;
    limits.proactive_rate = 600; /* ten a second */
    rig = rig_begin_limits(&limits);
    rig.card->respond = endless;
    rig.card->respond_user = &fetched;
    assert_int_equal(dmsc_uicc_terminal_profile(rig.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_run(rig.uicc, 500, NULL), DMSC_OK);
    assert_true(fetched >= 6 && fetched <= 5 + 6);
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

/* A card with one command of the corpus. */
struct corpus_card {
    struct dmsc_bytes command;
    uint8_t response[64];
    size_t response_bytes;
    unsigned served, reset, refused;
};

static enum dmsc_err corpus_respond(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct corpus_card *card = user;
    uint8_t sw[2] = { 0x90, 0x00 };
    enum dmsc_err err = dmsc_buf_set(ret_rapdu, dmsc_bytes(NULL, 0));

    if (capdu.p[1] == 0xF2) {
        sw[0] = 0x91;
        sw[1] = (uint8_t)card->command.n;
    } else if (capdu.p[1] == 0x12) {
        assert_int_equal(capdu.p[4], (uint8_t)card->command.n);
        err = dmsc_buf_append(ret_rapdu, card->command);
    } else {
        assert_int_equal(capdu.p[1], 0x14);
        assert_true(capdu.n - 5 <= sizeof(card->response));
        card->response_bytes = capdu.n - 5;
        memcpy(card->response, capdu.p + 5, card->response_bytes);
    }
    return err == DMSC_OK ? dmsc_buf_append(ret_rapdu, dmsc_bytes(sw, 2)) : err;
}

static unsigned long hex_member(json_t *object, const char *member)
{
    const char *text = corpus_text(object, member);

    assert_non_null(text);
    return strtoul(text, NULL, 16);
}

/* Types that are served without any configuration (include/dmsc/cat.h). */
static bool is_served(unsigned long type)
{
    return (type >= 0x01 && type <= 0x05) || type == 0x26 || type == 0x27;
}

/* What the command asks for is done if it is on the list, and answered "beyond" if it is not. */
static void judge(struct corpus_card *card, json_t *row, const struct dmsc_proactive *seen,
                  unsigned powers)
{
    json_t *command = json_object_get(row, "command");
    unsigned long type = hex_member(command, "type"), qualifier = hex_member(command, "qualifier");
    bool reset = type == 0x01 && qualifier == 0x04;
    uint8_t expected[] = { 0x81, 0x03, 0, 0, 0, 0x82, 0x02, 0x82, 0x81, 0x83 };

    if (!is_served(type) && seen->result != 0x30 && seen->result != 0x31)
        fail_msg("%s: result %02X", corpus_text(row, "id"), seen->result);
    assert_int_equal(seen->type, type);
    assert_int_equal(seen->qualifier, qualifier);
    assert_int_equal(seen->number, json_integer_value(json_object_get(command, "number")));
    assert_int_equal(powers, reset ? 2 : 1);
    if (reset) {
        card->reset++;
        return;
    }
    expected[2] = seen->number;
    expected[3] = seen->type;
    expected[4] = seen->qualifier;
    assert_true(card->response_bytes >= sizeof(expected) + 2);
    assert_memory_equal(card->response, expected, sizeof(expected));
    assert_int_equal(card->response[11], seen->result);
    card->served += seen->result < 0x20;
    card->refused += seen->result >= 0x20;
}

static void serve_row(void *user, json_t *row)
{
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    struct corpus_card *card = user;
    struct seen seen = { .count = 0 };
    struct rig rig;
    uint16_t sw = 0;

    if (strcmp(corpus_text(row, "kind"), "proactive") != 0 ||
        !json_is_true(json_object_get(row, "wellformed")) ||
        json_object_get(row, "command") == NULL)
        return;
    card->command = corpus_hex(row, "hex");
    card->response_bytes = 0;
    if (card->command.n <= 256) {
        rig = rig_begin();
        rig.card->respond = corpus_respond;
        rig.card->respond_user = card;
        assert_int_equal(dmsc_uicc_exchange(rig.uicc, &status, NULL, &sw), DMSC_OK);
        assert_int_equal(dmsc_uicc_serve(rig.uicc, keep, &seen), DMSC_OK);
        assert_int_equal(seen.count, 1);
        judge(card, row, &seen.last, rig.card->powers);
        rig_end(&rig);
    }
    support_free(card->command);
}

static void commands_of_the_conformance_suites_are_answered(void **state)
{
    struct corpus_card card = { .served = 0 };

    (void)state;
    corpus_each("usat/etsi-ts102268.jsonl", serve_row, &card);
    corpus_each("usat/stk-third.jsonl", serve_row, &card);
    printf("%u served, %u resets, %u beyond our capabilities\n", card.served, card.reset,
           card.refused);
    assert_true(card.served > 0 && card.refused > 500);
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
    scripted_turn(card, PROFILE, "910B");
    scripted_turn(card, "80120000 0B", "D009 8103010200 82028182 9000");
    scripted_turn(card, "80140000 0C 810301020082028281830100", "910B");
    scripted_turn(card, "80120000 0B", "D009 8103010104 82028182 9000");
    scripted_turn_power(card);
    scripted_turn(card, PROFILE, "9000");
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
        cmocka_unit_test(a_card_without_end_is_slowed),
        cmocka_unit_test(refusals_end_the_loop),
        cmocka_unit_test(commands_of_the_conformance_suites_are_answered),
        cmocka_unit_test(survives_without_memory_and_without_card),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
