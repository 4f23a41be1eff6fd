/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision once more, written from the documents alone and as plainly as can be: arrays, loops
 * and strings, no tree, no store, no shortcut. It shares no code with host/authority.
 */
#ifndef TESTS_UNIT_AUTHORITY_NAIVE_H
#define TESTS_UNIT_AUTHORITY_NAIVE_H

#include <dmsc/authority.h>

struct naive_node {
    const char *uri;
    const char *mo;  /* "" without; only of interior nodes */
    const char *acl; /* "" inherits */
    bool leaf, secret;
    unsigned access; /* DMSC_ACCESS_ bits */
};

struct naive_owner {
    const char *instance, *who;
};

struct naive_grant {
    const char *instance, *who;
    unsigned rights;  /* 1 Read, 2 Write, 4 Execute, 8 Delegate */
    long from, until; /* 0: open */
    unsigned priority;
};

struct naive_writer {
    const char *instance, *who;
    bool dm2;
    unsigned priority;
};

#define NAIVE_MAX 32
struct naive_world {
    struct naive_node node[NAIVE_MAX];
    unsigned nodes;
    struct naive_owner owner[NAIVE_MAX];
    unsigned owners;
    struct naive_grant grant[NAIVE_MAX];
    unsigned grants;
    struct naive_writer writer[NAIVE_MAX];
    unsigned writers;
    const struct dmsc_ma_list *list;
};

enum dmsc_reason naive_decide(const struct naive_world *w, const struct dmsc_subject *subject,
                              enum dmsc_right right, const char *uri, const char *new_mo,
                              struct dmsc_now now);
/** The priority that @p subject writes @p instance with. */
unsigned naive_priority(const struct naive_world *w, const struct dmsc_subject *subject,
                        const char *instance, unsigned entry);

#endif
