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
/** Tell that a value is none of @p format. @return DMSC_E_MALFORMED */
enum dmsc_err dmsci_value_refuse(struct dmsc_ctx *ctx, enum dmsc_format format);

/** What was seen of a base64 text so far. */
struct dmsci_base64_seen {
    size_t digits, pads;
};
/** @return false for a piece that cannot go on a base64 text */
bool dmsci_base64_look(struct dmsci_base64_seen *seen, struct dmsc_bytes piece);
/** Whether what was seen is a whole one. */
bool dmsci_base64_ends(const struct dmsci_base64_seen *seen);

/** The one spelling of a boolean that is stored, else @p value itself. */
struct dmsc_bytes dmsci_format_canonical(enum dmsc_format format, struct dmsc_bytes value);

#endif
