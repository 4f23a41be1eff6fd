/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo describe: descriptions of objects, of files and of the library. */
#include "host/cli/mo/mo.h"
#include <dmsc/ddf.h>
#include <dmsc/objects.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 512

static void keep_defect(void *user, const char *defect, const char *where)
{
    (void)json_array_append_new(user,
                                json_pack("{s:s,s:o}", "defect", defect, "where", cli_text(where)));
}

json_t *cli_mo_access(uint8_t access)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } all[] = {
        { DMSC_ACCESS_ADD, "Add" },       { DMSC_ACCESS_COPY, "Copy" },
        { DMSC_ACCESS_DELETE, "Delete" }, { DMSC_ACCESS_EXEC, "Exec" },
        { DMSC_ACCESS_GET, "Get" },       { DMSC_ACCESS_REPLACE, "Replace" },
    };
    json_t *names = json_array();

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if ((access & all[i].bit) != 0)
            (void)json_array_append_new(names, json_string(all[i].name));
    }
    return names;
}

/* NUL behind each, an empty one at the end. */
static json_t *types_json(const char *types)
{
    json_t *names = json_array();

    for (; types != NULL && *types != '\0'; types += strlen(types) + 1)
        (void)json_array_append_new(names, cli_text(types));
    return names;
}

/* TND 9.3.5 in short: "1", "0..1", "0..9", "1..*". */
static json_t *occurs_json(const struct dmsc_ddf_node *node)
{
    if (node->most == UINT32_MAX)
        return json_sprintf("%u..*", (unsigned)node->least);
    if (node->least == node->most)
        return json_sprintf("%u", (unsigned)node->most);
    return json_sprintf("%u..%u", (unsigned)node->least, (unsigned)node->most);
}

static bool keep_node(void *user, const struct dmsc_ddf_node *node)
{
    const char *name = node->name[0] != '\0' ? node->name : "*";
    char shown[NAME_MAX_BYTES];
    size_t indent = 2 * node->depth < 128 ? 2 * node->depth : 128;

    /* Its place in the tree for people, "tree" is no part of the JSON. */
    (void)snprintf(shown, sizeof(shown), "%*s%s", (int)indent, "", name);
    return json_array_append_new(
               user,
               json_pack("{s:o,s:o,s:I,s:o,s:s,s:o,s:o,s:b,s:o}", "name", cli_text(node->name),
                         "tree", cli_text(shown), "depth", (json_int_t)node->depth, "occurs",
                         occurs_json(node), "format", dmsc_format_name(node->format), "access",
                         cli_mo_access(node->access), "types", types_json(node->types), "permanent",
                         node->permanent, "default",
                         node->value[0] != '\0' ? cli_text(node->value) : json_null())) == 0;
}

/* Files of the field have one defect many times: each is said once, with the first places. */
static void say_defects(struct cli *cli, const json_t *defects)
{
    json_t *by_name = json_object(), *places, *one;
    const char *name;
    size_t i;

    json_array_foreach(defects, i, one)
    {
        name = json_string_value(json_object_get(one, "defect"));
        if (json_object_get(by_name, name) == NULL)
            (void)json_object_set_new(by_name, name, json_array());
        (void)json_array_append(json_object_get(by_name, name), json_object_get(one, "where"));
    }
    json_object_foreach(by_name, name, places)
    {
        size_t n = json_array_size(places);
        const char *second = json_string_value(json_array_get(places, 1));

        cli_say(cli, "warning: %s  %zu time%s: %s%s%s%s", name, n, n == 1 ? "" : "s",
                json_string_value(json_array_get(places, 0)), n > 1 ? ", " : "",
                n > 1 && second != NULL ? second : "", n > 2 ? ", ..." : "");
    }
    json_decref(by_name);
}

static enum dmsc_err show_description(struct cli *cli, const char *place, json_t *nodes,
                                      json_t *defects)
{
    static const struct cli_column columns[] = {
        { "tree", "NODE" },       { "occurs", "OCCURS" }, { "format", "FORMAT" },
        { "access", "ALLOWS" },   { "types", "TYPE" },    { "permanent", "PERMANENT" },
        { "default", "DEFAULT" }, { NULL, NULL },
    };
    size_t i;
    json_t *one;

    if (cli->json) {
        json_array_foreach(nodes, i, one)(void) json_object_del(one, "tree");
        return cli_json(cli, json_pack("{s:o,s:O,s:O}", "place", cli_text(place), "nodes", nodes,
                                       "defects", defects));
    }
    cli_say(cli, "describes %s: %zu node%s, %zu defect%s", place, json_array_size(nodes),
            json_array_size(nodes) == 1 ? "" : "s", json_array_size(defects),
            json_array_size(defects) == 1 ? "" : "s");
    say_defects(cli, defects);
    return cli_table(cli, columns, json_incref(nodes));
}

static bool keep_object(void *user, const struct dmsc_object *object)
{
    return json_array_append_new(
               user, json_pack("{s:s,s:s}", "name", object->name, "moid", object->moid)) == 0;
}

static enum dmsc_err list_objects(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "name", "NAME" },
        { "moid", "KIND" },
        { NULL, NULL },
    };
    json_t *rows = json_array();

    dmsc_object_walk(keep_object, rows);
    return cli_table(cli, columns, rows);
}

/* A standard object by its name or kind, or a file. */
static enum dmsc_err load_description(struct cli *cli, json_t *defects, struct dmsc_ddf **ret_ddf)
{
    struct dmsc_buf xml;
    enum dmsc_err err = dmsc_object_ddf(cli->ctx, cli->argument[0], ret_ddf);

    if (err != DMSC_E_NOTFOUND)
        return err;
    dmsc_buf_init(&xml, cli->ctx, dmsc_ctx_limits(cli->ctx)->object_size);
    err = cli_mo_read(cli, cli->argument[0], &xml);
    if (err == DMSC_E_IO)
        (void)snprintf(cli->story.hint, sizeof(cli->story.hint),
                       "dmsc mo describe lists the names that are known; else name a file");
    if (err == DMSC_OK)
        err = cli_hint(
            cli, dmsc_ddf_load(cli->ctx, dmsc_buf_bytes(&xml), keep_defect, defects, ret_ddf),
            "a DDF is XML with MgmtTree at the top and Nodes in it (OMA DTD-DM-DDF 1.2)");
    else
        err = cli_hint(cli, err, "a file, or a name that dmsc mo describe lists");
    dmsc_buf_clear(&xml);
    return err;
}

static enum dmsc_err write_ddf(struct cli *cli, const struct dmsc_ddf *ddf)
{
    struct dmsc_buf xml;
    enum dmsc_err err;

    dmsc_buf_init(&xml, cli->ctx, SIZE_MAX / 2);
    err = dmsc_ddf_export(ddf, &xml);
    if (err == DMSC_OK && cli->json)
        err = cli_json(cli, json_pack("{s:o}", "ddf", cli_text(dmsc_buf_str(&xml))));
    else if (err == DMSC_OK)
        (void)fputs(dmsc_buf_str(&xml), stdout);
    dmsc_buf_clear(&xml);
    return err;
}

static enum dmsc_err run_describe(struct cli *cli)
{
    struct dmsc_ddf *ddf = NULL;
    json_t *nodes, *defects;
    enum dmsc_err err;

    if (cli->arguments == 0)
        return list_objects(cli);
    nodes = json_array();
    defects = json_array();
    err = load_description(cli, defects, &ddf);
    if (err == DMSC_OK && cli->option[OPT_DDF] != NULL) {
        err = write_ddf(cli, ddf);
    } else if (err == DMSC_OK) {
        dmsc_ddf_walk(ddf, keep_node, nodes);
        err = show_description(cli, dmsc_ddf_place(ddf), nodes, defects);
    }
    dmsc_ddf_free(ddf);
    json_decref(nodes);
    json_decref(defects);
    return err;
}

const struct cli_command cli_mo_describe_commands[] = {
    { "mo", "describe", "[NAME|FILE]", 0, 1, 0, CLI_OPTION(OPT_DDF), run_describe,
      "show a description of objects",
      "A standard object by its name or kind, or a DDF file (OMA TND clause 9), as a tree: how\n"
      "often each node may be there, its format and type, what may be done with it; * is a name\n"
      "given at creation. Defects of a file are told by name. --ddf writes the description as a\n"
      "DDF. Without an argument the names that the library knows. Changes nothing.\n\n"
      "  dmsc mo describe fumo-1.0\n"
      "  dmsc mo describe fumo-1.0 --ddf > one.ddf\n"
      "  dmsc mo describe one.ddf" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
