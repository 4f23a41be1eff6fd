/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_AUTHORITY_PRIVATE_H
#define DMSCI_AUTHORITY_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/authority.h>

struct dmsc_authority {
    struct dmsc_ctx *ctx;
    struct dmsc_tree *tree;
    struct dmsc_ma_list list;
};

/** Hops of a delegation chain (docs/card-application.md): a longer one is refused. */
#define DMSCI_DELEGATION_HOPS 3

struct dmsc_verdict dmsci_verdict(enum dmsc_reason reason, const struct dmsc_ma *ma,
                                  const char *fmt, ...) DMSCI_PRINTF(3, 4);

/** Whether the entry itself is in force now: enabled, in its time. DMSC_ALLOWED or why not. */
enum dmsc_reason dmsci_entry_in_force(const struct dmsc_ma *ma, struct dmsc_now now);
bool dmsci_entry_has_server_id(const struct dmsc_ma *ma, const char *server_id);
/** Whether the entry is a deny entry over @p server_id that beats a grant of @p priority. A bounded
 * one stands when the time is not known: fail closed. */
bool dmsci_entry_denies(const struct dmsc_ma *ma, const char *server_id, uint8_t priority,
                        struct dmsc_now now);

/** An object as the decision sees it. */
struct dmsci_object {
    const char *uri;
    const char *mo; /* URN of the MO it lies in, "" when none */
};
/** Bits that the entry's scopes give over the object, with all bits set for "all"; 0 when none
 * covers it. */
uint16_t dmsci_scope_rights(const struct dmsc_ma *ma, const struct dmsci_object *object);
bool dmsci_scope_covers(const struct dmsc_ma *ma, const struct dmsci_object *object);

/**
 * Walk the delegation chain of an entry. @p object NULL: look only whether the chain can hold at
 * all.
 * @param rights narrowed to what every delegating entry has over the object too
 */
enum dmsc_reason dmsci_delegation(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                  const struct dmsci_object *object, struct dmsc_now now,
                                  uint16_t *rights);

#endif
