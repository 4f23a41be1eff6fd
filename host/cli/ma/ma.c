/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc ma: Management Authorities, and why an access is allowed or refused. */
#include "host/cli/ma/ma.h"
#include <stdio.h>
#include <string.h>

#define PLACES_SHOWN 3u

static json_t *server_ids_json(const struct dmsc_ma *ma)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < ma->server_id_count; i++)
        (void)json_array_append_new(ids, cli_text(ma->server_ids[i]));
    return ids;
}

const char *cli_ma_pin_name(enum dmsc_pin_kind kind)
{
    static const char *const names[] = { "?", "certificate", "key", "CA key", "PSK" };

    return names[kind >= DMSC_PIN_CERT && kind <= DMSC_PIN_PSK ? kind : 0];
}

static json_t *pins_json(const struct dmsc_ma *ma)
{
    json_t *pins = json_array();

    for (size_t i = 0; i < ma->pin_count; i++)
        (void)json_array_append_new(pins, json_string(cli_ma_pin_name(ma->pins[i].kind)));
    return pins;
}

/* An entry is asked by each of its ServerIDs; one that is admitted speaks for it. */
enum dmsc_reason cli_ma_standing(struct cli *cli, const struct dmsc_ma *ma)
{
    struct dmsc_authority *authority = dmsc_bridge_authority(cli->bridge);
    enum dmsc_reason reason = DMSC_REFUSED_UNLISTED;

    if ((ma->flags & DMSC_MA_DENY) != 0)
        return DMSC_REFUSED_DENY_ENTRY;
    for (size_t i = 0; i < ma->server_id_count && reason != DMSC_ALLOWED; i++)
        reason =
            dmsc_authority_admit(authority, ma->server_ids[i], dmsc_bridge_now(cli->bridge)).reason;
    return reason;
}

static const char *standing(struct cli *cli, const struct dmsc_ma *ma)
{
    enum dmsc_reason reason = cli_ma_standing(cli, ma);

    if ((ma->flags & DMSC_MA_DENY) != 0)
        return "deny entry";
    if (ma->server_id_count == 0)
        return "no ServerID";
    return reason == DMSC_ALLOWED ? "admitted" : dmsc_reason_name(reason);
}

json_t *cli_ma_bound(uint32_t seconds, uint32_t open)
{
    return seconds == open ? json_null() : cli_time(seconds);
}

void cli_ma_rights_words(const json_t *one, char *ret_text, size_t size)
{
    size_t i, n = 0;
    json_t *right;

    ret_text[0] = '\0';
    json_array_foreach(json_object_get(one, "rights"), i, right)
    {
        int written =
            snprintf(ret_text + n, size - n, "%s%s", i > 0 ? "+" : "", json_string_value(right));

        n += written > 0 && (size_t)written < size - n ? (size_t)written : 0;
    }
}

const json_t *cli_ma_same_place(const json_t *places, const json_t *one)
{
    size_t i;
    json_t *other;

    json_array_foreach(places, i, other)
    {
        if (json_equal(json_object_get(other, "node"), json_object_get(one, "node")) &&
            json_equal(json_object_get(other, "server_id"), json_object_get(one, "server_id")))
            return other;
    }
    return NULL;
}

/* "./3GPP_IMS Get+Add", and where DM 2.0 has something else "./3GPP_IMS Get+Add (2.0: none)"; once
 * for all ServerIDs that have the same. Either may be NULL. */
static json_t *place_words(const json_t *dm1, const json_t *dm2)
{
    const char *node = json_string_value(json_object_get(dm1 != NULL ? dm1 : dm2, "node"));
    char first[160] = "none", second[160] = "none";

    if (dm1 != NULL)
        cli_ma_rights_words(dm1, first, sizeof(first));
    if (dm2 != NULL)
        cli_ma_rights_words(dm2, second, sizeof(second));
    if (strcmp(first, second) == 0)
        return json_sprintf("%s %s", node, first);
    return json_sprintf("%s %s (2.0: %s)", node, first, second);
}

static void add_words(json_t *words, json_t *word)
{
    (void)json_object_set_new(words, json_string_value(word), json_true());
    json_decref(word);
}

/* The first places are enough for a table. */
static json_t *may_now(const json_t *scopes)
{
    json_t *words = json_object(), *shown = json_array(), *scope, *one, *word;
    const char *text;
    size_t i, k, n = 0;

    json_array_foreach(scopes, i, scope)
    {
        const json_t *dm1 = json_object_get(scope, "effective");
        const json_t *dm2 = json_object_get(scope, "effective_dm2");

        json_array_foreach(dm1, k, one)
            add_words(words, place_words(one, cli_ma_same_place(dm2, one)));
        json_array_foreach(dm2, k, one)
        {
            if (cli_ma_same_place(dm1, one) == NULL)
                add_words(words, place_words(NULL, one));
        }
    }
    json_object_foreach(words, text, word)
    {
        if (n++ < PLACES_SHOWN)
            (void)json_array_append_new(shown, json_string(text));
    }
    if (n > PLACES_SHOWN)
        (void)json_array_append_new(shown, json_sprintf("%zu more", n - PLACES_SHOWN));
    json_decref(words);
    return shown;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "id", "ID" },           { "name", "NAME" },         { "server_ids", "SERVER ID" },
        { "authority", "HOST" },  { "priority", "PRIO" },     { "pins", "PINNED BY" },
        { "not_after", "UNTIL" }, { "standing", "STANDING" }, { "may_now", "MAY NOW" },
        { NULL, NULL },
    };
    const struct dmsc_ma_list *list = dmsc_authority_list(dmsc_bridge_authority(cli->bridge));
    json_t *instances = list->count > 0 ? cli_ma_instances(cli) : NULL;
    json_t *rows = json_array();

    for (size_t i = 0; rows != NULL && i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        json_t *row = json_pack(
            "{s:i,s:o,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:s}", "id", ma->id, "name",
            cli_text(ma->name != NULL ? ma->name : ""), "server_ids", server_ids_json(ma),
            "authority", cli_text(ma->authority != NULL ? ma->authority : ""), "priority",
            ma->priority, "pins", pins_json(ma), "not_before", cli_ma_bound(ma->not_before, 0),
            "not_after", cli_ma_bound(ma->not_after, UINT32_MAX), "scopes",
            cli_ma_scopes(cli, ma, instances), "standing", standing(cli, ma));

        if (row != NULL && !cli->json)
            (void)json_object_set_new(row, "may_now", may_now(json_object_get(row, "scopes")));
        if (row != NULL && ma->delegated)
            (void)json_object_set_new(row, "delegated_by", json_integer(ma->delegated_by));
        (void)json_array_append_new(rows, row);
    }
    json_decref(instances);
    if (list->count == 0)
        cli_say(cli, "no MA list is in force: nobody may manage this device (dmsc sync reads one)");
    return cli_table(cli, columns, rows);
}

static void keep_step(void *user, const char *text)
{
    (void)json_array_append_new(user, cli_text(text));
}

/* The answer and the way to it: a table cannot hold the way, so it is said line by line. */
static enum dmsc_err say_check(struct cli *cli, const struct dmsc_subject *subject,
                               const struct dmsc_question *question, json_t *steps)
{
    static const struct cli_column columns[] = {
        { "ma", "authority" },    { "right", "right" },   { "uri", "node" },
        { "verdict", "verdict" }, { "reason", "reason" }, { "because", "because" },
        { NULL, NULL },
    };
    struct dmsc_verdict v = dmsc_authority_ask(dmsc_bridge_authority(cli->bridge), subject,
                                               question, dmsc_bridge_now(cli->bridge));
    size_t i;
    json_t *step;

    json_array_foreach(steps, i, step) cli_say(cli, "%2zu. %s", i + 1, json_string_value(step));
    cli->exit = v.reason == DMSC_ALLOWED ? CLI_DONE : CLI_REFUSED;
    return cli_record(cli, columns,
                      json_pack("{s:o,s:s,s:s,s:s,s:s,s:o,s:O}", "ma", cli_text(subject->server_id),
                                "right", dmsc_right_name(question->right), "uri", question->uri,
                                "verdict", v.reason == DMSC_ALLOWED ? "allowed" : "refused",
                                "reason", dmsc_reason_name(v.reason), "because", cli_text(v.detail),
                                "steps", steps));
}

/* Every right there is, with commas between them. */
static void all_rights(char *ret_text, size_t size)
{
    size_t n = 0;

    ret_text[0] = '\0';
    for (unsigned i = 0; i < 16; i++) {
        const char *name = dmsc_right_name((enum dmsc_right)(1u << i));
        int written = strcmp(name, "?") == 0
                          ? 0
                          : snprintf(ret_text + n, size - n, "%s%s", n > 0 ? ", " : "", name);

        n += written > 0 && (size_t)written < size - n ? (size_t)written : 0;
    }
}

static enum dmsc_err take_right(struct cli *cli, enum dmsc_right *ret_right)
{
    const char *ma = cli->option[OPT_MA], *right = cli->option[OPT_RIGHT];
    char hint[sizeof(cli->story.hint)];

    if (ma == NULL || ma[0] == '\0' || right == NULL)
        return cli_fail(cli, DMSC_E_ARG, "check an access", "--ma ID and --right NAME say which",
                        "dmsc ma check --ma com.opa.dm --right Get ./DevInfo");
    if (dmsc_right_by_name(right, ret_right))
        return DMSC_OK;
    all_rights(hint, sizeof(hint));
    return cli_fail_at(cli, DMSC_E_ARG, "check an access", right, "there is no such right", hint);
}

static enum dmsc_err run_check(struct cli *cli)
{
    struct dmsc_subject subject = { .kind = DMSC_SUBJECT_MA, .server_id = cli->option[OPT_MA] };
    struct dmsc_question question = DMSC_QUESTION_INIT;
    json_t *steps = json_array();
    struct dmsc_buf uri;
    enum dmsc_err err = take_right(cli, &question.right);

    dmsc_buf_init(&uri, cli->ctx, dmsc_ctx_limits(cli->ctx)->uri_length);
    if (err != DMSC_OK)
        goto out;
    if (strncmp(subject.server_id, "local:", 6) == 0)
        subject =
            (struct dmsc_subject){ .kind = DMSC_SUBJECT_APP,
                                   .server_id = subject.server_id,
                                   .environment = dmsc_apps_environment(
                                       dmsc_bridge_apps(cli->bridge), subject.server_id + 6) };
    err = cli_hint(cli, dmsc_uri_normalise(cli->ctx, cli->argument[0], &uri, NULL), CLI_TRY_URI);
    (void)cli_where(cli, err, cli->argument[0]);
    if (err != DMSC_OK)
        goto out;
    question.uri = dmsc_buf_str(&uri);
    question.quiet = true;
    question.step = keep_step;
    question.user = steps;
    err = say_check(cli, &subject, &question, steps);
out:
    json_decref(steps);
    dmsc_buf_clear(&uri);
    return err;
}

static bool audit_row(void *user, const struct dmsc_audit *a)
{
    json_t *rows = user;

    return json_array_append_new(
               rows,
               json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:I}", "id", (json_int_t)a->id, "at",
                         cli_time(a->at), "who", cli_text(a->who), "right", cli_text(a->right),
                         "where", cli_text(a->where), "reason", cli_text(a->reason), "because",
                         cli_text(a->detail), "times", (json_int_t)a->times)) == 0;
}

static enum dmsc_err run_audit(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "at", "AT" },         { "who", "WHO" },     { "right", "RIGHT" }, { "where", "NODE" },
        { "reason", "REASON" }, { "times", "TIMES" }, { NULL, NULL },
    };
    json_t *rows = json_array();
    enum dmsc_err err =
        dmsc_authority_audit(dmsc_bridge_authority(cli->bridge), 0, audit_row, rows);

    if (err != DMSC_OK) {
        json_decref(rows);
        return err;
    }
    if (json_array_size(rows) == 0)
        cli_say(cli, "nothing was refused");
    return cli_table(cli, columns, rows);
}

const struct cli_command cli_ma_commands[] = {
    { "ma", "ls", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_ls, "list the Management Authorities",
      "The verified list of the card that is in force, whether each entry could open a session "
      "now,\n"
      "and what it might then do. --json adds the scopes, and all places with the rights there.\n\n"
      "  dmsc ma ls" },
    { "ma", "check", "URI", 1, 1, CLI_NEEDS_BRIDGE, CLI_OPTION(OPT_MA) | CLI_OPTION(OPT_RIGHT),
      run_check, "say whether an access is allowed, and why",
      "Asks the one decision point that also serves the sessions, and shows its reasoning step by\n"
      "step: entries, scopes, delegation, the ACL that counts, grants, priority. Exit status 0 "
      "when\n"
      "it is allowed, 4 when it is refused. --ma local:NAME asks for an application. Rights: Get,\n"
      "Add, Replace, Delete, Exec, Copy, ACL, Bootstrap, WriteBack, Firmware, Delegate, All.\n\n"
      "  dmsc ma check --ma com.opa.dm --right Replace ./3GPP_IMS/RCS" },
    { "ma", "audit", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_audit,
      "list what was refused, to whom and why",
      "The latest 10,000 refusals, oldest first: by sessions that tried more than they may, and "
      "by\n"
      "peers that were not let in. TIMES counts the same refusal within one message. --json adds\n"
      "what the decision was based on.\n\n"
      "  dmsc ma audit --json" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
