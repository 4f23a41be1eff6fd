/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/uicc/rig.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <stdio.h>

struct rig rig_begin_limits(const struct dmsc_limits *limits)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct rig rig = { .card = scripted_new(DMSC_T0) };

    config.limits = *limits;
    assert_int_equal(dmsc_ctx_new(&config, &rig.ctx), DMSC_OK);
    assert_int_equal(scripted_link(rig.card, rig.ctx, &rig.link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(rig.ctx, rig.link, &rig.uicc), DMSC_OK);
    assert_ptr_equal(dmsc_uicc_link(rig.uicc), rig.link);
    assert_ptr_equal(dmsc_uicc_ctx(rig.uicc), rig.ctx);
    assert_int_equal(dmsc_uicc_power_on(rig.uicc), DMSC_OK);
    dmsc_buf_init(&rig.buf, rig.ctx, 70000);
    assert_int_equal(dmsc_buf_append_str(&rig.buf, "old"), DMSC_OK);
    return rig;
}

struct rig rig_begin(void)
{
    struct dmsc_limits limits = DMSC_LIMITS_INIT;

    return rig_begin_limits(&limits);
}

void rig_end(struct rig *rig)
{
    assert_int_equal(rig->card->locks, rig->card->unlocks);
    dmsc_buf_clear(&rig->buf);
    dmsc_uicc_free(rig->uicc);
    dmsc_link_free(rig->link);
    scripted_free(rig->card);
    dmsc_ctx_free(rig->ctx);
}

void rig_open_channel(struct rig *rig, const char *channel)
{
    char answer[16];

    (void)snprintf(answer, sizeof(answer), "%s 9000", channel);
    scripted_turn(rig->card, "00700000 01", answer);
    assert_int_equal(dmsc_uicc_channel_open(rig->uicc), DMSC_OK);
}

void rig_assert_untouched(const struct rig *rig)
{
    assert_string_equal(dmsc_buf_str(&rig->buf), "old");
}

void rig_assert_story(const struct rig *rig, enum dmsc_err err, const char *reason, uint16_t sw)
{
    const struct dmsc_diag *diag = dmsc_diag_get(rig->ctx);

    assert_int_equal(diag->err, err);
    assert_string_equal(diag->reason, reason);
    assert_int_equal(diag->sw, sw);
    assert_true(diag->what[0] != '\0');
}

struct torture {
    struct scripted *card;
    enum dmsc_err (*work)(struct dmsc_uicc *uicc, struct dmsc_buf *buf);
};

static enum dmsc_err play(struct dmsc_ctx *ctx, void *user)
{
    const struct torture *t = user;
    struct dmsc_link *link = NULL;
    struct dmsc_uicc *uicc = NULL;
    struct dmsc_buf buf;
    enum dmsc_err err;

    scripted_rewind(t->card);
    dmsc_buf_init(&buf, ctx, 70000);
    err = dmsc_buf_append_str(&buf, "old");
    if (err == DMSC_OK)
        err = scripted_link(t->card, ctx, &link);
    if (err == DMSC_OK)
        err = dmsc_uicc_new(ctx, link, &uicc);
    if (err == DMSC_OK)
        err = dmsc_uicc_power_on(uicc);
    if (err == DMSC_OK)
        err = t->work(uicc, &buf);
    if (err != DMSC_OK && buf.p != NULL)
        assert_string_equal(dmsc_buf_str(&buf), "old");
    assert_int_equal(t->card->locks, t->card->unlocks);
    dmsc_uicc_free(uicc);
    dmsc_link_free(link);
    dmsc_buf_clear(&buf);
    return err;
}

void rig_torture(struct scripted *card,
                 enum dmsc_err (*work)(struct dmsc_uicc *uicc, struct dmsc_buf *buf))
{
    struct torture t = { card, work };

    (void)fault_torture(play, &t);
    for (size_t i = 0; i < card->count; i++) {
        struct dmsc_ctx *ctx = NULL;

        if (card->turns[i].power)
            continue;
        assert_int_equal(card->turns[i].err, DMSC_OK);
        card->turns[i].err = DMSC_E_REMOVED;
        assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
        assert_int_equal(play(ctx, &t), DMSC_E_REMOVED);
        assert_int_equal(card->at, i + 1);
        dmsc_ctx_free(ctx);
        card->turns[i].err = DMSC_OK;
    }
    card->at = card->count;
}
