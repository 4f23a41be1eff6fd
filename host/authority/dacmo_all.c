/* SPDX-License-Identifier: Apache-2.0 */
/* What concerns every instance: a session that starts, somebody who is gone, nodes that go. */
#include "host/authority/dacmo.h"
#include "host/mo/tree.h"
#include <dmsc/alert.h>
#include <stdio.h>
#include <string.h>

struct walk {
    struct dmsc_buf *name;
    bool there;
    enum dmsc_err err;
};

static bool after(void *user, const char *name)
{
    struct walk *walk = user;

    /* Children come in octet order: the first behind the last one. */
    if (strcmp(name, dmsc_buf_str(walk->name)) <= 0)
        return true;
    walk->there = true;
    walk->err = dmsc_buf_set(walk->name, dmsc_bytes_str(name));
    return false;
}

/* Every DACMO, one after the other, so that each may be changed. */
enum dmsc_err dmsci_dacmo_each(struct dmsc_authority *authority, const void *arg,
                               enum dmsc_err (*act)(struct dmsc_authority *authority,
                                                    const char *base, const void *arg))
{
    char base[DMSCI_DACMO_SIZE];
    struct dmsc_buf name;
    struct walk walk = { &name, true, DMSC_OK };
    enum dmsc_err err = DMSC_OK;

    dmsc_buf_init(&name, authority->ctx, SIZE_MAX / 2);
    while (err == DMSC_OK && walk.there) {
        walk.there = false;
        err = dmsc_tree_children(authority->tree, "./DACMO", after, &walk);
        if (err == DMSC_E_NOTFOUND)
            err = DMSC_OK;
        if (err == DMSC_OK)
            err = walk.err;
        if (err != DMSC_OK || !walk.there)
            continue;
        (void)snprintf(base, sizeof(base), "./DACMO/%.23s", dmsc_buf_str(&name));
        err = act(authority, base, arg);
    }
    dmsc_buf_clear(&name);
    return err;
}

static enum dmsc_err take_over(struct dmsc_authority *authority, const char *base, const void *arg)
{
    const char *who = arg;
    char heir[DMSCI_WHO_SIZE];
    enum dmsc_err err = dmsci_dacmo_text(authority, base, "Ext/dmsc/NewOwner", heir, sizeof(heir));

    if (err != DMSC_OK || strcmp(heir, who) != 0)
        return err;
    return dmsci_dacmo_set_owner(authority, base, who);
}

/* One session at a time: what the one before has used is counted, and a number may come again. */
static void forget_used(struct dmsc_authority *authority)
{
    size_t kept = 0;

    for (size_t i = 0; i < authority->used_count; i++) {
        if (!authority->used[i].written)
            authority->used[kept++] = authority->used[i];
    }
    authority->used_count = kept;
}

enum dmsc_err dmsc_grant_session(struct dmsc_authority *authority, const char *server_id)
{
    forget_used(authority);
    return dmsci_dacmo_each(authority, server_id, take_over);
}

static enum dmsc_err forget_in(struct dmsc_authority *authority, const char *base, const void *arg)
{
    const char *who = arg;
    char owner[DMSCI_WHO_SIZE], heir[DMSCI_WHO_SIZE];
    struct dmsci_grant his;
    bool there = false;
    enum dmsc_err err = dmsci_dacmo_owner(authority, base, owner);

    if (err == DMSC_OK)
        err = dmsci_dacmo_text(authority, base, "Ext/dmsc/NewOwner", heir, sizeof(heir));
    if (err == DMSC_OK && strcmp(heir, who) == 0)
        err = dmsci_dacmo_leaf(authority, base, "Ext/dmsc/NewOwner", DMSC_FORMAT_CHR, NULL);
    if (err == DMSC_OK)
        err = dmsci_dacmo_find(authority, base, who, &his, &there);
    if (err == DMSC_OK && there)
        err = dmsci_dacmo_drop(authority, base, his.key);
    if (err == DMSC_OK && there)
        err = dmsci_dacmo_cascade(authority, base);
    if (err == DMSC_OK && strcmp(owner, who) == 0)
        err = dmsci_dacmo_set_owner(authority, base, "local:");
    return err;
}

enum dmsc_err dmsc_grant_forget(struct dmsc_authority *authority, const char *server_id)
{
    enum dmsc_err err = dmsci_dacmo_each(authority, server_id, forget_in);

    if (err == DMSC_OK)
        err = dmsc_alert_forget(authority->tree, server_id);
    return err != DMSC_OK ? err : dmsci_tree_forget_server(authority->tree, server_id);
}

static enum dmsc_err drop_below(struct dmsc_authority *authority, const char *base, const void *arg)
{
    const char *uri = arg;
    struct dmsc_buf at, value;
    enum dmsc_err err;

    dmsc_buf_init(&at, authority->ctx, SIZE_MAX / 2);
    dmsc_buf_init(&value, authority->ctx, SIZE_MAX / 2);
    err = dmsci_buf_printf(&at, "%s/Ext/dmsc/LocURI", base);
    if (err == DMSC_OK)
        err = dmsc_tree_value(authority->tree, dmsc_buf_str(&at), &value);
    if (err == DMSC_OK && dmsc_uri_below(dmsc_buf_str(&value), uri))
        err = dmsc_tree_delete(authority->tree, base, true);
    dmsc_buf_clear(&at);
    dmsc_buf_clear(&value);
    return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
}

enum dmsc_err dmsc_authority_deleting(struct dmsc_authority *authority, const char *uri)
{
    enum dmsc_err err = dmsci_priority_forget(authority, uri);

    return err != DMSC_OK ? err : dmsci_dacmo_each(authority, uri, drop_below);
}
