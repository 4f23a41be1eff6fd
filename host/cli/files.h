/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a UICC by path and by name. */
#ifndef DMSC_CLI_FILES_H
#define DMSC_CLI_FILES_H

#include "host/cli/cli.h"

struct cli_file {
    const char *path; /* "3F00/2FE2", "USIM/6F07" */
    const char *name; /* "EF(ICCID)", "" when unknown */
    bool secret;      /* its content is for no trace */
};

/** What the standards name; ends with a NULL path. */
extern const struct cli_file cli_files[];

/** Find the name of a path the user typed. DMSC_E_ARG for one that is none. */
enum dmsc_err cli_file_parse(struct cli *cli, const char *path, struct cli_file *ret_file);
/** SELECT it; @p ret_fcp replaced. */
enum dmsc_err cli_file_select(struct cli *cli, const struct cli_file *file,
                              struct dmsc_buf *ret_fcp);

#endif
