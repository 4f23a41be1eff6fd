/* SPDX-License-Identifier: Apache-2.0 */
/* Milenage with AES-128 as its kernel, TS 35.206 clause 4.1. */
#include "apdu/crypto/crypto.h"
#include "simulator/uicc/auth/algorithms.h"
#include <dmsc/secret.h>

static enum dmsc_err kernel(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                            const uint8_t in[DMSCI_AKA_BLOCK], uint8_t out[DMSCI_AKA_BLOCK])
{
    /* One block of CBC with an IV of zeroes is the plain cipher. */
    return dmsci_cbc_encrypt(ctx, DMSCI_AES, dmsc_bytes(keys->k, 16), NULL,
                             dmsc_bytes(in, DMSCI_AKA_BLOCK), out);
}

static void xor_into(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] ^= from[i];
}

/* TEMP = E[RAND xor OPc]_K */
static enum dmsc_err temp_of(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                             const uint8_t *rand, uint8_t ret_temp[DMSCI_AKA_BLOCK])
{
    uint8_t in[DMSCI_AKA_BLOCK];

    dmsci_copy(in, rand, DMSCI_AKA_BLOCK);
    xor_into(in, keys->opc, DMSCI_AKA_BLOCK);
    return kernel(ctx, keys, in, ret_temp);
}

/* OUTn = E[rot(x xor OPc, rn) xor cn xor more]_K xor OPc; rotations are whole bytes to the left. */
static enum dmsc_err out_of(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                            const uint8_t *x, unsigned rotation, uint8_t c, const uint8_t *more,
                            uint8_t ret_out[DMSCI_AKA_BLOCK])
{
    uint8_t in[DMSCI_AKA_BLOCK];
    enum dmsc_err err;

    for (unsigned i = 0; i < DMSCI_AKA_BLOCK; i++) {
        unsigned from = (i + rotation) % DMSCI_AKA_BLOCK;

        in[i] = x[from] ^ keys->opc[from];
    }
    in[DMSCI_AKA_BLOCK - 1] ^= c;
    if (more != NULL)
        xor_into(in, more, DMSCI_AKA_BLOCK);
    err = kernel(ctx, keys, in, ret_out);
    if (err == DMSC_OK)
        xor_into(ret_out, keys->opc, DMSCI_AKA_BLOCK);
    dmsc_wipe(in, sizeof(in));
    return err;
}

enum dmsc_err dmsci_milenage_opc(struct dmsc_ctx *ctx, struct dmsci_aka_keys *keys,
                                 const uint8_t *op)
{
    uint8_t out[DMSCI_AKA_BLOCK];
    enum dmsc_err err = kernel(ctx, keys, op, out);

    if (err == DMSC_OK) {
        xor_into(out, op, DMSCI_AKA_BLOCK);
        dmsci_copy(keys->opc, out, DMSCI_AKA_BLOCK);
    }
    dmsc_wipe(out, sizeof(out));
    return err;
}

/* f1 and f1*: r1 = 64, c1 = 0; IN1 = SQN || AMF || SQN || AMF; the halves of OUT1. */
enum dmsc_err dmsci_milenage_mac(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                 enum dmsci_aka_f1 which, const uint8_t *rand, const uint8_t *sqn,
                                 const uint8_t *amf, uint8_t *ret_mac)
{
    uint8_t temp[DMSCI_AKA_BLOCK], in1[DMSCI_AKA_BLOCK], out[DMSCI_AKA_BLOCK];
    enum dmsc_err err = temp_of(ctx, keys, rand, temp);

    for (unsigned half = 0; half < DMSCI_AKA_BLOCK; half += 8) {
        dmsci_copy(in1 + half, sqn, DMSCI_AKA_SQN);
        dmsci_copy(in1 + half + DMSCI_AKA_SQN, amf, DMSCI_AKA_AMF);
    }
    if (err == DMSC_OK)
        err = out_of(ctx, keys, in1, 8, 0, temp, out);
    if (err == DMSC_OK)
        dmsci_copy(ret_mac, out + (which == DMSCI_AKA_F1 ? 0 : 8), DMSCI_AKA_MAC);
    dmsc_wipe(temp, sizeof(temp));
    dmsc_wipe(out, sizeof(out));
    return err;
}

/* f2 and f5: r2 = 0, c2 = 1. f3: r3 = 32, c3 = 2. f4: r4 = 64, c4 = 4. */
enum dmsc_err dmsci_milenage_keys_of(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                     const uint8_t *rand, struct dmsci_aka_vector *ret_vector)
{
    uint8_t temp[DMSCI_AKA_BLOCK], out[DMSCI_AKA_BLOCK];
    enum dmsc_err err = temp_of(ctx, keys, rand, temp);

    if (err == DMSC_OK)
        err = out_of(ctx, keys, temp, 0, 1, NULL, out);
    if (err == DMSC_OK) {
        dmsci_copy(ret_vector->ak, out, DMSCI_AKA_SQN);
        dmsci_copy(ret_vector->res, out + 8, 8);
        err = out_of(ctx, keys, temp, 4, 2, NULL, ret_vector->ck);
    }
    if (err == DMSC_OK)
        err = out_of(ctx, keys, temp, 8, 4, NULL, ret_vector->ik);
    dmsc_wipe(temp, sizeof(temp));
    dmsc_wipe(out, sizeof(out));
    return err;
}

/* f5*: r5 = 96, c5 = 8. */
enum dmsc_err dmsci_milenage_resync_ak(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                       const uint8_t *rand, uint8_t *ret_ak)
{
    uint8_t temp[DMSCI_AKA_BLOCK], out[DMSCI_AKA_BLOCK];
    enum dmsc_err err = temp_of(ctx, keys, rand, temp);

    if (err == DMSC_OK)
        err = out_of(ctx, keys, temp, 12, 8, NULL, out);
    if (err == DMSC_OK)
        dmsci_copy(ret_ak, out, DMSCI_AKA_SQN);
    dmsc_wipe(temp, sizeof(temp));
    dmsc_wipe(out, sizeof(out));
    return err;
}
