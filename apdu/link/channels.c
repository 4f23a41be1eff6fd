/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical channels where the card's other side hands them out by AID and names them with handles of
 * its own: modems (TS 27.007 +CCHO, QMI, MBIM). What the layers above send as MANAGE CHANNEL and as
 * channel bits in CLA (TS 102 221 11.1.17, 10.1.1) is carried out with channel_open, channel_close
 * and channel_transmit, so that they need not know.
 */
#include "apdu/link/private.h"
#include <dmsc/secret.h>

#define INS_MANAGE_CHANNEL 0x70
#define INS_SELECT         0xA4

static enum dmsc_err say(struct dmsc_buf *ret_rapdu, uint16_t sw)
{
    uint8_t bytes[2] = { (uint8_t)(sw >> 8), (uint8_t)sw };

    return dmsc_buf_set(ret_rapdu, dmsc_bytes(bytes, 2));
}

/* Table 10.3 to 10.4a: 0X and 8X have channel 0 to 3 in two bits, 4X and CX 4 to 19 in four. 2G
 * commands (A0) know no channels. */
static unsigned channel_of(uint8_t cla)
{
    if (cla == 0xA0)
        return 0;
    return (cla & 0x40) != 0 ? 4 + (cla & 0x0Fu) : cla & 0x03u;
}

static void give_back(struct dmsci_link_channels *channels, const struct dmsci_link_below *below,
                      unsigned i)
{
    if (channels->at[i].open &&
        below->ops->channel_close(below->impl, channels->at[i].handle) != DMSC_OK)
        dmsci_log(below->ctx, DMSC_LOG_WARN, "link", "a channel of the modem stays open");
    channels->at[i].open = false;
}

void dmsci_link_channels_close(struct dmsci_link_channels *channels,
                               const struct dmsci_link_below *below)
{
    for (unsigned i = 0; i < DMSCI_LINK_CHANNELS; i++) {
        give_back(channels, below, i);
        channels->at[i].given = false;
    }
}

/* 11.1.17. A number is given at once; what the other side opens needs an AID, and waits for it. */
static enum dmsc_err manage(struct dmsci_link_channels *channels,
                            const struct dmsci_link_below *below, struct dmsc_bytes capdu,
                            struct dmsc_buf *ret_rapdu)
{
    uint8_t p1 = capdu.p[2], p2 = capdu.p[3];
    unsigned i = 0;

    if (p1 == 0x80) {
        if (p2 < 1 || p2 > DMSCI_LINK_CHANNELS || !channels->at[p2 - 1].given)
            return say(ret_rapdu, 0x6881);
        give_back(channels, below, p2 - 1u);
        channels->at[p2 - 1].given = false;
        return say(ret_rapdu, 0x9000);
    }
    if (p1 != 0x00 || p2 > DMSCI_LINK_CHANNELS)
        return say(ret_rapdu, 0x6A86);
    if (p2 != 0)
        i = p2 - 1u;
    else
        while (i < DMSCI_LINK_CHANNELS && channels->at[i].given)
            i++;
    if (i == DMSCI_LINK_CHANNELS || channels->at[i].given)
        return say(ret_rapdu, 0x6A81);
    channels->at[i].given = true;
    if (p2 != 0)
        return say(ret_rapdu, 0x9000);
    {
        uint8_t answer[3] = { (uint8_t)(i + 1), 0x90, 0x00 };

        return dmsc_buf_set(ret_rapdu, dmsc_bytes(answer, 3));
    }
}

static enum dmsc_err pass(struct dmsci_link_channels *channels,
                          const struct dmsci_link_below *below, unsigned i, struct dmsc_bytes capdu,
                          struct dmsc_buf *ret_rapdu)
{
    uint8_t block[DMSC_CAPDU_MAX];
    enum dmsc_err err;

    dmsci_copy(block, capdu.p, capdu.n);
    block[0] = (uint8_t)(block[0] & 0xBC); /* the handle says the channel */
    err = below->ops->channel_transmit(below->impl, channels->at[i].handle,
                                       dmsc_bytes(block, capdu.n), below->timeout_ms, ret_rapdu);
    dmsc_wipe(block, capdu.n);
    return err;
}

/* SELECT by AID is what opens. With another application on the same channel the old one goes first:
 * a modem may have no more than one for us. */
static enum dmsc_err open_by_aid(struct dmsci_link_channels *channels,
                                 const struct dmsci_link_below *below, unsigned i,
                                 struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    struct dmsc_bytes aid = { capdu.p + 5, capdu.p[4] };
    enum dmsc_err err;

    give_back(channels, below, i);
    err = below->ops->channel_open(below->impl, aid, &channels->at[i].handle);
    if (err == DMSC_E_NOTFOUND)
        return say(ret_rapdu, 0x6A82);
    if (err == DMSC_E_LIMIT)
        return say(ret_rapdu, 0x6A81);
    if (err != DMSC_OK)
        return err;
    channels->at[i].open = true;
    /* P2 b4 and b3: no data returned. Else the same SELECT again brings the FCP. */
    return (capdu.p[3] & 0x0C) == 0x0C ? say(ret_rapdu, 0x9000)
                                       : pass(channels, below, i, capdu, ret_rapdu);
}

enum dmsc_err dmsci_link_channels_transmit(struct dmsci_link_channels *channels,
                                           const struct dmsci_link_below *below,
                                           struct dmsc_bytes capdu, struct dmsc_buf *ret_rapdu)
{
    unsigned channel = channel_of(capdu.p[0]);

    if (capdu.p[1] == INS_MANAGE_CHANNEL)
        return manage(channels, below, capdu, ret_rapdu);
    if (channel == 0)
        return below->ops->transmit(below->impl, capdu, below->timeout_ms, ret_rapdu);
    if (channel > DMSCI_LINK_CHANNELS || !channels->at[channel - 1].given)
        return say(ret_rapdu, 0x6881);
    if (capdu.p[1] == INS_SELECT && capdu.p[2] == 0x04 && capdu.n > 5 && capdu.n >= 5u + capdu.p[4])
        return open_by_aid(channels, below, channel - 1, capdu, ret_rapdu);
    /* Before its application is selected there is nothing behind the number. */
    return channels->at[channel - 1].open ? pass(channels, below, channel - 1, capdu, ret_rapdu)
                                          : say(ret_rapdu, 0x6985);
}
