/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: begun, gone on with, put into the tree, forgotten. */
#include "host/mo/format.h"
#include "host/mo/large/large.h"
#include "host/mo/uri.h"
#include "host/store/large.h"
#include <string.h>

#define TAG_MAX      256u
#define KEPT_SECONDS (7 * 24 * 3600)

struct dmsc_large {
    struct dmsc_tree *tree;
    char *uri;
    char *name; /* in the store */
    struct dmsci_large state;
};

/* In the store a transfer is "ACTOR line end URI": neither has a control character in it. */
static enum dmsc_err name_of(struct dmsc_ctx *ctx, const char *actor, const char *uri,
                             char **ret_name)
{
    struct dmsc_buf name;
    enum dmsc_err err;

    dmsc_buf_init(&name, ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&name, "%s\n%s", actor, uri);
    if (err == DMSC_OK) {
        *ret_name = dmsci_strdup(ctx, dmsc_buf_str(&name));
        err = *ret_name == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    dmsc_buf_clear(&name);
    return err;
}

/* What nobody went on with is forgotten; what @p actor has beside it is counted. A time to come is
 * that of a clock that was wrong. */
static enum dmsc_err tidy(struct dmsc_tree *tree, const char *actor, int64_t now,
                          unsigned *ret_count)
{
    size_t n = strlen(actor);
    struct dmsc_buf name;
    struct dmsci_large large;
    bool more = true;
    enum dmsc_err err = DMSC_OK;

    *ret_count = 0;
    dmsc_buf_init(&name, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && more) {
        err = dmsci_large_next(tree->store, dmsc_buf_str(&name), &name, &large, &more);
        if (err != DMSC_OK || !more)
            continue;
        if (now - large.at > KEPT_SECONDS || large.at > now + KEPT_SECONDS)
            err = dmsci_large_drop(tree->store, large.id);
        else
            *ret_count += name.n > n && name.p[n] == '\n' && memcmp(name.p, actor, n) == 0;
    }
    dmsc_buf_clear(&name);
    return err;
}

static enum dmsc_err begin_anew(struct dmsc_large *large, const struct dmsc_large_spec *spec,
                                unsigned others, int64_t now)
{
    struct dmsc_tree *tree = large->tree;
    int64_t size = spec->size == DMSC_LARGE_UNKNOWN ? -1 : (int64_t)spec->size;

    if (others >= dmsc_ctx_limits(tree->ctx)->transfers)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "begin a transfer", spec->uri, "large:many",
                                 "too many are not over");
    return dmsci_large_begin(tree->store, large->name, spec->tag, size, now, &large->state);
}

static bool is_same(const struct dmsci_large *there, const struct dmsc_buf *tag,
                    const struct dmsc_large_spec *spec)
{
    return dmsc_bytes_equal(dmsc_buf_bytes(tag), spec->tag) && (uint64_t)there->size == spec->size;
}

/* In a change. */
static enum dmsc_err find_or_begin(struct dmsc_large *large, const struct dmsc_large_spec *spec,
                                   int64_t now)
{
    struct dmsc_store *store = large->tree->store;
    struct dmsc_buf tag;
    unsigned count = 0;
    bool there = false, same = false;
    enum dmsc_err err = tidy(large->tree, spec->actor, now, &count);

    dmsc_buf_init(&tag, large->tree->ctx, SIZE_MAX / 2);
    if (err == DMSC_OK)
        err = dmsci_large_find(store, large->name, &large->state, &tag, &there);
    if (err == DMSC_OK && there) {
        same = is_same(&large->state, &tag, spec);
        if (!same) {
            err = dmsci_large_drop(store, large->state.id);
            count--;
        }
    }
    if (err == DMSC_OK && !same)
        err = begin_anew(large, spec, count, now);
    dmsc_buf_clear(&tag);
    return err;
}

/* @p err, kept or undone. */
static enum dmsc_err end(struct dmsc_store *store, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return dmsc_store_commit(store);
    dmsc_store_rollback(store);
    return err;
}

static enum dmsc_err check(struct dmsc_tree *tree, const struct dmsc_large_spec *spec)
{
    enum dmsc_err err;

    if (spec->size != DMSC_LARGE_UNKNOWN && spec->size > dmsc_ctx_limits(tree->ctx)->large_value)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "begin a transfer", spec->uri, "large:size",
                                 "it is longer than a large value may be");
    if (strchr(spec->actor, '\n') != NULL)
        return dmsci_tree_refuse(tree, DMSC_E_ARG, "begin a transfer", spec->uri, "large:actor",
                                 "no actor has a line end in his name");
    if (spec->tag.n > TAG_MAX)
        return dmsci_tree_refuse(tree, DMSC_E_ARG, "begin a transfer", spec->uri, "large:tag",
                                 "its tag is longer than 256 octets");
    err = dmsci_uri_check(tree->ctx, spec->uri);
    return err != DMSC_OK ? err : dmsci_large_allowed(tree, spec->uri, "begin a transfer");
}

static enum dmsc_err new_large(struct dmsc_tree *tree, const struct dmsc_large_spec *spec,
                               struct dmsc_large **ret_large)
{
    struct dmsc_large *large;
    enum dmsc_err err = check(tree, spec);

    if (err != DMSC_OK)
        return err;
    large = dmsci_alloc(tree->ctx, sizeof(*large));
    if (large == NULL)
        return DMSC_E_NOMEM;
    large->tree = tree;
    large->uri = dmsci_strdup(tree->ctx, spec->uri);
    err = large->uri == NULL ? DMSC_E_NOMEM
                             : name_of(tree->ctx, spec->actor, spec->uri, &large->name);
    if (err != DMSC_OK) {
        dmsc_large_close(large);
        return err;
    }
    *ret_large = large;
    return DMSC_OK;
}

enum dmsc_err dmsc_large_open(struct dmsc_tree *tree, const struct dmsc_large_spec *spec,
                              int64_t now, struct dmsc_large **ret_large)
{
    struct dmsc_large *large = NULL;
    enum dmsc_err err = new_large(tree, spec, &large);

    if (err == DMSC_OK)
        err = dmsc_store_begin(tree->store);
    if (err == DMSC_OK)
        err = end(tree->store, find_or_begin(large, spec, now < 0 ? 0 : now));
    if (err != DMSC_OK) {
        dmsc_large_close(large);
        return err;
    }
    *ret_large = large;
    return DMSC_OK;
}

enum dmsc_err dmsc_large_find(struct dmsc_tree *tree, const struct dmsc_large_spec *spec,
                              struct dmsc_large **ret_large)
{
    struct dmsc_large *large = NULL;
    struct dmsc_buf tag;
    bool there = false;
    enum dmsc_err err = new_large(tree, spec, &large);

    dmsc_buf_init(&tag, tree->ctx, SIZE_MAX / 2);
    if (err == DMSC_OK)
        err = dmsci_large_find(tree->store, large->name, &large->state, &tag, &there);
    if (err == DMSC_OK && (!there || !is_same(&large->state, &tag, spec)))
        err = dmsci_tree_refuse(tree, DMSC_E_NOTFOUND, "go on with a transfer", spec->uri,
                                "large:nothing", "none of this content is on its way");
    dmsc_buf_clear(&tag);
    if (err != DMSC_OK) {
        dmsc_large_close(large);
        return err;
    }
    *ret_large = large;
    return DMSC_OK;
}

void dmsc_large_close(struct dmsc_large *large)
{
    if (large == NULL)
        return;
    dmsci_free(large->tree->ctx, large->uri);
    dmsci_free(large->tree->ctx, large->name);
    dmsci_free(large->tree->ctx, large);
}

uint64_t dmsc_large_have(const struct dmsc_large *large)
{
    return (uint64_t)large->state.have;
}

/* Still ours, and as long as we know it. */
static enum dmsc_err still_there(const struct dmsc_large *large, const char *what)
{
    struct dmsci_large now;
    bool there = false;
    enum dmsc_err err = dmsci_large_find(large->tree->store, large->name, &now, NULL, &there);

    if (err == DMSC_OK && (!there || now.id != large->state.id || now.have != large->state.have))
        err = dmsci_tree_refuse(large->tree, DMSC_E_STATE, what, large->uri, "large:taken",
                                "somebody else went on with it, or dropped it");
    return err;
}

static enum dmsc_err append(struct dmsc_large *large, struct dmsc_bytes octets, int64_t now)
{
    struct dmsci_large after = large->state;
    enum dmsc_err err = still_there(large, "keep a piece");

    while (err == DMSC_OK && octets.n > 0) {
        size_t n = octets.n < DMSCI_LARGE_PIECE ? octets.n : DMSCI_LARGE_PIECE;

        err = dmsci_large_append(large->tree->store, &after, dmsc_bytes(octets.p, n), now);
        octets = dmsc_bytes(octets.p + n, octets.n - n);
    }
    err = end(large->tree->store, err);
    if (err == DMSC_OK)
        large->state = after;
    return err;
}

enum dmsc_err dmsc_large_append(struct dmsc_large *large, struct dmsc_bytes octets, int64_t now)
{
    struct dmsc_tree *tree = large->tree;
    uint64_t have = dmsc_large_have(large), most = dmsc_ctx_limits(tree->ctx)->large_value;
    enum dmsc_err err;

    if (have > most || octets.n > most - have)
        return dmsci_tree_refuse(tree, DMSC_E_LIMIT, "keep a piece", large->uri, "large:size",
                                 "it is longer than a large value may be");
    if (large->state.size >= 0 && octets.n > (uint64_t)large->state.size - have)
        return dmsci_tree_refuse(tree, DMSC_E_MALFORMED, "keep a piece", large->uri, "large:longer",
                                 "it is longer than was said");
    err = dmsci_large_room(tree, octets.n, large->uri);
    if (err == DMSC_OK)
        err = dmsc_store_begin(tree->store);
    return err == DMSC_OK ? append(large, octets, now < 0 ? 0 : now) : err;
}

/* It fits a row: a value like others. */
static enum dmsc_err put_plain(struct dmsc_large *large, bool there, const enum dmsc_format *format,
                               const char *type)
{
    struct dmsc_tree *tree = large->tree;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf value;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&value, tree->ctx, dmsc_ctx_limits(tree->ctx)->node_value);
    while (err == DMSC_OK && value.n < dmsc_large_have(large)) {
        size_t before = value.n;

        err = dmsci_large_read(tree->store, large->state.id, (int64_t)before, DMSCI_LARGE_PIECE,
                               &value);
        if (err == DMSC_OK && value.n == before)
            err = dmsci_fail(tree->ctx, DMSC_E_CORRUPT, "read a large object");
    }
    spec.format = format != NULL ? *format : DMSC_FORMAT_BIN;
    spec.type = type != NULL ? type : "application/octet-stream";
    spec.value = dmsc_buf_bytes(&value);
    if (err == DMSC_OK)
        err = there ? dmsc_tree_replace(tree, large->uri, format, type, spec.value)
                    : dmsc_tree_add(tree, large->uri, &spec);
    if (err == DMSC_OK)
        err = dmsci_large_drop(tree->store, large->state.id);
    dmsc_buf_clear(&value);
    return err;
}

/* The leaf is made or changed as one without a value, which every format takes; then the octets
 * that were checked become it. */
static enum dmsc_err put_large(struct dmsc_large *large, bool there, const enum dmsc_format *format,
                               const char *type)
{
    struct dmsc_tree *tree = large->tree;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsci_row row;
    enum dmsc_err err = DMSC_OK;

    spec.format = format != NULL ? *format : DMSC_FORMAT_BIN;
    spec.type = type != NULL ? type : "application/octet-stream";
    if (there && format == NULL) {
        err = dmsci_tree_row(tree, large->uri, "put a large value", &row);
        if (err == DMSC_OK)
            spec.format = (enum dmsc_format)row.format;
    }
    if (err == DMSC_OK)
        err = dmsci_large_check(tree, spec.format, large->state.id, large->state.have);
    if (err == DMSC_OK)
        err = there ? dmsc_tree_replace(tree, large->uri, format, type, dmsc_bytes(NULL, 0))
                    : dmsc_tree_add(tree, large->uri, &spec);
    if (err == DMSC_OK)
        err = dmsci_row_set_large(tree->store, large->uri, large->state.id);
    return err;
}

enum dmsc_err dmsc_large_put(struct dmsc_large *large, const enum dmsc_format *format,
                             const char *type)
{
    static const char what[] = "put a large value";
    struct dmsc_tree *tree = large->tree;
    bool there = false;
    enum dmsc_err err = dmsci_tree_changing(tree, what);

    if (err == DMSC_OK && large->state.size >= 0 && large->state.have != large->state.size)
        err = dmsci_tree_refuse(tree, DMSC_E_STATE, what, large->uri, "large:incomplete",
                                "not all of it has come");
    if (err == DMSC_OK)
        err = still_there(large, what);
    if (err == DMSC_OK)
        err = dmsci_large_allowed(tree, large->uri, what);
    if (err == DMSC_OK)
        err = dmsc_tree_has(tree, large->uri, &there);
    if (err != DMSC_OK)
        return err;
    err = dmsc_tree_begin(tree, "", dmsci_tree_now(tree));
    if (err != DMSC_OK)
        return err;
    err = dmsc_large_have(large) <= dmsc_ctx_limits(tree->ctx)->node_value
              ? put_plain(large, there, format, type)
              : put_large(large, there, format, type);
    if (err == DMSC_OK)
        return dmsc_tree_commit(tree);
    dmsc_tree_rollback(tree);
    return err;
}

/* Whatever is there of it: a change that was undone may have taken pieces back. */
enum dmsc_err dmsc_large_drop(struct dmsc_large *large)
{
    struct dmsc_store *store = large->tree->store;
    struct dmsci_large now;
    bool there = false;
    enum dmsc_err err = dmsc_store_begin(store);

    if (err != DMSC_OK)
        return err;
    err = dmsci_large_find(store, large->name, &now, NULL, &there);
    if (err == DMSC_OK && there && now.id == large->state.id)
        err = dmsci_large_drop(store, now.id);
    return end(store, err);
}

/* Each transfer, for who wants to see it. */
struct listing {
    bool (*transfer)(void *user, const struct dmsc_large_info *info);
    void *user;
    struct dmsc_buf actor;
};

static enum dmsc_err show(struct listing *l, const char *name, const struct dmsci_large *large,
                          bool *ret_more)
{
    const char *line_end = strchr(name, '\n');
    size_t n = line_end != NULL ? (size_t)(line_end - name) : 0;
    enum dmsc_err err = dmsc_buf_set(&l->actor, dmsc_bytes(name, n));
    const struct dmsc_large_info info = {
        .actor = dmsc_buf_str(&l->actor),
        .uri = line_end != NULL ? line_end + 1 : "",
        .have = (uint64_t)large->have,
        .size = large->size < 0 ? DMSC_LARGE_UNKNOWN : (uint64_t)large->size,
        .at = large->at,
    };

    if (err == DMSC_OK)
        *ret_more = l->transfer(l->user, &info);
    return err;
}

enum dmsc_err dmsc_large_each(struct dmsc_tree *tree,
                              bool (*transfer)(void *user, const struct dmsc_large_info *info),
                              void *user)
{
    struct listing l = { transfer, user, { 0 } };
    struct dmsc_buf name;
    struct dmsci_large large;
    bool more = true;
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&name, tree->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&l.actor, tree->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && more) {
        err = dmsci_large_next(tree->store, dmsc_buf_str(&name), &name, &large, &more);
        if (err == DMSC_OK && more)
            err = show(&l, dmsc_buf_str(&name), &large, &more);
    }
    dmsc_buf_clear(&name);
    dmsc_buf_clear(&l.actor);
    return err;
}

enum dmsc_err dmsc_large_forget(struct dmsc_tree *tree, const char *actor, const char *uri)
{
    struct dmsc_large large = { .tree = tree, .uri = NULL };
    bool there = false;
    enum dmsc_err err = name_of(tree->ctx, actor, uri, &large.name);

    if (err == DMSC_OK)
        err = dmsci_large_find(tree->store, large.name, &large.state, NULL, &there);
    if (err == DMSC_OK && !there)
        err = dmsci_tree_refuse(tree, DMSC_E_NOTFOUND, "drop a transfer", uri, "large:nothing",
                                "none is on its way");
    if (err == DMSC_OK)
        err = dmsc_large_drop(&large);
    dmsci_free(tree->ctx, large.name);
    return err;
}
