/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of a DM card profile: every error names file, JSON path and reason. */
#ifndef DMSCI_CARD_JSON_H
#define DMSCI_CARD_JSON_H

#include "apdu/base/ctx.h"
#include <dmsc/secret.h>
#include <jansson.h>

struct dmsci_json_file {
    struct dmsc_ctx *ctx;
    const char *path; /* of the profile */
};

/** A place in the profile; it lives on the stack below its parent. */
struct dmsci_json {
    const struct dmsci_json_file *file;
    const struct dmsci_json *up; /* NULL at the top */
    const char *name;            /* member, or NULL for an element */
    size_t index;
    json_t *value; /* borrowed; NULL when it is not there */
};

/** "profile:REASON" at this place. @return DMSC_E_CONFIG */
enum dmsc_err dmsci_json_wrong(const struct dmsci_json *at, const char *reason, const char *fmt,
                               ...) DMSCI_PRINTF(3, 4);
/** The place moves behind a story that a decoder told: file and JSON path. @return @p err */
enum dmsc_err dmsci_json_located(const struct dmsci_json *at, enum dmsc_err err);

struct dmsci_json dmsci_json_member(const struct dmsci_json *object, const char *name);
struct dmsci_json dmsci_json_element(const struct dmsci_json *array, size_t index);
/** It is an object and has no member but these. @p names ends with NULL */
DMSC_NODISCARD enum dmsc_err dmsci_json_object(const struct dmsci_json *at,
                                               const char *const *names);
/** It is an array of at most @p max elements, or is not there. */
DMSC_NODISCARD enum dmsc_err dmsci_json_array(const struct dmsci_json *at, size_t max,
                                              size_t *ret_count);
/** A text of 1..max bytes. Borrowed from the profile. */
DMSC_NODISCARD enum dmsc_err dmsci_json_text(const struct dmsci_json *at, size_t max,
                                             const char **ret_text);
/** As dmsci_json_text(), a copy. */
DMSC_NODISCARD enum dmsc_err dmsci_json_copy(const struct dmsci_json *at, size_t max,
                                             char **ret_text);
DMSC_NODISCARD enum dmsc_err dmsci_json_number(const struct dmsci_json *at, uint32_t min,
                                               uint32_t max, uint32_t *ret_number);
/** Not there: @p ret_flag stays as it is. */
DMSC_NODISCARD enum dmsc_err dmsci_json_flag(const struct dmsci_json *at, bool *ret_flag);
/** "2026-01-31" (its first second) or "2026-01-31T12:00:00Z"; null or not there: unchanged. */
DMSC_NODISCARD enum dmsc_err dmsci_json_time(const struct dmsci_json *at, uint32_t *ret_seconds);
/** Hex digits. */
DMSC_NODISCARD enum dmsc_err dmsci_json_hex(const struct dmsci_json *at,
                                            struct dmsc_buf *ret_bytes);
/** The file this text names, relative to the profile; @p max bytes at most. */
DMSC_NODISCARD enum dmsc_err dmsci_json_file(const struct dmsci_json *at, size_t max,
                                             struct dmsc_buf *ret_content);
/** Its number in @p table of @p count names. */
DMSC_NODISCARD enum dmsc_err dmsci_json_name(const struct dmsci_json *at, const char *const *table,
                                             size_t count, size_t *ret_index);

/** Read a file whole. DMSC_E_IO, DMSC_E_LIMIT */
DMSC_NODISCARD enum dmsc_err dmsci_json_slurp(struct dmsc_ctx *ctx, const char *path, size_t max,
                                              struct dmsc_buf *ret_content);

#endif
