/* SPDX-License-Identifier: Apache-2.0 */
/* Answers into messages within the server's MaxMsgSize, large Items in chunks (PRO 6, 7). */
#include "host/dm1/pack.h"
#include "apdu/base/ctx.h"
#include <stdio.h>
#include <string.h>

/* A chunk worth a message: less room is left for the next one. */
#define CHUNK_MIN 64u

/* The largest number of Items, at most all, that still fit; halving costs little and forgets
 * nothing, what is left goes into a Results of its own. */
static enum dmsc_err put_items(struct dmsci_dm1_packing *p, struct dmsci_answer *a)
{
    enum dmsc_err err = DMSC_E_LIMIT;

    for (size_t n = a->item_count; n > 0 && err == DMSC_E_LIMIT; n /= 2) {
        char code[12];
        struct dmsci_syncml_command c = dmsci_dm1_command_of(a, code);

        c.item_count = n;
        err = dmsci_dm1_pack_put(p, &c);
        if (err == DMSC_OK) {
            a->items += n;
            a->item_count -= n;
        }
    }
    return err;
}

/* A cut that leaves no half UTF-8 character, and no part of a group where base64 is made as it is
 * sent. */
static size_t cut(const struct dmsci_answer *a, size_t n)
{
    const struct dmsc_bytes data = a->items[0].data;

    if (a->stream != NULL && a->stream->base64)
        return n - n % 4;
    while (n > 0 && n < data.n && (data.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static enum dmsc_err put_chunk(struct dmsci_dm1_packing *p, struct dmsci_answer *a, size_t n,
                               bool keep)
{
    struct dmsci_syncml_mark mark = dmsci_syncml_mark(&p->w);
    struct dmsci_syncml_item item = a->items[0];
    char code[12], size[24];
    struct dmsci_syncml_command c = dmsci_dm1_command_of(a, code);
    enum dmsc_err err;

    item.data.n = n;
    item.more_data = true;
    if (!a->chunked) { /* PRO 7: the first chunk, and no other, tells the Size */
        (void)snprintf(size, sizeof(size), "%zu",
                       a->stream != NULL ? a->stream->size : a->items[0].data.n);
        item.meta.present = true;
        item.meta.size = size;
    }
    c.items = &item;
    c.item_count = 1;
    err = dmsci_dm1_pack_put(p, &c);
    if (err == DMSC_OK && !keep) {
        dmsci_syncml_undo(&p->w, mark);
        p->cmd_id--;
    }
    return err;
}

/* As much of one large Item as fits the message, if that is worth it. */
static enum dmsc_err begin_chunk(struct dmsci_dm1_packing *p, struct dmsci_answer *a)
{
    size_t low = 0, high = a->items[0].data.n;
    enum dmsc_err err;

    while (high - low > 1) { /* low fits, high does not */
        size_t middle = low + (high - low) / 2;

        err = put_chunk(p, a, cut(a, middle), false);
        if (err != DMSC_OK && err != DMSC_E_LIMIT)
            return err;
        if (err == DMSC_OK)
            low = middle;
        else
            high = middle;
    }
    low = cut(a, low);
    if (low == 0 || (low < CHUNK_MIN && !p->fresh))
        return DMSC_E_LIMIT;
    err = put_chunk(p, a, low, true);
    if (err != DMSC_OK)
        return err;
    a->items[0].data.p += low;
    a->items[0].data.n -= low;
    if (a->stream != NULL)
        a->stream->at += low;
    a->chunked = true;
    return DMSC_OK;
}

/* What is done with the first answer that waits. DMSC_E_LIMIT: it has to wait longer. */
static enum dmsc_err pack_one(struct dmsci_dm1_packing *p, const struct dmsci_dm1_turn *turn,
                              struct dmsci_answer *a, bool *ret_chunk)
{
    char code[12];
    struct dmsci_syncml_command c = dmsci_dm1_command_of(a, code);
    enum dmsc_err err;

    *ret_chunk = false;
    if (a->kind != DMSCI_N_Results)
        return dmsci_dm1_pack_put(p, &c);
    err = a->stream == NULL ? DMSC_OK : dmsci_dm1_stream_fill(p->dm1, a->stream, a->items);
    if (err != DMSC_OK)
        return err;
    err = put_items(p, a);
    if (err != DMSC_E_LIMIT)
        return err;
    /* PRO 7: what fits one message is not cut. */
    c = dmsci_dm1_command_of(a, code);
    c.item_count = 1;
    err = dmsci_dm1_fits_alone(p->dm1, turn, &c);
    if (err != DMSC_E_LIMIT || a->item_count != 1)
        return err == DMSC_OK ? DMSC_E_LIMIT : err;
    *ret_chunk = true;
    return begin_chunk(p, a);
}

/* A large Item among others gets a Results of its own, so that it can be cut. */
static enum dmsc_err part_items(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    struct dmsci_answer *a = &dm1->answers.list[dm1->answers.next];
    struct dmsci_answer alone = *a;
    char code[12];
    struct dmsci_syncml_command c = dmsci_dm1_command_of(a, code);
    enum dmsc_err err;

    if (a->kind != DMSCI_N_Results || a->item_count < 2)
        return DMSC_OK;
    c.item_count = 1;
    err = dmsci_dm1_fits_alone(dm1, turn, &c);
    if (err != DMSC_E_LIMIT)
        return err;
    a->items++;
    a->item_count--;
    alone.item_count = 1;
    return dmsci_answers_add_first(&dm1->answers, &alone);
}

static enum dmsc_err pack(struct dmsci_dm1_packing *p, const struct dmsci_dm1_turn *turn)
{
    struct dmsci_answers *answers = &p->dm1->answers;
    enum dmsc_err err = DMSC_OK;
    bool chunk = false;

    while (answers->next < answers->count && !chunk && err == DMSC_OK) {
        struct dmsci_answer *a;

        err = part_items(p->dm1, turn);
        if (err != DMSC_OK)
            return err;
        a = &answers->list[answers->next];
        err = pack_one(p, turn, a, &chunk);
        if (err != DMSC_OK)
            break;
        if (!chunk && (a->kind != DMSCI_N_Results || a->item_count == 0))
            answers->next++;
        p->fresh = p->fresh && a->control;
    }
    /* The rest waits for the server's "next message", unless that would wait for ever. */
    return err == DMSC_E_LIMIT && p->cmd_id > 1 ? DMSC_OK : err;
}

/* PRO 6: the server has more to say; we ask for it unless there is more from us anyway. */
static enum dmsc_err ask_next(struct dmsci_dm1_packing *p)
{
    struct dmsci_syncml_command alert = { .kind = DMSCI_N_Alert, .data = "1222" };
    enum dmsc_err err = dmsci_dm1_pack_put(p, &alert);

    /* No room: a message without Final asks for one of the server just as well. */
    return err == DMSC_E_LIMIT ? DMSC_OK : err;
}

enum dmsc_err dmsci_dm1_write_answers(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    struct dmsci_dm1_packing p;
    bool all;
    enum dmsc_err err = dmsci_dm1_pack_begin(&p, dm1, turn);

    if (err == DMSC_OK)
        err = pack(&p, turn);
    all = dm1->answers.next == dm1->answers.count;
    if (err == DMSC_OK && all && !dm1->package_whole)
        err = ask_next(&p);
    if (err == DMSC_OK)
        err = dmsci_syncml_end(&p.w, all && dm1->package_whole, &dm1->sent);
    dmsci_syncml_writer_clear(&p.w);
    if (err != DMSC_OK)
        return err;
    dm1->msg_id++;
    if (all && dm1->package_whole)
        dm1->package_whole = false; /* the next package is another one */
    dmsci_answers_sent(&dm1->answers);
    return DMSC_OK;
}

void dmsci_dm1_chunk_answered(struct dmsc_dm1 *dm1, const struct dmsci_syncml_message *msg)
{
    struct dmsci_answers *answers = &dm1->answers;
    bool refused = false;

    if (answers->next == answers->count || !answers->list[answers->next].chunked)
        return;
    for (size_t i = 0; i < msg->command_count; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];
        size_t code = 213;

        if (c->kind == DMSCI_N_Status && c->cmd != NULL && strcmp(c->cmd, "Results") == 0)
            refused = refused || !dmsci_syncml_number(c->data, &code) || code >= 300;
        refused = refused || dmsci_dm1_is_alert(c, DMSCI_ALERT_NO_END_OF_DATA);
    }
    if (refused)
        answers->next++;
}
