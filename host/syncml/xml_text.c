/* SPDX-License-Identifier: Apache-2.0 */
#include "host/syncml/xml_text.h"
#include "apdu/base/ctx.h"
#include <string.h>

enum dmsc_err dmsci_xml_escape(struct dmsc_buf *out, struct dmsc_bytes text)
{
    if (!dmsci_text_valid(text, true)) {
        (void)dmsci_fail(out->ctx, DMSC_E_UNSUPPORTED, "write text as XML");
        dmsci_why(out->ctx, "xml:character", "a character that XML cannot carry");
        return DMSC_E_UNSUPPORTED;
    }
    return dmsci_xml_put_text(out, text);
}

enum dmsc_err dmsci_xml_escape_all(struct dmsc_buf *out)
{
    struct dmsc_buf escaped;
    enum dmsc_err err;

    if (out->n == 0)
        return DMSC_OK;
    dmsc_buf_init(&escaped, out->ctx, out->ceiling);
    err = dmsci_xml_put_text(&escaped, dmsc_buf_bytes(out));
    if (err != DMSC_OK) {
        dmsc_buf_clear(&escaped);
        return err;
    }
    dmsc_buf_clear(out);
    *out = escaped;
    return DMSC_OK;
}

static enum dmsc_err qualified(struct dmsc_buf *out, const char *before, const char *prefix,
                               const char *local)
{
    return dmsci_buf_printf(out, "%s%s%s%s", before, prefix != NULL ? prefix : "",
                            prefix != NULL ? ":" : "", local);
}

static enum dmsc_err declare(struct dmsc_buf *out, const char *prefix, const char *uri)
{
    enum dmsc_err err = prefix != NULL ? dmsci_buf_printf(out, " xmlns:%s=\"", prefix)
                                       : dmsc_buf_append_str(out, " xmlns=\"");

    if (err == DMSC_OK)
        err = dmsci_xml_put_attribute(out, dmsc_bytes_str(uri));
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '"') : err;
}

/* Whether the prefix is declared on this very element, or needs no declaration. */
static bool declared(const struct dmsci_xml_start *start, const char *prefix)
{
    if (prefix == NULL || strcmp(prefix, "xml") == 0)
        return true;
    for (size_t i = 0; i < start->namespace_count; i++) {
        const char *there = start->namespaces[2 * i];

        if (there != NULL && strcmp(there, prefix) == 0)
            return true;
    }
    return false;
}

/* Prefixes used but declared further out, each once. */
static enum dmsc_err declare_used(struct dmsc_buf *out, const struct dmsci_xml_start *start)
{
    enum dmsc_err err = DMSC_OK;

    if (!declared(start, start->prefix) && start->uri != NULL)
        err = declare(out, start->prefix, start->uri);
    for (size_t i = 0; i < start->attribute_count && err == DMSC_OK; i++) {
        const char *const *attribute = start->attributes + 5 * i;
        bool done = declared(start, attribute[1]) ||
                    (start->prefix != NULL && strcmp(start->prefix, attribute[1]) == 0);

        for (size_t j = 0; j < i && !done; j++) {
            const char *earlier = start->attributes[5 * j + 1];

            done = earlier != NULL && strcmp(earlier, attribute[1]) == 0;
        }
        if (!done && attribute[2] != NULL)
            err = declare(out, attribute[1], attribute[2]);
    }
    return err;
}

enum dmsc_err dmsci_xml_write_start(struct dmsc_buf *out, const struct dmsci_xml_start *start)
{
    enum dmsc_err err = qualified(out, "<", start->prefix, start->local);

    for (size_t i = 0; i < start->namespace_count && err == DMSC_OK; i++)
        err = declare(out, start->namespaces[2 * i],
                      start->namespaces[2 * i + 1] != NULL ? start->namespaces[2 * i + 1] : "");
    if (err == DMSC_OK)
        err = declare_used(out, start);
    for (size_t i = 0; i < start->attribute_count && err == DMSC_OK; i++) {
        const char *const *attribute = start->attributes + 5 * i;
        size_t n = (size_t)(attribute[4] - attribute[3]);

        err = qualified(out, " ", attribute[1], attribute[0]);
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(out, "=\"");
        if (err == DMSC_OK)
            err = dmsci_xml_put_attribute(out, dmsc_bytes(attribute[3], n));
        if (err == DMSC_OK)
            err = dmsc_buf_append_u8(out, '"');
    }
    return err == DMSC_OK ? dmsc_buf_append_u8(out, '>') : err;
}

enum dmsc_err dmsci_xml_write_end(struct dmsc_buf *out, const char *prefix, const char *local)
{
    enum dmsc_err err = qualified(out, "</", prefix, local);

    return err == DMSC_OK ? dmsc_buf_append_u8(out, '>') : err;
}
