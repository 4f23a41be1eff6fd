/* SPDX-License-Identifier: Apache-2.0 */
/* What AUTHENTICATE works on: the secrets of each application, and what it has seen so far. */
#ifndef DMSCI_SIM_AUTH_SUBSCRIBER_H
#define DMSCI_SIM_AUTH_SUBSCRIBER_H

#include "simulator/uicc/auth/algorithms.h"
#include "simulator/uicc/card.h"

#define DMSCI_SIM_SUBSCRIBERS_MAX 4u
#define DMSCI_SIM_IND_BITS_MAX    5u
#define DMSCI_SIM_SQN_MAX         (((uint64_t)1 << 48) - 1)
#define DMSCI_SIM_NONCE           16u

/** One application with keys. Found by its AID: files may come and go while the card lives. */
struct dmsci_sim_subscriber {
    uint8_t aid[DMSCI_SIM_AID_MAX];
    uint8_t aid_n;
    uint8_t pin; /* key reference that must be verified (TS 31.102 7.1.1); 0: none */
    struct dmsci_aka_keys keys;

    /* TS 33.102 annex C.2: the highest SQN accepted for each value of IND, its last bits. */
    uint8_t ind_bits;
    uint64_t sqn[1u << DMSCI_SIM_IND_BITS_MAX];

    /* GBA_U (TS 33.220 5.3): Ks = CK || IK of the last bootstrapping, and its RAND. */
    uint8_t ks_n; /* 0: none yet */
    uint8_t ks[2 * DMSCI_AKA_WIDE];
    uint8_t ks_rand[DMSCI_AKA_RAND];
    uint8_t naf_next; /* record of EF(GBANL) that was written longest ago, from 0 */
};

struct dmsci_sim_auth {
    unsigned n;
    struct dmsci_sim_subscriber of[DMSCI_SIM_SUBSCRIBERS_MAX];
};

/** TS 33.102 annex C.2.2: is @p sqn fresh? Fresh means later than all of its IND, and no more than
 * 2^28 steps ahead of all. */
bool dmsci_sim_sqn_is_fresh(const struct dmsci_sim_subscriber *s, uint64_t sqn);
/** The highest SQN accepted so far: what AUTS tells. */
uint64_t dmsci_sim_sqn_highest(const struct dmsci_sim_subscriber *s);
void dmsci_sim_sqn_accept(struct dmsci_sim_subscriber *s, uint64_t sqn);
/** As if every SQN up to and including this one had been accepted. */
void dmsci_sim_sqn_start(struct dmsci_sim_subscriber *s, uint64_t sqn);

/** One challenge of context 3G or GBA. */
struct dmsci_sim_challenge {
    struct dmsc_bytes rand, autn;
    bool is_gba; /* MAC* = MAC xor Trunc(SHA-1(IK)), TS 33.220 5.3.2 */
};
enum dmsci_sim_verdict { DMSCI_SIM_FRESH, DMSCI_SIM_RESYNC, DMSCI_SIM_MAC_WRONG };

/**
 * TS 33.102 clause 6.3.3: check AUTN, make RES, CK and IK, or AUTS. Changes nothing: the caller
 * accepts the SQN once its answer is sure to be taken.
 *
 * @param ret_auts of DMSCI_SIM_RESYNC, 14 bytes
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_check_challenge(struct dmsc_ctx *ctx,
                                                       const struct dmsci_sim_subscriber *s,
                                                       const struct dmsci_sim_challenge *challenge,
                                                       struct dmsci_aka_vector *ret_vector,
                                                       uint64_t *ret_sqn, uint8_t *ret_auts,
                                                       enum dmsci_sim_verdict *ret_verdict);
#define DMSCI_AKA_AUTS 14u

/** Ks_ext_NAF = KDF(Ks, "gba-me", RAND, IMPI, NAF_Id), TS 33.220 annex B.3. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_ks_ext_naf(const struct dmsci_sim_subscriber *s,
                                                  struct dmsc_bytes naf_id, struct dmsc_bytes impi,
                                                  uint8_t ret_key[32]);
/** First 8 bytes of SHA-1(IK). */
DMSC_NODISCARD enum dmsc_err dmsci_sim_gba_mask(struct dmsc_bytes ik, uint8_t ret_mask[8]);

#endif
