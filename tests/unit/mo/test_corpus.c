/* SPDX-License-Identifier: Apache-2.0 */
/* Objects and descriptions of other people's servers and devices: kept outside, read if there. */
#include "tests/unit/mo/support.h"
#include <stdio.h>
#include <string.h>

#define CORPUS "../shared/corpus/dm1"

/* The names of the files say what is wrong with them. */
static const struct {
    const char *file;
    enum dmsc_err err;
    const char *reason;
} objects[] = {
    { "android-passpoint/PerProviderSubscription.xml", DMSC_OK, "" },
    { "android-passpoint/r2-ttls-tree.xml", DMSC_OK, "" },
    { "android-passpoint/PerProviderSubscription_DuplicateValue.xml", DMSC_E_MALFORMED,
      "tnds:duplicate" },
    { "android-passpoint/PerProviderSubscription_InvalidNode.xml", DMSC_E_MALFORMED,
      "tnds:value-and-nodes" },
    { "android-passpoint/PerProviderSubscription_MissingValue.xml", DMSC_E_MALFORMED,
      "tnds:missing-value" },
    { "hostap-hs20/pps-mo-1.xml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "hostap-hs20/devinfo.xml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "hostap-hs20/devdetail.xml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "hostap-hs20/default.xml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "hostap-hs20/dm_ddf-v1_2.dtd", DMSC_E_MALFORMED, "xml:malformed" },
    { "motorola-engine/dmAccounts.xml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "motorola-engine/tree/syncmldm.ddf", DMSC_E_UNSUPPORTED, "xml:doctype" },
    { "motorola-engine/tree/root.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    { "motorola-engine/tree/customization.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    { "motorola-engine/tree/devdetail_ext.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    { "motorola-engine/tree/devdetail_uri.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    { "motorola-engine/tree/managedobjects.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    { "motorola-engine/tree/subscriber.xml", DMSC_E_UNSUPPORTED, "tnds:verdtd" },
    /* Tags of its own, and no name of a document. */
    { "motorola-engine/tree/root.wbxml", DMSC_E_MALFORMED, "tnds:no-root" },
    { "motorola-engine/tree/acl.txt", DMSC_E_MALFORMED, "xml:malformed" },
};

static struct dmsc_bytes slurp(const char *file)
{
    char path[SUPPORT_PATH_MAX];

    (void)snprintf(path, sizeof(path), CORPUS "/%s", file);
    return support_slurp_exact(path);
}

static enum dmsc_err import(struct bed *bed, struct dmsc_bytes xml)
{
    const struct dmsc_tnds_import how = { .base = "./Import" };
    enum dmsc_err err;

    bed_begin(bed);
    err = dmsc_tnds_import(bed->tree, &how, xml, NULL);
    bed_commit(bed);
    return err;
}

static void each_file(void **state)
{
    (void)state;
    if (!support_exists(CORPUS))
        support_skip("no corpus at " CORPUS);
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(objects); i++) {
        struct dmsc_bytes xml = slurp(objects[i].file);
        struct bed bed;
        bool there = false;

        bed_make(&bed, NULL);
        print_message("%s\n", objects[i].file);
        assert_int_equal(import(&bed, xml), objects[i].err);
        if (objects[i].err != DMSC_OK)
            assert_string_equal(bed_reason(&bed), objects[i].reason);
        assert_int_equal(dmsc_tree_has(bed.tree, "./Import", &there), DMSC_OK);
        assert_int_equal(there, objects[i].err == DMSC_OK);
        bed_clear(&bed);
        support_free(xml);
    }
}

static void assert_value(struct bed *bed, const char *uri, const char *expected)
{
    struct dmsc_buf value;

    dmsc_buf_init(&value, bed->ctx, 10000);
    assert_int_equal(dmsc_tree_value(bed->tree, uri, &value), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&value), expected);
    dmsc_buf_clear(&value);
}

static void passpoint_content(void **state)
{
    static const char top[] = "./Import/PerProviderSubscription";
    struct bed bed;
    struct dmsc_bytes xml;
    struct dmsc_buf urn;

    (void)state;
    if (!support_exists(CORPUS))
        support_skip("no corpus at " CORPUS);
    bed_make(&bed, NULL);
    xml = slurp("android-passpoint/PerProviderSubscription.xml");
    assert_int_equal(import(&bed, xml), DMSC_OK);
    support_free(xml);
    dmsc_buf_init(&urn, bed.ctx, 200);
    assert_int_equal(
        dmsc_tree_mo_of(bed.tree, "./Import/PerProviderSubscription/i001/HomeSP", &urn), DMSC_OK);
    assert_string_equal(dmsc_buf_str(&urn), "urn:wfa:mo:hotspot2dot0-perprovidersubscription:1.0");
    dmsc_buf_clear(&urn);
    assert_value(&bed, "./Import/PerProviderSubscription/UpdateIdentifier", "12");
    assert_value(&bed, "./Import/PerProviderSubscription/i001/HomeSP/FriendlyName",
                 "Century House");
    /* What we write of it reads the same. */
    dmsc_buf_init(&urn, bed.ctx, 1u << 20);
    assert_int_equal(dmsc_tnds_export(bed.tree, top, NULL, NULL, &urn), DMSC_OK);
    {
        const struct dmsc_tnds_import how = { .mode = DMSC_TNDS_REPLACE };
        struct dmsc_buf before = bed_dump(&bed, top);
        struct dmsc_buf after;

        bed_begin(&bed);
        assert_int_equal(dmsc_tnds_import(bed.tree, &how, dmsc_buf_bytes(&urn), NULL), DMSC_OK);
        bed_commit(&bed);
        after = bed_dump(&bed, top);
        assert_string_equal(dmsc_buf_str(&before), dmsc_buf_str(&after));
        dmsc_buf_clear(&before);
        dmsc_buf_clear(&after);
    }
    dmsc_buf_clear(&urn);
    bed_clear(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file),
        cmocka_unit_test(passpoint_content),
    };

    return support_exit(cmocka_run_group_tests(tests, NULL, NULL), DMSCI_ARRAY_LEN(tests));
}
