/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc-uicc beside the test, with a front that says where it is. */
#ifndef TESTS_UNIT_LINK_PROGRAM_H
#define TESTS_UNIT_LINK_PROGRAM_H

#include "tests/support/support.h"
#include <sys/types.h>

struct program {
    pid_t pid;
    char directory[SUPPORT_PATH_MAX];
    char where[128]; /* the last word of what it says: a device, a port */
};

/** Start $DMSC_UICC with card-scripts/example.json and wait until it can be reached. */
void program_start(struct program *program, const char *front, const char *option);
/** End it; it must end well. */
void program_stop(struct program *program);

#endif
