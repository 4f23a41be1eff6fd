/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/ctx.h"
#include "host/credential/seal.h"
#include "tests/support/test.h"
#include <string.h>

struct bed {
    struct dmsc_ctx *ctx;
    struct dmsc_secret key;
    struct dmsc_buf sealed, plain;
};

static void make_key(struct bed *bed, const char *purpose, struct dmsc_secret *ret_key)
{
    assert_int_equal(dmsci_seal_key(bed->ctx, dmsc_bytes_str("the device's private key"),
                                    dmsc_bytes_str(purpose), ret_key),
                     DMSC_OK);
}

static int setup(void **state)
{
    static struct bed bed;

    memset(&bed, 0, sizeof(bed));
    assert_int_equal(dmsc_ctx_new(NULL, &bed.ctx), DMSC_OK);
    dmsc_buf_init(&bed.sealed, bed.ctx, 100000);
    dmsc_buf_init(&bed.plain, bed.ctx, 100000);
    make_key(&bed, "test", &bed.key);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    dmsc_buf_clear(&bed->sealed);
    dmsc_buf_clear(&bed->plain);
    dmsc_secret_clear(&bed->key);
    dmsc_ctx_free(bed->ctx);
    return 0;
}

static void seal(struct bed *bed, const char *place, const char *plain)
{
    assert_int_equal(
        dmsci_seal(bed->ctx, &bed->key, dmsc_bytes_str(place), dmsc_bytes_str(plain), &bed->sealed),
        DMSC_OK);
}

/* What cannot be opened is told apart by its reason, and leaves what the caller had. */
static void assert_unreadable(struct bed *bed, const struct dmsc_secret *key, const char *place,
                              struct dmsc_bytes sealed)
{
    struct dmsc_bytes exact = support_copy_exact(sealed);

    assert_int_equal(dmsc_buf_set(&bed->plain, dmsc_bytes_str("as it was")), DMSC_OK);
    dmsc_diag_clear(bed->ctx);
    assert_int_equal(dmsci_unseal(bed->ctx, key, dmsc_bytes_str(place), exact, &bed->plain),
                     DMSC_E_CORRUPT);
    assert_string_equal(dmsc_diag_get(bed->ctx)->reason, "secret:unreadable");
    assert_string_equal(dmsc_buf_str(&bed->plain), "as it was");
    support_free(exact);
}

static void vectors(void **state)
{
    struct bed *bed = *state;
    struct vectors *v = vectors_open("seal.txt");

    while (vectors_next(v)) {
        struct dmsc_secret key = DMSC_SECRET_INIT;

        if (vec_has(v, "secret")) {
            assert_int_equal(
                dmsci_seal_key(bed->ctx, vec_hex(v, "secret"), vec_hex(v, "purpose"), &key),
                DMSC_OK);
            vec_assert_hex(v, "key", dmsc_secret_bytes(&key));
        } else {
            assert_int_equal(dmsc_secret_set(&key, bed->ctx, vec_hex(v, "key")), DMSC_OK);
            assert_int_equal(dmsci_unseal(bed->ctx, &key, vec_hex(v, "place"), vec_hex(v, "sealed"),
                                          &bed->plain),
                             DMSC_OK);
            vec_assert_hex(v, "plain", dmsc_buf_bytes(&bed->plain));
        }
        dmsc_secret_clear(&key);
    }
    vectors_close(v);
}

static void there_and_back(void **state)
{
    struct bed *bed = *state;
    static uint8_t bytes[5000];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256);
    for (size_t n = 0; n <= sizeof(bytes); n += n < 40 ? 1 : 620) {
        struct dmsc_bytes plain = dmsc_bytes(bytes, n), place = dmsc_bytes_str("./A/b");

        assert_int_equal(dmsci_seal(bed->ctx, &bed->key, place, plain, &bed->sealed), DMSC_OK);
        assert_int_equal(bed->sealed.n, n + DMSCI_SEAL_OVERHEAD);
        assert_int_equal(
            dmsci_unseal(bed->ctx, &bed->key, place, dmsc_buf_bytes(&bed->sealed), &bed->plain),
            DMSC_OK);
        assert_true(dmsc_bytes_equal(dmsc_buf_bytes(&bed->plain), plain));
    }
}

static void no_two_are_alike(void **state)
{
    struct bed *bed = *state;
    struct dmsc_buf first;

    dmsc_buf_init(&first, bed->ctx, 1000);
    seal(bed, "./A/b", "hush");
    assert_int_equal(dmsc_buf_set(&first, dmsc_buf_bytes(&bed->sealed)), DMSC_OK);
    seal(bed, "./A/b", "hush");
    assert_memory_not_equal(first.p + 1, bed->sealed.p + 1, 12);
    assert_memory_not_equal(first.p + 13, bed->sealed.p + 13, 4);
    dmsc_buf_clear(&first);
}

static void every_bit_counts(void **state)
{
    struct bed *bed = *state;

    seal(bed, "./A/b", "a secret of twenty-six");
    for (size_t bit = 0; bit < bed->sealed.n * 8; bit++) {
        bed->sealed.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_unreadable(bed, &bed->key, "./A/b", dmsc_buf_bytes(&bed->sealed));
        bed->sealed.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < bed->sealed.n; n++)
        assert_unreadable(bed, &bed->key, "./A/b", dmsc_bytes(bed->sealed.p, n));
    assert_int_equal(dmsc_buf_append_u8(&bed->sealed, 0), DMSC_OK);
    assert_unreadable(bed, &bed->key, "./A/b", dmsc_buf_bytes(&bed->sealed));
}

static void another_key_or_place(void **state)
{
    struct bed *bed = *state;
    static const char *const places[] = { "", "./A", "./A/", "./A/c", "./A/b/", "./a/b" };
    struct dmsc_secret key = DMSC_SECRET_INIT;

    seal(bed, "./A/b", "hush");
    make_key(bed, "Test", &key);
    assert_unreadable(bed, &key, "./A/b", dmsc_buf_bytes(&bed->sealed));
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(places); i++)
        assert_unreadable(bed, &bed->key, places[i], dmsc_buf_bytes(&bed->sealed));
    for (size_t bit = 0; bit < 256; bit++) {
        make_key(bed, "test", &key);
        key.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_unreadable(bed, &key, "./A/b", dmsc_buf_bytes(&bed->sealed));
    }
    assert_int_equal(dmsc_secret_set(&key, bed->ctx, dmsc_bytes(bed->key.p, 31)), DMSC_OK);
    assert_int_equal(
        dmsci_seal(bed->ctx, &key, dmsc_bytes_str("./A/b"), dmsc_bytes_str("x"), &bed->sealed),
        DMSC_E_ARG);
    dmsc_secret_clear(&key);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct dmsc_bytes place = dmsc_bytes_str("./A/b");
    struct dmsc_secret key = DMSC_SECRET_INIT;
    struct dmsc_buf sealed, plain;
    enum dmsc_err err = dmsci_seal_key(ctx, place, place, &key);

    (void)user;
    dmsc_buf_init(&sealed, ctx, 1000);
    dmsc_buf_init(&plain, ctx, 1000);
    if (err == DMSC_OK)
        err = dmsci_seal(ctx, &key, place, dmsc_bytes_str("hush"), &sealed);
    if (err != DMSC_OK)
        assert_int_equal(sealed.n, 0);
    if (err == DMSC_OK)
        err = dmsci_unseal(ctx, &key, place, dmsc_buf_bytes(&sealed), &plain);
    if (err == DMSC_OK)
        assert_string_equal(dmsc_buf_str(&plain), "hush");
    dmsc_secret_clear(&key);
    dmsc_buf_clear(&sealed);
    dmsc_buf_clear(&plain);
    return err;
}

static void allocation_faults(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(no_two_are_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(every_bit_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(another_key_or_place, setup, teardown),
        cmocka_unit_test(allocation_faults),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
