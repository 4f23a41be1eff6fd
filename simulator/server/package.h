/* SPDX-License-Identifier: Apache-2.0 */
/* The server's next message: statuses, then as much of the next package as fits. */
#ifndef DMSCI_SERVER_PACKAGE_H
#define DMSCI_SERVER_PACKAGE_H

#include "simulator/server/session.h"

/** Answer @p msg, which was taken already, and move the session on. @p ret_response is replaced. */
DMSC_NODISCARD enum dmsc_err server_package_write(struct server_session *session,
                                                  const struct dmsci_syncml_message *msg,
                                                  struct dmsc_buf *ret_response);

#endif
