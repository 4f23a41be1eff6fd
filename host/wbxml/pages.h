/* SPDX-License-Identifier: Apache-2.0 */
/* What the octets of a DM document stand for: document types, code pages, tags (SREP 8, TND 10). */
#ifndef DMSCI_WBXML_PAGES_H
#define DMSCI_WBXML_PAGES_H

#include <dmsc/bytes.h>

/* Code pages that all DM documents share; DevInf has one of its own, 0. */
enum dmsci_wbxml_page_number {
    DMSCI_WBXML_SYNCML = 0,
    DMSCI_WBXML_METINF = 1,
    DMSCI_WBXML_DDF = 2 /* DDF and TNDS */
};

#define DMSCI_WBXML_TOKENS 0x40 /* of a page, without the flags; those below 05 are no tags */

struct dmsci_wbxml_page {
    char ns[20];            /* XML namespace of its elements */
    const char *names;      /* one behind the other, a NUL behind each */
    const uint16_t *places; /* of each token in names; 0: it is no tag */
};

enum dmsci_wbxml_type {
    DMSCI_WBXML_SYNCML_1_2,
    DMSCI_WBXML_SYNCML_1_1,
    DMSCI_WBXML_SYNCML_1_0,
    DMSCI_WBXML_METINF_1_2,
    DMSCI_WBXML_DDF_1_2,
    DMSCI_WBXML_DEVINF_1_2,
    DMSCI_WBXML_DEVINF_1_1,
    DMSCI_WBXML_DEVINF_1_0
};

struct dmsci_wbxml_document {
    enum dmsci_wbxml_type type;
    uint32_t public_id; /* 0: none registered, the name is written */
    char fpi[36];       /* its name, formal public identifier */
    uint8_t pages[3];   /* which of all; dmsci_wbxml_page() */
    uint8_t page_count;
};

const struct dmsci_wbxml_document *dmsci_wbxml_document(enum dmsci_wbxml_type type);
/**
 * NULL: none of DM. 1, "unknown or missing", is read as SyncML 1.2, whose pages all documents but
 * DevInf have.
 */
const struct dmsci_wbxml_document *dmsci_wbxml_by_id(uint32_t public_id);
const struct dmsci_wbxml_document *dmsci_wbxml_by_fpi(struct dmsc_bytes fpi);

/** The page; NULL when the document has none of this number. */
const struct dmsci_wbxml_page *dmsci_wbxml_page(const struct dmsci_wbxml_document *document,
                                                unsigned number);
/** Name of a tag token without its two flags, 05 to 3F; NULL when the page has none. */
const char *dmsci_wbxml_tag(const struct dmsci_wbxml_page *page, uint8_t token);
/** The other way; 0 when the page has no such tag. Case counts: Node and node are two. */
uint8_t dmsci_wbxml_token(const struct dmsci_wbxml_page *page, const char *name);

#endif
