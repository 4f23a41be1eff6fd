/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer really speaks, from the bytes it sends before encryption begins. TLS libraries name
 * only the versions they know; a refusal must name the others too. A pure push parser: it decides
 * nothing and changes nothing.
 */
#ifndef DMSCI_TLS_WATCH_H
#define DMSCI_TLS_WATCH_H

#include <dmsc/bytes.h>

/* A ServerHello with all extensions anybody sends; a longer one keeps its legacy version. */
#define DMSCI_TLS_WATCH_HELLO 512

enum dmsci_tls_kind {
    DMSCI_TLS_SILENT, /* nothing came, or too little to tell */
    DMSCI_TLS_RECORDS,
    DMSCI_TLS_SSL2,
    DMSCI_TLS_HTTP, /* a plain HTTP answer */
    DMSCI_TLS_OTHER
};

struct dmsci_tls_watch {
    enum dmsci_tls_kind kind;
    uint16_t version;         /* 0x0303: of the ServerHello; before it of the first record */
    bool hello;               /* a whole ServerHello was seen */
    bool certificate_request; /* seen; only visible before TLS 1.3 */
    bool encrypted;           /* nothing more can be seen */
    bool alert;
    uint8_t alert_code; /* of the first fatal alert in clear */

    /* the parser's own */
    uint8_t head[5];
    size_t head_n;
    size_t record_left;
    uint8_t message[4];
    size_t message_n;
    size_t message_left;
    uint8_t body[DMSCI_TLS_WATCH_HELLO];
    size_t body_n;
    uint8_t alert_level;
    size_t alert_n; /* bytes of the alert record so far */
};

void dmsci_tls_watch_init(struct dmsci_tls_watch *watch);
void dmsci_tls_watch_feed(struct dmsci_tls_watch *watch, struct dmsc_bytes in);
/** "TLS 1.2", "SSL 3.0", "SSL 2.0", "plain HTTP", "not TLS", "no answer". Never NULL. */
const char *dmsci_tls_watch_name(const struct dmsci_tls_watch *watch);

#endif
