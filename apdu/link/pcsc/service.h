/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that talk to the PC/SC service. */
#ifndef DMSCI_LINK_PCSC_SERVICE_H
#define DMSCI_LINK_PCSC_SERVICE_H

#include "apdu/link/private.h"
#include <winscard.h>

/* Names of all readers, NUL-separated: pcsc-lite serves 16 of at most 128 bytes. */
#define DMSCI_PCSC_NAMES_SIZE  4096
#define DMSCI_PCSC_READERS_MAX 16

/** Tell the story of @p code. @p where is a reader, or "". */
enum dmsc_err dmsci_pcsc_fail(struct dmsc_ctx *ctx, LONG code, const char *what, const char *where);
DMSC_NODISCARD enum dmsc_err dmsci_pcsc_connect(struct dmsc_ctx *ctx, SCARDCONTEXT *ret_service);
/**
 * All readers, one behind the other, an empty name at the end.
 * @param ret_names of DMSCI_PCSC_NAMES_SIZE bytes
 */
DMSC_NODISCARD enum dmsc_err dmsci_pcsc_names(struct dmsc_ctx *ctx, SCARDCONTEXT service,
                                              char *ret_names);

#endif
