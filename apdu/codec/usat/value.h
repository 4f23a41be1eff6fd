/* SPDX-License-Identifier: Apache-2.0 */
/* The value of an object by its layout: into fields, and back. */
#ifndef DMSCI_USAT_VALUE_H
#define DMSCI_USAT_VALUE_H

#include "apdu/codec/usat/table.h"

#define DMSCI_USAT_REST "rest"

/** Where fields go. With field NULL and a counting writer the room they want is counted. */
struct dmsci_usat_sink {
    struct dmsc_usat_field *field;
    size_t fields;
    struct dmsc_wr text;     /* texts and meanings */
    uint8_t *written, *back; /* work space of @p room bytes each */
    size_t room;
};

void dmsci_usat_value_read(struct dmsci_usat_sink *sink, const struct dmsci_usat_row *row,
                           struct dmsc_bytes value);
/** @return NULL when it is done; otherwise what is wrong, and @p ret_at is the field. */
const char *dmsci_usat_value_write(const struct dmsci_usat_row *row,
                                   const struct dmsc_usat_field *field, size_t fields,
                                   struct dmsc_wr *w, size_t *ret_at);

/** Bits of the whole bytes that a run of AS_BITS rows makes. */
unsigned dmsci_usat_run(const struct dmsci_usat_row *row);
/** The layout for a number; NULL when there is none. */
const struct dmsci_usat_row *dmsci_usat_chosen(const struct dmsci_usat_choice *choice,
                                               uint32_t number);
/** Bytes of a TP-Validity-Period of a format (TS 23.040 clause 9.2.3.12). */
unsigned dmsci_usat_validity(uint8_t format);
/** The coding of a text row behind a number; -1 when it has none. */
int dmsci_usat_text_coding(uint8_t type, uint32_t number);

#endif
