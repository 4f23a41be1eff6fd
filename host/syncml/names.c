/* SPDX-License-Identifier: Apache-2.0 */
#include "host/syncml/names.h"
#include <string.h>

static const char *const names[DMSCI_N_COUNT] = { [DMSCI_N_UNKNOWN] = "?",
#define X(name) [DMSCI_N_##name] = #name,
                                                  DMSCI_SYNCML_NAMES(X)
#undef X
};

const char *dmsci_syncml_name(enum dmsci_syncml_name name)
{
    return name < DMSCI_N_COUNT ? names[name] : names[DMSCI_N_UNKNOWN];
}

enum dmsci_syncml_name dmsci_syncml_name_find(const char *text)
{
    size_t low = DMSCI_N_UNKNOWN + 1, high = DMSCI_N_COUNT;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(text, names[middle]);

        if (order == 0)
            return (enum dmsci_syncml_name)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return DMSCI_N_UNKNOWN;
}

bool dmsci_syncml_name_metinf(enum dmsci_syncml_name name)
{
    switch (name) {
    case DMSCI_N_Format:
    case DMSCI_N_Mark:
    case DMSCI_N_MaxMsgSize:
    case DMSCI_N_MaxObjSize:
    case DMSCI_N_MetInf:
    case DMSCI_N_NextNonce:
    case DMSCI_N_Size:
    case DMSCI_N_Type:
        return true;
    default:
        return false;
    }
}
