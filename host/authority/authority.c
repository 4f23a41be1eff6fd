/* SPDX-License-Identifier: Apache-2.0 */
/* The list in force, and who may open a session at all. */
#include "host/authority/private.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum dmsc_err dmsc_authority_new(struct dmsc_ctx *ctx, struct dmsc_tree *tree,
                                 struct dmsc_authority **ret_authority)
{
    struct dmsc_authority *authority = dmsci_alloc(ctx, sizeof(*authority));

    if (authority == NULL)
        return DMSC_E_NOMEM;
    authority->ctx = ctx;
    authority->tree = tree;
    *ret_authority = authority;
    return DMSC_OK;
}

void dmsc_authority_free(struct dmsc_authority *authority)
{
    if (authority == NULL)
        return;
    dmsc_ma_list_clear(&authority->list);
    dmsci_audit_free(authority);
    dmsci_free(authority->ctx, authority);
}

enum dmsc_err dmsc_authority_set_list(struct dmsc_authority *authority,
                                      const struct dmsc_ma_list *list)
{
    struct dmsc_ma_list fresh = DMSC_MA_LIST_INIT;
    enum dmsc_err err = DMSC_OK;

    if (list != NULL)
        err = dmsc_ma_list_copy(list, authority->ctx, &fresh);
    if (err != DMSC_OK)
        return err;
    dmsc_ma_list_clear(&authority->list);
    authority->list = fresh;
    return DMSC_OK;
}

const struct dmsc_ma_list *dmsc_authority_list(const struct dmsc_authority *authority)
{
    return &authority->list;
}

struct dmsc_verdict dmsci_verdict(enum dmsc_reason reason, const struct dmsc_ma *ma,
                                  const char *fmt, ...)
{
    struct dmsc_verdict verdict = { .reason = reason, .ma_id = ma == NULL ? 0 : ma->id };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(verdict.detail, sizeof(verdict.detail), fmt, args);
    va_end(args);
    return verdict;
}

enum dmsc_reason dmsci_entry_in_force(const struct dmsc_ma *ma, struct dmsc_now now)
{
    if ((ma->flags & DMSC_MA_ENABLED) == 0)
        return DMSC_REFUSED_DISABLED;
    if (ma->not_before == 0 && ma->not_after == UINT32_MAX)
        return DMSC_ALLOWED;
    if (!now.trusted)
        return DMSC_REFUSED_CLOCK;
    if (now.seconds < (int64_t)ma->not_before)
        return DMSC_REFUSED_NOT_YET;
    if (ma->not_after != UINT32_MAX && now.seconds > (int64_t)ma->not_after)
        return DMSC_REFUSED_EXPIRED;
    return DMSC_ALLOWED;
}

bool dmsci_entry_has_server_id(const struct dmsc_ma *ma, const char *server_id)
{
    for (size_t i = 0; i < ma->server_id_count; i++) {
        if (strcmp(ma->server_ids[i], server_id) == 0)
            return true;
    }
    return false;
}

bool dmsci_entry_denies(const struct dmsc_ma *ma, const char *server_id, uint8_t priority,
                        struct dmsc_now now)
{
    enum dmsc_reason reason = dmsci_entry_in_force(ma, now);

    return (ma->flags & DMSC_MA_DENY) != 0 && ma->priority <= priority &&
           dmsci_entry_has_server_id(ma, server_id) &&
           (reason == DMSC_ALLOWED || reason == DMSC_REFUSED_CLOCK);
}

static enum dmsc_reason usable(const struct dmsc_ma_list *list, const struct dmsc_ma *ma,
                               struct dmsc_now now)
{
    uint16_t rights = UINT16_MAX;
    enum dmsc_reason reason = dmsci_entry_in_force(ma, now);

    if (reason != DMSC_ALLOWED)
        return reason;
    if (ma->pin_count == 0)
        return DMSC_REFUSED_NO_PIN;
    return dmsci_delegation(list, ma, NULL, now, &rights);
}

/* The deny entry without scopes that shuts out a grant of @p priority; NULL when there is none. */
static const struct dmsc_ma *shut_out(const struct dmsc_ma_list *list, const char *server_id,
                                      uint8_t priority, struct dmsc_now now)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];

        if (ma->scope_count == 0 && dmsci_entry_denies(ma, server_id, priority, now))
            return ma;
    }
    return NULL;
}

static struct dmsc_verdict denied_by(const struct dmsc_ma *denied)
{
    return dmsci_verdict(DMSC_REFUSED_DENY_ENTRY, denied, "entry %u (%.64s) denies it", denied->id,
                         denied->name);
}

typedef bool accept_entry(const struct dmsc_ma *ma, const void *arg);

/* Several entries may name one ServerID; the first that can be used counts, else the first's
 * reason. */
static struct dmsc_verdict admit(struct dmsc_authority *authority, const char *server_id,
                                 struct dmsc_now now, accept_entry *accept, const void *arg)
{
    const struct dmsc_ma_list *list = &authority->list;
    struct dmsc_verdict first =
        dmsci_verdict(list->count == 0 ? DMSC_REFUSED_NO_LIST : DMSC_REFUSED_UNLISTED, NULL,
                      "%zu entries, none with ServerID %.64s", list->count, server_id);
    const struct dmsc_ma *denied;

    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];
        enum dmsc_reason reason;

        if ((ma->flags & DMSC_MA_DENY) != 0 || !dmsci_entry_has_server_id(ma, server_id))
            continue;
        reason = usable(list, ma, now);
        denied = shut_out(list, server_id, ma->priority, now);
        if (reason == DMSC_ALLOWED && denied == NULL && accept != NULL && !accept(ma, arg))
            reason = DMSC_REFUSED_IDENTITY;
        if (reason == DMSC_ALLOWED && denied == NULL)
            return dmsci_verdict(DMSC_ALLOWED, ma, "entry %u (%.64s)", ma->id, ma->name);
        if (first.ma_id == 0 && denied != NULL)
            first = denied_by(denied);
        else if (first.ma_id == 0)
            first = dmsci_verdict(reason, ma, "entry %u (%.64s): %s", ma->id, ma->name,
                                  dmsc_reason_text(reason));
    }
    denied = shut_out(list, server_id, UINT8_MAX, now);
    return first.ma_id == 0 && denied != NULL ? denied_by(denied) : first;
}

struct dmsc_verdict dmsc_authority_admit(struct dmsc_authority *authority, const char *server_id,
                                         struct dmsc_now now)
{
    return admit(authority, server_id, now, NULL, NULL);
}

static bool is_entry(const struct dmsc_ma *ma, const void *arg)
{
    const uint8_t *id = arg;

    return ma->id == *id;
}

struct dmsc_verdict dmsc_authority_admit_entry(struct dmsc_authority *authority,
                                               const char *server_id, uint8_t ma_id,
                                               struct dmsc_now now)
{
    return admit(authority, server_id, now, ma_id != 0 ? is_entry : NULL, &ma_id);
}

/* The authority id is a host name, or a URI whose host counts. */
static bool same_host(const char *authority, const char *host)
{
    const char *start = strstr(authority, "://");
    size_t n;

    start = start == NULL ? authority : start + 3;
    n = strcspn(start, "/:");
    return strlen(host) == n && strncasecmp(start, host, n) == 0;
}

static bool pin_matches(const struct dmsc_ma_pin *pin, const struct dmsc_peer *peer)
{
    struct dmsc_bytes want = dmsc_bytes(pin->sha256, sizeof(pin->sha256));

    switch (pin->kind) {
    case DMSC_PIN_CERT:
        return dmsc_ct_equal(want, dmsc_bytes(peer->cert_sha256, 32));
    case DMSC_PIN_SPKI:
        return dmsc_ct_equal(want, dmsc_bytes(peer->spki_sha256, 32));
    case DMSC_PIN_CA_SPKI:
        for (size_t i = 0; i < peer->ca_count; i++) {
            if (dmsc_ct_equal(want, dmsc_bytes(peer->ca_spki_sha256[i], 32)))
                return true;
        }
        return false;
    case DMSC_PIN_PSK:
        break; /* proved by a PSK handshake, never by a certificate */
    }
    return false;
}

static bool peer_is(const struct dmsc_ma *ma, const void *arg)
{
    const struct dmsc_peer *peer = arg;

    if (ma->authority == NULL || !same_host(ma->authority, peer->host))
        return false;
    for (size_t i = 0; i < ma->pin_count; i++) {
        if (pin_matches(&ma->pins[i], peer))
            return true;
    }
    return false;
}

struct dmsc_verdict dmsc_authority_admit_peer(struct dmsc_authority *authority,
                                              const char *server_id, const struct dmsc_peer *peer,
                                              struct dmsc_now now)
{
    return admit(authority, server_id, now, peer_is, peer);
}
