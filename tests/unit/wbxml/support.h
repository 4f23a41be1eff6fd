/* SPDX-License-Identifier: Apache-2.0 */
/* A document read to its end: as text, and written again. */
#ifndef TESTS_WBXML_SUPPORT_H
#define TESTS_WBXML_SUPPORT_H

#include "host/wbxml/read.h"

/**
 * A line for the document and one for each event, appended: "WBXML 1.2, id 1201, charset 106,
 * -//SYNCML//DTD SyncML 1.2//EN", "+ SYNCML:SYNCML1.2 Add", "' text" (control characters and spaces
 * as %20), "# hex", "-".
 * @return what the reader answered; the lines before a failure are there
 */
enum dmsc_err wbxml_dump(struct dmsc_ctx *ctx, struct dmsc_bytes document, unsigned max_depth,
                         struct dmsc_buf *lines);

/**
 * Read @p document and write the same elements as a document of the same type, appended. Pieces of
 * text stay pieces.
 */
enum dmsc_err wbxml_again(struct dmsc_ctx *ctx, struct dmsc_bytes document, struct dmsc_buf *again);

#endif
