/* SPDX-License-Identifier: Apache-2.0 */
/* Fields to a message. */
#include "apdu/base/ctx.h"
#include "apdu/codec/ber.h"
#include "apdu/codec/ctlv.h"
#include "apdu/codec/usat/value.h"

#define COMMAND_TEMPLATE 0xD0
#define EVENT_TEMPLATE   0xD6
#define EVENT_LIST       0x19
#define NO_EVENT         0xFF
#define MESSAGE_MAX      0x20000u

/* As the reader sees it: details of three bytes or more, the first event of the first list. */
static struct dmsci_usat_scope scope_of(enum dmsc_usat_kind kind, uint8_t template_tag,
                                        const struct dmsc_usat_part *part, size_t count)
{
    struct dmsci_usat_scope scope = { kind, template_tag, 0, NO_EVENT };
    bool details = false, events = false;

    for (size_t i = 0; i < count; i++) {
        const struct dmsc_usat_part *p = &part[i];

        if (p->tag == DMSCI_CTLV_COMMAND_DETAILS && !details && p->fields >= 3 &&
            kind != DMSC_USAT_ENVELOPE) {
            scope.type = (uint8_t)p->field[1].number;
            details = true;
        }
        if (p->tag == EVENT_LIST && !events && kind == DMSC_USAT_ENVELOPE &&
            template_tag == EVENT_TEMPLATE) {
            scope.event = p->fields > 0 ? (uint8_t)p->field[0].number : NO_EVENT;
            events = true;
        }
    }
    return scope;
}

static enum dmsc_err bad_field(struct dmsc_ctx *ctx, const struct dmsc_usat_part *part,
                               const char *name, size_t at, const char *why)
{
    (void)dmsci_fail(ctx, DMSC_E_ARG, "write the object \"%s\" (tag %02X)", name, part->tag);
    if (at < part->fields)
        dmsci_where(ctx, "field %zu, \"%s\"", at + 1, part->field[at].name);
    dmsci_why(ctx, "usat:field", "%s", why);
    dmsci_hint(ctx, "dmsc usat decode shows the fields that an object has");
    return DMSC_E_ARG;
}

/* The value twice: to know how long it is, and to write it. */
static enum dmsc_err put_part(struct dmsc_ctx *ctx, const struct dmsci_usat_scope *scope,
                              const struct dmsc_usat_part *part, struct dmsc_buf *value,
                              struct dmsc_buf *message)
{
    const struct dmsci_usat_kind_of_object *kind = dmsci_usat_object(scope, part->tag);
    struct dmsc_wr count = dmsc_wr(NULL, 0), w;
    const char *why;
    enum dmsc_err err;
    uint8_t *p;
    size_t at;

    why = dmsci_usat_value_write(kind->row, part->field, part->fields, &count, &at);
    if (why != NULL)
        return bad_field(ctx, part, kind->name, at, why);
    dmsc_buf_reset(value);
    err = dmsc_buf_reserve(value, count.n + 1, &p);
    if (err != DMSC_OK)
        return err;
    w = dmsc_wr(p, count.n + 1);
    (void)dmsci_usat_value_write(kind->row, part->field, part->fields, &w, &at);
    dmsc_buf_commit(value, w.n);
    err = dmsc_buf_reserve(message, w.n + 8, &p);
    if (err != DMSC_OK)
        return err;
    w = dmsc_wr(p, w.n + 8);
    dmsci_ctlv_put(&w, part->tag, part->comprehension_required, dmsc_buf_bytes(value));
    dmsc_buf_commit(message, w.n);
    return w.bad ? DMSC_E_LIMIT : DMSC_OK;
}

enum dmsc_err dmsc_usat_parts_encode(struct dmsc_ctx *ctx, enum dmsc_usat_kind kind,
                                     uint8_t template_tag, const struct dmsc_usat_part *part,
                                     size_t count, struct dmsc_wr *w)
{
    struct dmsci_usat_scope scope = scope_of(kind, template_tag, part, count);
    struct dmsc_buf value, message;
    enum dmsc_err err = DMSC_OK;
    struct dmsc_wr out = *w;

    dmsc_buf_init(&value, ctx, MESSAGE_MAX);
    dmsc_buf_init(&message, ctx, MESSAGE_MAX);
    for (size_t i = 0; err == DMSC_OK && i < count; i++)
        err = put_part(ctx, &scope, &part[i], &value, &message);
    if (err == DMSC_OK && kind == DMSC_USAT_RESPONSE)
        dmsc_wr_bytes(&out, dmsc_buf_bytes(&message));
    else if (err == DMSC_OK)
        dmsci_ber_put(&out, kind == DMSC_USAT_COMMAND ? COMMAND_TEMPLATE : template_tag,
                      dmsc_buf_bytes(&message));
    if (err == DMSC_OK && out.bad)
        err = DMSC_E_LIMIT;
    if (err == DMSC_OK)
        *w = out;
    dmsc_buf_clear(&value);
    dmsc_buf_clear(&message);
    return err;
}
