/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CERT_H
#define DMSC_CERT_H

#include <dmsc/authority.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Certificates with a usage (SEC-003): objects ./Cert/NAME of the tree that the device keeps from
 * what the card provisions, and nobody else writes. docs/applications.md says where usage, scope
 * and authority come from.
 */

#define DMSC_CERT_MOID "urn:oma:mo:x-dmsc-cert:1.0"

enum dmsc_cert_state {
    DMSC_CERT_STAGED = 0, /* there, and not used: see reason */
    DMSC_CERT_ACTIVE = 1,
    DMSC_CERT_EXPIRED = 2,
    DMSC_CERT_REVOKED = 3,     /* the authority that provisioned it is listed no more */
    DMSC_CERT_CARD_REMOVED = 4 /* no part of the card in force */
};

/** Borrowed for the time of a call. */
struct dmsc_cert {
    const char *uri;    /* of the object */
    const char *usage;  /* "ca", "client", "server-pin", "app", "code", or one of the authority's */
    const char *ma;     /* ServerID of the authority that provisioned it; "": the card's issuer */
    const char *origin; /* "uicc" */
    const char *reason; /* why it is not in use: "cert:weak-key" and so on; "" */
    enum dmsc_cert_state state;
    struct dmsc_bytes der;
    uint8_t sha256[32];       /* of the DER */
    const char *const *scope; /* ServerIDs, "local:NAME", "*": who may use it */
    size_t scope_count;
};

/** Which certificates are meant. NULL: any. */
struct dmsc_cert_query {
    const char *usage;
    const char *ma;       /* provisioned by this one; "": by the issuer */
    const char *consumer; /* whom the scope must name: a ServerID, "local:NAME"; "*" names all */
    bool all;             /* those that are not in use too */
};
#define DMSC_CERT_QUERY_INIT                                                                       \
    {                                                                                              \
        NULL, NULL, NULL, false                                                                    \
    }

/**
 * The certificates of a usage, an authority, a consumer. Without query.all those in use alone:
 * active, and valid now by a clock that is trusted. @p cert answers false to stop, and changes
 * nothing. Order: octet order of the objects' names.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_certs_each(
    struct dmsc_tree *tree, const struct dmsc_cert_query *query, struct dmsc_now now,
    bool (*cert)(void *user, const struct dmsc_cert *cert), void *user);
/** "active", "card removed", ...; "?" for none. */
DMSC_API const char *dmsc_cert_state_name(enum dmsc_cert_state state);

#ifdef __cplusplus
}
#endif
#endif
