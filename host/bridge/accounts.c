/* SPDX-License-Identifier: Apache-2.0 */
/* DM accounts of the tree (OMA-TS-DM_StdObj 1.2 clause 5.3.1). */
#include "host/bridge/private.h"
#include <stdio.h>
#include <string.h>

#define ACCOUNTS       "./DMAcc"
#define ACCOUNTS_MAX   32
#define NAME_MAX_BYTES 128

struct names {
    char name[ACCOUNTS_MAX][NAME_MAX_BYTES];
    size_t count;
};

static bool collect(void *user, const char *name)
{
    struct names *names = user;

    if (names->count == ACCOUNTS_MAX)
        return false;
    if (strlen(name) < sizeof(names->name[0]))
        (void)snprintf(names->name[names->count++], sizeof(names->name[0]), "%s", name);
    return true;
}

static bool first_only(void *user, const char *name)
{
    (void)snprintf(user, NAME_MAX_BYTES, "%s", name);
    return false;
}

/* The first address in the order of the node names (16.1 leaves the order to the client). */
static enum dmsc_err address_of(struct dmsc_bridge *bridge, struct dmsc_account *account,
                                bool *ret_there)
{
    char first[NAME_MAX_BYTES] = "";
    char uri[512];
    enum dmsc_err err;

    (void)snprintf(uri, sizeof(uri), "%s/AppAddr", account->uri);
    *ret_there = false;
    err = dmsc_tree_children(bridge->tree, uri, first_only, first);
    if (err == DMSC_E_NOTFOUND || first[0] == '\0')
        return err == DMSC_E_NOTFOUND ? DMSC_OK : err;
    (void)snprintf(uri, sizeof(uri), "%s/AppAddr/%s/Addr", account->uri, first);
    return dmsci_leaf_text(bridge, uri, account->addr, sizeof(account->addr), ret_there);
}

static void judge(struct dmsc_bridge *bridge, struct dmsc_account *account)
{
    const struct dmsc_ma *ma;

    account->verdict =
        dmsc_authority_admit(bridge->authority, account->server_id, dmsc_bridge_now(bridge));
    ma = dmsc_ma_list_by_id(dmsc_authority_list(bridge->authority), account->verdict.ma_id);
    account->priority = ma != NULL ? ma->priority : 0xFF;
}

/* An account without ServerID or address cannot be used, so it is none. @p account is zeroed. */
static enum dmsc_err fill(struct dmsc_bridge *bridge, const char *name,
                          struct dmsc_account *account, bool *ret_there)
{
    bool named;
    char uri[512];
    enum dmsc_err err;

    (void)snprintf(account->uri, sizeof(account->uri), ACCOUNTS "/%s", name);
    (void)snprintf(uri, sizeof(uri), "%s/ServerID", account->uri);
    err = dmsci_leaf_text(bridge, uri, account->server_id, sizeof(account->server_id), ret_there);
    if (err == DMSC_OK && *ret_there)
        err = address_of(bridge, account, ret_there);
    if (err != DMSC_OK || !*ret_there)
        return err;
    (void)snprintf(uri, sizeof(uri), "%s/Name", account->uri);
    err = dmsci_leaf_text(bridge, uri, account->name, sizeof(account->name), &named);
    judge(bridge, account);
    return err;
}

/* Behind those of the same priority, so that the order of the names decides between equals. */
static void insert(struct dmsc_account **order, size_t count, struct dmsc_account *account)
{
    while (count > 0 && order[count - 1]->priority > account->priority) {
        order[count] = order[count - 1];
        count--;
    }
    order[count] = account;
}

enum dmsc_err dmsc_bridge_accounts(struct dmsc_bridge *bridge,
                                   bool (*account)(void *user, const struct dmsc_account *account),
                                   void *user)
{
    struct names *names = dmsci_alloc(bridge->ctx, sizeof(*names));
    struct dmsc_account *accounts = dmsci_calloc(bridge->ctx, ACCOUNTS_MAX, sizeof(*accounts));
    struct dmsc_account *order[ACCOUNTS_MAX];
    size_t count = 0;
    enum dmsc_err err = DMSC_E_NOMEM;

    if (names == NULL || accounts == NULL)
        goto out;
    err = dmsc_tree_children(bridge->tree, ACCOUNTS, collect, names);
    for (size_t i = 0; err == DMSC_OK && i < names->count; i++) {
        bool there = false;

        err = fill(bridge, names->name[i], &accounts[i], &there);
        if (err == DMSC_OK && there)
            insert(order, count++, &accounts[i]);
    }
    for (size_t i = 0; err == DMSC_OK && i < count; i++) {
        if (!account(user, order[i]))
            break;
    }
out:
    dmsci_free(bridge->ctx, accounts);
    dmsci_free(bridge->ctx, names);
    return err;
}
