/* SPDX-License-Identifier: Apache-2.0 */
/* The messages we send: package 1, and answers within the server's MaxMsgSize (PRO 6, 7, 8). */
#include "apdu/base/ctx.h"
#include "host/dm1/private.h"
#include <stdio.h>
#include <string.h>

/* A chunk worth a message: less room is left for the next one. */
#define CHUNK_MIN 64u

struct numbers {
    char msg_id[12], max_msg[24], max_obj[24];
};

static struct dmsci_syncml_header header(const struct dmsc_dm1 *dm1, struct numbers *n)
{
    (void)snprintf(n->msg_id, sizeof(n->msg_id), "%u", dm1->msg_id + 1);
    return (struct dmsci_syncml_header){ .ver_dtd = DMSCI_SYNCML_VERDTD,
                                         .ver_proto = "DM/1.2",
                                         .session_id = dm1->session_id,
                                         .msg_id = n->msg_id,
                                         .target = dm1->server_uri,
                                         .source = dm1->device_id };
}

/* STD 5.3.2: what package 1 tells of the device, in the order of the standard. */
static const char *const devinfo[] = { "DevId", "Man", "Mod", "DmV", "Lang" };
#define DEVINFO_COUNT DMSCI_ARRAY_LEN(devinfo)

/* @p uri has room for any of the table */
static enum dmsc_err devinfo_item(struct dmsc_dm1 *dm1, const char *uri,
                                  struct dmsci_syncml_item *item, size_t *count)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    enum dmsc_err err = dmsc_tree_get(dm1->tree, uri, &node);

    if (err == DMSC_E_NOTFOUND)
        return DMSC_OK;
    if (err == DMSC_OK && node.format != DMSC_FORMAT_NODE && (node.flags & DMSC_NODE_SECRET) == 0) {
        item->source = dmsci_answers_text(&dm1->answers, uri);
        err = item->source == NULL ? DMSC_E_NOMEM : dmsci_dm1_show(dm1, uri, &node, true, item);
        (*count)++;
    }
    dmsc_node_clear(&node);
    return err;
}

static enum dmsc_err put_devinfo(struct dmsc_dm1 *dm1, struct dmsci_syncml_writer *w)
{
    struct dmsci_syncml_item items[DEVINFO_COUNT] = { { 0 } };
    struct dmsci_syncml_command replace = { .kind = DMSCI_N_Replace,
                                            .cmd_id = "2",
                                            .items = items };
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < DEVINFO_COUNT && err == DMSC_OK; i++) {
        char uri[32];

        (void)snprintf(uri, sizeof(uri), "./DevInfo/%s", devinfo[i]);
        err = devinfo_item(dm1, uri, &items[replace.item_count], &replace.item_count);
    }
    if (err == DMSC_OK && replace.item_count > 0)
        err = dmsci_syncml_put(w, &replace);
    return err;
}

enum dmsc_err dmsci_dm1_write_package1(struct dmsc_dm1 *dm1)
{
    struct dmsci_syncml_command alert = { .kind = DMSCI_N_Alert,
                                          .cmd_id = "1",
                                          .data = dm1->server_initiated ? "1200" : "1201" };
    struct numbers n;
    struct dmsci_syncml_header h = header(dm1, &n);
    struct dmsci_syncml_writer w;
    enum dmsc_err err;

    (void)snprintf(n.max_msg, sizeof(n.max_msg), "%zu", dm1->max_msg_size);
    (void)snprintf(n.max_obj, sizeof(n.max_obj), "%zu", dm1->max_obj_size);
    h.meta = (struct dmsci_syncml_meta){ .present = true,
                                         .max_msg_size = n.max_msg,
                                         .max_obj_size = n.max_obj };
    err = dmsci_syncml_begin(&w, dm1->ctx, &dmsci_syncml_xml, &h, DMSCI_DM1_PEER_MSG_SIZE);
    if (err != DMSC_OK)
        return err;
    err = dmsci_syncml_put(&w, &alert);
    if (err == DMSC_OK)
        err = put_devinfo(dm1, &w);
    if (err == DMSC_OK)
        err = dmsci_syncml_end(&w, true, &dm1->sent);
    if (err == DMSC_OK)
        dm1->msg_id++;
    dmsci_syncml_writer_clear(&w);
    dmsci_answers_clear(&dm1->answers);
    return err;
}

/* One message of answers in the making. */
struct packing {
    struct dmsc_dm1 *dm1;
    struct dmsci_syncml_writer w;
    unsigned cmd_id;
    bool fresh; /* nothing but control Statuses is in it */
};

static enum dmsc_err put(struct packing *p, struct dmsci_syncml_command *c)
{
    char cmd_id[12];
    enum dmsc_err err;

    (void)snprintf(cmd_id, sizeof(cmd_id), "%u", p->cmd_id + 1);
    c->cmd_id = cmd_id;
    err = dmsci_syncml_put(&p->w, c);
    c->cmd_id = NULL;
    if (err == DMSC_OK)
        p->cmd_id++;
    return err;
}

static size_t ceiling(const struct dmsc_dm1 *dm1)
{
    return dm1->peer_max_msg > 0 ? dm1->peer_max_msg : DMSCI_DM1_PEER_MSG_SIZE;
}

/* REP 6.5.1: the Status for the SyncHdr comes first. */
static enum dmsc_err begin(struct packing *p, struct dmsc_dm1 *dm1,
                           const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_header *theirs = &turn->msg.header;
    struct dmsci_syncml_command status = { .kind = DMSCI_N_Status,
                                           .msg_ref = theirs->msg_id,
                                           .cmd_ref = "0",
                                           .cmd = "SyncHdr",
                                           .target_refs = &theirs->target,
                                           .target_ref_count = 1,
                                           .source_refs = &theirs->source,
                                           .source_ref_count = 1 };
    struct numbers n;
    struct dmsci_syncml_header ours = header(dm1, &n);
    char code[12];
    enum dmsc_err err;

    *p = (struct packing){ .dm1 = dm1, .fresh = true };
    (void)snprintf(code, sizeof(code), "%u", turn->header_status);
    status.data = code;
    err = dmsci_syncml_begin(&p->w, dm1->ctx, &dmsci_syncml_xml, &ours, ceiling(dm1));
    if (err == DMSC_OK)
        err = put(p, &status);
    return err;
}

/* An answer as a command; the code's text lives in @p code. */
static struct dmsci_syncml_command command_of(const struct dmsci_answer *a, char code[12])
{
    struct dmsci_syncml_command c = { .kind = a->kind,
                                      .msg_ref = a->msg_ref,
                                      .cmd_ref = a->cmd_ref,
                                      .cmd = a->cmd,
                                      .items = a->items,
                                      .item_count = a->item_count };

    (void)snprintf(code, 12, "%u", a->status);
    if (a->kind != DMSCI_N_Results)
        c.data = code;
    if (a->target_ref != NULL) {
        c.target_refs = &a->target_ref;
        c.target_ref_count = 1;
    }
    if (a->source_ref != NULL) {
        c.source_refs = &a->source_ref;
        c.source_ref_count = 1;
    }
    return c;
}

/* The largest number of Items, at most all, that still fit; halving costs little and forgets
 * nothing, what is left goes into a Results of its own. */
static enum dmsc_err put_items(struct packing *p, struct dmsci_answer *a)
{
    enum dmsc_err err = DMSC_E_LIMIT;

    for (size_t n = a->item_count; n > 0 && err == DMSC_E_LIMIT; n /= 2) {
        char code[12];
        struct dmsci_syncml_command c = command_of(a, code);

        c.item_count = n;
        err = put(p, &c);
        if (err == DMSC_OK) {
            a->items += n;
            a->item_count -= n;
        }
    }
    return err;
}

/* A cut that leaves no half UTF-8 character. */
static size_t cut(struct dmsc_bytes data, size_t n)
{
    while (n > 0 && n < data.n && (data.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static enum dmsc_err put_chunk(struct packing *p, struct dmsci_answer *a, size_t n, bool keep)
{
    struct dmsci_syncml_mark mark = dmsci_syncml_mark(&p->w);
    struct dmsci_syncml_item item = a->items[0];
    char code[12], size[24];
    struct dmsci_syncml_command c = command_of(a, code);
    enum dmsc_err err;

    item.data.n = n;
    item.more_data = true;
    if (!a->chunked) { /* PRO 7: the first chunk, and no other, tells the Size */
        (void)snprintf(size, sizeof(size), "%zu", a->items[0].data.n);
        item.meta.present = true;
        item.meta.size = size;
    }
    c.items = &item;
    c.item_count = 1;
    err = put(p, &c);
    if (err == DMSC_OK && !keep) {
        dmsci_syncml_undo(&p->w, mark);
        p->cmd_id--;
    }
    return err;
}

/* As much of one large Item as fits the message, if that is worth it. */
static enum dmsc_err begin_chunk(struct packing *p, struct dmsci_answer *a)
{
    size_t low = 0, high = a->items[0].data.n;
    enum dmsc_err err;

    while (high - low > 1) { /* low fits, high does not */
        size_t middle = low + (high - low) / 2;

        err = put_chunk(p, a, cut(a->items[0].data, middle), false);
        if (err != DMSC_OK && err != DMSC_E_LIMIT)
            return err;
        if (err == DMSC_OK)
            low = middle;
        else
            high = middle;
    }
    low = cut(a->items[0].data, low);
    if (low == 0 || (low < CHUNK_MIN && !p->fresh))
        return DMSC_E_LIMIT;
    err = put_chunk(p, a, low, true);
    if (err != DMSC_OK)
        return err;
    a->items[0].data.p += low;
    a->items[0].data.n -= low;
    a->chunked = true;
    return DMSC_OK;
}

/* Would it fit a message of its own? */
static enum dmsc_err fits_alone(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                                const struct dmsci_syncml_command *c)
{
    /* As it will be in the worst case: behind the Status of a "next message". */
    const struct dmsci_answer next = { .kind = DMSCI_N_Status,
                                       .msg_ref = "9999999999",
                                       .cmd_ref = "9999999999",
                                       .cmd = "Alert",
                                       .status = 200 };
    char code[12];
    struct dmsci_syncml_command first = command_of(&next, code), second = *c;
    struct packing p;
    enum dmsc_err err = begin(&p, dm1, turn);

    if (err == DMSC_OK)
        err = put(&p, &first);
    p.cmd_id = 99998;
    if (err == DMSC_OK)
        err = put(&p, &second);
    dmsci_syncml_writer_clear(&p.w);
    return err;
}

/* What is done with the first answer that waits. DMSC_E_LIMIT: it has to wait longer. */
static enum dmsc_err pack_one(struct packing *p, const struct dmsci_dm1_turn *turn,
                              struct dmsci_answer *a, bool *ret_chunk)
{
    char code[12];
    struct dmsci_syncml_command c = command_of(a, code);
    enum dmsc_err err;

    *ret_chunk = false;
    if (a->kind != DMSCI_N_Results)
        return put(p, &c);
    err = put_items(p, a);
    if (err != DMSC_E_LIMIT)
        return err;
    /* PRO 7: what fits one message is not cut. */
    c = command_of(a, code);
    c.item_count = 1;
    err = fits_alone(p->dm1, turn, &c);
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
    struct dmsci_syncml_command c = command_of(a, code);
    enum dmsc_err err;

    if (a->kind != DMSCI_N_Results || a->item_count < 2)
        return DMSC_OK;
    c.item_count = 1;
    err = fits_alone(dm1, turn, &c);
    if (err != DMSC_E_LIMIT)
        return err;
    a->items++;
    a->item_count--;
    alone.item_count = 1;
    return dmsci_answers_add_first(&dm1->answers, &alone);
}

static enum dmsc_err pack(struct packing *p, const struct dmsci_dm1_turn *turn)
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
static enum dmsc_err ask_next(struct packing *p)
{
    struct dmsci_syncml_command alert = { .kind = DMSCI_N_Alert, .data = "1222" };
    enum dmsc_err err = put(p, &alert);

    /* No room: a message without Final asks for one of the server just as well. */
    return err == DMSC_E_LIMIT ? DMSC_OK : err;
}

enum dmsc_err dmsci_dm1_write_answers(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    struct packing p;
    bool all;
    enum dmsc_err err = begin(&p, dm1, turn);

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

/* Most octets a text can take: "\"" and the like are written as references. */
static size_t widest(const char *text)
{
    return text == NULL ? 0 : 6 * strlen(text);
}

static enum dmsc_err room_for(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn, size_t base,
                              const struct dmsci_syncml_command *c,
                              const struct dmsci_syncml_item *item)
{
    const struct dmsci_answer a = { .kind = DMSCI_N_Status,
                                    .msg_ref = turn->msg.header.msg_id,
                                    .cmd_ref = c->cmd_id != NULL ? c->cmd_id : "",
                                    .cmd = c->name,
                                    .target_ref = item != NULL ? item->target : NULL,
                                    .source_ref = item != NULL ? item->source : NULL,
                                    .status = 200 };
    char code[12];
    struct dmsci_syncml_command status = command_of(&a, code);
    size_t most =
        300 + widest(a.cmd_ref) + widest(a.cmd) + widest(a.target_ref) + widest(a.source_ref);

    if (base <= ceiling(dm1) && most <= ceiling(dm1) - base)
        return DMSC_OK;
    return fits_alone(dm1, turn, &status);
}

enum dmsc_err dmsci_dm1_room_for_answers(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn)
{
    const struct dmsci_syncml_message *msg = &turn->msg;
    struct packing p;
    size_t base;
    enum dmsc_err err = begin(&p, dm1, turn);

    if (err != DMSC_OK) {
        dmsci_syncml_writer_clear(&p.w);
        return err;
    }
    base = dmsci_syncml_size(&p.w) + 200; /* and the Status of a "next message" */
    dmsci_syncml_writer_clear(&p.w);
    for (size_t i = 0; i < msg->command_count && err == DMSC_OK; i++) {
        const struct dmsci_syncml_command *c = &msg->commands[i];

        if (c->kind == DMSCI_N_Status || c->kind == DMSCI_N_Results)
            continue;
        err = room_for(dm1, turn, base, c, NULL);
        for (size_t k = 0; k < c->item_count && err == DMSC_OK; k++)
            err = room_for(dm1, turn, base, c, &c->items[k]);
    }
    return err;
}

bool dmsci_dm1_room_for_item(struct dmsc_dm1 *dm1, const struct dmsci_dm1_turn *turn,
                             const char *cmd_ref, const struct dmsci_syncml_item *item,
                             enum dmsc_err *ret_err)
{
    struct dmsci_syncml_item smallest = *item;
    struct dmsci_syncml_command c = { .kind = DMSCI_N_Results,
                                      .msg_ref = turn->msg.header.msg_id,
                                      .cmd_ref = cmd_ref,
                                      .items = &smallest,
                                      .item_count = 1 };
    size_t most =
        600 + widest(cmd_ref) + widest(item->source) + widest(item->meta.type) + 6 * item->data.n;

    *ret_err = DMSC_OK;
    /* Far from the ceiling: no need to try. */
    if (most + 4096 + widest(turn->msg.header.target) + widest(turn->msg.header.source) +
            widest(dm1->server_uri) + widest(dm1->device_id) <=
        ceiling(dm1))
        return true;
    *ret_err = fits_alone(dm1, turn, &c);
    if (*ret_err != DMSC_E_LIMIT || item->data.n < 2)
        return *ret_err == DMSC_OK;
    /* In chunks then: with its Size, and one character of six octets in it. */
    smallest.data = dmsc_bytes("\"\"\"\"", 4);
    smallest.meta.present = true;
    smallest.meta.size = "9999999999";
    smallest.more_data = true;
    *ret_err = fits_alone(dm1, turn, &c);
    return *ret_err == DMSC_OK;
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
