/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_EF_H
#define DMSC_EF_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One thing that a standard EF says. Lives during the call. */
struct dmsc_ef_line {
    const char *name;  /* "MCC and MNC" */
    const char *value; /* UTF-8 */
};

/** Is there a description for the EF of this name ("ICCID", "IMSI", "UST", "ARR", ...)? */
DMSC_API bool dmsc_ef_known(const char *ef);
/**
 * What the content of an EF means (TS 102 221 clause 13, TS 31.102 clause 4.2, TS 31.103 clause
 * 4.2). For people; a build without the workbench does not have it. Unused bytes are passed over.
 *
 * @param ef      its name without "EF"
 * @param content of a transparent EF, or one record
 * @param found   called for each line
 * @return DMSC_E_NOTFOUND for an EF that is not known; DMSC_E_TRUNCATED, DMSC_E_MALFORMED;
 *         @p found may have been called before
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_ef_describe(
    struct dmsc_ctx *ctx, const char *ef, struct dmsc_bytes content,
    void (*found)(void *user, const struct dmsc_ef_line *line), void *user);

#ifdef __cplusplus
}
#endif
#endif
