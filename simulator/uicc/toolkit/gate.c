/* SPDX-License-Identifier: Apache-2.0 */
/* Which bit of TERMINAL PROFILE says that a command is served: TS 102 223 clause 5.2. */
#include "simulator/uicc/card.h"

#define ANY 0xFFu

/* By type, and where the bits differ by qualifier; the first row that fits counts. A type without a
 * row is sent to every terminal: a card may ask for what nobody knows. */
static const struct {
    uint8_t type, qualifier, byte, bit; /* byte and bit counted from 1 */
} gates[] = {
    { 0x01, 0x07, 30, 4 },                      /* REFRESH: steering of roaming */
    { 0x01, 0x08, 30, 8 },                      /* and of I-WLAN */
    { 0x01, 0x09, 34, 6 },                      /* eUICC profile state change */
    { 0x01, 0x0A, 35, 4 },                      /* application update */
    { 0x01, ANY, 3, 8 },   { 0x02, ANY, 3, 4 }, /* MORE TIME */
    { 0x03, ANY, 3, 6 },                        /* POLL INTERVAL */
    { 0x04, ANY, 3, 7 },                        /* POLLING OFF */
    { 0x05, ANY, 5, 1 },                        /* SET UP EVENT LIST */
    { 0x10, ANY, 4, 5 },                        /* SET UP CALL */
    { 0x11, ANY, 4, 3 },                        /* SEND SS */
    { 0x12, ANY, 4, 4 },                        /* SEND USSD */
    { 0x13, ANY, 4, 2 },                        /* SEND SHORT MESSAGE */
    { 0x14, ANY, 9, 2 },                        /* SEND DTMF */
    { 0x15, ANY, 9, 7 },                        /* LAUNCH BROWSER */
    { 0x16, ANY, 30, 6 },                       /* GEOGRAPHICAL LOCATION REQUEST */
    { 0x20, ANY, 3, 5 },                        /* PLAY TONE */
    { 0x21, ANY, 3, 1 },                        /* DISPLAY TEXT */
    { 0x22, ANY, 3, 2 },                        /* GET INKEY */
    { 0x23, ANY, 3, 3 },                        /* GET INPUT */
    { 0x24, ANY, 4, 1 },                        /* SELECT ITEM */
    { 0x25, ANY, 4, 6 },                        /* SET UP MENU */
    { 0x26, 0x02, 4, 8 },  /* PROVIDE LOCAL INFORMATION: network measurement results */
    { 0x26, 0x03, 8, 3 },  /* date, time and time zone */
    { 0x26, 0x04, 9, 4 },  /* language */
    { 0x26, 0x05, 9, 5 },  /* timing advance */
    { 0x26, 0x06, 9, 8 },  /* access technology */
    { 0x26, 0x07, 18, 5 }, /* ESN */
    { 0x26, 0x08, 18, 7 }, /* IMEISV */
    { 0x26, 0x09, 18, 8 }, /* search mode */
    { 0x26, 0x0A, 22, 2 }, /* battery state */
    { 0x26, 0x0B, 23, 6 }, /* MEID */
    { 0x26, 0x0D, 30, 7 }, /* broadcast network information */
    { 0x26, ANY, 4, 7 },   /* location, IMEI */
    { 0x27, 0x02, 8, 2 },  /* TIMER MANAGEMENT: current value */
    { 0x27, ANY, 8, 1 },   { 0x28, ANY, 8, 5 }, /* SET UP IDLE MODE TEXT */
    { 0x30, ANY, 7, 3 },                        /* PERFORM CARD APDU */
    { 0x31, ANY, 7, 1 },                        /* POWER ON CARD */
    { 0x32, ANY, 7, 2 },                        /* POWER OFF CARD */
    { 0x33, 0x01, 7, 5 },                       /* GET READER STATUS: identifier */
    { 0x33, ANY, 7, 4 },   { 0x34, ANY, 8, 6 }, /* RUN AT COMMAND */
    { 0x35, ANY, 9, 6 },                        /* LANGUAGE NOTIFICATION */
    { 0x40, ANY, 12, 1 },                       /* OPEN CHANNEL */
    { 0x41, ANY, 12, 2 },                       /* CLOSE CHANNEL */
    { 0x42, ANY, 12, 3 },                       /* RECEIVE DATA */
    { 0x43, ANY, 12, 4 },                       /* SEND DATA */
    { 0x44, ANY, 12, 5 },                       /* GET CHANNEL STATUS */
    { 0x45, ANY, 12, 6 },                       /* SERVICE SEARCH */
    { 0x46, ANY, 12, 7 },                       /* GET SERVICE INFORMATION */
    { 0x47, ANY, 12, 8 },                       /* DECLARE SERVICE */
    { 0x50, ANY, 23, 1 },                       /* SET FRAMES */
    { 0x51, ANY, 23, 2 },                       /* GET FRAMES STATUS */
    { 0x60, ANY, 22, 6 },                       /* RETRIEVE MULTIMEDIA MESSAGE */
    { 0x61, ANY, 22, 7 },                       /* SUBMIT MULTIMEDIA MESSAGE */
    { 0x62, ANY, 22, 8 },                       /* DISPLAY MULTIMEDIA MESSAGE */
    { 0x70, ANY, 30, 5 },                       /* ACTIVATE */
    { 0x71, ANY, 31, 1 },                       /* CONTACTLESS STATE CHANGED */
    { 0x72, ANY, 31, 8 },                       /* COMMAND CONTAINER */
    { 0x73, ANY, 31, 8 },                       /* ENCAPSULATED SESSION CONTROL */
    { 0x79, 0x01, 35, 6 },                      /* LSI COMMAND: UICC platform reset */
    { 0x79, ANY, 35, 5 },
};

bool dmsci_sim_cat_serves(const struct dmsci_sim_cat *cat, uint8_t type, uint8_t qualifier)
{
    for (unsigned i = 0; i < DMSCI_ARRAY_LEN(gates); i++) {
        if (gates[i].type == type && (gates[i].qualifier == ANY || gates[i].qualifier == qualifier))
            return cat->profile_n >= gates[i].byte &&
                   (cat->profile[gates[i].byte - 1] >> (gates[i].bit - 1) & 1) != 0;
    }
    return true;
}
