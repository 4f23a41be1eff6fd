/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_EFDIR_H
#define DMSC_EFDIR_H

#include <dmsc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One application template '61' of EF(DIR) (TS 102 221 clause 13.1). Bytes borrow from the record.
 */
struct dmsc_application {
    struct dmsc_bytes aid;   /* '4F', 1..16 bytes */
    struct dmsc_bytes label; /* '50', empty when there is none */
    struct dmsc_bytes path;  /* '51' */
};

/**
 * Decode one record. Padding of FF or 00 behind the template is passed over.
 * @return DMSC_E_NOTFOUND for an empty record (FF or 00 only); DMSC_E_MALFORMED, DMSC_E_TRUNCATED
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_application_decode(
    struct dmsc_bytes record, struct dmsc_application *ret_application);
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_application_encode(
    const struct dmsc_application *application, struct dmsc_wr *w);

/** What a registered AID stands for ("USIM", "ISIM", "PKCS#15", "DMSC", ...); NULL when unknown. */
DMSC_API const char *dmsc_aid_name(struct dmsc_bytes aid);

#ifdef __cplusplus
}
#endif
#endif
