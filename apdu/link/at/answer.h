/* SPDX-License-Identifier: Apache-2.0 */
/* What a modem says (TS 27.007, ITU-T V.250): one line at a time, no I/O. */
#ifndef DMSCI_LINK_AT_ANSWER_H
#define DMSCI_LINK_AT_ANSWER_H

#include "apdu/base/ctx.h"

enum dmsci_at_line {
    DMSCI_AT_OTHER, /* an echo, an unsolicited line, garbage: nothing to do with the command */
    DMSCI_AT_INFO,  /* the answer's information */
    DMSCI_AT_OK,
    DMSCI_AT_ERROR
};

/** A final error. */
struct dmsci_at_error {
    int code;          /* of +CME ERROR (TS 27.007 9.2); -1: the modem does not say */
    enum dmsc_err err; /* what it means to a link; DMSC_E_LINK when nothing special */
    const char *why;
    const char *hint; /* or NULL */
};

/**
 * @param prefix    of the information that is waited for, "+CSIM"; NULL: none
 * @param ret_info  behind the prefix and its colon, without white space in front; borrowed
 * @param ret_error filled for DMSCI_AT_ERROR
 */
enum dmsci_at_line dmsci_at_classify(const char *line, const char *prefix, const char **ret_info,
                                     struct dmsci_at_error *ret_error);

/**
 * Numbers, then hex digits with or without quotes: "LENGTH,"HEX"" of +CSIM and +CGLA, "SW1,SW2" and
 * "SW1,SW2,"HEX"" of +CRSM. Whether a length is right is not looked at: modems count differently.
 *
 * @param count       of the numbers
 * @param ret_hex     borrowed, without quotes, an even number of digits
 * @param ret_hex_n   their number, 0 where there are none
 * @return DMSC_E_MALFORMED
 */
DMSC_NODISCARD enum dmsc_err dmsci_at_fields(const char *info, unsigned count,
                                             unsigned long *ret_numbers, const char **ret_hex,
                                             size_t *ret_hex_n);

#endif
