/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication and key agreement, the side of the card: TS 33.102 clause 6.3 and annex C. */
#include "simulator/uicc/auth/subscriber.h"
#include <dmsc/secret.h>

/* C.3.2, the profile that is not time-based. */
#define DELTA ((uint64_t)1 << 28)

static uint64_t ind_mask(const struct dmsci_sim_subscriber *s)
{
    return ((uint64_t)1 << s->ind_bits) - 1;
}

uint64_t dmsci_sim_sqn_highest(const struct dmsci_sim_subscriber *s)
{
    uint64_t highest = 0;

    for (uint64_t i = 0; i <= ind_mask(s); i++) {
        if (s->sqn[i] > highest)
            highest = s->sqn[i];
    }
    return highest;
}

bool dmsci_sim_sqn_is_fresh(const struct dmsci_sim_subscriber *s, uint64_t sqn)
{
    uint64_t seq = sqn >> s->ind_bits, highest = dmsci_sim_sqn_highest(s) >> s->ind_bits;

    return seq > s->sqn[sqn & ind_mask(s)] >> s->ind_bits &&
           (seq <= highest || seq - highest <= DELTA);
}

void dmsci_sim_sqn_accept(struct dmsci_sim_subscriber *s, uint64_t sqn)
{
    s->sqn[sqn & ind_mask(s)] = sqn;
}

void dmsci_sim_sqn_start(struct dmsci_sim_subscriber *s, uint64_t sqn)
{
    uint64_t step = ind_mask(s) + 1;

    for (uint64_t i = 0; i < step; i++) {
        uint64_t last = (sqn & ~ind_mask(s)) | i;

        if (last > sqn)
            last = last >= step ? last - step : 0;
        s->sqn[i] = last;
    }
}

static void put_sqn(uint64_t sqn, uint8_t ret[DMSCI_AKA_SQN])
{
    for (unsigned i = 0; i < DMSCI_AKA_SQN; i++)
        ret[i] = (uint8_t)(sqn >> (8 * (DMSCI_AKA_SQN - 1 - i)));
}

/* 6.3.3: AUTS = SQN_MS xor f5*(RAND) || f1*(SQN_MS, RAND, AMF*), where AMF* is zero. */
static enum dmsc_err make_auts(struct dmsc_ctx *ctx, const struct dmsci_sim_subscriber *s,
                               const uint8_t *rand, uint8_t ret_auts[DMSCI_AKA_AUTS])
{
    static const uint8_t amf[DMSCI_AKA_AMF];
    uint8_t sqn[DMSCI_AKA_SQN], ak[DMSCI_AKA_SQN], mac[DMSCI_AKA_WIDE];
    enum dmsc_err err;

    put_sqn(dmsci_sim_sqn_highest(s), sqn);
    err = dmsci_aka_mac(ctx, &s->keys, DMSCI_AKA_F1_STAR, rand, sqn, amf, mac);
    if (err == DMSC_OK)
        err = dmsci_aka_resync_ak(ctx, &s->keys, rand, ak);
    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_AKA_SQN; i++)
        ret_auts[i] = sqn[i] ^ ak[i];
    if (err == DMSC_OK)
        dmsci_copy(ret_auts + DMSCI_AKA_SQN, mac, DMSCI_AKA_MAC);
    dmsc_wipe(ak, sizeof(ak));
    return err;
}

/* What AUTN should end with. */
static enum dmsc_err expected_mac(struct dmsc_ctx *ctx, const struct dmsci_sim_subscriber *s,
                                  const struct dmsci_sim_challenge *challenge, const uint8_t *sqn,
                                  const struct dmsci_aka_vector *v, uint8_t ret_mac[DMSCI_AKA_WIDE])
{
    const uint8_t *amf = challenge->autn.p + DMSCI_AKA_SQN;
    uint8_t mask[DMSCI_AKA_MAC];
    enum dmsc_err err =
        dmsci_aka_mac(ctx, &s->keys, DMSCI_AKA_F1, challenge->rand.p, sqn, amf, ret_mac);

    if (err != DMSC_OK || !challenge->is_gba)
        return err;
    err = dmsci_sim_gba_mask(dmsc_bytes(v->ik, s->keys.ik_n), mask);
    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_AKA_MAC; i++)
        ret_mac[i] ^= mask[i];
    return err;
}

enum dmsc_err dmsci_sim_check_challenge(struct dmsc_ctx *ctx, const struct dmsci_sim_subscriber *s,
                                        const struct dmsci_sim_challenge *challenge,
                                        struct dmsci_aka_vector *ret_vector, uint64_t *ret_sqn,
                                        uint8_t *ret_auts, enum dmsci_sim_verdict *ret_verdict)
{
    const uint8_t *autn = challenge->autn.p;
    uint8_t mac[DMSCI_AKA_WIDE], sqn[DMSCI_AKA_SQN];
    uint64_t number = 0;
    enum dmsc_err err = dmsci_aka_keys_of(ctx, &s->keys, challenge->rand.p, ret_vector);

    for (unsigned i = 0; err == DMSC_OK && i < DMSCI_AKA_SQN; i++) {
        sqn[i] = autn[i] ^ ret_vector->ak[i];
        number = number << 8 | sqn[i];
    }
    if (err == DMSC_OK)
        err = expected_mac(ctx, s, challenge, sqn, ret_vector, mac);
    if (err != DMSC_OK)
        return err;
    *ret_sqn = number;
    if (!dmsc_ct_equal(dmsc_bytes(mac, DMSCI_AKA_MAC),
                       dmsc_bytes(autn + DMSCI_AKA_SQN + DMSCI_AKA_AMF, DMSCI_AKA_MAC)))
        *ret_verdict = DMSCI_SIM_MAC_WRONG;
    else if (dmsci_sim_sqn_is_fresh(s, number))
        *ret_verdict = DMSCI_SIM_FRESH;
    else
        *ret_verdict = DMSCI_SIM_RESYNC;
    if (*ret_verdict == DMSCI_SIM_RESYNC)
        err = make_auts(ctx, s, challenge->rand.p, ret_auts);
    dmsc_wipe(mac, sizeof(mac));
    dmsc_wipe(sqn, sizeof(sqn));
    return err;
}
