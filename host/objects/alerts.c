/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts that wait for a session. */
#include "host/objects/alerts.h"
#include "host/mo/tree.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX   "alerts/"
#define LAST_KEY "alerts-last"
#define TEXTS    6

enum dmsc_err dmsci_texts_put(struct dmsc_tree *tree, const char *key, const char *const *texts,
                              size_t n)
{
    struct dmsc_buf all;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&all, tree->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < n && err == DMSC_OK; i++)
        err = dmsc_buf_append(&all, dmsc_bytes(texts[i], strlen(texts[i]) + 1));
    if (err == DMSC_OK)
        err = dmsc_store_put(tree->store, key, dmsc_buf_bytes(&all));
    dmsc_buf_clear(&all);
    return err;
}

enum dmsc_err dmsci_texts_get(struct dmsc_tree *tree, const char *key, struct dmsc_buf *buf,
                              const char **ret_texts, size_t n)
{
    size_t at = 0, found = 0;
    enum dmsc_err err = dmsc_store_get(tree->store, key, buf);

    if (err != DMSC_OK)
        return err;
    /* A NUL behind all that came: no text ends outside. */
    err = dmsc_buf_append_u8(buf, 0);
    for (; err == DMSC_OK && at + 1 < buf->n; at += strlen((const char *)buf->p + at) + 1) {
        if (found < n)
            ret_texts[found] = (const char *)buf->p + at;
        found++;
    }
    if (err == DMSC_OK && found != n) {
        err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read what is kept of an operation");
        dmsci_where(tree->ctx, "%.150s", key);
    }
    return err;
}

struct count {
    size_t n;
    char oldest[64];
};

static bool count(void *user, const char *key)
{
    struct count *c = user;

    if (c->n++ == 0)
        (void)snprintf(c->oldest, sizeof(c->oldest), "%s", key);
    return true;
}

static enum dmsc_err make_room(struct dmsc_tree *tree)
{
    struct count c = { 0, "" };
    enum dmsc_err err = dmsc_store_keys(tree->store, PREFIX, count, &c);

    if (err != DMSC_OK || c.n < DMSC_ALERTS_MAX)
        return err;
    dmsci_log(tree->ctx, DMSC_LOG_WARN, "objects", "%d alerts wait: the oldest is forgotten",
              DMSC_ALERTS_MAX);
    return dmsc_store_delete(tree->store, c.oldest);
}

/* Numbers are not used again, so that what was told late forgets no other. */
static enum dmsc_err next_number(struct dmsc_tree *tree, uint64_t *ret_number)
{
    struct dmsc_buf last;
    char text[32];
    enum dmsc_err err;

    dmsc_buf_init(&last, tree->ctx, 64);
    err = dmsc_store_get(tree->store, LAST_KEY, &last);
    *ret_number = err == DMSC_OK ? strtoull(dmsc_buf_str(&last), NULL, 10) + 1 : 1;
    dmsc_buf_clear(&last);
    if (err != DMSC_OK && err != DMSC_E_NOTFOUND)
        return err;
    (void)snprintf(text, sizeof(text), "%" PRIu64, *ret_number);
    return dmsc_store_put(tree->store, LAST_KEY, dmsc_bytes_str(text));
}

static const char *key_of(uint64_t number, char *ret_key, size_t size)
{
    (void)snprintf(ret_key, size, PREFIX "%020" PRIu64, number);
    return ret_key;
}

enum dmsc_err dmsci_alerts_add(struct dmsc_tree *tree, const struct dmsc_alert *alert)
{
    const char *const texts[TEXTS] = { alert->server_id, alert->type,       alert->mark,
                                       alert->source,    alert->correlator, alert->data };
    uint64_t number;
    char key[64];
    enum dmsc_err err = make_room(tree);

    if (err == DMSC_OK)
        err = next_number(tree, &number);
    return err != DMSC_OK ? err
                          : dmsci_texts_put(tree, key_of(number, key, sizeof(key)), texts, TEXTS);
}

struct walk {
    struct dmsc_tree *tree;
    const char *server_id;
    bool (*alert)(void *user, const struct dmsc_alert *one);
    void *user;
    enum dmsc_err err;
};

static bool show(void *user, const char *key)
{
    struct walk *w = user;
    const char *t[TEXTS] = { "", "", "", "", "", "" };
    struct dmsc_buf buf;
    struct dmsc_alert one;
    bool more = true;

    dmsc_buf_init(&buf, w->tree->ctx, SIZE_MAX / 2);
    w->err = dmsci_texts_get(w->tree, key, &buf, t, TEXTS);
    one = (struct dmsc_alert){
        strtoull(key + strlen(PREFIX), NULL, 10), t[0], t[1], t[2], t[3], t[4], t[5]
    };
    if (w->err == DMSC_OK && (w->server_id == NULL || strcmp(w->server_id, t[0]) == 0))
        more = w->alert(w->user, &one);
    dmsc_buf_clear(&buf);
    return w->err == DMSC_OK && more;
}

enum dmsc_err dmsc_alerts_walk(struct dmsc_tree *tree, const char *server_id,
                               bool (*alert)(void *user, const struct dmsc_alert *one), void *user)
{
    struct walk w = { tree, server_id, alert, user, DMSC_OK };
    enum dmsc_err err = dmsc_store_keys(tree->store, PREFIX, show, &w);

    return err != DMSC_OK ? err : w.err;
}

enum dmsc_err dmsc_alerts_told(struct dmsc_tree *tree, uint64_t number)
{
    char key[64];
    enum dmsc_err err = dmsc_store_begin(tree->store);

    if (err != DMSC_OK)
        return err;
    err = dmsc_store_delete(tree->store, key_of(number, key, sizeof(key)));
    if (err == DMSC_OK)
        return dmsc_store_commit(tree->store);
    dmsc_store_rollback(tree->store);
    return err;
}
