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
/** "Get+Add" of an element of "effective". */
void cli_ma_rights_words(const json_t *one, char *ret_text, size_t size);
/** The element of @p places for the ServerID and the node of @p one; NULL: there is none. */
const json_t *cli_ma_same_place(const json_t *places, const json_t *one);
#define CLI_MA_MOIDS 32u
/** The MOIDs that the DM 2.0 account of a server asks for; NULL: it has none, so none limits it. */
json_t *cli_ma_moids(struct cli *cli, const char *server_id, const json_t *instances);
/** The scopes of an entry, and what the decision point allows by each of them now, in "effective"
 * in sessions of DM 1.x, in "effective_dm2" in those of DM 2.0: { "server_id", "node", "rights" }.
 */
json_t *cli_ma_scopes(struct cli *cli, const struct dmsc_ma *ma, const json_t *instances);

#endif
