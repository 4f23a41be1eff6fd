/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpcsclite as the test wants it: its functions, over readers and a card of the test's own, in
 * the place of the library's. One service for the whole program, as the real one.
 */
#ifndef TESTS_UNIT_LINK_FAKE_PCSC_H
#define TESTS_UNIT_LINK_FAKE_PCSC_H

#include <dmsc/bytes.h>
#include <winscard.h>

enum fake_call {
    FAKE_ESTABLISH,
    FAKE_LIST,
    FAKE_STATUS_CHANGE,
    FAKE_CONNECT,
    FAKE_RECONNECT,
    FAKE_STATUS,
    FAKE_BEGIN,
    FAKE_TRANSMIT,
    FAKE_CALLS
};

struct fake_pcsc {
    const char *readers[17]; /* NULL behind the last one */
    unsigned long cards;     /* bit n: reader n has one */
    unsigned changes[17];    /* of each reader's card, as the service counts them */
    DWORD protocol;          /* what Connect brings about */
    LONG fails[FAKE_CALLS];  /* not SCARD_S_SUCCESS: the answer of that call */
    struct dmsc_bytes rapdu; /* not empty: the answer to every command */

    unsigned busy; /* commands outside a transaction that are refused: somebody has one */

    unsigned begun;                               /* transactions, ever */
    DWORD share;                                  /* of the connection */
    unsigned contexts, connections, transactions; /* open now */
    unsigned connects, reconnects, disconnects;
    DWORD last_reconnect, last_disconnect; /* what was to be done to the card */
    char connected_to[128];
    const SCARD_IO_REQUEST *last_pci;
    uint8_t last_capdu[300];
    size_t last_capdu_bytes;
};

extern struct fake_pcsc fake_pcsc;

/** Two readers, the second one with a card that speaks T=0; no failures; all counts zero. */
void fake_pcsc_reset(void);

#endif
