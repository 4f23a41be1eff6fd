/* SPDX-License-Identifier: Apache-2.0 */
/* What item.c and line.c share: characters, numbers, slices. */
#ifndef DMSCI_SCRIPT_ITEM_H
#define DMSCI_SCRIPT_ITEM_H

#include "apdu/script/private.h"

bool dmsci_script_is_space(uint8_t c);
bool dmsci_script_is_name(uint8_t c);
bool dmsci_script_is_buffer(uint8_t c);
char dmsci_script_upper(uint8_t c);
void dmsci_script_skip_space(struct dmsc_rd *r);
bool dmsci_script_number(struct dmsc_rd *r, struct dmsci_script_number *ret_number);
/** A slice, if one follows. False with r->bad and @p ret_why when it is none. */
bool dmsci_script_slice(struct dmsc_rd *r, struct dmsci_script_slice *ret_slice,
                        const char **ret_why);

#endif
