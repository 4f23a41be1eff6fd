/* SPDX-License-Identifier: Apache-2.0 */
/* The secure channel as a link: published sessions, and a card that does not play fair. The other
 * end is the codec's card side, which other implementations vouch for (codec/scp03). */
#include "apdu/codec/scp03.h"
#include "tests/support/test.h"
#include "tests/unit/link/scripted.h"
#include <dmsc/ctx.h>
#include <dmsc/scp03.h>
#include <string.h>

static const uint8_t enc[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const uint8_t mac[16] = { 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00 };

static enum dmsc_err challenge(void *user, uint8_t *p, size_t n)
{
    memcpy(p, user, n);
    return DMSC_OK;
}

static struct dmsc_scp03 config(uint8_t level, const void *host_challenge)
{
    return (struct dmsc_scp03){ .enc = { enc, sizeof(enc) },
                                .mac = { mac, sizeof(mac) },
                                .key_version = 0x30,
                                .level = level,
                                .random = challenge,
                                .random_user = (void *)(uintptr_t)host_challenge };
}

struct rig {
    struct dmsc_ctx *ctx;
    struct scripted *card;
    struct dmsc_link *link;
};

static struct rig begin(enum dmsc_protocol protocol, const struct dmsc_scp03 *c)
{
    struct rig rig = { 0 };
    struct dmsc_link *plain = NULL;

    assert_int_equal(dmsc_ctx_new(NULL, &rig.ctx), DMSC_OK);
    rig.card = scripted_new(protocol);
    assert_int_equal(scripted_link(rig.card, rig.ctx, &plain), DMSC_OK);
    assert_int_equal(dmsc_link_scp03(plain, c, &rig.link), DMSC_OK);
    assert_string_equal(dmsc_link_name(rig.link), "scp03");
    return rig;
}

static void end(struct rig *rig)
{
    assert_int_equal(rig->card->locks, rig->card->unlocks);
    dmsc_link_free(rig->link);
    scripted_free(rig->card);
    dmsc_ctx_free(rig->ctx);
}

/* GPD Amendment D: the session of level 33, over T=0. */
static void open_33(struct scripted *card)
{
    scripted_turn(card, "80503000 08 FDF38259A1E0DE44", "6120");
    scripted_turn(card, "00C00000 20",
                  "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000");
    scripted_turn(card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", "9000");
}

static const struct dmsc_capdu get_eid = { .cla = 0x80,
                                           .ins = 0xE2,
                                           .p1 = 0x91,
                                           .data = { (const uint8_t *)"\xBF\x3E\x03\x5C\x01\x5A",
                                                     6 },
                                           .le = 256 };

static enum dmsc_err play(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
    struct dmsc_link *plain = NULL, *link = NULL;
    struct scripted *card = user;
    struct dmsc_buf data;
    uint16_t sw = 0;
    enum dmsc_err err;

    scripted_rewind(card);
    dmsc_buf_init(&data, ctx, 256);
    err = scripted_link(card, ctx, &plain);
    if (err == DMSC_OK)
        err = dmsc_link_scp03(plain, &c, &link);
    if (err != DMSC_OK)
        dmsc_link_free(plain);
    if (err == DMSC_OK)
        err = dmsc_link_power(link, DMSC_POWER_COLD);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(link, &get_eid, &data, &sw);
    if (err == DMSC_OK) {
        assert_int_equal(sw, 0x9000);
        assert_int_equal(data.n, 21);
        assert_int_equal(data.p[0], 0xBF);
        assert_int_equal(data.p[20], 0x05);
    }
    dmsc_buf_clear(&data);
    dmsc_link_free(link);
    return err;
}

static void published_session(void **state)
{
    struct scripted *card = scripted_new(DMSC_T0);

    (void)state;
    open_33(card);
    scripted_turn(card, "84E29100 18 267A85DFE4A98FCA6FB0527E0DFECCE4914E40401433C87F", "6128");
    scripted_turn(card, "00C00000 28",
                  "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB "
                  "2E68F8A0144975B9 9000");
    assert_true(fault_torture(play, card) > 0);
    scripted_free(card);
}

/* The same with the security domain selected first, over T=1. */
static void the_domain_is_selected(void **state)
{
    struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
    struct rig rig;

    (void)state;
    c.aid = dmsc_bytes(aid, sizeof(aid));
    rig = begin(DMSC_T1, &c);
    scripted_turn(rig.card, "00A40400 08 A000000151000000 00", "6A86"); /* a strict UICC */
    scripted_turn(rig.card, "00A4040C 08 A000000151000000", "9000");
    scripted_turn(rig.card, "80503000 08 FDF38259A1E0DE44 00",
                  "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000");
    scripted_turn(rig.card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", "9000");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_protocol(rig.link), DMSC_T1);
    end(&rig);
}

static void the_domain_is_not_there(void **state)
{
    struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
    struct rig rig;

    (void)state;
    c.aid = dmsc_bytes(aid, sizeof(aid));
    rig = begin(DMSC_T1, &c);
    scripted_turn(rig.card, "00A40400 08 A000000151000000 00", "6A82");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_diag_get(rig.ctx)->sw, 0x6A82);
    end(&rig);
}

static void story(const struct rig *rig, enum dmsc_err err, const char *reason, unsigned sw)
{
    const struct dmsc_diag *diag = dmsc_diag_get(rig->ctx);

    assert_int_equal(diag->err, err);
    assert_string_equal(diag->reason, reason);
    assert_int_equal(diag->sw, sw);
}

/* Each way in which opening can fail, and that nothing is tried twice. */
static void what_does_not_open(void **state)
{
    static const struct {
        const char *init; /* answer to INITIALIZE UPDATE */
        const char *auth; /* to EXTERNAL AUTHENTICATE; NULL: it is not sent */
        enum dmsc_err err;
        const char *reason;
        unsigned sw;
    } rows[] = {
        { "6A88", NULL, DMSC_E_UNSUPPORTED, "scp03:refused", 0x6A88 },
        { "00000000000000000000200270 3B1ACA81E821F219 081CDC01C26B372D 000003 9000", NULL,
          DMSC_E_UNSUPPORTED, "scp03:init", 0 },
        { "00000000000000000000300370 3B1ACA81E821F219 9000", NULL, DMSC_E_TRUNCATED, "scp03:init",
          0 },
        { "00000000000000000000300310 3B1ACA81E821F219 081CDC01C26B372D 000003 9000", NULL,
          DMSC_E_UNSUPPORTED, "scp03:offer", 0 },
        { "00000000000000000000300371 3B1ACA81E821F2193B1ACA81E821F219 "
          "081CDC01C26B372D081CDC01C26B372D 000003 9000",
          NULL, DMSC_E_UNSUPPORTED, "scp03:offer", 0 },
        { "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372E 000003 9000", NULL,
          DMSC_E_UNTRUSTED, "scp03:untrusted", 0x9000 },
        { "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000", "6300",
          DMSC_E_UNTRUSTED, "scp03:untrusted", 0x6300 },
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
        struct rig rig = begin(DMSC_T1, &c);
        struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2 };
        uint16_t sw = 0;

        scripted_turn(rig.card, "80503000 08 FDF38259A1E0DE44 00", rows[i].init);
        if (rows[i].auth != NULL)
            scripted_turn(rig.card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", rows[i].auth);
        assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), rows[i].err);
        story(&rig, rows[i].err, rows[i].reason, rows[i].sw);
        /* And nothing goes over it unprotected. */
        assert_int_not_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
        end(&rig);
    }
}

static void wrong_answers_end_it(void **state)
{
    static const char *const answers[] = {
        "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB 2E68F8A0144975B8 9000",
        "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB 2E68F8A0144975B9 6282",
        "9000",
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(answers); i++) {
        struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
        struct rig rig = begin(DMSC_T1, &c);
        struct dmsc_buf data;
        uint16_t sw = 0;

        dmsc_buf_init(&data, rig.ctx, 256);
        scripted_turn(rig.card, "80503000 08 FDF38259A1E0DE44 00",
                      "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000");
        scripted_turn(rig.card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", "9000");
        scripted_turn(rig.card, "84E29100 18 267A85DFE4A98FCA6FB0527E0DFECCE4914E40401433C87F 00",
                      answers[i]);
        assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
        assert_int_equal(dmsc_link_exchange(rig.link, &get_eid, &data, &sw), DMSC_E_UNTRUSTED);
        assert_int_equal(data.n, 0);
        assert_int_equal(dmsc_link_exchange(rig.link, &get_eid, &data, &sw), DMSC_E_STATE);
        story(&rig, DMSC_E_STATE, "scp03:closed", 0);
        dmsc_buf_clear(&data);
        end(&rig);
    }
}

/* An error of the card has no MAC: it passes, and the session goes on. Other channels are not
 * touched. */
static void errors_and_other_channels(void **state)
{
    struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
    struct rig rig = begin(DMSC_T1, &c);
    struct dmsc_capdu status = { .cla = 0x81, .ins = 0xF2, .p2 = 0x0C };
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "80503000 08 FDF38259A1E0DE44 00",
                  "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000");
    scripted_turn(rig.card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", "9000");
    scripted_turn(rig.card, "81F2000C", "9000");
    scripted_turn(rig.card, "84E29100 18 267A85DFE4A98FCA6FB0527E0DFECCE4914E40401433C87F 00",
                  "6985");
    scripted_turn(rig.card, "C1F2000C", "6881");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig.link, &get_eid, NULL, &sw), DMSC_OK);
    assert_int_equal(sw, 0x6985);
    status.cla = 0xC1;
    assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
    assert_int_equal(sw, 0x6881);
    end(&rig);
}

/* Too much data for one protected command is told, and nothing is sent. */
static void a_block_can_be_too_long(void **state)
{
    struct dmsc_scp03 c = config(0x33, "\xFD\xF3\x82\x59\xA1\xE0\xDE\x44");
    struct rig rig = begin(DMSC_T1, &c);
    uint8_t data[240] = { 0 };
    struct dmsc_capdu update = { .ins = 0xD6, .data = { data, sizeof(data) } };
    size_t read = 0, written = 0;
    uint16_t sw = 0;

    (void)state;
    scripted_turn(rig.card, "80503000 08 FDF38259A1E0DE44 00",
                  "00000000000000000000300370 3B1ACA81E821F219 081CDC01C26B372D 000003 9000");
    scripted_turn(rig.card, "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0", "9000");
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig.link, &update, NULL, &sw), DMSC_E_LIMIT);
    dmsc_link_scp03_blocks(0x33, false, &read, &written);
    assert_int_equal(read, 239);
    assert_int_equal(written, 239);
    dmsc_link_scp03_blocks(0x01, true, &read, &written);
    assert_int_equal(read, 256);
    assert_int_equal(written, 239);
    end(&rig);
}

static void bad_configurations(void **state)
{
    struct dmsc_scp03 good = config(0x33, ""), bad[5] = { good, good, good, good, good };
    struct scripted *card = scripted_new(DMSC_T1);
    struct dmsc_link *plain = NULL, *link = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    bad[0].level = 0x00;
    bad[1].level = 0x31;
    bad[2].mac.n = 15;
    bad[3].random = NULL;
    bad[4].aid = dmsc_bytes(aid, 4);
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(scripted_link(card, ctx, &plain), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(bad); i++) {
        assert_int_equal(dmsc_link_scp03(plain, &bad[i], &link), DMSC_E_ARG);
        assert_null(link);
    }
    dmsc_link_free(plain);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

/* A card of our own behind the link: every level, mode and key length, over T=0 and T=1. */
struct card {
    struct dmsc_ctx *ctx;
    const struct dmsc_scp03 *config;
    enum dmsc_protocol protocol;
    struct dmsci_scp03 session;
    uint8_t waiting[256]; /* what GET RESPONSE brings */
    size_t waiting_n;
    uint16_t waiting_sw;
    unsigned commands;
};

static enum dmsc_err reply(struct card *card, struct dmsc_bytes data, uint16_t sw,
                           struct dmsc_buf *ret_rapdu)
{
    uint8_t status[2] = { (uint8_t)(sw >> 8), (uint8_t)sw };
    enum dmsc_err err;

    if (card->protocol == DMSC_T0 && data.n > 0) {
        memcpy(card->waiting, data.p, data.n);
        card->waiting_n = data.n;
        card->waiting_sw = sw;
        status[0] = 0x61;
        status[1] = (uint8_t)data.n;
        data.n = 0;
    }
    err = dmsc_buf_set(ret_rapdu, data);
    return err == DMSC_OK ? dmsc_buf_append(ret_rapdu, dmsc_bytes(status, 2)) : err;
}

static enum dmsc_err card_initialize(struct card *card, const struct dmsc_capdu *capdu,
                                     struct dmsc_buf *ret_rapdu)
{
    static const uint8_t random[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 12, 13, 14, 15, 16 };
    struct dmsci_scp03_keys keys = { card->config->enc, card->config->mac };
    uint8_t cryptogram[16], answer[64];
    struct dmsc_wr w = dmsc_wr(answer, sizeof(answer));
    struct dmsci_scp03_init init = { .version = capdu->p1, .i = card->config->s16 ? 0x61 : 0x60 };

    init.card_challenge = dmsc_bytes(random, capdu->data.n);
    assert_int_equal(
        dmsci_scp03_begin(card->ctx, &keys, capdu->data, init.card_challenge, &card->session),
        DMSC_OK);
    assert_int_equal(dmsci_scp03_cryptogram(card->ctx, &card->session, true, cryptogram), DMSC_OK);
    init.card_cryptogram = dmsc_bytes(cryptogram, capdu->data.n);
    assert_int_equal(dmsci_scp03_init_encode(&init, &w), DMSC_OK);
    return reply(card, dmsc_bytes(answer, w.n), 0x9000, ret_rapdu);
}

/* Answers with the data it got, each byte turned round. */
static enum dmsc_err card_command(struct card *card, const struct dmsc_capdu *capdu,
                                  struct dmsc_buf *ret_rapdu)
{
    uint8_t plain[255];
    struct dmsc_capdu taken;
    struct dmsc_buf data;
    enum dmsc_err err;

    dmsc_buf_init(&data, card->ctx, 256);
    assert_int_equal(dmsci_scp03_unwrap(card->ctx, &card->session, capdu, plain, &taken), DMSC_OK);
    assert_int_equal(taken.cla, 0x80);
    for (size_t i = 0; i < taken.data.n; i++)
        plain[i] = (uint8_t)~plain[i];
    card->commands++;
    assert_int_equal(dmsci_scp03_answer_wrap(card->ctx, &card->session,
                                             dmsc_bytes(plain, taken.data.n), 0x9000, &data),
                     DMSC_OK);
    err = reply(card, dmsc_buf_bytes(&data), 0x9000, ret_rapdu);
    dmsc_buf_clear(&data);
    return err;
}

static enum dmsc_err card_answers(void *user, struct dmsc_bytes bytes, struct dmsc_buf *ret_rapdu)
{
    struct card *card = user;
    struct dmsc_capdu capdu;

    assert_int_equal(dmsc_capdu_decode(bytes, &capdu), DMSC_OK);
    if (capdu.ins == 0xC0) {
        card->protocol = DMSC_T1; /* the data itself, this once */
        assert_int_equal(capdu.le, card->waiting_n);
        (void)reply(card, dmsc_bytes(card->waiting, card->waiting_n), card->waiting_sw, ret_rapdu);
        card->protocol = DMSC_T0;
        return DMSC_OK;
    }
    if (capdu.ins == 0x50)
        return card_initialize(card, &capdu, ret_rapdu);
    if (capdu.ins == 0x82) {
        assert_int_equal(dmsci_scp03_authenticated(card->ctx, &card->session, &capdu), DMSC_OK);
        return reply(card, dmsc_bytes(NULL, 0), 0x9000, ret_rapdu);
    }
    return card_command(card, &capdu, ret_rapdu);
}

static void session_with(uint8_t level, bool s16, size_t key_n, enum dmsc_protocol protocol)
{
    static const uint8_t keys[64] = { 0x5A, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xA5 };
    struct dmsc_scp03 c = config(level, "host challenge.");
    struct card card = { .config = &c, .protocol = protocol };
    size_t read = 0, written = 0, most;
    struct rig rig;
    struct dmsc_buf data;

    c.enc = dmsc_bytes(keys, key_n);
    c.mac = dmsc_bytes(keys + key_n, key_n);
    c.s16 = s16;
    rig = begin(protocol, &c);
    card.ctx = rig.ctx;
    rig.card->respond = card_answers;
    rig.card->respond_user = &card;
    dmsc_buf_init(&data, rig.ctx, 256);
    dmsc_link_scp03_blocks(level, s16, &read, &written);
    most = read < written ? read : written;
    for (unsigned power = 0; power < 2; power++) { /* each power-on has a session of its own */
        assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
        for (size_t n = 0; n <= most; n += n < 20 || n + 20 > most ? 1 : 13) {
            uint8_t sent[255];
            struct dmsc_capdu capdu = {
                .cla = 0x80, .ins = 0xE2, .data = { sent, n }, .le = n > 0 ? 256 : 0
            };
            uint16_t sw = 0;

            for (size_t i = 0; i < n; i++)
                sent[i] = (uint8_t)(n + i);
            dmsc_buf_reset(&data);
            assert_int_equal(dmsc_link_exchange(rig.link, &capdu, &data, &sw), DMSC_OK);
            assert_int_equal(sw, 0x9000);
            assert_int_equal(data.n, n);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(data.p[i], (uint8_t)~sent[i]);
        }
    }
    assert_true(card.commands > 80);
    dmsc_buf_clear(&data);
    end(&rig);
}

static void whole_sessions(void **state)
{
    static const uint8_t levels[] = { 0x01, 0x03, 0x11, 0x13, 0x33 };

    (void)state;
    for (unsigned run = 0; run < 5 * 2 * 3; run++) {
        session_with(levels[run % 5], run / 5 % 2 != 0, 16 + run / 10 * 8, DMSC_T1);
        session_with(levels[run % 5], run / 5 % 2 != 0, 16 + run / 10 * 8, DMSC_T0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_session),       cmocka_unit_test(the_domain_is_selected),
        cmocka_unit_test(the_domain_is_not_there), cmocka_unit_test(what_does_not_open),
        cmocka_unit_test(wrong_answers_end_it),    cmocka_unit_test(errors_and_other_channels),
        cmocka_unit_test(a_block_can_be_too_long), cmocka_unit_test(bad_configurations),
        cmocka_unit_test(whole_sessions),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
