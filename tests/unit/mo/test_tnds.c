/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_err import(struct bed *bed, const struct dmsc_tnds_import *how,
                            struct dmsc_bytes xml, struct dmsc_buf *ret_uri)
{
    struct dmsc_bytes copy = support_copy_exact(xml);
    enum dmsc_err err;

    bed_begin(bed);
    err = dmsc_tnds_import(bed->tree, how, copy, ret_uri);
    /* Committed even after a failure: nothing of it may have stayed. */
    bed_commit(bed);
    support_free(copy);
    return err;
}

static struct dmsc_tnds_import how_of(struct vectors *v)
{
    const char *mode = vec_text_or(v, "mode", "add");

    return (struct dmsc_tnds_import){
        .base = vec_text_or(v, "base", NULL),
        .mode = strcmp(mode, "merge") == 0     ? DMSC_TNDS_MERGE
                : strcmp(mode, "replace") == 0 ? DMSC_TNDS_REPLACE
                                               : DMSC_TNDS_ADD,
        .root_name = vec_text_or(v, "root-name", NULL),
        .acl = vec_text_or(v, "acl", NULL),
    };
}

static struct dmsc_bytes object_of(struct vectors *v)
{
    return vec_has(v, "wbxml") ? vec_hex(v, "wbxml") : dmsc_bytes_str(vec_text(v, "xml"));
}

static void check_tree(struct vectors *v, struct bed *bed)
{
    struct dmsc_buf dump = bed_dump(bed, vec_text(v, "from"));

    dmsc_buf_truncate(&dump, dump.n - 1);
    vec_assert_text(v, "tree", dmsc_buf_str(&dump));
    dmsc_buf_clear(&dump);
}

static void check_block(struct vectors *v, struct bed *bed)
{
    struct dmsc_tnds_import how = how_of(v);
    struct dmsc_tnds_import first = { .base = how.base };
    struct dmsc_buf before;
    struct dmsc_buf uri;

    if (vec_has(v, "before")) {
        first.base = strcmp(vec_text_or(v, "reason", ""), "node:leaf") == 0 ? NULL : how.base;
        assert_int_equal(import(bed, &first, dmsc_bytes_str(vec_text(v, "before")), NULL), DMSC_OK);
    }
    before = bed_dump(bed, ".");
    dmsc_buf_init(&uri, bed->ctx, 1000);
    assert_int_equal(dmsc_buf_append_str(&uri, "kept"), DMSC_OK);
    vec_assert_err(v, import(bed, &how, object_of(v), &uri));
    assert_memory_equal(uri.p, "kept", 4);
    dmsc_buf_consume(&uri, 4);
    if (vec_has(v, "error")) {
        struct dmsc_buf after = bed_dump(bed, ".");

        vec_assert_text(v, "reason", bed_reason(bed));
        assert_string_equal(dmsc_buf_str(&after), dmsc_buf_str(&before));
        assert_int_equal(uri.n, 0);
        dmsc_buf_clear(&after);
    } else {
        vec_assert_text(v, "uri", dmsc_buf_str(&uri));
        check_tree(v, bed);
    }
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&uri);
}

static void play(const char *file)
{
    struct vectors *v = vectors_open(file);

    while (vectors_next(v)) {
        struct bed bed;

        bed_make(&bed, NULL);
        check_block(v, &bed);
        bed_clear(&bed);
    }
    vectors_close(v);
}

static void table(void **state)
{
    (void)state;
    play("mo/tnds.txt");
}

static void wbxml_table(void **state)
{
    (void)state;
    play("mo/tnds_wbxml.txt");
}

static const char account[] =
    "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node><NodeName>x</NodeName>"
    "<RTProperties><Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>"
    "<Node><NodeName>AAuthName</NodeName><Value>n &amp; m</Value></Node>"
    "<Node><NodeName>AAuthSecret</NodeName><Value>s3cret</Value></Node>"
    "<Node><NodeName>Ext</NodeName><Node><NodeName>v</NodeName><RTProperties><Format><bin/>"
    "</Format></RTProperties><Value>AAECAw==</Value></Node></Node>"
    "</Node></MgmtTree>";

/* Every prefix and every changed octet: refused or taken, never half done. */
static void check_damaged(struct bed *bed, struct dmsc_bytes object)
{
    const struct dmsc_tnds_import how = { .base = "./Damaged" };
    struct dmsc_buf before = bed_dump(bed, ".");
    uint8_t copy[1000];

    assert_true(object.n <= sizeof(copy));
    for (size_t i = 0; i < object.n; i++) {
        struct dmsc_buf after;

        assert_int_not_equal(import(bed, &how, dmsc_bytes(object.p, i), NULL), DMSC_OK);
        after = bed_dump(bed, ".");
        assert_string_equal(dmsc_buf_str(&after), dmsc_buf_str(&before));
        dmsc_buf_clear(&after);
    }
    for (size_t i = 0; i < object.n * 8; i++) {
        dmsci_copy(copy, object.p, object.n);
        copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1 << i % 8);
        bed_begin(bed);
        if (dmsc_tnds_import(bed->tree, &how, dmsc_bytes(copy, object.n), NULL) == DMSC_OK)
            dmsc_tree_rollback(bed->tree);
        else
            bed_commit(bed);
    }
    dmsc_buf_clear(&before);
}

static void damaged(void **state)
{
    const struct dmsc_tnds_import how = { .base = "./DMAcc" };
    struct bed bed;
    struct dmsc_buf binary;

    (void)state;
    bed_make(&bed, NULL);
    check_damaged(&bed, dmsc_bytes_str(account));
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(account), NULL), DMSC_OK);
    dmsc_buf_init(&binary, bed.ctx, 1000);
    assert_int_equal(dmsc_tnds_export_wbxml(bed.tree, "./DMAcc", NULL, NULL, &binary), DMSC_OK);
    check_damaged(&bed, dmsc_buf_bytes(&binary));
    dmsc_buf_clear(&binary);
    bed_clear(&bed);
}

static enum dmsc_err scenario(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_tnds_import how = { .base = "./DMAcc", .root_name = "y", .acl = "Get=*" };
    const struct dmsc_tnds_import other = { .base = "./Other" };
    struct bed bed = { ctx, NULL, NULL };
    struct dmsc_buf xml;
    enum dmsc_err err = bed_open(&bed, NULL);
    bool there = false;

    (void)user;
    dmsc_buf_init(&xml, ctx, 10000);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK) {
        err = dmsc_tnds_import(bed.tree, &how, dmsc_bytes_str(account), &xml);
        if (err == DMSC_OK)
            err = dmsc_tnds_export(bed.tree, ".", NULL, NULL, &xml);
        dmsc_buf_reset(&xml);
        if (err == DMSC_OK)
            err = dmsc_tnds_export_wbxml(bed.tree, "./DMAcc", NULL, NULL, &xml);
        if (err == DMSC_OK)
            err = dmsc_tnds_import(bed.tree, &other, dmsc_buf_bytes(&xml), NULL);
        if (err == DMSC_OK)
            err = dmsc_tree_commit(bed.tree);
        else
            dmsc_tree_rollback(bed.tree);
        if (err != DMSC_OK && dmsc_tree_has(bed.tree, "./DMAcc", &there) == DMSC_OK)
            assert_false(there);
    }
    dmsc_buf_clear(&xml);
    bed_close(&bed);
    return err;
}

static void allocation_faults(void **state)
{
    (void)state;
    assert_true(fault_torture(scenario, NULL) > 30);
}

static void needs_a_change(void **state)
{
    const struct dmsc_tnds_import how = { .base = NULL };
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(dmsc_tnds_import(bed.tree, &how, dmsc_bytes_str(account), NULL), DMSC_E_STATE);
    bed_clear(&bed);
}

static void nameless_nodes_are_named(void **state)
{
    static const char xml[] = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName/>"
                              "<Node><NodeName/><Value>1</Value></Node>"
                              "<Node><Value>2</Value></Node></Node></MgmtTree>";
    struct dmsc_tnds_import how = { .base = "./A", .mode = DMSC_TNDS_ADD };
    struct bed bed;
    struct dmsc_buf first;
    struct dmsc_buf second;

    (void)state;
    bed_make(&bed, NULL);
    dmsc_buf_init(&first, bed.ctx, 100);
    dmsc_buf_init(&second, bed.ctx, 100);
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(xml), &first), DMSC_OK);
    /* Added again it is another object; put over itself it is the same. */
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(xml), &second), DMSC_OK);
    assert_string_not_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    dmsc_buf_reset(&second);
    how.mode = DMSC_TNDS_REPLACE;
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(xml), &second), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&first), dmsc_buf_str(&second));
    dmsc_buf_clear(&first);
    dmsc_buf_clear(&second);
    bed_clear(&bed);
}

static void permanent_nodes_stand(void **state)
{
    static const char other[] = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>D</NodeName>"
                                "<Node><NodeName>x</NodeName><Value>1</Value></Node></Node>"
                                "</MgmtTree>";
    static const char same[] = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>D</NodeName>"
                               "<Node><NodeName>m</NodeName><Value>new</Value></Node></Node>"
                               "</MgmtTree>";
    const struct dmsc_tnds_import how = { .mode = DMSC_TNDS_REPLACE };
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct bed bed;
    struct dmsc_buf dump;

    (void)state;
    bed_make(&bed, NULL);
    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.flags = DMSC_NODE_PERMANENT;
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./D/m", &spec), DMSC_OK);
    bed_commit(&bed);
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(other), NULL), DMSC_E_STATE);
    assert_string_equal(bed_reason(&bed), "node:permanent");
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(same), NULL), DMSC_OK);
    dump = bed_dump(&bed, "./D");
    assert_string_equal(dmsc_buf_str(&dump),
                        "./D node type= title= acl=\n"
                        "./D/m chr type=text/plain title= acl= flags=1 value=new\n");
    dmsc_buf_clear(&dump);
    bed_clear(&bed);
}

static void fill(struct bed *bed, struct dmsc_buf *xml, const char *piece, unsigned times)
{
    (void)bed;
    for (unsigned i = 0; i < times; i++)
        assert_int_equal(dmsc_buf_append_str(xml, piece), DMSC_OK);
}

static void assert_hostile(struct bed *bed, struct dmsc_buf *xml, enum dmsc_err expected,
                           const char *reason)
{
    const struct dmsc_tnds_import how = { .base = NULL };

    assert_int_equal(import(bed, &how, dmsc_buf_bytes(xml), NULL), expected);
    assert_string_equal(bed_reason(bed), reason);
    dmsc_buf_reset(xml);
}

#define HEAD "<MgmtTree><VerDTD>1.2</VerDTD>"

static void hostile_documents(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct bed bed;
    struct dmsc_buf xml;

    (void)state;
    config.limits.object_size = 4u << 20;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(dmsc_store_open(bed.ctx, NULL, &bed.store), DMSC_OK);
    assert_int_equal(dmsc_tree_open(bed.ctx, bed.store, NULL, &bed.tree), DMSC_OK);
    dmsc_buf_init(&xml, bed.ctx, 8u << 20);
    /* 1 MB of nesting */
    fill(&bed, &xml, "<a>", 1u << 18);
    assert_hostile(&bed, &xml, DMSC_E_MALFORMED, "tnds:no-root");
    fill(&bed, &xml, HEAD, 1);
    fill(&bed, &xml, "<Node>", 1u << 17);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "xml:depth");
    fill(&bed, &xml, HEAD "<x:y xmlns:x=\"urn:x\">", 1);
    fill(&bed, &xml, "<x:y>", 1u << 17);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "xml:depth");
    /* attributes, compared each with each by the parser if they got there */
    fill(&bed, &xml, "<MgmtTree", 1);
    for (unsigned i = 0; i < 1u << 16; i++)
        assert_int_equal(dmsci_buf_printf(&xml, " a%u=''", i), DMSC_OK);
    fill(&bed, &xml, ">", 1);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "xml:attributes");
    /* too many nodes */
    fill(&bed, &xml, HEAD, 1);
    fill(&bed, &xml, "<Node><Value/></Node>", 10001);
    fill(&bed, &xml, "</MgmtTree>", 1);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "tnds:nodes");
    /* too long for an object */
    fill(&bed, &xml, " ", (4u << 20) + 1);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "tnds:size");
    /* NUL, UTF-16 */
    assert_int_equal(dmsc_buf_append(&xml, dmsc_bytes(HEAD "\0</MgmtTree>", 42)), DMSC_OK);
    assert_hostile(&bed, &xml, DMSC_E_MALFORMED, "xml:encoding");
    assert_int_equal(dmsc_buf_append(&xml, dmsc_bytes("\xFF\xFE<\0M\0", 6)), DMSC_OK);
    assert_hostile(&bed, &xml, DMSC_E_MALFORMED, "xml:malformed");
    /* a name longer than a segment may be, a path deeper than a tree */
    fill(&bed, &xml, HEAD "<Node><NodeName>", 1);
    fill(&bed, &xml, "x", 256);
    fill(&bed, &xml, "</NodeName><Value/></Node></MgmtTree>", 1);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "uri:segment");
    fill(&bed, &xml, HEAD, 1);
    fill(&bed, &xml, "<Node><NodeName>x</NodeName>", 40);
    fill(&bed, &xml, "</Node>", 40);
    fill(&bed, &xml, "</MgmtTree>", 1);
    assert_hostile(&bed, &xml, DMSC_E_LIMIT, "uri:depth");
    dmsc_buf_clear(&xml);
    bed_clear(&bed);
}

static bool not_b(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)user;
    (void)node;
    return strcmp(uri, "./A/b") != 0;
}

static bool nothing(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)user;
    (void)uri;
    (void)node;
    return false;
}

static void export_form(void **state)
{
    struct bed bed;
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_buf xml;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./A/b/hidden", DMSC_FORMAT_CHR, "x");
    spec.format = DMSC_FORMAT_CHR;
    spec.type = "text/plain";
    spec.title = "A \"title\"";
    spec.acl = "Get=S1&Replace=S1";
    spec.value = dmsc_bytes_str("<&>\r\n");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/c%?", &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_rename(bed.tree, "./A", "50%"), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/b/x", &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_add(bed.tree, "./A/z", &spec), DMSC_OK);
    bed_commit(&bed);
    dmsc_buf_init(&xml, bed.ctx, 10000);
    assert_int_equal(dmsc_buf_append_str(&xml, "kept"), DMSC_OK);
    assert_int_equal(dmsc_tnds_export(bed.tree, "./50%/c%?", NULL, NULL, &xml), DMSC_OK);
    assert_string_equal(
        dmsc_buf_str(&xml),
        "kept<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node><NodeName>c%?</NodeName>"
        "<Path>./50%25</Path><RTProperties><ACL>Get=S1&amp;Replace=S1</ACL><Format><chr/></Format>"
        "<Title>A \"title\"</Title><Type><MIME>text/plain</MIME></Type></RTProperties>"
        "<Value>&lt;&amp;&gt;&#13;\n</Value></Node></MgmtTree>");
    dmsc_buf_reset(&xml);
    assert_int_equal(dmsc_tnds_export(bed.tree, "./A", not_b, NULL, &xml), DMSC_OK);
    assert_non_null(strstr(dmsc_buf_str(&xml), "<NodeName>z</NodeName>"));
    assert_null(strstr(dmsc_buf_str(&xml), "<NodeName>b</NodeName>"));
    assert_null(strstr(dmsc_buf_str(&xml), "<NodeName>x</NodeName>"));
    dmsc_buf_reset(&xml);
    assert_int_equal(dmsc_buf_append_str(&xml, "kept"), DMSC_OK);
    assert_int_equal(dmsc_tnds_export(bed.tree, "./A", nothing, NULL, &xml), DMSC_E_NOTFOUND);
    assert_int_equal(dmsc_tnds_export(bed.tree, "./Q", NULL, NULL, &xml), DMSC_E_NOTFOUND);
    assert_string_equal(dmsc_buf_str(&xml), "kept");
    dmsc_buf_clear(&xml);
    dmsc_buf_init(&xml, bed.ctx, 200);
    assert_int_equal(dmsc_tnds_export(bed.tree, ".", NULL, NULL, &xml), DMSC_E_LIMIT);
    assert_int_equal(xml.n, 0);
    dmsc_buf_clear(&xml);
    bed_clear(&bed);
}

static bool everything(void *user, const char *uri, const struct dmsc_node *node)
{
    (void)user;
    (void)uri;
    (void)node;
    return true;
}

static void secrets_are_never_written(void **state)
{
    const struct dmsc_tnds_import how = { .base = "./DMAcc" };
    struct bed bed;
    struct dmsc_buf xml;

    (void)state;
    bed_make(&bed, NULL);
    assert_int_equal(import(&bed, &how, dmsc_bytes_str(account), NULL), DMSC_OK);
    dmsc_buf_init(&xml, bed.ctx, 10000);
    assert_int_equal(dmsc_tnds_export(bed.tree, ".", NULL, NULL, &xml), DMSC_OK);
    assert_non_null(strstr(dmsc_buf_str(&xml), "AAuthName"));
    assert_null(strstr(dmsc_buf_str(&xml), "AAuthSecret"));
    assert_null(strstr(dmsc_buf_str(&xml), "s3cret"));
    dmsc_buf_reset(&xml);
    /* A filter cannot let them out. */
    assert_int_equal(dmsc_tnds_export(bed.tree, ".", everything, NULL, &xml), DMSC_OK);
    assert_null(strstr(dmsc_buf_str(&xml), "s3cret"));
    assert_int_equal(dmsc_tnds_export(bed.tree, "./DMAcc/x/AAuthSecret", everything, NULL, &xml),
                     DMSC_E_NOTFOUND);
    dmsc_buf_clear(&xml);
    bed_clear(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(wbxml_table),
        cmocka_unit_test(damaged),
        cmocka_unit_test(allocation_faults),
        cmocka_unit_test(needs_a_change),
        cmocka_unit_test(nameless_nodes_are_named),
        cmocka_unit_test(permanent_nodes_stand),
        cmocka_unit_test(hostile_documents),
        cmocka_unit_test(export_form),
        cmocka_unit_test(secrets_are_never_written),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
