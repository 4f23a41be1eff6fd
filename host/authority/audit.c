/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: logged at once, kept in the store when somebody has time (dmsc_authority_flush()). */
#include "host/authority/private.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <string.h>

/* A peer that provokes refusals costs this much memory and no more; the rest is counted. */
#define PENDING_MAX 32u

struct dmsci_refused {
    int64_t at;
    uint32_t times;
    char who[DMSCI_WHO_SIZE];
    const char *right;
    char where[256];
    enum dmsc_reason reason;
    char detail[160];
};

void dmsci_audit_free(struct dmsc_authority *authority)
{
    dmsci_free(authority->ctx, authority->refused);
    authority->refused = NULL;
    authority->refused_count = 0;
}

/* The row for this refusal: the same one again, a new one, or when there is no room the last. */
static struct dmsci_refused *row_for(struct dmsc_authority *authority, const char *who,
                                     const char *right, const char *where, enum dmsc_reason reason)
{
    for (size_t i = 0; i < authority->refused_count; i++) {
        struct dmsci_refused *r = &authority->refused[i];

        if (r->reason == reason && r->right == right && strncmp(r->where, where, 255) == 0 &&
            strncmp(r->who, who, DMSCI_WHO_SIZE - 1) == 0)
            return r;
    }
    if (authority->refused == NULL)
        authority->refused = dmsci_calloc(authority->ctx, PENDING_MAX, sizeof(*authority->refused));
    if (authority->refused == NULL)
        return NULL;
    if (authority->refused_count == PENDING_MAX)
        return &authority->refused[PENDING_MAX - 1];
    return &authority->refused[authority->refused_count++];
}

void dmsci_audit_note(struct dmsc_authority *authority, const char *who, const char *right,
                      const char *where, const struct dmsc_verdict *verdict, struct dmsc_now now)
{
    struct dmsci_refused *r;

    who = who != NULL ? who : "";
    dmsci_log(authority->ctx, DMSC_LOG_WARN, "authority", "refused %s right %s on %s: %s (%s)", who,
              right, where, dmsc_reason_name(verdict->reason), verdict->detail);
    r = row_for(authority, who, right, where, verdict->reason);
    if (r == NULL)
        return;
    r->at = now.seconds;
    r->times++;
    (void)snprintf(r->who, sizeof(r->who), "%s", who);
    r->right = right;
    (void)snprintf(r->where, sizeof(r->where), "%s", where);
    r->reason = verdict->reason;
    (void)snprintf(r->detail, sizeof(r->detail), "%s", verdict->detail);
}

void dmsc_authority_refused(struct dmsc_authority *authority, const char *server_id,
                            const struct dmsc_verdict *verdict, struct dmsc_now now)
{
    dmsci_audit_note(authority, server_id, "Session", ".", verdict, now);
}

static enum dmsc_err write_refusals(struct dmsc_authority *authority)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < authority->refused_count && err == DMSC_OK; i++) {
        const struct dmsci_refused *r = &authority->refused[i];
        struct dmsci_refusal row = { .at = r->at,
                                     .times = r->times,
                                     .who = r->who,
                                     .right = r->right,
                                     .where = r->where,
                                     .reason = dmsc_reason_name(r->reason),
                                     .detail = r->detail };

        err = dmsci_refusal_add(authority->tree->store, &row);
    }
    return err;
}

enum dmsc_err dmsc_authority_flush(struct dmsc_authority *authority, struct dmsc_now now)
{
    bool waits = authority->refused_count > 0 || authority->over_count > 0;
    enum dmsc_err err;

    for (size_t i = 0; i < authority->used_count; i++)
        waits = waits || !authority->used[i].written;
    if (!waits)
        return DMSC_OK;
    if (authority->tree->depth > 0)
        return dmsci_fail(authority->ctx, DMSC_E_STATE, "keep the record of refusals");
    err = dmsc_tree_begin(authority->tree, "authority", now.seconds);
    if (err != DMSC_OK)
        return err;
    err = write_refusals(authority);
    for (size_t i = 0; i < authority->used_count && err == DMSC_OK; i++) {
        if (!authority->used[i].written)
            err = dmsci_dacmo_spend(authority, &authority->used[i]);
    }
    if (err == DMSC_OK)
        err = dmsci_over_flush(authority, now);
    if (err != DMSC_OK) {
        dmsc_tree_rollback(authority->tree);
        return err;
    }
    err = dmsc_tree_commit(authority->tree);
    if (err != DMSC_OK)
        return err;
    dmsci_audit_free(authority);
    authority->over_count = 0;
    for (size_t i = 0; i < authority->used_count; i++)
        authority->used[i].written = true;
    return DMSC_OK;
}

enum dmsc_err dmsc_authority_audit(struct dmsc_authority *authority, int64_t after,
                                   bool (*record)(void *user, const struct dmsc_audit *audit),
                                   void *user)
{
    struct dmsci_refusal row = { .id = after };
    bool there = true;
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && there) {
        err = dmsci_refusal_next(authority->tree->store, row.id, &row, &there);
        if (err == DMSC_OK && there) {
            struct dmsc_audit audit = { row.id,    row.at,    row.times,  row.who,
                                        row.right, row.where, row.reason, row.detail };

            there = record(user, &audit);
        }
    }
    return err;
}
