/* SPDX-License-Identifier: Apache-2.0 */
/* [app] and [env] of the configuration, in the forms that dmsc_config_load() has checked. */
#include "host/bridge/private.h"
#include <stdlib.h>
#include <string.h>

/* What stands before the last colon, and behind it ("" without one). */
static enum dmsc_err split(struct dmsc_bridge *bridge, const char *text, char **ret_name,
                           const char **ret_rest)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);

    *ret_name = dmsci_strndup(bridge->ctx, text, n);
    *ret_rest = colon != NULL ? colon + 1 : "";
    return *ret_name == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

static enum dmsc_err admit(struct dmsc_bridge *bridge, const char *name, const char *uid)
{
    if (uid[0] == '\0')
        return dmsci_fail(bridge->ctx, DMSC_E_CONFIG, "admit %s without a user", name);
    return dmsc_apps_admit_uid(bridge->apps, name, (uint32_t)strtoul(uid, NULL, 10));
}

static enum dmsc_err place(struct dmsc_bridge *bridge, const char *name, const char *environment)
{
    return dmsc_apps_place(bridge->apps, name, environment);
}

struct wanted {
    const char *name;
    bool there;
};

static bool is_wanted(void *user, const struct dmsc_env *env)
{
    struct wanted *wanted = user;

    wanted->there = strcmp(env->name, wanted->name) == 0;
    return !wanted->there;
}

/* One that is listed keeps its state: the operator may have disabled it. */
static enum dmsc_err list(struct dmsc_bridge *bridge, const char *name, const char *kind)
{
    struct wanted wanted = { name, false };
    enum dmsc_err err = dmsc_env_each(bridge->apps, is_wanted, &wanted);

    if (err != DMSC_OK || wanted.there)
        return err;
    err = dmsc_tree_begin(bridge->tree, "local", dmsc_bridge_now(bridge).seconds);
    if (err != DMSC_OK)
        return err;
    err = dmsc_env_add(bridge->apps, name, kind);
    if (err == DMSC_OK)
        return dmsc_tree_commit(bridge->tree);
    dmsc_tree_rollback(bridge->tree);
    return err;
}

static enum dmsc_err each(struct dmsc_bridge *bridge, char **texts, size_t count,
                          enum dmsc_err (*act)(struct dmsc_bridge *bridge, const char *name,
                                               const char *rest))
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < count && err == DMSC_OK; i++) {
        const char *rest = "";
        char *name = NULL;

        err = split(bridge, texts[i], &name, &rest);
        if (err == DMSC_OK)
            err = act(bridge, name, rest);
        dmsci_free(bridge->ctx, name);
    }
    return err;
}

static struct dmsc_now now_of(void *user)
{
    return dmsc_bridge_now(user);
}

enum dmsc_err dmsci_bridge_applications(struct dmsc_bridge *bridge)
{
    const struct dmsc_config *config = bridge->config;
    enum dmsc_err err = dmsc_apps_new(bridge->ctx, bridge->tree, bridge->authority, &bridge->apps);

    if (err == DMSC_OK)
        dmsc_apps_trust_card(bridge->apps, now_of, bridge);
    if (err == DMSC_OK)
        err = each(bridge, config->environments, config->environment_count, list);
    if (err == DMSC_OK)
        err = each(bridge, config->app_environments, config->app_environment_count, place);
    if (err == DMSC_OK)
        err = each(bridge, config->app_users, config->app_user_count, admit);
    return err;
}
