/* SPDX-License-Identifier: Apache-2.0 */
/* WBXML as it is written: version 1.2 (BOOT 5.4 allows 1.1 to 1.3), UTF-8, no string table but for
 * the name of a document that has no number. */
#ifndef DMSCI_WBXML_WRITE_H
#define DMSCI_WBXML_WRITE_H

#include "host/wbxml/pages.h"

struct dmsci_wbxml_writer {
    struct dmsc_buf *to;
    const struct dmsci_wbxml_document *document;
    uint8_t page;
};

/* Each appends, and answers DMSC_E_NOMEM or DMSC_E_LIMIT when @p to does not take it. */

/** @param to borrowed as long as the writer is used */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_begin(struct dmsci_wbxml_writer *w,
                                               enum dmsci_wbxml_type type, struct dmsc_buf *to);
/**
 * An element; the page is switched to when it is not in force.
 * @param content false: it has none, and dmsci_wbxml_end() is not called for it
 * @return DMSC_E_ARG when the page has no such tag
 */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_start(struct dmsci_wbxml_writer *w, unsigned page,
                                               const char *name, bool content);
/** Character data, as STR_I. @param text valid by dmsci_text_valid() */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_text(struct dmsci_wbxml_writer *w, struct dmsc_bytes text);
/** Octets as they are. @return DMSC_E_LIMIT for more than 4 GiB */
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_opaque(struct dmsci_wbxml_writer *w,
                                                struct dmsc_bytes octets);
DMSC_NODISCARD enum dmsc_err dmsci_wbxml_end(struct dmsci_wbxml_writer *w);

#endif
