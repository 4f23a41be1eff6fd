/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of an expression and of a list of status words. */
#include "apdu/script/item.h"
#include "apdu/base/compiler.h"

bool dmsci_script_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool dmsci_script_is_name(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

char dmsci_script_upper(uint8_t c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

void dmsci_script_skip_space(struct dmsc_rd *r)
{
    while (r->n > 0 && dmsci_script_is_space(r->p[0]))
        dmsc_rd_skip(r, 1);
}

/* A to F are digits, X is a nibble. */
bool dmsci_script_is_buffer(uint8_t c)
{
    char letter = dmsci_script_upper(c);

    return letter >= 'G' && letter <= 'Z' && letter != 'X';
}

/* Value and mask of a nibble. */
static bool nibble(uint8_t c, uint8_t *ret_value, uint8_t *ret_mask)
{
    char letter = dmsci_script_upper(c);

    *ret_mask = 0x0F;
    if (letter == 'X') {
        *ret_value = *ret_mask = 0;
        return true;
    }
    *ret_value = (uint8_t)(letter <= '9' ? letter - '0' : letter - 'A' + 10);
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'F');
}

static bool fail(struct dmsc_rd *r, const char **ret_why, const char *why)
{
    r->bad = true;
    *ret_why = why;
    return false;
}

/* Decimal digits, at most seven, or a buffer. */
bool dmsci_script_number(struct dmsc_rd *r, struct dmsci_script_number *ret_number)
{
    struct dmsci_script_number number = { 0, 0 };
    unsigned n = 0;

    dmsci_script_skip_space(r);
    if (r->n > 0 && dmsci_script_is_buffer(r->p[0])) {
        number.buffer = dmsci_script_upper(dmsc_rd_u8(r));
        n = 1;
    } else {
        for (; n < 7 && r->n > 0 && r->p[0] >= '0' && r->p[0] <= '9'; n++)
            number.value = number.value * 10 + dmsc_rd_u8(r) - '0';
    }
    dmsci_script_skip_space(r);
    *ret_number = number;
    return n > 0;
}

/* What follows is a slice if there is a ";" or a ":" between the brackets: a list of status words
 * has none. */
static bool slice_follows(struct dmsc_rd r)
{
    dmsci_script_skip_space(&r);
    if (r.n == 0 || r.p[0] != '(')
        return false;
    for (size_t i = 1; i < r.n && r.p[i] != ')'; i++) {
        if (r.p[i] == ';' || r.p[i] == ':')
            return true;
    }
    return false;
}

bool dmsci_script_slice(struct dmsc_rd *r, struct dmsci_script_slice *ret_slice,
                        const char **ret_why)
{
    struct dmsci_script_slice slice = { .present = false };

    if (slice_follows(*r)) {
        slice.present = true;
        dmsci_script_skip_space(r);
        dmsc_rd_skip(r, 1);
        if (!dmsci_script_number(r, &slice.first))
            return fail(r, ret_why, "a part of a buffer is written (from;count) or (from:to)");
        slice.is_range = dmsc_rd_u8(r) == ':';
        slice.to_end = slice.is_range && r->n > 0 && r->p[0] == ')';
        if (!slice.to_end && !dmsci_script_number(r, &slice.second))
            return fail(r, ret_why, "a part of a buffer is written (from;count) or (from:to)");
        if (dmsc_rd_u8(r) != ')')
            return fail(r, ret_why, "a \")\" is missing");
    }
    *ret_slice = slice;
    return true;
}

static bool take_name(struct dmsc_rd *r, struct dmsc_bytes *ret_name, const char **ret_why)
{
    size_t n = 0;

    dmsc_rd_skip(r, 1);
    while (n < r->n && dmsci_script_is_name(r->p[n]))
        n++;
    *ret_name = dmsc_rd_bytes(r, n);
    return n > 0 || fail(r, ret_why, "a name is letters, digits and \"_\" behind \"%\"");
}

static bool take_length(struct dmsc_rd *r, struct dmsci_script_item *item, const char **ret_why)
{
    dmsc_rd_skip(r, 1);
    dmsci_script_skip_space(r);
    if (r->n > 0 && r->p[0] == '?') {
        item->kind = DMSCI_SCRIPT_REST_LEN;
        dmsc_rd_skip(r, 1);
    } else if (r->n > 0 && r->p[0] == '%') {
        item->kind = DMSCI_SCRIPT_NAME_LEN;
        if (!take_name(r, &item->name, ret_why))
            return false;
    } else if (r->n > 0 && dmsci_script_is_buffer(r->p[0])) {
        item->kind = DMSCI_SCRIPT_BUFFER_LEN;
        item->buffer = dmsci_script_upper(dmsc_rd_u8(r));
        if (!dmsci_script_slice(r, &item->slice, ret_why))
            return false;
    }
    dmsci_script_skip_space(r);
    if (dmsc_rd_u8(r) != '>')
        return fail(r, ret_why, "a length is written <?>, <%NAME> or <BUFFER>");
    return true;
}

bool dmsci_script_item(struct dmsc_rd *r, struct dmsci_script_item *ret_item, const char **ret_why)
{
    struct dmsci_script_item item = { .kind = DMSCI_SCRIPT_BYTE };
    uint8_t high, low, high_mask, low_mask;

    dmsci_script_skip_space(r);
    if (r->bad || r->n == 0)
        return false;
    if (r->p[0] == '%') {
        item.kind = DMSCI_SCRIPT_NAME;
        if (!take_name(r, &item.name, ret_why))
            return false;
    } else if (r->p[0] == '<') {
        if (!take_length(r, &item, ret_why))
            return false;
    } else if (dmsci_script_is_buffer(r->p[0])) {
        item.kind = DMSCI_SCRIPT_BUFFER;
        item.buffer = dmsci_script_upper(dmsc_rd_u8(r));
        if (r->n > 0 && dmsci_script_is_name(r->p[0]))
            return fail(r, ret_why, "neither hex, nor a name behind \"%\", nor a buffer's letter");
        if (!dmsci_script_slice(r, &item.slice, ret_why))
            return false;
    } else {
        if (!nibble(r->p[0], &high, &high_mask))
            return fail(r, ret_why, "neither hex, nor a name behind \"%\", nor a buffer's letter");
        if (r->n < 2 || !nibble(r->p[1], &low, &low_mask))
            return fail(r, ret_why, "two hex digits make a byte, and one stands alone");
        dmsc_rd_skip(r, 2);
        item.value = (uint8_t)(high << 4 | low);
        item.mask = (uint8_t)(high_mask << 4 | low_mask);
    }
    *ret_item = item;
    return true;
}

bool dmsci_script_sw(struct dmsc_rd *r, uint16_t *ret_value, uint16_t *ret_mask)
{
    uint16_t value = 0, mask = 0;

    while (r->n > 0 && (dmsci_script_is_space(r->p[0]) || r->p[0] == ','))
        dmsc_rd_skip(r, 1);
    if (r->bad || r->n == 0)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t v, m;

        dmsci_script_skip_space(r);
        if (r->n == 0 || !nibble(r->p[0], &v, &m)) {
            r->bad = true;
            return false;
        }
        dmsc_rd_skip(r, 1);
        value = (uint16_t)(value << 4 | v);
        mask = (uint16_t)(mask << 4 | m);
    }
    *ret_value = value;
    *ret_mask = mask;
    return true;
}
