/* SPDX-License-Identifier: Apache-2.0 */
/* What a file needs, for a table, for JSON, and for whoever was refused. */
#include "host/cli/card/files.h"
#include <stdio.h>
#include <string.h>

#define FOLDER_BYTES 16

static void add_need(void *user, const struct dmsc_access *access)
{
    (void)json_object_set_new(user, access->operation, cli_text(access->needs));
}

json_t *cli_needs_json(struct dmsc_uicc_rules *rules, const struct cli_file *file,
                       const struct dmsc_fcp *fcp)
{
    uint8_t folder[FOLDER_BYTES];
    json_t *needs = json_object();

    if (dmsc_uicc_rules_describe(rules, cli_file_folder(file, folder, sizeof(folder)), fcp, 0,
                                 add_need, needs) == DMSC_OK)
        return needs;
    json_decref(needs);
    return NULL;
}

json_t *cli_needs_words(json_t *needs)
{
    char text[900] = "";
    size_t n = 0;
    const char *operation, *other;
    json_t *value, *same;
    json_t *told = json_object();

    json_object_foreach(needs, operation, value)
    {
        if (json_object_get(told, json_string_value(value)) != NULL || n >= sizeof(text))
            continue;
        (void)json_object_set(told, json_string_value(value), value);
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? "; " : "", operation);
        json_object_foreach(needs, other, same)
        {
            if (strcmp(other, operation) != 0 && json_equal(same, value) && n < sizeof(text))
                n += (size_t)snprintf(text + n, sizeof(text) - n, ", %s", other);
        }
        if (n < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, ": %s", json_string_value(value));
    }
    json_decref(told);
    return cli_text(text);
}

enum dmsc_err cli_needs_denied(struct cli *cli, const struct cli_file *file,
                               const struct dmsc_fcp *fcp, const char *operation)
{
    struct dmsc_uicc_rules *rules = NULL;
    json_t *needs = NULL;
    const char *need = NULL;
    char what[32], why[160];

    if (dmsc_uicc_rules_new(cli->uicc, &rules) == DMSC_OK)
        needs = cli_needs_json(rules, file, fcp);
    if (needs != NULL)
        need = json_string_value(json_object_get(needs, operation));
    (void)snprintf(what, sizeof(what), "%s the file", operation);
    (void)snprintf(why, sizeof(why), "the card wants %.100s for it (SW 6982)",
                   needs == NULL  ? "a PIN or a key"
                   : need == NULL ? "what nobody has: never"
                                  : need);
    (void)cli_fail(cli, DMSC_E_DENIED, what, why,
                   need != NULL && strstr(need, "PIN1") == NULL && strstr(need, "ADM1") != NULL
                       ? "name a file that holds ADM1: --adm-file FILE"
                       : "name a file that holds PIN1: --pin-file FILE");
    (void)snprintf(cli->story.where, sizeof(cli->story.where), "%.100s %.60s", file->path,
                   file->name);
    json_decref(needs);
    dmsc_uicc_rules_free(rules);
    return DMSC_E_DENIED;
}
