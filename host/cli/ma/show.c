/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc ma show: one entry of the MA list in full. */
#include "host/cli/ma/ma.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIN_SHOWN 8 /* bytes of a pin that people compare */

/* By its number as ma ls shows it, or by a ServerID. */
static const struct dmsc_ma *find(struct cli *cli, const char *given)
{
    const struct dmsc_ma_list *list = dmsc_authority_list(dmsc_bridge_authority(cli->bridge));
    const struct dmsc_ma *ma = dmsc_ma_list_by_server_id(list, given);
    char *end = NULL;
    unsigned long id = strtoul(given, &end, 10);

    if (ma == NULL && *given >= '0' && *given <= '9' && *end == '\0' && id <= UINT8_MAX)
        ma = dmsc_ma_list_by_id(list, (uint8_t)id);
    return ma;
}

static json_t *pins_json(struct cli *cli, const struct dmsc_ma *ma)
{
    json_t *pins = json_array();

    for (size_t i = 0; i < ma->pin_count; i++) {
        const struct dmsc_ma_pin *pin = &ma->pins[i];
        json_t *one = json_pack("{s:s}", "kind", cli_ma_pin_name(pin->kind));

        if (pin->kind == DMSC_PIN_PSK)
            (void)json_object_set_new(one, "record", json_integer(pin->psk_record));
        else
            (void)json_object_set_new(one, "sha256", cli_hex(cli, dmsc_bytes(pin->sha256, 32)));
        (void)json_array_append_new(pins, one);
    }
    return pins;
}

/* For people: the kind, and enough of the digest to compare. */
static json_t *pins_words(const json_t *pins)
{
    json_t *words = json_array(), *one;
    size_t i;

    json_array_foreach(pins, i, one)
    {
        const char *kind = json_string_value(json_object_get(one, "kind"));
        const char *sha256 = json_string_value(json_object_get(one, "sha256"));

        (void)json_array_append_new(
            words, sha256 != NULL
                       ? json_sprintf("%s %.*s...", kind, 2 * PIN_SHOWN, sha256)
                       : json_sprintf("%s (record %d of EF.DMPSK)", kind,
                                      (int)json_integer_value(json_object_get(one, "record"))));
    }
    if (json_array_size(words) == 0)
        (void)json_array_append_new(words, json_string("nothing: it cannot be used"));
    return words;
}

static json_t *flags_json(const struct dmsc_ma *ma)
{
    json_t *flags = json_array();

    if ((ma->flags & DMSC_MA_ENABLED) != 0)
        (void)json_array_append_new(flags, json_string("enabled"));
    if ((ma->flags & DMSC_MA_BOOTSTRAP) != 0)
        (void)json_array_append_new(flags, json_string("bootstrap"));
    if ((ma->flags & DMSC_MA_DENY) != 0)
        (void)json_array_append_new(flags, json_string("deny"));
    return flags;
}

static json_t *server_ids_json(const struct dmsc_ma *ma)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < ma->server_id_count; i++)
        (void)json_array_append_new(ids, cli_text(ma->server_ids[i]));
    return ids;
}

static json_t *delegation_json(struct cli *cli, const struct dmsc_ma *ma)
{
    const struct dmsc_ma *from = dmsc_ma_list_by_id(
        dmsc_authority_list(dmsc_bridge_authority(cli->bridge)), ma->delegated_by);

    if (!ma->delegated)
        return json_null();
    return json_pack("{s:i,s:o,s:i}", "by", ma->delegated_by, "name",
                     from == NULL ? json_null() : cli_text(from->name != NULL ? from->name : ""),
                     "depth", ma->delegation_depth);
}

static json_t *entry_json(struct cli *cli, const struct dmsc_ma *ma)
{
    enum dmsc_reason reason = cli_ma_standing(cli, ma);
    json_t *instances = cli_ma_instances(cli);
    json_t *entry = json_pack(
        "{s:i,s:o,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:o}", "id", ma->id, "name",
        cli_text(ma->name != NULL ? ma->name : ""), "server_ids", server_ids_json(ma), "authority",
        cli_text(ma->authority != NULL ? ma->authority : ""), "priority", ma->priority, "flags",
        flags_json(ma), "pins", pins_json(cli, ma), "not_before", cli_ma_bound(ma->not_before, 0),
        "not_after", cli_ma_bound(ma->not_after, UINT32_MAX), "delegated", delegation_json(cli, ma),
        "standing", reason == DMSC_ALLOWED ? "admitted" : dmsc_reason_name(reason), "because",
        reason == DMSC_ALLOWED ? "it may open a session" : dmsc_reason_text(reason), "scopes",
        cli_ma_scopes(cli, ma, instances));

    if (entry != NULL) {
        json_t *moids = json_object();

        for (size_t i = 0; i < ma->server_id_count; i++) {
            json_t *asked = cli_ma_moids(cli, ma->server_ids[i], instances);

            if (asked != NULL)
                (void)json_object_set_new(moids, ma->server_ids[i], asked);
        }
        (void)json_object_set_new(entry, "account_moids", moids);
    }
    json_decref(instances);
    return entry;
}

/* --- for people ---------------------------------------------------------------------------- */

static enum dmsc_err say_entry(struct cli *cli, const json_t *entry)
{
    static const struct cli_column columns[] = {
        { "id", "id" },
        { "name", "name" },
        { "server_ids", "ServerID" },
        { "authority", "host" },
        { "priority", "priority" },
        { "flags", "flags" },
        { "pins", "pinned by" },
        { "not_before", "valid from" },
        { "not_after", "valid until" },
        { "delegated", "delegated" },
        { "standing", "standing now" },
        { "because", "because" },
        { NULL, NULL },
    };
    json_t *shown = json_copy((json_t *)entry);
    const json_t *by = json_object_get(entry, "delegated");
    const char *name = json_string_value(json_object_get(by, "name"));

    (void)json_object_set_new(shown, "pins", pins_words(json_object_get(entry, "pins")));
    if (json_is_object(by))
        (void)json_object_set_new(
            shown, "delegated",
            json_sprintf("by %d (%s), depth %d", (int)json_integer_value(json_object_get(by, "by")),
                         name != NULL ? name : "not in the list",
                         (int)json_integer_value(json_object_get(by, "depth"))));
    return cli_record(cli, columns, shown);
}

/* A place where a scope counts: what is left of it in either protocol. */
static json_t *place_row(size_t n, const json_t *place, const json_t *dm1, const json_t *dm2)
{
    char first[160] = "-", second[160] = "-";

    if (dm1 != NULL)
        cli_ma_rights_words(dm1, first, sizeof(first));
    if (dm2 != NULL)
        cli_ma_rights_words(dm2, second, sizeof(second));
    return json_pack("{s:I,s:O,s:O,s:s,s:s}", "n", (json_int_t)n, "server_id",
                     json_object_get(place, "server_id"), "node", json_object_get(place, "node"),
                     "dm1", first, "dm2", second);
}

/* A line for each scope, and for each place where it counts now. */
static enum dmsc_err say_scopes(struct cli *cli, const json_t *scopes)
{
    static const struct cli_column asked[] = {
        { "n", "SCOPE" },       { "type", "TYPE" }, { "path", "PATH" },
        { "rights", "RIGHTS" }, { NULL, NULL },
    };
    static const struct cli_column given[] = {
        { "n", "SCOPE" },           { "server_id", "SERVER ID" }, { "node", "NODE" },
        { "dm1", "MAY IN DM 1.X" }, { "dm2", "IN DM 2.0" },       { NULL, NULL },
    };
    json_t *list = json_array(), *now = json_array(), *scope, *one;
    size_t i, k;
    enum dmsc_err err;

    json_array_foreach(scopes, i, scope)
    {
        json_t *row = json_copy(scope);

        (void)json_object_set_new(row, "n", json_integer((json_int_t)i + 1));
        (void)json_array_append_new(list, row);
        json_array_foreach(json_object_get(scope, "effective"), k, one)(void) json_array_append_new(
            now, place_row(i + 1, one, one,
                           cli_ma_same_place(json_object_get(scope, "effective_dm2"), one)));
        json_array_foreach(json_object_get(scope, "effective_dm2"), k, one)
        {
            if (cli_ma_same_place(json_object_get(scope, "effective"), one) == NULL)
                (void)json_array_append_new(now, place_row(i + 1, one, NULL, one));
        }
    }
    cli_say(cli, "%s", "");
    err = cli_table(cli, asked, list);
    cli_say(cli, "%s", "");
    if (json_array_size(now) == 0)
        cli_say(cli, "none of it can be used now: dmsc ma check says why");
    if (err == DMSC_OK && json_array_size(now) > 0)
        return cli_table(cli, given, now);
    json_decref(now);
    return err;
}

static enum dmsc_err run_show(struct cli *cli)
{
    const struct dmsc_ma *ma = find(cli, cli->argument[0]);
    json_t *entry;
    enum dmsc_err err;

    if (ma == NULL) {
        (void)cli_fail(cli, DMSC_E_NOTFOUND, "find the authority",
                       "no entry of the MA list in force has this number or ServerID",
                       "dmsc ma ls lists them");
        (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", cli->argument[0]);
        return DMSC_E_NOTFOUND;
    }
    entry = entry_json(cli, ma);
    if (entry == NULL || cli->json)
        return cli_json(cli, entry);
    err = say_entry(cli, entry);
    if (err == DMSC_OK)
        err = say_scopes(cli, json_object_get(entry, "scopes"));
    json_decref(entry);
    return err;
}

const struct cli_command cli_ma_show_commands[] = {
    { "ma", "show", "ID", 1, 1, CLI_NEEDS_BRIDGE, 0, run_show, "show one authority in full",
      "ID is the number that ma ls shows, or a ServerID. Pins, validity, delegation, scopes with\n"
      "their rights; and what is left of these now, by the decision point: delegation, deny "
      "entries\n"
      "and the clock all take from them, in DM 1.x ACLs, in DM 2.0 owners, grants and the MOIDs "
      "that\n"
      "the account asks for.\n\n"
      "  dmsc ma show com.opa.dm" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
