/* SPDX-License-Identifier: Apache-2.0 */
/* The XML form of the writer's output. */
#include "apdu/base/ctx.h"
#include "host/syncml/sink.h"
#include "host/syncml/xml_text.h"

#define TAIL "<Final/></SyncBody></SyncML>"

static enum dmsc_err prologue(struct dmsci_syncml_writer *w)
{
    (void)w; /* UTF-8 without a declaration is what XML 1.0 4.3.3 assumes */
    return DMSC_OK;
}

/* META: every child of Meta is in a namespace of its own; the DTD fixes xmlns as an attribute. */
static const char *namespace_of(enum dmsci_syncml_name name)
{
    if (name == DMSCI_N_SyncML)
        return " xmlns=\"" DMSCI_SYNCML_NS "\"";
    return dmsci_syncml_name_metinf(name) ? " xmlns=\"" DMSCI_SYNCML_METINF "\"" : "";
}

static enum dmsc_err start(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name,
                           const char *text)
{
    return dmsci_buf_printf(&w->out, "<%s%s>", text, namespace_of(name));
}

static enum dmsc_err end(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name,
                         const char *text)
{
    (void)name;
    return dmsci_buf_printf(&w->out, "</%s>", text);
}

static enum dmsc_err empty(struct dmsci_syncml_writer *w, enum dmsci_syncml_name name)
{
    return dmsci_buf_printf(&w->out, "<%s%s/>", dmsci_syncml_name(name), namespace_of(name));
}

static enum dmsc_err text(struct dmsci_syncml_writer *w, struct dmsc_bytes content)
{
    return dmsci_xml_escape(&w->out, content);
}

const struct dmsci_syncml_sink dmsci_syncml_xml = {
    .mime = DMSCI_MIME_SYNCML,
    .tail = sizeof(TAIL) - 1,
    .prologue = prologue,
    .start = start,
    .end = end,
    .empty = empty,
    .text = text,
};
