/* SPDX-License-Identifier: Apache-2.0 */
/* Serialised objects come from servers and from the card. */
#include <assert.h>
#include <dmsc/ctx.h>
#include <dmsc/mo.h>
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
        dmsc_tree_open(ctx, store, NULL, &tree) != DMSC_OK)
        __builtin_trap();
    dmsc_secret_clear(&key);
}

static enum dmsc_err import(const char *base, enum dmsc_tnds_mode mode, struct dmsc_bytes object)
{
    const struct dmsc_tnds_import how = { .base = base, .mode = mode };

    return dmsc_tnds_import(tree, &how, object, NULL);
}

static void put_back(const struct dmsc_buf *object)
{
    assert(dmsc_tree_delete(tree, "./F", false) == DMSC_OK);
    assert(import(NULL, DMSC_TNDS_ADD, dmsc_buf_bytes(object)) == DMSC_OK);
}

/* What was taken is written, in WBXML too, read again, and written the same. */
static void there_and_back(void)
{
    struct dmsc_buf once, binary, twice;

    dmsc_buf_init(&once, ctx, 1u << 20);
    dmsc_buf_init(&binary, ctx, 1u << 20);
    dmsc_buf_init(&twice, ctx, 1u << 20);
    if (dmsc_tnds_export(tree, "./F", NULL, NULL, &once) == DMSC_OK) {
        put_back(&once);
        assert(dmsc_tnds_export_wbxml(tree, "./F", NULL, NULL, &binary) == DMSC_OK);
        put_back(&binary);
        assert(dmsc_tnds_export(tree, "./F", NULL, NULL, &twice) == DMSC_OK);
        assert(strcmp(dmsc_buf_str(&once), dmsc_buf_str(&twice)) == 0);
    }
    dmsc_buf_clear(&once);
    dmsc_buf_clear(&binary);
    dmsc_buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool there = true;

    make_tree();
    if (dmsc_tree_begin(tree, "fuzz", 1) != DMSC_OK)
        __builtin_trap();
    if (import("./F", DMSC_TNDS_ADD, dmsc_bytes(data, size)) == DMSC_OK) {
        assert(import("./F", DMSC_TNDS_REPLACE, dmsc_bytes(data, size)) == DMSC_OK);
        there_and_back();
    } else {
        assert(dmsc_diag_get(ctx)->reason[0] != '\0');
        assert(dmsc_tree_has(tree, "./F", &there) == DMSC_OK && !there);
    }
    dmsc_tree_rollback(tree);
    return 0;
}
