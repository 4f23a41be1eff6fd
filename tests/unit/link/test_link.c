/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <stdio.h>

struct rig {
    struct dmsc_ctx *ctx;
    struct scripted *card;
    struct dmsc_link *link;
    struct dmsc_buf buf;
};

static struct rig begin_protocol(enum dmsc_protocol protocol)
{
    struct rig rig = { .card = scripted_new(protocol) };

    assert_int_equal(dmsc_ctx_new(NULL, &rig.ctx), DMSC_OK);
    assert_int_equal(scripted_link(rig.card, rig.ctx, &rig.link), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    dmsc_buf_init(&rig.buf, rig.ctx, 1024);
    return rig;
}

static struct rig begin(void)
{
    return begin_protocol(DMSC_T0);
}

static void end(struct rig *rig)
{
    assert_int_equal(rig->card->locks, rig->card->unlocks);
    dmsc_buf_clear(&rig->buf);
    dmsc_link_free(rig->link);
    assert_int_equal(rig->card->closes, 1);
    scripted_free(rig->card);
    dmsc_ctx_free(rig->ctx);
}

/* Send an APDU given in hex as T=1 has it. */
static enum dmsc_err send_hex(struct rig *rig, const char *hex, uint16_t *ret_sw)
{
    struct dmsc_capdu capdu;
    struct dmsc_buf bytes;
    enum dmsc_err err;

    dmsc_buf_init(&bytes, rig->ctx, DMSC_CAPDU_MAX);
    assert_int_equal(dmsc_hex_decode(hex, &bytes), DMSC_OK);
    assert_int_equal(dmsc_capdu_decode(dmsc_buf_bytes(&bytes), &capdu), DMSC_OK);
    err = dmsc_link_exchange(rig->link, &capdu, &rig->buf, ret_sw);
    dmsc_buf_clear(&bytes);
    return err;
}

static void expect_counts(const struct rig *rig, unsigned long apdus, unsigned long bytes)
{
    struct dmsc_link_counts counts = dmsc_link_counts(rig->link);

    if (counts.apdus != apdus || counts.bytes != bytes)
        fail_msg("%lu APDUs and %lu bytes, not %lu and %lu", counts.apdus, counts.bytes, apdus,
                 bytes);
}

/* The budget of an unchanged card: 3 APDUs, 85 bytes; with the channel kept open 1 and 56. */
static void an_unchanged_card_costs_three_apdus_and_85_bytes(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "00700000 01", "01 9000");
    scripted_turn(rig.card, "01A4040C 0C F0444D53432D554943430100", "9000");
    scripted_turn_data(rig.card, "01B2010C 30", 0, 48);
    scripted_turn_data(rig.card, "01B2010C 30", 0, 48);
    assert_int_equal(send_hex(&rig, "0070000001", &sw), DMSC_OK);
    expect_counts(&rig, 1, 9);
    assert_int_equal(send_hex(&rig, "01A4040C0CF0444D53432D554943430100", &sw), DMSC_OK);
    expect_counts(&rig, 2, 29);
    assert_int_equal(send_hex(&rig, "01B2010C30", &sw), DMSC_OK);
    expect_counts(&rig, 3, 85);
    assert_int_equal(send_hex(&rig, "01B2010C30", &sw), DMSC_OK);
    expect_counts(&rig, 4, 85 + 56);
    end(&rig);
}

/* The first full read of the example card: 9 APDUs, 663 bytes. */
static void a_full_read_of_the_example_costs_nine_apdus_and_663_bytes(void **state)
{
    static const struct {
        const char *capdu;
        size_t n;
    } reads[] = {
        { "01B2010C30", 48 }, { "01B0820000", 256 }, { "01B0010026", 38 }, { "01B0850073", 115 },
        { "01B0910029", 41 }, { "01B0900020", 32 },  { "01B2010C30", 48 },
    };
    struct rig rig = begin();
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "00700000 01", "01 9000");
    scripted_turn(rig.card, "01A4040C 0C F0444D53432D554943430100", "9000");
    assert_int_equal(send_hex(&rig, "0070000001", &sw), DMSC_OK);
    assert_int_equal(send_hex(&rig, "01A4040C0CF0444D53432D554943430100", &sw), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(reads); i++) {
        scripted_turn_data(rig.card, reads[i].capdu, 0, reads[i].n);
        assert_int_equal(send_hex(&rig, reads[i].capdu, &sw), DMSC_OK);
        assert_int_equal(rig.buf.n, reads[i].n);
    }
    expect_counts(&rig, 9, 663);
    end(&rig);
}

/* Asking for the FCP costs 47 bytes more: it comes by GET RESPONSE, which counts too. */
static void get_response_counts(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "01A40404 0C F0444D53432D554943430100", "6127");
    scripted_turn_data(rig.card, "01C00000 27", 0x62, 0x27);
    assert_int_equal(send_hex(&rig, "01A404040CF0444D53432D55494343010000", &sw), DMSC_OK);
    expect_counts(&rig, 2, 20 + 47);
    end(&rig);
}

static void counts_are_those_of_t0(void **state)
{
    struct rig rig = begin_protocol(DMSC_T1);
    uint16_t sw = 0;

    (void)state;
    /* Case 1: 5 out, 2 back. Case 3: data behind a procedure byte. Case 4: its Le does not travel.
     */
    scripted_turn(rig.card, "80F2000C", "9000");
    assert_int_equal(send_hex(&rig, "80F2000C", &sw), DMSC_OK);
    expect_counts(&rig, 1, 7);
    scripted_turn(rig.card, "01D69020 02 AABB", "9000");
    assert_int_equal(send_hex(&rig, "01D6902002AABB", &sw), DMSC_OK);
    expect_counts(&rig, 2, 7 + 10);
    scripted_turn(rig.card, "80CB0080 01 81 00", "AABBCC 9000");
    assert_int_equal(send_hex(&rig, "80CB0080018100", &sw), DMSC_OK);
    expect_counts(&rig, 3, 17 + 7 + 5);
    scripted_turn(rig.card, "00B00000 10", "6A82");
    assert_int_equal(send_hex(&rig, "00B0000010", &sw), DMSC_OK);
    expect_counts(&rig, 4, 29 + 7);
    end(&rig);
}

static void what_got_no_answer_does_not_count(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 7;

    (void)state;
    scripted_turn_fails(rig.card, "00B00000 10", DMSC_E_TIMEOUT);
    assert_int_equal(dmsc_buf_append_str(&rig.buf, "old"), DMSC_OK);
    assert_int_equal(send_hex(&rig, "00B0000010", &sw), DMSC_E_TIMEOUT);
    expect_counts(&rig, 0, 0);
    assert_int_equal(sw, 7);
    assert_string_equal(dmsc_buf_str(&rig.buf), "old");
    assert_int_equal(dmsc_link_last_sw(rig.link), 0);
    end(&rig);
}

/* One lock around all that makes one APDU with an answer to fetch, given back on every path; none
 * around a command alone. */
static void the_lock_is_balanced(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "00A40004 02 3F00", "6102");
    scripted_turn(rig.card, "00C00000 02", "6200 9000");
    assert_int_equal(send_hex(&rig, "00A40004023F0000", &sw), DMSC_OK);
    assert_int_equal(rig.card->locks, 1);
    assert_int_equal(rig.card->locked_transmits, 2);
    /* A refusal. */
    scripted_turn(rig.card, "00A40004 02 3F01", "6A82");
    assert_int_equal(send_hex(&rig, "00A40004023F0100", &sw), DMSC_OK);
    assert_int_equal(rig.card->locks, 2);
    /* Gone in the middle. */
    scripted_turn(rig.card, "00A40004 02 3F00", "6102");
    scripted_turn_fails(rig.card, "00C00000 02", DMSC_E_REMOVED);
    assert_int_equal(send_hex(&rig, "00A40004023F0000", &sw), DMSC_E_REMOVED);
    assert_int_equal(rig.card->locks, 3);
    assert_int_equal(rig.card->unlocks, 3);
    /* An answer that is none. */
    scripted_turn(rig.card, "00A40004 02 3F00", "90");
    assert_int_equal(send_hex(&rig, "00A40004023F0000", &sw), DMSC_E_LINK);
    assert_int_equal(rig.card->locks, 4);
    assert_int_equal(rig.card->unlocks, 4);
    assert_int_equal(rig.card->locked_transmits, rig.card->transmits);
    /* Nothing to fetch, nothing to come between. */
    scripted_turn(rig.card, "00B00000 10", "6C02");
    scripted_turn(rig.card, "00B00000 02", "AABB 9000");
    assert_int_equal(send_hex(&rig, "00B0000010", &sw), DMSC_OK);
    scripted_turn(rig.card, "00D60000 01 AA", "9000");
    assert_int_equal(send_hex(&rig, "00D6000001AA", &sw), DMSC_OK);
    assert_int_equal(rig.card->locks, 4);
    end(&rig);
}

static void what_cannot_be_locked_is_not_sent(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 7;

    (void)state;
    rig.card->lock_fails = DMSC_E_CARD_RESET;
    assert_int_equal(send_hex(&rig, "00A40004023F0000", &sw), DMSC_E_CARD_RESET);
    assert_int_equal(rig.card->transmits, 0);
    assert_int_equal(rig.card->unlocks, 0);
    assert_int_equal(sw, 7);
    end(&rig);
}

static void a_link_without_lock_works(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);
    struct dmsc_capdu capdu = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_link *link = NULL;
    uint16_t sw = 0;

    (void)state;
    card->no_lock = true;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(scripted_link(card, ctx, &link), DMSC_OK);
    assert_int_equal(dmsc_link_power(link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_lock(link), DMSC_OK);
    scripted_turn(card, "80F2000C00", "9000");
    assert_int_equal(dmsc_link_exchange(link, &capdu, NULL, &sw), DMSC_OK);
    dmsc_link_unlock(link);
    dmsc_link_free(link);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

static void a_failed_power_on_changes_nothing(void **state)
{
    struct rig rig = begin_protocol(DMSC_T1);
    struct dmsc_bytes before = support_copy_exact(dmsc_link_atr(rig.link));

    (void)state;
    rig.card->power_fails = DMSC_E_REMOVED;
    rig.card->protocol = DMSC_T0;
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_RESET), DMSC_E_REMOVED);
    assert_true(dmsc_bytes_equal(dmsc_link_atr(rig.link), before));
    assert_int_equal(dmsc_link_protocol(rig.link), DMSC_T1);
    rig.card->power_fails = DMSC_OK;
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_RESET), DMSC_OK);
    assert_int_equal(dmsc_link_protocol(rig.link), DMSC_T0);
    support_free(before);
    end(&rig);
}

static void an_atr_too_long_is_refused(void **state)
{
    static const uint8_t long_atr[34] = { 0x3B };
    struct rig rig = begin();

    (void)state;
    rig.card->atr = dmsc_bytes(long_atr, 34);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_E_LIMIT);
    assert_int_equal(dmsc_link_atr(rig.link).n, 22);
    rig.card->atr = dmsc_bytes(long_atr, 33);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_atr(rig.link).n, 33);
    end(&rig);
}

static void the_last_status_word_is_kept(void **state)
{
    struct rig rig = begin();
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "00A40004 02 3F00", "6102");
    scripted_turn(rig.card, "00C00000 02", "6200 910B");
    assert_int_equal(send_hex(&rig, "00A40004023F0000", &sw), DMSC_OK);
    assert_int_equal(dmsc_link_last_sw(rig.link), 0x910B);
    scripted_turn_fails(rig.card, "00B00000 10", DMSC_E_LINK);
    assert_int_equal(send_hex(&rig, "00B0000010", &sw), DMSC_E_LINK);
    assert_int_equal(dmsc_link_last_sw(rig.link), 0x910B);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_last_sw(rig.link), 0);
    end(&rig);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    static const uint8_t fid[] = { 0x3F, 0x00 };
    struct dmsc_capdu capdu = { .ins = 0xA4, .p2 = 4, .data = { fid, 2 }, .le = 256 };
    struct scripted *card = user;
    struct dmsc_link *link = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 0;
    enum dmsc_err err;

    scripted_rewind(card);
    dmsc_buf_init(&buf, ctx, 256);
    err = dmsc_buf_append_str(&buf, "old");
    if (err == DMSC_OK)
        err = scripted_link(card, ctx, &link);
    if (err == DMSC_OK)
        err = dmsc_link_power(link, DMSC_POWER_COLD);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(link, &capdu, &buf, &sw);
    if (err != DMSC_OK && buf.n > 0)
        assert_string_equal(dmsc_buf_str(&buf), "old");
    assert_int_equal(card->locks, card->unlocks);
    dmsc_link_free(link);
    assert_int_equal(card->closes, link != NULL);
    dmsc_buf_clear(&buf);
    return err;
}

static void survives_without_memory(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    scripted_turn(card, "00A40004 02 3F00", "6102");
    scripted_turn(card, "00C00000 02", "6200 9000");
    assert_true(fault_torture(scenario, card) >= 5);
    scripted_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unchanged_card_costs_three_apdus_and_85_bytes),
        cmocka_unit_test(a_full_read_of_the_example_costs_nine_apdus_and_663_bytes),
        cmocka_unit_test(get_response_counts),
        cmocka_unit_test(counts_are_those_of_t0),
        cmocka_unit_test(what_got_no_answer_does_not_count),
        cmocka_unit_test(the_lock_is_balanced),
        cmocka_unit_test(what_cannot_be_locked_is_not_sent),
        cmocka_unit_test(a_link_without_lock_works),
        cmocka_unit_test(a_failed_power_on_changes_nothing),
        cmocka_unit_test(an_atr_too_long_is_refused),
        cmocka_unit_test(the_last_status_word_is_kept),
        cmocka_unit_test(survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
