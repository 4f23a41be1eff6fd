/* SPDX-License-Identifier: Apache-2.0 */
/* XML of strangers, read through libxml2's SAX interface: no document tree is made. */
#ifndef DMSCI_MO_XML_H
#define DMSCI_MO_XML_H

#include <dmsc/bytes.h>

/** What is told in document order. An answer other than DMSC_OK ends the reading with it. */
struct dmsci_xml_events {
    /** @param ns namespace, "" for none; both strings live for the call */
    enum dmsc_err (*start)(void *user, const char *ns, const char *name);
    /** Character data, in pieces; CDATA sections too. */
    enum dmsc_err (*text)(void *user, struct dmsc_bytes text);
    enum dmsc_err (*end)(void *user);
    /** Octets as they are, which WBXML alone has; a document in XML never tells any. */
    enum dmsc_err (*octets)(void *user, struct dmsc_bytes octets);
    /** A DOCTYPE may stand in front. It is not looked at: nothing it names is loaded or expanded.
     */
    bool doctype;
};

/**
 * Read a document. UTF-8 alone; nothing is loaded, nothing expanded but the five names of XML and
 * numbers. A document costs time and memory in proportion to its size, however it is made.
 *
 * @param max_depth of nested elements
 * @return DMSC_E_MALFORMED ("xml:malformed", "xml:encoding"); DMSC_E_UNSUPPORTED for a DOCTYPE
 *         ("xml:doctype"); DMSC_E_LIMIT ("xml:depth", "xml:attributes"); what an event answered.
 *         The story has the line.
 */
DMSC_NODISCARD enum dmsc_err dmsci_xml_parse(struct dmsc_ctx *ctx, struct dmsc_bytes xml,
                                             unsigned max_depth,
                                             const struct dmsci_xml_events *events, void *user);

#endif
