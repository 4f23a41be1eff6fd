/* SPDX-License-Identifier: Apache-2.0 */
/* A modem that is asked and answers. Shared by the files of this folder only. */
#ifndef DMSCI_LINK_AT_MODEM_H
#define DMSCI_LINK_AT_MODEM_H

#include "apdu/link/at/answer.h"
#include "apdu/link/at/port.h"
#include "apdu/link/lines.h"

enum dmsci_at_mode {
    DMSCI_AT_AUTO,
    DMSCI_AT_CSIM, /* the card as it is, channels and all */
    DMSCI_AT_CGLA, /* channels by AID; for channel 0 what +CRSM can */
    DMSCI_AT_CRSM  /* files alone */
};

/* Where a file is, as +CRSM wants it: its identifier and the path of its DF from the MF. */
#define DMSCI_AT_DEPTH 8

struct dmsci_at_files {
    uint16_t path[DMSCI_AT_DEPTH]; /* DFs from the MF, which is not in it */
    unsigned depth;
    uint16_t file; /* the EF that is selected, 0: none */
};

struct dmsci_at {
    struct dmsc_ctx *ctx;
    char *argument; /* cut at its commas */
    struct dmsci_at_port port;
    struct dmsci_lines lines;
    struct dmsc_buf info; /* what the command asked last brought; empty where it was OK alone */
    enum dmsci_at_mode mode;
    int timeout_ms; /* for what goes to the card */
    bool le;        /* case 4 goes with Le, as in T=1 */
    bool dirty;     /* an answer may still come that nobody waits for */
    bool powered;
    struct dmsci_at_error error; /* of the command asked last */
    struct dmsci_at_files files;
};

#define DMSCI_AT_SHORT_MS 2000 /* for what the modem answers by itself */

/**
 * One command and its answer, whose last line of information is in at->info after it.
 *
 * @param command without its line end
 * @param prefix  of the information that is wanted, "+CSIM"; NULL: none
 * @param what    for the story
 * @return DMSC_E_TIMEOUT, DMSC_E_REMOVED (also: the line is gone), DMSC_E_LINK, with the story;
 *         at->error says how the modem refused
 */
DMSC_NODISCARD enum dmsc_err dmsci_at_ask(struct dmsci_at *at, const char *command,
                                          const char *prefix, const char *what, int timeout_ms);
/** The answer was none: tell it. */
enum dmsc_err dmsci_at_odd(struct dmsci_at *at, const char *what);

/** Say hello until it answers; find the mode, unless it is given. */
DMSC_NODISCARD enum dmsc_err dmsci_at_greet(struct dmsci_at *at);
/** Is there a card, and how does it want its commands? */
DMSC_NODISCARD enum dmsc_err dmsci_at_card(struct dmsci_at *at);

/** crsm.c: a command APDU by way of +CRSM; SW 6D00 for what that cannot do. */
DMSC_NODISCARD enum dmsc_err dmsci_at_crsm(struct dmsci_at *at, struct dmsc_bytes capdu,
                                           int timeout_ms, struct dmsc_buf *ret_rapdu);

#endif
