/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/crypto/crypto.h"
#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <mbedtls/aes.h>
#include <mbedtls/cipher.h>
#include <mbedtls/cmac.h>
#include <mbedtls/des.h>

#define DES_BLOCK 8u
#define AES_BLOCK 16u

size_t dmsci_cipher_block(enum dmsci_cipher cipher)
{
    return cipher == DMSCI_AES ? AES_BLOCK : DES_BLOCK;
}

bool dmsci_cipher_key_fits(enum dmsci_cipher cipher, size_t n)
{
    return n == 16 || n == 24 || n == (cipher == DMSCI_AES ? 32u : 8u);
}

static enum dmsc_err bad_key(struct dmsc_ctx *ctx, size_t n)
{
    enum dmsc_err err = dmsci_fail(ctx, DMSC_E_ARG, "use a key of %zu bytes", n);

    dmsci_why(ctx, "key:length", "the cipher takes no key of this length");
    return err;
}

static enum dmsc_err failed(struct dmsc_ctx *ctx, int rc, const char *what)
{
    enum dmsc_err err = dmsci_fail(
        ctx, rc == MBEDTLS_ERR_CIPHER_ALLOC_FAILED ? DMSC_E_NOMEM : DMSC_E_IO, "%s", what);

    dmsci_why(ctx, "crypto", "mbedTLS answers -0x%04X", (unsigned)-rc);
    return err;
}

static int aes_cbc(bool encrypt, struct dmsc_bytes key, uint8_t iv[AES_BLOCK], struct dmsc_bytes in,
                   uint8_t *out)
{
    mbedtls_aes_context aes;
    int rc;

    mbedtls_aes_init(&aes);
    rc = encrypt ? mbedtls_aes_setkey_enc(&aes, key.p, (unsigned)key.n * 8)
                 : mbedtls_aes_setkey_dec(&aes, key.p, (unsigned)key.n * 8);
    if (rc == 0)
        rc = mbedtls_aes_crypt_cbc(&aes, encrypt ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT, in.n,
                                   iv, in.p, out);
    mbedtls_aes_free(&aes);
    return rc;
}

static int des1_cbc(bool encrypt, const uint8_t *key, uint8_t iv[DES_BLOCK], struct dmsc_bytes in,
                    uint8_t *out)
{
    mbedtls_des_context des;
    int rc;

    mbedtls_des_init(&des);
    rc = encrypt ? mbedtls_des_setkey_enc(&des, key) : mbedtls_des_setkey_dec(&des, key);
    if (rc == 0)
        rc = mbedtls_des_crypt_cbc(&des, encrypt ? MBEDTLS_DES_ENCRYPT : MBEDTLS_DES_DECRYPT, in.n,
                                   iv, in.p, out);
    mbedtls_des_free(&des);
    return rc;
}

static int des3_cbc(bool encrypt, struct dmsc_bytes key, uint8_t iv[DES_BLOCK],
                    struct dmsc_bytes in, uint8_t *out)
{
    mbedtls_des3_context des;
    int rc;

    mbedtls_des3_init(&des);
    if (key.n == 16)
        rc =
            encrypt ? mbedtls_des3_set2key_enc(&des, key.p) : mbedtls_des3_set2key_dec(&des, key.p);
    else
        rc =
            encrypt ? mbedtls_des3_set3key_enc(&des, key.p) : mbedtls_des3_set3key_dec(&des, key.p);
    if (rc == 0)
        rc = mbedtls_des3_crypt_cbc(&des, encrypt ? MBEDTLS_DES_ENCRYPT : MBEDTLS_DES_DECRYPT, in.n,
                                    iv, in.p, out);
    mbedtls_des3_free(&des);
    return rc;
}

static enum dmsc_err cbc(struct dmsc_ctx *ctx, bool encrypt, enum dmsci_cipher cipher,
                         struct dmsc_bytes key, const uint8_t *iv, struct dmsc_bytes in,
                         uint8_t *out)
{
    uint8_t chain[DMSCI_BLOCK_MAX] = { 0 };
    size_t block = dmsci_cipher_block(cipher);
    enum dmsc_err err;
    int rc;

    if (!dmsci_cipher_key_fits(cipher, key.n))
        return bad_key(ctx, key.n);
    if (in.n % block != 0) {
        err = dmsci_fail(ctx, DMSC_E_ARG, "%scrypt %zu bytes", encrypt ? "en" : "de", in.n);
        dmsci_why(ctx, "crypto:block", "CBC takes whole blocks of %zu bytes", block);
        return err;
    }
    if (in.n == 0)
        return DMSC_OK;
    if (iv != NULL)
        dmsci_copy(chain, iv, block);
    if (cipher == DMSCI_AES)
        rc = aes_cbc(encrypt, key, chain, in, out);
    else
        rc = key.n == 8 ? des1_cbc(encrypt, key.p, chain, in, out)
                        : des3_cbc(encrypt, key, chain, in, out);
    dmsc_wipe(chain, sizeof(chain));
    return rc == 0 ? DMSC_OK : failed(ctx, rc, encrypt ? "encrypt" : "decrypt");
}

enum dmsc_err dmsci_cbc_encrypt(struct dmsc_ctx *ctx, enum dmsci_cipher cipher,
                                struct dmsc_bytes key, const uint8_t *iv, struct dmsc_bytes in,
                                uint8_t *out)
{
    return cbc(ctx, true, cipher, key, iv, in, out);
}

enum dmsc_err dmsci_cbc_decrypt(struct dmsc_ctx *ctx, enum dmsci_cipher cipher,
                                struct dmsc_bytes key, const uint8_t *iv, struct dmsc_bytes in,
                                uint8_t *out)
{
    return cbc(ctx, false, cipher, key, iv, in, out);
}

static const mbedtls_cipher_info_t *aes_info(size_t key_n)
{
    switch (key_n) {
    case 16:
        return mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_128_ECB);
    case 24:
        return mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_192_ECB);
    case 32:
        return mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_256_ECB);
    default:
        return NULL;
    }
}

enum dmsc_err dmsci_cmac(struct dmsc_ctx *ctx, struct dmsc_bytes key,
                         const struct dmsc_bytes *parts, size_t n, uint8_t ret_mac[16])
{
    const mbedtls_cipher_info_t *info = aes_info(key.n);
    mbedtls_cipher_context_t cipher;
    int rc;

    if (info == NULL)
        return bad_key(ctx, key.n);
    mbedtls_cipher_init(&cipher);
    rc = mbedtls_cipher_setup(&cipher, info);
    if (rc == 0)
        rc = mbedtls_cipher_cmac_starts(&cipher, key.p, key.n * 8);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (parts[i].n > 0)
            rc = mbedtls_cipher_cmac_update(&cipher, parts[i].p, parts[i].n);
    }
    if (rc == 0)
        rc = mbedtls_cipher_cmac_finish(&cipher, ret_mac);
    mbedtls_cipher_free(&cipher);
    return rc == 0 ? DMSC_OK : failed(ctx, rc, "compute an AES-CMAC");
}

enum dmsc_err dmsci_des_mac(struct dmsc_ctx *ctx, struct dmsc_bytes key,
                            const struct dmsc_bytes *parts, size_t n, uint8_t ret_mac[8])
{
    uint8_t block[DES_BLOCK] = { 0 }, mac[DES_BLOCK] = { 0 };
    size_t filled = 0;
    enum dmsc_err err = DMSC_OK;

    if (!dmsci_cipher_key_fits(DMSCI_DES, key.n))
        return bad_key(ctx, key.n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < parts[i].n && err == DMSC_OK; k++) {
            block[filled++] = parts[i].p[k];
            if (filled < DES_BLOCK)
                continue;
            err = cbc(ctx, true, DMSCI_DES, key, mac, dmsc_bytes(block, DES_BLOCK), mac);
            filled = 0;
        }
    }
    while (filled > 0 && filled < DES_BLOCK)
        block[filled++] = 0;
    if (err == DMSC_OK && filled > 0)
        err = cbc(ctx, true, DMSCI_DES, key, mac, dmsc_bytes(block, DES_BLOCK), mac);
    if (err == DMSC_OK)
        dmsci_copy(ret_mac, mac, DES_BLOCK);
    dmsc_wipe(block, sizeof(block));
    dmsc_wipe(mac, sizeof(mac));
    return err;
}

uint16_t dmsci_crc16(uint16_t crc, struct dmsc_bytes bytes)
{
    uint16_t state = (uint16_t)~crc;

    for (size_t i = 0; i < bytes.n; i++) {
        state ^= bytes.p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            state = (uint16_t)((state & 1) != 0 ? state >> 1 ^ 0x8408 : state >> 1);
    }
    return (uint16_t)~state;
}
