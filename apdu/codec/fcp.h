/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_FCP_H
#define DMSCI_FCP_H

#include <dmsc/fcp.h>

/** dmsc_fcp_encode(), or with @p create dmsc_fcp_encode_create(). */
DMSC_NODISCARD enum dmsc_err dmsci_fcp_encode(const struct dmsc_fcp *fcp, bool create,
                                              struct dmsc_wr *w);

#endif
