/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/wbxml/support.h"
#include "apdu/base/ctx.h"
#include "host/wbxml/write.h"

static enum dmsc_err put_text(struct dmsc_buf *lines, struct dmsc_bytes text)
{
    enum dmsc_err err = dmsc_buf_append_str(lines, "' ");

    for (size_t i = 0; i < text.n && err == DMSC_OK; i++)
        err = text.p[i] <= ' ' ? dmsci_buf_printf(lines, "%%%02X", text.p[i])
                               : dmsc_buf_append_u8(lines, text.p[i]);
    return err == DMSC_OK ? dmsc_buf_append_u8(lines, '\n') : err;
}

static enum dmsc_err put_octets(struct dmsc_buf *lines, struct dmsc_bytes octets)
{
    enum dmsc_err err = dmsc_buf_append_str(lines, "# ");

    for (size_t i = 0; i < octets.n && err == DMSC_OK; i++)
        err = dmsci_buf_printf(lines, "%02X", octets.p[i]);
    return err == DMSC_OK ? dmsc_buf_append_u8(lines, '\n') : err;
}

static enum dmsc_err put_event(struct dmsc_buf *lines, const struct dmsci_wbxml_event *event)
{
    switch (event->kind) {
    case DMSCI_WBXML_START:
        return dmsci_buf_printf(lines, "+ %s %s\n", event->page->ns, event->name);
    case DMSCI_WBXML_TEXT:
        return put_text(lines, event->bytes);
    case DMSCI_WBXML_OPAQUE:
        return put_octets(lines, event->bytes);
    case DMSCI_WBXML_END:
        return dmsc_buf_append_str(lines, "-\n");
    default:
        return DMSC_OK;
    }
}

enum dmsc_err wbxml_dump(struct dmsc_ctx *ctx, struct dmsc_bytes document, unsigned max_depth,
                         struct dmsc_buf *lines)
{
    struct dmsci_wbxml_reader r;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };
    enum dmsc_err err = dmsci_wbxml_open(&r, ctx, document, max_depth);

    if (err == DMSC_OK)
        err =
            dmsci_buf_printf(lines, "WBXML 1.%u, id %lX, charset %lu, %s\n", r.version,
                             (unsigned long)r.public_id, (unsigned long)r.charset, r.document->fpi);
    while (err == DMSC_OK && event.kind != DMSCI_WBXML_DONE) {
        err = dmsci_wbxml_next(&r, &event);
        if (err == DMSC_OK)
            err = put_event(lines, &event);
    }
    return err;
}

/* @param empty the element has no content, so its end is not written */
static enum dmsc_err write_event(struct dmsci_wbxml_writer *w, const struct dmsci_wbxml_reader *r,
                                 const struct dmsci_wbxml_event *event, bool *empty)
{
    bool ended = *empty;

    *empty = false;
    switch (event->kind) {
    case DMSCI_WBXML_START:
        *empty = r->empty;
        return dmsci_wbxml_start(w, r->page, event->name, !r->empty);
    case DMSCI_WBXML_TEXT:
        return dmsci_wbxml_text(w, event->bytes);
    case DMSCI_WBXML_OPAQUE:
        return dmsci_wbxml_opaque(w, event->bytes);
    case DMSCI_WBXML_END:
        return ended ? DMSC_OK : dmsci_wbxml_end(w);
    default:
        return DMSC_OK;
    }
}

enum dmsc_err wbxml_again(struct dmsc_ctx *ctx, struct dmsc_bytes document, struct dmsc_buf *again)
{
    struct dmsci_wbxml_reader r;
    struct dmsci_wbxml_writer w;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };
    bool empty = false;
    enum dmsc_err err = dmsci_wbxml_open(&r, ctx, document, dmsc_ctx_limits(ctx)->xml_depth);

    if (err == DMSC_OK)
        err = dmsci_wbxml_begin(&w, r.document->type, again);
    while (err == DMSC_OK && event.kind != DMSCI_WBXML_DONE) {
        err = dmsci_wbxml_next(&r, &event);
        if (err == DMSC_OK)
            err = write_event(&w, &r, &event, &empty);
    }
    return err;
}
