/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tree costs with 1,000 and with 100,000 nodes, counted in pages of the store that an
 * operation looks at: that is what grows with the tree. "growth" is the cost at 100,000 over that
 * at 1,000, over the same ratio of the logarithms; 1 is exactly logarithmic.
 */
#include "host/mo/tree.h"
#include "tests/support/fault.h"
#include <dmsc/large.h>
#include <dmsc/store.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES 1000u
#define FAN     100u /* leaves of an interior node */

/* log(100,000) / log(1,000) */
#define LOGARITHMS (5.0 / 3.0)

struct figures {
    double get;
    double value;
    double replace;
    double children;
    double acl;
    double open_reads;
    double get_steps;
    double replace_steps;
};

struct bed {
    struct dmsc_ctx *ctx;
    struct dmsc_store *store;
    struct dmsc_tree *tree;
};

static void check(struct dmsc_ctx *ctx, enum dmsc_err err)
{
    if (err == DMSC_OK)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", dmsc_err_name(err),
                  ctx == NULL ? "" : dmsc_diag_get(ctx)->why);
    exit(1);
}

static void bed_open(struct bed *bed, const char *path)
{
    check(NULL, dmsc_ctx_new(NULL, &bed->ctx));
    check(bed->ctx, dmsc_store_open(bed->ctx, path, &bed->store));
    check(bed->ctx, dmsc_tree_open(bed->ctx, bed->store, NULL, &bed->tree));
}

static void bed_close(struct bed *bed)
{
    dmsc_tree_close(bed->tree);
    dmsc_store_close(bed->store);
    dmsc_ctx_free(bed->ctx);
}

static void interior_uri(unsigned i, char *to, size_t size)
{
    (void)snprintf(to, size, "./Vendor/part%02u/group%02u", i / 100, i % 100);
}

static void leaf_uri(unsigned i, char *to, size_t size)
{
    (void)snprintf(to, size, "./Vendor/part%02u/group%02u/leaf%02u", i / FAN / 100, i / FAN % 100,
                   i % FAN);
}

static void plant(struct bed *bed, unsigned leaves)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char uri[80];

    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.value = dmsc_bytes_str("a value of some forty characters in all.");
    check(bed->ctx, dmsc_tree_begin(bed->tree, "bench", 1));
    for (unsigned i = 0; i < leaves; i++) {
        leaf_uri(i, uri, sizeof(uri));
        check(bed->ctx, dmsc_tree_add(bed->tree, uri, &spec));
    }
    check(bed->ctx, dmsc_tree_commit(bed->tree));
}

/* Spread over the tree, the same in each run. */
static unsigned sample(unsigned i, unsigned n)
{
    return (unsigned)((i * 2654435761u) % n);
}

static bool nothing(void *user, const char *name)
{
    (void)user;
    (void)name;
    return true;
}

enum operation { GET, VALUE, REPLACE, CHILDREN, ACL };

static void once(struct bed *bed, enum operation operation, unsigned i, unsigned leaves,
                 struct dmsc_buf *buf)
{
    struct dmsc_node node = DMSC_NODE_INIT;
    char text[80];

    leaf_uri(sample(i, leaves), text, sizeof(text));
    switch (operation) {
    case GET:
        check(bed->ctx, dmsc_tree_get(bed->tree, text, &node));
        break;
    case VALUE:
        check(bed->ctx, dmsc_tree_value(bed->tree, text, buf));
        break;
    case REPLACE:
        check(bed->ctx, dmsc_tree_replace(bed->tree, text, NULL, NULL,
                                          dmsc_bytes_str(i % 2 == 0 ? "one" : "another")));
        break;
    case CHILDREN:
        interior_uri(sample(i, leaves / FAN), text, sizeof(text));
        check(bed->ctx, dmsc_tree_children(bed->tree, text, nothing, NULL));
        break;
    case ACL:
        check(bed->ctx, dmsc_tree_effective_acl(bed->tree, text, buf));
        break;
    }
    dmsc_node_clear(&node);
}

/* Pages per operation. */
static double measure(struct bed *bed, enum operation operation, unsigned leaves, double *ret_steps)
{
    struct dmsci_cost before;
    struct dmsci_cost after;
    struct dmsc_buf buf;

    dmsc_buf_init(&buf, bed->ctx, 10000);
    if (operation == REPLACE)
        check(bed->ctx, dmsc_tree_begin(bed->tree, "bench", 2));
    dmsci_store_cost(bed->store, &before);
    for (unsigned i = 0; i < SAMPLES; i++)
        once(bed, operation, i, leaves, &buf);
    dmsci_store_cost(bed->store, &after);
    if (operation == REPLACE)
        check(bed->ctx, dmsc_tree_commit(bed->tree));
    dmsc_buf_clear(&buf);
    *ret_steps = (double)(after.steps - before.steps) / SAMPLES;
    return (double)(after.pages - before.pages) / SAMPLES;
}

static struct figures run(const char *path, unsigned leaves)
{
    struct figures f = { 0 };
    struct dmsci_cost cost;
    struct bed bed;
    double ignored;

    (void)remove(path);
    bed_open(&bed, path);
    plant(&bed, leaves);
    bed_close(&bed);
    bed_open(&bed, path);
    dmsci_store_cost(bed.store, &cost);
    f.open_reads = (double)cost.reads;
    f.get = measure(&bed, GET, leaves, &f.get_steps);
    f.value = measure(&bed, VALUE, leaves, &ignored);
    f.replace = measure(&bed, REPLACE, leaves, &f.replace_steps);
    f.children = measure(&bed, CHILDREN, leaves, &ignored);
    f.acl = measure(&bed, ACL, leaves, &ignored);
    bed_close(&bed);
    return f;
}

static void line(const char *name, double small, double large)
{
    printf("BENCH:tree_%s_pages_1000 %.2f page\n", name, small);
    printf("BENCH:tree_%s_pages_100000 %.2f page\n", name, large);
    printf("BENCH:tree_%s_growth %.3f x\n", name, large / small / LOGARITHMS);
}

/* A value of 64 MiB in and out: memory, ours and SQLite's. */
static void large_object(const char *path)
{
    static uint8_t piece[65536];
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct fault fault = FAULT_INIT;
    struct dmsc_large_spec spec = { .uri = "./Blob", .actor = "bench", .size = 64u << 20 };
    struct dmsc_large *large = NULL;
    struct dmsc_buf part;
    struct bed bed;

    (void)remove(path);
    fault_config(&fault, &config);
    if (dmsc_ctx_new(&config, &bed.ctx) != DMSC_OK)
        exit(1);
    check(bed.ctx, dmsc_store_open(bed.ctx, path, &bed.store));
    check(bed.ctx, dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree));
    fault_arm(&fault, FAULT_NEVER, 0);
    (void)sqlite3_memory_highwater(1);
    check(bed.ctx, dmsc_large_open(bed.tree, &spec, 1, &large));
    while (dmsc_large_have(large) < spec.size)
        check(bed.ctx, dmsc_large_append(large, dmsc_bytes(piece, sizeof(piece)), 1));
    check(bed.ctx, dmsc_tree_begin(bed.tree, "bench", 1));
    check(bed.ctx, dmsc_large_put(large, NULL, NULL));
    check(bed.ctx, dmsc_tree_commit(bed.tree));
    dmsc_large_close(large);
    dmsc_buf_init(&part, bed.ctx, sizeof(piece));
    for (uint64_t at = 0; at < spec.size; at += part.n) {
        dmsc_buf_reset(&part);
        check(bed.ctx, dmsc_tree_value_part(bed.tree, spec.uri, at, sizeof(piece), &part));
    }
    dmsc_buf_clear(&part);
    printf("BENCH:large_64mib_our_bytes %zu byte\n", fault.peak_bytes);
    printf("BENCH:large_64mib_sqlite_bytes %lld byte\n", (long long)sqlite3_memory_highwater(0));
    bed_close(&bed);
}

int main(void)
{
    char directory[] = "/tmp/dmsc-bench-XXXXXX";
    char path[64];
    struct figures small;
    struct figures large;

    if (mkdtemp(directory) == NULL)
        return 1;
    (void)snprintf(path, sizeof(path), "%s/store", directory);
    small = run(path, 1000);
    large = run(path, 100000);
    line("get", small.get, large.get);
    line("value", small.value, large.value);
    line("replace", small.replace, large.replace);
    line("children", small.children, large.children);
    line("acl", small.acl, large.acl);
    printf("BENCH:tree_open_reads_1000 %.0f page\n", small.open_reads);
    printf("BENCH:tree_open_reads_100000 %.0f page\n", large.open_reads);
    printf("BENCH:tree_get_steps %.1f step\n", large.get_steps);
    printf("BENCH:tree_replace_steps %.1f step\n", large.replace_steps);
    large_object(path);
    (void)remove(path);
    (void)snprintf(path, sizeof(path), "%s/store-writer", directory);
    (void)remove(path);
    (void)rmdir(directory);
    return 0;
}
