/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: what goes out, what comes back, and that results stay secret. */
#include "tests/support/test.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/codec/gen.h"
#include "tests/unit/uicc/rig.h"
#include <dmsc/uicc_auth.h>
#include <stdio.h>
#include <string.h>

static struct vectors *v;

static struct dmsc_bytes bytes(const char *key)
{
    return vec_has(v, key) ? vec_hex(v, key) : dmsc_bytes(NULL, 0);
}

/* Without the line breaks of the vector file. */
static void script(struct scripted *card)
{
    for (size_t i = 0; i < vec_count(v, "sent"); i++) {
        char sent[2 * DMSC_CAPDU_MAX + 1], answer[2 * DMSC_RAPDU_MAX + 1];

        dmsc_hex_encode(vec_hex_nth(v, "sent", i), sent);
        dmsc_hex_encode(vec_hex_nth(v, "answer", i), answer);
        scripted_turn(card, sent, answer);
    }
}

static struct dmsc_auth input(void)
{
    return (struct dmsc_auth){ .context = (enum dmsc_auth_context)vec_number(v, "context"),
                               .rand = bytes("rand"),
                               .autn = bytes("autn"),
                               .naf_id = bytes("naf_id"),
                               .impi = bytes("impi") };
}

static void compare(const char *key, const struct dmsc_secret *secret)
{
    if (vec_has(v, key))
        vec_assert_hex(v, key, dmsc_secret_bytes(secret));
    else
        assert_int_equal(secret->n, 0);
}

static enum dmsc_err torture(struct dmsc_uicc *uicc, struct dmsc_buf *buf)
{
    struct dmsc_auth auth = input();
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    enum dmsc_err err = dmsc_uicc_authenticate(uicc, &auth, &result);

    (void)buf;
    assert_true(err == DMSC_OK || (result.res.n == 0 && result.ck.n == 0 && result.auts.n == 0));
    dmsc_auth_result_clear(&result);
    return err;
}

static void result_of(struct rig *rig, enum dmsc_err *ret_err)
{
    struct dmsc_auth auth = input();
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;

    *ret_err = dmsc_uicc_authenticate(rig->uicc, &auth, &result);
    vec_assert_err(v, *ret_err);
    if (*ret_err == DMSC_OK) {
        assert_int_equal(result.resynchronise, vec_has(v, "resynchronise"));
        compare("res", &result.res);
        compare("ck", &result.ck);
        compare("ik", &result.ik);
        compare("kc", &result.kc);
        compare("auts", &result.auts);
        compare("ks_naf", &result.ks_naf);
    } else if (vec_has(v, "reason")) {
        vec_assert_text(v, "reason", dmsc_diag_get(rig->ctx)->reason);
    }
    dmsc_auth_result_clear(&result);
}

struct decoded {
    struct dmsc_ctx *ctx;
    enum dmsc_auth_context context;
};

static void prefix_is_refused(void *user, struct dmsc_bytes prefix)
{
    const struct decoded *d = user;
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    /* A 3G answer may end before its Kc. */
    bool whole = d->context == DMSC_AUTH_3G && prefix.n == 44 && prefix.p[0] == 0xDB;

    assert_int_equal(dmsc_auth_result_decode(d->ctx, d->context, prefix, &result),
                     whole ? DMSC_OK : DMSC_E_TRUNCATED);
    dmsc_auth_result_clear(&result);
}

static void change_is_survived(void *user, struct dmsc_bytes changed)
{
    const struct decoded *d = user;
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;

    if (dmsc_auth_result_decode(d->ctx, d->context, changed, &result) == DMSC_OK)
        assert_true(result.auts.n == 14 || result.res.n >= 4 || result.ks_naf.n > 0);
    dmsc_auth_result_clear(&result);
}

static void every_context(void **state)
{
    (void)state;
    v = vectors_open("uicc_auth.txt");
    while (vectors_next(v)) {
        struct rig rig = rig_begin();
        size_t n = vec_count(v, "sent");
        enum dmsc_err err;

        script(rig.card);
        result_of(&rig, &err);
        if (err == DMSC_OK) {
            struct dmsc_bytes answer = vec_hex_nth(v, "answer", n - 1);
            struct decoded d = { rig.ctx, input().context };

            each_prefix(dmsc_bytes(answer.p, answer.n - 2), prefix_is_refused, &d);
            each_byte_changed(dmsc_bytes(answer.p, answer.n - 2), change_is_survived, &d);
            rig_torture(rig.card, torture);
        }
        rig_end(&rig);
    }
    vectors_close(v);
}

/* Nothing of a result is in the trace of the link. */
static void keep_line(void *user, const char *text)
{
    char *all = user;

    if (strlen(all) + strlen(text) + 2 < 4096)
        (void)strcat(strcat(all, text), "\n");
}

static void results_reach_no_trace(void **state)
{
    char all[4096] = "";
    struct scripted *card;
    struct dmsc_link *plain = NULL, *traced = NULL;
    struct dmsc_uicc *uicc = NULL;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_auth auth = { .context = DMSC_AUTH_3G };
    struct dmsc_auth_result result = DMSC_AUTH_RESULT_INIT;
    struct dmsc_buf challenge;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    dmsc_buf_init(&challenge, ctx, 32);
    card = scripted_new(DMSC_T0);
    scripted_turn(card,
                  "00880081 22 10 23553CBE9637A89D218AE64DAE47BF35 "
                  "10 55F328B43577B9B94A9FFAC354DFAFB3",
                  "6135");
    scripted_turn(card, "00C00000 35",
                  "DB 08 A54211D5E3BA50BF 10 B40BA9A3C58B2A05BBF0D987B21BF8CB "
                  "10 F769BCD751044604127672711C6D3441 08 EAE4BE823AF9A08B 9000");
    assert_int_equal(scripted_link(card, ctx, &plain), DMSC_OK);
    assert_int_equal(dmsc_link_traced(plain, false, keep_line, all, &traced), DMSC_OK);
    assert_int_equal(dmsc_uicc_new(ctx, traced, &uicc), DMSC_OK);
    assert_int_equal(dmsc_uicc_power_on(uicc), DMSC_OK);
    assert_int_equal(dmsc_hex_decode("23553CBE9637A89D218AE64DAE47BF35"
                                     "55F328B43577B9B94A9FFAC354DFAFB3",
                                     &challenge),
                     DMSC_OK);
    auth.rand = dmsc_bytes(challenge.p, 16);
    auth.autn = dmsc_bytes(challenge.p + 16, 16);
    assert_int_equal(dmsc_uicc_authenticate(uicc, &auth, &result), DMSC_OK);
    assert_int_equal(result.ck.n, 16);
    dmsc_auth_result_clear(&result);
    dmsc_buf_clear(&challenge);
    assert_non_null(strstr(all, "00880081"));
    assert_null(strstr(all, "A54211D5E3BA50BF"));
    assert_null(strstr(all, "B40BA9A3C58B2A05"));
    assert_null(strstr(all, "F769BCD751044604"));
    assert_null(strstr(all, "EAE4BE823AF9A08B"));
    dmsc_uicc_free(uicc);
    dmsc_link_free(traced);
    scripted_free(card);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_context),
        cmocka_unit_test(results_reach_no_trace),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
