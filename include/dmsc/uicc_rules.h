/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_UICC_RULES_H
#define DMSC_UICC_RULES_H

#include <dmsc/access.h>
#include <dmsc/uicc.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Finds what a file needs, whichever of its three forms the rule has (TS 102 221 clause
 * 11.1.1.4.7). An EF(ARR) is read once and kept; eight of them at most. A build without the
 * workbench does not have it.
 */
struct dmsc_uicc_rules;

/** @param uicc borrowed */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_rules_new(struct dmsc_uicc *uicc,
                                                          struct dmsc_uicc_rules **ret_rules);
/** Forget what was read: another application is in use as 7FFF, or a rule was updated. */
DMSC_API void dmsc_uicc_rules_forget(struct dmsc_uicc_rules *rules);
DMSC_API void dmsc_uicc_rules_free(struct dmsc_uicc_rules *rules);

/**
 * Tell what each operation on a file needs. SELECTs EF(ARR) when it is not known yet: the file in
 * use is another one then.
 *
 * @param folder      path of the DF that the file is in, from the MF or from 7FFF; empty: the MF
 * @param environment SEID for a rule by environment; 0: the first one
 * @param found       called for each operation in the order of the rule
 * @return DMSC_E_NOTFOUND when the FCP has no rule, or the record it names cannot be read
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_uicc_rules_describe(
    struct dmsc_uicc_rules *rules, struct dmsc_bytes folder, const struct dmsc_fcp *fcp,
    uint8_t environment, void (*found)(void *user, const struct dmsc_access *access), void *user);

#ifdef __cplusplus
}
#endif
#endif
