/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/usat/text.h"
#include "apdu/codec/usat/value.h"
#include "apdu/codec/usat/written.h"
#include <string.h>

struct state {
    const struct dmsc_usat_field *field;
    size_t fields, at;
    struct dmsc_wr *w;
    uint32_t number;
    uint8_t count, format;
    uint32_t bits;
    unsigned have;
};

static bool next_is(const struct state *s, const char *name)
{
    return s->at < s->fields && strcmp(s->field[s->at].name, name) == 0;
}

static const char *write_number(struct state *s, const struct dmsci_usat_row *row,
                                const struct dmsc_usat_field *field)
{
    unsigned width = row->type == AS_BITS        ? row->size
                     : row->type == AS_QUALIFIER ? 8u
                                                 : 8u * row->size;

    if (field->form != DMSC_USAT_NUMBER)
        return "a number is wanted";
    if (width < 32 && field->number >> width != 0)
        return "the number is too large";
    s->number = field->number;
    if (row->keep == KEEP_COUNT)
        s->count = (uint8_t)field->number;
    if (row->keep == KEEP_FORMAT)
        s->format = (uint8_t)field->number;
    if (row->type != AS_BITS) {
        while (width > 0) {
            width -= 8;
            dmsc_wr_u8(s->w, (uint8_t)(field->number >> width));
        }
        return NULL;
    }
    s->bits = s->bits << width | field->number;
    s->have += width;
    if (s->have % 8 != 0)
        return NULL;
    for (; s->have > 0; s->have -= 8)
        dmsc_wr_u8(s->w, (uint8_t)(s->bits >> (s->have - 8)));
    s->bits = 0;
    return NULL;
}

/* Bytes that a row must have; 0: any number. */
static size_t fixed(const struct state *s, const struct dmsci_usat_row *row)
{
    return row->type == AS_SMS_DIGITS ? (s->count + 1u) / 2
           : row->type == AS_VALIDITY ? dmsci_usat_validity(s->format)
                                      : row->size;
}

static const char *write_text(struct state *s, const struct dmsci_usat_row *row,
                              const struct dmsc_usat_field *field)
{
    uint32_t coding = field->number;

    switch (row->type) {
    case AS_BYTES:
    case AS_USER_DATA:
    case AS_VALIDITY:
        return "bytes are wanted";
    case AS_DCS_TEXT:
    case AS_CBS_TEXT:
        coding = (uint32_t)dmsci_usat_text_coding(row->type, s->number);
        /* fall through */
    case AS_ALPHA:
    case AS_PLAIN:
        if (row->type == AS_PLAIN)
            coding = DMSC_USAT_PLAIN;
        return dmsci_text_write(coding, field->bytes, s->w) == DMSC_OK
                   ? NULL
                   : "the text cannot be coded so";
    default:
        return dmsci_written_write((enum dmsci_usat_type)row->type, field->bytes, s->w)
                   ? NULL
                   : "the text is not of the form that is wanted";
    }
}

static const char *write_row(struct state *s, const struct dmsci_usat_row *row)
{
    const struct dmsc_usat_field *field = &s->field[s->at];
    size_t before = s->w->n, wanted = fixed(s, row);
    const char *why = NULL;

    if (row->type == AS_NUMBER || row->type == AS_BITS || row->type == AS_QUALIFIER)
        return write_number(s, row, field);
    if (field->form == DMSC_USAT_NUMBER)
        return "text or bytes are wanted";
    if (field->form == DMSC_USAT_BYTES)
        dmsc_wr_bytes(s->w, field->bytes);
    else
        why = write_text(s, row, field);
    if (why == NULL && wanted > 0 && s->w->n - before != wanted && !s->w->bad)
        why = "it has not the length that is wanted";
    return why;
}

/* A row for which there may be no field: nothing is written. */
static bool silent(const struct state *s, const struct dmsci_usat_row *row)
{
    return (row->type == AS_SMS_DIGITS || row->type == AS_VALIDITY) && fixed(s, row) == 0;
}

const char *dmsci_usat_value_write(const struct dmsci_usat_row *row,
                                   const struct dmsc_usat_field *field, size_t fields,
                                   struct dmsc_wr *w, size_t *ret_at)
{
    struct state s = { .field = field, .fields = fields, .w = w };
    const char *why = NULL;

    while (why == NULL && row != NULL && row->name != NULL && s.at < fields) {
        if (next_is(&s, DMSCI_USAT_REST)) {
            break;
        } else if (row->type == AS_CHOICE) {
            row = dmsci_usat_chosen(row->choice, s.number);
        } else if (row->type == AS_LENGTH) {
            row = next_is(&s, row->choice->row->name) ? row->choice->row : row + 1;
        } else if (row->type == AS_AGAIN) {
            row -= row->size;
        } else if (silent(&s, row)) {
            row++;
        } else if (!next_is(&s, row->name)) {
            why = "another field is wanted here";
        } else {
            why = write_row(&s, row++);
            s.at += why == NULL;
        }
    }
    if (why == NULL && s.have > 0)
        why = "the bits make no whole byte";
    if (why == NULL && next_is(&s, DMSCI_USAT_REST) && s.field[s.at].form == DMSC_USAT_BYTES)
        dmsc_wr_bytes(w, s.field[s.at++].bytes);
    if (why == NULL && s.at < fields)
        why = "the object has no such field";
    *ret_at = s.at;
    return why;
}
