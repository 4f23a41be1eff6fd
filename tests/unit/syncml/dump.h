/* SPDX-License-Identifier: Apache-2.0 */
/* A message model as lines of text, to compare with a vector and with another model. */
#ifndef TESTS_SYNCML_DUMP_H
#define TESTS_SYNCML_DUMP_H

#include "host/syncml/syncml.h"

/** Replaces @p ret_text. What is absent is not in it. */
enum dmsc_err dump_message(const struct dmsci_syncml_message *msg, struct dmsc_buf *ret_text);

#endif
