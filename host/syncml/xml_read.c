/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML into the builder, through libxml2's SAX interface: no document tree is made. Nothing is ever
 * loaded; a declaration of an entity or an internal subset of the DTD ends the reading.
 */
#include "apdu/base/ctx.h"
#include "host/syncml/build.h"
#include "host/syncml/xml_text.h"
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

/* The last argument of xmlStructuredErrorFunc became const in 2.12. */
#if LIBXML_VERSION >= 21200
#define DMSC_XML_ERROR const xmlError
#else
#define DMSC_XML_ERROR xmlError
#endif

/* A power of two above the names of a message; the shift leaves its bits of a 32-bit number. */
#define NAME_SLOTS 256u
#define NAME_SHIFT 24

struct reader {
    struct dmsc_ctx *ctx;
    struct dmsci_syncml_builder *builder;
    xmlParserCtxt *parser;
    /* libxml2 keeps one copy of each name while it reads: pointers tell them apart. */
    const xmlChar *syncml_uri, *metinf_uri;
    struct {
        const xmlChar *text;
        enum dmsci_syncml_name name;
    } names[NAME_SLOTS];
    unsigned depth, max_depth;
    unsigned raw; /* open elements inside Data of an Item */
    bool markup;  /* that Data is markup: what follows is escaped */
    enum dmsc_err err;
};

static void stop(struct reader *r, enum dmsc_err err)
{
    if (err == DMSC_OK || r->err != DMSC_OK)
        return;
    if (err == DMSC_E_LIMIT) /* where the one who stopped has not said which */
        dmsci_why(r->ctx, "syncml:limit", "more text than one message may hold");
    r->err = err;
    xmlStopParser(r->parser);
}

static void refuse(struct reader *r, enum dmsc_err err, const char *reason, const char *why)
{
    if (r->err != DMSC_OK)
        return;
    (void)dmsci_fail(r->ctx, err, "read a SyncML message");
    dmsci_why(r->ctx, reason, "%s", why);
    stop(r, err);
}

/* SREP 7: the namespaces of SyncML 1.0 to 1.2, MetInf, or none. @return false for a foreign one */
static bool namespace_known(struct reader *r, const xmlChar *uri)
{
    const char *text = (const char *)uri;

    if (uri == NULL || uri == r->syncml_uri || uri == r->metinf_uri)
        return true;
    if (strcmp(text, DMSCI_SYNCML_METINF) == 0)
        r->metinf_uri = uri;
    else if (strcmp(text, DMSCI_SYNCML_NS) == 0 || strcmp(text, "SYNCML:SYNCML1.1") == 0 ||
             strcmp(text, "SYNCML:SYNCML1.0") == 0)
        r->syncml_uri = uri;
    else
        return false;
    return true;
}

static enum dmsci_syncml_name find_name(struct reader *r, const xmlChar *local)
{
    /* Names lie side by side in libxml2's pool: the low bits are as good as any, well mixed. */
    size_t slot = (uint32_t)((uint32_t)(uintptr_t)local * 0x9E3779B1u) >> NAME_SHIFT;

    if (r->names[slot].text != local) {
        r->names[slot].text = local;
        r->names[slot].name = dmsci_syncml_name_find((const char *)local);
    }
    return r->names[slot].name;
}

static enum dmsci_syncml_name name_of(struct reader *r, const xmlChar *local, const xmlChar *uri)
{
    enum dmsci_syncml_name name = find_name(r, local);

    if (!namespace_known(r, uri))
        return DMSCI_N_UNKNOWN;
    /* Meta itself is often written in the namespace of its children. */
    if (uri != NULL && uri == r->metinf_uri && name != DMSCI_N_Meta &&
        !dmsci_syncml_name_metinf(name))
        return DMSCI_N_UNKNOWN;
    return name;
}

static void on_start(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    struct reader *r = user;
    struct dmsc_buf *data = dmsci_syncml_build_data(r->builder);
    struct dmsci_xml_start start = { .local = (const char *)local,
                                     .prefix = (const char *)prefix,
                                     .uri = (const char *)uri,
                                     .namespaces = (const char *const *)namespaces,
                                     .namespace_count = (size_t)namespace_count,
                                     .attributes = (const char *const *)attributes,
                                     .attribute_count = (size_t)attribute_count };

    (void)defaulted_count;
    if (r->err != DMSC_OK)
        return;
    if (++r->depth > r->max_depth) {
        refuse(r, DMSC_E_LIMIT, "xml:depth", "elements are nested too deep");
        return;
    }
    if (data == NULL) {
        if (r->depth == 1 && strcmp((const char *)local, "SyncML") == 0 &&
            !namespace_known(r, uri)) {
            refuse(r, DMSC_E_MALFORMED, "syncml:version", "a namespace of no SyncML we know");
            return;
        }
        stop(r, dmsci_syncml_build_start(r->builder, name_of(r, local, uri), (const char *)local));
        return;
    }
    if (!r->markup) {
        r->markup = true;
        stop(r, dmsci_xml_escape_all(data));
    }
    r->raw++;
    if (r->err == DMSC_OK)
        stop(r, dmsci_xml_write_start(data, &start));
}

static void on_end(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = user;

    (void)uri;
    if (r->err != DMSC_OK)
        return;
    r->depth--;
    if (r->raw == 0) {
        r->markup = false;
        stop(r, dmsci_syncml_build_end(r->builder));
        return;
    }
    r->raw--;
    stop(r, dmsci_xml_write_end(dmsci_syncml_build_data(r->builder), (const char *)prefix,
                                (const char *)local));
}

static void on_text(void *user, const xmlChar *text, int n)
{
    struct reader *r = user;
    struct dmsc_bytes bytes = dmsc_bytes(text, (size_t)n);

    if (r->err != DMSC_OK)
        return;
    if (r->markup)
        stop(r, dmsci_xml_escape(dmsci_syncml_build_data(r->builder), bytes));
    else
        stop(r, dmsci_syncml_build_text(r->builder, bytes));
}

/* Called before the internal subset is read: the parser stands at its "[". */
static void on_doctype(void *user, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    struct reader *r = user;

    (void)system;
    if (r->parser->input->cur[0] == '[')
        refuse(r, DMSC_E_MALFORMED, "xml:doctype", "the document declares its own DTD");
    /* A DOCTYPE that only names SyncML is met in the field. */
    else if (strcmp((const char *)name, "SyncML") != 0 || external == NULL ||
             strncmp((const char *)external, "-//SYNCML//DTD ", 15) != 0)
        refuse(r, DMSC_E_MALFORMED, "xml:doctype", "the DOCTYPE is not that of SyncML");
}

static void on_reference(void *user, const xmlChar *name)
{
    (void)name;
    refuse(user, DMSC_E_MALFORMED, "xml:entity", "an entity that XML does not define");
}

static bool utf8_name(const xmlChar *encoding)
{
    return encoding == NULL || strcasecmp((const char *)encoding, "UTF-8") == 0 ||
           strcasecmp((const char *)encoding, "US-ASCII") == 0;
}

static void on_document(void *user)
{
    struct reader *r = user;

    if (!utf8_name(r->parser->encoding) || !utf8_name(r->parser->input->encoding))
        refuse(r, DMSC_E_MALFORMED, "xml:encoding", "the document is not written in UTF-8");
}

/* The story is told once, at the end, from xmlCtxtGetLastError(); libxml2 prints nothing. */
static void on_error(void *user, DMSC_XML_ERROR *error)
{
    (void)user;
    (void)error;
}

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .internalSubset = on_doctype,
    .startDocument = on_document,
    .reference = on_reference,
    .characters = on_text,
    .ignorableWhitespace = on_text,
    .cdataBlock = on_text,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .serror = on_error,
};

static enum dmsc_err malformed(struct reader *r)
{
    const xmlError *error = xmlCtxtGetLastError(r->parser);

    (void)dmsci_fail(r->ctx, DMSC_E_MALFORMED, "read a SyncML message");
    if (error != NULL)
        dmsci_where(r->ctx, "line %d", error->line);
    if (error != NULL && error->message != NULL)
        dmsci_why(r->ctx, "xml:malformed", "%.*s", (int)strcspn(error->message, "\n"),
                  error->message);
    else
        dmsci_why(r->ctx, "xml:malformed", "not well-formed XML");
    return DMSC_E_MALFORMED;
}

static enum dmsc_err parse(struct reader *r, struct dmsc_bytes xml)
{
    enum dmsc_err err = DMSC_E_NOMEM;

    r->parser = xmlCreateMemoryParserCtxt((const char *)xml.p, (int)xml.n);
    if (r->parser == NULL) {
        (void)dmsci_fail(r->ctx, err, "make an XML parser");
        return err;
    }
    (void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    *r->parser->sax = handler;
    r->parser->userData = r;
    (void)xmlParseDocument(r->parser);
    err = r->err;
    if (err == DMSC_OK && r->parser->errNo == XML_ERR_NO_MEMORY)
        err = dmsci_fail(r->ctx, DMSC_E_NOMEM, "parse XML");
    else if (err == DMSC_OK && (r->parser->wellFormed == 0 || r->parser->nsWellFormed == 0))
        err = malformed(r);
    /* No tree is made; what a DOCTYPE may have left is freed all the same. */
    if (r->parser->myDoc != NULL)
        xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
    return err;
}

static enum dmsc_err check_bytes(struct dmsc_ctx *ctx, struct dmsc_bytes xml)
{
    if (xml.n > dmsc_ctx_limits(ctx)->message_size || xml.n > INT_MAX) {
        (void)dmsci_fail(ctx, DMSC_E_LIMIT, "read a SyncML message of %zu bytes", xml.n);
        dmsci_why(ctx, "syncml:limit", "larger than MaxMsgSize");
        return DMSC_E_LIMIT;
    }
    if (xml.n == 0) {
        (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a SyncML message");
        dmsci_why(ctx, "xml:malformed", "it is empty");
        return DMSC_E_MALFORMED;
    }
    if (!dmsci_utf8_valid(xml)) {
        (void)dmsci_fail(ctx, DMSC_E_MALFORMED, "read a SyncML message");
        dmsci_why(ctx, "xml:utf8", "bytes that are no UTF-8");
        return DMSC_E_MALFORMED;
    }
    return DMSC_OK;
}

enum dmsc_err dmsci_syncml_decode(struct dmsc_ctx *ctx, struct dmsc_bytes xml,
                                  struct dmsci_syncml_message *ret_msg)
{
    struct reader r = { .ctx = ctx, .max_depth = dmsc_ctx_limits(ctx)->xml_depth };
    enum dmsc_err err = check_bytes(ctx, xml);

    if (err != DMSC_OK)
        return err;
    err = dmsci_syncml_builder_new(ctx, &r.builder);
    if (err != DMSC_OK)
        return err;
    err = parse(&r, xml);
    if (err == DMSC_OK)
        err = dmsci_syncml_build_done(r.builder, ret_msg);
    dmsci_syncml_builder_free(r.builder);
    return err;
}
