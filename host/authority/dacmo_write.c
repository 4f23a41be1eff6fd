/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a DACMO: made, changed, shrunk and taken away. */
#include "host/authority/dacmo.h"
#include "host/mo/tree.h"
#include <stdio.h>
#include <string.h>

#define MOID "urn:oma:mo:oma-dm-dacmo:1.0"

/* The device makes and removes these nodes; to all others they can at most be shown. */
static enum dmsc_err make_node(struct dmsc_authority *authority, const char *uri,
                               enum dmsc_format format, const char *type, const char *acl,
                               const char *text)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    enum dmsc_err err;

    spec.format = format;
    spec.type = type;
    spec.acl = acl;
    spec.access = DMSC_ACCESS_GET;
    spec.flags = DMSC_NODE_PERMANENT;
    if (format != DMSC_FORMAT_NODE)
        spec.value = dmsc_bytes_str(text);
    err = dmsc_tree_add(authority->tree, uri, &spec);
    if (err == DMSC_E_EXISTS && format == DMSC_FORMAT_NODE)
        return DMSC_OK;
    if (err == DMSC_E_EXISTS)
        return dmsc_tree_replace(authority->tree, uri, NULL, NULL, spec.value);
    return err;
}

static enum dmsc_err below(struct dmsc_authority *authority, const char *base, const char *name,
                           enum dmsc_format format, const char *type, const char *text)
{
    struct dmsc_buf uri;
    enum dmsc_err err;

    dmsc_buf_init(&uri, authority->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", base, name);
    if (err == DMSC_OK)
        err = make_node(authority, dmsc_buf_str(&uri), format, type, NULL, text);
    dmsc_buf_clear(&uri);
    return err;
}

static enum dmsc_err remove_below(struct dmsc_authority *authority, const char *base,
                                  const char *name)
{
    struct dmsc_buf uri;
    enum dmsc_err err;

    dmsc_buf_init(&uri, authority->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&uri, "%s/%s", base, name);
    if (err == DMSC_OK)
        err = dmsc_tree_delete(authority->tree, dmsc_buf_str(&uri), true);
    dmsc_buf_clear(&uri);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsci_dacmo_leaf(struct dmsc_authority *authority, const char *base, const char *leaf,
                               enum dmsc_format format, const char *text)
{
    if (text == NULL)
        return remove_below(authority, base, leaf);
    return below(authority, base, leaf, format, "text/plain", text);
}

enum dmsc_err dmsci_dacmo_make(struct dmsc_authority *authority, const char *base, const char *moid,
                               const char *instance, const char *owner)
{
    static const char *const rooms[] = { "ACL", "Ext", "Ext/dmsc" };
    struct dmsc_buf miid;
    enum dmsc_err err;

    dmsc_buf_init(&miid, authority->ctx, SIZE_MAX / 2);
    err = dmsc_miid_of_uri(instance, &miid);
    /* An ACL that names nobody: by the rules of DM 1.x no server sees what is here. */
    if (err == DMSC_OK)
        err = make_node(authority, "./DACMO", DMSC_FORMAT_NODE, NULL, "Get=dmsc", NULL);
    if (err == DMSC_OK)
        err = dmsc_tree_delete(authority->tree, base, true);
    if (err == DMSC_OK || err == DMSC_E_NOTFOUND)
        err = make_node(authority, base, DMSC_FORMAT_NODE, MOID, NULL, NULL);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rooms) && err == DMSC_OK; i++)
        err = below(authority, base, rooms[i], DMSC_FORMAT_NODE, NULL, NULL);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "MOID", DMSC_FORMAT_CHR, moid);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "MIID", DMSC_FORMAT_CHR, dmsc_buf_str(&miid));
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "Ext/dmsc/LocURI", DMSC_FORMAT_CHR, instance);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "Owner", DMSC_FORMAT_CHR, owner);
    dmsc_buf_clear(&miid);
    return err;
}

/* The first number that is free. */
static enum dmsc_err free_key(struct dmsc_authority *authority, const char *base, char ret_key[12])
{
    const unsigned most = dmsc_ctx_limits(authority->ctx)->grants;
    char uri[DMSCI_DACMO_SIZE + 24];
    bool there = true;
    enum dmsc_err err = DMSC_OK;

    for (unsigned n = 1; err == DMSC_OK && there && n <= most; n++) {
        (void)snprintf(ret_key, 12, "%u", n);
        (void)snprintf(uri, sizeof(uri), "%s/ACL/%s", base, ret_key);
        err = dmsc_tree_has(authority->tree, uri, &there);
    }
    if (err == DMSC_OK && there) {
        err = dmsci_fail(authority->ctx, DMSC_E_LIMIT, "grant a right");
        dmsci_why(authority->ctx, "dacmo:grants", "an instance takes %u grants", most);
    }
    return err;
}

static enum dmsc_err put_time(struct dmsc_authority *authority, const char *base, const char *leaf,
                              int64_t seconds)
{
    char text[21];

    if (seconds == 0)
        return dmsci_dacmo_leaf(authority, base, leaf, DMSC_FORMAT_CHR, NULL);
    dmsci_time_text(seconds, text);
    return dmsci_dacmo_leaf(authority, base, leaf, DMSC_FORMAT_CHR, text);
}

static enum dmsc_err put_number(struct dmsc_authority *authority, const char *base,
                                const char *leaf, bool there, unsigned long value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lu", value);
    return dmsci_dacmo_leaf(authority, base, leaf, DMSC_FORMAT_INT, there ? text : NULL);
}

enum dmsc_err dmsci_dacmo_put(struct dmsc_authority *authority, const char *base,
                              const struct dmsci_grant *g)
{
    const struct dmsc_grant *grant = &g->grant;
    char at[DMSCI_DACMO_SIZE + 24], key[12];
    enum dmsc_err err = DMSC_OK;

    (void)snprintf(key, sizeof(key), "%s", g->key);
    if (key[0] == '\0')
        err = free_key(authority, base, key);
    if (err != DMSC_OK)
        return err;
    (void)snprintf(at, sizeof(at), "%s/ACL/%s", base, key);
    err = make_node(authority, at, DMSC_FORMAT_NODE, NULL, NULL, NULL);
    if (err == DMSC_OK)
        err = below(authority, at, "Ext", DMSC_FORMAT_NODE, NULL, NULL);
    if (err == DMSC_OK)
        err = below(authority, at, "Ext/dmsc", DMSC_FORMAT_NODE, NULL, NULL);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, at, "SrvID", DMSC_FORMAT_CHR, g->who);
    if (err == DMSC_OK)
        err = put_number(authority, at, "Rights", true, grant->rights);
    if (err == DMSC_OK)
        err = put_time(authority, at, "Ext/dmsc/NotBefore", grant->not_before);
    if (err == DMSC_OK)
        err = put_time(authority, at, "Ext/dmsc/NotAfter", grant->not_after);
    if (err == DMSC_OK)
        err = put_number(authority, at, "Ext/dmsc/Sessions", g->counted, grant->sessions);
    if (err == DMSC_OK)
        err = put_number(authority, at, "Ext/dmsc/Prio", grant->priority != 0, grant->priority);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, at, "Ext/dmsc/GrantedBy", DMSC_FORMAT_CHR, g->given_by);
    if (err == DMSC_OK)
        err = put_number(authority, at, "Ext/dmsc/Depth", true, g->depth);
    return err;
}

enum dmsc_err dmsci_dacmo_drop(struct dmsc_authority *authority, const char *base, const char *key)
{
    char name[20];

    (void)snprintf(name, sizeof(name), "ACL/%.11s", key);
    return remove_below(authority, base, name);
}

enum dmsc_err dmsci_dacmo_spend(struct dmsc_authority *authority, const struct dmsci_used *used)
{
    char at[DMSCI_DACMO_SIZE + 24];
    struct dmsci_grant g;
    bool there = false;
    enum dmsc_err err = dmsci_dacmo_find(authority, used->base, used->who, &g, &there);

    if (err != DMSC_OK || !there || !g.counted || g.grant.sessions == 0)
        return err;
    (void)snprintf(at, sizeof(at), "%s/ACL/%.11s", used->base, g.key);
    return put_number(authority, at, "Ext/dmsc/Sessions", true, g.grant.sessions - 1);
}

struct rows {
    struct dmsci_grant *row;
    size_t n, most;
};

static bool collect(void *user, const struct dmsci_grant *g)
{
    struct rows *rows = user;

    if (rows->n < rows->most)
        rows->row[rows->n++] = *g;
    return rows->n < rows->most;
}

/* All grants of an instance. @p ret_rows: the rows are to be freed, also after a failure */
static enum dmsc_err read_rows(struct dmsc_authority *authority, const char *base,
                               struct rows *ret_rows)
{
    *ret_rows = (struct rows){ .most = dmsc_ctx_limits(authority->ctx)->grants };
    ret_rows->row = dmsci_calloc(authority->ctx, ret_rows->most, sizeof(*ret_rows->row));
    return ret_rows->row == NULL ? DMSC_E_NOMEM
                                 : dmsci_dacmo_grants(authority, base, collect, ret_rows);
}

static const struct dmsci_grant *row_of(const struct rows *rows, const char *who)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->row[i].key[0] != '\0' && strcmp(rows->row[i].who, who) == 0)
            return &rows->row[i];
    }
    return NULL;
}

/* One grant against that of its giver. @return whether it changed */
static bool shrink(const struct rows *rows, struct dmsci_grant *g)
{
    const struct dmsci_grant *giver = row_of(rows, g->given_by);
    uint8_t rights = g->grant.rights;
    int64_t not_after = g->grant.not_after;

    if (g->depth <= 1)
        return false;
    if (giver == NULL || (giver->grant.rights & DMSC_GRANT_DELEGATE) == 0) {
        g->grant.rights = 0;
        return rights != 0;
    }
    g->grant.rights &= giver->grant.rights;
    if (giver->grant.not_after != 0 && (not_after == 0 || not_after > giver->grant.not_after))
        g->grant.not_after = giver->grant.not_after;
    return g->grant.rights != rights || g->grant.not_after != not_after;
}

static enum dmsc_err write_back(struct dmsc_authority *authority, const char *base,
                                struct dmsci_grant *g)
{
    enum dmsc_err err;

    if (g->grant.rights == 0) {
        err = dmsci_dacmo_drop(authority, base, g->key);
        g->key[0] = '\0';
        return err;
    }
    return dmsci_dacmo_put(authority, base, g);
}

enum dmsc_err dmsci_dacmo_cascade(struct dmsc_authority *authority, const char *base)
{
    struct rows rows;
    bool changed = true;
    enum dmsc_err err = read_rows(authority, base, &rows);

    /* Rights and times only ever shrink, so this ends. */
    while (err == DMSC_OK && changed) {
        changed = false;
        for (size_t i = 0; i < rows.n && err == DMSC_OK; i++) {
            struct dmsci_grant *g = &rows.row[i];

            if (g->key[0] == '\0' || !shrink(&rows, g))
                continue;
            changed = true;
            err = write_back(authority, base, g);
        }
    }
    dmsci_free(authority->ctx, rows.row);
    return err;
}

enum dmsc_err dmsci_dacmo_set_owner(struct dmsc_authority *authority, const char *base,
                                    const char *who)
{
    struct rows rows;
    enum dmsc_err err = read_rows(authority, base, &rows);

    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "Owner", DMSC_FORMAT_CHR, who);
    if (err == DMSC_OK)
        err = dmsci_dacmo_leaf(authority, base, "Ext/dmsc/NewOwner", DMSC_FORMAT_CHR, NULL);
    for (size_t i = 0; i < rows.n && err == DMSC_OK; i++) {
        struct dmsci_grant *g = &rows.row[i];

        if (strcmp(g->who, who) == 0) {
            err = dmsci_dacmo_drop(authority, base, g->key);
        } else if (g->depth <= 1 || strcmp(g->given_by, who) == 0) {
            (void)snprintf(g->given_by, sizeof(g->given_by), "%s", who);
            g->depth = 1;
            err = dmsci_dacmo_put(authority, base, g);
        }
    }
    dmsci_free(authority->ctx, rows.row);
    return err != DMSC_OK ? err : dmsci_dacmo_cascade(authority, base);
}
