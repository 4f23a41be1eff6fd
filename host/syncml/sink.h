/* SPDX-License-Identifier: Apache-2.0 */
/* What an output form of the SyncML writer provides. */
#ifndef DMSCI_SYNCML_SINK_H
#define DMSCI_SYNCML_SINK_H

#include "host/syncml/syncml.h"

struct dmsci_syncml_sink {
    const char *mime; /* media type of the document */
    size_t tail;      /* octets of Final and the end tags of SyncBody and SyncML */
    /* Everything before the first element. */
    enum dmsc_err (*prologue)(struct dmsci_syncml_writer *writer);
    /* @p text is the element's name; for DMSCI_N_UNKNOWN it is all there is. */
    enum dmsc_err (*start)(struct dmsci_syncml_writer *writer, enum dmsci_syncml_name name,
                           const char *text);
    enum dmsc_err (*end)(struct dmsci_syncml_writer *writer, enum dmsci_syncml_name name,
                         const char *text);
    enum dmsc_err (*empty)(struct dmsci_syncml_writer *writer, enum dmsci_syncml_name name);
    enum dmsc_err (*text)(struct dmsci_syncml_writer *writer, struct dmsc_bytes text);
};

#endif
