/* SPDX-License-Identifier: Apache-2.0 */
/* Logical channels: TS 102 221 clauses 8.7 and 11.1.17. */
#include "simulator/uicc/card.h"

static const struct dmsci_sim_channel fresh = { true, 0, 0, DMSCI_SIM_NO_FILE, DMSCI_SIM_NO_FILE,
                                                { 0 } };

void dmsci_sim_channels_reset(struct dmsc_sim *sim)
{
    for (unsigned i = 0; i < DMSCI_SIM_CHANNELS_MAX; i++)
        sim->channels[i] = (struct dmsci_sim_channel){ 0 };
    /* 8.4: after a reset the MF is selected on the basic channel. */
    sim->channels[0] = fresh;
}

static void open_channel(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c, unsigned no)
{
    struct dmsci_sim_channel *channel = &sim->channels[no];

    /* 11.1.17.1: opened from the basic channel it begins at the MF, else where the other one is. */
    *channel = fresh;
    if (c->channel_no != 0 && !sim->fs.info[c->channel->df].not_shareable) {
        channel->df = c->channel->df;
        channel->adf = c->channel->adf;
    }
}

static uint16_t assign(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    unsigned no = 1;

    while (no < sim->n_channels && sim->channels[no].open)
        no++;
    if (no >= sim->n_channels)
        return SW_FUNCTION;
    if (c->le == 0)
        return SW_LENGTH; /* nowhere to put the number */
    if (!dmsci_sim_le_fits(sim, c, 1))
        return dmsci_sim_wrong_le(1);
    open_channel(sim, c, no);
    sim->scratch[0] = (uint8_t)no;
    sim->reply = dmsc_bytes(sim->scratch, 1);
    return SW_OK;
}

uint16_t dmsci_sim_manage_channel(struct dmsc_sim *sim, const struct dmsci_sim_apdu *c)
{
    if ((c->p1 != 0x00 && c->p1 != 0x80) || c->p2 >= DMSCI_SIM_CHANNELS_MAX)
        return SW_P1P2;
    if (c->data.n > 0)
        return SW_LENGTH;
    if (c->p1 == 0x00 && c->p2 == 0)
        return assign(sim, c);
    if (c->p2 == 0)
        return SW_P1P2; /* the basic channel cannot be closed */
    if (c->p2 >= sim->n_channels)
        return SW_CHANNEL;
    if (c->p1 == 0x00) {
        if (sim->channels[c->p2].open)
            return SW_FUNCTION;
        open_channel(sim, c, c->p2);
        return SW_OK;
    }
    if (!sim->channels[c->p2].open)
        return SW_CHANNEL;
    sim->channels[c->p2] = (struct dmsci_sim_channel){ 0 };
    dmsci_sim_sessions_changed(sim);
    return SW_OK;
}
