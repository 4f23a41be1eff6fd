/* SPDX-License-Identifier: Apache-2.0 */
/* Values with a shape in one leaf: JSON and XML, there and back, checked and bounded. */
#include "tests/unit/mo/support.h"
#include <dmsc/mo_json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum dmsc_format format;
    const char *type, *value;
    enum dmsc_err err;
    const char *reason;
} rows[] = {
    { DMSC_FORMAT_CHR, "application/json", "{\"a\":[1,{\"b\":null}],\"c\":\"[[\\\"[\"}", 0, "" },
    { DMSC_FORMAT_CHR, "application/json", "7", 0, "" },
    { DMSC_FORMAT_CHR, "Application/JSON; charset=utf-8", "[]", 0, "" },
    { DMSC_FORMAT_CHR, "application/json", "", 0, "" },
    { DMSC_FORMAT_CHR, "application/json", "{\"a\":1", DMSC_E_MALFORMED, "format:json" },
    { DMSC_FORMAT_CHR, "application/json", "{\"a\":1,\"a\":2}", DMSC_E_MALFORMED, "format:json" },
    { DMSC_FORMAT_CHR, "application/json", "{} {}", DMSC_E_MALFORMED, "format:json" },
    { DMSC_FORMAT_CHR, "application/json ; x", "[1,]", DMSC_E_MALFORMED, "format:json" },
    { DMSC_FORMAT_CHR, "text/plain", "{\"a\":1", 0, "" },
    { DMSC_FORMAT_CHR, "application/jsonp", "{\"a\":1", 0, "" },
    { DMSC_FORMAT_XML, "text/xml", "<a b='1'>t<c/></a>", 0, "" },
    { DMSC_FORMAT_XML, "application/vnd.x+xml", "<?xml version='1.0'?><a/>", 0, "" },
    { DMSC_FORMAT_XML, "application/xml", "", 0, "" },
    { DMSC_FORMAT_XML, "text/xml", "<a>", DMSC_E_MALFORMED, "format:xml" },
    { DMSC_FORMAT_XML, "TEXT/XML;x=y", "<a/><b/>", DMSC_E_MALFORMED, "format:xml" },
    { DMSC_FORMAT_XML, "application/vnd.x+xml", "text", DMSC_E_MALFORMED, "format:xml" },
    { DMSC_FORMAT_XML, "text/xml", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", DMSC_E_UNSUPPORTED,
      "xml:doctype" },
    { DMSC_FORMAT_XML, "text/plain", "<a>", 0, "" },
    { DMSC_FORMAT_CHR, "text/xml", "<a>", 0, "" },
};

static enum dmsc_err put(struct bed *bed, const char *uri, size_t row)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    struct dmsc_bytes value = support_copy_exact(dmsc_bytes_str(rows[row].value));
    enum dmsc_err err;

    spec.format = rows[row].format;
    spec.type = rows[row].type;
    spec.value = value;
    bed_begin(bed);
    err = dmsc_tree_add(bed->tree, uri, &spec);
    bed_commit(bed);
    support_free(value);
    return err;
}

static void what_says_its_shape_has_it(void **state)
{
    struct bed bed;

    (void)state;
    bed_make(&bed, NULL);
    bed_add(&bed, "./old", DMSC_FORMAT_CHR, "x");
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rows); i++) {
        enum dmsc_format format = rows[i].format;
        char uri[20];
        enum dmsc_err err;

        (void)snprintf(uri, sizeof(uri), "./n%zu", i);
        err = put(&bed, uri, i);
        if (err != rows[i].err || (err != DMSC_OK && strcmp(bed_reason(&bed), rows[i].reason) != 0))
            fail_msg("%s: %s: %s %s", rows[i].type, rows[i].value, dmsc_err_name(err),
                     bed_reason(&bed));
        /* The same when a leaf that is there becomes one. */
        bed_begin(&bed);
        assert_int_equal(dmsc_tree_replace(bed.tree, "./old", &format, rows[i].type,
                                           dmsc_bytes_str(rows[i].value)),
                         rows[i].err);
        dmsc_tree_rollback(bed.tree);
    }
    bed_clear(&bed);
}

/* "[[...]]" or "<a><a>...", deeper than anybody may nest, but not longer than a value may be. */
static char *nested(const char *open, const char *close, size_t levels)
{
    char *text = malloc(levels * (strlen(open) + strlen(close)) + 1);

    assert_non_null(text);
    text[0] = '\0';
    for (size_t i = 0; i < levels; i++)
        memcpy(text + i * strlen(open), open, strlen(open) + 1);
    for (size_t i = 0; i < levels; i++)
        memcpy(text + levels * strlen(open) + i * strlen(close), close, strlen(close) + 1);
    return text;
}

static void check_depth(struct bed *bed, enum dmsc_format format, const char *type,
                        const char *open, const char *close, const char *reason)
{
    static const size_t levels[] = { 64, 65, 9000 };

    for (size_t i = 0; i < DMSCI_ARRAY_LEN(levels); i++) {
        char *text = nested(open, close, levels[i]);

        bed_begin(bed);
        assert_int_equal(dmsc_tree_replace(bed->tree, "./old", &format, type, dmsc_bytes_str(text)),
                         levels[i] <= 64 ? DMSC_OK : DMSC_E_LIMIT);
        if (levels[i] > 64)
            assert_string_equal(bed_reason(bed), reason);
        dmsc_tree_rollback(bed->tree);
        free(text);
    }
}

static enum dmsc_err json_in(struct bed *bed, const char *json)
{
    enum dmsc_err err;

    bed_begin(bed);
    err = dmsc_mo_json_import(bed->tree, ".", DMSC_TNDS_MERGE, dmsc_bytes_str(json), NULL);
    bed_commit(bed);
    return err;
}

/* Out as JSON of DM 2.0 and as TNDS, away, in again: the same. */
static void there_and_back(struct bed *bed)
{
    static const struct dmsc_tnds_import how = { .mode = DMSC_TNDS_ADD };
    struct dmsc_buf before = bed_dump(bed, "./T"), after, json, xml;

    dmsc_buf_init(&json, bed->ctx, 1u << 20);
    dmsc_buf_init(&xml, bed->ctx, 1u << 20);
    assert_int_equal(dmsc_mo_json_export(bed->tree, "./T", NULL, NULL, &json), DMSC_OK);
    assert_non_null(
        strstr(dmsc_buf_str(&json), "{\"$fmt\":\"json\",\"$v\":{\"hosts\":[\"a\",{\"port\":1}]}}"));
    assert_int_equal(dmsc_tnds_export(bed->tree, "./T", NULL, NULL, &xml), DMSC_OK);
    bed_begin(bed);
    assert_int_equal(dmsc_tree_delete(bed->tree, "./T", false), DMSC_OK);
    bed_commit(bed);
    bed_begin(bed);
    assert_int_equal(dmsc_tnds_import(bed->tree, &how, dmsc_buf_bytes(&xml), NULL), DMSC_OK);
    bed_commit(bed);
    after = bed_dump(bed, "./T");
    assert_string_equal(dmsc_buf_str(&after), dmsc_buf_str(&before));
    dmsc_buf_clear(&after);
    assert_int_equal(json_in(bed, dmsc_buf_str(&json)), DMSC_OK);
    after = bed_dump(bed, "./T");
    assert_string_equal(dmsc_buf_str(&after), dmsc_buf_str(&before));
    dmsc_buf_clear(&after);
    dmsc_buf_clear(&before);
    dmsc_buf_clear(&json);
    dmsc_buf_clear(&xml);
}

static void req_HLF_025_values_with_a_shape(void **state)
{
    struct dmsc_ctx_config config = DMSC_CTX_CONFIG_INIT;
    struct bed bed = { NULL, NULL, NULL };
    struct dmsc_node_spec xml = DMSC_NODE_SPEC_INIT;
    char *large = calloc(1, 70002);

    (void)state;
    config.limits.node_value = 70000;
    assert_int_equal(dmsc_ctx_new(&config, &bed.ctx), DMSC_OK);
    assert_int_equal(bed_open(&bed, NULL), DMSC_OK);
    bed_add(&bed, "./old", DMSC_FORMAT_CHR, "x");
    assert_int_equal(json_in(&bed, "{\"T\":{\"Conf\":{\"$fmt\":\"json\",\"$v\":{\"hosts\":[\"a\","
                                   "{\"port\":1}]}},\"Count\":3}}"),
                     DMSC_OK);
    xml.format = DMSC_FORMAT_XML;
    xml.type = "text/xml";
    xml.value = dmsc_bytes_str("<hosts><h name=\"a &amp; b\"/></hosts>");
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_add(bed.tree, "./T/Xml", &xml), DMSC_OK);
    bed_commit(&bed);
    there_and_back(&bed);
    /* A leaf of a single value takes no shape. */
    assert_int_equal(json_in(&bed, "{\"T\":{\"Count\":{\"$fmt\":\"json\",\"$v\":[1]}}}"),
                     DMSC_E_MALFORMED);
    assert_string_equal(bed_reason(&bed), "json:constructed");
    check_depth(&bed, DMSC_FORMAT_CHR, "application/json", "[", "]", "json:depth");
    check_depth(&bed, DMSC_FORMAT_XML, "text/xml", "<a>", "</a>", "xml:depth");
    /* A value has its size, whatever its shape. */
    assert_non_null(large);
    memset(large, ' ', 70001);
    large[0] = '7';
    bed_begin(&bed);
    assert_int_equal(dmsc_tree_replace(bed.tree, "./T/Conf", NULL, NULL, dmsc_bytes_str(large)),
                     DMSC_E_LIMIT);
    assert_string_equal(bed_reason(&bed), "value:length");
    bed_commit(&bed);
    free(large);
    bed_clear(&bed);
    req_done("HLF-025");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_its_shape_has_it),
        cmocka_unit_test(req_HLF_025_values_with_a_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
