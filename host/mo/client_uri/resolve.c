/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the nodes of a ClientURI: instances by their kind, then place by place. */
#include "host/mo/client_uri/client_uri.h"
#include "host/mo/tree.h"
#include "host/mo/uri.h"
#include <string.h>

enum dmsc_err dmsc_tree_instances(struct dmsc_tree *tree, const char *moid,
                                  bool (*instance)(void *user, const char *uri), void *user)
{
    struct dmsc_buf at;
    bool there = true;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && there) {
        err = dmsci_row_of_type(tree->store, moid, dmsc_buf_str(&at), &at, &there);
        there = err == DMSC_OK && there && instance(user, dmsc_buf_str(&at));
    }
    dmsc_buf_clear(&at);
    return err;
}

/* What goes through a resolution. */
struct search {
    struct dmsc_tree *tree;
    const struct dmsci_client_uri *u;
    dmsc_client_uri_filter *visible;
    bool (*found)(void *user, const char *uri);
    void *user;
    size_t hits, instances;
    bool stopped;
    struct dmsc_buf only; /* the instance, where one alone is meant */
    enum dmsc_err err;
};

static bool sees(const struct search *s, const char *uri)
{
    return s->visible == NULL || s->visible(s->user, uri);
}

/* The value of the node that a condition names, below @p base. */
static enum dmsc_err holds(struct search *s, const struct dmsci_condition *nv, const char *base,
                           bool *ret_holds)
{
    struct dmsc_buf uri, value;
    enum dmsc_err err;

    *ret_holds = false;
    dmsc_buf_init(&uri, s->tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, s->tree->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s%s%s", base, nv->path[0] != '\0' ? "/" : "", nv->path);
    if (err == DMSC_OK && sees(s, dmsc_buf_str(&uri))) {
        err = dmsc_tree_value(s->tree, dmsc_buf_str(&uri), &value);
        *ret_holds =
            err == DMSC_OK && dmsc_bytes_equal(dmsc_buf_bytes(&value), dmsc_bytes_str(nv->value));
        /* A large object is no value that a condition could name. */
        if (err == DMSC_E_NOTFOUND || err == DMSC_E_STATE || err == DMSC_E_LIMIT)
            err = DMSC_OK;
    }
    dmsc_buf_clear(&uri);
    dmsc_buf_clear(&value);
    return err;
}

/* All conditions about the letter are met by the node. */
static enum dmsc_err all_hold(struct search *s, char letter, const char *base, bool *ret_all)
{
    enum dmsc_err err = DMSC_OK;

    *ret_all = true;
    for (size_t i = 0; err == DMSC_OK && *ret_all && i < s->u->nv_count; i++) {
        if (s->u->nv[i].letter == letter)
            err = holds(s, &s->u->nv[i], base, ret_all);
    }
    return err;
}

/*
 * One level down: the child of @p at that the place names, or the one behind @p after ("": the
 * first). @p at becomes the child's URI. @p ret_there false: there is none.
 */
static enum dmsc_err descend(struct search *s, const struct dmsci_place *place,
                             const struct dmsc_buf *after, struct dmsc_buf *at, bool *ret_there)
{
    size_t n = at->n;
    struct dmsc_buf name;
    bool fits = false;
    enum dmsc_err err;

    *ret_there = false;
    dmsc_buf_init(&name, s->tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_set(&name, dmsc_buf_bytes(after));
    while (err == DMSC_OK && !fits) {
        bool there = place->kind == DMSCI_PLACE_NAME && after->n == 0 && name.n == 0;

        dmsc_buf_truncate(at, n);
        if (place->kind == DMSCI_PLACE_NAME)
            err = dmsc_buf_set(&name, dmsc_bytes_str(place->name));
        else
            err = dmsci_row_child(s->tree->store, dmsc_buf_str(at), dmsc_buf_str(&name), &name,
                                  &there);
        if (err != DMSC_OK || !there)
            break;
        err = dmsci_buf_printf(at, "/%s", dmsc_buf_str(&name));
        if (err == DMSC_OK)
            err = dmsc_tree_has(s->tree, dmsc_buf_str(at), &fits);
        fits = fits && sees(s, dmsc_buf_str(at));
        if (err == DMSC_OK && fits && place->kind == DMSCI_PLACE_X)
            err = all_hold(s, place->letter, dmsc_buf_str(at), &fits);
    }
    *ret_there = err == DMSC_OK && fits;
    if (!*ret_there)
        dmsc_buf_truncate(at, n);
    dmsc_buf_clear(&name);
    return err;
}

/* Cut the last segment off; it is what the next child stands behind. */
static enum dmsc_err back_up(struct dmsc_buf *at, struct dmsc_buf *after)
{
    size_t n = dmsci_uri_parent_length(dmsc_buf_str(at));
    enum dmsc_err err = dmsc_buf_set(after, dmsc_bytes(at->p + n + 1, at->n - n - 1));

    dmsc_buf_truncate(at, n);
    return err;
}

/* Depth first, without recursion: @p after holds where to go on at the present level. */
static enum dmsc_err search_instance(struct search *s, const char *root)
{
    const struct dmsci_client_uri *u = s->u;
    struct dmsc_buf at, after;
    size_t level = 0;
    bool done = false, there = false;
    enum dmsc_err err;

    dmsc_buf_init(&at, s->tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&after, s->tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, root);
    while (err == DMSC_OK && !done) {
        if (level == u->path_count) {
            s->hits++;
            s->stopped = !s->found(s->user, dmsc_buf_str(&at));
            done = s->stopped || level == 0;
            there = false;
        } else {
            err = descend(s, &u->path[level], &after, &at, &there);
            level += there;
            dmsc_buf_reset(&after);
            done = !there && level == 0;
        }
        if (err == DMSC_OK && !done && !there) {
            err = back_up(&at, &after);
            level--;
        }
    }
    dmsc_buf_clear(&at);
    dmsc_buf_clear(&after);
    return err;
}

static bool each_instance(void *user, const char *uri)
{
    struct search *s = user;
    bool fits = sees(s, uri);

    if (fits && s->u->instance.kind == DMSCI_PLACE_X)
        s->err = all_hold(s, s->u->instance.letter, uri, &fits);
    if (!fits || s->err != DMSC_OK)
        return s->err == DMSC_OK;
    s->instances++;
    if (s->u->instance.kind != DMSCI_PLACE_ONLY)
        s->err = search_instance(s, uri);
    else if (s->instances == 1)
        s->err = dmsc_buf_set(&s->only, dmsc_bytes_str(uri));
    return s->err == DMSC_OK && !s->stopped &&
           (s->u->instance.kind != DMSCI_PLACE_ONLY || s->instances < 2);
}

/* An instance by its MIID: the node must be of the kind. */
static enum dmsc_err named_instance(struct search *s)
{
    struct dmsc_buf uri;
    struct dmsci_row row;
    bool there = false;
    enum dmsc_err err;

    dmsc_buf_init(&uri, s->tree->ctx, SIZE_MAX / 2);
    err = dmsc_miid_to_uri(s->tree->ctx, s->u->instance.name, &uri);
    if (err == DMSC_OK)
        err = dmsci_row_get(s->tree->store, dmsc_buf_str(&uri), &row, &there);
    if (err == DMSC_OK && there && row.format == DMSC_FORMAT_NODE &&
        strcmp(row.type, s->u->moid) == 0 && sees(s, dmsc_buf_str(&uri)))
        err = search_instance(s, dmsc_buf_str(&uri));
    dmsc_buf_clear(&uri);
    return err;
}

static enum dmsc_err search_all(struct search *s)
{
    struct dmsc_ctx *ctx = s->tree->ctx;
    enum dmsc_err err = s->u->instance.kind == DMSCI_PLACE_NAME
                            ? named_instance(s)
                            : dmsc_tree_instances(s->tree, s->u->moid, each_instance, s);

    if (err == DMSC_OK)
        err = s->err;
    if (err == DMSC_OK && s->u->instance.kind == DMSCI_PLACE_ONLY && s->instances > 1) {
        (void)dmsci_fail(ctx, DMSC_E_STATE, "find an instance of %s", s->u->moid);
        dmsci_why(ctx, "client-uri:ambiguous", "there are several, and none is named");
        return DMSC_E_STATE;
    }
    if (err == DMSC_OK && s->u->instance.kind == DMSCI_PLACE_ONLY && s->instances == 1)
        err = search_instance(s, dmsc_buf_str(&s->only));
    if (err == DMSC_OK && s->hits == 0) {
        (void)dmsci_fail(ctx, DMSC_E_NOTFOUND, "find a node of %s", s->u->moid);
        dmsci_why(ctx, "client-uri:nothing", "there is none that fits");
        return DMSC_E_NOTFOUND;
    }
    return err;
}

enum dmsc_err dmsc_client_uri_resolve(struct dmsc_tree *tree, const char *client_uri,
                                      dmsc_client_uri_filter *visible,
                                      bool (*found)(void *user, const char *uri), void *user,
                                      struct dmsc_buf *ret_cv)
{
    struct dmsci_client_uri *u = dmsci_alloc(tree->ctx, sizeof(*u));
    struct search s = { .tree = tree, .u = u, .visible = visible, .found = found, .user = user };
    enum dmsc_err err;

    if (u == NULL)
        return DMSC_E_NOMEM;
    dmsc_buf_init(&s.only, tree->ctx, SIZE_MAX / 2);
    err = dmsci_client_uri_parse(tree->ctx, client_uri, u);
    if (err == DMSC_OK) {
        err = search_all(&s);
        if (err == DMSC_OK && ret_cv != NULL)
            err = dmsc_buf_set(ret_cv, dmsc_bytes_str(u->cv));
        dmsci_client_uri_clear(u);
    }
    dmsc_buf_clear(&s.only);
    dmsci_free(tree->ctx, u);
    return err;
}

/* What would be read as something else is encoded. */
static enum dmsc_err put_encoded(struct dmsc_buf *text, const char *s, const char *also)
{
    enum dmsc_err err = DMSC_OK;

    for (; *s != '\0' && err == DMSC_OK; s++) {
        unsigned char c = (unsigned char)*s;

        if (c > 0x20 && c < 0x7F && strchr("%?#&=()*", c) == NULL && strchr(also, c) == NULL)
            err = dmsc_buf_append_u8(text, c);
        else
            err = dmsci_buf_printf(text, "%%%02X", c);
    }
    return err;
}

enum dmsc_err dmsc_client_uri_of(struct dmsc_tree *tree, const char *uri,
                                 struct dmsc_buf *ret_client_uri)
{
    size_t before = ret_client_uri->n;
    struct dmsc_buf urn, root;
    enum dmsc_err err;

    dmsc_buf_init(&urn, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&root, tree->ctx, SIZE_MAX / 2);
    err = dmsc_tree_instance(tree, uri, &urn, &root);
    if (err == DMSC_OK && root.n == 0) {
        err = dmsci_fail(tree->ctx, DMSC_E_NOTFOUND, "name a node by a ClientURI");
        dmsci_where(tree->ctx, "%.180s", uri);
        dmsci_why(tree->ctx, "client-uri:no-instance", "it lies in no Management Object");
    }
    if (err == DMSC_OK)
        err = put_encoded(ret_client_uri, dmsc_buf_str(&urn), "/");
    if (err == DMSC_OK)
        err = dmsc_buf_append_u8(ret_client_uri, '/');
    if (err == DMSC_OK)
        err = dmsc_miid_of_uri(dmsc_buf_str(&root), ret_client_uri);
    if (err == DMSC_OK)
        err = put_encoded(ret_client_uri, uri[root.n] == '\0' ? "/" : uri + root.n, ":");
    if (err != DMSC_OK)
        dmsc_buf_truncate(ret_client_uri, before);
    dmsc_buf_clear(&urn);
    dmsc_buf_clear(&root);
    return err;
}
