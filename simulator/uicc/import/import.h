/* SPDX-License-Identifier: Apache-2.0 */
/* An export of a real card, between its reading (import.c) and the profile made of it (write.c). */
#ifndef DMSCI_SIM_IMPORT_H
#define DMSCI_SIM_IMPORT_H

#include "simulator/uicc/profile/json.h"
#include <dmsc/fcp.h>

struct dmsci_sim_import_row {
    const char *fids;       /* borrowed from its line */
    json_t *json;           /* the line */
    char *path;             /* as a profile has it */
    struct dmsc_buf answer; /* of SELECT */
    struct dmsc_fcp fcp;
    bool there;
    bool is_fcp; /* and not an FCI of GlobalPlatform */
};

struct dmsci_sim_import {
    struct dmsc_ctx *ctx;
    const char *file;
    struct dmsci_sim_import_row *rows;
    unsigned n, line;
    struct dmsc_buf out;
};

/** Tell what is wrong with the line at hand, im->line. @param key of it, or "" */
enum dmsc_err dmsci_sim_import_wrong(const struct dmsci_sim_import *im, const char *key,
                                     const char *why);
/** The AID of an ADF, or of an applet, which stands in its FCI: '84'. @return false: there is none
 */
bool dmsci_sim_import_name(const struct dmsci_sim_import_row *row, struct dmsc_bytes *ret_name);
/** Append the profile to im->out. @param atr in hex */
DMSC_NODISCARD enum dmsc_err dmsci_sim_import_write(struct dmsci_sim_import *im, const char *atr);

#endif
