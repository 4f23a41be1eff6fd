/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a ClientURI over a small tree: what is found is there, and was visible. */
#include <assert.h>
#include <dmsc/client_uri.h>
#include <dmsc/ctx.h>
#include <dmsc/store.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dmsc_tree *tree;

static bool not_hidden(void *user, const char *uri)
{
    (void)user;
    return strstr(uri, "Hidden") == NULL;
}

static bool check(void *user, const char *uri)
{
    bool there = false;

    (void)user;
    assert(dmsc_tree_has(tree, uri, &there) == DMSC_OK && there);
    assert(not_hidden(NULL, uri));
    return true;
}

static void make_tree(void)
{
    static const char *const leaves[] = { "./m1/ID", "./m1/Log/1", "./m1/Log/2", "./m2/ID",
                                          "./m1/Hidden" };
    struct dmsc_node_spec instance = DMSC_NODE_SPEC_INIT, leaf = DMSC_NODE_SPEC_INIT;
    struct dmsc_ctx *ctx = NULL;
    struct dmsc_store *store = NULL;

    instance.type = "urn:x:1";
    leaf.format = DMSC_FORMAT_CHR;
    leaf.value = dmsc_bytes_str("v");
    if (dmsc_ctx_new(NULL, &ctx) != DMSC_OK || dmsc_store_open(ctx, NULL, &store) != DMSC_OK ||
        dmsc_tree_open(ctx, store, NULL, &tree) != DMSC_OK ||
        dmsc_tree_begin(tree, "fuzz", 1) != DMSC_OK ||
        dmsc_tree_add(tree, "./m1", &instance) != DMSC_OK ||
        dmsc_tree_add(tree, "./m2", &instance) != DMSC_OK)
        abort();
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        if (dmsc_tree_add(tree, leaves[i], &leaf) != DMSC_OK)
            abort();
    }
    if (dmsc_tree_commit(tree) != DMSC_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (tree == NULL)
        make_tree();
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (dmsc_client_uri_resolve(tree, text, not_hidden, check, NULL, NULL) == DMSC_OK)
        assert(strchr(text, '/') != NULL);
    free(text);
    return 0;
}
