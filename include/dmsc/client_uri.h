/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_CLIENT_URI_H
#define DMSC_CLIENT_URI_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The ClientURI of DM 2.0 (clause 6): MOID "/" instance "/" path "?" conditions. It names the same
 * nodes as LocURIs do; docs/tree.md shows how.
 *
 *     urn:oma:mo:oma-dm-devinfo:1.2//DevID          the only instance
 *     urn:x:demo:1.0/App.One/Log/1                  the instance whose MIID is "App.One": ./App/One
 *     urn:x:demo:1.0/(x)/Mode?nv=(x)/ID:north       the instance whose ID is "north"
 *     urn:x:demo:1.0/m1/Log/(y)/Value?nv=(y)/Day:d2 and "*" for any instance or any node
 */

/** What the one who asks may see: a node that this refuses is as if it were not there. */
typedef bool dmsc_client_uri_filter(void *user, const char *uri);

/**
 * Find the nodes of a ClientURI.
 *
 * @param visible NULL: all nodes. Conditions look at visible nodes alone, so that nobody learns a
 *                value by asking for it
 * @param found   told each LocURI, in octet order for each instance; answers false to stop
 * @param ret_cv  the cache validator of the query, replaced, empty without one; NULL: not wanted
 * @return DMSC_E_MALFORMED ("client-uri:..."); DMSC_E_LIMIT; DMSC_E_STATE ("client-uri:ambiguous")
 *         when no instance is named and there are several; DMSC_E_NOTFOUND when nothing is found
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_client_uri_resolve(
    struct dmsc_tree *tree, const char *client_uri, dmsc_client_uri_filter *visible,
    bool (*found)(void *user, const char *uri), void *user, struct dmsc_buf *ret_cv);

/**
 * The ClientURI of one node, appended: that of its instance, and the path in it.
 * @return DMSC_E_NOTFOUND when it lies in no instance
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_client_uri_of(struct dmsc_tree *tree, const char *uri,
                                                         struct dmsc_buf *ret_client_uri);

/** Instances of a kind, in octet order of their LocURIs; @p instance answers false to stop. */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_instances(struct dmsc_tree *tree, const char *moid,
                                                          bool (*instance)(void *user,
                                                                           const char *uri),
                                                          void *user);

#ifdef __cplusplus
}
#endif
#endif
