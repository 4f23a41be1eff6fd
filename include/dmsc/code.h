/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CODE_H
#define DMSC_CODE_H

#include <dmsc/authority.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Who vouches for what a device shall run (WI-10): a package counts for a Management Authority when
 * its signature was made with the key of a certificate that this authority provisioned for the use
 * "code". Nothing here is about firmware alone.
 */
struct dmsc_code_certificate {
    const char *server_id; /* the authority that provisioned it */
    const char *usage;     /* what for; "code" is the one that counts here */
    struct dmsc_bytes der; /* X.509 */
};

/** Where the certificates come from. */
struct dmsc_code_trust {
    /** Those that are in force now, each borrowed for the call; @p certificate answers false to
     * stop, which is no failure. */
    enum dmsc_err (*certificates)(void *user,
                                  bool (*certificate)(void *to,
                                                      const struct dmsc_code_certificate *one),
                                  void *to);
    void *user;
};

/**
 * The certificates of usage "code" and others that the tree holds (dmsc/cert.h): those of an
 * authority that are in force and that its own scope, or "*", lets it use.
 * @param tree borrowed as long as the trust is used
 */
DMSC_API struct dmsc_code_trust dmsc_code_trust_tree(struct dmsc_tree *tree);

/** The SHA-256 of a package that is read in pieces, in constant memory. */
struct dmsc_code;
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_code_new(struct dmsc_ctx *ctx,
                                                    struct dmsc_code **ret_code);
DMSC_API void dmsc_code_free(struct dmsc_code *code);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_code_add(struct dmsc_code *code,
                                                    struct dmsc_bytes bytes);
/** What was added since the last end, or since it was made; then it begins anew. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_code_end(struct dmsc_code *code, uint8_t ret_sha256[32]);

/**
 * Does @p signature prove that @p server_id stands behind the package with this digest?
 *
 * @param trust     NULL: nobody is trusted
 * @param signature detached: ECDSA (Ecdsa-Sig-Value, RFC 3279) or RSA PKCS#1 v1.5, with SHA-256
 * @return DMSC_E_REFUSED: "code:no-certificate" (the authority provisioned none), "code:usage" (for
 *         other uses alone), "code:clock" (whether one is valid cannot be told),
 * "code:not-yet-valid", "code:expired", "code:key" (too short, or of an unknown kind),
 * "code:signature" (none of its usable certificates verifies it)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_code_check(
    struct dmsc_ctx *ctx, const struct dmsc_code_trust *trust, const char *server_id,
    const uint8_t sha256[32], struct dmsc_bytes signature, struct dmsc_now now);
/** Could any package count for @p server_id? The reasons are those above, but for the last. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_code_ready(struct dmsc_ctx *ctx,
                                                      const struct dmsc_code_trust *trust,
                                                      const char *server_id, struct dmsc_now now);

#ifdef __cplusplus
}
#endif
#endif
