/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/ota/packet.h"
#include "apdu/crypto/crypto.h"
#include "tests/support/test.h"
#include "tests/unit/codec/gen.h"
#include <dmsc/ctx.h>
#include <stdio.h>

struct fixture {
    struct dmsc_ctx *ctx;
    struct vectors *v;
    struct dmsci_ota_header header;
    struct dmsci_ota_keys keys;
    uint64_t counter;
    struct dmsc_buf data;
    bool cc, response; /* a CC is there: every change is noticed */
};

static void fixture_vector(struct fixture *f, struct vectors *v)
{
    struct dmsc_bytes header = vec_hex(v, "header");

    f->v = v;
    assert_int_equal(header.n, 7);
    f->header = (struct dmsci_ota_header){ { header.p[0], header.p[1] },
                                           header.p[2],
                                           header.p[3],
                                           { header.p[4], header.p[5], header.p[6] } };
    f->keys = (struct dmsci_ota_keys){ .cc_size = (uint8_t)vec_number_or(v, "cc-size", 0) };
    if (vec_has(v, "kic-key"))
        f->keys.kic = vec_hex(v, "kic-key");
    if (vec_has(v, "kid-key"))
        f->keys.kid = vec_hex(v, "kid-key");
    f->counter = vec_number(v, "counter");
    f->response = vec_text(v, "way")[0] == 'r';
    f->cc = DMSCI_OTA_INTEGRITY(f->response ? header.p[1] >> 2 : header.p[0]) == DMSCI_OTA_CC;
}

static enum dmsc_err unwrap(struct fixture *f, struct dmsc_bytes packet, bool *ret_authenticated)
{
    struct dmsci_ota_command command;
    struct dmsci_ota_response response;
    enum dmsci_ota_sts sts;
    enum dmsc_err err;

    if (f->response) {
        err = dmsci_ota_response_unwrap(f->ctx, packet, &f->header, &f->keys, &response, &f->data);
        *ret_authenticated = err == DMSC_OK && response.authenticated;
        return err;
    }
    err = dmsci_ota_command_unwrap(f->ctx, packet, &f->keys, 0, &command, &f->data, &sts);
    *ret_authenticated = err == DMSC_OK && DMSCI_OTA_INTEGRITY(command.header.spi[0]) > 0;
    assert_true((err == DMSC_OK) == (sts == DMSCI_OTA_STS_OK));
    return err;
}

static void command_vector(struct fixture *f, struct dmsc_buf *out)
{
    struct dmsci_ota_command command = { f->header, 0, 0 };
    struct dmsci_ota_header header;
    enum dmsci_ota_sts sts;

    assert_int_equal(dmsci_ota_command_wrap(f->ctx, &f->header, &f->keys, f->counter,
                                            vec_hex(f->v, "data"), out),
                     DMSC_OK);
    vec_assert_hex(f->v, "packet", dmsc_buf_bytes(out));
    assert_int_equal(dmsci_ota_command_peek(f->ctx, vec_hex(f->v, "packet"), &header), DMSC_OK);
    assert_memory_equal(header.tar, f->header.tar, 3);
    assert_memory_equal(header.spi, f->header.spi, 2);
    assert_int_equal(header.kic, f->header.kic);
    assert_int_equal(header.kid, f->header.kid);
    assert_int_equal(dmsci_ota_command_unwrap(f->ctx, vec_hex(f->v, "packet"), &f->keys, 0,
                                              &command, &f->data, &sts),
                     DMSC_OK);
    assert_int_equal(sts, DMSCI_OTA_STS_OK);
    vec_assert_hex(f->v, "data", dmsc_buf_bytes(&f->data));
    vec_assert_number(f->v, "counter", command.counter);
    vec_assert_number(f->v, "padding", command.padding);
}

static void response_vector(struct fixture *f, struct dmsc_buf *out)
{
    struct dmsci_ota_command command = { f->header, f->counter, 0 };
    struct dmsci_ota_response response;
    uint8_t tar[3];
    size_t check;

    assert_int_equal(dmsci_ota_response_wrap(f->ctx, &command, &f->keys,
                                             (enum dmsci_ota_sts)vec_number(f->v, "sts"),
                                             vec_hex(f->v, "data"), out),
                     DMSC_OK);
    vec_assert_hex(f->v, "packet", dmsc_buf_bytes(out));
    assert_int_equal(dmsci_ota_response_peek(f->ctx, dmsc_buf_bytes(out), tar, &check), DMSC_OK);
    assert_memory_equal(tar, f->header.tar, 3);
    assert_int_equal(check, vec_hex(f->v, "packet").p[2] - 10);
    assert_int_equal(dmsci_ota_response_unwrap(f->ctx, vec_hex(f->v, "packet"), &f->header,
                                               &f->keys, &response, &f->data),
                     DMSC_OK);
    vec_assert_hex(f->v, "data", dmsc_buf_bytes(&f->data));
    vec_assert_number(f->v, "counter", response.counter);
    vec_assert_number(f->v, "padding", response.padding);
    vec_assert_number(f->v, "sts", response.sts);
    assert_int_equal(response.authenticated, check > 0);
    assert_int_equal(response.ciphered, (f->header.spi[1] & DMSCI_OTA_POR_CIPHERED) != 0);
}

static void short_is_refused(void *user, struct dmsc_bytes prefix)
{
    struct fixture *f = user;
    bool authenticated;
    enum dmsc_err err = unwrap(f, prefix, &authenticated);

    assert_true(err == DMSC_E_TRUNCATED || err == DMSC_E_MALFORMED);
    assert_int_equal(f->data.n, 1); /* untouched */
}

/* Any changed byte of what has a CC is noticed. */
static void changed_is_noticed(void *user, struct dmsc_bytes changed)
{
    struct fixture *f = user;
    bool authenticated;
    enum dmsc_err err = unwrap(f, changed, &authenticated);

    if (f->cc && err == DMSC_OK)
        vec_fail(f->v, "a changed packet was taken");
    if (err == DMSC_OK) {
        dmsc_buf_reset(&f->data);
        assert_int_equal(dmsc_buf_append_u8(&f->data, 0xEE), DMSC_OK);
    }
    assert_int_equal(f->data.n, 1);
}

static void vectors_come_back_and_changed_ones_do_not(void **state)
{
    struct vectors *v = vectors_open("ota_packet.txt");
    struct fixture f = { .ctx = NULL };
    struct dmsc_buf out;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &f.ctx), DMSC_OK);
    dmsc_buf_init(&f.data, f.ctx, 1000);
    dmsc_buf_init(&out, f.ctx, 1000);
    while (vectors_next(v)) {
        fixture_vector(&f, v);
        if (f.response)
            response_vector(&f, &out);
        else
            command_vector(&f, &out);
        assert_int_equal(dmsc_buf_set(&f.data, dmsc_bytes("\xEE", 1)), DMSC_OK);
        each_prefix(vec_hex(v, "packet"), short_is_refused, &f);
        each_byte_changed(vec_hex(v, "packet"), changed_is_noticed, &f);
    }
    vectors_close(v);
    dmsc_buf_clear(&out);
    dmsc_buf_clear(&f.data);
    dmsc_ctx_free(f.ctx);
}

/* What every nibble of KIc and KID asks for. */
struct algorithm {
    uint8_t nibble;
    size_t key_n;
    uint8_t cc_size;
    size_t check_n;
};
static const struct algorithm ciphers[] = {
    { 0x1, 8, 0, 8 },  { 0x5, 16, 0, 8 }, { 0x9, 24, 0, 8 }, { 0x2, 16, 0, 8 },
    { 0x2, 24, 8, 8 }, { 0x2, 32, 0, 8 }, { 0x2, 16, 4, 4 },
};

struct pair {
    struct dmsc_ctx *ctx;
    struct gen gen;
    struct dmsci_ota_header header;
    struct dmsci_ota_keys keys;
    uint8_t key[2][32], script[300];
    struct dmsc_buf packet, data;
    unsigned commands, responses;
};

static void change_one_byte(struct pair *p, bool response, enum dmsci_ota_integrity integrity)
{
    size_t at = gen_below(&p->gen, (uint32_t)p->packet.n);
    struct dmsci_ota_command command;
    struct dmsci_ota_response answer;
    enum dmsci_ota_sts sts;
    enum dmsc_err err;

    p->packet.p[at] ^= (uint8_t)(1 + gen_below(&p->gen, 255));
    if (response)
        err = dmsci_ota_response_unwrap(p->ctx, dmsc_buf_bytes(&p->packet), &p->header, &p->keys,
                                        &answer, &p->data);
    else
        err = dmsci_ota_command_unwrap(p->ctx, dmsc_buf_bytes(&p->packet), &p->keys, 0, &command,
                                       &p->data, &sts);
    if (integrity == DMSCI_OTA_CC)
        assert_int_not_equal(err, DMSC_OK);
}

static void one_command(struct pair *p, size_t check_n)
{
    uint8_t spi1 = p->header.spi[0];
    struct dmsc_bytes script = gen_bytes(&p->gen, p->script, gen_below(&p->gen, 300));
    uint64_t counter = 1 + gen_u32(&p->gen);
    struct dmsci_ota_command command;
    enum dmsci_ota_sts sts;

    assert_int_equal(
        dmsci_ota_command_wrap(p->ctx, &p->header, &p->keys, counter, script, &p->packet), DMSC_OK);
    assert_int_equal(p->packet.p[2], 13 + check_n);
    assert_int_equal(dmsci_ota_command_unwrap(p->ctx, dmsc_buf_bytes(&p->packet), &p->keys,
                                              counter - 1, &command, &p->data, &sts),
                     DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&p->data), script));
    assert_int_equal(command.counter, counter);
    assert_memory_equal(command.header.spi, p->header.spi, 2);
    if ((spi1 & DMSCI_OTA_CIPHERED) == 0)
        assert_int_equal(command.padding, 0);
    change_one_byte(p, false, DMSCI_OTA_INTEGRITY(spi1));
    p->commands++;
}

static void one_response(struct pair *p)
{
    struct dmsc_bytes data = gen_bytes(&p->gen, p->script, gen_below(&p->gen, 60));
    struct dmsci_ota_command command = { p->header, gen_u32(&p->gen), 0 };
    struct dmsci_ota_response response;
    enum dmsci_ota_integrity integrity = DMSCI_OTA_INTEGRITY(p->header.spi[1] >> 2);
    bool ciphered = (p->header.spi[1] & DMSCI_OTA_POR_CIPHERED) != 0;

    assert_int_equal(
        dmsci_ota_response_wrap(p->ctx, &command, &p->keys, DMSCI_OTA_STS_OK, data, &p->packet),
        DMSC_OK);
    assert_int_equal(dmsci_ota_response_unwrap(p->ctx, dmsc_buf_bytes(&p->packet), &p->header,
                                               &p->keys, &response, &p->data),
                     DMSC_OK);
    assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&p->data), data));
    assert_int_equal(response.counter, command.counter);
    assert_int_equal(response.authenticated, integrity != DMSCI_OTA_NONE);
    assert_int_equal(response.ciphered, ciphered);
    change_one_byte(p, true, integrity);
    p->responses++;
}

static size_t set_algorithms(struct pair *p, const struct algorithm *cipher,
                             const struct algorithm *mac, enum dmsci_ota_integrity integrity)
{
    uint8_t crc = gen_bool(&p->gen) ? 0x1 : 0x5,
            kid = integrity == DMSCI_OTA_RC ? crc : mac->nibble;

    p->keys.kic = gen_bytes(&p->gen, p->key[0], cipher->key_n);
    p->keys.kid = gen_bytes(&p->gen, p->key[1], mac->key_n);
    p->keys.cc_size = mac->cc_size;
    p->keys.kic_implicit = cipher->nibble;
    p->keys.kid_implicit = kid;
    p->header.kic = gen_bool(&p->gen) ? (uint8_t)(0x30 | cipher->nibble) : 0x30;
    p->header.kid = gen_bool(&p->gen) ? (uint8_t)(0x30 | kid) : 0x30;
    return integrity == DMSCI_OTA_NONE ? 0
           : integrity == DMSCI_OTA_RC ? (crc == 0x1 ? 2 : 4)
                                       : mac->check_n;
}

static enum dmsc_err refused_spi(struct pair *p)
{
    struct dmsci_ota_command command = { p->header, 1, 0 };

    return (p->header.spi[0] & 3) == DMSCI_OTA_DS
               ? dmsci_ota_command_wrap(p->ctx, &p->header, &p->keys, 1, dmsc_bytes("x", 1),
                                        &p->packet)
               : dmsci_ota_response_wrap(p->ctx, &command, &p->keys, DMSCI_OTA_STS_OK,
                                         dmsc_bytes("x", 1), &p->packet);
}

/* 32 first bytes and 64 second bytes of SPI with every cipher; KID serves command or response. */
static void every_spi(struct pair *p, const struct algorithm *cipher, const struct algorithm *mac)
{
    for (unsigned spi1 = 0; spi1 < 0x20; spi1++) {
        enum dmsci_ota_integrity integrity = DMSCI_OTA_INTEGRITY(spi1);
        size_t check_n = set_algorithms(p, cipher, mac, integrity);

        p->header.spi[0] = (uint8_t)spi1;
        p->header.spi[1] = (uint8_t)gen_below(&p->gen, 0x40);
        if (integrity == DMSCI_OTA_DS)
            assert_int_equal(refused_spi(p), DMSC_E_UNSUPPORTED);
        else
            one_command(p, check_n);
    }
    for (unsigned spi2 = 0; spi2 < 0x40; spi2++) {
        enum dmsci_ota_integrity integrity = DMSCI_OTA_INTEGRITY(spi2 >> 2);

        (void)set_algorithms(p, cipher, mac, integrity);
        p->header.spi[0] = 0;
        p->header.spi[1] = (uint8_t)spi2;
        if (integrity == DMSCI_OTA_DS)
            assert_int_equal(refused_spi(p), DMSC_E_UNSUPPORTED);
        else
            one_response(p);
    }
}

static struct pair pair_begin(void)
{
    struct pair p = { .ctx = NULL };

    p.gen = gen_begin("ota_packet");
    assert_int_equal(dmsc_ctx_new(NULL, &p.ctx), DMSC_OK);
    dmsc_buf_init(&p.packet, p.ctx, 40000);
    dmsc_buf_init(&p.data, p.ctx, 40000);
    p.header = (struct dmsci_ota_header){ { 0x16, 0x19 }, 0x22, 0x22, { 0xB0, 0x00, 0x10 } };
    return p;
}

static void pair_end(struct pair *p)
{
    dmsc_buf_clear(&p->packet);
    dmsc_buf_clear(&p->data);
    dmsc_ctx_free(p->ctx);
}

static void every_spi_goes_there_and_back(void **state)
{
    struct pair p = pair_begin();

    (void)state;
    for (size_t c = 0; c < DMSCI_ARRAY_LEN(ciphers); c++) {
        for (size_t m = 0; m < DMSCI_ARRAY_LEN(ciphers); m++)
            every_spi(&p, &ciphers[c], &ciphers[m]);
    }
    printf("%u commands, %u responses\n", p.commands, p.responses);
    assert_int_equal(p.commands, 49 * 24);
    assert_int_equal(p.responses, 49 * 48);
    pair_end(&p);
}

static void counters_follow_the_rules(void **state)
{
    static const struct {
        uint8_t spi1;
        uint64_t counter, stored;
        enum dmsci_ota_sts sts;
    } cases[] = {
        /* TS 102 225 5.1.4 */
        { 0x00, 0, 7, DMSCI_OTA_STS_OK },
        { 0x08, 0, 7, DMSCI_OTA_STS_OK },
        { 0x08, 0, DMSCI_OTA_COUNTER_MAX, DMSCI_OTA_STS_OK },
        { 0x10, 6, 7, DMSCI_OTA_STS_CNTR_LOW },
        { 0x10, 7, 7, DMSCI_OTA_STS_CNTR_LOW },
        { 0x10, 8, 7, DMSCI_OTA_STS_OK },
        { 0x10, 1000, 7, DMSCI_OTA_STS_OK },
        { 0x18, 6, 7, DMSCI_OTA_STS_CNTR_LOW },
        { 0x18, 7, 7, DMSCI_OTA_STS_CNTR_LOW },
        { 0x18, 8, 7, DMSCI_OTA_STS_OK },
        { 0x18, 9, 7, DMSCI_OTA_STS_CNTR_HIGH },
        { 0x10, DMSCI_OTA_COUNTER_MAX, 7, DMSCI_OTA_STS_OK },
        { 0x18, DMSCI_OTA_COUNTER_MAX, DMSCI_OTA_COUNTER_MAX - 1, DMSCI_OTA_STS_OK },
        { 0x10, DMSCI_OTA_COUNTER_MAX, DMSCI_OTA_COUNTER_MAX, DMSCI_OTA_STS_CNTR_BLOCKED },
        { 0x18, 5, DMSCI_OTA_COUNTER_MAX, DMSCI_OTA_STS_CNTR_BLOCKED }
    };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++)
        assert_int_equal(dmsci_ota_counter_check(cases[i].spi1, cases[i].counter, cases[i].stored),
                         cases[i].sts);
    assert_false(dmsci_ota_counter_kept(0x00));
    assert_false(dmsci_ota_counter_kept(0x08));
    assert_true(dmsci_ota_counter_kept(0x10));
    assert_true(dmsci_ota_counter_kept(0x18));
}

static void levels_are_compared(void **state)
{
    static const struct {
        uint8_t minimum, spi1;
        bool met;
    } cases[] = { { 0x00, 0x00, true },  { 0x16, 0x16, true },  { 0x16, 0x1E, true },
                  { 0x16, 0x12, false }, { 0x16, 0x06, false }, { 0x16, 0x15, false },
                  { 0x02, 0x03, true },  { 0x02, 0x01, false }, { 0x01, 0x02, true } };

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++)
        assert_int_equal(dmsci_ota_level_met(cases[i].minimum, cases[i].spi1), cases[i].met);
}

/* The status of each failure, and what is told of the command then. */
static void failures_have_their_status(void **state)
{
    static const uint8_t key[16] = { 1 }, other[16] = { 2 };
    struct pair p = pair_begin();
    struct dmsci_ota_command command = { p.header, 77, 0 };
    enum dmsci_ota_sts sts;

    (void)state;
    p.keys = (struct dmsci_ota_keys){ .kic = { key, 16 }, .kid = { key, 16 } };
    assert_int_equal(
        dmsci_ota_command_wrap(p.ctx, &p.header, &p.keys, 5, dmsc_bytes("abc", 3), &p.packet),
        DMSC_OK);
    assert_int_equal(dmsci_ota_command_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.keys, 5,
                                              &command, &p.data, &sts),
                     DMSC_E_REPLAY);
    assert_int_equal(sts, DMSCI_OTA_STS_CNTR_LOW);
    assert_int_equal(command.counter, 5); /* so that the answer can be secured */
    assert_int_equal(p.data.n, 0);
    command.counter = 77;
    p.keys.kid = dmsc_bytes(other, 16);
    assert_int_equal(dmsci_ota_command_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.keys, 0,
                                              &command, &p.data, &sts),
                     DMSC_E_CORRUPT);
    assert_int_equal(sts, DMSCI_OTA_STS_CHECK);
    assert_int_equal(command.counter, 77);
    p.keys.kid = dmsc_bytes(key, 8);
    assert_int_equal(dmsci_ota_command_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.keys, 0,
                                              &command, &p.data, &sts),
                     DMSC_E_ARG);
    assert_int_equal(sts, DMSCI_OTA_STS_SECURITY);
    assert_int_equal(dmsci_ota_command_wrap(p.ctx, &p.header, &p.keys, DMSCI_OTA_COUNTER_MAX + 1,
                                            dmsc_bytes("abc", 3), &p.packet),
                     DMSC_E_ARG);
    p.keys.kid = dmsc_bytes(key, 16);
    assert_int_equal(dmsci_ota_command_wrap(p.ctx, &p.header, &p.keys, 1,
                                            dmsc_bytes(p.script, 40000), &p.packet),
                     DMSC_E_LIMIT);
    for (size_t n = 34168 - 16; n <= 34168; n++) /* the header counts too */
        assert_int_equal(dmsci_ota_command_wrap(p.ctx, &p.header, &p.keys, 1,
                                                dmsc_bytes(p.script, n), &p.packet),
                         DMSC_E_LIMIT);
    pair_end(&p);
}

/* Lengths that contradict each other, where no check would notice it. */
static void lengths_must_fit(void **state)
{
    static const struct {
        uint8_t bytes[18];
        size_t n;
        enum dmsc_err err;
    } cases[] = {
        { { 0, 14, 13 }, 16, DMSC_OK },
        { { 0, 14, 13 }, 17, DMSC_E_MALFORMED }, /* one byte behind it */
        { { 0, 15, 13 }, 16, DMSC_E_TRUNCATED },
        { { 0, 14, 12 }, 16, DMSC_E_MALFORMED },
        { { 0, 14, 17, 0x01, 0, 0, 0x05 }, 16, DMSC_E_MALFORMED }, /* no room for the CRC-32 */
        { { 0, 16, 17, 0x01, 0, 0, 0x05 }, 18, DMSC_E_MALFORMED }, /* for half of it */
        { { 0, 14, 13, 0x01, 0, 0, 0x05 }, 16, DMSC_E_MALFORMED }, /* there is none */
    };
    struct pair p = pair_begin();
    struct dmsci_ota_command command;
    enum dmsci_ota_sts sts;

    (void)state;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        struct dmsc_bytes exact = support_copy_exact(dmsc_bytes(cases[i].bytes, cases[i].n));

        assert_int_equal(
            dmsci_ota_command_unwrap(p.ctx, exact, &p.keys, 0, &command, &p.data, &sts),
            cases[i].err);
        support_free(exact);
    }
    pair_end(&p);
}

/* PCNTR of a packet that has no check is what somebody wrote. */
static void padding_must_be_there(void **state)
{
    static const uint8_t key[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    static const struct {
        uint8_t padding;
        enum dmsc_err err;
    } cases[] = { { 0, DMSC_OK },          { 2, DMSC_OK },          { 3, DMSC_E_MALFORMED },
                  { 7, DMSC_E_MALFORMED }, { 8, DMSC_E_MALFORMED }, { 255, DMSC_E_MALFORMED } };
    struct pair p = pair_begin();
    struct dmsci_ota_command command;
    enum dmsci_ota_sts sts;

    (void)state;
    p.keys = (struct dmsci_ota_keys){ .kic = { key, 8 } };
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(cases); i++) {
        uint8_t packet[18] = { 0, 16, 13, 0x04, 0, 0x11, 0, 1, 2, 3 };
        uint8_t plain[8] = { 0, 0, 0, 0, 0, cases[i].padding, 'a', 'b' };

        assert_int_equal(dmsci_cbc_encrypt(p.ctx, DMSCI_DES, p.keys.kic, NULL,
                                           dmsc_bytes(plain, sizeof(plain)), packet + 10),
                         DMSC_OK);
        assert_int_equal(dmsci_ota_command_unwrap(p.ctx, dmsc_bytes(packet, sizeof(packet)),
                                                  &p.keys, 0, &command, &p.data, &sts),
                         cases[i].err);
        assert_int_equal(sts, cases[i].err == DMSC_OK ? DMSCI_OTA_STS_OK : DMSCI_OTA_STS_CIPHERING);
        if (cases[i].err == DMSC_OK)
            assert_int_equal(p.data.n, 2 - cases[i].padding);
    }
    pair_end(&p);
}

/* An error in clear passes where security was asked for, a success does not. */
static void answers_in_clear(void **state)
{
    static const uint8_t key[16] = { 1 };
    struct pair p = pair_begin();
    struct dmsci_ota_command plain = { p.header, 0, 0 };
    struct dmsci_ota_response response;

    (void)state;
    p.keys = (struct dmsci_ota_keys){ .kic = { key, 16 }, .kid = { key, 16 } };
    plain.header.spi[1] = 0;
    assert_int_equal(dmsci_ota_response_wrap(p.ctx, &plain, &p.keys, DMSCI_OTA_STS_CHECK,
                                             dmsc_bytes(NULL, 0), &p.packet),
                     DMSC_OK);
    assert_int_equal(dmsci_ota_response_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.header, &p.keys,
                                               &response, &p.data),
                     DMSC_OK);
    assert_int_equal(response.sts, DMSCI_OTA_STS_CHECK);
    assert_false(response.authenticated);
    assert_int_equal(dmsci_ota_response_wrap(p.ctx, &plain, &p.keys, DMSCI_OTA_STS_OK,
                                             dmsc_bytes(NULL, 0), &p.packet),
                     DMSC_OK);
    assert_int_equal(dmsci_ota_response_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.header, &p.keys,
                                               &response, &p.data),
                     DMSC_E_UNTRUSTED);
    assert_int_equal(dmsci_ota_response_wrap(p.ctx, &plain, &p.keys, DMSCI_OTA_STS_TAR,
                                             dmsc_bytes("x", 1), &p.packet),
                     DMSC_OK);
    assert_int_equal(dmsci_ota_response_unwrap(p.ctx, dmsc_buf_bytes(&p.packet), &p.header, &p.keys,
                                               &response, &p.data),
                     DMSC_E_UNTRUSTED);
    pair_end(&p);
}

static enum dmsc_err wrap_scenario(struct dmsc_ctx *ctx, void *user)
{
    static const uint8_t key[16] = { 1 };
    struct dmsci_ota_header header = { { 0x16, 0x19 }, 0x22, 0x25, { 1, 2, 3 } };
    struct dmsci_ota_keys keys = { .kic = { key, 16 }, .kid = { key, 16 } };
    struct dmsci_ota_command command;
    struct dmsci_ota_response response;
    enum dmsci_ota_sts sts;
    struct dmsc_buf packet, data;
    enum dmsc_err err;

    (void)user;
    dmsc_buf_init(&packet, ctx, 200);
    dmsc_buf_init(&data, ctx, 200);
    err = dmsci_ota_command_wrap(ctx, &header, &keys, 1, dmsc_bytes("script", 6), &packet);
    if (err == DMSC_OK) {
        err =
            dmsci_ota_command_unwrap(ctx, dmsc_buf_bytes(&packet), &keys, 0, &command, &data, &sts);
        assert_int_equal(sts, err == DMSC_OK ? DMSCI_OTA_STS_OK : DMSCI_OTA_STS_MEMORY);
    }
    if (err == DMSC_OK)
        err = dmsci_ota_response_wrap(ctx, &command, &keys, sts, dmsc_bytes("answer", 6), &packet);
    if (err == DMSC_OK)
        err = dmsci_ota_response_unwrap(ctx, dmsc_buf_bytes(&packet), &header, &keys, &response,
                                        &data);
    dmsc_buf_clear(&packet);
    dmsc_buf_clear(&data);
    return err;
}

static void without_memory_it_fails_cleanly(void **state)
{
    (void)state;
    assert_true(fault_torture(wrap_scenario, NULL) > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_back_and_changed_ones_do_not),
        cmocka_unit_test(every_spi_goes_there_and_back),
        cmocka_unit_test(counters_follow_the_rules),
        cmocka_unit_test(levels_are_compared),
        cmocka_unit_test(failures_have_their_status),
        cmocka_unit_test(lengths_must_fit),
        cmocka_unit_test(padding_must_be_there),
        cmocka_unit_test(answers_in_clear),
        cmocka_unit_test(without_memory_it_fails_cleanly),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
