/* SPDX-License-Identifier: Apache-2.0 */
/* A tree in memory, MA lists from lines of text, and one look at a decision. */
#ifndef TESTS_UNIT_AUTHORITY_FIXTURE_H
#define TESTS_UNIT_AUTHORITY_FIXTURE_H

#include <dmsc/authority.h>
#include <dmsc/mo.h>

struct fixture {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
    struct dmsc_authority *authority;
};

/** For scenarios without memory, in f->ctx. What a failure left is closed by fixture_end(). */
enum dmsc_err fixture_open(struct fixture *f);
/** @param ctx borrowed; the tree has its root alone */
struct fixture fixture_begin(struct dmsc_ctx *ctx);
void fixture_end(struct fixture *f);
/** Make a node: "URI FORMAT [type=..] [acl=..] [access=ADEGRC] [value=..] [secret]"; for "." only
 * acl. */
void fixture_node(struct fixture *f, const char *line);

/** Add an entry: tests/vectors/authority.txt says how a line looks. Plain values, on the heap. */
void fixture_ma(struct dmsc_ma_list *list, const char *line);
/** Free what fixture_ma() made. */
void fixture_free_list(struct dmsc_ma_list *list);

/**
 * Owners, grants and writers, as lines of tests/vectors/authority.txt; the clock stands at 100 and
 * is trusted. fixture_forget() takes all of them back.
 */
void fixture_own(struct fixture *f, const char *line);
enum dmsc_err fixture_grant(struct fixture *f, const char *line);
void fixture_wrote(struct fixture *f, const char *line);
void fixture_forget(struct fixture *f);

/** "com.a", "com.a+ENTRY", "com.a/2" (DM 2.0), "com.a/2=MOID,MOID", "com.a/2#SESSION", "local:x",
 * "local:x@ENVIRONMENT",
 * "@card", "@local". */
struct who {
    char text[160];
    const char *moids[8];
    struct dmsc_subject subject;
};
void fixture_who(const char *text, struct who *ret_who);

struct question {
    char subject[128], right[96], node[128], clock[32];
};

/** "SUBJECT RIGHT NODE CLOCK" put to the authority. Fails the test when it is none. */
struct dmsc_verdict fixture_ask(struct fixture *f, const struct question *question);

#endif
