/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT, READ, UPDATE: which commands go out, and what is made of the answers. */
#include "tests/support/test.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <string.h>

static const uint8_t dmsc_aid[] = { 0xF0, 'D', 'M', 'S', 'C', '-', 'U', 'I', 'C', 'C', 1, 0 };

/* Hex of @p n bytes that count up from @p first. */
static const char *counting(uint8_t first, size_t n, char *ret_text)
{
    for (size_t i = 0; i < n; i++)
        (void)snprintf(ret_text + 2 * i, 3, "%02X", (uint8_t)(first + i));
    return ret_text;
}

static void select_has_three_forms(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "00A4040C 0C F0444D53432D554943430100", "9000");
    assert_int_equal(dmsc_uicc_select_aid(rig.uicc, dmsc_bytes(dmsc_aid, sizeof(dmsc_aid)), NULL),
                     DMSC_OK);
    scripted_turn(rig.card, "00A4000C 02 2FE2", "9000");
    assert_int_equal(dmsc_uicc_select_fid(rig.uicc, 0x2FE2, NULL), DMSC_OK);
    scripted_turn(rig.card, "00A4080C 04 7FFF6F02", "9000");
    assert_int_equal(dmsc_uicc_select_path(rig.uicc, dmsc_bytes("\x7F\xFF\x6F\x02", 4), NULL),
                     DMSC_OK);
    /* With an FCP, on a channel. */
    rig_open_channel(&rig, "01");
    scripted_turn(rig.card, "01A40404 0C F0444D53432D554943430100", "6106");
    scripted_turn(rig.card, "01C00000 06", "620482027821 9000");
    assert_int_equal(
        dmsc_uicc_select_aid(rig.uicc, dmsc_bytes(dmsc_aid, sizeof(dmsc_aid)), &rig.buf), DMSC_OK);
    assert_int_equal(rig.buf.n, 6);
    assert_int_equal(rig.buf.p[0], 0x62);
    rig_end(&rig);
}

/* The MF is left out of a path; alone it goes by its identifier. */
static void paths_lose_the_mf(void **state)
{
    static const struct {
        const char *path;
        size_t n;
        const char *capdu;
    } cases[] = {
        { "\x3F\x00\x2F\xE2", 4, "00A4080C 02 2FE2" },
        { "\x2F\xE2", 2, "00A4080C 02 2FE2" },
        { "\x3F\x00\x7F\xFF\x6F\x01", 6, "00A4080C 04 7FFF6F01" },
        { "\x3F\x00", 2, "00A4000C 02 3F00" },
        { "\x7F\x10\x5F\x3C\x4F\x20", 6, "00A4080C 06 7F105F3C4F20" },
    };
    struct rig rig = rig_begin();

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        scripted_turn(rig.card, cases[i].capdu, "9000");
        assert_int_equal(
            dmsc_uicc_select_path(rig.uicc, dmsc_bytes(cases[i].path, cases[i].n), NULL), DMSC_OK);
    }
    rig_end(&rig);
}

static void what_cannot_be_selected_is_not_sent(void **state)
{
    static const uint8_t path[18] = { 0x7F, 0x10 };
    struct rig rig = rig_begin();

    (void)state;
    assert_int_equal(dmsc_uicc_select_aid(rig.uicc, dmsc_bytes(NULL, 0), &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_select_aid(rig.uicc, dmsc_bytes(path, 17), &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_select_path(rig.uicc, dmsc_bytes(NULL, 0), &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_select_path(rig.uicc, dmsc_bytes(path, 3), &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_select_path(rig.uicc, dmsc_bytes(path, 18), &rig.buf), DMSC_E_ARG);
    rig_assert_untouched(&rig);
    assert_int_equal(rig.card->transmits, 0);
    rig_end(&rig);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "00A40004 02 2FE2", "6A82");
    assert_int_equal(dmsc_uicc_select_fid(rig.uicc, 0x2FE2, &rig.buf), DMSC_E_NOTFOUND);
    rig_assert_story(&rig, DMSC_E_NOTFOUND, "card:sw", 0x6A82);
    assert_string_equal(dmsc_diag_get(rig.ctx)->what, "SELECT file 2FE2");
    rig_assert_untouched(&rig);
    rig_end(&rig);
}

static void expect_content(const struct rig *rig, uint8_t first, size_t n)
{
    assert_int_equal(rig->buf.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rig->buf.p[i], (uint8_t)(first + i));
}

/* The first block by SFI, which makes the EF current; the others by their offset in it. */
static void reading_goes_in_blocks(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn_data(rig.card, "00B08200 00", 0, 256);
    scripted_turn_data(rig.card, "00B00100 00", 0, 256);
    scripted_turn_data(rig.card, "00B00200 26", 0, 38);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 550, &rig.buf), DMSC_OK);
    expect_content(&rig, 0, 550);
    /* Of the EF in use. */
    scripted_turn_data(rig.card, "00B00000 0A", 0, 10);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 0, 0, 10, &rig.buf), DMSC_OK);
    expect_content(&rig, 0, 10);
    /* From its middle. */
    scripted_turn_data(rig.card, "00B09E0A 00", 10, 256);
    scripted_turn_data(rig.card, "00B0010A 01", 10, 1);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 30, 10, 257, &rig.buf), DMSC_OK);
    expect_content(&rig, 10, 257);
    rig_end(&rig);
}

static void sfi_reaches_offset_255(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn_data(rig.card, "00B082FF 02", 0, 2);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 255, 2, &rig.buf), DMSC_OK);
    /* Beyond, the EF is made current first. */
    scripted_turn(rig.card, "00B08200 01", "AA 9000");
    scripted_turn_data(rig.card, "00B00100 02", 7, 2);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 256, 2, &rig.buf), DMSC_OK);
    expect_content(&rig, 7, 2);
    scripted_turn(rig.card, "00B08200 01", "AA 9000");
    scripted_turn(rig.card, "00D67FFF 01 55", "9000");
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 2, 0x7FFF, dmsc_bytes("U", 1)), DMSC_OK);
    /* And when that is refused, nothing is written elsewhere. */
    scripted_turn(rig.card, "00B08200 01", "6982");
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 2, 300, dmsc_bytes("U", 1)), DMSC_E_DENIED);
    rig_end(&rig);
}

static void reading_nothing_sends_nothing(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 300, 0, &rig.buf), DMSC_OK);
    assert_int_equal(rig.buf.n, 0);
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 2, 300, dmsc_bytes(NULL, 0)), DMSC_OK);
    assert_int_equal(rig.card->transmits, 0);
    rig_end(&rig);
}

/* Looked at before the first byte is read, let alone written. */
static void what_cannot_be_addressed_is_not_sent(void **state)
{
    static const uint8_t content[40000];
    static const struct {
        uint8_t sfi;
        size_t offset, n;
    } cases[] = {
        { 31, 0, 1 },     { 31, 300, 1 },     { 64, 300, 1 },          { 255, 0, 1 },
        { 0, 0x8000, 1 }, { 2, 0x8000, 1 },   { 0, 0x7FFF, 257 },      { 0, 0, 33025 },
        { 2, 1, 40000 },  { 0, SIZE_MAX, 2 }, { 0, 0x7FFF, SIZE_MAX },
    };
    struct rig rig = rig_begin();

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        assert_int_equal(
            dmsc_uicc_read_binary(rig.uicc, cases[i].sfi, cases[i].offset, cases[i].n, &rig.buf),
            DMSC_E_ARG);
        if (cases[i].n <= sizeof(content))
            assert_int_equal(dmsc_uicc_update_binary(rig.uicc, cases[i].sfi, cases[i].offset,
                                                     dmsc_bytes(content, cases[i].n)),
                             DMSC_E_ARG);
    }
    rig_assert_untouched(&rig);
    assert_int_equal(rig.card->transmits, 0);
    rig_end(&rig);
}

static void a_short_read_is_no_read(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn_data(rig.card, "00B08200 0A", 0, 9);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 10, &rig.buf), DMSC_E_TRUNCATED);
    rig_assert_story(&rig, DMSC_E_TRUNCATED, "card:short-read", 0);
    scripted_turn_data(rig.card, "00B08200 0A", 0, 11);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 10, &rig.buf), DMSC_E_TRUNCATED);
    scripted_turn(rig.card, "00B08200 0A", "9000");
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 10, &rig.buf), DMSC_E_TRUNCATED);
    /* The second block. */
    scripted_turn_data(rig.card, "00B08200 00", 0, 256);
    scripted_turn(rig.card, "00B00100 02", "AA 6282");
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 258, &rig.buf), DMSC_E_SW);
    /* The card knows the length better, and it is not what was asked for. */
    scripted_turn(rig.card, "00B08200 0A", "6C09");
    scripted_turn_data(rig.card, "00B08200 09", 0, 9);
    assert_int_equal(dmsc_uicc_read_binary(rig.uicc, 2, 0, 10, &rig.buf), DMSC_E_TRUNCATED);
    scripted_turn_data(rig.card, "00B2010C 0A", 0, 9);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 1, 10, &rig.buf), DMSC_E_TRUNCATED);
    rig_assert_story(&rig, DMSC_E_TRUNCATED, "card:short-read", 0);
    rig_assert_untouched(&rig);
    rig_end(&rig);
}

static void updating_goes_in_blocks_of_255(void **state)
{
    struct rig rig = rig_begin();
    uint8_t content[600];
    char text[1400], hex[520];

    (void)state;
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)i;
    (void)snprintf(text, sizeof(text), "00D69020 FF %s", counting(0, 255, hex));
    scripted_turn(rig.card, text, "9000");
    (void)snprintf(text, sizeof(text), "00D6011F FF %s", counting(255, 255, hex));
    scripted_turn(rig.card, text, "910B");
    (void)snprintf(text, sizeof(text), "00D6021E 5A %s", counting((uint8_t)510, 90, hex));
    scripted_turn(rig.card, text, "9000");
    assert_int_equal(
        dmsc_uicc_update_binary(rig.uicc, 16, 0x20, dmsc_bytes(content, sizeof(content))), DMSC_OK);
    rig_end(&rig);
}

static void an_update_stops_at_the_first_refusal(void **state)
{
    static const uint8_t content[300];
    struct rig rig = rig_begin();
    char text[600], hex[520];

    (void)state;
    (void)memset(hex, '0', 510);
    hex[510] = '\0';
    (void)snprintf(text, sizeof(text), "00D69000 FF %s", hex);
    scripted_turn(rig.card, text, "6581");
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 16, 0, dmsc_bytes(content, sizeof(content))),
                     DMSC_E_SW);
    rig_assert_story(&rig, DMSC_E_SW, "card:sw", 0x6581);
    assert_int_equal(rig.card->transmits, 1);
    rig_end(&rig);
}

/* 10.2.1.3: on an UPDATE 63Cx says done, after x tries inside; it is no PIN. */
static void tries_inside_the_card_are_no_failure(void **state)
{
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn(rig.card, "00D69000 01 41", "63C2");
    assert_int_equal(dmsc_uicc_update_binary(rig.uicc, 16, 0, dmsc_bytes("A", 1)), DMSC_OK);
    scripted_turn(rig.card, "00DC000B 01 41", "63C1");
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 1, 0, dmsc_bytes("A", 1)), DMSC_OK);
    rig_end(&rig);
}

static void records_are_read_and_written(void **state)
{
    static const uint8_t content[256];
    struct rig rig = rig_begin();

    (void)state;
    scripted_turn_data(rig.card, "00B2010C 30", 5, 48);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 1, 48, &rig.buf), DMSC_OK);
    expect_content(&rig, 5, 48);
    scripted_turn_data(rig.card, "00B2FE04 00", 0, 256);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 0, 254, 256, &rig.buf), DMSC_OK);
    /* Absolute, and PREVIOUS for a cyclic EF. */
    scripted_turn(rig.card, "00DC0394 02 4142", "9000");
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 18, 3, dmsc_bytes("AB", 2)), DMSC_OK);
    scripted_turn(rig.card, "00DC000B 02 4142", "9000");
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 1, 0, dmsc_bytes("AB", 2)), DMSC_OK);
    scripted_turn(rig.card, "00B2090C 01", "6A83");
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 9, 1, &rig.buf), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_diag_get(rig.ctx)->what, "READ RECORD 9");
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 31, 1, 1, &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 0, 1, &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 1, 0, &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_read_record(rig.uicc, 1, 1, 257, &rig.buf), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 31, 1, dmsc_bytes("A", 1)), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 1, 1, dmsc_bytes(NULL, 0)), DMSC_E_ARG);
    assert_int_equal(dmsc_uicc_update_record(rig.uicc, 1, 1, dmsc_bytes(content, 256)), DMSC_E_ARG);
    expect_content(&rig, 0, 256);
    rig_end(&rig);
}

static struct dmsc_fcp transparent(uint32_t size)
{
    struct dmsc_fcp fcp = DMSC_FCP_INIT;

    fcp.kind = DMSC_FILE_WORKING_EF;
    fcp.structure = DMSC_FILE_TRANSPARENT;
    fcp.descriptor = 0x41;
    fcp.has_size = true;
    fcp.size_bytes = size;
    return fcp;
}

static struct dmsc_fcp linear(uint16_t length, uint8_t records)
{
    struct dmsc_fcp fcp = transparent(0);

    fcp.structure = DMSC_FILE_LINEAR_FIXED;
    fcp.descriptor = 0x42;
    fcp.record_length = length;
    fcp.records = records;
    return fcp;
}

static void a_selected_file_is_read_whole(void **state)
{
    struct rig rig = rig_begin();
    struct dmsc_fcp fcp = transparent(300);

    (void)state;
    scripted_turn_data(rig.card, "00B00000 00", 0, 256);
    scripted_turn_data(rig.card, "00B00100 2C", 0, 44);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_OK);
    expect_content(&rig, 0, 300);
    fcp = linear(4, 3);
    scripted_turn_data(rig.card, "00B20104 04", 0, 4);
    scripted_turn_data(rig.card, "00B20204 04", 4, 4);
    scripted_turn_data(rig.card, "00B20304 04", 8, 4);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_OK);
    expect_content(&rig, 0, 12);
    fcp = linear(4, 0);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_OK);
    assert_int_equal(rig.buf.n, 0);
    rig_end(&rig);
}

/* What the card announces is judged before it is read. */
static void a_file_that_is_too_much_is_not_read(void **state)
{
    struct dmsc_limits limits = DMSC_LIMITS_INIT;
    struct dmsc_fcp fcp;
    struct rig rig;

    (void)state;
    limits.ef_size = 1000;
    rig = rig_begin_limits(&limits);
    fcp = transparent(1001);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_LIMIT);
    fcp = linear(100, 11);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_LIMIT);
    fcp = linear(257, 1);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    fcp = transparent(0x8001);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    fcp = transparent(UINT32_MAX);
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    /* It did not say how long it is; it is no file to be read whole. */
    fcp = transparent(10);
    fcp.has_size = false;
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    fcp.has_size = true;
    fcp.structure = DMSC_FILE_BER_TLV;
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    fcp.structure = DMSC_FILE_NO_STRUCTURE;
    assert_int_equal(dmsc_uicc_read_selected(rig.uicc, &fcp, &rig.buf), DMSC_E_UNSUPPORTED);
    rig_assert_untouched(&rig);
    assert_int_equal(rig.card->transmits, 0);
    rig_end(&rig);
}

static enum dmsc_err work(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    static const uint8_t content[2] = { 1, 2 };
    struct dmsc_fcp fcp = linear(2, 2);
    struct dmsc_buf scratch;
    enum dmsc_err err;

    dmsc_buf_init(&scratch, dmsc_uicc_ctx(uicc), 1000);
    err = dmsc_uicc_read_binary(uicc, 2, 0, 258, &scratch);
    if (err == DMSC_OK)
        err = dmsc_uicc_update_binary(uicc, 2, 256, dmsc_bytes(content, 2));
    if (err == DMSC_OK)
        err = dmsc_uicc_update_record(uicc, 1, 0, dmsc_bytes(content, 2));
    if (err == DMSC_OK)
        err = dmsc_uicc_read_record(uicc, 1, 1, 2, &scratch);
    if (err == DMSC_OK)
        err = dmsc_uicc_read_selected(uicc, &fcp, buf);
    dmsc_buf_clear(&scratch);
    return err;
}

static void survives_without_memory_and_without_card(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn_data(card, "00B08200 00", 0, 256);
    scripted_turn_data(card, "00B00100 02", 0, 2);
    scripted_turn(card, "00B08200 01", "00 9000");
    scripted_turn(card, "00D60100 02 0102", "9000");
    scripted_turn(card, "00DC000B 02 0102", "9000");
    scripted_turn_data(card, "00B2010C 02", 0, 2);
    scripted_turn_data(card, "00B20104 02", 0, 2);
    scripted_turn_data(card, "00B20204 02", 0, 2);
    rig_torture(card, work);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_has_three_forms),
        cmocka_unit_test(paths_lose_the_mf),
        cmocka_unit_test(what_cannot_be_selected_is_not_sent),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(reading_goes_in_blocks),
        cmocka_unit_test(sfi_reaches_offset_255),
        cmocka_unit_test(reading_nothing_sends_nothing),
        cmocka_unit_test(what_cannot_be_addressed_is_not_sent),
        cmocka_unit_test(a_short_read_is_no_read),
        cmocka_unit_test(updating_goes_in_blocks_of_255),
        cmocka_unit_test(an_update_stops_at_the_first_refusal),
        cmocka_unit_test(tries_inside_the_card_are_no_failure),
        cmocka_unit_test(records_are_read_and_written),
        cmocka_unit_test(a_selected_file_is_read_whole),
        cmocka_unit_test(a_file_that_is_too_much_is_not_read),
        cmocka_unit_test(survives_without_memory_and_without_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
