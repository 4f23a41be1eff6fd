/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes of the MA list, and the chains of delegation over them. */
#include "host/authority/private.h"
#include <dmsc/mo.h>
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

/* Why a delegation by @p from to @p ma does not hold; NULL: it does. The bound on hops also ends
 * every cycle. */
static const char *hop_fails(const struct dmsc_ma *ma, const struct dmsc_ma *from, unsigned hop,
                             const struct dmsci_object *object, struct dmsc_now now)
{
    enum dmsc_reason reason;

    if (from == NULL)
        return "there is no such entry";
    if (hop >= DMSCI_DELEGATION_HOPS)
        return "the chain is too long";
    if ((from->flags & DMSC_MA_DENY) != 0)
        return "it is a deny entry";
    reason = dmsci_entry_in_force(from, now);
    if (reason != DMSC_ALLOWED)
        return dmsc_reason_text(reason);
    if (!may_delegate(from, object))
        return "its scopes do not give Delegate for this";
    /* A delegate may hand on only while depth remains, and less of it. */
    if (from->delegated && from->delegation_depth <= ma->delegation_depth)
        return "it has no depth left to hand on";
    return NULL;
}

enum dmsc_reason dmsci_delegation(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                  const struct dmsci_object *object, struct dmsc_now now,
                                  uint16_t *rights)
{
    for (unsigned hop = 0; ma->delegated; hop++) {
        const struct dmsc_ma *from = dmsc_ma_list_by_id(list, ma->delegated_by);

        if (hop_fails(ma, from, hop, object, now) != NULL)
            return DMSC_REFUSED_DELEGATION;
        if (object != NULL)
            *rights &= dmsci_scope_rights(from, object);
        ma = from;
    }
    return DMSC_ALLOWED;
}

void dmsci_tell_delegation(const struct dmsci_case *c, const struct dmsc_ma *ma,
                           const struct dmsci_object *object)
{
    const char *fails = NULL;

    for (unsigned hop = 0; ma != NULL && ma->delegated && fails == NULL; hop++) {
        const struct dmsc_ma *from = dmsc_ma_list_by_id(&c->authority->list, ma->delegated_by);

        fails = hop_fails(ma, from, hop, object, c->now);
        dmsci_tell(c, "  delegated by entry %u (%.48s), depth %u: %s", ma->delegated_by,
                   from != NULL ? from->name : "?", ma->delegation_depth,
                   fails != NULL ? fails : "holds");
        ma = from;
    }
}
