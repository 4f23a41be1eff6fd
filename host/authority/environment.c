/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment that a node lies in says of an access (dmsc/env.h). */
#include "host/authority/private.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

/* "./Env/NAME" and below: NAME. false elsewhere. */
static bool environment_of(const char *uri, char *ret_name, size_t size)
{
    const char *name;
    size_t n;

    ret_name[0] = '\0';
    if (!dmsc_uri_below(uri, "./Env") || strlen(uri) <= sizeof("./Env"))
        return false;
    name = uri + sizeof("./Env");
    n = strcspn(name, "/");
    if (n < size) /* no environment has a longer name */
        (void)snprintf(ret_name, size, "%.*s", (int)n, name);
    return true;
}

static enum dmsc_err standing(const struct dmsci_case *c, const char *name,
                              enum dmsc_reason *ret_reason)
{
    struct dmsc_buf value;
    char uri[80];
    enum dmsc_err err;

    (void)snprintf(uri, sizeof(uri), "./VirMO/%s/Enabled", name);
    dmsc_buf_init(&value, c->authority->ctx, SIZE_MAX / 2);
    err = dmsc_tree_value(c->authority->tree, uri, &value);
    if (err == DMSC_E_NOTFOUND || name[0] == '\0') {
        *ret_reason = DMSC_REFUSED_ENV_UNKNOWN;
        err = DMSC_OK;
    } else if (err == DMSC_OK) {
        *ret_reason =
            strcmp(dmsc_buf_str(&value), "true") == 0 ? DMSC_ALLOWED : DMSC_REFUSED_ENV_DISABLED;
    }
    if (err == DMSC_OK)
        dmsci_tell(c, "environment %.32s: %s", name,
                   *ret_reason == DMSC_ALLOWED ? "enabled" : dmsc_reason_text(*ret_reason));
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_environment_says(const struct dmsci_case *c, enum dmsc_reason *ret_reason)
{
    bool app = c->subject->kind == DMSC_SUBJECT_APP;
    const char *home = app && c->subject->environment != NULL ? c->subject->environment : "";
    const char *new_mo = c->question->new_mo != NULL ? c->question->new_mo : "";
    char name[DMSC_ENV_NAME + 1];
    bool inside = environment_of(c->question->uri, name, sizeof(name));
    enum dmsc_err err = DMSC_OK;

    *ret_reason = DMSC_ALLOWED;
    if (home[0] != '\0')
        err = standing(c, home, ret_reason);
    if (err == DMSC_OK && *ret_reason == DMSC_ALLOWED && inside &&
        (home[0] == '\0' || strcmp(home, name) != 0))
        err = standing(c, name, ret_reason);
    /* An application brings objects at home and nowhere else. */
    if (err == DMSC_OK && *ret_reason == DMSC_ALLOWED && app &&
        c->question->right == DMSC_RIGHT_ADD && new_mo[0] != '\0' && strcmp(home, name) != 0)
        *ret_reason = DMSC_REFUSED_ENV_OUTSIDE;
    return err;
}
