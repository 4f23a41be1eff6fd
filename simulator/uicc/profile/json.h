/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of profile objects: every refusal names file, JSON path and reason. */
#ifndef DMSCI_SIM_JSON_H
#define DMSCI_SIM_JSON_H

#include "apdu/base/ctx.h"
#include <jansson.h>

/** Put by the loader into each object of "files" and "pins": the file that had the last word. */
#define DMSCI_SIM_JSON_FROM "@file"

/** An object of the profile, and where it stands. */
struct dmsci_sim_node {
    struct dmsc_ctx *ctx;
    const char *file;
    const char *where; /* "files.3F00/2FE2", "" at the top */
    const json_t *object;
};

/** Tell that @p key (NULL: the object itself) is wrong. @return DMSC_E_MALFORMED */
enum dmsc_err dmsci_sim_json_wrong(const struct dmsci_sim_node *node, const char *key,
                                   const char *reason, const char *fmt, ...) DMSCI_PRINTF(4, 5);
/** Refuse keys that are not in @p known (NULL-terminated), and what is not an object. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_known(const struct dmsci_sim_node *node,
                                                  const char *const *known);

/* Values of keys. One that is absent leaves @p ret as it is. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_text(const struct dmsci_sim_node *node, const char *key,
                                                 const char **ret_text);
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_bool(const struct dmsci_sim_node *node, const char *key,
                                                 bool *ret_value);
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_number(const struct dmsci_sim_node *node,
                                                   const char *key, unsigned least, unsigned most,
                                                   unsigned *ret_value);
/** A whole number that stands anywhere. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_whole(const struct dmsci_sim_node *node,
                                                  const char *key, const json_t *value,
                                                  unsigned least, unsigned most,
                                                  unsigned *ret_value);
/** Hex digits of @p least to @p most bytes, appended to @p ret. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_hex(const struct dmsci_sim_node *node, const char *key,
                                                size_t least, size_t most, struct dmsc_buf *ret);
/** Exactly two or four hex digits, an identifier or a key reference. */
DMSC_NODISCARD enum dmsc_err dmsci_sim_json_id(const struct dmsci_sim_node *node, const char *key,
                                               const char *text, size_t digits,
                                               unsigned *ret_value);

#endif
