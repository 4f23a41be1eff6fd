/* SPDX-License-Identifier: Apache-2.0 */
/* <dmsc/ota.h>: key files, scripts in text, packets found and read. */
#include "apdu/base/ctx.h"
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ota.h>
#include <stdio.h>
#include <string.h>

static struct dmsc_ctx *ctx_begin(void)
{
    struct dmsc_ctx *ctx = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    return ctx;
}

static void story_names_the_line(struct vectors *v, struct dmsc_ctx *ctx)
{
    if (vec_has(v, "line"))
        vec_assert_text(v, "line", dmsc_diag_get(ctx)->where);
}

static void take_next(struct vectors *v, struct dmsc_ctx *ctx, struct dmsc_ota_keys *keys)
{
    struct dmsc_bytes text = dmsc_bytes_str(vec_text(v, "text"));
    struct dmsc_ota_keys again = DMSC_OTA_KEYS_INIT;
    struct dmsc_buf out;
    enum dmsc_err err;

    dmsc_buf_init(&out, ctx, 2000);
    err = dmsc_ota_keys_advance(ctx, text, keys, &out);
    if (vec_has(v, "used up")) {
        assert_int_equal(err, DMSC_E_LIMIT);
        vec_assert_number(v, "counter", keys->counter);
        assert_int_equal(out.n, 0);
        return;
    }
    assert_int_equal(err, DMSC_OK);
    assert_int_equal(dmsc_ota_keys_parse(ctx, dmsc_buf_bytes(&out), &again), DMSC_OK);
    assert_int_equal(again.counter, keys->counter);
    if (vec_has(v, "after")) {
        assert_int_equal(keys->counter, vec_number(v, "counter") + 1);
        assert_non_null(strstr(dmsc_buf_str(&out), vec_text(v, "after")));
    } else {
        assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&out), text));
    }
    assert_true(
        dmsc_bytes_equal(dmsc_secret_bytes(&again.kid_key), dmsc_secret_bytes(&keys->kid_key)));
    dmsc_ota_keys_clear(&again);
    dmsc_buf_clear(&out);
}

static void key_files_are_read_and_counted(void **state)
{
    struct vectors *v = vectors_open("ota_keys.txt");
    struct dmsc_ctx *ctx = ctx_begin();

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
        struct dmsc_bytes header;
        enum dmsc_err err = dmsc_ota_keys_parse(ctx, dmsc_bytes_str(vec_text(v, "text")), &keys);

        vec_assert_err(v, err);
        if (err != DMSC_OK) {
            story_names_the_line(v, ctx);
            assert_null(strstr(dmsc_diag_get(ctx)->why, "hunter2"));
            assert_int_equal(keys.kic_key.n, 0);
            continue;
        }
        header = vec_hex(v, "header");
        assert_memory_equal(keys.spi, header.p, 2);
        assert_int_equal(keys.kic, header.p[2]);
        assert_int_equal(keys.kid, header.p[3]);
        assert_memory_equal(keys.tar, header.p + 4, 3);
        assert_int_equal(keys.cc_size, vec_number_or(v, "cc", 0));
        vec_assert_number(v, "counter", keys.counter);
        take_next(v, ctx, &keys);
        dmsc_ota_keys_clear(&keys);
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

static void scripts_in_text_become_bytes(void **state)
{
    struct vectors *v = vectors_open("ota_text.txt");
    struct dmsc_ctx *ctx = ctx_begin();
    struct dmsc_buf out;

    (void)state;
    dmsc_buf_init(&out, ctx, 300);
    while (vectors_next(v)) {
        const char *word = vec_text(v, "format");
        enum dmsc_ota_format format = word[0] == 'c'   ? DMSC_OTA_COMPACT
                                      : word[0] == 'e' ? DMSC_OTA_EXPANDED
                                                       : DMSC_OTA_INDEFINITE;
        enum dmsc_err err;

        dmsc_buf_reset(&out);
        err = dmsc_ota_script(ctx, format, vec_text(v, "text"), &out);
        vec_assert_err(v, err);
        if (err == DMSC_OK)
            vec_assert_hex(v, "script", dmsc_buf_bytes(&out));
        else
            assert_int_equal(out.n, 0);
        story_names_the_line(v, ctx);
    }
    vectors_close(v);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
}

static void note(void *user, const struct dmsc_ota_item *item)
{
    char hex[100], *text = user;
    size_t n = strlen(text);

    dmsc_hex_encode(item->value, hex);
    (void)snprintf(text + n, 500 - n, "%s %s", item->name, hex);
    n = strlen(text);
    if (item->has_sw)
        (void)snprintf(text + n, 500 - n, " SW %04X", item->sw);
    n = strlen(text);
    (void)snprintf(text + n, 500 - n, "%s%s; ", item->words != NULL ? " = " : "",
                   item->words != NULL ? item->words : "");
}

static void scripts_and_answers_are_told(void **state)
{
    static const struct {
        const char *hex;
        bool response;
        enum dmsc_err err;
        const char *text;
    } cases[] = {
        { "00A40004023F0000B000000A", false, DMSC_OK,
          "command 00A40004023F00; command 00B000000A; " },
        { "AA0A8301112205"
          "80E2900000",
          false, DMSC_OK,
          "script chaining 11 = first script; what it selects is kept over a reset; "
          "command 80E2900000; " },
        { "AE808101828200820105"
          "81020102"
          "0000",
          false, DMSC_OK,
          "immediate action 82 = answer before the script is executed; "
          "error action  = no action; "
          "error action 05 = the record of EF(RMA) with that number; "
          "immediate action 0102 = a proactive command; " },
        { "AB03810155", true, DMSC_OK, "immediate action 55; " },
        { "029000", true, DMSC_OK, "executed 02; answer  SW 9000; " },
        { "016A82AABB", true, DMSC_OK, "executed 01; answer AABB SW 6A82; " },
        { "AB0B800102230290002302"
          "6A82",
          true, DMSC_OK, "executed 02; answer  SW 9000; answer  SW 6A82; " },
        { "AF8090010200"
          "00",
          true, DMSC_OK, "bad format 02 = a length is wrong; " },
        { "AF8083010200"
          "00",
          true, DMSC_OK, "script chaining 02 = the card does not chain scripts; " },
        { "AB9000", true, DMSC_OK, "executed AB; answer  SW 9000; " },
        { "AB82010280", true, DMSC_E_TRUNCATED, "" },
        { "0190", true, DMSC_E_TRUNCATED, "" },
        { "AB0680010023"
          "0190",
          false, DMSC_E_MALFORMED, "" },
        { "AB05800101"
          "9000",
          false, DMSC_E_MALFORMED, "" },
        { "00A4000402", false, DMSC_E_TRUNCATED, "" },
    };
    struct dmsc_ctx *ctx = ctx_begin();
    struct dmsc_buf bytes;

    (void)state;
    dmsc_buf_init(&bytes, ctx, 100);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        char text[500] = "";

        dmsc_buf_reset(&bytes);
        assert_int_equal(dmsc_hex_decode(cases[i].hex, &bytes), DMSC_OK);
        assert_int_equal(
            dmsc_ota_script_each(ctx, dmsc_buf_bytes(&bytes), cases[i].response, note, text),
            cases[i].err);
        assert_string_equal(text, cases[i].text);
    }
    dmsc_buf_clear(&bytes);
    dmsc_ctx_free(ctx);
}

static void load_example(struct dmsc_ctx *ctx, struct dmsc_ota_keys *keys)
{
    static const char text[] = "spi=1639\nkic=22\nkid=22\ntar=B00010\ncounter=9\n"
                               "kic-key=200102030405060708090A0B0C0D0E0F\n"
                               "kid-key=201102030405060708090A0B0C0D0E0F\n";

    assert_int_equal(dmsc_ota_keys_parse(ctx, dmsc_bytes_str(text), keys), DMSC_OK);
}

struct journey {
    struct dmsc_ctx *ctx;
    struct dmsc_ota_receiver *receiver;
    struct dmsc_buf packet, tpdu, envelope;
    struct dmsc_ota_received received;
};

static enum dmsc_err travel(struct journey *j, const struct dmsc_ota_keys *keys,
                            struct dmsc_bytes script)
{
    struct dmsc_ota_sms sms = { .from = "+4912", .centre = "+49170", .reference = 3 };
    enum dmsc_err err = dmsc_ota_wrap(j->ctx, keys, script, &j->packet);

    for (unsigned part = dmsc_ota_parts(j->packet.n, false); err == DMSC_OK && part >= 1; part--) {
        err = dmsc_ota_tpdu(j->ctx, dmsc_buf_bytes(&j->packet), &sms, part, &j->tpdu);
        if (err == DMSC_OK)
            err = dmsc_ota_envelope(j->ctx, dmsc_buf_bytes(&j->tpdu), &sms, &j->envelope);
        if (err == DMSC_OK)
            err = dmsc_ota_receive(j->receiver, dmsc_buf_bytes(&j->envelope), &j->received);
    }
    return err;
}

static enum dmsc_err journey(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
    struct journey j = { .ctx = ctx };
    struct dmsc_ota_packet packet;
    static const uint8_t script[300] = { 0x00, 0xB0, 0x00, 0x00, 0x0A };
    struct dmsc_buf data;
    enum dmsc_err err;

    dmsc_buf_init(&j.packet, ctx, 1000);
    dmsc_buf_init(&j.tpdu, ctx, 1000);
    dmsc_buf_init(&j.envelope, ctx, 1000);
    dmsc_buf_init(&data, ctx, 1000);
    err = dmsc_ota_keys_parse(ctx, dmsc_bytes_str(user), &keys);
    if (err == DMSC_OK)
        err = dmsc_ota_receiver_new(ctx, &j.receiver);
    if (err == DMSC_OK)
        err = travel(&j, &keys, dmsc_bytes(script, sizeof(script)));
    if (err == DMSC_OK) {
        assert_true(j.received.whole);
        assert_string_equal(j.received.form, "ENVELOPE");
        assert_string_equal(j.received.address, "+4912");
        assert_int_equal(j.received.parts, 3);
        assert_int_equal(j.received.kind, DMSC_OTA_COMMAND);
        err = dmsc_ota_read(ctx, j.received.kind, j.received.packet, &keys, &packet, &data);
    }
    if (err == DMSC_OK) {
        assert_true(packet.opened && packet.authenticated && packet.ciphered);
        assert_int_equal(packet.counter, 9);
        assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&data), dmsc_bytes(script, sizeof(script))));
    }
    dmsc_ota_receiver_free(j.receiver);
    dmsc_ota_keys_clear(&keys);
    dmsc_buf_clear(&j.packet);
    dmsc_buf_clear(&j.tpdu);
    dmsc_buf_clear(&j.envelope);
    dmsc_buf_clear(&data);
    return err;
}

static void a_script_comes_through(void **state)
{
    static char text[] = "spi=1639\nkic=22\nkid=22\ntar=B00010\ncounter=9\n"
                         "kic-key=200102030405060708090A0B0C0D0E0F\n"
                         "kid-key=201102030405060708090A0B0C0D0E0F\n";

    (void)state;
    assert_true(fault_torture(journey, text) > 10);
}

/* Without keys a packet tells what is in clear; the words are those of the standard. */
static void packets_are_told_without_keys(void **state)
{
    static const uint8_t clear[] = { 0x00, 0x15, 0x0D, 0x08, 0x21, 0x15, 0x19, 0xB0,
                                     0x00, 0x10, 0,    0,    0,    0,    5,    0,
                                     0x00, 0xB0, 0,    0,    0x0A, 0x01, 0x02 };
    static const struct {
        enum dmsc_ota_field field;
        const char *words;
    } words[] = { { DMSC_OTA_INTEGRITY, "none" },
                  { DMSC_OTA_CIPHERING, "in clear" },
                  { DMSC_OTA_COUNTER, "there, not checked" },
                  { DMSC_OTA_POR, "always" },
                  { DMSC_OTA_POR_INTEGRITY, "none" },
                  { DMSC_OTA_POR_CIPHERING, "in clear" },
                  { DMSC_OTA_POR_WAY, "SMS-SUBMIT" },
                  { DMSC_OTA_KIC, "3DES CBC, two keys" },
                  { DMSC_OTA_KID, "3DES MAC, three keys" } };
    static const uint8_t ciphered[] = { 0x00, 0x10, 0x0D, 0x04, 0x00, 0x11, 0x00, 0xB0, 0x00,
                                        0x10, 1,    2,    3,    4,    5,    0,    7,    8 };
    struct dmsc_ctx *ctx = ctx_begin();
    struct dmsc_ota_packet packet, other;
    struct dmsc_buf data;

    (void)state;
    dmsc_buf_init(&data, ctx, 100);
    assert_int_equal(dmsc_ota_read(ctx, DMSC_OTA_COMMAND, dmsc_bytes(clear, sizeof(clear)), NULL,
                                   &packet, &data),
                     DMSC_OK);
    assert_true(packet.opened);
    assert_false(packet.authenticated);
    assert_int_equal(packet.counter, 5);
    assert_int_equal(data.n, 7);
    assert_int_equal(dmsc_ota_read(ctx, DMSC_OTA_COMMAND, dmsc_bytes(ciphered, sizeof(ciphered)),
                                   NULL, &other, &data),
                     DMSC_OK);
    assert_false(other.opened);
    assert_int_equal(other.tar[0], 0xB0);
    assert_int_equal(data.n, 7); /* untouched */
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(words); i++)
        assert_string_equal(dmsc_ota_words(&packet, words[i].field), words[i].words);
    for (unsigned i = 0; i <= 0xFF; i++) { /* every coding has words */
        packet.spi[0] = packet.spi[1] = packet.kic = packet.kid = (uint8_t)i;
        for (unsigned field = DMSC_OTA_INTEGRITY; field <= DMSC_OTA_KID; field++)
            assert_true(dmsc_ota_words(&packet, (enum dmsc_ota_field)field)[0] != '\0');
        assert_true(dmsc_ota_sts_text((uint8_t)i)[0] != '\0');
        assert_non_null(dmsc_ota_sts_hint((uint8_t)i));
    }
    dmsc_buf_clear(&data);
    dmsc_ctx_free(ctx);
}

static void every_wrapping_is_recognised(void **state)
{
    static const struct {
        const char *hex, *form;
        enum dmsc_ota_kind kind;
    } cases[] = {
        { "80C200003ED13C820283818B36400881214365877FF62270520000000025027000002015061935"
          "35B00011AE733256918D050B87C94FBFE12E4DC402F262C41CF67F2F00",
          "ENVELOPE", DMSC_OTA_COMMAND },
        { "D13C820283818B36400881214365877FF6227052000000002502700000201506193535B00011AE"
          "733256918D050B87C94FBFE12E4DC402F262C41CF67F2F",
          "ENVELOPE", DMSC_OTA_COMMAND },
        { "400881214365877FF6227052000000002502700000201506193535B00011AE733256918D050B87"
          "C94FBFE12E4DC402F262C41CF67F2F",
          "SMS-DELIVER", DMSC_OTA_COMMAND },
        { "02700000201506193535B00011AE733256918D050B87C94FBFE12E4DC402F262C41CF67F2F", "user data",
          DMSC_OTA_COMMAND },
        { "00201506193535B00011AE733256918D050B87C94FBFE12E4DC402F262C41CF67F2F", "packet",
          DMSC_OTA_COMMAND },
        { "001C12B000118BB989492C632529326A2F4681FEB37C825BC9021C9F6D0B", "packet",
          DMSC_OTA_RESPONSE },
        { "0402812100F66201113154950001"
          "55",
          "SMS-DELIVER", DMSC_OTA_NO_PACKET },
    };
    struct dmsc_ctx *ctx = ctx_begin();
    struct dmsc_ota_receiver *receiver = NULL;
    struct dmsc_ota_received received = { .form = NULL };
    struct dmsc_buf bytes;

    (void)state;
    dmsc_buf_init(&bytes, ctx, 200);
    assert_int_equal(dmsc_ota_receiver_new(ctx, &receiver), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        dmsc_buf_reset(&bytes);
        assert_int_equal(dmsc_hex_decode(cases[i].hex, &bytes), DMSC_OK);
        assert_int_equal(dmsc_ota_receive(receiver, dmsc_buf_bytes(&bytes), &received), DMSC_OK);
        assert_true(received.whole);
        assert_string_equal(received.form, cases[i].form);
        assert_int_equal(received.kind, cases[i].kind);
    }
    assert_int_equal(dmsc_ota_receive(receiver, dmsc_bytes("nonsense", 8), &received),
                     DMSC_E_MALFORMED);
    dmsc_buf_consume(&bytes, bytes.n);
    assert_int_equal(
        dmsc_hex_decode("001D12B000118BB989492C632529326A2F4681FEB37C825BC9021C9F6D0B", &bytes),
        DMSC_OK); /* one byte is missing */
    assert_int_equal(dmsc_ota_receive(receiver, dmsc_buf_bytes(&bytes), &received),
                     DMSC_E_MALFORMED);
    dmsc_ota_receiver_free(receiver);
    dmsc_buf_clear(&bytes);
    dmsc_ctx_free(ctx);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    struct dmsc_ota_sms sms = { .from = "12345678" };
    struct dmsc_ota_keys keys = DMSC_OTA_KEYS_INIT;
    struct dmsc_ctx *ctx = ctx_begin();
    uint8_t tpdu[250] = { 0 };
    struct dmsc_buf out;

    (void)state;
    load_example(ctx, &keys);
    dmsc_buf_init(&out, ctx, 300);
    assert_int_equal(dmsc_ota_tpdu(ctx, dmsc_bytes(tpdu, 20), &sms, 2, &out), DMSC_E_ARG);
    assert_int_equal(dmsc_ota_tpdu(ctx, dmsc_bytes(tpdu, 20), &sms, 0, &out), DMSC_E_ARG);
    sms.from = "a person";
    assert_int_equal(dmsc_ota_tpdu(ctx, dmsc_bytes(tpdu, 20), &sms, 1, &out), DMSC_E_ARG);
    sms.from = "12345678";
    assert_int_equal(dmsc_ota_envelope(ctx, dmsc_bytes(tpdu, 250), &sms, &out), DMSC_E_ARG);
    sms.centre = "";
    assert_int_equal(dmsc_ota_envelope(ctx, dmsc_bytes(tpdu, 20), &sms, &out), DMSC_E_ARG);
    assert_int_equal(out.n, 0);
    dmsc_buf_clear(&out);
    dmsc_ota_keys_clear(&keys);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_files_are_read_and_counted),
        cmocka_unit_test(scripts_in_text_become_bytes),
        cmocka_unit_test(scripts_and_answers_are_told),
        cmocka_unit_test(a_script_comes_through),
        cmocka_unit_test(packets_are_told_without_keys),
        cmocka_unit_test(every_wrapping_is_recognised),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
