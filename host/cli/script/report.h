/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a card script as people, TAP, JUnit and programs read it. */
#ifndef DMSC_CLI_REPORT_H
#define DMSC_CLI_REPORT_H

#include "host/cli/cli.h"
#include <dmsc/script.h>
#include <stdio.h>

/** What --report may be. NULL when there is no such form. */
typedef enum dmsc_err (*cli_report_writer)(FILE *file, const json_t *report);
cli_report_writer cli_report_find(const char *name);

/** An event as it stands in the report's "lines". */
json_t *cli_report_line(const struct dmsc_script_event *event);
/** For a person, as it comes. */
void cli_report_show(const struct dmsc_script_event *event, const char **file);

#endif
