/* SPDX-License-Identifier: Apache-2.0 */
/* Second opinions about messages we write: the order of the DTD, and xmllint. */
#ifndef TESTS_SYNCML_JUDGE_H
#define TESTS_SYNCML_JUDGE_H

#include <dmsc/bytes.h>

/** Fails the running test when an element stands where the DTD does not have it. The document is
 * one of our writer's: no white space, comments or CDATA. */
void judge_order(struct dmsc_bytes xml);
/** xmllint --noout over the document. @return false when there is no xmllint */
bool judge_xmllint(struct dmsc_bytes xml);

#endif
