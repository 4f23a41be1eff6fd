/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of a TNDS object as XML or as WBXML. */
#ifndef DMSCI_MO_TNDS_WRITE_H
#define DMSCI_MO_TNDS_WRITE_H

#include "host/wbxml/write.h"

struct dmsci_tnds_writer;

/* One encoding. @p name is an element of TND 9; text is valid by dmsci_text_valid(). */
struct dmsci_tnds_form {
    enum dmsc_err (*begin)(struct dmsci_tnds_writer *w, const char *root);
    enum dmsc_err (*start)(struct dmsci_tnds_writer *w, const char *name);
    enum dmsc_err (*end)(struct dmsci_tnds_writer *w, const char *name);
    enum dmsc_err (*empty)(struct dmsci_tnds_writer *w, const char *name);
    enum dmsc_err (*text)(struct dmsci_tnds_writer *w, const char *name, struct dmsc_bytes text);
    /* An element that holds octets, a value of format bin. */
    enum dmsc_err (*octets)(struct dmsci_tnds_writer *w, const char *name,
                            struct dmsc_bytes octets);
};
extern const struct dmsci_tnds_form dmsci_tnds_xml, dmsci_tnds_wbxml;

struct dmsci_tnds_writer {
    const struct dmsci_tnds_form *form;
    struct dmsc_buf *to; /* borrowed */
    struct dmsci_wbxml_writer wbxml;
};

#endif
