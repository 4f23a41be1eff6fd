/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DMSCI_CAPDU_H
#define DMSCI_CAPDU_H

#include "apdu/base/ctx.h"
#include <dmsc/apdu.h>

/**
 * dmsc_capdu_encode() to the front of a block: here, because each exchange begins with it. Le 256
 * is written 00. T=0: case 4 goes without Le, case 1 with P3 = 00 (TS 102 221 7.3.1.1.1, .4).
 * @return its length, 0: no command has that
 */
static inline size_t dmsci_capdu_block(const struct dmsc_capdu *capdu, enum dmsc_protocol protocol,
                                       uint8_t ret_block[DMSC_CAPDU_MAX])
{
    size_t data = capdu->data.n, n = 4;

    if (data > 255 || capdu->le > 256)
        return 0;
    ret_block[0] = capdu->cla;
    ret_block[1] = capdu->ins;
    ret_block[2] = capdu->p1;
    ret_block[3] = capdu->p2;
    if (data > 0) {
        ret_block[4] = (uint8_t)data;
        dmsci_copy(ret_block + 5, capdu->data.p, data);
        n = 5 + data;
    }
    if (protocol == DMSC_T1 ? capdu->le > 0 : data == 0)
        ret_block[n++] = (uint8_t)capdu->le;
    return n;
}

#endif
