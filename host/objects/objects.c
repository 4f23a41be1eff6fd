/* SPDX-License-Identifier: Apache-2.0 */
/* Standard objects, by name. */
#include "host/objects/objects.h"
#include "host/mo/ddf.h"
#include <string.h>

void dmsc_object_walk(bool (*object)(void *user, const struct dmsc_object *object), void *user)
{
    for (size_t i = 0; i < dmsci_object_count; i++) {
        if (!object(user, &dmsci_objects[i].info))
            return;
    }
}

enum dmsc_err dmsc_object_ddf(struct dmsc_ctx *ctx, const char *name, struct dmsc_ddf **ret_ddf)
{
    for (size_t i = 0; i < dmsci_object_count; i++) {
        const struct dmsci_object *o = &dmsci_objects[i];

        if (strcmp(o->info.name, name) == 0 || strcmp(o->info.moid, name) == 0)
            return dmsci_ddf_make(ctx, o->nodes, o->count, o->path, o->info.moid, ret_ddf);
    }
    (void)dmsci_fail(ctx, DMSC_E_NOTFOUND, "describe an object");
    dmsci_where(ctx, "%.100s", name);
    dmsci_why(ctx, "object:unknown", "the library has no description of it");
    return DMSC_E_NOTFOUND;
}
