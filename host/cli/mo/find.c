/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo find, kinds: nodes by ClientURI, and what the device supports. */
#include "host/cli/mo/mo.h"
#include <dmsc/client_uri.h>
#include <stdio.h>

/* A condition must not tell a secret that nobody may read. */
static bool visible(void *user, const char *uri)
{
    struct cli *cli = user;
    struct dmsc_question question = DMSC_QUESTION_INIT;

    question.uri = uri;
    question.quiet = true;
    return dmsc_authority_ask(dmsc_bridge_authority(cli->bridge), &cli_mo_owner, &question,
                              dmsc_bridge_now(cli->bridge))
               .reason == DMSC_ALLOWED;
}

struct search {
    struct cli *cli;
    json_t *uris;
};

static bool found(void *user, const char *uri)
{
    struct search *s = user;

    return json_array_append_new(s->uris, json_string(uri)) == 0;
}

static bool see(void *user, const char *uri)
{
    struct search *s = user;

    return visible(s->cli, uri);
}

static enum dmsc_err rows_of(struct cli *cli, const json_t *uris, json_t *rows)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    struct cli_rows l = { cli, rows };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < json_array_size(uris); i++) {
        const char *uri = json_string_value(json_array_get(uris, i));
        struct dmsc_node node = DMSC_NODE_INIT;

        err = dmsc_tree_get(tree, uri, &node);
        if (err == DMSC_OK)
            err = cli_mo_row(&l, uri, &node);
        dmsc_node_clear(&node);
    }
    return err;
}

static enum dmsc_err run_find(struct cli *cli)
{
    struct search s = { cli, json_array() };
    json_t *rows = json_array();
    enum dmsc_err err = dmsc_client_uri_resolve(dmsc_bridge_tree(cli->bridge), cli->argument[0],
                                                see, found, &s, NULL);

    err = cli_mo_try(cli, cli_where(cli, err, cli->argument[0]),
                     "MOID/instance/path, as in urn:oma:mo:oma-dm-devinfo:1.0//DevId; "
                     "docs/tree.md has it all");
    if (err == DMSC_OK)
        err = rows_of(cli, s.uris, rows);
    json_decref(s.uris);
    if (err == DMSC_OK)
        return cli_mo_table(cli, rows);
    json_decref(rows);
    return err;
}

static bool keep_token(void *user, const char *token)
{
    return json_array_append_new(user, json_string(token)) == 0;
}

static bool keep_kind(void *user, const char *moid)
{
    return json_array_append_new(user, json_pack("{s:s}", "moid", moid)) == 0;
}

/* The LocURIs of all that is there of one kind, told apart by spaces in the table. */
static enum dmsc_err add_instances(struct cli *cli, json_t *kind)
{
    struct search s = { cli, json_array() };
    char client_uri[300];
    enum dmsc_err err;

    (void)snprintf(client_uri, sizeof(client_uri), "%.250s/*/",
                   json_string_value(json_object_get(kind, "moid")));
    err = dmsc_client_uri_resolve(dmsc_bridge_tree(cli->bridge), client_uri, see, found, &s, NULL);
    (void)json_object_set_new(kind, "instances", s.uris);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

static enum dmsc_err run_kinds(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "moid", "KIND" },
        { "instances", "INSTANCES" },
        { NULL, NULL },
    };
    json_t *tokens = json_array(), *kinds = json_array(), *one, *said;
    size_t i;
    enum dmsc_err err;

    dmsc_bridge_features(cli->bridge, keep_token, tokens);
    err = dmsc_bridge_objects(cli->bridge, keep_kind, kinds);
    json_array_foreach(kinds, i, one)
    {
        if (err == DMSC_OK)
            err = add_instances(cli, one);
    }
    if (err == DMSC_OK && cli->json) {
        err = cli_json(cli, json_pack("{s:O,s:O}", "features", tokens, "objects", kinds));
    } else if (err == DMSC_OK) {
        said = json_string("features:");
        json_array_foreach(tokens, i, one)
        {
            json_t *longer = json_sprintf("%s %s", json_string_value(said), json_string_value(one));

            json_decref(said);
            said = longer;
        }
        cli_say(cli, "%s", json_string_value(said));
        json_decref(said);
        err = cli_table(cli, columns, json_incref(kinds));
    }
    json_decref(tokens);
    json_decref(kinds);
    return err;
}

const struct cli_command cli_mo_find_commands[] = {
    { "mo", "find", "CLIENTURI", 1, 1, CLI_NEEDS_BRIDGE, 0, run_find,
      "find nodes by kind and instance",
      "A ClientURI of DM 2.0: MOID/instance/path?conditions. * is any instance or any node, (x) "
      "one\n"
      "that the conditions tell. docs/tree.md explains them.\n\n"
      "  dmsc mo find 'urn:oma:mo:oma-dm-devinfo:1.0//DevId'" },
    { "mo", "kinds", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_kinds,
      "what the device can do, and which objects it knows",
      "The feature tokens of ./DevInfo/Ext/dmsc/Feat and the kinds of objects of\n"
      "./DevDetail/Ext/dmsc/MOs, as a server reads them, with the instances that are there.\n\n"
      "  dmsc mo kinds" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
