/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/tnds/write.h"
#include "apdu/base/ctx.h"

/* --- XML ----------------------------------------------------------------------------------- */

static enum dmsc_err xml_begin(struct dmsci_tnds_writer *w, const char *root)
{
    return dmsci_buf_printf(w->to, "<%s xmlns=\"syncml:dmddf1.2\">", root);
}

static enum dmsc_err xml_start(struct dmsci_tnds_writer *w, const char *name)
{
    return dmsci_buf_printf(w->to, "<%s>", name);
}

static enum dmsc_err xml_end(struct dmsci_tnds_writer *w, const char *name)
{
    return dmsci_buf_printf(w->to, "</%s>", name);
}

static enum dmsc_err xml_empty(struct dmsci_tnds_writer *w, const char *name)
{
    return dmsci_buf_printf(w->to, "<%s/>", name);
}

static enum dmsc_err xml_text(struct dmsci_tnds_writer *w, const char *name, struct dmsc_bytes text)
{
    enum dmsc_err err = xml_start(w, name);

    if (err == DMSC_OK)
        err = dmsci_xml_put_text(w->to, text);
    return err == DMSC_OK ? xml_end(w, name) : err;
}

static enum dmsc_err xml_octets(struct dmsci_tnds_writer *w, const char *name,
                                struct dmsc_bytes octets)
{
    enum dmsc_err err = xml_start(w, name);

    if (err == DMSC_OK)
        err = dmsci_base64_encode(octets, w->to);
    return err == DMSC_OK ? xml_end(w, name) : err;
}

const struct dmsci_tnds_form dmsci_tnds_xml = { xml_begin, xml_start, xml_end,
                                                xml_empty, xml_text,  xml_octets };

/* --- WBXML --------------------------------------------------------------------------------- */

static enum dmsc_err wbxml_start(struct dmsci_tnds_writer *w, const char *name)
{
    return dmsci_wbxml_start(&w->wbxml, DMSCI_WBXML_DDF, name, true);
}

static enum dmsc_err wbxml_begin(struct dmsci_tnds_writer *w, const char *root)
{
    enum dmsc_err err = dmsci_wbxml_begin(&w->wbxml, DMSCI_WBXML_DDF_1_2, w->to);

    return err == DMSC_OK ? wbxml_start(w, root) : err;
}

static enum dmsc_err wbxml_end(struct dmsci_tnds_writer *w, const char *name)
{
    (void)name;
    return dmsci_wbxml_end(&w->wbxml);
}

static enum dmsc_err wbxml_empty(struct dmsci_tnds_writer *w, const char *name)
{
    return dmsci_wbxml_start(&w->wbxml, DMSCI_WBXML_DDF, name, false);
}

static enum dmsc_err wbxml_text(struct dmsci_tnds_writer *w, const char *name,
                                struct dmsc_bytes text)
{
    enum dmsc_err err;

    if (text.n == 0)
        return wbxml_empty(w, name);
    err = wbxml_start(w, name);
    if (err == DMSC_OK)
        err = dmsci_wbxml_text(&w->wbxml, text);
    return err == DMSC_OK ? wbxml_end(w, name) : err;
}

static enum dmsc_err wbxml_octets(struct dmsci_tnds_writer *w, const char *name,
                                  struct dmsc_bytes octets)
{
    enum dmsc_err err;

    if (octets.n == 0)
        return wbxml_empty(w, name);
    err = wbxml_start(w, name);
    if (err == DMSC_OK)
        err = dmsci_wbxml_opaque(&w->wbxml, octets);
    return err == DMSC_OK ? wbxml_end(w, name) : err;
}

const struct dmsci_tnds_form dmsci_tnds_wbxml = { wbxml_begin, wbxml_start, wbxml_end,
                                                  wbxml_empty, wbxml_text,  wbxml_octets };
