/* SPDX-License-Identifier: Apache-2.0 */
/* Milenage and TUAK against the test sets of their standards; sequence numbers. */
#include "simulator/uicc/auth/subscriber.h"
#include "tests/unit/codec/corpus.h"
#include "tests/unit/sim/card.h"
#include <ctype.h>
#include <string.h>

/* FIPS 202: SHA3-256 of nothing is one permutation of a padded block. */
static void keccak(void **state)
{
    static const char expected[] =
        "A7FFC6F8BF1ED76651C14756A061D662F580FF4DE43B49FA82D80A4B80F8434A";
    uint8_t block[200] = { [0] = 0x06, [135] = 0x80 };
    char hex[65];

    (void)state;
    dmsci_keccak(block);
    dmsc_hex_encode(dmsc_bytes(block, 32), hex);
    assert_string_equal(hex, expected);
}

static void take(struct vectors *v, const char *key, uint8_t *to, size_t *ret_n)
{
    struct dmsc_bytes bytes = vec_hex(v, key);

    assert_true(bytes.n <= DMSCI_AKA_WIDE);
    dmsci_copy(to, bytes.p, bytes.n);
    *ret_n = bytes.n;
}

static size_t length_of(struct vectors *v, const char *key, size_t otherwise)
{
    return vec_has(v, key) ? strlen(vec_text(v, key)) / 2 : otherwise;
}

static void set_keys(struct vectors *v, struct dmsc_ctx *ctx, struct dmsci_aka_keys *keys)
{
    uint8_t op[DMSCI_AKA_WIDE];
    size_t n;

    keys->tuak = strcmp(vec_text(v, "algorithm"), "tuak") == 0;
    keys->iterations = (uint8_t)vec_number_or(v, "iterations", 1);
    keys->mac_n = (uint8_t)length_of(v, "mac-a", 8);
    keys->res_n = (uint8_t)length_of(v, "res", 8);
    keys->ck_n = (uint8_t)length_of(v, "ck", 16);
    keys->ik_n = (uint8_t)length_of(v, "ik", 16);
    take(v, "k", keys->k, &n);
    keys->k_n = (uint8_t)n;
    take(v, "op", op, &n);
    assert_int_equal(dmsci_aka_derive_opc(ctx, keys, op), DMSC_OK);
}

static void one_mac(struct vectors *v, struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                    const uint8_t *rand)
{
    uint8_t sqn[DMSCI_AKA_WIDE], amf[DMSCI_AKA_WIDE], mac[DMSCI_AKA_WIDE];
    size_t n;

    take(v, "sqn", sqn, &n);
    take(v, "amf", amf, &n);
    assert_int_equal(dmsci_aka_mac(ctx, keys, DMSCI_AKA_F1, rand, sqn, amf, mac), DMSC_OK);
    vec_assert_hex(v, "mac-a", dmsc_bytes(mac, keys->mac_n));
    assert_int_equal(dmsci_aka_mac(ctx, keys, DMSCI_AKA_F1_STAR, rand, sqn, amf, mac), DMSC_OK);
    vec_assert_hex(v, "mac-s", dmsc_bytes(mac, keys->mac_n));
}

static void one_set(struct vectors *v, struct dmsc_ctx *ctx)
{
    struct dmsci_aka_keys keys = { 0 };
    uint8_t rand[DMSCI_AKA_WIDE], ak[DMSCI_AKA_SQN];
    struct dmsci_aka_vector out;
    size_t n;

    set_keys(v, ctx, &keys);
    take(v, "rand", rand, &n);
    if (vec_has(v, "mac-a"))
        one_mac(v, ctx, &keys, rand);
    if (!vec_has(v, "res"))
        return;
    assert_int_equal(dmsci_aka_keys_of(ctx, &keys, rand, &out), DMSC_OK);
    vec_assert_hex(v, "res", dmsc_bytes(out.res, keys.res_n));
    vec_assert_hex(v, "ck", dmsc_bytes(out.ck, keys.ck_n));
    vec_assert_hex(v, "ik", dmsc_bytes(out.ik, keys.ik_n));
    vec_assert_hex(v, "ak", dmsc_bytes(out.ak, DMSCI_AKA_SQN));
    assert_int_equal(dmsci_aka_resync_ak(ctx, &keys, rand, ak), DMSC_OK);
    vec_assert_hex(v, "ak-resync", dmsc_bytes(ak, DMSCI_AKA_SQN));
}

static void test_sets(void **state)
{
    struct vectors *v = vectors_open("aka.txt");
    struct dmsc_ctx *ctx = card_ctx();

    (void)state;
    while (vectors_next(v))
        one_set(v, ctx);
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

struct rows {
    struct dmsc_ctx *ctx;
    unsigned checked;
};

static void arg(json_t *row, size_t index, uint8_t *to, size_t *ret_n)
{
    const char *text = json_string_value(json_array_get(json_object_get(row, "args"), index));
    struct dmsc_ctx *ctx = card_ctx();
    struct dmsc_buf bytes;

    dmsc_buf_init(&bytes, ctx, DMSCI_AKA_WIDE);
    *ret_n = 0;
    if (text != NULL) {
        assert_int_equal(dmsc_hex_decode(text, &bytes), DMSC_OK);
        dmsci_copy(to, bytes.p, bytes.n);
        *ret_n = bytes.n;
    }
    dmsc_buf_clear(&bytes);
    dmsc_ctx_free(ctx);
}

static void expect(const json_t *expected, const uint8_t *actual)
{
    char hex[2 * DMSCI_AKA_WIDE + 1];
    const char *text = json_string_value(expected);

    assert_non_null(text);
    dmsc_hex_encode(dmsc_bytes(actual, strlen(text) / 2), hex);
    for (char *p = hex; *p != '\0'; p++)
        *p = (char)tolower(*p);
    assert_string_equal(hex, text);
}

static uint8_t bytes_of(json_t *row, const char *name, unsigned otherwise)
{
    const json_t *bits = json_object_get(json_object_get(row, "LEN"), name);

    return (uint8_t)(bits == NULL ? otherwise : json_integer_value(bits) / 8);
}

/* OP comes with the row, or as the last argument. */
static void row_keys(json_t *row, struct dmsc_ctx *ctx, size_t last, struct dmsci_aka_keys *keys)
{
    uint8_t op[DMSCI_AKA_WIDE];
    struct dmsc_buf bytes;
    size_t n;

    keys->tuak = strcmp(corpus_text(row, "algo"), "tuak") == 0;
    keys->iterations = (uint8_t)json_integer_value(json_object_get(row, "KeccakIterations"));
    keys->res_n = bytes_of(row, "LEN_RES", 8);
    keys->ck_n = bytes_of(row, "LEN_CK", 16);
    keys->ik_n = bytes_of(row, "LEN_IK", 16);
    keys->mac_n = bytes_of(row, "LEN_MAC", 8);
    arg(row, 0, keys->k, &n);
    keys->k_n = (uint8_t)n;
    arg(row, last, op, &n);
    if (n == 0) {
        dmsc_buf_init(&bytes, ctx, DMSCI_AKA_WIDE);
        assert_int_equal(dmsc_hex_decode(corpus_text(row, "OP/TOP"), &bytes), DMSC_OK);
        dmsci_copy(op, bytes.p, bytes.n);
        dmsc_buf_clear(&bytes);
    }
    assert_int_equal(dmsci_aka_derive_opc(ctx, keys, op), DMSC_OK);
}

static void one_row(void *user, json_t *row)
{
    struct rows *rows = user;
    const char *fn = corpus_text(row, "fn");
    const json_t *out = json_object_get(row, "out");
    bool is_mac = strncmp(fn, "f1", 2) == 0;
    struct dmsci_aka_keys keys = { 0 };
    struct dmsci_aka_vector v = { 0 };
    uint8_t rand[DMSCI_AKA_WIDE], sqn[DMSCI_AKA_WIDE], amf[DMSCI_AKA_WIDE], mac[DMSCI_AKA_WIDE];
    size_t n;

    row_keys(row, rows->ctx, is_mac ? 4 : 2, &keys);
    arg(row, 1, rand, &n);
    if (is_mac) {
        arg(row, 2, sqn, &n);
        arg(row, 3, amf, &n);
        assert_int_equal(dmsci_aka_mac(rows->ctx, &keys,
                                       strcmp(fn, "f1") == 0 ? DMSCI_AKA_F1 : DMSCI_AKA_F1_STAR,
                                       rand, sqn, amf, mac),
                         DMSC_OK);
        expect(out, mac);
    } else if (strcmp(fn, "f5star") == 0) {
        assert_int_equal(dmsci_aka_resync_ak(rows->ctx, &keys, rand, mac), DMSC_OK);
        expect(out, mac);
    } else {
        assert_string_equal(fn, "f2345");
        assert_int_equal(dmsci_aka_keys_of(rows->ctx, &keys, rand, &v), DMSC_OK);
        expect(json_array_get(out, 0), v.res);
        expect(json_array_get(out, 1), v.ck);
        expect(json_array_get(out, 2), v.ik);
        expect(json_array_get(out, 3), v.ak);
    }
    rows->checked++;
}

static void corpus(void **state)
{
    struct rows rows = { NULL, 0 };

    (void)state;
    corpus_need("aka/aka.jsonl");
    rows.ctx = card_ctx();
    corpus_each("aka/aka.jsonl", one_row, &rows);
    assert_int_equal(rows.checked, 72);
    dmsc_ctx_free(rows.ctx);
}

/* TS 33.102 annex C.2. */
static void sequence_numbers(void **state)
{
    struct dmsci_sim_subscriber s = { .ind_bits = 5 };

    (void)state;
    assert_true(dmsci_sim_sqn_is_fresh(&s, 32));
    assert_false(dmsci_sim_sqn_is_fresh(&s, 31)); /* SEQ 0 counts as used */
    dmsci_sim_sqn_start(&s, 1000);
    assert_int_equal(dmsci_sim_sqn_highest(&s), 1000);
    for (uint64_t sqn = 900; sqn <= 1100; sqn++)
        assert_int_equal(dmsci_sim_sqn_is_fresh(&s, sqn), sqn > 1000);
    dmsci_sim_sqn_accept(&s, 1100);
    assert_true(dmsci_sim_sqn_is_fresh(&s, 1099));
    assert_false(dmsci_sim_sqn_is_fresh(&s, 1100 - 32));
    assert_true(dmsci_sim_sqn_is_fresh(&s, 1099 + ((uint64_t)1 << 33)));
    assert_false(dmsci_sim_sqn_is_fresh(&s, 1100 + 32 + ((uint64_t)1 << 33)));
    dmsci_sim_sqn_start(&s, 3);
    assert_int_equal(dmsci_sim_sqn_highest(&s), 3);
    dmsci_sim_sqn_start(&s, DMSCI_SIM_SQN_MAX);
    assert_false(dmsci_sim_sqn_is_fresh(&s, DMSCI_SIM_SQN_MAX)); /* worn out for ever */
    assert_false(dmsci_sim_sqn_is_fresh(&s, 0));
    s.ind_bits = 0;
    dmsci_sim_sqn_start(&s, 7);
    assert_false(dmsci_sim_sqn_is_fresh(&s, 7));
    assert_true(dmsci_sim_sqn_is_fresh(&s, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(sequence_numbers),
        cmocka_unit_test(corpus),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
