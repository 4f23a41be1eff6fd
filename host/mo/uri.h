/* SPDX-License-Identifier: Apache-2.0 */
/* What the other layers need of LocURIs beside dmsc_uri_normalise(). */
#ifndef DMSCI_MO_URI_H
#define DMSCI_MO_URI_H

#include <dmsc/mo.h>

/** DMSC_OK when @p uri is canonical and within the limits. */
DMSC_NODISCARD enum dmsc_err dmsci_uri_check(struct dmsc_ctx *ctx, const char *uri);
/** DMSC_OK when @p name can be the last segment of a canonical URI. */
DMSC_NODISCARD enum dmsc_err dmsci_uri_check_name(struct dmsc_ctx *ctx, const char *name);

/** Write a canonical URI so that dmsc_uri_normalise() gives it back: "%" and "?" are encoded. */
DMSC_NODISCARD enum dmsc_err dmsci_uri_encode(const char *uri, struct dmsc_buf *ret_text);

/** The canonical URI of the node @p relative ("." or "./A/B") below @p base; appended. */
DMSC_NODISCARD enum dmsc_err dmsci_uri_join(const char *base, const char *relative,
                                            struct dmsc_buf *ret_uri);

/** Octets of the parent's URI in @p uri; 0 for the root. */
size_t dmsci_uri_parent_length(const char *uri);
/** The last segment; "." for the root. */
const char *dmsci_uri_name(const char *uri);

/** Order of a walk: as strcmp(), with "/" before every octet of a name. */
int dmsci_uri_compare(const char *a, const char *b);

#endif
