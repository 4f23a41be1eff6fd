/* SPDX-License-Identifier: Apache-2.0 */
/* Messages made from fields, and what cannot be made. */
#include "tests/support/test.h"
#include <dmsc/usat_describe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER(name, number)                                                                       \
    {                                                                                              \
        name, DMSC_USAT_NUMBER, number, { NULL, 0 }, ""                                            \
    }
#define TEXT(name, coding, text)                                                                   \
    {                                                                                              \
        name, DMSC_USAT_TEXT, coding, { (const uint8_t *)(text), sizeof(text) - 1 }, ""            \
    }
#define BYTES(name, text)                                                                          \
    {                                                                                              \
        name, DMSC_USAT_BYTES, 0, { (const uint8_t *)(text), sizeof(text) - 1 }, ""                \
    }
#define PART(tag, field)                                                                           \
    {                                                                                              \
        tag, true, NULL, NULL, field, DMSCI_ARRAY_LEN(field)                                       \
    }

static struct dmsc_ctx *new_ctx(void)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    return ctx;
}

static const struct dmsc_usat_field details[] = { NUMBER("number", 1), NUMBER("type", 0x25),
                                                  NUMBER("qualifier", 0) };
static const struct dmsc_usat_field devices[] = { NUMBER("source", 0x81),
                                                  NUMBER("destination", 0x82) };

static void a_menu_is_made_from_fields(void **state)
{
    static const struct dmsc_usat_field title[] = { TEXT("text", DMSC_USAT_UCS2_80, "Меню") };
    static const struct dmsc_usat_field first[] = { NUMBER("identifier", 1),
                                                    TEXT("text", 0x81 | 0x08 << 8, "Да") };
    static const struct dmsc_usat_field second[] = { NUMBER("identifier", 2),
                                                     TEXT("text", 0, "No") };
    const struct dmsc_usat_part part[] = { PART(0x01, details), PART(0x02, devices),
                                           PART(0x05, title), PART(0x0F, first),
                                           PART(0x0F, second) };
    static const uint8_t expected[] =
        "\xD0\x21\x81\x03\x01\x25\x00\x82\x02\x81\x82\x85\x09\x80\x04\x1C\x04\x35\x04\x3D\x04\x4E"
        "\x8F\x06\x01\x81\x02\x08\x94\xB0\x8F\x03\x02No";
    struct dmsc_ctx *ctx = new_ctx();
    uint8_t out[64];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    (void)state;
    assert_int_equal(
        dmsc_usat_parts_encode(ctx, DMSC_USAT_COMMAND, 0, part, DMSCI_ARRAY_LEN(part), &w),
        DMSC_OK);
    assert_int_equal(w.n, sizeof(expected) - 1);
    assert_memory_equal(out, expected, w.n);
    dmsc_ctx_free(ctx);
}

/* One object of a response with these fields: refused, with a story that names the field. */
static void refused(struct dmsc_ctx *ctx, uint16_t tag, const struct dmsc_usat_field *field,
                    size_t fields, const char *where, const char *why)
{
    const struct dmsc_usat_part part = { tag, true, NULL, NULL, field, fields };
    uint8_t out[300];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    assert_int_equal(dmsc_usat_parts_encode(ctx, DMSC_USAT_RESPONSE, 0, &part, 1, &w), DMSC_E_ARG);
    assert_int_equal(w.n, 0);
    assert_string_equal(dmsc_diag_get(ctx)->where, where);
    assert_string_equal(dmsc_diag_get(ctx)->why, why);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "usat:field");
    assert_true(dmsc_diag_get(ctx)->hint[0] != '\0');
}

#define REFUSED(tag, where, why, ...)                                                              \
    do {                                                                                           \
        static const struct dmsc_usat_field f[] = { __VA_ARGS__ };                                 \
        refused(ctx, tag, f, DMSCI_ARRAY_LEN(f), where, why);                                      \
    } while (0)

static void what_cannot_be_written_is_told(void **state)
{
    struct dmsc_ctx *ctx = new_ctx();

    (void)state;
    REFUSED(0x04, "field 1, \"uint\"", "another field is wanted here", NUMBER("uint", 1));
    REFUSED(0x04, "field 2, \"interval\"", "the number is too large", NUMBER("unit", 1),
            NUMBER("interval", 256));
    REFUSED(0x04, "field 1, \"unit\"", "a number is wanted", BYTES("unit", "\1"));
    REFUSED(0x04, "field 3, \"interval\"", "the object has no such field", NUMBER("unit", 1),
            NUMBER("interval", 2), NUMBER("interval", 3));
    REFUSED(0x0D, "field 2, \"text\"", "the text cannot be coded so", NUMBER("coding", 4),
            TEXT("text", 0, "Да"));
    REFUSED(0x0D, "field 2, \"text\"", "text or bytes are wanted", NUMBER("coding", 4),
            NUMBER("text", 0));
    REFUSED(0x0D, "field 2, \"text\"", "the text cannot be coded so", NUMBER("coding", 0x20),
            TEXT("text", 0, "compressed"));
    REFUSED(0x36, "field 1, \"value\"", "bytes are wanted", TEXT("value", 0, "x"));
    REFUSED(0x25, "field 1, \"time\"", "the text is not of the form that is wanted",
            TEXT("time", 4, "1:2:3"));
    REFUSED(0x25, "field 1, \"time\"", "it has not the length that is wanted", BYTES("time", "\1"));
    REFUSED(0x38, "field 2, \"channel\"", "another field is wanted here", NUMBER("link", 2),
            NUMBER("channel", 1));
    REFUSED(0x38, "", "the bits make no whole byte", NUMBER("link", 2));
    REFUSED(0x38, "field 2, \"reserved\"", "the number is too large", NUMBER("link", 2),
            NUMBER("reserved", 8));
    REFUSED(0x1E, "field 1, \"rest\"", "the object has no such field", NUMBER("rest", 1));
    dmsc_ctx_free(ctx);
}

/* "=" stands before what is right, "!" before what is refused. */
static void written_forms_are_checked(void **state)
{
    static const struct {
        uint16_t tag;
        const char *field;
        const char *text;
    } cases[] = {
        { 0x25, "time", "=23:59:59" },
        { 0x25, "time", "!23:59" },
        { 0x25, "time", "!23:59:5x" },
        { 0x25, "time", "!23:59:590" },
        { 0x26, "date and time", "=2026-11-20T21:33:28+01:00" },
        { 0x26, "date and time", "=2026-11-20T21:33:28" },
        { 0x26, "date and time", "=2026-11-20T21:33:28-19:45" },
        { 0x26, "date and time", "!2026-11-20T21:33:28-20:00" },
        { 0x26, "date and time", "!2026-11-20T21:33:28+01:07" },
        { 0x26, "date and time", "!2026-11-20T21:33:28+01:00Z" },
        { 0x26, "date and time", "!2026-11-20 21:33:28" },
        { 0x26, "date and time", "!1926-11-20T21:33:28" },
        { 0x26, "date and time", "!" },
        { 0x79, "network", "=262-01" },
        { 0x79, "network", "=310-410" },
        { 0x79, "network", "!26201" },
        { 0x79, "network", "!262-0" },
        { 0x79, "network", "!262-0a" },
        { 0x79, "network", "!262-0123" },
        { 0x2C, "digits", "=0123456789*#p?e" },
        { 0x2C, "digits", "!12A" },
        { 0x33, "path", "=3F00/7fff/6F32" },
        { 0x33, "path", "!3F0" },
        { 0x33, "path", "!3F00/" },
        { 0x33, "path", "!3F007FFF" },
        { 0x33, "path", "!3F00/7FFG" },
        { 0x47, "name", "=internet.mnc001.mcc262.gprs" },
        { 0x47, "name", "!internet." },
        { 0x47, "name", "!.internet" },
        { 0x47, "name", "!a..b" },
        { 0x47, "name", "!0123456789012345678901234567890123456789012345678901234567890123" },
        { 0x14, "identity", "=IMEI 490154203237518" },
        { 0x14, "identity", "=IMEISV 4901542032375186" },
        { 0x14, "identity", "!490154203237518" },
        { 0x14, "identity", "!IMEI " },
        { 0x31, "text", "=http://a.b/c?d=e" },
        { 0x31, "text", "!http://\xC3\xA4" },
    };
    struct dmsc_ctx *ctx = new_ctx();

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_usat_field field = { cases[i].field, DMSC_USAT_TEXT, DMSC_USAT_WRITTEN,
                                         dmsc_bytes_str(cases[i].text + 1), "" };
        struct dmsc_usat_part part = { cases[i].tag, false, NULL, NULL, &field, 1 };
        uint8_t out[128];
        struct dmsc_wr w = dmsc_wr(out, sizeof(out));
        enum dmsc_err err = dmsc_usat_parts_encode(ctx, DMSC_USAT_RESPONSE, 0, &part, 1, &w);

        if (err != (cases[i].text[0] == '=' ? DMSC_OK : DMSC_E_ARG))
            fail_msg("%s: %s", cases[i].text, dmsc_err_name(err));
    }
    dmsc_ctx_free(ctx);
}

static void addresses_of_the_network_are_checked(void **state)
{
    static const struct {
        uint32_t type;
        const char *text;
    } cases[] = {
        { 0x21, "=0.0.0.0" },
        { 0x21, "=255.255.255.255" },
        { 0x21, "!1.2.3" },
        { 0x21, "!1.2.3.256" },
        { 0x21, "!1.2.3.4.5" },
        { 0x21, "!1..3.4" },
        { 0x21, "!0001.2.3.4" },
        { 0x57, "=1:2:3:4:5:6:7:8" },
        { 0x57, "=fe80:0:0:0:0:0:0:FFFF" },
        { 0x57, "!::1" },
        { 0x57, "!1:2:3:4:5:6:7" },
        { 0x57, "!1:2:3:4:5:6:7:8:9" },
        { 0x57, "!10000:2:3:4:5:6:7:8" },
    };
    struct dmsc_ctx *ctx = new_ctx();

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_usat_field field[2] = {
            { "type", DMSC_USAT_NUMBER, cases[i].type, { NULL, 0 }, "" },
            { "address", DMSC_USAT_TEXT, DMSC_USAT_WRITTEN, dmsc_bytes_str(cases[i].text + 1), "" }
        };
        struct dmsc_usat_part part = { 0x3E, false, NULL, NULL, field, 2 };
        struct dmsc_wr w = dmsc_wr(NULL, 0);
        enum dmsc_err err = dmsc_usat_parts_encode(ctx, DMSC_USAT_RESPONSE, 0, &part, 1, &w);

        if (err != (cases[i].text[0] == '=' ? DMSC_OK : DMSC_E_ARG))
            fail_msg("%s: %s", cases[i].text, dmsc_err_name(err));
    }
    dmsc_ctx_free(ctx);
}

static enum dmsc_err there_and_back(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_usat *usat = user;
    struct dmsc_usat_parts *parts = NULL;
    struct dmsc_wr w = dmsc_wr(NULL, 0);
    enum dmsc_err err = dmsc_usat_parts_decode(ctx, usat, &parts);

    if (err == DMSC_OK)
        err =
            dmsc_usat_parts_encode(ctx, usat->kind, usat->template_tag,
                                   dmsc_usat_parts_at(parts, 0), dmsc_usat_parts_count(parts), &w);
    else
        assert_null(parts);
    dmsc_usat_parts_free(parts);
    return err;
}

static void no_memory_leaves_nothing_behind(void **state)
{
    static const uint8_t in[] = "\xD0\x16\x81\x03\x01\x21\x80\x82\x02\x81\x02\x8D\x0B\x04"
                                "Some words";
    struct dmsc_usat usat = DMSC_USAT_INIT;

    (void)state;
    assert_int_equal(dmsc_usat_decode(DMSC_USAT_COMMAND, dmsc_bytes(in, sizeof(in) - 1), &usat),
                     DMSC_OK);
    assert_in_range(fault_torture(there_and_back, &usat), 5, 20);
}

static void more_than_a_message_can_be_is_refused(void **state)
{
    struct dmsc_usat usat = DMSC_USAT_INIT;
    struct dmsc_usat_parts *parts = NULL;
    struct dmsc_ctx *ctx = new_ctx();
    uint8_t *p = calloc(1, 0x10004);

    (void)state;
    assert_non_null(p);
    p[0] = 0x36;
    p[1] = 0x82;
    p[2] = p[3] = 0xFF;
    assert_int_equal(dmsc_usat_decode(DMSC_USAT_RESPONSE, dmsc_bytes(p, 0x10003), &usat), DMSC_OK);
    assert_int_equal(dmsc_usat_parts_decode(ctx, &usat, &parts), DMSC_E_LIMIT);
    assert_null(parts);
    free(p);
    dmsc_ctx_free(ctx);
}

static void names_are_known(void **state)
{
    (void)state;
    assert_string_equal(dmsc_usat_command_name(0x21), "DISPLAY TEXT");
    assert_null(dmsc_usat_command_name(0x00));
    assert_string_equal(dmsc_usat_template_name(0xD6), "EVENT DOWNLOAD");
    assert_null(dmsc_usat_template_name(0xD8));
    assert_string_equal(dmsc_usat_event_name(0x00), "MT call");
    assert_null(dmsc_usat_event_name(0x1A));
    assert_string_equal(dmsc_usat_device_name(0x82), "terminal");
    assert_null(dmsc_usat_device_name(0x00));
    assert_string_equal(dmsc_usat_result_name(0x00), "performed successfully");
    assert_null(dmsc_usat_result_name(0x15));
}

/* TS 102 223 clause 5.2; spec of the profile bits that the middleware itself announces. */
static void bits_of_the_profile_are_known(void **state)
{
    static const struct {
        unsigned byte, bit;
        const char *name;
    } cases[] = {
        { 1, 1, "profile download" },
        { 1, 6, "timer expiration" },
        { 2, 1, "command result" },
        { 3, 1, "DISPLAY TEXT" },
        { 3, 4, "MORE TIME" },
        { 3, 6, "POLL INTERVAL" },
        { 3, 7, "POLLING OFF" },
        { 3, 8, "REFRESH" },
        { 4, 2, "SEND SHORT MESSAGE" },
        { 4, 7, "PROVIDE LOCAL INFORMATION: location and IMEI" },
        { 5, 1, "SET UP EVENT LIST" },
        { 5, 5, "event: location status" },
        { 6, 3, "event: data available" },
        { 6, 4, "event: channel status" },
        { 8, 1, "TIMER MANAGEMENT: start and stop" },
        { 8, 2, "TIMER MANAGEMENT: current value" },
        { 8, 3, "PROVIDE LOCAL INFORMATION: date, time and time zone" },
        { 9, 7, "LAUNCH BROWSER" },
        { 9, 8, "PROVIDE LOCAL INFORMATION: access technology" },
        { 12, 1, "OPEN CHANNEL" },
        { 12, 5, "GET CHANNEL STATUS" },
        { 13, 2, "bearer: GPRS" },
        { 17, 1, "TCP, UICC as client, remote" },
        { 17, 2, "UDP, UICC as client, remote" },
        { 31, 1, "CONTACTLESS STATE CHANGED" },
        { 39, 1, "PROVIDE LOCAL INFORMATION: timing advance of NG-RAN" },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++)
        assert_string_equal(dmsc_usat_profile_name(cases[i].byte, cases[i].bit), cases[i].name);
    assert_string_equal(dmsc_usat_profile_number_name(13, 6), "number of channels");
    assert_null(dmsc_usat_profile_name(13, 6));
    assert_null(dmsc_usat_profile_number_name(13, 5));
    assert_null(dmsc_usat_profile_name(0, 1));
    assert_null(dmsc_usat_profile_name(40, 1));
    assert_null(dmsc_usat_profile_name(1, 0));
    assert_null(dmsc_usat_profile_name(1, 9));
    for (unsigned byte = 1; byte < 60; byte++) {
        for (unsigned bit = 1; bit <= 8; bit++)
            assert_true(dmsc_usat_profile_name(byte, bit) == NULL ||
                        dmsc_usat_profile_number_name(byte, bit) == NULL);
    }
}

static void objects_of_a_file_are_known(void **state)
{
    static const uint8_t in[] = { 0x62, 0x81, 0x05, 0x9F, 0x1F, 0x02, 1, 2, 0x61, 3, 1 };
    struct dmsc_rd r = dmsc_rd(dmsc_bytes(in, sizeof(in)));
    struct dmsc_tlv_object object;

    (void)state;
    assert_true(dmsc_tlv_next(&r, &object));
    assert_true(object.tag == 0x62 && object.constructed && object.value.n == 5);
    assert_false(dmsc_tlv_next(&r, &object));
    assert_true(r.bad);
    r = dmsc_rd(dmsc_bytes(in + 3, 5));
    assert_true(dmsc_tlv_next(&r, &object));
    assert_true(object.tag == 0x9F1F && !object.constructed && object.value.n == 2);
    assert_string_equal(dmsc_tlv_name(0, 0x62), "File control parameters");
    assert_string_equal(dmsc_tlv_name(0x62, 0x83), "File identifier");
    assert_string_equal(dmsc_tlv_name(0x6F, 0x83), "File identifier");
    assert_string_equal(dmsc_tlv_name(0xC6, 0x83), "Key reference");
    assert_string_equal(dmsc_tlv_name(0xA4, 0x83), "Key reference");
    assert_string_equal(dmsc_tlv_name(0xA5, 0x83), "Amount of available memory");
    assert_string_equal(dmsc_tlv_name(0x61, 0x4F), "AID");
    assert_string_equal(dmsc_tlv_name(0, 0x84), "Access mode: command header");
    assert_string_equal(dmsc_tlv_name(0xAB, 0x80), "Access mode");
    assert_null(dmsc_tlv_name(0x62, 0x4F));
    assert_null(dmsc_tlv_name(0x61, 0x80));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_menu_is_made_from_fields),
        cmocka_unit_test(what_cannot_be_written_is_told),
        cmocka_unit_test(written_forms_are_checked),
        cmocka_unit_test(addresses_of_the_network_are_checked),
        cmocka_unit_test(no_memory_leaves_nothing_behind),
        cmocka_unit_test(more_than_a_message_can_be_is_refused),
        cmocka_unit_test(names_are_known),
        cmocka_unit_test(bits_of_the_profile_are_known),
        cmocka_unit_test(objects_of_a_file_are_known),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
