/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the corpus beside the project: one JSON object a line. */
#ifndef TESTS_UNIT_CODEC_CORPUS_H
#define TESTS_UNIT_CODEC_CORPUS_H

#include <dmsc/bytes.h>
#include <jansson.h>

/** Leave the running test out, aloud, when the file is not there: before the test makes anything. */
void corpus_need(const char *name);
/**
 * Call @p row with every line of ../shared/corpus/card/NAME. Leaves the running test out, aloud,
 * when the file is not there; fails it when a line is no JSON object.
 */
void corpus_each(const char *name, void (*row)(void *user, json_t *row), void *user);
/** The text of a member, NULL when there is none. */
const char *corpus_text(json_t *row, const char *member);
/** Hex member in a heap block of exactly its size; support_free() it. Fails when there is none. */
struct dmsc_bytes corpus_hex(json_t *row, const char *member);

#endif
