/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSC on top of our link. Only the files opensc_*.c include this, and with it OpenSC's headers,
 * which are those of exactly one release: opensc_guard() before anything else is called.
 */
#ifndef DMSCI_CARD_OPENSC_LINK_H
#define DMSCI_CARD_OPENSC_LINK_H

#include <libopensc/opensc.h>

#include <dmsc/link.h>

/** A reader whose card is at the other end of a link. */
struct dmsci_opensc_reader {
    struct sc_reader reader; /* first: OpenSC hands it back to us */
    struct sc_reader_driver driver;
    struct sc_reader_operations ops;
    struct dmsc_link *link; /* borrowed */
    enum dmsc_err err;      /* of the last exchange that failed: its story is in the context */
};
/** Borrows the link and the context; nothing to release. */
void dmsci_opensc_reader_init(struct dmsci_opensc_reader *reader, struct sc_context *context,
                              struct dmsc_link *link);

/**
 * Fill in our card driver: TS 102 221 where the stock one follows ISO 7816-4. It knows nothing of
 * dmsc, so that it can be a module of everybody's OpenSC as well.
 */
void dmsci_opensc_driver_init(struct sc_card_driver *driver, struct sc_card_operations *ops);

#endif
