/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only. */
#ifndef DMSCI_UICC_PRIVATE_H
#define DMSCI_UICC_PRIVATE_H

#include "apdu/base/ctx.h"
#include <dmsc/uicc.h>

struct dmsc_uicc {
    struct dmsc_ctx *ctx;
    struct dmsc_link *link;
    unsigned channel;
    uint16_t waiting; /* bytes of the proactive command the card announced, 0 none */
};

/** The error an SW stands for, with its story: @p what was refused. */
enum dmsc_err dmsci_uicc_refused(struct dmsc_uicc *uicc, uint16_t sw, const char *what);

#endif
