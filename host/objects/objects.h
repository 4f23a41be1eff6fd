/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptions that the build took out of ddf/. */
#ifndef DMSCI_OBJECTS_H
#define DMSCI_OBJECTS_H

#include "apdu/base/ctx.h"
#include "host/mo/ddf.h"
#include <dmsc/objects.h>

struct dmsci_object {
    struct dmsc_object info;
    const char *path; /* where it is, without its name */
    const struct dmsci_ddf_row *nodes;
    size_t count;
};
/* What the rows name. */
extern const char dmsci_object_text[];
/* By name, in octet order. */
extern const struct dmsci_object dmsci_objects[];
extern const size_t dmsci_object_count;

#endif
