/* SPDX-License-Identifier: Apache-2.0 */
/* From the events of a document (element starts, text, element ends) to the message model. */
#ifndef DMSCI_SYNCML_BUILD_H
#define DMSCI_SYNCML_BUILD_H

#include "host/syncml/syncml.h"

struct dmsci_syncml_builder;

enum dmsc_err dmsci_syncml_builder_new(struct dmsc_ctx *ctx,
                                       struct dmsci_syncml_builder **ret_builder);
void dmsci_syncml_builder_free(struct dmsci_syncml_builder *builder);

/** @param text the element's name, for commands we do not know */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_build_start(struct dmsci_syncml_builder *builder,
                                                      enum dmsci_syncml_name name,
                                                      const char *text);
DMSC_NODISCARD enum dmsc_err dmsci_syncml_build_text(struct dmsci_syncml_builder *builder,
                                                     struct dmsc_bytes text);
DMSC_NODISCARD enum dmsc_err dmsci_syncml_build_end(struct dmsci_syncml_builder *builder);
/**
 * Inside Data of an Item, where child elements are content: the decoder hands them over as text.
 * @return NULL elsewhere; else the text so far, to be appended to
 */
struct dmsc_buf *dmsci_syncml_build_data(struct dmsci_syncml_builder *builder);
/** The document is over: hand out the message, if it is one. */
DMSC_NODISCARD enum dmsc_err dmsci_syncml_build_done(struct dmsci_syncml_builder *builder,
                                                     struct dmsci_syncml_message *ret_msg);

#endif
