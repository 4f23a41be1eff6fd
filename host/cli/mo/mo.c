/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo ls, get: look at the management tree; and what all of dmsc mo shares. */
#include "host/cli/mo/mo.h"
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define VALUE_SHOWN 200u /* octets, in a listing */

const struct dmsc_subject cli_mo_owner = { .kind = DMSC_SUBJECT_LOCAL, .server_id = "local:" };

/* What to do about a reason that the library names, whichever command met it. */
static const struct cli_try tries[] = {
    { "uri:length", "a LocURI is no longer than limits.uri_length, characters", CLI_LIMIT_SIZE,
      offsetof(struct dmsc_limits, uri_length) },
    { "uri:segment", "a name is no longer than limits.uri_segment, characters", CLI_LIMIT_SIZE,
      offsetof(struct dmsc_limits, uri_segment) },
    { "uri:depth", "a LocURI has no more names than limits.uri_depth", CLI_LIMIT_COUNT,
      offsetof(struct dmsc_limits, uri_depth) },
    { "large:many", "dmsc mo transfers lists them, dmsc mo drop URI forgets one; limits.transfers",
      CLI_LIMIT_COUNT, offsetof(struct dmsc_limits, transfers) },
    { "large:size", "a value is no longer than limits.large_value, bytes", CLI_LIMIT_SIZE,
      offsetof(struct dmsc_limits, large_value) },
    { "*:secret", "a secret is no longer than limits.node_value, bytes", CLI_LIMIT_SIZE,
      offsetof(struct dmsc_limits, node_value) },
    { "large:bound", "a node that an application serves is no longer than limits.node_value, bytes",
      CLI_LIMIT_SIZE, offsetof(struct dmsc_limits, node_value) },
    { "ddf:*", "dmsc mo describe lists descriptions, dmsc mo describe NAME shows what may be there",
      CLI_NO_LIMIT, 0 },
    { "inbox:node", "dmsc mo import FILE --inbox: the device chooses the place", CLI_NO_LIMIT, 0 },
    { "client-uri:nothing", "dmsc mo kinds lists kinds of objects, and where there are any",
      CLI_NO_LIMIT, 0 },
    { NULL, NULL, CLI_NO_LIMIT, 0 },
};

enum dmsc_err cli_mo_try(struct cli *cli, enum dmsc_err err, const char *otherwise)
{
    return cli_hint_by_reason(cli, err, tries, otherwise);
}

enum dmsc_err cli_mo_uri(struct cli *cli, const char *given, struct dmsc_buf *uri)
{
    dmsc_buf_init(uri, cli->ctx, dmsc_ctx_limits(cli->ctx)->uri_length);
    given = given != NULL ? given : ".";
    return cli_mo_try(cli, cli_where(cli, dmsc_uri_normalise(cli->ctx, given, uri, NULL), given),
                      CLI_TRY_URI);
}

static enum dmsc_err uri_of(struct cli *cli, struct dmsc_buf *uri)
{
    return cli_mo_uri(cli, cli->arguments > 0 ? cli->argument[0] : NULL, uri);
}

enum dmsc_err cli_mo_must_exist(struct cli *cli, const char *uri)
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

static bool is_large(const struct cli *cli, const struct dmsc_node *node)
{
    return node->size_bytes > dmsc_ctx_limits(cli->ctx)->node_value;
}

/* Binary values and long ones would spoil a listing: how much there is. */
static void add_size(const struct cli *cli, json_t *row, const struct dmsc_node *node)
{
    if (!cli->json && node->size_bytes > 0)
        (void)json_object_set_new(row, "value",
                                  json_sprintf("(%s%zu byte%s)",
                                               is_large(cli, node) ? "large, " : "",
                                               node->size_bytes, node->size_bytes == 1 ? "" : "s"));
}

static void add_value(struct cli_rows *l, json_t *row, const char *uri,
                      const struct dmsc_node *node)
{
    struct dmsc_buf value;

    if (node->format == DMSC_FORMAT_NODE)
        return;
    if ((node->flags & DMSC_NODE_SECRET) != 0) {
        (void)json_object_set_new(row, "value", json_string("(secret)"));
        return;
    }
    if (node->format == DMSC_FORMAT_BIN || node->size_bytes > VALUE_SHOWN) {
        add_size(l->cli, row, node);
        return;
    }
    dmsc_buf_init(&value, l->cli->ctx, VALUE_SHOWN);
    if (dmsc_tree_value(dmsc_bridge_tree(l->cli->bridge), uri, &value) == DMSC_OK)
        (void)json_object_set_new(row, "value", cli_text(dmsc_buf_str(&value)));
    dmsc_buf_clear(&value);
}

enum dmsc_err cli_mo_row(void *rows, const char *uri, const struct dmsc_node *node)
{
    struct cli_rows *l = rows;
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

enum dmsc_err cli_mo_table(struct cli *cli, json_t *rows)
{
    static const struct cli_column columns[] = {
        { "uri", "NODE" }, { "format", "FORMAT" }, { "value", "VALUE" },
        { "acl", "ACL" },  { NULL, NULL },
    };

    return cli_table(cli, columns, rows);
}

static enum dmsc_err run_ls(struct cli *cli)
{
    struct cli_rows l = { cli, json_array() };
    struct dmsc_buf uri;
    enum dmsc_err err = uri_of(cli, &uri);

    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, dmsc_buf_str(&uri));
    if (err == DMSC_OK)
        err = dmsc_tree_walk(dmsc_bridge_tree(cli->bridge), dmsc_buf_str(&uri), cli_mo_row, &l);
    dmsc_buf_clear(&uri);
    if (err != DMSC_OK) {
        json_decref(l.rows);
        return err;
    }
    return cli_mo_table(cli, l.rows);
}

static bool add_child(void *user, const char *name)
{
    return json_array_append_new(user, cli_text(name)) == 0;
}

enum dmsc_err cli_mo_ask(struct cli *cli, enum dmsc_right right, const char *uri,
                         const char *new_mo, const char *what)
{
    struct dmsc_authority *authority = dmsc_bridge_authority(cli->bridge);
    struct dmsc_question question = DMSC_QUESTION_INIT;
    struct dmsc_now now = dmsc_bridge_now(cli->bridge);
    struct dmsc_verdict verdict;

    question.right = right;
    question.uri = uri;
    question.new_mo = new_mo;
    verdict = dmsc_authority_ask(authority, &cli_mo_owner, &question, now);
    if (verdict.reason == DMSC_ALLOWED)
        return DMSC_OK;
    if (dmsc_authority_flush(authority, now) != DMSC_OK)
        (void)fputs("dmsc: warning: the refusal is not in the audit record\n", stderr);
    (void)cli_fail(cli, DMSC_E_REFUSED, what, dmsc_reason_text(verdict.reason),
                   right == DMSC_RIGHT_GET ? "a secret can be set, by dmsc mo set, not be read"
                                           : "dmsc ma audit shows what was refused");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", uri);
    (void)snprintf(cli->story.reason, sizeof(cli->story.reason), "%s",
                   dmsc_reason_name(verdict.reason));
    return DMSC_E_REFUSED;
}

static enum dmsc_err read_failed(struct cli *cli, const char *path, const char *why)
{
    return cli_fail_at(cli, DMSC_E_IO, "read the file", path, why,
                       "name a file that you can read, or - for standard input");
}

static enum dmsc_err too_long(struct cli *cli, const char *path, size_t most)
{
    bool is_stdin = strcmp(path, "-") == 0;
    char why[sizeof(cli->story.why)];

    (void)snprintf(why, sizeof(why), "%s up to %zu bytes",
                   is_stdin ? "standard input is taken" : "it is taken", most);
    return cli_fail_at(cli, DMSC_E_LIMIT, is_stdin ? "read standard input" : "read the file", path,
                       why, "docs/limits.md has node_value and object_size");
}

enum dmsc_err cli_mo_read(struct cli *cli, const char *path, struct dmsc_buf *content)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    enum dmsc_err err = DMSC_OK;
    uint8_t *room;
    size_t n = 1;

    if (file == NULL)
        return read_failed(cli, path, strerror(errno));
    /* Unbuffered: it may be a secret, and memory of stdio is not wiped. */
    (void)setvbuf(file, NULL, _IONBF, 0);
    while (err == DMSC_OK && n > 0) {
        size_t want = content->ceiling - content->n < 4096 ? content->ceiling - content->n : 4096;

        if (want == 0) {
            if (fgetc(file) != EOF)
                err = DMSC_E_LIMIT;
            break;
        }
        err = dmsc_buf_reserve(content, want, &room);
        n = err == DMSC_OK ? fread(room, 1, want, file) : 0;
        dmsc_buf_commit(content, n);
    }
    if (err == DMSC_OK && ferror(file))
        err = read_failed(cli, path, strerror(errno));
    if (err == DMSC_E_LIMIT)
        err = too_long(cli, path, content->ceiling);
    if (file != stdin)
        (void)fclose(file);
    return err;
}

static enum dmsc_err get_leaf(struct cli *cli, const char *uri, json_t *record)
{
    size_t most = dmsc_ctx_limits(cli->ctx)->node_value;
    struct dmsc_buf value;
    enum dmsc_err err;

    if (cli->option[OPT_RAW] != NULL && cli->json)
        return cli_fail_at(cli, DMSC_E_ARG, "write the value", uri,
                           "the bytes as they are are no JSON", "--raw or --json, not both");
    if (cli->option[OPT_RAW] != NULL)
        return cli_mo_write_value(cli, uri);
    if ((uint64_t)json_integer_value(json_object_get(record, "size")) > most) {
        (void)json_object_set_new(record, "large",
                                  cli->json ? json_true() : json_string("yes: --raw writes it"));
        return DMSC_OK;
    }
    dmsc_buf_init(&value, cli->ctx, most);
    err = dmsc_tree_value(dmsc_bridge_tree(cli->bridge), uri, &value);
    if (err == DMSC_OK && strcmp(json_string_value(json_object_get(record, "format")), "bin") == 0)
        (void)json_object_set_new(record, "value_hex", cli_hex(cli, dmsc_buf_bytes(&value)));
    else if (err == DMSC_OK)
        (void)json_object_set_new(record, "value", json_stringn((const char *)value.p, value.n));
    dmsc_buf_clear(&value);
    return err;
}

/* In JSON all of it, for people what is not as it is with most nodes. */
static void add_properties(struct cli *cli, json_t *record, const struct dmsc_node *node)
{
    if (node->format == DMSC_FORMAT_NODE)
        (void)json_object_del(record, "size");
    if (cli->json || node->title[0] != '\0')
        (void)json_object_set_new(record, "title", cli_text(node->title));
    if (cli->json || node->access != DMSC_ACCESS_DYNAMIC)
        (void)json_object_set_new(record, "access", cli_mo_access(node->access));
}

static enum dmsc_err get_node(struct cli *cli, const char *uri)
{
    static const struct cli_column columns[] = {
        { "uri", "node" },
        { "format", "format" },
        { "type", "type" },
        { "title", "title" },
        { "value", "value" },
        { "value_hex", "value" },
        { "children", "children" },
        { "size", "size" },
        { "acl", "ACL" },
        { "effective_acl", "ACL in force" },
        { "access", "allows" },
        { "large", "large" },
        { "tstamp", "last change" },
        { "verno", "version" },
        { NULL, NULL },
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
        err = cli_mo_row(&l, uri, &node);
    if (err != DMSC_OK)
        goto out;
    record = json_incref(json_array_get(l.rows, 0));
    (void)json_object_del(record, "value");
    (void)json_object_set_new(record, "effective_acl", cli_text(dmsc_buf_str(&acl)));
    add_properties(cli, record, &node);
    if (node.format == DMSC_FORMAT_NODE && cli->option[OPT_RAW] != NULL)
        err = cli_fail_at(cli, DMSC_E_STATE, "write the value", uri, "an interior node has none",
                          "dmsc mo ls URI lists what is below it");
    else if (node.format == DMSC_FORMAT_NODE) {
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
    struct dmsc_buf uri;
    enum dmsc_err err = uri_of(cli, &uri);

    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, dmsc_buf_str(&uri));
    if (err == DMSC_OK)
        err = cli_mo_ask(cli, DMSC_RIGHT_GET, dmsc_buf_str(&uri), NULL, "read the node");
    if (err == DMSC_OK)
        err = get_node(cli, dmsc_buf_str(&uri));
    dmsc_buf_clear(&uri);
    return err;
}

const struct cli_command cli_mo_commands[] = {
    { "mo", "ls", "[URI]", 0, 1, CLI_NEEDS_BRIDGE, 0, run_ls, "list the management tree",
      "Every node at and below URI, with its format, value and own ACL. Secrets are not shown.\n\n"
      "  dmsc mo ls ./3GPP_IMS" },
    { "mo", "get", "URI", 1, 1, CLI_NEEDS_BRIDGE, CLI_OPTION(OPT_RAW), run_get, "show one node",
      "Value or children, all properties, and the ACL that is in force. --raw writes the value's\n"
      "bytes and nothing else: not with --json.\n\n"
      "  dmsc mo get ./DevInfo/DevId" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
