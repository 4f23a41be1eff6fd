/* SPDX-License-Identifier: Apache-2.0 */
/* The tree's inside, for the files of this folder and for benchmarks. */
#ifndef DMSCI_MO_TREE_H
#define DMSCI_MO_TREE_H

#include "apdu/base/ctx.h"
#include "host/store/nodes.h"
#include <dmsc/mo.h>

#define DMSCI_TREE_DEPTH 16 /* changes in changes; the store has the same limit */

/* What a begin remembers, for its rollback. */
struct dmsci_tree_mark {
    int64_t now;
    size_t what_n;
    uint32_t count;
};

struct dmsci_binding;
struct dmsci_described;
struct dmsci_place;
struct dmsc_exec;

struct dmsc_tree {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsci_binding *bindings; /* bind.c */
    size_t binding_count;
    struct dmsci_described *described; /* ddf/describe.c */
    size_t described_count;
    struct dmsci_place *places; /* inbox/place.c */
    size_t place_count;
    struct dmsc_exec *executing;
    bool refreshing; /* what is written now comes from the operations themselves */
    unsigned depth;
    struct dmsci_tree_mark marks[DMSCI_TREE_DEPTH];
    char *actor;          /* of the outermost change */
    struct dmsc_buf what; /* the record of the change: a line for each node, while there is room */
    uint32_t count;
};

/** DMSC_E_STATE outside a change. */
DMSC_NODISCARD enum dmsc_err dmsci_tree_changing(struct dmsc_tree *tree, const char *what);
/** Add a line to the record of the change; without memory for it the node is counted alone. */
void dmsci_tree_note(struct dmsc_tree *tree, const char *verb, const char *uri);
/** The row of a node that must be there. */
DMSC_NODISCARD enum dmsc_err dmsci_tree_row(struct dmsc_tree *tree, const char *uri,
                                            const char *what, struct dmsci_row *ret_row);
/**
 * The first of a node and its ancestors that @p has: at most as many reads as the URI is deep.
 * @param ret_row of that one, until the next read
 * @param ret_n   octets of its URI in @p uri; 0 when there is none
 */
DMSC_NODISCARD enum dmsc_err dmsci_tree_nearest(struct dmsc_tree *tree, const char *uri,
                                                bool (*has)(const struct dmsci_row *row),
                                                struct dmsci_row *ret_row, size_t *ret_n);
/** Tell that @p what cannot be done at @p uri, and why. @return @p err. */
DMSC_NODISCARD enum dmsc_err dmsci_tree_refuse(struct dmsc_tree *tree, enum dmsc_err err,
                                               const char *what, const char *uri,
                                               const char *reason, const char *why);
/** The value of a row that is a large object, whole; replaced. */
DMSC_NODISCARD enum dmsc_err dmsci_tree_large(struct dmsc_tree *tree, const struct dmsci_row *row,
                                              struct dmsc_buf *ret_value);
/** Time of the innermost change. */
int64_t dmsci_tree_now(const struct dmsc_tree *tree);

/**
 * Take a Server Identifier out of every ACL of the tree (TND 7.7.1: an identifier that is gone must
 * not come back to old rights). In the caller's change.
 */
DMSC_NODISCARD enum dmsc_err dmsci_tree_forget_server(struct dmsc_tree *tree,
                                                      const char *server_id);

#endif
