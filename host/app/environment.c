/* SPDX-License-Identifier: Apache-2.0 */
/* The list of environments in the tree: ./VirMO/NAME, and the room of each at ./Env/NAME. What they
 * mean for an access is said in host/authority. */
#include "host/app/private.h"
#include "host/mo/format.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

#define LIST       "./VirMO"
#define ROOMS      "./Env"
#define URI_SIZE   (sizeof(LIST) + DMSC_ENV_NAME + 16)
#define KIND_BYTES 64u

static enum dmsc_err refuse(struct dmsc_apps *apps, enum dmsc_err err, const char *name,
                            const char *reason, const char *why)
{
    return dmsci_app_refuse(apps->ctx, err, "change the list of environments", name, reason, why);
}

static bool good_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t n = strlen(name);

    return n >= 1 && n <= DMSC_ENV_NAME && strspn(name, letters) == n;
}

/* The device alone changes these nodes; what an environment has in it is made below its room. */
static enum dmsc_err make(struct dmsc_apps *apps, const char *uri, enum dmsc_format format,
                          const char *type, const char *value, uint8_t access)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    bool there = false;
    enum dmsc_err err = dmsc_tree_has(apps->tree, uri, &there);

    if (err != DMSC_OK || there)
        return err;
    spec.format = format;
    spec.type = type;
    spec.value = dmsc_bytes_str(value);
    spec.access = access;
    spec.flags = DMSC_NODE_PERMANENT;
    return dmsc_tree_add(apps->tree, uri, &spec);
}

static enum dmsc_err make_leaf(struct dmsc_apps *apps, const char *name, const char *leaf,
                               enum dmsc_format format, const char *value)
{
    char uri[URI_SIZE];

    (void)snprintf(uri, sizeof(uri), LIST "/%s/%s", name, leaf);
    return make(apps, uri, format, "text/plain", value, DMSC_ACCESS_GET);
}

/* By the rules of DM 2.0 too everybody whose scope covers it may read which environments there are.
 */
static enum dmsc_err make_readable(struct dmsc_apps *apps, const char *uri)
{
    static const struct dmsc_subject device = { .kind = DMSC_SUBJECT_LOCAL };
    struct dmsc_grant grant = DMSC_GRANT_INIT;
    enum dmsc_err err = dmsc_grant_created(apps->authority, &device, uri);

    grant.server_id = "*";
    grant.rights = DMSC_GRANT_READ;
    if (err == DMSC_OK)
        err = dmsc_grant_give(apps->authority, &device, uri, &grant, (struct dmsc_now){ 0, false });
    return err;
}

static enum dmsc_err make_all(struct dmsc_apps *apps, const char *name, const char *kind)
{
    char room[URI_SIZE], entry[URI_SIZE];
    enum dmsc_err err = make(apps, LIST, DMSC_FORMAT_NODE, NULL, "", DMSC_ACCESS_GET);

    if (err == DMSC_OK)
        err = dmsc_tree_set_acl(apps->tree, LIST, "Get=*");
    (void)snprintf(room, sizeof(room), ROOMS "/%s", name);
    (void)snprintf(entry, sizeof(entry), LIST "/%s", name);
    if (err == DMSC_OK)
        err = make(apps, ROOMS, DMSC_FORMAT_NODE, NULL, "", DMSC_ACCESS_GET);
    if (err == DMSC_OK)
        err = make(apps, room, DMSC_FORMAT_NODE, NULL, "", DMSC_ACCESS_GET | DMSC_ACCESS_ADD);
    if (err == DMSC_OK)
        err = make(apps, entry, DMSC_FORMAT_NODE, DMSC_ENV_MOID, "", DMSC_ACCESS_GET);
    if (err == DMSC_OK)
        err = make_leaf(apps, name, "Name", DMSC_FORMAT_CHR, name);
    if (err == DMSC_OK)
        err = make_leaf(apps, name, "Kind", DMSC_FORMAT_CHR, kind);
    if (err == DMSC_OK)
        err = make_leaf(apps, name, "Enabled", DMSC_FORMAT_BOOL, "true");
    if (err == DMSC_OK)
        err = make_leaf(apps, name, "Root", DMSC_FORMAT_CHR, room);
    return err == DMSC_OK ? make_readable(apps, entry) : err;
}

static enum dmsc_err listed(struct dmsc_apps *apps, const char *name, bool *ret_there)
{
    char uri[URI_SIZE];

    *ret_there = false;
    if (!good_name(name))
        return DMSC_OK;
    (void)snprintf(uri, sizeof(uri), LIST "/%s", name);
    return dmsc_tree_has(apps->tree, uri, ret_there);
}

static bool count(void *user, const char *name)
{
    (void)name;
    ++*(unsigned *)user;
    return true;
}

enum dmsc_err dmsc_env_add(struct dmsc_apps *apps, const char *name, const char *kind)
{
    unsigned n = 0;
    bool there = false;
    enum dmsc_err err;

    kind = kind != NULL ? kind : "";
    if (!good_name(name))
        return refuse(apps, DMSC_E_ARG, name, "env:name",
                      "a name has 1 to 32 letters, digits, '_', '-'");
    if (strlen(kind) > KIND_BYTES || !dmsci_format_takes(DMSC_FORMAT_CHR, dmsc_bytes_str(kind)))
        return refuse(apps, DMSC_E_ARG, name, "env:kind", "a kind is a text of 64 octets");
    err = listed(apps, name, &there);
    if (err == DMSC_OK && there)
        err = refuse(apps, DMSC_E_EXISTS, name, "env:exists", "it is listed already");
    if (err == DMSC_OK)
        err = dmsc_tree_children(apps->tree, LIST, count, &n);
    if (err == DMSC_E_NOTFOUND)
        err = DMSC_OK;
    if (err == DMSC_OK && n >= dmsc_ctx_limits(apps->ctx)->environments)
        err = refuse(apps, DMSC_E_LIMIT, name, "env:many", "limits.environments are listed");
    return err == DMSC_OK ? make_all(apps, name, kind) : err;
}

/* The name of one that is listed, or why not. */
static enum dmsc_err must_be_listed(struct dmsc_apps *apps, const char *name)
{
    bool there = false;
    enum dmsc_err err = listed(apps, name, &there);

    if (err == DMSC_OK && !there)
        err = refuse(apps, DMSC_E_NOTFOUND, name, "env:unknown", "it is not listed");
    return err;
}

static enum dmsc_err remove_tree(struct dmsc_apps *apps, const char *at, const char *name)
{
    char uri[URI_SIZE];
    enum dmsc_err err;

    (void)snprintf(uri, sizeof(uri), "%s/%s", at, name);
    err = dmsc_authority_deleting(apps->authority, uri);
    if (err == DMSC_OK)
        err = dmsc_tree_delete(apps->tree, uri, true);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsc_env_remove(struct dmsc_apps *apps, const char *name)
{
    enum dmsc_err err = must_be_listed(apps, name);

    if (err == DMSC_OK)
        err = remove_tree(apps, ROOMS, name);
    return err == DMSC_OK ? remove_tree(apps, LIST, name) : err;
}

enum dmsc_err dmsc_env_enable(struct dmsc_apps *apps, const char *name, bool enabled)
{
    char uri[URI_SIZE];
    enum dmsc_err err = must_be_listed(apps, name);

    if (err != DMSC_OK)
        return err;
    (void)snprintf(uri, sizeof(uri), LIST "/%s/Enabled", name);
    return dmsc_tree_replace(apps->tree, uri, NULL, NULL,
                             dmsc_bytes_str(enabled ? "true" : "false"));
}

struct each {
    struct dmsc_apps *apps;
    bool (*env)(void *user, const struct dmsc_env *env);
    void *user;
    enum dmsc_err err;
};

static enum dmsc_err text_of(struct each *each, const char *name, const char *leaf,
                             struct dmsc_buf *ret_text)
{
    char uri[URI_SIZE];

    (void)snprintf(uri, sizeof(uri), LIST "/%.32s/%s", name, leaf);
    dmsc_buf_init(ret_text, each->apps->ctx, SIZE_MAX / 2);
    return dmsc_tree_value(each->apps->tree, uri, ret_text);
}

/* The device's owner may have put something else there. */
static bool is_no_environment(enum dmsc_err err)
{
    return err == DMSC_E_NOTFOUND || err == DMSC_E_STATE || err == DMSC_E_LIMIT;
}

static bool show(void *user, const char *name)
{
    struct each *each = user;
    struct dmsc_buf kind, enabled;
    char uri[URI_SIZE];
    bool more = true;
    enum dmsc_err second;

    if (!good_name(name))
        return true;
    each->err = text_of(each, name, "Kind", &kind);
    second = text_of(each, name, "Enabled", &enabled);
    if (each->err == DMSC_OK)
        each->err = second;
    (void)snprintf(uri, sizeof(uri), ROOMS "/%.32s", name);
    if (each->err == DMSC_OK) {
        const struct dmsc_env env = { name, dmsc_buf_str(&kind), uri,
                                      strcmp(dmsc_buf_str(&enabled), "true") == 0 };

        more = each->env(each->user, &env);
    }
    dmsc_buf_clear(&kind);
    dmsc_buf_clear(&enabled);
    if (is_no_environment(each->err))
        each->err = DMSC_OK;
    return more && each->err == DMSC_OK;
}

enum dmsc_err dmsc_env_each(struct dmsc_apps *apps,
                            bool (*env)(void *user, const struct dmsc_env *env), void *user)
{
    struct each each = { apps, env, user, DMSC_OK };
    enum dmsc_err err = dmsc_tree_children(apps->tree, LIST, show, &each);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK; /* none was ever listed */
    return err != DMSC_OK ? err : each.err;
}

const char *dmsc_apps_environment(const struct dmsc_apps *apps, const char *name)
{
    for (size_t i = 0; i < apps->place_count; i++) {
        if (strcmp(apps->places[i].name, name) == 0)
            return apps->places[i].environment;
    }
    return NULL;
}

enum dmsc_err dmsc_apps_place(struct dmsc_apps *apps, const char *name, const char *environment)
{
    const char *is = dmsc_apps_environment(apps, name);
    struct dmsci_app_place *places;

    if (!dmsci_app_good_name(name) || !good_name(environment))
        return dmsci_app_refuse(apps->ctx, DMSC_E_ARG, "place an application", name, "env:name",
                                "it needs the name of an application and of an environment");
    if (is != NULL && strcmp(is, environment) == 0)
        return DMSC_OK;
    if (is != NULL)
        return dmsci_app_refuse(apps->ctx, DMSC_E_EXISTS, "place an application", name, "env:other",
                                "it belongs to another environment");
    if (apps->place_count == dmsc_ctx_limits(apps->ctx)->app_rules)
        return dmsci_app_refuse(apps->ctx, DMSC_E_LIMIT, "place an application", name, "app:many",
                                "there are limits.app_rules");
    places = dmsci_realloc(apps->ctx, apps->places, (apps->place_count + 1) * sizeof(*places));
    if (places == NULL)
        return DMSC_E_NOMEM;
    apps->places = places;
    places += apps->place_count;
    (void)snprintf(places->name, sizeof(places->name), "%s", name);
    (void)snprintf(places->environment, sizeof(places->environment), "%s", environment);
    apps->place_count++;
    return DMSC_OK;
}
