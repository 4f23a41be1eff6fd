/* SPDX-License-Identifier: Apache-2.0 */
#include "host/wbxml/write.h"
#include "apdu/base/ctx.h"
#include <string.h>

#define VERSION_1_2  0x02
#define CHARSET_UTF8 106
#define SWITCH_PAGE  0x00
#define END          0x01
#define STR_I        0x03
#define OPAQUE       0xC3
#define CONTENT      0x40

/* WBXML 5.1, the shortest form. */
static enum dmsc_err put_number(struct dmsc_buf *to, uint32_t number)
{
    enum dmsc_err err = DMSC_OK;

    for (unsigned shift = 28; shift > 0 && err == DMSC_OK; shift -= 7) {
        if (number >> shift != 0)
            err = dmsc_buf_append_u8(to, (uint8_t)(0x80 | (number >> shift & 0x7F)));
    }
    return err == DMSC_OK ? dmsc_buf_append_u8(to, number & 0x7F) : err;
}

static enum dmsc_err put_octets(struct dmsc_buf *to, uint8_t token, uint8_t next)
{
    enum dmsc_err err = dmsc_buf_append_u8(to, token);

    return err == DMSC_OK ? dmsc_buf_append_u8(to, next) : err;
}

enum dmsc_err dmsci_wbxml_begin(struct dmsci_wbxml_writer *w, enum dmsci_wbxml_type type,
                                struct dmsc_buf *to)
{
    const struct dmsci_wbxml_document *document = dmsci_wbxml_document(type);
    bool named = document->public_id == 0;
    size_t name_n = strlen(document->fpi) + 1;
    enum dmsc_err err = dmsc_buf_append_u8(to, VERSION_1_2);

    *w = (struct dmsci_wbxml_writer){ .to = to, .document = document };
    if (err == DMSC_OK)
        err = put_number(to, document->public_id);
    if (err == DMSC_OK && named) /* at 0 of the string table */
        err = put_number(to, 0);
    if (err == DMSC_OK)
        err = put_number(to, CHARSET_UTF8);
    if (err == DMSC_OK)
        err = put_number(to, named ? (uint32_t)name_n : 0);
    if (err == DMSC_OK && named)
        err = dmsc_buf_append(to, dmsc_bytes(document->fpi, name_n));
    return err;
}

enum dmsc_err dmsci_wbxml_start(struct dmsci_wbxml_writer *w, unsigned page, const char *name,
                                bool content)
{
    const struct dmsci_wbxml_page *tags = dmsci_wbxml_page(w->document, page);
    uint8_t token = tags == NULL ? 0 : dmsci_wbxml_token(tags, name);
    enum dmsc_err err = DMSC_OK;

    if (token == 0) {
        (void)dmsci_fail(w->to->ctx, DMSC_E_ARG, "write WBXML");
        dmsci_why(w->to->ctx, "wbxml:token", "there is no tag %s on code page %u", name, page);
        return DMSC_E_ARG;
    }
    if (w->page != page)
        err = put_octets(w->to, SWITCH_PAGE, (uint8_t)page);
    w->page = (uint8_t)page;
    return err == DMSC_OK ? dmsc_buf_append_u8(w->to, content ? token | CONTENT : token) : err;
}

enum dmsc_err dmsci_wbxml_text(struct dmsci_wbxml_writer *w, struct dmsc_bytes text)
{
    enum dmsc_err err = dmsc_buf_append_u8(w->to, STR_I);

    if (err == DMSC_OK)
        err = dmsc_buf_append(w->to, text);
    return err == DMSC_OK ? dmsc_buf_append_u8(w->to, 0) : err;
}

enum dmsc_err dmsci_wbxml_opaque(struct dmsci_wbxml_writer *w, struct dmsc_bytes octets)
{
    enum dmsc_err err;

    if (octets.n > UINT32_MAX)
        return dmsci_fail(w->to->ctx, DMSC_E_LIMIT, "write WBXML");
    err = dmsc_buf_append_u8(w->to, OPAQUE);
    if (err == DMSC_OK)
        err = put_number(w->to, (uint32_t)octets.n);
    return err == DMSC_OK ? dmsc_buf_append(w->to, octets) : err;
}

enum dmsc_err dmsci_wbxml_end(struct dmsci_wbxml_writer *w)
{
    return dmsc_buf_append_u8(w->to, END);
}
