/* SPDX-License-Identifier: Apache-2.0 */
/* Every answer comes from a standard: tests/vectors/crypto.txt. */
#include "apdu/crypto/crypto.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <string.h>

#define OUT_MAX 64

/* The message in one piece, and in two parted anywhere, must give the same. */
static enum dmsc_err mac(struct dmsc_ctx *ctx, const char *op, struct dmsc_bytes key,
                         struct dmsc_bytes input, uint8_t *out, size_t *ret_n)
{
    enum dmsc_err err = DMSC_OK;

    *ret_n = strcmp(op, "cmac") == 0 ? 16 : 8;
    for (size_t cut = 0; cut <= input.n && err == DMSC_OK; cut++) {
        struct dmsc_bytes parts[2] = { { input.p, cut }, { input.p + cut, input.n - cut } };
        uint8_t now[16] = { 0 };

        err = *ret_n == 16 ? dmsci_cmac(ctx, key, parts, 2, now)
                           : dmsci_des_mac(ctx, key, parts, 2, now);
        if (err == DMSC_OK && cut > 0)
            assert_memory_equal(now, out, *ret_n);
        memcpy(out, now, *ret_n);
    }
    return err;
}

static enum dmsc_err cbc(struct dmsc_ctx *ctx, struct vectors *v, enum dmsci_cipher cipher,
                         struct dmsc_bytes key, struct dmsc_bytes input, uint8_t *out)
{
    const uint8_t *iv = vec_has(v, "iv") ? vec_hex(v, "iv").p : NULL;
    uint8_t back[OUT_MAX];
    enum dmsc_err err = dmsci_cbc_encrypt(ctx, cipher, key, iv, input, out);

    if (err != DMSC_OK)
        return err;
    assert_int_equal(dmsci_cbc_decrypt(ctx, cipher, key, iv, dmsc_bytes(out, input.n), back),
                     DMSC_OK);
    assert_memory_equal(back, input.p, input.n);
    /* In place. */
    memcpy(back, input.p, input.n);
    assert_int_equal(dmsci_cbc_encrypt(ctx, cipher, key, iv, dmsc_bytes(back, input.n), back),
                     DMSC_OK);
    assert_memory_equal(back, out, input.n);
    return DMSC_OK;
}

static void crypto_vectors(void **state)
{
    struct vectors *v = vectors_open("crypto.txt");
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    while (vectors_next(v)) {
        const char *op = vec_text(v, "op");
        struct dmsc_bytes input = vec_hex(v, "input"), key = { NULL, 0 };
        uint8_t out[OUT_MAX];
        size_t n = input.n;
        enum dmsc_err err = DMSC_OK;

        assert_true(input.n <= OUT_MAX);
        if (strcmp(op, "crc16") == 0) {
            uint16_t crc = dmsci_crc16(0, dmsc_bytes(input.p, 2));

            crc = dmsci_crc16(crc, dmsc_bytes(input.p + 2, input.n - 2));
            out[0] = (uint8_t)(crc >> 8);
            out[1] = (uint8_t)crc;
            n = 2;
        } else {
            key = vec_hex(v, "key");
            if (strcmp(op, "cmac") == 0 || strcmp(op, "des-mac") == 0)
                err = mac(ctx, op, key, input, out, &n);
            else
                err = cbc(ctx, v, strcmp(op, "aes-cbc") == 0 ? DMSCI_AES : DMSCI_DES, key, input,
                          out);
        }
        vec_assert_err(v, err);
        if (err == DMSC_OK)
            vec_assert_hex(v, "output", dmsc_bytes(out, n));
    }
    vectors_close(v);
    dmsc_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(crypto_vectors) };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), 1);
}
