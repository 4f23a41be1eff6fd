/* SPDX-License-Identifier: Apache-2.0 */
/* What the other layers need of ACLs beside mo.h. */
#ifndef DMSCI_MO_ACL_H
#define DMSCI_MO_ACL_H

#include <dmsc/mo.h>

/** What a new root has (TND 7.7.1.2). */
#define DMSCI_ACL_ROOT "Add=*&Get=*"

/**
 * Write @p acl without @p server_id (appended): commands that nobody is left for are dropped, and
 * commands that are written twice come out merged. Of a root, nothing left gives DMSCI_ACL_ROOT.
 */
DMSC_NODISCARD enum dmsc_err dmsci_acl_remove(struct dmsc_ctx *ctx, const char *acl,
                                              const char *server_id, bool root,
                                              struct dmsc_buf *ret_acl);
/** The ACL that TND 7.7.1.3 gives the creator of an interior node (appended), Get included. */
DMSC_NODISCARD enum dmsc_err dmsci_acl_creator(const char *server_id, struct dmsc_buf *ret_acl);

#endif
