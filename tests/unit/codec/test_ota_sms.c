/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/join.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <stdlib.h>
#include <string.h>

static void compare_header(struct vectors *v, const struct dmsci_sms *sms)
{
    struct dmsci_sms_header h = { .packet = 0 };

    if (strcmp(vec_text(v, "kind"), "-") == 0) {
        assert_false(sms->has_header);
        return;
    }
    assert_true(sms->has_header);
    assert_int_equal(dmsci_sms_header_decode(sms->header, &h), DMSC_OK);
    vec_assert_number(v, "kind", h.packet);
    assert_int_equal(h.concatenated, vec_has(v, "concat"));
    if (h.concatenated) {
        vec_assert_number(v, "concat", h.reference);
        vec_assert_number(v, "part", h.number);
        vec_assert_number(v, "parts", h.total);
    }
}

static void compare(struct vectors *v, const struct dmsci_sms *sms)
{
    char text[24];

    assert_string_equal(vec_text(v, "type"), sms->type == DMSCI_SMS_DELIVER ? "deliver" : "submit");
    dmsci_sms_address_text(&sms->address, text);
    vec_assert_text(v, "address", text);
    vec_assert_number(v, "pid", sms->pid);
    vec_assert_number(v, "dcs", sms->dcs);
    if (sms->type == DMSCI_SMS_DELIVER)
        vec_assert_hex(v, "time", dmsc_bytes(sms->time, 7));
    else
        vec_assert_number(v, "reference", sms->reference);
    compare_header(v, sms);
    vec_assert_hex(v, "data", sms->data);
}

static void written_again(const struct dmsci_sms *sms, struct dmsc_bytes tpdu)
{
    uint8_t out[DMSCI_SMS_TPDU_MAX];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));

    assert_int_equal(dmsci_sms_encode(sms, &w), DMSC_OK);
    assert_false(w.bad);
    assert_true(dmsc_bytes_equal(dmsc_bytes(out, w.n), tpdu));
}

static void check_templates(struct vectors *v, struct dmsc_bytes tpdu)
{
    uint8_t out[300];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));
    struct dmsc_bytes found;

    if (vec_has(v, "envelope")) {
        dmsci_sms_envelope_encode(tpdu, NULL, &w);
        vec_assert_hex(v, "envelope", dmsc_bytes(out, w.n));
        assert_int_equal(dmsci_sms_envelope_decode(vec_hex(v, "envelope"), &found), DMSC_OK);
        assert_true(dmsc_bytes_equal(found, tpdu));
        assert_int_equal(dmsci_sms_send_decode(vec_hex(v, "envelope"), &found), DMSC_E_NOTFOUND);
    }
    if (vec_has(v, "send")) {
        dmsci_sms_send_encode(1, tpdu, &w);
        vec_assert_hex(v, "send", dmsc_bytes(out, w.n));
        assert_int_equal(dmsci_sms_send_decode(vec_hex(v, "send"), &found), DMSC_OK);
        assert_true(dmsc_bytes_equal(found, tpdu));
    }
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsci_sms sms;

    (void)user;
    assert_int_not_equal(dmsci_sms_decode(prefix, &sms), DMSC_OK);
}

static void survives(void *user, struct dmsc_bytes changed)
{
    uint8_t out[DMSCI_SMS_TPDU_MAX];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));
    struct dmsci_sms sms;

    (void)user;
    if (dmsci_sms_decode(changed, &sms) == DMSC_OK) {
        assert_int_equal(dmsci_sms_encode(&sms, &w), DMSC_OK);
        assert_int_equal(w.n, changed.n);
    }
}

static void template_survives(void *user, struct dmsc_bytes changed)
{
    struct dmsc_bytes tpdu = { NULL, 0 };

    (void)user;
    if (dmsci_sms_envelope_decode(changed, &tpdu) == DMSC_OK ||
        dmsci_sms_send_decode(changed, &tpdu) == DMSC_OK)
        assert_true(tpdu.p > changed.p && tpdu.p + tpdu.n <= changed.p + changed.n);
    else
        assert_null(tpdu.p);
}

static void vectors_come_back(void **state)
{
    struct vectors *v = vectors_open("ota_sms.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_bytes tpdu = vec_hex(v, "tpdu");
        struct dmsci_sms sms;
        enum dmsc_err err = dmsci_sms_decode(tpdu, &sms);

        vec_assert_err(v, err);
        each_byte_changed(tpdu, survives, NULL);
        if (err != DMSC_OK)
            continue;
        compare(v, &sms);
        written_again(&sms, tpdu);
        check_templates(v, tpdu);
        each_prefix(tpdu, short_is_refused, NULL);
        if (vec_has(v, "envelope")) {
            each_prefix(vec_hex(v, "envelope"), template_survives, NULL);
            each_byte_changed(vec_hex(v, "envelope"), template_survives, NULL);
        }
    }
    vectors_close(v);
}

static void addresses_are_read_and_written(void **state)
{
    static const char *const good[] = { "1", "+4917012345", "12345678901234567890", "*100#",
                                        "abc" };
    static const char *const bad[] = { "", "+", "12x", "123456789012345678901", "+ 1", "1+" };
    struct dmsci_sms_address a;
    char text[24];

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(good); i++) {
        assert_int_equal(dmsci_sms_address_parse(good[i], &a), DMSC_OK);
        dmsci_sms_address_text(&a, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bad); i++)
        assert_int_equal(dmsci_sms_address_parse(bad[i], &a), DMSC_E_MALFORMED);
}

/* Elements that say nothing sensible are as if they were not there (TS 23.040 9.2.3.24.1). */
static void nonsense_in_a_header_is_passed_over(void **state)
{
    static const struct {
        uint8_t bytes[8];
        size_t n;
        bool concatenated;
        uint8_t packet;
    } cases[] = {
        { { 0x00, 3, 1, 2, 1 }, 5, true, 0 },  { { 0x00, 3, 1, 0, 0 }, 5, false, 0 },
        { { 0x00, 3, 1, 2, 0 }, 5, false, 0 }, { { 0x00, 3, 1, 2, 3 }, 5, false, 0 },
        { { 0x00, 2, 1, 2 }, 4, false, 0 },    { { 0x00, 4, 1, 2, 1, 1 }, 6, false, 0 },
        { { 0x08, 3, 1, 2, 1 }, 5, false, 0 }, { { 0x08, 4, 0, 1, 2, 1 }, 6, true, 0 },
        { { 0x70, 0 }, 2, false, 0x70 },       { { 0x71, 0 }, 2, false, 0x71 },
        { { 0x70, 1, 0 }, 3, false, 0 },       { { 0x24, 1, 1, 0x71, 0 }, 5, false, 0x71 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsci_sms_header h;

        assert_int_equal(dmsci_sms_header_decode(dmsc_bytes(cases[i].bytes, cases[i].n), &h),
                         DMSC_OK);
        assert_int_equal(h.concatenated, cases[i].concatenated);
        assert_int_equal(h.packet, cases[i].packet);
    }
}

static void the_centre_stands_in_the_envelope(void **state)
{
    static const uint8_t expected[] = { 0xD1, 0x0D, 0x82, 0x02, 0x83, 0x81, 0x86, 0x04,
                                        0x91, 0x94, 0x71, 0xF0, 0x8B, 0x01, 0x55 };
    struct dmsci_sms_address centre;
    uint8_t out[40];
    struct dmsc_wr w = dmsc_wr(out, sizeof(out));
    struct dmsc_bytes tpdu;

    (void)state;
    assert_int_equal(dmsci_sms_address_parse("+49170", &centre), DMSC_OK);
    centre.digits = 5;
    centre.bcd[2] = 0xF0;
    dmsci_sms_envelope_encode(dmsc_bytes("\x55", 1), &centre, &w);
    assert_int_equal(w.n, sizeof(expected));
    assert_memory_equal(out, expected, sizeof(expected));
    assert_int_equal(dmsci_sms_envelope_decode(dmsc_bytes(out, w.n), &tpdu), DMSC_OK);
    assert_int_equal(tpdu.n, 1);
    out[4] = 0x82; /* not from the network */
    assert_int_equal(dmsci_sms_envelope_decode(dmsc_bytes(out, w.n), &tpdu), DMSC_E_MALFORMED);
}

/* A message of part @p number on its way: written as a TPDU and read again. */
static void send_part(struct dmsc_bytes packet, unsigned number, const struct dmsci_sms_header *as,
                      const char *from, struct dmsci_sms *ret_sms, uint8_t *tpdu)
{
    struct dmsci_sms_header h = *as;
    struct dmsci_sms sms = { .type = DMSCI_SMS_DELIVER, .pid = DMSCI_SMS_PID_DOWNLOAD };
    uint8_t elements[DMSCI_SMS_HEADER_MAX];
    struct dmsc_wr w = dmsc_wr(elements, sizeof(elements)), t = dmsc_wr(tpdu, DMSCI_SMS_TPDU_MAX);

    sms.dcs = DMSCI_SMS_DCS_CLASS2;
    sms.data = dmsci_sms_part(packet, number, &h);
    dmsci_sms_header_encode(&h, &w);
    assert_false(w.bad);
    sms.has_header = w.n > 0;
    sms.header = dmsc_bytes(elements, w.n);
    assert_int_equal(dmsci_sms_address_parse(from, &sms.address), DMSC_OK);
    assert_int_equal(dmsci_sms_encode(&sms, &t), DMSC_OK);
    assert_int_equal(dmsci_sms_decode(dmsc_bytes(tpdu, t.n), ret_sms), DMSC_OK);
}

static void shuffle(struct gen *gen, unsigned *order, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        order[i] = i + 1;
    for (unsigned i = n; i > 1; i--) {
        unsigned k = gen_below(gen, i), swap = order[i - 1];

        order[i - 1] = order[k];
        order[k] = swap;
    }
}

static void join_one(struct dmsci_sms_join *join, struct gen *gen, struct dmsc_bytes packet,
                     struct dmsc_buf *out)
{
    struct dmsci_sms_header h = { DMSCI_SMS_IE_COMMAND, false, gen_bool(gen), 0, 0, 0 };
    unsigned parts, order[DMSCI_SMS_PARTS_MAX];
    uint8_t tpdu[DMSCI_SMS_TPDU_MAX], kind = 0;
    struct dmsci_sms sms;
    bool whole = false;

    if (dmsci_sms_parts(packet.n, h.wide) == 0)
        h.wide = false;
    parts = dmsci_sms_parts(packet.n, h.wide);
    assert_in_range(parts, 1, DMSCI_SMS_PARTS_MAX);
    h.reference = (uint16_t)gen_below(gen, h.wide ? 0x10000 : 0x100);
    shuffle(gen, order, parts);
    for (unsigned i = 0; i < parts; i++) {
        assert_false(whole);
        send_part(packet, order[i], &h, "12345", &sms, tpdu);
        assert_int_equal(dmsci_sms_join_add(join, &sms, &whole, &kind, out), DMSC_OK);
        if (i + 1 < parts && gen_below(gen, 4) == 0) /* sent twice */
            assert_int_equal(dmsci_sms_join_add(join, &sms, &whole, &kind, out), DMSC_OK);
    }
    assert_true(whole);
    assert_int_equal(kind, DMSCI_SMS_IE_COMMAND);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(out), packet));
}

static void packets_come_through_in_any_order(void **state)
{
    static const size_t sizes[] = { 0, 1, 137, 138, 266, 267, 34168 };
    struct gen gen = gen_begin("ota_sms");
    struct dmsci_sms_join join;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf out;
    static uint8_t packet[34168];

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&out, ctx, sizeof(packet));
    dmsci_sms_join_init(&join, ctx);
    for (unsigned round = 0; round < 60; round++) {
        size_t n = round < DMSCI_ARRAY_LEN(sizes) ? sizes[round] : gen_below(&gen, 3000);

        join_one(&join, &gen, gen_bytes(&gen, packet, n), &out);
    }
    assert_int_equal(dmsci_sms_parts(34168, false), 255);
    assert_int_equal(dmsci_sms_parts(34169, false), 0);
    assert_int_equal(dmsci_sms_parts(33913, true), 255);
    assert_int_equal(dmsci_sms_parts(33914, true), 0);
    dmsci_sms_join_clear(&join);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
}

static void messages_do_not_mix(void **state)
{
    struct dmsci_sms_header h = { DMSCI_SMS_IE_COMMAND, false, false, 1, 0, 0 };
    uint8_t a[2][DMSCI_SMS_TPDU_MAX], packet[200] = { 1 }, kind = 0xEE;
    struct dmsci_sms_join join;
    struct dmsci_sms one, two;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf out;
    bool whole = true;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&out, ctx, 300);
    dmsci_sms_join_init(&join, ctx);
    send_part(dmsc_bytes(packet, 200), 1, &h, "12345", &one, a[0]);
    send_part(dmsc_bytes(packet, 200), 2, &h, "12346", &two, a[1]); /* another sender */
    assert_int_equal(dmsci_sms_join_add(&join, &one, &whole, &kind, &out), DMSC_OK);
    assert_false(whole);
    assert_int_equal(dmsci_sms_join_add(&join, &two, &whole, &kind, &out), DMSC_OK);
    assert_false(whole);
    assert_int_equal(kind, 0xEE);
    packet[0] = 2; /* the same part with other content */
    send_part(dmsc_bytes(packet, 200), 1, &h, "12345", &one, a[0]);
    assert_int_equal(dmsci_sms_join_add(&join, &one, &whole, &kind, &out), DMSC_E_MALFORMED);
    for (uint16_t i = 0; i < DMSCI_SMS_JOIN_SLOTS; i++) { /* the oldest goes */
        h.reference = (uint16_t)(10 + i);
        send_part(dmsc_bytes(packet, 200), 1, &h, "12345", &one, a[0]);
        assert_int_equal(dmsci_sms_join_add(&join, &one, &whole, &kind, &out), DMSC_OK);
        assert_false(whole);
    }
    h.reference = 1;
    send_part(dmsc_bytes(packet, 200), 2, &h, "12345", &two, a[1]);
    assert_int_equal(dmsci_sms_join_add(&join, &two, &whole, &kind, &out), DMSC_OK);
    assert_false(whole);
    assert_int_equal(out.n, 0);
    dmsci_sms_join_clear(&join);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
}

static void what_is_too_long_is_not_kept(void **state)
{
    struct dmsci_sms_header h = { DMSCI_SMS_IE_COMMAND, false, false, 1, 0, 0 };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    uint8_t tpdu[DMSCI_SMS_TPDU_MAX], packet[600] = { 1 }, kind = 0;
    struct dmsci_sms_join join;
    struct dmsc_ctx *ctx = NULL;
    struct dmsci_sms sms;
    struct dmsc_buf out;
    bool whole = false;

    (void)state;
    config.limits.ota_packet_size = 300;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    dmsc_buf_init(&out, ctx, 1000);
    dmsci_sms_join_init(&join, ctx);
    for (unsigned part = 1; part <= 5; part++) { /* 132 bytes, three times 134, 66 */
        send_part(dmsc_bytes(packet, 600), part, &h, "1", &sms, tpdu);
        assert_int_equal(dmsci_sms_join_add(&join, &sms, &whole, &kind, &out),
                         part < 5 ? DMSC_OK : DMSC_E_LIMIT);
        assert_false(whole);
    }
    assert_int_equal(out.n, 0);
    dmsci_sms_join_clear(&join);
    dmsc_buf_clear(&out);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err join_scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsci_sms_header h = { DMSCI_SMS_IE_COMMAND, false, false, 1, 0, 0 };
    uint8_t tpdu[DMSCI_SMS_TPDU_MAX], kind = 0, packet[420] = { 7 };
    struct dmsci_sms_join join;
    enum dmsc_err err = DMSC_OK;
    struct dmsci_sms sms;
    struct dmsc_buf out;
    bool whole = false;

    (void)user;
    dmsc_buf_init(&out, ctx, 1000);
    dmsci_sms_join_init(&join, ctx);
    for (unsigned i = 4; err == DMSC_OK && i >= 1; i--) {
        if (i == 4)
            continue;
        send_part(dmsc_bytes(packet, 420), i, &h, "1", &sms, tpdu);
        err = dmsci_sms_join_add(&join, &sms, &whole, &kind, &out);
    }
    if (err == DMSC_OK) {
        assert_false(whole); /* one of four is missing */
        send_part(dmsc_bytes(packet, 420), 4, &h, "1", &sms, tpdu);
        err = dmsci_sms_join_add(&join, &sms, &whole, &kind, &out);
    }
    if (err == DMSC_OK)
        assert_true(whole && dmsc_bytes_equal(dmsc_buf_bytes(&out), dmsc_bytes(packet, 420)));
    dmsci_sms_join_clear(&join);
    dmsc_buf_clear(&out);
    return err;
}

static void without_memory_nothing_is_lost(void **state)
{
    (void)state;
    assert_true(fault_torture(join_scenario, NULL) > 2);
}

static void of_others(void *user, json_t *row)
{
    unsigned *seen = user;
    struct dmsc_bytes tpdu, packet;
    struct dmsci_sms_header h;
    struct dmsci_sms sms;

    if (corpus_text(row, "sms_deliver_tpdu") == NULL)
        return;
    tpdu = corpus_hex(row, "sms_deliver_tpdu");
    packet = corpus_hex(row, "packet");
    /* TP-UDL is 03 there, whatever follows. */
    assert_int_equal(dmsci_sms_decode(tpdu, &sms), DMSC_E_MALFORMED);
    assert_int_equal(tpdu.p[16], 0x03);
    ((uint8_t *)(uintptr_t)tpdu.p)[16] = (uint8_t)(tpdu.n - 17);
    assert_int_equal(dmsci_sms_decode(tpdu, &sms), DMSC_OK);
    assert_int_equal(dmsci_sms_header_decode(sms.header, &h), DMSC_OK);
    assert_int_equal(h.packet, DMSCI_SMS_IE_COMMAND);
    assert_true(dmsc_bytes_equal(sms.data, packet));
    written_again(&sms, tpdu);
    support_free(tpdu);
    support_free(packet);
    ++*seen;
}

static void messages_of_others_are_read(void **state)
{
    unsigned seen = 0;

    (void)state;
    corpus_each("ota/pysim-unit.jsonl", of_others, &seen);
    assert_int_equal(seen, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back),
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(nonsense_in_a_header_is_passed_over),
        cmocka_unit_test(the_centre_stands_in_the_envelope),
        cmocka_unit_test(packets_come_through_in_any_order),
        cmocka_unit_test(messages_do_not_mix),
        cmocka_unit_test(what_is_too_long_is_not_kept),
        cmocka_unit_test(without_memory_nothing_is_lost),
        cmocka_unit_test(messages_of_others_are_read),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
