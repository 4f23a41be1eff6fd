/* SPDX-License-Identifier: Apache-2.0 */
/* A context, a store in memory and a tree, for the tests of this folder. */
#ifndef TESTS_UNIT_MO_SUPPORT_H
#define TESTS_UNIT_MO_SUPPORT_H

#include "host/mo/tree.h"
#include "tests/support/test.h"
#include <dmsc/store.h>

struct bed {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
};

/* Give a store the key that secrets are sealed with. */
enum dmsc_err bed_set_key(struct dmsc_store *store, struct dmsc_ctx *ctx);
/* For scenarios without memory: a keyed store in memory and a tree in the context of the bed. What
 * a failure left is closed by bed_close(). */
enum dmsc_err bed_open(struct bed *bed, const char *root_acl);
void bed_close(struct bed *bed);
/* With a context of its own. */
void bed_make(struct bed *bed, const char *root_acl);
void bed_clear(struct bed *bed);
/* Begin a change by "test" at second 1000; commit it. */
void bed_begin(struct bed *bed);
void bed_commit(struct bed *bed);
/* Add a node in a change of its own. */
void bed_add(struct bed *bed, const char *uri, enum dmsc_format format, const char *value);
/* One line a node: URI, format, type, title, ACL, value as text or hex. To be freed by
 * dmsc_buf_clear(). */
struct dmsc_buf bed_dump(struct bed *bed, const char *uri);
const char *bed_reason(const struct bed *bed);

#endif
