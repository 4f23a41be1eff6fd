/* SPDX-License-Identifier: Apache-2.0 */
/* From what programs hold to what the codec takes. */
#ifndef DMSCI_OTA_FACADE_H
#define DMSCI_OTA_FACADE_H

#include "apdu/codec/ota/packet.h"
#include <dmsc/ota.h>

/** Borrows the keys. */
struct dmsci_ota_keys dmsci_ota_keys_of(const struct dmsc_ota_keys *keys);
struct dmsci_ota_header dmsci_ota_header_of(const struct dmsc_ota_keys *keys);

#endif
