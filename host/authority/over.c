/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a temporary grant (dm2 15.5): inert at once, taken away later, and who gave it is
 * told. */
#include "host/authority/dacmo.h"
#include "host/mo/tree.h"
#include <dmsc/alert.h>
#include <stdio.h>
#include <string.h>

static bool time_is_over(const struct dmsci_grant *grant, struct dmsc_now now)
{
    return now.trusted && grant->grant.not_after != 0 && now.seconds >= grant->grant.not_after;
}

bool dmsci_grant_is_over(const struct dmsci_grant *grant, struct dmsc_now now)
{
    return time_is_over(grant, now) || (grant->counted && grant->grant.sessions == 0);
}

void dmsci_over_note(struct dmsc_authority *authority, const char *base, const char *who)
{
    struct dmsci_over *over;

    for (size_t i = 0; i < authority->over_count; i++) {
        if (strcmp(authority->over[i].base, base) == 0 && strcmp(authority->over[i].who, who) == 0)
            return;
    }
    if (authority->over_count == DMSCI_OVER_MAX)
        return;
    over = &authority->over[authority->over_count++];
    (void)snprintf(over->base, sizeof(over->base), "%s", base);
    (void)snprintf(over->who, sizeof(over->who), "%s", who);
}

/* Which grants of an instance are meant. */
struct which {
    const char *given_by; /* NULL: by whomever */
    const char *who;      /* NULL: to whomever; else whose sessions count, time counts for all */
    struct dmsc_now now;
    struct dmsci_grant found;
    bool there;
};

static bool is_meant(void *user, const struct dmsci_grant *grant)
{
    struct which *w = user;
    bool his = w->who == NULL || strcmp(w->who, grant->who) == 0;

    /* A session that goes on still has the grant whose last session it is: its holder was not
     * refused, so only a decision about him says that his sessions are over. */
    if (!(his ? dmsci_grant_is_over(grant, w->now) : time_is_over(grant, w->now)))
        return true;
    if (w->given_by != NULL && strcmp(w->given_by, grant->given_by) != 0)
        return true;
    w->found = *grant;
    w->there = true;
    return false;
}

/* A server that gave it hears of its end; an application can follow the instance, and the device's
 * owner is no server. What cannot be told does not keep the grant alive. */
static enum dmsc_err tell_giver(struct dmsc_authority *authority, const char *base,
                                const struct dmsci_grant *grant, struct dmsc_now now)
{
    struct dmsc_alert alert = DMSC_ALERT_INIT;
    struct dmsc_buf uri, source;
    enum dmsc_err err;

    if (strncmp(grant->given_by, "local:", 6) == 0)
        return DMSC_OK;
    dmsc_buf_init(&uri, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&source, authority->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/Ext/dmsc/LocURI", base);
    if (err == DMSC_OK)
        err = dmsc_tree_value(authority->tree, dmsc_buf_str(&uri), &source);
    alert.at = now.seconds;
    alert.type = DMSC_ALERT_DELEGATION_EXPIRED;
    alert.source = dmsc_buf_str(&source);
    alert.data = dmsc_bytes_str(grant->who);
    if (err == DMSC_OK)
        err = dmsc_alert_put(authority->tree, grant->given_by, &alert);
    if (err == DMSC_E_LIMIT || err == DMSC_E_ARG || err == DMSC_E_NOTFOUND) {
        dmsci_log(authority->ctx, DMSC_LOG_WARN, "authority", "%s is not told of a grant's end: %s",
                  grant->given_by, dmsc_diag_get(authority->ctx)->why);
        err = DMSC_OK;
    }
    dmsc_buf_clear(&uri);
    dmsc_buf_clear(&source);
    return err;
}

static enum dmsc_err take_away(struct dmsc_authority *authority, const char *base,
                               struct which *which)
{
    bool any = false;
    enum dmsc_err err = DMSC_OK;

    do {
        which->there = false;
        err = dmsci_dacmo_grants(authority, base, is_meant, which);
        if (err != DMSC_OK || !which->there)
            break;
        any = true;
        err = tell_giver(authority, base, &which->found, which->now);
        if (err == DMSC_OK)
            err = dmsci_dacmo_drop(authority, base, which->found.key);
    } while (err == DMSC_OK);
    return err == DMSC_OK && any ? dmsci_dacmo_cascade(authority, base) : err;
}

enum dmsc_err dmsci_over_flush(struct dmsc_authority *authority, struct dmsc_now now)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < authority->over_count && err == DMSC_OK; i++) {
        struct which which = { .who = authority->over[i].who, .now = now };

        err = take_away(authority, authority->over[i].base, &which);
    }
    return err;
}

struct session {
    const char *server_id;
    struct dmsc_now now;
};

static enum dmsc_err take_his_away(struct dmsc_authority *authority, const char *base,
                                   const void *arg)
{
    const struct session *session = arg;
    struct which which = { .given_by = session->server_id, .now = session->now };

    return take_away(authority, base, &which);
}

enum dmsc_err dmsc_grant_expire(struct dmsc_authority *authority, const char *server_id,
                                struct dmsc_now now)
{
    const struct session session = { server_id, now };

    return dmsci_dacmo_each(authority, &session, take_his_away);
}
