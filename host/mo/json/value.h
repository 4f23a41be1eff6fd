/* SPDX-License-Identifier: Apache-2.0 */
/* One value between its stored form and JSON (the table of docs/tree.md). */
#ifndef DMSCI_MO_JSON_VALUE_H
#define DMSCI_MO_JSON_VALUE_H

#include "apdu/base/ctx.h"
#include "host/mo/constructed.h"
#include <dmsc/mo.h>
#include <jansson.h>

/**
 * The JSON value of a leaf. @p ret_value new; the caller has a reference.
 * @return DMSC_E_NOMEM; DMSC_E_MALFORMED for a constructed value that is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_json_of_value(struct dmsc_ctx *ctx, enum dmsc_format format,
                                                 const char *type, struct dmsc_bytes value,
                                                 json_t **ret_value);
/**
 * The stored form of a JSON value. @p format: that of the leaf that is there, or of the new one
 * (dmsci_json_format()).
 * @param constructed whether the leaf may hold values of any shape
 */
DMSC_NODISCARD enum dmsc_err dmsci_json_to_value(struct dmsc_ctx *ctx, enum dmsc_format format,
                                                 bool constructed, const json_t *json,
                                                 struct dmsc_buf *ret_value);
/** The format of a leaf that is made from this value. */
enum dmsc_format dmsci_json_format(const json_t *json);
/** Append the text of a JSON value. @param flags of jansson */
DMSC_NODISCARD enum dmsc_err dmsci_json_put(const json_t *json, size_t flags,
                                            struct dmsc_buf *ret_text);
/** {"$fmt":"json","$v":...} */
bool dmsci_json_constructed(const json_t *json);

#endif
