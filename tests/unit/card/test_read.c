/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the DM card application: APDU counts, caching, rollback, and every byte broken. */
#include "tests/unit/card/card_fixture.h"
#include <stdio.h>
#include <string.h>

#define BODY1 "<MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>"
#define BODY2 "{\"./Vendor/Fleet\":{\"poll\":3600}}"

/* docs/card-application.md, "Reading": 3 APDUs and 85 bytes for an unchanged card, then 1 and 56.
 * The bytes are those of T=0 with procedure bytes. */
static void an_unchanged_card_costs_three_apdus(void **state)
{
    struct card_fixture f;
    struct dmsc_card_header h;
    struct dmsc_link_counts counts, again;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_int_equal(dmsc_card_header(f.card, &h), DMSC_OK);
    counts = dmsc_link_counts(f.link);
    assert_int_equal(counts.apdus, 3);
    assert_int_equal(counts.bytes, 85);
    assert_int_equal(h.generation, 9);
    assert_int_equal(dmsc_card_header(f.card, &h), DMSC_OK);
    again = dmsc_link_counts(f.link);
    assert_int_equal(again.apdus - counts.apdus, 1);
    assert_int_equal(again.bytes - counts.bytes, 56);
    card_fixture_close(&f);
}

/* The same place: 9 APDUs and 663 bytes for the first full read, with PIN1 out of the way. */
static void the_first_full_read_costs_nine_apdus(void **state)
{
    struct card_fixture f;
    struct dmsc_card_image image;
    struct dmsc_link_counts counts;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_int_equal(dmsc_uicc_verify_pin(f.uicc, 0x01, &f.pin), DMSC_OK);
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    counts = dmsc_link_counts(f.link);
    assert_int_equal(counts.apdus - 1, 9); /* without our VERIFY of 16 bytes */
    assert_int_equal(counts.bytes - 16, 663);
    assert_int_equal(image.header.generation, 9);
    assert_false(image.unchanged);
    assert_true(image.list_read && image.list_signed && image.index_read);
    assert_int_equal(image.list.count, 2);
    assert_string_equal(image.list.entries[1].name, "FleetCo");
    assert_int_equal(image.index.count, 2);
    assert_int_equal(image.body_count, 2);
    assert_body(&image, 1, BODY1);
    assert_body(&image, 2, BODY2);
    assert_null(dmsc_card_image_body(&image, 3));
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void the_pin_is_sent_only_when_the_card_asks(void **state)
{
    struct card_fixture f;
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust };
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    struct dmsc_secret wrong = DMSC_SECRET_INIT;
    uint8_t tries = 0;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_reason(&f, dmsc_card_read(f.card, &options, &image), DMSC_E_PIN, "card:pin-needed");
    assert_non_null(strstr(dmsc_diag_get(f.ctx)->hint, "pin_file"));
    assert_null(image.bodies);

    assert_int_equal(dmsc_secret_set(&wrong, f.ctx, dmsc_bytes_str("9999")), DMSC_OK);
    options.pin = &wrong;
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_E_PIN);
    assert_int_equal(dmsc_uicc_pin_tries(f.uicc, 0x01, &tries), DMSC_OK);
    assert_int_equal(tries, 2); /* once, never again by itself */
    options.pin = &f.pin;
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    dmsc_card_image_clear(&image);
    dmsc_secret_clear(&wrong);
    card_fixture_close(&f);
}

static void what_is_known_is_not_read_again(void **state)
{
    static const struct dmsc_card_known_body at_hand[] = { { 1, 9 }, { 2, 8 } };
    struct card_fixture f;
    struct dmsc_card_known known = { .generation = 9, .mal_version = 7, .mox_version = 9 };
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust, .known = &known };
    struct dmsc_card_image image;
    struct dmsc_link_counts before, after;

    (void)state;
    card_fixture_open(&f, "example.json");
    options.pin = &f.pin;
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    dmsci_copy(known.card_tag, image.header.card_tag, sizeof(known.card_tag));
    known.header_crc = image.header.crc;
    dmsc_card_image_clear(&image);

    before = dmsc_link_counts(f.link);
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    after = dmsc_link_counts(f.link);
    assert_int_equal(after.apdus - before.apdus, 1);
    assert_true(image.unchanged);
    assert_false(image.list_read || image.index_read);

    /* An older index is known, and one of the bodies: header, index, that body, header. */
    known = (struct dmsc_card_known){
        .generation = 8, .mal_version = 7, .mox_version = 8, .bodies = &at_hand[1], .body_count = 1
    };
    dmsci_copy(known.card_tag, image.header.card_tag, sizeof(known.card_tag));
    before = dmsc_link_counts(f.link);
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    after = dmsc_link_counts(f.link);
    assert_int_equal(after.apdus - before.apdus, 4);
    assert_false(image.unchanged || image.list_read);
    assert_int_equal(image.body_count, 1);
    assert_body(&image, 1, BODY1);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void an_older_generation_is_refused(void **state)
{
    static const struct {
        uint32_t generation, mal, mox;
    } newer[] = { { 10, 7, 9 }, { 9, 8, 9 }, { 9, 7, 10 } };
    struct card_fixture f;
    struct dmsc_card_known known = { .generation = 10 };
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust, .known = &known };
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "example.json");
    options.pin = &f.pin;
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    dmsci_copy(known.card_tag, image.header.card_tag, sizeof(known.card_tag));
    dmsc_card_image_clear(&image);
    for (size_t i = 0; i < 3; i++) {
        known.generation = newer[i].generation;
        known.mal_version = newer[i].mal;
        known.mox_version = newer[i].mox;
        assert_reason(&f, dmsc_card_read(f.card, &options, &image), DMSC_E_REPLAY, "card:rollback");
    }
    /* The same generation with another header is read as if nothing were known. */
    known.generation = 9;
    known.mal_version = 7;
    known.mox_version = 9;
    known.header_crc = 1;
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    assert_true(image.list_read && image.body_count == 2);
    dmsc_card_image_clear(&image);
    /* Another card is another matter. */
    known.generation = 10;
    known.card_tag[0] ^= 1;
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void a_list_needs_the_issuer(void **state)
{
    struct card_fixture f;
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;
    struct dmsc_card_trust none = { NULL, 0 };
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "example.json");
    options.pin = &f.pin;
    assert_reason(&f, dmsc_card_read(f.card, &options, &image), DMSC_E_UNTRUSTED,
                  "mal:no-issuer-key");
    options.trust = &none;
    assert_reason(&f, dmsc_card_read(f.card, &options, &image), DMSC_E_UNTRUSTED,
                  "mal:no-issuer-key");
    card_fixture_close(&f);
}

static void the_tag_belongs_to_the_iccid(void **state)
{
    struct card_fixture f;
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust, .check_iccid = true };
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "example.json");
    options.pin = &f.pin;
    assert_int_equal(dmsc_card_read(f.card, &options, &image), DMSC_OK);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);

    card_fixture_open_text(&f, "{\"base\":\"example.json\",\"files\":{\"3F00/2FE2\":{\"content\":"
                               "\"988812010000400310F1\"}}}");
    options.pin = &f.pin;
    assert_reason(&f, dmsc_card_read(f.card, &options, &image), DMSC_E_UNTRUSTED, "hdr:card-tag");
    card_fixture_close(&f);
}

static void a_blank_card_says_so(void **state)
{
    struct card_fixture f;
    struct dmsc_card_header h;
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "blank.json");
    assert_reason(&f, dmsc_card_header(f.card, &h), DMSC_E_NOTFOUND, "card:not-provisioned");
    assert_reason(&f, card_fixture_read(&f, &image), DMSC_E_NOTFOUND, "card:not-provisioned");
    card_fixture_close(&f);
}

static void a_card_without_the_application_says_so(void **state)
{
    static const char profile[] =
        "{\"atr\":\"3B9F96801F878031E073FE211B674A357530350265F8\","
        "\"pins\":{\"01\":{\"value\":\"1234\",\"tries\":3}},\"files\":{"
        "\"3F00\":{\"type\":\"df\",\"arr\":\"2F06:1\"},"
        "\"3F00/2F06\":{\"type\":\"linear-fixed\",\"sfi\":6,\"arr\":\"2F06:1\",\"records\":1,"
        "\"record_length\":8,\"content\":[\"8001019000\"]}}}";
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_card *card;
    enum dmsc_err err;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    err = dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), NULL, NULL, &sim);
    if (err != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->where, dmsc_diag_get(ctx)->why);
    assert_int_equal(dmsc_sim_link(sim, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(ctx, link, &uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(uicc), DMSC_OK);
    assert_int_equal(dmsc_card_open(uicc, &card), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_diag_get(ctx)->reason, "card:no-application");
    assert_int_equal(dmsc_uicc_channel(uicc), 0); /* and the channel is closed again */
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static void shared_secrets(void **state)
{
    struct card_fixture f;
    struct dmsc_psk_record psk = DMSC_PSK_RECORD_INIT;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_reason(&f, dmsc_card_psk(f.card, 1, NULL, &psk), DMSC_E_PIN, "card:pin-needed");
    assert_int_equal(dmsc_card_psk(f.card, 1, &f.pin, &psk), DMSC_OK);
    assert_true(psk.valid);
    assert_int_equal(psk.ma_id, 2);
    assert_int_equal(psk.key.n, 16);
    dmsc_psk_record_clear(&psk);
    assert_int_equal(dmsc_card_psk(f.card, 2, &f.pin, &psk), DMSC_OK);
    assert_false(psk.valid);
    assert_int_equal(dmsc_card_psk(f.card, 9, &f.pin, &psk), DMSC_E_NOTFOUND);
    card_fixture_close(&f);
}

static void receipts(void **state)
{
    struct card_fixture f;
    struct dmsc_card_receipt receipt = { .result = DMSC_CARD_PARTLY,
                                         .generation = 9,
                                         .time = 1767225700,
                                         .device = { 1, 2, 3, 4, 5, 6, 7, 8 },
                                         .failed = 0x80000001 };
    struct dmsc_card_receipt back = { 0 };

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_reason(&f, dmsc_card_receipt_read(f.card, &back), DMSC_E_NOTFOUND, "dev:none");
    assert_reason(&f, dmsc_card_receipt_write(f.card, &receipt, NULL), DMSC_E_PIN,
                  "card:pin-needed");
    assert_int_equal(dmsc_card_receipt_write(f.card, &receipt, &f.pin), DMSC_OK);
    receipt.generation = 10;
    assert_int_equal(dmsc_card_receipt_write(f.card, &receipt, NULL), DMSC_OK);
    assert_int_equal(dmsc_card_receipt_read(f.card, &back), DMSC_OK);
    assert_int_equal(back.generation, 10);
    assert_int_equal(back.result, DMSC_CARD_PARTLY);
    assert_int_equal(back.failed, 0x80000001);
    assert_memory_equal(back.device, receipt.device, 8);
    card_fixture_close(&f);
}

/* The walk over the image on the card itself: each byte of header, list, index and bodies broken.
 */

struct place {
    const char *path;
    const char *name;
    size_t n;
};
static const struct place places[] = {
    { "3F00/7F4D/6F01", "header", 48 }, { "3F00/7F4D/6F02", "list", 294 },
    { "3F00/7F4D/6F05", "index", 115 }, { "3F00/7F4D/6F10", "body 2", 32 },
    { "3F00/7F4D/6F11", "body 1", 41 },
};

/* A profile over the example with one file replaced. */
static void open_broken(struct card_fixture *f, const struct place *place,
                        struct dmsc_bytes content)
{
    struct dmsc_ctx *ctx;
    struct dmsc_buf json;
    char hex[2 * 512 + 1];

    assert_true(content.n <= 512);
    dmsc_hex_encode(content, hex);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&json, ctx, 4096);
    assert_int_equal(dmsci_buf_printf(&json,
                                      "{\"base\":\"example.json\",\"files\":{\"%s\":{"
                                      "\"content\":[\"%s\"]}}}",
                                      place->path, hex),
                     DMSC_OK);
    card_fixture_open_text(f, dmsc_buf_str(&json));
    dmsc_buf_clear(&json);
    dmsc_ctx_free(ctx);
}

static void assert_refused_by_name(const struct place *place, struct dmsc_bytes content)
{
    struct card_fixture f;
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    enum dmsc_err err;

    open_broken(&f, place, content);
    err = card_fixture_read(&f, &image);
    assert_int_not_equal(err, DMSC_OK);
    assert_true(dmsc_diag_get(f.ctx)->reason[0] != '\0');
    assert_null(image.list.entries);
    assert_null(image.bodies);
    card_fixture_close(&f);
}

static void every_broken_byte_is_refused_by_name(void **state)
{
    static const uint8_t flips[] = { 0x01, 0x20, 0x80, 0xFF };
    size_t tries = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct card_fixture f;
        struct dmsc_buf content;
        uint8_t bytes[512];

        card_fixture_open(&f, "example.json");
        dmsc_buf_init(&content, f.ctx, 65536);
        assert_int_equal(dmsc_sim_read(f.sim, places[i].path, &content), DMSC_OK);
        for (size_t at = 0; at < places[i].n; at++) {
            uint8_t flip = flips[at % sizeof(flips)];

            dmsci_copy(bytes, content.p, places[i].n);
            bytes[at] ^= flip;
            assert_refused_by_name(&places[i], dmsc_bytes(bytes, places[i].n));
            tries++;
        }
        /* Cut off: the rest of the file is fill. */
        for (size_t n = 1; n < places[i].n; n += 7) {
            assert_refused_by_name(&places[i], dmsc_bytes(content.p, n));
            tries++;
        }
        dmsc_buf_clear(&content);
        card_fixture_close(&f);
    }
    print_message("%zu broken cards refused\n", tries);
}

static void a_torn_newest_header_falls_back(void **state)
{
    struct card_fixture f;
    struct dmsc_card_image image;

    (void)state;
    /* Record 1 is torn in the middle, record 2 is the generation before. */
    card_fixture_open_text(
        &f, "{\"base\":\"example.json\",\"files\":{\"3F00/7F4D/6F01\":{\"content\":["
            "\"444D10040000000AAFC79B44\","
            "\"444D100600000009AFC79B44306064310000000700000009DB8A6F341E8019C5012600736955B90000"
            "000000A03EFD31\"]}}}");
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_int_equal(image.header.generation, 9);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static enum dmsc_err read_scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_card_read_options options = { .trust = &card_fixture_trust, .check_iccid = true };
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    struct dmsc_secret pin = DMSC_SECRET_INIT;
    struct dmsc_link *link = NULL;
    struct dmsc_uicc *uicc = NULL;
    struct dmsc_card *card = NULL;
    enum dmsc_err err = dmsc_sim_link(user, ctx, &link);

    if (err == DMSC_OK)
        err = dmsc_uicc_new(ctx, link, &uicc);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(uicc);
    if (err == DMSC_OK)
        err = dmsc_secret_set(&pin, ctx, dmsc_bytes_str("1234"));
    if (err == DMSC_OK)
        err = dmsc_card_open(uicc, &card);
    options.pin = &pin;
    if (err == DMSC_OK)
        err = dmsc_card_read(card, &options, &image);
    dmsc_card_image_clear(&image);
    dmsc_card_free(card);
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
    dmsc_secret_clear(&pin);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    struct card_fixture f;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_true(fault_torture(read_scenario, f.sim) > 20);
    card_fixture_close(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unchanged_card_costs_three_apdus),
        cmocka_unit_test(the_first_full_read_costs_nine_apdus),
        cmocka_unit_test(the_pin_is_sent_only_when_the_card_asks),
        cmocka_unit_test(what_is_known_is_not_read_again),
        cmocka_unit_test(an_older_generation_is_refused),
        cmocka_unit_test(a_list_needs_the_issuer),
        cmocka_unit_test(the_tag_belongs_to_the_iccid),
        cmocka_unit_test(a_blank_card_says_so),
        cmocka_unit_test(a_card_without_the_application_says_so),
        cmocka_unit_test(shared_secrets),
        cmocka_unit_test(receipts),
        cmocka_unit_test(every_broken_byte_is_refused_by_name),
        cmocka_unit_test(a_torn_newest_header_falls_back),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return support_exit(cmocka_run_group_tests_name("card/read", tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
