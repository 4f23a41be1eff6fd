/* SPDX-License-Identifier: Apache-2.0 */
/* Giving, taking back and handing over (dmsc/grant.h); the nodes are written in dacmo_write.c. */
#include "host/authority/dacmo.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_err refuse(struct dmsc_authority *authority, enum dmsc_err err, const char *where,
                            const char *reason, const char *why)
{
    (void)dmsci_fail(authority->ctx, err, "change the grants of an instance");
    dmsci_where(authority->ctx, "%s", where);
    dmsci_why(authority->ctx, reason, "%s", why);
    return err;
}

/* An instance whose grants are looked at or changed. */
struct deal {
    struct dmsc_authority *authority;
    const char *instance;
    struct dmsc_buf urn;         /* what it is */
    char base[DMSCI_DACMO_SIZE]; /* where its DACMO stands */
};

/* The instance as given. dmsc_buf_clear(&d->urn), whatever the result. */
static enum dmsc_err open_deal(struct dmsc_authority *authority, const char *instance,
                               struct deal *d)
{
    struct dmsc_buf root;
    enum dmsc_err err;

    *d = (struct deal){ .authority = authority, .instance = instance };
    dmsc_buf_init(&d->urn, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&root, authority->ctx, SIZE_MAX / 2);
    err = dmsc_tree_instance(authority->tree, instance, &d->urn, &root);
    if (err == DMSC_OK && strcmp(dmsc_buf_str(&root), instance) != 0)
        err = refuse(authority, DMSC_E_NOTFOUND, instance, "dacmo:instance",
                     "no instance of a Management Object has its root here");
    if (err == DMSC_OK && dmsc_uri_below(instance, "./DACMO"))
        err = refuse(authority, DMSC_E_ARG, instance, "dacmo:itself",
                     "the grants of an instance have no owner of their own");
    if (err == DMSC_OK)
        err = dmsci_dacmo_base(authority, dmsc_buf_str(&d->urn), instance, d->base);
    dmsc_buf_clear(&root);
    return err;
}

enum dmsc_err dmsc_grant_created(struct dmsc_authority *authority,
                                 const struct dmsc_subject *subject, const char *instance)
{
    const char *owner = subject->kind == DMSC_SUBJECT_MA || subject->kind == DMSC_SUBJECT_APP
                            ? subject->server_id
                            : "local:";
    struct deal d;
    enum dmsc_err err = open_deal(authority, instance, &d);

    if (err == DMSC_OK && strlen(owner) >= DMSCI_WHO_SIZE)
        err = refuse(authority, DMSC_E_ARG, instance, "dacmo:who", "the identifier is too long");
    if (err == DMSC_OK)
        err = dmsci_dacmo_make(authority, d.base, dmsc_buf_str(&d.urn), instance, owner);
    dmsc_buf_clear(&d.urn);
    return err;
}

enum dmsc_err dmsc_grant_owner(struct dmsc_authority *authority, const char *instance,
                               struct dmsc_buf *ret_owner)
{
    char owner[DMSCI_WHO_SIZE] = "";
    struct deal d;
    enum dmsc_err err = open_deal(authority, instance, &d);

    if (err == DMSC_OK)
        err = dmsci_dacmo_owner(authority, d.base, owner);
    if (err == DMSC_OK && owner[0] == '\0')
        err = refuse(authority, DMSC_E_NOTFOUND, instance, "dacmo:none", "nobody owns it");
    if (err == DMSC_OK)
        err = dmsc_buf_set(ret_owner, dmsc_bytes_str(owner));
    dmsc_buf_clear(&d.urn);
    return err;
}

/* What the subject may hand on: an owner all, a grantee with Delegate what was granted to him. */
static enum dmsc_err authority_of(const struct deal *d, const struct dmsc_subject *subject,
                                  struct dmsc_now now, struct dmsci_grant *ret_own)
{
    struct dmsc_authority *authority = d->authority;
    char owner[DMSCI_WHO_SIZE];
    bool there = false;
    enum dmsc_err err = dmsci_dacmo_owner(authority, d->base, owner);

    if (err != DMSC_OK)
        return err;
    if (owner[0] == '\0')
        return refuse(authority, DMSC_E_NOTFOUND, d->instance, "dacmo:none", "nobody owns it");
    *ret_own = (struct dmsci_grant){ .grant = { .rights = DMSC_GRANT_ALL } };
    if (subject->kind != DMSC_SUBJECT_MA && subject->kind != DMSC_SUBJECT_APP) {
        (void)snprintf(ret_own->who, DMSCI_WHO_SIZE, "%s", owner);
        return DMSC_OK;
    }
    if (strcmp(owner, subject->server_id) == 0) {
        (void)snprintf(ret_own->who, DMSCI_WHO_SIZE, "%s", owner);
        return DMSC_OK;
    }
    err = dmsci_dacmo_find(authority, d->base, subject->server_id, ret_own, &there);
    if (err == DMSC_OK &&
        (!there || (ret_own->grant.rights & DMSC_GRANT_DELEGATE) == 0 ||
         dmsci_grant_in_force(authority, d->base, ret_own, subject->session, now) != DMSC_ALLOWED))
        err = refuse(authority, DMSC_E_DENIED, d->instance, "dacmo:grant",
                     "neither the owner nor granted the right to delegate");
    return err;
}

/* A grant never makes an authority: the grantee is on the MA list, for objects of this kind. */
static bool listed_for(struct dmsc_authority *authority, const char *server_id, const char *moid,
                       const char *instance)
{
    const struct dmsc_ma_list *list = &authority->list;
    struct dmsci_object object = { instance, moid };

    if (strcmp(server_id, "*") == 0 || strncmp(server_id, "local:", 6) == 0)
        return true;
    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];

        if ((ma->flags & (DMSC_MA_DENY | DMSC_MA_ENABLED)) == DMSC_MA_ENABLED &&
            dmsci_entry_has_server_id(ma, server_id) && dmsci_scope_covers(ma, &object))
            return true;
    }
    return false;
}

static unsigned effective_priority(const struct dmsc_grant *grant)
{
    return grant->priority != 0 ? grant->priority : DMSC_GRANT_PRIORITY;
}

/* dm2 15.4: nobody gives what he has not, for longer, or of a better priority. */
static enum dmsc_err check_bounds(struct dmsc_authority *authority, const char *instance,
                                  const struct dmsci_grant *own, const struct dmsc_grant *grant)
{
    if ((grant->rights & ~own->grant.rights) != 0)
        return refuse(authority, DMSC_E_DENIED, instance, "dacmo:rights",
                      "a right is given that the giver has not");
    if (own->depth >= DMSC_GRANT_DEPTH && (grant->rights & DMSC_GRANT_DELEGATE) != 0)
        return refuse(authority, DMSC_E_DENIED, instance, "dacmo:depth",
                      "at the third hop nobody gives the right to delegate");
    if ((own->grant.not_after != 0 &&
         (grant->not_after == 0 || grant->not_after > own->grant.not_after)) ||
        (own->counted && (grant->sessions == 0 || grant->sessions > own->grant.sessions)))
        return refuse(authority, DMSC_E_DENIED, instance, "dacmo:until",
                      "it would last longer than the giver's own");
    if (own->depth > 0 && effective_priority(grant) < own->grant.priority)
        return refuse(authority, DMSC_E_DENIED, instance, "dacmo:priority",
                      "its priority would be better than the giver's own");
    return DMSC_OK;
}

static enum dmsc_err check_sense(struct dmsc_authority *authority, const char *instance,
                                 const struct dmsci_grant *own, const struct dmsc_grant *grant)
{
    const char *who = grant->server_id;

    if (who == NULL || who[0] == '\0' || strlen(who) >= DMSCI_WHO_SIZE)
        return refuse(authority, DMSC_E_ARG, instance, "dacmo:who", "there is no such grantee");
    if (grant->rights == 0 || (grant->rights & ~DMSC_GRANT_ALL) != 0 ||
        (strcmp(who, "*") == 0 && grant->rights != DMSC_GRANT_READ))
        return refuse(authority, DMSC_E_ARG, instance, "dacmo:rights-value",
                      "rights are 1 to 15, and 1 for everybody");
    if (grant->not_before < 0 || grant->not_after < 0 ||
        (grant->not_after != 0 && grant->not_after <= grant->not_before))
        return refuse(authority, DMSC_E_ARG, instance, "dacmo:times", "it ends before it begins");
    if (strcmp(who, own->who) == 0)
        return refuse(authority, DMSC_E_ARG, instance, "dacmo:self", "nobody grants to himself");
    return DMSC_OK;
}

/* What both kinds of handing on begin with: the instance, and what the subject has of it. */
static enum dmsc_err open_between(struct dmsc_authority *authority,
                                  const struct dmsc_subject *subject, const char *instance,
                                  struct dmsc_now now, struct deal *d, struct dmsci_grant *ret_own)
{
    enum dmsc_err err = open_deal(authority, instance, d);

    return err == DMSC_OK ? authority_of(d, subject, now, ret_own) : err;
}

static enum dmsc_err put_grant(const struct deal *d, const struct dmsci_grant *own,
                               const struct dmsc_grant *grant, const char *key)
{
    struct dmsci_grant fresh = { .depth = own->depth + 1,
                                 .counted = grant->sessions != 0,
                                 .grant = *grant };
    enum dmsc_err err;

    (void)snprintf(fresh.key, sizeof(fresh.key), "%s", key);
    (void)snprintf(fresh.who, sizeof(fresh.who), "%s", grant->server_id);
    (void)snprintf(fresh.given_by, sizeof(fresh.given_by), "%s", own->who);
    err = dmsci_dacmo_put(d->authority, d->base, &fresh);
    return err == DMSC_OK ? dmsci_dacmo_cascade(d->authority, d->base) : err;
}

enum dmsc_err dmsc_grant_give(struct dmsc_authority *authority, const struct dmsc_subject *subject,
                              const char *instance, const struct dmsc_grant *grant,
                              struct dmsc_now now)
{
    struct dmsci_grant own, old;
    struct deal d;
    bool there = false;
    enum dmsc_err err = open_between(authority, subject, instance, now, &d, &own);

    if (err == DMSC_OK)
        err = check_sense(authority, instance, &own, grant);
    if (err == DMSC_OK)
        err = check_bounds(authority, instance, &own, grant);
    if (err == DMSC_OK && !listed_for(authority, grant->server_id, dmsc_buf_str(&d.urn), instance))
        err = refuse(authority, DMSC_E_NOT_LISTED_MA, instance, "dacmo:grantee",
                     "the card does not list the grantee for this kind of object");
    if (err == DMSC_OK)
        err = dmsci_dacmo_find(authority, d.base, grant->server_id, &old, &there);
    /* What somebody else gave is not the giver's to change, unless he owns the instance. */
    if (err == DMSC_OK && there && own.depth > 0 && strcmp(old.given_by, own.who) != 0)
        err = refuse(authority, DMSC_E_DENIED, instance, "dacmo:grant",
                     "another authority gave this grant");
    if (err == DMSC_OK)
        err = put_grant(&d, &own, grant, there ? old.key : "");
    dmsc_buf_clear(&d.urn);
    return err;
}

enum dmsc_err dmsc_grant_revoke(struct dmsc_authority *authority,
                                const struct dmsc_subject *subject, const char *instance,
                                const char *server_id, struct dmsc_now now)
{
    bool device = subject->kind != DMSC_SUBJECT_MA && subject->kind != DMSC_SUBJECT_APP;
    const char *who = device ? "" : subject->server_id;
    char owner[DMSCI_WHO_SIZE] = "";
    struct dmsci_grant old;
    struct deal d;
    bool there = false;
    enum dmsc_err err = open_deal(authority, instance, &d);

    (void)now; /* a grant that is over can still be taken back */
    if (err == DMSC_OK)
        err = dmsci_dacmo_owner(authority, d.base, owner);
    if (err == DMSC_OK)
        err = dmsci_dacmo_find(authority, d.base, server_id, &old, &there);
    if (err == DMSC_OK && !there)
        err = refuse(authority, DMSC_E_NOTFOUND, instance, "dacmo:none", "there is no such grant");
    if (err == DMSC_OK && !device && strcmp(who, owner) != 0 && strcmp(who, old.given_by) != 0 &&
        strcmp(who, server_id) != 0)
        err = refuse(authority, DMSC_E_DENIED, instance, "dacmo:grant",
                     "neither the owner, nor who gave it, nor who holds it");
    if (err == DMSC_OK)
        err = dmsci_dacmo_drop(authority, d.base, old.key);
    if (err == DMSC_OK)
        err = dmsci_dacmo_cascade(authority, d.base);
    dmsc_buf_clear(&d.urn);
    return err;
}

enum dmsc_err dmsc_grant_transfer(struct dmsc_authority *authority,
                                  const struct dmsc_subject *subject, const char *instance,
                                  const char *server_id, struct dmsc_now now)
{
    struct dmsci_grant own, heir;
    struct deal d;
    bool there = false;
    enum dmsc_err err = open_between(authority, subject, instance, now, &d, &own);

    if (err == DMSC_OK && own.depth > 0)
        err = refuse(authority, DMSC_E_DENIED, instance, "dacmo:grant",
                     "only the owner hands an instance over");
    if (err == DMSC_OK)
        err = dmsci_dacmo_find(authority, d.base, server_id, &heir, &there);
    if (err == DMSC_OK && (!there || heir.grant.rights != DMSC_GRANT_ALL))
        err = refuse(authority, DMSC_E_DENIED, instance, "dacmo:rights",
                     "the new owner must hold all four rights first");
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, d.base, "Ext/dmsc/NewOwner", DMSC_FORMAT_CHR, server_id);
    dmsc_buf_clear(&d.urn);
    return err;
}

struct listing {
    bool (*grant)(void *user, const struct dmsc_grant *grant, const char *given_by, unsigned depth);
    void *user;
};

static bool list_one(void *user, const struct dmsci_grant *g)
{
    struct listing *l = user;

    return l->grant(l->user, &g->grant, g->given_by, g->depth);
}

enum dmsc_err dmsc_grant_list(struct dmsc_authority *authority, const char *instance,
                              bool (*grant)(void *user, const struct dmsc_grant *grant,
                                            const char *given_by, unsigned depth),
                              void *user)
{
    struct listing l = { grant, user };
    struct deal d;
    enum dmsc_err err = open_deal(authority, instance, &d);

    if (err == DMSC_OK)
        err = dmsci_dacmo_grants(authority, d.base, list_one, &l);
    dmsc_buf_clear(&d.urn);
    return err;
}
