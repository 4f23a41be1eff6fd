/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo set, add, rm, acl: change the management tree, each command in one transaction. */
#include "host/cli/mo/mo.h"
#include <stdio.h>
#include <string.h>

/* What a command works with. */
struct edit {
    struct cli *cli;
    struct dmsc_tree *tree;
    struct dmsc_buf uri;
    struct dmsc_buf value;
    const char *large; /* a file that is too long for it; else NULL */
    size_t size;       /* octets of the value, wherever it is */
};

static enum dmsc_err edit_init(struct edit *e, struct cli *cli)
{
    *e = (struct edit){ .cli = cli };
    e->tree = dmsc_bridge_tree(cli->bridge);
    dmsc_buf_init(&e->value, cli->ctx, dmsc_ctx_limits(cli->ctx)->node_value);
    return cli_mo_uri(cli, cli->argument[0], &e->uri);
}

static void edit_clear(struct edit *e)
{
    dmsc_buf_clear(&e->uri);
    dmsc_buf_clear(&e->value);
}

/* The value from the command line or from --file; one of them. */
static enum dmsc_err take_value(struct edit *e, bool must)
{
    const char *file = e->cli->option[OPT_FILE];
    bool given = e->cli->arguments > 1;
    enum dmsc_err err = DMSC_OK;

    if (given && file != NULL)
        return cli_fail(e->cli, DMSC_E_ARG, "take the value", "it is given twice",
                        "either VALUE or --file FILE");
    if (!given && file == NULL && must)
        return cli_fail(e->cli, DMSC_E_ARG, "take the value", "none is given",
                        "VALUE, --file FILE, or --file - for standard input");
    if (file != NULL && cli_mo_is_large(e->cli, file)) {
        e->large = file;
        return DMSC_OK;
    }
    if (file != NULL)
        err = cli_mo_read(e->cli, file, &e->value);
    if (file != NULL && err == DMSC_E_LIMIT)
        (void)snprintf(e->cli->story.hint, sizeof(e->cli->story.hint),
                       "name a regular file: --file FILE is taken in pieces");
    else if (given)
        err = dmsc_buf_append_str(&e->value, e->cli->argument[1]);
    e->size = e->value.n;
    return err;
}

static enum dmsc_err begin(const struct edit *e)
{
    return dmsc_tree_begin(e->tree, "local", dmsc_bridge_now(e->cli->bridge).seconds);
}

/* Keep the change, or nothing of it. */
static enum dmsc_err end(const struct edit *e, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return dmsc_tree_commit(e->tree);
    dmsc_tree_rollback(e->tree);
    return err;
}

static enum dmsc_err say_done(struct edit *e, const char *done, const char *what, size_t n)
{
    const char *uri = dmsc_buf_str(&e->uri);

    cli_say(e->cli, "%s %s (%zu %s%s)", done, uri, n, what, n == 1 ? "" : "s");
    return cli_json(e->cli,
                    json_pack("{s:o,s:s,s:I}", "uri", cli_text(uri), "done", done,
                              strcmp(what, "node") == 0 ? "nodes" : "bytes", (json_int_t)n));
}

static enum dmsc_err set(struct edit *e, const char *uri)
{
    enum dmsc_err err;

    if (e->large != NULL)
        return cli_mo_send_file(e->cli, uri, e->large, NULL, NULL, &e->size);
    err = begin(e);
    if (err == DMSC_OK)
        err = end(e, dmsc_tree_replace(e->tree, uri, NULL, NULL, dmsc_buf_bytes(&e->value)));
    return err;
}

static enum dmsc_err run_set(struct cli *cli)
{
    struct edit e;
    enum dmsc_err err = edit_init(&e, cli);
    const char *uri = dmsc_buf_str(&e.uri);

    if (err == DMSC_OK)
        err = take_value(&e, true);
    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, uri);
    if (err == DMSC_OK)
        err = cli_mo_ask(cli, DMSC_RIGHT_REPLACE, uri, NULL, "set the value");
    if (err == DMSC_OK)
        err = set(&e, uri);
    err = cli_mo_try(cli, cli_where(cli, err, uri), "dmsc mo get URI shows the node's format");
    if (err == DMSC_OK)
        err = say_done(&e, "set", "byte", e.size);
    edit_clear(&e);
    return err;
}

static enum dmsc_err new_spec(struct edit *e, struct dmsc_node_spec *ret_spec)
{
    const char *format = e->cli->option[OPT_FORMAT];
    bool leaf = e->cli->arguments > 1 || e->cli->option[OPT_FILE] != NULL;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = leaf ? DMSC_FORMAT_CHR : DMSC_FORMAT_NODE;
    if (format != NULL && !dmsc_format_by_name(format, &spec.format))
        return cli_fail(e->cli, DMSC_E_ARG, "make the node", "there is no such format",
                        "chr, int, bool, bin, b64, xml, null, date, time, float or node");
    if (leaf && spec.format == DMSC_FORMAT_NODE)
        return cli_fail(e->cli, DMSC_E_ARG, "make the node", "an interior node has no value",
                        "leave the value out, or the format");
    spec.type = e->cli->option[OPT_TYPE];
    if (spec.type == NULL && spec.format == DMSC_FORMAT_CHR)
        spec.type = "text/plain";
    spec.value = dmsc_buf_bytes(&e->value);
    *ret_spec = spec;
    return DMSC_OK;
}

static enum dmsc_err add(struct edit *e, const char *uri, const struct dmsc_node_spec *spec)
{
    bool there = false;
    enum dmsc_err err = e->large == NULL ? DMSC_OK : dmsc_tree_has(e->tree, uri, &there);

    /* Before it is sent: a large value would become that of the node that is there. */
    if (there)
        return cli_fail(e->cli, DMSC_E_EXISTS, "make the node", "it is there already",
                        "dmsc mo set changes a node that is there");
    if (err == DMSC_OK && e->large != NULL)
        return cli_mo_send_file(e->cli, uri, e->large, &spec->format, spec->type, &e->size);
    if (err == DMSC_OK)
        err = begin(e);
    if (err == DMSC_OK)
        err = end(e, dmsc_tree_add(e->tree, uri, spec));
    return err;
}

static enum dmsc_err run_add(struct cli *cli)
{
    struct dmsc_node_spec spec;
    struct edit e;
    enum dmsc_err err = edit_init(&e, cli);
    const char *uri = dmsc_buf_str(&e.uri);

    if (err == DMSC_OK)
        err = take_value(&e, false);
    if (err == DMSC_OK)
        err = new_spec(&e, &spec);
    if (err == DMSC_OK)
        err = cli_mo_ask(cli, DMSC_RIGHT_ADD, uri,
                         spec.format == DMSC_FORMAT_NODE ? spec.type : NULL, "make the node");
    if (err == DMSC_OK)
        err = add(&e, uri, &spec);
    err = cli_mo_try(cli, cli_where(cli, err, uri),
                     err == DMSC_E_EXISTS ? "dmsc mo set changes a node that is there"
                                          : "dmsc mo add --help; --format says what the value is");
    if (err == DMSC_OK && spec.format == DMSC_FORMAT_NODE)
        err = say_done(&e, "added", "node", 1);
    else if (err == DMSC_OK)
        err = say_done(&e, "added", "byte", e.size);
    edit_clear(&e);
    return err;
}

static enum dmsc_err count_node(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)uri;
    (void)node;
    *(size_t *)user += 1;
    return DMSC_OK;
}

static enum dmsc_err delete_all(struct edit *e)
{
    const char *uri = dmsc_buf_str(&e->uri);
    enum dmsc_err err = dmsc_authority_deleting(dmsc_bridge_authority(e->cli->bridge), uri);

    return err == DMSC_OK ? dmsc_tree_delete(e->tree, uri, false) : err;
}

static enum dmsc_err run_rm(struct cli *cli)
{
    struct edit e;
    size_t nodes = 0;
    enum dmsc_err err = edit_init(&e, cli);
    const char *uri = dmsc_buf_str(&e.uri);

    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, uri);
    if (err == DMSC_OK)
        err = cli_mo_ask(cli, DMSC_RIGHT_DELETE, uri, NULL, "delete the node");
    if (err == DMSC_OK)
        err = begin(&e);
    if (err == DMSC_OK) {
        err = dmsc_tree_walk(e.tree, uri, count_node, &nodes);
        err = end(&e, err == DMSC_OK ? delete_all(&e) : err);
    }
    err = cli_mo_try(cli, err, "the root and permanent nodes stay; delete what is below them");
    if (err == DMSC_OK)
        err = say_done(&e, "deleted", "node", nodes);
    edit_clear(&e);
    return err;
}

/* The node whose own ACL counts at @p uri, in place: the nearest that has one (TND 7.7.1.2). */
static enum dmsc_err acl_owner(struct edit *e, char *uri)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(e->tree, uri, &node);

    while (err == DMSC_OK && node.acl[0] == '\0' && strrchr(uri, '/') != NULL) {
        *strrchr(uri, '/') = '\0';
        dmsc_node_clear(&node);
        err = dmsc_tree_get(e->tree, uri, &node);
    }
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err show_acl(struct edit *e)
{
    static const struct cli_column columns[] = {
        { "uri", "node" },
        { "acl", "own ACL" },
        { "effective_acl", "ACL in force" },
        { "from", "which is that of" },
        { NULL, NULL },
    };
    struct dmsc_node node = DMSC_NODE_INIT;
    json_t *record = json_pack("{s:o}", "uri", cli_text(dmsc_buf_str(&e->uri)));
    enum dmsc_err err = dmsc_tree_get(e->tree, dmsc_buf_str(&e->uri), &node);

    if (err == DMSC_OK)
        err = dmsc_tree_effective_acl(e->tree, dmsc_buf_str(&e->uri), &e->value);
    if (err == DMSC_OK) {
        (void)json_object_set_new(record, "acl",
                                  node.acl[0] == '\0' && !e->cli->json
                                      ? json_string("none: it is inherited")
                                      : cli_text(node.acl));
        (void)json_object_set_new(record, "effective_acl", cli_text(dmsc_buf_str(&e->value)));
        err = acl_owner(e, (char *)e->uri.p);
    }
    dmsc_node_clear(&node);
    if (err != DMSC_OK) {
        json_decref(record);
        return err;
    }
    (void)json_object_set_new(record, "from", cli_text((const char *)e->uri.p));
    return cli_record(e->cli, columns, record);
}

static enum dmsc_err run_acl(struct cli *cli)
{
    struct edit e;
    enum dmsc_err err = edit_init(&e, cli);
    const char *uri = dmsc_buf_str(&e.uri);

    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, uri);
    if (err == DMSC_OK && cli->arguments > 1) {
        err = cli_mo_ask(cli, DMSC_RIGHT_ACL, uri, NULL, "set the ACL");
        if (err == DMSC_OK)
            err = begin(&e);
        if (err == DMSC_OK)
            err = end(&e, dmsc_tree_set_acl(e.tree, uri, cli->argument[1]));
        err = cli_mo_try(cli, err,
                         "as in \"Get=*&Replace=com.opa.dm+fleet-dm\"; \"\" inherits, but for "
                         "the root");
    }
    if (err == DMSC_OK)
        err = show_acl(&e);
    edit_clear(&e);
    return err;
}

const struct cli_command cli_mo_edit_commands[] = {
    { "mo", "set", "URI [VALUE]", 1, 2, CLI_NEEDS_BRIDGE | CLI_CHANGES, CLI_OPTION(OPT_FILE),
      run_set, "set the value of a leaf",
      "The value must be one of the node's format. --file takes the bytes of a file as they are,\n"
      "and - those of standard input: secrets belong there, other people can see the command\n"
      "line. A file above limits.node_value is taken in pieces; interrupted, the same command\n"
      "goes on where it stopped. Standard input is taken up to limits.node_value (1 MiB).\n"
      "A value that begins with - stands behind --.\n\n"
      "  dmsc mo set ./3GPP_IMS/Timer_T1 2500\n"
      "  dmsc mo set ./DMAcc/OpA/AppAuth/1/AAuthSecret --file secret" },
    { "mo", "add", "URI [VALUE]", 1, 2, CLI_NEEDS_BRIDGE | CLI_CHANGES,
      CLI_OPTION(OPT_FILE) | CLI_OPTION(OPT_FORMAT) | CLI_OPTION(OPT_TYPE), run_add, "make a node",
      "With a value (or --file) a leaf, of format chr unless --format says another; without one "
      "an\n"
      "interior node. --type is the MIME type of a leaf, the MO identifier of an interior node.\n"
      "Missing interior nodes above are made too. --file is as for dmsc mo set: a file in pieces,\n"
      "standard input (-) up to limits.node_value (1 MiB).\n\n"
      "  dmsc mo add ./App/One --type urn:x:example:1.0\n"
      "  dmsc mo add ./App/One/Limit 20 --format int" },
    { "mo", "rm", "URI", 1, 1, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_rm,
      "delete a node and all below it",
      "All or nothing: permanent nodes stay, and with them what they are in.\n\n"
      "  dmsc mo rm ./App/One" },
    { "mo", "acl", "URI [ACL]", 1, 2, CLI_NEEDS_BRIDGE | CLI_CHANGES, 0, run_acl,
      "show who may do what by ACL, or set it",
      "The node's own ACL, and the one in force: the nearest above that has one. An empty ACL\n"
      "inherits again. What the MA list allows comes on top: dmsc ma check.\n\n"
      "  dmsc mo acl ./App/One 'Get=*&Replace=com.opa.dm'" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
