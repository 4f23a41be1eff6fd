/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a device: a reader, its modem, a helper program. A line for each driver. */
#include "apdu/link/private.h"

const struct dmsc_link_driver *const dmsci_link_drivers[] = {
    &dmsci_pcsc_driver,
    &dmsci_at_driver,
    &dmsci_exec_driver,
    NULL,
};

const struct dmsci_link_wrapper *const dmsci_link_wrappers[] = { NULL };
