/* SPDX-License-Identifier: Apache-2.0 */
/* What the MA list of the card says of an access. */
#include "host/authority/private.h"
#include <dmsc/mo.h>
#include <string.h>

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

/* The verdict over an entry that names the ServerID, and the entry it is about. */
static enum dmsc_reason entry_says(const struct dmsci_case *c, const struct dmsc_ma *ma,
                                   const struct dmsci_object *object, const struct dmsc_ma **ret_by)
{
    const struct dmsc_ma_list *list = &c->authority->list;
    enum dmsc_right right = c->question->right;
    const struct dmsc_ma *denied =
        denying(list, c->subject->server_id, object, right, ma->priority, c->now);
    enum dmsc_reason reason =
        denied != NULL ? DMSC_REFUSED_DENY_ENTRY : entry_grants(list, ma, object, right, c->now);

    *ret_by = denied != NULL ? denied : ma;
    dmsci_tell(c, "MA list entry %u (%.48s), priority %u: %s", ma->id, ma->name, ma->priority,
               dmsc_reason_text(reason));
    dmsci_tell_delegation(c, ma, object);
    if (denied != NULL)
        dmsci_tell(c, "  deny entry %u (%.48s), priority %u", denied->id, denied->name,
                   denied->priority);
    return reason;
}

/* Steps 2 to 5 of the algorithm in docs/card-application.md. */
struct dmsc_verdict dmsci_list_says(const struct dmsci_case *c)
{
    const struct dmsc_ma_list *list = &c->authority->list;
    const char *server_id = c->subject->server_id;
    struct dmsci_object object = { c->question->uri, c->mo };
    struct dmsc_verdict best =
        dmsci_verdict(list->count == 0 ? DMSC_REFUSED_NO_LIST : DMSC_REFUSED_UNLISTED, NULL,
                      "%zu entries, none with ServerID %.64s", list->count, server_id);
    const struct dmsc_ma *by;

    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        enum dmsc_reason reason;

        if ((ma->flags & DMSC_MA_DENY) != 0 || !dmsci_entry_has_server_id(ma, server_id) ||
            (c->subject->ma_id != 0 && c->subject->ma_id != ma->id))
            continue;
        reason = entry_says(c, ma, &object, &by);
        if (reason == DMSC_ALLOWED)
            return dmsci_verdict(DMSC_ALLOWED, ma, "entry %u (%.48s), scope over %.64s", ma->id,
                                 ma->name, object.uri);
        if (best.ma_id == 0)
            best = dmsci_verdict(reason, by, "entry %u (%.48s): %s", ma->id, ma->name,
                                 dmsc_reason_text(reason));
    }
    by = denying(list, server_id, &object, c->question->right, UINT8_MAX, c->now);
    if (best.ma_id == 0 && by != NULL)
        best = dmsci_verdict(DMSC_REFUSED_DENY_ENTRY, by, "entry %u (%.48s) denies it", by->id,
                             by->name);
    if (best.ma_id == 0)
        dmsci_tell(c, "MA list: %s", best.detail);
    return best;
}
