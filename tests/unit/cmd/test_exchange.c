/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/cmd/exchange.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <string.h>

#define TURNS_MAX 64

/* What shall go over the wire, turn by turn. */
struct script {
    struct dmsc_bytes send[TURNS_MAX], answer[TURNS_MAX];
    size_t turns;
    size_t at;
    enum dmsc_err fail; /* answer of the turn fail_at, when that is not DMSC_OK */
    size_t fail_at;
};

static enum dmsc_err play(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct script *s = user;
    size_t at = s->at++;

    if (s->fail != DMSC_OK && at == s->fail_at)
        return s->fail;
    assert_true(at < s->turns);
    if (!dmsc_bytes_equal(capdu, s->send[at])) {
        char text[2 * DMSC_CAPDU_MAX + 1];

        dmsc_hex_encode(capdu, text);
        fail_msg("turn %zu sends %s", at, text);
    }
    return dmsc_buf_set(ret_rapdu, s->answer[at]);
}

static struct script read_script(struct vectors *v)
{
    struct script s = { .turns = vec_count(v, "send") };

    if (s.turns > TURNS_MAX || vec_count(v, "answer") != s.turns)
        vec_fail(v, "%zu commands", s.turns);
    for (size_t i = 0; i < s.turns; i++) {
        s.send[i] = vec_hex_nth(v, "send", i);
        s.answer[i] = vec_hex_nth(v, "answer", i);
    }
    return s;
}

struct play {
    struct dmsc_capdu capdu;
    enum dmsc_protocol protocol;
    struct script script;
    struct dmsc_bytes expected;
    enum dmsc_err err;
};

/* Data are appended, and on a failure what was there is all there is. */
static enum dmsc_err run(struct dmsc_ctx *ctx, struct play *play_it, uint16_t *ret_sw)
{
    struct dmsci_transmit transmit = { .send = play, .user = &play_it->script };
    struct dmsc_buf data;
    enum dmsc_err err;

    play_it->script.at = 0;
    dmsc_buf_init(&data, ctx, 1024);
    err = dmsc_buf_append_str(&data, "before");
    if (err == DMSC_OK)
        err = dmsci_exchange(ctx, play_it->protocol, &transmit, &play_it->capdu, &data, ret_sw);
    if (err == DMSC_OK) {
        assert_int_equal(data.n, 6 + play_it->expected.n);
        assert_memory_equal(data.p + 6, play_it->expected.p, play_it->expected.n);
        assert_int_equal(play_it->script.at, play_it->script.turns);
    } else {
        assert_true(data.n == 6 || data.p == NULL);
        assert_int_equal(*ret_sw, 0x1234);
    }
    if (data.n >= 6)
        assert_memory_equal(data.p, "before", 6);
    dmsc_buf_clear(&data);
    return err;
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct play *play_it = user;
    uint16_t sw = 0x1234;

    return run(ctx, play_it, &sw);
}

static struct play read_play(struct vectors *v)
{
    struct play play_it = { .script = read_script(v), .err = vec_err(v, "error") };

    if (dmsc_capdu_decode(vec_hex(v, "command"), &play_it.capdu) != DMSC_OK)
        vec_fail(v, "no command");
    play_it.protocol = vec_number_or(v, "protocol", 0) == 1 ? DMSC_T1 : DMSC_T0;
    if (play_it.err == DMSC_OK)
        play_it.expected = vec_hex(v, "data");
    return play_it;
}

static void vectors_play(void **state)
{
    struct vectors *v = vectors_open("exchange.txt");

    (void)state;
    while (vectors_next(v)) {
        struct play play_it = read_play(v);
        struct dmsc_ctx *ctx = NULL;
        uint16_t sw = 0x1234;

        assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
        vec_assert_err(v, run(ctx, &play_it, &sw));
        if (play_it.err == DMSC_OK)
            vec_assert_number(v, "sw", sw);
        else
            vec_assert_text(v, "reason", dmsc_diag_get(ctx)->reason);
        dmsc_ctx_free(ctx);
        if (play_it.err == DMSC_OK)
            (void)fault_torture(scenario, &play_it);
    }
    vectors_close(v);
}

/* The link fails at every turn of every vector: the error comes through, nothing else is sent. */
static void a_failing_link_ends_it(void **state)
{
    struct vectors *v = vectors_open("exchange.txt");

    (void)state;
    while (vectors_next(v)) {
        struct play play_it = read_play(v);

        for (size_t at = 0; at < play_it.script.turns; at++) {
            struct dmsc_ctx *ctx = NULL;
            uint16_t sw = 0x1234;

            assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
            play_it.script.fail = DMSC_E_REMOVED;
            play_it.script.fail_at = at;
            assert_int_equal(run(ctx, &play_it, &sw), DMSC_E_REMOVED);
            assert_int_equal(play_it.script.at, at + 1);
            dmsc_ctx_free(ctx);
        }
        /* Asked for by the other test. */
        (void)(vec_has(v, "data") && vec_has(v, "sw"));
        (void)vec_has(v, "reason");
    }
    vectors_close(v);
}

struct endless {
    struct dmsc_bytes first, later;
    unsigned long sent;
};

static enum dmsc_err go_on(void *user, struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct endless *e = user;

    (void)capdu;
    return dmsc_buf_set(ret_rapdu, e->sent++ % 2 == 0 ? e->first : e->later);
}

/* @return turns until the exchange gave up */
static unsigned long sent_until_refused(const struct dmsc_limits *limits, const char *first,
                                        const char *later, const char *reason)
{
    static const uint8_t data[] = { 0x81 };
    struct endless e = { dmsc_bytes_str(first), dmsc_bytes_str(later), 0 };
    struct dmsci_transmit transmit = { .send = go_on, .user = &e };
    struct dmsc_capdu capdu = { 0x80, 0xCB, 0, 0x80, { data, 1 }, 256 };
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 7;

    config.limits = *limits;
    assert_int_equal(dmsc_ctx_new(&config, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, dmsc_ctx_limits(ctx)->rapdu_size);
    assert_int_equal(dmsci_exchange(ctx, DMSC_T0, &transmit, &capdu, &buf, &sw), DMSC_E_LIMIT);
    assert_string_equal(dmsc_diag_get(ctx)->reason, reason);
    assert_int_equal(buf.n, 0);
    assert_int_equal(sw, 7);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
    return e.sent;
}

static void what_does_not_end_is_ended(void **state)
{
    struct dmsc_limits limits = DMSC_LIMITS_INIT;

    (void)state;
    limits.get_response = 20;
    assert_int_equal(sent_until_refused(&limits, "\x61\x10", "\x61\x10", "link:endless"), 21);
    assert_int_equal(sent_until_refused(&limits, "\x9F\x10", "\x9F\x10", "link:endless"), 21);
    /* Every GET RESPONSE is corrected once, and each time more data are announced. */
    assert_int_equal(sent_until_refused(&limits, "\x61\x10", "\x6C\x11", "link:endless"), 21);
    /* With data: the ceiling of one answer comes first. */
    limits.get_response = 0;
    limits.rapdu_size = 100;
    assert_int_equal(sent_until_refused(&limits, "AB\x61\x10", "CD\x61\x10", ""), 51);
}

static void six_c_without_end_is_two_commands(void **state)
{
    struct endless e = { dmsc_bytes_str("\x6C\x10"), dmsc_bytes_str("\x6C\x11"), 0 };
    struct dmsci_transmit transmit = { .send = go_on, .user = &e };
    struct dmsc_capdu capdu = { .ins = 0xB0, .le = 256 };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 0;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 256);
    assert_int_equal(dmsci_exchange(ctx, DMSC_T0, &transmit, &capdu, &buf, &sw), DMSC_OK);
    assert_int_equal(sw, 0x6C11);
    assert_int_equal(e.sent, 2);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

static void what_no_command_has_is_not_sent(void **state)
{
    static const uint8_t data[256];
    struct endless e = { { NULL, 0 }, { NULL, 0 }, 0 };
    struct dmsci_transmit transmit = { .send = go_on, .user = &e };
    struct dmsc_capdu capdu = { .ins = 0xD6, .data = { data, sizeof(data) } };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 0;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&buf, ctx, 256);
    assert_int_equal(dmsci_exchange(ctx, DMSC_T0, &transmit, &capdu, &buf, &sw), DMSC_E_ARG);
    assert_string_equal(dmsc_diag_get(ctx)->what, "encode command 00 D6");
    assert_int_equal(e.sent, 0);
    dmsc_buf_clear(&buf);
    dmsc_ctx_free(ctx);
}

/* Channels 0..19, both classes, and the class of GET RESPONSE (tables 10.3, 10.4a). */
static void classes_of_all_channels(void **state)
{
    (void)state;
    for (unsigned channel = 0; channel < 20; channel++) {
        uint8_t bits = (uint8_t)(channel < 4 ? channel : 0x40 + channel - 4);

        assert_int_equal(dmsci_cla_channel(0x00, channel), bits);
        assert_int_equal(dmsci_cla_channel(0x80, channel), 0x80 | bits);
        assert_int_equal(dmsci_cla_get_response(bits), bits);
        assert_int_equal(dmsci_cla_get_response(0x80 | bits), bits);
    }
    /* The examples of the standard's commands: channel 2, 5, 1, 6. */
    assert_int_equal(dmsci_cla_channel(0x00, 2), 0x02);
    assert_int_equal(dmsci_cla_channel(0x00, 5), 0x41);
    assert_int_equal(dmsci_cla_channel(0x80, 1), 0x81);
    assert_int_equal(dmsci_cla_channel(0x80, 6), 0xC2);
    /* Secure messaging ends with the command; 2G has one class for all. */
    assert_int_equal(dmsci_cla_get_response(0x04), 0x00);
    assert_int_equal(dmsci_cla_get_response(0x8E), 0x02);
    assert_int_equal(dmsci_cla_get_response(0x63), 0x43);
    assert_int_equal(dmsci_cla_get_response(0xE3), 0x43);
    assert_int_equal(dmsci_cla_channel(0xA0, 0), 0xA0);
    assert_int_equal(dmsci_cla_get_response(0xA0), 0xA0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_play),
        cmocka_unit_test(a_failing_link_ends_it),
        cmocka_unit_test(what_does_not_end_is_ended),
        cmocka_unit_test(six_c_without_end_is_two_commands),
        cmocka_unit_test(what_no_command_has_is_not_sent),
        cmocka_unit_test(classes_of_all_channels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
