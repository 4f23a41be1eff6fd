/* SPDX-License-Identifier: Apache-2.0 */
/* From the model to a sink, in the order of the DTD (OMA-SUP-DTD_SyncML_RepPro-V1_2). */
#include "apdu/base/ctx.h"
#include "host/syncml/sink.h"

static enum dmsc_err start(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name)
{
    return w->sink->start(w, name, dmsci_syncml_name(name));
}

static enum dmsc_err end(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name)
{
    return w->sink->end(w, name, dmsci_syncml_name(name));
}

static enum dmsc_err element(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name,
                             struct dmsc_bytes content)
{
    enum dmsc_err err;

    if (content.n == 0)
        return w->sink->empty(w, name);
    err = start(w, name);
    if (err == DMSC_OK)
        err = w->sink->text(w, content);
    return err == DMSC_OK ? end(w, name) : err;
}

struct text_field {
    enum dmsci_syncml_name name;
    const char *text;
};

/* Those that are there. */
static enum dmsc_err texts(struct dmsci_syncml_writer *w, const struct text_field *fields,
                           size_t count)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < count && err == DMSC_OK; i++) {
        if (fields[i].text != NULL)
            err = element(w, fields[i].name, dmsc_bytes_str(fields[i].text));
    }
    return err;
}

static enum dmsc_err meta(struct dmsci_syncml_writer *w, const struct dmsci_syncml_meta *m)
{
    const struct text_field fields[] = { { DMSCI_N_Format, m->format },
                                         { DMSCI_N_Type, m->type },
                                         { DMSCI_N_Mark, m->mark },
                                         { DMSCI_N_Size, m->size },
                                         { DMSCI_N_NextNonce, m->next_nonce },
                                         { DMSCI_N_MaxMsgSize, m->max_msg_size },
                                         { DMSCI_N_MaxObjSize, m->max_obj_size } };
    enum dmsc_err err;

    if (!m->present)
        return DMSC_OK;
    err = start(w, DMSCI_N_Meta);
    if (err == DMSC_OK)
        err = texts(w, fields, DMSCI_ARRAY_LEN(fields));
    return err == DMSC_OK ? end(w, DMSCI_N_Meta) : err;
}

/* Target or Source. */
static enum dmsc_err place(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name,
                           const char *uri, const char *local)
{
    const struct text_field fields[] = { { DMSCI_N_LocURI, uri }, { DMSCI_N_LocName, local } };
    enum dmsc_err err;

    if (uri == NULL && local == NULL)
        return DMSC_OK;
    err = start(w, name);
    if (err == DMSC_OK)
        err = texts(w, fields, DMSCI_ARRAY_LEN(fields));
    return err == DMSC_OK ? end(w, name) : err;
}

static enum dmsc_err item(struct dmsci_syncml_writer *w, const struct dmsci_syncml_item *i)
{
    enum dmsc_err err = start(w, DMSCI_N_Item);

    if (err == DMSC_OK)
        err = place(w, DMSCI_N_Target, i->target, NULL);
    if (err == DMSC_OK)
        err = place(w, DMSCI_N_Source, i->source, NULL);
    if (err == DMSC_OK)
        err = meta(w, &i->meta);
    if (err == DMSC_OK && i->data.p != NULL)
        err = element(w, DMSCI_N_Data, i->data);
    if (err == DMSC_OK && i->more_data)
        err = w->sink->empty(w, DMSCI_N_MoreData);
    return err == DMSC_OK ? end(w, DMSCI_N_Item) : err;
}

static enum dmsc_err cred(struct dmsci_syncml_writer *w, const struct dmsci_syncml_header *h)
{
    const struct text_field data = { DMSCI_N_Data, h->cred_data };
    enum dmsc_err err;

    if (!h->has_cred)
        return DMSC_OK;
    err = start(w, DMSCI_N_Cred);
    if (err == DMSC_OK)
        err = meta(w, &h->cred);
    if (err == DMSC_OK)
        err = texts(w, &data, 1);
    return err == DMSC_OK ? end(w, DMSCI_N_Cred) : err;
}

static enum dmsc_err header(struct dmsci_syncml_writer *w, const struct dmsci_syncml_header *h)
{
    const struct text_field first[] = { { DMSCI_N_VerDTD, h->ver_dtd },
                                        { DMSCI_N_VerProto, h->ver_proto },
                                        { DMSCI_N_SessionID, h->session_id },
                                        { DMSCI_N_MsgID, h->msg_id } };
    const struct text_field resp = { DMSCI_N_RespURI, h->resp_uri };
    enum dmsc_err err = start(w, DMSCI_N_SyncHdr);

    if (err == DMSC_OK)
        err = texts(w, first, DMSCI_ARRAY_LEN(first));
    if (err == DMSC_OK)
        err = place(w, DMSCI_N_Target, h->target, NULL);
    if (err == DMSC_OK)
        err = place(w, DMSCI_N_Source, h->source, h->source_name);
    if (err == DMSC_OK)
        err = texts(w, &resp, 1);
    if (err == DMSC_OK)
        err = cred(w, h);
    if (err == DMSC_OK)
        err = meta(w, &h->meta);
    return err == DMSC_OK ? end(w, DMSCI_N_SyncHdr) : err;
}

enum dmsc_err dmsci_syncml_begin(struct dmsci_syncml_writer *writer, struct dmsc_ctx *ctx,
                                 const struct dmsci_syncml_sink *sink,
                                 const struct dmsci_syncml_header *h, size_t ceiling)
{
    struct dmsci_syncml_writer w = { .sink = sink };
    enum dmsc_err err;

    /* What closes the document is kept free from the start. */
    dmsc_buf_init(&w.out, ctx, ceiling > sink->tail ? ceiling - sink->tail : 0);
    err = sink->prologue(&w);
    if (err == DMSC_OK)
        err = start(&w, DMSCI_N_SyncML);
    if (err == DMSC_OK)
        err = header(&w, h);
    if (err == DMSC_OK)
        err = start(&w, DMSCI_N_SyncBody);
    if (err != DMSC_OK) {
        dmsc_buf_clear(&w.out);
        return err;
    }
    *writer = w;
    return DMSC_OK;
}

static enum dmsc_err refs(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name,
                          const char *const *list, size_t count)
{
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < count && err == DMSC_OK; i++)
        err = element(w, name, dmsc_bytes_str(list[i]));
    return err;
}

static enum dmsc_err chal(struct dmsci_syncml_writer *w, const struct dmsci_syncml_meta *m)
{
    enum dmsc_err err;

    if (!m->present)
        return DMSC_OK;
    err = start(w, DMSCI_N_Chal);
    if (err == DMSC_OK)
        err = meta(w, m);
    return err == DMSC_OK ? end(w, DMSCI_N_Chal) : err;
}

/* One order serves all: each kind's content model in the DTD is a part of it. */
static enum dmsc_err content(struct dmsci_syncml_writer *w, const struct dmsci_syncml_command *c)
{
    const struct text_field ids[] = { { DMSCI_N_CmdID, c->cmd_id },
                                      { DMSCI_N_MsgRef, c->msg_ref },
                                      { DMSCI_N_CmdRef, c->cmd_ref },
                                      { DMSCI_N_Cmd, c->cmd } };
    const struct text_field rest[] = { { DMSCI_N_Data, c->data },
                                       { DMSCI_N_Correlator, c->correlator } };
    enum dmsc_err err = texts(w, ids, DMSCI_ARRAY_LEN(ids));

    if (err == DMSC_OK)
        err = meta(w, &c->meta);
    if (err == DMSC_OK)
        err = refs(w, DMSCI_N_TargetRef, c->target_refs, c->target_ref_count);
    if (err == DMSC_OK)
        err = refs(w, DMSCI_N_SourceRef, c->source_refs, c->source_ref_count);
    if (err == DMSC_OK)
        err = chal(w, &c->chal);
    if (err == DMSC_OK)
        err = texts(w, rest, DMSCI_ARRAY_LEN(rest));
    for (size_t i = 0; i < c->item_count && err == DMSC_OK; i++)
        err = item(w, &c->items[i]);
    return err;
}

static const char *name_of(const struct dmsci_syncml_command *c)
{
    return c->kind != DMSCI_N_UNKNOWN ? dmsci_syncml_name(c->kind) : c->name;
}

enum dmsc_err dmsci_syncml_put(struct dmsci_syncml_writer *writer,
                               const struct dmsci_syncml_command *command)
{
    struct dmsci_syncml_mark mark = dmsci_syncml_mark(writer);
    enum dmsc_err err = writer->sink->start(writer, command->kind, name_of(command));

    if (err == DMSC_OK)
        err = content(writer, command);
    if (err == DMSC_OK)
        err = writer->sink->end(writer, command->kind, name_of(command));
    if (err != DMSC_OK)
        dmsci_syncml_undo(writer, mark);
    return err;
}

enum dmsc_err dmsci_syncml_group(struct dmsci_syncml_writer *writer,
                                 const struct dmsci_syncml_command *command)
{
    struct dmsci_syncml_mark mark = dmsci_syncml_mark(writer);
    enum dmsc_err err = writer->sink->start(writer, command->kind, name_of(command));

    if (err == DMSC_OK)
        err = content(writer, command);
    if (err != DMSC_OK)
        dmsci_syncml_undo(writer, mark);
    else
        writer->groups++;
    return err;
}

enum dmsc_err dmsci_syncml_group_end(struct dmsci_syncml_writer *writer,
                                     enum dmsci_syncml_name kind)
{
    enum dmsc_err err;

    if (writer->groups == 0)
        return dmsci_fail(writer->out.ctx, DMSC_E_STATE, "close a group that is not open");
    err = end(writer, kind);
    if (err == DMSC_OK)
        writer->groups--;
    return err;
}

size_t dmsci_syncml_size(const struct dmsci_syncml_writer *writer)
{
    return writer->out.n + writer->sink->tail;
}

struct dmsci_syncml_mark dmsci_syncml_mark(const struct dmsci_syncml_writer *writer)
{
    return (struct dmsci_syncml_mark){ writer->out.n, writer->state, writer->groups };
}

void dmsci_syncml_undo(struct dmsci_syncml_writer *writer, struct dmsci_syncml_mark mark)
{
    dmsc_buf_truncate(&writer->out, mark.n);
    writer->state = mark.state;
    writer->groups = mark.groups;
}

enum dmsc_err dmsci_syncml_end(struct dmsci_syncml_writer *writer, bool final,
                               struct dmsc_buf *ret_document)
{
    struct dmsci_syncml_mark mark = dmsci_syncml_mark(writer);
    enum dmsc_err err = DMSC_OK;

    if (writer->groups > 0)
        return dmsci_fail(writer->out.ctx, DMSC_E_STATE, "end a message with an open group");
    writer->out.ceiling += writer->sink->tail;
    if (final)
        err = writer->sink->empty(writer, DMSCI_N_Final);
    if (err == DMSC_OK)
        err = end(writer, DMSCI_N_SyncBody);
    if (err == DMSC_OK)
        err = end(writer, DMSCI_N_SyncML);
    if (err != DMSC_OK) {
        dmsci_syncml_undo(writer, mark);
        writer->out.ceiling -= writer->sink->tail;
        return err;
    }
    dmsc_buf_clear(ret_document);
    *ret_document = writer->out;
    *writer = (struct dmsci_syncml_writer){ 0 };
    return DMSC_OK;
}

void dmsci_syncml_writer_clear(struct dmsci_syncml_writer *writer)
{
    dmsc_buf_clear(&writer->out);
    *writer = (struct dmsci_syncml_writer){ 0 };
}

static bool is_group(enum dmsci_syncml_name kind)
{
    return kind == DMSCI_N_Atomic || kind == DMSCI_N_Sequence;
}

/* Close the groups around @p open that are not around a command with this parent. */
static enum dmsc_err close_groups(struct dmsci_syncml_writer *w,
                                  const struct dmsci_syncml_message *msg, size_t parent,
                                  size_t *open)
{
    enum dmsc_err err = DMSC_OK;

    while (err == DMSC_OK && *open != parent && *open < msg->command_count) {
        err = dmsci_syncml_group_end(w, msg->commands[*open].kind);
        *open = msg->commands[*open].parent;
    }
    return err;
}

enum dmsc_err dmsci_syncml_encode(const struct dmsci_syncml_message *msg,
                                  const struct dmsci_syncml_sink *sink, size_t ceiling,
                                  struct dmsc_buf *ret_document)
{
    struct dmsci_syncml_writer w;
    size_t open = DMSCI_SYNCML_TOP;
    enum dmsc_err err = dmsci_syncml_begin(&w, msg->ctx, sink, &msg->header, ceiling);

    if (err != DMSC_OK)
        return err;
    for (size_t i = 0; i < msg->command_count && err == DMSC_OK; i++) {
        const struct dmsci_syncml_command *command = &msg->commands[i];

        err = close_groups(&w, msg, command->parent, &open);
        if (err == DMSC_OK && !is_group(command->kind))
            err = dmsci_syncml_put(&w, command);
        else if (err == DMSC_OK) {
            err = dmsci_syncml_group(&w, command);
            open = i;
        }
    }
    if (err == DMSC_OK)
        err = close_groups(&w, msg, DMSCI_SYNCML_TOP, &open);
    if (err == DMSC_OK)
        err = dmsci_syncml_end(&w, msg->final, ret_document);
    if (err != DMSC_OK)
        dmsci_syncml_writer_clear(&w);
    return err;
}
