/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_BASE_PRIVATE_H
#define DMSCI_BASE_PRIVATE_H

#include "apdu/base/ctx.h"

struct dmsc_ctx {
    struct dmsc_ctx_config config;
    struct dmsc_diag diag;
};

void *dmsci_default_realloc(void *user, void *p, size_t n);
void dmsci_limits_fill(struct dmsc_limits *limits);

#endif
