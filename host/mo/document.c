/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/document.h"
#include "apdu/base/ctx.h"
#include "host/wbxml/read.h"

/* SREP 8: text may come as octets too. */
static enum dmsc_err tell_octets(struct dmsc_ctx *ctx, struct dmsc_bytes octets,
                                 const struct dmsci_xml_events *events, void *user)
{
    if (events->octets != NULL)
        return events->octets(user, octets);
    if (dmsci_text_valid(octets, true))
        return events->text(user, octets);
    (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read WBXML");
    dmsci_why(ctx, "wbxml:text", "octets stand where text alone can");
    return DMSC_E_MALFORMED;
}

static enum dmsc_err tell(struct dmsc_ctx *ctx, const struct dmsci_wbxml_event *event,
                          const struct dmsci_xml_events *events, void *user)
{
    switch (event->kind) {
    case DMSCI_WBXML_START:
        return events->start(user, event->page->ns, event->name);
    case DMSCI_WBXML_TEXT:
        return events->text(user, event->bytes);
    case DMSCI_WBXML_OPAQUE:
        return tell_octets(ctx, event->bytes, events, user);
    case DMSCI_WBXML_END:
        return events->end(user);
    default:
        return DMSC_OK;
    }
}

static enum dmsc_err parse_wbxml(struct dmsc_ctx *ctx, struct dmsc_bytes document,
                                 unsigned max_depth, const struct dmsci_xml_events *events,
                                 void *user)
{
    struct dmsci_wbxml_reader reader;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };
    enum dmsc_err err = dmsci_wbxml_open(&reader, ctx, document, max_depth);

    while (err == DMSC_OK && event.kind != DMSCI_WBXML_DONE) {
        err = dmsci_wbxml_next(&reader, &event);
        if (err != DMSC_OK)
            break;
        err = tell(ctx, &event, events, user);
        if (err != DMSC_OK)
            dmsci_where(ctx, "octet %zu of %zu", reader.size - reader.r.n, reader.size);
    }
    return err;
}

enum dmsc_err dmsci_document_parse(struct dmsc_ctx *ctx, struct dmsc_bytes document,
                                   unsigned max_depth, const struct dmsci_xml_events *events,
                                   void *user)
{
    return dmsci_wbxml_is(document) ? parse_wbxml(ctx, document, max_depth, events, user)
                                    : dmsci_xml_parse(ctx, document, max_depth, events, user);
}
