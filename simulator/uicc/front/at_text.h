/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of an AT command (ITU-T V.250 5.4.2): each is taken from the front of the text. */
#ifndef DMSCI_SIM_AT_TEXT_H
#define DMSCI_SIM_AT_TEXT_H

#include <dmsc/bytes.h>

bool dmsci_at_comma(const char **text);
/** Decimal, at most @p most. */
bool dmsci_at_number(const char **text, unsigned long most, unsigned long *ret_number);
/** Bytes in hex, with or without quotes. @p ret_bytes replaced; of its context and ceiling */
bool dmsci_at_hex(const char **text, struct dmsc_buf *ret_bytes);

#endif
