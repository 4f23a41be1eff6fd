/* SPDX-License-Identifier: Apache-2.0 */
/* A description in memory, and what the tree asks of it. */
#ifndef DMSCI_MO_DDF_H
#define DMSCI_MO_DDF_H

#include "host/mo/tree.h"
#include <dmsc/ddf.h>

#define DMSCI_DDF_NONE UINT32_MAX

/* Strings are places in the text of the description; its octet 0 is an empty string. */
struct dmsci_ddf_node {
    uint32_t parent;
    uint32_t name, types, value;
    uint32_t least, most;
    uint32_t said; /* of the parser */
    uint8_t format, access;
    bool permanent;
};

struct dmsc_ddf {
    struct dmsc_ctx *ctx;
    struct dmsc_buf text, place;
    struct dmsci_ddf_node *nodes; /* a parent before its children */
    uint32_t count, capacity;
};

const char *dmsci_ddf_text(const struct dmsc_ddf *ddf, uint32_t at);
/** The child of @p parent (DMSCI_DDF_NONE: at the top) that describes a node of this name. */
uint32_t dmsci_ddf_child(const struct dmsc_ddf *ddf, uint32_t parent, const char *name, size_t n);

/* For the tree: DMSC_OK for nodes that nothing describes. */

/** A node is about to be made; its access and flags become those described. */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_add(struct dmsc_tree *tree, const char *uri,
                                                 struct dmsci_row *row);
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_replace(struct dmsc_tree *tree, const char *uri,
                                                     const struct dmsci_row *row);
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_delete(struct dmsc_tree *tree, const char *uri);
void dmsci_ddf_release(struct dmsc_tree *tree);

#endif
