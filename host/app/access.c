/* SPDX-License-Identifier: Apache-2.0 */
/* What an application does: each call one decision and one change. */
#include "host/app/private.h"
#include <dmsc/mo.h>
#include <string.h>

struct dmsc_subject dmsci_app_subject(const struct dmsc_app *app)
{
    return (struct dmsc_subject){ .kind = DMSC_SUBJECT_APP,
                                  .server_id = app->subject,
                                  .rules = DMSC_RULES_DACMO,
                                  .environment = dmsc_apps_environment(
                                      app->apps, app->subject + sizeof("local:") - 1) };
}

enum dmsc_err dmsci_app_may(struct dmsc_app *app, enum dmsc_right right, const char *uri,
                            const char *new_mo, struct dmsc_now now)
{
    struct dmsc_ctx *ctx = app->apps->ctx;
    const struct dmsc_subject subject = dmsci_app_subject(app);
    const struct dmsc_question question = { .right = right, .uri = uri, .new_mo = new_mo };
    enum dmsc_err err = dmsci_app_still(app, now);
    struct dmsc_verdict verdict;

    if (err != DMSC_OK)
        return err;
    verdict = dmsc_authority_ask(app->apps->authority, &subject, &question, now);
    if (verdict.reason == DMSC_ALLOWED)
        return DMSC_OK;
    (void)dmsci_fail(ctx, DMSC_E_REFUSED, "%s for %s", dmsc_right_name(right), app->subject);
    dmsci_where(ctx, "%.180s", uri);
    dmsci_why(ctx, dmsc_reason_name(verdict.reason), "%s", dmsc_reason_text(verdict.reason));
    return verdict.reason == DMSC_REFUSED_ERROR ? DMSC_E_STATE : DMSC_E_REFUSED;
}

bool dmsci_app_sees(struct dmsc_app *app, const char *uri, struct dmsc_now now)
{
    const struct dmsc_subject subject = dmsci_app_subject(app);
    const struct dmsc_question question = { .right = DMSC_RIGHT_GET, .uri = uri, .quiet = true };

    return dmsc_authority_ask(app->apps->authority, &subject, &question, now).reason ==
           DMSC_ALLOWED;
}

/* Begin a change that the application may make. */
static enum dmsc_err begin(struct dmsc_app *app, enum dmsc_right right, const char *uri,
                           const char *new_mo, struct dmsc_now now)
{
    enum dmsc_err err = dmsci_app_may(app, right, uri, new_mo, now);

    return err != DMSC_OK ? err : dmsc_tree_begin(app->apps->tree, app->subject, now.seconds);
}

enum dmsc_err dmsci_app_end(struct dmsc_app *app, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return dmsc_tree_commit(app->apps->tree);
    dmsc_tree_rollback(app->apps->tree);
    return err;
}

enum dmsc_err dmsci_app_wrote(struct dmsc_app *app, const char *uri, struct dmsc_now now)
{
    const struct dmsc_subject subject = dmsci_app_subject(app);

    return dmsc_authority_wrote(app->apps->authority, &subject, uri, now);
}

enum dmsc_err dmsci_app_refresh(struct dmsc_app *app, const char *uri, struct dmsc_now now)
{
    enum dmsc_err err;

    if (!dmsc_tree_bound(app->apps->tree, uri))
        return DMSC_OK;
    err = dmsc_tree_begin(app->apps->tree, app->subject, now.seconds);
    return err != DMSC_OK ? err : dmsci_app_end(app, dmsc_tree_refresh(app->apps->tree, uri));
}

enum dmsc_err dmsc_app_get(struct dmsc_app *app, const char *uri, struct dmsc_now now,
                           struct dmsc_buf *ret_value)
{
    enum dmsc_err err = dmsci_app_may(app, DMSC_RIGHT_GET, uri, NULL, now);

    if (err == DMSC_OK)
        err = dmsci_app_refresh(app, uri, now);
    return err != DMSC_OK ? err : dmsc_tree_value(app->apps->tree, uri, ret_value);
}

struct listing {
    struct dmsc_app *app;
    const char *uri;
    struct dmsc_now now;
    bool (*child)(void *user, const char *name);
    void *user;
    enum dmsc_err err;
};

static bool show_child(void *user, const char *name)
{
    struct listing *l = user;
    struct dmsc_buf uri;
    bool more = true;

    dmsc_buf_init(&uri, l->app->apps->ctx, SIZE_MAX / 2);
    l->err = dmsci_buf_printf(&uri, "%s/%s", l->uri, name);
    if (l->err == DMSC_OK && dmsci_app_sees(l->app, dmsc_buf_str(&uri), l->now))
        more = l->child(l->user, name);
    dmsc_buf_clear(&uri);
    return more && l->err == DMSC_OK;
}

enum dmsc_err dmsc_app_list(struct dmsc_app *app, const char *uri, struct dmsc_now now,
                            bool (*child)(void *user, const char *name), void *user)
{
    struct listing l = { app, uri, now, child, user, DMSC_OK };
    enum dmsc_err err = dmsci_app_may(app, DMSC_RIGHT_GET, uri, NULL, now);

    if (err == DMSC_OK)
        err = dmsci_app_refresh(app, uri, now);
    if (err == DMSC_OK)
        err = dmsc_tree_children(app->apps->tree, uri, show_child, &l);
    return err != DMSC_OK ? err : l.err;
}

enum dmsc_err dmsc_app_set(struct dmsc_app *app, const char *uri, struct dmsc_bytes value,
                           struct dmsc_now now)
{
    enum dmsc_err err = begin(app, DMSC_RIGHT_REPLACE, uri, NULL, now);

    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_replace(app->apps->tree, uri, NULL, NULL, value);
    return dmsci_app_end(app, err == DMSC_OK ? dmsci_app_wrote(app, uri, now) : err);
}

enum dmsc_err dmsc_app_add(struct dmsc_app *app, const char *uri, const struct dmsc_node_spec *node,
                           struct dmsc_now now)
{
    const char *moid = node->format == DMSC_FORMAT_NODE && node->type != NULL ? node->type : "";
    enum dmsc_err err = begin(app, DMSC_RIGHT_ADD, uri, moid, now);
    const struct dmsc_subject subject = dmsci_app_subject(app);

    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_add(app->apps->tree, uri, node);
    if (err == DMSC_OK && moid[0] != '\0')
        err = dmsc_grant_created(app->apps->authority, &subject, uri);
    return dmsci_app_end(app, err == DMSC_OK ? dmsci_app_wrote(app, uri, now) : err);
}

enum dmsc_err dmsc_app_delete(struct dmsc_app *app, const char *uri, struct dmsc_now now)
{
    enum dmsc_err err = begin(app, DMSC_RIGHT_DELETE, uri, NULL, now);

    if (err != DMSC_OK)
        return err;
    err = dmsc_authority_deleting(app->apps->authority, uri);
    if (err == DMSC_OK)
        err = dmsc_tree_delete(app->apps->tree, uri, false);
    return dmsci_app_end(app, err);
}

enum dmsc_err dmsc_app_exec(struct dmsc_app *app, const char *uri, struct dmsc_bytes argument,
                            struct dmsc_now now)
{
    enum dmsc_err err = begin(app, DMSC_RIGHT_EXEC, uri, NULL, now);

    return err != DMSC_OK ? err
                          : dmsci_app_end(app, dmsc_tree_exec(app->apps->tree, uri, argument));
}

/* What is there already must be of the kind, and the application's own. */
static enum dmsc_err check_own(struct dmsc_app *app, const char *uri, const char *moid)
{
    struct dmsc_ctx *ctx = app->apps->ctx;
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf owner;
    enum dmsc_err err = dmsc_tree_get(app->apps->tree, uri, &node);

    dmsc_buf_init(&owner, ctx, SIZE_MAX / 2);
    if (err == DMSC_OK && (node.format != DMSC_FORMAT_NODE || strcmp(node.type, moid) != 0))
        err = dmsci_app_refuse(ctx, DMSC_E_REFUSED, "register an object", uri, "app:kind",
                               "something of another kind is there");
    if (err == DMSC_OK)
        err = dmsc_grant_owner(app->apps->authority, uri, &owner);
    if (err == DMSC_OK ? strcmp(dmsc_buf_str(&owner), app->subject) != 0 : err == DMSC_E_NOTFOUND)
        err = dmsci_app_refuse(ctx, DMSC_E_REFUSED, "register an object", uri, "app:owner",
                               "it is not the application's own");
    dmsc_buf_clear(&owner);
    dmsc_node_clear(&node);
    return err;
}

enum dmsc_err dmsc_app_register(struct dmsc_app *app, const char *uri, const char *moid,
                                const struct dmsc_mo_ops *ops, void *user, struct dmsc_now now)
{
    struct dmsc_ctx *ctx = app->apps->ctx;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    bool there = false;
    char *copy;
    enum dmsc_err err;

    if (moid == NULL || moid[0] == '\0' || app->bound_count == dmsc_ctx_limits(ctx)->app_objects)
        return dmsci_app_refuse(ctx, moid == NULL || moid[0] == '\0' ? DMSC_E_ARG : DMSC_E_LIMIT,
                                "register an object", uri, "app:object",
                                "it needs an identifier, and there are limits.app_objects");
    err = dmsc_tree_has(app->apps->tree, uri, &there);
    spec.type = moid;
    if (err == DMSC_OK)
        err = there ? check_own(app, uri, moid) : dmsc_app_add(app, uri, &spec, now);
    if (err != DMSC_OK || ops == NULL)
        return err;
    copy = dmsci_strdup(ctx, uri);
    if (copy == NULL)
        return DMSC_E_NOMEM;
    err = dmsc_tree_bind(app->apps->tree, uri, ops, user);
    if (err != DMSC_OK) {
        dmsci_free(ctx, copy);
        return err;
    }
    app->bound[app->bound_count++] = copy;
    return DMSC_OK;
}
