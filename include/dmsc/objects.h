/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSC_OBJECTS_H
#define DMSC_OBJECTS_H

#include <dmsc/ddf.h>

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

#ifdef __cplusplus
}
#endif
#endif
