/* SPDX-License-Identifier: Apache-2.0 */
/* ACLs, TND 7.7.1: command=id+id&command=id. */
#include "host/mo/acl.h"
#include "host/mo/tree.h"
#include <string.h>

static const char *const commands[] = {
    [DMSC_ACL_ADD] = "Add", [DMSC_ACL_DELETE] = "Delete",   [DMSC_ACL_EXEC] = "Exec",
    [DMSC_ACL_GET] = "Get", [DMSC_ACL_REPLACE] = "Replace",
};

/* The characters up to the first of @p stops, or all; the stop is skipped. */
static struct dmsc_bytes take(struct dmsc_bytes *rest, char stop)
{
    const uint8_t *end = rest->n == 0 ? NULL : memchr(rest->p, stop, rest->n);
    size_t n = end == NULL ? rest->n : (size_t)(end - rest->p);
    struct dmsc_bytes taken = dmsc_bytes(rest->p, n);

    rest->p += end == NULL ? n : n + 1;
    rest->n -= end == NULL ? n : n + 1;
    return taken;
}

static bool equals(struct dmsc_bytes bytes, const char *s)
{
    return dmsc_bytes_equal(bytes, dmsc_bytes_str(s));
}

static bool find_command(struct dmsc_bytes name, enum dmsc_acl_command *ret_command)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(commands); i++) {
        if (equals(name, commands[i])) {
            *ret_command = (enum dmsc_acl_command)i;
            return true;
        }
    }
    return false;
}

static bool id_valid(struct dmsc_bytes id)
{
    if (equals(id, "*"))
        return true;
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] <= ' ' || id.p[i] == 0x7F || strchr("=&*+", id.p[i]) != NULL)
            return false;
    }
    return id.n > 0 && dmsci_utf8_valid(id);
}

static bool entry_valid(struct dmsc_bytes entry)
{
    enum dmsc_acl_command command;
    struct dmsc_bytes rest = entry;

    if (!find_command(take(&rest, '='), &command))
        return false;
    /* One more round than there are "+": what stands behind the last one may not be empty. */
    for (;;) {
        bool more = rest.n > 0 && memchr(rest.p, '+', rest.n) != NULL;

        if (!id_valid(take(&rest, '+')))
            return false;
        if (!more)
            return true;
    }
}

bool dmsc_acl_valid(const char *acl)
{
    struct dmsc_bytes rest = dmsc_bytes_str(acl);

    if (rest.n == 0)
        return true;
    for (;;) {
        bool more = rest.n > 0 && memchr(rest.p, '&', rest.n) != NULL;

        if (!entry_valid(take(&rest, '&')))
            return false;
        if (!more)
            return true;
    }
}

bool dmsc_acl_allows(const char *acl, enum dmsc_acl_command command, const char *server_id)
{
    struct dmsc_bytes rest = dmsc_bytes_str(acl);
    bool allowed = false;

    if (!dmsc_acl_valid(acl))
        return false;
    /* A command may be written twice: the union counts. */
    while (rest.n > 0) {
        struct dmsc_bytes ids = take(&rest, '&');
        bool counts = equals(take(&ids, '='), commands[command]);

        while (ids.n > 0) {
            struct dmsc_bytes id = take(&ids, '+');

            if (counts && (equals(id, "*") || (server_id != NULL && equals(id, server_id))))
                allowed = true;
        }
    }
    return allowed;
}

/* The ids of one command but @p server_id, from every entry of it. */
static enum dmsc_err append_command(const char *acl, enum dmsc_acl_command command,
                                    const char *server_id, struct dmsc_buf *to)
{
    struct dmsc_bytes rest = dmsc_bytes_str(acl);
    bool first = true;
    enum dmsc_err err = DMSC_OK;

    while (rest.n > 0) {
        struct dmsc_bytes ids = take(&rest, '&');
        bool counts = equals(take(&ids, '='), commands[command]);

        while (ids.n > 0 && err == DMSC_OK) {
            struct dmsc_bytes id = take(&ids, '+');

            if (!counts || equals(id, server_id))
                continue;
            if (first)
                err = dmsci_buf_printf(to, "%s%s=", to->n > 0 ? "&" : "", commands[command]);
            else
                err = dmsc_buf_append_u8(to, '+');
            if (err == DMSC_OK)
                err = dmsc_buf_append(to, id);
            first = false;
        }
    }
    return err;
}

enum dmsc_err dmsci_acl_remove(struct dmsc_ctx *ctx, const char *acl, const char *server_id,
                               bool root, struct dmsc_buf *ret_acl)
{
    struct dmsc_bytes rest = dmsc_bytes_str(acl);
    bool done[DMSCI_ARRAY_LEN(commands)] = { false };
    struct dmsc_buf made;
    enum dmsc_err err = DMSC_OK;

    if (!dmsc_acl_valid(acl))
        return dmsci_fail(ctx, DMSC_E_MALFORMED, "take an identifier out of an ACL");
    dmsc_buf_init(&made, ctx, rest.n + sizeof(DMSCI_ACL_ROOT));
    /* In the order in which the commands first stand. */
    while (rest.n > 0 && err == DMSC_OK) {
        struct dmsc_bytes entry = take(&rest, '&');
        enum dmsc_acl_command command = DMSC_ACL_ADD;

        if (find_command(take(&entry, '='), &command) && !done[command])
            err = append_command(acl, command, server_id, &made);
        done[command] = true;
    }
    if (err == DMSC_OK && root && made.n == 0)
        err = dmsc_buf_append_str(&made, DMSCI_ACL_ROOT);
    if (err == DMSC_OK)
        err = dmsc_buf_append(ret_acl, dmsc_buf_bytes(&made));
    dmsc_buf_clear(&made);
    return err;
}

enum dmsc_err dmsci_acl_creator(const char *server_id, struct dmsc_buf *ret_acl)
{
    return dmsci_buf_printf(ret_acl, "Add=%s&Delete=%s&Get=%s&Replace=%s", server_id, server_id,
                            server_id, server_id);
}

/* One node of dmsci_tree_forget_server(). */
static enum dmsc_err forget_here(struct dmsc_tree *tree, const char *uri, const char *old,
                                 const char *server_id)
{
    struct dmsc_buf acl;
    bool root = strcmp(uri, ".") == 0;
    enum dmsc_err err;

    dmsc_buf_init(&acl, tree->ctx, SIZE_MAX / 2);
    err = dmsci_acl_remove(tree->ctx, old, server_id, root, &acl);
    if (err == DMSC_OK && strcmp(dmsc_buf_str(&acl), old) != 0)
        err = dmsc_tree_set_acl(tree, uri, dmsc_buf_str(&acl));
    dmsc_buf_clear(&acl);
    return err;
}

enum dmsc_err dmsci_tree_forget_server(struct dmsc_tree *tree, const char *server_id)
{
    struct dmsci_row row;
    struct dmsc_buf at;
    bool more = true;
    enum dmsc_err err = dmsci_tree_changing(tree, "forget a server");

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&at, tree->ctx, SIZE_MAX / 2);
    err = dmsc_buf_append_str(&at, ".");
    if (err == DMSC_OK)
        err = dmsci_tree_row(tree, ".", "forget a server", &row);
    while (err == DMSC_OK && more) {
        if (row.acl[0] != '\0')
            err = forget_here(tree, dmsc_buf_str(&at), row.acl, server_id);
        if (err == DMSC_OK)
            err = dmsci_row_next(tree->store, ".", dmsc_buf_str(&at), &at, &row, &more);
    }
    dmsc_buf_clear(&at);
    return err;
}
