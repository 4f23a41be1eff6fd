/* SPDX-License-Identifier: Apache-2.0 */
/* A DM card profile as plain values. */
#ifndef DMSCI_CARD_PROFILE_H
#define DMSCI_CARD_PROFILE_H

#include "host/card/provision/json.h"
#include <dmsc/card.h>

#define DMSCI_PROFILE_CERTS 8u /* EF.CERT1 to EF.CERT8 */

struct dmsci_profile_object {
    struct dmsc_mo_entry entry; /* id, type, urn, path, encoding, fid, owner, flags */
    struct dmsc_buf body;
};
struct dmsci_profile_cert {
    struct dmsc_buf der;
    uint8_t id[8]; /* first bytes of SHA-256 over the SubjectPublicKeyInfo */
    bool trusted;
    char *label;
};
struct dmsci_profile_psk {
    uint8_t record;
    struct dmsc_psk_record psk;
};

struct dmsc_card_profile {
    struct dmsc_ctx *ctx;
    uint32_t generation;            /* 0: one more than the card has */
    uint8_t flags;                  /* DMSC_CARD_ bits but the slots */
    bool bind_card;                 /* the list is for this card alone */
    struct dmsc_secret signing_key; /* empty: the list is not signed */
    char *token_label, *manufacturer;
    struct dmsc_ma_list list;
    struct dmsci_profile_object *objects;
    size_t object_count;
    struct dmsci_profile_cert *certs;
    size_t cert_count;
    struct dmsci_profile_psk *psks;
    size_t psk_count;
    char *bootstrap_label; /* NULL: no DM bootstrap message */
    bool bootstrap_private;
    struct dmsc_buf bootstrap;
};

DMSC_NODISCARD enum dmsc_err dmsci_profile_authorities(const struct dmsci_json *at,
                                                       struct dmsc_ma_list *list);
/** "DMAcc", "any", "0x20" or a URN. */
DMSC_NODISCARD enum dmsc_err dmsci_profile_type(const struct dmsci_json *at,
                                                enum dmsc_mo_type *ret_type, char **ret_urn);
/** The certificate (DER) in the file this text names. */
DMSC_NODISCARD enum dmsc_err dmsci_profile_cert(const struct dmsci_json *at,
                                                struct dmsc_buf *ret_der);
/** Bits of a list of names. @p names[i] stands for @p bits[i]. */
DMSC_NODISCARD enum dmsc_err dmsci_profile_bits(const struct dmsci_json *at,
                                                const char *const *names, const uint16_t *bits,
                                                size_t count, uint16_t *ret_bits);

#endif
