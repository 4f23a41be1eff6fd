/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim/rig.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <string.h>

#define DUMP_MAX (1u << 20)

int rig_setup(void **state)
{
    static struct rig rig;

    rig = (struct rig){ .ctx = card_ctx() };
    support_mkdir(rig.directory);
    (void)snprintf(rig.state, sizeof(rig.state), "%s/card.json", rig.directory);
    rig.options.state_path = rig.state;
    dmsc_buf_init(&rig.dump, rig.ctx, DUMP_MAX);
    *state = &rig;
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;

    dmsc_buf_clear(&rig->dump);
    support_rmdir(rig->directory);
    dmsc_ctx_free(rig->ctx);
    return 0;
}

const char *rig_dump(struct rig *rig, const struct dmsc_sim *sim)
{
    dmsc_buf_truncate(&rig->dump, 0);
    assert_int_equal(dmsc_sim_dump(sim, &rig->dump), DMSC_OK);
    return dmsc_buf_str(&rig->dump);
}

void rig_expect_dump(const struct rig *rig, const struct dmsc_sim *sim)
{
    struct dmsc_buf again;

    assert_true(rig->dump.n > 0);
    dmsc_buf_init(&again, rig->ctx, DUMP_MAX);
    assert_int_equal(dmsc_sim_dump(sim, &again), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&rig->dump), dmsc_buf_str(&again));
    dmsc_buf_clear(&again);
}

void rig_expect_dump_loads(const struct rig *rig)
{
    struct dmsc_sim *sim = NULL;

    assert_int_equal(dmsc_sim_new_text(rig->ctx, dmsc_buf_bytes(&rig->dump), NULL, NULL, &sim),
                     DMSC_OK);
    rig_expect_dump(rig, sim);
    dmsc_sim_free(sim);
}

static void expect_refusal(struct dmsc_ctx *ctx, struct dmsc_bytes json,
                           const struct rig_refusal *bad)
{
    struct dmsc_sim *sim = NULL;

    assert_int_equal(dmsc_sim_new_text(ctx, json, NULL, NULL, &sim), DMSC_E_MALFORMED);
    assert_string_equal(dmsc_diag_get(ctx)->reason, bad->reason);
    if (strstr(dmsc_diag_get(ctx)->where, bad->where) == NULL)
        fail_msg("%s: the place is %s", bad->text, dmsc_diag_get(ctx)->where);
}

void rig_expect_refusals(const char *part, const char *adf, const char *aid,
                         const struct rig_refusal *bad, size_t n)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf json;

    dmsc_buf_init(&json, ctx, 4096);
    for (size_t i = 0; i < n; i++) {
        dmsc_buf_truncate(&json, 0);
        assert_int_equal(dmsci_buf_printf(&json,
                                          "{\"atr\": \"3B00\", \"%s\": %s, \"files\": {\"3F00\": "
                                          "{\"type\": \"df\", \"compact\": \"00\"}",
                                          part, bad[i].text),
                         DMSC_OK);
        if (adf != NULL)
            assert_int_equal(dmsci_buf_printf(&json,
                                              ", \"%s\": {\"type\": \"adf\", \"aid\": \"%s\", "
                                              "\"compact\": \"00\"}",
                                              adf, aid),
                             DMSC_OK);
        assert_int_equal(dmsc_buf_append_str(&json, "}}"), DMSC_OK);
        expect_refusal(ctx, dmsc_buf_bytes(&json), &bad[i]);
    }
    dmsc_buf_clear(&json);
    dmsc_ctx_free(ctx);
}

static enum dmsc_err load_and_dump(struct dmsc_ctx *ctx, void *user)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf dump;
    enum dmsc_err err;

    support_path(*(const char **)user, path);
    dmsc_buf_init(&dump, ctx, DUMP_MAX);
    err = dmsc_sim_new(ctx, path, NULL, &sim);
    if (err == DMSC_OK)
        err = dmsc_sim_dump(sim, &dump);
    dmsc_buf_clear(&dump);
    dmsc_sim_free(sim);
    return err;
}

void rig_expect_no_memory(const char *profile)
{
    assert_true(fault_torture(load_and_dump, &profile) > 10);
}
