/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/codec/usat/text.h"
#include "apdu/codec/usat/value.h"
#include "apdu/codec/usat/written.h"

struct state {
    struct dmsci_usat_sink *sink;
    struct dmsc_rd r;
    uint32_t number;                       /* the last one */
    uint8_t count, format, header, coding; /* kept of earlier rows */
    uint32_t bits;                         /* of a run of bit fields */
    unsigned left;
};

unsigned dmsci_usat_run(const struct dmsci_usat_row *row)
{
    unsigned bits = 0;

    do
        bits += row++->size;
    while (bits % 8 != 0);
    return bits;
}

const struct dmsci_usat_row *dmsci_usat_chosen(const struct dmsci_usat_choice *choice,
                                               uint32_t number)
{
    for (; choice->row != NULL; choice++) {
        if ((number & choice->mask) == choice->value)
            return choice->row;
    }
    return NULL;
}

unsigned dmsci_usat_validity(uint8_t format)
{
    return format == 0 ? 0 : format == 2 ? 1 : 7;
}

int dmsci_usat_text_coding(uint8_t type, uint32_t number)
{
    return type == AS_DCS_TEXT ? dmsci_dcs_coding((uint8_t)number)
                               : dmsci_cbs_coding((uint8_t)number);
}

static const char *put_text(struct dmsc_wr *w, struct dmsc_bytes text)
{
    size_t start = w->n;

    dmsc_wr_bytes(w, text);
    dmsc_wr_u8(w, 0);
    return w->p != NULL ? (const char *)w->p + start : "";
}

static void emit(struct state *s, const struct dmsc_usat_field *field)
{
    if (s->sink->field != NULL)
        s->sink->field[s->sink->fields] = *field;
    s->sink->fields++;
}

static void emit_bytes(struct state *s, const char *name, struct dmsc_bytes bytes,
                       const char *meaning)
{
    struct dmsc_usat_field field = { name, DMSC_USAT_BYTES, 0, bytes, meaning };

    emit(s, &field);
}

/* All words that fit, joined. */
static const char *words(struct state *s, const struct dmsci_usat_name *names, uint32_t number)
{
    struct dmsc_wr *w = &s->sink->text;
    size_t start = w->n;

    for (; names != NULL && names->words != NULL; names++) {
        if ((number & names->mask) != names->value)
            continue;
        if (w->n > start)
            dmsc_wr_bytes(w, dmsc_bytes_str(", "));
        dmsc_wr_bytes(w, dmsc_bytes_str(names->words));
    }
    dmsc_wr_u8(w, 0);
    return w->p != NULL ? (const char *)w->p + start : "";
}

static void emit_number(struct state *s, const struct dmsci_usat_row *row, uint32_t number,
                        const struct dmsci_usat_name *names)
{
    struct dmsc_usat_field field = { row->name, DMSC_USAT_NUMBER, number, { NULL, 0 }, "" };

    field.meaning = names != NULL ? words(s, names, number) : "";
    s->number = number;
    if (row->keep == KEEP_COUNT)
        s->count = (uint8_t)number;
    if (row->keep == KEEP_FORMAT)
        s->format = (uint8_t)number;
    if (row->keep == KEEP_HEADER)
        s->header = (uint8_t)number;
    if (row->keep == KEEP_CODING)
        s->coding = (uint8_t)number;
    emit(s, &field);
}

static bool is_text(uint8_t type)
{
    return type == AS_ALPHA || type == AS_PLAIN || type == AS_DCS_TEXT || type == AS_CBS_TEXT;
}

/* Text that would come back as these bytes; other bytes stay bytes, said in words if they can. */
static void emit_text(struct state *s, const struct dmsci_usat_row *row, struct dmsc_bytes bytes)
{
    static const char *const codings[] = { "GSM default alphabet, 8 bits",
                                           "GSM default alphabet, packed", "UCS-2", "", "" };
    struct dmsc_wr written = dmsc_wr(s->sink->written, s->sink->room);
    struct dmsc_wr back = dmsc_wr(s->sink->back, s->sink->room);
    uint32_t coding = DMSC_USAT_WRITTEN;
    bool good;

    if (is_text(row->type)) {
        int of_number = dmsci_usat_text_coding(row->type, s->number);

        coding = row->type == AS_ALPHA   ? dmsci_alpha_coding(bytes)
                 : row->type == AS_PLAIN ? (uint32_t)DMSC_USAT_PLAIN
                 : of_number < 0         ? 0xFFu
                                         : (uint32_t)of_number;
        good = dmsci_text_read(coding, dmsc_rd(bytes), &written) && !written.bad;
    } else {
        good = dmsci_written_read((enum dmsci_usat_type)row->type, dmsc_rd(bytes), &written) &&
               !written.bad;
    }
    if (good) {
        struct dmsc_bytes text = dmsc_bytes(written.p, written.n);
        bool same = is_text(row->type)
                        ? dmsci_text_write(coding, text, &back) == DMSC_OK
                        : dmsci_written_write((enum dmsci_usat_type)row->type, text, &back);
        struct dmsc_usat_field field = { row->name, DMSC_USAT_TEXT, coding, text, "" };
        const char *kept = put_text(&s->sink->text, text);

        if (same && !back.bad && dmsc_bytes_equal(dmsc_bytes(back.p, back.n), bytes)) {
            field.bytes = dmsc_bytes(kept, text.n);
            field.meaning = (coding & 0x80) != 0 ? "UCS-2" : codings[coding & 0x07];
            emit(s, &field);
        } else {
            emit_bytes(s, row->name, bytes, kept);
        }
        return;
    }
    emit_bytes(s, row->name, bytes, "");
}

/* TS 23.040 clause 9.2.3.24. Octets of 8 bits are data, and a text only if they look like one. */
static void emit_user_data(struct state *s, const struct dmsci_usat_row *row,
                           struct dmsc_bytes bytes)
{
    struct dmsc_wr text = dmsc_wr(s->sink->written, s->sink->room);
    int coding = dmsci_dcs_coding(s->coding);
    bool good = s->header == 0 && coding >= 0 &&
                dmsci_text_read(coding == DMSC_USAT_GSM_UNPACKED ? (uint32_t)DMSC_USAT_PLAIN
                                                                 : (uint32_t)coding,
                                dmsc_rd(bytes), &text) &&
                !text.bad;

    emit_bytes(s, row->name, bytes,
               good ? put_text(&s->sink->text, dmsc_bytes(text.p, text.n)) : "");
}

/* TS 102 223 clause 8.18: a path begins at each 3F00. */
static size_t path_length(struct dmsc_rd r)
{
    size_t n = 2;

    while (n + 2 <= r.n && !(r.p[n] == 0x3F && r.p[n + 1] == 0x00))
        n += 2;
    return n > r.n || r.n - n == 1 ? r.n : n;
}

/* Bytes that a row takes; more than there are when it cannot be read. */
static size_t wanted(const struct state *s, const struct dmsci_usat_row *row)
{
    switch (row->type) {
    case AS_PATH:
        return path_length(s->r);
    case AS_SMS_DIGITS:
        return (s->count + 1u) / 2;
    case AS_VALIDITY:
        return dmsci_usat_validity(s->format);
    case AS_BITS:
        return s->left > 0 ? 0 : dmsci_usat_run(row) / 8;
    case AS_QUALIFIER:
        return 1;
    default:
        return row->size > 0 ? row->size : s->r.n;
    }
}

static void read_bits(struct state *s, const struct dmsci_usat_row *row)
{
    while (s->left < row->size) {
        s->bits = s->bits << 8 | dmsc_rd_u8(&s->r);
        s->left += 8;
    }
    s->left -= row->size;
    emit_number(s, row, s->bits >> s->left & ((1u << row->size) - 1), row->names);
}

static void read_row(struct state *s, const struct dmsci_usat_row *row, size_t n)
{
    uint32_t number = 0;

    switch (row->type) {
    case AS_NUMBER:
    case AS_QUALIFIER:
        for (size_t i = 0; i < n; i++)
            number = number << 8 | dmsc_rd_u8(&s->r);
        emit_number(s, row, number,
                    row->type == AS_QUALIFIER ? dmsci_usat_qualifiers((uint8_t)s->number)
                                              : row->names);
        break;
    case AS_BITS:
        read_bits(s, row);
        break;
    case AS_BYTES:
    case AS_VALIDITY:
        if (n > 0)
            emit_bytes(s, row->name, dmsc_rd_bytes(&s->r, n), "");
        break;
    case AS_USER_DATA:
        if (n > 0)
            emit_user_data(s, row, dmsc_rd_bytes(&s->r, n));
        break;
    default:
        if (n > 0)
            emit_text(s, row, dmsc_rd_bytes(&s->r, n));
        break;
    }
}

void dmsci_usat_value_read(struct dmsci_usat_sink *sink, const struct dmsci_usat_row *row,
                           struct dmsc_bytes value)
{
    struct state s = { .sink = sink, .r = dmsc_rd(value) };

    while (row != NULL && row->name != NULL && (s.r.n > 0 || s.left > 0)) {
        if (row->type == AS_CHOICE) {
            row = dmsci_usat_chosen(row->choice, s.number);
        } else if (row->type == AS_LENGTH) {
            row = s.r.n == row->size ? row->choice->row : row + 1;
        } else if (row->type == AS_AGAIN) {
            row -= row->size;
        } else {
            size_t n = wanted(&s, row);

            if (n > s.r.n)
                break;
            read_row(&s, row++, n);
        }
    }
    if (s.r.n > 0)
        emit_bytes(&s, DMSCI_USAT_REST, dmsc_rd_bytes(&s.r, s.r.n), "");
}
