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
    uint32_t count;
    size_t capacity;
};

const char *dmsci_ddf_text(const struct dmsc_ddf *ddf, uint32_t at);
/** The child of @p parent (DMSCI_DDF_NONE: at the top) that describes a node of this name. */
uint32_t dmsci_ddf_child(const struct dmsc_ddf *ddf, uint32_t parent, const char *name, size_t n);

/** A row of a table that the build made: no pointers, since each would be bound anew in each
 * process. Strings are places in the text of the table. */
struct dmsci_ddf_row {
    uint16_t name, types, value; /* types: NUL behind each, an empty one at the end */
    uint8_t format, access, depth;
    bool permanent, least, many; /* at least one; more than one */
};
/**
 * A description from a table in the order of dmsc_ddf_walk(): the first node alone at depth 0.
 * @param path  where that stands, without its name
 * @param moid  MO identifier of the first node, whatever its row says
 */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_make(struct dmsc_ctx *ctx, const struct dmsci_ddf_row *nodes,
                                            size_t n, const char *text, const char *path,
                                            const char *moid, struct dmsc_ddf **ret_ddf);

/* Of the parser and of dmsci_ddf_make(). */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_new(struct dmsc_ctx *ctx, struct dmsc_ddf **ret_ddf);
/** One more node below @p parent, with nothing said of it. */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_add(struct dmsc_ddf *ddf, uint32_t parent);
/** Keep a text; @p ret_at is its place. */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_keep(struct dmsc_ddf *ddf, struct dmsc_bytes text,
                                            uint32_t *ret_at);
/** The place of the first node, when dmsc_ddf.place is its Path. */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_set_place(struct dmsc_ddf *ddf);

/** The names of AccessType and their DMSC_ACCESS_ bits, in the order of the document type; NULL
 * behind the last. */
const char *dmsci_ddf_access(size_t i, uint8_t *ret_bit);

/* For the tree: DMSC_OK for nodes that nothing describes. */

/** A node is about to be made; its access and flags become those described. */
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_add(struct dmsc_tree *tree, const char *uri,
                                                 struct dmsci_row *row);
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_replace(struct dmsc_tree *tree, const char *uri,
                                                     const struct dmsci_row *row);
DMSC_NODISCARD enum dmsc_err dmsci_ddf_check_delete(struct dmsc_tree *tree, const char *uri);
void dmsci_ddf_release(struct dmsc_tree *tree);

#endif
