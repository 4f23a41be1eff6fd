/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc_authority_decide(): every access of every subject. */
#include "host/authority/private.h"
#include <dmsc/mo.h>
#include <stdio.h>
#include <string.h>

void dmsci_tell(const struct dmsci_case *c, const char *fmt, ...)
{
    char text[320];
    va_list args;

    if (c->question->step == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    c->question->step(c->question->user, text);
}

/* Lists that the device keeps in step with the card and its environments: by hand they would say
 * what is not so. */
static bool is_kept(const char *uri)
{
    return dmsc_uri_below(uri, "./Cert") || dmsc_uri_below(uri, "./VirMO");
}

/* The device's owner passes every list and ACL. A secret stays one, and what the device says of
 * itself is not changed in the tree: permanent nodes without Replace, and lists that it keeps. */
static enum dmsc_err local_says(const struct dmsci_case *c, enum dmsc_reason *ret_reason)
{
    const enum dmsc_right right = c->question->right;
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(c->authority->tree, c->question->uri, &node);
    bool there = err == DMSC_OK;

    if (err == DMSC_E_NOTFOUND)
        err = DMSC_OK;
    if (right == DMSC_RIGHT_GET && there && (node.flags & DMSC_NODE_SECRET) != 0)
        *ret_reason = DMSC_REFUSED_SECRET;
    else if (right == DMSC_RIGHT_REPLACE && there && node.format != DMSC_FORMAT_NODE &&
             (node.flags & DMSC_NODE_PERMANENT) != 0 && (node.access & DMSC_ACCESS_REPLACE) == 0)
        *ret_reason = DMSC_REFUSED_ACCESS_TYPE;
    else if (right != DMSC_RIGHT_GET && is_kept(c->question->uri))
        *ret_reason = DMSC_REFUSED_ACCESS_TYPE;
    dmsc_node_clear(&node);
    return err;
}

static struct dmsc_verdict decide_local(const struct dmsci_case *c)
{
    enum dmsc_reason reason = DMSC_ALLOWED;
    enum dmsc_err err = local_says(c, &reason);

    if (err != DMSC_OK)
        return dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "%s", dmsc_err_text(err));
    return dmsci_verdict(reason, NULL, "the device's owner");
}

/* DM 2.0 clause 10: what was not in the account's Perm at bootstrap is not managed by the server.
 */
static bool among_moids(const struct dmsc_subject *subject, const char *mo)
{
    if (subject->moids == NULL)
        return true;
    for (const char *const *moid = subject->moids; *moid != NULL; moid++) {
        if (strcmp(*moid, mo) == 0)
            return true;
    }
    return false;
}

/* What holds behind the MA list: the rules of the session, the node's description, priority. */
static enum dmsc_err tree_says(const struct dmsci_case *c, uint8_t ma_id,
                               enum dmsc_reason *ret_reason)
{
    const struct dmsc_subject *subject = c->subject;
    enum dmsc_err err = dmsci_environment_says(c, ret_reason);

    if (err != DMSC_OK || *ret_reason != DMSC_ALLOWED)
        return err;
    if (subject->kind == DMSC_SUBJECT_MA && subject->rules == DMSC_RULES_ACL) {
        err = dmsci_acl_says(c, ret_reason);
        if (err == DMSC_OK && *ret_reason == DMSC_ALLOWED && c->root[0] != '\0')
            err = dmsci_dacmo_says(c, ret_reason);
    } else if (!among_moids(subject, c->mo)) {
        *ret_reason = DMSC_REFUSED_MOID;
    } else {
        err = dmsci_dacmo_says(c, ret_reason);
    }
    if (err == DMSC_OK && *ret_reason == DMSC_ALLOWED)
        err = dmsci_access_says(c, ret_reason);
    if (err == DMSC_OK && *ret_reason == DMSC_ALLOWED && !c->past)
        err = dmsci_priority_says(c, ma_id, ret_reason);
    return err;
}

/* An MA passes the list first; an application is in none. */
static struct dmsc_verdict decide_other(const struct dmsci_case *c)
{
    bool app = c->subject->kind == DMSC_SUBJECT_APP;
    struct dmsc_verdict verdict =
        app ? dmsci_verdict(DMSC_ALLOWED, NULL, "application %.64s", c->subject->server_id)
            : dmsci_list_says(c);
    enum dmsc_reason reason = DMSC_REFUSED_ERROR;
    enum dmsc_err err;

    if (verdict.reason != DMSC_ALLOWED)
        return verdict;
    err = tree_says(c, verdict.ma_id, &reason);
    if (err != DMSC_OK)
        return dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "%s", dmsc_err_text(err));
    if (reason != DMSC_ALLOWED)
        verdict = dmsci_verdict(reason, dmsc_ma_list_by_id(&c->authority->list, verdict.ma_id),
                                "%s; node %.72s: %s", app ? "application" : "MA list allows",
                                c->question->uri, dmsc_reason_text(reason));
    return verdict;
}

struct dmsc_verdict dmsci_answer(struct dmsci_case *c)
{
    struct dmsc_ctx *ctx = c->authority->ctx;
    size_t ceiling = dmsc_ctx_limits(ctx)->node_value;
    struct dmsc_verdict verdict;
    const char *new_mo = c->question->right == DMSC_RIGHT_ADD ? c->question->new_mo : NULL;
    struct dmsc_buf urn, root;
    enum dmsc_err err;

    if (c->subject->kind == DMSC_SUBJECT_CARD)
        return dmsci_verdict(DMSC_ALLOWED, NULL, "the card's issuer");
    if (c->subject->kind == DMSC_SUBJECT_LOCAL)
        return decide_local(c);
    dmsc_buf_init(&urn, ctx, ceiling);
    dmsc_buf_init(&root, ctx, SIZE_MAX / 2);
    err = dmsc_tree_instance(c->authority->tree, c->question->uri, &urn, &root);
    if (err == DMSC_OK) {
        c->urn = dmsc_buf_str(&urn);
        c->mo = new_mo != NULL && new_mo[0] != '\0' ? new_mo : c->urn;
        c->root = dmsc_buf_str(&root);
        dmsci_tell(c, "%s to %.128s", dmsc_right_name(c->question->right), c->question->uri);
        if (c->root[0] != '\0')
            dmsci_tell(c, "in the instance %.96s of %.96s", c->root, c->urn);
        verdict = decide_other(c);
        c->mo = c->urn = c->root = "";
    } else {
        verdict = dmsci_verdict(DMSC_REFUSED_ERROR, NULL, "%s", dmsc_err_text(err));
    }
    dmsc_buf_clear(&urn);
    dmsc_buf_clear(&root);
    return verdict;
}

struct dmsc_verdict dmsc_authority_ask(struct dmsc_authority *authority,
                                       const struct dmsc_subject *subject,
                                       const struct dmsc_question *question, struct dmsc_now now)
{
    struct dmsci_case c = { .authority = authority,
                            .subject = subject,
                            .question = question,
                            .now = now,
                            .mo = "",
                            .urn = "",
                            .root = "" };
    struct dmsc_verdict verdict = dmsci_answer(&c);

    dmsci_tell(&c, "%s: %s", verdict.reason == DMSC_ALLOWED ? "allowed" : "refused",
               verdict.reason == DMSC_ALLOWED ? verdict.detail : dmsc_reason_name(verdict.reason));
    if (verdict.reason == DMSC_ALLOWED || question->quiet)
        return verdict;
    dmsci_audit_note(authority, subject->server_id, dmsc_right_name(question->right), question->uri,
                     &verdict, now);
    return verdict;
}

struct dmsc_verdict dmsc_authority_decide(struct dmsc_authority *authority,
                                          const struct dmsc_subject *subject, enum dmsc_right right,
                                          const char *uri, struct dmsc_now now)
{
    struct dmsc_question question = DMSC_QUESTION_INIT;

    question.right = right;
    question.uri = uri;
    return dmsc_authority_ask(authority, subject, &question, now);
}
