/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card under any sequence of commands. The input is records: one byte of kind and length, then
 * that many bytes: a command (as it is), or with the length 0 an order from the byte behind. The
 * answers are whole; what no rule lets go stays: sizes of files, ICCID (UPDATE NEVER), a secret
 * (READ NEVER) that is in no answer, a counter that only INCREASE changes. With bit 3 of the first
 * byte the card lets ADM1 make, delete and resize files. Either way what is dumped loads again, and
 * gives the same dump.
 */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <stdio.h>
#include <string.h>

#define CONTENT_MAX 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A small card with one of each: no bulk, so that a run is quick. The first %s is the rule of DFs,
 * the second that of EF(ARR), the third its record 1. Nobody may read 2F10, and nobody may write
 * 6F39 but by INCREASE.
 */
#define PROFILE                                                                                    \
    "{\"atr\":\"3B9F96801F878031E073FE211B674A357530350265F8\",\"channels\":4,"                    \
    "\"proactive\":[\"D009810301010482028182\",\"D009810302020082028182\"],"                       \
    "\"pins\":{\"01\":{\"value\":\"1234\",\"unblock\":{\"value\":\"12345678\"}},"                  \
    "\"11\":{\"value\":\"9999\"},\"0A\":{\"hex\":\"4444444444444444\"}},\"files\":{"               \
    "\"3F00\":{\"type\":\"df\",%s,\"proprietary\":\"83020800870101\"},"                            \
    "\"3F00/2F06\":{\"type\":\"linear-fixed\",\"sfi\":6,\"records\":4,\"record_length\":24,"       \
    "%s,\"content\":[\"%s\",\"8001019000800102A40683010A950108\","                                 \
    "\"80010190008001029700\",\"800103A406830181950108\"]},"                                       \
    "\"3F00/2F08\":{\"type\":\"transparent\",\"sfi\":8,\"size\":5,\"compact\":\"0100\","           \
    "\"content\":\"3C03020000\"},"                                                                 \
    "\"3F00/2FE2\":{\"type\":\"transparent\",\"sfi\":2,\"size\":10,\"compact\":\"0100\","          \
    "\"content\":\"988812010000400310F0\"},"                                                       \
    "\"3F00/2F10\":{\"type\":\"transparent\",\"sfi\":16,\"size\":8,\"compact\":\"00\","            \
    "\"content\":\"5EC2E7A19BD3F06C\"},"                                                           \
    "\"3F00/6F39\":{\"type\":\"cyclic\",\"sfi\":25,\"records\":3,\"record_length\":3,"             \
    "\"expanded\":\"84013290008001019000\",\"content\":[\"000000\",\"000000\",\"000000\"]},"       \
    "\"3F00/6F04\":{\"type\":\"ber-tlv\",\"sfi\":4,\"size\":400,\"arr\":\"2F06:1\","               \
    "\"content\":\"8103AABBCC\"},"                                                                 \
    "\"3F00/7F4D\":{\"type\":\"adf\",\"aid\":\"F0444D53432D554943430100\",%s},"                    \
    "\"3F00/7F4D/6F01\":{\"type\":\"cyclic\",\"sfi\":1,\"records\":4,\"record_length\":8,"         \
    "\"arr\":\"2F06:1\"},"                                                                         \
    "\"3F00/7F4D/6F02\":{\"type\":\"transparent\",\"sfi\":2,\"size\":300,\"arr\":\"2F06:1\"},"     \
    "\"3F00/7F4D/6F20\":{\"type\":\"linear-fixed\",\"sfi\":18,\"records\":2,\"record_length\":4,"  \
    "\"arr\":\"2F06:1\"},"                                                                         \
    "\"3F00/7FF1\":{\"type\":\"adf\",\"aid\":\"A0000000871004\",%s,"                               \
    "\"pins\":{\"81\":{\"value\":\"1111\"}}},"                                                     \
    "\"3F00/7FF1/6F3B\":{\"type\":\"transparent\",\"sfi\":27,\"size\":2,\"arr\":\"2F06:4\"}}}"

static const uint8_t secret[] = { 0x5E, 0xC2, 0xE7, 0xA1, 0x9B, 0xD3, 0xF0, 0x6C };

static const struct {
    const char *path;
    size_t size;
} files[] = {
    { "3F00/2F06", 96 },       { "3F00/2FE2", 10 },     { "3F00/7F4D/6F01", 32 },
    { "3F00/7F4D/6F02", 300 }, { "3F00/7F4D/6F20", 8 }, { "3F00/2F10", 8 },
    { "3F00/6F39", 9 },        { "3F00/6F04", 400 },    { "3F00/7FF1/6F3B", 2 },
};

/* Only INCREASE changes the counter, and unless it is torn only upwards. */
static void check_counter(struct dmsc_ctx *ctx, const struct dmsc_sim *sim, uint8_t ins,
                          uint32_t *last)
{
    struct dmsc_buf content;
    struct dmsc_rd r;
    uint32_t now;

    dmsc_buf_init(&content, ctx, CONTENT_MAX);
    assert(dmsc_sim_read(sim, "3F00/6F39", &content) == DMSC_OK);
    r = dmsc_rd(dmsc_buf_bytes(&content));
    now = dmsc_rd_u24(&r);
    if (dmsc_sim_counts(sim).torn == 0)
        assert(now == *last || (ins == 0x32 && now >= *last));
    *last = now;
    dmsc_buf_clear(&content);
}

static void command(struct dmsc_sim *sim, struct dmsc_bytes capdu)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n = 0;
    enum dmsc_err err;

    memset(rapdu, 0, sizeof(rapdu));
    err = dmsc_sim_transmit(sim, capdu, rapdu, &n);
    assert(err == DMSC_OK || err == DMSC_E_REMOVED);
    assert((err == DMSC_OK) == (n != 0));
    if (err != DMSC_OK)
        return;
    assert(n >= 2 && n <= sizeof(rapdu));
    for (size_t i = 0; i + sizeof(secret) <= n; i++)
        assert(memcmp(rapdu + i, secret, sizeof(secret)) != 0);
    if (rapdu[n - 2] == 0x98)
        return;
    assert(rapdu[n - 2] == 0x90 || rapdu[n - 2] == 0x91 || rapdu[n - 2] == 0x93 ||
           (rapdu[n - 2] & 0xF0) == 0x60);
}

static void order(struct dmsc_sim *sim, uint8_t byte, struct dmsc_bytes rest)
{
    switch (byte & 7) {
    case 0:
        dmsc_sim_power(sim, DMSC_POWER_RESET);
        break;
    case 1:
        dmsc_sim_power(sim, DMSC_POWER_COLD);
        break;
    case 2:
        dmsc_sim_power(sim, DMSC_POWER_OFF);
        break;
    case 3:
        dmsc_sim_tear_at(sim, 1, (enum dmsc_sim_tear)(byte >> 3 & 3));
        break;
    case 4:
        dmsc_sim_seed(sim, byte);
        break;
    default:
        (void)!dmsc_sim_queue(sim, rest);
        break;
    }
}

static void check_files(struct dmsc_ctx *ctx, const struct dmsc_sim *sim)
{
    static const uint8_t iccid[] = { 0x98, 0x88, 0x12, 0x01, 0x00, 0x00, 0x40, 0x03, 0x10, 0xF0 };
    struct dmsc_buf content;

    dmsc_buf_init(&content, ctx, CONTENT_MAX);
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert(dmsc_sim_read(sim, files[i].path, &content) == DMSC_OK);
        assert(content.n == files[i].size);
        if (i == 1)
            assert(dmsc_bytes_equal(dmsc_buf_bytes(&content), dmsc_bytes(iccid, sizeof(iccid))));
    }
    dmsc_buf_clear(&content);
}

/* What is dumped loads, and is then dumped as the same text. */
static void check_dump(struct dmsc_ctx *ctx, const struct dmsc_sim *sim)
{
    struct dmsc_sim *again = NULL;
    struct dmsc_buf first, second;

    dmsc_buf_init(&first, ctx, 1u << 20);
    dmsc_buf_init(&second, ctx, 1u << 20);
    assert(dmsc_sim_dump(sim, &first) == DMSC_OK);
    assert(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&first), NULL, NULL, &again) == DMSC_OK);
    assert(dmsc_sim_dump(again, &second) == DMSC_OK);
    assert(dmsc_bytes_equal(dmsc_buf_bytes(&first), dmsc_buf_bytes(&second)));
    dmsc_sim_free(again);
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
}

static struct dmsc_sim *card(struct dmsc_ctx *ctx, uint8_t how)
{
    bool open = (how & 8) != 0;
    const char *df = open ? "\"arr\":\"2F06:1\"" : "\"compact\":\"00\"";
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_sim *sim = NULL;
    char profile[4096];

    (void)snprintf(profile, sizeof(profile), PROFILE, df,
                   open ? "\"arr\":\"2F06:2\"" : "\"compact\":\"0100\"",
                   open ? "80017F90008401D49000" : "8001039000", df, df);
    options.t1 = (how & 1) != 0;
    options.lenient = (how & 2) != 0;
    assert(dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), NULL, &options, &sim) == DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    return sim;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_rd r = { data, size, false };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim;
    uint32_t counter = 0;
    uint8_t how = dmsc_rd_u8(&r);

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    sim = card(ctx, how);
    while (r.n > 0) {
        uint8_t n = dmsc_rd_u8(&r);

        if (n == 0) {
            order(sim, dmsc_rd_u8(&r), dmsc_bytes(r.p, r.n));
        } else {
            struct dmsc_bytes capdu = dmsc_rd_bytes(&r, n <= r.n ? n : r.n);

            command(sim, capdu);
            if ((how & 8) == 0)
                check_counter(ctx, sim, capdu.n > 1 ? capdu.p[1] : 0, &counter);
        }
    }
    if ((how & 8) == 0)
        check_files(ctx, sim);
    check_dump(ctx, sim);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    return 0;
}
