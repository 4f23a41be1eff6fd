/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/codec/group.h"

struct dmsc_ctx *group_ctx;

int group_begin(void **state)
{
    (void)state;
    return dmsc_ctx_new(NULL, &group_ctx) == DMSC_OK ? 0 : 1;
}

int group_end(void **state)
{
    (void)state;
    dmsc_ctx_free(group_ctx);
    group_ctx = NULL;
    return 0;
}
