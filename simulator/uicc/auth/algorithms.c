/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/uicc/auth/algorithms.h"

enum dmsc_err dmsci_aka_derive_opc(struct dmsc_ctx *ctx, struct dmsci_aka_keys *keys,
                                   const uint8_t *op)
{
    if (!keys->tuak)
        return dmsci_milenage_opc(ctx, keys, op);
    dmsci_tuak_opc(keys, op);
    return DMSC_OK;
}

enum dmsc_err dmsci_aka_mac(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                            enum dmsci_aka_f1 which, const uint8_t rand[DMSCI_AKA_RAND],
                            const uint8_t sqn[DMSCI_AKA_SQN], const uint8_t amf[DMSCI_AKA_AMF],
                            uint8_t ret_mac[DMSCI_AKA_WIDE])
{
    if (!keys->tuak)
        return dmsci_milenage_mac(ctx, keys, which, rand, sqn, amf, ret_mac);
    dmsci_tuak_mac(keys, which, rand, sqn, amf, ret_mac);
    return DMSC_OK;
}

enum dmsc_err dmsci_aka_keys_of(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                const uint8_t rand[DMSCI_AKA_RAND],
                                struct dmsci_aka_vector *ret_vector)
{
    if (!keys->tuak)
        return dmsci_milenage_keys_of(ctx, keys, rand, ret_vector);
    dmsci_tuak_keys_of(keys, rand, ret_vector);
    return DMSC_OK;
}

enum dmsc_err dmsci_aka_resync_ak(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                  const uint8_t rand[DMSCI_AKA_RAND], uint8_t ret_ak[DMSCI_AKA_SQN])
{
    if (!keys->tuak)
        return dmsci_milenage_resync_ak(ctx, keys, rand, ret_ak);
    dmsci_tuak_resync_ak(keys, rand, ret_ak);
    return DMSC_OK;
}
