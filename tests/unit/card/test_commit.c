/* SPDX-License-Identifier: Apache-2.0 */
/* Write-back: the worked example byte for byte, moves, refusals, and a power cut at every UPDATE.
 */
#include "tests/unit/card/card_fixture.h"
#include <stdio.h>
#include <string.h>

#define BODY1     "<MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>"
#define BODY2     "{\"./Vendor/Fleet\":{\"poll\":3600}}"
#define BODY2_NEW "{\"./Vendor/Fleet\":{\"poll\":7200}}"

static struct dmsc_card_change change_of(uint8_t id, const char *body)
{
    return (struct dmsc_card_change){ .id = id, .body = dmsc_bytes_str(body) };
}

static void assert_file(struct card_fixture *f, const char *path, size_t offset, const char *hex)
{
    struct dmsc_buf is, want;

    dmsc_buf_init(&is, f->ctx, 65536);
    dmsc_buf_init(&want, f->ctx, 65536);
    assert_int_equal(dmsc_sim_read(f->sim, path, &is), DMSC_OK);
    assert_int_equal(dmsc_hex_decode(hex, &want), DMSC_OK);
    assert_true(is.n >= offset + want.n);
    assert_memory_equal(is.p + offset, want.p, want.n);
    dmsc_buf_clear(&want);
    dmsc_buf_clear(&is);
}

/* docs/card-application.md, "Writing": MO 2 changes, G 9 to 10. */
static void the_worked_example(void **state)
{
    struct card_fixture f;
    struct dmsc_card_change change = change_of(2, BODY2_NEW);
    struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
    struct dmsc_card_header h;
    struct dmsc_card_image image;
    struct dmsc_sim_counts before, after;

    (void)state;
    card_fixture_open(&f, "example.json");
    commit.adm = &f.adm;
    commit.commit_time = 0x6955C710;
    before = dmsc_sim_counts(f.sim);
    assert_int_equal(dmsc_card_commit(f.card, &commit, &h), DMSC_OK);
    after = dmsc_sim_counts(f.sim);
    assert_int_equal(after.nvm_writes - before.nvm_writes, 3);
    assert_int_equal(h.generation, 10);
    assert_file(&f, "3F00/7F4D/6F10", 32,
                "7B222E2F56656E646F722F466C656574223A7B22706F6C6C223A373230307D7D");
    assert_file(
        &f, "3F00/7F4D/6F04", 0,
        "4D4F58100000000A00400020"
        "A13080010181010382 0B2E2F444D4163632F4F704183010184066F110000002985040000000986 04"
        "B3787DF1870101880101"
        "A133800102810120820E2E2F56656E646F722F466C65657483010384066F10002000208504 0000000A"
        "8604E7803FDF870102880103");
    assert_file(&f, "3F00/7F4D/6F01", 0,
                "444D1004 0000000A AFC79B4430606431 00000007 0000000A DB8A6F34 C3A6B1CA 0126 0073 "
                "6955C710 00000000 B6384D1E");
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_body(&image, 1, BODY1);
    assert_body(&image, 2, BODY2_NEW);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void add_replace_and_remove(void **state)
{
    struct card_fixture f;
    struct dmsc_mo_entry added = { .type = DMSC_MO_URN,
                                   .urn = (char[]){ "urn:x:y" },
                                   .path = (char[]){ "./X" },
                                   .encoding = DMSC_MO_JSON,
                                   .fid = DMSC_CARD_FID_POOL1,
                                   .owner = 1,
                                   .flags = DMSC_MO_FLAG_PURGE };
    struct dmsc_card_change changes[3];
    struct dmsc_card_commit commit = { .changes = changes, .change_count = 3, .writer = 2 };
    struct dmsc_card_image image;

    (void)state;
    card_fixture_open(&f, "example.json");
    commit.adm = &f.adm;
    changes[0] = change_of(7, "{}");
    changes[0].entry = &added;
    changes[1] = (struct dmsc_card_change){ .id = 2, .remove = true };
    changes[2] = change_of(1, "<MgmtTree/>");
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_OK);
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_int_equal(image.header.writer, 2);
    assert_int_equal(image.index.count, 2);
    assert_null(dmsc_mo_index_by_id(&image.index, 2));
    assert_string_equal(dmsc_mo_index_by_id(&image.index, 7)->urn, "urn:x:y");
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 7)->version, 10);
    assert_body(&image, 7, "{}");
    assert_body(&image, 1, "<MgmtTree/>");
    dmsc_card_image_clear(&image);

    /* Its place becomes another one: the entry is replaced. */
    added.fid = DMSC_CARD_FID_POOL0;
    commit.change_count = 1;
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_OK);
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_int_equal(image.index.count, 2);
    assert_int_equal(dmsc_mo_index_by_id(&image.index, 7)->fid, DMSC_CARD_FID_POOL0);
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void a_new_list(void **state)
{
    struct card_fixture f;
    struct dmsc_card_commit commit = DMSC_CARD_COMMIT_INIT;
    struct dmsc_card_image image, after;
    struct dmsc_card_read_options options = DMSC_CARD_READ_OPTIONS_INIT;

    (void)state;
    card_fixture_open(&f, "example.json");
    commit.adm = &f.adm;
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    image.list.entries[0].priority = 9;
    commit.list = &image.list;
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_OK);
    options.pin = &f.pin;
    options.trust = &card_fixture_trust;
    /* Not signed, while the header still demands it. */
    assert_reason(&f, dmsc_card_read(f.card, &options, &after), DMSC_E_UNTRUSTED, "mal:unsigned");
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
}

static void refusals(void **state)
{
    static const struct dmsc_card_header other = { .generation = 8 };
    struct card_fixture f;
    struct dmsc_card_change change = change_of(9, "x");
    struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
    struct dmsc_secret wrong = DMSC_SECRET_INIT;
    struct dmsc_sim_counts counts;
    struct dmsc_buf big;
    uint8_t *p;

    (void)state;
    card_fixture_open(&f, "example.json");
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_PIN, "card:adm-needed");
    commit.adm = &f.adm;
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_NOTFOUND, "card:no-instance");
    change = change_of(2, "");
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_ARG, "card:empty-body");
    change = change_of(2, "x");
    commit.expected = &other;
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_AGAIN, "card:changed");
    commit.expected = NULL;
    dmsc_buf_init(&big, f.ctx, 65536);
    assert_int_equal(dmsc_buf_reserve(&big, 16384, &p), DMSC_OK);
    memset(p, 'x', 16384);
    dmsc_buf_commit(&big, 16384);
    change.body = dmsc_buf_bytes(&big);
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_LIMIT, "card:pool-full");
    change = change_of(2, "x");
    assert_int_equal(dmsc_secret_set(&wrong, f.ctx, dmsc_bytes_str("99999999")), DMSC_OK);
    commit.adm = &wrong;
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_E_PIN);
    counts = dmsc_sim_counts(f.sim);
    assert_int_equal(counts.nvm_writes, 0);
    dmsc_secret_clear(&wrong);
    dmsc_buf_clear(&big);
    card_fixture_close(&f);

    /* Flag b6 of the header. */
    card_fixture_open_text(
        &f, "{\"base\":\"example.json\",\"files\":{\"3F00/7F4D/6F01\":{\"content\":["
            "\"444D102600000009AFC79B44306064310000000700000009DB8A6F341E8019C5012600736955B90000"
            "00000015DC8D01\"]}}}");
    commit.adm = &f.adm;
    assert_reason(&f, dmsc_card_commit(f.card, &commit, NULL), DMSC_E_REFUSED, "card:locked");
    card_fixture_close(&f);
}

static void fill(struct dmsc_buf *buf, char c, size_t n)
{
    uint8_t *p;

    dmsc_buf_reset(buf);
    assert_int_equal(dmsc_buf_reserve(buf, n, &p), DMSC_OK);
    memset(p, c, n);
    dmsc_buf_commit(buf, n);
}

/* Bodies of 4000 bytes with holes between them: none of 6000 fits until one was moved. */
static void a_fragmented_pool_is_put_together(void **state)
{
    struct card_fixture f;
    struct dmsc_mo_entry entry = { .type = DMSC_MO_CONN,
                                   .path = (char[]){ "./C" },
                                   .encoding = DMSC_MO_TNDS_XML,
                                   .fid = DMSC_CARD_FID_POOL0,
                                   .owner = 1 };
    struct dmsc_card_change changes[4];
    struct dmsc_card_commit commit = { .changes = changes };
    struct dmsc_card_header before, after;
    struct dmsc_card_image image;
    struct dmsc_buf body;

    (void)state;
    card_fixture_open(&f, "example.json");
    commit.adm = &f.adm;
    dmsc_buf_init(&body, f.ctx, 65536);
    fill(&body, 'a', 4000);
    for (uint8_t i = 0; i < 3; i++)
        changes[i] = (struct dmsc_card_change){ .id = (uint8_t)(10 + i),
                                                .body = dmsc_buf_bytes(&body),
                                                .entry = &entry };
    commit.change_count = 3;
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_OK);
    changes[0] = (struct dmsc_card_change){ .id = 11, .remove = true };
    commit.change_count = 1;
    assert_int_equal(dmsc_card_commit(f.card, &commit, &before), DMSC_OK);
    /* 16384 = 32 + 4000 + hole of 4000 + 4000 + hole of 4352 */
    fill(&body, 'b', 6000);
    changes[0] =
        (struct dmsc_card_change){ .id = 20, .body = dmsc_buf_bytes(&body), .entry = &entry };
    assert_int_equal(dmsc_card_commit(f.card, &commit, &after), DMSC_OK);
    assert_true(after.generation > before.generation + 1);
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_int_equal(image.index.count, 5);
    assert_body(&image, 2, BODY2);
    assert_int_equal(dmsc_card_image_body(&image, 10)->content.n, 4000);
    assert_int_equal(dmsc_card_image_body(&image, 12)->content.n, 4000);
    assert_int_equal(dmsc_card_image_body(&image, 20)->content.n, 6000);
    /* A moved body is the same body: no reader fetches it again. */
    assert_true(dmsc_mo_index_by_id(&image.index, 10)->version < before.generation);
    dmsc_card_image_clear(&image);
    dmsc_buf_clear(&body);
    card_fixture_close(&f);
}

/* A power cut at each UPDATE, with each outcome: after power-up the card is old or new, whole. */

struct cut {
    unsigned n;
    enum dmsc_sim_tear outcome;
};

static void assert_old_or_new(struct card_fixture *f, bool list_too)
{
    struct dmsc_card_image image;
    enum dmsc_err err = card_fixture_read(f, &image);

    if (err != DMSC_OK)
        fail_msg("after the cut: %s %s", dmsc_diag_get(f->ctx)->reason, dmsc_diag_get(f->ctx)->why);
    assert_body(&image, 1, BODY1);
    if (image.header.generation == 9) {
        assert_body(&image, 2, BODY2);
        assert_int_equal(image.list.entries[0].priority, 0);
    } else {
        assert_int_equal(image.header.generation, 10);
        assert_body(&image, 2, BODY2_NEW);
        assert_int_equal(image.list.entries[0].priority, list_too ? 9 : 0);
    }
    dmsc_card_image_clear(&image);
}

/* @return false when the cut did not happen: the commit has fewer UPDATEs */
static bool cut_one(const struct cut *cut, const struct dmsc_secret *signing_key)
{
    struct card_fixture f;
    struct dmsc_card_change change = change_of(2, BODY2_NEW);
    struct dmsc_card_commit commit = { .changes = &change, .change_count = 1 };
    struct dmsc_card_image image = DMSC_CARD_IMAGE_INIT;
    bool torn;
    enum dmsc_err err;

    card_fixture_open(&f, "example.json");
    commit.adm = &f.adm;
    if (signing_key != NULL) {
        assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
        image.list.entries[0].priority = 9;
        commit.list = &image.list;
        commit.signing_key = signing_key;
    }
    dmsc_sim_tear_at(f.sim, cut->n, cut->outcome);
    err = dmsc_card_commit(f.card, &commit, NULL);
    torn = dmsc_sim_counts(f.sim).torn > 0;
    assert_int_equal(torn, err != DMSC_OK);
    dmsc_sim_tear_at(f.sim, 0, DMSC_SIM_TEAR_OLD);
    card_fixture_power(&f);
    assert_old_or_new(&f, signing_key != NULL);

    /* And the card can be written again as if nothing had happened. */
    change = change_of(2, "{}");
    commit.list = NULL;
    assert_int_equal(dmsc_card_commit(f.card, &commit, NULL), DMSC_OK);
    dmsc_card_image_clear(&image);
    assert_int_equal(card_fixture_read(&f, &image), DMSC_OK);
    assert_body(&image, 2, "{}");
    dmsc_card_image_clear(&image);
    card_fixture_close(&f);
    return torn;
}

/* The private key of RFC 6979 A.2.5 (P-256), SEC1. */
static const char test_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                               "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                               "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                               "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                               "-----END EC PRIVATE KEY-----\n";

static void a_power_cut_leaves_old_or_new(void **state)
{
    struct dmsc_ctx *ctx;
    struct dmsc_secret key = DMSC_SECRET_INIT;
    unsigned cuts = 0;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(dmsc_secret_set(&key, ctx, dmsc_bytes(test_key, sizeof(test_key) - 1)),
                     DMSC_OK);
    for (int with_list = 0; with_list < 2; with_list++) {
        struct cut cut = { .n = 1 };
        bool torn = true;

        for (; torn; cut.n++) {
            for (int outcome = DMSC_SIM_TEAR_OLD; outcome <= DMSC_SIM_TEAR_GARBAGE; outcome++) {
                cut.outcome = (enum dmsc_sim_tear)outcome;
                torn = cut_one(&cut, with_list != 0 ? &key : NULL);
                cuts += torn;
            }
        }
        /* body, index, header; the list takes two more */
        assert_int_equal(cut.n - 2, with_list != 0 ? 5 : 3);
    }
    print_message("%u power cuts\n", cuts);
    dmsc_secret_clear(&key);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(add_replace_and_remove),
        cmocka_unit_test(a_new_list),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_fragmented_pool_is_put_together),
        cmocka_unit_test(a_power_cut_leaves_old_or_new),
    };

    return support_exit(cmocka_run_group_tests_name("card/commit", tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
