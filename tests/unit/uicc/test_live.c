/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of a workbench against the software UICC, over T=0 and T=1: two implementations of
 * the same clauses must understand each other. */
#include "tests/support/test.h"
#include <dmsc/atr.h>
#include <dmsc/ef.h>
#include <dmsc/scp03.h>
#include <dmsc/sim.h>
#include <dmsc/uicc_admin.h>
#include <dmsc/uicc_auth.h>
#include <dmsc/uicc_rules.h>
#include <stdio.h>
#include <string.h>

#define KEY_ADM1 0x0A

struct live {
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    struct dmsc_uicc *uicc;
    struct dmsc_buf buf;
};

static const uint8_t usim[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };

static struct live live_begin(const char *profile, bool t1, const struct dmsc_scp03 *channel)
{
    static const struct dmsc_link_driver *const more[] = { &dmsc_sim_link_driver, NULL };
    char path[SUPPORT_PATH_MAX], spec[SUPPORT_PATH_MAX + 16];
    struct live l = { .ctx = NULL };
    struct dmsc_link *plain = NULL;

    support_path(profile, path);
    (void)snprintf(spec, sizeof(spec), "sim:%s%s", path, t1 ? ",t1" : "");
    assert_int_equal(dmsc_ctx_new(NULL, &l.ctx), DMSC_OK);
    assert_int_equal(dmsc_link_open(l.ctx, spec, more, &plain), DMSC_OK);
    l.link = plain;
    if (channel != NULL)
        assert_int_equal(dmsc_link_scp03(plain, channel, &l.link), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(l.ctx, l.link, &l.uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(l.uicc), DMSC_OK);
    dmsc_buf_init(&l.buf, l.ctx, 65536);
    return l;
}

static void live_end(struct live *l)
{
    dmsc_buf_clear(&l->buf);
    dmsc_uicc_free(l->uicc);
    dmsc_link_free(l->link);
    dmsc_ctx_free(l->ctx);
}

static void ok_at(const struct live *l, enum dmsc_err err, int line)
{
    if (err != DMSC_OK)
        fail_msg("line %d: %s: %s: %s", line, dmsc_err_name(err), dmsc_diag_get(l->ctx)->what,
                 dmsc_diag_get(l->ctx)->why);
}
#define OK(l, call) ok_at(l, call, __LINE__)

static enum dmsc_err verify(struct live *l, uint8_t key, const void *value, size_t n)
{
    struct dmsc_secret secret = DMSC_SECRET_INIT;
    enum dmsc_err err = dmsc_secret_set(&secret, l->ctx, dmsc_bytes(value, n));

    if (err == DMSC_OK)
        err = dmsc_uicc_verify_pin(l->uicc, key, &secret);
    dmsc_secret_clear(&secret);
    return err;
}

static void unlock(struct live *l)
{
    OK(l, verify(l, 0x01, "1234", 4));
    OK(l, verify(l, KEY_ADM1, "\x44\x44\x44\x44\x44\x44\x44\x44", 8));
}

static void selections(struct live *l)
{
    struct dmsc_select by_aid = { .how = DMSC_SELECT_AID, .name = { usim, sizeof(usim) } };
    struct dmsc_select fid = { .how = DMSC_SELECT_FID, .name = { (const uint8_t *)"\x7F\xFF", 2 } };
    struct dmsc_select child = { .how = DMSC_SELECT_CHILD_DF,
                                 .name = { (const uint8_t *)"\x5F\xC0", 2 } };
    struct dmsc_select parent = { .how = DMSC_SELECT_PARENT };
    struct dmsc_select below = { .how = DMSC_SELECT_PATH_DF,
                                 .name = { (const uint8_t *)"\x5F\xC0\x4F\x01", 4 } };
    struct dmsc_fcp fcp;

    OK(l, dmsc_uicc_select(l->uicc, &by_aid, &l->buf));
    OK(l, dmsc_fcp_decode(dmsc_buf_bytes(&l->buf), &fcp));
    assert_int_equal(fcp.df_name.n, 16);
    OK(l, dmsc_uicc_select(l->uicc, &child, NULL));
    OK(l, dmsc_uicc_select(l->uicc, &parent, NULL));
    OK(l, dmsc_uicc_select(l->uicc, &fid, NULL));
    OK(l, dmsc_uicc_select(l->uicc, &below, &l->buf));
    OK(l, dmsc_uicc_status(l->uicc, DMSC_STATUS_INITIALISED, DMSC_STATUS_DF_NAME, &l->buf));
    OK(l, dmsc_uicc_status(l->uicc, DMSC_STATUS_NOTHING, DMSC_STATUS_FCP, &l->buf));
    OK(l, dmsc_fcp_decode(dmsc_buf_bytes(&l->buf), &fcp));
    assert_int_equal(fcp.file_id, 0x5FC0);
    by_aid.terminate = true;
    OK(l, dmsc_uicc_select(l->uicc, &by_aid, NULL));
    OK(l, dmsc_uicc_select_fid(l->uicc, 0x3F00, NULL));
}

/* A file comes, is filled, searched, grows, sleeps, wakes and goes. */
static void life_of_a_file(struct live *l)
{
    struct dmsc_fcp fcp = { .descriptor = 0x42,
                            .structure = DMSC_FILE_LINEAR_FIXED,
                            .record_length = 4,
                            .records = 3,
                            .has_file_id = true,
                            .file_id = 0x6F70,
                            .life_cycle = 0x05,
                            .security_referenced = { (const uint8_t *)"\x6F\x06\x05", 3 },
                            .has_size = true,
                            .size_bytes = 12 };
    struct dmsc_search search = { .record = 1, .pattern = { (const uint8_t *)"\xBB", 1 } };

    OK(l, dmsc_uicc_select_aid(l->uicc, dmsc_bytes(usim, sizeof(usim)), NULL));
    OK(l, dmsc_uicc_create_file(l->uicc, &fcp));
    assert_int_equal(dmsc_uicc_create_file(l->uicc, &fcp), DMSC_E_SW);
    assert_int_equal(dmsc_diag_get(l->ctx)->sw, 0x6A89);
    OK(l, dmsc_uicc_select_fid(l->uicc, 0x6F70, NULL));
    OK(l, dmsc_uicc_update_record_at(l->uicc, 0, DMSC_RECORD_ABSOLUTE, 1,
                                     dmsc_bytes("\xAA\x01\x02\x03", 4)));
    OK(l, dmsc_uicc_update_record_at(l->uicc, 0, DMSC_RECORD_ABSOLUTE, 3,
                                     dmsc_bytes("\xBB\x01\x02\x03", 4)));
    OK(l, dmsc_uicc_select_fid(l->uicc, 0x6F70, NULL));
    OK(l, dmsc_uicc_read_record_at(l->uicc, 0, DMSC_RECORD_NEXT, 0, 4, &l->buf));
    assert_memory_equal(l->buf.p, "\xAA\x01\x02\x03", 4);
    OK(l, dmsc_uicc_read_record_at(l->uicc, 0, DMSC_RECORD_ABSOLUTE, 0, 4, &l->buf));
    assert_int_equal(l->buf.p[0], 0xAA);
    OK(l, dmsc_uicc_search_record(l->uicc, &search, &l->buf));
    assert_int_equal(l->buf.n, 1);
    assert_int_equal(l->buf.p[0], 3);
    search.enhanced = true;
    search.where = 1;
    assert_int_equal(dmsc_uicc_search_record(l->uicc, &search, &l->buf), DMSC_E_NOTFOUND);
    OK(l, dmsc_uicc_activate(l->uicc, false, DMSC_SELECT_FID, dmsc_bytes(NULL, 0)));
    assert_int_equal(dmsc_uicc_read_record_at(l->uicc, 0, DMSC_RECORD_ABSOLUTE, 1, 4, &l->buf),
                     DMSC_E_SW);
    OK(l, dmsc_uicc_activate(l->uicc, true, DMSC_SELECT_FID, dmsc_bytes("\x6F\x70", 2)));
    OK(l, dmsc_uicc_resize_file(l->uicc, 0x6F70, 20));
    OK(l, dmsc_uicc_delete_file(l->uicc, 0x6F70));
    assert_int_equal(dmsc_uicc_select_fid(l->uicc, 0x6F70, NULL), DMSC_E_NOTFOUND);
}

static void counters(struct live *l)
{
    static const struct dmsc_bytes acm = { (const uint8_t *)"\x7F\xFF\x6F\x39", 4 };

    OK(l, dmsc_uicc_select_path(l->uicc, acm, NULL));
    OK(l, dmsc_uicc_increase(l->uicc, 0, dmsc_bytes("\x00\x01\x02", 3), &l->buf));
    assert_int_equal(l->buf.n, 3);
    assert_memory_equal(l->buf.p, "\x00\x01\x02", 3);
    OK(l, dmsc_uicc_increase(l->uicc, 0, dmsc_bytes("\x00\x00\x01", 3), &l->buf));
    assert_memory_equal(l->buf.p, "\x00\x01\x03", 3);
    assert_int_equal(dmsc_uicc_increase(l->uicc, 0, dmsc_bytes("\xFF\xFF\xFF", 3), &l->buf),
                     DMSC_E_SW);
    assert_int_equal(dmsc_diag_get(l->ctx)->sw, 0x9850);
}

/* Short, long in many blocks, replaced, listed, deleted. */
static void objects(struct live *l)
{
    static const struct dmsc_bytes file = { (const uint8_t *)"\x7F\x10\x5F\x3B\x4F\x48", 6 };
    static const size_t sizes[] = { 0, 1, 127, 128, 250, 251, 252, 253, 700, 1500 };
    uint8_t value[1500];

    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (uint8_t)(i * 7);
    OK(l, dmsc_uicc_select_path(l->uicc, file, NULL));
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(sizes); i++) {
        OK(l, dmsc_uicc_set_data(l->uicc, 0, 0x80, dmsc_bytes(value, sizes[i])));
        OK(l, dmsc_uicc_retrieve_data(l->uicc, 0, 0x80, &l->buf));
        assert_true(l->buf.n >= sizes[i] + 2);
        assert_memory_equal(l->buf.p + l->buf.n - sizes[i], value, sizes[i]);
    }
    OK(l, dmsc_uicc_set_data(l->uicc, 0, 0xBF20, dmsc_bytes(value, 3)));
    OK(l, dmsc_uicc_retrieve_data(l->uicc, 0, DMSC_TAG_LIST, &l->buf));
    assert_int_equal(l->buf.n, 5);
    OK(l, dmsc_uicc_delete_data(l->uicc, 0, 0x80));
    assert_int_equal(dmsc_uicc_retrieve_data(l->uicc, 0, 0x80, &l->buf), DMSC_E_NOTFOUND);
}

static void pins(struct live *l)
{
    struct dmsc_secret pin = DMSC_SECRET_INIT, puk = DMSC_SECRET_INIT, wrong = DMSC_SECRET_INIT;
    uint8_t tries = 0;

    OK(l, dmsc_secret_set(&pin, l->ctx, dmsc_bytes("1234", 4)));
    OK(l, dmsc_secret_set(&puk, l->ctx, dmsc_bytes("12345678", 8)));
    OK(l, dmsc_secret_set(&wrong, l->ctx, dmsc_bytes("9999", 4)));
    OK(l, dmsc_uicc_puk_tries(l->uicc, 0x01, &tries));
    assert_int_equal(tries, 10);
    OK(l, dmsc_uicc_disable_pin(l->uicc, 0x01, &pin, 0));
    OK(l, dmsc_uicc_enable_pin(l->uicc, 0x01, &pin));
    OK(l, dmsc_uicc_change_pin(l->uicc, 0x01, &pin, &wrong));
    for (unsigned left = 3; left-- > 0;)
        assert_int_equal(dmsc_uicc_verify_pin(l->uicc, 0x01, &pin), DMSC_E_PIN);
    assert_int_equal(dmsc_uicc_verify_pin(l->uicc, 0x01, &wrong), DMSC_E_PIN);
    assert_int_equal(
        dmsc_uicc_unblock_pin(l->uicc, 0x01,
                              &(struct dmsc_secret){ l->ctx, (uint8_t *)(uintptr_t) "00000000", 8 },
                              &pin),
        DMSC_E_PIN);
    OK(l, dmsc_uicc_puk_tries(l->uicc, 0x01, &tries));
    assert_int_equal(tries, 9);
    OK(l, dmsc_uicc_unblock_pin(l->uicc, 0x01, &puk, &pin));
    OK(l, dmsc_uicc_verify_pin(l->uicc, 0x01, &pin));
    dmsc_secret_clear(&wrong);
    dmsc_secret_clear(&puk);
    dmsc_secret_clear(&pin);
}

static void channels(struct live *l)
{
    unsigned number[19];

    for (unsigned i = 0; i < 19; i++) {
        OK(l, dmsc_uicc_channel_open_at(l->uicc, 0, &number[i]));
        OK(l, dmsc_uicc_channel_use(l->uicc, number[i]));
        OK(l, dmsc_uicc_select_aid(l->uicc, dmsc_bytes(usim, sizeof(usim)), NULL));
        OK(l, dmsc_uicc_read_binary(l->uicc, 7, 0, 9, &l->buf)); /* EF(IMSI) */
        OK(l, dmsc_uicc_channel_use(l->uicc, 0));
    }
    assert_int_equal(dmsc_uicc_channel_open_at(l->uicc, 0, &number[0]), DMSC_E_SW);
    for (unsigned i = 1; i < 20; i++)
        OK(l, dmsc_uicc_channel_close_at(l->uicc, i));
    OK(l, dmsc_uicc_channel_open_at(l->uicc, 17, &number[0]));
    OK(l, dmsc_uicc_channel_close_at(l->uicc, 17));
}

static void whole_card(void **state)
{
    (void)state;
    for (int t1 = 0; t1 < 2; t1++) {
        struct live l = live_begin("card-scripts/usim.json", t1 != 0, NULL);
        struct dmsc_terminal_capability capability = { .extended_channels = true };
        struct dmsc_atr atr;

        OK(&l, dmsc_atr_decode(dmsc_link_atr(l.link), &atr));
        assert_int_equal(atr.has_capabilities, true);
        OK(&l, dmsc_uicc_terminal_capability(l.uicc, &capability));
        unlock(&l);
        selections(&l);
        life_of_a_file(&l);
        counters(&l);
        objects(&l);
        channels(&l);
        pins(&l);
        live_end(&l);
    }
}

static void suspended_and_back(void **state)
{
    (void)state;
    for (int t1 = 0; t1 < 2; t1++) {
        struct live l = live_begin("card-scripts/usim.json", t1 != 0, NULL);
        struct dmsc_duration least = { DMSC_TIME_SECONDS, 1 }, most = { DMSC_TIME_DAYS, 1 },
                             granted;
        struct dmsc_secret token = DMSC_SECRET_INIT;

        OK(&l, verify(&l, 0x01, "1234", 4));
        OK(&l, dmsc_uicc_select_aid(l.uicc, dmsc_bytes(usim, sizeof(usim)), NULL));
        OK(&l, dmsc_uicc_suspend(l.uicc, least, most, &granted, &token));
        assert_true(granted.count > 0);
        OK(&l, dmsc_uicc_resume(l.uicc, &token));
        /* Application and PIN are as they were. */
        OK(&l, dmsc_uicc_read_binary(l.uicc, 7, 0, 9, &l.buf));
        dmsc_secret_clear(&token);
        live_end(&l);
    }
}

/* TS 35.208 test set 1: keys, sequence number and results are the published ones. */
static void authentication(void **state)
{
    static const uint8_t rand[16] = { 0x23, 0x55, 0x3C, 0xBE, 0x96, 0x37, 0xA8, 0x9D,
                                      0x21, 0x8A, 0xE6, 0x4D, 0xAE, 0x47, 0xBF, 0x35 };
    static const uint8_t autn[16] = { 0x55, 0xF3, 0x28, 0xB4, 0x35, 0x77, 0xB9, 0xB9,
                                      0x4A, 0x9F, 0xFA, 0xC3, 0x54, 0xDF, 0xAF, 0xB3 };
    static const uint8_t res[8] = { 0xA5, 0x42, 0x11, 0xD5, 0xE3, 0xBA, 0x50, 0xBF };
    struct live l = live_begin("tests/vectors/sim_auth.json", false, NULL);
    struct dmsc_auth auth = { .context = DMSC_AUTH_3G, .rand = { rand, 16 }, .autn = { autn, 16 } };
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    uint8_t bad[16];

    (void)state;
    OK(&l, verify(&l, 0x01, "1234", 4));
    OK(&l, dmsc_uicc_select_aid(l.uicc, dmsc_bytes(usim, sizeof(usim)), NULL));
    OK(&l, dmsc_uicc_authenticate(l.uicc, &auth, &result));
    assert_int_equal(result.res.n, 8);
    assert_memory_equal(result.res.p, res, 8);
    assert_int_equal(result.ck.n, 16);
    /* The same again is behind. */
    OK(&l, dmsc_uicc_authenticate(l.uicc, &auth, &result));
    assert_true(result.resynchronise && result.auts.n == 14 && result.res.n == 0);
    memcpy(bad, autn, 16);
    bad[15] ^= 1;
    auth.autn = dmsc_bytes(bad, 16);
    assert_int_equal(dmsc_uicc_authenticate(l.uicc, &auth, &result), DMSC_E_UNTRUSTED);
    auth.context = DMSC_AUTH_GSM;
    OK(&l, dmsc_uicc_authenticate(l.uicc, &auth, &result));
    assert_true(result.res.n == 4 && result.kc.n == 8 && result.ck.n == 0);
    dmsc_auth_result_clear(&result);
    live_end(&l);
}

static void keep_needs(void *user, const struct dmsc_access *access)
{
    char *text = user;
    size_t n = strlen(text);

    (void)snprintf(text + n, 200 - n, "%s: %s; ", access->operation, access->needs);
}

static void needs_of_files(void **state)
{
    struct live l = live_begin("card-scripts/usim.json", false, NULL);
    struct dmsc_uicc_rules *rules = NULL;
    struct dmsc_fcp fcp;
    char text[200] = "";

    (void)state;
    OK(&l, dmsc_uicc_rules_new(l.uicc, &rules));
    OK(&l, dmsc_uicc_select_aid(l.uicc, dmsc_bytes(usim, sizeof(usim)), NULL));
    OK(&l, dmsc_uicc_select_path(l.uicc, dmsc_bytes("\x7F\xFF\x6F\x3B", 4), &l.buf));
    OK(&l, dmsc_fcp_decode(dmsc_buf_bytes(&l.buf), &fcp));
    OK(&l, dmsc_uicc_rules_describe(rules, dmsc_bytes("\x7F\xFF", 2), &fcp, 0, keep_needs, text));
    assert_string_equal(text, "read: PIN1; update: PIN2; deactivate: ADM1; activate: ADM1; "
                              "resize: ADM1; ");
    dmsc_uicc_rules_free(rules);
    live_end(&l);
}

static enum dmsc_err counting(void *user, uint8_t *p, size_t n)
{
    uint8_t *next = user;

    for (size_t i = 0; i < n; i++)
        p[i] = (*next)++;
    return DMSC_OK;
}

/* Everything over SCP03, in the blocks that are left of an APDU. */
static void over_a_secure_channel(void **state)
{
    static const uint8_t keys[] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    };
    static const uint8_t isdr[] = { 0xA0, 0,    0,    5,    0x59, 0x10, 0x10, 0xFF,
                                    0xFF, 0xFF, 0xFF, 0x89, 0,    0,    1,    0 };
    static const uint8_t levels[] = { 0x01, 0x03, 0x11, 0x13, 0x33 };
    uint8_t seed = 0;

    (void)state;
    for (size_t i = 0; i < 2 * DMSCI_ARRAY_LEN(levels); i++) {
        struct dmsc_scp03 channel = { .enc = { keys, 16 },
                                      .mac = { keys + 16, 16 },
                                      .key_version = 0x30,
                                      .level = levels[i / 2],
                                      .aid = { isdr, sizeof(isdr) },
                                      .random = counting,
                                      .random_user = &seed };
        struct live l = live_begin("tests/vectors/sim_scp03.json", i % 2 != 0, &channel);

        OK(&l, dmsc_uicc_status(l.uicc, DMSC_STATUS_NOTHING, DMSC_STATUS_FCP, &l.buf));
        assert_int_equal(l.buf.p[0], 0x62);
        OK(&l, dmsc_uicc_status(l.uicc, DMSC_STATUS_NOTHING, DMSC_STATUS_NO_DATA, NULL));
        /* A session of its own behind each reset. */
        OK(&l, dmsc_uicc_power_on(l.uicc));
        OK(&l, dmsc_uicc_status(l.uicc, DMSC_STATUS_NOTHING, DMSC_STATUS_DF_NAME, &l.buf));
        assert_memory_equal(l.buf.p + 2, isdr, sizeof(isdr));
        live_end(&l);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_card),
        cmocka_unit_test(suspended_and_back),
        cmocka_unit_test(authentication),
        cmocka_unit_test(needs_of_files),
        cmocka_unit_test(over_a_secure_channel),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
