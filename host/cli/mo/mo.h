/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands on the management tree share. They act as the device's owner. */
#ifndef DMSC_CLI_MO_H
#define DMSC_CLI_MO_H

#include "host/cli/cli.h"

extern const struct dmsc_subject cli_mo_owner;

/** @p given (NULL: ".") in its canonical form. @p uri is made ready whatever the result. */
enum dmsc_err cli_mo_uri(struct cli *cli, const char *given, struct dmsc_buf *uri);
/** DMSC_E_NOTFOUND with a story when there is no such node. */
enum dmsc_err cli_mo_must_exist(struct cli *cli, const char *uri);
/** The decision point: DMSC_E_REFUSED with the reason's name, kept for the audit record, when the
 * owner may not @p what. @p new_mo as in dmsc_question. */
enum dmsc_err cli_mo_ask(struct cli *cli, enum dmsc_right right, const char *uri,
                         const char *new_mo, const char *what);
/** cli_hint(), with what fits the reason of the failure; @p otherwise when none is known. */
enum dmsc_err cli_mo_try(struct cli *cli, enum dmsc_err err, const char *otherwise);
/** The file, "-" for standard input; what does not fit below the ceiling is DMSC_E_LIMIT. */
enum dmsc_err cli_mo_read(struct cli *cli, const char *path, struct dmsc_buf *content);
/** Whether the file is longer than a value in memory may be. */
bool cli_mo_is_large(const struct cli *cli, const char *path);
/** Its octets become the value of a leaf, piece by piece; what an earlier call began is gone on
 * with. @p format, @p type as for dmsc_large_put(); the owner was asked already. */
enum dmsc_err cli_mo_send_file(struct cli *cli, const char *uri, const char *path,
                               const enum dmsc_format *format, const char *type, size_t *ret_n);
/** The value of a leaf of any size, to standard output as it is. */
enum dmsc_err cli_mo_write_value(struct cli *cli, const char *uri);
/** To a file that is there in full or as it was before; to what is no regular file as it comes. */
enum dmsc_err cli_mo_write_file(struct cli *cli, const char *path, struct dmsc_bytes content);
/** Bits of an AccessType as an array of names. */
json_t *cli_mo_access(uint8_t access);
/** For dmsc_tree_walk(): a node as an object, with its value where it can be shown. */
enum dmsc_err cli_mo_row(void *rows, const char *uri, const struct dmsc_node *node);
/** Rows of cli_mo_row() as a table. Takes them. */
enum dmsc_err cli_mo_table(struct cli *cli, json_t *rows);

#endif
