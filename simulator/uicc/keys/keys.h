/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that sign and never leave the card: those of a PKCS#15 application. */
#ifndef DMSCI_SIM_KEYS_H
#define DMSCI_SIM_KEYS_H

#include "simulator/uicc/card.h"
#include <dmsc/secret.h>

#define DMSCI_SIM_PRIVATE_KEYS_MAX 16u
#define DMSCI_SIM_RSA_BITS         2048u
#define DMSCI_SIM_SIGNATURE_MAX    256u /* RSA-2048: as long as the modulus */
#define DMSCI_SIM_PUBLIC_MAX       300u /* 7F49 with modulus and exponent: 271 */

enum dmsci_sim_key_type { DMSCI_SIM_RSA_2048, DMSCI_SIM_EC_P256 };

/** One private key, reached by its reference while its application is the current one. */
struct dmsci_sim_private_key {
    uint8_t aid[DMSCI_SIM_AID_MAX];
    uint8_t aid_n;
    uint8_t reference;        /* 01 to 7F */
    uint8_t type;             /* enum dmsci_sim_key_type */
    uint8_t pin;              /* key reference that must be verified before it signs; 0: none */
    uint8_t admin;            /* likewise before it is generated anew */
    uint16_t public_fid;      /* EF of the application that gets the public key; 0: none */
    struct dmsc_secret value; /* DER: PKCS#1, SEC 1 or PKCS#8; empty: not generated yet */
};

/** MANAGE SECURITY ENVIRONMENT: the key of each template, 0: none set. */
struct dmsci_sim_environment {
    uint8_t sign, authenticate;
};

struct dmsci_sim_keys {
    struct dmsci_sim_private_key of[DMSCI_SIM_PRIVATE_KEYS_MAX];
    unsigned n;
    struct dmsci_sim_environment environment[DMSCI_SIM_CHANNELS_MAX];
    uint8_t answer[DMSCI_SIM_PUBLIC_MAX]; /* signatures and public keys, for GET RESPONSE */
};

/**
 * Sign what is handed in (mbed.c). RSA: @p input gets the padding of RSASSA-PKCS1-v1_5 (RFC 8017
 * 8.2, EMSA block type 1) as it is, so it is a DigestInfo; at most 40 % of the modulus (ISO 7816-8
 * 11.8). EC: a hash of 20 to 64 bytes; the signature is r and s.
 *
 * @return DMSC_E_ARG for a length that cannot be signed
 */
DMSC_NODISCARD enum dmsc_err dmsci_sim_key_sign(struct dmsc_ctx *ctx,
                                                const struct dmsci_sim_private_key *key,
                                                struct dmsc_bytes input,
                                                uint8_t ret_signature[DMSCI_SIM_SIGNATURE_MAX],
                                                size_t *ret_n);
/** Another key in the place of the old one. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_key_generate(struct dmsc_ctx *ctx,
                                                    struct dmsci_sim_private_key *key);
/** Is this a private key of its type, and a sound one? */
DMSC_NODISCARD enum dmsc_err dmsci_sim_key_check(struct dmsc_ctx *ctx,
                                                 const struct dmsci_sim_private_key *key);

/** Its public half: big-endian numbers. */
struct dmsci_sim_public_key {
    uint8_t modulus[DMSCI_SIM_RSA_BITS / 8];
    uint8_t exponent[3];
    uint8_t point[65]; /* EC: 04, x, y */
};
DMSC_NODISCARD enum dmsc_err dmsci_sim_key_public(struct dmsc_ctx *ctx,
                                                  const struct dmsci_sim_private_key *key,
                                                  struct dmsci_sim_public_key *ret_public);

#endif
