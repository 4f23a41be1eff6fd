/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_SERVICES_H
#define DMSCI_SERVICES_H

/** Names of the services of EF(UST), from 1 on (TS 31.102 clause 4.2.8); NULL for one not named. */
extern const char *const dmsci_usim_services[];
extern const unsigned dmsci_usim_service_count;

#endif
