/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the card that have keys, under any sequence of commands: AUTHENTICATE, secured
 * packets in ENVELOPEs, toolkit rules and the applet, SCP03. The input is records as in fuzz_sim: a
 * byte of length and a command; with the length 0 a reset. With the length 1 the byte behind and
 * the rest, up to 120 bytes, become a short message for remote management, so that a fuzzer need
 * not find its wrapping: the applications of the card ask for no security, and the script runs.
 *
 * Afterwards: files keep their sizes, what nobody may write is as it was, the counter of the key
 * set moved for its own packet at most, and the dump loads.
 */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/sim.h>
#include <string.h>

#define DUMP_MAX (1u << 20)
#define TEXT_MAX 120u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char profile[] =
    "{\"atr\":\"3B9F96801F878031E073FE211B674A357530350265F8\",\"channels\":4,"
    "\"pins\":{\"01\":{\"value\":\"1234\",\"enabled\":false},\"0A\":{\"hex\":\"4444444444444444\"}}"
    ","
    "\"authentication\":{\"3F00/7FF0\":{\"k\":\"465B5CE8B199B49FAA5F0A2EE238A6BC\","
    "\"op\":\"CDC202D5123E20F62B6D676AC72CB318\",\"sqn\":\"FF9BB4D0B606\"}},"
    "\"scp03\":[{\"application\":\"3F00/7F4D\",\"version\":\"30\","
    "\"enc\":\"000102030405060708090A0B0C0D0E0F\",\"mac\":\"101112131415161718191A1B1C1D1E1F\","
    "\"dek\":\"202122232425262728292A2B2C2D2E2F\"}],"
    "\"ota\":{\"keys\":{\"2\":{\"kic\":\"200102030405060708090A0B0C0D0E0F\","
    "\"kid\":\"201102030405060708090A0B0C0D0E0F\"}},\"applications\":{"
    "\"000001\":{\"msl\":\"00\",\"application\":\"3F00/7F4D\",\"refresh\":true},"
    "\"444D53\":{\"msl\":\"16\",\"application\":\"3F00/7F4D\",\"access\":[\"0A\"]}}},"
    "\"toolkit\":{\"applet\":{\"url\":\"http://192.0.2.1/\",\"file\":\"3F00/7F4D/"
    "6F02\"},\"rules\":["
    "{\"on\":\"menu\",\"number\":\"01\",\"pull\":true},"
    "{\"on\":\"timer\",\"number\":\"01\",\"send\":[\"D009810301020082028182\"]}]},"
    "\"files\":{\"3F00\":{\"type\":\"df\",\"compact\":\"00\"},"
    "\"3F00/2FE2\":{\"type\":\"transparent\",\"sfi\":2,\"size\":10,\"compact\":\"0100\","
    "\"content\":\"988812010000400310F0\"},"
    "\"3F00/7FF0\":{\"type\":\"adf\",\"aid\":\"A0000000871002FFFFFFFF8907090000\",\"compact\":"
    "\"00\"},"
    "\"3F00/7FF0/6FD6\":{\"type\":\"transparent\",\"size\":60,\"compact\":\"030000\"},"
    "\"3F00/7FF0/6FDA\":{\"type\":\"linear-fixed\",\"records\":2,\"record_length\":60,\"compact\":"
    "\"0100\"},"
    "\"3F00/7F4D\":{\"type\":\"adf\",\"aid\":\"F0444D53432D554943430100\",\"compact\":\"00\"},"
    "\"3F00/7F4D/6F01\":{\"type\":\"cyclic\",\"sfi\":1,\"records\":4,\"record_length\":8,"
    "\"compact\":\"030000\"},"
    "\"3F00/7F4D/6F02\":{\"type\":\"transparent\",\"sfi\":2,\"size\":40,\"compact\":\"0100\"}}}";

static const struct {
    const char *path;
    size_t size;
} files[] = {
    { "3F00/2FE2", 10 },      { "3F00/7FF0/6FD6", 60 }, { "3F00/7FF0/6FDA", 120 },
    { "3F00/7F4D/6F01", 32 }, { "3F00/7F4D/6F02", 40 },
};

static void command(struct dmsc_sim *sim, struct dmsc_bytes capdu)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n = 0;

    if (dmsc_sim_transmit(sim, capdu, rapdu, &n) != DMSC_OK)
        return;
    assert(n >= 2 && n <= sizeof(rapdu));
    assert(rapdu[n - 2] >= 0x90 || (rapdu[n - 2] & 0xF0) == 0x60);
}

/* ENVELOPE (SMS-PP DOWNLOAD) around a packet without security for TAR 000001. */
static void message(struct dmsc_sim *sim, uint8_t flags, struct dmsc_bytes script)
{
    uint8_t bytes[200];
    struct dmsc_wr w = dmsc_wr(bytes, sizeof(bytes));
    size_t packet = 16 + script.n, tpdu = 3 + packet + 15;

    dmsc_wr_bytes(&w, dmsc_bytes("\x80\xC2\x00\x00", 4));
    dmsc_wr_u8(&w, (uint8_t)(tpdu + 6 + (tpdu > 127 ? 1 : 0) + (tpdu + 6 > 127 ? 3 : 2)));
    dmsc_wr_u8(&w, 0xD1);
    if (tpdu + 6 > 127)
        dmsc_wr_u8(&w, 0x81);
    dmsc_wr_u8(&w, (uint8_t)(tpdu + 6 + (tpdu > 127 ? 1 : 0)));
    dmsc_wr_bytes(&w, dmsc_bytes("\x82\x02\x83\x81\x8B", 5));
    if (tpdu > 127)
        dmsc_wr_u8(&w, 0x81);
    dmsc_wr_u8(&w, (uint8_t)tpdu);
    dmsc_wr_bytes(&w,
                  dmsc_bytes("\x40\x08\x81\x21\x43\x65\x87\x7F\xF6\x22\x70\x52\x00\x00\x00", 15));
    dmsc_wr_u8(&w, (uint8_t)(packet + 2));
    dmsc_wr_bytes(&w, dmsc_bytes("\x02\x70\x00", 3));
    dmsc_wr_u16(&w, (uint16_t)(14 + script.n));
    dmsc_wr_u8(&w, 13);
    dmsc_wr_u8(&w, 0);
    dmsc_wr_u8(&w, flags & 0x21);
    dmsc_wr_bytes(&w, dmsc_bytes("\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 11));
    dmsc_wr_bytes(&w, script);
    command(sim, dmsc_bytes(bytes, w.n));
}

static void check(struct dmsc_ctx *ctx, const struct dmsc_sim *sim)
{
    static const uint8_t iccid[] = { 0x98, 0x88, 0x12, 0x01, 0x00, 0x00, 0x40, 0x03, 0x10, 0xF0 };
    struct dmsc_sim *again = NULL;
    struct dmsc_buf content;
    const char *counter;

    dmsc_buf_init(&content, ctx, DUMP_MAX);
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert(dmsc_sim_read(sim, files[i].path, &content) == DMSC_OK);
        assert(content.n == files[i].size);
        if (i == 0)
            assert(dmsc_bytes_equal(dmsc_buf_bytes(&content), dmsc_bytes(iccid, sizeof(iccid))));
    }
    dmsc_buf_reset(&content);
    assert(dmsc_sim_dump(sim, &content) == DMSC_OK);
    /* One packet that KID of key set 2 made is known, in the seeds, and none else can be. */
    counter = strstr(dmsc_buf_str(&content), "\"counter\": \"000000000");
    assert(counter != NULL && (counter[21] == '0' || counter[21] == '1'));
    assert(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&content), NULL, NULL, &again) == DMSC_OK);
    dmsc_sim_free(again);
    dmsc_buf_clear(&content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_sim_options options = DMSC_SIM_OPTIONS_INIT;
    struct dmsc_rd r = { data, size, false };
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_sim *sim = NULL;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK)
        return 0;
    options.t1 = (dmsc_rd_u8(&r) & 1) != 0;
    assert(dmsc_sim_new_text(ctx, dmsc_bytes_str(profile), NULL, &options, &sim) == DMSC_OK);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    while (r.n > 0) {
        uint8_t n = dmsc_rd_u8(&r);

        if (n == 0) {
            dmsc_sim_power(sim, DMSC_POWER_RESET);
        } else if (n == 1) {
            uint8_t flags = dmsc_rd_u8(&r);

            message(sim, flags, dmsc_rd_bytes(&r, r.n < TEXT_MAX ? r.n : TEXT_MAX));
        } else {
            command(sim, dmsc_rd_bytes(&r, n <= r.n ? n : r.n));
        }
    }
    check(ctx, sim);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
    return 0;
}
