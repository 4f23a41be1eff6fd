/* SPDX-License-Identifier: Apache-2.0 */
/* TERMINAL PROFILE (TS 102 223 clause 5.2) and the allow-list are one table. */
#include "host/uicc/cat/private.h"

#define NO_TYPE  0x00 /* a bit that no command stands for */
#define NO_EVENT 0xFF
#define ANY      0xFF

/* A bit, and what it promises. Byte and bit are counted from 1. */
static const struct promise {
    uint8_t byte, bit;
    uint8_t need;            /* enum need */
    uint8_t type, qualifier; /* of a command */
    uint8_t event;           /* of EVENT DOWNLOAD */
} promises[] = {
    { 1, 1, ALWAYS, NO_TYPE, ANY, NO_EVENT }, /* profile download */
    { 1, 6, ALWAYS, NO_TYPE, ANY, NO_EVENT }, /* timer expiration */
    { 2, 1, ALWAYS, NO_TYPE, ANY, NO_EVENT }, /* command result */
    { 3, 4, ALWAYS, TYPE_MORE_TIME, ANY, NO_EVENT },
    { 3, 6, ALWAYS, TYPE_POLL_INTERVAL, ANY, NO_EVENT },
    { 3, 7, ALWAYS, TYPE_POLLING_OFF, ANY, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x00, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x01, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x02, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x03, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x04, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x05, NO_EVENT },
    { 3, 8, ALWAYS, TYPE_REFRESH, 0x06, NO_EVENT },
    { 4, 7, NEEDS_IMEI, TYPE_LOCAL_INFO, 0x00, NO_EVENT }, /* location and IMEI are one bit */
    { 4, 7, NEEDS_IMEI, TYPE_LOCAL_INFO, 0x01, NO_EVENT },
    { 5, 1, ALWAYS, TYPE_EVENT_LIST, ANY, NO_EVENT },
    { 5, 2, NEEDS_EVENT, NO_TYPE, ANY, 0x00 },
    { 5, 3, NEEDS_EVENT, NO_TYPE, ANY, 0x01 },
    { 5, 4, NEEDS_EVENT, NO_TYPE, ANY, 0x02 },
    { 5, 5, NEEDS_EVENT, NO_TYPE, ANY, 0x03 },
    { 5, 6, NEEDS_EVENT, NO_TYPE, ANY, 0x04 },
    { 5, 7, NEEDS_EVENT, NO_TYPE, ANY, 0x05 },
    { 5, 8, NEEDS_EVENT, NO_TYPE, ANY, 0x06 },
    { 6, 1, NEEDS_EVENT, NO_TYPE, ANY, 0x07 },
    { 6, 2, NEEDS_EVENT, NO_TYPE, ANY, 0x08 },
    { 6, 3, NEEDS_BIP, NO_TYPE, ANY, EVENT_DATA_AVAILABLE },
    { 6, 4, NEEDS_BIP, NO_TYPE, ANY, EVENT_CHANNEL_STATUS },
    { 6, 5, NEEDS_EVENT, NO_TYPE, ANY, 0x0B },
    { 6, 6, NEEDS_EVENT, NO_TYPE, ANY, 0x0C },
    { 6, 7, NEEDS_EVENT, NO_TYPE, ANY, 0x0D },
    { 6, 8, NEEDS_EVENT, NO_TYPE, ANY, 0x0E },
    { 8, 1, ALWAYS, TYPE_TIMER, 0x00, NO_EVENT },
    { 8, 1, ALWAYS, TYPE_TIMER, 0x01, NO_EVENT },
    { 8, 2, ALWAYS, TYPE_TIMER, 0x02, NO_EVENT },
    { 8, 3, ALWAYS, TYPE_LOCAL_INFO, 0x03, NO_EVENT },
    { 9, 4, ALWAYS, TYPE_LOCAL_INFO, 0x04, NO_EVENT },
    { 12, 1, NEEDS_BIP, TYPE_OPEN_CHANNEL, ANY, NO_EVENT },
    { 12, 2, NEEDS_BIP, TYPE_CLOSE_CHANNEL, ANY, NO_EVENT },
    { 12, 3, NEEDS_BIP, TYPE_RECEIVE_DATA, ANY, NO_EVENT },
    { 12, 4, NEEDS_BIP, TYPE_SEND_DATA, ANY, NO_EVENT },
    { 12, 5, NEEDS_BIP, TYPE_CHANNEL_STATUS, ANY, NO_EVENT },
    { 13, 2, NEEDS_BIP, NO_TYPE, ANY, NO_EVENT }, /* packet data service as bearer */
    { 13, 6, NEEDS_BIP, NO_TYPE, ANY, NO_EVENT }, /* seven channels: 111 */
    { 13, 7, NEEDS_BIP, NO_TYPE, ANY, NO_EVENT },
    { 13, 8, NEEDS_BIP, NO_TYPE, ANY, NO_EVENT },
    { 17, 1, NEEDS_TCP, NO_TYPE, ANY, NO_EVENT },       /* client over TCP */
    { 17, 2, NEEDS_UDP, NO_TYPE, ANY, NO_EVENT },       /* client over UDP */
    { 17, 3, NEEDS_SERVER, NO_TYPE, ANY, NO_EVENT },    /* server over TCP */
    { 17, 4, NEEDS_LOCAL_TCP, NO_TYPE, ANY, NO_EVENT }, /* client of a service on this device */
    { 17, 5, NEEDS_LOCAL_UDP, NO_TYPE, ANY, NO_EVENT },
    { 33, 1, NEEDS_DNS, NO_TYPE, ANY, NO_EVENT },    /* DNS server address request */
    { 34, 6, ALWAYS, TYPE_REFRESH, 0x09, NO_EVENT }, /* eUICC profile state change */
    { 35, 4, ALWAYS, TYPE_REFRESH, 0x0A, NO_EVENT }, /* application update */
};

static bool kept(const struct dmsci_cat *cat, const struct promise *p)
{
    if (p->need == NEEDS_EVENT)
        return (cat->caller_events >> p->event & 1) != 0;
    return dmsci_cat_has(cat, (enum need)p->need);
}

void dmsci_cat_profile_make(struct dmsci_cat *cat)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(promises); i++) {
        const struct promise *p = &promises[i];

        if (!kept(cat, p))
            continue;
        cat->profile[p->byte - 1] |= (uint8_t)(1u << (p->bit - 1));
        if (cat->profile_bytes < p->byte)
            cat->profile_bytes = p->byte;
    }
}

bool dmsci_cat_serves(const struct dmsci_cat *cat, uint8_t type, uint8_t qualifier)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(promises); i++) {
        const struct promise *p = &promises[i];

        if (p->type == type && type != NO_TYPE &&
            (p->qualifier == ANY || p->qualifier == qualifier) && kept(cat, p))
            return true;
    }
    return false;
}

bool dmsci_cat_serves_event(const struct dmsci_cat *cat, uint8_t event)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(promises); i++) {
        if (promises[i].event == event && event != NO_EVENT && kept(cat, &promises[i]))
            return true;
    }
    return false;
}
