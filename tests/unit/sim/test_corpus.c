/* SPDX-License-Identifier: Apache-2.0 */
/* A whole real UICC, imported: every FCP and every content comes back byte for byte, through
 * commands, and the card refuses what the real one refused. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include "tests/unit/sim/card.h"
#include <dmsc/fcp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CORPUS                                                                                     \
    "../shared/corpus/card/fs/"                                                                    \
    "card_3b9f96801f878031e073fe211b674a4c753034054ba9_8988211000000467343.jsonl"
#define LINE_MAX_BYTES (1u << 20)
#define ATR            "3B9F96801F878031E073FE211B674A4C753034054BA9"

struct seen {
    unsigned rows, fcps, contents, records, absent, refused;
};

/* Data and SW of one command; DATA may be NULL. @return the SW */
static unsigned command(struct dmsc_sim *sim, const char *hex, struct dmsc_buf *ret_data)
{
    uint8_t rapdu[DMSC_RAPDU_MAX];
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf bytes;
    size_t n = 0;

    dmsc_buf_init(&bytes, ctx, 300);
    assert_int_equal(dmsc_hex_decode(hex, &bytes), DMSC_OK);
    assert_int_equal(dmsc_sim_transmit(sim, dmsc_buf_bytes(&bytes), rapdu, &n), DMSC_OK);
    if (ret_data != NULL)
        assert_int_equal(dmsc_buf_append(ret_data, dmsc_bytes(rapdu, n - 2)), DMSC_OK);
    dmsc_buf_clear(&bytes);
    dmsc_ctx_free(ctx);
    return (unsigned)rapdu[n - 2] << 8 | rapdu[n - 1];
}

/* "3f00/a0000000871002/6f07": from the MF step by step, an AID as a DF name. @return the last SW */
static unsigned select_path(struct dmsc_sim *sim, const char *fids, struct dmsc_buf *ret_fcp)
{
    unsigned sw = 0;

    for (const char *p = fids; *p != '\0';) {
        size_t n = strcspn(p, "/");
        char hex[64];

        (void)snprintf(hex, sizeof(hex), "00A4%s04%02X%.*s00", n == 4 ? "00" : "04",
                       (unsigned)(n / 2), (int)n, p);
        dmsc_buf_reset(ret_fcp);
        sw = command(sim, hex, ret_fcp);
        p += n + (p[n] == '/');
        /* A file that is not there ends the path; and then the DF must not be searched on. */
        if (sw != 0x9000 && sw != 0x6283)
            return *p == '\0' ? sw : 0x6A82;
    }
    return sw;
}

static void same_hex(const char *what, const char *fids, struct dmsc_bytes actual, const char *hex)
{
    char text[8192];

    assert_true(actual.n < sizeof(text) / 2 - 1);
    dmsc_hex_encode(actual, text);
    if (strcasecmp(text, hex) != 0)
        fail_msg("%s of %s is\n  %s, not\n  %s", what, fids, text, hex);
}

static void read_binary(struct dmsc_sim *sim, const char *fids, const char *hex,
                        struct dmsc_buf *data)
{
    size_t size = strlen(hex) / 2;

    dmsc_buf_reset(data);
    for (size_t at = 0; at < size; at += 256) {
        char read[16];

        (void)snprintf(read, sizeof(read), "00B0%04X00", (unsigned)at & 0x7FFF);
        if (command(sim, read, data) != 0x9000)
            fail_msg("%s cannot be read", fids);
    }
    same_hex("content", fids, dmsc_buf_bytes(data), hex);
}

static void read_records(struct dmsc_sim *sim, const char *fids, const json_t *records,
                         struct dmsc_buf *data, struct seen *seen)
{
    const char *number;
    json_t *record;

    json_object_foreach((json_t *)records, number, record)
    {
        char read[16];

        (void)snprintf(read, sizeof(read), "00B2%02X0400", (unsigned)strtoul(number, NULL, 10));
        dmsc_buf_reset(data);
        assert_int_equal(command(sim, read, data), 0x9000);
        same_hex("record", fids, dmsc_buf_bytes(data), json_string_value(record));
        seen->records++;
    }
}

/* A note tells what the real card answered to the READ: "got 6982". */
static void refuses_to_read(struct dmsc_sim *sim, const char *note, const char *fids,
                            struct seen *seen)
{
    unsigned wanted = 0, sw;

    if (note == NULL || strstr(note, " got 69") == NULL)
        return;
    assert_int_equal(sscanf(strstr(note, " got 69"), " got %x", &wanted), 1);
    sw = command(sim, strstr(fids, "af33") != NULL ? "00B2010420" : "00B0000000", NULL);
    if (sw != wanted)
        fail_msg("READ of %s is answered %04X, not %04X", fids, sw, wanted);
    seen->refused++;
}

static void compare(struct dmsc_sim *sim, const json_t *row, struct dmsc_buf *data,
                    struct seen *seen)
{
    const char *fids = json_string_value(json_object_get(row, "fids"));
    const char *fcp = json_string_value(json_object_get(row, "fcp"));
    const char *binary = json_string_value(json_object_get(row, "binary"));
    const json_t *records = json_object_get(row, "records");
    unsigned sw = select_path(sim, fids, data);

    seen->rows++;
    if (fcp == NULL) {
        if (sw != 0x6A82)
            fail_msg("%s is not on the real card, and here it is (%04X)", fids, sw);
        seen->absent++;
        return;
    }
    same_hex("FCP", fids, dmsc_buf_bytes(data), strcmp(fcp, "None") == 0 ? "" : fcp);
    assert_int_equal(sw, strstr(fcp, "8a0104") != NULL ? 0x6283 : 0x9000);
    seen->fcps++;
    if (binary != NULL)
        read_binary(sim, fids, binary, data);
    if (records != NULL)
        read_records(sim, fids, records, data, seen);
    seen->contents += binary != NULL || records != NULL;
    refuses_to_read(sim, json_string_value(json_object_get(row, "note")), fids, seen);
}

/* What record 3 of EF(ARR) of the USIM says: READ PIN1 (disabled there), UPDATE ADM1. */
static void keeps_its_rules(struct dmsc_sim *sim)
{
    card_send(sim, "00A4040C07A0000000871002");
    card_expect(sim, "00A4000C026F07", "9000");
    card_expect(sim, "00D60000 01 08", "6982");
    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "00D60000 01 08", "9000");
    dmsc_sim_power(sim, DMSC_POWER_RESET);
    /* PIN1 enabled: now it takes the PIN to read. */
    card_expect(sim, "0028000108 31323334FFFFFFFF", "9000");
    dmsc_sim_power(sim, DMSC_POWER_RESET);
    card_send(sim, "00A4040C07A0000000871002");
    card_expect(sim, "00B08700 01", "6982");
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    card_expect(sim, "00B08700 01", "08 9000");
    dmsc_sim_power(sim, DMSC_POWER_RESET);
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    card_expect(sim, "0026000108 31323334FFFFFFFF", "9000");
}

static struct dmsc_sim *imported(struct dmsc_ctx *ctx, const char *path)
{
    struct dmsc_sim_options options = { .t1 = true };
    struct dmsc_sim *sim = NULL;
    struct dmsc_buf profile;

    dmsc_buf_init(&profile, ctx, 8u << 20);
    if (dmsc_sim_import(ctx, path, NULL, &profile) != DMSC_OK ||
        dmsc_sim_new_text(ctx, dmsc_buf_bytes(&profile), NULL, NULL, &sim) != DMSC_OK)
        fail_msg("%s: %s", dmsc_diag_get(ctx)->where, dmsc_diag_get(ctx)->why);
    same_hex("ATR", "the card", dmsc_sim_atr(sim), ATR);
    dmsc_sim_free(sim);
    assert_int_equal(dmsc_sim_new_text(ctx, dmsc_buf_bytes(&profile), NULL, &options, &sim),
                     DMSC_OK);
    dmsc_buf_clear(&profile);
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    return sim;
}

static void a_real_card_reads_back(void **state)
{
    static char line[LINE_MAX_BYTES];
    struct seen seen = { 0 };
    char path[SUPPORT_PATH_MAX];
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    struct dmsc_buf data;
    FILE *f;

    (void)state;
    if (!support_exists(CORPUS))
        support_skip("no corpus of real cards at %s", CORPUS);
    ctx = card_ctx();
    support_path(CORPUS, path);
    sim = imported(ctx, path);
    keeps_its_rules(sim);
    /* The export was made with ADM1: files with compact rules (SC 1A) are in it. */
    dmsc_sim_power(sim, DMSC_POWER_RESET);
    card_expect(sim, "0020000A08 4444444444444444", "9000");
    dmsc_buf_init(&data, ctx, 65536);
    f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        json_t *row = json_loads(line, 0, NULL);

        assert_non_null(row);
        compare(sim, row, &data, &seen);
        json_decref(row);
    }
    (void)fclose(f);
    print_message("%u files: %u FCPs, %u contents with %u records, %u refused, %u absent\n",
                  seen.rows, seen.fcps, seen.contents, seen.records, seen.refused, seen.absent);
    assert_int_equal(seen.rows, 307);
    assert_int_equal(seen.fcps + seen.absent, 307);
    assert_int_equal(seen.contents, 226);
    assert_int_equal(seen.refused, 8);
    dmsc_buf_clear(&data);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_real_card_reads_back) };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), 1);
}
