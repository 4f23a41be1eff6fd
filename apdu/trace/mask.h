/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace does not show, and what it calls a command. */
#ifndef DMSCI_TRACE_MASK_H
#define DMSCI_TRACE_MASK_H

#include "apdu/trace/text.h"

/**
 * Masks by command, never by the look of the data: PIN values (TS 102 221 11.1.9 to 11.1.13), keys
 * of PUT KEY (GlobalPlatform Card Specification 11.8), plain values of PERFORM SECURITY OPERATION
 * (ISO 7816-8), results of AUTHENTICATE (TS 31.102 7.1.2), also when GET RESPONSE fetches them.
 */
struct dmsci_trace_mask {
    bool raw;       /* show all */
    bool concealed; /* hide the data of all commands and answers: dmsc_link_conceal() */
    bool answer;    /* its own: the answer that comes is secret */
};

/** Mask what is secret in the command or answer that @p line holds; others leave all as it is. */
void dmsci_trace_mask(struct dmsci_trace_mask *mask, struct dmsci_trace_line *line);

/** The name of a command by its INS, "SELECT"; "command" for an unknown one. */
const char *dmsci_trace_name(struct dmsc_bytes capdu);

#endif
