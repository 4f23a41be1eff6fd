/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_UICC_AUTH_H
#define DMSC_UICC_AUTH_H

#include <dmsc/uicc.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What AUTHENTICATE is asked for: P2 and the form of its data (TS 31.102 clause 7.1). */
enum dmsc_auth_context {
    DMSC_AUTH_GSM,           /* RAND -> SRES, Kc */
    DMSC_AUTH_3G,            /* RAND, AUTN -> RES, CK, IK, perhaps Kc; or AUTS */
    DMSC_AUTH_GBA_BOOTSTRAP, /* RAND, AUTN -> RES; or AUTS */
    DMSC_AUTH_GBA_NAF        /* NAF_ID, IMPI -> Ks_ext_NAF */
};
struct dmsc_auth {
    enum dmsc_auth_context context;
    struct dmsc_bytes rand; /* 16 bytes */
    struct dmsc_bytes autn; /* 16 bytes */
    struct dmsc_bytes naf_id, impi;
};
#define DMSC_AUTH_INIT                                                                             \
    {                                                                                              \
        DMSC_AUTH_GSM, { NULL, 0 }, { NULL, 0 }, { NULL, 0 },                                      \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }
/** Secrets: dmsc_auth_result_clear(). What a context does not give is empty. */
struct dmsc_auth_result {
    bool resynchronise;     /* the sequence number was wrong: auts alone is there */
    struct dmsc_secret res; /* SRES with GSM */
    struct dmsc_secret ck, ik, kc;
    struct dmsc_secret auts;
    struct dmsc_secret ks_naf;
};
#define DMSC_AUTH_RESULT_INIT                                                                      \
    {                                                                                              \
        false                                                                                      \
    }
DMSC_API void dmsc_auth_result_clear(struct dmsc_auth_result *result);

/**
 * Take the answer of AUTHENTICATE apart.
 * @param ret_result replaced, what was there is wiped
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_auth_result_decode(struct dmsc_ctx *ctx,
                                                              enum dmsc_auth_context context,
                                                              struct dmsc_bytes answer,
                                                              struct dmsc_auth_result *ret_result);
/**
 * AUTHENTICATE (TS 102 221 clause 11.1.16, TS 31.102 clause 7.1) with the application in use. The
 * answer reaches no trace. A MAC that is wrong is DMSC_E_UNTRUSTED (SW 9862).
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_authenticate(struct dmsc_uicc *uicc,
                                                             const struct dmsc_auth *auth,
                                                             struct dmsc_auth_result *ret_result);

#ifdef __cplusplus
}
#endif
#endif
