/* SPDX-License-Identifier: Apache-2.0 */
/* A description as XML, elements in the order of the document type (OMA DTD-DM-DDF 1.2). */
#include "host/mo/ddf.h"
#include "host/mo/uri.h"
#include "host/mo/xml.h"
#include <string.h>

struct writer {
    const struct dmsc_ddf *ddf;
    struct dmsc_buf *to;
};

static enum dmsc_err element(struct writer *w, const char *name, const char *text)
{
    enum dmsc_err err = dmsci_buf_printf(w->to, "<%s>", name);

    if (err == DMSC_OK)
        err = dmsci_xml_put_text(w->to, dmsc_bytes_str(text));
    return err != DMSC_OK ? err : dmsci_buf_printf(w->to, "</%s>", name);
}

static enum dmsc_err access_type(struct writer *w, uint8_t access)
{
    enum dmsc_err err = dmsc_buf_append_str(w->to, "<AccessType>");
    uint8_t bit;
    const char *name;

    for (size_t i = 0; err == DMSC_OK && (name = dmsci_ddf_access(i, &bit)) != NULL; i++) {
        if ((access & bit) != 0)
            err = dmsci_buf_printf(w->to, "<%s/>", name);
    }
    return err != DMSC_OK ? err : dmsc_buf_append_str(w->to, "</AccessType>");
}

static enum dmsc_err occurrence(struct writer *w, const struct dmsci_ddf_node *n)
{
    const char *least = n->least == 0 ? "Zero" : "One";

    if (n->least == 1 && n->most == 1)
        return dmsc_buf_append_str(w->to, "<Occurrence><One/></Occurrence>");
    if (n->most == 1 || n->most == UINT32_MAX)
        return dmsci_buf_printf(w->to, "<Occurrence><%sOr%s/></Occurrence>", least,
                                n->most == 1 ? "One" : "More");
    return dmsci_buf_printf(w->to, "<Occurrence><%sOrN>%u</%sOrN></Occurrence>", least,
                            (unsigned)n->most, least);
}

/* A leaf of which no type is known gets the empty DDFName: a MIME type must not be empty. */
static enum dmsc_err type(struct writer *w, const struct dmsci_ddf_node *n)
{
    const char *types = dmsci_ddf_text(w->ddf, n->types);
    const char *name = n->format == DMSC_FORMAT_NODE || *types == '\0' ? "DDFName" : "MIME";
    enum dmsc_err err = dmsc_buf_append_str(w->to, "<DFType>");

    do {
        if (err == DMSC_OK)
            err = element(w, name, types);
        types += *types == '\0' ? 0 : strlen(types) + 1;
    } while (*types != '\0');
    return err != DMSC_OK ? err : dmsc_buf_append_str(w->to, "</DFType>");
}

static enum dmsc_err properties(struct writer *w, const struct dmsci_ddf_node *n)
{
    enum dmsc_err err = dmsc_buf_append_str(w->to, "<DFProperties>");

    if (err == DMSC_OK)
        err = access_type(w, n->access);
    if (err == DMSC_OK && n->value != 0)
        err = element(w, "DefaultValue", dmsci_ddf_text(w->ddf, n->value));
    if (err == DMSC_OK)
        err = dmsci_buf_printf(w->to, "<DFFormat><%s/></DFFormat>",
                               dmsc_format_name((enum dmsc_format)n->format));
    if (err == DMSC_OK)
        err = occurrence(w, n);
    if (err == DMSC_OK)
        err =
            dmsci_buf_printf(w->to, "<Scope><%s/></Scope>", n->permanent ? "Permanent" : "Dynamic");
    if (err == DMSC_OK)
        err = type(w, n);
    return err != DMSC_OK ? err : dmsc_buf_append_str(w->to, "</DFProperties>");
}

/* TND 9: the way to the node, without the node, as a URI. */
static enum dmsc_err path(struct writer *w, const char *name)
{
    const char *place = dmsc_ddf_place(w->ddf);
    bool named = *name != '\0' && strcmp(name, ".") != 0;
    size_t n = named ? dmsci_uri_parent_length(place) : strlen(place);
    struct dmsc_buf parent, encoded;
    enum dmsc_err err;

    if (strcmp(name, ".") == 0)
        return DMSC_OK;
    dmsc_buf_init(&parent, w->ddf->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&encoded, w->ddf->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append(&parent, dmsc_bytes(place, n));
    if (err == DMSC_OK)
        err = dmsci_uri_encode(dmsc_buf_str(&parent), &encoded);
    if (err == DMSC_OK)
        err = element(w, "Path", dmsc_buf_str(&encoded));
    dmsc_buf_clear(&parent);
    dmsc_buf_clear(&encoded);
    return err;
}

static enum dmsc_err write_nodes(struct writer *w)
{
    uint32_t open = DMSCI_DDF_NONE; /* the node that is not closed yet */
    enum dmsc_err err = DMSC_OK;

    for (uint32_t i = 0; i < w->ddf->count && err == DMSC_OK; i++) {
        const struct dmsci_ddf_node *n = &w->ddf->nodes[i];
        const char *name = dmsci_ddf_text(w->ddf, n->name);

        for (; open != n->parent && err == DMSC_OK; open = w->ddf->nodes[open].parent)
            err = dmsc_buf_append_str(w->to, "</Node>\n");
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(w->to, "<Node>");
        if (err == DMSC_OK)
            err = element(w, "NodeName", name);
        if (err == DMSC_OK && i == 0)
            err = path(w, name);
        if (err == DMSC_OK)
            err = properties(w, n);
        open = i;
    }
    for (; open != DMSCI_DDF_NONE && err == DMSC_OK; open = w->ddf->nodes[open].parent)
        err = dmsc_buf_append_str(w->to, "</Node>\n");
    return err;
}

enum dmsc_err dmsc_ddf_export(const struct dmsc_ddf *ddf, struct dmsc_buf *ret_xml)
{
    struct writer w = { ddf, ret_xml };
    size_t before = ret_xml->n;
    enum dmsc_err err = dmsc_buf_append_str(ret_xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                                     "<MgmtTree><VerDTD>1.2</VerDTD>\n");

    if (err == DMSC_OK)
        err = write_nodes(&w);
    if (err == DMSC_OK)
        err = dmsc_buf_append_str(ret_xml, "</MgmtTree>\n");
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_xml, before);
    return err;
}
