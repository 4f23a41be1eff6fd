/* SPDX-License-Identifier: Apache-2.0 */
/* A document as XML, to look at. */
#include "apdu/base/ctx.h"
#include "host/wbxml/read.h"
#include <dmsc/wbxml.h>
#include <string.h>

#define INDENT 2
/* Documents in documents: a message has objects, objects have descriptions or other objects. */
#define NESTED 4

/* An open element. */
struct open {
    const char *name, *ns;
    bool elements; /* has some: its end stands on a line of its own */
    bool text;     /* has some: white space would not be layout */
    bool closed;   /* its tag was its end too */
};

struct show {
    struct dmsc_ctx *ctx;
    struct dmsc_buf *to;
    struct open *open; /* limits.xml_depth of them, over all documents */
    unsigned depth, most;
    struct dmsci_wbxml_reader reader[NESTED];
    unsigned readers;
};

static struct dmsci_wbxml_reader *reader(struct show *s)
{
    return &s->reader[s->readers - 1];
}

/* A new line, unless white space would become part of the text. */
static enum dmsc_err line(struct show *s)
{
    if (s->depth > 0 && s->open[s->depth - 1].text)
        return DMSC_OK;
    return dmsci_buf_printf(s->to, "\n%*s", (int)(INDENT * s->depth), "");
}

static enum dmsc_err prologue(struct show *s)
{
    const struct dmsci_wbxml_reader *r = reader(s);

    return dmsci_buf_printf(s->to, "<!-- WBXML 1.%u, %s, public identifier 0x%lX, %s -->",
                            r->version, r->document->fpi, (unsigned long)r->public_id,
                            r->charset == 3 ? "US-ASCII" : "UTF-8");
}

static enum dmsc_err start(struct show *s, const struct dmsci_wbxml_event *event)
{
    const char *ns = event->page->ns;
    enum dmsc_err err = line(s);

    if (err == DMSC_OK && s->depth == s->most) {
        err = dmsci_fail(s->ctx, DMSC_E_LIMIT, "read WBXML");
        dmsci_why(s->ctx, "wbxml:depth", "elements are nested too deep");
    }
    if (err != DMSC_OK)
        return err;
    err = dmsci_buf_printf(s->to, "<%s", event->name);
    if (err == DMSC_OK && (s->depth == 0 || strcmp(s->open[s->depth - 1].ns, ns) != 0))
        err = dmsci_buf_printf(s->to, " xmlns=\"%s\"", ns);
    if (s->depth > 0)
        s->open[s->depth - 1].elements = true;
    s->open[s->depth++] =
        (struct open){ .name = event->name, .ns = ns, .closed = reader(s)->empty };
    return err == DMSC_OK ? dmsc_buf_append_str(s->to, reader(s)->empty ? "/>" : ">") : err;
}

static enum dmsc_err end(struct show *s)
{
    const struct open *last = &s->open[s->depth - 1];
    enum dmsc_err err = DMSC_OK;

    s->depth--;
    if (last->closed)
        return DMSC_OK;
    if (last->elements && !last->text)
        err = line(s);
    return err == DMSC_OK ? dmsci_buf_printf(s->to, "</%s>", last->name) : err;
}

static enum dmsc_err text(struct show *s, struct dmsc_bytes bytes)
{
    s->open[s->depth - 1].text = s->open[s->depth - 1].text || bytes.n > 0;
    return dmsci_xml_put_text(s->to, bytes);
}

/* Whether the octets are a document to its very end, so that what is shown of it is all of it. */
static bool is_document(struct show *s, struct dmsc_bytes octets)
{
    struct dmsci_wbxml_reader r;
    struct dmsci_wbxml_event event = { .kind = DMSCI_WBXML_START };

    if (s->readers == NESTED || !dmsci_wbxml_is(octets) ||
        dmsci_wbxml_open(&r, s->ctx, octets, s->most - s->depth) != DMSC_OK)
        return false;
    while (event.kind != DMSCI_WBXML_DONE) {
        if (dmsci_wbxml_next(&r, &event) != DMSC_OK)
            return false;
    }
    return true;
}

static enum dmsc_err begin_document(struct show *s, struct dmsc_bytes octets)
{
    enum dmsc_err err;

    s->readers++;
    err = dmsci_wbxml_open(reader(s), s->ctx, octets, s->most - s->depth);
    return err == DMSC_OK ? prologue(s) : err;
}

static enum dmsc_err opaque(struct show *s, struct dmsc_bytes octets)
{
    enum dmsc_err err;

    if (is_document(s, octets))
        return begin_document(s, octets);
    if (dmsci_text_valid(octets, true))
        return text(s, octets);
    err = dmsci_buf_printf(s->to, "<!-- base64 of %zu octets -->", octets.n);
    s->open[s->depth - 1].text = true;
    return err == DMSC_OK ? dmsci_base64_encode(octets, s->to) : err;
}

static enum dmsc_err step(struct show *s)
{
    struct dmsci_wbxml_event event;
    enum dmsc_err err = dmsci_wbxml_next(reader(s), &event);

    if (err != DMSC_OK)
        return err;
    switch (event.kind) {
    case DMSCI_WBXML_START:
        return start(s, &event);
    case DMSCI_WBXML_TEXT:
        return text(s, event.bytes);
    case DMSCI_WBXML_OPAQUE:
        return opaque(s, event.bytes);
    case DMSCI_WBXML_END:
        return end(s);
    default:
        s->readers--;
        return DMSC_OK;
    }
}

bool dmsc_wbxml_is(struct dmsc_bytes document)
{
    return dmsci_wbxml_is(document);
}

enum dmsc_err dmsc_wbxml_to_xml(struct dmsc_ctx *ctx, struct dmsc_bytes document,
                                struct dmsc_buf *ret_xml)
{
    unsigned most = dmsc_ctx_limits(ctx)->xml_depth;
    struct show s = {
        .ctx = ctx, .to = ret_xml, .most = most, .open = dmsci_calloc(ctx, most, sizeof(*s.open))
    };
    size_t before = ret_xml->n;
    enum dmsc_err err = s.open == NULL ? DMSC_E_NOMEM : DMSC_OK;

    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (err == DMSC_OK)
        err = begin_document(&s, document);
    while (err == DMSC_OK && s.readers > 0)
        err = step(&s);
    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(ret_xml, '\n');
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_xml, before);
    dmsci_free(ctx, s.open);
    return err;
}
