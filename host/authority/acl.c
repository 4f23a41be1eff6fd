/* SPDX-License-Identifier: Apache-2.0 */
/* What the tree says of an access: the ACL that counts, and the node's AccessType. */
#include "host/authority/private.h"
#include <dmsc/mo.h>
#include <string.h>

/* The parent's URI in place; "." stays. */
static void to_parent(char *uri)
{
    char *slash = strrchr(uri, '/');

    if (slash == NULL || slash == uri)
        return;
    *slash = '\0';
}

/* Look up @p uri, or its nearest ancestor that exists: @p uri becomes that one's. */
static enum dmsc_err nearest(struct dmsc_tree *tree, char *uri, struct dmsc_node *ret_node)
{
    enum dmsc_err err = dmsc_tree_get(tree, uri, ret_node);

    while (err == DMSC_E_NOTFOUND && strcmp(uri, ".") != 0) {
        to_parent(uri);
        err = dmsc_tree_get(tree, uri, ret_node);
    }
    return err;
}

static enum dmsc_err acl_grants(const struct dmsci_case *c, const char *uri,
                                enum dmsc_acl_command command, bool *ret_granted)
{
    struct dmsc_authority *authority = c->authority;
    struct dmsc_buf acl;
    enum dmsc_err err;

    dmsc_buf_init(&acl, authority->ctx, dmsc_ctx_limits(authority->ctx)->node_value);
    err = dmsc_tree_effective_acl(authority->tree, uri, &acl);
    if (err == DMSC_OK) {
        *ret_granted = dmsc_acl_allows(dmsc_buf_str(&acl), command, c->subject->server_id);
        dmsci_tell(c, "ACL that counts at %.96s: \"%.128s\": %s", uri, dmsc_buf_str(&acl),
                   *ret_granted ? "granted" : "not granted");
    }
    dmsc_buf_clear(&acl);
    return err;
}

/* Which ACL command and which AccessType bit a right needs (TND 7.7.1.5 and 9); Add looks at the
 * parent. Rights without a row are matters of the MA list alone. */
static const struct need {
    enum dmsc_right right;
    enum dmsc_acl_command acl;
    uint8_t access;
    bool of_parent;
} needs[] = {
    { DMSC_RIGHT_GET, DMSC_ACL_GET, DMSC_ACCESS_GET, false },
    { DMSC_RIGHT_ADD, DMSC_ACL_ADD, DMSC_ACCESS_ADD, true },
    { DMSC_RIGHT_REPLACE, DMSC_ACL_REPLACE, DMSC_ACCESS_REPLACE, false },
    { DMSC_RIGHT_DELETE, DMSC_ACL_DELETE, DMSC_ACCESS_DELETE, false },
    { DMSC_RIGHT_EXEC, DMSC_ACL_EXEC, DMSC_ACCESS_EXEC, false },
};

static const struct need *need_of(enum dmsc_right right)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(needs); i++) {
        if (needs[i].right == right)
            return &needs[i];
    }
    return NULL;
}

/* TND 7.7.1.3: the ACL of an interior node goes by Replace on it or on its parent, that of a leaf
 * by Replace on its parent alone, that of the root by Replace on the root. */
static enum dmsc_err acl_change_granted(const struct dmsci_case *c, char *uri, bool leaf,
                                        bool *ret_granted)
{
    enum dmsc_err err = DMSC_OK;

    *ret_granted = false;
    if (!leaf)
        err = acl_grants(c, uri, DMSC_ACL_REPLACE, ret_granted);
    if (err != DMSC_OK || *ret_granted || strcmp(uri, ".") == 0)
        return err;
    to_parent(uri);
    return acl_grants(c, uri, DMSC_ACL_REPLACE, ret_granted);
}

/* The node that the right is about, or the nearest above it that exists; for an Add the parent.
 * @param ret_place its URI, to be freed */
static enum dmsc_err place_of(const struct dmsci_case *c, const struct need *need,
                              struct dmsc_node *ret_node, char **ret_place)
{
    char *place = dmsci_strdup(c->authority->ctx, c->question->uri);

    *ret_place = place;
    if (place == NULL)
        return DMSC_E_NOMEM;
    if (need != NULL && need->of_parent)
        to_parent(place);
    return nearest(c->authority->tree, place, ret_node);
}

enum dmsc_err dmsci_acl_says(const struct dmsci_case *c, enum dmsc_reason *ret_reason)
{
    enum dmsc_right right = c->question->right;
    const struct need *need = need_of(right);
    struct dmsc_node node = DMSC_NODE_INIT;
    bool granted = false;
    char *place = NULL;
    enum dmsc_err err;

    *ret_reason = DMSC_ALLOWED;
    if (need == NULL && right != DMSC_RIGHT_ACL)
        return DMSC_OK;
    err = place_of(c, need, &node, &place);
    if (err == DMSC_OK && right == DMSC_RIGHT_ACL)
        err = acl_change_granted(c, place, node.format != DMSC_FORMAT_NODE, &granted);
    else if (err == DMSC_OK)
        err = acl_grants(c, place, need->acl, &granted);
    if (err == DMSC_OK && !granted)
        *ret_reason = DMSC_REFUSED_ACL;
    dmsc_node_clear(&node);
    dmsci_free(c->authority->ctx, place);
    return err;
}

enum dmsc_err dmsci_access_says(const struct dmsci_case *c, enum dmsc_reason *ret_reason)
{
    enum dmsc_right right = c->question->right;
    const struct need *need = need_of(right);
    struct dmsc_node node = DMSC_NODE_INIT;
    char *place = NULL;
    enum dmsc_err err;

    *ret_reason = DMSC_ALLOWED;
    if (need == NULL)
        return DMSC_OK;
    err = place_of(c, need, &node, &place);
    if (err == DMSC_OK && right == DMSC_RIGHT_GET && (node.flags & DMSC_NODE_SECRET) != 0)
        *ret_reason = DMSC_REFUSED_SECRET;
    else if (err == DMSC_OK && (node.access & need->access) == 0)
        *ret_reason = DMSC_REFUSED_ACCESS_TYPE;
    if (err == DMSC_OK && *ret_reason != DMSC_ALLOWED)
        dmsci_tell(c, "node %.96s: %s", place, dmsc_reason_text(*ret_reason));
    dmsc_node_clear(&node);
    dmsci_free(c->authority->ctx, place);
    return err;
}
