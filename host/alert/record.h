/* SPDX-License-Identifier: Apache-2.0 */
/* An alert as the store keeps it: when, five texts, data, each with its length in front. */
#ifndef DMSCI_ALERT_RECORD_H
#define DMSCI_ALERT_RECORD_H

#include "apdu/base/ctx.h"
#include <dmsc/alert.h>

/** Appended. DMSC_E_LIMIT when a text is longer than 65,535 octets. */
DMSC_NODISCARD enum dmsc_err dmsci_alert_encode(const struct dmsc_alert *alert,
                                                struct dmsc_buf *ret_record);
/** @param ret_alert borrows from @p record; its id is 0. DMSC_E_CORRUPT */
DMSC_NODISCARD enum dmsc_err dmsci_alert_decode(struct dmsc_ctx *ctx, struct dmsc_bytes record,
                                                struct dmsc_alert *ret_alert);

#endif
