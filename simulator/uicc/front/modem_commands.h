/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of the modem share. */
#ifndef DMSCI_SIM_MODEM_COMMANDS_H
#define DMSCI_SIM_MODEM_COMMANDS_H

#include "simulator/uicc/front/modem.h"
#include <stdbool.h>

#define DMSCI_MODEM_CHANNELS 20

/* TS 27.007 9.2: why a command got ERROR. */
enum dmsci_cme {
    DMSCI_CME_NONE = -1,
    DMSCI_CME_NOT_ALLOWED = 3,
    DMSCI_CME_NOT_SUPPORTED = 4,
    DMSCI_CME_PIN_REQUIRED = 11,
    DMSCI_CME_SIM_FAILURE = 13,
    DMSCI_CME_WRONG_PASSWORD = 16,
    DMSCI_CME_MEMORY_FULL = 20,
    DMSCI_CME_INVALID_INDEX = 21,
    DMSCI_CME_NOT_FOUND = 22,
    DMSCI_CME_PARAMETERS = 50
};

struct dmsci_modem {
    struct dmsc_ctx *ctx;
    struct dmsc_sim *sim;
    void (*trace)(void *user, const char *power, struct dmsc_bytes capdu, struct dmsc_bytes rapdu);
    void *user;
    bool echo;
    int cmee;                               /* 0 ERROR, 1 numbers, 2 text */
    uint32_t handles[DMSCI_MODEM_CHANNELS]; /* session id of each channel, 0: none */
    uint32_t next_handle;
    struct dmsc_buf *out;    /* of the command at hand */
    struct dmsc_buf scratch; /* bytes of its hex parameters */
    uint8_t rapdu[DMSC_RAPDU_MAX];
    size_t n;
};

/* @return DMSCI_CME_NONE, or why there is no answer, which is in m->rapdu */
enum dmsci_cme dmsci_modem_transmit(struct dmsci_modem *m, struct dmsc_bytes capdu);
/* With all that T=0 wants: Le away from a case 4, GET RESPONSE, the right Le. For the modem's own
 * commands; what comes with +CSIM and +CGLA goes as it is. */
enum dmsci_cme dmsci_modem_exchange(struct dmsci_modem *m, const uint8_t *apdu, size_t n);
/* Of the last answer. */
uint16_t dmsci_modem_sw(const struct dmsci_modem *m);
DMSC_NODISCARD enum dmsc_err dmsci_modem_say_hex(struct dmsci_modem *m, struct dmsc_bytes bytes);

/* Each is given what stands behind its "=". */
/* modem_apdu.c */
enum dmsci_cme dmsci_modem_csim(struct dmsci_modem *m, const char *text);
enum dmsci_cme dmsci_modem_ccho(struct dmsci_modem *m, const char *text);
enum dmsci_cme dmsci_modem_cchc(struct dmsci_modem *m, const char *text);
enum dmsci_cme dmsci_modem_cgla(struct dmsci_modem *m, const char *text);
/* modem_card.c */
enum dmsci_cme dmsci_modem_crsm(struct dmsci_modem *m, const char *text);
enum dmsci_cme dmsci_modem_cpin(struct dmsci_modem *m, const char *text);
enum dmsci_cme dmsci_modem_ask_cpin(struct dmsci_modem *m);
enum dmsci_cme dmsci_modem_cimi(struct dmsci_modem *m, const char *text);

#endif
