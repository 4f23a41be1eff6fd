/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/ctx.h>
#include <string.h>

static enum dmsc_err verify(struct rig *rig, uint8_t key_ref, const char *pin)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    enum dmsc_err err;

    assert_int_equal(dmsc_secret_set(&secret, rig->ctx, dmsc_bytes_str(pin)), DMSC_OK);
    err = dmsc_uicc_verify_pin(rig->uicc, key_ref, &secret);
    dmsc_secret_clear(&secret);
    return err;
}

/* No part of the story says the PIN. */
static void has_no_secret(const struct rig *rig, const char *secret)
{
    const struct dmsc_diag *diag = dmsc_diag_get(rig->ctx);

    assert_null(strstr(diag->what, secret));
    assert_null(strstr(diag->where, secret));
    assert_null(strstr(diag->why, secret));
    assert_null(strstr(diag->hint, secret));
}

static void a_pin_is_padded_to_eight_bytes(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "00200001 08 31323334FFFFFFFF", "9000");
    assert_int_equal(verify(&rig, 0x01, "1234"), DMSC_OK);
    scripted_turn(rig.card, "00200081 08 3132333435FFFFFF", "9000");
    assert_int_equal(verify(&rig, 0x81, "12345"), DMSC_OK);
    scripted_turn(rig.card, "0020000A 08 3132333435363738", "9000");
    assert_int_equal(verify(&rig, 0x0A, "12345678"), DMSC_OK);
    /* On the channel in use. */
    rig_open_channel(&rig, "01");
    scripted_turn(rig.card, "01200011 08 31323334FFFFFFFF", "910B");
    assert_int_equal(verify(&rig, 0x11, "1234"), DMSC_OK);
    rig_end(&rig);
}

static void a_pin_of_another_length_is_not_sent(void **state)
{
    static const char *const pins[] = { "", "1", "123", "123456789", "1234567890123456" };
    struct rig rig = rig_begin();

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(pins); i++) {
        assert_int_equal(verify(&rig, 0x01, pins[i]), DMSC_E_ARG);
        rig_assert_story(&rig, DMSC_E_ARG, "pin:length", 0);
        if (strlen(pins[i]) > 3)
            has_no_secret(&rig, pins[i]);
    }
    assert_int_equal(rig.card->transmits, 0);
    rig_end(&rig);
}

static void a_wrong_pin_names_the_tries_that_are_left(void **state)
{
    static const struct {
        const char *rapdu, *says;
        uint16_t sw;
    } cases[] = {
        { "63C2", "2 tries are left", 0x63C2 },
        { "63C1", "1 try is left", 0x63C1 },
        { "63C0", "0 tries are left", 0x63C0 },
        { "63CF", "15 tries are left", 0x63CF },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = rig_begin();

        scripted_turn(rig.card, "00200001 08 39373531FFFFFFFF", cases[i].rapdu);
        assert_int_equal(verify(&rig, 0x01, "9751"), DMSC_E_PIN);
        rig_assert_story(&rig, DMSC_E_PIN, "pin:wrong", cases[i].sw);
        assert_non_null(strstr(dmsc_diag_get(rig.ctx)->why, cases[i].says));
        assert_non_null(strstr(dmsc_diag_get(rig.ctx)->what, "PIN of application 1"));
        has_no_secret(&rig, "9751");
        assert_int_equal(rig.card->transmits, 1);
        rig_end(&rig);
    }
}

/* Whatever the card answers, the value goes out once. */
static void a_pin_is_never_tried_twice(void **state)
{
    static const struct {
        const char *rapdu;
        enum dmsc_err err;
    } cases[] = {
        { "63C2", DMSC_E_PIN },    { "6983", DMSC_E_PIN }, { "6984", DMSC_E_SW },
        { "6C08", DMSC_E_SW },     { "6C00", DMSC_E_SW },  { "6700", DMSC_E_SW },
        { "6300", DMSC_E_SW },     { "6200", DMSC_E_SW },  { "9300", DMSC_E_AGAIN },
        { "6982", DMSC_E_DENIED }, { "6F00", DMSC_E_SW },  { "6A88", DMSC_E_NOTFOUND },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = rig_begin();

        scripted_turn(rig.card, "00200001 08 31323334FFFFFFFF", cases[i].rapdu);
        assert_int_equal(verify(&rig, 0x01, "1234"), cases[i].err);
        assert_int_equal(rig.card->transmits, 1);
        rig_end(&rig);
    }
}

static void a_blocked_pin_says_how_to_go_on(void **state)
{
    static const char *const rapdus[] = { "6983", "9840" };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rapdus); i++) {
        struct rig rig = rig_begin();

        scripted_turn(rig.card, "0020000A 08 31323334FFFFFFFF", rapdus[i]);
        assert_int_equal(verify(&rig, 0x0A, "1234"), DMSC_E_PIN);
        assert_string_equal(dmsc_diag_get(rig.ctx)->what, "verify ADM1");
        assert_non_null(strstr(dmsc_diag_get(rig.ctx)->why, "blocked"));
        assert_non_null(strstr(dmsc_diag_get(rig.ctx)->hint, "blocked"));
        rig_end(&rig);
    }
}

/* TS 102 221 table 9.3. */
static void every_key_reference_has_its_name(void **state)
{
    static const struct {
        uint8_t key_ref;
        const char *name, *capdu;
    } cases[] = {
        { 0x01, "verify PIN of application 1", "0020000108" },
        { 0x08, "verify PIN of application 8", "0020000808" },
        { 0x0A, "verify ADM1", "0020000A08" },
        { 0x0E, "verify ADM5", "0020000E08" },
        { 0x11, "verify the universal PIN", "0020001108" },
        { 0x81, "verify second PIN of application 1", "0020008108" },
        { 0x88, "verify second PIN of application 8", "0020008808" },
        { 0x8A, "verify ADM6", "0020008A08" },
        { 0x8E, "verify ADM10", "0020008E08" },
        { 0x00, "verify key reference 00", "0020000008" },
        { 0x90, "verify key reference 90", "0020009008" },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = rig_begin();
        char capdu[64];

        (void)strcpy(capdu, cases[i].capdu);
        (void)strcat(capdu, "31323334FFFFFFFF");
        scripted_turn(rig.card, capdu, "6A88");
        assert_int_equal(verify(&rig, cases[i].key_ref, "1234"), DMSC_E_NOTFOUND);
        assert_string_equal(dmsc_diag_get(rig.ctx)->what, cases[i].name);
        rig_end(&rig);
    }
}

static void asking_for_tries_costs_none(void **state)
{
    static const struct {
        const char *rapdu;
        enum dmsc_err err;
        uint8_t tries;
    } cases[] = {
        { "63C3", DMSC_OK, 3 },    { "63C0", DMSC_OK, 0 },        { "6983", DMSC_OK, 0 },
        { "9000", DMSC_OK, 255 },  { "910B", DMSC_OK, 255 },      { "6A88", DMSC_E_NOTFOUND, 77 },
        { "6700", DMSC_E_SW, 77 }, { "6982", DMSC_E_DENIED, 77 }, { "6C08", DMSC_E_SW, 77 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct rig rig = rig_begin();
        uint8_t tries = 77;

        scripted_turn(rig.card, "00200001 00", cases[i].rapdu);
        assert_int_equal(dmsc_uicc_pin_tries(rig.uicc, 0x01, &tries), cases[i].err);
        assert_int_equal(tries, cases[i].tries);
        rig_end(&rig);
    }
}

static enum dmsc_err work(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    uint8_t tries = 0;
    enum dmsc_err err = dmsc_secret_set(&secret, dmsc_uicc_ctx(uicc), dmsc_bytes_str("1234"));

    (void)buf;
    if (err == DMSC_OK)
        err = dmsc_uicc_pin_tries(uicc, 1, &tries);
    if (err == DMSC_OK)
        err = dmsc_uicc_verify_pin(uicc, 1, &secret);
    dmsc_secret_clear(&secret);
    return err;
}

static void survives_without_memory_and_without_card(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn(card, "00200001 00", "63C3");
    scripted_turn(card, "00200001 08 31323334FFFFFFFF", "9000");
    rig_torture(card, work);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_padded_to_eight_bytes),
        cmocka_unit_test(a_pin_of_another_length_is_not_sent),
        cmocka_unit_test(a_wrong_pin_names_the_tries_that_are_left),
        cmocka_unit_test(a_pin_is_never_tried_twice),
        cmocka_unit_test(a_blocked_pin_says_how_to_go_on),
        cmocka_unit_test(every_key_reference_has_its_name),
        cmocka_unit_test(asking_for_tries_costs_none),
        cmocka_unit_test(survives_without_memory_and_without_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
