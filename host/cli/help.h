/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, and all help that is made from it. */
#ifndef DMSC_CLI_HELP_H
#define DMSC_CLI_HELP_H

#include "host/cli/cli.h"

struct cli_option {
    const char *name;
    const char *argument; /* NULL: a flag */
    const char *help;
};
/** In the order of enum cli_option_id. */
extern const struct cli_option cli_options[OPT_COUNT];

/** NULL when there is no such command. */
const struct cli_command *cli_find(const char *noun, const char *verb);
bool cli_is_noun(const char *word);

/** @param noun NULL for all */
void cli_list_commands(const char *noun);
void cli_help_all(void);
void cli_help_command(const struct cli_command *command);
/** The page dmsc.1, in the man macros. */
void cli_help_man(void);

#endif
