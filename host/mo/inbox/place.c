/* SPDX-License-Identifier: Apache-2.0 */
/* The table of places by kind, and kinds with their versions (TND 7.7.7.3). */
#include "host/mo/place.h"
#include "host/mo/uri.h"
#include <string.h>

/* What was said; a kind without a parent goes nowhere. */
struct dmsci_place {
    char *moid, *parent;
};

/* StdObj 5.3.1: the place of an account is free; in practice it is this one. */
static const struct {
    const char *moid, *parent;
} standard[] = {
    { "urn:oma:mo:oma-dm-dmacc:1.0", "./DMAcc" },
    { "urn:oma:mo:oma-dm-dmacc:1.1", "./DMAcc" },
};

static struct dmsci_place *find(const struct dmsc_tree *tree, const char *moid)
{
    for (size_t i = 0; i < tree->place_count; i++) {
        if (strcmp(tree->places[i].moid, moid) == 0)
            return &tree->places[i];
    }
    return NULL;
}

static enum dmsc_err refuse(struct dmsc_tree *tree, enum dmsc_err err, const char *moid,
                            const char *reason, const char *why)
{
    return dmsci_tree_refuse(tree, err, "say where objects of a kind go", moid, reason, why);
}

static enum dmsc_err new_place(struct dmsc_tree *tree, const char *moid,
                               struct dmsci_place **ret_place)
{
    char *copy;

    if (tree->place_count == dmsc_ctx_limits(tree->ctx)->attachments)
        return refuse(tree, DMSC_E_LIMIT, moid, "inbox:places", "there are as many as may be");
    if (tree->places == NULL)
        tree->places =
            dmsci_calloc(tree->ctx, dmsc_ctx_limits(tree->ctx)->attachments, sizeof(*tree->places));
    copy = dmsci_strdup(tree->ctx, moid);
    if (tree->places == NULL || copy == NULL) {
        dmsci_free(tree->ctx, copy);
        return DMSC_E_NOMEM;
    }
    *ret_place = &tree->places[tree->place_count++];
    **ret_place = (struct dmsci_place){ copy, NULL };
    return DMSC_OK;
}

enum dmsc_err dmsc_tree_place_mo(struct dmsc_tree *tree, const char *moid, const char *parent)
{
    struct dmsci_place *place = find(tree, moid);
    char *copy = NULL;
    enum dmsc_err err = DMSC_OK;

    if (moid[0] == '\0' || !dmsci_text_valid(dmsc_bytes_str(moid), false))
        err = refuse(tree, DMSC_E_ARG, moid, "inbox:moid", "it is no MO identifier");
    if (err == DMSC_OK && parent != NULL)
        err = dmsci_uri_check(tree->ctx, parent);
    if (err == DMSC_OK && parent != NULL) {
        copy = dmsci_strdup(tree->ctx, parent);
        err = copy == NULL ? DMSC_E_NOMEM : DMSC_OK;
    }
    if (err == DMSC_OK && place == NULL)
        err = new_place(tree, moid, &place);
    if (err != DMSC_OK) {
        dmsci_free(tree->ctx, copy);
        return err;
    }
    dmsci_free(tree->ctx, place->parent);
    place->parent = copy;
    return DMSC_OK;
}

void dmsci_inbox_places_free(struct dmsc_tree *tree)
{
    for (size_t i = 0; i < tree->place_count; i++) {
        dmsci_free(tree->ctx, tree->places[i].moid);
        dmsci_free(tree->ctx, tree->places[i].parent);
    }
    dmsci_free(tree->ctx, tree->places);
}

struct beside {
    const struct dmsc_inbox *how;
    struct dmsc_buf *parent;
    enum dmsc_err err;
};

static bool first_seen(void *user, const char *uri)
{
    struct beside *b = user;

    if (b->how->visible != NULL && !b->how->visible(b->how->user, uri))
        return true;
    b->err = dmsc_buf_set(b->parent, dmsc_bytes(uri, dmsci_uri_parent_length(uri)));
    return false;
}

enum dmsc_err dmsci_inbox_parent(struct dmsc_tree *tree, const char *moid,
                                 const struct dmsc_inbox *how, struct dmsc_buf *ret_parent)
{
    struct beside beside = { how, ret_parent, DMSC_OK };
    const struct dmsci_place *place = find(tree, moid);
    enum dmsc_err err;

    dmsc_buf_reset(ret_parent);
    if (place != NULL)
        return place->parent != NULL ? dmsc_buf_append_str(ret_parent, place->parent) : DMSC_OK;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(standard); i++) {
        if (strcmp(standard[i].moid, moid) == 0)
            return dmsc_buf_append_str(ret_parent, standard[i].parent);
    }
    err = dmsc_tree_instances(tree, moid, first_seen, &beside);
    return err != DMSC_OK ? err : beside.err;
}

/*
 * "urn:oma:mo:oma-dm-dmacc:1.0" has its version behind the last colon, "net.example/1.0/Gateway"
 * between slashes. @return octets in front of it, all when there is none; @p ret_n its octets
 */
static size_t version_at(const char *moid, size_t *ret_n)
{
    for (size_t at = 0; moid[at] != '\0';) {
        size_t n = strspn(moid + at, "0123456789.");

        if (at > 0 && n > 0 &&
            ((moid[at - 1] == ':' && moid[at + n] == '\0') ||
             (moid[at - 1] == '/' && moid[at + n] == '/'))) {
            *ret_n = n;
            return at;
        }
        at += strcspn(moid + at, ":/");
        at += moid[at] != '\0';
    }
    *ret_n = 0;
    return strlen(moid);
}

bool dmsci_moid_same(const char *a, const char *b)
{
    size_t a_n, b_n;
    size_t a_at = version_at(a, &a_n), b_at = version_at(b, &b_n);

    return a_at == b_at && memcmp(a, b, a_at) == 0 && strcmp(a + a_at + a_n, b + b_at + b_n) == 0;
}

/* Of two rows of digits without leading zeros the longer is the greater number. */
static int compare_number(const char **a, const char **b)
{
    size_t a_n, b_n;
    int order;

    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    a_n = strspn(*a, "0123456789");
    b_n = strspn(*b, "0123456789");
    order = a_n != b_n ? (a_n < b_n ? -1 : 1) : strncmp(*a, *b, a_n);
    *a += a_n;
    *b += b_n;
    return order;
}

int dmsci_moid_compare(const char *a, const char *b)
{
    size_t a_n, b_n;
    const char *p = a + version_at(a, &a_n), *q = b + version_at(b, &b_n);
    const char *p_end = p + a_n, *q_end = q + b_n;

    while (p < p_end && q < q_end) {
        int order = compare_number(&p, &q);

        if (order != 0)
            return order;
        p += p < p_end;
        q += q < q_end;
    }
    return (p < p_end) - (q < q_end);
}
