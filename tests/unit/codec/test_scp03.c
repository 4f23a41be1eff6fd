/* SPDX-License-Identifier: Apache-2.0 */
/* Secure channel, both ends: published sessions, the corpus, and each end against the other. */
#include "apdu/codec/scp03.h"
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include "tests/unit/codec/group.h"
#include <dmsc/ctx.h>
#include <dmsc/secret.h>
#include <stdio.h>
#include <string.h>

#define BODY 255

/* As sent: header, Lc, data, Le. */
static struct dmsc_bytes encoded(const struct dmsc_capdu *capdu, uint8_t block[DMSC_CAPDU_MAX])
{
    struct dmsc_wr w = dmsc_wr(block, DMSC_CAPDU_MAX);

    assert_int_equal(dmsc_capdu_encode(capdu, DMSC_T1, &w), DMSC_OK);
    return dmsc_bytes(block, w.n);
}

static uint16_t status(struct dmsc_bytes answer)
{
    assert_true(answer.n >= 2);
    return (uint16_t)(answer.p[answer.n - 2] << 8 | answer.p[answer.n - 1]);
}

static struct dmsc_bytes body(struct dmsc_bytes answer)
{
    return dmsc_bytes(answer.p, answer.n - 2);
}

static void assert_equal(struct dmsc_bytes a, struct dmsc_bytes b)
{
    assert_int_equal(a.n, b.n);
    if (a.n > 0)
        assert_memory_equal(a.p, b.p, a.n);
}

/* One answer from the card's end to the host's; the host's end refuses it when a byte differs. */
static void answers(const struct dmsci_scp03 *host, const struct dmsci_scp03 *card,
                    struct dmsc_bytes plain, struct dmsc_bytes wire)
{
    uint16_t sw = status(plain);
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, group_ctx, 512);
    assert_int_equal(dmsci_scp03_answer_wrap(group_ctx, card, body(plain), sw, &buf), DMSC_OK);
    assert_equal(dmsc_buf_bytes(&buf), body(wire));
    dmsc_buf_reset(&buf);
    assert_int_equal(dmsci_scp03_answer_unwrap(group_ctx, host, body(wire), sw, &buf), DMSC_OK);
    assert_equal(dmsc_buf_bytes(&buf), body(plain));
    for (size_t i = 0; i < wire.n - 2; i++) {
        struct dmsc_bytes bad = support_copy_exact(body(wire));

        ((uint8_t *)(uintptr_t)bad.p)[i] ^= 0x01;
        dmsc_buf_reset(&buf);
        assert_int_equal(dmsci_scp03_answer_unwrap(group_ctx, host, bad, sw, &buf),
                         DMSC_E_UNTRUSTED);
        assert_int_equal(buf.n, 0);
        support_free(bad);
    }
    /* Cut off, or under another status word: refused as well. */
    for (size_t n = 0; n < wire.n - 2; n++)
        assert_int_equal(
            dmsci_scp03_answer_unwrap(group_ctx, host, dmsc_bytes(wire.p, n), sw, &buf),
            DMSC_E_UNTRUSTED);
    assert_int_equal(dmsci_scp03_answer_unwrap(group_ctx, host, body(wire), 0x6282, &buf),
                     DMSC_E_UNTRUSTED);
    dmsc_buf_clear(&buf);
}

static void commands(struct dmsci_scp03 *host, struct dmsci_scp03 *card, struct dmsc_bytes plain,
                     struct dmsc_bytes wire)
{
    struct dmsci_scp03 before = *card;
    struct dmsc_capdu capdu, made;
    uint8_t data[BODY], block[DMSC_CAPDU_MAX];

    assert_int_equal(dmsc_capdu_decode(plain, &capdu), DMSC_OK);
    assert_int_equal(dmsci_scp03_wrap(group_ctx, host, &capdu, data, &made), DMSC_OK);
    assert_equal(encoded(&made, block), wire);
    for (size_t i = 0; i < made.data.n; i++) {
        uint8_t bad[BODY], out[BODY];
        struct dmsc_capdu changed = made, taken;

        memcpy(bad, made.data.p, made.data.n);
        bad[i] ^= 0x80;
        changed.data.p = bad;
        assert_int_equal(dmsci_scp03_unwrap(group_ctx, card, &changed, out, &taken),
                         DMSC_E_UNTRUSTED);
        assert_memory_equal(card, &before, sizeof(before));
    }
    {
        uint8_t out[BODY];
        struct dmsc_capdu taken;

        assert_int_equal(dmsci_scp03_unwrap(group_ctx, card, &made, out, &taken), DMSC_OK);
        assert_int_equal(taken.cla, capdu.cla);
        assert_int_equal(taken.ins, capdu.ins);
        assert_equal(taken.data, capdu.data);
        /* The same again is a replay: the chain has moved. */
        assert_int_equal(dmsci_scp03_unwrap(group_ctx, card, &made, out, &taken),
                         (card->level & DMSCI_SCP03_C_MAC) != 0 ? DMSC_E_UNTRUSTED : DMSC_OK);
    }
}

static void opened(struct vectors *v, struct dmsci_scp03 *host, struct dmsci_scp03 *card)
{
    struct dmsci_scp03_keys keys = { vec_hex(v, "enc"), vec_hex(v, "mac") };
    struct dmsci_scp03_init init;
    struct dmsc_bytes answer = vec_hex(v, "init");
    uint8_t cryptogram[16], data[32], block[DMSC_CAPDU_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu;

    assert_int_equal(dmsci_scp03_init_decode(answer, &init), DMSC_OK);
    assert_int_equal(dmsci_scp03_init_encode(&init, &w), DMSC_OK);
    assert_equal(dmsc_bytes(block, w.n), answer);
    assert_int_equal(dmsci_scp03_begin(group_ctx, &keys, vec_hex(v, "host_challenge"),
                                       init.card_challenge, host),
                     DMSC_OK);
    *card = *host;
    if (vec_has(v, "s_enc")) {
        vec_assert_hex(v, "s_enc", dmsc_bytes(host->s_enc, host->key_n));
        vec_assert_hex(v, "s_mac", dmsc_bytes(host->s_mac, host->key_n));
        vec_assert_hex(v, "s_rmac", dmsc_bytes(host->s_rmac, host->key_n));
    }
    assert_int_equal(dmsci_scp03_cryptogram(group_ctx, host, true, cryptogram), DMSC_OK);
    assert_equal(dmsc_bytes(cryptogram, host->mac_n), init.card_cryptogram);
    assert_int_equal(dmsci_scp03_authenticate(group_ctx, host, 0x80,
                                              (uint8_t)vec_number(v, "level"), data, &capdu),
                     DMSC_OK);
    vec_assert_hex(v, "authenticate", encoded(&capdu, block));
    for (size_t i = 0; i < capdu.data.n; i++) {
        data[i] ^= 0x01;
        assert_int_equal(dmsci_scp03_authenticated(group_ctx, card, &capdu), DMSC_E_UNTRUSTED);
        data[i] ^= 0x01;
    }
    assert_int_equal(dmsci_scp03_authenticated(group_ctx, card, &capdu), DMSC_OK);
    assert_memory_equal(card, host, sizeof(*card));
}

static void published_sessions(void **state)
{
    struct vectors *v = vectors_open("scp03.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsci_scp03 host = { 0 }, card = { 0 };

        opened(v, &host, &card);
        for (size_t i = 0; i < vec_count(v, "plain"); i++) {
            commands(&host, &card, vec_hex_nth(v, "plain", i), vec_hex_nth(v, "wire", i));
            if (i < vec_count(v, "answer"))
                answers(&host, &card, vec_hex_nth(v, "answer", i),
                        vec_hex_nth(v, "answer_wire", i));
        }
        dmsci_scp03_clear(&host);
        dmsci_scp03_clear(&card);
    }
    vectors_close(v);
}

/* The corpus: every SCP03 call, one after the other, on a session that goes on. */
struct run {
    struct dmsci_scp03 session;
    unsigned done;
};

static struct dmsc_bytes member(json_t *object, const char *name)
{
    return corpus_hex(object, name);
}

static struct dmsc_bytes output(json_t *row)
{
    return member(json_object_get(row, "out"), "$hex");
}

static struct dmsc_bytes input(json_t *row, size_t n)
{
    return member(json_array_get(json_object_get(row, "in"), n), "$hex");
}

static void begins(struct run *run, json_t *row)
{
    json_t *keys = json_object_get(row, "keys"), *after = json_object_get(row, "state_after");
    struct dmsc_bytes enc = member(keys, "enc"), mac = member(keys, "mac"),
                      challenge = member(after, "host_challenge"), answer = input(row, 0),
                      s_enc = member(after, "sk_s_enc"), s_mac = member(after, "sk_s_mac"),
                      s_rmac = member(after, "sk_s_rmac"), host = member(after, "host_cryptogram");
    struct dmsci_scp03_init init;
    uint8_t cryptogram[16];

    assert_int_equal(dmsci_scp03_init_decode(answer, &init), DMSC_OK);
    assert_int_equal(dmsci_scp03_begin(group_ctx, &(struct dmsci_scp03_keys){ enc, mac }, challenge,
                                       init.card_challenge, &run->session),
                     DMSC_OK);
    assert_equal(dmsc_bytes(run->session.s_enc, run->session.key_n), s_enc);
    assert_equal(dmsc_bytes(run->session.s_mac, run->session.key_n), s_mac);
    assert_equal(dmsc_bytes(run->session.s_rmac, run->session.key_n), s_rmac);
    assert_int_equal(dmsci_scp03_cryptogram(group_ctx, &run->session, true, cryptogram), DMSC_OK);
    assert_equal(dmsc_bytes(cryptogram, run->session.mac_n), init.card_cryptogram);
    assert_int_equal(dmsci_scp03_cryptogram(group_ctx, &run->session, false, cryptogram), DMSC_OK);
    assert_equal(dmsc_bytes(cryptogram, run->session.mac_n), host);
    support_free(enc);
    support_free(mac);
    support_free(challenge);
    support_free(answer);
    support_free(s_enc);
    support_free(s_mac);
    support_free(s_rmac);
    support_free(host);
}

static void authenticates(struct run *run, json_t *row)
{
    json_t *level = json_array_get(json_object_get(row, "in"), 0);
    struct dmsc_bytes expected = output(row);
    uint8_t data[32], block[DMSC_CAPDU_MAX];
    struct dmsc_capdu capdu;

    assert_int_equal(dmsci_scp03_authenticate(group_ctx, &run->session, 0x80,
                                              (uint8_t)json_integer_value(level), data, &capdu),
                     DMSC_OK);
    assert_equal(encoded(&capdu, block), expected);
    support_free(expected);
}

static void wraps(struct run *run, json_t *row)
{
    struct dmsc_bytes plain, expected;
    uint8_t data[BODY], block[DMSC_CAPDU_MAX];
    struct dmsc_capdu capdu, made;

    /* The call below EXTERNAL AUTHENTICATE; that one is looked at as a whole. */
    if (json_is_true(json_object_get(json_object_get(row, "kw"), "skip_cenc")))
        return;
    plain = input(row, 0);
    expected = output(row);
    assert_int_equal(dmsc_capdu_decode(plain, &capdu), DMSC_OK);
    assert_int_equal(dmsci_scp03_wrap(group_ctx, &run->session, &capdu, data, &made), DMSC_OK);
    /* There Le stays away although an R-MAC comes back. */
    made.le = capdu.le;
    assert_equal(encoded(&made, block), expected);
    support_free(plain);
    support_free(expected);
}

static void unwraps(struct run *run, json_t *row)
{
    struct dmsc_bytes sw = input(row, 0), wire = input(row, 1), expected = output(row);
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, group_ctx, 512);
    assert_int_equal(dmsci_scp03_answer_unwrap(group_ctx, &run->session, wire, status(sw), &buf),
                     DMSC_OK);
    assert_equal(dmsc_buf_bytes(&buf), expected);
    dmsc_buf_clear(&buf);
    support_free(sw);
    support_free(wire);
    support_free(expected);
}

static void corpus_row(void *user, json_t *row)
{
    static const struct {
        const char *op;
        void (*run)(struct run *run, json_t *row);
    } ops[] = { { "parse_init_update_resp", begins },
                { "gen_ext_auth_apdu", authenticates },
                { "wrap_cmd_apdu", wraps },
                { "unwrap_rsp_apdu", unwraps } };
    struct run *run = user;

    if (strcmp(corpus_text(row, "scp"), "SCP03") != 0)
        return;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(ops); i++) {
        if (strcmp(ops[i].op, corpus_text(row, "op")) == 0)
            ops[i].run(run, row);
    }
    run->done++;
}

static void corpus_of_others(void **state)
{
    struct run run = { .done = 0 };

    (void)state;
    corpus_each("scp/pysim-scp.jsonl", corpus_row, &run);
    assert_int_equal(run.done, 90);
}

/* Both ends on generated commands: every key length, level and mode. */
static void exchange(struct gen *gen, struct dmsci_scp03 *host, struct dmsci_scp03 *card)
{
    static const uint8_t classes[] = { 0x00, 0x80, 0x01, 0x83, 0x40, 0xC7, 0x4F };
    uint8_t plain[256], wire[BODY], out[BODY];
    struct dmsc_capdu capdu = { .cla = classes[gen_below(gen, sizeof(classes))], .ins = 0xD6 };
    struct dmsc_capdu made, taken;
    struct dmsc_buf there, back;
    uint16_t sw = gen_bool(gen) ? 0x9000 : gen_bool(gen) ? 0x6A82 : 0x6310;

    capdu.data = gen_bytes(gen, plain, gen_below(gen, (uint32_t)dmsci_scp03_data_max(host) + 1));
    assert_int_equal(dmsci_scp03_wrap(group_ctx, host, &capdu, wire, &made), DMSC_OK);
    assert_int_equal(dmsci_scp03_unwrap(group_ctx, card, &made, out, &taken), DMSC_OK);
    assert_int_equal(taken.cla, capdu.cla);
    assert_equal(taken.data, capdu.data);
    assert_memory_equal(host, card, sizeof(*host));
    dmsc_buf_init(&there, group_ctx, 256);
    dmsc_buf_init(&back, group_ctx, 256);
    capdu.data = gen_bytes(gen, plain, gen_below(gen, (uint32_t)dmsci_scp03_answer_max(host) + 1));
    assert_int_equal(dmsci_scp03_answer_wrap(group_ctx, card, capdu.data, sw, &there), DMSC_OK);
    assert_int_equal(dmsci_scp03_answer_unwrap(group_ctx, host, dmsc_buf_bytes(&there), sw, &back),
                     DMSC_OK);
    assert_equal(dmsc_buf_bytes(&back), capdu.data);
    dmsc_buf_clear(&there);
    dmsc_buf_clear(&back);
}

static void both_ends_agree(void **state)
{
    static const uint8_t levels[] = { 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 };
    struct gen gen = gen_begin("scp03");
    uint8_t key[64], challenge[32], data[32];

    (void)state;
    for (unsigned run = 0; run < 3 * 2 * 6; run++) {
        size_t key_n = 16 + run % 3 * 8, n = run / 3 % 2 == 0 ? 8 : 16;
        struct dmsci_scp03 host = { 0 }, card = { 0 };
        struct dmsc_bytes keys = gen_bytes(&gen, key, 2 * key_n),
                          both = gen_bytes(&gen, challenge, 2 * n);
        struct dmsci_scp03_keys set = { { keys.p, key_n }, { keys.p + key_n, key_n } };
        struct dmsc_capdu capdu;

        assert_int_equal(dmsci_scp03_begin(group_ctx, &set, dmsc_bytes(both.p, n),
                                           dmsc_bytes(both.p + n, n), &host),
                         DMSC_OK);
        card = host;
        assert_int_equal(
            dmsci_scp03_authenticate(group_ctx, &host, 0x82, levels[run / 6], data, &capdu),
            DMSC_OK);
        assert_int_equal(capdu.data.n, 2 * n);
        assert_int_equal(dmsci_scp03_authenticated(group_ctx, &card, &capdu), DMSC_OK);
        for (unsigned i = 0; i < 100; i++)
            exchange(&gen, &host, &card);
    }
}

static void what_fits(void **state)
{
    static const struct {
        uint8_t level, mac_n;
        size_t data, answer;
    } rows[] = { { 0x00, 8, 255, 256 },  { 0x01, 8, 247, 256 }, { 0x03, 8, 239, 256 },
                 { 0x33, 8, 239, 239 },  { 0x11, 8, 247, 248 }, { 0x01, 16, 239, 256 },
                 { 0x33, 16, 223, 239 }, { 0x11, 16, 239, 240 } };
    uint8_t plain[256] = { 0 }, data[BODY];
    struct dmsc_buf buf;

    (void)state;
    dmsc_buf_init(&buf, group_ctx, 512);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        struct dmsci_scp03 session = { .key_n = 16,
                                       .mac_n = rows[i].mac_n,
                                       .level = rows[i].level };
        struct dmsci_scp03 before = session;
        struct dmsc_capdu capdu = { .data = { plain, rows[i].data + 1 } }, made;

        assert_int_equal(dmsci_scp03_data_max(&session), rows[i].data);
        assert_int_equal(dmsci_scp03_answer_max(&session), rows[i].answer);
        assert_int_equal(dmsci_scp03_wrap(group_ctx, &session, &capdu, data, &made), DMSC_E_LIMIT);
        assert_memory_equal(&session, &before, sizeof(session));
        if (rows[i].answer < 256)
            assert_int_equal(dmsci_scp03_answer_wrap(group_ctx, &session,
                                                     dmsc_bytes(plain, rows[i].answer + 1), 0x9000,
                                                     &buf),
                             DMSC_E_LIMIT);
        capdu.data.n--;
        assert_int_equal(dmsci_scp03_wrap(group_ctx, &session, &capdu, data, &made), DMSC_OK);
        assert_true(made.data.n <= 255);
    }
    dmsc_buf_clear(&buf);
}

/* Amendment D 6.2.2.1: computed with another implementation of SP 800-108 over CMAC. */
static void challenges_can_be_repeated(void **state)
{
    static const uint8_t key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    static const uint8_t sequence[3] = { 0, 0, 2 };
    static const uint8_t aid[8] = { 0xA0, 0, 0, 1, 0x51, 0, 0, 0 };
    static const uint8_t expected[8] = { 0x2E, 0xF2, 0xA8, 0xFA, 0xD1, 0x7D, 0xD0, 0xDB };
    uint8_t challenge[16];

    (void)state;
    assert_int_equal(dmsci_scp03_card_challenge(group_ctx, dmsc_bytes(key, 16),
                                                dmsc_bytes(sequence, 3), dmsc_bytes(aid, 8), 8,
                                                challenge),
                     DMSC_OK);
    assert_memory_equal(challenge, expected, 8);
    assert_int_equal(dmsci_scp03_card_challenge(group_ctx, dmsc_bytes(key, 16),
                                                dmsc_bytes(sequence, 2), dmsc_bytes(aid, 8), 8,
                                                challenge),
                     DMSC_E_ARG);
    assert_int_equal(dmsci_scp03_card_challenge(group_ctx, dmsc_bytes(key, 16),
                                                dmsc_bytes(sequence, 3), dmsc_bytes(aid, 8), 9,
                                                challenge),
                     DMSC_E_ARG);
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct dmsci_scp03_init init;

    (void)user;
    assert_int_equal(dmsci_scp03_init_decode(prefix, &init), DMSC_E_TRUNCATED);
}

static void bad_beginnings(void **state)
{
    uint8_t answer[48] = { 0 }, key[32] = { 0 }, data[32];
    struct dmsci_scp03_init init;
    struct dmsci_scp03 session = { 0 };
    struct dmsc_capdu capdu;

    (void)state;
    answer[10] = 0x30;
    answer[11] = 0x03;
    answer[12] = 0x71; /* S16, with a counter: 48 bytes */
    assert_int_equal(dmsci_scp03_init_decode(dmsc_bytes(answer, 48), &init), DMSC_OK);
    assert_int_equal(init.card_cryptogram.n, 16);
    each_prefix(dmsc_bytes(answer, 48), short_is_refused, NULL);
    answer[12] = 0x60; /* no counter: 29 bytes */
    assert_int_equal(dmsci_scp03_init_decode(dmsc_bytes(answer, 29), &init), DMSC_OK);
    assert_int_equal(dmsci_scp03_init_decode(dmsc_bytes(answer, 30), &init), DMSC_E_MALFORMED);
    answer[11] = 0x02;
    assert_int_equal(dmsci_scp03_init_decode(dmsc_bytes(answer, 29), &init), DMSC_E_UNSUPPORTED);
    assert_int_equal(dmsci_scp03_begin(group_ctx,
                                       &(struct dmsci_scp03_keys){ { key, 16 }, { key, 24 } },
                                       dmsc_bytes(answer, 8), dmsc_bytes(answer, 8), &session),
                     DMSC_E_ARG);
    assert_int_equal(dmsci_scp03_begin(group_ctx,
                                       &(struct dmsci_scp03_keys){ { key, 8 }, { key, 8 } },
                                       dmsc_bytes(answer, 8), dmsc_bytes(answer, 8), &session),
                     DMSC_E_ARG);
    assert_int_equal(dmsci_scp03_begin(group_ctx,
                                       &(struct dmsci_scp03_keys){ { key, 16 }, { key, 16 } },
                                       dmsc_bytes(answer, 8), dmsc_bytes(answer, 16), &session),
                     DMSC_E_ARG);
    assert_int_equal(session.key_n, 0);
    assert_int_equal(dmsci_scp03_authenticate(group_ctx, &session, 0x80, 0x01, data, &capdu),
                     DMSC_E_ARG);
    session.key_n = 16;
    session.mac_n = 8;
    assert_int_equal(dmsci_scp03_authenticate(group_ctx, &session, 0x80, 0x31, data, &capdu),
                     DMSC_E_ARG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sessions), cmocka_unit_test(corpus_of_others),
        cmocka_unit_test(both_ends_agree),    cmocka_unit_test(what_fits),
        cmocka_unit_test(bad_beginnings),     cmocka_unit_test(challenges_can_be_repeated),
    };

    return support_exit(cmocka_run_group_tests(tests, group_begin, group_end),
                        DMSCI_ARRAY_LEN(tests));
}
