/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_UICC_PRIVATE_H
#define DMSCI_UICC_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/uicc.h>

struct dmsci_cat;
struct dmsci_cat_sockets;

struct dmsc_uicc {
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    unsigned channel;
    uint16_t waiting;                /* bytes of the proactive command the card announced, 0 none */
    size_t read_block, update_block; /* 0: as many as an APDU carries */
    struct dmsci_cat *cat;             /* the toolkit, once it was needed */
    struct dmsci_cat_sockets *sockets; /* of its channels, likewise */
};

/** The error an SW stands for, with its story: @p what was refused. */
enum dmsc_err dmsci_uicc_refused(struct dmsc_uicc *uicc, uint16_t sw, const char *what);
/** As dmsci_uicc_refused(), with what the status word means here. */
enum dmsc_err dmsci_uicc_refused_as(struct dmsc_uicc *uicc, uint16_t sw, const char *what,
                                    const char *text);
/** As dmsc_uicc_command() without an answer; 63Cx means done, after x tries inside (10.2.1.3). */
enum dmsc_err dmsci_uicc_update(struct dmsc_uicc *uicc, const struct dmsc_capdu *capdu,
                                const char *what);
/** A PIN command was refused: tries that are left, or blocked. @p verb as in "verify". */
enum dmsc_err dmsci_uicc_pin_refused(struct dmsc_uicc *uicc, const char *verb, uint8_t key_ref,
                                     uint16_t sw, bool by_puk);
/** Write a PIN of 4 to 8 bytes, padded with FF to 8 (9.5.1). */
enum dmsc_err dmsci_uicc_put_pin(struct dmsc_uicc *uicc, const char *verb, struct dmsc_bytes pin,
                                 struct dmsc_wr *w);

/** Cold power-on; the toolkit's own account of it is the caller's. */
enum dmsc_err dmsci_uicc_power(struct dmsc_uicc *uicc);
/** The card session is over: channels of the toolkit are closed, its timers stopped. */
void dmsci_uicc_cat_forget(struct dmsc_uicc *uicc);
void dmsci_uicc_cat_free(struct dmsc_uicc *uicc);

#endif
