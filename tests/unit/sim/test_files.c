/* SPDX-License-Identifier: Apache-2.0 */
/* Files that change outlive the process, lack of memory does no harm, and the complete profile is
 * what it says. */
#include "apdu/base/ctx.h"
#include "tests/support/fault.h"
#include "tests/unit/sim/rig.h"
#include <dmsc/fcp.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILES "tests/vectors/sim_files.json"

static int setup(void **state)
{
    int failed = rig_setup(state);
    struct rig *rig = *state;

    rig->options.t1 = true;
    return failed;
}

static struct dmsc_sim *open_card(const struct rig *rig)
{
    return card_open(rig->ctx, FILES, &rig->options);
}

static void changes_to_files_are_there_again(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = open_card(p);

    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "00E0000019 6217 82024121 83026F20 8A0105 8B032F0601 80020004 880168", "9000");
    card_expect(sim, "00D6000004 01020304", "9000");
    card_expect(sim,
                "00E000001E 621C 82027821 83025F10 8A0105 8B032F0601 81020100 C606900180 83010A",
                "9000");
    card_expect(sim, "00E0000016 6214 82024121 83024F01 8A0103 8B032F0601 80020002", "9000");
    card_expect(sim, "00A4000C", "9000");
    card_expect(sim, "80D400000A 6208 83026F02 80020030", "9000");
    card_expect(sim, "00E4000002 6F09", "9000");
    card_expect(sim, "0004000002 6F01", "9000");
    card_expect(sim, "80DB008405 8103 010203", "9000");
    /* Broken off: what came of it is gone. */
    card_expect(sim, "80DB008404 8208 0102", "63F1");
    card_expect(sim, "0026910108 31323334FFFFFFFF", "9000");
    card_expect(sim, "00A4040C09 A0000000871002FF01", "9000");
    card_expect(sim, "0020008108 30303030FFFFFFFF", "63C2");
    dmsc_sim_free(sim);

    sim = open_card(p);
    card_content(sim, "3F00/6F20", "01020304");
    card_expect(sim, "00A4000C026F09", "6A82");
    card_expect(sim, "00A4000C026F01", "6283");
    card_expect(sim, "00B0000001", "6984");
    card_expect(sim, "00A4000C026F02", "9000");
    card_expect(sim, "00B2060408", "FF*8 9000");
    card_expect(sim, "80CB0084015C00", "5C03 9F1F 81 9000");
    card_expect(sim, "00A4080404 5F10 4F01 00",
                "6214 82024121 83024F01 8A0103 8B032F0601 80020002 9000");
    /* The MF tells how much memory is left, and that the universal PIN stands for PIN1. */
    card_expect(sim, "00A40004023F0000",
                "6237 82027821 83023F00 A50C 800171 8304 00001FF4 870101 8A0105"
                "AB0B 80013F A40683010A950108 C60F 900160 830101 950108 830111 83010A 9000");
    card_expect(sim, "00A4040C09 A0000000871002FF01", "9000");
    card_expect(sim, "00200081", "63C2");
    card_expect(sim, "00A4040C09 A0000000871004FF01", "9000");
    card_expect(sim, "00200081", "63C3");
    dmsc_sim_free(sim);
}

static void a_terminated_card_stays_so(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = open_card(p);

    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "00FE0000", "9000");
    dmsc_sim_free(sim);
    sim = open_card(p);
    card_expect(sim, "00A4000C023F00", "6285");
    card_expect(sim, "00B0810001", "6985");
    dmsc_sim_free(sim);
}

/* A rule that leads nowhere, or into garbage, forbids all; the state is no worse for it. */
static void rules_that_lead_nowhere(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim = open_card(p);

    card_expect(sim, "0020000A08 4444444444444444", "9000");
    card_expect(sim, "00E0000018 6216 82024121 83026F20 8A0105 8B036F9901 80020004 8800", "9000");
    card_expect(sim, "00B0000004", "6982");
    card_expect(sim, "00A4000C022F06", "9000");
    card_expect(sim, "00DC010440 00*64", "9000");
    card_expect(sim, "00A4000C026F01", "9000");
    card_expect(sim, "00B0000001", "6982");
    dmsc_sim_free(sim);
    sim = open_card(p);
    card_expect(sim, "00A4000C026F20", "9000");
    card_expect(sim, "00B0000004", "6982");
    card_expect(sim, "00A4000C026F01", "9000");
    card_expect(sim, "00B0000001", "6982");
    /* Written well again, it counts at once, and after a reset. */
    card_expect(sim, "00A4000C022F06", "9000");
    card_expect(sim, "00DC010440 8001019000 FF*59", "9000");
    card_expect(sim, "00A4000C026F01", "9000");
    card_expect(sim, "00B0000001", "00 9000");
    dmsc_sim_free(sim);
    sim = open_card(p);
    card_expect(sim, "00B0810001", "00 9000");
    dmsc_sim_free(sim);
}

static void files_come_and_go_without_a_trace(void **state)
{
    struct rig *p = *state;
    struct dmsc_sim *sim;
    struct dmsc_buf before, after;

    p->options.state_path = NULL;
    sim = open_card(p);
    dmsc_buf_init(&before, p->ctx, 1u << 20);
    dmsc_buf_init(&after, p->ctx, 1u << 20);
    card_expect(sim, "0020000A08 4444444444444444", "9000");
    assert_int_equal(dmsc_sim_dump(sim, &before), DMSC_OK);
    for (unsigned i = 0; i < 300; i++) {
        char create[128];

        card_expect(sim, "00A4000C", "9000");
        (void)snprintf(create, sizeof(create),
                       "00E0000018 6216 82024121 8302%04X 8A0105 8B032F0601 8002%04X 8800",
                       0x4000 + i, i + 1);
        card_expect(sim, create, i < 179 ? "9000" : "6A84"); /* 8192 bytes are free */
        if (i % 2 == 0)
            continue;
        (void)snprintf(create, sizeof(create), "00E4000002 %04X", 0x4000 + i);
        card_send(sim, create);
    }
    for (unsigned i = 0; i < 300; i += 2) {
        char delete[32];

        (void)snprintf(delete, sizeof(delete), "00E4000002 %04X", 0x4000 + i);
        card_send(sim, delete);
    }
    assert_int_equal(dmsc_sim_dump(sim, &after), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&before), dmsc_buf_str(&after));
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&after);
    dmsc_sim_free(sim);
}

static bool says(const uint8_t *rapdu, size_t n, unsigned sw)
{
    return ((unsigned)rapdu[n - 2] << 8 | rapdu[n - 1]) == sw;
}

static const char *const changes[] = {
    "0020000A084444444444444444",
    "00E0000019621782024121 83026F208A01058B032F060180020004880168",
    "00E000001E621C8202782183025F108A01058B032F060181020100C60690018083010A",
    "00A4000C",
    "80D400000A620883026F0280020030",
    "80D400000A620883026F2080020040",
    "00E40000026F09",
    "00E40000025F10",
    "8076000004010103010A",
};

/* Every failure of memory is one status word, and the card can still be dumped and loaded. */
static enum dmsc_err change_scenario(struct dmsc_ctx *ctx, void *user)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_sim_options options = { .t1 = true };
    struct dmsc_sim *sim = NULL;
    enum dmsc_err err;

    (void)user;
    support_path(FILES, path);
    err = dmsc_sim_new(ctx, path, &options, &sim);
    if (err != DMSC_OK)
        return err;
    dmsc_sim_power(sim, DMSC_POWER_COLD);
    for (unsigned i = 0; err == DMSC_OK && i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t capdu[64], rapdu[DMSC_RAPDU_MAX];
        char hex[200];
        size_t n = 0, length;

        card_hex(changes[i], hex, sizeof(hex));
        length = strlen(hex) / 2;
        for (size_t at = 0; at < length; at++) {
            unsigned byte = 0;

            assert_int_equal(sscanf(hex + 2 * at, "%2X", &byte), 1);
            capdu[at] = (uint8_t)byte;
        }
        err = dmsc_sim_transmit(sim, dmsc_bytes(capdu, length), rapdu, &n);
        assert_int_equal(err, DMSC_OK);
        if (says(rapdu, n, 0x6A84) || says(rapdu, n, 0x6581))
            err = DMSC_E_NOMEM;
        else
            assert_true(says(rapdu, n, 0x9000));
    }
    card_content(sim, "3F00/6F07", "0102");
    card_content(sim, "3F00/7FF1/6F3B", "0202");
    card_expect(sim, "00A4040C09 A0000000871004FF01", "9000");
    card_expect(sim, "0020008108 32323232FFFFFFFF", "9000");
    card_expect(sim, "00B09B0002", "0202 9000");
    dmsc_sim_free(sim);
    return err;
}

static enum dmsc_err import_scenario(struct dmsc_ctx *ctx, void *user)
{
    char path[SUPPORT_PATH_MAX];
    struct dmsc_buf profile;
    enum dmsc_err err;

    (void)user;
    support_path("tests/fuzz/corpus/sim_import/small", path);
    dmsc_buf_init(&profile, ctx, 1u << 20);
    err = dmsc_sim_import(ctx, path, "3B00", &profile);
    assert_true((err == DMSC_OK) == (profile.n > 0));
    dmsc_buf_clear(&profile);
    return err;
}

static void no_memory_at_any_point(void **state)
{
    (void)state;
    assert_true(fault_torture(change_scenario, NULL) > 50);
    assert_true(fault_torture(import_scenario, NULL) > 20);
}

struct tally {
    unsigned dfs, efs, bytes;
};

/* Every file of the profile: selected by its path, its FCP decoded, its content read. */
static void visit(struct dmsc_sim *sim, const char *path, const json_t *file, struct tally *tally)
{
    const char *type = json_string_value(json_object_get(file, "type"));
    char select[160];
    const char *own = strlen(path) > 9 ? path + 10 : "";

    card_send(sim, "00A4000C");
    if (strncmp(path, "3F00/7FF0", 9) == 0)
        card_expect(sim, "00A4040C07 A0000000871002", "9000");
    else if (strncmp(path, "3F00/7FF1", 9) == 0)
        card_expect(sim, "00A4040C07 A0000000871004", "9000");
    else
        own = strlen(path) > 4 ? path + 5 : "";
    if (own[0] != '\0') {
        char digits[64] = "";
        size_t n = 0;

        for (const char *s = own; *s != '\0'; s++) {
            if (*s != '/')
                digits[n++] = *s;
        }
        (void)snprintf(select, sizeof(select), "00A4090C%02X%s", (unsigned)n / 2, digits);
        card_expect(sim, select, "9000");
    }
    if (strcmp(type, "df") == 0 || strcmp(type, "adf") == 0) {
        tally->dfs++;
        return;
    }
    tally->efs++;
    if (strcmp(type, "transparent") == 0)
        card_send(sim, "00B0000000");
}

static void the_complete_profile(void **state)
{
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim_options t1 = { .t1 = true };
    struct dmsc_sim *sim = card_new(ctx, "usim", &t1);
    struct tally tally = { 0 };
    char path[SUPPORT_PATH_MAX];
    const char *name;
    json_t *profile, *file;

    (void)state;
    support_path("card-scripts/usim.json", path);
    profile = json_load_file(path, 0, NULL);
    assert_non_null(profile);
    json_object_foreach(json_object_get(profile, "files"), name, file)
    {
        if (strstr(name, "A00000015141434C00") == NULL)
            visit(sim, name, file, &tally);
    }
    json_decref(profile);
    print_message("%u DFs, %u EFs\n", tally.dfs, tally.efs);
    assert_true(tally.dfs >= 16 && tally.efs >= 220);
    /* PIN2 of the USIM is its own; the access rules are those of TS 31.102 4.2. */
    card_expect(sim, "00A4040C07 A0000000871002", "9000");
    card_expect(sim, "00B0870009", "6982");
    card_expect(sim, "0020000108 31323334FFFFFFFF", "9000");
    card_expect(sim, "00B0870009", "080910101032547698 9000");
    card_expect(sim, "00D6870001 08", "6982");
    card_expect(sim, "00A4000C026F3B", "9000");
    card_expect(sim, "00DC01041C FF*28", "6982");
    card_expect(sim, "0020008108 35363738FFFFFFFF", "9000");
    card_expect(sim, "00DC01041C FF*28", "9000");
    card_expect(sim, "80329C0003 000001 00", "000001 000001 9000");
    /* DF.5GS: EF(Routing_Indicator) by SFI 0A, EF(URSP) takes objects from ADM1 alone. */
    card_expect(sim, "00A4000C025FC0", "9000");
    card_expect(sim, "00B08A0004", "F0FFFFFF 9000");
    card_expect(sim, "80DB008B03 8001AA", "6982");
    card_expect(sim, "80CB008B015C00", "5C00 9000");
    /* ISIM, and the access rules of the card for applications (GPD_SPE_013 4.1). */
    card_expect(sim, "00A4040C07 A0000000871004", "9000");
    card_expect(sim, "00B0820004", "80313030 9000");
    card_expect(sim, "00A4040409 A00000015141434C00 00", "6F0D 8409A00000015141434C00 A500 9000");
    card_expect(sim, "80CADF2000", "DF20 08 0000000000000001 9000");
    card_expect(sim, "80CAFF4000",
                "FF40 2B E229 E118 4F00 C114 0102030405060708090A0B0C0D0E0F1011121314"
                "E30D D00101 DB080000000000000001 9000");
    card_expect(sim, "80CA006600", "6A88");
    card_expect(sim, "00A4000C", "9000");
    card_expect(sim, "80CAFF4000", "6D00");
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

static void faults_are_understood_or_refused(void **state)
{
    static const char *const wrong[] = { "",
                                         "sw",
                                         "sw=9",
                                         "sw=12345",
                                         "flip=1",
                                         "cut",
                                         "cut=half",
                                         "long=0",
                                         "long=999",
                                         "sw=6F00,at=0",
                                         "sw=6F00,ins=1FF",
                                         "sw=6F00,at=x",
                                         "sw=6F00,byte=3",
                                         "silence,chance=1001",
                                         "silence,,at=1",
                                         "noise" };
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
    struct dmsc_sim_timing pages = { .page_size = 257 };

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(dmsc_sim_fault_text(sim, wrong[i]), DMSC_E_ARG);
        assert_string_equal(dmsc_diag_get(ctx)->reason, "fault:text");
        assert_string_not_equal(dmsc_diag_get(ctx)->hint, "");
    }
    card_expect(sim, "80F2000C", "9000");
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(dmsc_sim_fault_text(sim, "sw=6F00,at=1000,times=2,chance=1000"), DMSC_OK);
    assert_int_equal(dmsc_sim_fault_text(sim, "flip"), DMSC_E_LIMIT);
    assert_int_equal(dmsc_sim_set_timing(sim, &pages), DMSC_E_ARG);
    dmsc_sim_free(sim);
    dmsc_ctx_free(ctx);
}

/* The same seed, the same run. */
static void a_run_can_be_repeated(void **state)
{
    char first[2048] = "", second[2048] = "";

    (void)state;
    for (unsigned run = 0; run < 2; run++) {
        struct dmsc_ctx *ctx = card_ctx();
        struct dmsc_sim *sim = card_new(ctx, "blank", NULL);
        char *to = run == 0 ? first : second;

        dmsc_sim_seed(sim, 20261120);
        assert_int_equal(dmsc_sim_fault_text(sim, "flip,chance=300"), DMSC_OK);
        assert_int_equal(dmsc_sim_fault_text(sim, "silence,chance=100"), DMSC_OK);
        for (unsigned i = 0; i < 60; i++) {
            static const uint8_t read[] = { 0x00, 0xB0, 0x82, 0x00, 0x0A };
            uint8_t rapdu[DMSC_RAPDU_MAX];
            size_t n = 0;

            if (dmsc_sim_transmit(sim, dmsc_bytes(read, sizeof(read)), rapdu, &n) == DMSC_OK)
                dmsc_hex_encode(dmsc_bytes(rapdu, n), to + strlen(to));
        }
        assert_true(dmsc_sim_counts(sim).faults > 5);
        dmsc_sim_free(sim);
        dmsc_ctx_free(ctx);
    }
    assert_string_equal(first, second);
}

static void broken_exports_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "there is no file" },
        { "no json\n", "object" },
        { "{\"path\": \"MF\"}\n", "object" },
        { "{\"fids\": \"3f00\", \"fcp\": \"62\"}\n", "256 bytes" },
        { "{\"fids\": \"3f00\", \"fcp\": \"62038001\"}\n", "no FCP" },
        { "{\"fids\": \"3f00/2f00\", \"fcp\": \"62088202412183022f00\"}\n", "no file above" },
    };
    struct rig *p = *state;
    char path[SUPPORT_PATH_MAX + 64];
    struct dmsc_buf profile;

    dmsc_buf_init(&profile, p->ctx, 1u << 20);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/card_3b00_1.jsonl", p->directory);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(cases[i].text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(dmsc_sim_import(p->ctx, path, NULL, &profile), DMSC_E_MALFORMED);
        if (strstr(dmsc_diag_get(p->ctx)->why, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].text, dmsc_diag_get(p->ctx)->why);
        assert_int_equal(profile.n, 0);
    }
    (void)snprintf(path, sizeof(path), "%s/export.jsonl", p->directory);
    assert_int_equal(dmsc_sim_import(p->ctx, path, NULL, &profile), DMSC_E_ARG);
    assert_int_equal(dmsc_sim_import(p->ctx, path, "3B00", &profile), DMSC_E_MALFORMED);
    dmsc_buf_clear(&profile);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_to_files_are_there_again),
        TEST(a_terminated_card_stays_so),
        TEST(rules_that_lead_nowhere),
        TEST(files_come_and_go_without_a_trace),
        cmocka_unit_test(no_memory_at_any_point),
        cmocka_unit_test(the_complete_profile),
        cmocka_unit_test(faults_are_understood_or_refused),
        cmocka_unit_test(a_run_can_be_repeated),
        TEST(broken_exports_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
