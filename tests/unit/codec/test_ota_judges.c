/* SPDX-License-Identifier: Apache-2.0 */
/* What others say about our packets: packets of other implementations and of a real card, openssl
 * for MAC and CBC, tshark for the short message. */
#include "apdu/codec/ota/facade.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include <dmsc/ctx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
    struct dmsc_ctx *ctx;
    struct dmsci_ota_header header;
    struct dmsci_ota_keys keys;
    struct dmsc_buf out, data;
    unsigned commands, responses;
};

static bool flag(json_t *spi, const char *name)
{
    return json_is_true(json_object_get(spi, name));
}

static unsigned integrity_of(json_t *spi, const char *name)
{
    const char *word = corpus_text(spi, name);

    if (strcmp(word, "cc") == 0)
        return DMSCI_OTA_CC;
    return strcmp(word, "rc") == 0 ? DMSCI_OTA_RC : DMSCI_OTA_NONE;
}

static void set_spi(struct row *r, json_t *spi)
{
    assert_string_equal(corpus_text(spi, "counter"), "no_counter");
    assert_string_equal(corpus_text(spi, "por"), "por_required");
    r->header.spi[0] = (uint8_t)(integrity_of(spi, "rc_cc_ds") |
                                 (flag(spi, "ciphering") ? DMSCI_OTA_CIPHERED : 0));
    r->header.spi[1] = (uint8_t)(DMSCI_OTA_POR_ALWAYS | integrity_of(spi, "por_rc_cc_ds") << 2 |
                                 (flag(spi, "por_shall_be_ciphered") ? DMSCI_OTA_POR_CIPHERED : 0) |
                                 (flag(spi, "por_in_submit") ? DMSCI_OTA_POR_SMS_SUBMIT : 0));
}

static uint8_t coding(json_t *keyset, const char *index, const char *algorithm)
{
    uint8_t nibble = strncmp(corpus_text(keyset, algorithm), "aes", 3) == 0 ? 0x2 : 0x5;

    return (uint8_t)(json_integer_value(json_object_get(keyset, index)) << 4 | nibble);
}

static void compare_command(struct row *r, json_t *row)
{
    struct dmsc_bytes tar = corpus_hex(row, "tar"), script = corpus_hex(row, "apdu");
    struct dmsc_bytes packet = corpus_hex(row, "packet"), ours;
    struct dmsci_ota_command command;
    json_t *cpl = json_object_get(row, "cpl_present");

    memcpy(r->header.tar, tar.p, 3);
    assert_int_equal(dmsci_ota_command_wrap(r->ctx, &r->header, &r->keys, 0, script, &r->out),
                     DMSC_OK);
    ours = dmsc_buf_bytes(&r->out);
    if (json_is_false(cpl)) /* the two bytes of CPL were cut off there */
        ours = dmsc_bytes(ours.p + 2, ours.n - 2);
    if (!dmsc_bytes_equal(ours, packet))
        fail_msg("%s: another packet", corpus_text(row, "id"));
    assert_int_equal(
        dmsci_ota_command_open(r->ctx, dmsc_buf_bytes(&r->out), &r->keys, &command, &r->data),
        DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&r->data), script));
    support_free(tar);
    support_free(script);
    support_free(packet);
    r->commands++;
}

static void compare_response(struct row *r, json_t *row, const char *member)
{
    struct dmsc_bytes packet = corpus_hex(row, member), data;
    json_t *result = json_object_get(row, "result");
    struct dmsci_ota_response response;
    enum dmsc_err err =
        dmsci_ota_response_unwrap(r->ctx, packet, &r->header, &r->keys, &response, &r->data);

    r->responses++;
    support_free(packet);
    if (corpus_text(row, "error") != NULL) {
        assert_int_equal(err, DMSC_E_CORRUPT);
        return;
    }
    if (err != DMSC_OK)
        fail_msg("%s: %s", corpus_text(row, "id"), dmsc_err_name(err));
    assert_int_equal(response.sts, DMSCI_OTA_STS_OK);
    assert_int_equal(response.counter, 0);
    if (result == NULL)
        return;
    data = corpus_hex(result, "secured_data");
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&r->data), data));
    assert_int_equal(response.padding, json_integer_value(json_object_get(result, "pcntr")));
    support_free(data);
}

static void take_row(void *user, json_t *row)
{
    json_t *keyset = json_object_get(row, "keyset");
    struct row *r = user;
    const char *op = corpus_text(row, "op");

    r->keys = (struct dmsci_ota_keys){ .kic = corpus_hex(keyset, "kic"),
                                       .kid = corpus_hex(keyset, "kid") };
    r->header.kic = coding(keyset, "kic_idx", "algo_crypt");
    r->header.kid = coding(keyset, "kid_idx", "algo_auth");
    set_spi(r, json_object_get(row, "spi"));
    if (strcmp(op, "decode_resp") != 0)
        compare_command(r, row);
    if (strcmp(op, "roundtrip") == 0)
        compare_response(r, row, "resp_packet");
    if (strcmp(op, "decode_resp") == 0)
        compare_response(r, row, "packet");
    support_free(r->keys.kic);
    support_free(r->keys.kid);
}

static void packets_of_others_are_ours(void **state)
{
    struct row r = { .ctx = NULL };

    (void)state;
    corpus_need("ota/pysim-unit.jsonl");
    assert_int_equal(dmsc_ctx_new(NULL, &r.ctx), DMSC_OK);
    dmsc_buf_init(&r.out, r.ctx, 300);
    dmsc_buf_init(&r.data, r.ctx, 300);
    corpus_each("ota/pysim-unit.jsonl", take_row, &r);
    printf("%u commands, %u responses\n", r.commands, r.responses);
    assert_int_equal(r.commands, 11);
    assert_int_equal(r.responses, 12);
    dmsc_buf_clear(&r.out);
    dmsc_buf_clear(&r.data);
    dmsc_ctx_free(r.ctx);
}

static void write_file(const char *folder, const char *name, struct dmsc_bytes bytes)
{
    char path[SUPPORT_PATH_MAX + 40];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
    assert_int_equal(fclose(file), 0);
}

/* What a command writes, its line end cut off. */
static void output_of(const char *command, char *text, size_t size)
{
    FILE *pipe = popen(command, "r");
    size_t n;

    assert_non_null(pipe);
    n = fread(text, 1, size - 1, pipe);
    text[n] = '\0';
    if (pclose(pipe) != 0)
        fail_msg("failed: %s", command);
    text[strcspn(text, "\n")] = '\0';
}

static bool has_program(const char *name)
{
    char command[80];

    (void)snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", name);
    return system(command) == 0;
}

#define KEY_HEX "201102030405060708090A0B0C0D0E0F"
#define KIC_HEX "200102030405060708090A0B0C0D0E0F"

/* A packet that openssl builds from its parts is the one that we build. */
static void openssl_comes_to_the_same(void **state)
{
    static const uint8_t kic[16] = { 0x20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    static const uint8_t kid[16] = { 0x20, 0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    /* Written by hand: 40 bytes follow CPL, 16 of them the script, 2 of them padding. */
    static const uint8_t input[] = { 0x00, 0x28, 0x15, 0x16, 0x39, 0x22, 0x22, 0xB0, 0x00,
                                     0x10, 0x00, 0x00, 0x00, 0x12, 0x34, 0x02, 0x00, 0xA4,
                                     0x00, 0x04, 0x02, 0x3F, 0x00, 0x00, 0xB0, 0x00, 0x00,
                                     0x0A, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00 };
    struct dmsci_ota_header header = { { 0x16, 0x39 }, 0x22, 0x22, { 0xB0, 0x00, 0x10 } };
    struct dmsci_ota_keys keys = { .kic = { kic, 16 }, .kid = { kid, 16 } };
    char folder[SUPPORT_PATH_MAX], command[3 * SUPPORT_PATH_MAX], mac[200], cipher[400], ours[400];
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf packet;

    (void)state;
    if (!has_program("openssl") || !has_program("xxd"))
        support_skip("openssl or xxd is not there");
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&packet, ctx, 300);
    assert_int_equal(dmsci_ota_command_wrap(ctx, &header, &keys, 0x1234,
                                            dmsc_bytes(input + 16, sizeof(input) - 16 - 2),
                                            &packet),
                     DMSC_OK);
    assert_memory_equal(packet.p, input, 10);
    support_mkdir(folder);
    write_file(folder, "input", dmsc_bytes(input, sizeof(input)));
    (void)snprintf(command, sizeof(command),
                   "openssl mac -cipher AES-128-CBC -macopt hexkey:" KEY_HEX " -in %s/input CMAC",
                   folder);
    output_of(command, mac, sizeof(mac));
    mac[16] = '\0'; /* the first eight bytes are the CC */
    (void)snprintf(command, sizeof(command),
                   "{ head -c 16 %s/input | tail -c 6; printf %s | xxd -r -p; "
                   "tail -c +17 %s/input; } | openssl enc -aes-128-cbc -nopad -K " KIC_HEX
                   " -iv 00000000000000000000000000000000 | xxd -p | tr -d '\\n' | tr a-f A-F",
                   folder, mac, folder);
    output_of(command, cipher, sizeof(cipher));
    dmsc_hex_encode(dmsc_bytes(packet.p + 10, packet.n - 10), ours);
    assert_string_equal(ours, cipher);
    support_rmdir(folder);
    dmsc_buf_clear(&packet);
    dmsc_ctx_free(ctx);
}

/* The TPDU as an octet dump for text2pcap. */
static void write_dump(const char *folder, struct dmsc_bytes tpdu)
{
    char path[SUPPORT_PATH_MAX + 40];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/dump", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "0000");
    for (size_t i = 0; i < tpdu.n; i++)
        (void)fprintf(file, " %02x", tpdu.p[i]);
    (void)fprintf(file, "\n");
    assert_int_equal(fclose(file), 0);
}

static void ask_tshark(const char *folder, struct dmsc_bytes tpdu, char *text, size_t size)
{
    char command[4 * SUPPORT_PATH_MAX];

    write_dump(folder, tpdu);
    (void)snprintf(command, sizeof(command),
                   "cd %s && text2pcap -q -l 147 dump sms.pcap >/dev/null 2>&1 && "
                   "HOME=%s tshark -r sms.pcap "
                   "-o 'uat:user_dlts:\"User 0 (DLT=147)\",\"gsm_sms\",\"0\",\"\",\"0\",\"\"' "
                   "-T fields -E separator=/s -e gsm_sms.tp-mti -e gsm_sms.tp-oa -e gsm_sms.tp-pid "
                   "-e gsm_sms.tp-dcs -e gsm_sms.udh.mm.msg_parts -e gsm_sms.udh.mm.msg_part "
                   "-e gsm_sms.ie_identifier 2>/dev/null",
                   folder, folder);
    output_of(command, text, size);
}

/* Numbers between blanks are these; tshark's way to write them is its own. */
static void numbers_are(char *text, const unsigned long *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *end = NULL;

        if (strtoul(text, &end, 0) != numbers[i] || end == text)
            fail_msg("%lu expected in front of \"%s\"", numbers[i], text);
        text = end;
    }
    assert_int_equal(strspn(text, " "), strlen(text));
}

/* Message type, sender, protocol, coding, parts and identifiers as tshark reads them. */
static void tshark_reads_our_messages(void **state)
{
    static const unsigned long single[] = { 0, 12345678, 0x7F, 0xF6, 0x70 };
    static const unsigned long second[] = { 0, 12345678, 0x7F, 0xF6, 2, 2, 0x00 };
    struct dmsc_ota_sms sms = { .from = "12345678", .reference = 5 };
    char folder[SUPPORT_PATH_MAX], text[1000];
    uint8_t packet[200] = { 0 };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf tpdu;

    (void)state;
    if (!has_program("tshark") || !has_program("text2pcap"))
        support_skip("tshark or text2pcap is not there");
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&tpdu, ctx, 300);
    memcpy(sms.time, "\x62\x11\x02\x22\x01\x70\x00", 7);
    support_mkdir(folder);
    assert_int_equal(dmsc_ota_tpdu(ctx, dmsc_bytes(packet, 30), &sms, 1, &tpdu), DMSC_OK);
    ask_tshark(folder, dmsc_buf_bytes(&tpdu), text, sizeof(text));
    numbers_are(text, single, DMSCI_ARRAY_LEN(single));
    assert_int_equal(dmsc_ota_tpdu(ctx, dmsc_bytes(packet, 200), &sms, 2, &tpdu), DMSC_OK);
    ask_tshark(folder, dmsc_buf_bytes(&tpdu), text, sizeof(text));
    numbers_are(text, second, DMSCI_ARRAY_LEN(second));
    support_rmdir(folder);
    dmsc_buf_clear(&tpdu);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_others_are_ours),
        cmocka_unit_test(openssl_comes_to_the_same),
        cmocka_unit_test(tshark_reads_our_messages),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
