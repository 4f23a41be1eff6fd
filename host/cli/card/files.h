/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a UICC by path and by name, and what the commands that work on them share. */
#ifndef DMSC_CLI_CARD_FILES_H
#define DMSC_CLI_CARD_FILES_H

#include "host/cli/cli.h"
#include <dmsc/uicc_rules.h>

struct cli_file {
    const char *path; /* "3F00/2FE2", "USIM/6F07" */
    const char *name; /* "EF(ICCID)", "" when unknown */
    bool secret;      /* its content is for no trace */
};

/** What the standards name; ends with a NULL path. */
extern const struct cli_file cli_files[];

/** Find what the user typed: a path, or a name as in "ICCID" and "USIM/IMSI". DMSC_E_ARG for
 * neither. */
enum dmsc_err cli_file_parse(struct cli *cli, const char *path, struct cli_file *ret_file);
/** SELECT it; @p ret_fcp replaced. */
enum dmsc_err cli_file_select(struct cli *cli, const struct cli_file *file,
                              struct dmsc_buf *ret_fcp);
/** Path of the DF that the file is in, from the MF or from 7FFF: at most @p size bytes. */
struct dmsc_bytes cli_file_folder(const struct cli_file *file, uint8_t *p, size_t size);
/** "IMSI" of "EF(IMSI)"; @p ret_name holds 32 bytes. */
const char *cli_file_short_name(const struct cli_file *file, char ret_name[32]);

/** { "read": "always", "update": "ADM1" }; NULL when the rule cannot be had. */
json_t *cli_needs_json(struct dmsc_uicc_rules *rules, const struct cli_file *file,
                       const struct dmsc_fcp *fcp);
/** Operations with the same needs stand together: "read: always; update, activate: ADM1". */
json_t *cli_needs_words(json_t *needs);
/** The card refused the operation: say what the file's rule asks for, when it can be had. */
enum dmsc_err cli_needs_denied(struct cli *cli, const struct cli_file *file,
                               const struct dmsc_fcp *fcp, const char *operation);

/** A key by name or as two hex digits: "PIN1", "PIN2", "ADM1", "UPIN", "0A". */
enum dmsc_err cli_key_parse(struct cli *cli, const char *text, uint8_t *ret_key);
/** VERIFY what --adm-file and --pin-file hold, ADM1 and PIN1. */
enum dmsc_err cli_verify_given(struct cli *cli);
/** Aligned hex and characters. */
void cli_dump(const struct cli *cli, struct dmsc_bytes content);

#endif
