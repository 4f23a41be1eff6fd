/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_BRIDGE_FILE_H
#define DMSCI_BRIDGE_FILE_H

#include <dmsc/bytes.h>

/** Read a file of at most @p ceiling bytes. @param ret_content replaced */
DMSC_NODISCARD enum dmsc_err dmsci_file_read(struct dmsc_ctx *ctx, const char *path,
                                             bool must_be_private, struct dmsc_buf *ret_content);
/** Which file this is and when it was written, as text; "" when it cannot be said. */
void dmsci_file_stamp(const char *path, char *ret_text, size_t size);

#endif
