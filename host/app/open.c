/* SPDX-License-Identifier: Apache-2.0 */
/* Who an application is, and its opening and closing. */
#include "host/app/private.h"
#include "host/credential/cert.h"
#include <dmsc/secret.h>
#include <stdio.h>
#include <string.h>

enum dmsc_err dmsci_app_refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *what,
                               const char *where, const char *reason, const char *why)
{
    (void)dmsci_fail(ctx, err, "%s", what);
    dmsci_where(ctx, "%.180s", where);
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

enum dmsc_err dmsc_apps_new(struct dmsc_ctx *ctx, struct dmsc_tree *tree,
                            struct dmsc_authority *authority, struct dmsc_apps **ret_apps)
{
    struct dmsc_apps *apps = dmsci_alloc(ctx, sizeof(*apps));

    if (apps == NULL)
        return DMSC_E_NOMEM;
    apps->ctx = ctx;
    apps->tree = tree;
    apps->authority = authority;
    *ret_apps = apps;
    return DMSC_OK;
}

void dmsc_apps_free(struct dmsc_apps *apps)
{
    if (apps == NULL)
        return;
    while (apps->open != NULL)
        dmsc_app_close(apps->open);
    for (size_t i = 0; i < apps->rule_count; i++) {
        dmsci_free(apps->ctx, apps->rules[i].name);
        dmsci_free(apps->ctx, apps->rules[i].certificate);
    }
    dmsci_free(apps->ctx, apps->rules);
    dmsci_free(apps->ctx, apps->places);
    dmsc_wipe(apps->nonce, sizeof(apps->nonce));
    dmsci_free(apps->ctx, apps);
}

bool dmsci_app_good_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(name);

    return n >= 1 && n <= DMSCI_APP_NAME && strspn(name, letters) == n;
}

void dmsci_app_subject_text(const char *name, char ret_subject[DMSCI_APP_NAME + 8])
{
    (void)snprintf(ret_subject, DMSCI_APP_NAME + 8, "local:%.64s", name);
}

static enum dmsc_err add_rule(struct dmsc_apps *apps, const char *name, uint32_t uid,
                              const struct dmsc_bytes *certificate)
{
    struct dmsci_app_rule rule = { .uid = uid };
    struct dmsci_app_rule *rules;

    if (!dmsci_app_good_name(name))
        return dmsci_app_refuse(apps->ctx, DMSC_E_ARG, "admit an application", name, "app:name",
                                "a name has 1 to 64 letters, digits, '.', '_', '-'");
    if (apps->rule_count == dmsc_ctx_limits(apps->ctx)->app_rules)
        return dmsci_app_refuse(apps->ctx, DMSC_E_LIMIT, "admit an application", name, "app:many",
                                "there are limits.app_rules");
    rules = dmsci_realloc(apps->ctx, apps->rules, (apps->rule_count + 1) * sizeof(*rules));
    if (rules == NULL)
        return DMSC_E_NOMEM;
    apps->rules = rules;
    rule.name = dmsci_strdup(apps->ctx, name);
    if (certificate != NULL) {
        rule.certificate = dmsci_alloc(apps->ctx, certificate->n);
        rule.certificate_n = certificate->n;
    }
    if (rule.name == NULL || (certificate != NULL && rule.certificate == NULL)) {
        dmsci_free(apps->ctx, rule.name);
        dmsci_free(apps->ctx, rule.certificate);
        return DMSC_E_NOMEM;
    }
    if (certificate != NULL)
        dmsci_copy(rule.certificate, certificate->p, certificate->n);
    apps->rules[apps->rule_count++] = rule;
    return DMSC_OK;
}

enum dmsc_err dmsc_apps_admit_uid(struct dmsc_apps *apps, const char *name, uint32_t uid)
{
    return add_rule(apps, name, uid, NULL);
}

enum dmsc_err dmsc_apps_admit_certificate(struct dmsc_apps *apps, const char *name,
                                          struct dmsc_bytes certificate)
{
    struct dmsci_cert parsed;
    enum dmsc_err err;

    err = certificate.n == 0 ? DMSC_E_ARG : dmsci_cert_parse(apps->ctx, certificate, &parsed);
    if (err != DMSC_OK)
        return err;
    if (strcmp(parsed.key, "EC 256") != 0)
        return dmsci_app_refuse(apps->ctx, DMSC_E_UNSUPPORTED, "admit an application", name,
                                "app:key", "its certificate has no EC P-256 key");
    return add_rule(apps, name, 0, &certificate);
}

enum dmsc_err dmsci_app_not_opened(struct dmsc_apps *apps, const char *name, const char *reason,
                                   const char *why)
{
    dmsci_log(apps->ctx, DMSC_LOG_WARN, "app", "not opened as %.64s: %s", name, why);
    return dmsci_app_refuse(apps->ctx, DMSC_E_REFUSED, "open an application", name, reason, why);
}

enum dmsc_err dmsci_app_make(struct dmsc_apps *apps, const char *name, struct dmsc_app **ret_app)
{
    const struct dmsc_limits *limits = dmsc_ctx_limits(apps->ctx);
    struct dmsc_app *app = dmsci_alloc(apps->ctx, sizeof(*app));

    if (app == NULL)
        return DMSC_E_NOMEM;
    app->apps = apps;
    app->bound = dmsci_calloc(apps->ctx, limits->app_objects, sizeof(*app->bound));
    app->watches = dmsci_calloc(apps->ctx, limits->app_watches, sizeof(*app->watches));
    if (app->bound == NULL || app->watches == NULL) {
        dmsci_free(apps->ctx, app->bound);
        dmsci_free(apps->ctx, app->watches);
        dmsci_free(apps->ctx, app);
        return DMSC_E_NOMEM;
    }
    dmsci_app_subject_text(name, app->subject);
    dmsc_buf_init(&app->what, apps->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&app->uri, apps->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&app->actor, apps->ctx, SIZE_MAX / 2);
    app->next = apps->open;
    apps->open = app;
    *ret_app = app;
    return DMSC_OK;
}

enum dmsc_err dmsc_app_open(struct dmsc_apps *apps, const char *name, uint32_t uid,
                            struct dmsc_app **ret_app)
{
    bool known = false;

    for (size_t i = 0; i < apps->rule_count; i++) {
        const struct dmsci_app_rule *rule = &apps->rules[i];

        if (strcmp(rule->name, name) != 0)
            continue;
        known = true;
        if (rule->certificate == NULL && rule->uid == uid)
            return dmsci_app_make(apps, name, ret_app);
    }
    return known ? dmsci_app_not_opened(apps, name, "app:uid", "this user may not be it")
                 : dmsci_app_not_opened(apps, name, "app:unknown", "no rule names it");
}

void dmsc_app_close(struct dmsc_app *app)
{
    struct dmsc_app **at;

    if (app == NULL)
        return;
    for (at = &app->apps->open; *at != NULL && *at != app; at = &(*at)->next)
        ;
    if (*at == app)
        *at = app->next;
    for (size_t i = 0; i < app->bound_count; i++) {
        dmsc_tree_unbind(app->apps->tree, app->bound[i]);
        dmsci_free(app->apps->ctx, app->bound[i]);
    }
    dmsci_app_unwatch_all(app);
    dmsci_free(app->apps->ctx, app->bound);
    dmsci_free(app->apps->ctx, app->watches);
    dmsc_buf_clear(&app->what);
    dmsc_buf_clear(&app->uri);
    dmsc_buf_clear(&app->actor);
    dmsci_free(app->apps->ctx, app);
}

const char *dmsc_app_subject(const struct dmsc_app *app)
{
    return app->subject;
}
