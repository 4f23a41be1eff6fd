/* SPDX-License-Identifier: Apache-2.0 */
/* The XML or WBXML of a description (TND 9), with the defects of the field told by name. */
#include "host/mo/ddf.h"
#include "host/mo/document.h"
#include "host/mo/uri.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum element {
    IN_DOCUMENT,
    IN_TREE,
    IN_VERDTD,
    IN_NODE,
    IN_NAME,
    IN_PATH,
    IN_VALUE,
    IN_DF,
    IN_ACCESS,
    IN_DEFAULT,
    IN_FORMAT,
    IN_OCCURRENCE,
    IN_MANY,
    IN_SCOPE,
    IN_TYPE,
    IN_MIME,
    IN_DDFNAME,
    IN_LEAF, /* an empty element that says something by its name */
    IN_IGNORED
};

/* What a Node said. */
#define SAID_NAME   0x01u
#define SAID_FORMAT 0x02u
#define SAID_ACCESS 0x04u
#define SAID_TYPE   0x08u
#define SAID_MIME   0x10u
#define SAID_NODES  0x20u

static const struct grammar {
    enum element parent;
    const char *name;
    enum element element;
    bool text;
} grammar[] = {
    { IN_DOCUMENT, "MgmtTree", IN_TREE, false },   { IN_TREE, "VerDTD", IN_VERDTD, true },
    { IN_TREE, "Man", IN_IGNORED, false },         { IN_TREE, "Mod", IN_IGNORED, false },
    { IN_TREE, "Node", IN_NODE, false },           { IN_NODE, "Node", IN_NODE, false },
    { IN_NODE, "NodeName", IN_NAME, true },        { IN_NODE, "Path", IN_PATH, true },
    { IN_NODE, "Value", IN_VALUE, true },          { IN_NODE, "DFProperties", IN_DF, false },
    { IN_DF, "AccessType", IN_ACCESS, false },     { IN_DF, "DefaultValue", IN_DEFAULT, true },
    { IN_DF, "Description", IN_IGNORED, false },   { IN_DF, "DFFormat", IN_FORMAT, false },
    { IN_DF, "Occurrence", IN_OCCURRENCE, false }, { IN_DF, "Scope", IN_SCOPE, false },
    { IN_DF, "DFTitle", IN_IGNORED, false },       { IN_DF, "DFType", IN_TYPE, false },
    { IN_DF, "CaseSense", IN_IGNORED, false },     { IN_TYPE, "MIME", IN_MIME, true },
    { IN_TYPE, "DDFName", IN_DDFNAME, true },
};

/* In the order of the document type. */
static const struct {
    const char *name;
    uint8_t bit;
} accesses[] = { { "Add", DMSC_ACCESS_ADD },       { "Copy", DMSC_ACCESS_COPY },
                 { "Delete", DMSC_ACCESS_DELETE }, { "Exec", DMSC_ACCESS_EXEC },
                 { "Get", DMSC_ACCESS_GET },       { "Replace", DMSC_ACCESS_REPLACE } };

const char *dmsci_ddf_access(size_t i, uint8_t *ret_bit)
{
    if (i >= DMSCI_ARRAY_LEN(accesses))
        return NULL;
    *ret_bit = accesses[i].bit;
    return accesses[i].name;
}

static const struct {
    const char *name;
    uint32_t least, most;
    bool counted; /* the text of the element is the bound */
} occurrences[] = {
    { "One", 1, 1, false },
    { "ZeroOrOne", 0, 1, false },
    { "ZeroOrMore", 0, UINT32_MAX, false },
    { "OneOrMore", 1, UINT32_MAX, false },
    { "ZeroOrN", 0, 0, true },
    { "OneOrN", 1, 0, true },
};

struct parser {
    struct dmsc_ddf *ddf;
    void (*warn)(void *user, const char *defect, const char *where);
    void *user;
    enum element at;
    enum element parent; /* of an IN_LEAF */
    enum element back;   /* behind what is ignored */
    unsigned ignored;
    uint32_t node;
    struct dmsc_buf piece; /* the text at hand */
    bool collecting, version;
};

static enum dmsc_err bad(struct parser *p, enum dmsc_err err, const char *reason, const char *why)
{
    (void)dmsci_fail(p->ddf->ctx, err, "read a description of objects");
    dmsci_why(p->ddf->ctx, reason, "%s", why);
    return err;
}

static struct dmsci_ddf_node *node(struct parser *p)
{
    return &p->ddf->nodes[p->node];
}

/* Names from the top to the node in hand: where a defect is. */
static void tell(struct parser *p, const char *defect)
{
    char where[256] = "";

    for (uint32_t at = p->node; at != DMSCI_DDF_NONE; at = p->ddf->nodes[at].parent) {
        const char *name = dmsci_ddf_text(p->ddf, p->ddf->nodes[at].name);
        char longer[256];
        int n = snprintf(longer, sizeof(longer), "%.100s%s%.140s", name[0] != '\0' ? name : "<x>",
                         where[0] != '\0' ? "/" : "", where);

        if (n > 0)
            dmsci_copy(where, longer, sizeof(where));
    }
    if (p->warn != NULL)
        p->warn(p->user, defect, where);
}

static enum dmsc_err new_node(struct parser *p)
{
    struct dmsc_ddf *d = p->ddf;
    enum dmsc_err err;

    if (d->count == dmsc_ctx_limits(d->ctx)->tnds_nodes)
        return bad(p, DMSC_E_LIMIT, "ddf:nodes", "it describes too many nodes");
    err = dmsci_ddf_add(d, p->node);
    if (err != DMSC_OK)
        return err;
    if (p->node != DMSCI_DDF_NONE)
        node(p)->said |= SAID_NODES;
    p->node = d->count - 1;
    p->at = IN_NODE;
    return DMSC_OK;
}

static enum dmsc_err ignore(struct parser *p)
{
    if (p->ignored++ == 0)
        p->back = p->at;
    return DMSC_OK;
}

/* <Get/>, <chr/>, <ZeroOrMore/>, <Permanent/>: elements that say something by their name. */
static bool start_leaf(struct parser *p, const char *name)
{
    enum dmsc_format format;

    if (p->at == IN_FORMAT && dmsc_format_by_name(name, &format)) {
        node(p)->format = (uint8_t)format;
        node(p)->said |= SAID_FORMAT;
        return true;
    }
    if (p->at == IN_SCOPE && (strcmp(name, "Permanent") == 0 || strcmp(name, "Dynamic") == 0)) {
        node(p)->permanent = name[0] == 'P';
        return true;
    }
    for (size_t i = 0; p->at == IN_ACCESS && i < DMSCI_ARRAY_LEN(accesses); i++) {
        if (strcmp(accesses[i].name, name) == 0) {
            node(p)->access |= accesses[i].bit;
            return true;
        }
    }
    for (size_t i = 0; p->at == IN_OCCURRENCE && i < DMSCI_ARRAY_LEN(occurrences); i++) {
        if (strcmp(occurrences[i].name, name) != 0)
            continue;
        node(p)->least = occurrences[i].least;
        node(p)->most = occurrences[i].most;
        p->collecting = occurrences[i].counted;
        return true;
    }
    return false;
}

static enum dmsc_err start_known(struct parser *p, const struct grammar *g)
{
    if (g->element == IN_NODE)
        return new_node(p);
    if (g->element == IN_ACCESS)
        node(p)->said |= SAID_ACCESS;
    p->at = g->element;
    p->collecting = g->text;
    dmsc_buf_reset(&p->piece);
    return DMSC_OK;
}

static enum dmsc_err on_start(void *user, const char *ns, const char *name)
{
    struct parser *p = user;

    if (p->ignored > 0 || strncmp(ns, "syncml:dmddf", ns[0] == '\0' ? 0 : 12) != 0)
        return ignore(p);
    if (p->at == IN_DOCUMENT && strcmp(name, "MgmtTree") != 0)
        return bad(p, DMSC_E_MALFORMED, "ddf:no-root", "it is no MgmtTree");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(grammar); i++) {
        if (grammar[i].parent == p->at && strcmp(grammar[i].name, name) == 0)
            return grammar[i].element == IN_IGNORED ? ignore(p) : start_known(p, &grammar[i]);
    }
    if (start_leaf(p, name)) {
        p->parent = p->at;
        p->at = IN_LEAF;
        dmsc_buf_reset(&p->piece);
        return DMSC_OK;
    }
    tell(p, strcmp(name, "RTProperties") == 0 ? "ddf:runtime" : "ddf:unknown-element");
    return ignore(p);
}

static enum dmsc_err on_text(void *user, struct dmsc_bytes text)
{
    struct parser *p = user;

    return p->collecting && p->ignored == 0 ? dmsc_buf_append(&p->piece, text) : DMSC_OK;
}

static struct dmsc_bytes trimmed(const struct dmsc_buf *piece)
{
    struct dmsc_bytes text = dmsc_buf_bytes(piece);

    while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL)
        text.n--;
    while (text.n > 0 && strchr(" \t\r\n", text.p[0]) != NULL) {
        text.p++;
        text.n--;
    }
    return text;
}

static enum dmsc_err end_path(struct parser *p)
{
    struct dmsc_bytes text = trimmed(&p->piece);

    if (node(p)->parent != DMSCI_DDF_NONE) {
        tell(p, "ddf:path-inside");
        return DMSC_OK;
    }
    return p->node == 0 ? dmsc_buf_set(&p->ddf->place, text) : DMSC_OK;
}

static enum dmsc_err end_version(struct parser *p)
{
    struct dmsc_bytes text = trimmed(&p->piece);

    p->version = dmsc_bytes_equal(text, dmsc_bytes("1.2", 3)) ||
                 dmsc_bytes_equal(text, dmsc_bytes("1.3", 3));
    return DMSC_OK;
}

/* MIME types stand one behind the other; an empty one ends them. */
static enum dmsc_err end_type(struct parser *p)
{
    struct dmsc_bytes text = trimmed(&p->piece);
    bool more = p->at == IN_MIME && (node(p)->said & SAID_MIME) != 0;
    enum dmsc_err err;

    if (p->at == IN_DDFNAME && text.n == 0)
        node(p)->said |= SAID_TYPE; /* TND 9: it may be empty */
    if (text.n == 0)
        return DMSC_OK;
    if (more)
        dmsc_buf_truncate(&p->ddf->text, p->ddf->text.n - 1);
    err =
        more ? dmsc_buf_append(&p->ddf->text, text) : dmsci_ddf_keep(p->ddf, text, &node(p)->types);
    if (err == DMSC_OK && more)
        err = dmsc_buf_append_u8(&p->ddf->text, 0);
    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(&p->ddf->text, 0);
    node(p)->said |= SAID_TYPE | (p->at == IN_MIME ? SAID_MIME : 0);
    return err;
}

static enum dmsc_err end_count(struct parser *p)
{
    unsigned long most = strtoul(dmsc_buf_str(&p->piece), NULL, 10);

    if (!p->collecting || p->parent != IN_OCCURRENCE)
        return DMSC_OK;
    /* TND 9: 2 to 65536. */
    if (most < 2 || most > 65536)
        return bad(p, DMSC_E_MALFORMED, "ddf:occurrence", "a bound is 2 to 65536");
    node(p)->most = (uint32_t)most;
    return DMSC_OK;
}

/* What a Node left out, and what it said against reason. */
static enum dmsc_err end_node(struct parser *p)
{
    struct dmsci_ddf_node *n = node(p);
    bool root = n->name != 0 && strcmp(dmsci_ddf_text(p->ddf, n->name), ".") == 0;

    if ((n->said & SAID_NAME) == 0)
        tell(p, "ddf:no-name");
    if ((n->said & SAID_FORMAT) == 0) {
        tell(p, "ddf:no-format");
        n->format = (n->said & SAID_NODES) != 0 ? DMSC_FORMAT_NODE : DMSC_FORMAT_CHR;
    }
    if ((n->said & SAID_ACCESS) == 0) {
        tell(p, "ddf:no-access");
        n->access = DMSC_ACCESS_GET;
    }
    if ((n->said & SAID_TYPE) == 0)
        tell(p, "ddf:no-type");
    if (n->format == DMSC_FORMAT_NODE && (n->said & SAID_MIME) != 0) {
        tell(p, "ddf:mime-on-node");
        n->types = 0;
    }
    if (n->format != DMSC_FORMAT_NODE && (n->said & SAID_NODES) != 0)
        return bad(p, DMSC_E_MALFORMED, "ddf:leaf-with-nodes", "a leaf has nodes below it");
    if (n->name != 0 && !root &&
        dmsci_uri_check_name(p->ddf->ctx, dmsci_ddf_text(p->ddf, n->name)) != DMSC_OK)
        return bad(p, DMSC_E_MALFORMED, "ddf:name", "a NodeName is no name");
    p->at = n->parent == DMSCI_DDF_NONE ? IN_TREE : IN_NODE;
    p->node = n->parent;
    return DMSC_OK;
}

static enum dmsc_err end_text(struct parser *p)
{
    struct dmsc_bytes text = trimmed(&p->piece);

    switch (p->at) {
    case IN_VERDTD:
        return end_version(p);
    case IN_NAME:
        node(p)->said |= SAID_NAME;
        return text.n == 0 ? DMSC_OK : dmsci_ddf_keep(p->ddf, text, &node(p)->name);
    case IN_PATH:
        return end_path(p);
    case IN_VALUE:
    case IN_DEFAULT:
        return p->piece.n == 0 ? DMSC_OK
                               : dmsci_ddf_keep(p->ddf, dmsc_buf_bytes(&p->piece), &node(p)->value);
    case IN_MIME:
    case IN_DDFNAME:
        return end_type(p);
    case IN_LEAF:
        return end_count(p);
    default:
        return DMSC_OK;
    }
}

static enum dmsc_err on_end(void *user)
{
    struct parser *p = user;
    enum dmsc_err err;

    if (p->ignored > 0) {
        if (--p->ignored == 0)
            p->at = p->back;
        return DMSC_OK;
    }
    if (p->at == IN_NODE)
        return end_node(p);
    err = end_text(p);
    p->collecting = false;
    if (p->at == IN_LEAF) {
        p->at = p->parent;
        return err;
    }
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(grammar); i++) {
        if (grammar[i].element == p->at) {
            p->at = grammar[i].parent;
            break;
        }
    }
    return err;
}

static enum dmsc_err read_ddf(struct parser *p, struct dmsc_bytes document)
{
    static const struct dmsci_xml_events events = { on_start, on_text, on_end, NULL, true };
    const struct dmsc_limits *limits = dmsc_ctx_limits(p->ddf->ctx);
    enum dmsc_err err;

    if (document.n > limits->object_size)
        return bad(p, DMSC_E_LIMIT, "ddf:size", "it is too long");
    err = dmsci_document_parse(p->ddf->ctx, document, limits->xml_depth, &events, p);
    if (err == DMSC_OK && p->ddf->count == 0)
        err = bad(p, DMSC_E_MALFORMED, "ddf:empty", "it describes no node");
    if (err != DMSC_OK)
        return err;
    p->node = DMSCI_DDF_NONE;
    if (!p->version)
        tell(p, "ddf:no-version");
    return dmsci_ddf_set_place(p->ddf);
}

enum dmsc_err dmsc_ddf_load(struct dmsc_ctx *ctx, struct dmsc_bytes document,
                            void (*warn)(void *user, const char *defect, const char *where),
                            void *user, struct dmsc_ddf **ret_ddf)
{
    struct parser p = { .warn = warn, .user = user, .node = DMSCI_DDF_NONE };
    enum dmsc_err err = dmsci_ddf_new(ctx, &p.ddf);

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&p.piece, ctx, SIZE_MAX / 2);
    err = read_ddf(&p, document);
    dmsc_buf_clear(&p.piece);
    if (err != DMSC_OK) {
        dmsc_ddf_free(p.ddf);
        return err;
    }
    *ret_ddf = p.ddf;
    return DMSC_OK;
}
