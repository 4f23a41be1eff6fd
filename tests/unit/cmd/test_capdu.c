/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include <dmsc/apdu.h>
#include <string.h>

static void encode(struct vectors *v, const struct dmsc_capdu *capdu, enum dmsc_protocol protocol,
                   const char *key)
{
    uint8_t block[DMSC_CAPDU_MAX];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    size_t size;

    if (dmsc_capdu_encode(capdu, protocol, &w) != DMSC_OK)
        vec_fail(v, "%s cannot be encoded", key);
    vec_assert_hex(v, key, dmsc_bytes(block, w.n));
    size = w.n;
    for (size_t cap = 0; cap < size; cap++) {
        w = dmsc_wr(block, cap);
        assert_int_equal(dmsc_capdu_encode(capdu, protocol, &w), DMSC_E_LIMIT);
        assert_int_equal(w.n, 0);
    }
}

static void same(struct vectors *v, const struct dmsc_capdu *a, const struct dmsc_capdu *b)
{
    if (a->cla != b->cla || a->ins != b->ins || a->p1 != b->p1 || a->p2 != b->p2 ||
        a->le != b->le || !dmsc_bytes_equal(a->data, b->data))
        vec_fail(v, "it decodes to something else");
}

static struct dmsc_capdu meant(struct vectors *v)
{
    struct dmsc_bytes header = vec_hex(v, "header");
    struct dmsc_capdu capdu = DMSC_CAPDU_INIT;

    assert_int_equal(header.n, 4);
    capdu.cla = header.p[0];
    capdu.ins = header.p[1];
    capdu.p1 = header.p[2];
    capdu.p2 = header.p[3];
    if (vec_has(v, "data"))
        capdu.data = vec_hex(v, "data");
    capdu.le = (uint16_t)vec_number(v, "le");
    return capdu;
}

static void refused(struct vectors *v)
{
    struct dmsc_capdu untouched, capdu;

    memset(&untouched, 0xA5, sizeof(untouched));
    memset(&capdu, 0xA5, sizeof(capdu));
    vec_assert_err(v, dmsc_capdu_decode(vec_hex(v, "input"), &capdu));
    assert_memory_equal(&capdu, &untouched, sizeof(capdu));
}

static void vectors_encode_and_decode(void **state)
{
    struct vectors *v = vectors_open("capdu.txt");

    (void)state;
    while (vectors_next(v)) {
        struct dmsc_capdu capdu, back = DMSC_CAPDU_INIT;

        if (vec_has(v, "input")) {
            refused(v);
            continue;
        }
        capdu = meant(v);
        encode(v, &capdu, DMSC_T0, "t0");
        encode(v, &capdu, DMSC_T1, "t1");
        assert_int_equal(dmsc_capdu_decode(vec_hex(v, "t1"), &back), DMSC_OK);
        same(v, &capdu, &back);
    }
    vectors_close(v);
}

/* Every length of data and every Le: what T=1 sends is what was meant. */
static void every_length_comes_back(void **state)
{
    uint8_t data[255], block[DMSC_CAPDU_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)i;
    for (size_t n = 0; n <= sizeof(data); n++) {
        for (unsigned le = 0; le <= 256; le++) {
            struct dmsc_capdu capdu = { 0x80, 0xCB, 0x00, 0x80, { data, n }, (uint16_t)le };
            struct dmsc_capdu back = DMSC_CAPDU_INIT;
            struct dmsc_wr w = dmsc_wr(block, sizeof(block));

            assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T1, &w), DMSC_OK);
            assert_int_equal(w.n, 4 + (n > 0 ? n + 1 : 0) + (le > 0 ? 1 : 0));
            assert_int_equal(dmsc_capdu_decode(dmsc_bytes(block, w.n), &back), DMSC_OK);
            assert_int_equal(back.le, le);
            assert_true(dmsc_bytes_equal(back.data, capdu.data));
            w = dmsc_wr(block, sizeof(block));
            assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T0, &w), DMSC_OK);
            assert_int_equal(w.n, 5 + n);
        }
    }
}

static void what_no_command_has_is_refused(void **state)
{
    static const uint8_t data[256];
    uint8_t block[300];
    struct dmsc_wr w = dmsc_wr(block, sizeof(block));
    struct dmsc_capdu capdu = { 0, 0xD6, 0, 0, { data, 256 }, 0 };

    (void)state;
    assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T0, &w), DMSC_E_ARG);
    assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T1, &w), DMSC_E_ARG);
    capdu.data.n = 0;
    capdu.le = 257;
    assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T0, &w), DMSC_E_ARG);
    assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T1, &w), DMSC_E_ARG);
    assert_int_equal(w.n, 0);
}

/* Every text of up to 7 bytes of a few values: nothing is read that is not there. */
static void every_short_text_survives(void **state)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x02, 0xFF };
    uint8_t text[7] = { 0 };

    (void)state;
    for (unsigned n = 0; n <= sizeof(text); n++) {
        for (unsigned long code = 0; code < 1ul << 2 * n; code++) {
            struct dmsc_capdu capdu = DMSC_CAPDU_INIT;
            struct dmsc_bytes exact;

            for (unsigned i = 0; i < n; i++)
                text[i] = values[code >> 2 * i & 3];
            exact = support_copy_exact(dmsc_bytes(text, n));
            if (dmsc_capdu_decode(exact, &capdu) == DMSC_OK) {
                uint8_t block[DMSC_CAPDU_MAX];
                struct dmsc_wr w = dmsc_wr(block, sizeof(block));

                assert_int_equal(dmsc_capdu_encode(&capdu, DMSC_T1, &w), DMSC_OK);
                assert_true(dmsc_bytes_equal(dmsc_bytes(block, w.n), exact));
            }
            support_free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_encode_and_decode),
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(what_no_command_has_is_refused),
        cmocka_unit_test(every_short_text_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
