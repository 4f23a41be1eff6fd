/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two algorithm sets of 3GPP authentication: Milenage (TS 35.206) and TUAK (TS 35.231). Pure
 * functions; what they compute is secret and the caller wipes it.
 */
#ifndef DMSCI_SIM_AUTH_ALGORITHMS_H
#define DMSCI_SIM_AUTH_ALGORITHMS_H

#include "apdu/base/ctx.h"

#define DMSCI_AKA_RAND  16u
#define DMSCI_AKA_SQN   6u
#define DMSCI_AKA_AMF   2u
#define DMSCI_AKA_MAC   8u /* in AUTN and AUTS; TUAK alone can make longer ones */
#define DMSCI_AKA_WIDE  32u
#define DMSCI_AKA_BLOCK 16u

/** f2 to f5 of one challenge. */
struct dmsci_aka_vector {
    uint8_t res[DMSCI_AKA_WIDE], ck[DMSCI_AKA_WIDE], ik[DMSCI_AKA_WIDE];
    uint8_t ak[DMSCI_AKA_SQN];
};

/** A subscriber's secrets, and what the operator chose. */
struct dmsci_aka_keys {
    bool tuak;
    uint8_t k_n;                 /* 16; TUAK: or 32 */
    uint8_t k[DMSCI_AKA_WIDE];   /* K */
    uint8_t opc[DMSCI_AKA_WIDE]; /* OPc, 16 bytes; TUAK: TOPc, 32 */
    /* Lengths in bytes. Milenage: 8, 16, 16, 8 */
    uint8_t res_n;      /* TUAK: 4, 8, 16, 32 */
    uint8_t ck_n;       /* TUAK: 16, 32 */
    uint8_t ik_n;       /* TUAK: 16, 32 */
    uint8_t mac_n;      /* TUAK: 8, 16, 32; AUTN has room for 8 */
    uint8_t iterations; /* TUAK: of Keccak, 1 or more */
};

enum dmsci_aka_f1 { DMSCI_AKA_F1, DMSCI_AKA_F1_STAR };

/** OPc = E[OP]_K xor OP (TS 35.206 clause 4.1); TOPc (TS 35.231 clause 6.2). @p op 16 or 32 bytes,
 * keys->opc is set. */
DMSC_NODISCARD enum dmsc_err dmsci_aka_derive_opc(struct dmsc_ctx *ctx, struct dmsci_aka_keys *keys,
                                                  const uint8_t *op);
/** MAC-A or MAC-S, keys->mac_n bytes. */
DMSC_NODISCARD enum dmsc_err dmsci_aka_mac(struct dmsc_ctx *ctx, const struct dmsci_aka_keys *keys,
                                           enum dmsci_aka_f1 which,
                                           const uint8_t rand[DMSCI_AKA_RAND],
                                           const uint8_t sqn[DMSCI_AKA_SQN],
                                           const uint8_t amf[DMSCI_AKA_AMF],
                                           uint8_t ret_mac[DMSCI_AKA_WIDE]);
/** f2, f3, f4, f5. */
DMSC_NODISCARD enum dmsc_err dmsci_aka_keys_of(struct dmsc_ctx *ctx,
                                               const struct dmsci_aka_keys *keys,
                                               const uint8_t rand[DMSCI_AKA_RAND],
                                               struct dmsci_aka_vector *ret_vector);
/** f5*: the anonymity key of AUTS. */
DMSC_NODISCARD enum dmsc_err dmsci_aka_resync_ak(struct dmsc_ctx *ctx,
                                                 const struct dmsci_aka_keys *keys,
                                                 const uint8_t rand[DMSCI_AKA_RAND],
                                                 uint8_t ret_ak[DMSCI_AKA_SQN]);

/* tuak.c and milenage.c: one side each of the functions above. */
DMSC_NODISCARD enum dmsc_err dmsci_milenage_opc(struct dmsc_ctx *ctx, struct dmsci_aka_keys *keys,
                                                const uint8_t *op);
DMSC_NODISCARD enum dmsc_err dmsci_milenage_mac(struct dmsc_ctx *ctx,
                                                const struct dmsci_aka_keys *keys,
                                                enum dmsci_aka_f1 which, const uint8_t *rand,
                                                const uint8_t *sqn, const uint8_t *amf,
                                                uint8_t *ret_mac);
DMSC_NODISCARD enum dmsc_err dmsci_milenage_keys_of(struct dmsc_ctx *ctx,
                                                    const struct dmsci_aka_keys *keys,
                                                    const uint8_t *rand,
                                                    struct dmsci_aka_vector *ret_vector);
DMSC_NODISCARD enum dmsc_err dmsci_milenage_resync_ak(struct dmsc_ctx *ctx,
                                                      const struct dmsci_aka_keys *keys,
                                                      const uint8_t *rand, uint8_t *ret_ak);
void dmsci_tuak_opc(struct dmsci_aka_keys *keys, const uint8_t *top);
void dmsci_tuak_mac(const struct dmsci_aka_keys *keys, enum dmsci_aka_f1 which, const uint8_t *rand,
                    const uint8_t *sqn, const uint8_t *amf, uint8_t *ret_mac);
void dmsci_tuak_keys_of(const struct dmsci_aka_keys *keys, const uint8_t *rand,
                        struct dmsci_aka_vector *ret_vector);
void dmsci_tuak_resync_ak(const struct dmsci_aka_keys *keys, const uint8_t *rand, uint8_t *ret_ak);

/** Keccak-f[1600] (FIPS 202 clause 3.3) on 200 bytes, lanes least significant byte first. */
void dmsci_keccak(uint8_t state[200]);

#endif
