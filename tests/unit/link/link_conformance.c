/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/link/link_conformance.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <string.h>

static const uint8_t mf[] = { 0x3F, 0x00 };
static const struct dmsc_capdu status = { .cla = 0x80, .ins = 0xF2, .p2 = 0x0C };
static const struct dmsc_capdu select_mf = {
    .ins = 0xA4, .p2 = 0x04, .data = { mf, sizeof(mf) }, .le = 256
};

struct rig {
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    struct dmsc_buf buf;
    const struct link_conformance *subject;
};

static struct rig begin(const struct link_conformance *subject)
{
    struct rig rig = { .subject = subject };

    assert_int_equal(dmsc_ctx_new(NULL, &rig.ctx), DMSC_OK);
    assert_int_equal(subject->open(rig.ctx, subject->user, &rig.link), DMSC_OK);
    dmsc_buf_init(&rig.buf, rig.ctx, 512);
    return rig;
}

static void end(struct rig *rig)
{
    dmsc_buf_clear(&rig->buf);
    dmsc_link_free(rig->link);
    dmsc_ctx_free(rig->ctx);
}

/* A failure is one that a link may have, and it has a story. */
static void has_a_story(const struct rig *rig, enum dmsc_err err)
{
    const struct dmsc_diag *diag = dmsc_diag_get(rig->ctx);

    assert_true(err == DMSC_E_STATE || err == DMSC_E_REMOVED || err == DMSC_E_CARD_RESET ||
                err == DMSC_E_TIMEOUT || err == DMSC_E_LINK);
    assert_int_equal(diag->err, err);
    assert_true(diag->what[0] != '\0');
}

static enum dmsc_err send_status(struct rig *rig)
{
    uint8_t block[DMSC_CAPDU_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));

    assert_int_equal(dmsc_capdu_encode(&status, dmsc_link_protocol(rig->link), &w), DMSC_OK);
    return dmsc_link_transmit(rig->link, dmsc_bytes(block, w.n), &rig->buf);
}

static void starts_without_power(const struct link_conformance *subject)
{
    struct rig rig = begin(subject);
    enum dmsc_err err;

    assert_string_equal(dmsc_link_name(rig.link), subject->name);
    assert_ptr_equal(dmsc_link_ctx(rig.link), rig.ctx);
    assert_int_equal(dmsc_link_atr(rig.link).n, 0);
    assert_int_equal(dmsc_link_last_sw(rig.link), 0);
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 0);
    assert_int_equal(dmsc_link_counts(rig.link).bytes, 0);
    assert_int_equal(dmsc_buf_append_str(&rig.buf, "old"), DMSC_OK);
    err = send_status(&rig);
    has_a_story(&rig, err);
    assert_string_equal(dmsc_buf_str(&rig.buf), "old");
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 0);
    end(&rig);
}

static void powers(const struct link_conformance *subject)
{
    static const enum dmsc_power hows[] = { DMSC_POWER_COLD, DMSC_POWER_RESET, DMSC_POWER_COLD };
    struct rig rig = begin(subject);

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(hows); i++) {
        struct dmsc_bytes atr;
        uint16_t sw = 0;

        assert_int_equal(dmsc_link_power(rig.link, hows[i]), DMSC_OK);
        assert_int_equal(dmsc_link_protocol(rig.link), subject->protocol);
        atr = dmsc_link_atr(rig.link);
        if (subject->hides_atr) {
            assert_int_equal(atr.n, 0);
        } else {
            assert_in_range(atr.n, 2, 33);
            assert_true(atr.p[0] == 0x3B || atr.p[0] == 0x3F);
        }
        assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
        assert_true(dmsc_sw_done(sw));
    }
    end(&rig);
}

static void answers_replace(const struct link_conformance *subject)
{
    struct rig rig = begin(subject);
    struct dmsc_link_counts counts;

    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_buf_append_str(&rig.buf, "old"), DMSC_OK);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(send_status(&rig), DMSC_OK);
        assert_int_equal(rig.buf.n, 2);
        counts = dmsc_link_counts(rig.link);
        assert_int_equal(counts.apdus, i);
        assert_int_equal(counts.bytes, 7 * i);
    }
    end(&rig);
}

static void sizes_that_no_command_has_are_refused(const struct link_conformance *subject)
{
    static const size_t sizes[] = { 0, 1, 2, 3, DMSC_CAPDU_MAX + 1, 65544 };
    static const uint8_t block[65544];
    struct rig rig = begin(subject);

    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_buf_append_str(&rig.buf, "old"), DMSC_OK);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(sizes); i++) {
        dmsc_diag_clear(rig.ctx);
        assert_int_equal(dmsc_link_transmit(rig.link, dmsc_bytes(block, sizes[i]), &rig.buf),
                         DMSC_E_ARG);
        assert_true(dmsc_diag_get(rig.ctx)->what[0] != '\0');
        assert_string_equal(dmsc_buf_str(&rig.buf), "old");
    }
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 0);
    /* And the link still works. */
    assert_int_equal(send_status(&rig), DMSC_OK);
    end(&rig);
}

static void exchanges(const struct link_conformance *subject)
{
    static const struct dmsc_capdu unknown = { .ins = 0xFD, .p1 = 1, .p2 = 2 };
    struct rig rig = begin(subject);
    uint16_t sw = 0;

    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig.link, &select_mf, &rig.buf, &sw), DMSC_OK);
    assert_true(dmsc_sw_done(sw));
    assert_int_equal(dmsc_link_last_sw(rig.link), sw);
    assert_true(rig.buf.n > 4 && rig.buf.p[0] == 0x62 && rig.buf.p[1] == rig.buf.n - 2);
    /* What the card refuses is no failure of the link. */
    assert_int_equal(dmsc_link_exchange(rig.link, &unknown, &rig.buf, &sw), DMSC_OK);
    assert_int_equal(sw & 0xFF00, 0x6D00);
    assert_int_equal(dmsc_link_last_sw(rig.link), sw);
    assert_int_equal(rig.buf.n, 0);
    end(&rig);
}

/* Once the buffers have grown, an exchange allocates nothing. */
static void steady(const struct link_conformance *subject)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct fault fault = FAULT_INIT;
    struct rig rig = { .subject = subject };
    uint16_t sw = 0;

    fault_config(&fault, &config);
    assert_int_equal(dmsc_ctx_new(&config, &rig.ctx), DMSC_OK);
    assert_int_equal(subject->open(rig.ctx, subject->user, &rig.link), DMSC_OK);
    dmsc_buf_init(&rig.buf, rig.ctx, 512);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    for (unsigned i = 0; i < 20; i++) {
        if (i == 2)
            fault_arm(&fault, FAULT_NEVER, 0);
        assert_int_equal(dmsc_link_exchange(rig.link, &select_mf, &rig.buf, &sw), DMSC_OK);
        assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
    }
    assert_int_equal(fault.calls, 0);
    end(&rig);
    fault_assert_no_leak(&fault);
}

static void locks_nest(const struct link_conformance *subject)
{
    struct rig rig = begin(subject);
    uint16_t sw = 0;

    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_lock(rig.link), DMSC_OK);
    assert_int_equal(dmsc_link_lock(rig.link), DMSC_OK);
    assert_int_equal(dmsc_link_exchange(rig.link, &select_mf, NULL, &sw), DMSC_OK);
    dmsc_link_unlock(rig.link);
    assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
    dmsc_link_unlock(rig.link);
    assert_int_equal(dmsc_link_exchange(rig.link, &status, NULL, &sw), DMSC_OK);
    end(&rig);
    /* Closed while locked. */
    rig = begin(subject);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_lock(rig.link), DMSC_OK);
    end(&rig);
}

static void loses_power(const struct link_conformance *subject)
{
    struct rig rig = begin(subject);
    enum dmsc_err err;

    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(send_status(&rig), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_OFF), DMSC_OK);
    assert_int_equal(dmsc_link_atr(rig.link).n, 0);
    dmsc_diag_clear(rig.ctx);
    err = send_status(&rig);
    has_a_story(&rig, err);
    assert_int_equal(rig.buf.n, 2);
    assert_int_equal(dmsc_link_counts(rig.link).apdus, 1);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(send_status(&rig), DMSC_OK);
    end(&rig);
}

static void closes_in_every_state(const struct link_conformance *subject)
{
    struct rig rig = begin(subject);

    dmsc_link_free(NULL);
    end(&rig);
    rig = begin(subject);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    end(&rig);
    rig = begin(subject);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_COLD), DMSC_OK);
    assert_int_equal(dmsc_link_power(rig.link, DMSC_POWER_OFF), DMSC_OK);
    end(&rig);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    const struct link_conformance *subject = user;
    struct dmsc_link *link = NULL;
    struct dmsc_buf buf;
    uint16_t sw = 0;
    enum dmsc_err err;

    dmsc_buf_init(&buf, ctx, 512);
    err = subject->open(ctx, subject->user, &link);
    if (err == DMSC_OK)
        err = dmsc_link_power(link, DMSC_POWER_COLD);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(link, &select_mf, &buf, &sw);
    if (err == DMSC_OK)
        err = dmsc_link_exchange(link, &status, &buf, &sw);
    if (err == DMSC_OK)
        err = dmsc_link_power(link, DMSC_POWER_OFF);
    assert_true(link != NULL || err != DMSC_OK);
    dmsc_link_free(link);
    dmsc_buf_clear(&buf);
    return err;
}

void link_conformance(const struct link_conformance *subject)
{
    struct link_conformance copy = *subject;

    starts_without_power(subject);
    powers(subject);
    answers_replace(subject);
    sizes_that_no_command_has_are_refused(subject);
    exchanges(subject);
    steady(subject);
    locks_nest(subject);
    loses_power(subject);
    closes_in_every_state(subject);
    (void)fault_torture(life, &copy);
}
