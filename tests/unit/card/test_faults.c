/* SPDX-License-Identifier: Apache-2.0 */
/* A card and a link that misbehave at each single command: refused by name, nothing half done. */
#include "tests/unit/card/card_fixture.h"
#include <stdio.h>
#include <string.h>

#define BODY2     "{\"./Vendor/Fleet\":{\"poll\":3600}}"
#define BODY2_NEW "{\"./Vendor/Fleet\":{\"poll\":7200}}"

/* A link around the card: does something else at the n-th command. */
enum evil_kind {
    EVIL_NONE,
    EVIL_REMOVED, /* no answer, before the card saw the command */
    EVIL_LOST,    /* no answer, after it did */
    EVIL_SHORT,   /* an answer without its last data byte */
    EVIL_SW,      /* 6F00 in the place of the answer */
    EVIL_6500,    /* 6500 in the place of the answer; the command was done */
    EVIL_6581,    /* 6581; the command was not done */
    EVIL_FLIP,    /* one bit of the data */
    EVIL_COMMIT,  /* somebody else commits before the command */
    EVIL_KINDS
};

struct evil {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    enum evil_kind kind;
    unsigned at, seen;
    bool always; /* at each command from there */
    bool fired;
    bool guest; /* comes to a card that somebody else powered */
};

static enum dmsc_err evil_power(void *impl, enum dmsc_power how, struct dmsc_buf *ret_atr,
                                enum dmsc_protocol *ret_protocol)
{
    struct evil *e = impl;

    if (!e->guest)
        dmsc_sim_power(e->sim, how);
    *ret_protocol = dmsc_sim_protocol(e->sim);
    return dmsc_buf_set(ret_atr, dmsc_sim_atr(e->sim));
}

static enum dmsc_err gone(struct evil *e)
{
    return dmsci_fail(e->ctx, DMSC_E_REMOVED, "the card was taken out");
}

static enum dmsc_err answer(struct evil *e, struct dmsc_bytes capdu, enum evil_kind kind,
                            struct dmsc_buf *ret_rapdu)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n = 0;
    enum dmsc_err err;

    if (kind == EVIL_REMOVED)
        return gone(e);
    if (kind == EVIL_SW)
        return dmsc_buf_set(ret_rapdu, dmsc_bytes("\x6F\x00", 2));
    if (kind == EVIL_6581)
        return dmsc_buf_set(ret_rapdu, dmsc_bytes("\x65\x81", 2));
    err = dmsc_sim_transmit(e->sim, capdu, rapdu, &n);
    if (err != DMSC_OK)
        return err;
    if (kind == EVIL_LOST)
        return gone(e);
    if (kind == EVIL_6500)
        return dmsc_buf_set(ret_rapdu, dmsc_bytes("\x65\x00", 2));
    if (kind == EVIL_FLIP && n > 2)
        rapdu[(n - 2) / 2] ^= 0x04;
    if (kind == EVIL_SHORT && n > 2) {
        rapdu[n - 3] = rapdu[n - 2];
        rapdu[n - 2] = rapdu[n - 1];
        n--;
    }
    return dmsc_buf_set(ret_rapdu, dmsc_bytes(rapdu, n));
}

static void commit_behind_the_back(struct evil *e);

static enum dmsc_err evil_transmit(void *impl, struct dmsc_bytes capdu, int timeout_ms,
                                   struct dmsc_buf *ret_rapdu)
{
    struct evil *e = impl;
    enum evil_kind kind = EVIL_NONE;

    (void)timeout_ms;
    if (e->kind != EVIL_NONE && (e->seen == e->at || (e->always && e->seen >= e->at))) {
        kind = e->kind;
        e->fired = true;
    }
    e->seen++;
    if (kind == EVIL_COMMIT) {
        commit_behind_the_back(e);
        kind = EVIL_NONE;
    }
    return answer(e, capdu, kind, ret_rapdu);
}

static void evil_close(void *impl)
{
    (void)impl;
}

static const struct dmsc_link_ops evil_ops = {
    .name = "evil", .power = evil_power, .transmit = evil_transmit, .close = evil_close
};

/* Another writer with a link and a channel of its own. */
static void commit_behind_the_back(struct evil *e)
{
    struct evil guest = { .ctx = e->ctx, .sim = e->sim, .guest = true };
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_card *card;
    struct dmsc_secret adm = DMSC_SECRET_INIT;
    struct dmsc_card_change change = { .id = 2, .body = dmsc_bytes_str("{\"other\":1}") };
    struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };

    assert_int_equal(dmsc_link_new(e->ctx, &evil_ops, &guest, &link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(e->ctx, link, &uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(uicc), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&adm, e->ctx, dmsc_bytes("DDDDDDDD", 8)), DMSC_OK);
    assert_int_equal(dmsc_card_open(uicc, &card), DMSC_OK);
    commit.adm = &adm;
    assert_int_equal(dmsc_card_commit(card, &commit, NULL), DMSC_OK);
    assert_int_equal(dmsc_uicc_channel_close(uicc), DMSC_OK);
    dmsc_card_free(card);
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
    dmsc_secret_clear(&adm);
}

struct stand {
    struct card_fixture f;
    struct evil evil;
};

/* The fixture's card behind the bad link. */
static void open_stand_with(struct stand *s, const char *json)
{
    card_fixture_open_text(&s->f, json);
    dmsc_card_free(s->f.card);
    dmsc_uicc_free(s->f.uicc);
    dmsc_link_free(s->f.link);
    s->evil = (struct evil){ .ctx = s->f.ctx, .sim = s->f.sim };
    assert_int_equal(dmsc_link_new(s->f.ctx, &evil_ops, &s->evil, &s->f.link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(s->f.ctx, s->f.link, &s->f.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(s->f.uicc), DMSC_OK);
    assert_int_equal(dmsc_card_open(s->f.uicc, &s->f.card), DMSC_OK);
}

static void open_stand(struct stand *s)
{
    open_stand_with(s, "{\"base\":\"example.json\"}");
}

static void arm(struct stand *s, enum evil_kind kind, unsigned at, bool always)
{
    s->evil.kind = kind;
    s->evil.seen = 0;
    s->evil.at = at;
    s->evil.always = always;
    s->evil.fired = false;
}

static void reading_survives_a_fault_at_each_command(void **state)
{
    unsigned runs = 0;

    (void)state;
    for (int kind = EVIL_REMOVED; kind < EVIL_COMMIT; kind++) {
        for (unsigned at = 0;; at++) {
            struct stand s;
            struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
            enum dmsc_err err;
            bool fired;

            open_stand(&s);
            arm(&s, (enum evil_kind)kind, at, false);
            err = card_fixture_read(&s.f, &image);
            fired = s.evil.fired;
            if (err == DMSC_OK) /* nothing happened, or a second look made up for it */
                assert_string_equal(dmsc_buf_str(&dmsc_card_image_body(&image, 2)->content), BODY2);
            else
                assert_true(dmsc_diag_get(s.f.ctx)->what[0] != '\0' && image.bodies == NULL);
            dmsc_card_image_clear(&image);
            card_fixture_close(&s.f);
            runs++;
            if (!fired) {
                assert_int_equal(err, DMSC_OK);
                break;
            }
        }
    }
    print_message("%u faults\n", runs);
}

static void a_commit_survives_a_fault_at_each_command(void **state)
{
    unsigned runs = 0;

    (void)state;
    for (int kind = EVIL_REMOVED; kind < EVIL_COMMIT; kind++) {
        for (unsigned at = 0;; at++) {
            struct stand s;
            struct dmsc_card_change change = { .id = 2, .body = dmsc_bytes_str(BODY2_NEW) };
            struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
            struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
            enum dmsc_err err;
            bool fired;

            open_stand(&s);
            commit.adm = &s.f.adm;
            arm(&s, (enum evil_kind)kind, at, false);
            err = dmsc_card_commit(s.f.card, &commit, NULL);
            fired = s.evil.fired;
            arm(&s, EVIL_NONE, 0, false);
            assert_int_equal(card_fixture_read(&s.f, &image), DMSC_OK);
            if (err == DMSC_OK) { /* what is said to be done is done */
                assert_body(&image, 2, BODY2_NEW);
            } else {
                const char *body = dmsc_buf_str(&dmsc_card_image_body(&image, 2)->content);

                assert_true(strcmp(body, BODY2) == 0 || strcmp(body, BODY2_NEW) == 0);
            }
            dmsc_card_image_clear(&image);
            card_fixture_close(&s.f);
            runs++;
            if (!fired) {
                assert_int_equal(err, DMSC_OK);
                break;
            }
        }
    }
    print_message("%u faults\n", runs);
}

/* 6500 at the last UPDATE while the record was written: the record says that it is done. */
static void a_doubtful_last_step_is_settled_by_reading(void **state)
{
    static const struct {
        enum evil_kind kind;
        enum dmsc_err err;
    } cases[] = { { EVIL_6500, DMSC_OK }, { EVIL_6581, DMSC_E_SW } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stand s;
        struct dmsc_card_change change = { .id = 2, .body = dmsc_bytes_str(BODY2_NEW) };
        struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
        struct dmsc_card_header h = { 0 };
        enum dmsc_err err;

        open_stand(&s);
        commit.adm = &s.f.adm;
        /* header, index, VERIFY, header, body, index, header, then the commit */
        arm(&s, cases[i].kind, 7, false);
        err = dmsc_card_commit(s.f.card, &commit, &h);
        assert_true(s.evil.fired);
        assert_int_equal(err, cases[i].err);
        if (err == DMSC_OK)
            assert_int_equal(h.generation, 10);
        else
            assert_string_equal(dmsc_diag_get(s.f.ctx)->reason, "card:torn");
        arm(&s, EVIL_NONE, 0, false);
        card_fixture_close(&s.f);
    }
}

/* Rule R3: a card that changes under the reader is read again; one that never stops is left alone.
 */
static void a_card_that_changes_is_read_again(void **state)
{
    struct stand s;
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;

    (void)state;
    for (unsigned at = 1; at < 8; at++) {
        open_stand(&s);
        arm(&s, EVIL_COMMIT, at, false);
        assert_int_equal(card_fixture_read(&s.f, &image), DMSC_OK);
        assert_true(s.evil.fired);
        assert_int_equal(image.header.generation, 10);
        assert_body(&image, 2, "{\"other\":1}");
        dmsc_card_image_clear(&image);
        card_fixture_close(&s.f);
    }
}

/* Two writers at once are the one case that the slots alone do not cover: what is damaged is never
 * silent. */
static void a_concurrent_writer_is_noticed(void **state)
{
    static const struct {
        unsigned at;
        uint32_t generation; /* in force afterwards */
    } cases[] = {
        { 1, 10 }, { 2, 10 },
        { 3, 10 }, { 4, 9 }, /* our body and index go over theirs: the generation before is whole */
        { 5, 9 },            /* our index goes over theirs */
        { 6, 10 },           /* theirs go over ours */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stand s;
        struct dmsc_card_change change = { .id = 2, .body = dmsc_bytes_str(BODY2_NEW) };
        struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
        struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
        enum dmsc_err err;

        open_stand(&s);
        commit.adm = &s.f.adm;
        arm(&s, EVIL_COMMIT, cases[i].at, false);
        assert_reason(&s.f, dmsc_card_commit(s.f.card, &commit, NULL), DMSC_E_AGAIN,
                      "card:changed");
        arm(&s, EVIL_NONE, 0, false);
        err = card_fixture_read(&s.f, &image);
        assert_int_equal(err, DMSC_OK);
        assert_int_equal(image.header.generation, cases[i].generation);
        assert_body(&image, 2, cases[i].generation == 9 ? BODY2 : "{\"other\":1}");
        dmsc_card_image_clear(&image);
        card_fixture_close(&s.f);
    }
}

/* A PKCS#15 view of the card's own: one CA certificate by hand, so that no openssl is needed. */
static const char view[] =
    "{\"base\":\"example.json\",\"files\":{"
    "\"3F00/7F4D/5031\":{\"content\":\"A506300404024405A706300404026430\"},"
    "\"3F00/7F4D/5032\":{\"content\":\"3024020100040A988812010000400310F00C04646D7363"
    "8009444D5343205549434303020410\"},"
    "\"3F00/7F4D/4405\":{\"content\":\"3026300B0C094F704120444D204341300D0408A1B2C3D4E5F60708"
    "0101FFA1083006300404024551\"},"
    "\"3F00/7F4D/4551\":{\"content\":\"3003020105\"},"
    "\"3F00/7F4D/6430\":{\"content\":\"A125300030110C0F4C774D324D20426F6F747374726170A10E300C"
    "0604672B0901300404026432302630070C054D414C2D4130130C04444D5343060B2B0601040181FD59444D01"
    "A106300404026F02\"}}}";

static void listing_survives_a_fault_at_each_command(void **state)
{
    unsigned runs = 0;

    (void)state;
    for (int kind = EVIL_REMOVED; kind < EVIL_COMMIT; kind++) {
        for (unsigned at = 0;; at++) {
            struct stand s;
            struct dmsc_card_objects objects = DMSC_CARD_OBJECTS_INIT;
            enum dmsc_err err;
            bool fired;

            open_stand_with(&s, view);
            arm(&s, (enum evil_kind)kind, at, false);
            err = dmsc_card_objects_read(s.f.uicc, dmsc_bytes(NULL, 0), false, &objects);
            fired = s.evil.fired;
            if (err != DMSC_OK)
                assert_true(dmsc_diag_get(s.f.ctx)->what[0] != '\0' && objects.certs == NULL);
            /* Bytes that a link spoils can be an entry less. But a failure of the moment never
             * looks like a card without certificates. */
            if (err == DMSC_OK && kind != EVIL_SHORT && kind != EVIL_FLIP) {
                assert_int_equal(objects.cert_count, 1);
                assert_int_equal(objects.certs[0].der.n, 5);
                assert_int_equal(objects.data_count, 2);
                assert_string_equal(objects.data[0].oid, "2.23.43.9.1");
            }
            if (!fired)
                assert_int_equal(err, DMSC_OK);
            dmsc_card_objects_clear(&objects);
            card_fixture_close(&s.f);
            runs++;
            if (!fired)
                break;
        }
    }
    print_message("%u faults\n", runs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_survives_a_fault_at_each_command),
        cmocka_unit_test(a_commit_survives_a_fault_at_each_command),
        cmocka_unit_test(a_doubtful_last_step_is_settled_by_reading),
        cmocka_unit_test(a_card_that_changes_is_read_again),
        cmocka_unit_test(a_concurrent_writer_is_noticed),
        cmocka_unit_test(listing_survives_a_fault_at_each_command),
    };

    return support_exit(cmocka_run_group_tests_name("card/faults", tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
