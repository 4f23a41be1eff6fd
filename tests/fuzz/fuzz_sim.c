/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card under any sequence of commands. The input is records: one byte of kind and length, then
 * that many bytes: a command (as it is), or with the length 0 an order from the byte behind. The
 * answers are whole, sizes of files stay, ICCID (UPDATE NEVER) stays, and the card can be dumped.
 */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <string.h>

#define CONTENT_MAX 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A small card with one of each: no bulk, so that a run is quick. */
static const char profile[] =
    "{\"atr\":\"3B9F96801F878031E073FE211B674A357530350265F8\",\"channels\":4,"
    "\"proactive\":[\"D009810301010482028182\",\"D009810302020082028182\"],"
    "\"pins\":{\"01\":{\"value\":\"1234\",\"unblock\":{\"value\":\"12345678\"}},"
    "\"0A\":{\"hex\":\"4444444444444444\"}},\"files\":{"
    "\"3F00\":{\"type\":\"df\",\"arr\":\"2F06:1\"},"
    "\"3F00/2F06\":{\"type\":\"linear-fixed\",\"sfi\":6,\"records\":3,\"record_length\":24,"
    "\"arr\":\"2F06:2\",\"content\":[\"80017F9000\",\"8001019000800102A40683010A950108\","
    "\"80010190008001029700\"]},"
    "\"3F00/2FE2\":{\"type\":\"transparent\",\"sfi\":2,\"size\":10,\"compact\":\"0100\","
    "\"content\":\"988812010000400310F0\"},"
    "\"3F00/7F4D\":{\"type\":\"adf\",\"aid\":\"F0444D53432D554943430100\",\"arr\":\"2F06:1\"},"
    "\"3F00/7F4D/6F01\":{\"type\":\"cyclic\",\"sfi\":1,\"records\":4,\"record_length\":8,"
    "\"arr\":\"2F06:1\"},"
    "\"3F00/7F4D/6F02\":{\"type\":\"transparent\",\"sfi\":2,\"size\":300,\"arr\":\"2F06:1\"},"
    "\"3F00/7F4D/6F20\":{\"type\":\"linear-fixed\",\"sfi\":18,\"records\":2,\"record_length\":4,"
    "\"arr\":\"2F06:1\"}}}";

static const struct {
    const char *path;
    size_t size;
} files[] = {
    { "3F00/2F06", 72 },       { "3F00/2FE2", 10 },     { "3F00/7F4D/6F01", 32 },
    { "3F00/7F4D/6F02", 300 }, { "3F00/7F4D/6F20", 8 },
};

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_rd r = { data, size, false };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf dump;
    uint8_t how = dmsc_rd_u8(&r);

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    options.t1 = (how & 1) != 0;
    options.lenient = (how & 2) != 0;
    assert(dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), NULL, &options, &sim) == DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    while (r.n > 0) {
        uint8_t n = dmsc_rd_u8(&r);

        if (n == 0)
            order(sim, dmsc_rd_u8(&r), dmsc_bytes(r.p, r.n));
        else
            command(sim, dmsc_rd_bytes(&r, n <= r.n ? n : r.n));
    }
    check_files(ctx, sim);
    dmsc_buf_init(&dump, ctx, 1u << 20);
    assert(dmsc_sim_dump(sim, &dump) == DMSC_OK);
    dmsc_buf_clear(&dump);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    return 0;
}
