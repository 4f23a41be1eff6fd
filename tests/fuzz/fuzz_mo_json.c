/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON into a tree; what was taken is written, and taken again to the same text. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/mo_json.h>
#include <dmsc/store.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dmsc_ctx *ctx;
static struct dmsc_tree *tree;

static void make_tree(void)
{
    struct dmsc_store *store = NULL;

    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK || dmsc_store_open(ctx, NULL, &store) != DMSC_OK ||
        dmsc_tree_open(ctx, store, NULL, &tree) != DMSC_OK)
        abort();
}

/* Numbers are written in their shortest form, so the second text is the canonical one. */
static void round_trip(struct dmsc_buf *uri)
{
    struct dmsc_buf first, second;

    dmsc_buf_init(&first, ctx, 1u << 24);
    dmsc_buf_init(&second, ctx, 1u << 24);
    assert(dmsc_mo_json_export(tree, dmsc_buf_str(uri), NULL, NULL, &first) == DMSC_OK);
    assert(dmsc_mo_json_import(tree, ".", DMSC_TNDS_REPLACE, dmsc_buf_bytes(&first), NULL) ==
           DMSC_OK);
    assert(dmsc_mo_json_export(tree, dmsc_buf_str(uri), NULL, NULL, &second) == DMSC_OK);
    assert(dmsc_bytes_equal(dmsc_buf_bytes(&first), dmsc_buf_bytes(&second)));
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_buf uri;

    if (tree == NULL)
        make_tree();
    dmsc_buf_init(&uri, ctx, 1u << 16);
    if (dmsc_tree_begin(tree, "fuzz", 1) != DMSC_OK)
        abort();
    if (dmsc_mo_json_import(tree, ".", DMSC_TNDS_MERGE, dmsc_bytes(data, size), &uri) == DMSC_OK)
        round_trip(&uri);
    dmsc_tree_rollback(tree);
    dmsc_buf_clear(&uri);
    return 0;
}
