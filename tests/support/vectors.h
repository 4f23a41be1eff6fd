/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of vector files. A file is blocks of "key: value" lines, separated by blank lines:
 *
 *     # SELECT by path                          a line that begins with # is a comment
 *     name: FCP of a transparent EF
 *     clause: TS 102 221 11.1.1.3
 *     input: 62 0A 8202 4121                    hex, white space as you like
 *      8302 2FE2 "text"                         a line that begins with a space goes on; text in
 * quotes size: 10                                  decimal or 0x error: DMSC_E_TRUNCATED name of an
 * enum dmsc_err xml:                                      text may begin on the next line; its
 * lines keep their <a>                                      breaks, each loses the one space in
 * front <b/>
 *
 * A key may be repeated; vec_nth() reads the others. A key that the test never asked for fails the
 * test, so a misspelt expectation cannot pass; name, clause, note and source are free.
 */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include "apdu/base/compiler.h"
#include <dmsc/bytes.h>

struct vectors;

/** Read a file below tests/vectors, "fcp.txt". Fails the test when it is not there or has no block.
 */
struct vectors *vectors_open(const char *name);
/** Step to the next block, the first one at the first call. false at the end. */
bool vectors_next(struct vectors *v);
/** Free; fails the test when blocks were not visited. NULL is fine. */
void vectors_close(struct vectors *v);

/* About the block under the cursor. What is returned lives until the next vectors_next(). */

/** Fail the test at the file and line of the block, with a message. Does not return. */
void vec_fail(const struct vectors *v, const char *fmt, ...) DMSCI_PRINTF(2, 3);
bool vec_has(struct vectors *v, const char *key);
/** How often the key stands in the block. */
size_t vec_count(struct vectors *v, const char *key);
/** The text of the key; fails the test when there is none. */
const char *vec_text(struct vectors *v, const char *key);
const char *vec_text_or(struct vectors *v, const char *key, const char *otherwise);
/** The text of the key's @p nth line, from 0. */
const char *vec_nth(struct vectors *v, const char *key, size_t nth);
/** The value as hex and "text", in a heap block of exactly its size. */
struct dmsc_bytes vec_hex(struct vectors *v, const char *key);
struct dmsc_bytes vec_hex_nth(struct vectors *v, const char *key, size_t nth);
unsigned long long vec_number(struct vectors *v, const char *key);
unsigned long long vec_number_or(struct vectors *v, const char *key, unsigned long long otherwise);
/** The named code; DMSC_OK when the block has no such key. */
enum dmsc_err vec_err(struct vectors *v, const char *key);

/* Compare with the block; on a difference show both and fail at the block's file and line. */
void vec_assert_text(struct vectors *v, const char *key, const char *actual);
void vec_assert_hex(struct vectors *v, const char *key, struct dmsc_bytes actual);
void vec_assert_number(struct vectors *v, const char *key, unsigned long long actual);
/** The key is "error"; without it DMSC_OK is expected. */
void vec_assert_err(struct vectors *v, enum dmsc_err actual);

#endif
