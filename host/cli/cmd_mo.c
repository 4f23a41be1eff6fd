/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo: the management tree. */
#include "host/cli/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct dmsc_subject local = { .kind = DMSC_SUBJECT_LOCAL };

static enum dmsc_err uri_of(struct cli *cli, struct dmsc_buf *uri)
{
    const char *given = cli->arguments > 0 ? cli->argument[0] : ".";

    dmsc_buf_init(uri, cli->ctx, dmsc_ctx_limits(cli->ctx)->uri_length);
    return dmsc_uri_normalise(cli->ctx, given, uri, NULL);
}

static enum dmsc_err must_exist(struct cli *cli, const char *uri)
{
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(dmsc_bridge_tree(cli->bridge), uri, &there);

    if (err != DMSC_OK || there)
        return err;
    (void)cli_fail(cli, DMSC_E_NOTFOUND, "find the node", "the tree has no such node",
                   "dmsc mo ls shows the tree");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", uri);
    return DMSC_E_NOTFOUND;
}

/* Binary values and long ones would spoil a listing. */
static void add_value(struct cli_rows *l, json_t *row, const char *uri,
                      const struct dmsc_node *node)
{
    struct dmsc_buf value;

    if (node->format == DMSC_FORMAT_NODE || node->format == DMSC_FORMAT_BIN)
        return;
    if ((node->flags & DMSC_NODE_SECRET) != 0) {
        (void)json_object_set_new(row, "value", json_string("(secret)"));
        return;
    }
    dmsc_buf_init(&value, l->cli->ctx, dmsc_ctx_limits(l->cli->ctx)->node_value);
    if (node->size_bytes <= 200 &&
        dmsc_tree_value(dmsc_bridge_tree(l->cli->bridge), uri, &value) == DMSC_OK)
        (void)json_object_set_new(row, "value", cli_text(dmsc_buf_str(&value)));
    dmsc_buf_clear(&value);
}

static enum dmsc_err list_node(void *user, const char *uri, const struct dmsc_node *node)
{
    struct cli_rows *l = user;
    json_t *row = json_pack("{s:o,s:s,s:o,s:I,s:o,s:i,s:o,s:b}", "uri", cli_text(uri), "format",
                            dmsc_format_name(node->format), "type", cli_text(node->type), "size",
                            (json_int_t)node->size_bytes, "acl", cli_text(node->acl), "verno",
                            node->verno, "tstamp", cli_time(node->tstamp), "permanent",
                            (node->flags & DMSC_NODE_PERMANENT) != 0);

    if (row == NULL)
        return DMSC_E_NOMEM;
    add_value(l, row, uri, node);
    return json_array_append_new(l->rows, row) == 0 ? DMSC_OK : DMSC_E_NOMEM;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "uri", "NODE" }, { "format", "FORMAT" }, { "value", "VALUE" },
        { "acl", "ACL" },  { NULL, NULL },
    };
    struct cli_rows l = { cli, json_array() };
    struct dmsc_buf uri;
    enum dmsc_err err = uri_of(cli, &uri);

    if (err == DMSC_OK)
        err = must_exist(cli, dmsc_buf_str(&uri));
    if (err == DMSC_OK)
        err = dmsc_tree_walk(dmsc_bridge_tree(cli->bridge), dmsc_buf_str(&uri), list_node, &l);
    dmsc_buf_clear(&uri);
    if (err != DMSC_OK) {
        json_decref(l.rows);
        return err;
    }
    return cli_table(cli, columns, l.rows);
}

static bool add_child(void *user, const char *name)
{
    return json_array_append_new(user, cli_text(name)) == 0;
}

static enum dmsc_err refused(struct cli *cli, const struct dmsc_verdict *verdict, const char *what)
{
    enum dmsc_err err = cli_fail(cli, DMSC_E_REFUSED, what, dmsc_reason_text(verdict->reason), "");

    (void)snprintf(cli->story.reason, sizeof(cli->story.reason), "%s",
                   dmsc_reason_name(verdict->reason));
    return err;
}

static enum dmsc_err get_leaf(struct cli *cli, const char *uri, json_t *record)
{
    struct dmsc_buf value;
    enum dmsc_err err;

    dmsc_buf_init(&value, cli->ctx, dmsc_ctx_limits(cli->ctx)->node_value);
    err = dmsc_tree_value(dmsc_bridge_tree(cli->bridge), uri, &value);
    if (err == DMSC_OK && cli->option[OPT_RAW] != NULL)
        err = fwrite(value.p != NULL ? (const void *)value.p : "", 1, value.n, stdout) == value.n
                  ? DMSC_OK
                  : DMSC_E_IO;
    else if (err == DMSC_OK &&
             strcmp(json_string_value(json_object_get(record, "format")), "bin") == 0)
        (void)json_object_set_new(record, "value_hex", cli_hex(cli, dmsc_buf_bytes(&value)));
    else if (err == DMSC_OK)
        (void)json_object_set_new(record, "value", json_stringn((const char *)value.p, value.n));
    dmsc_buf_clear(&value);
    return err;
}

static enum dmsc_err get_node(struct cli *cli, const char *uri)
{
    static const struct cli_column columns[] = {
        { "uri", "node" },           { "format", "format" },   { "type", "type" },
        { "value", "value" },        { "value_hex", "value" }, { "children", "children" },
        { "size", "size" },          { "acl", "ACL" },         { "effective_acl", "ACL in force" },
        { "tstamp", "last change" }, { "verno", "version" },   { NULL, NULL },
    };
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    struct dmsc_node node = DMSC_NODE_INIT;
    struct cli_rows l = { cli, json_array() };
    json_t *record = NULL;
    struct dmsc_buf acl;
    enum dmsc_err err = dmsc_tree_get(tree, uri, &node);

    dmsc_buf_init(&acl, cli->ctx, dmsc_ctx_limits(cli->ctx)->node_value);
    if (err == DMSC_OK)
        err = dmsc_tree_effective_acl(tree, uri, &acl);
    if (err == DMSC_OK)
        err = list_node(&l, uri, &node);
    if (err != DMSC_OK)
        goto out;
    record = json_incref(json_array_get(l.rows, 0));
    (void)json_object_del(record, "value");
    (void)json_object_set_new(record, "effective_acl", cli_text(dmsc_buf_str(&acl)));
    if (node.format == DMSC_FORMAT_NODE) {
        json_t *children = json_array();

        err = dmsc_tree_children(tree, uri, add_child, children);
        (void)json_object_set_new(record, "children", children);
    } else {
        err = get_leaf(cli, uri, record);
    }
    if (err == DMSC_OK && cli->option[OPT_RAW] == NULL)
        err = cli_record(cli, columns, json_incref(record));
out:
    json_decref(record);
    json_decref(l.rows);
    dmsc_node_clear(&node);
    dmsc_buf_clear(&acl);
    return err;
}

static enum dmsc_err run_get(struct cli *cli)
{
    struct dmsc_verdict verdict;
    struct dmsc_buf uri;
    enum dmsc_err err = uri_of(cli, &uri);

    if (err == DMSC_OK)
        err = must_exist(cli, dmsc_buf_str(&uri));
    if (err == DMSC_OK) {
        verdict = dmsc_authority_decide(dmsc_bridge_authority(cli->bridge), &local, DMSC_RIGHT_GET,
                                        dmsc_buf_str(&uri), dmsc_bridge_now(cli->bridge));
        err = verdict.reason == DMSC_ALLOWED ? get_node(cli, dmsc_buf_str(&uri))
                                             : refused(cli, &verdict, "read the node");
    }
    dmsc_buf_clear(&uri);
    return err;
}

/* Beside, flushed, renamed: an export that was cut short never looks like one. */
static enum dmsc_err write_out(struct cli *cli, const char *path, struct dmsc_bytes content)
{
    char beside[4096];
    int fd;
    bool good;

    if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
        return cli_fail(cli, DMSC_E_ARG, "write the export", "the name is too long", "");
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return cli_fail(cli, DMSC_E_IO, "write the export", strerror(errno), path);
    good = write(fd, content.p, content.n) == (ssize_t)content.n && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(beside, path) == 0)
        return DMSC_OK;
    (void)cli_fail(cli, DMSC_E_IO, "write the export", strerror(errno), path);
    (void)unlink(beside);
    return DMSC_E_IO;
}

static enum dmsc_err run_export(struct cli *cli)
{
    struct dmsc_buf uri, xml;
    enum dmsc_err err = uri_of(cli, &uri);

    dmsc_buf_init(&xml, cli->ctx, (size_t)64 << 20);
    if (err == DMSC_OK)
        err = must_exist(cli, dmsc_buf_str(&uri));
    if (err == DMSC_OK)
        err = dmsc_tnds_export(dmsc_bridge_tree(cli->bridge), dmsc_buf_str(&uri), NULL, NULL, &xml);
    if (err == DMSC_OK && cli->option[OPT_OUT] != NULL) {
        err = write_out(cli, cli->option[OPT_OUT], dmsc_buf_bytes(&xml));
        if (err == DMSC_OK)
            err = cli_json(cli, json_pack("{s:s,s:I}", "file", cli->option[OPT_OUT], "bytes",
                                          (json_int_t)xml.n));
    } else if (err == DMSC_OK && cli->json) {
        err = cli_json(
            cli, json_pack("{s:s,s:s}", "uri", dmsc_buf_str(&uri), "tnds", dmsc_buf_str(&xml)));
    } else if (err == DMSC_OK) {
        (void)puts(dmsc_buf_str(&xml));
    }
    dmsc_buf_clear(&xml);
    dmsc_buf_clear(&uri);
    return err;
}

const struct cli_command cli_mo_commands[] = {
    { "mo", "ls", "[URI]", 0, 1, CLI_NEEDS_BRIDGE, 0, run_ls, "list the management tree",
      "Every node at and below URI, with its format, value and own ACL. Secrets are not shown.\n\n"
      "  dmsc mo ls ./3GPP_IMS" },
    { "mo", "get", "URI", 1, 1, CLI_NEEDS_BRIDGE, 1u << OPT_RAW, run_get, "show one node",
      "Value or children, all properties, and the ACL that is in force. --raw writes the value's\n"
      "bytes and nothing else.\n\n"
      "  dmsc mo get ./DevInfo/DevId" },
    { "mo", "export", "[URI]", 0, 1, CLI_NEEDS_BRIDGE, 1u << OPT_OUT, run_export,
      "write a subtree as TNDS XML",
      "A document of OMA-TS-DM_TNDS 1.2 with run-time properties. Secrets are left out.\n\n"
      "  dmsc mo export ./3GPP_IMS --out ims.xml" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
