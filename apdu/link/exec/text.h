/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a helper (docs/links.md, "The line protocol"): no I/O. */
#ifndef DMSCI_LINK_EXEC_TEXT_H
#define DMSCI_LINK_EXEC_TEXT_H

#include <dmsc/apdu.h>

#define DMSCI_EXEC_GREETING "dmsc-link 1"

/** False where it is no greeting. */
bool dmsci_exec_greeting(const char *line, bool *ret_channels);
/** "error KIND TEXT". False where it is none. @param ret_why borrows from @p line, or is ours */
bool dmsci_exec_error(const char *line, enum dmsc_err *ret_err, const char **ret_why);
/** "atr HEX PROTOCOL". @param ret_hex "" for "-"; an even number of digits, 66 at most */
bool dmsci_exec_atr(const char *line, char ret_hex[67], enum dmsc_protocol *ret_protocol);
/** "handle N" */
bool dmsci_exec_handle(const char *line, uint32_t *ret_handle);

#endif
