/* SPDX-License-Identifier: Apache-2.0 */
#include "host/syncml/build.h"
#include "apdu/base/ctx.h"
#include "host/syncml/arena.h"
#include "host/syncml/rules.h"
#include <string.h>

/* Atomic and Sequence in one another, and what is in them; REP 6.6 needs 8. */
#define FRAMES 32u
/* Items of one message for each command allowed: a list of nodes comes as Items of one Results. */
#define ITEMS_PER_COMMAND 8u

struct frame {
    enum dmsci_place place;
    enum dmsci_syncml_name name;
    const struct dmsci_rule *rule;
    size_t command; /* the one this element belongs to, or DMSCI_SYNCML_TOP */
    uint64_t seen;  /* names of children that were there */
};
_Static_assert(DMSCI_N_COUNT <= 64, "the set of names seen is 64 bits");

struct dmsci_syncml_builder {
    struct dmsc_ctx *ctx;
    struct dmsci_syncml_message msg;
    size_t command_cap;
    struct frame frames[FRAMES];
    unsigned depth;                 /* frames in use; frames[0] is the document */
    unsigned skip;                  /* open elements inside one that is ignored */
    struct dmsci_syncml_meta *meta; /* the one being read */
    struct dmsci_syncml_item item;  /* the one being read */
    struct dmsc_buf text;           /* of the element being read */
    /* of the command being read; copied into the message at its end */
    struct dmsci_syncml_item *items;
    size_t item_count, item_cap;
    const char **refs[2]; /* TargetRef, SourceRef */
    size_t ref_count[2], ref_cap[2];
    size_t items_total;
};

enum dmsc_err dmsci_syncml_builder_new(struct dmsc_ctx *ctx,
                                       struct dmsci_syncml_builder **ret_builder)
{
    struct dmsci_syncml_builder *b = dmsci_alloc(ctx, sizeof(*b));
    size_t size = dmsc_ctx_limits(ctx)->message_size;

    if (b == NULL)
        return DMSC_E_NOMEM;
    b->ctx = ctx;
    b->msg.ctx = ctx;
    b->depth = 1;
    b->frames[0] = (struct frame){ .place = DMSCI_P_DOCUMENT, .command = DMSCI_SYNCML_TOP };
    /* Child XML taken as text grows: namespaces are repeated, quotes become references. */
    dmsc_buf_init(&b->text, ctx, size > SIZE_MAX / 4 ? SIZE_MAX / 2 : size * 4);
    *ret_builder = b;
    return DMSC_OK;
}

void dmsci_syncml_builder_free(struct dmsci_syncml_builder *b)
{
    if (b == NULL)
        return;
    dmsci_syncml_clear(&b->msg);
    dmsc_buf_clear(&b->text);
    dmsci_free(b->ctx, b->items);
    dmsci_free(b->ctx, b->refs[0]);
    dmsci_free(b->ctx, b->refs[1]);
    dmsci_free(b->ctx, b);
}

static enum dmsc_err refuse(struct dmsci_syncml_builder *b, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(b->ctx, err, "read a SyncML message");
    dmsci_why(b->ctx, reason, "%s", why);
    return err;
}

static enum dmsc_err room(struct dmsci_syncml_builder *b, void **array, size_t count, size_t *cap,
                          size_t size)
{
    void *p = dmsci_more(b->ctx, *array, count, cap, size);

    if (p == NULL)
        return DMSC_E_NOMEM;
    *array = p;
    return DMSC_OK;
}

/* A rule of the DTD is broken: the command is bad, or the message when it is about no command. */
static enum dmsc_err broken(struct dmsci_syncml_builder *b, const struct frame *f, const char *why)
{
    if (f->command != DMSCI_SYNCML_TOP) {
        struct dmsci_syncml_command *command = &b->msg.commands[f->command];

        command->bad = command->bad != NULL ? command->bad : why;
        return DMSC_OK;
    }
    if (f->place == DMSCI_P_SYNCML || f->place == DMSCI_P_BODY || f->place == DMSCI_P_EMPTY)
        return refuse(b, DMSC_E_MALFORMED, "syncml:structure", why);
    return refuse(b, DMSC_E_MALFORMED, "syncml:header", why);
}

static enum dmsc_err begin_command(struct dmsci_syncml_builder *b, const struct frame *parent,
                                   enum dmsci_syncml_name name, const char *text,
                                   struct frame *ret_frame)
{
    struct dmsci_syncml_message *msg = &b->msg;
    struct dmsci_syncml_command command = { .kind = name, .parent = parent->command };
    void *array = msg->commands;
    enum dmsc_err err;

    if (msg->command_count >= dmsc_ctx_limits(b->ctx)->message_commands)
        return refuse(b, DMSC_E_LIMIT, "syncml:limit", "too many commands in one message");
    err = room(b, &array, msg->command_count, &b->command_cap, sizeof(command));
    msg->commands = array;
    if (err != DMSC_OK)
        return err;
    command.name = name != DMSCI_N_UNKNOWN
                       ? dmsci_syncml_name(name)
                       : dmsci_syncml_arena_text(b->ctx, &msg->blocks, dmsc_bytes_str(text));
    if (command.name == NULL)
        return DMSC_E_NOMEM;
    if (ret_frame->place == DMSCI_P_STRANGE)
        command.kind = DMSCI_N_UNKNOWN;
    ret_frame->command = msg->command_count;
    msg->commands[msg->command_count++] = command;
    return DMSC_OK;
}

static void begin_meta(struct dmsci_syncml_builder *b, const struct frame *parent)
{
    struct dmsci_syncml_command *command =
        parent->command == DMSCI_SYNCML_TOP ? NULL : &b->msg.commands[parent->command];

    if (parent->place == DMSCI_P_META)
        return; /* MetInf inside Meta: the same one */
    if (parent->place == DMSCI_P_ITEM)
        b->meta = &b->item.meta;
    else if (parent->place == DMSCI_P_CRED)
        b->meta = &b->msg.header.cred;
    else if (command == NULL)
        b->meta = &b->msg.header.meta;
    else
        b->meta = parent->place == DMSCI_P_CHAL ? &command->chal : &command->meta;
    b->meta->present = true;
}

static enum dmsc_err enter(struct dmsci_syncml_builder *b, const struct frame *parent,
                           enum dmsci_syncml_name name, const char *text, struct frame *ret_frame)
{
    switch (ret_frame->place) {
    case DMSCI_P_COMMAND:
    case DMSCI_P_GROUP:
    case DMSCI_P_STRANGE:
        return begin_command(b, parent, name, text, ret_frame);
    case DMSCI_P_META:
        begin_meta(b, parent);
        break;
    case DMSCI_P_ITEM:
        b->item = (struct dmsci_syncml_item){ 0 };
        break;
    case DMSCI_P_CRED:
        b->msg.header.has_cred = true;
        break;
    case DMSCI_P_CHAL:
        b->msg.commands[parent->command].chal.present = true;
        break;
    default:
        break;
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_syncml_build_start(struct dmsci_syncml_builder *b, enum dmsci_syncml_name name,
                                       const char *text)
{
    struct frame *f = &b->frames[b->depth - 1];
    const struct dmsci_rule *rule = &dmsci_syncml_rules[f->place][name];
    struct frame next = { .place = rule->place, .name = name, .rule = rule, .command = f->command };
    enum dmsc_err err;

    if (b->skip > 0 || rule->place == DMSCI_P_NONE) {
        b->skip++;
        if (b->skip == 1 && f->place == DMSCI_P_DOCUMENT)
            return refuse(b, DMSC_E_MALFORMED, "syncml:root", "the root is not SyncML");
        if (b->skip == 1 && (f->place == DMSCI_P_TEXT || f->place == DMSCI_P_EMPTY))
            return broken(b, f, "an element where text is expected");
        return DMSC_OK;
    }
    if (!rule->many && (f->seen & (uint64_t)1 << name) != 0) {
        b->skip++;
        return broken(b, f, "an element that may be there once is there twice");
    }
    f->seen |= (uint64_t)1 << name;
    if (b->depth == FRAMES)
        return refuse(b, DMSC_E_LIMIT, "xml:depth", "commands are nested too deep");
    err = enter(b, f, name, text, &next);
    if (err != DMSC_OK)
        return err;
    dmsc_buf_reset(&b->text);
    b->frames[b->depth++] = next;
    return DMSC_OK;
}

enum dmsc_err dmsci_syncml_build_text(struct dmsci_syncml_builder *b, struct dmsc_bytes text)
{
    enum dmsci_place place = b->frames[b->depth - 1].place;

    if (b->skip > 0 || (place != DMSCI_P_TEXT && place != DMSCI_P_DATA))
        return DMSC_OK;
    return dmsc_buf_append(&b->text, text);
}

struct dmsc_buf *dmsci_syncml_build_data(struct dmsci_syncml_builder *b)
{
    return b->skip == 0 && b->frames[b->depth - 1].place == DMSCI_P_DATA ? &b->text : NULL;
}

static struct dmsc_bytes trimmed(struct dmsc_bytes text)
{
    static const char space[] = " \t\r\n";

    while (text.n > 0 && memchr(space, text.p[0], sizeof(space) - 1) != NULL) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && memchr(space, text.p[text.n - 1], sizeof(space) - 1) != NULL)
        text.n--;
    return text;
}

static enum dmsc_err end_text(struct dmsci_syncml_builder *b, const struct frame *f)
{
    struct dmsc_bytes text = trimmed(dmsc_buf_bytes(&b->text));
    char *copy = dmsci_syncml_arena_text(b->ctx, &b->msg.blocks, text);
    unsigned side = f->name == DMSCI_N_SourceRef;
    uint8_t *base = NULL;
    void *refs;
    enum dmsc_err err;

    if (copy == NULL)
        return DMSC_E_NOMEM;
    if (f->rule->base == DMSCI_B_HEADER)
        base = (uint8_t *)&b->msg.header;
    else if (f->rule->base == DMSCI_B_COMMAND)
        base = (uint8_t *)&b->msg.commands[f->command];
    else if (f->rule->base == DMSCI_B_ITEM)
        base = (uint8_t *)&b->item;
    else if (f->rule->base == DMSCI_B_META)
        base = (uint8_t *)b->meta;
    if (base != NULL) {
        *(const char **)(void *)(base + f->rule->offset) = copy;
        return DMSC_OK;
    }
    refs = b->refs[side];
    err = room(b, &refs, b->ref_count[side], &b->ref_cap[side], sizeof(char *));
    b->refs[side] = refs;
    if (err == DMSC_OK)
        b->refs[side][b->ref_count[side]++] = copy;
    return err;
}

static enum dmsc_err end_data(struct dmsci_syncml_builder *b)
{
    struct dmsc_bytes text = dmsc_buf_bytes(&b->text);
    char *copy = dmsci_syncml_arena_text(b->ctx, &b->msg.blocks, text);

    if (copy == NULL)
        return DMSC_E_NOMEM;
    b->item.data = dmsc_bytes(copy, text.n);
    return DMSC_OK;
}

static enum dmsc_err end_meta(struct dmsci_syncml_builder *b, const struct frame *f)
{
    const char *numbers[] = { b->meta->size, b->meta->max_msg_size, b->meta->max_obj_size };
    size_t value;

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(numbers); i++) {
        if (numbers[i] != NULL && !dmsci_syncml_number(numbers[i], &value))
            return broken(b, f, "a size that is no number");
    }
    return DMSC_OK;
}

static enum dmsc_err end_item(struct dmsci_syncml_builder *b)
{
    size_t most = (size_t)dmsc_ctx_limits(b->ctx)->message_commands * ITEMS_PER_COMMAND;
    void *items = b->items;
    enum dmsc_err err;

    if (b->items_total >= most)
        return refuse(b, DMSC_E_LIMIT, "syncml:limit", "too many Items in one message");
    err = room(b, &items, b->item_count, &b->item_cap, sizeof(b->item));
    b->items = items;
    if (err != DMSC_OK)
        return err;
    b->items[b->item_count++] = b->item;
    b->items_total++;
    return DMSC_OK;
}

/* Copy what was collected into the message. Nothing collected: NULL and 0. */
static enum dmsc_err keep(struct dmsci_syncml_builder *b, const void *from, size_t n,
                          const void **ret_p)
{
    void *p = NULL;

    if (n > 0) {
        p = dmsci_syncml_arena(b->ctx, &b->msg.blocks, n);
        if (p == NULL)
            return DMSC_E_NOMEM;
        dmsci_copy(p, from, n);
    }
    *ret_p = p;
    return DMSC_OK;
}

static enum dmsc_err collect(struct dmsci_syncml_builder *b, struct dmsci_syncml_command *command)
{
    const void *items, *refs[2];
    enum dmsc_err err = keep(b, b->items, b->item_count * sizeof(*b->items), &items);

    for (unsigned side = 0; side < 2 && err == DMSC_OK; side++)
        err = keep(b, b->refs[side], b->ref_count[side] * sizeof(char *), &refs[side]);
    if (err != DMSC_OK)
        return err;
    command->items = items;
    command->item_count = b->item_count;
    command->target_refs = refs[0];
    command->target_ref_count = b->ref_count[0];
    command->source_refs = refs[1];
    command->source_ref_count = b->ref_count[1];
    b->item_count = 0;
    b->ref_count[0] = b->ref_count[1] = 0;
    return DMSC_OK;
}

/* REP 6.6, SREP 7: what every command of a kind must have. */
static const char *missing(const struct dmsci_syncml_command *command)
{
    if (command->cmd_id == NULL || command->cmd_id[0] == '\0')
        return "no CmdID";
    if (strcmp(command->cmd_id, "0") == 0)
        return "a CmdID of 0";
    switch (command->kind) {
    case DMSCI_N_Add:
    case DMSCI_N_Copy:
    case DMSCI_N_Delete:
    case DMSCI_N_Get:
    case DMSCI_N_Replace:
        return command->item_count == 0 ? "no Item" : NULL;
    case DMSCI_N_Exec:
        return command->item_count != 1 ? "not exactly one Item" : NULL;
    default:
        return NULL;
    }
}

static enum dmsc_err end_command(struct dmsci_syncml_builder *b, const struct frame *f)
{
    struct dmsci_syncml_command *command = &b->msg.commands[f->command];
    const char *why;

    /* A group holds no Items of its own; its children have collected theirs. */
    if (f->place == DMSCI_P_COMMAND) {
        enum dmsc_err err = collect(b, command);

        if (err != DMSC_OK)
            return err;
    }
    why = missing(command);
    if (command->bad == NULL)
        command->bad = why;
    return DMSC_OK;
}

enum dmsc_err dmsci_syncml_build_end(struct dmsci_syncml_builder *b)
{
    const struct frame *f = &b->frames[b->depth - 1];
    enum dmsc_err err = DMSC_OK;

    if (b->skip > 0) {
        b->skip--;
        return DMSC_OK;
    }
    switch (f->place) {
    case DMSCI_P_TEXT:
        err = end_text(b, f);
        break;
    case DMSCI_P_DATA:
        err = end_data(b);
        break;
    case DMSCI_P_META:
        err = end_meta(b, f);
        break;
    case DMSCI_P_ITEM:
        err = end_item(b);
        break;
    case DMSCI_P_COMMAND:
    case DMSCI_P_GROUP:
    case DMSCI_P_STRANGE:
        err = end_command(b, f);
        break;
    case DMSCI_P_EMPTY:
        if (f->name == DMSCI_N_Final)
            b->msg.final = true;
        else
            b->item.more_data = true;
        break;
    default:
        break;
    }
    b->depth--;
    dmsc_buf_reset(&b->text);
    return err;
}

enum dmsc_err dmsci_syncml_build_done(struct dmsci_syncml_builder *b,
                                      struct dmsci_syncml_message *ret_msg)
{
    const struct dmsci_syncml_header *h = &b->msg.header;
    const char *needed[] = { h->session_id, h->msg_id, h->target, h->source };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(needed); i++) {
        if (needed[i] == NULL || needed[i][0] == '\0')
            return refuse(b, DMSC_E_MALFORMED, "syncml:header",
                          "SessionID, MsgID, Target or Source is missing");
    }
    *ret_msg = b->msg;
    b->msg = (struct dmsci_syncml_message)DMSCI_SYNCML_MESSAGE_INIT;
    return DMSC_OK;
}

void dmsci_syncml_clear(struct dmsci_syncml_message *msg)
{
    if (msg->ctx == NULL)
        return;
    dmsci_free(msg->ctx, msg->commands);
    dmsci_syncml_arena_free(msg->ctx, &msg->blocks);
    *msg = (struct dmsci_syncml_message)DMSCI_SYNCML_MESSAGE_INIT;
}

bool dmsci_syncml_number(const char *text, size_t *ret_value)
{
    size_t value = 0, n = 0;

    while (text != NULL && n < 11 && text[n] >= '0' && text[n] <= '9')
        value = value * 10 + (size_t)(text[n++] - '0');
    if (n == 0 || n > 10 || text[n] != '\0')
        return false;
    *ret_value = value;
    return true;
}
