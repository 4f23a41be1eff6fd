/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

#define LINES_MAX 32

struct lines {
    char text[LINES_MAX][700];
    size_t count;
};

static void keep(void *user, const char *text)
{
    struct lines *lines = user;

    assert_true(lines->count < LINES_MAX && strlen(text) < sizeof(lines->text[0]));
    assert_null(strchr(text, '\n'));
    (void)snprintf(lines->text[lines->count++], sizeof(lines->text[0]), "%s", text);
}

struct rig {
    struct dmsc_ctx *ctx;
    struct scripted *card;
    struct dmsc_link *link;
    struct lines *lines;
};

static struct rig begin(enum dmsc_protocol protocol, bool raw)
{
    static struct lines lines;
    struct rig rig = { .card = scripted_new(protocol), .lines = &lines };
    struct dmsc_link *inner = NULL;

    memset(&lines, 0, sizeof(lines));
    assert_int_equal(dmsc_ctx_new(NULL, &rig.ctx), DMSC_OK);
    assert_int_equal(scripted_link(rig.card, rig.ctx, &inner), DMSC_OK);
    assert_int_equal(dmsc_link_traced(inner, raw, keep, rig.lines, &rig.link), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(lines.count, 1);
    lines.count = 0;
    return rig;
}

static void end(struct rig *rig)
{
    assert_int_equal(rig->card->locks, rig->card->unlocks);
    dmsc_link_free(rig->link);
    assert_int_equal(rig->card->closes, 1);
    scripted_free(rig->card);
    dmsc_ctx_free(rig->ctx);
}

static void send_hex(struct rig *rig, const char *hex)
{
    struct dmsc_capdu capdu;
    struct dmsc_buf bytes;
    uint16_t sw = 0;

    dmsc_buf_init(&bytes, rig->ctx, DMSC_CAPDU_MAX);
    assert_int_equal(dmsc_hex_decode(hex, &bytes), DMSC_OK);
    assert_int_equal(dmsc_capdu_decode(dmsc_buf_bytes(&bytes), &capdu), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig->link, &capdu, NULL, &sw), DMSC_OK);
    dmsc_buf_clear(&bytes);
}

static void begins(const char *text, const char *expected)
{
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", text, expected);
}

/* The line up to its comment. */
static void expect_line(const struct rig *rig, size_t at, const char *expected)
{
    const char *text = rig->lines->text[at];
    size_t n = strlen(expected);

    assert_true(at < rig->lines->count);
    if (strncmp(text, expected, n) != 0 || strncmp(text + n, "   # ", 5) != 0)
        fail_msg("line %zu: \"%s\" does not begin with \"%s\"", at, text, expected);
}

static void lines_have_the_form_of_traces(void **state)
{
    struct rig rig = begin(DMSC_T0, false);

    (void)state;
    assert_string_equal(dmsc_link_name(rig.link), "traced");
    begins(rig.lines->text[0], "! cold 3B9F96801F878031E073FE211B674A357530350265F8 T=0   # at 2");
    assert_non_null(strstr(rig.lines->text[0], "Z over scripted"));
    scripted_turn(rig.card, "00A40004 02 3F00", "6106");
    scripted_turn(rig.card, "00C00000 06", "620482027821 9000");
    scripted_turn(rig.card, "00FD0102 00", "6D00");
    send_hex(&rig, "00A40004023F0000");
    send_hex(&rig, "00FD0102");
    assert_int_equal(rig.lines->count, 6);
    assert_string_equal(rig.lines->text[0], "> 00A40004023F00   # SELECT");
    expect_line(&rig, 1, "< 6106");
    assert_string_equal(rig.lines->text[2], "> 00C0000006   # GET RESPONSE");
    expect_line(&rig, 3, "< 6204820278219000");
    assert_string_equal(rig.lines->text[4], "> 00FD010200   # command");
    expect_line(&rig, 5, "< 6D00");
    assert_non_null(strstr(rig.lines->text[5], " ms at 0."));
    end(&rig);
}

static void power_is_written(void **state)
{
    struct rig rig = begin(DMSC_T1, false);

    (void)state;
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(rig.lines->count, 2);
    expect_line(&rig, 0, "! warm 3B9F96801F878031E073FE211B674A357530350265F8 T=1");
    expect_line(&rig, 1, "! off");
    rig.card->power_fails = DMSC_E_REMOVED;
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_E_REMOVED);
    assert_string_equal(rig.lines->text[2], "! error DMSC_E_REMOVED   # over scripted");
    end(&rig);
}

/* Command, whether its data are a PIN. */
static const struct {
    const char *capdu;
    const char *masked;
} pin_commands[] = {
    { "0020000108 31323334FFFFFFFF", "> 0020000108****************" },
    { "412000810831323334FFFFFFFF", "> 4120008108****************" },
    { "002400011031323334FFFFFFFF35363738FFFFFFFF",
      "> 0024000110********************************" },
    { "002600010831323334FFFFFFFF", "> 0026000108****************" },
    { "002800010831323334FFFFFFFF", "> 0028000108****************" },
    { "002C000110313233343536373830303030FFFFFFFF",
      "> 002C000110********************************" },
    { "0020000A081122334455667788", "> 0020000A08****************" },
    { "80D8000104 01020304", "> 80D8000104********" }, /* PUT KEY */
    { "002A868003 010203", "> 002A868003******" },     /* what is to be enciphered */
};

static void without_spaces(const char *text, char *ret_text)
{
    for (; *text != '\0'; text++) {
        if (*text != ' ')
            *ret_text++ = *text;
    }
    *ret_text = '\0';
}

static void pins_are_masked(void **state)
{
    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(pin_commands); i++) {
        for (unsigned raw = 0; raw < 2; raw++) {
            struct rig rig = begin(DMSC_T0, raw == 1);
            char plain[128] = "> ";

            without_spaces(pin_commands[i].capdu, plain + 2);
            scripted_turn(rig.card, pin_commands[i].capdu, "63C2");
            send_hex(&rig, pin_commands[i].capdu);
            expect_line(&rig, 0, raw == 1 ? plain : pin_commands[i].masked);
            expect_line(&rig, 1, "< 63C2");
            end(&rig);
        }
    }
}

/* A question for the tries left has nothing to hide; nor has what other commands send. */
static void other_commands_are_not_masked(void **state)
{
    struct rig rig = begin(DMSC_T0, false);

    (void)state;
    scripted_turn(rig.card, "0020000100", "63C3");
    scripted_turn(rig.card, "00D68200 02 AABB", "9000");
    send_hex(&rig, "00200001");
    send_hex(&rig, "00D6820002AABB");
    expect_line(&rig, 0, "> 0020000100");
    expect_line(&rig, 2, "> 00D6820002AABB");
    end(&rig);
}

static void the_answer_to_authenticate_is_masked_on_t1(void **state)
{
    (void)state;
    for (unsigned raw = 0; raw < 2; raw++) {
        struct rig rig = begin(DMSC_T1, raw == 1);

        scripted_turn(rig.card, "00880081 02 0102 00", "DB02AABB 9000");
        scripted_turn(rig.card, "00890081 02 0102 00", "DB02AABB 9000");
        scripted_turn(rig.card, "00B00000 04", "DB02AABB 9000");
        send_hex(&rig, "0088008102010200");
        send_hex(&rig, "0089008102010200");
        send_hex(&rig, "00B0000004");
        expect_line(&rig, 0, "> 0088008102010200");
        expect_line(&rig, 1, raw == 1 ? "< DB02AABB9000" : "< ********9000");
        expect_line(&rig, 3, raw == 1 ? "< DB02AABB9000" : "< ********9000");
        expect_line(&rig, 5, "< DB02AABB9000");
        end(&rig);
    }
}

static void the_answer_to_authenticate_is_masked_through_get_response(void **state)
{
    (void)state;
    for (unsigned raw = 0; raw < 2; raw++) {
        struct rig rig = begin(DMSC_T0, raw == 1);

        scripted_turn(rig.card, "01880081 02 0102", "6104");
        scripted_turn(rig.card, "01C00000 04", "DB02AABB 6102");
        scripted_turn(rig.card, "01C00000 02", "CCDD 9000");
        scripted_turn(rig.card, "01A40004 02 3F00", "6102");
        scripted_turn(rig.card, "01C00000 02", "6200 9000");
        send_hex(&rig, "0188008102010200");
        send_hex(&rig, "01A40004023F0000");
        expect_line(&rig, 1, "< 6104");
        expect_line(&rig, 3, raw == 1 ? "< DB02AABB6102" : "< ********6102");
        expect_line(&rig, 5, raw == 1 ? "< CCDD9000" : "< ****9000");
        expect_line(&rig, 9, "< 62009000");
        end(&rig);
    }
}

static void what_is_concealed_is_masked_both_ways(void **state)
{
    (void)state;
    for (unsigned raw = 0; raw < 2; raw++) {
        struct rig rig = begin(DMSC_T0, raw == 1);

        scripted_turn(rig.card, "00B00000 04", "DB02AABB 9000");
        scripted_turn(rig.card, "00D60000 02 0102", "9000");
        scripted_turn(rig.card, "00B00000 04", "DB02AABB 9000");
        dmsc_link_conceal(rig.link, true);
        send_hex(&rig, "00B0000004");
        send_hex(&rig, "00D60000020102");
        dmsc_link_conceal(rig.link, false);
        send_hex(&rig, "00B0000004");
        expect_line(&rig, 0, "> 00B0000004");
        expect_line(&rig, 1, raw == 1 ? "< DB02AABB9000" : "< ********9000");
        expect_line(&rig, 2, raw == 1 ? "> 00D60000020102" : "> 00D6000002****");
        expect_line(&rig, 3, "< 9000");
        expect_line(&rig, 5, "< DB02AABB9000");
        end(&rig);
    }
}

static void no_answer_is_written_too(void **state)
{
    struct rig rig = begin(DMSC_T0, false);
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    (void)state;
    scripted_turn_fails(rig.card, "80F2000C00", DMSC_E_TIMEOUT);
    assert_int_equal(dmsc_link_exchange(rig.link, &capdu, NULL, &sw), DMSC_E_TIMEOUT);
    assert_int_equal(rig.lines->count, 2);
    assert_string_equal(rig.lines->text[0], "> 80F2000C00   # STATUS");
    expect_line(&rig, 1, "! error DMSC_E_TIMEOUT");
    assert_non_null(strstr(rig.lines->text[1], " s no answer in time"));
    end(&rig);
}

static void the_longest_answer_fits(void **state)
{
    struct rig rig = begin(DMSC_T0, false);

    (void)state;
    scripted_turn_data(rig.card, "00B0000000", 0, 256);
    send_hex(&rig, "00B0000000");
    assert_int_equal(strncmp(rig.lines->text[1], "< 000102", 8), 0);
    assert_non_null(strstr(rig.lines->text[1], "FEFF9000   # "));
    end(&rig);
}

static void wrappers_wrap_wrappers(void **state)
{
    static struct lines outer_lines;
    struct rig rig = begin(DMSC_T0, false);
    struct dmsc_link *outer = NULL;

    (void)state;
    outer_lines.count = 0;
    assert_int_equal(dmsc_link_traced(rig.link, true, keep, &outer_lines, &outer), DMSC_OK);
    rig.link = outer;
    scripted_turn(rig.card, "0020000108 31323334FFFFFFFF", "9000");
    assert_int_equal(dmsc_link_power(outer, DMSC_POWER_COLD), DMSC_OK);
    send_hex(&rig, "002000010831323334FFFFFFFF");
    assert_int_equal(rig.lines->count, 3);
    assert_int_equal(outer_lines.count, 3);
    assert_non_null(strstr(outer_lines.text[0], "Z over traced"));
    expect_line(&rig, 1, "> 0020000108****************");
    assert_string_equal(outer_lines.text[1], "> 002000010831323334FFFFFFFF   # VERIFY PIN");
    assert_int_equal(dmsc_link_lock(outer), DMSC_OK);
    assert_int_equal(rig.card->locks, 1);
    dmsc_link_unlock(outer);
    assert_int_equal(dmsc_link_counts(outer).bytes, 16);
    end(&rig);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    static struct lines lines;
    struct scripted *card = user;
    struct dmsc_link *inner = NULL, *link = NULL;
    uint16_t sw = 0;
    enum dmsc_err err;

    lines.count = 0;
    scripted_rewind(card);
    err = scripted_link(card, ctx, &inner);
    if (err != DMSC_OK)
        return err;
    err = dmsc_link_traced(inner, false, keep, &lines, &link);
    if (err != DMSC_OK) {
        /* On failure the inner link is still ours. */
        assert_int_equal(card->closes, 0);
        dmsc_link_free(inner);
        return err;
    }
    err = dmsc_link_power(link, DMSC_POWER_COLD);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(link, &capdu, NULL, &sw);
    dmsc_link_free(link);
    assert_int_equal(card->closes, 1);
    assert_int_equal(card->locks, card->unlocks);
    return err;
}

static void survives_without_memory(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn(card, "80F2000C00", "9000");
    (void)fault_torture(scenario, card);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_the_form_of_traces),
        cmocka_unit_test(power_is_written),
        cmocka_unit_test(pins_are_masked),
        cmocka_unit_test(other_commands_are_not_masked),
        cmocka_unit_test(the_answer_to_authenticate_is_masked_on_t1),
        cmocka_unit_test(the_answer_to_authenticate_is_masked_through_get_response),
        cmocka_unit_test(what_is_concealed_is_masked_both_ways),
        cmocka_unit_test(no_answer_is_written_too),
        cmocka_unit_test(the_longest_answer_fits),
        cmocka_unit_test(wrappers_wrap_wrappers),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
