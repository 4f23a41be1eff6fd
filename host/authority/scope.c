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
