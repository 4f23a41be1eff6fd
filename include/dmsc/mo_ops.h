/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_MO_OPS_H
#define DMSC_MO_OPS_H

#include <dmsc/mo.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a device or an application puts behind an object of the tree. The nodes themselves stay in
 * the tree, with their ACLs, versions and times; the operations bring their values up to date, hear
 * of what is written before it is kept, and do what an Exec asks for.
 *
 * @p path is that of the node below the object's root: "" for the root, "A/B". Operations that are
 * NULL are not needed. An operation that fails tells its story (dmsc_diag_get()). None of them
 * changes the tree, but for exec, which may change leaves of its own object: that is part of the
 * caller's change; and settled, which comes when the change is over.
 */
struct dmsc_mo_ops {
    /** The value now; @p ret_value is empty. DMSC_E_NOTFOUND: what is stored counts. */
    enum dmsc_err (*get)(void *user, const char *path, struct dmsc_buf *ret_value);
    /** The children now: @p child answers false to stop. Others than these are removed. */
    enum dmsc_err (*list)(void *user, const char *path,
                          bool (*child)(void *to, const char *name,
                                        const struct dmsc_node_spec *node),
                          void *to);
    /** A value is about to be stored, by whom the tree allowed it: an error refuses it. */
    enum dmsc_err (*set)(void *user, const char *path, struct dmsc_bytes value);
    /** A node is about to be deleted: an error refuses it. */
    enum dmsc_err (*remove)(void *user, const char *path);
    /**
     * The change in which set, remove or exec heard of something is over: kept as heard, or not, or
     * not all of it. Then what the tree holds counts. Once for each change.
     */
    void (*settled)(void *user, bool kept);
    /** @return DMSC_OK when it is done; DMSC_E_NOTFOUND when nothing stands behind this node */
    enum dmsc_err (*exec)(void *user, const char *path, struct dmsc_bytes argument);
};

/**
 * Put operations behind the interior node @p uri and all below it, until dmsc_tree_unbind().
 *
 * @param ops, user borrowed: they must outlive the binding
 * @return DMSC_E_NOTFOUND, DMSC_E_STATE for a leaf, DMSC_E_EXISTS when something stands behind it
 * or behind a node above or below it; DMSC_E_LIMIT for more than 64 bindings
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_bind(struct dmsc_tree *tree, const char *uri,
                                                     const struct dmsc_mo_ops *ops, void *user);
/** Not inside a change. The nodes stay. */
DMSC_API void dmsc_tree_unbind(struct dmsc_tree *tree, const char *uri);

/** Where something stands behind. @p binding answers false to stop. */
DMSC_API void dmsc_tree_bindings(const struct dmsc_tree *tree,
                                 bool (*binding)(void *user, const char *uri), void *user);

/** Whether something stands behind the node, or behind one above or below it. */
DMSC_API bool dmsc_tree_bound(const struct dmsc_tree *tree, const char *uri);

/**
 * Bring up to date what is bound at, above or below @p uri, in the caller's change: to be called
 * before a node is shown to anybody. What has not changed is not touched.
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_refresh(struct dmsc_tree *tree, const char *uri);
/** An Exec, as it was sent. */
struct dmsc_exec {
    const char *uri;
    struct dmsc_bytes argument; /* Data of the Item */
    const char *correlator;     /* NULL: none; what happens later is told with it (PRO 8.7) */
    bool later;                 /* out: taken on, and the outcome follows (status 202) */
};
/**
 * Exec, in the caller's change (REP 6.6.6).
 * @return as dmsc_tree_exec()
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_exec_as(struct dmsc_tree *tree,
                                                        struct dmsc_exec *exec);
/** Of the Exec that runs now: for its operation. NULL outside of one. */
DMSC_API struct dmsc_exec *dmsc_tree_executing(const struct dmsc_tree *tree);

/**
 * Exec without a correlator, in the caller's change (REP 6.6.6).
 * @return DMSC_E_NOTFOUND when there is no such node; DMSC_E_UNSUPPORTED when nothing stands behind
 *         it; what the operation answered
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_tree_exec(struct dmsc_tree *tree, const char *uri,
                                                     struct dmsc_bytes argument);

#ifdef __cplusplus
}
#endif
#endif
