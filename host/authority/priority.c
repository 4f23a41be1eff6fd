/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes one instance when several may (HLF-014): remembered is the priority of the last
 * writer. 0 is the best. The record is a named value, "priority/" and the instance's LocURI: one
 * octet of priority, one of rules, the writer.
 */
#include "host/authority/private.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <string.h>

#define KEY "priority/"

static enum dmsc_err key_of(struct dmsc_authority *authority, const char *root,
                            struct dmsc_buf *ret_key)
{
    dmsc_buf_init(ret_key, authority->ctx, SIZE_MAX / 2);
    return dmsci_buf_printf(ret_key, KEY "%s", root);
}

/* The rank of an MA is the priority of its entry; of several, that which let it in or the best. */
static unsigned rank_of(const struct dmsci_case *c, uint8_t ma_id)
{
    const struct dmsc_ma_list *list = &c->authority->list;
    unsigned rank = UINT8_MAX;

    if (c->subject->kind != DMSC_SUBJECT_MA)
        return 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct dmsc_ma *ma = &list->entries[i];

        if ((ma->flags & DMSC_MA_DENY) == 0 && (ma_id == 0 || ma->id == ma_id) &&
            dmsci_entry_has_server_id(ma, c->subject->server_id) && ma->priority < rank)
            rank = ma->priority;
    }
    return rank;
}

/* Owner 0, a grant its own, capped below by the rank; by the rules of DM 1.x the rank alone. */
static enum dmsc_err priority_of(const struct dmsci_case *c, uint8_t ma_id, unsigned *ret_priority)
{
    unsigned rank = rank_of(c, ma_id), own = 0;
    char base[DMSCI_DACMO_SIZE], owner[DMSCI_WHO_SIZE];
    struct dmsci_grant grant;
    bool there = false;
    enum dmsc_err err = DMSC_OK;

    if (c->subject->kind == DMSC_SUBJECT_APP || c->subject->rules == DMSC_RULES_DACMO) {
        err = dmsci_dacmo_base(c->authority, c->urn, c->root, base);
        if (err == DMSC_OK)
            err = dmsci_dacmo_owner(c->authority, base, owner);
        if (err == DMSC_OK && strcmp(owner, c->subject->server_id) != 0) {
            err = dmsci_dacmo_find(c->authority, base, c->subject->server_id, &grant, &there);
            own = there ? grant.grant.priority : DMSC_GRANT_PRIORITY;
        }
    }
    *ret_priority = own > rank ? own : rank;
    return err;
}

struct last {
    unsigned priority;
    struct dmsc_subject subject;
    char who[DMSCI_WHO_SIZE];
};

static enum dmsc_err last_writer(struct dmsc_authority *authority, const char *root,
                                 struct last *ret_last, bool *ret_there)
{
    struct dmsc_buf key, value;
    enum dmsc_err err = key_of(authority, root, &key);

    dmsc_buf_init(&value, authority->ctx, DMSCI_WHO_SIZE + 2);
    if (err == DMSC_OK)
        err = dmsc_store_get(authority->tree->store, dmsc_buf_str(&key), &value);
    *ret_there = err == DMSC_OK && value.n > 2;
    if (*ret_there) {
        (void)snprintf(ret_last->who, sizeof(ret_last->who), "%s", (const char *)value.p + 2);
        ret_last->priority = value.p[0];
        ret_last->subject = (struct dmsc_subject){
            .kind = strncmp(ret_last->who, "local:", 6) == 0 ? DMSC_SUBJECT_APP : DMSC_SUBJECT_MA,
            .server_id = ret_last->who,
            .rules = value.p[1] == DMSC_RULES_DACMO ? DMSC_RULES_DACMO : DMSC_RULES_ACL,
        };
    }
    dmsc_buf_clear(&key);
    dmsc_buf_clear(&value);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

/* Whether the last writer may still write: an authority that lost its right binds nobody. */
static enum dmsc_err still_writes(const struct dmsci_case *c, const struct last *last,
                                  bool *ret_writes)
{
    struct dmsc_question question = DMSC_QUESTION_INIT;
    struct dmsci_case past = { .authority = c->authority,
                               .subject = &last->subject,
                               .question = &question,
                               .now = c->now,
                               .past = true };
    struct dmsc_verdict verdict;

    question.right = DMSC_RIGHT_REPLACE;
    question.uri = c->root;
    question.quiet = true;
    verdict = dmsci_answer(&past);
    *ret_writes = verdict.reason == DMSC_ALLOWED || verdict.reason == DMSC_REFUSED_ACCESS_TYPE;
    return verdict.reason == DMSC_REFUSED_ERROR ? DMSC_E_IO : DMSC_OK;
}

static bool writes(enum dmsc_right right)
{
    return right == DMSC_RIGHT_ADD || right == DMSC_RIGHT_REPLACE || right == DMSC_RIGHT_DELETE ||
           right == DMSC_RIGHT_ACL;
}

enum dmsc_err dmsci_priority_says(const struct dmsci_case *c, uint8_t ma_id,
                                  enum dmsc_reason *ret_reason)
{
    struct last last;
    unsigned priority;
    bool there = false, stands = false;
    enum dmsc_err err;

    *ret_reason = DMSC_ALLOWED;
    if (c->root[0] == '\0' || !writes(c->question->right))
        return DMSC_OK;
    err = last_writer(c->authority, c->root, &last, &there);
    if (err != DMSC_OK || !there || strcmp(last.who, c->subject->server_id) == 0)
        return err;
    err = priority_of(c, ma_id, &priority);
    if (err == DMSC_OK && priority > last.priority)
        err = still_writes(c, &last, &stands);
    if (stands) {
        dmsci_tell(c, "%.64s wrote the instance with priority %u, this is priority %u", last.who,
                   last.priority, priority);
        *ret_reason = DMSC_REFUSED_PRIORITY;
    }
    return err;
}

enum dmsc_err dmsc_authority_wrote(struct dmsc_authority *authority,
                                   const struct dmsc_subject *subject, const char *uri,
                                   struct dmsc_now now)
{
    struct dmsci_case c = { .authority = authority, .subject = subject, .now = now };
    struct dmsc_buf urn, root, key;
    unsigned priority = 0;
    uint8_t value[DMSCI_WHO_SIZE + 2];
    struct dmsc_wr w = dmsc_wr(value, sizeof(value));
    enum dmsc_err err;

    if (subject->kind != DMSC_SUBJECT_MA && subject->kind != DMSC_SUBJECT_APP)
        return DMSC_OK;
    dmsc_buf_init(&urn, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&root, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&key, authority->ctx, SIZE_MAX / 2);
    err = dmsc_tree_instance(authority->tree, uri, &urn, &root);
    if (err != DMSC_OK || root.n == 0)
        goto out;
    c.urn = c.mo = dmsc_buf_str(&urn);
    c.root = dmsc_buf_str(&root);
    err = priority_of(&c, subject->ma_id, &priority);
    if (err == DMSC_OK)
        err = key_of(authority, c.root, &key);
    dmsc_wr_u8(&w, (uint8_t)priority);
    dmsc_wr_u8(&w,
               (uint8_t)(subject->kind == DMSC_SUBJECT_APP ? DMSC_RULES_DACMO : subject->rules));
    dmsc_wr_bytes(&w, dmsc_bytes_str(subject->server_id));
    if (err == DMSC_OK && !w.bad)
        err = dmsc_store_put(authority->tree->store, dmsc_buf_str(&key), dmsc_bytes(value, w.n));
out:
    dmsc_buf_clear(&urn);
    dmsc_buf_clear(&root);
    dmsc_buf_clear(&key);
    return err;
}

struct first {
    struct dmsc_buf *key;
    bool there;
    enum dmsc_err err;
};

static bool take_first(void *user, const char *key)
{
    struct first *first = user;

    first->there = true;
    first->err = dmsc_buf_set(first->key, dmsc_bytes_str(key));
    return false;
}

/* The records of the node and of all instances below it. */
enum dmsc_err dmsci_priority_forget(struct dmsc_authority *authority, const char *uri)
{
    struct dmsc_store *store = authority->tree->store;
    struct dmsc_buf prefix, key;
    struct first first = { &key, true, DMSC_OK };
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&key, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&prefix, authority->ctx, SIZE_MAX / 2);
    err = key_of(authority, uri, &prefix);
    if (err == DMSC_OK)
        err = dmsc_store_delete(store, dmsc_buf_str(&prefix));
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(&prefix, "/");
    while (err == DMSC_OK && first.there) {
        first.there = false;
        err = dmsc_store_keys(store, dmsc_buf_str(&prefix), take_first, &first);
        if (err == DMSC_OK)
            err = first.err;
        if (err == DMSC_OK && first.there)
            err = dmsc_store_delete(store, dmsc_buf_str(&key));
    }
    dmsc_buf_clear(&key);
    dmsc_buf_clear(&prefix);
    return err;
}
