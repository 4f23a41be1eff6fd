/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of XML 1.0: which there are, and how they are written. */
#include "apdu/base/ctx.h"

bool dmsci_text_valid(struct dmsc_bytes text, bool lines)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c < 0x20 && !(lines && (c == '\t' || c == '\n' || c == '\r')))
            return false;
        if (c == 0x7F && !lines)
            return false;
        /* U+FFFE and U+FFFF are UTF-8, but no characters of XML. */
        if (c == 0xEF && text.n - i > 2 && text.p[i + 1] == 0xBF && text.p[i + 2] >= 0xBE)
            return false;
    }
    return dmsci_utf8_valid(text);
}

/* What stands for an octet, NULL when it stands for itself. A bare CR would come back as a line
 * feed (2.11), a line end in an attribute as a space (3.3.3). */
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

static enum dmsc_err put(struct dmsc_buf *to, struct dmsc_bytes text, bool attribute)
{
    size_t from = 0;
    enum dmsc_err err = DMSC_OK;

    for (size_t i = 0; i < text.n && err == DMSC_OK; i++) {
        const char *instead = reference(text.p[i], attribute);

        if (instead == NULL)
            continue;
        err = dmsc_buf_append(to, dmsc_bytes(text.p + from, i - from));
        if (err == DMSC_OK)
            err = dmsc_buf_append_str(to, instead);
        from = i + 1;
    }
    return err == DMSC_OK ? dmsc_buf_append(to, dmsc_bytes(text.p + from, text.n - from)) : err;
}

enum dmsc_err dmsci_xml_put_text(struct dmsc_buf *to, struct dmsc_bytes text)
{
    return put(to, text, false);
}

enum dmsc_err dmsci_xml_put_attribute(struct dmsc_buf *to, struct dmsc_bytes value)
{
    return put(to, value, true);
}
