/* SPDX-License-Identifier: Apache-2.0 */
/* The channel, and what becomes of status words. */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

static void a_channel_is_opened_used_and_closed(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    (void)state;
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
    rig_open_channel(&rig, "02");
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 2);
    scripted_turn(rig.card, "82F2000C 00", "9000");
    assert_int_equal(dmsc_uicc_exchange(rig.uicc, &status, NULL, &sw), DMSC_OK);
    /* Closing goes on the basic channel. */
    scripted_turn(rig.card, "00708002 00", "9000");
    assert_int_equal(dmsc_uicc_channel_close(rig.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
    scripted_turn(rig.card, "80F2000C 00", "9000");
    assert_int_equal(dmsc_uicc_exchange(rig.uicc, &status, NULL, &sw), DMSC_OK);
    /* The basic channel cannot be closed: nothing is sent. */
    assert_int_equal(dmsc_uicc_channel_close(rig.uicc), DMSC_OK);
    rig_end(&rig);
}

/* TS 102 221 10.1.1: 4 to 19 have a class of their own. */
static void every_channel_has_its_class(void **state)
{
    (void)state;
    for (unsigned channel = 1; channel <= 19; channel++) {
        struct rig rig = rig_begin();
        struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
        unsigned bits = channel < 4 ? channel : 0x40 + channel - 4;
        char text[64];
        uint16_t sw = 0;

        (void)snprintf(text, sizeof(text), "%02X", channel);
        rig_open_channel(&rig, text);
        (void)snprintf(text, sizeof(text), "%02XF2000C 00", 0x80 | bits);
        scripted_turn(rig.card, text, "9000");
        assert_int_equal(dmsc_uicc_exchange(rig.uicc, &status, NULL, &sw), DMSC_OK);
        (void)snprintf(text, sizeof(text), "%02XA40004 02 3F00", bits);
        scripted_turn(rig.card, text, "6102");
        (void)snprintf(text, sizeof(text), "%02XC00000 02", bits);
        scripted_turn(rig.card, text, "6200 9000");
        assert_int_equal(dmsc_uicc_select_fid(rig.uicc, 0x3F00, &rig.buf), DMSC_OK);
        rig_end(&rig);
    }
}

static void a_channel_number_that_is_none_is_refused(void **state)
{
    static const char *const answers[] = { "00 9000", "14 9000", "FF 9000", "9000", "0102 9000" };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(answers); i++) {
        struct rig rig = rig_begin();

        scripted_turn(rig.card, "00700000 01", answers[i]);
        assert_int_equal(dmsc_uicc_channel_open(rig.uicc), DMSC_E_MALFORMED);
        rig_assert_story(&rig, DMSC_E_MALFORMED, "card:channel", 0);
        assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
        rig_end(&rig);
    }
}

static void a_channel_is_not_opened_twice_or_lost(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "00700000 01", "6A81");
    assert_int_equal(dmsc_uicc_channel_open(rig.uicc), DMSC_E_SW);
    rig_assert_story(&rig, DMSC_E_SW, "card:sw", 0x6A81);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
    rig_open_channel(&rig, "01");
    assert_int_equal(dmsc_uicc_channel_open(rig.uicc), DMSC_E_STATE);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    scripted_turn(rig.card, "00708001 00", "6881");
    assert_int_equal(dmsc_uicc_channel_close(rig.uicc), DMSC_E_SW);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    scripted_turn_fails(rig.card, "00708001 00", DMSC_E_TIMEOUT);
    assert_int_equal(dmsc_uicc_channel_close(rig.uicc), DMSC_E_TIMEOUT);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    rig_end(&rig);
}

static void power_on_forgets_the_channel(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    rig_open_channel(&rig, "03");
    scripted_turn_power(rig.card);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 0);
    assert_int_equal(rig.card->powers, 2);
    rig_open_channel(&rig, "01");
    rig.card->power_fails = DMSC_E_REMOVED;
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_E_REMOVED);
    assert_int_equal(dmsc_uicc_channel(rig.uicc), 1);
    rig_end(&rig);
}

/* What each refusal becomes, with the status word in the story. */
static void refusals_become_errors(void **state)
{
    static const struct {
        const char *rapdu;
        uint16_t sw;
        enum dmsc_err err;
    } cases[] = {
        { "9000", 0x9000, DMSC_OK },         { "910B", 0x910B, DMSC_OK },
        { "9210", 0x9210, DMSC_OK },         { "9300", 0x9300, DMSC_E_AGAIN },
        { "6A82", 0x6A82, DMSC_E_NOTFOUND }, { "6A83", 0x6A83, DMSC_E_NOTFOUND },
        { "6A88", 0x6A88, DMSC_E_NOTFOUND }, { "9404", 0x9404, DMSC_E_NOTFOUND },
        { "6982", 0x6982, DMSC_E_DENIED },   { "9804", 0x9804, DMSC_E_DENIED },
        { "6983", 0x6983, DMSC_E_PIN },      { "63C1", 0x63C1, DMSC_E_PIN },
        { "9840", 0x9840, DMSC_E_PIN },      { "6281", 0x6281, DMSC_E_SW },
        { "6300", 0x6300, DMSC_E_SW },       { "6581", 0x6581, DMSC_E_SW },
        { "6700", 0x6700, DMSC_E_SW },       { "6D00", 0x6D00, DMSC_E_SW },
        { "6F12", 0x6F12, DMSC_E_SW },       { "9862", 0x9862, DMSC_E_SW },
        { "1234", 0x1234, DMSC_E_SW },
    };
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0x78, .le = 16 };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = rig_begin();
        char sw_text[8];

        scripted_turn(rig.card, "80780000 10", cases[i].rapdu);
        assert_int_equal(dmsc_uicc_command(rig.uicc, &capdu, &rig.buf, "GET IDENTITY"),
                         cases[i].err);
        if (cases[i].err == DMSC_OK) {
            assert_int_equal(rig.buf.n, 0);
        } else {
            rig_assert_untouched(&rig);
            rig_assert_story(&rig, cases[i].err, "card:sw", cases[i].sw);
            assert_string_equal(dmsc_diag_get(rig.ctx)->what, "GET IDENTITY");
            (void)snprintf(sw_text, sizeof(sw_text), "%04X", cases[i].sw);
            assert_non_null(strstr(dmsc_diag_get(rig.ctx)->why, sw_text));
        }
        assert_int_equal(dmsc_link_last_sw(rig.link), cases[i].sw);
        rig_end(&rig);
    }
}

/* The plain exchange hands every status word on. */
static void an_exchange_judges_nothing(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_capdu capdu = { .ins = 0xB0, .le = 4 };
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "00B00000 04", "AABB 6282");
    assert_int_equal(dmsc_uicc_exchange(rig.uicc, &capdu, &rig.buf, &sw), DMSC_OK);
    assert_int_equal(sw, 0x6282);
    assert_int_equal(rig.buf.n, 2);
    scripted_turn_fails(rig.card, "00B00000 04", DMSC_E_CARD_RESET);
    assert_int_equal(dmsc_uicc_exchange(rig.uicc, &capdu, &rig.buf, &sw), DMSC_E_CARD_RESET);
    assert_int_equal(sw, 0x6282);
    assert_int_equal(rig.buf.n, 2);
    rig_end(&rig);
}

static enum dmsc_err work(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    enum dmsc_err err = dmsc_uicc_channel_open(uicc);

    if (err == DMSC_OK)
        err = dmsc_uicc_channel_close(uicc);
    if (err == DMSC_OK)
        err = dmsc_uicc_select_fid(uicc, 0x2FE2, buf);
    return err;
}

static void survives_without_memory_and_without_card(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    dmsc_uicc_free(NULL);
    scripted_turn(card, "00700000 01", "01 9000");
    scripted_turn(card, "00708001 00", "9000");
    scripted_turn(card, "00A40004 02 2FE2", "6102");
    scripted_turn(card, "00C00000 02", "6200 9000");
    rig_torture(card, work);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_is_opened_used_and_closed),
        cmocka_unit_test(every_channel_has_its_class),
        cmocka_unit_test(a_channel_number_that_is_none_is_refused),
        cmocka_unit_test(a_channel_is_not_opened_twice_or_lost),
        cmocka_unit_test(power_on_forgets_the_channel),
        cmocka_unit_test(refusals_become_errors),
        cmocka_unit_test(an_exchange_judges_nothing),
        cmocka_unit_test(survives_without_memory_and_without_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
