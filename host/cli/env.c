/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc env: the environments of the device. */
#include "host/cli/cli.h"
#include <stddef.h>

static bool add_row(void *user, const struct dmsc_env *env)
{
    return json_array_append_new(user, json_pack("{s:o,s:o,s:o,s:b}", "name", cli_text(env->name),
                                                 "kind", cli_text(env->kind), "uri",
                                                 cli_text(env->uri), "enabled", env->enabled)) == 0;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "name", "NAME" },   { "kind", "KIND" }, { "uri", "OBJECTS BELOW" },
        { "state", "STATE" }, { NULL, NULL },
    };
    json_t *rows = json_array(), *row;
    size_t i;
    enum dmsc_err err = dmsc_env_each(dmsc_bridge_apps(cli->bridge), add_row, rows);

    if (err != DMSC_OK) {
        json_decref(rows);
        return err;
    }
    json_array_foreach(rows, i, row)
    {
        if (!cli->json)
            (void)json_object_set_new(row, "state",
                                      json_string(json_is_true(json_object_get(row, "enabled"))
                                                      ? "enabled"
                                                      : "disabled"));
    }
    if (json_array_size(rows) == 0)
        cli_say(cli, "the device has no environments: all is its own");
    return cli_table(cli, columns, rows);
}

static enum dmsc_err add(struct cli *cli)
{
    return dmsc_env_add(dmsc_bridge_apps(cli->bridge), cli->argument[0],
                        cli->arguments > 1 ? cli->argument[1] : NULL);
}

static enum dmsc_err enable(struct cli *cli)
{
    return dmsc_env_enable(dmsc_bridge_apps(cli->bridge), cli->argument[0], true);
}

static enum dmsc_err disable(struct cli *cli)
{
    return dmsc_env_enable(dmsc_bridge_apps(cli->bridge), cli->argument[0], false);
}

static enum dmsc_err take_off(struct cli *cli)
{
    return dmsc_env_remove(dmsc_bridge_apps(cli->bridge), cli->argument[0]);
}

/* By the reason of the failure. */
static const struct cli_try tries[] = {
    { "env:name", "dmsc env add guest container", CLI_NO_LIMIT, 0 },
    { "env:kind", "dmsc env add guest container", CLI_NO_LIMIT, 0 },
    { "env:many", "dmsc env rm NAME makes room; limits.environments", CLI_LIMIT_COUNT,
      offsetof(struct dmsc_limits, environments) },
    { NULL, NULL, CLI_NO_LIMIT, 0 },
};

static enum dmsc_err in_change(struct cli *cli, enum dmsc_err (*act)(struct cli *cli))
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    enum dmsc_err err = dmsc_tree_begin(tree, "local", dmsc_bridge_now(cli->bridge).seconds);

    if (err != DMSC_OK)
        return err;
    err = act(cli);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

/* One change of the device's owner. */
static enum dmsc_err change(struct cli *cli, enum dmsc_err (*act)(struct cli *cli),
                            const char *done)
{
    enum dmsc_err err = in_change(cli, act);

    if (err != DMSC_OK)
        return cli_hint_by_reason(cli, cli_where(cli, err, cli->argument[0]), tries,
                                  "dmsc env ls lists the environments");
    cli_say(cli, "%s is %s", cli->argument[0], done);
    return cli_json(cli, json_pack("{s:o,s:s}", "name", cli_text(cli->argument[0]), "is", done));
}

static enum dmsc_err run_add(struct cli *cli)
{
    return change(cli, add, "enabled");
}

static enum dmsc_err run_enable(struct cli *cli)
{
    return change(cli, enable, "enabled");
}

static enum dmsc_err run_disable(struct cli *cli)
{
    return change(cli, disable, "disabled");
}

static enum dmsc_err run_rm(struct cli *cli)
{
    return change(cli, take_off, "removed");
}

const struct cli_command cli_env_commands[] = {
    { "env", "ls", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_ls, "list the environments of the device",
      "Systems on this device (containers, guests) whose objects and applications are kept apart,\n"
      "and whether what is in them may be managed.\n\n"
      "  dmsc env ls" },
    { "env", "add", "NAME [KIND]", 1, 2, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_add,
      "add an environment",
      "Its objects stand below ./Env/NAME. KIND is for people. [app] environment in dmsc.conf "
      "says\n"
      "which applications belong to it.\n\n"
      "  dmsc env add guest container" },
    { "env", "enable", "NAME", 1, 1, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_enable,
      "let an environment be managed again",
      "What dmsc env disable did is undone.\n\n"
      "  dmsc env enable guest" },
    { "env", "disable", "NAME", 1, 1, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_disable,
      "refuse all that is in an environment",
      "Its objects stay, but no server and no application reaches them, and its own applications\n"
      "reach nothing. The other environments and the device itself are as before.\n\n"
      "  dmsc env disable guest" },
    { "env", "rm", "NAME", 1, 1, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_rm, "remove an environment",
      "With all of its objects. One that dmsc.conf lists is back, empty, with the next command.\n\n"
      "  dmsc env rm guest" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
