/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/syncml/dump.h"
#include "apdu/base/ctx.h"

struct dump {
    struct dmsc_buf *out;
    enum dmsc_err err;
};

static void put(struct dump *d, const char *key, const char *text)
{
    if (text != NULL && d->err == DMSC_OK)
        d->err = dmsci_buf_printf(d->out, " %s=[%s]", key, text);
}

static void line(struct dump *d, const char *head)
{
    if (d->err == DMSC_OK)
        d->err = dmsci_buf_printf(d->out, "%s%s", d->out->n > 0 ? "\n" : "", head);
}

static void meta(struct dump *d, const char *key, const struct dmsci_syncml_meta *m)
{
    if (!m->present)
        return;
    put(d, key, "");
    put(d, "Format", m->format);
    put(d, "Type", m->type);
    put(d, "Mark", m->mark);
    put(d, "Size", m->size);
    put(d, "NextNonce", m->next_nonce);
    put(d, "MaxMsgSize", m->max_msg_size);
    put(d, "MaxObjSize", m->max_obj_size);
}

static void header(struct dump *d, const struct dmsci_syncml_header *h)
{
    line(d, "SyncHdr");
    put(d, "VerDTD", h->ver_dtd);
    put(d, "VerProto", h->ver_proto);
    put(d, "SessionID", h->session_id);
    put(d, "MsgID", h->msg_id);
    put(d, "Target", h->target);
    put(d, "Source", h->source);
    put(d, "LocName", h->source_name);
    put(d, "RespURI", h->resp_uri);
    if (h->has_cred) {
        put(d, "Cred", h->cred_data != NULL ? h->cred_data : "-");
        meta(d, "CredMeta", &h->cred);
    }
    meta(d, "Meta", &h->meta);
}

static void item(struct dump *d, const struct dmsci_syncml_item *i)
{
    line(d, "  Item");
    put(d, "Target", i->target);
    put(d, "Source", i->source);
    meta(d, "Meta", &i->meta);
    put(d, "Data", (const char *)i->data.p);
    if (i->more_data)
        put(d, "MoreData", "");
}

static void command(struct dump *d, const struct dmsci_syncml_message *msg,
                    const struct dmsci_syncml_command *c)
{
    line(d, c->kind == DMSCI_N_UNKNOWN ? "unknown " : "");
    if (d->err == DMSC_OK)
        d->err = dmsc_buf_append_str(d->out, c->name);
    if (c->parent != DMSCI_SYNCML_TOP)
        put(d, "in", msg->commands[c->parent].name);
    put(d, "CmdID", c->cmd_id);
    put(d, "MsgRef", c->msg_ref);
    put(d, "CmdRef", c->cmd_ref);
    put(d, "Cmd", c->cmd);
    for (size_t i = 0; i < c->target_ref_count; i++)
        put(d, "TargetRef", c->target_refs[i]);
    for (size_t i = 0; i < c->source_ref_count; i++)
        put(d, "SourceRef", c->source_refs[i]);
    meta(d, "Meta", &c->meta);
    meta(d, "Chal", &c->chal);
    put(d, "Data", c->data);
    put(d, "Correlator", c->correlator);
    put(d, "bad", c->bad);
    for (size_t i = 0; i < c->item_count; i++)
        item(d, &c->items[i]);
}

enum dmsc_err dump_message(const struct dmsci_syncml_message *msg, struct dmsc_buf *ret_text)
{
    struct dump d = { .out = ret_text };

    dmsc_buf_reset(ret_text);
    header(&d, &msg->header);
    for (size_t i = 0; i < msg->command_count; i++)
        command(&d, msg, &msg->commands[i]);
    if (msg->final)
        line(&d, "Final");
    return d.err;
}
