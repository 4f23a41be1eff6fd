/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of what an exchange carries, added to the details of a trace. */
#ifndef DMSCI_TRACE_DETAILS_H
#define DMSCI_TRACE_DETAILS_H

#include "apdu/trace/private.h"
#include <dmsc/usat.h>

DMSC_NODISCARD enum dmsc_err dmsci_trace_usat(struct dmsc_trace *trace,
                                              const struct dmsc_usat *usat);
/** Any BER-TLV that begins with a template of SELECT; nothing is added for other bytes. */
DMSC_NODISCARD enum dmsc_err dmsci_trace_fcp(struct dmsc_trace *trace, struct dmsc_bytes bytes);
DMSC_NODISCARD enum dmsc_err dmsci_trace_profile(struct dmsc_trace *trace,
                                                 struct dmsc_bytes profile);

#endif
