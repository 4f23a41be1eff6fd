/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT and STATUS: TS 102 221 clauses 8.4, 11.1.1, 11.1.2. */
#include "simulator/uicc/card.h"

/* P2 of SELECT, table 11.2. */
#define P2_SESSION    0x60u
#define P2_ACTIVATE   0x00u
#define P2_TERMINATE  0x40u
#define P2_ANSWER     0x0Cu
#define P2_FCP        0x04u
#define P2_NO_DATA    0x0Cu
#define P2_OCCURRENCE 0x03u
#define P2_RFU        0x90u

enum occurrence { FIRST, LAST, NEXT, PREVIOUS };

static uint16_t fid_at(struct dmsc_bytes data, size_t at)
{
    return (uint16_t)(data.p[at] << 8 | data.p[at + 1]);
}

static uint16_t by_fid(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    uint16_t fid;

    /* Table 11.2: no data is the MF, and then P2 is 0C. */
    if (c->data.n == 0 && c->ins == 0xA4 && ((c->p2 & P2_ANSWER) == P2_NO_DATA || sim->lenient)) {
        *ret_file = 0;
        return SW_OK;
    }
    if (c->data.n != 2)
        return SW_LENGTH;
    fid = fid_at(c->data, 0);
    *ret_file =
        fid == 0x7FFF ? c->channel->adf : dmsci_sim_fs_by_fid(&sim->fs, c->channel->df, fid);
    return SW_OK;
}

static uint16_t by_child_df(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c,
                            unsigned *ret_file)
{
    unsigned found;

    if (c->data.n != 2)
        return SW_LENGTH;
    found = dmsci_sim_fs_child(&sim->fs, c->channel->df, fid_at(c->data, 0));
    if (found != DMSCI_SIM_NO_FILE && dmsci_sim_file_is_df(&sim->fs.files[found]))
        *ret_file = found;
    return SW_OK;
}

static uint16_t by_parent(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    if (c->data.n != 0)
        return SW_LC_P1P2;
    *ret_file = sim->fs.files[c->channel->df].parent;
    return SW_OK;
}

static bool aid_begins(const struct dmsci_sim_fs *fs, unsigned adf, struct dmsc_bytes with)
{
    struct dmsc_bytes aid = dmsci_sim_fs_slice(fs, fs->info[adf].aid);

    return aid.n >= with.n && dmsc_bytes_equal(dmsc_bytes(aid.p, with.n), with);
}

/* 11.1.1.2: NEXT and PREVIOUS count from the application that is active on the channel. */
static unsigned nth_adf(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_fs *fs = &sim->fs;
    enum occurrence which = (enum occurrence)(c->p2 & P2_OCCURRENCE);
    unsigned found = DMSCI_SIM_NO_FILE;
    bool passed = false;

    for (unsigned i = 0; i < fs->n_adfs; i++) {
        unsigned adf = fs->adfs[i];

        if (!aid_begins(fs, adf, c->data))
            continue;
        if (adf == c->channel->adf) {
            passed = true;
            if (which == PREVIOUS)
                return found;
            if (which == NEXT)
                continue;
        }
        if (which == FIRST || (which == NEXT && passed))
            return adf;
        found = adf;
    }
    return which == LAST ? found : DMSCI_SIM_NO_FILE;
}

static uint16_t by_aid(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    size_t shortest = sim->lenient ? 1 : 5;

    if (c->data.n < shortest || c->data.n > DMSCI_SIM_AID_MAX)
        return SW_LENGTH;
    *ret_file = nth_adf(sim, c);
    return SW_OK;
}

/* 8.4.2: each step a child of the one before. 3F00 in front is not part of the path from the MF,
 * but general tools send it. */
static uint16_t by_path(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    unsigned file = c->p1 == 0x08 ? 0 : c->channel->df;
    size_t at = 0;

    if (c->data.n == 0 || c->data.n % 2 != 0)
        return SW_LENGTH;
    if (c->p1 == 0x08 && fid_at(c->data, 0) == 0x7FFF) {
        file = c->channel->adf;
        at = 2;
    } else if (c->p1 == 0x08 && sim->lenient && fid_at(c->data, 0) == 0x3F00) {
        at = 2;
    }
    for (; at < c->data.n && file != DMSCI_SIM_NO_FILE; at += 2) {
        if (!dmsci_sim_file_is_df(&sim->fs.files[file]))
            return SW_OK;
        file = dmsci_sim_fs_child(&sim->fs, file, fid_at(c->data, at));
    }
    *ret_file = file;
    return SW_OK;
}

/* Table 11.1: P1 of SELECT. */
static const struct {
    uint8_t p1;
    uint16_t (*find)(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file);
} ways[] = {
    { 0x00, by_fid }, { 0x01, by_child_df }, { 0x03, by_parent },
    { 0x04, by_aid }, { 0x08, by_path },     { 0x09, by_path },
};

/* P2 says what to answer. ISO 7816-4 has 00, "return FCI", which TS 102 221 does not know. */
static bool p2_is_known(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned session = c->p2 & P2_SESSION;
    unsigned answer = c->p2 & P2_ANSWER;

    if ((c->p2 & P2_RFU) != 0)
        return false;
    if (c->p1 == 0x04 && session != P2_ACTIVATE && session != P2_TERMINATE)
        return false;
    if (c->p1 != 0x04 && (session != 0 || (c->p2 & P2_OCCURRENCE) != 0))
        return false;
    return answer == P2_FCP || answer == P2_NO_DATA || (sim->lenient && answer == 0);
}

uint16_t dmsci_sim_find(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    unsigned way = 0;

    *ret_file = DMSCI_SIM_NO_FILE;
    while (way < DMSCI_ARRAY_LEN(ways) && ways[way].p1 != c->p1)
        way++;
    return way == DMSCI_ARRAY_LEN(ways) ? SW_P1P2 : ways[way].find(sim, c, ret_file);
}

void dmsci_sim_set_current(struct dmsc_sim *sim, struct dmsci_sim_channel *channel, unsigned file)
{
    const struct dmsci_sim_file *f = &sim->fs.files[file];
    unsigned adf = dmsci_sim_fs_adf_of(&sim->fs, file);

    channel->df = dmsci_sim_file_is_df(f) ? (uint16_t)file : f->parent;
    channel->ef = dmsci_sim_file_is_df(f) ? DMSCI_SIM_NO_FILE : (uint16_t)file;
    /* 8.6: a cyclic EF begins at the record written last, others at none. */
    channel->record = f->kind == DMSCI_SIM_CYCLIC ? 1 : 0;
    channel->transfer.how = DMSCI_SIM_NO_TRANSFER;
    if (adf != DMSCI_SIM_NO_FILE && channel->adf != adf) {
        channel->adf = (uint16_t)adf;
        dmsci_sim_sessions_changed(sim);
    }
}

/* 11.1.1: ends the session of the application that is active here; the MF is left selected. */
static uint16_t terminate(struct dmsc_sim *sim, struct dmsci_sim_channel *channel, unsigned adf)
{
    if (channel->adf != adf)
        return SW_NO_FILE;
    *channel =
        (struct dmsci_sim_channel){ true, 0, 0, DMSCI_SIM_NO_FILE, DMSCI_SIM_NO_FILE, { 0 } };
    dmsci_sim_sessions_changed(sim);
    return SW_OK;
}

static uint16_t life_cycle_sw(const struct dmsci_sim_file *file)
{
    if ((file->life_cycle & 0x0D) == 0x04)
        return SW_DEACTIVATED;
    return (file->life_cycle & 0x0C) == 0x0C ? SW_TERMINATED : SW_OK;
}

/* 8.7: a file that is not shareable is selected on one channel at a time. The MF is everybody's. */
static bool is_taken(const struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file)
{
    if (!sim->fs.info[file].not_shareable || file == 0)
        return false;
    for (unsigned i = 0; i < sim->n_channels; i++) {
        const struct dmsci_sim_channel *other = &sim->channels[i];

        if (other->open && i != c->channel_no && (other->df == file || other->ef == file))
            return true;
    }
    return false;
}

static bool card_is_terminated(const struct dmsc_sim *sim)
{
    return (sim->fs.files[0].life_cycle & 0x0C) == 0x0C;
}

uint16_t dmsci_sim_select(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file = DMSCI_SIM_NO_FILE;
    struct dmsc_bytes fcp;
    uint16_t sw = p2_is_known(sim, c) ? dmsci_sim_find(sim, c, &file) : SW_P1P2;

    if (sw != SW_OK)
        return sw;
    if (file == DMSCI_SIM_NO_FILE)
        return SW_NO_FILE;
    if (is_taken(sim, c, file) || (file != 0 && card_is_terminated(sim)))
        return SW_CONDITIONS;
    fcp = dmsc_bytes(sim->fs.fcp.p + sim->fs.files[file].fcp, sim->fs.files[file].fcp_n);
    if ((c->p2 & P2_ANSWER) != P2_NO_DATA) {
        if (!dmsci_sim_le_fits(sim, c, fcp.n))
            return dmsci_sim_wrong_le(fcp.n);
        sim->reply = fcp;
    }
    if (c->p1 == 0x04 && (c->p2 & P2_SESSION) == P2_TERMINATE)
        return terminate(sim, c->channel, file);
    dmsci_sim_set_current(sim, c->channel, file);
    return life_cycle_sw(&sim->fs.files[file]);
}

/* 11.1.2: P1 tells the application how far the terminal is, which changes nothing here. */
uint16_t dmsci_sim_status(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    const struct dmsci_sim_file *df = &sim->fs.files[c->channel->df];
    struct dmsc_bytes aid;

    if (c->p1 > 0x02)
        return SW_P1P2;
    if (c->data.n > 0)
        return SW_LENGTH;
    switch (c->p2) {
    case 0x00:
        sim->reply = dmsc_bytes(sim->fs.fcp.p + df->fcp, df->fcp_n);
        return SW_OK;
    case 0x01:
        if (c->channel->adf == DMSCI_SIM_NO_FILE)
            return SW_REFERENCE;
        aid = dmsci_sim_fs_slice(&sim->fs, sim->fs.info[c->channel->adf].aid);
        sim->scratch[0] = 0x84;
        sim->scratch[1] = (uint8_t)aid.n;
        dmsci_copy(sim->scratch + 2, aid.p, aid.n);
        sim->reply = dmsc_bytes(sim->scratch, aid.n + 2);
        return SW_OK;
    case 0x0C:
        return SW_OK;
    default:
        return SW_P1P2;
    }
}
