/* SPDX-License-Identifier: Apache-2.0 */
/* READ and UPDATE: TS 102 221 clauses 11.1.3 to 11.1.6. */
#include "simulator/uicc/card.h"

#define SFI_MIN 1u
#define SFI_MAX 30u

/* Last three bits of P2, tables 11.13 and 11.15. */
enum record_mode { MODE_NEXT = 2, MODE_PREVIOUS = 3, MODE_ABSOLUTE = 4 };

uint16_t dmsci_sim_find_ef(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, bool by_sfi,
                           uint8_t sfi, unsigned *ret_file)
{
    struct dmsci_sim_channel *channel = c->channel;

    if (by_sfi) {
        unsigned found;

        if (sfi < SFI_MIN || sfi > SFI_MAX)
            return SW_P1P2;
        found = dmsci_sim_fs_by_sfi(&sim->fs, channel->df, sfi);
        if (found == DMSCI_SIM_NO_FILE)
            return SW_NO_FILE;
        if (channel->ef != found)
            channel->transfer.how = DMSCI_SIM_NO_TRANSFER;
        channel->ef = (uint16_t)found;
        channel->record = sim->fs.files[found].kind == DMSCI_SIM_CYCLIC ? 1 : 0;
    }
    if (channel->ef == DMSCI_SIM_NO_FILE)
        return SW_NO_EF;
    *ret_file = channel->ef;
    return SW_OK;
}

/* TS 102 222 5.2: before it is activated, a file is open to whoever may make files in its DF. */
static bool is_its_maker(const struct dmsc_sim *sim, unsigned file)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];

    return (f->life_cycle == 0x01 || f->life_cycle == 0x03) && f->parent != DMSCI_SIM_NO_FILE &&
           dmsci_sim_allowed_by(sim, f->parent,
                                dmsci_sim_file_is_df(f) ? DMSCI_ARR_WRITE : DMSCI_ARR_UPDATE, NULL);
}

static uint16_t may_slowly(const struct dmsc_sim *sim, unsigned file, enum dmsci_arr_access access,
                           const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];

    if (((f->life_cycle & 0x0D) == 0x04 && access != DMSCI_ARR_ACTIVATE &&
         access != DMSCI_ARR_TERMINATE && access != DMSCI_ARR_DELETE) ||
        ((f->life_cycle & 0x0C) == 0x0C && access != DMSCI_ARR_DELETE) ||
        dmsci_sim_fs_is_below_inactive(&sim->fs, file))
        return SW_INVALIDATED;
    return dmsci_sim_allowed_by(sim, file, access, c) || is_its_maker(sim, file) ? SW_OK
                                                                                 : SW_SECURITY;
}

uint16_t dmsci_sim_may(const struct dmsc_sim *sim, unsigned file, enum dmsci_arr_access access,
                       const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    const struct dmsci_sim_rule *rule = &sim->fs.rules[f->rule];

    /* Nearly every file: activated, one rule, keys of the card. */
    if (f->life_cycle == 0x05 && !sim->fs.df_inactive && !f->environments && !rule->local &&
        dmsci_arr_met(&rule->rule.access[access], sim->fs.key_sets[0].satisfied))
        return SW_OK;
    return may_slowly(sim, file, access, c);
}

static uint16_t begin_binary(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                             enum dmsci_arr_access access, unsigned *ret_file, size_t *ret_offset)
{
    bool by_sfi = (c->p1 & 0x80) != 0;
    const struct dmsci_sim_file *file;
    uint16_t sw;

    if (by_sfi && (c->p1 & 0x60) != 0)
        return SW_P1P2;
    sw = dmsci_sim_find_ef(sim, c, by_sfi, c->p1 & 0x1F, ret_file);
    if (sw != SW_OK)
        return sw;
    file = &sim->fs.files[*ret_file];
    if (file->kind != DMSCI_SIM_TRANSPARENT)
        return SW_STRUCTURE;
    sw = dmsci_sim_may(sim, *ret_file, access, c);
    if (sw != SW_OK)
        return sw;
    *ret_offset = by_sfi ? c->p2 : (size_t)(c->p1 << 8 | c->p2);
    return *ret_offset < file->size ? SW_OK : SW_OFFSET;
}

uint16_t dmsci_sim_read_binary(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *file;
    size_t offset, n;
    unsigned index;
    uint16_t sw = c->data.n > 0 || c->le == 0
                      ? SW_LENGTH
                      : begin_binary(sim, c, DMSCI_ARR_READ, &index, &offset);

    if (sw != SW_OK)
        return sw;
    file = &sim->fs.files[index];
    n = file->size - offset;
    if (n > c->le)
        n = c->le;
    sim->reply = dmsc_bytes(sim->fs.content + file->content + offset, n);
    /* T=0 answers 6Cxx instead; there Le 00 of T=1, "up to 256", cannot be told from 256. */
    return sim->t1 && n < c->le && c->le != 256 ? SW_END_OF_FILE : SW_OK;
}

uint16_t dmsci_sim_update_binary(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned index;
    size_t offset;
    uint16_t sw =
        c->data.n == 0 ? SW_LENGTH : begin_binary(sim, c, DMSCI_ARR_UPDATE, &index, &offset);

    if (sw != SW_OK)
        return sw;
    if (c->data.n > sim->fs.files[index].size - offset)
        return SW_LENGTH;
    (void)dmsci_sim_nvm_write(sim, index, offset, c->data);
    return SW_OK;
}

static uint16_t begin_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                             enum dmsci_arr_access access, unsigned *ret_file)
{
    unsigned mode = c->p2 & 7u;
    uint8_t sfi = c->p2 >> 3;
    uint16_t sw;

    if (mode < MODE_NEXT || mode > MODE_ABSOLUTE || (mode != MODE_ABSOLUTE && c->p1 != 0))
        return SW_P1P2;
    sw = dmsci_sim_find_ef(sim, c, sfi != 0, sfi, ret_file);
    if (sw != SW_OK)
        return sw;
    if (!dmsci_sim_file_has_records(&sim->fs.files[*ret_file]))
        return SW_STRUCTURE;
    return dmsci_sim_may(sim, *ret_file, access, c);
}

/* The record that P1 and the mode name (11.1.5.1); NEXT and PREVIOUS go round in a cyclic EF. */
static uint16_t find_record(const struct dmsci_sim_file *file, const struct dmsci_sim_apdu *c,
                            unsigned *ret_number)
{
    unsigned current = c->channel->record;
    bool round = file->kind == DMSCI_SIM_CYCLIC;
    unsigned number;

    switch ((enum record_mode)(c->p2 & 7)) {
    case MODE_NEXT:
        number = current == 0 ? 1 : current + 1;
        if (number > file->records && round)
            number = 1;
        break;
    case MODE_PREVIOUS:
        number = current == 0 ? file->records : current - 1;
        if (number == 0 && round)
            number = file->records;
        break;
    default:
        number = c->p1 == 0 ? current : c->p1;
        break;
    }
    if (number == 0 || number > file->records)
        return SW_NO_RECORD;
    *ret_number = number;
    return SW_OK;
}

/* Absolute mode leaves the record pointer where it is. */
static void move_pointer(const struct dmsci_sim_apdu *c, unsigned number)
{
    if ((c->p2 & 7) != MODE_ABSOLUTE)
        c->channel->record = (uint8_t)number;
}

uint16_t dmsci_sim_read_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *file;
    unsigned index, number;
    uint16_t sw =
        c->data.n > 0 || c->le == 0 ? SW_LENGTH : begin_record(sim, c, DMSCI_ARR_READ, &index);

    if (sw != SW_OK)
        return sw;
    file = &sim->fs.files[index];
    sw = find_record(file, c, &number);
    if (sw != SW_OK)
        return sw;
    if (!dmsci_sim_le_fits(sim, c, file->record_length) ||
        (c->le > file->record_length && c->le != 256))
        return dmsci_sim_wrong_le(file->record_length);
    move_pointer(c, number);
    sim->reply = dmsc_bytes(dmsci_sim_fs_record(&sim->fs, file, number), file->record_length);
    return SW_OK;
}

/* 11.1.6: a cyclic EF is written by PREVIOUS only, which makes its oldest record the newest. */
static uint16_t append(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned index)
{
    if ((c->p2 & 7) != MODE_PREVIOUS)
        return SW_STRUCTURE;
    if (dmsci_sim_nvm_append(sim, index, c->data))
        c->channel->record = 1;
    return SW_OK;
}

uint16_t dmsci_sim_update_record(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *file;
    unsigned index, number;
    uint16_t sw = begin_record(sim, c, DMSCI_ARR_UPDATE, &index);

    if (sw != SW_OK)
        return sw;
    file = &sim->fs.files[index];
    if (c->data.n != file->record_length)
        return SW_LENGTH;
    if (file->kind == DMSCI_SIM_CYCLIC)
        return append(sim, c, index);
    sw = find_record(file, c, &number);
    if (sw != SW_OK)
        return sw;
    move_pointer(c, number);
    (void)dmsci_sim_nvm_write(sim, index, (size_t)(number - 1) * file->record_length, c->data);
    return SW_OK;
}
