/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions: read, with the defects of the field told, and held to by the tree. */
#include "tests/unit/mo/support.h"
#include <dmsc/ddf.h>
#include <stdio.h>
#include <string.h>

#define BASE "./App/Thermostat"

struct warnings {
    unsigned n;
    char text[2048];
};

static void note(void *user, const char *defect, const char *where)
{
    struct warnings *w = user;
    size_t n = strlen(w->text);

    w->n++;
    (void)snprintf(w->text + n, sizeof(w->text) - n, "%s %s\n", defect, where);
}

static enum dmsc_err load(struct dmsc_ctx *ctx, const char *path, struct warnings *w,
                          struct dmsc_ddf **ret_ddf)
{
    struct dmsc_bytes xml = support_slurp_exact(path);
    enum dmsc_err err = dmsc_ddf_load(ctx, xml, note, w, ret_ddf);

    support_free(xml);
    return err;
}

struct listing {
    char text[65536];
};

static bool list(void *user, const struct dmsc_ddf_node *n)
{
    struct listing *l = user;
    size_t at = strlen(l->text);

    (void)snprintf(l->text + at, sizeof(l->text) - at, "%zu %s %s %02X %s %u-%u %s [%s]\n",
                   n->depth, n->name[0] != '\0' ? n->name : "<x>", dmsc_format_name(n->format),
                   n->access, n->permanent ? "permanent" : "dynamic", n->least,
                   n->most == UINT32_MAX ? 0 : n->most, n->types, n->value);
    return true;
}

static void a_description_is_read(void **state)
{
    static const char expected[] =
        "0 Thermostat node 08 permanent 1-1 urn:x-example:mo:thermostat:1.0 []\n"
        "1 Wanted int 18 dynamic 1-1 text/plain [20]\n"
        "1 Picture bin 0B dynamic 0-1 image/png []\n"
        "1 Rooms node 09 permanent 1-1  []\n"
        "2 <x> node 0B dynamic 0-2  []\n"
        "3 Name chr 19 dynamic 1-1 text/plain []\n";
    struct warnings warnings = { 0 };
    static struct listing listing;
    struct dmsc_ddf *ddf = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(load(ctx, "tests/vectors/mo/ddf/thermostat.xml", &warnings, &ddf), DMSC_OK);
    dmsc_ddf_walk(ddf, list, &listing);
    assert_string_equal(listing.text, expected);
    assert_string_equal(dmsc_ddf_place(ddf), BASE);
    assert_string_equal(warnings.text, "");
    dmsc_ddf_free(ddf);
    dmsc_ctx_free(ctx);
}

static void defects_are_told_by_name(void **state)
{
    static const char *const expected[] = {
        "ddf:runtime Old",
        "ddf:path-inside Old/<x>",
        "ddf:no-name Old/<x>",
        "ddf:mime-on-node Old/Inner",
        "ddf:unknown-element Old/Inner",
        "ddf:no-format Old",
        "ddf:no-access Old",
        "ddf:no-type Old",
        "ddf:no-version",
    };
    struct warnings warnings = { 0 };
    struct dmsc_ddf *ddf = NULL;
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    assert_int_equal(load(ctx, "tests/vectors/mo/ddf/defects.xml", &warnings, &ddf), DMSC_OK);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (strstr(warnings.text, expected[i]) == NULL)
            fail_msg("not told: %s\n%s", expected[i], warnings.text);
    }
    assert_int_equal(warnings.n, sizeof(expected) / sizeof(expected[0]));
    dmsc_ddf_free(ddf);
    dmsc_ctx_free(ctx);
}

/* What was loaded, written and loaded again: the same, and nothing to complain about. */
static void comes_back_equal(struct dmsc_ctx *ctx, const struct dmsc_ddf *ddf)
{
    struct warnings warnings = { 0 };
    struct listing *before = test_calloc(1, sizeof(*before)),
                   *after = test_calloc(1, sizeof(*after));
    struct dmsc_ddf *again = NULL;
    struct dmsc_buf xml, twice;

    dmsc_buf_init(&xml, ctx, 1 << 20);
    dmsc_buf_init(&twice, ctx, 1 << 20);
    assert_int_equal(dmsc_ddf_export(ddf, &xml), DMSC_OK);
    assert_int_equal(dmsc_ddf_load(ctx, dmsc_buf_bytes(&xml), note, &warnings, &again), DMSC_OK);
    assert_string_equal(warnings.text, "");
    dmsc_ddf_walk(ddf, list, before);
    dmsc_ddf_walk(again, list, after);
    assert_string_equal(before->text, after->text);
    assert_string_equal(dmsc_ddf_place(ddf), dmsc_ddf_place(again));
    assert_int_equal(dmsc_ddf_export(again, &twice), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&xml), dmsc_buf_str(&twice));
    dmsc_ddf_free(again);
    dmsc_buf_clear(&xml);
    dmsc_buf_clear(&twice);
    test_free(before);
    test_free(after);
}

static void a_written_description_loads_again(void **state)
{
    static const char *const files[] = {
        "tests/vectors/mo/ddf/thermostat.xml",
        "tests/vectors/mo/ddf/defects.xml",
        "tests/vectors/mo/ddf/corners.xml",
    };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct warnings warnings = { 0 };
        struct dmsc_ddf *ddf = NULL;

        assert_int_equal(load(ctx, files[i], &warnings, &ddf), DMSC_OK);
        comes_back_equal(ctx, ddf);
        dmsc_ddf_free(ddf);
    }
    dmsc_ctx_free(ctx);
}

struct world {
    struct bed bed;
    struct dmsc_ddf *ddf;
};

static int setup(void **state)
{
    static struct world w;
    struct warnings warnings = { 0 };

    memset(&w, 0, sizeof(w));
    bed_make(&w.bed, NULL);
    assert_int_equal(load(w.bed.ctx, "tests/vectors/mo/ddf/thermostat.xml", &warnings, &w.ddf),
                     DMSC_OK);
    assert_int_equal(dmsc_tree_describe(w.bed.tree, w.ddf, NULL), DMSC_OK);
    assert_int_equal(dmsc_tree_begin(w.bed.tree, "test", 1), DMSC_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    bed_close(&w->bed);
    dmsc_ddf_free(w->ddf);
    dmsc_ctx_free(w->bed.ctx);
    return 0;
}

static enum dmsc_err add(struct world *w, const char *uri, enum dmsc_format format,
                         const char *type, const char *value)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;

    spec.format = format;
    spec.type = type;
    spec.value = dmsc_bytes_str(value);
    return dmsc_tree_add(w->bed.tree, uri, &spec);
}

static void refused(struct world *w, enum dmsc_err came, enum dmsc_err err, const char *reason)
{
    assert_int_equal(came, err);
    assert_string_equal(dmsc_diag_get(w->bed.ctx)->reason, reason);
}

static void the_tree_holds_to_it(void **state)
{
    const enum dmsc_format chr = DMSC_FORMAT_CHR;
    struct world *w = *state;
    struct dmsc_node node = DMSC_NODE_INIT;
    struct dmsc_buf value;

    dmsc_buf_init(&value, w->bed.ctx, 100);
    assert_int_equal(dmsc_tree_make_described(w->bed.tree, BASE), DMSC_OK);
    assert_int_equal(dmsc_tree_make_described(w->bed.tree, BASE),
                     DMSC_OK); /* what is there stays */
    assert_int_equal(dmsc_tree_value(w->bed.tree, BASE "/Wanted", &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), "20");
    assert_int_equal(dmsc_tree_get(w->bed.tree, BASE, &node), DMSC_OK);
    assert_string_equal(node.type, "urn:x-example:mo:thermostat:1.0");
    assert_int_equal(node.access, DMSC_ACCESS_GET);
    assert_int_equal(node.flags, DMSC_NODE_PERMANENT);
    dmsc_node_clear(&node);
    refused(w, add(w, BASE "/Other", chr, "text/plain", "x"), DMSC_E_STATE, "ddf:unknown");
    refused(w, add(w, BASE "/Rooms/1/Size", chr, "text/plain", "x"), DMSC_E_STATE, "ddf:unknown");
    refused(w, add(w, BASE "/Picture", chr, "image/png", "x"), DMSC_E_MALFORMED, "ddf:format");
    refused(w, add(w, BASE "/Picture", DMSC_FORMAT_BIN, "text/plain", "x"), DMSC_E_MALFORMED,
            "ddf:type");
    assert_int_equal(add(w, BASE "/Picture", DMSC_FORMAT_BIN, "image/jpeg", "x"), DMSC_OK);
    refused(w,
            dmsc_tree_replace(w->bed.tree, BASE "/Picture", NULL, "text/plain", dmsc_bytes("y", 1)),
            DMSC_E_MALFORMED, "ddf:type");
    refused(w, dmsc_tree_replace(w->bed.tree, BASE "/Wanted", &chr, NULL, dmsc_bytes("y", 1)),
            DMSC_E_MALFORMED, "ddf:format");
    /* Two rooms, with what is between described too. */
    assert_int_equal(add(w, BASE "/Rooms/1/Name", chr, "text/plain;charset=utf-8", "x"), DMSC_OK);
    assert_int_equal(dmsc_tree_get(w->bed.tree, BASE "/Rooms/1", &node), DMSC_OK);
    assert_int_equal(node.access, DMSC_ACCESS_GET | DMSC_ACCESS_ADD | DMSC_ACCESS_DELETE);
    dmsc_node_clear(&node);
    assert_int_equal(add(w, BASE "/Rooms/2", DMSC_FORMAT_NODE, "", ""), DMSC_OK);
    refused(w, add(w, BASE "/Rooms/3", DMSC_FORMAT_NODE, "", ""), DMSC_E_STATE, "ddf:occurrence");
    refused(w, add(w, BASE "/Rooms/3/Name", chr, "text/plain", "x"), DMSC_E_STATE,
            "ddf:occurrence");
    refused(w, dmsc_tree_delete(w->bed.tree, BASE "/Rooms/1/Name", false), DMSC_E_STATE,
            "ddf:occurrence");
    assert_int_equal(dmsc_tree_delete(w->bed.tree, BASE "/Rooms/1", false), DMSC_OK);
    assert_int_equal(dmsc_tree_delete(w->bed.tree, BASE "/Picture", false), DMSC_OK);
    refused(w, dmsc_tree_delete(w->bed.tree, BASE "/Wanted", false), DMSC_E_STATE,
            "ddf:occurrence");
    /* Beside it all is as it was; above and below nothing else describes. */
    assert_int_equal(add(w, "./App/Other", chr, "text/plain", "x"), DMSC_OK);
    refused(w, dmsc_tree_describe(w->bed.tree, w->ddf, "./App"), DMSC_E_EXISTS, "ddf:taken");
    refused(w, dmsc_tree_describe(w->bed.tree, w->ddf, BASE "/Rooms"), DMSC_E_EXISTS, "ddf:taken");
    refused(w, dmsc_tree_make_described(w->bed.tree, "./DevInfo"), DMSC_E_NOTFOUND, "ddf:none");
    dmsc_buf_clear(&value);
}

static void what_is_no_description_is_refused(void **state)
{
    static const struct {
        const char *xml;
        enum dmsc_err err;
        const char *reason;
    } rows[] = {
        { "<SyncML/>", DMSC_E_MALFORMED, "ddf:no-root" },
        { "<MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>", DMSC_E_MALFORMED, "ddf:empty" },
        { "<MgmtTree><Node><NodeName>a/b</NodeName></Node></MgmtTree>", DMSC_E_MALFORMED,
          "ddf:name" },
        { "<MgmtTree><Node><NodeName>..</NodeName></Node></MgmtTree>", DMSC_E_MALFORMED,
          "ddf:name" },
        { "<MgmtTree><Node><NodeName>a</NodeName><DFProperties><DFFormat><chr/></DFFormat>"
          "</DFProperties><Node/></Node></MgmtTree>",
          DMSC_E_MALFORMED, "ddf:leaf-with-nodes" },
        { "<MgmtTree><Node><DFProperties><Occurrence><ZeroOrN>1</ZeroOrN></Occurrence>"
          "</DFProperties></Node></MgmtTree>",
          DMSC_E_MALFORMED, "ddf:occurrence" },
        { "<MgmtTree><Node>", DMSC_E_MALFORMED, "xml:malformed" },
        { "<!DOCTYPE MgmtTree [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
          "<MgmtTree><Node><NodeName>&b;</NodeName></Node></MgmtTree>",
          DMSC_E_MALFORMED, "xml:malformed" },
    };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dmsc_ddf *ddf = NULL;
        enum dmsc_err err = dmsc_ddf_load(ctx, dmsc_bytes_str(rows[i].xml), NULL, NULL, &ddf);

        if (err != rows[i].err || strcmp(dmsc_diag_get(ctx)->reason, rows[i].reason) != 0)
            fail_msg("%s: %d %s", rows[i].xml, (int)err, dmsc_diag_get(ctx)->reason);
        assert_null(ddf);
    }
    dmsc_ctx_free(ctx);
}

/* Files that others made: each loads, with its defects told. */
static void files_of_the_field_load(void **state)
{
    static const struct {
        const char *path;
        const char *defect;
    } files[] = {
        { "../shared/corpus/dm1/motorola-engine/tree/syncmldm.ddf", "ddf:path-inside" },
        { "../shared/corpus/dm1/motorola-engine/tree/root.xml", "ddf:" },
        { "../shared/corpus/dm1/motorola-engine/tree/managedobjects.xml", "ddf:" },
        { "../shared/corpus/dm1/motorola-engine/tree/subscriber.xml", "ddf:" },
        { "../shared/corpus/dm1/motorola-engine/tree/customization.xml", "ddf:" },
        { "../shared/corpus/dm1/libwbxml/ddf/ddf-001.ddf", "ddf:runtime" },
    };
    struct dmsc_ctx *ctx = NULL;

    (void)state;
    if (!support_exists(files[0].path))
        support_skip("there is no corpus of DM 1 files");
    assert_int_equal(dmsc_ctx_new(NULL, &ctx), DMSC_OK);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct warnings warnings = { 0 };
        struct dmsc_ddf *ddf = NULL;

        if (load(ctx, files[i].path, &warnings, &ddf) != DMSC_OK)
            fail_msg("%s: %s", files[i].path, dmsc_diag_get(ctx)->why);
        if (strstr(warnings.text, files[i].defect) == NULL)
            fail_msg("%s: told was\n%s", files[i].path, warnings.text);
        comes_back_equal(ctx, ddf);
        dmsc_ddf_free(ddf);
    }
    dmsc_ctx_free(ctx);
}

static enum dmsc_err life(struct dmsc_ctx *ctx, void *user)
{
    const struct dmsc_bytes *xml = user;
    struct bed bed = { ctx, NULL, NULL };
    struct dmsc_ddf *ddf = NULL;
    struct dmsc_buf written;
    enum dmsc_err err = dmsc_ddf_load(ctx, *xml, NULL, NULL, &ddf);

    dmsc_buf_init(&written, ctx, 1 << 20);
    if (err == DMSC_OK)
        err = dmsc_ddf_export(ddf, &written);
    dmsc_buf_clear(&written);
    if (err == DMSC_OK)
        err = bed_open(&bed, NULL);
    if (err == DMSC_OK)
        err = dmsc_tree_describe(bed.tree, ddf, NULL);
    if (err == DMSC_OK)
        err = dmsc_tree_begin(bed.tree, "test", 1);
    if (err == DMSC_OK)
        err = dmsc_tree_make_described(bed.tree, BASE);
    if (err == DMSC_OK)
        err = dmsc_tree_commit(bed.tree);
    bed_close(&bed);
    dmsc_ddf_free(ddf);
    return err;
}

static void memory_fails_anywhere(void **state)
{
    struct dmsc_bytes xml = support_slurp_exact("tests/vectors/mo/ddf/thermostat.xml");

    (void)state;
    assert_true(fault_torture(life, &xml) > 20);
    support_free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_is_read),
        cmocka_unit_test(defects_are_told_by_name),
        cmocka_unit_test(a_written_description_loads_again),
        cmocka_unit_test_setup_teardown(the_tree_holds_to_it, setup, teardown),
        cmocka_unit_test(what_is_no_description_is_refused),
        cmocka_unit_test(files_of_the_field_load),
        cmocka_unit_test(memory_fails_anywhere),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL),
                        sizeof(tests) / sizeof(tests[0]));
}
