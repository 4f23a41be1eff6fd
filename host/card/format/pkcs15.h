/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#15 directory files (PKCS #15 v1.1; ISO/IEC 7816-15), as far as a card of the profile needs
 * them: write ODF, CDF, DODF and TokenInfo, and read the one DODF entry that OpenSC cannot.
 */
#ifndef DMSCI_CARD_PKCS15_H
#define DMSCI_CARD_PKCS15_H

#include "apdu/base/ctx.h"

/* Object identifiers, content octets without tag and length. */
#define DMSCI_OID_DM_BOOTSTRAP "\x67\x2B\x07\x01"                         /* 2.23.43.7.1 (OMNA) */
#define DMSCI_OID_DMSC         "\x2B\x06\x01\x04\x01\x81\xFD\x59\x44\x4D" /* and one arc more */

#define DMSCI_ODF_CDF         0xA4u
#define DMSCI_ODF_CDF_TRUSTED 0xA5u
#define DMSCI_ODF_DODF        0xA7u

/** Entry of EF.ODF: where a directory file is. */
void dmsci_p15_odf_entry(struct dmsc_wr *w, uint32_t type, struct dmsc_bytes path);
/** Entry of EF.CDF: an X.509 certificate behind a path. @p authority: of a CA */
void dmsci_p15_cdf_entry(struct dmsc_wr *w, const char *label, struct dmsc_bytes id, bool authority,
                         struct dmsc_bytes path);
/** opaqueDO of EF.DODF. @p is_private: behind PIN1 (authId 01) @p oid content octets */
void dmsci_p15_opaque_entry(struct dmsc_wr *w, const char *label, bool is_private,
                            const char *application, struct dmsc_bytes oid, struct dmsc_bytes path);
/** oidDO of EF.DODF, likewise. */
void dmsci_p15_oid_entry(struct dmsc_wr *w, const char *label, bool is_private,
                         const char *application, struct dmsc_bytes oid, struct dmsc_bytes path);
void dmsci_p15_token_info(struct dmsc_wr *w, struct dmsc_bytes serial, const char *manufacturer,
                          const char *label);

/** An oidDO entry. Bytes borrow from the input; texts may be empty. */
struct dmsci_p15_oid_object {
    struct dmsc_bytes label, application;
    bool is_private;
    struct dmsc_bytes oid; /* content octets */
    struct dmsc_bytes path;
};
/**
 * Decode the content of an 'A1' entry. Takes what live cards do: the OID encoded twice, empty
 * common attributes, index and length in the path, longer forms of a length.
 * @return DMSC_E_MALFORMED with reason pkcs15:oid-object
 */
DMSC_NODISCARD enum dmsc_err dmsci_p15_oid_object_decode(struct dmsc_ctx *ctx,
                                                         struct dmsc_bytes content,
                                                         struct dmsci_p15_oid_object *ret_object);
/** Dotted text of an OID's content octets; "" when it is none. @p ret_text of @p size bytes */
void dmsci_p15_oid_text(struct dmsc_bytes oid, char *ret_text, size_t size);

#endif
