/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owner and grants of an instance as they stand in the tree, and what they say of an access (DM 2.0
 * clause 10): ./DACMO/<x> with MOID, MIID, Owner, ACL/<y>/{SrvID, Rights, Ext/dmsc/...}.
 */
#include "host/authority/private.h"
#include "host/credential/cert.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dmsc_err dmsci_dacmo_base(struct dmsc_authority *authority, const char *moid, const char *root,
                               char ret_base[DMSCI_DACMO_SIZE])
{
    struct dmsc_ctx *ctx = authority->ctx;
    uint8_t digest[32];
    struct dmsc_buf name;
    enum dmsc_err err;

    dmsc_buf_init(&name, ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&name, moid);
    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(&name, 0);
    if (err == DMSC_OK)
        err = dmsc_miid_of_uri(root, &name);
    if (err == DMSC_OK)
        err = dmsci_sha256(ctx, dmsc_buf_bytes(&name), digest);
    dmsc_buf_clear(&name);
    if (err != DMSC_OK)
        return err;
    (void)snprintf(ret_base, DMSCI_DACMO_SIZE, "./DACMO/");
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(ret_base + 8 + 2 * i, 3, "%02x", digest[i]);
    return DMSC_OK;
}

enum dmsc_err dmsci_dacmo_text(struct dmsc_authority *authority, const char *base, const char *leaf,
                               char *ret_text, size_t size)
{
    struct dmsc_buf uri, value;
    enum dmsc_err err;

    ret_text[0] = '\0';
    dmsc_buf_init(&uri, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, authority->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", base, leaf);
    if (err == DMSC_OK)
        err = dmsc_tree_value(authority->tree, dmsc_buf_str(&uri), &value);
    if (err == DMSC_OK && value.n < size)
        (void)snprintf(ret_text, size, "%s", dmsc_buf_str(&value));
    if (err == DMSC_E_NOTFOUND)
        err = DMSC_OK;
    dmsc_buf_clear(&uri);
    dmsc_buf_clear(&value);
    return err;
}

enum dmsc_err dmsci_dacmo_owner(struct dmsc_authority *authority, const char *base,
                                char ret_who[DMSCI_WHO_SIZE])
{
    return dmsci_dacmo_text(authority, base, "Owner", ret_who, DMSCI_WHO_SIZE);
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    m += m > 2 ? -3 : 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 719469;
}

/* "2030-01-01T00:00:00Z" as dmsci_time_text() writes it; what we did not write is a time long past.
 */
static int64_t time_of(const char *text)
{
    unsigned y, mo, d, h, mi, s;
    char z;

    if (sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u%c", &y, &mo, &d, &h, &mi, &s, &z) != 7 || z != 'Z')
        return 1;
    return (days_of(y, mo, d) * 24 + h) * 3600 + (int64_t)mi * 60 + s;
}

struct row {
    struct dmsc_authority *authority;
    const char *base; /* of the grant */
    enum dmsc_err err;
};

static unsigned long number(struct row *row, const char *leaf, bool *ret_there)
{
    char text[24];

    *ret_there = false;
    if (row->err == DMSC_OK)
        row->err = dmsci_dacmo_text(row->authority, row->base, leaf, text, sizeof(text));
    if (row->err != DMSC_OK)
        return 0;
    *ret_there = text[0] != '\0';
    return strtoul(text, NULL, 10);
}

static int64_t moment(struct row *row, const char *leaf)
{
    char text[32] = "";

    if (row->err == DMSC_OK)
        row->err = dmsci_dacmo_text(row->authority, row->base, leaf, text, sizeof(text));
    return text[0] == '\0' ? 0 : time_of(text);
}

static enum dmsc_err read_grant(struct dmsc_authority *authority, const char *base, const char *key,
                                struct dmsci_grant *g)
{
    char at[DMSCI_DACMO_SIZE + 24];
    struct row row = { authority, at, DMSC_OK };
    bool there;

    (void)snprintf(at, sizeof(at), "%s/ACL/%.11s", base, key);
    *g = (struct dmsci_grant){ .depth = 0 };
    (void)snprintf(g->key, sizeof(g->key), "%s", key);
    row.err = dmsci_dacmo_text(authority, at, "SrvID", g->who, sizeof(g->who));
    if (row.err == DMSC_OK)
        row.err =
            dmsci_dacmo_text(authority, at, "Ext/dmsc/GrantedBy", g->given_by, sizeof(g->given_by));
    g->grant.rights = (uint8_t)(number(&row, "Rights", &there) & DMSC_GRANT_ALL);
    g->depth = (unsigned)number(&row, "Ext/dmsc/Depth", &there);
    g->grant.not_before = moment(&row, "Ext/dmsc/NotBefore");
    g->grant.not_after = moment(&row, "Ext/dmsc/NotAfter");
    g->grant.sessions = (uint32_t)number(&row, "Ext/dmsc/Sessions", &g->counted);
    g->grant.priority = (uint8_t)number(&row, "Ext/dmsc/Prio", &there);
    if (!there || g->grant.priority == 0)
        g->grant.priority = DMSC_GRANT_PRIORITY;
    g->grant.server_id = g->who;
    return row.err;
}

struct grants {
    struct dmsc_authority *authority;
    const char *base;
    bool (*grant)(void *user, const struct dmsci_grant *grant);
    void *user;
    enum dmsc_err err;
};

static bool each_key(void *user, const char *name)
{
    struct grants *all = user;
    struct dmsci_grant g;

    all->err = read_grant(all->authority, all->base, name, &g);
    g.grant.server_id = g.who;
    return all->err == DMSC_OK && (g.who[0] == '\0' || all->grant(all->user, &g));
}

enum dmsc_err dmsci_dacmo_grants(struct dmsc_authority *authority, const char *base,
                                 bool (*grant)(void *user, const struct dmsci_grant *grant),
                                 void *user)
{
    struct grants all = { authority, base, grant, user, DMSC_OK };
    char at[DMSCI_DACMO_SIZE + 8];
    enum dmsc_err err;

    (void)snprintf(at, sizeof(at), "%s/ACL", base);
    err = dmsc_tree_children(authority->tree, at, each_key, &all);
    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    return err != DMSC_OK ? err : all.err;
}

struct find {
    const char *who;
    struct dmsci_grant *grant;
    bool there;
};

static bool is_his(void *user, const struct dmsci_grant *grant)
{
    struct find *find = user;

    find->there = strcmp(grant->who, find->who) == 0;
    if (find->there)
        *find->grant = *grant;
    return !find->there;
}

enum dmsc_err dmsci_dacmo_find(struct dmsc_authority *authority, const char *base, const char *who,
                               struct dmsci_grant *ret_grant, bool *ret_there)
{
    struct find find = { who, ret_grant, false };
    enum dmsc_err err = dmsci_dacmo_grants(authority, base, is_his, &find);

    ret_grant->grant.server_id = ret_grant->who;
    *ret_there = find.there;
    return err;
}

/* Whether the grant's sessions last: some are left, or this is one that began with one left. */
static bool session_left(struct dmsc_authority *authority, const char *base,
                         const struct dmsci_grant *grant, uint32_t session)
{
    if (!grant->counted || grant->grant.sessions > 0)
        return true;
    for (size_t i = 0; session != 0 && i < authority->used_count; i++) {
        const struct dmsci_used *used = &authority->used[i];

        if (used->session == session && strcmp(used->base, base) == 0 &&
            strcmp(used->who, grant->who) == 0)
            return true;
    }
    return false;
}

enum dmsc_reason dmsci_grant_in_force(struct dmsc_authority *authority, const char *base,
                                      const struct dmsci_grant *grant, uint32_t session,
                                      struct dmsc_now now)
{
    bool bounded = grant->grant.not_before != 0 || grant->grant.not_after != 0;

    if (bounded && !now.trusted)
        return DMSC_REFUSED_GRANT_CLOCK;
    if (now.seconds < grant->grant.not_before ||
        (grant->grant.not_after != 0 && now.seconds >= grant->grant.not_after))
        return DMSC_REFUSED_GRANT_OVER;
    return session_left(authority, base, grant, session) ? DMSC_ALLOWED : DMSC_REFUSED_GRANT_OVER;
}

bool dmsci_dacmo_use(struct dmsc_authority *authority, const char *base, const char *who,
                     uint32_t session)
{
    struct dmsci_used *free_one = NULL;

    for (size_t i = 0; i < authority->used_count; i++) {
        struct dmsci_used *used = &authority->used[i];

        if (used->session == session && strcmp(used->base, base) == 0 &&
            strcmp(used->who, who) == 0)
            return true;
        if (used->written && used->session != session)
            free_one = used;
    }
    if (free_one == NULL && authority->used_count < DMSCI_USED_MAX)
        free_one = &authority->used[authority->used_count++];
    if (free_one == NULL)
        return false;
    *free_one = (struct dmsci_used){ .session = session };
    (void)snprintf(free_one->base, sizeof(free_one->base), "%s", base);
    (void)snprintf(free_one->who, sizeof(free_one->who), "%s", who);
    return true;
}

static uint8_t bit_of(enum dmsc_right right)
{
    switch (right) {
    case DMSC_RIGHT_GET:
        return DMSC_GRANT_READ;
    case DMSC_RIGHT_ADD:
    case DMSC_RIGHT_REPLACE:
    case DMSC_RIGHT_DELETE:
    case DMSC_RIGHT_COPY:
    case DMSC_RIGHT_ACL:
        return DMSC_GRANT_WRITE;
    case DMSC_RIGHT_EXEC:
    case DMSC_RIGHT_FIRMWARE:
        return DMSC_GRANT_EXECUTE;
    case DMSC_RIGHT_DELEGATE:
        return DMSC_GRANT_DELEGATE;
    default: /* bootstrap and write-back are matters of the MA list */
        return 0;
    }
}

struct search {
    const struct dmsci_case *c;
    const char *base;
    uint8_t bit;
    enum dmsc_reason reason;
};

static bool weigh(void *user, const struct dmsci_grant *g)
{
    struct search *s = user;
    const char *who = s->c->subject->server_id;
    bool everybody = strcmp(g->who, "*") == 0;
    uint8_t rights = everybody ? g->grant.rights & DMSC_GRANT_READ : g->grant.rights;
    enum dmsc_reason reason;

    if ((!everybody && strcmp(g->who, who) != 0) || (rights & s->bit) == 0)
        return true;
    reason = dmsci_grant_in_force(s->c->authority, s->base, g, s->c->subject->session, s->c->now);
    /* A session that could not be counted is not had. */
    if (reason == DMSC_ALLOWED && g->counted && !s->c->question->quiet &&
        s->c->subject->session != 0 &&
        !dmsci_dacmo_use(s->c->authority, s->base, g->who, s->c->subject->session))
        reason = DMSC_REFUSED_GRANT_OVER;
    if (reason == DMSC_REFUSED_GRANT_OVER && !s->c->question->quiet &&
        dmsci_grant_is_over(g, s->c->now))
        dmsci_over_note(s->c->authority, s->base, g->who);
    dmsci_tell(s->c, "grant to %.64s by %.64s, depth %u: %s", g->who, g->given_by, g->depth,
               dmsc_reason_text(reason));
    s->reason = reason;
    return reason != DMSC_ALLOWED;
}

/* By the rules of DM 1.x an instance need not have an owner; where it has one, he counts. */
static bool by_acl(const struct dmsci_case *c)
{
    return c->subject->kind == DMSC_SUBJECT_MA && c->subject->rules == DMSC_RULES_ACL;
}

static enum dmsc_err search_grants(const struct dmsci_case *c, const char *base, uint8_t bit,
                                   enum dmsc_reason *ret_reason)
{
    struct search s = { c, base, bit, DMSC_REFUSED_GRANT };
    char owner[DMSCI_WHO_SIZE];
    enum dmsc_err err = dmsci_dacmo_owner(c->authority, base, owner);

    if (owner[0] == '\0' && by_acl(c))
        s.reason = DMSC_ALLOWED;
    if (err == DMSC_OK && owner[0] != '\0' && strcmp(owner, c->subject->server_id) == 0) {
        dmsci_tell(c, "owner of the instance");
        s.reason = DMSC_ALLOWED;
    } else if (err == DMSC_OK && owner[0] != '\0') {
        dmsci_tell(c, "the instance is owned by %.64s", owner);
        err = dmsci_dacmo_grants(c->authority, base, weigh, &s);
    }
    *ret_reason = s.reason;
    return err;
}

/* Whether anybody owns anything: most devices of DM 1.x never make ./DACMO. It is permanent, so it
 * is looked for until it is there. */
static enum dmsc_err any_owner(struct dmsc_authority *authority)
{
    return authority->dacmo ? DMSC_OK
                            : dmsc_tree_has(authority->tree, "./DACMO", &authority->dacmo);
}

enum dmsc_err dmsci_dacmo_says(const struct dmsci_case *c, enum dmsc_reason *ret_reason)
{
    char base[DMSCI_DACMO_SIZE];
    uint8_t bit = bit_of(c->question->right);
    enum dmsc_err err;

    *ret_reason = DMSC_ALLOWED;
    if (bit == 0)
        return DMSC_OK;
    /* The DACMO instance itself is shown to whom it grants something (DM 2.0 clause 10). */
    if (dmsc_uri_below(c->root, "./DACMO") && c->root[0] != '\0') {
        *ret_reason = DMSC_REFUSED_GRANT;
        return bit == DMSC_GRANT_READ ? search_grants(c, c->root, DMSC_GRANT_ALL, ret_reason)
                                      : DMSC_OK;
    }
    if (c->root[0] == '\0') {
        /* To make an instance where none is needs no more than the list: it will be its maker's. */
        if (c->question->right != DMSC_RIGHT_ADD || c->mo[0] == '\0')
            *ret_reason = DMSC_REFUSED_GRANT;
        dmsci_tell(c, "the node lies in no instance");
        return DMSC_OK;
    }
    err = any_owner(c->authority);
    if (err == DMSC_OK && !c->authority->dacmo) {
        *ret_reason = by_acl(c) ? DMSC_ALLOWED : DMSC_REFUSED_GRANT;
        return DMSC_OK;
    }
    if (err == DMSC_OK)
        err = dmsci_dacmo_base(c->authority, c->urn, c->root, base);
    if (err == DMSC_OK)
        err = search_grants(c, base, bit, ret_reason);
    return err;
}
