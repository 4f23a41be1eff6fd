/* SPDX-License-Identifier: Apache-2.0 */
/* TUAK (TS 35.231) over Keccak-f[1600] (FIPS 202). */
#include "simulator/uicc/auth/algorithms.h"
#include <dmsc/secret.h>

#define STATE 200u
/* TS 35.231 clause 6: where the parts of IN stand, in bytes. Each is written backwards: the
 * specification numbers bits from the least significant one. */
#define AT_TOP      0u
#define AT_INSTANCE 32u
#define AT_NAME     33u
#define AT_RAND     40u
#define AT_AMF      56u
#define AT_SQN      58u
#define AT_KEY      64u
#define AT_PADDING  96u
#define AT_LAST     135u
#define AT_CK       32u
#define AT_IK       64u
#define AT_AK       96u

static uint64_t rotl(uint64_t v, unsigned n)
{
    return n == 0 ? v : v << n | v >> (64 - n);
}

/* FIPS 202 3.2.1: every lane with the parities of two neighbouring columns. */
static void theta(uint64_t a[25])
{
    uint64_t c[5];

    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < 25; i++)
        a[i] ^= c[(i + 4) % 5] ^ rotl(c[(i + 1) % 5], 1);
}

/* 3.2.2 and 3.2.3: lanes turn by triangular numbers on their way around the plane. */
static void rho_and_pi(uint64_t a[25])
{
    unsigned x = 1, y = 0, rotation = 0;
    uint64_t lane = a[1];

    for (unsigned t = 1; t <= 24; t++) {
        unsigned y_next = (2 * x + 3 * y) % 5;
        uint64_t kept;

        rotation = (rotation + t) % 64;
        x = y;
        y = y_next;
        kept = a[x + 5 * y];
        a[x + 5 * y] = rotl(lane, rotation);
        lane = kept;
    }
}

/* 3.2.4 */
static void chi(uint64_t a[25])
{
    for (unsigned y = 0; y < 25; y += 5) {
        uint64_t row[5];

        for (unsigned x = 0; x < 5; x++)
            row[x] = a[y + x];
        for (unsigned x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

/* 3.2.5: the constants come from a shift register; bit 2^j - 1 for j = 0 to 6. */
static uint64_t iota(uint8_t *reg)
{
    uint64_t constant = 0;

    for (unsigned j = 0; j < 7; j++) {
        if ((*reg & 1) != 0)
            constant |= (uint64_t)1 << ((1u << j) - 1);
        *reg = (uint8_t)((*reg & 0x80) != 0 ? *reg << 1 ^ 0x71 : *reg << 1);
    }
    return constant;
}

void dmsci_keccak(uint8_t state[STATE])
{
    uint64_t a[25] = { 0 };
    uint8_t reg = 1;

    for (unsigned i = 0; i < STATE; i++)
        a[i / 8] |= (uint64_t)state[i] << (8 * (i % 8));
    for (unsigned round = 0; round < 24; round++) {
        theta(a);
        rho_and_pi(a);
        chi(a);
        a[0] ^= iota(&reg);
    }
    for (unsigned i = 0; i < STATE; i++)
        state[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    dmsc_wipe(a, sizeof(a));
}

static void put_backwards(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[n - 1 - i];
}

struct input {
    const uint8_t *top, *rand, *amf, *sqn; /* NULL: zeroes */
    uint8_t instance;
};

/* One use of the permutation; the bit of the key's length is common to all instances. */
static void run(const struct dmsci_aka_keys *keys, const struct input *in, uint8_t state[STATE])
{
    static const uint8_t name[] = { 'T', 'U', 'A', 'K', '1', '.', '0' };

    for (unsigned i = 0; i < STATE; i++)
        state[i] = 0;
    put_backwards(state + AT_TOP, in->top, 32);
    state[AT_INSTANCE] = (uint8_t)(in->instance | (keys->k_n == 32 ? 0x01 : 0));
    put_backwards(state + AT_NAME, name, sizeof(name));
    if (in->rand != NULL)
        put_backwards(state + AT_RAND, in->rand, DMSCI_AKA_RAND);
    if (in->amf != NULL)
        put_backwards(state + AT_AMF, in->amf, DMSCI_AKA_AMF);
    if (in->sqn != NULL)
        put_backwards(state + AT_SQN, in->sqn, DMSCI_AKA_SQN);
    put_backwards(state + AT_KEY, keys->k, keys->k_n);
    state[AT_PADDING] = 0x1F;
    state[AT_LAST] = 0x80;
    for (unsigned i = 0; i < keys->iterations; i++)
        dmsci_keccak(state);
}

void dmsci_tuak_opc(struct dmsci_aka_keys *keys, const uint8_t *top)
{
    const struct input in = { .top = top };
    uint8_t state[STATE];

    run(keys, &in, state);
    put_backwards(keys->opc, state, 32);
    dmsc_wipe(state, sizeof(state));
}

/* 6.3 and 6.6: INSTANCE says which function and how long the MAC is. */
void dmsci_tuak_mac(const struct dmsci_aka_keys *keys, enum dmsci_aka_f1 which, const uint8_t *rand,
                    const uint8_t *sqn, const uint8_t *amf, uint8_t *ret_mac)
{
    const struct input in = { keys->opc, rand, amf, sqn,
                              (uint8_t)((which == DMSCI_AKA_F1_STAR ? 0x80 : 0) | keys->mac_n) };
    uint8_t state[STATE];

    run(keys, &in, state);
    put_backwards(ret_mac, state, keys->mac_n);
    dmsc_wipe(state, sizeof(state));
}

/* 6.4 */
void dmsci_tuak_keys_of(const struct dmsci_aka_keys *keys, const uint8_t *rand,
                        struct dmsci_aka_vector *ret_vector)
{
    struct input in = { .top = keys->opc, .rand = rand, .instance = 0x40 };
    uint8_t state[STATE];

    in.instance |= keys->res_n == 4 ? 0 : keys->res_n;
    in.instance |= keys->ck_n == 32 ? 0x04 : 0;
    in.instance |= keys->ik_n == 32 ? 0x02 : 0;
    run(keys, &in, state);
    put_backwards(ret_vector->res, state, keys->res_n);
    put_backwards(ret_vector->ck, state + AT_CK, keys->ck_n);
    put_backwards(ret_vector->ik, state + AT_IK, keys->ik_n);
    put_backwards(ret_vector->ak, state + AT_AK, DMSCI_AKA_SQN);
    dmsc_wipe(state, sizeof(state));
}

/* 6.5 */
void dmsci_tuak_resync_ak(const struct dmsci_aka_keys *keys, const uint8_t *rand, uint8_t *ret_ak)
{
    const struct input in = { .top = keys->opc, .rand = rand, .instance = 0xC0 };
    uint8_t state[STATE];

    run(keys, &in, state);
    put_backwards(ret_ak, state + AT_AK, DMSCI_AKA_SQN);
    dmsc_wipe(state, sizeof(state));
}
