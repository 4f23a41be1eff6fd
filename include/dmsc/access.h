/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_ACCESS_H
#define DMSC_ACCESS_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Access rules in words (TS 102 221 clauses 9.2 and 11.1.1.4.7; ISO/IEC 7816-4 clause 9.3). For
 * people: what a card allows, the card decides. A build without the workbench does not have it.
 */

/** One operation of a rule and what it needs: "read", "PIN1 or ADM1". Lives during the call. */
struct dmsc_access {
    const char *operation; /* "read", "update", ...; an instruction's name or "INS 32" */
    const char *needs;     /* "always", "never", keys with "and", "or", "not", brackets */
};

/** Name of a key reference (table 9.3): "PIN1", "PIN2", "ADM1", "universal PIN", "PIN of
 * application 3", "second PIN of application 3"; else "key 2A". @p ret_text holds 40 bytes. */
DMSC_API const char *dmsc_key_name(uint8_t key_ref, char ret_text[40]);

/**
 * An expanded rule: a record of EF(ARR), filled with FF or not, or the value of 'AB'. Operations
 * that the rule does not name are "never" and are not told.
 *
 * @param df    the file is a DF, ADF or the MF: the access mode bits mean other operations
 * @param found called once for each operation, in the order of the rule
 * @return DMSC_E_TRUNCATED, DMSC_E_MALFORMED; DMSC_E_LIMIT for conditions nested deeper than eight
 * or a text above 1024 characters; @p found may have been called before
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_access_expanded(
    struct dmsc_ctx *ctx, struct dmsc_bytes rule, bool df,
    void (*found)(void *user, const struct dmsc_access *access), void *user);
/** A compact rule, the value of '8C' (11.1.1.4.7.1). */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_access_compact(
    struct dmsc_bytes rule, bool df, void (*found)(void *user, const struct dmsc_access *access),
    void *user);

#ifdef __cplusplus
}
#endif
#endif
