/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc_authority_decide(): every access of every subject. */
#include "host/authority/private.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

/* The object's MO identifier is the registered URN, alone or with its version behind a colon. */
static bool urn_matches(const char *urn, const char *mo)
{
    size_t n = strlen(urn);

    return strncmp(urn, mo, n) == 0 && (mo[n] == '\0' || mo[n] == ':');
}

static bool type_matches(const struct dmsc_ma_scope *scope, const char *mo)
{
    const char *urn = scope->type == DMSC_MO_URN ? scope->urn : dmsc_mo_type_urn(scope->type);

    if (scope->type == DMSC_MO_ANY)
        return true;
    return urn != NULL && urn_matches(urn, mo);
}

static bool scope_matches(const struct dmsc_ma_scope *scope, const struct dmsci_object *object)
{
    return scope->path != NULL && type_matches(scope, object->mo) &&
           dmsc_uri_below(object->uri, scope->path);
}

bool dmsci_scope_covers(const struct dmsc_ma *ma, const struct dmsci_object *object)
{
    for (size_t i = 0; i < ma->scope_count; i++) {
        if (scope_matches(&ma->scopes[i], object))
            return true;
    }
    return false;
}

uint16_t dmsci_scope_rights(const struct dmsc_ma *ma, const struct dmsci_object *object)
{
    uint16_t rights = 0;

    for (size_t i = 0; i < ma->scope_count; i++) {
        if (scope_matches(&ma->scopes[i], object))
            rights |= ma->scopes[i].rights;
    }
    return (rights & DMSC_RIGHT_ALL) != 0 ? UINT16_MAX : rights;
}

static bool may_delegate(const struct dmsc_ma *ma, const struct dmsci_object *object)
{
    if (object != NULL)
        return (dmsci_scope_rights(ma, object) & DMSC_RIGHT_DELEGATE) != 0;
    for (size_t i = 0; i < ma->scope_count; i++) {
        if ((ma->scopes[i].rights & (DMSC_RIGHT_DELEGATE | DMSC_RIGHT_ALL)) != 0)
            return true;
    }
    return false;
}

enum dmsc_reason dmsci_delegation(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                  const struct dmsci_object *object, struct dmsc_now now,
                                  uint16_t *rights)
{
    /* The bound on hops also ends every cycle. */
    for (unsigned hop = 0; ma->delegated; hop++) {
        const struct dmsc_ma *from = dmsc_ma_list_by_id(list, ma->delegated_by);

        if (hop >= DMSCI_DELEGATION_HOPS || from == NULL || (from->flags & DMSC_MA_DENY) != 0)
            return DMSC_REFUSED_DELEGATION;
        if (dmsci_entry_in_force(from, now) != DMSC_ALLOWED || !may_delegate(from, object))
            return DMSC_REFUSED_DELEGATION;
        /* A delegate may hand on only while depth remains, and less of it. */
        if (from->delegated && from->delegation_depth <= ma->delegation_depth)
            return DMSC_REFUSED_DELEGATION;
        if (object != NULL)
            *rights &= dmsci_scope_rights(from, object);
        ma = from;
    }
    return DMSC_ALLOWED;
}

/* What one granting entry says of the object and the right. */
static enum dmsc_reason entry_grants(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                     const struct dmsci_object *object, enum dmsc_right right,
                                     struct dmsc_now now)
{
    uint16_t rights = dmsci_scope_rights(ma, object);
    enum dmsc_reason reason = dmsci_entry_in_force(ma, now);

    if (reason != DMSC_ALLOWED)
        return reason;
    if (ma->pin_count == 0)
        return DMSC_REFUSED_NO_PIN;
    if (!dmsci_scope_covers(ma, object))
        return DMSC_REFUSED_SCOPE;
    reason = dmsci_delegation(list, ma, object, now, &rights);
    if (reason != DMSC_ALLOWED)
        return reason;
    return (rights & right) != 0 ? DMSC_ALLOWED : DMSC_REFUSED_RIGHT;
}

static const struct dmsc_ma *denying(const struct dmsc_ma_list *list, const char *server_id,
                                     const struct dmsci_object *object, enum dmsc_right right,
                                     uint8_t priority, struct dmsc_now now)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];

        if (dmsci_entry_denies(ma, server_id, priority, now) &&
            (ma->scope_count == 0 || (dmsci_scope_rights(ma, object) & right) != 0))
            return ma;
    }
    return NULL;
}

/* Steps 2 to 5 of the algorithm in docs/card-application.md. */
static struct dmsc_verdict list_says(const struct dmsc_ma_list *list,
                                     const struct dmsc_subject *subject,
                                     const struct dmsci_object *object, enum dmsc_right right,
                                     struct dmsc_now now)
{
    const char *server_id = subject->server_id;
    struct dmsc_verdict best =
        dmsci_verdict(list->count == 0 ? DMSC_REFUSED_NO_LIST : DMSC_REFUSED_UNLISTED, NULL,
                      "%zu entries, none with ServerID %.64s", list->count, server_id);
    const struct dmsc_ma *denied;

    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        enum dmsc_reason reason;

        if ((ma->flags & DMSC_MA_DENY) != 0 || !dmsci_entry_has_server_id(ma, server_id) ||
            (subject->ma_id != 0 && subject->ma_id != ma->id))
            continue;
        denied = denying(list, server_id, object, right, ma->priority, now);
        reason =
            denied != NULL ? DMSC_REFUSED_DENY_ENTRY : entry_grants(list, ma, object, right, now);
        if (reason == DMSC_ALLOWED)
            return dmsci_verdict(DMSC_ALLOWED, ma, "entry %u (%.48s), scope over %.64s", ma->id,
                                 ma->name, object->uri);
        if (best.ma_id == 0)
            best = dmsci_verdict(reason, denied != NULL ? denied : ma, "entry %u (%.48s): %s",
                                 ma->id, ma->name, dmsc_reason_text(reason));
    }
    denied = denying(list, server_id, object, right, UINT8_MAX, now);
    if (best.ma_id == 0 && denied != NULL)
        best = dmsci_verdict(DMSC_REFUSED_DENY_ENTRY, denied, "entry %u (%.48s) denies it",
                             denied->id, denied->name);
    return best;
}

/* The parent's URI in place; "." stays. */
static void to_parent(char *uri)
{
    char *slash = strrchr(uri, '/');

    if (slash == NULL || slash == uri)
        return;
    *slash = '\0';
}

/* Look up @p uri, or its nearest ancestor that exists: @p uri becomes that one's. */
static enum dmsc_err nearest(struct dmsc_tree *tree, char *uri, struct dmsc_node *ret_node)
{
    enum dmsc_err err = dmsc_tree_get(tree, uri, ret_node);

    while (err == DMSC_E_NOTFOUND && strcmp(uri, ".") != 0) {
        to_parent(uri);
        err = dmsc_tree_get(tree, uri, ret_node);
    }
    return err;
}

static enum dmsc_err acl_grants(struct dmsc_authority *authority, const char *uri,
                                enum dmsc_acl_command command, const char *server_id,
                                bool *ret_granted)
{
    struct dmsc_buf acl;
    enum dmsc_err err;

    dmsc_buf_init(&acl, authority->ctx, dmsc_ctx_limits(authority->ctx)->node_value);
    err = dmsc_tree_effective_acl(authority->tree, uri, &acl);
    if (err == DMSC_OK)
        *ret_granted = dmsc_acl_allows(dmsc_buf_str(&acl), command, server_id);
    dmsc_buf_clear(&acl);
    return err;
}

/* Which ACL command and which AccessType bit a right needs (TND 7.7.1.5 and 9); Add looks at the
 * parent. Rights without a row are matters of the MA list alone. */
static const struct need {
    enum dmsc_right right;
    enum dmsc_acl_command acl;
    uint8_t access;
    bool of_parent;
} needs[] = {
    { DMSC_RIGHT_GET, DMSC_ACL_GET, DMSC_ACCESS_GET, false },
    { DMSC_RIGHT_ADD, DMSC_ACL_ADD, DMSC_ACCESS_ADD, true },
    { DMSC_RIGHT_REPLACE, DMSC_ACL_REPLACE, DMSC_ACCESS_REPLACE, false },
    { DMSC_RIGHT_DELETE, DMSC_ACL_DELETE, DMSC_ACCESS_DELETE, false },
    { DMSC_RIGHT_EXEC, DMSC_ACL_EXEC, DMSC_ACCESS_EXEC, false },
};

static const struct need *need_of(enum dmsc_right right)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(needs); i++) {
        if (needs[i].right == right)
            return &needs[i];
    }
    return NULL;
}

/* TND 7.7.1.3: the ACL of an interior node goes by Replace on it or on its parent, that of a leaf
 * by Replace on its parent alone, that of the root by Replace on the root. */
static enum dmsc_err acl_change_granted(struct dmsc_authority *authority, char *uri, bool leaf,
                                        const char *server_id, bool *ret_granted)
{
    enum dmsc_err err = DMSC_OK;

    *ret_granted = false;
    if (!leaf)
        err = acl_grants(authority, uri, DMSC_ACL_REPLACE, server_id, ret_granted);
    if (err != DMSC_OK || *ret_granted || strcmp(uri, ".") == 0)
        return err;
    to_parent(uri);
    return acl_grants(authority, uri, DMSC_ACL_REPLACE, server_id, ret_granted);
}

static enum dmsc_err tree_says(struct dmsc_authority *authority, const char *server_id,
                               enum dmsc_right right, char *uri, enum dmsc_reason *ret_reason)
{
    const struct need *need = need_of(right);
    struct dmsc_node node = DMSC_NODE_INIT;
    bool granted = false;
    enum dmsc_err err;

    *ret_reason = DMSC_ALLOWED;
    if (need == NULL && right != DMSC_RIGHT_ACL)
        return DMSC_OK;
    if (need != NULL && need->of_parent)
        to_parent(uri);
    err = nearest(authority->tree, uri, &node);
    if (err != DMSC_OK)
        return err;
    if (right == DMSC_RIGHT_ACL)
        err = acl_change_granted(authority, uri, node.format != DMSC_FORMAT_NODE, server_id,
                                 &granted);
    else
        err = acl_grants(authority, uri, need->acl, server_id, &granted);
    if (err == DMSC_OK && !granted)
        *ret_reason = DMSC_REFUSED_ACL;
    else if (err == DMSC_OK && right == DMSC_RIGHT_GET && (node.flags & DMSC_NODE_SECRET) != 0)
        *ret_reason = DMSC_REFUSED_SECRET;
    else if (err == DMSC_OK && need != NULL && (node.access & need->access) == 0)
        *ret_reason = DMSC_REFUSED_ACCESS_TYPE;
    dmsc_node_clear(&node);
    return err;
}

/* The device's owner passes every list and ACL, but a secret stays one. */
static struct dmsc_verdict decide_local(struct dmsc_authority *authority, enum dmsc_right right,
                                        const char *uri)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_reason reason = DMSC_ALLOWED;
    enum dmsc_err err = DMSC_OK;

    if (right == DMSC_RIGHT_GET)
        err = dmsc_tree_get(authority->tree, uri, &node);
    if (err == DMSC_OK && (node.flags & DMSC_NODE_SECRET) != 0)
        reason = DMSC_REFUSED_SECRET;
    dmsc_node_clear(&node);
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "%s", dmsc_err_text(err));
    return dmsci_verdict(reason, NULL, "the device's owner");
}

static struct dmsc_verdict decide_ma(struct dmsc_authority *authority,
                                     const struct dmsc_subject *subject, enum dmsc_right right,
                                     const char *uri, struct dmsc_now now)
{
    struct dmsc_ctx *ctx = authority->ctx;
    struct dmsc_verdict verdict = dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "no memory");
    enum dmsc_reason reason = DMSC_REFUSED_ERROR;
    char *place = dmsci_strdup(ctx, uri);
    struct dmsc_buf mo;
    enum dmsc_err err = DMSC_E_NOMEM;

    dmsc_buf_init(&mo, ctx, dmsc_ctx_limits(ctx)->node_value);
    if (place != NULL)
        err = dmsc_tree_mo_of(authority->tree, uri, &mo);
    if (err == DMSC_OK) {
        struct dmsci_object object = { uri, dmsc_buf_str(&mo) };

        verdict = list_says(&authority->list, subject, &object, right, now);
        if (verdict.reason == DMSC_ALLOWED)
            err = tree_says(authority, subject->server_id, right, place, &reason);
        if (err == DMSC_OK && verdict.reason == DMSC_ALLOWED && reason != DMSC_ALLOWED)
            verdict =
                dmsci_verdict(reason, dmsc_ma_list_by_id(&authority->list, verdict.ma_id),
                              "MA list allows; node %.96s: %s", place, dmsc_reason_text(reason));
    }
    if (err != DMSC_OK)
        verdict = dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "%s", dmsc_err_text(err));
    dmsc_buf_clear(&mo);
    dmsci_free(ctx, place);
    return verdict;
}

struct dmsc_verdict dmsc_authority_decide(struct dmsc_authority *authority,
                                          const struct dmsc_subject *subject, enum dmsc_right right,
                                          const char *uri, struct dmsc_now now)
{
    struct dmsc_verdict verdict;

    switch (subject->kind) {
    case DMSC_SUBJECT_CARD:
        return dmsci_verdict(DMSC_ALLOWED, NULL, "the card's issuer");
    case DMSC_SUBJECT_LOCAL:
        return decide_local(authority, right, uri);
    case DMSC_SUBJECT_MA:
        break;
    }
    verdict = decide_ma(authority, subject, right, uri, now);
    if (verdict.reason != DMSC_ALLOWED)
        dmsci_log(authority->ctx, DMSC_LOG_WARN, "authority",
                  "refused %s right %04X on %s: %s (%s)", subject->server_id, (unsigned)right, uri,
                  dmsc_reason_name(verdict.reason), verdict.detail);
    return verdict;
}
