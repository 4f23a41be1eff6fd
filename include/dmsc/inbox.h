/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_INBOX_H
#define DMSC_INBOX_H

#include <dmsc/client_uri.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where a server leaves objects without saying where they go (OMA-TS-DM_StdObj 1.2, 5.3.4). */
#define DMSC_INBOX      "./Inbox"
#define DMSC_INBOX_MOID "urn:oma:mo:oma-dm-inbox:1.0"

/**
 * Say where new objects of a kind go: below @p parent, each under its own name. Until the tree is
 * closed; said again, the latest counts. DM accounts of DM 1.x go to ./DMAcc from the beginning.
 *
 * @param moid   MO identifier with its version; @p parent canonical; both copied. NULL @p parent:
 *               objects of the kind go nowhere any more
 * @return DMSC_E_ARG for an identifier that is none ("inbox:moid") or a parent that is not
 *         canonical; as dmsc_uri_normalise() for one that is no LocURI; DMSC_E_LIMIT
 * ("inbox:places") for more than 64 kinds
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_place_mo(struct dmsc_tree *tree, const char *moid,
                                                         const char *parent);

/** How objects are taken in. */
struct dmsc_inbox {
    const char *target; /* the Inbox or a name below it: what references in the object begin with */
    const char *acl;    /* not NULL: ACL of each top node that states none */
    /* Bootstrap: what is of no known kind is left out (BOOT 5.4.5). Else it refuses the whole. */
    bool skip_unknown;
    /* Which instances the sender may see: NULL for all. An object of a kind that no place was said
     * for goes where the first of these stands. */
    dmsc_client_uri_filter *visible;
    /* Told where each object will go, and what it is, before anything is put there; an answer other
     * than DMSC_OK refuses the whole and is handed back. NULL: not wanted. */
    enum dmsc_err (*place)(void *user, const char *uri, const char *moid);
    void *user;
};
#define DMSC_INBOX_INIT                                                                            \
    {                                                                                              \
        DMSC_INBOX, NULL, false, NULL, NULL, NULL                                                  \
    }

/**
 * Put the Management Objects of one TNDS object where they belong (StdObj 5.3.4, BOOT 5.4.5): its
 * top nodes are taken apart, the place of each is chosen by its MO identifier, a name that is taken
 * gets a number, and values of format chr that name a node of the object as it would stand in the
 * Inbox ("./Inbox/Name/Path") name it where it is now. Of one Management Object in several versions
 * the newest that has a place is taken. All or nothing, inside the caller's transaction; nothing
 * stays in the Inbox.
 *
 * @return DMSC_E_UNSUPPORTED ("inbox:unknown") when a top node is of no known kind; DMSC_E_LIMIT
 *         ("inbox:objects") for more than limits.inbox_objects; DMSC_E_ARG for a target outside the
 *         Inbox; as dmsc_tnds_import()
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_inbox_add(struct dmsc_tree *tree,
                                                     const struct dmsc_inbox *how,
                                                     struct dmsc_bytes object);

#ifdef __cplusplus
}
#endif
#endif
