/* SPDX-License-Identifier: Apache-2.0 */
#include "host/syncml/xml_text.h"
#include "apdu/base/ctx.h"
#include <string.h>

/* What stands for a byte, NULL when it stands for itself. XML 1.0 2.4; a CR that is not written as
 * a reference would come back as a line feed (2.11). */
static const char *reference(uint8_t c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    default:
        return NULL;
    }
}

/* XML 1.0 2.2: no control characters but three, no U+FFFE and U+FFFF. */
static bool carried(struct dmsc_bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
        if (c == 0xEF && text.n - i > 2 && text.p[i + 1] == 0xBF && text.p[i + 2] >= 0xBE)
            return false;
    }
    return dmsci_utf8_valid(text);
}

static enum dmsc_err escape(struct dmsc_buf *out, struct dmsc_bytes text, bool attribute)
{
    size_t from = 0;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < text.n && err == DMSC_OK; i++) {
        const char *instead = reference(text.p[i], attribute);

        if (instead == NULL)
            continue;
        err = dmsc_buf_append(out, dmsc_bytes(text.p + from, i - from));
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(out, instead);
        from = i + 1;
    }
    if (err == DMSC_OK)
        err = dmsc_buf_append(out, dmsc_bytes(text.p + from, text.n - from));
    return err;
}

enum dmsc_err dmsci_xml_escape(struct dmsc_buf *out, struct dmsc_bytes text)
{
    if (!carried(text)) {
        (void)dmsci_fail(out->ctx, DMSC_E_UNSUPPORTED, "write text as XML");
        dmsci_why(out->ctx, "xml:character", "a character that XML cannot carry");
        return DMSC_E_UNSUPPORTED;
    }
    return escape(out, text, false);
}

enum dmsc_err dmsci_xml_escape_all(struct dmsc_buf *out)
{
    struct dmsc_buf escaped;
    enum dmsc_err err;

    if (out->n == 0)
        return DMSC_OK;
    dmsc_buf_init(&escaped, out->ctx, out->ceiling);
    err = escape(&escaped, dmsc_buf_bytes(out), false);
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
        err = escape(out, dmsc_bytes_str(uri), true);
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
            err = escape(out, dmsc_bytes(attribute[3], n), true);
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
