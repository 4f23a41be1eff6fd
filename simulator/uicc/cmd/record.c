/* SPDX-License-Identifier: Apache-2.0 */
/* SEARCH RECORD and INCREASE: TS 102 221 clauses 11.1.7 and 11.1.8. */
#include "simulator/uicc/card.h"

/* Last three bits of P2, and of the first byte of an enhanced search (tables 11.17 and 11.18). */
#define FORWARD       4u
#define BACKWARD      5u
#define ENHANCED      6u
#define NEXT_FORWARD  6u
#define PREVIOUS_BACK 7u
#define BEHIND_A_BYTE 0x08u
#define INCREASE_MAX  127u /* bytes of a value, table 11.20 */

struct search {
    const struct dmsci_sim_file *file;
    struct dmsc_bytes pattern;
    bool backward, behind_a_byte;
    uint8_t offset; /* where to begin in each record, or the byte to begin behind */
    unsigned from;
};

/* 11.1.7.2: two bytes in front of the pattern say where to begin. */
static uint16_t parse_enhanced(const struct dmsci_sim_apdu *c, struct search *s)
{
    unsigned current = c->channel->record;
    unsigned how;

    if (c->data.n < 3)
        return SW_LENGTH;
    how = c->data.p[0] & 7u;
    if ((c->data.p[0] & 0xF0) != 0 || how < FORWARD)
        return SW_BAD_DATA;
    s->behind_a_byte = (c->data.p[0] & BEHIND_A_BYTE) != 0;
    s->offset = c->data.p[1];
    s->pattern = dmsc_bytes(c->data.p + 2, c->data.n - 2);
    s->backward = how == BACKWARD || how == PREVIOUS_BACK;
    if (how == FORWARD || how == BACKWARD) {
        s->from = c->p1 == 0 ? current : c->p1;
        return SW_OK;
    }
    if (c->p1 != 0)
        return SW_P1P2;
    /* From nowhere, next is the first and previous the last; a cyclic EF goes round. */
    s->from = how == NEXT_FORWARD ? current + 1 : current == 0 ? s->file->records : current - 1;
    if (s->file->kind == DMSCI_SIM_CYCLIC)
        s->from = s->from == 0 ? s->file->records : s->from > s->file->records ? 1 : s->from;
    return SW_OK;
}

static uint16_t parse_search(const struct dmsci_sim_apdu *c, struct search *s)
{
    if ((c->p2 & 7) == ENHANCED)
        return parse_enhanced(c, s);
    if (c->data.n == 0)
        return SW_LENGTH;
    s->pattern = c->data;
    s->backward = (c->p2 & 7) == BACKWARD;
    s->from = c->p1 == 0 ? c->channel->record : c->p1;
    return SW_OK;
}

static bool is_in(const struct search *s, struct dmsc_bytes record)
{
    size_t at = s->offset;

    if (s->behind_a_byte) {
        for (at = 0; at < record.n && record.p[at] != s->offset; at++)
            ;
        at++;
    }
    for (; at + s->pattern.n <= record.n; at++) {
        if (dmsc_bytes_equal(dmsc_bytes(record.p + at, s->pattern.n), s->pattern))
            return true;
    }
    return false;
}

static size_t search(struct dmsc_sim *sim, const struct search *s)
{
    size_t n = 0;

    for (unsigned i = s->from; i >= 1 && i <= s->file->records; i = s->backward ? i - 1 : i + 1) {
        const uint8_t *record = dmsci_sim_fs_record(&sim->fs, s->file, i);

        if (is_in(s, dmsc_bytes(record, s->file->record_length)))
            sim->scratch[n++] = (uint8_t)i;
    }
    return n;
}

uint16_t dmsci_sim_search_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned mode = c->p2 & 7u, file = 0;
    struct search s = { 0 };
    uint16_t sw;
    size_t n;

    if (mode != FORWARD && mode != BACKWARD && mode != ENHANCED)
        return SW_P1P2;
    sw = dmsci_sim_find_ef(sim, c, c->p2 >> 3 != 0, c->p2 >> 3, &file);
    if (sw != SW_OK)
        return sw;
    s.file = &sim->fs.files[file];
    if (!dmsci_sim_file_has_records(s.file))
        return SW_STRUCTURE;
    sw = dmsci_sim_may(sim, file, DMSCI_ARR_READ, c);
    if (sw == SW_OK)
        sw = parse_search(c, &s);
    if (sw != SW_OK)
        return sw;
    if (s.from == 0 || s.from > s.file->records)
        return SW_NO_RECORD;
    if (s.pattern.n > s.file->record_length)
        return SW_LENGTH;
    n = search(sim, &s);
    if (n == 0)
        return SW_END_OF_FILE; /* nothing found: the pointer stays */
    if (!dmsci_sim_le_fits(sim, c, n))
        return dmsci_sim_wrong_le(n);
    c->channel->record = sim->scratch[0];
    sim->reply = dmsc_bytes(sim->scratch, n);
    return SW_OK;
}

/* 11.1.8: the value of the newest record, and what is added, written over the oldest. */
static uint16_t add(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    const uint8_t *value = dmsci_sim_fs_record(&sim->fs, f, 1);
    unsigned carry = 0;

    for (unsigned i = f->record_length, from = (unsigned)c->data.n; i-- > 0;) {
        carry += value[i] + (from > 0 ? c->data.p[--from] : 0u);
        sim->scratch[i] = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry != 0)
        return SW_INCREASE_MAX;
    (void)dmsci_sim_nvm_append(sim, file, dmsc_bytes(sim->scratch, f->record_length));
    c->channel->record = 1;
    return SW_OK;
}

uint16_t dmsci_sim_increase(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file = 0;
    const struct dmsci_sim_file *f;
    uint16_t sw;
    size_t n;

    if ((c->p1 & 0xE0) != 0 && (c->p1 & 0xE0) != 0x80)
        return SW_P1P2;
    if (c->p2 != 0 || (c->p1 & 0xE0) != (c->p1 == 0 ? 0 : 0x80))
        return SW_P1P2;
    sw = dmsci_sim_find_ef(sim, c, c->p1 != 0, c->p1 & 0x1F, &file);
    if (sw != SW_OK)
        return sw;
    f = &sim->fs.files[file];
    if (f->kind != DMSCI_SIM_CYCLIC)
        return SW_STRUCTURE;
    if (!dmsci_sim_file_is_active(f) || dmsci_sim_fs_is_below_inactive(&sim->fs, file))
        return SW_INVALIDATED;
    if (!dmsci_sim_allowed_command(sim, file, c))
        return SW_SECURITY;
    if (c->data.n == 0 || c->data.n > f->record_length || f->record_length > INCREASE_MAX)
        return SW_LENGTH;
    /* The new value, then what was added. */
    n = f->record_length + c->data.n;
    if (!dmsci_sim_le_fits(sim, c, n))
        return dmsci_sim_wrong_le(n);
    sw = add(sim, c, file);
    if (sw != SW_OK)
        return sw;
    dmsci_copy(sim->scratch + f->record_length, c->data.p, c->data.n);
    sim->reply = dmsc_bytes(sim->scratch, n);
    return SW_OK;
}
