/* SPDX-License-Identifier: Apache-2.0 */
/* What the wrappers have in common: they begin with the link inside. */
#ifndef DMSCI_LINK_WRAPPER_H
#define DMSCI_LINK_WRAPPER_H

#include "apdu/link/private.h"

/* The first member of each wrapper. */
struct dmsci_wrapper {
    struct dmsc_ctx *ctx;
    struct dmsc_link *inner;
};

/* Operations that are handed on as they are. */
enum dmsc_err dmsci_wrapper_lock(void *impl);
void dmsci_wrapper_unlock(void *impl);
void dmsci_wrapper_conceal(void *impl, bool on);
/** Frees the inner link and @p impl. */
void dmsci_wrapper_close(void *impl);
/** Power the inner link and give what it says. */
DMSC_NODISCARD enum dmsc_err dmsci_wrapper_power(void *impl, enum dmsc_power how,
                                                 struct dmsc_buf *ret_atr,
                                                 enum dmsc_protocol *ret_protocol);

#endif
