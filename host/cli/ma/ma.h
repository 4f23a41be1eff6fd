/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands on Management Authorities share. */
#ifndef DMSC_CLI_MA_H
#define DMSC_CLI_MA_H

#include "host/cli/cli.h"

/** Bits of a scope as an array of names. */
json_t *cli_ma_rights(uint16_t bits);
/** "certificate", "key", "CA key", "PSK" */
const char *cli_ma_pin_name(enum dmsc_pin_kind kind);
/** Why the entry can open no session now; DMSC_ALLOWED when it can. */
enum dmsc_reason cli_ma_standing(struct cli *cli, const struct dmsc_ma *ma);
/** A bound of the validity: null when it is @p open. */
json_t *cli_ma_bound(uint32_t seconds, uint32_t open);

/** All instances of the tree, { "uri", "type" } each; for cli_ma_scopes(). NULL: no memory. */
json_t *cli_ma_instances(struct cli *cli);
/** The scopes of an entry, and in "effective" what the decision point allows by each of them now:
 * { "server_id", "node", "rights" }. */
json_t *cli_ma_scopes(struct cli *cli, const struct dmsc_ma *ma, const json_t *instances);

#endif
