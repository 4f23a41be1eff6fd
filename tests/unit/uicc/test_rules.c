/* SPDX-License-Identifier: Apache-2.0 */
/* What a file needs, from its FCP and the EF(ARR) it names. */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/uicc_rules.h>
#include <stdio.h>
#include <string.h>

struct words {
    char text[400];
};

static void keep(void *user, const struct dmsc_access *access)
{
    struct words *words = user;
    size_t n = strlen(words->text);

    (void)snprintf(words->text + n, sizeof(words->text) - n, "%s%s: %s", n > 0 ? "; " : "",
                   access->operation, access->needs);
}

static struct dmsc_fcp file(const char *bytes, size_t n)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    fcp.kind = DMSC_FILE_WORKING_EF;
    fcp.security_referenced = dmsc_bytes(bytes, n);
    return fcp;
}

static const struct dmsc_bytes usim = { (const uint8_t *)"\x7F\xFF", 2 };

/* EF(ARR) with two records of 22 bytes. */
static void record_turns(struct scripted *card)
{
    scripted_turn(card, "00B20104 16", "800101A406830101950108800102A40683010A950108 9000");
    scripted_turn(card, "00B20204 16", "8001019000 8001029700 FFFFFFFFFFFFFFFFFFFFFFFF 9000");
}

static void open_arr(struct scripted *card, const char *select)
{
    scripted_turn(card, select, "6110");
    scripted_turn(card, "00C00000 10", "620E 82054221001602 83026F06 8A0105 9000");
    record_turns(card);
}

static enum dmsc_err describe(struct dmsc_uicc_rules *rules, struct dmsc_bytes folder,
                              const struct dmsc_fcp *fcp, uint8_t environment, const char *expected)
{
    struct words words = { "" };
    enum dmsc_err err = dmsc_uicc_rules_describe(rules, folder, fcp, environment, keep, &words);

    if (err == DMSC_OK)
        assert_string_equal(words.text, expected);
    return err;
}

static enum dmsc_err three_files(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_uicc_rules *rules = NULL;
    struct dmsc_fcp first = file("\x6F\x06\x01", 3), second = file("\x6F\x06\x02", 3),
                    both = file("\x6F\x06\x00\x02\x01\x01", 6);
    enum dmsc_err err = dmsc_uicc_rules_new(uicc, &rules);

    (void)buf;
    if (err == DMSC_OK)
        err = describe(rules, usim, &first, 0, "read: PIN1; update: ADM1");
    /* Read once. */
    if (err == DMSC_OK)
        err = describe(rules, usim, &second, 0, "read: always; update: never");
    if (err == DMSC_OK)
        err = describe(rules, usim, &both, 0, "read: always; update: never");
    if (err == DMSC_OK)
        err = describe(rules, usim, &both, 1, "read: PIN1; update: ADM1");
    dmsc_uicc_rules_free(rules);
    return err;
}

static void a_reference_is_resolved_once(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    open_arr(rig.card, "00A40804 04 7FFF6F06");
    assert_int_equal(three_files(rig.uicc, &rig.buf), DMSC_OK);
    rig_torture(rig.card, three_files);
    rig_end(&rig);
}

/* Not in this DF: in the one above it, at last under the MF. What is not there is asked for once.
 */
static void folders_above_are_searched(void **state)
{
    static const struct dmsc_bytes deep = { (const uint8_t *)"\x7F\xFF\x5F\x3B", 4 };
    struct rig rig = rig_begin();
    struct dmsc_uicc_rules *rules = NULL;
    struct dmsc_fcp fcp = file("\x2F\x06\x02", 3);

    (void)state;
    assert_int_equal(dmsc_uicc_rules_new(rig.uicc, &rules), DMSC_OK);
    scripted_turn(rig.card, "00A40804 06 7FFF5F3B2F06", "6A82");
    scripted_turn(rig.card, "00A40804 04 7FFF2F06", "6A82");
    open_arr(rig.card, "00A40804 02 2F06");
    assert_int_equal(describe(rules, deep, &fcp, 0, "read: always; update: never"), DMSC_OK);
    assert_int_equal(describe(rules, deep, &fcp, 0, "read: always; update: never"), DMSC_OK);
    /* Forgotten: it is read again. */
    dmsc_uicc_rules_forget(rules);
    scripted_turn(rig.card, "00A40804 04 7FFF2F06", "6982");
    open_arr(rig.card, "00A40804 02 2F06");
    assert_int_equal(describe(rules, usim, &fcp, 0, "read: always; update: never"), DMSC_OK);
    dmsc_uicc_rules_free(rules);
    rig_end(&rig);
}

static void own_rules_need_no_file(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_uicc_rules *rules = NULL;
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    (void)state;
    assert_int_equal(dmsc_uicc_rules_new(rig.uicc, &rules), DMSC_OK);
    fcp.kind = DMSC_FILE_WORKING_EF;
    fcp.security_compact = dmsc_bytes("\x03\xFF\x00", 3);
    assert_int_equal(describe(rules, usim, &fcp, 0, "update: never; read: always"), DMSC_OK);
    fcp.security_compact = dmsc_bytes(NULL, 0);
    fcp.security_expanded = dmsc_bytes("\x80\x01\x01\x90\x00", 5);
    assert_int_equal(describe(rules, usim, &fcp, 0, "read: always"), DMSC_OK);
    fcp.kind = DMSC_FILE_DF;
    assert_int_equal(describe(rules, usim, &fcp, 0, "delete child: always"), DMSC_OK);
    fcp.security_expanded = dmsc_bytes(NULL, 0);
    assert_int_equal(describe(rules, usim, &fcp, 0, ""), DMSC_E_NOTFOUND);
    fcp.security_expanded = dmsc_bytes("\x80\x01\x01", 3);
    assert_int_equal(describe(rules, usim, &fcp, 0, ""), DMSC_E_MALFORMED);
    fcp.security_expanded = dmsc_bytes(NULL, 0);
    fcp.security_referenced = dmsc_bytes("\x6F\x06\x01\x01\x02", 5);
    assert_int_equal(describe(rules, usim, &fcp, 2, ""), DMSC_E_MALFORMED);
    assert_int_equal(rig.card->transmits, 0);
    dmsc_uicc_rules_free(rules);
    rig_end(&rig);
}

/* Record 3 of 2, record 0, and an EF(ARR) that is no such file. */
static void what_cannot_be_found(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_uicc_rules *rules = NULL;
    struct dmsc_fcp third = file("\x6F\x06\x03", 3), zero = file("\x6F\x06\x00", 3),
                    other = file("\x6F\x07\x01", 3);

    (void)state;
    assert_int_equal(dmsc_uicc_rules_new(rig.uicc, &rules), DMSC_OK);
    open_arr(rig.card, "00A40804 04 7FFF6F06");
    assert_int_equal(describe(rules, usim, &third, 0, ""), DMSC_E_NOTFOUND);
    assert_int_equal(describe(rules, usim, &zero, 0, ""), DMSC_E_NOTFOUND);
    scripted_turn(rig.card, "00A40804 04 7FFF6F07", "6106");
    scripted_turn(rig.card, "00C00000 06", "620482024121 9000");
    scripted_turn(rig.card, "00A40804 02 6F07", "6A82");
    assert_int_equal(describe(rules, usim, &other, 0, ""), DMSC_E_NOTFOUND);
    rig_assert_story(&rig, DMSC_E_NOTFOUND, "rules:record", 0);
    dmsc_uicc_rules_free(rules);
    rig_end(&rig);
}

/* More files than are kept: the oldest gives way. */
static void nine_files(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_uicc_rules *rules = NULL;

    (void)state;
    assert_int_equal(dmsc_uicc_rules_new(rig.uicc, &rules), DMSC_OK);
    for (unsigned i = 0; i < 10; i++) {
        char reference[3] = { 0x6F, (char)(0x10 + i % 9), 1 }, select[40];
        struct dmsc_fcp fcp = file(reference, 3);

        (void)snprintf(select, sizeof(select), "00A40804 04 7FFF6F%02X", 0x10 + i % 9);
        open_arr(rig.card, select);
        assert_int_equal(describe(rules, usim, &fcp, 0, "read: PIN1; update: ADM1"), DMSC_OK);
    }
    dmsc_uicc_rules_free(rules);
    rig_end(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_is_resolved_once),
        cmocka_unit_test(folders_above_are_searched),
        cmocka_unit_test(own_rules_need_no_file),
        cmocka_unit_test(what_cannot_be_found),
        cmocka_unit_test(nine_files),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
