/* SPDX-License-Identifier: Apache-2.0 */
#include "host/wbxml/read.h"
#include "apdu/base/ctx.h"
#include <string.h>

/* WBXML 7.1: what is no tag. */
#define SWITCH_PAGE 0x00
#define END         0x01
#define ENTITY      0x02
#define STR_I       0x03
#define LITERAL     0x04 /* with 40 and 80 as a tag has them */
#define PI          0x43
#define STR_T       0x83
#define OPAQUE      0xC3
/* Flags of a tag. */
#define TAG        0x3F
#define CONTENT    0x40
#define ATTRIBUTES 0x80

#define CHARSET_ASCII 3
#define CHARSET_UTF8  106

static enum dmsc_err refuse(const struct dmsci_wbxml_reader *r, enum dmsc_err err,
                            const char *reason, const char *why)
{
    (void)dmsci_fail(r->ctx, err, "read WBXML");
    dmsci_where(r->ctx, "octet %zu of %zu", r->size - r->r.n, r->size);
    dmsci_why(r->ctx, reason, "%s", why);
    return err;
}

static enum dmsc_err truncated(const struct dmsci_wbxml_reader *r)
{
    return refuse(r, DMSC_E_MALFORMED, "wbxml:truncated", "the document ends in the middle");
}

static enum dmsc_err octet(struct dmsci_wbxml_reader *r, uint8_t *ret_octet)
{
    if (r->r.n == 0)
        return truncated(r);
    *ret_octet = *r->r.p++;
    r->r.n--;
    return DMSC_OK;
}

/* WBXML 5.1: mb_u_int32, seven bits an octet, the most significant first, 80 says that more come.
 */
static enum dmsc_err number(struct dmsci_wbxml_reader *r, uint32_t *ret_number)
{
    uint32_t value = 0;
    uint8_t next = 0x80;

    for (unsigned i = 0; (next & 0x80) != 0; i++) {
        enum dmsc_err err;

        if (i == 5 || value > UINT32_MAX >> 7)
            return refuse(r, DMSC_E_MALFORMED, "wbxml:integer", "a number has more than 32 bits");
        err = octet(r, &next);
        if (err != DMSC_OK)
            return err;
        value = value << 7 | (next & 0x7F);
    }
    *ret_number = value;
    return DMSC_OK;
}

/* The string at @p index of the string table. @param unended whether the table may end first */
static enum dmsc_err from_table(struct dmsci_wbxml_reader *r, uint32_t index, bool unended,
                                struct dmsc_bytes *ret_string)
{
    const uint8_t *end;

    if (index >= r->table.n)
        return refuse(r, DMSC_E_MALFORMED, "wbxml:string-table",
                      "a string is said to stand behind the string table");
    *ret_string = dmsc_bytes(r->table.p + index, r->table.n - index);
    end = memchr(ret_string->p, 0, ret_string->n);
    if (end == NULL && !unended)
        return refuse(r, DMSC_E_MALFORMED, "wbxml:string-table",
                      "a string of the string table has no end");
    if (end != NULL)
        ret_string->n = (size_t)(end - ret_string->p);
    return DMSC_OK;
}

/* --- before the root element --------------------------------------------------------------- */

bool dmsci_wbxml_is(struct dmsc_bytes document)
{
    return document.n > 0 && document.p[0] >= 0x01 && document.p[0] <= 0x03;
}

static enum dmsc_err read_charset(struct dmsci_wbxml_reader *r)
{
    enum dmsc_err err = number(r, &r->charset);

    if (err == DMSC_OK && r->charset != CHARSET_UTF8 && r->charset != CHARSET_ASCII)
        return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:charset",
                      "it is neither UTF-8 (106) nor US-ASCII (3)");
    return err;
}

static enum dmsc_err read_table(struct dmsci_wbxml_reader *r)
{
    uint32_t length = 0;
    enum dmsc_err err = number(r, &length);

    if (err == DMSC_OK && length > r->r.n)
        return truncated(r);
    if (err == DMSC_OK)
        r->table = dmsc_rd_bytes(&r->r, length);
    return err;
}

static enum dmsc_err find_document(struct dmsci_wbxml_reader *r, uint32_t fpi_index)
{
    struct dmsc_bytes fpi;
    enum dmsc_err err;

    if (r->public_id != 0) {
        r->document = dmsci_wbxml_by_id(r->public_id);
    } else {
        /* Field practice: an engine of a phone writes the name without its NUL. */
        err = from_table(r, fpi_index, true, &fpi);
        if (err != DMSC_OK)
            return err;
        r->document = dmsci_wbxml_by_fpi(fpi);
    }
    if (r->document == NULL)
        return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:document",
                      "its public identifier is that of no document of device management");
    return DMSC_OK;
}

enum dmsc_err dmsci_wbxml_open(struct dmsci_wbxml_reader *r, struct dmsc_ctx *ctx,
                               struct dmsc_bytes document, unsigned max_depth)
{
    uint32_t fpi_index = 0;
    enum dmsc_err err;

    *r = (struct dmsci_wbxml_reader){
        .ctx = ctx, .size = document.n, .max_depth = max_depth, .r = dmsc_rd(document)
    };
    err = octet(r, &r->version);
    if (err == DMSC_OK && !dmsci_wbxml_is(document))
        err = refuse(r, DMSC_E_UNSUPPORTED, "wbxml:version", "it is none of WBXML 1.1 to 1.3");
    if (err == DMSC_OK)
        err = number(r, &r->public_id);
    if (err == DMSC_OK && r->public_id == 0)
        err = number(r, &fpi_index);
    if (err == DMSC_OK)
        err = read_charset(r);
    if (err == DMSC_OK)
        err = read_table(r);
    return err == DMSC_OK ? find_document(r, fpi_index) : err;
}

/* --- the root element ---------------------------------------------------------------------- */

static enum dmsc_err tell_text(struct dmsci_wbxml_reader *r, struct dmsc_bytes text,
                               struct dmsci_wbxml_event *event)
{
    bool valid = dmsci_text_valid(text, true);

    for (size_t i = 0; valid && r->charset == CHARSET_ASCII && i < text.n; i++)
        valid = text.p[i] < 0x80;
    if (!valid)
        return refuse(r, DMSC_E_MALFORMED, "wbxml:text",
                      "a text is not of its charset, or no text that XML could carry");
    event->kind = DMSCI_WBXML_TEXT;
    event->bytes = text;
    return DMSC_OK;
}

static enum dmsc_err inline_string(struct dmsci_wbxml_reader *r, struct dmsci_wbxml_event *event)
{
    const uint8_t *end = r->r.n == 0 ? NULL : memchr(r->r.p, 0, r->r.n);
    struct dmsc_bytes text;

    if (end == NULL)
        return truncated(r);
    text = dmsc_rd_bytes(&r->r, (size_t)(end - r->r.p));
    dmsc_rd_skip(&r->r, 1);
    return tell_text(r, text, event);
}

/* Two octets can stand for the whole table: without a bound the work would be the square. */
static enum dmsc_err table_string(struct dmsci_wbxml_reader *r, struct dmsci_wbxml_event *event)
{
    uint32_t index = 0;
    struct dmsc_bytes text = { NULL, 0 };
    enum dmsc_err err = number(r, &index);

    if (err == DMSC_OK)
        err = from_table(r, index, false, &text);
    if (err != DMSC_OK)
        return err;
    r->repeated += text.n;
    if (r->repeated > dmsc_ctx_limits(r->ctx)->object_size)
        return refuse(r, DMSC_E_LIMIT, "wbxml:repeated", "its string table is repeated too often");
    return tell_text(r, text, event);
}

static size_t put_utf8(uint32_t code, uint8_t to[4])
{
    static const uint8_t first[5] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3F));
    to[0] = (uint8_t)(first[n] | code);
    return n;
}

static enum dmsc_err entity(struct dmsci_wbxml_reader *r, struct dmsci_wbxml_event *event)
{
    uint32_t code = 0;
    size_t n = 0;
    enum dmsc_err err = number(r, &code);

    if (err != DMSC_OK)
        return err;
    if (code > 0 && code <= 0x10FFFF)
        n = put_utf8(code, r->character);
    if (n == 0 || !dmsci_text_valid(dmsc_bytes(r->character, n), true))
        return refuse(r, DMSC_E_MALFORMED, "wbxml:entity", "there is no such character");
    event->kind = DMSCI_WBXML_TEXT;
    event->bytes = dmsc_bytes(r->character, n);
    return DMSC_OK;
}

static enum dmsc_err opaque(struct dmsci_wbxml_reader *r, struct dmsci_wbxml_event *event)
{
    uint32_t length = 0;
    enum dmsc_err err = number(r, &length);

    if (err == DMSC_OK && length > r->r.n)
        return truncated(r);
    if (err != DMSC_OK)
        return err;
    event->kind = DMSCI_WBXML_OPAQUE;
    event->bytes = dmsc_rd_bytes(&r->r, length);
    return DMSC_OK;
}

static enum dmsc_err tag(struct dmsci_wbxml_reader *r, uint8_t token,
                         struct dmsci_wbxml_event *event)
{
    event->kind = DMSCI_WBXML_START;
    event->page = dmsci_wbxml_page(r->document, r->page);
    event->token = token & TAG;
    event->name = event->page == NULL ? NULL : dmsci_wbxml_tag(event->page, event->token);
    if (event->name == NULL)
        return refuse(r, DMSC_E_MALFORMED, "wbxml:token", "its code page has no such tag");
    if ((token & ATTRIBUTES) != 0)
        return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:attributes",
                      "no element of device management has attributes");
    if (r->depth == r->max_depth)
        return refuse(r, DMSC_E_LIMIT, "wbxml:depth", "elements are nested too deep");
    r->root = true;
    r->depth++;
    r->empty = (token & CONTENT) == 0;
    return DMSC_OK;
}

static enum dmsc_err switch_page(struct dmsci_wbxml_reader *r)
{
    enum dmsc_err err = octet(r, &r->page);

    if (err == DMSC_OK && dmsci_wbxml_page(r->document, r->page) == NULL)
        return refuse(r, DMSC_E_MALFORMED, "wbxml:page", "the document has no such code page");
    return err;
}

/* Tokens that no DM document has (SREP 8), each refused by its name. */
static enum dmsc_err no_tag(struct dmsci_wbxml_reader *r, uint8_t token)
{
    if ((token & TAG) == LITERAL)
        return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:literal",
                      "a tag is spelt out that no code page has");
    if (token == PI)
        return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:pi", "a processing instruction is not taken");
    return refuse(r, DMSC_E_UNSUPPORTED, "wbxml:extension", "an extension token is not taken");
}

static enum dmsc_err content(struct dmsci_wbxml_reader *r, uint8_t token,
                             struct dmsci_wbxml_event *event)
{
    if (r->depth == 0 &&
        (token == END || token == ENTITY || token == STR_I || token == STR_T || token == OPAQUE))
        return refuse(r, DMSC_E_MALFORMED, "wbxml:root", "it does not begin with an element");
    switch (token) {
    case END:
        r->depth--;
        event->kind = DMSCI_WBXML_END;
        return DMSC_OK;
    case ENTITY:
        return entity(r, event);
    case STR_I:
        return inline_string(r, event);
    case STR_T:
        return table_string(r, event);
    case OPAQUE:
        return opaque(r, event);
    default:
        return (token & TAG) <= LITERAL ? no_tag(r, token) : tag(r, token, event);
    }
}

enum dmsc_err dmsci_wbxml_next(struct dmsci_wbxml_reader *r, struct dmsci_wbxml_event *ret_event)
{
    uint8_t token = SWITCH_PAGE;
    enum dmsc_err err = DMSC_OK;

    *ret_event = (struct dmsci_wbxml_event){ .kind = DMSCI_WBXML_DONE };
    if (r->empty) {
        r->empty = false;
        r->depth--;
        ret_event->kind = DMSCI_WBXML_END;
        return DMSC_OK;
    }
    if (r->root && r->depth == 0)
        return r->r.n == 0 ? DMSC_OK
                           : refuse(r, DMSC_E_MALFORMED, "wbxml:trailing",
                                    "something follows the end of the document");
    while (err == DMSC_OK && token == SWITCH_PAGE) {
        err = octet(r, &token);
        if (err == DMSC_OK && token == SWITCH_PAGE)
            err = switch_page(r);
    }
    return err == DMSC_OK ? content(r, token, ret_event) : err;
}
