/* SPDX-License-Identifier: Apache-2.0 */
/* One Item of one command: which node, may the server, what came of it. */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include "host/mo/uri.h"
#include <dmsc/inbox.h>
#include <dmsc/mo_ops.h>
#include <string.h>

enum dmsc_err dmsci_dm1_settle(struct dmsci_dm1_op *op, unsigned status)
{
    op->status = status;
    return DMSC_OK;
}

/* Secrets are sealed at rest: where there is no key none can be kept, which is no fault of the
 * server's. */
static bool without_key(const struct dmsci_dm1_op *op)
{
    return strcmp(dmsc_diag_get(op->dm1->ctx)->reason, "secret:no-key") == 0;
}

enum dmsc_err dmsci_dm1_settle_tree(struct dmsci_dm1_op *op, enum dmsc_err err)
{
    if (err == DMSC_E_UNSUPPORTED && without_key(op)) {
        op->reason = "secret:no-key";
        return dmsci_dm1_settle(op, 500);
    }
    switch (err) {
    case DMSC_OK:
        return dmsci_dm1_settle(op, 200);
    case DMSC_E_NOTFOUND:
        return dmsci_dm1_settle(op, 404);
    case DMSC_E_EXISTS:
        return dmsci_dm1_settle(op, 418);
    case DMSC_E_STATE: /* root, permanent node, leaf as a parent, interior node as a leaf */
        return dmsci_dm1_settle(op, 405);
    case DMSC_E_MALFORMED: /* no value of its format */
    case DMSC_E_UNSUPPORTED:
        return dmsci_dm1_settle(op, 415);
    case DMSC_E_LIMIT:
        return dmsci_dm1_settle(op, 420);
    default:
        return err;
    }
}

/* A decision that could not be made for want of memory, or because the store failed, is a failure
 * of ours: nothing is answered, least of all a list that lacks what was not decided. */
static void note_failure(struct dmsci_dm1_op *op)
{
    enum dmsc_err err = dmsc_diag_get(op->dm1->ctx)->err;

    if (err == DMSC_E_NOMEM || err == DMSC_E_IO || err == DMSC_E_CORRUPT || err == DMSC_E_AGAIN)
        op->failure = err;
}

static struct dmsc_subject subject_of(const struct dmsc_dm1 *dm1)
{
    return (struct dmsc_subject){ .kind = DMSC_SUBJECT_MA,
                                  .server_id = dm1->server_id,
                                  .ma_id = dm1->ma_id,
                                  .session = dm1->session };
}

static struct dmsc_verdict ask(struct dmsci_dm1_op *op, enum dmsc_right right, const char *uri,
                               bool quiet)
{
    const struct dmsc_subject subject = subject_of(op->dm1);
    const struct dmsc_question question = {
        .right = right, .uri = uri, .new_mo = op->new_mo, .quiet = quiet
    };
    struct dmsc_verdict verdict =
        dmsc_authority_ask(op->dm1->authority, &subject, &question, op->turn->now);

    if (verdict.reason == DMSC_REFUSED_ERROR)
        note_failure(op);
    return verdict;
}

bool dmsci_dm1_may(struct dmsci_dm1_op *op, enum dmsc_right right, const char *uri, bool exists)
{
    struct dmsc_verdict verdict = ask(op, right, uri, false);

    op->reason = dmsc_reason_name(verdict.reason);
    switch (verdict.reason) {
    case DMSC_ALLOWED:
        op->reason = "";
        return true;
    case DMSC_REFUSED_ACCESS_TYPE:
    case DMSC_REFUSED_SECRET:
        /* For a node that is not there this is its ancestor's, and the ACL has let us so far. */
        op->status = exists || right == DMSC_RIGHT_ADD ? 405 : 404;
        if (op->status == 404)
            op->reason = "";
        return false;
    case DMSC_REFUSED_ERROR:
        op->status = 500;
        return false;
    default:
        op->status = 425;
        return false;
    }
}

enum dmsc_reason dmsci_dm1_look(struct dmsci_dm1_op *op, enum dmsc_right right, const char *uri)
{
    return ask(op, right, uri, true).reason;
}

bool dmsci_dm1_visible(struct dmsci_dm1_op *op, const char *uri)
{
    return dmsci_dm1_look(op, DMSC_RIGHT_GET, uri) == DMSC_ALLOWED;
}

const char *dmsci_dm1_query(const struct dmsci_dm1_op *op, const char *kind)
{
    const char *query = dmsc_buf_str(&op->query);
    size_t n = strlen(kind);

    return strncmp(query, kind, n) == 0 && query[n] == '=' ? query + n + 1 : NULL;
}

/* REP 6.1: Meta of the Item overrides that of its command, element by element. */
static void merge_meta(struct dmsci_dm1_op *op)
{
    const struct dmsci_syncml_meta *own = &op->item->meta, *all = &op->command->meta;

    op->format = own->format != NULL ? own->format : all->format;
    op->type = own->type != NULL ? own->type : all->type;
}

/* What stands behind the node is asked for its value now, for a server that may see it. */
static enum dmsc_err bring_up_to_date(struct dmsci_dm1_op *op)
{
    const char *uri = dmsc_buf_str(&op->uri);
    enum dmsc_err err = DMSC_OK;

    if (dmsc_tree_bound(op->dm1->tree, uri) && dmsci_dm1_visible(op, uri))
        err = dmsc_tree_refresh(op->dm1->tree, uri);
    if (err == DMSC_OK || err == DMSC_E_NOMEM)
        return err;
    op->reason = "node:operation";
    return dmsci_dm1_settle(op, 500);
}

/* The first three checks of every command: URI syntax, then length, then query. */
enum dmsc_err dmsci_dm1_find(struct dmsci_dm1_op *op)
{
    enum dmsc_err err;

    if (op->item->target == NULL)
        return dmsci_dm1_settle(op, 400);
    err = dmsc_uri_normalise(op->dm1->ctx, op->item->target, &op->uri, &op->query);
    if (err == DMSC_E_MALFORMED)
        return dmsci_dm1_settle(op, 400);
    if (err == DMSC_E_LIMIT)
        return dmsci_dm1_settle(op, 414);
    if (err != DMSC_OK)
        return err;
    if (op->query.n > 0 && dmsci_dm1_query(op, "prop") == NULL &&
        dmsci_dm1_query(op, "list") == NULL)
        return dmsci_dm1_settle(op, 406);
    err = bring_up_to_date(op);
    if (err != DMSC_OK || op->status != 0)
        return err;
    err = dmsc_tree_get(op->dm1->tree, dmsc_buf_str(&op->uri), &op->node);
    op->exists = err == DMSC_OK;
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

static const struct {
    enum dmsci_syncml_name kind;
    enum dmsc_err (*act)(struct dmsci_dm1_op *op);
} commands[] = {
    { DMSCI_N_Add, dmsci_dm1_add },       { DMSCI_N_Replace, dmsci_dm1_replace },
    { DMSCI_N_Delete, dmsci_dm1_delete }, { DMSCI_N_Get, dmsci_dm1_get },
    { DMSCI_N_Copy, dmsci_dm1_copy },     { DMSCI_N_Exec, dmsci_dm1_exec },
};

enum dmsc_err dmsci_dm1_wrote(struct dmsci_dm1_op *op, const char *uri)
{
    const struct dmsc_subject subject = subject_of(op->dm1);

    return dmsc_authority_wrote(op->dm1->authority, &subject, uri, op->turn->now);
}

static bool in_inbox(const struct dmsci_dm1_op *op)
{
    return dmsc_uri_below(dmsc_buf_str(&op->uri), DMSC_INBOX);
}

/* What was left in the Inbox stands elsewhere: whoever put it there remembers it. */
static enum dmsc_err remember(struct dmsci_dm1_op *op)
{
    if (op->changes == 0 || op->command->kind == DMSCI_N_Delete || in_inbox(op))
        return DMSC_OK;
    return dmsci_dm1_wrote(op, dmsc_buf_str(&op->uri));
}

/* In a savepoint: what fails half way leaves nothing. */
static enum dmsc_err act(struct dmsci_dm1_op *op)
{
    struct dmsc_dm1 *dm1 = op->dm1;
    enum dmsc_err err;

    if (in_inbox(op) && op->command->kind != DMSCI_N_Add) /* STD 5.3.4 */
        return dmsci_dm1_settle(op, 405);
    err = dmsc_tree_begin(dm1->tree, dm1->actor, op->turn->now.seconds);
    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        if (commands[i].kind == op->command->kind)
            err = commands[i].act(op);
    }
    if (err == DMSC_OK && dmsci_status_good(op->status))
        err = remember(op);
    if (err != DMSC_OK || !dmsci_status_good(op->status)) {
        dmsc_tree_rollback(dm1->tree);
        return err;
    }
    return dmsc_tree_commit(dm1->tree);
}

static enum dmsc_err whole(struct dmsci_dm1_op *op, bool atomic)
{
    bool whole_object = true;
    enum dmsc_err err = DMSC_OK;

    /* Chunks in an Atomic: nothing says how; it fails. */
    if (op->item->more_data && atomic)
        return dmsci_dm1_settle(op, 500);
    if (op->item->more_data || op->dm1->object.active)
        err = dmsci_dm1_chunk(op, &whole_object);
    if (err != DMSC_OK || !whole_object)
        return err;
    if (op->data.n > op->dm1->max_obj_size)
        return dmsci_dm1_settle(op, 413);
    if (op->uri.n == 0) /* a large object looked for it already */
        err = dmsci_dm1_find(op);
    if (err == DMSC_OK && op->status == 0)
        err = act(op);
    return err;
}

enum dmsc_err dmsci_dm1_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                             const struct dmsci_syncml_command *command,
                             const struct dmsci_syncml_item *item, bool atomic,
                             unsigned *ret_status)
{
    struct dmsci_dm1_op op = { .dm1 = dm1, .turn = turn, .command = command, .item = item };
    size_t place = dm1->answers.count;
    enum dmsc_err err;

    dmsc_buf_init(&op.uri, dm1->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&op.query, dm1->ctx, SIZE_MAX / 2);
    op.data = item->data;
    op.reason = "";
    merge_meta(&op);
    /* REP 6.5.1: the Status stands before the Results; its code is known behind them. */
    err = dmsci_dm1_status(dm1, turn, command, item, 500, "");
    if (err == DMSC_OK)
        err = whole(&op, atomic);
    if (op.failure != DMSC_OK)
        err = op.failure;
    if (err == DMSC_OK) {
        dm1->answers.list[place].status = op.status;
        dm1->answers.list[place].reason = op.reason;
        if (dmsci_status_good(op.status))
            dm1->report.changes += op.changes;
        else
            dmsci_answers_truncate(&dm1->answers, place + 1);
        *ret_status = op.status;
    }
    if (dm1->object.active && !item->more_data)
        dmsci_dm1_object_drop(dm1);
    dmsc_node_clear(&op.node);
    dmsc_buf_clear(&op.uri);
    dmsc_buf_clear(&op.query);
    return err;
}
