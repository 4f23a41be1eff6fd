/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_LINK_PRIVATE_H
#define DMSCI_LINK_PRIVATE_H

#include <dmsc/link.h>

extern const struct dmsc_link_driver dmsci_pcsc_driver;

#endif
