/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that a server, or whoever wrote a bootstrap message, leaves in the Inbox. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/inbox.h>
#include <dmsc/store.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made once: an input is undone when it was looked at. */
static struct dmsc_ctx *ctx;
static struct dmsc_store *store;
static struct dmsc_tree *tree;

static void make_tree(void)
{
    struct dmsc_secret key = DMSC_SECRET_INIT;

    if (tree != NULL)
        return;
    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK || dmsc_store_open(ctx, NULL, &store) != DMSC_OK ||
        dmsc_secret_set(&key, ctx, dmsc_bytes_str("32 bytes that nobody else knows.")) != DMSC_OK ||
        dmsc_store_set_key(store, &key) != DMSC_OK ||
        dmsc_tree_open(ctx, store, NULL, &tree) != DMSC_OK ||
        dmsc_tree_place_mo(tree, "urn:x:conn:1.0", "./Conn") != DMSC_OK)
        __builtin_trap();
    dmsc_secret_clear(&key);
}

/* The place is below a place of the table, and free. */
static enum dmsc_err place(void *user, const char *uri, const char *moid)
{
    unsigned *placed = user;
    bool there = true;

    assert(moid[0] != '\0' && !dmsc_uri_below(uri, DMSC_INBOX));
    assert(dmsc_tree_has(tree, uri, &there) == DMSC_OK && !there);
    ++*placed;
    return DMSC_OK;
}

static enum dmsc_err nothing_in_it(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)node;
    ++*(unsigned *)user;
    assert(!dmsc_uri_below(uri, DMSC_INBOX));
    return DMSC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_inbox how = DMSC_INBOX_INIT;
    unsigned placed = 0, again = 0, nodes = 0;

    make_tree();
    if (dmsc_tree_begin(tree, "fuzz", 1) != DMSC_OK)
        __builtin_trap();
    how.place = place;
    how.user = &placed;
    how.skip_unknown = size % 2 == 0;
    if (dmsc_inbox_add(tree, &how, dmsc_bytes(data, size)) == DMSC_OK) {
        how.user = &again;
        /* The same once more stands beside it. */
        assert(dmsc_inbox_add(tree, &how, dmsc_bytes(data, size)) == DMSC_OK ||
               dmsc_diag_get(ctx)->err == DMSC_E_LIMIT);
        assert(placed > 0 && again <= placed);
        assert(dmsc_tree_walk(tree, ".", nothing_in_it, &nodes) == DMSC_OK);
        assert(nodes > placed);
    } else {
        assert(dmsc_diag_get(ctx)->reason[0] != '\0');
        assert(dmsc_tree_walk(tree, ".", nothing_in_it, &nodes) == DMSC_OK && nodes == 1);
    }
    dmsc_tree_rollback(tree);
    return 0;
}
