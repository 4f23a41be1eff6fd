/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_UICC_ADMIN_PRIVATE_H
#define DMSCI_UICC_ADMIN_PRIVATE_H

#include "host/uicc/private.h"
#include <dmsc/uicc_admin.h>

/** A refusal, told with what the status word means to the command. */
enum dmsc_err dmsci_admin_refused(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                  uint16_t sw, const char *what);
/** As dmsc_uicc_command(), refusals as dmsci_admin_refused() tells them. */
DMSC_NODISCARD enum dmsc_err dmsci_admin_command(struct dmsc_uicc *uicc,
                                                 const struct dmsc_capdu *capdu,
                                                 struct dmsc_buf *ret_data, const char *what);
/** DMSC_E_ARG with the reason. */
enum dmsc_err dmsci_admin_bad(struct dmsc_uicc *uicc, const char *what, const char *why);

#endif
