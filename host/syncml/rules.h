/* SPDX-License-Identifier: Apache-2.0 */
/* Which element may stand where, and where its text goes: the DTD as a table. */
#ifndef DMSCI_SYNCML_RULES_H
#define DMSCI_SYNCML_RULES_H

#include "host/syncml/names.h"
#include <stdint.h>

enum dmsci_place {
    DMSCI_P_NONE, /* not known here: ignored with all that is in it */
    DMSCI_P_DOCUMENT,
    DMSCI_P_SYNCML,
    DMSCI_P_HDR,
    DMSCI_P_HDR_TARGET,
    DMSCI_P_HDR_SOURCE,
    DMSCI_P_CRED,
    DMSCI_P_BODY,
    DMSCI_P_GROUP, /* Atomic, Sequence */
    DMSCI_P_COMMAND,
    DMSCI_P_STRANGE, /* stands where a command could, and is none of DM */
    DMSCI_P_CHAL,
    DMSCI_P_ITEM,
    DMSCI_P_ITEM_TARGET,
    DMSCI_P_ITEM_SOURCE,
    DMSCI_P_META,
    DMSCI_P_TEXT,
    DMSCI_P_DATA, /* of an Item: any content */
    DMSCI_P_EMPTY,
    DMSCI_P_COUNT
};

/* What the offset of a text's place counts from. */
enum dmsci_base { DMSCI_B_REFS, DMSCI_B_HEADER, DMSCI_B_COMMAND, DMSCI_B_ITEM, DMSCI_B_META };

struct dmsci_rule {
    uint8_t place; /* enum dmsci_place of the element's content */
    uint8_t base;  /* enum dmsci_base */
    uint8_t offset;
    bool many; /* may be there more than once */
};

extern const struct dmsci_rule dmsci_syncml_rules[DMSCI_P_COUNT][DMSCI_N_COUNT];

#endif
