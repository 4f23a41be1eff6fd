/* SPDX-License-Identifier: Apache-2.0 */
/* A document of strangers, whichever of its two encodings it comes in. */
#ifndef DMSCI_MO_DOCUMENT_H
#define DMSCI_MO_DOCUMENT_H

#include "host/mo/xml.h"

/**
 * Read a document in XML or in WBXML and tell the same events of both. The first octet says which:
 * 01 to 03 is a version of WBXML, and no XML begins so. What came with it, a media type for one,
 * is not asked: encoders are known to change one without the other.
 *
 * @param max_depth of nested elements
 * @return as dmsci_xml_parse(), as dmsci_wbxml_open() and dmsci_wbxml_next(), and
 *         DMSC_E_MALFORMED ("wbxml:text") for octets where @p events takes none and that are no
 *         text either
 */
DMSC_NODISCARD enum dmsc_err dmsci_document_parse(struct dmsc_ctx *ctx, struct dmsc_bytes document,
                                                  unsigned max_depth,
                                                  const struct dmsci_xml_events *events,
                                                  void *user);

#endif
