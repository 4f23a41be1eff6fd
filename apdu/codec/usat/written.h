/* SPDX-License-Identifier: Apache-2.0 */
/* Digits, times, networks, paths, addresses: as bytes and as people write them. */
#ifndef DMSCI_USAT_WRITTEN_H
#define DMSCI_USAT_WRITTEN_H

#include "apdu/codec/usat/table.h"

/** @param type AS_DIGITS to AS_LABELS. @return false for bytes that cannot be written so */
bool dmsci_written_read(enum dmsci_usat_type type, struct dmsc_rd r, struct dmsc_wr *text);
/** @return false for text that is no such thing */
bool dmsci_written_write(enum dmsci_usat_type type, struct dmsc_bytes text, struct dmsc_wr *w);

#endif
