/* SPDX-License-Identifier: Apache-2.0 */
/* One context for all the tests of a program. */
#ifndef TESTS_UNIT_CODEC_GROUP_H
#define TESTS_UNIT_CODEC_GROUP_H

#include <dmsc/ctx.h>

extern struct dmsc_ctx *group_ctx;

/* For cmocka_run_group_tests(). */
int group_begin(void **state);
int group_end(void **state);

#endif
