/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authority may do now, by the rules of DM 1.x and by those of DM 2.0. Its scopes say what
 * it might; delegation, deny entries, ACLs and time take from that. Nothing of this is computed
 * here: each right is asked of the decision point, at each place that a scope is about.
 */
#include "host/cli/ma/ma.h"
#include <stdio.h>
#include <string.h>

#define RIGHTS 16u /* bits of a scope */

json_t *cli_ma_rights(uint16_t bits)
{
    json_t *names = json_array();

    for (unsigned i = 0; i < RIGHTS; i++) {
        enum dmsc_right right = (enum dmsc_right)(1u << i);

        if ((bits & right) != 0)
            (void)json_array_append_new(names, json_string(dmsc_right_name(right)));
    }
    return names;
}

static enum dmsc_err keep_instance(void *user, const char *uri, const struct dmsc_node *node)
{
    if (node->format != DMSC_FORMAT_NODE || node->type[0] == '\0')
        return DMSC_OK;
    return json_array_append_new(user, json_pack("{s:s,s:s}", "uri", uri, "type", node->type)) == 0
               ? DMSC_OK
               : DMSC_E_NOMEM;
}

json_t *cli_ma_instances(struct cli *cli)
{
    json_t *all = json_array();

    if (dmsc_tree_walk(dmsc_bridge_tree(cli->bridge), ".", keep_instance, all) == DMSC_OK)
        return all;
    json_decref(all);
    return NULL;
}

/* Where and as whom is asked. */
struct asker {
    struct cli *cli;
    const struct dmsc_ma *ma;
    const struct dmsc_ma_scope *scope;
    const char *urn; /* of the scope's type; NULL: any */
    enum dmsc_rules rules;
    const json_t *instances;
    json_t *answers;
};

/* A new node is asked for below a place that is there, otherwise it is the place itself. */
static enum dmsc_err place_of_new(struct asker *a, const char *place, struct dmsc_buf *ret_uri)
{
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(dmsc_bridge_tree(a->cli->bridge), place, &there);

    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_uri, place);
    return err == DMSC_OK && there ? dmsc_buf_append_str(ret_uri, "/new") : err;
}

static uint16_t allowed(struct asker *a, const struct dmsc_subject *subject, const char *place,
                        const char *below, bool is_instance)
{
    uint16_t wanted = a->scope->rights, bits = 0;

    if ((wanted & DMSC_RIGHT_ALL) != 0)
        wanted = DMSC_RIGHT_ALL - 1;
    for (unsigned i = 0; i + 1 < RIGHTS; i++) {
        struct dmsc_question question = DMSC_QUESTION_INIT;

        question.right = (enum dmsc_right)(1u << i);
        if ((wanted & question.right) == 0 || strcmp(dmsc_right_name(question.right), "?") == 0)
            continue;
        question.uri = question.right == DMSC_RIGHT_ADD ? below : place;
        question.new_mo = is_instance ? NULL : a->urn;
        question.quiet = true;
        if (dmsc_authority_ask(dmsc_bridge_authority(a->cli->bridge), subject, &question,
                               dmsc_bridge_now(a->cli->bridge))
                .reason == DMSC_ALLOWED)
            bits = (uint16_t)(bits | question.right);
    }
    return bits;
}

/* The URN of a scope names all versions of a kind. */
static bool is_of(const char *urn, const char *type)
{
    size_t n = strlen(urn);

    return strncmp(urn, type, n) == 0 && (type[n] == '\0' || type[n] == ':');
}

/* --- the MOIDs of an account (DM 2.0: Perm) ------------------------------------------------------
 */

static bool text_is(struct cli *cli, const char *account, const char *leaf, const char *text)
{
    struct dmsc_buf uri, value;
    bool is = false;

    dmsc_buf_init(&uri, cli->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, cli->ctx, SIZE_MAX / 2);
    if (dmsc_buf_append_str(&uri, account) == DMSC_OK &&
        dmsc_buf_append_str(&uri, "/") == DMSC_OK && dmsc_buf_append_str(&uri, leaf) == DMSC_OK &&
        dmsc_tree_value(dmsc_bridge_tree(cli->bridge), dmsc_buf_str(&uri), &value) == DMSC_OK)
        is = strcmp(dmsc_buf_str(&value), text) == 0;
    dmsc_buf_clear(&uri);
    dmsc_buf_clear(&value);
    return is;
}

static enum dmsc_err keep_moid(void *user, const char *uri, const struct dmsc_node *node)
{
    struct cli_rows *found = user;
    const char *name = strrchr(uri, '/');
    struct dmsc_buf value;

    if (node->format == DMSC_FORMAT_NODE || name == NULL || strcmp(name, "/MOID") != 0 ||
        json_array_size(found->rows) == CLI_MA_MOIDS)
        return DMSC_OK;
    dmsc_buf_init(&value, found->cli->ctx, SIZE_MAX / 2);
    if (dmsc_tree_value(dmsc_bridge_tree(found->cli->bridge), uri, &value) == DMSC_OK)
        (void)json_array_append_new(found->rows, cli_text(dmsc_buf_str(&value)));
    dmsc_buf_clear(&value);
    return DMSC_OK;
}

json_t *cli_ma_moids(struct cli *cli, const char *server_id, const json_t *instances)
{
    struct cli_rows found = { cli, NULL };
    size_t i;
    json_t *one;

    json_array_foreach(instances, i, one)
    {
        const char *uri = json_string_value(json_object_get(one, "uri"));
        struct dmsc_buf perm;

        if (found.rows != NULL ||
            !is_of(dmsc_mo_type_urn(DMSC_MO_DMACC),
                   json_string_value(json_object_get(one, "type"))) ||
            (!text_is(cli, uri, "SrvID", server_id) && !text_is(cli, uri, "ServerID", server_id)))
            continue;
        dmsc_buf_init(&perm, cli->ctx, SIZE_MAX / 2);
        found.rows = json_array();
        if (dmsc_buf_append_str(&perm, uri) != DMSC_OK ||
            dmsc_buf_append_str(&perm, "/Perm") != DMSC_OK ||
            dmsc_tree_walk(dmsc_bridge_tree(cli->bridge), dmsc_buf_str(&perm), keep_moid, &found) !=
                DMSC_OK) {
            json_decref(found.rows); /* an account of DM 1.x */
            found.rows = NULL;
        }
        dmsc_buf_clear(&perm);
    }
    return found.rows;
}

/* As a question takes them; NULL: no account limits them. */
static const char *const *moids_of(const json_t *asked, const char *moids[CLI_MA_MOIDS + 1])
{
    size_t n = json_array_size(asked);

    for (size_t i = 0; i < n && i < CLI_MA_MOIDS; i++)
        moids[i] = json_string_value(json_array_get(asked, i));
    moids[n < CLI_MA_MOIDS ? n : CLI_MA_MOIDS] = NULL;
    return asked != NULL ? moids : NULL;
}

static void ask_at(struct asker *a, const char *place, bool is_instance)
{
    const char *moids[CLI_MA_MOIDS + 1];
    struct dmsc_buf below;

    dmsc_buf_init(&below, a->cli->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < a->ma->server_id_count; i++) {
        struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA,
                                        .server_id = a->ma->server_ids[i],
                                        .ma_id = a->ma->id,
                                        .rules = a->rules };
        json_t *asked = NULL;
        uint16_t bits = 0;

        if (a->rules == DMSC_RULES_DACMO) {
            asked = cli_ma_moids(a->cli, subject.server_id, a->instances);
            subject.moids = moids_of(asked, moids);
        }

        dmsc_buf_reset(&below);
        if (place_of_new(a, place, &below) == DMSC_OK)
            bits = allowed(a, &subject, place, dmsc_buf_str(&below), is_instance);
        if (bits != 0)
            (void)json_array_append_new(
                a->answers, json_pack("{s:o,s:o,s:o}", "server_id", cli_text(subject.server_id),
                                      "node", cli_text(place), "rights", cli_ma_rights(bits)));
        json_decref(asked);
    }
    dmsc_buf_clear(&below);
}

/* A scope of any type is about its path; one of a type about the instances there, and where there
 * is none about making one. */
static json_t *effective(struct cli *cli, const struct dmsc_ma *ma,
                         const struct dmsc_ma_scope *scope, const json_t *instances,
                         enum dmsc_rules rules)
{
    struct asker a = { cli, ma, scope, NULL, rules, instances, json_array() };
    const char *path = scope->path != NULL ? scope->path : ".";
    bool any = false;
    size_t i;
    json_t *one;

    if (scope->type != DMSC_MO_ANY)
        a.urn = scope->type == DMSC_MO_URN ? scope->urn : dmsc_mo_type_urn(scope->type);
    json_array_foreach(instances, i, one)
    {
        const char *uri = json_string_value(json_object_get(one, "uri"));

        if (a.urn == NULL || !is_of(a.urn, json_string_value(json_object_get(one, "type"))))
            continue;
        if (dmsc_uri_below(uri, path) || dmsc_uri_below(path, uri)) {
            ask_at(&a, dmsc_uri_below(uri, path) ? uri : path, true);
            any = true;
        }
    }
    if (!any)
        ask_at(&a, path, false);
    return a.answers;
}

json_t *cli_ma_scopes(struct cli *cli, const struct dmsc_ma *ma, const json_t *instances)
{
    json_t *scopes = json_array();

    for (size_t i = 0; i < ma->scope_count; i++) {
        const struct dmsc_ma_scope *s = &ma->scopes[i];

        (void)json_array_append_new(
            scopes,
            json_pack("{s:o,s:o,s:o,s:o,s:o}", "type",
                      cli_text(s->type == DMSC_MO_URN ? s->urn : dmsc_mo_type_name(s->type)),
                      "path", cli_text(s->path), "rights", cli_ma_rights(s->rights), "effective",
                      effective(cli, ma, s, instances, DMSC_RULES_ACL), "effective_dm2",
                      effective(cli, ma, s, instances, DMSC_RULES_DACMO)));
    }
    return scopes;
}
