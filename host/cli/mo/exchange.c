/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc mo export, import: objects as TNDS, in XML and WBXML, and as JSON of DM 2.0. */
#include "host/cli/mo/mo.h"
#include <dmsc/inbox.h>
#include <dmsc/mo_json.h>
#include <dmsc/wbxml.h>
#include <stdio.h>
#include <string.h>

#define EXPORT_MAX ((size_t)64 << 20)

/* On standard output: with --json inside one value, JSON of an object as it is, WBXML as hex. */
static enum dmsc_err print_export(struct cli *cli, const char *uri, const struct dmsc_buf *object,
                                  json_t *left_out)
{
    bool json_mo = cli->option[OPT_JSON_MO] != NULL, wbxml = cli->option[OPT_WBXML] != NULL;
    bool line_end = !wbxml && !cli->json;

    if (cli->json)
        return cli_json(cli,
                        json_pack("{s:o,s:O,s:o}", "uri", cli_text(uri), "left_out", left_out,
                                  json_mo ? "mo"
                                  : wbxml ? "wbxml"
                                          : "tnds",
                                  json_mo ? json_loadb((const char *)object->p, object->n, 0, NULL)
                                  : wbxml ? cli_hex(cli, dmsc_buf_bytes(object))
                                          : cli_text(dmsc_buf_str(object))));
    (void)fwrite(object->p, 1, object->n, stdout);
    if (line_end)
        (void)putchar('\n');
    return DMSC_OK;
}

/* Large values and secrets stay behind; of the first it is said which. */
static bool is_taken(void *user, const char *uri, const struct dmsc_node *node)
{
    struct cli_rows *left_out = user;
    struct cli *cli = left_out->cli;

    if ((node->flags & DMSC_NODE_SECRET) != 0)
        return false;
    if (node->format == DMSC_FORMAT_NODE ||
        node->size_bytes <= dmsc_ctx_limits(cli->ctx)->node_value)
        return true;
    (void)json_array_append_new(left_out->rows, cli_text(uri));
    if (!cli->json)
        (void)fprintf(stderr,
                      "dmsc: left out: %s, %zu bytes: dmsc mo get %s --raw > FILE keeps it\n", uri,
                      node->size_bytes, uri);
    return false;
}

static enum dmsc_err must_fit(struct cli *cli, const char *uri)
{
    size_t most = dmsc_ctx_limits(cli->ctx)->node_value;
    struct dmsc_node node = DMSC_NODE_INIT;
    char hint[sizeof(cli->story.hint)];
    enum dmsc_err err = dmsc_tree_get(dmsc_bridge_tree(cli->bridge), uri, &node);

    (void)snprintf(hint, sizeof(hint), "dmsc mo get %.130s --raw > FILE keeps it", uri);
    if (err == DMSC_OK && node.format != DMSC_FORMAT_NODE && node.size_bytes > most)
        err = cli_fail_at(cli, DMSC_E_LIMIT, "write the export", uri,
                          "it is a large value, and an export holds none", hint);
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err export_as(struct cli *cli, const char *uri, json_t *left_out,
                               struct dmsc_buf *object)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    struct cli_rows left = { cli, left_out };
    enum dmsc_err err = must_fit(cli, uri);

    if (err != DMSC_OK)
        return err;
    dmsc_diag_clear(cli->ctx);
    if (cli->option[OPT_JSON_MO] != NULL)
        err = dmsc_mo_json_export(tree, uri, is_taken, &left, object);
    else if (cli->option[OPT_WBXML] != NULL)
        err = dmsc_tnds_export_wbxml(tree, uri, is_taken, &left, object);
    else
        err = dmsc_tnds_export(tree, uri, is_taken, &left, object);
    if (err == DMSC_E_LIMIT && dmsc_diag_get(cli->ctx)->err != err)
        (void)cli_fail(cli, err, "write the export", "it is longer than 64 MiB", "");
    return cli_hint(cli, cli_where(cli, err, uri),
                    "export parts of the tree: dmsc mo export URI, for each below this one");
}

static enum dmsc_err put_export(struct cli *cli, const char *uri, const struct dmsc_buf *object,
                                json_t *left_out)
{
    const char *out = cli->option[OPT_OUT];
    enum dmsc_err err;

    if (out == NULL || strcmp(out, "-") == 0)
        return print_export(cli, uri, object, left_out);
    err = cli_mo_write_file(cli, out, dmsc_buf_bytes(object));
    if (err != DMSC_OK)
        return err;
    return cli_json(cli, json_pack("{s:o,s:I,s:O}", "file", cli_text(out), "bytes",
                                   (json_int_t)object->n, "left_out", left_out));
}

static enum dmsc_err run_export(struct cli *cli)
{
    struct dmsc_buf uri, object;
    json_t *left_out = json_array();
    enum dmsc_err err = cli_mo_uri(cli, cli->arguments > 0 ? cli->argument[0] : NULL, &uri);
    const char *at = dmsc_buf_str(&uri);

    dmsc_buf_init(&object, cli->ctx, EXPORT_MAX);
    if (cli->option[OPT_JSON_MO] != NULL && cli->option[OPT_WBXML] != NULL)
        err = cli_fail(cli, DMSC_E_ARG, "write the export", "it has one form",
                       "--json-mo or --wbxml, not both");
    if (err == DMSC_OK)
        err = cli_mo_must_exist(cli, at);
    if (err == DMSC_OK)
        err = cli_mo_ask(cli, DMSC_RIGHT_GET, at, NULL, "write the node");
    if (err == DMSC_OK)
        err = export_as(cli, at, left_out, &object);
    if (err == DMSC_OK)
        err = put_export(cli, at, &object, left_out);
    json_decref(left_out);
    dmsc_buf_clear(&object);
    dmsc_buf_clear(&uri);
    return err;
}

/* --- import -------------------------------------------------------------------------------- */

/* What is wrong with the document is wrong in the file. */
static enum dmsc_err in_file(struct cli *cli, enum dmsc_err err)
{
    static const char *const of_document[] = { "json:*", "xml:*", "tnds:*", "wbxml:*" };

    for (size_t i = 0; i < sizeof(of_document) / sizeof(of_document[0]); i++) {
        if (cli_reason_is(cli, err, of_document[i]))
            return cli_where_in(cli, err, cli->argument[0]);
    }
    return err;
}

enum kind { KIND_NONE, KIND_TNDS, KIND_JSON };

/* By the version of WBXML, or the first character that is neither white space nor a byte order
 * mark. */
static enum kind kind_of(struct dmsc_bytes *content)
{
    if (dmsc_wbxml_is(*content))
        return KIND_TNDS;
    if (content->n >= 3 && memcmp(content->p, "\xEF\xBB\xBF", 3) == 0)
        *content = dmsc_bytes(content->p + 3, content->n - 3);
    while (content->n > 0 && strchr(" \t\r\n", content->p[0]) != NULL && content->p[0] != '\0')
        *content = dmsc_bytes(content->p + 1, content->n - 1);
    if (content->n == 0)
        return KIND_NONE;
    return content->p[0] == '<' ? KIND_TNDS : content->p[0] == '{' ? KIND_JSON : KIND_NONE;
}

static enum dmsc_err mode_of(struct cli *cli, enum dmsc_tnds_mode *ret_mode)
{
    static const char *const names[] = {
        [DMSC_TNDS_ADD] = "add", [DMSC_TNDS_MERGE] = "merge", [DMSC_TNDS_REPLACE] = "replace"
    };
    const char *given = cli->option[OPT_MODE] != NULL ? cli->option[OPT_MODE] : "add";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(given, names[i]) == 0) {
            *ret_mode = (enum dmsc_tnds_mode)i;
            return DMSC_OK;
        }
    }
    return cli_fail(cli, DMSC_E_ARG, "import the object", "there is no such mode",
                    "--mode add, merge or replace");
}

/* Where instances are before; and behind it, those that went. */
static enum dmsc_err note_instance(void *user, const char *uri, const struct dmsc_node *node)
{
    if (node->format != DMSC_FORMAT_NODE || node->type[0] == '\0')
        return DMSC_OK;
    return json_array_append_new(user, json_string(uri)) == 0 ? DMSC_OK : DMSC_E_NOMEM;
}

static enum dmsc_err forget_gone(struct cli *cli, const json_t *before)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i < json_array_size(before); i++) {
        const char *uri = json_string_value(json_array_get(before, i));
        bool there = false;

        err = dmsc_tree_has(dmsc_bridge_tree(cli->bridge), uri, &there);
        if (err == DMSC_OK && !there)
            err = dmsc_authority_deleting(dmsc_bridge_authority(cli->bridge), uri);
    }
    return err;
}

struct passing {
    struct cli *cli;
    size_t over;
};

/* What the device keeps itself is passed over, so that an export of the whole tree can be taken in
 * again. */
static bool is_ours(void *user, const char *uri, bool there)
{
    struct passing *p = user;
    struct dmsc_question question = DMSC_QUESTION_INIT;

    question.right = there ? DMSC_RIGHT_REPLACE : DMSC_RIGHT_ADD;
    question.uri = uri;
    question.quiet = true;
    if (dmsc_authority_ask(dmsc_bridge_authority(p->cli->bridge), &cli_mo_owner, &question,
                           dmsc_bridge_now(p->cli->bridge))
            .reason == DMSC_ALLOWED)
        return true;
    p->over++;
    return false;
}

static enum dmsc_err put_tnds(struct cli *cli, const char *base, enum dmsc_tnds_mode mode,
                              struct dmsc_bytes content, struct dmsc_buf *ret_uri)
{
    struct passing p = { cli, 0 };
    const struct dmsc_tnds_import how = {
        .base = base, .mode = mode, .wanted = is_ours, .wanted_user = &p
    };
    enum dmsc_err err = dmsc_tnds_import(dmsc_bridge_tree(cli->bridge), &how, content, ret_uri);

    if (err == DMSC_OK && p.over > 0)
        cli_say(cli, "left as they are: %zu node%s that the device keeps itself", p.over,
                p.over == 1 ? "" : "s");
    return err;
}

/* JSON has one node at the top. */
static enum dmsc_err put_json(struct cli *cli, const char *base, enum dmsc_tnds_mode mode,
                              struct dmsc_bytes content, struct dmsc_buf *ret_uri)
{
    enum dmsc_err err =
        dmsc_mo_json_import(dmsc_bridge_tree(cli->bridge), base, mode, content, ret_uri);

    return err != DMSC_OK
               ? err
               : cli_mo_ask(cli, DMSC_RIGHT_ADD, dmsc_buf_str(ret_uri), NULL, "import the object");
}

static enum dmsc_err put(struct cli *cli, const char *base, enum dmsc_tnds_mode mode,
                         struct dmsc_bytes content, struct dmsc_buf *ret_uri)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    json_t *before = json_array();
    enum kind kind = kind_of(&content);
    enum dmsc_err err = before == NULL ? DMSC_E_NOMEM : DMSC_OK;

    if (err == DMSC_OK && mode == DMSC_TNDS_REPLACE)
        err = dmsc_tree_walk(tree, ".", note_instance, before);
    if (err == DMSC_OK && kind == KIND_JSON)
        err = put_json(cli, base, mode, content, ret_uri);
    else if (err == DMSC_OK && kind == KIND_TNDS)
        err = put_tnds(cli, base, mode, content, ret_uri);
    else if (err == DMSC_OK)
        err = cli_fail(cli, DMSC_E_MALFORMED, "import the object",
                       "it begins neither with < or a version of WBXML as TNDS nor with { as "
                       "JSON",
                       "dmsc mo export shows how objects look, with --json-mo as JSON");
    if (err == DMSC_OK)
        err = forget_gone(cli, before);
    json_decref(before);
    return err;
}

static enum dmsc_err change(struct cli *cli, const char *base, enum dmsc_tnds_mode mode,
                            const struct dmsc_buf *content, struct dmsc_buf *ret_uri)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    enum dmsc_err err = dmsc_tree_begin(tree, "local", dmsc_bridge_now(cli->bridge).seconds);

    if (err != DMSC_OK)
        return err;
    err = put(cli, base, mode, dmsc_buf_bytes(content), ret_uri);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

/* Each right that the mode may use, at the place below which it all happens. */
static enum dmsc_err may_import(struct cli *cli, const char *base, enum dmsc_tnds_mode mode)
{
    static const enum dmsc_right wanted[] = { DMSC_RIGHT_ADD, DMSC_RIGHT_REPLACE,
                                              DMSC_RIGHT_DELETE };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; err == DMSC_OK && i <= (size_t)mode; i++)
        err = cli_mo_ask(cli, wanted[i], base, NULL, "import the object");
    return err;
}

static enum dmsc_err count_node(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)uri;
    (void)node;
    *(size_t *)user += 1;
    return DMSC_OK;
}

static enum dmsc_err say_imported(struct cli *cli, const char *uri)
{
    size_t nodes = 0;
    enum dmsc_err err = dmsc_tree_walk(dmsc_bridge_tree(cli->bridge), uri, count_node, &nodes);

    if (err != DMSC_OK)
        return err;
    cli_say(cli, "imported %s (%zu node%s)", uri, nodes, nodes == 1 ? "" : "s");
    return cli_json(cli, json_pack("{s:o,s:s,s:I}", "uri", cli_text(uri), "done", "imported",
                                   "nodes", (json_int_t)nodes));
}

/* The owner is asked about the place of each object, and told of it. */
static enum dmsc_err note_place(void *user, const char *uri, const char *moid)
{
    struct cli_rows *placed = user;
    enum dmsc_err err =
        cli_mo_ask(placed->cli, DMSC_RIGHT_ADD, uri, moid, "put the object in its place");

    if (err != DMSC_OK)
        return err;
    return json_array_append_new(placed->rows, json_pack("{s:o,s:o}", "uri", cli_text(uri), "mo",
                                                         cli_text(moid))) == 0
               ? DMSC_OK
               : DMSC_E_NOMEM;
}

static enum dmsc_err place_all(struct cli *cli, struct dmsc_bytes content, json_t *rows)
{
    struct dmsc_tree *tree = dmsc_bridge_tree(cli->bridge);
    struct cli_rows placed = { cli, rows };
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    enum dmsc_err err = dmsc_tree_begin(tree, "local", dmsc_bridge_now(cli->bridge).seconds);

    if (err != DMSC_OK)
        return err;
    how.place = note_place;
    how.user = &placed;
    err = dmsc_inbox_add(tree, &how, content);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

/* --inbox: where each object goes is a matter of its kind. */
static enum dmsc_err import_inbox(struct cli *cli)
{
    struct dmsc_buf content;
    struct dmsc_bytes object;
    json_t *rows = json_array();
    enum dmsc_err err = rows == NULL ? DMSC_E_NOMEM : DMSC_OK;

    dmsc_buf_init(&content, cli->ctx, dmsc_ctx_limits(cli->ctx)->object_size);
    if (cli->arguments > 1 || cli->option[OPT_MODE] != NULL)
        err = cli_fail(cli, DMSC_E_ARG, "import the object", "--inbox chooses place and name",
                       "leave URI and --mode out");
    if (err == DMSC_OK)
        err = cli_mo_read(cli, cli->argument[0], &content);
    object = dmsc_buf_bytes(&content);
    if (err == DMSC_OK && kind_of(&object) == KIND_JSON)
        err = cli_fail(cli, DMSC_E_MALFORMED, "import the object", "JSON does not say its kind",
                       "TNDS XML does: dmsc mo export writes it");
    if (err == DMSC_OK)
        err = place_all(cli, object, rows);
    err =
        cli_mo_try(cli, in_file(cli, err), "nothing was changed; docs/tree.md explains the reason");
    for (size_t i = 0; err == DMSC_OK && i < json_array_size(rows); i++)
        cli_say(cli, "placed %s (%s)",
                json_string_value(json_object_get(json_array_get(rows, i), "uri")),
                json_string_value(json_object_get(json_array_get(rows, i), "mo")));
    if (err == DMSC_OK)
        err = cli_json(cli, json_pack("{s:s,s:O}", "done", "placed", "objects", rows));
    json_decref(rows);
    dmsc_buf_clear(&content);
    return err;
}

static enum dmsc_err run_import(struct cli *cli)
{
    struct dmsc_buf base, content, uri;
    enum dmsc_tnds_mode mode = DMSC_TNDS_ADD;
    enum dmsc_err err;

    if (cli->option[OPT_INBOX] != NULL)
        return import_inbox(cli);
    err = cli_mo_uri(cli, cli->arguments > 1 ? cli->argument[1] : NULL, &base);
    dmsc_buf_init(&uri, cli->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&content, cli->ctx, dmsc_ctx_limits(cli->ctx)->object_size);
    if (err == DMSC_OK)
        err = mode_of(cli, &mode);
    if (err == DMSC_OK)
        err = cli_mo_read(cli, cli->argument[0], &content);
    if (err == DMSC_OK)
        err = may_import(cli, dmsc_buf_str(&base), mode);
    if (err == DMSC_OK)
        err = change(cli, dmsc_buf_str(&base), mode, &content, &uri);
    err = cli_mo_try(cli, in_file(cli, err),
                     err == DMSC_E_EXISTS
                         ? "--mode merge keeps what is not in the file, --mode replace deletes it"
                         : "nothing was changed; docs/tree.md explains the reason");
    if (err == DMSC_OK)
        err = say_imported(cli, dmsc_buf_str(&uri));
    dmsc_buf_clear(&base);
    dmsc_buf_clear(&content);
    dmsc_buf_clear(&uri);
    return err;
}

const struct cli_command cli_mo_exchange_commands[] = {
    { "mo", "export", "[URI]", 0, 1, CLI_NEEDS_BRIDGE,
      CLI_OPTION(OPT_OUT) | CLI_OPTION(OPT_JSON_MO) | CLI_OPTION(OPT_WBXML), run_export,
      "write a subtree as TNDS in XML or WBXML, or as JSON",
      "A document of OMA-TS-DM_TNDS 1.2 with run-time properties; with --wbxml the same in WBXML,\n"
      "which is shorter; with --json-mo the JSON of DM 2.0, which has names and values alone.\n"
      "Secrets are left out, and values above limits.node_value: of those it is said which. A "
      "FILE\n"
      "that is there is replaced when the export is complete; - is standard output.\n\n"
      "  dmsc mo export ./DevInfo --out devinfo.xml" },
    { "mo", "import", "FILE [URI]", 1, 2, CLI_NEEDS_BRIDGE | CLI_CHANGES,
      CLI_OPTION(OPT_MODE) | CLI_OPTION(OPT_INBOX), run_import, "put an object into the tree",
      "TNDS in XML or WBXML, or the JSON of DM 2.0, told apart by the first octet; - is standard\n"
      "input. Paths in it are relative to URI, or to the root. All or nothing. --mode add (the\n"
      "default) wants all nodes to be new, merge replaces values and keeps the rest, replace\n"
      "deletes the rest.\n"
      "With --inbox each object of the file goes where objects of its kind are, as if a server "
      "had\n"
      "left it in ./Inbox; a name that is taken gets a number.\n\n"
      "  dmsc mo export ./App/One --out one.xml\n"
      "  dmsc mo import one.xml --mode replace" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
