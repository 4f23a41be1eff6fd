/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_MO_FORMAT_H
#define DMSCI_MO_FORMAT_H

#include <dmsc/mo.h>

/**
 * Whether @p value is one of @p format (the table of docs/tree.md). An empty value is one of every
 * format: the leaf has none (REP 6.6.5, TNDS 5).
 */
bool dmsci_format_takes(enum dmsc_format format, struct dmsc_bytes value);
/** DMSC_E_MALFORMED with the reason "format:int" and so on when it is none. */
DMSC_NODISCARD enum dmsc_err dmsci_format_check(struct dmsc_ctx *ctx, enum dmsc_format format,
                                                struct dmsc_bytes value);
/** The one spelling of a boolean that is stored, else @p value itself. */
struct dmsc_bytes dmsci_format_canonical(enum dmsc_format format, struct dmsc_bytes value);

#endif
