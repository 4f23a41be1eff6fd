/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/base/compiler.h"
#include <dmsc/apdu.h>

/* TS 102 221 10.2.1 and the 2G codes that dual cards still answer. First match counts. */
static const struct {
    uint16_t value, mask;
    enum dmsc_sw_class class;
    const char *text;
} table[] = {
    { 0x9000, 0xFFFF, DMSC_SW_OK, "done" },
    { 0x9100, 0xFF00, DMSC_SW_PROACTIVE, "done, a proactive command waits" },
    { 0x9200, 0xFF00, DMSC_SW_TRANSFER, "done, data transfer goes on" },
    { 0x9300, 0xFFFF, DMSC_SW_BUSY, "the toolkit is busy" },
    { 0x6100, 0xFF00, DMSC_SW_MORE, "response data waits" },
    { 0x9F00, 0xFF00, DMSC_SW_MORE, "response data waits" },
    { 0x6C00, 0xFF00, DMSC_SW_WRONG_LE, "wrong Le" },
    { 0x6281, 0xFFFF, DMSC_SW_WARNING, "part of the data may be corrupted" },
    { 0x6282, 0xFFFF, DMSC_SW_WARNING, "end of file reached, or nothing found" },
    { 0x6283, 0xFFFF, DMSC_SW_WARNING, "the selected file is deactivated" },
    { 0x6285, 0xFFFF, DMSC_SW_WARNING, "the selected file is terminated" },
    { 0x62F1, 0xFFFF, DMSC_SW_WARNING, "more data is available" },
    { 0x62F2, 0xFFFF, DMSC_SW_WARNING, "more data is available, a proactive command waits" },
    { 0x62F3, 0xFFFF, DMSC_SW_WARNING, "response data is available" },
    { 0x6200, 0xFF00, DMSC_SW_WARNING, "warning, memory unchanged" },
    { 0x63F1, 0xFFFF, DMSC_SW_WARNING, "more data is expected" },
    { 0x63F2, 0xFFFF, DMSC_SW_WARNING, "more data is expected, a proactive command waits" },
    { 0x63C0, 0xFFF0, DMSC_SW_RETRIES, "verification failed" },
    { 0x6300, 0xFF00, DMSC_SW_WARNING, "warning, memory changed" },
    { 0x6581, 0xFFFF, DMSC_SW_EXECUTION, "memory problem" },
    { 0x6400, 0xFF00, DMSC_SW_EXECUTION, "execution error, memory unchanged" },
    { 0x6500, 0xFF00, DMSC_SW_EXECUTION, "execution error, memory changed" },
    { 0x6700, 0xFF00, DMSC_SW_ERROR, "wrong length" },
    { 0x6881, 0xFFFF, DMSC_SW_ERROR, "logical channel not supported" },
    { 0x6882, 0xFFFF, DMSC_SW_ERROR, "secure messaging not supported" },
    { 0x6800, 0xFF00, DMSC_SW_ERROR, "function in CLA not supported" },
    { 0x6981, 0xFFFF, DMSC_SW_ERROR, "command does not fit the file structure" },
    { 0x6982, 0xFFFF, DMSC_SW_DENIED, "security status not satisfied" },
    { 0x6983, 0xFFFF, DMSC_SW_BLOCKED, "PIN blocked" },
    { 0x6984, 0xFFFF, DMSC_SW_ERROR, "referenced data invalidated" },
    { 0x6985, 0xFFFF, DMSC_SW_ERROR, "conditions of use not satisfied" },
    { 0x6986, 0xFFFF, DMSC_SW_ERROR, "no EF selected" },
    { 0x6989, 0xFFFF, DMSC_SW_ERROR, "a secure channel is needed" },
    { 0x6900, 0xFF00, DMSC_SW_ERROR, "command not allowed" },
    { 0x6A80, 0xFFFF, DMSC_SW_ERROR, "incorrect parameters in the data field" },
    { 0x6A81, 0xFFFF, DMSC_SW_ERROR, "function not supported" },
    { 0x6A82, 0xFFFF, DMSC_SW_NOTFOUND, "file not found" },
    { 0x6A83, 0xFFFF, DMSC_SW_NOTFOUND, "record not found" },
    { 0x6A84, 0xFFFF, DMSC_SW_ERROR, "not enough memory" },
    { 0x6A86, 0xFFFF, DMSC_SW_ERROR, "incorrect P1 or P2" },
    { 0x6A87, 0xFFFF, DMSC_SW_ERROR, "Lc does not fit P1 and P2" },
    { 0x6A88, 0xFFFF, DMSC_SW_NOTFOUND, "referenced data not found" },
    { 0x6A00, 0xFF00, DMSC_SW_ERROR, "wrong parameters" },
    { 0x6B00, 0xFF00, DMSC_SW_ERROR, "wrong P1 or P2" },
    { 0x6D00, 0xFF00, DMSC_SW_ERROR, "INS not supported" },
    { 0x6E00, 0xFF00, DMSC_SW_ERROR, "CLA not supported" },
    { 0x6F00, 0xFF00, DMSC_SW_ERROR, "technical problem" },
    { 0x9850, 0xFFFF, DMSC_SW_ERROR, "INCREASE cannot be done, maximum reached" },
    { 0x9862, 0xFFFF, DMSC_SW_ERROR, "authentication error, wrong MAC" },
    { 0x9863, 0xFFFF, DMSC_SW_ERROR, "security session expired" },
    { 0x9864, 0xFFFF, DMSC_SW_ERROR, "context not supported" },
    { 0x9865, 0xFFFF, DMSC_SW_ERROR, "key freshness failure" },
    { 0x9866, 0xFFFF, DMSC_SW_ERROR, "authentication error, no memory" },
    { 0x9867, 0xFFFF, DMSC_SW_ERROR, "authentication error, no memory in EF.MUK" },
    { 0x9404, 0xFFFF, DMSC_SW_NOTFOUND, "file not found (2G)" },
    { 0x9804, 0xFFFF, DMSC_SW_DENIED, "access condition not met (2G)" },
    { 0x9840, 0xFFFF, DMSC_SW_BLOCKED, "CHV blocked (2G)" },
    { 0x0000, 0x0000, DMSC_SW_ERROR, "unknown status word" },
};

static size_t row(uint16_t sw)
{
    size_t i = 0;

    while ((sw & table[i].mask) != table[i].value)
        i++; /* the last row takes everything */
    return i;
}

enum dmsc_sw_class dmsc_sw_class(uint16_t sw)
{
    return table[row(sw)].class;
}

const char *dmsc_sw_text(uint16_t sw)
{
    return table[row(sw)].text;
}

bool dmsc_sw_done(uint16_t sw)
{
    enum dmsc_sw_class class = dmsc_sw_class(sw);

    return class == DMSC_SW_OK || class == DMSC_SW_PROACTIVE || class == DMSC_SW_TRANSFER;
}
