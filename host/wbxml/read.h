/* SPDX-License-Identifier: Apache-2.0 */
/* WBXML of strangers (WAP-192 1.3), one event at a time: nothing is built, nothing is allocated. */
#ifndef DMSCI_WBXML_READ_H
#define DMSCI_WBXML_READ_H

#include "host/wbxml/pages.h"

enum dmsci_wbxml_kind {
    DMSCI_WBXML_START,
    DMSCI_WBXML_TEXT,   /* character data, in pieces; may be empty */
    DMSCI_WBXML_OPAQUE, /* octets as they are */
    DMSCI_WBXML_END,
    DMSCI_WBXML_DONE /* behind the end of the root element; nothing follows */
};

struct dmsci_wbxml_event {
    enum dmsci_wbxml_kind kind;
    const struct dmsci_wbxml_page *page; /* start: where the tag is from */
    const char *name;                    /* start */
    uint8_t token;                       /* start: 05 to 3F */
    /* Text: UTF-8 that XML can carry, valid until the next call. Opaque: of the document. */
    struct dmsc_bytes bytes;
};

/* The fields are for reading. */
struct dmsci_wbxml_reader {
    struct dmsc_ctx *ctx;
    const struct dmsci_wbxml_document *document;
    uint8_t version;         /* 1 to 3: WBXML 1.1 to 1.3 */
    uint32_t public_id;      /* as it is written; 0: by name */
    uint32_t charset;        /* MIBenum: 3 US-ASCII, 106 UTF-8 */
    struct dmsc_bytes table; /* string table */
    uint8_t page;            /* in force; stays across elements (WBXML 5.8.4) */
    unsigned depth;          /* open elements */
    unsigned max_depth;
    size_t size;     /* octets of the document */
    size_t repeated; /* told from the string table so far */
    struct dmsc_rd r;
    uint8_t character[4];
    bool root;  /* has begun */
    bool empty; /* the end of an element without content is told next */
};

/** true when the first octet is a version of WBXML that is read. XML can begin with none of them.
 */
bool dmsci_wbxml_is(struct dmsc_bytes document);

/**
 * Read what stands before the root element.
 *
 * @param document borrowed as long as the reader is used
 * @param max_depth of nested elements
 * @return DMSC_E_MALFORMED ("wbxml:truncated", "wbxml:integer", "wbxml:string-table");
 *         DMSC_E_UNSUPPORTED ("wbxml:version", "wbxml:document", "wbxml:charset").
 *         The story has the octet.
 */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_open(struct dmsci_wbxml_reader *r, struct dmsc_ctx *ctx,
                                              struct dmsc_bytes document, unsigned max_depth);

/**
 * The next event. A document costs time in proportion to its size: what its string table is
 * repeated for is bounded by limits.object_size.
 *
 * @return DMSC_E_MALFORMED ("wbxml:truncated", "wbxml:integer", "wbxml:string-table",
 *         "wbxml:page", "wbxml:token", "wbxml:text", "wbxml:entity", "wbxml:root",
 *         "wbxml:trailing"); DMSC_E_UNSUPPORTED ("wbxml:literal", "wbxml:extension", "wbxml:pi",
 *         "wbxml:attributes"); DMSC_E_LIMIT ("wbxml:depth", "wbxml:repeated"). After a failure the
 *         reader is of no use.
 */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_next(struct dmsci_wbxml_reader *r,
                                              struct dmsci_wbxml_event *ret_event);

#endif
