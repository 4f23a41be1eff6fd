/* SPDX-License-Identifier: Apache-2.0 */
/* The queues: named values "alert/SERVERID/ID", the ID in 16 hex digits so that octet order is
 * their order. */
#include "host/alert/record.h"
#include "host/mo/format.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 16u

struct scan {
    size_t prefix_n;
    int64_t after;          /* stop at the first one behind it */
    int64_t found;          /* 0: none */
    int64_t oldest, newest; /* 0: none */
    size_t count;
};

static enum dmsc_err key_of(struct dmsc_ctx *ctx, const char *server_id, int64_t id,
                            struct dmsc_buf *ret_key)
{
    dmsc_buf_init(ret_key, ctx, SIZE_MAX / 2);
    if (id == 0)
        return dmsci_buf_printf(ret_key, "alert/%s/", server_id);
    return dmsci_buf_printf(ret_key, "alert/%s/%016llX", server_id, (unsigned long long)id);
}

static bool look(void *user, const char *key)
{
    struct scan *s = user;
    const char *digits = key + s->prefix_n;
    int64_t id;

    /* "a/" is where the keys of "a/b" begin too: theirs are longer. */
    if (strlen(digits) != ID_DIGITS || strspn(digits, "0123456789ABCDEF") != ID_DIGITS)
        return true;
    id = (int64_t)strtoull(digits, NULL, 16);
    s->oldest = s->count == 0 ? id : s->oldest;
    s->newest = id;
    s->count++;
    if (id <= s->after || s->found != 0)
        return true;
    s->found = id;
    return false;
}

/* @p after INT64_MAX: all are counted */
static enum dmsc_err scan(struct dmsc_tree *tree, const char *server_id, int64_t after,
                          struct scan *ret_scan)
{
    struct dmsc_buf prefix;
    enum dmsc_err err = key_of(tree->ctx, server_id, 0, &prefix);

    *ret_scan = (struct scan){ .prefix_n = prefix.n, .after = after };
    if (err == DMSC_OK)
        err = dmsc_store_keys(tree->store, dmsc_buf_str(&prefix), look, ret_scan);
    dmsc_buf_clear(&prefix);
    return err;
}

static enum dmsc_err refuse(struct dmsc_tree *tree, enum dmsc_err err, const char *server_id,
                            const char *reason, const char *why)
{
    (void)dmsci_fail(tree->ctx, err, "let an alert wait");
    dmsci_where(tree->ctx, "%.128s", server_id != NULL ? server_id : "");
    dmsci_why(tree->ctx, reason, "%s", why);
    return err;
}

/* One alert that no message can carry would stop every message of its server. */
static bool carried(const struct dmsc_alert *alert)
{
    const char *const texts[] = { alert->type, alert->source, alert->correlator, alert->format,
                                  alert->mark };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(texts); i++) {
        if (texts[i] != NULL && !dmsci_format_takes(DMSC_FORMAT_CHR, dmsc_bytes_str(texts[i])))
            return false;
    }
    return dmsci_format_takes(DMSC_FORMAT_CHR, alert->data);
}

static enum dmsc_err check(struct dmsc_tree *tree, const char *server_id,
                           const struct dmsc_alert *alert)
{
    if (server_id == NULL || server_id[0] == '\0')
        return refuse(tree, DMSC_E_ARG, server_id, "alert:server", "it is for no server");
    if (alert->type == NULL || alert->type[0] == '\0')
        return refuse(tree, DMSC_E_ARG, server_id, "alert:type", "it has no type");
    if (!carried(alert))
        return refuse(tree, DMSC_E_ARG, server_id, "alert:text", "a message cannot carry it");
    return dmsci_tree_changing(tree, "let an alert wait");
}

static enum dmsc_err make_room(struct dmsc_tree *tree, const char *server_id,
                               const struct scan *waiting)
{
    if (waiting->count < dmsc_ctx_limits(tree->ctx)->alerts)
        return DMSC_OK;
    dmsci_log(tree->ctx, DMSC_LOG_WARN, "alert", "%s: the oldest of %zu alerts is dropped",
              server_id, waiting->count);
    return dmsc_alert_taken(tree, server_id, waiting->oldest);
}

enum dmsc_err dmsc_alert_put(struct dmsc_tree *tree, const char *server_id,
                             const struct dmsc_alert *alert)
{
    struct dmsc_buf key = { .ctx = NULL }, record;
    struct scan waiting = { .count = 0 };
    enum dmsc_err err = check(tree, server_id, alert);

    dmsc_buf_init(&record, tree->ctx, dmsc_ctx_limits(tree->ctx)->alert_size);
    if (err == DMSC_OK) {
        err = dmsci_alert_encode(alert, &record);
        if (err == DMSC_E_LIMIT)
            err = refuse(tree, err, server_id, "alert:size", "it is above limits.alert_size");
    }
    if (err == DMSC_OK)
        err = scan(tree, server_id, INT64_MAX, &waiting);
    if (err == DMSC_OK)
        err = make_room(tree, server_id, &waiting);
    if (err == DMSC_OK)
        err = key_of(tree->ctx, server_id, waiting.newest + 1, &key);
    if (err == DMSC_OK)
        err = dmsc_store_put(tree->store, dmsc_buf_str(&key), dmsc_buf_bytes(&record));
    dmsc_buf_clear(&key);
    dmsc_buf_clear(&record);
    return err;
}

enum dmsc_err dmsc_alert_each(struct dmsc_tree *tree, const char *server_id,
                              bool (*alert)(void *user, const struct dmsc_alert *alert), void *user)
{
    struct scan at = { .count = 0 };
    struct dmsc_buf record;
    bool more = true;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&record, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && more) {
        struct dmsc_alert one = DMSC_ALERT_INIT;
        struct dmsc_buf key = { .ctx = NULL };

        err = scan(tree, server_id, at.found, &at);
        if (err != DMSC_OK || at.found == 0)
            break;
        err = key_of(tree->ctx, server_id, at.found, &key);
        if (err == DMSC_OK)
            err = dmsc_store_get(tree->store, dmsc_buf_str(&key), &record);
        if (err == DMSC_OK)
            err = dmsci_alert_decode(tree->ctx, dmsc_buf_bytes(&record), &one);
        one.id = at.found;
        if (err == DMSC_OK)
            more = alert(user, &one);
        dmsc_buf_clear(&key);
    }
    dmsc_buf_clear(&record);
    return err;
}

enum dmsc_err dmsc_alert_taken(struct dmsc_tree *tree, const char *server_id, int64_t id)
{
    struct dmsc_buf key = { .ctx = NULL };
    enum dmsc_err err = dmsci_tree_changing(tree, "forget an alert");

    if (err == DMSC_OK && id > 0) {
        err = key_of(tree->ctx, server_id, id, &key);
        if (err == DMSC_OK)
            err = dmsc_store_delete(tree->store, dmsc_buf_str(&key));
    }
    dmsc_buf_clear(&key);
    return err;
}

enum dmsc_err dmsc_alert_forget(struct dmsc_tree *tree, const char *server_id)
{
    struct scan at = { .count = 0 };
    enum dmsc_err err = dmsci_tree_changing(tree, "forget the alerts of a server");

    while (err == DMSC_OK) {
        err = scan(tree, server_id, 0, &at);
        if (err != DMSC_OK || at.found == 0)
            break;
        err = dmsc_alert_taken(tree, server_id, at.found);
    }
    return err;
}
