/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as they are provisioned, from a line: "com.a code ec,com.b ca other" is the MA, the
 * usage and a file of tests/vectors/objects/code each. */
#ifndef TESTS_UNIT_OBJECTS_PROVISIONED_H
#define TESTS_UNIT_OBJECTS_PROVISIONED_H

#include "tests/support/fault.h"
#include "tests/support/test.h"
#include <dmsc/code.h>

struct provisioned {
    struct {
        char server_id[64], usage[16];
        struct dmsc_bytes der;
    } all[4];
    size_t n;
};

struct dmsc_code_trust provisioned_begin(struct provisioned *p, const char *text);
void provisioned_end(struct provisioned *p);
/** Of the key of this name over package.bin; "" gives none. */
struct dmsc_bytes provisioned_signature(const char *name);

#endif
