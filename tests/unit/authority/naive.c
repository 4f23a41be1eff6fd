/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/authority/naive.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

static bool at_or_below(const char *uri, const char *top)
{
    char with_slash[200];

    (void)snprintf(with_slash, sizeof(with_slash), "%s/", top);
    return strcmp(uri, top) == 0 || strstr(uri, with_slash) == uri;
}

static bool cut_last(char *uri)
{
    size_t n = strlen(uri);

    if (n <= 1)
        return false;
    while (uri[n - 1] != '/')
        n--;
    uri[n - 1] = '\0';
    return true;
}

static const struct naive_node *node_at(const struct naive_world *w, const char *uri)
{
    for (unsigned i = 0; i < w->nodes; i++) {
        if (strcmp(w->node[i].uri, uri) == 0)
            return &w->node[i];
    }
    return NULL;
}

/* The node, or the nearest above it. */
static const struct naive_node *nearest_at(const struct naive_world *w, const char *uri)
{
    char at[200];

    (void)snprintf(at, sizeof(at), "%s", uri);
    while (node_at(w, at) == NULL && cut_last(at))
        ;
    return node_at(w, at);
}

static const struct naive_node *instance_of(const struct naive_world *w, const char *uri)
{
    const struct naive_node *best = NULL;

    for (unsigned i = 0; i < w->nodes; i++) {
        const struct naive_node *n = &w->node[i];

        if (n->mo[0] != '\0' && at_or_below(uri, n->uri) &&
            (best == NULL || strlen(n->uri) > strlen(best->uri)))
            best = n;
    }
    return best;
}

static const char *acl_of(const struct naive_world *w, const char *uri)
{
    const struct naive_node *best = NULL;

    for (unsigned i = 0; i < w->nodes; i++) {
        const struct naive_node *n = &w->node[i];

        if (n->acl[0] != '\0' && at_or_below(uri, n->uri) &&
            (best == NULL || strlen(n->uri) > strlen(best->uri)))
            best = n;
    }
    return best == NULL ? "" : best->acl;
}

/* "Add=a+b&Get=*" */
static bool acl_names(const char *acl, const char *command, const char *who)
{
    char copy[200];
    char *outer, *inner;

    (void)snprintf(copy, sizeof(copy), "%s", acl);
    for (char *part = strtok_r(copy, "&", &outer); part != NULL;
         part = strtok_r(NULL, "&", &outer)) {
        char *ids = strchr(part, '=');

        *ids++ = '\0';
        if (strcmp(part, command) != 0)
            continue;
        for (char *id = strtok_r(ids, "+", &inner); id != NULL; id = strtok_r(NULL, "+", &inner)) {
            if (strcmp(id, "*") == 0 || strcmp(id, who) == 0)
                return true;
        }
    }
    return false;
}

/* "urn:x" covers "urn:x" and "urn:x:1.0". */
static bool covers(const struct dmsc_ma_scope *s, const char *uri, const char *mo)
{
    const char *urn = s->type == DMSC_MO_URN ? s->urn : dmsc_mo_type_urn(s->type);
    bool type = s->type == DMSC_MO_ANY;

    if (!type && urn != NULL && strstr(mo, urn) == mo)
        type = mo[strlen(urn)] == '\0' || mo[strlen(urn)] == ':';
    return type && at_or_below(uri, s->path);
}

static unsigned rights_over(const struct dmsc_ma *ma, const char *uri, const char *mo, bool *any)
{
    unsigned rights = 0;

    *any = false;
    for (size_t i = 0; i < ma->scope_count; i++) {
        if (!covers(&ma->scopes[i], uri, mo))
            continue;
        *any = true;
        rights |= ma->scopes[i].rights;
    }
    return (rights & 0x8000u) != 0 ? 0xFFFFu : rights;
}

static enum dmsc_reason in_time(const struct dmsc_ma *ma, struct dmsc_now now)
{
    bool from = ma->not_before != 0, to = ma->not_after != 0xFFFFFFFFu;

    if ((ma->flags & 1) == 0)
        return DMSC_REFUSED_DISABLED;
    if ((from || to) && !now.trusted)
        return DMSC_REFUSED_CLOCK;
    if (from && now.seconds < ma->not_before)
        return DMSC_REFUSED_NOT_YET;
    if (to && now.seconds > ma->not_after)
        return DMSC_REFUSED_EXPIRED;
    return DMSC_ALLOWED;
}

static bool is_for(const struct dmsc_ma *ma, const char *who)
{
    for (size_t i = 0; i < ma->server_id_count; i++) {
        if (strcmp(ma->server_ids[i], who) == 0)
            return true;
    }
    return false;
}

static const struct dmsc_ma *entry(const struct dmsc_ma_list *list, unsigned id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].id == id)
            return &list->entries[i];
    }
    return NULL;
}

static bool denied(const struct dmsc_ma_list *list, const char *who, enum dmsc_right right,
                   const char *uri, const char *mo, unsigned priority, struct dmsc_now now)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        enum dmsc_reason time = in_time(ma, now);
        bool any;
        unsigned rights = rights_over(ma, uri, mo, &any);

        if ((ma->flags & 0x80) == 0 || !is_for(ma, who) || ma->priority > priority)
            continue;
        if (time != DMSC_ALLOWED && time != DMSC_REFUSED_CLOCK)
            continue;
        if (ma->scope_count == 0 || (rights & right) != 0)
            return true;
    }
    return false;
}

/* The rights of a delegated entry are those that everybody up its chain has too. */
static bool chain_holds(const struct dmsc_ma_list *list, const struct dmsc_ma *ma, const char *uri,
                        const char *mo, struct dmsc_now now, unsigned *rights)
{
    const struct dmsc_ma *chain[4];
    unsigned n = 0;
    bool any;

    for (const struct dmsc_ma *at = ma; at->delegated; at = chain[n++]) {
        if (n == 3)
            return false;
        chain[n] = entry(list, at->delegated_by);
        if (chain[n] == NULL)
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        const struct dmsc_ma *below = i == 0 ? ma : chain[i - 1];
        unsigned own = rights_over(chain[i], uri, mo, &any);

        if ((chain[i]->flags & 0x80) != 0 || in_time(chain[i], now) != DMSC_ALLOWED)
            return false;
        if ((own & DMSC_RIGHT_DELEGATE) == 0)
            return false;
        if (chain[i]->delegated && chain[i]->delegation_depth <= below->delegation_depth)
            return false;
        *rights &= own;
    }
    return true;
}

static enum dmsc_reason one_entry(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                                  const char *who, enum dmsc_right right, const char *uri,
                                  const char *mo, struct dmsc_now now)
{
    bool any;
    unsigned rights = rights_over(ma, uri, mo, &any);

    if (denied(list, who, right, uri, mo, ma->priority, now))
        return DMSC_REFUSED_DENY_ENTRY;
    if (in_time(ma, now) != DMSC_ALLOWED)
        return in_time(ma, now);
    if (ma->pin_count == 0)
        return DMSC_REFUSED_NO_PIN;
    if (!any)
        return DMSC_REFUSED_SCOPE;
    if (!chain_holds(list, ma, uri, mo, now, &rights))
        return DMSC_REFUSED_DELEGATION;
    return (rights & right) != 0 ? DMSC_ALLOWED : DMSC_REFUSED_RIGHT;
}

static enum dmsc_reason by_list(const struct naive_world *w, const struct dmsc_subject *subject,
                                enum dmsc_right right, const char *uri, const char *mo,
                                struct dmsc_now now, unsigned *ret_entry)
{
    const struct dmsc_ma_list *list = w->list;
    enum dmsc_reason first = list->count == 0 ? DMSC_REFUSED_NO_LIST : DMSC_REFUSED_UNLISTED;
    bool named = false;

    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        enum dmsc_reason reason;

        if ((ma->flags & 0x80) != 0 || !is_for(ma, subject->server_id))
            continue;
        if (subject->ma_id != 0 && subject->ma_id != ma->id)
            continue;
        reason = one_entry(list, ma, subject->server_id, right, uri, mo, now);
        if (reason == DMSC_ALLOWED) {
            *ret_entry = ma->id;
            return DMSC_ALLOWED;
        }
        if (!named)
            first = reason;
        named = true;
    }
    if (!named && denied(list, subject->server_id, right, uri, mo, 255, now))
        return DMSC_REFUSED_DENY_ENTRY;
    return first;
}

static const char *command_of(enum dmsc_right right)
{
    switch (right) {
    case DMSC_RIGHT_GET:
        return "Get";
    case DMSC_RIGHT_ADD:
        return "Add";
    case DMSC_RIGHT_REPLACE:
        return "Replace";
    case DMSC_RIGHT_DELETE:
        return "Delete";
    case DMSC_RIGHT_EXEC:
        return "Exec";
    default:
        return NULL;
    }
}

static bool by_acl(const struct naive_world *w, const char *who, enum dmsc_right right,
                   const char *uri)
{
    const struct naive_node *node;
    char place[200];

    (void)snprintf(place, sizeof(place), "%s", uri);
    if (right == DMSC_RIGHT_ADD)
        (void)cut_last(place);
    node = nearest_at(w, place);
    (void)snprintf(place, sizeof(place), "%s", node->uri);
    if (right == DMSC_RIGHT_ACL) {
        if (!node->leaf && acl_names(acl_of(w, place), "Replace", who))
            return true;
        return cut_last(place) && acl_names(acl_of(w, place), "Replace", who);
    }
    if (command_of(right) == NULL)
        return true;
    return acl_names(acl_of(w, place), command_of(right), who);
}

static enum dmsc_reason by_description(const struct naive_world *w, enum dmsc_right right,
                                       const char *uri)
{
    static const struct {
        enum dmsc_right right;
        unsigned access;
    } bits[] = { { DMSC_RIGHT_GET, DMSC_ACCESS_GET },
                 { DMSC_RIGHT_ADD, DMSC_ACCESS_ADD },
                 { DMSC_RIGHT_REPLACE, DMSC_ACCESS_REPLACE },
                 { DMSC_RIGHT_DELETE, DMSC_ACCESS_DELETE },
                 { DMSC_RIGHT_EXEC, DMSC_ACCESS_EXEC } };
    const struct naive_node *node;
    char place[200];

    (void)snprintf(place, sizeof(place), "%s", uri);
    if (right == DMSC_RIGHT_ADD)
        (void)cut_last(place);
    node = nearest_at(w, place);
    if (right == DMSC_RIGHT_GET && node->secret)
        return DMSC_REFUSED_SECRET;
    for (unsigned i = 0; i < 5; i++) {
        if (bits[i].right == right && (node->access & bits[i].access) == 0)
            return DMSC_REFUSED_ACCESS_TYPE;
    }
    return DMSC_ALLOWED;
}

static const char *owner_of(const struct naive_world *w, const char *instance)
{
    for (unsigned i = 0; i < w->owners; i++) {
        if (strcmp(w->owner[i].instance, instance) == 0)
            return w->owner[i].who;
    }
    return NULL;
}

static enum dmsc_reason by_grants(const struct naive_world *w, const char *who, unsigned bit,
                                  const char *instance, struct dmsc_now now)
{
    enum dmsc_reason reason = DMSC_REFUSED_GRANT;
    const char *owner = owner_of(w, instance);

    if (owner == NULL)
        return DMSC_REFUSED_GRANT;
    if (strcmp(owner, who) == 0)
        return DMSC_ALLOWED;
    for (unsigned i = 0; i < w->grants; i++) {
        const struct naive_grant *g = &w->grant[i];

        if (strcmp(g->instance, instance) != 0 || (g->rights & bit) == 0)
            continue;
        if (strcmp(g->who, who) != 0 && strcmp(g->who, "*") != 0)
            continue;
        if ((g->from != 0 || g->until != 0) && !now.trusted)
            reason = DMSC_REFUSED_GRANT_CLOCK;
        else if (now.seconds < g->from || (g->until != 0 && now.seconds >= g->until))
            reason = DMSC_REFUSED_GRANT_OVER;
        else
            return DMSC_ALLOWED;
    }
    return reason;
}

static enum dmsc_reason by_dacmo(const struct naive_world *w, const struct dmsc_subject *subject,
                                 enum dmsc_right right, const char *uri, const char *mo,
                                 struct dmsc_now now)
{
    const struct naive_node *instance = instance_of(w, uri);
    unsigned bit = 0;

    if (right == DMSC_RIGHT_GET)
        bit = 1;
    if (right == DMSC_RIGHT_ADD || right == DMSC_RIGHT_REPLACE || right == DMSC_RIGHT_DELETE ||
        right == DMSC_RIGHT_COPY || right == DMSC_RIGHT_ACL)
        bit = 2;
    if (right == DMSC_RIGHT_EXEC || right == DMSC_RIGHT_FIRMWARE)
        bit = 4;
    if (right == DMSC_RIGHT_DELEGATE)
        bit = 8;
    if (bit == 0)
        return DMSC_ALLOWED;
    if (instance == NULL)
        return right == DMSC_RIGHT_ADD && mo[0] != '\0' ? DMSC_ALLOWED : DMSC_REFUSED_GRANT;
    return by_grants(w, subject->server_id, bit, instance->uri, now);
}

unsigned naive_priority(const struct naive_world *w, const struct dmsc_subject *subject,
                        const char *instance, unsigned entry_id)
{
    unsigned rank = subject->kind == DMSC_SUBJECT_MA ? 255 : 0, own = 0;
    const char *owner = owner_of(w, instance);

    for (size_t i = 0; i < w->list->count && subject->kind == DMSC_SUBJECT_MA; i++) {
        const struct dmsc_ma *ma = &w->list->entries[i];

        if ((ma->flags & 0x80) == 0 && is_for(ma, subject->server_id) &&
            (entry_id == 0 || entry_id == ma->id) && ma->priority < rank)
            rank = ma->priority;
    }
    if (subject->kind == DMSC_SUBJECT_APP || subject->rules == DMSC_RULES_DACMO) {
        own = owner != NULL && strcmp(owner, subject->server_id) == 0 ? 0 : 128;
        for (unsigned i = 0; i < w->grants && own != 0; i++) {
            if (strcmp(w->grant[i].instance, instance) == 0 &&
                strcmp(w->grant[i].who, subject->server_id) == 0)
                own = w->grant[i].priority != 0 ? w->grant[i].priority : 128;
        }
    }
    return own > rank ? own : rank;
}

static bool asks_for(const struct dmsc_subject *subject, const char *mo)
{
    for (unsigned i = 0; subject->moids != NULL && subject->moids[i] != NULL; i++) {
        if (strcmp(subject->moids[i], mo) == 0)
            return true;
    }
    return subject->moids == NULL;
}

static enum dmsc_reason without_priority(const struct naive_world *w,
                                         const struct dmsc_subject *subject, enum dmsc_right right,
                                         const char *uri, const char *new_mo, struct dmsc_now now,
                                         unsigned *ret_entry)
{
    const struct naive_node *instance = instance_of(w, uri);
    const char *mo = instance != NULL ? instance->mo : "";
    enum dmsc_reason reason = DMSC_ALLOWED;

    if (right == DMSC_RIGHT_ADD && new_mo != NULL)
        mo = new_mo;
    if (subject->kind == DMSC_SUBJECT_MA)
        reason = by_list(w, subject, right, uri, mo, now, ret_entry);
    if (reason != DMSC_ALLOWED)
        return reason;
    if (subject->kind == DMSC_SUBJECT_MA && subject->rules == DMSC_RULES_ACL) {
        if (!by_acl(w, subject->server_id, right, uri))
            return DMSC_REFUSED_ACL;
        if (instance != NULL && owner_of(w, instance->uri) != NULL)
            reason = by_dacmo(w, subject, right, uri, mo, now);
    } else if (!asks_for(subject, mo)) {
        return DMSC_REFUSED_MOID;
    } else {
        reason = by_dacmo(w, subject, right, uri, mo, now);
    }
    return reason != DMSC_ALLOWED ? reason : by_description(w, right, uri);
}

static bool outranked(const struct naive_world *w, const struct dmsc_subject *subject,
                      const char *instance, unsigned entry_id, struct dmsc_now now)
{
    for (unsigned i = 0; i < w->writers; i++) {
        const struct naive_writer *last = &w->writer[i];
        struct dmsc_subject past = { .kind = strstr(last->who, "local:") == last->who
                                                 ? DMSC_SUBJECT_APP
                                                 : DMSC_SUBJECT_MA,
                                     .server_id = last->who,
                                     .rules = last->dm2 ? DMSC_RULES_DACMO : DMSC_RULES_ACL };
        enum dmsc_reason reason;
        unsigned unused;

        if (strcmp(last->instance, instance) != 0 || strcmp(last->who, subject->server_id) == 0)
            continue;
        if (naive_priority(w, subject, instance, entry_id) <= last->priority)
            continue;
        reason = without_priority(w, &past, DMSC_RIGHT_REPLACE, instance, NULL, now, &unused);
        if (reason == DMSC_ALLOWED || reason == DMSC_REFUSED_ACCESS_TYPE)
            return true;
    }
    return false;
}

enum dmsc_reason naive_decide(const struct naive_world *w, const struct dmsc_subject *subject,
                              enum dmsc_right right, const char *uri, const char *new_mo,
                              struct dmsc_now now)
{
    const struct naive_node *instance = instance_of(w, uri);
    unsigned entry_id = 0;
    enum dmsc_reason reason = without_priority(w, subject, right, uri, new_mo, now, &entry_id);

    if (reason != DMSC_ALLOWED || instance == NULL)
        return reason;
    if (right != DMSC_RIGHT_ADD && right != DMSC_RIGHT_REPLACE && right != DMSC_RIGHT_DELETE &&
        right != DMSC_RIGHT_ACL)
        return reason;
    return outranked(w, subject, instance->uri, entry_id, now) ? DMSC_REFUSED_PRIORITY : reason;
}
