/* SPDX-License-Identifier: Apache-2.0 */
/* USAT messages and TERMINAL PROFILEs, shown to people and programs. */
#ifndef DMSC_CLI_USAT_SHOW_H
#define DMSC_CLI_USAT_SHOW_H

#include "host/cli/cli.h"
#include <dmsc/usat_describe.h>

/** A command, response or envelope as a tree, or with --json as an object. */
enum dmsc_err cli_usat_show(struct cli *cli, enum dmsc_usat_kind kind, struct dmsc_bytes bytes);
/** What each bit of a TERMINAL PROFILE announces. */
enum dmsc_err cli_usat_show_profile(struct cli *cli, struct dmsc_bytes profile);
/** Objects without a message around them. */
enum dmsc_err cli_usat_show_objects(struct cli *cli, struct dmsc_bytes objects);

#endif
