/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc cert: what the card provisions, what it is for and who may use it. */
#include "host/cli/cli.h"
#include <dmsc/cert.h>
#include <stdio.h>
#include <string.h>

/* The name of the object, which is what cert show takes. */
static const char *name_of(const char *uri)
{
    const char *slash = strrchr(uri, '/');

    return slash != NULL ? slash + 1 : uri;
}

static bool add_object(void *user, const struct dmsc_cert *c)
{
    struct cli_rows *list = user;
    json_t *scope = json_array();

    for (size_t i = 0; i < c->scope_count; i++)
        (void)json_array_append_new(scope, cli_text(c->scope[i]));
    return json_array_append_new(list->rows,
                                 json_pack("{s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o}", "name",
                                           cli_text(name_of(c->uri)), "uri", cli_text(c->uri),
                                           "usage", cli_text(c->usage), "ma", cli_text(c->ma),
                                           "state", dmsc_cert_state_name(c->state), "reason",
                                           cli_text(c->reason), "scope", scope, "sha256",
                                           cli_hex(list->cli, dmsc_bytes(c->sha256, 32)), "origin",
                                           cli_text(c->origin))) == 0;
}

/* What the PKCS#15 view says of one goes into the row of its object, by fingerprint. */
static bool add_details(void *user, const struct dmsc_cert_info *c)
{
    struct cli_rows *list = user;
    struct cli *cli = list->cli;
    json_t *sha256 = cli_hex(cli, dmsc_bytes(c->sha256, 32)), *details, *row, *found = NULL;
    size_t i;

    json_array_foreach(list->rows, i, row)
    {
        if (found == NULL && json_object_get(row, "label") == NULL &&
            json_equal(json_object_get(row, "sha256"), sha256))
            found = row;
    }
    details =
        json_pack("{s:o,s:b,s:o,s:o,s:s,s:o,s:o,s:b,s:b,s:o,s:o}", "label", cli_text(c->label),
                  "trusted", c->trusted, "subject", cli_text(c->subject), "issuer",
                  cli_text(c->issuer), "key", c->key, "not_before", cli_time(c->not_before),
                  "not_after", cli_time(c->not_after), "ca", c->ca, "private_key", c->has_key, "id",
                  cli_hex(cli, c->id), "spki_sha256", cli_hex(cli, dmsc_bytes(c->spki_sha256, 32)));
    if (found != NULL)
        (void)json_object_update(found, details);
    json_decref(details);
    json_decref(sha256);
    return true;
}

/* Every certificate object, with what is known of it. */
static enum dmsc_err collect(struct cli *cli, json_t *rows)
{
    static const struct dmsc_cert_query all = { .all = true };
    struct cli_rows list = { cli, rows };
    enum dmsc_err err = dmsc_certs_each(dmsc_bridge_tree(cli->bridge), &all,
                                        dmsc_bridge_now(cli->bridge), add_object, &list);

    return err == DMSC_OK ? dmsc_bridge_certificates(cli->bridge, add_details, &list) : err;
}

static enum dmsc_err run_ls(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "name", "NAME" },
        { "label", "LABEL" },
        { "usage", "USAGE" },
        { "scope", "MAY USE IT" },
        { "state", "STATE" },
        { "subject", "SUBJECT" },
        { "key", "KEY" },
        { "not_after", "VALID UNTIL" },
        { "private_key", "KEY HERE" },
        { NULL, NULL },
    };
    json_t *rows = json_array();
    enum dmsc_err err = collect(cli, rows);

    if (err != DMSC_OK) {
        json_decref(rows);
        return err;
    }
    if (json_array_size(rows) == 0)
        cli_say(cli, "no certificates are provisioned (dmsc sync takes them from the card)");
    return cli_table(cli, columns, rows);
}

/* By the name of its object, or the beginning of its fingerprint. */
static bool is_meant(const json_t *row, const char *given)
{
    const char *sha256 = json_string_value(json_object_get(row, "sha256"));

    return strcmp(json_string_value(json_object_get(row, "name")), given) == 0 ||
           (strlen(given) >= 8 && sha256 != NULL && strncmp(sha256, given, strlen(given)) == 0);
}

static enum dmsc_err run_show(struct cli *cli)
{
    static const struct cli_column columns[] = {
        { "name", "name" },
        { "label", "label on the card" },
        { "usage", "usage" },
        { "scope", "may use it" },
        { "ma", "provisioned by" },
        { "state", "state" },
        { "reason", "because" },
        { "subject", "subject" },
        { "issuer", "issuer" },
        { "key", "key" },
        { "private_key", "private key here" },
        { "not_before", "valid from" },
        { "not_after", "valid until" },
        { "sha256", "SHA-256" },
        { "spki_sha256", "SHA-256 of its key" },
        { "uri", "object" },
        { NULL, NULL },
    };
    json_t *rows = json_array(), *row, *found = NULL;
    size_t i;
    enum dmsc_err err = collect(cli, rows);

    json_array_foreach(rows, i, row)
    {
        if (found == NULL && is_meant(row, cli->argument[0]))
            found = json_incref(row);
    }
    json_decref(rows);
    if (err == DMSC_OK && found == NULL) {
        err = cli_fail(cli, DMSC_E_NOTFOUND, "find the certificate",
                       "none has this name or a fingerprint that begins so",
                       "dmsc cert ls lists them");
        (void)snprintf(cli->story.where, sizeof(cli->story.where), "%s", cli->argument[0]);
    }
    if (err != DMSC_OK) {
        json_decref(found);
        return err;
    }
    if (!cli->json && json_string_length(json_object_get(found, "ma")) == 0)
        (void)json_object_set_new(found, "ma", json_string("the issuer of the card"));
    if (!cli->json && json_string_length(json_object_get(found, "reason")) == 0)
        (void)json_object_del(found, "reason");
    return cli_record(cli, columns, found);
}

const struct cli_command cli_cert_commands[] = {
    { "cert", "ls", "", 0, 0, CLI_NEEDS_BRIDGE, 0, run_ls, "list the provisioned certificates",
      "What the last sync took from the card: each with its usage, who may use it, whether it is "
      "in\n"
      "use, and whether the device holds the private key ([device] key).\n\n"
      "  dmsc cert ls --json" },
    { "cert", "show", "NAME", 1, 1, CLI_NEEDS_BRIDGE, 0, run_show, "show one certificate in full",
      "NAME is what cert ls shows, or the first eight digits or more of its SHA-256. Tells why "
      "one\n"
      "is not in use.\n\n"
      "  dmsc cert show uicc-1" },
    { NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};
