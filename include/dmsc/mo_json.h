/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_MO_JSON_H
#define DMSC_MO_JSON_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Objects as JSON, the MOData of DM 2.0 (clause 7.2.1.4): a member named after the node, interior
 * nodes as objects, leaves as values of their format. docs/tree.md has the table.
 *
 *     {"DevInfo": {"DevId": "urn:imei:...", "Ports": 4, "On": true}}
 *
 * A leaf of MIME type application/json holds a value of any shape (HLF-025); it is written
 * {"$fmt":"json","$v":...}.
 */

/**
 * Append the node and all below it. Secret leaves, and what @p filter refuses, are left out; an
 * interior node that is refused hides what is below it.
 * @return DMSC_E_NOTFOUND; DMSC_E_LIMIT when it is longer than @p ret_json holds
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_mo_json_export(struct dmsc_tree *tree, const char *uri,
                                                          dmsc_tnds_filter *filter, void *user,
                                                          struct dmsc_buf *ret_json);
/**
 * Put the one member of @p json below @p parent, in the caller's change; all or nothing. A leaf
 * that is there keeps its format, and the value must be one of it; a new one takes the format of
 * the JSON value: chr, int, float, bool, null.
 *
 * @param mode as for TNDS
 * @param ret_uri URI of the node, appended; NULL: not wanted
 * @return DMSC_E_MALFORMED ("json:...", "format:..."), DMSC_E_LIMIT, DMSC_E_EXISTS, DMSC_E_STATE
 *         (a leaf where a node should be, or the other way)
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_mo_json_import(struct dmsc_tree *tree,
                                                          const char *parent,
                                                          enum dmsc_tnds_mode mode,
                                                          struct dmsc_bytes json,
                                                          struct dmsc_buf *ret_uri);

#ifdef __cplusplus
}
#endif
#endif
