/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authority may do now. Its scopes say what it might; delegation, deny entries, ACLs and
 * time take from that. Nothing of this is computed here: each right is asked of the decision point,
 * at each place that a scope is about.
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

static void ask_at(struct asker *a, const char *place, bool is_instance)
{
    struct dmsc_buf below;

    dmsc_buf_init(&below, a->cli->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < a->ma->server_id_count; i++) {
        const struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA,
                                              .server_id = a->ma->server_ids[i],
                                              .ma_id = a->ma->id };
        uint16_t bits = 0;

        dmsc_buf_reset(&below);
        if (place_of_new(a, place, &below) == DMSC_OK)
            bits = allowed(a, &subject, place, dmsc_buf_str(&below), is_instance);
        if (bits != 0)
            (void)json_array_append_new(
                a->answers, json_pack("{s:o,s:o,s:o}", "server_id", cli_text(subject.server_id),
                                      "node", cli_text(place), "rights", cli_ma_rights(bits)));
    }
    dmsc_buf_clear(&below);
}

/* The URN of a scope names all versions of a kind. */
static bool is_of(const char *urn, const char *type)
{
    size_t n = strlen(urn);

    return strncmp(urn, type, n) == 0 && (type[n] == '\0' || type[n] == ':');
}

/* A scope of any type is about its path; one of a type about the instances there, and where there
 * is none about making one. */
static json_t *effective(struct cli *cli, const struct dmsc_ma *ma,
                         const struct dmsc_ma_scope *scope, const json_t *instances)
{
    struct asker a = { cli, ma, scope, NULL, json_array() };
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
            json_pack("{s:o,s:o,s:o,s:o}", "type",
                      cli_text(s->type == DMSC_MO_URN ? s->urn : dmsc_mo_type_name(s->type)),
                      "path", cli_text(s->path), "rights", cli_ma_rights(s->rights), "effective",
                      effective(cli, ma, s, instances)));
    }
    return scopes;
}
