/* SPDX-License-Identifier: Apache-2.0 */
/* The PKCS#15 view of a provisioned card: the same objects from two applications. */
#ifndef DMSCI_CARD_VIEW_H
#define DMSCI_CARD_VIEW_H

#include "host/card/private.h"
#include "host/card/provision/profile.h"

#define DMSCI_FID_ODF         0x5031u
#define DMSCI_FID_TOKEN_INFO  0x5032u
#define DMSCI_FID_CDF         0x4404u
#define DMSCI_FID_CDF_TRUSTED 0x4405u
#define DMSCI_FID_DODF        0x6430u
#define DMSCI_FID_BOOTSTRAP   0x6431u /* in DF.PKCS15, where DM clients look for it */
#define DMSCI_FID_CERT        0x4551u /* EF.CERT1 and on, in ADF.DMSC */

enum dmsci_view_at {
    DMSCI_VIEW_DMSC,  /* ADF.DMSC: paths of two bytes, relative to it */
    DMSCI_VIEW_PKCS15 /* the standard application: paths from the MF */
};

/** Content of one directory file; at most @p size bytes of it. @p ret_content replaced */
DMSC_NODISCARD enum dmsc_err dmsci_view_file(const struct dmsc_card_profile *profile,
                                             enum dmsci_view_at at, uint16_t fid, size_t size,
                                             const uint8_t iccid[DMSCI_ICCID_SIZE],
                                             struct dmsc_buf *ret_content);

#endif
