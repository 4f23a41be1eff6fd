/* SPDX-License-Identifier: Apache-2.0 */
#include "host/mo/xml.h"
#include "apdu/base/ctx.h"
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

/* libxml2 compares each attribute of a tag with all others, and each element's prefix with all
 * declarations in sight: with this bound the two stay proportional to the document. */
#define TAG_ATTRIBUTES 16

struct reader {
    struct dmsc_ctx *ctx;
    const struct dmsci_xml_events *events;
    void *user;
    xmlParserCtxtPtr parser;
    unsigned depth;
    unsigned max_depth;
    enum dmsc_err err;
};

static enum dmsc_err refuse(struct dmsc_ctx *ctx, enum dmsc_err err, const char *reason,
                            const char *why)
{
    (void)dmsci_fail(ctx, err, "read XML");
    dmsci_why(ctx, reason, "%s", why);
    return err;
}

static void stop(struct reader *r, enum dmsc_err err)
{
    if (err == DMSC_OK || r->err != DMSC_OK)
        return;
    r->err = err;
    dmsci_where(r->ctx, "line %d", xmlSAX2GetLineNumber(r->parser));
    xmlStopParser(r->parser);
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns,
                     int namespaces, const xmlChar **declared, int attributes, int defaulted,
                     const xmlChar **values)
{
    struct reader *r = user;

    (void)prefix;
    (void)namespaces;
    (void)declared;
    (void)attributes;
    (void)defaulted;
    (void)values;
    if (r->err != DMSC_OK)
        return;
    if (++r->depth > r->max_depth)
        stop(r, refuse(r->ctx, DMSC_E_LIMIT, "xml:depth", "elements are nested too deep"));
    else
        stop(r, r->events->start(r->user, ns == NULL ? "" : (const char *)ns, (const char *)name));
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
    struct reader *r = user;

    (void)name;
    (void)prefix;
    (void)ns;
    if (r->err != DMSC_OK)
        return;
    r->depth--;
    stop(r, r->events->end(r->user));
}

static void on_text(void *user, const xmlChar *text, int n)
{
    struct reader *r = user;

    if (r->err == DMSC_OK && n > 0)
        stop(r, r->events->text(r->user, dmsc_bytes(text, (size_t)n)));
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    struct reader *r = user;

    (void)name;
    (void)external;
    (void)system;
    if (!r->events->doctype)
        stop(r, refuse(r->ctx, DMSC_E_UNSUPPORTED, "xml:doctype", "a DOCTYPE is not taken"));
}

/* Position behind @p end, looked for from @p at; the end of the document if it is not there. */
static size_t skip_to(struct dmsc_bytes xml, size_t at, const char *end)
{
    size_t n = strlen(end);

    while (xml.n - at >= n) {
        const uint8_t *p = memchr(xml.p + at, end[0], xml.n - at);

        if (p == NULL || (size_t)(xml.p + xml.n - p) < n)
            break;
        if (memcmp(p, end, n) == 0)
            return (size_t)(p - xml.p) + n;
        at = (size_t)(p - xml.p) + 1;
    }
    return xml.n;
}

/* From behind "<" to behind ">". @param ret_equals counts the attributes */
static size_t skip_tag(struct dmsc_bytes xml, size_t at, unsigned *ret_equals)
{
    uint8_t quote = 0;

    *ret_equals = 0;
    for (; at < xml.n; at++) {
        uint8_t c = xml.p[at];

        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '=')
            ++*ret_equals;
        else if (c == '>')
            return at + 1;
    }
    return at;
}

static bool begins(struct dmsc_bytes xml, size_t at, const char *with)
{
    size_t n = strlen(with);

    return xml.n - at >= n && memcmp(xml.p + at, with, n) == 0;
}

/* One look over the octets before libxml2 sees them; it decides nothing but the bound above. */
static enum dmsc_err check_tags(struct dmsc_ctx *ctx, struct dmsc_bytes xml)
{
    size_t at = 0;

    while (at < xml.n) {
        const uint8_t *p = memchr(xml.p + at, '<', xml.n - at);
        unsigned attributes = 0;

        if (p == NULL)
            break;
        at = (size_t)(p - xml.p) + 1;
        if (begins(xml, at, "!--"))
            at = skip_to(xml, at + 3, "-->");
        else if (begins(xml, at, "![CDATA["))
            at = skip_to(xml, at + 8, "]]>");
        else if (begins(xml, at, "?"))
            at = skip_to(xml, at + 1, "?>");
        else
            at = skip_tag(xml, at, &attributes);
        if (attributes > TAG_ATTRIBUTES)
            return refuse(ctx, DMSC_E_LIMIT, "xml:attributes", "a tag has too many attributes");
    }
    return DMSC_OK;
}

/* UTF-8 is demanded below, whatever the document says; these are the forms libxml2 would still
 * tell by their first octets. */
static enum dmsc_err check_encoding(struct dmsc_ctx *ctx, struct dmsc_bytes xml)
{
    size_t at = begins(xml, 0, "\xEF\xBB\xBF") ? 3 : 0;

    while (at < xml.n && strchr(" \t\r\n", xml.p[at]) != NULL && xml.p[at] != 0)
        at++;
    if (at >= xml.n || xml.p[at] != '<')
        return refuse(ctx, DMSC_E_MALFORMED, "xml:malformed", "it does not begin with a tag");
    if (memchr(xml.p, 0, xml.n) != NULL)
        return refuse(ctx, DMSC_E_MALFORMED, "xml:encoding", "it is not UTF-8");
    return DMSC_OK;
}

static enum dmsc_err tell_malformed(struct reader *r)
{
    const xmlError *error = xmlCtxtGetLastError(r->parser);
    const char *message = error == NULL || error->message == NULL ? "it is no XML" : error->message;
    enum dmsc_err err =
        error != NULL && error->code == XML_ERR_NO_MEMORY ? DMSC_E_NOMEM : DMSC_E_MALFORMED;

    (void)dmsci_fail(r->ctx, err, "read XML");
    if (error != NULL) {
        dmsci_fail_code(r->ctx, error->code);
        dmsci_where(r->ctx, "line %d", error->line);
    }
    dmsci_why(r->ctx, err == DMSC_E_MALFORMED ? "xml:malformed" : NULL, "%.*s",
              (int)strcspn(message, "\n"), message);
    return err;
}

static enum dmsc_err run(struct reader *r, struct dmsc_bytes xml)
{
    static const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    xmlDocPtr doc;

    *r->parser->sax = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_doctype,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
    };
    r->parser->userData = r;
    doc = xmlCtxtReadMemory(r->parser, (const char *)xml.p, (int)xml.n, NULL, "UTF-8", options);
    xmlFreeDoc(doc);
    if (r->err != DMSC_OK)
        return r->err;
    return r->parser->wellFormed ? DMSC_OK : tell_malformed(r);
}

enum dmsc_err dmsci_xml_parse(struct dmsc_ctx *ctx, struct dmsc_bytes xml, unsigned max_depth,
                              const struct dmsci_xml_events *events, void *user)
{
    struct reader r = { .ctx = ctx, .events = events, .user = user, .max_depth = max_depth };
    enum dmsc_err err;

    if (xml.n > INT_MAX)
        return refuse(ctx, DMSC_E_LIMIT, "xml:size", "it is too long");
    err = check_encoding(ctx, xml);
    if (err == DMSC_OK)
        err = check_tags(ctx, xml);
    if (err != DMSC_OK)
        return err;
    r.parser = xmlNewParserCtxt();
    if (r.parser == NULL)
        return dmsci_fail(ctx, DMSC_E_NOMEM, "read XML");
    err = run(&r, xml);
    xmlFreeParserCtxt(r.parser);
    return err;
}
