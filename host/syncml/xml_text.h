/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of XML as text. */
#ifndef DMSCI_SYNCML_XML_TEXT_H
#define DMSCI_SYNCML_XML_TEXT_H

#include <dmsc/bytes.h>

/** A start tag as libxml2's SAX2 gives it. */
struct dmsci_xml_start {
    const char *local, *prefix, *uri; /* prefix, uri: NULL when there is none */
    const char *const *namespaces;    /* prefix (NULL: default) and URI of each declaration */
    size_t namespace_count;
    const char *const *attributes; /* local, prefix, URI, begin of value, end of value of each */
    size_t attribute_count;
};

/**
 * Append character data, escaped.
 * @return DMSC_E_UNSUPPORTED, reason "xml:character", for a character XML cannot carry or bytes
 *         that are no UTF-8
 */
DMSC_NODISCARD enum dmsc_err dmsci_xml_escape(struct dmsc_buf *out, struct dmsc_bytes text);
/** Escape what the buffer holds. */
DMSC_NODISCARD enum dmsc_err dmsci_xml_escape_all(struct dmsc_buf *out);
/** Append a start tag that reads the same outside its document: prefixes are declared on it. */
DMSC_NODISCARD enum dmsc_err dmsci_xml_write_start(struct dmsc_buf *out,
                                                   const struct dmsci_xml_start *start);
DMSC_NODISCARD enum dmsc_err dmsci_xml_write_end(struct dmsc_buf *out, const char *prefix,
                                                 const char *local);

#endif
