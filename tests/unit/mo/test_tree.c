/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <string.h>

static struct dmsc_node_spec leaf(const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.value = dmsc_bytes_str(value);
    return spec;
}

static struct dmsc_node_spec interior(const char *type)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.type = type;
    return spec;
}

static void assert_dump(struct bed *bed, const char *uri, const char *expected)
{
    struct dmsc_buf dump = bed_dump(bed, uri);

    assert_string_equal(dmsc_buf_str(&dump), expected);
    dmsc_buf_clear(&dump);
}

/* A failing call in a change of its own: the tree is as before. */
#define REFUSED(bed, call, expected, why)                                                          \
    do {                                                                                           \
        struct dmsc_buf before = bed_dump(bed, ".");                                               \
        bed_begin(bed);                                                                            \
        assert_int_equal(call, expected);                                                          \
        assert_string_equal(bed_reason(bed), why);                                                 \
        bed_commit(bed);                                                                           \
        assert_dump(bed, ".", dmsc_buf_str(&before));                                              \
        dmsc_buf_clear(&before);                                                                   \
    } while (0)

static void root(void **state)
{
    struct bed bed;
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_tree *other = NULL;

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_tree_get(bed.tree, ".", &node), DMSC_OK);
    assert_int_equal(node.format, DMSC_FORMAT_NODE);
    assert_int_equal(node.flags, DMSC_NODE_PERMANENT);
    assert_string_equal(node.acl, "Add=*&Get=*");
    dmsc_node_clear(&node);
    REFUSED(&bed, dmsc_tree_delete(bed.tree, ".", true), DMSC_E_STATE, "node:root");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, ".", "x"), DMSC_E_STATE, "node:permanent");
    REFUSED(&bed, dmsc_tree_set_acl(bed.tree, ".", ""), DMSC_E_STATE, "acl:root");
    assert_ptr_equal(dmsc_tree_ctx(bed.tree), bed.ctx);
    /* Opened again, the ACL it was made with stays. */
    assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, "Get=x", &other), DMSC_OK);
    assert_dump(&bed, ".", ". node type= title= acl=Add=*&Get=* flags=1\n");
    dmsc_tree_close(other);
    bed_clear(&bed);
}

static void root_acl(void **state)
{
    struct bed bed;
    struct dmsc_store *store;
    struct dmsc_tree *tree = NULL;

    (void)state;
    bed_make(&bed, "Add=com.opa.dm");
    assert_dump(&bed, ".", ". node type= title= acl=Add=com.opa.dm flags=1\n");
    assert_int_equal(dmsc_store_open(bed.ctx, NULL, &store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(bed.ctx, store, "", &tree), DMSC_E_ARG);
    assert_int_equal(dmsc_tree_open(bed.ctx, store, "Get", &tree), DMSC_E_ARG);
    assert_null(tree);
    dmsc_store_close(store);
    bed_clear(&bed);
}

static void add(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = leaf("hello");

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A", &spec), DMSC_E_STATE);
    bed_begin(&bed);
    /* REP 6.6.1: parents are made, with an empty ACL. */
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B/c", &spec), DMSC_OK);
    spec.format = DMSC_FORMAT_BOOL;
    spec.value = dmsc_bytes_str("TRUE");
    spec.acl = "Get=S1";
    spec.title = "A title";
    assert_int_equal(dmsc_tree_add(bed.tree, "./A!", &spec), DMSC_OK);
    spec = interior("urn:oma:mo:x:1.0");
    spec.flags = DMSC_NODE_PERMANENT;
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B/C", &spec), DMSC_OK);
    bed_commit(&bed);
    /* A walk is by segments: "./A!" comes behind all of "./A". */
    assert_dump(&bed, ".",
                ". node type= title= acl=Add=*&Get=* flags=1\n"
                "./A node type= title= acl=\n"
                "./A/B node type= title= acl=\n"
                "./A/B/C node type=urn:oma:mo:x:1.0 title= acl= flags=1\n"
                "./A/B/c chr type=text/plain title= acl= value=hello\n"
                "./A! bool type=text/plain title=A title acl=Get=S1 value=true\n");
    bed_clear(&bed);
}

static void add_refused(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = leaf("x");

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b", DMSC_FORMAT_CHR, "x");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A", &spec), DMSC_E_EXISTS, "node:exists");
    REFUSED(&bed, dmsc_tree_add(bed.tree, ".", &spec), DMSC_E_EXISTS, "node:exists");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A/b/c", &spec), DMSC_E_STATE, "node:leaf");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A/b/c/d/e", &spec), DMSC_E_STATE, "node:leaf");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "A", &spec), DMSC_E_ARG, "uri:not-canonical");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A/../B", &spec), DMSC_E_MALFORMED, "uri:dot-segment");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A/\x01", &spec), DMSC_E_MALFORMED, "uri:control");
    spec.format = DMSC_FORMAT_INT;
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_E_MALFORMED, "format:int");
    spec.format = DMSC_FORMAT_NODE;
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_E_MALFORMED, "format:node");
    spec = leaf("x");
    spec.acl = "Get";
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_E_MALFORMED, "acl:malformed");
    spec = leaf("x");
    spec.title = "a\x01";
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_E_MALFORMED, "title:malformed");
    spec = leaf("x");
    spec.type = "a\nb";
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_E_MALFORMED, "type:malformed");
    bed_clear(&bed);
}

static void limits(void **state)
{
    struct bed bed;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct dmsc_node_spec spec = leaf("12345");
    char title[257];

    (void)state;
    config.limits.tree_nodes = 5;
    config.limits.node_value = 5;
    config.limits.acl_length = 10;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(bed.ctx, NULL, &bed.store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, "Get=*", &bed.tree), DMSC_OK);
    spec.value = dmsc_bytes_str("123456");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A", &spec), DMSC_E_LIMIT, "value:length");
    spec = leaf("12345");
    spec.acl = "Get=1234567";
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A", &spec), DMSC_E_LIMIT, "acl:length");
    memset(title, 'x', 256);
    title[256] = '\0';
    spec = leaf("12345");
    spec.title = title;
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./A", &spec), DMSC_E_LIMIT, "title:length");
    title[255] = '\0';
    /* Root, A, B: two more places. */
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B", &spec), DMSC_OK);
    bed_commit(&bed);
    spec = leaf("");
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./C/D/E", &spec), DMSC_E_LIMIT, "tree:full");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./C/D", &spec), DMSC_OK);
    bed_commit(&bed);
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./E", &spec), DMSC_E_LIMIT, "tree:full");
    /* What is deleted, and what is rolled back, counts no more. */
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./C", false), DMSC_OK);
    dmsc_tree_rollback(bed.tree);
    REFUSED(&bed, dmsc_tree_add(bed.tree, "./E", &spec), DMSC_E_LIMIT, "tree:full");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./C", false), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./E", &spec), DMSC_OK);
    bed_commit(&bed);
    bed_clear(&bed);
}

static void read(void **state)
{
    struct bed bed;
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;
    bool there = false;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b", DMSC_FORMAT_CHR, "hello");
    assert_int_equal(dmsc_tree_get(bed.tree, "./A/b", &node), DMSC_OK);
    assert_int_equal(node.size_bytes, 5);
    assert_int_equal(node.tstamp, 1000);
    assert_int_equal(node.verno, 0);
    assert_int_equal(node.access, DMSC_ACCESS_DYNAMIC);
    dmsc_node_clear(&node);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_get(bed.tree, "./A/c", &node), DMSC_E_NOTFOUND);
    assert_string_equal(bed_reason(&bed), "node:missing");
    assert_int_equal(dmsc_tree_has(bed.tree, "./A/b", &there), DMSC_OK);
    assert_true(there);
    /* The store's separator is no way in. */
    assert_int_equal(dmsc_tree_has(bed.tree,
                                   "./A\x01"
                                   "b",
                                   &there),
                     DMSC_OK);
    assert_false(there);
    assert_int_equal(dmsc_tree_has(bed.tree, "./a/b", &there), DMSC_OK);
    assert_false(there);
    dmsc_buf_init(&value, bed.ctx, 100);
    assert_int_equal(dmsc_buf_append_str(&value, "old"), DMSC_OK);
    assert_int_equal(dmsc_tree_value(bed.tree, "./A", &value), DMSC_E_STATE);
    assert_int_equal(dmsc_tree_value(bed.tree, "./B", &value), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_buf_str(&value), "old");
    assert_int_equal(dmsc_tree_value(bed.tree, "./A/b", &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "hello");
    dmsc_buf_clear(&value);
    bed_clear(&bed);
}

struct list {
    char text[200];
    unsigned stop_after;
    struct dmsc_tree *tree;
};

static bool collect(void *user, const char *name)
{
    struct list *list = user;
    size_t n = strlen(list->text);

    (void)snprintf(list->text + n, sizeof(list->text) - n, "%s|", name);
    return --list->stop_after > 0;
}

static bool delete_it(void *user, const char *name)
{
    struct list *list = user;
    char uri[80];

    (void)snprintf(uri, sizeof(uri), "./A/%s", name);
    assert_int_equal(dmsc_tree_delete(list->tree, uri, false), DMSC_OK);
    return true;
}

static void children(void **state)
{
    static const char *const names[] = { "b", "b!", "b/deep/er", "a b", "é", "Z", "0", "b1/x" };
    struct bed bed;
    struct list list = { .stop_after = 100 };
    char uri[80];

    (void)state;
    bed_make(&bed, NULL);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(names); i++) {
        bool parent = strcmp(names[i], "b") == 0;

        (void)snprintf(uri, sizeof(uri), "./A/%s", names[i]);
        bed_add(&bed, uri, parent ? DMSC_FORMAT_NODE : DMSC_FORMAT_CHR, "");
    }
    bed_add(&bed, "./A!/no", DMSC_FORMAT_CHR, "");
    assert_int_equal(dmsc_tree_children(bed.tree, "./A", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "0|Z|a b|b|b!|b1|é|");
    list = (struct list){ .stop_after = 2 };
    assert_int_equal(dmsc_tree_children(bed.tree, "./A", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "0|Z|");
    list = (struct list){ .stop_after = 9 };
    assert_int_equal(dmsc_tree_children(bed.tree, "./A/b/deep/er", collect, &list), DMSC_OK);
    assert_int_equal(dmsc_tree_children(bed.tree, ".", collect, &list), DMSC_OK);
    assert_string_equal(list.text, "A|A!|");
    assert_int_equal(dmsc_tree_children(bed.tree, "./X", collect, &list), DMSC_E_NOTFOUND);
    /* The callback may change the tree. */
    list.tree = bed.tree;
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_children(bed.tree, "./A", delete_it, &list), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, "./A", "./A node type= title= acl=\n");
    bed_clear(&bed);
}

static void replace(void **state)
{
    struct bed bed;
    struct dmsc_node node = DMSC_NODE_INIT;
    const enum dmsc_format integer = DMSC_FORMAT_INT;
    const enum dmsc_format to_node = DMSC_FORMAT_NODE;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b", DMSC_FORMAT_CHR, "one");
    assert_int_equal(dmsc_tree_replace(bed.tree, "./A/b", NULL, NULL, dmsc_bytes_str("x")),
                     DMSC_E_STATE);
    assert_int_equal(dmsc_tree_begin(bed.tree, "test", 2000), DMSC_OK);
    assert_int_equal(dmsc_tree_replace(bed.tree, "./A/b", NULL, NULL, dmsc_bytes_str("two")),
                     DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(dmsc_tree_get(bed.tree, "./A/b", &node), DMSC_OK);
    assert_int_equal(node.tstamp, 2000);
    assert_int_equal(node.verno, 1);
    dmsc_node_clear(&node);
    assert_dump(&bed, "./A/b", "./A/b chr type= title= acl= value=two\n");
    bed_begin(&bed);
    assert_int_equal(
        dmsc_tree_replace(bed.tree, "./A/b", &integer, "text/plain", dmsc_bytes_str("7")), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, "./A/b", "./A/b int type=text/plain title= acl= value=7\n");
    REFUSED(&bed, dmsc_tree_replace(bed.tree, "./A/b", NULL, NULL, dmsc_bytes_str("x")),
            DMSC_E_MALFORMED, "format:int");
    REFUSED(&bed, dmsc_tree_replace(bed.tree, "./A", NULL, NULL, dmsc_bytes_str("x")), DMSC_E_STATE,
            "node:interior");
    REFUSED(&bed, dmsc_tree_replace(bed.tree, "./A/b", &to_node, NULL, dmsc_bytes_str("")),
            DMSC_E_STATE, "node:leaf");
    REFUSED(&bed, dmsc_tree_replace(bed.tree, "./C", NULL, NULL, dmsc_bytes_str("x")),
            DMSC_E_NOTFOUND, "node:missing");
    bed_clear(&bed);
}

static void version_wraps(void **state)
{
    struct bed bed;
    struct dmsc_node node = DMSC_NODE_INIT;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./a", DMSC_FORMAT_CHR, "");
    bed_begin(&bed);
    for (unsigned i = 0; i < 0xFFFF; i++)
        assert_int_equal(dmsc_tree_replace(bed.tree, "./a", NULL, NULL, dmsc_bytes_str("x")),
                         DMSC_OK);
    assert_int_equal(dmsc_tree_get(bed.tree, "./a", &node), DMSC_OK);
    assert_int_equal(node.verno, 0xFFFF);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_replace(bed.tree, "./a", NULL, NULL, dmsc_bytes_str("x")), DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(dmsc_tree_get(bed.tree, "./a", &node), DMSC_OK);
    assert_int_equal(node.verno, 0);
    dmsc_node_clear(&node);
    bed_clear(&bed);
}

static void permanent(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = leaf("Acme");
    const enum dmsc_format integer = DMSC_FORMAT_INT;

    (void)state;
    bed_make(&bed, NULL);
    spec.flags = DMSC_NODE_PERMANENT;
    spec.access = DMSC_ACCESS_GET;
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./DevInfo/Man", &spec), DMSC_OK);
    bed_commit(&bed);
    REFUSED(&bed, dmsc_tree_delete(bed.tree, "./DevInfo/Man", false), DMSC_E_STATE,
            "node:permanent");
    /* Also through its parent: nothing goes. */
    REFUSED(&bed, dmsc_tree_delete(bed.tree, "./DevInfo", false), DMSC_E_STATE, "node:permanent");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./DevInfo/Man", "Mod"), DMSC_E_STATE,
            "node:permanent");
    REFUSED(&bed, dmsc_tree_replace(bed.tree, "./DevInfo/Man", &integer, NULL, dmsc_bytes_str("1")),
            DMSC_E_STATE, "node:permanent");
    REFUSED(&bed,
            dmsc_tree_replace(bed.tree, "./DevInfo/Man", NULL, "image/png", dmsc_bytes_str("1")),
            DMSC_E_STATE, "node:permanent");
    bed_begin(&bed);
    assert_int_equal(
        dmsc_tree_replace(bed.tree, "./DevInfo/Man", NULL, "text/plain", dmsc_bytes_str("Other")),
        DMSC_OK);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./DevInfo", true), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, ".", ". node type= title= acl=Add=*&Get=* flags=1\n");
    bed_clear(&bed);
}

static void deletes_a_subtree(void **state)
{
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b/c", DMSC_FORMAT_CHR, "x");
    bed_add(&bed, "./A/b/d", DMSC_FORMAT_CHR, "x");
    bed_add(&bed, "./A/b!", DMSC_FORMAT_CHR, "x");
    bed_add(&bed, "./A/bc", DMSC_FORMAT_CHR, "x");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./A/b", false), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, "./A",
                "./A node type= title= acl=\n"
                "./A/b! chr type= title= acl= value=x\n"
                "./A/bc chr type= title= acl= value=x\n");
    REFUSED(&bed, dmsc_tree_delete(bed.tree, "./A/b", false), DMSC_E_NOTFOUND, "node:missing");
    assert_int_equal(dmsc_tree_delete(bed.tree, "./A", false), DMSC_E_STATE);
    bed_clear(&bed);
}

static void rename_moves_the_subtree(void **state)
{
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b/c", DMSC_FORMAT_CHR, "1");
    bed_add(&bed, "./A/b/日本/d", DMSC_FORMAT_CHR, "2");
    bed_add(&bed, "./A/bb", DMSC_FORMAT_CHR, "3");
    bed_begin(&bed);
    /* Longer, shorter, and with characters of several octets: keys are cut by characters. */
    assert_int_equal(dmsc_tree_rename(bed.tree, "./A/b", "Gerät-x"), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./A/Gerät-x/日本", "e"), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./A", "Z"), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./Z", "Z"), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, "./Z",
                "./Z node type= title= acl=\n"
                "./Z/Gerät-x node type= title= acl=\n"
                "./Z/Gerät-x/c chr type= title= acl= value=1\n"
                "./Z/Gerät-x/e node type= title= acl=\n"
                "./Z/Gerät-x/e/d chr type= title= acl= value=2\n"
                "./Z/bb chr type= title= acl= value=3\n");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./Z/bb", "Gerät-x"), DMSC_E_EXISTS, "node:exists");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./Z/bb", "a/b"), DMSC_E_MALFORMED,
            "uri:encoded-slash");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./Z/bb", ""), DMSC_E_MALFORMED, "uri:empty-segment");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./Z/bb", ".."), DMSC_E_MALFORMED, "uri:dot-segment");
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./Q", "x"), DMSC_E_NOTFOUND, "node:missing");
    bed_clear(&bed);
}

static void rename_within_limits(void **state)
{
    struct bed bed;
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;

    (void)state;
    config.limits.uri_length = 8;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(bed.ctx, NULL, &bed.store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree), DMSC_OK);
    bed_add(&bed, "./A/12345", DMSC_FORMAT_CHR, "");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./A", "é2"), DMSC_OK);
    bed_commit(&bed);
    REFUSED(&bed, dmsc_tree_rename(bed.tree, "./é2", "123"), DMSC_E_LIMIT, "uri:length");
    bed_clear(&bed);
}

static void properties(void **state)
{
    struct bed bed;
    struct dmsc_buf acl;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b", DMSC_FORMAT_CHR, "x");
    assert_int_equal(dmsc_tree_set_title(bed.tree, "./A/b", "t"), DMSC_E_STATE);
    assert_int_equal(dmsc_tree_set_acl(bed.tree, "./A/b", ""), DMSC_E_STATE);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_set_title(bed.tree, "./A/b", "A title"), DMSC_OK);
    assert_int_equal(dmsc_tree_set_acl(bed.tree, "./A", "Get=S1"), DMSC_OK);
    assert_int_equal(dmsc_tree_set_acl(bed.tree, "./A/b", "Get=S2"), DMSC_OK);
    assert_int_equal(dmsc_tree_set_acl(bed.tree, "./A/b", ""), DMSC_OK);
    bed_commit(&bed);
    assert_dump(&bed, "./A",
                "./A node type= title= acl=Get=S1\n"
                "./A/b chr type= title=A title acl= value=x\n");
    REFUSED(&bed, dmsc_tree_set_acl(bed.tree, "./A", "Get"), DMSC_E_MALFORMED, "acl:malformed");
    REFUSED(&bed, dmsc_tree_set_acl(bed.tree, "./X", "Get=*"), DMSC_E_NOTFOUND, "node:missing");
    REFUSED(&bed, dmsc_tree_set_title(bed.tree, "./A", "\xFF"), DMSC_E_MALFORMED,
            "title:malformed");
    dmsc_buf_init(&acl, bed.ctx, 100);
    assert_int_equal(dmsc_tree_effective_acl(bed.tree, "./A/b", &acl), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&acl), "Get=S1");
    dmsc_buf_clear(&acl);
    bed_clear(&bed);
}

static void assert_mo(struct bed *bed, const char *uri, const char *expected)
{
    struct dmsc_buf urn;

    dmsc_buf_init(&urn, bed->ctx, 200);
    assert_int_equal(dmsc_tree_mo_of(bed->tree, uri, &urn), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&urn), expected);
    dmsc_buf_clear(&urn);
}

static void mo_of(void **state)
{
    struct bed bed;
    struct dmsc_node_spec outer = interior("urn:oma:mo:outer:1.0");
    struct dmsc_node_spec inner = interior("urn:oma:mo:inner:1.0");
    struct dmsc_node_spec value = leaf("x");

    (void)state;
    bed_make(&bed, NULL);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B", &outer), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B/C/D", &inner), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/B/C/D/e", &value), DMSC_OK);
    bed_commit(&bed);
    assert_mo(&bed, ".", "");
    assert_mo(&bed, "./A", "");
    assert_mo(&bed, "./A/B", "urn:oma:mo:outer:1.0");
    assert_mo(&bed, "./A/B/C", "urn:oma:mo:outer:1.0");
    assert_mo(&bed, "./A/B/C/D/e", "urn:oma:mo:inner:1.0"); /* a leaf's type is none of an MO */
    assert_mo(&bed, "./A/B/not/there", "urn:oma:mo:outer:1.0");
    bed_clear(&bed);
}

static void secrets(void **state)
{
    struct bed bed;
    struct dmsc_node_spec account = interior("urn:oma:mo:oma-dm-dmacc:1.1");
    struct dmsc_node_spec value = leaf("s3cret");
    struct dmsc_node node = DMSC_NODE_INIT;

    (void)state;
    bed_make(&bed, NULL);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./DMAcc/x", &account), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./DMAcc/x/AppAuth/1/AAuthSecret", &value), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./DMAcc/x/AppAuth/1/other", &value), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./Elsewhere/AAuthSecret", &value), DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(dmsc_tree_get(bed.tree, "./DMAcc/x/AppAuth/1/AAuthSecret", &node), DMSC_OK);
    assert_int_equal(node.flags, DMSC_NODE_SECRET);
    assert_int_equal(node.access & DMSC_ACCESS_GET, 0);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_get(bed.tree, "./Elsewhere/AAuthSecret", &node), DMSC_OK);
    assert_int_equal(node.flags, DMSC_NODE_SECRET); /* an account's type may come later */
    dmsc_node_clear(&node);
    /* Neither a rename nor a replace makes it readable, and a rename into the name hides. */
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./DMAcc/x/AppAuth/1/AAuthSecret", "seen"),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./DMAcc/x/AppAuth/1/other", "AAuthData"), DMSC_OK);
    assert_int_equal(
        dmsc_tree_replace(bed.tree, "./DMAcc/x/AppAuth/1/seen", NULL, NULL, dmsc_bytes_str("new")),
        DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(dmsc_tree_get(bed.tree, "./DMAcc/x/AppAuth/1/seen", &node), DMSC_OK);
    assert_int_equal(node.flags, DMSC_NODE_SECRET);
    dmsc_node_clear(&node);
    assert_int_equal(dmsc_tree_get(bed.tree, "./DMAcc/x/AppAuth/1/AAuthData", &node), DMSC_OK);
    assert_int_equal(node.flags, DMSC_NODE_SECRET);
    assert_int_equal(node.access & DMSC_ACCESS_GET, 0);
    dmsc_node_clear(&node);
    bed_clear(&bed);
}

static void transactions_nest(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = leaf("x");

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_tree_commit(bed.tree), DMSC_E_STATE);
    dmsc_tree_rollback(bed.tree); /* of nothing: nothing */
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./a", &spec), DMSC_OK);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./b", &spec), DMSC_OK);
    dmsc_tree_rollback(bed.tree);
    assert_int_equal(dmsc_tree_begin(bed.tree, "inner", 5000), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./c", &spec), DMSC_OK);
    bed_commit(&bed);
    bed_commit(&bed);
    assert_dump(&bed, ".",
                ". node type= title= acl=Add=*&Get=* flags=1\n"
                "./a chr type=text/plain title= acl= value=x\n"
                "./c chr type=text/plain title= acl= value=x\n");
    bed_begin(&bed);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./a", false), DMSC_OK);
    bed_commit(&bed);
    dmsc_tree_rollback(bed.tree);
    assert_dump(&bed, "./a", "./a chr type=text/plain title= acl= value=x\n");
    for (unsigned i = 0; i < DMSCI_TREE_DEPTH; i++)
        bed_begin(&bed);
    assert_int_equal(dmsc_tree_begin(bed.tree, "test", 0), DMSC_E_LIMIT);
    /* Closing the tree rolls back what is open. */
    bed_clear(&bed);
}

static void changes_are_recorded(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = leaf("x");
    struct dmsci_change change;
    bool there = false;

    (void)state;
    bed_make(&bed, NULL);
    bed_begin(&bed);
    bed_commit(&bed); /* nothing changed: no record */
    assert_int_equal(dmsci_change_next(bed.store, 0, &change, &there), DMSC_OK);
    assert_false(there);
    assert_int_equal(dmsc_tree_begin(bed.tree, "ma:com.opa.dm", 1234), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/b", &spec), DMSC_OK);
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./gone", &spec), DMSC_OK);
    dmsc_tree_rollback(bed.tree);
    assert_int_equal(dmsc_tree_replace(bed.tree, "./A/b", NULL, NULL, dmsc_bytes_str("secret")),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_delete(bed.tree, "./A", false), DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(dmsci_change_next(bed.store, 0, &change, &there), DMSC_OK);
    assert_true(there);
    assert_string_equal(change.actor, "ma:com.opa.dm");
    assert_int_equal(change.at, 1234);
    assert_int_equal(change.count, 4);
    assert_string_equal(change.what, "add ./A\nadd ./A/b\nreplace ./A/b\ndelete ./A\n");
    assert_int_equal(dmsci_change_next(bed.store, change.id, &change, &there), DMSC_OK);
    assert_false(there);
    bed_clear(&bed);
}

static enum dmsc_err stop_at_two(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)uri;
    (void)node;
    return ++*(unsigned *)user == 2 ? DMSC_E_AGAIN : DMSC_OK;
}

static void walk(void **state)
{
    struct bed bed;
    unsigned seen = 0;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b", DMSC_FORMAT_CHR, "x");
    bed_add(&bed, "./A!", DMSC_FORMAT_CHR, "x");
    assert_int_equal(dmsc_tree_walk(bed.tree, ".", stop_at_two, &seen), DMSC_E_AGAIN);
    assert_int_equal(seen, 2);
    assert_int_equal(dmsc_tree_walk(bed.tree, "./X", stop_at_two, &seen), DMSC_E_NOTFOUND);
    assert_dump(&bed, "./A",
                "./A node type= title= acl=\n"
                "./A/b chr type= title= acl= value=x\n");
    /* A walk that failed left nothing open. */
    bed_begin(&bed);
    bed_commit(&bed);
    bed_clear(&bed);
}

/* Everything a tree can be asked for, with allocations that fail. */
static enum dmsc_err everything(struct dmsc_ctx *ctx, struct dmsc_tree *tree)
{
    struct dmsc_node_spec spec = leaf("value");
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf text;
    unsigned seen = 10;
    enum dmsc_err err = dmsc_tree_begin(tree, "test", 1);

    if (err != DMSC_OK)
        return err;
    dmsc_buf_init(&text, ctx, 1000);
    err = dmsc_tree_add(tree, "./A/B/c", &spec);
    if (err == DMSC_OK)
        err = dmsc_tree_add(tree, "./A/B/AAuthName", &spec);
    if (err == DMSC_OK)
        err = dmsc_tree_replace(tree, "./A/B/c", NULL, "text/x", dmsc_bytes_str("new"));
    if (err == DMSC_OK)
        err = dmsc_tree_set_acl(tree, "./A", "Get=S1");
    if (err == DMSC_OK)
        err = dmsci_tree_forget_server(tree, "S1");
    if (err == DMSC_OK)
        err = dmsc_tree_rename(tree, "./A/B", "D");
    if (err == DMSC_OK)
        err = dmsc_tree_get(tree, "./A/D/c", &node);
    if (err == DMSC_OK)
        err = dmsc_tree_value(tree, "./A/D/c", &text);
    if (err == DMSC_OK)
        err = dmsc_tree_effective_acl(tree, "./A/D/c", &text);
    if (err == DMSC_OK)
        err = dmsc_tree_walk(tree, ".", stop_at_two, &seen);
    if (err == DMSC_OK)
        err = dmsc_tree_delete(tree, "./A/D/c", false);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(tree);
    else
        dmsc_tree_rollback(tree);
    dmsc_node_clear(&node);
    dmsc_buf_clear(&text);
    return err;
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    struct bed bed = { ctx, NULL, NULL };
    enum dmsc_err err = bed_open(&bed, NULL);

    (void)user;
    if (err == DMSC_OK)
        err = everything(ctx, bed.tree);
    bed_close(&bed);
    return err;
}

static void allocation_faults(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root),
        cmocka_unit_test(root_acl),
        cmocka_unit_test(add),
        cmocka_unit_test(add_refused),
        cmocka_unit_test(limits),
        cmocka_unit_test(read),
        cmocka_unit_test(children),
        cmocka_unit_test(replace),
        cmocka_unit_test(version_wraps),
        cmocka_unit_test(permanent),
        cmocka_unit_test(deletes_a_subtree),
        cmocka_unit_test(rename_moves_the_subtree),
        cmocka_unit_test(rename_within_limits),
        cmocka_unit_test(properties),
        cmocka_unit_test(mo_of),
        cmocka_unit_test(secrets),
        cmocka_unit_test(transactions_nest),
        cmocka_unit_test(changes_are_recorded),
        cmocka_unit_test(walk),
        cmocka_unit_test(allocation_faults),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
