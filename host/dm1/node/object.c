/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of the server that come in chunks (PRO 7). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"

void dmsci_dm1_object_drop(struct dmsc_dm1 *dm1)
{
    dmsci_dm1_large_end(dm1);
    dmsc_buf_clear(&dm1->object.data);
    dmsci_free(dm1->ctx, dm1->object.target);
    dmsci_free(dm1->ctx, dm1->object.format);
    dmsci_free(dm1->ctx, dm1->object.type);
    dm1->object = (struct dmsci_dm1_object){ .active = false };
}

enum dmsc_err dmsci_dm1_object_broken(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    struct dmsci_answer alert = { .kind = DMSCI_N_Alert, .status = DMSCI_ALERT_NO_END_OF_DATA };
    struct dmsci_syncml_item *item = dmsci_answers_items(&dm1->answers, 1);

    (void)turn;
    if (item == NULL)
        return DMSC_E_NOMEM;
    item->target = dmsci_answers_text(&dm1->answers, dm1->object.target);
    if (item->target == NULL)
        return DMSC_E_NOMEM;
    alert.items = item;
    alert.item_count = 1;
    dmsci_dm1_object_drop(dm1);
    return dmsci_answers_add(&dm1->answers, &alert);
}

static enum dmsc_err copy_text(struct dmsc_ctx *ctx, const char *text, char **ret_copy)
{
    if (text == NULL)
        return DMSC_OK;
    *ret_copy = dmsci_strdup(ctx, text);
    return *ret_copy == NULL ? DMSC_E_NOMEM : DMSC_OK;
}

/* @return DMSC_OK with a status settled when it does not begin */
static enum dmsc_err begin(struct dmsci_dm1_op *op)
{
    struct dmsci_dm1_object *o = &op->dm1->object;
    const char *size = op->item->meta.size != NULL ? op->item->meta.size : op->command->meta.size;
    struct dmsci_dm1_object fresh = { .active = true, .kind = op->command->kind };
    enum dmsc_err err;

    if (fresh.kind != DMSCI_N_Add && fresh.kind != DMSCI_N_Replace)
        return dmsci_dm1_settle(op, 406);
    if (op->item->target == NULL)
        return dmsci_dm1_settle(op, 400);
    if (!dmsci_syncml_number(size, &fresh.size))
        return dmsci_dm1_settle(op, 411);
    if (fresh.size > op->dm1->max_obj_size)
        return dmsci_dm1_settle(op, 416);
    dmsc_buf_init(&fresh.data, op->dm1->ctx, fresh.size);
    *o = fresh;
    err = copy_text(op->dm1->ctx, op->item->target, &o->target);
    if (err == DMSC_OK)
        err = copy_text(op->dm1->ctx, op->format, &o->format);
    if (err == DMSC_OK)
        err = copy_text(op->dm1->ctx, op->type, &o->type);
    if (err == DMSC_OK && o->size > dmsc_ctx_limits(op->dm1->ctx)->object_size)
        err = dmsci_dm1_large_begin(op, o);
    if (err == DMSC_OK && op->status != 0)
        dmsci_dm1_object_drop(op->dm1);
    return err;
}

/* More than was announced, or less at the end: nothing is executed. */
static bool sizes_differ(const struct dmsci_dm1_op *op)
{
    const struct dmsci_dm1_object *o = &op->dm1->object;

    return op->data.n > o->size - o->have ||
           (!op->item->more_data && op->data.n + o->have != o->size);
}

/* Put together: what the last chunk says, and where it says nothing, the first. */
static void make_whole(struct dmsci_dm1_op *op)
{
    const struct dmsci_dm1_object *o = &op->dm1->object;

    op->data = dmsc_buf_bytes(&o->data);
    /* What went to the store went there as the first chunk said. */
    if (op->format == NULL || o->large != NULL)
        op->format = o->format;
    if (op->type == NULL || o->large != NULL)
        op->type = o->type;
}

enum dmsc_err dmsci_dm1_chunk(struct dmsci_dm1_op *op, bool *ret_whole)
{
    struct dmsci_dm1_object *o = &op->dm1->object;
    enum dmsc_err err = DMSC_OK;

    *ret_whole = false;
    if (!o->active)
        err = begin(op);
    if (err != DMSC_OK || op->status != 0)
        return err;
    if (sizes_differ(op)) {
        dmsci_dm1_object_drop(op->dm1);
        return dmsci_dm1_settle(op, 424);
    }
    o->have += op->data.n;
    err = o->large != NULL ? dmsci_dm1_large_chunk(op, !op->item->more_data)
                           : dmsc_buf_append(&o->data, op->data);
    if (err == DMSC_OK && op->status != 0)
        dmsci_dm1_object_drop(op->dm1);
    if (err != DMSC_OK || op->status != 0)
        return err;
    if (op->item->more_data)
        return dmsci_dm1_settle(op, 213);
    make_whole(op);
    *ret_whole = true;
    return DMSC_OK;
}
