/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a workbench: all of a device's, and what tests cards and programs. */
#include "apdu/link/private.h"

const struct dmsc_link_driver *const dmsci_link_drivers[] = {
    &dmsci_pcsc_driver, &dmsci_at_driver, &dmsci_exec_driver, &dmsci_replay_driver, NULL,
};

const struct dmsci_link_wrapper *const dmsci_link_wrappers[] = {
    &dmsci_fault_wrapper,
    &dmsci_timed_wrapper,
    NULL,
};
