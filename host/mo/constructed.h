/* SPDX-License-Identifier: Apache-2.0 */
/* Values with a shape: JSON and XML in one leaf (HLF-025). */
#ifndef DMSCI_MO_CONSTRUCTED_H
#define DMSCI_MO_CONSTRUCTED_H

#include <dmsc/mo.h>

#define DMSCI_JSON_MIME "application/json"

/** Whether the MIME type is that of JSON, whatever its parameters. NULL is none. */
bool dmsci_type_is_json(const char *type);

/**
 * A leaf of format chr whose type is JSON, or of format xml whose type is XML, holds a whole
 * document of it, nested no deeper than limits.xml_depth. All other values pass, empty ones too.
 * @return DMSC_E_MALFORMED ("format:json", "format:xml"), DMSC_E_LIMIT ("json:depth", "xml:depth"),
 *         DMSC_E_UNSUPPORTED ("xml:doctype")
 */
DMSC_NODISCARD enum dmsc_err dmsci_constructed_check(struct dmsc_ctx *ctx, enum dmsc_format format,
                                                     const char *type, struct dmsc_bytes value);

#endif
