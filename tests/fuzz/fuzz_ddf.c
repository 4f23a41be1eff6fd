/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a description; a tree that holds to it makes what it says, or says why not. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/ddf.h>
#include <dmsc/store.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(void *user, const struct dmsc_ddf_node *node)
{
    (void)user;
    assert(node->least <= 1 && node->most >= 1);
    assert(strchr(node->name, '/') == NULL);
    return true;
}

/* Whatever was understood is written so that it is understood again. */
static void write_and_load(struct dmsc_ctx *ctx, const struct dmsc_ddf *ddf)
{
    struct dmsc_buf first, second;
    struct dmsc_ddf *again = NULL;

    dmsc_buf_init(&first, ctx, 1 << 24);
    dmsc_buf_init(&second, ctx, 1 << 24);
    if (dmsc_ddf_export(ddf, &first) != DMSC_OK)
        abort();
    /* The same with all elements may be longer than an object may be. */
    if (first.n <= dmsc_ctx_limits(ctx)->object_size) {
        if (dmsc_ddf_load(ctx, dmsc_buf_bytes(&first), NULL, NULL, &again) != DMSC_OK ||
            dmsc_ddf_export(again, &second) != DMSC_OK)
            abort();
        assert(dmsc_bytes_equal(dmsc_buf_bytes(&first), dmsc_buf_bytes(&second)));
    }
    dmsc_ddf_free(again);
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dmsc_ctx *ctx;
    static struct dmsc_store *store;
    struct dmsc_tree *tree = NULL;
    struct dmsc_ddf *ddf = NULL;

    if (ctx == NULL &&
        (dmsc_ctx_new(NULL, &ctx) != DMSC_OK || dmsc_store_open(ctx, NULL, &store) != DMSC_OK))
        abort();
    if (dmsc_ddf_load(ctx, dmsc_bytes(data, size), NULL, NULL, &ddf) != DMSC_OK)
        return 0;
    dmsc_ddf_walk(ddf, check, NULL);
    write_and_load(ctx, ddf);
    if (dmsc_tree_open(ctx, store, NULL, &tree) != DMSC_OK)
        abort();
    if (dmsc_tree_describe(tree, ddf, NULL) != DMSC_OK ||
        dmsc_tree_begin(tree, "fuzz", 1) != DMSC_OK)
        abort();
    if (dmsc_tree_make_described(tree, dmsc_ddf_place(ddf)) != DMSC_OK)
        assert(dmsc_diag_get(ctx)->what[0] != '\0');
    dmsc_tree_rollback(tree);
    dmsc_tree_close(tree);
    dmsc_ddf_free(ddf);
    return 0;
}
