/* SPDX-License-Identifier: Apache-2.0 */
/* The life of files: ACTIVATE and DEACTIVATE FILE (TS 102 221 clauses 11.1.14 and 11.1.15),
 * TERMINATE EF, DF and CARD USAGE (TS 102 222 clauses 6.7 to 6.9). */
#include "simulator/uicc/card.h"

#define TERMINATED 0x0Cu

static void set_state(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned file,
                      uint8_t state)
{
    unsigned bad;

    if (!dmsci_sim_nvm_allows(sim, 1))
        return;
    sim->fs.files[file].life_cycle = state;
    /* One byte of the FCP: its size stays, so this cannot fail. */
    (void)!dmsci_sim_fs_fcp_build(&sim->fs, &bad);
    /* The EF becomes the current one; a DF does not. */
    if (!dmsci_sim_file_is_df(&sim->fs.files[file]))
        dmsci_sim_set_current(sim, c->channel, file);
}

/* By file identifier, by path, or the current file when there are no data. */
static uint16_t find(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned *ret_file)
{
    uint16_t sw;

    if (c->p2 != 0 || (c->p1 != 0x00 && c->p1 != 0x08 && c->p1 != 0x09))
        return SW_P1P2;
    if (c->p1 == 0x00 && c->data.n == 0) {
        *ret_file = c->channel->ef != DMSCI_SIM_NO_FILE ? c->channel->ef : c->channel->df;
        return *ret_file == 0 ? SW_NO_EF : SW_OK;
    }
    sw = dmsci_sim_find(sim, c, ret_file);
    if (sw != SW_OK)
        return sw;
    return *ret_file == DMSCI_SIM_NO_FILE ? SW_NO_FILE : SW_OK;
}

uint16_t dmsci_sim_activate_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file = 0;
    uint16_t sw = find(sim, c, &file);

    if (sw == SW_OK)
        sw = dmsci_sim_may(sim, file, DMSCI_ARR_ACTIVATE, c);
    if (sw == SW_OK)
        set_state(sim, c, file, 0x05);
    return sw;
}

uint16_t dmsci_sim_deactivate_file(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned file = 0;
    uint16_t sw = find(sim, c, &file);

    if (sw == SW_OK && file == 0)
        sw = SW_CONDITIONS; /* nothing could activate it again */
    if (sw == SW_OK)
        sw = dmsci_sim_may(sim, file, DMSCI_ARR_DEACTIVATE, c);
    if (sw == SW_OK)
        set_state(sim, c, file, 0x04);
    return sw;
}

static uint16_t terminate(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, bool df)
{
    unsigned file;
    uint16_t fid, sw;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n != 2)
        return SW_LENGTH;
    fid = (uint16_t)(c->data.p[0] << 8 | c->data.p[1]);
    file = fid == 0x7FFF ? c->channel->adf : dmsci_sim_fs_by_fid(&sim->fs, c->channel->df, fid);
    if (file == DMSCI_SIM_NO_FILE)
        return SW_NO_FILE;
    if (dmsci_sim_file_is_df(&sim->fs.files[file]) != df)
        return SW_STRUCTURE;
    if (file == 0)
        return SW_CONDITIONS; /* that is TERMINATE CARD USAGE */
    sw = dmsci_sim_may(sim, file, DMSCI_ARR_TERMINATE, c);
    if (sw == SW_OK)
        set_state(sim, c, file, TERMINATED);
    return sw;
}

uint16_t dmsci_sim_terminate_df(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    return terminate(sim, c, true);
}

uint16_t dmsci_sim_terminate_ef(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    return terminate(sim, c, false);
}

/* 6.9: irreversible. From now on the MF can be selected, and nothing else. */
uint16_t dmsci_sim_terminate_card(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    uint16_t sw;

    if (c->p1 != 0 || c->p2 != 0)
        return SW_P1P2;
    if (c->data.n != 0)
        return SW_LENGTH;
    sw = dmsci_sim_may(sim, 0, DMSCI_ARR_TERMINATE, c);
    if (sw == SW_OK)
        set_state(sim, c, 0, TERMINATED);
    return sw;
}
