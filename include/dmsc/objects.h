/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_OBJECTS_H
#define DMSC_OBJECTS_H

#include <dmsc/ddf.h>
#include <dmsc/mo_ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A standard Management Object that the library describes (docs/objects.md). */
struct dmsc_object {
    const char *name; /* "fumo-1.0" */
    const char *moid; /* "urn:oma:mo:oma-fumo:1.0" */
};

/** All of them, by name. @p object answers false to stop. */
DMSC_API void dmsc_object_walk(bool (*object)(void *user, const struct dmsc_object *object),
                               void *user);

/**
 * The description of the object @p name, by its name or its MO identifier. Its first node is the
 * object itself: dmsc_tree_describe() takes where that stands.
 *
 * @param ret_ddf dmsc_ddf_free() it
 * @return DMSC_E_NOTFOUND ("object:unknown")
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_object_ddf(struct dmsc_ctx *ctx, const char *name,
                                                      struct dmsc_ddf **ret_ddf);

/** A standard object in the tree, with what a device puts behind it. */
struct dmsc_object_binding;

/**
 * Put an instance of the object @p name at @p uri: make its node and what must be in it, hold it to
 * its description, put @p ops behind it. So a device shows its own tables as standard objects: a
 * connection as "connmo-nap-1.0" at "./NAP/Internet". Not inside a change.
 *
 * The operations list what is optional: list() is asked for the children of each interior node, and
 * gets the described ones alone past the tree. Without list() the nodes that are there stay.
 *
 * @param uri  canonical; the nodes above it are made
 * @param now  s since 1970, for TStamp of what is made
 * @param ops, user borrowed, must outlive the binding
 * @return DMSC_E_NOTFOUND ("object:unknown"); DMSC_E_EXISTS when something else is described or
 *         bound there; DMSC_E_STATE for a leaf
 */
DMSC_API DMSC_NODISCARD enum dmsc_err dmsc_object_bind(struct dmsc_tree *tree, const char *name,
                                                       const char *uri, int64_t now,
                                                       const struct dmsc_mo_ops *ops, void *user,
                                                       struct dmsc_object_binding **ret_binding);
/** The nodes stay. Before the tree is closed, not inside a change. */
DMSC_API void dmsc_object_unbind(struct dmsc_object_binding *binding);

#ifdef __cplusplus
}
#endif
#endif
