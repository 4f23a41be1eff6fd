/* SPDX-License-Identifier: Apache-2.0 */
/* TNDS 5: the elements of the DDF document type, run-time properties instead of descriptions. */
#include "host/mo/document.h"
#include "host/mo/tnds/tnds.h"
#include <string.h>

enum element {
    IN_DOCUMENT,
    IN_TREE,
    IN_VERDTD,
    IN_NODE,
    IN_NAME,
    IN_PATH,
    IN_VALUE,
    IN_RT,
    IN_ACL,
    IN_FORMAT,
    IN_KIND,
    IN_TITLE,
    IN_TYPE,
    IN_MIME,
    IN_DDFNAME,
    IN_IGNORED
};

/*
 * What stands where, in any order (field practice). Each element but Node has one parent, so the
 * way back needs no stack. Said: may stand once in its Node.
 */
static const struct grammar {
    enum element parent;
    const char *name; /* NULL: any */
    enum element element;
    uint16_t said;
    bool text;
} grammar[] = {
    { IN_DOCUMENT, "MgmtTree", IN_TREE, 0, false },
    { IN_TREE, "VerDTD", IN_VERDTD, 0, true },
    { IN_TREE, "Man", IN_IGNORED, 0, false },
    { IN_TREE, "Mod", IN_IGNORED, 0, false },
    { IN_TREE, "Node", IN_NODE, 0, false },
    { IN_NODE, "Node", IN_NODE, 0, false },
    { IN_NODE, "NodeName", IN_NAME, DMSCI_TNDS_NAME, true },
    { IN_NODE, "Path", IN_PATH, DMSCI_TNDS_PATH, true },
    { IN_NODE, "Value", IN_VALUE, DMSCI_TNDS_VALUE, true },
    { IN_NODE, "RTProperties", IN_RT, DMSCI_TNDS_RT, false },
    { IN_RT, "ACL", IN_ACL, DMSCI_TNDS_ACL, true },
    { IN_RT, "Format", IN_FORMAT, 0, false },
    { IN_RT, "Title", IN_TITLE, DMSCI_TNDS_TITLE, true },
    { IN_RT, "Type", IN_TYPE, 0, false },
    /* The device knows these itself (TNDS 6.1). */
    { IN_RT, "Name", IN_IGNORED, 0, false },
    { IN_RT, "Size", IN_IGNORED, 0, false },
    { IN_RT, "TStamp", IN_IGNORED, 0, false },
    { IN_RT, "VerNo", IN_IGNORED, 0, false },
    { IN_TYPE, "MIME", IN_MIME, DMSCI_TNDS_MIME, true },
    { IN_TYPE, "DDFName", IN_DDFNAME, DMSCI_TNDS_DDFNAME, true },
    { IN_FORMAT, NULL, IN_KIND, 0, false },
};

/* WBXML decoders and the document type write the first two; devices leave it out. */
static const char *const namespaces[] = { "syncml:dmddf1.2", "syncml:dmddf", "" };
static const char *const versions[] = { "1.2", "1.3" };

struct parser {
    struct dmsci_tnds *tnds;
    enum element at;
    enum element parent; /* of the element at hand, for the way back */
    enum element back;   /* where to go on behind what is ignored */
    unsigned ignored;    /* open elements there */
    uint32_t node;       /* the open Node */
    size_t text;         /* where the text at hand begins */
    bool collecting;
    bool octets; /* the text at hand is no text: the value came as octets */
    bool version;
    bool root;
};

static bool listed(const char *const *list, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], s) == 0)
            return true;
    }
    return false;
}

static enum dmsc_err bad(struct parser *p, enum dmsc_err err, const char *reason, const char *why)
{
    return dmsci_tnds_refuse(p->tnds->ctx, err, NULL, reason, why);
}

static struct dmsci_tnds_item *item(struct parser *p)
{
    return &p->tnds->items[p->node];
}

static enum dmsc_err new_item(struct parser *p)
{
    struct dmsci_tnds *t = p->tnds;
    struct dmsci_tnds_item *items;

    if (t->count == dmsc_ctx_limits(t->ctx)->tnds_nodes)
        return bad(p, DMSC_E_LIMIT, "tnds:nodes", "it has too many nodes");
    items = dmsci_more(t->ctx, t->items, t->count, &t->capacity, sizeof(*t->items));
    if (items == NULL)
        return DMSC_E_NOMEM;
    t->items = items;
    t->items[t->count] = (struct dmsci_tnds_item){ .parent = p->node };
    p->node = t->count++;
    return DMSC_OK;
}

static enum dmsc_err ignore(struct parser *p)
{
    if (p->ignored++ == 0)
        p->back = p->at;
    p->at = IN_IGNORED;
    return DMSC_OK;
}

static enum dmsc_err start_root(struct parser *p, const char *ns, const char *name)
{
    if (strcmp(name, "MgmtTree") != 0)
        return bad(p, DMSC_E_MALFORMED, "tnds:no-root", "it is no MgmtTree");
    if (!listed(namespaces, DMSCI_ARRAY_LEN(namespaces), ns))
        return bad(p, DMSC_E_UNSUPPORTED, "tnds:namespace", "the namespace is not that of TNDS");
    p->at = IN_TREE;
    p->root = true;
    return DMSC_OK;
}

static enum dmsc_err start_kind(struct parser *p, const char *name)
{
    enum dmsc_format format;

    if (!dmsc_format_by_name(name, &format))
        return bad(p, DMSC_E_UNSUPPORTED, "format:unknown", "there is no such format");
    if ((item(p)->said & DMSCI_TNDS_FORMAT) != 0)
        return bad(p, DMSC_E_MALFORMED, "tnds:duplicate", "a Node has two formats");
    item(p)->said |= DMSCI_TNDS_FORMAT;
    item(p)->format = (uint8_t)format;
    p->at = IN_KIND;
    return DMSC_OK;
}

static const struct grammar *find(enum element parent, const char *name)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(grammar); i++) {
        if (grammar[i].parent == parent &&
            (grammar[i].name == NULL || strcmp(grammar[i].name, name) == 0))
            return &grammar[i];
    }
    return NULL;
}

static enum dmsc_err start_known(struct parser *p, const struct grammar *g)
{
    /* Both kinds of Type say what the node is; only one of them can be true. */
    uint16_t type = DMSCI_TNDS_MIME | DMSCI_TNDS_DDFNAME;
    uint16_t once = (g->said & type) != 0 ? type : g->said;

    if (g->element == IN_NODE)
        return new_item(p);
    if (once != 0 && (item(p)->said & once) != 0)
        return bad(p, DMSC_E_MALFORMED, "tnds:duplicate", "an element stands twice in its Node");
    if (g->element == IN_VERDTD && p->version)
        return bad(p, DMSC_E_MALFORMED, "tnds:duplicate", "VerDTD stands twice");
    if (once != 0)
        item(p)->said |= g->said;
    p->collecting = g->text;
    p->octets = false;
    p->text = p->tnds->text.n;
    return DMSC_OK;
}

static enum dmsc_err on_start(void *user, const char *ns, const char *name)
{
    struct parser *p = user;
    const struct grammar *g;
    enum dmsc_err err;

    if (p->at == IN_DOCUMENT)
        return start_root(p, ns, name);
    if (p->collecting && p->ignored == 0)
        return bad(p, DMSC_E_MALFORMED, "tnds:mixed", "an element stands where text alone can");
    if (p->ignored > 0 || !listed(namespaces, DMSCI_ARRAY_LEN(namespaces), ns))
        return ignore(p);
    if (p->at == IN_FORMAT)
        return start_kind(p, name);
    g = find(p->at, name);
    if (g == NULL && strcmp(name, "DFProperties") == 0)
        return bad(p, DMSC_E_UNSUPPORTED, "tnds:description",
                   "it describes a kind of object (DDF) and is none");
    if (g == NULL)
        return bad(p, DMSC_E_MALFORMED, "tnds:element", "an element stands where it cannot");
    if (g->element == IN_IGNORED)
        return ignore(p);
    err = start_known(p, g);
    if (err == DMSC_OK)
        p->at = g->element;
    return err;
}

static enum dmsc_err on_text(void *user, struct dmsc_bytes text)
{
    struct parser *p = user;

    if (p->ignored > 0)
        return DMSC_OK;
    if (p->octets && text.n > 0)
        return bad(p, DMSC_E_MALFORMED, "tnds:octets", "a value is octets and text");
    if (p->collecting)
        return dmsc_buf_append(&p->tnds->text, text);
    for (size_t i = 0; i < text.n; i++) {
        if (strchr(" \t\r\n", text.p[i]) == NULL)
            return bad(p, DMSC_E_MALFORMED, "tnds:text", "text stands between elements");
    }
    return DMSC_OK;
}

/* A value may come as octets, in any number of pieces; its format may stand behind it. Elsewhere
 * octets are another way to write text. */
static enum dmsc_err on_octets(void *user, struct dmsc_bytes octets)
{
    struct parser *p = user;
    bool begun = p->tnds->text.n > p->text;

    if (p->ignored > 0)
        return DMSC_OK;
    if (p->at != IN_VALUE) {
        if (!dmsci_text_valid(octets, true))
            return bad(p, DMSC_E_MALFORMED, "tnds:octets", "octets stand where text alone can");
        return on_text(user, octets);
    }
    if (begun && !p->octets)
        return bad(p, DMSC_E_MALFORMED, "tnds:octets", "a value is octets and text");
    p->octets = true;
    item(p)->said |= DMSCI_TNDS_OCTETS;
    return dmsc_buf_append(&p->tnds->text, octets);
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A name may begin or end with spaces; white space with a line break or tab in it is layout. */
static void trim_layout(struct dmsc_bytes *text)
{
    size_t front = 0;
    size_t end = text->n;
    bool layout = false;

    while (front < text->n && blank(text->p[front]))
        layout = text->p[front++] != ' ' || layout;
    if (layout) {
        text->p += front;
        text->n -= front;
        end -= front;
    }
    for (layout = false; end > 0 && blank(text->p[end - 1]); end--)
        layout = text->p[end - 1] != ' ' || layout;
    if (layout)
        text->n = end;
}

static void trim(struct dmsc_bytes *text)
{
    while (text->n > 0 && blank(text->p[text->n - 1]))
        text->n--;
    while (text->n > 0 && blank(*text->p)) {
        text->p++;
        text->n--;
    }
}

/* Leave the text at hand as a string of its own. */
static enum dmsc_err keep(struct parser *p, void (*cut)(struct dmsc_bytes *text), uint32_t *ret_at,
                          uint32_t *ret_n)
{
    struct dmsc_buf *all = &p->tnds->text;
    struct dmsc_bytes text = dmsc_bytes(all->p + p->text, all->n - p->text);
    enum dmsc_err err;

    if (cut != NULL)
        cut(&text);
    *ret_at = (uint32_t)(text.p - all->p);
    if (ret_n != NULL)
        *ret_n = (uint32_t)text.n;
    dmsc_buf_truncate(all, *ret_at + text.n);
    err = dmsc_buf_append_u8(all, 0);
    return err;
}

static enum dmsc_err end_version(struct parser *p)
{
    uint32_t at = 0;
    enum dmsc_err err = keep(p, trim, &at, NULL);

    if (err == DMSC_OK &&
        !listed(versions, DMSCI_ARRAY_LEN(versions), dmsci_tnds_text(p->tnds, at)))
        err = bad(p, DMSC_E_UNSUPPORTED, "tnds:verdtd", "the version is not 1.2");
    p->version = true;
    return err;
}

static enum dmsc_err end_text(struct parser *p)
{
    struct dmsci_tnds_item *node = p->node == DMSCI_TNDS_NONE ? NULL : item(p);

    switch (p->at) {
    case IN_VERDTD:
        return end_version(p);
    case IN_NAME:
        return keep(p, trim_layout, &node->name, NULL);
    case IN_PATH:
        return keep(p, trim_layout, &node->path, NULL);
    case IN_VALUE:
        return keep(p, NULL, &node->value, &node->value_n);
    case IN_ACL:
        return keep(p, trim, &node->acl, NULL);
    case IN_TITLE:
        return keep(p, NULL, &node->title, NULL);
    default: /* MIME, DDFName */
        return keep(p, trim, &node->type, NULL);
    }
}

static enum element parent_of(const struct parser *p)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(grammar); i++) {
        if (grammar[i].element == p->at)
            return grammar[i].parent;
    }
    return IN_DOCUMENT;
}

static enum dmsc_err on_end(void *user)
{
    struct parser *p = user;
    enum dmsc_err err = DMSC_OK;

    if (p->ignored > 0) {
        if (--p->ignored == 0)
            p->at = p->back;
        return DMSC_OK;
    }
    if (p->at == IN_NODE) {
        p->node = item(p)->parent;
        p->at = p->node == DMSCI_TNDS_NONE ? IN_TREE : IN_NODE;
        return DMSC_OK;
    }
    if (p->collecting)
        err = end_text(p);
    p->collecting = false;
    p->octets = false;
    p->at = parent_of(p);
    return err;
}

enum dmsc_err dmsci_tnds_parse(struct dmsci_tnds *tnds, struct dmsc_bytes document)
{
    static const struct dmsci_xml_events events = { on_start, on_text, on_end, on_octets, false };
    const struct dmsc_limits *limits = dmsc_ctx_limits(tnds->ctx);
    struct parser p = { .tnds = tnds, .node = DMSCI_TNDS_NONE };
    enum dmsc_err err;

    if (document.n > limits->object_size)
        return bad(&p, DMSC_E_LIMIT, "tnds:size", "it is too long");
    tnds->crc = dmsci_crc32(document);
    err = dmsc_buf_append_u8(&tnds->text, 0);
    if (err == DMSC_OK)
        err = dmsci_document_parse(tnds->ctx, document, limits->xml_depth, &events, &p);
    if (err == DMSC_OK && !p.version)
        err = bad(&p, DMSC_E_MALFORMED, "tnds:verdtd", "it states no version");
    if (err == DMSC_OK && tnds->count == 0)
        err = bad(&p, DMSC_E_MALFORMED, "tnds:empty", "it has no node");
    return err;
}
